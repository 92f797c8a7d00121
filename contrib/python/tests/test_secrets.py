"""Secrets: backed up, found, and never in clear."""

from __future__ import annotations

import os
import subprocess

import pytest

from git_vault import errors

SECRET = "Zk4!pQ9wTr7#mXc2"


def objects(place) -> bytes:
    """All that the repository stores, as bytes."""
    names = subprocess.run(
        ["git", "cat-file", "--batch-all-objects", "--batch-check=%(objectname)"],
        cwd=place.path, env=place.env, capture_output=True, check=True,
    ).stdout
    return subprocess.run(
        ["git", "cat-file", "--batch"], input=names, cwd=place.path, env=place.env,
        capture_output=True, check=True,
    ).stdout


@pytest.fixture
def holding(sample):
    """The sample with a secret in an ignored file, and a snapshot."""
    sample.write(".env", f"DATABASE_PASSWORD={SECRET}\n")
    sample.vault.snapshot()
    return sample


def test_a_secret_is_stored_encrypted_only(holding):
    assert SECRET.encode() not in objects(holding)


def test_a_secret_comes_back(holding):
    (holding.path / ".env").unlink()
    holding.vault.restore("latest", paths=[".env"])
    assert SECRET in holding.read(".env")


def test_a_secret_is_in_no_message(holding):
    for words in (
        ["status"], ["list"], ["diff", "latest"], ["secret", "list"], ["scan"],
        ["audit", "list"], ["doctor"], ["scan", "--json"], ["show", "latest", "--json"],
    ):
        done = subprocess.run(
            ["git-vault", *words], cwd=holding.path, env=holding.env,
            capture_output=True, text=True,
        )
        assert SECRET not in done.stdout + done.stderr, words


def test_without_the_identity_nothing_is_decrypted(holding):
    identity = next(
        path for path in (holding.path.parent / "home").rglob("identity*")
        if path.is_file()
    )
    os.rename(identity, identity.with_name("elsewhere"))
    with pytest.raises(errors.VaultError) as raised:
        holding.vault.restore("latest", to=holding.path.parent / "out", paths=[".env"])
    assert raised.value.code in (3, 5)
    out = holding.path.parent / "out/.env"
    assert not out.exists() or SECRET not in out.read_text()


def test_a_secret_in_a_tracked_file_is_found(sample):
    sample.write("app.yaml", f"password: {SECRET}\n")
    found = sample.vault.scan("app.yaml")
    assert [(one.path, one.line, one.grade) for one in found] == [
        ("app.yaml", 1, "likely")
    ]


def test_a_reference_to_a_secret_is_none(sample):
    sample.write("app.yaml", "password: ${DATABASE_PASSWORD}\n")
    assert not sample.vault.scan("app.yaml")


def test_a_commit_with_a_secret_is_refused(sample):
    sample.vault.call("hooks install")
    sample.write("app.yaml", f"password: {SECRET}\n")
    sample.git("add", "-A")
    done = subprocess.run(
        ["git", "commit", "-m", "x"], cwd=sample.path, env=sample.env,
        capture_output=True, text=True,
    )
    assert done.returncode != 0
    assert "app.yaml" in done.stderr
    assert SECRET not in done.stderr


def test_an_export_for_others_holds_no_secret_in_clear(holding):
    bundle = holding.path.parent / "vault.bundle"
    holding.vault.call("export", str(bundle))
    assert SECRET.encode() not in bundle.read_bytes()


def test_a_secret_that_was_stored_in_clear_is_purged_from_every_snapshot(holding):
    holding.write("notes.txt", f"the word is {SECRET}\n")
    holding.vault.snapshot(no_scan=True)
    holding.write("notes.txt", "nothing\n")
    holding.vault.snapshot()
    assert SECRET.encode() in objects(holding)
    holding.run(
        "git-vault", "secret", "purge", "--stdin", "--reason", "it leaked",
        input=SECRET + "\n",
    )
    holding.vault.call("fold", reclaim=True, expire="now")
    assert SECRET.encode() not in objects(holding)


def test_a_second_person_gets_a_key_and_reads(holding, tmp_path):
    made = holding.run("git-vault", "key", "generate", "-o", str(tmp_path / "second"))
    public = next(word for word in made.split() if word.startswith("age1"))
    holding.vault.call("key add", "second", public)
    holding.write(".env", f"DATABASE_PASSWORD={SECRET}\nNEW=1\n")
    holding.vault.snapshot()
    out = tmp_path / "out"
    env = {**holding.env, "GIT_VAULT_IDENTITY": str(tmp_path / "second")}
    subprocess.run(
        ["git-vault", "restore", "latest", "--to", str(out), ".env"],
        cwd=holding.path, env=env, check=True,
    )
    assert SECRET in (out / ".env").read_text()
