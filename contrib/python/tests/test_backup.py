"""Snapshots: what they hold, and that it comes back."""

from __future__ import annotations

import os
import subprocess

import pytest

from git_vault import errors


def test_a_snapshot_holds_uncommitted_and_ignored_files(sample):
    sample.write("notes.md", "not committed\n")
    sample.edit("Makefile", "check", "examine")
    sample.vault.snapshot("work in progress")
    sample.vault.restore("latest", to=sample.path.parent / "out")
    out = sample.path.parent / "out"
    assert (out / "notes.md").read_text() == "not committed\n"
    assert (out / "Makefile").read_text() == sample.read("Makefile")
    assert (out / ".env").read_bytes() == (sample.path / ".env").read_bytes()


def test_a_restore_is_byte_for_byte(saved):
    before = saved.contents()
    saved.vault.restore("latest", to=saved.path.parent / "out")
    after = saved.contents(saved.path.parent / "out")
    left_out = {name for name in before if name not in after}
    assert all(".terraform/" in name or "__pycache__" in name for name in left_out)
    assert {name: before[name] for name in after} == after


def test_a_restore_keeps_modes_times_and_links(sample):
    script = sample.write("run.sh", "#!/bin/sh\n")
    script.chmod(0o755)
    os.utime(script, ns=(10**18, 10**18 + 123456789))
    (sample.path / "link").symlink_to("run.sh")
    sample.vault.snapshot()
    sample.vault.restore("latest", to=sample.path.parent / "out")
    out = sample.path.parent / "out"
    assert (out / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (out / "run.sh").stat().st_mtime_ns == 10**18 + 123456789
    assert os.readlink(out / "link") == "run.sh"


def test_build_products_are_left_out_and_counted(sample):
    saved = sample.vault.snapshot()
    assert sum(one["count"] for one in saved.raw["left_out"]) > 0
    listed = sample.run("git-vault", "ls", "-R", "latest")
    assert "ansible/playbooks/site.yml" in listed
    assert ".pyc" not in listed


def test_an_unchanged_tree_makes_no_second_snapshot(saved):
    again = saved.vault.snapshot()
    assert not again.created
    assert len(saved.vault.snapshots()) == 1


def test_a_second_snapshot_adds_only_what_changed(saved):
    first = saved.vault.snapshots()[0]
    saved.edit("config/prod.yaml", "\n", "\n# one line more\n")
    second = saved.vault.snapshot("second")
    assert second.created
    assert second.pack_bytes < first.bytes / 4


def test_status_says_what_is_not_saved(saved):
    assert saved.vault.status().is_saved
    saved.write("new.tf", "locals {}\n")
    (saved.path / "Makefile").unlink()
    changes = {one.path: one.change for one in saved.vault.status().changes}
    assert changes == {"new.tf": "added", "Makefile": "removed"}


def test_a_deleted_file_comes_back_and_the_restore_is_undone(saved):
    state = saved.path / "terraform/live/prod/terraform.tfstate"
    content = state.read_bytes()
    state.unlink()
    done = saved.vault.restore("latest", paths=["terraform/live/prod"])
    assert state.read_bytes() == content
    assert done.undo
    saved.run(*done.undo.split())
    assert not state.exists()


def test_a_restore_into_a_full_folder_overwrites_nothing(saved):
    out = saved.path.parent / "out"
    out.mkdir()
    (out / "Makefile").write_text("mine\n")
    with pytest.raises(errors.VaultError):
        saved.vault.restore("latest", to=out)
    assert (out / "Makefile").read_text() == "mine\n"


def test_a_time_chooses_the_snapshot_of_that_time(saved):
    old = saved.vault.snapshots()[0].id
    saved.write("later", "x\n")
    saved.vault.snapshot()
    assert saved.vault.restore(old, to=saved.path.parent / "old").snapshot == old
    assert not (saved.path.parent / "old/later").exists()


def test_verify_finds_a_byte_that_changed(saved):
    assert saved.vault.verify(deep=True).is_whole
    packs = sorted(saved.path.glob(".git/objects/pack/*.pack"))
    pack = max(packs, key=lambda one: one.stat().st_mtime)
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 0xFF
    pack.write_bytes(bytes(data))
    try:
        assert not saved.vault.verify(deep=True).is_whole
    except errors.Failed:
        pass  # so much is damaged that nothing can be read: also not in silence


def test_retention_keeps_what_the_policy_says(empty):
    empty.write(".gitvault.yaml", "retention:\n  keep-last: 2\n")
    for n in range(4):
        empty.write("n", f"{n}\n")
        empty.vault.snapshot(f"number {n}")
    empty.vault.call("prune")
    assert [one.message for one in empty.vault.snapshots()] == ["number 3", "number 2"]


def test_a_deleted_snapshot_can_be_taken_out_of_the_trash(saved):
    gone = saved.vault.snapshots()[0].id
    saved.vault.call("delete", gone)
    assert not saved.vault.snapshots()
    saved.vault.call("undelete", gone)
    assert saved.vault.snapshots()[0].id == gone


def test_a_pinned_snapshot_is_not_deleted(saved):
    kept = saved.vault.snapshots()[0].id
    saved.vault.call("pin", kept)
    with pytest.raises(errors.VaultError, match="pin"):
        saved.vault.call("delete", kept)
    assert saved.vault.snapshots()[0].pinned


def test_a_snapshot_travels_to_another_clone(saved):
    server = saved.path.parent / "server.git"
    subprocess.run(["git", "init", "-q", "--bare", str(server)], check=True)
    saved.git("remote", "add", "origin", str(server))
    saved.git("push", "-q", "origin", "main")
    saved.vault.call("sync")
    other = saved.clone("other")
    other.git("remote", "set-url", "origin", str(server))
    other.vault.init()
    other.vault.call("sync")
    assert [one.id for one in other.vault.snapshots()] == [
        one.id for one in saved.vault.snapshots()
    ]


def test_plain_git_reads_a_snapshot(saved):
    commit = saved.vault.snapshots()[0].commit
    shown = saved.git("show", f"{commit}:tree/config/prod.yaml")
    assert shown == saved.read("config/prod.yaml")


def test_a_name_with_every_kind_of_byte_comes_back(sample):
    name = b"a \n\t\xff'\"$(id);-\\"
    with open(os.fsencode(sample.path) + b"/" + name, "wb") as file:
        file.write(b"content")
    sample.vault.snapshot()
    assert os.fsdecode(name) in [one.path for one in sample.vault.entries()]
    sample.vault.restore("latest", to=sample.path.parent / "out")
    with open(os.fsencode(sample.path.parent / "out") + b"/" + name, "rb") as file:
        assert file.read() == b"content"


def test_what_cannot_be_stored_is_named_and_the_rest_is_saved(sample):
    os.mkfifo(sample.path / "pipe")
    done = sample.vault.snapshot()
    assert [(one["kind"], one["path"]) for one in done.notes] == [("special", "pipe")]
    assert done.files > 100
