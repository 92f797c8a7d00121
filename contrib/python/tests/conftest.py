"""Fixtures: a user of its own, and the sample repository with its vault.

Also writes pytest_results.json in the form of the plug-in pytest-json-report
where that plug-in is not installed, so that `--json-report` works without it; and
requirements.md next to it: what is wanted, by which tests, and with which figures.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[2]
sys.path.insert(0, str(HERE.parent))

from git_vault import Vault  # noqa: E402

BUILD = Path(os.environ.get("GIT_VAULT_BUILD_DIR", TOP / "build"))


class Place:
    """A repository with its vault, as one user has it."""

    def __init__(self, path: Path, env: dict[str, str]) -> None:
        self.path, self.env = path, env
        self.vault = Vault(path, env=env, timeout=120)

    def git(self, *words: str) -> str:
        return self.run("git", *words)

    def run(self, *words: str, code: int = 0, input: str | None = None) -> str:
        done = subprocess.run(
            words, cwd=self.path, env=self.env, capture_output=True, text=True,
            input=input, timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def read(self, name: str) -> str:
        return (self.path / name).read_text()

    def edit(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert old in text
        self.write(name, text.replace(old, new))

    def commit(self, message: str) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD").strip()

    def clone(self, name: str) -> "Place":
        path = self.path.parent / name
        self.git("clone", "-q", str(self.path), str(path))
        return Place(path, self.env)

    def contents(self, root: Path | None = None) -> dict[str, bytes]:
        """Each file's bytes by its path, without .git."""
        root = root or self.path
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(root).parts
        }


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """The environment of a user who has nothing yet."""
    home = tmp_path / "home"
    home.mkdir()
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    made = {
        **kept,
        "PATH": f"{BUILD / 'git-vault'}:{os.environ['PATH']}",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
    }
    for name, value in (
        ("init.defaultBranch", "main"),
        ("user.name", "Mia Larsson"),
        ("user.email", "mia@tidewater.example"),
    ):
        subprocess.run(["git", "config", "--global", name, value], env=made, check=True)
    return made


@pytest.fixture
def empty(tmp_path: Path, env: dict[str, str]) -> Place:
    """A repository with nothing in it, and no vault."""
    path = tmp_path / "work"
    path.mkdir()
    place = Place(path, env)
    place.git("init", "-q")
    return place


@pytest.fixture
def sample(empty: Place) -> Place:
    """The sample repository with its ignored files, committed; no snapshot."""
    shutil.copytree(TOP / "contrib/sample", empty.path, dirs_exist_ok=True)
    empty.run("sh", "make-ignored", ".")
    empty.commit("the sample")
    empty.vault.init()
    return empty


@pytest.fixture
def saved(sample: Place) -> Place:
    """The sample repository with one snapshot."""
    sample.vault.snapshot("first")
    return sample


@pytest.fixture
def figure(record_property):
    """figure("first snapshot", 1.2, "s", bar=3): what was measured, for the table."""

    def record(what: str, value: float, unit: str, bar: float | None = None) -> None:
        text = f"{what} {value:.3g} {unit}"
        record_property("figure", text + (f" (at most {bar:g})" if bar else ""))
        assert bar is None or value <= bar, text

    return record


# ---- pytest_results.json -----------------------------------------------------


def pytest_addoption(parser: pytest.Parser, pluginmanager) -> None:
    if not pluginmanager.hasplugin("pytest_jsonreport"):
        group = parser.getgroup("report as JSON")
        group.addoption("--json-report", action="store_true")
        group.addoption("--json-report-file", default=".report.json")


def pytest_configure(config: pytest.Config) -> None:
    own = not config.pluginmanager.hasplugin("pytest_jsonreport")
    if own and config.getoption("--json-report"):
        config.pluginmanager.register(JsonReport(config), "git-vault-json-report")


def read_requirements() -> dict[str, dict[str, list[str]]]:
    """{part: {requirement: [test]}} of requirements.txt."""
    parts: dict[str, dict[str, list[str]]] = {}
    for line in (HERE / "requirements.txt").read_text().splitlines():
        if line.startswith("\t"):
            tests.append(line.strip())
        elif line.startswith("  "):
            tests = rows.setdefault(line.strip(), [])
        elif line and not line.startswith("#"):
            rows = parts.setdefault(line, {})
    return parts


class JsonReport:
    """Collects what each test did."""

    def __init__(self, config: pytest.Config) -> None:
        self.file = Path(config.getoption("--json-report-file"))
        self.root = str(config.rootpath)
        self.begun = time.time()
        self.tests: dict[str, dict] = {}
        self.figures: dict[str, list[str]] = {}
        self.collectors: list[dict] = []

    def pytest_collectreport(self, report) -> None:
        self.collectors.append({
            "nodeid": report.nodeid,
            "outcome": report.outcome,
            "result": [
                {"nodeid": one.nodeid, "type": type(one).__name__}
                for one in report.result
            ],
            **({"longrepr": str(report.longrepr)} if report.failed else {}),
        })

    def pytest_runtest_logreport(self, report) -> None:
        test = self.tests.setdefault(report.nodeid, {
            "nodeid": report.nodeid,
            "lineno": report.location[1],
            "outcome": "passed",
            "keywords": sorted(report.keywords),
        })
        test[report.when] = {
            "duration": report.duration,
            "outcome": report.outcome,
            **({"longrepr": str(report.longrepr)} if report.failed else {}),
        }
        if report.failed:
            test["outcome"] = "failed" if report.when == "call" else "error"
        elif report.skipped:
            test["outcome"] = "skipped"
        if report.user_properties:
            test["user_properties"] = [dict([one]) for one in report.user_properties]
            self.figures[report.nodeid] = [
                text for name, text in report.user_properties if name == "figure"
            ]

    def pytest_terminal_summary(self, terminalreporter) -> None:
        outcomes = [test["outcome"] for test in self.tests.values()]
        passed, skipped = outcomes.count("passed"), outcomes.count("skipped")
        terminalreporter.write_line(
            f"# {passed} passed, {len(outcomes) - passed - skipped} failed, "
            f"{skipped} skipped"
        )

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        outcomes = [test["outcome"] for test in self.tests.values()]
        summary = {one: outcomes.count(one) for one in sorted(set(outcomes))}
        self.file.write_text(json.dumps({
            "created": time.time(),
            "duration": time.time() - self.begun,
            "exitcode": int(exitstatus),
            "root": self.root,
            "environment": {"Python": sys.version.split()[0]},
            "summary": {
                **summary, "total": len(outcomes), "collected": session.testscollected,
            },
            "collectors": self.collectors,
            "tests": list(self.tests.values()),
        }, indent=1) + "\n")
        self.file.with_name("requirements.md").write_text(self.requirements())

    def row(self, requirement: str, names: list[str]) -> str:
        """Of the table: a requirement, its tests, how they ended, what they measured."""
        lines, figures = [], []
        for name in names:
            module, _, function = name.partition("::")
            ids = [node for node in self.tests if node.split("[")[0].endswith(
                f"{module}.py::{function}")]
            ends = {self.tests[node]["outcome"] for node in ids} or {"not run"}
            sentence = function.removeprefix("test_").replace("_", " ")
            lines.append(f"{sentence}: {', '.join(sorted(ends))}")
            figures += [text for node in ids for text in self.figures.get(node, [])]
        return f"| {requirement} | {'<br>'.join(lines)} | {'<br>'.join(figures)} |\n"

    def requirements(self) -> str:
        out = "# What is wanted, the tests that show it, and what they measured\n"
        for part, rows in read_requirements().items():
            out += f"\n## {part}\n\n| requirement | tests | figures |\n|---|---|---|\n"
            out += "".join(self.row(*row) for row in rows.items())
        return out
