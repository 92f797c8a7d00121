"""Configuration in layers: what a deployment reads, and who may change it."""

from __future__ import annotations

import json

import pytest

from git_vault import errors

PROD = {"env": "prod", "provider": "aws"}


def value(place, key, **where):
    found = place.vault.call("config get", key, **(where or PROD))
    return found["values"][0]["value"]


def test_an_environment_overrides_what_all_share(sample):
    assert value(sample, "database.pool.max") == 50
    assert value(sample, "database.pool.max", env="dev", provider="aws") == 10
    assert value(sample, "database.pool.min") == 2


def test_one_source_configures_three_clouds(sample):
    sizes = {
        cloud: value(sample, "nodes.size", env="prod", provider=cloud)
        for cloud in ("aws", "azure", "gcp")
    }
    assert sizes == {
        "aws": "m5.large", "azure": "Standard_D4s_v3", "gcp": "n2-standard-4",
    }


def test_a_value_says_where_it_comes_from(sample):
    shown = json.dumps(sample.vault.call("config explain", "database.pool.max", **PROD))
    assert "config/prod.yaml" in shown
    assert "config/base.yaml" in shown


def test_a_template_is_filled(sample):
    assert value(sample, "booking.url") == "https://booking.tidewater.example/"


def test_a_value_that_the_schema_refuses_is_named(sample):
    sample.vault.call("config validate", all=True)
    sample.edit("config/prod.yaml", "max: 50", 'max: "fifty"')
    with pytest.raises(errors.VaultError) as raised:
        sample.vault.call("config validate", all=True)
    assert "database.pool.max" in json.dumps(raised.value.document)


def test_a_rule_between_two_values_holds(sample):
    sample.edit("config/prod.yaml", "max: 50", "max: 1")
    with pytest.raises(errors.VaultError) as raised:
        sample.vault.call("config validate", all=True)
    assert "database.pool.min" in json.dumps(raised.value.document)


def test_a_change_that_would_be_invalid_is_not_written(sample):
    before = sample.contents()
    with pytest.raises(errors.VaultError):
        sample.vault.call("config set", "database.pool.max", '"fifty"', **PROD)
    assert sample.contents() == before


def test_a_change_keeps_the_comments_of_the_file(sample):
    sample.vault.call("config set", "database.pool.max", "60", **PROD)
    assert value(sample, "database.pool.max") == 60
    assert "first ferry of summer" in sample.read("config/prod.yaml")


def test_two_environments_are_compared(sample):
    found = sample.vault.call("config diff", "staging", "prod", provider="aws",
                              answers=(0, 1))
    assert "database.pool.max" in json.dumps(found)


def test_a_key_has_its_history(sample):
    sample.vault.call("config set", "database.pool.max", "60", **PROD)
    sample.commit("more connections")
    shown = json.dumps(sample.vault.call("config history", "database.pool.max", **PROD))
    assert "50" in shown and "60" in shown


def test_what_a_file_may_be_changed_by_is_explained(sample):
    sample.vault.call("config access explain", "config/prod.yaml", answers=(0, 1))


def test_health_says_what_endangers_the_vault(saved):
    found = saved.vault.call("doctor", answers=(0, 1))
    text = json.dumps(found)
    # One key, and no copy elsewhere: both endanger it.
    assert "remote" in text or "copy" in text
