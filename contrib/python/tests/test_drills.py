"""Known-good records, rollback, plans, and recoveries that were rehearsed."""

from __future__ import annotations

import json

import pytest

from git_vault import errors


@pytest.fixture
def marked(saved):
    """The sample with a known-good record of prod."""
    saved.vault.mark_good("prod", reason="released")
    return saved


@pytest.fixture
def copied(marked, tmp_path):
    """The same with a remote that has all of it."""
    server = tmp_path / "server.git"
    marked.git("init", "-q", "--bare", str(server))
    marked.git("remote", "add", "origin", str(server))
    marked.git("push", "-q", "origin", "main")
    marked.vault.call("sync")
    return marked


def test_a_known_good_record_binds_commit_snapshot_and_states(marked):
    record = marked.vault.good("prod")[0]
    assert record.commit == marked.git("rev-parse", "HEAD").strip()
    assert record.snapshot == marked.vault.snapshots()[0].id
    assert record.signed
    shown = marked.vault.call("good show", "prod")
    assert "terraform.live.prod" in json.dumps(shown["states"])


def test_a_revoked_record_is_not_gone_back_to(marked):
    marked.vault.call("good revoke", "prod", "1", reason="it leaked")
    with pytest.raises(errors.VaultError):
        marked.vault.call("rollback", "prod", y=True)


def test_a_failed_change_is_rolled_back_and_the_rollback_undone(marked):
    good = marked.read("config/prod.yaml")
    marked.edit("config/prod.yaml", "replicas: 6", "replicas: 600")
    marked.commit("too many")
    bad = marked.read("config/prod.yaml")
    done = marked.vault.call("rollback", "prod", y=True, reason="too many")
    assert marked.read("config/prod.yaml") == good
    marked.vault.call("rollback", undo=done["id"], y=True)
    assert marked.read("config/prod.yaml") == bad


def test_a_rollback_leaves_other_environments_alone(marked):
    marked.edit("config/prod.yaml", "replicas: 6", "replicas: 600")
    marked.write("config/dev.yaml", marked.read("config/dev.yaml") + "# mine\n")
    marked.commit("both")
    marked.vault.call("rollback", "prod", y=True)
    assert "# mine" in marked.read("config/dev.yaml")


def test_a_drill_proves_that_an_environment_comes_back(copied):
    # 3: what was not wanted is no proof.
    done = copied.vault.call(
        "drill run", env="prod", no_validators=True, answers=(3,)
    )
    results = {one["stage"]: one["result"] for one in done["stages"]}
    assert results["compare"] == results["states"] == results["sentinel"] == "passed"
    assert done["files"] > 100 and done["files_differing"] == 0
    assert done["rto"]
    status = {one["environment"]: one for one in
              copied.vault.call("drill status", answers=(0, 1))["environments"]}
    assert status["prod"] != status["dev"]


@pytest.mark.parametrize("fault", ["missing-object", "missing-key", "lost-ref"])
def test_a_drill_notices_a_planted_fault(copied, fault):
    done = copied.vault.call(
        "drill run", env="prod", no_validators=True, fault=fault, answers=(1,)
    )
    assert done["fault_detected"]
    assert done["cause"]["next"]


def test_a_plan_is_made_checked_and_estimated(saved):
    saved.vault.call("plan new", "account", template="account-lost", env="prod")
    saved.vault.call("plan lint", "account")
    assert saved.vault.call("plan show", "account")["steps"]
    saved.vault.call("plan estimate", "account", answers=(0, 1))


def test_an_environment_is_recovered_into_another_folder(marked, tmp_path):
    out = tmp_path / "recovered"
    marked.vault.call("recover", "prod", into=str(out), y=True)
    assert (out / "config/prod.yaml").read_text() == marked.read("config/prod.yaml")
