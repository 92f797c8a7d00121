"""Whole days of work, each from its trouble to its end."""

from __future__ import annotations

import json
import shutil

import pytest

from git_vault import errors


def test_uncommitted_work_is_recovered(saved):
    saved.write("terraform/live/prod/new.tf", "locals { a = 1 }\n")
    saved.edit("config/prod.yaml", "replicas: 6", "replicas: 7")
    saved.vault.snapshot("before I try something")
    before = saved.contents()
    saved.git("reset", "-q", "--hard")
    saved.git("clean", "-fdxq")
    assert saved.contents() != before
    saved.vault.restore("latest")
    now = saved.contents()
    assert {name: before[name] for name in now} == now
    assert "terraform/live/prod/new.tf" in now and ".env" in now


def test_a_failed_deployment_is_rolled_back(saved):
    saved.vault.mark_good("prod", reason="release 1")
    good = saved.read("kubernetes/overlays/prod/deployment.yaml")
    saved.write("kubernetes/overlays/prod/deployment.yaml", "broken\n")
    saved.commit("release 2")
    saved.vault.call("rollback", "prod", y=True, reason="release 2 fails")
    assert saved.read("kubernetes/overlays/prod/deployment.yaml") == good
    assert "rollback" in json.dumps(saved.vault.call("audit list"))


def test_credentials_are_restored_on_a_new_machine(saved, tmp_path):
    """With nothing but the remote and the identity."""
    server = tmp_path / "server.git"
    saved.git("init", "-q", "--bare", str(server))
    saved.git("remote", "add", "origin", str(server))
    saved.git("push", "-q", "origin", "main")
    saved.vault.call("sync")
    content = {name: saved.read(name) for name in (".env", "kubeconfig-prod.yaml")}
    shutil.rmtree(saved.path)
    saved.path.mkdir()
    saved.git("clone", "-q", str(server), ".")
    saved.vault.init()
    saved.vault.call("sync")
    saved.vault.restore("latest", paths=list(content))
    assert {name: saved.read(name) for name in content} == content


def test_an_inconsistent_tree_is_noticed_before_it_is_deployed(saved):
    saved.vault.call("check", severity="error")
    (saved.path / "kubernetes/base/deployment.yaml").unlink()
    saved.edit("config/prod.yaml", "max: 50", "max: 1")
    with pytest.raises(errors.Answered):
        saved.vault.call("check", severity="error")
    with pytest.raises(errors.VaultError):
        saved.vault.call("config validate", all=True)


def test_environments_are_compared_and_one_difference_accepted(saved):
    saved.write(
        "kubernetes/overlays/prod/deployment.yaml",
        saved.read("kubernetes/overlays/prod/deployment.yaml") + "\nextra: 1\n",
    )
    found = saved.vault.drift("staging", "prod").differences
    key = next(one.key for one in found if one.verdict == "drift")
    saved.vault.call("drift accept", key, reason="prod only until March")
    assert saved.vault.drift("staging", "prod").drift == 0


def test_one_source_configures_three_clouds(saved):
    """A team moves from one provider to another, and back."""
    for cloud in ("aws", "azure", "gcp"):
        found = saved.vault.call("config render", env="prod", provider=cloud)
        assert found
    moved = saved.vault.call(
        "config get", "nodes.size", env="prod", provider="gcp"
    )["values"][0]["value"]
    back = saved.vault.call(
        "config get", "nodes.size", env="prod", provider="aws"
    )["values"][0]["value"]
    assert (moved, back) == ("n2-standard-4", "m5.large")


def test_a_state_goes_with_a_migration_between_providers(saved):
    """The old provider's state stays beside the new one's."""
    state = json.loads(saved.read("terraform/live/prod/terraform.tfstate"))
    state["serial"] += 1
    for one in state["resources"]:
        one["provider"] = 'provider["registry.terraform.io/hashicorp/google"]'
        one["type"] = one["type"].replace("aws_", "google_")
    saved.write("terraform/live/prod/terraform.tfstate", json.dumps(state))
    old, = saved.vault.states(env="prod")
    saved.vault.snapshot("on the other provider")
    new, = saved.vault.states(env="prod")
    assert new.serial == old.serial + 1
    back = saved.path.parent / "back.tfstate"
    saved.vault.call(
        "state restore", old.id, to=str(back), env="prod", stack=old.stack
    )
    assert "aws_vpc" in back.read_text()


def test_a_whole_environment_is_restored(saved, tmp_path):
    saved.vault.mark_good("prod")
    before = saved.contents()
    for name in list(before):
        if "prod" in name:
            (saved.path / name).unlink()
    saved.vault.call("recover", "prod", y=True)
    now = saved.contents()
    of_prod = [name for name in before if "live/prod/main.tf" in name
               or "overlays/prod" in name or name == "config/prod.yaml"]
    assert of_prod
    assert all(now[name] == before[name] for name in of_prod)


def test_the_trail_of_a_change_is_proven_to_an_auditor(saved, tmp_path):
    saved.vault.mark_good("prod", reason="change 4711")
    saved.vault.call("audit verify")
    saved.vault.call(
        "audit export", control="CP-9", into=str(tmp_path / "evidence"),
        answers=(0, 1, 3),
    )
    assert list((tmp_path / "evidence").iterdir())


def test_code_is_reused_across_projects(saved):
    other = saved.clone("second")
    other.vault.init()
    other.vault.snapshot("first")
    for place in (saved, other):
        place.vault.call("project add", str(place.path))
    shown = saved.run("git-vault", "reuse", "terraform/modules/network/main.tf")
    assert "second" in shown


def test_a_project_that_is_written_anew_keeps_its_history(saved, tmp_path):
    """From Python to Go: a search follows the line into the old project."""
    old, new = saved.clone("old"), saved.clone("new")
    for place, name, text in (
        (old, "billing.py", "def compute_invoice(order):\n    return order.sum\n"),
        (new, "billing.go", "package billing\n\nfunc computeInvoice() {}\n"),
    ):
        place.vault.init()
        place.write(name, text)
        place.commit("billing")
        place.vault.snapshot("billing")
        place.vault.call("project add", str(place.path))
    new.run("git-vault", "project", "link", "new", "--from", "old")
    shown = new.run("git-vault", "search", "compute_invoice")
    assert "billing.py" in shown
