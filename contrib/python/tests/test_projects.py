"""All projects of a developer: languages, version control, search, saving by
itself."""

from __future__ import annotations

import shutil

import pytest

from git_vault import errors


@pytest.fixture
def two(saved, tmp_path):
    """Two registered projects: the sample, and one in Go."""
    other = saved.clone("api")
    for name in other.path.iterdir():
        if name.name != ".git":
            shutil.rmtree(name) if name.is_dir() else name.unlink()
    other.write("go.mod", "module example.org/api\n")
    other.write("main.go", "package main\n\nfunc main() { retryPayment() }\n")
    other.commit("a service")
    other.vault.init()
    other.vault.snapshot("first")
    for place in (saved, other):
        place.vault.call("project add", str(place.path))
    return saved, other


def test_projects_are_listed_with_what_they_are_made_of(two):
    found = {one.name: one for one in two[0].vault.projects()}
    assert set(found) == {"work", "api"}
    assert "terraform" in str(found["work"].raw).lower()
    assert "go" in str(found["api"].raw["language"]).lower()


def test_a_line_is_found_in_all_projects(two):
    shown = two[0].run("git-vault", "search", "-A", "retryPayment")
    assert "main.go" in shown


def test_a_line_that_was_removed_is_found(two):
    place = two[1]
    place.write("main.go", "package main\n\nfunc main() {}\n")
    place.commit("no payment")
    place.vault.snapshot()
    shown = place.run("git-vault", "search", "--removed", "retryPayment")
    assert "main.go" in shown


def test_code_that_is_in_two_projects_is_named(two):
    text = two[0].read("terraform/modules/database/main.tf")
    two[1].write("infra/database.tf", text)
    two[1].commit("copied")
    two[1].vault.snapshot()
    shown = two[0].run("git-vault", "reuse", "terraform/modules/database/main.tf")
    assert "infra/database.tf" in shown


def test_an_unsaved_project_is_told(two):
    two[1].write("new.go", "package main\n")
    found = {one.name: one for one in two[0].vault.projects()}
    assert found["api"].raw["changes"]["added"] == 1


def test_a_project_that_is_gone_is_named_not_hidden(two):
    shutil.rmtree(two[1].path)
    with pytest.raises(errors.VaultError):
        two[0].vault.call("projects")
    found = two[0].vault.call("projects", answers=(0, 1, 3))
    assert found["failures"][0]["missing"]


def test_a_subversion_working_copy_is_saved(empty, tmp_path):
    if not shutil.which("svn"):
        pytest.skip("there is no svn here")
    server, copy = tmp_path / "svn", tmp_path / "copy"
    empty.run("svnadmin", "create", str(server))
    empty.run("svn", "-q", "checkout", f"file://{server}", str(copy))
    (copy / "site.yml").write_text("hosts: all\n")
    copied = type(empty)(copy, empty.env)
    copied.vault.init()
    copied.vault.snapshot()
    (copy / "site.yml").unlink()
    copied.vault.restore("latest")
    assert (copy / "site.yml").read_text() == "hosts: all\n"


def test_an_automatic_save_is_made_and_restored(saved):
    saved.write("draft.md", "an idea\n")
    saved.vault.call("snapshot", auto=True)
    (saved.path / "draft.md").unlink()
    assert saved.vault.call("list", auto=True)
    saved.run("git-vault", "restore", "auto:0m", "--in-place", "draft.md")
    assert saved.read("draft.md") == "an idea\n"
