"""The package itself, without the program: what is asked, and what is made of
each answer."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import time
from pathlib import Path

import pytest

from conftest import read_requirements
from git_vault import Answer, Vault, VaultError, errors, records, run_program


class Canned:
    """A runner that keeps what it was asked, and gives one answer."""

    def __init__(self, document=None, code=0, out=None, err=b""):
        out = json.dumps(document).encode() if out is None else out
        self.answer = Answer(code, out, err)
        self.asked: list[list[str]] = []

    def __call__(self, argv, *, cwd, env, timeout):
        self.asked.append(list(argv))
        return self.answer


def error(word: str, message: str = "no", hints=()):
    return {"schema": 1, "error": {"code": word, "message": message, "hints": hints}}


def program(folder: Path, text: str) -> list[str]:
    path = folder / "program"
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return [str(path)]


@pytest.mark.parametrize("code, word, kind", [
    (1, "error", errors.Answered),
    (4, "locked", errors.Locked),
    (5, "no_key", errors.NoKey),
    (128, "error", errors.Failed),
    (128, "not_found", errors.NotFound),
    (128, "exists", errors.Exists),
    (128, "corrupt", errors.Corrupt),
    (128, "refused", errors.Refused),
    (128, "a word of a newer program", errors.Failed),
    (129, "usage", errors.Usage),
    (130, "canceled", errors.Interrupted),
    (-9, "error", errors.Interrupted),
    (77, "error", errors.Failed),
])
def test_each_exit_code_has_its_exception(code, word, kind):
    run = Canned(error(word, "why", ["git vault list"]), code)
    with pytest.raises(VaultError) as raised:
        Vault(run=run).call("list")
    assert type(raised.value) is kind
    assert str(raised.value) == "why"
    assert raised.value.code == code
    assert raised.value.hints == ("git vault list",)


def test_a_failure_without_a_document_says_what_the_program_said():
    with pytest.raises(errors.Failed, match="cannot open"):
        Vault(run=Canned(out=b"", code=128, err=b"git-vault: cannot open\n")).status()


def test_a_partial_result_is_in_its_exception():
    made = {
        "schema": 1, "id": "x", "created": True, "commit": None, "files": 3,
        "bytes": 4, "secrets": 0, "pack_bytes": 9,
        "notes": [{"kind": "unreadable", "path": "a", "reason": None}],
    }
    with pytest.raises(errors.Partial) as raised:
        Vault(run=Canned(made, 3)).snapshot()
    assert raised.value.result.files == 3
    assert raised.value.result.notes[0]["path"] == "a"


def test_a_value_is_never_taken_for_an_option():
    run = Canned({"schema": 1, "entries": []})
    Vault(run=run, program=["git", "vault"]).call(
        "restore", "--rm", "-x", to="--force", tag=["-a", "b"], n=3, delete=True,
        index=False, env=None, cross_scope=True,
    )
    assert run.asked == [[
        "git", "vault", "restore", "--json", "--to=--force", "--tag=-a", "--tag=b",
        "-n3", "--delete", "--cross-scope", "--", "--rm", "-x",
    ]]


@pytest.mark.parametrize("out", [
    b"", b"{", b'{"schema": 1, "snapshots": [{"id"', b"[]", b"null", b"\xff\xfe",
    b"[" * 100_000, b'{"schema": 1}\n{"schema": 1}',
])
def test_what_is_no_whole_document_is_named(out):
    with pytest.raises(errors.ProgramUnfit, match="^list: "):
        Vault(run=Canned(out=out)).snapshots()


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_document_of_another_version_is_named(version):
    with pytest.raises(errors.ProgramUnfit, match="version"):
        Vault(run=Canned({"schema": version})).snapshots()


def test_an_older_program_that_lacks_a_field_is_named():
    with pytest.raises(errors.ProgramUnfit, match="Change has no 'kind'"):
        records.Change.of({"path": "a", "change": "added", "bytes": 1})


@pytest.mark.parametrize("value", [None, "3", 1.5, True, [], {}])
def test_a_field_of_another_form_is_named(value):
    change = {"path": "a", "change": "added", "kind": "tracked", "bytes": value}
    with pytest.raises(errors.ProgramUnfit, match="Change.bytes"):
        records.Change.of(change)


def test_fields_of_a_newer_program_are_kept():
    change = {"path": "a", "change": "added", "kind": "x", "bytes": 1, "new": [1]}
    assert records.Change.of(change).raw["new"] == [1]


def test_a_path_that_is_no_utf8_can_be_opened():
    change = {"change": "added", "kind": "x", "bytes": 1}
    beside = records.Change.of({**change, "path": "\ufffd", "path_base64": "/w=="})
    assert os.fsencode(beside.path) == b"\xff"
    within = records.Change.of({**change, "path": {"text": "", "text_base64": "/w=="}})
    assert os.fsencode(within.path) == b"\xff"


def test_records_cannot_be_changed():
    change = records.Change.of({"path": "a", "change": "x", "kind": "x", "bytes": 1})
    with pytest.raises(AttributeError):
        change.path = "b"


def test_a_missing_program_is_named(tmp_path):
    with pytest.raises(errors.ProgramMissing, match="no-such-program"):
        Vault(tmp_path, program=["/no-such-program"]).status()


def test_a_missing_folder_is_not_taken_for_a_missing_program(tmp_path):
    with pytest.raises(errors.ProgramMissing, match="no folder"):
        Vault(tmp_path / "gone").status()


def test_a_program_that_hangs_is_stopped(tmp_path):
    argv = program(tmp_path, "import time\ntime.sleep(600)\n")
    with pytest.raises(errors.TimedOut, match="0.2 seconds"):
        Vault(tmp_path, program=argv, timeout=0.2).status()


def test_what_does_not_want_to_end_is_killed_with_what_it_started(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("git_vault.runner.GRACE", 0.2)
    argv = program(tmp_path, """if True:
        import os, signal, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.fork()
        time.sleep(600)
    """)
    began = time.monotonic()
    with pytest.raises(errors.TimedOut):
        Vault(tmp_path, program=argv, timeout=0.5).status()
    assert time.monotonic() - began < 60


def test_a_program_that_floods_is_stopped(tmp_path):
    argv = program(tmp_path, "import os\nwhile True: os.write(1, b'x' * 65536)\n")
    with pytest.raises(errors.ProgramUnfit, match="over 1000000 bytes"):
        run_program(argv, cwd=str(tmp_path), max_answer=1_000_000)


def test_messages_without_end_take_no_memory(tmp_path):
    argv = program(
        tmp_path, "import sys\nsys.stderr.write('x' * 5_000_000 + 'end')\nsys.exit(128)\n"
    )
    answer = run_program(argv, cwd=str(tmp_path))
    assert answer.code == 128
    assert len(answer.err) == 1 << 16
    assert answer.err.endswith(b"end")


def test_each_test_shows_a_requirement():
    wanted = [test for rows in read_requirements().values() for tests in rows.values()
              for test in tests]
    there = [f"{path.stem}::{name}" for path in Path(__file__).parent.glob("test_*.py")
             for name in re.findall(r"^def (test_\w+)", path.read_text(), re.M)]
    assert sorted(wanted) == sorted(there)
