"""CI, hooks, servers, and the trail that they leave."""

from __future__ import annotations

import subprocess

import pytest

from git_vault import errors


def test_a_pipeline_marks_what_it_deployed(saved):
    env = {
        **saved.env, "CI": "true", "GITLAB_CI": "true", "CI_PIPELINE_ID": "77",
        "CI_JOB_ID": "78", "CI_PROJECT_URL": "https://gitlab.example/infra",
        "CI_COMMIT_SHA": saved.git("rev-parse", "HEAD").strip(),
        "CI_PIPELINE_URL": "https://gitlab.example/infra/-/pipelines/77",
    }
    saved.vault.env = env
    record = saved.vault.mark_good("prod")
    assert record.raw["pipeline"]["provider"] == "gitlab"
    assert record.raw["pipeline"]["run"] == "77"


def test_a_revoked_commit_is_not_deployed_again(saved):
    record = saved.vault.mark_good("prod")
    saved.vault.call("good check", "prod", record.commit)
    saved.vault.call("good revoke", "prod", "1", reason="it lost orders")
    with pytest.raises(errors.Answered) as raised:
        saved.vault.call("good check", "prod", record.commit)
    assert "it lost orders" in raised.value.document["reason"]


def test_an_artifact_is_found_by_its_digest(saved):
    digest = "sha256:" + "ab" * 32
    saved.vault.call("artifact record", f"booking={digest}", env="prod")
    found = saved.vault.call("artifact find", digest)
    assert saved.git("rev-parse", "HEAD").strip() in str(found)


def test_hooks_are_installed_and_removed(saved):
    saved.vault.call("hooks install")
    assert (saved.path / ".git/hooks/pre-commit").exists()
    saved.vault.call("hooks uninstall")
    assert not (saved.path / ".git/hooks/pre-commit").exists()


def test_a_server_refuses_that_snapshots_are_deleted(saved, tmp_path):
    server = tmp_path / "server.git"
    subprocess.run(
        ["git", "init", "-q", "--bare", str(server)], env=saved.env, check=True
    )
    subprocess.run(
        ["git-vault", "hooks", "install", "--server"], cwd=server, env=saved.env,
        check=True,
    )
    saved.git("remote", "add", "origin", str(server))
    saved.git("push", "-q", "origin", "main")
    saved.vault.call("sync")
    ref = saved.git("for-each-ref", "--format=%(refname)", "refs/vault/snapshots")
    done = subprocess.run(
        ["git", "push", "origin", ":" + ref.split()[0]], cwd=saved.path,
        env=saved.env, capture_output=True, text=True,
    )
    assert done.returncode != 0
    assert "refs/vault" in done.stderr


def test_the_audit_trail_names_who_did_what_and_is_whole(saved):
    saved.vault.mark_good("prod")
    saved.vault.call("audit verify")
    events = saved.vault.call("audit list")["events"]
    assert any("good" in one["kind"] for one in events)
    assert all("Mia Larsson" in str(one) or one.get("actor") for one in events)


def test_a_changed_audit_trail_is_noticed(saved):
    saved.vault.mark_good("prod")
    saved.vault.mark_good("dev")
    ref = saved.git("for-each-ref", "--format=%(refname)", "refs/vault/audit").split()[0]
    tip = saved.git("rev-parse", ref).strip()
    tree = saved.git("rev-parse", f"{tip}^{{tree}}").strip()
    forged = saved.git("commit-tree", "-m", "nothing happened", tree).strip()
    saved.git("update-ref", ref, forged)
    with pytest.raises(errors.VaultError):
        saved.vault.call("audit verify")
