"""Copies in stores elsewhere, dumps of services, scheduled runs, and metrics."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from git_vault import errors


def policy(place, text):
    """Add to the policy of the sample, and accept it."""
    path = place.path / ".gitvault.yaml"
    place.write(".gitvault.yaml", (path.read_text() if path.exists() else "") + text)
    place.vault.call("policy accept", yes=True)


@pytest.fixture
def stored(saved, tmp_path):
    """The sample with a copy in a store, which is a folder."""
    store = tmp_path / "store"
    store.mkdir()
    saved.vault.call("replicate add", "home", f"file://{store}")
    saved.vault.call("replicate push", "home")
    return saved, store


def test_a_lost_repository_comes_back_from_a_store(stored, tmp_path, figure):
    place, store = stored
    before = place.contents()
    place.vault.call("restore", "latest", to=str(tmp_path / "wanted"))
    wanted = place.contents(tmp_path / "wanted")
    bytes_stored = sum(one.stat().st_size for one in store.rglob("*") if one.is_file())
    figure("stored", bytes_stored / sum(map(len, before.values())), "of the files' bytes")
    shutil.rmtree(place.path)
    back = tmp_path / "back"
    subprocess.run(
        ["git-vault", "replicate", "restore", f"file://{store}", str(back)],
        cwd=tmp_path, env=place.env, check=True,
    )
    subprocess.run(
        ["git-vault", "-C", str(back), "restore", "latest", "--to", str(tmp_path / "out")],
        env=place.env, check=True,
    )
    assert ".env" in wanted
    assert place.contents(tmp_path / "out") == wanted
    assert {name: before[name] for name in wanted} == wanted


def test_a_damaged_copy_is_noticed(stored):
    place, store = stored
    place.vault.call("replicate verify", "home", level="read")
    pack = max(store.rglob("*.pack"), key=lambda one: one.stat().st_size)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 0xFF
    pack.chmod(0o644)
    pack.write_bytes(bytes(data))
    with pytest.raises(errors.Answered):
        place.vault.call("replicate verify", "home", level="read")


def test_a_dump_is_stored_and_comes_back(saved, tmp_path):
    dumped = tmp_path / "dumped"
    dumped.write_text("INSERT INTO booking VALUES (1);\n" * 1000)
    policy(saved, f"components:\n  bookings: {{type: command, run: [cat, {dumped}]}}\n")
    saved.vault.call("component run", "bookings")
    back = tmp_path / "back"
    saved.vault.call("component restore", "bookings", to=str(back))
    assert back.read_bytes() == dumped.read_bytes()


def test_a_failed_dump_is_named_and_the_rest_is_saved(saved):
    policy(saved, "components:\n"
           "  good: {type: command, run: [echo, all of it]}\n"
           "  bad: {type: command, run: [\"false\"]}\n")
    with pytest.raises(errors.Partial) as raised:
        saved.vault.call("component run")
    done = {one["name"]: one["status"] for one in raised.value.document["components"]}
    assert done == {"good": "stored", "bad": "failed"}
    listed = saved.vault.call("component list")
    assert [one["name"] for one in listed["dumps"]] == ["good"]


def test_a_scheduled_run_is_done_and_reported(saved):
    policy(saved, "schedule:\n  check: {what: verify, every: 1d}\n")
    saved.vault.call("schedule run", "check")
    listed = saved.vault.call("schedule list")
    assert [(one["name"], one["last_status"]) for one in listed["jobs"]] == [
        ("check", "success")]


def test_metrics_say_how_old_the_last_snapshot_is(saved):
    text = saved.run("git-vault", "metrics")
    lines = [line for line in text.splitlines()
             if "last_snapshot_timestamp_seconds" in line and not line.startswith("#")]
    assert lines and float(lines[0].split()[-1]) > 1.7e9
