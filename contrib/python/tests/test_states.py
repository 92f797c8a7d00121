"""States of tools: versions, locks, which commit they belong to, repair."""

from __future__ import annotations

import json
import subprocess

import pytest

from git_vault import errors

STATE = "terraform/live/prod/terraform.tfstate"
WHERE = {"env": "prod", "stack": "terraform.live.prod"}


def bump(place, by=1, **more):
    """Another version of the state of prod."""
    state = json.loads(place.read(STATE))
    state["serial"] += by
    state.update(more)
    place.write(STATE, json.dumps(state, indent=2) + "\n")
    return state


def test_a_snapshot_keeps_a_version_of_each_state(saved):
    found = {one.environment: one.serial for one in saved.vault.states()}
    assert set(found) == {"dev", "staging", "prod"}


def test_a_state_belongs_to_a_commit(saved):
    head = saved.git("rev-parse", "HEAD").strip()
    assert saved.vault.states(env="prod")[0].commit == head


def test_an_older_version_is_restored(saved):
    old = saved.path.joinpath(STATE).read_bytes()
    first = saved.vault.states(env="prod")[0]
    bump(saved)
    second = saved.vault.save_state(STATE, **WHERE)
    assert second.serial == first.serial + 1
    out = saved.path.parent / "old.tfstate"
    saved.vault.call("state restore", first.id, to=str(out), **WHERE)
    assert out.read_bytes() == old


def test_a_state_is_encrypted_where_it_is_stored(saved):
    marker = "vpc-example-prod"
    assert marker in saved.read(STATE)
    listed = saved.git("rev-list", "--objects", "--all", "--no-object-names").split()
    for name in listed:
        shown = saved.run("git", "cat-file", "-t", name).strip()
        if shown == "blob":
            # As bytes: most of them are no text.
            data = subprocess.run(
                ["git", "cat-file", "blob", name], cwd=saved.path, env=saved.env,
                capture_output=True, check=True,
            ).stdout
            assert marker.encode() not in data


def test_two_people_cannot_hold_one_lock(saved):
    saved.vault.call("state lock", **WHERE)
    with pytest.raises(errors.Locked):
        saved.vault.call("state lock", **WHERE)
    locks = saved.vault.call("state locks")["locks"]
    assert locks[0]["environment"] == "prod"


def test_an_older_state_does_not_replace_a_newer_one(saved):
    bump(saved, by=-5)
    with pytest.raises(errors.VaultError, match="serial"):
        saved.vault.save_state(STATE, **WHERE)


def test_a_state_of_another_lineage_is_refused(saved):
    bump(saved, lineage="11111111-2222-4333-8444-555555555555")
    with pytest.raises(errors.VaultError, match="lineage"):
        saved.vault.save_state(STATE, **WHERE)


def test_a_cut_off_state_is_repaired_and_what_is_lost_is_named(saved):
    whole = saved.read(STATE)
    # In the middle of its second resource.
    saved.write(STATE, whole[: whole.rindex('"booking"') + 20])
    found = saved.vault.call("state triage", STATE, answers=(0, 1, 3), **WHERE)
    assert "module.database.aws_db_instance.booking" in str(found)
    out = saved.path.parent / "repaired.tfstate"
    saved.vault.call("state repair", STATE, to=str(out), **WHERE)
    kept = json.loads(whole)["resources"][:1]
    assert json.loads(out.read_text())["resources"] == kept


def test_which_state_belonged_to_a_commit(saved):
    head = saved.git("rev-parse", "HEAD").strip()
    first = saved.vault.states(env="prod")[0]
    bump(saved)
    saved.write("next.md", "next\n")
    saved.commit("next")
    saved.vault.save_state(STATE, **WHERE)
    found = saved.vault.call("state at", head, **WHERE)
    assert first.id in str(found)
