"""Figures that were wanted as such: how long, how much, at most. They hold on a
machine with two processors that does nothing else."""

from __future__ import annotations

import json
import resource
import subprocess
import time

import pytest

pytestmark = pytest.mark.slow


class Clock:
    def __enter__(self) -> "Clock":
        self.began = time.monotonic()
        return self

    def __exit__(self, *_) -> None:
        self.seconds = time.monotonic() - self.began


def test_fifty_thousand_files_are_saved_and_saved_again(empty, figure):
    for n in range(50_000):
        if n % 500 == 0:
            (empty.path / f"d{n // 500}").mkdir()
        (empty.path / f"d{n // 500}/f{n}.tf").write_text(f"locals {{ a = {n} }}\n")
    empty.vault.timeout = 600
    with Clock() as first:
        empty.vault.snapshot("first")
    figure("first snapshot", first.seconds, "s")
    for n in range(0, 50_000, 100):
        (empty.path / f"d{n // 500}/f{n}.tf").write_text("locals { a = 0 }\n")
    with Clock() as second:
        saved = empty.vault.snapshot("second")
    assert saved.created
    figure("after 500 edits", second.seconds, "s", bar=20)
    with Clock() as status:
        assert empty.vault.status().is_saved
    figure("status", status.seconds, "s", bar=3)


def test_a_search_over_a_long_history_is_quick(empty, figure):
    text = "".join(f"line {n} of a program that does much\n" for n in range(2000))
    for n in range(60):
        for part in range(20):
            empty.write(f"part{part}.py", f"# version {n}.{part}\n{text}")
        if n == 30:
            empty.write("pay.py", "def retry_payment():\n    pass\n")
        if n == 31:
            (empty.path / "pay.py").unlink()
        empty.vault.snapshot(f"number {n}")
    with Clock() as search:
        shown = empty.run("git-vault", "search", "--removed", "retry_payment")
    assert "pay.py" in shown
    figure("80 MB of text", search.seconds, "s", bar=1)


def test_a_thousand_repositories_are_looked_at_and_verified(empty, tmp_path, figure):
    empty.write("main.tf", "locals {}\n")
    empty.commit("first")
    empty.vault.snapshot()
    mirror = tmp_path / "mirror.git"
    empty.git("clone", "-q", "--mirror", str(empty.path), str(mirror))
    fleet = tmp_path / "fleet"
    fleet.mkdir()
    for n in range(1000):
        subprocess.run(["cp", "-R", str(mirror), str(fleet / f"r{n}.git")], check=True)

    def run(verb: str) -> tuple[float, dict]:
        with Clock() as took:
            done = subprocess.run(
                ["git-vault", "--json", "fleet", verb, "--root", str(fleet)],
                env=empty.env, capture_output=True, text=True, check=True,
            )
        return took.seconds, json.loads(done.stdout.splitlines()[-1])

    seconds, end = run("status")
    assert end["done"] == 1000
    figure("status", seconds, "s", bar=3)
    seconds, end = run("verify")
    assert end["done"] == 1000 and end["failed"] == 0
    figure("verify", seconds, "s", bar=20)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    figure("memory of the largest process", most, "MiB", bar=64)
