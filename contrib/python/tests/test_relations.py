"""What belongs together: environments, references between files, what a part
needs, and where environments differ."""

from __future__ import annotations

import pytest

from git_vault import errors


def test_environments_are_found_without_configuration(sample):
    found = sample.vault.call("env")["environments"]
    assert [one["name"] for one in found] == ["dev", "staging", "prod"]


def test_a_path_says_of_which_environment_it_is_and_why(sample):
    found = sample.run("git-vault", "env", "--explain", "terraform/live/prod/main.tf")
    assert "prod" in found


def test_one_environment_is_restored_alone(saved):
    for name in ("dev", "prod"):
        saved.write(f"terraform/live/{name}/main.tf", "# lost\n")
    saved.vault.restore("latest", env="prod", overwrite="always")
    assert saved.read("terraform/live/prod/main.tf") != "# lost\n"
    assert saved.read("terraform/live/dev/main.tf") == "# lost\n"


def test_a_part_is_restored_with_what_it_needs(saved):
    out = saved.path.parent / "out"
    saved.vault.restore(
        "latest", to=out, paths=["terraform/live/prod"], with_related=True
    )
    assert (out / "terraform/modules/database/main.tf").is_file()


def test_a_reference_to_a_missing_file_is_a_finding(sample):
    assert not [one for one in sample.vault.check() if one.severity == "error"]
    (sample.path / "kubernetes/base/service.yaml").unlink()
    faults = [one for one in sample.vault.check() if one.severity == "error"]
    assert any("service.yaml" in one.message for one in faults)


def test_a_change_of_one_environment_only_is_drift(sample):
    assert sample.vault.drift("staging", "prod").in_sync
    text = sample.read("kubernetes/overlays/prod/deployment.yaml")
    sample.write(
        "kubernetes/overlays/prod/deployment.yaml", text + "\n# only here\nextra: 1\n"
    )
    compared = sample.vault.drift("staging", "prod")
    assert not compared.in_sync
    assert any("extra" in one.key for one in compared.differences)


def test_drift_never_prints_a_secret(sample):
    secret = "Qm7#vT2!xW9pLk4z"
    sample.write("terraform/live/prod/secret.auto.tfvars", f'db_password = "{secret}"\n')
    compared = sample.vault.call("drift", "staging", "prod", answers=(0, 1))
    assert secret not in str(compared)


def test_an_unknown_environment_is_named(sample):
    with pytest.raises(errors.NotFound, match="qa"):
        sample.vault.drift("qa", "prod")


def test_the_graph_names_what_uses_a_module(sample):
    shown = sample.run(
        "git-vault", "graph", "--reverse", "--path", "terraform/modules/database"
    )
    for name in ("dev", "staging", "prod"):
        assert f"terraform/live/{name}/main.tf" in shown
