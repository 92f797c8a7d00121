#!/usr/bin/env python3
"""Run the shell part of a template of contrib/ci as its system would run it.

usage: ci-run.py SYSTEM FILE [KEY=VALUE]... [-- NAME=VALUE]...

The template is read, the keys that its system asks for are looked at, what it
refers to is taken from KEY=VALUE (a key is what stands in the brackets, or
secret.KEY), and its commands are run with nothing in their environment but what
the template sets, NAME=VALUE, and PATH, HOME and TMPDIR of ours. A reference to
what is not given, and has no default in the template, is a failure.
"""
import configparser
import os
import re
import subprocess
import sys

import yaml

SCRIPT = os.path.join(os.environ["GIT_VAULT_SRC_DIR"], "contrib/ci/git-vault-ci.sh")


class Given(dict):
    def __missing__(self, key):
        sys.exit(f"the template refers to '{key}', which its system does not have")

    def expand(self, text, pattern):
        return re.sub(pattern, lambda m: self[m.group(1)], str(text))


def need(where, *keys):
    for key in keys:
        if key not in where:
            sys.exit(f"the template lacks '{key}'")


def only(where, *keys):
    odd = set(where) - set(keys)
    if odd:
        sys.exit(f"the template has keys that its system does not know: {odd}")


def keeps(step, of):
    """A step that makes an artifact of the file that another step writes."""
    only(step, "if", "uses", "with")
    assert step["uses"].startswith("actions/upload-artifact@")
    assert step["with"]["path"] == of["env"]["GIT_VAULT_CI_RESULT"]


def github(doc, given):
    """A composite action."""
    only(doc, "name", "description", "inputs", "outputs", "runs")
    need(doc, "name", "description", "runs")
    for name, one in doc["inputs"].items():
        only(one, "description", "required", "default")
        need(one, "description")
        if not one.get("required"):
            given.setdefault("inputs." + name, one["default"])
    assert doc["runs"]["using"] == "composite"
    step, *rest = doc["runs"]["steps"]
    for one in rest:
        keeps(one, step)
    only(step, "id", "shell", "env", "run")
    need(step, "shell", "run")
    for one in doc["outputs"].values():
        assert one["value"].startswith("${{ steps.%s." % step["id"])
    env = {k: given.expand(v, r"\$\{\{ (.*?) \}\}") for k, v in step["env"].items()}
    return env, [step["shell"], "-e", "-c", step["run"]]


def gitlab(doc, given):
    """A hidden job of a template."""
    ((name, job),) = doc.items()
    assert name.startswith(".")
    only(job, "variables", "script", "when", "resource_group", "allow_failure",
         "artifacts")
    if "artifacts" in job:
        (path,) = job["artifacts"]["paths"]
        assert path == job["variables"]["GIT_VAULT_CI_RESULT"]
    env = {k: given.expand(v, r"\$(\w+)") for k, v in job["variables"].items()}
    return env, ["sh", "-e", "-c", "\n".join(job["script"])]


def gitea(doc, given):
    """The last command of the only job of a workflow; `on` is a truth for YAML."""
    only(doc, "name", True, "jobs")
    (job,) = doc["jobs"].values()
    need(job, "runs-on", "steps")
    assert job["steps"][0]["uses"].startswith("actions/checkout@")
    step = [one for one in job["steps"] if "run" in one][-1]
    for one in job["steps"][job["steps"].index(step) + 1:]:
        keeps(one, step)
    only(step, "name", "if", "env", "run")
    env = {k: given.expand(v, r"\$\{\{ (.*?) \}\}")
           for k, v in {**job["env"], **step["env"]}.items()}
    return env, ["sh", "-e", "-c", step["run"]]


def environment(container, given):
    """What Kubernetes makes of env, in its order."""
    env = {}
    for one in container["env"]:
        only(one, "name", "value", "valueFrom")
        if "value" in one:
            both = Given({**given, **env})
            env[one["name"]] = both.expand(one["value"], r"\$\(([^()]+)\)")
            continue
        ((kind, source),) = one["valueFrom"].items()
        if kind == "fieldRef":
            env[one["name"]] = given[source["fieldPath"]]
        else:
            assert kind == "secretKeyRef"
            key = "secret." + source["key"]
            if key in given or not source.get("optional"):
                env[one["name"]] = given[key]
    return env


def pod(template, given):
    spec = template["spec"]
    assert spec["restartPolicy"] == "Never"
    (container,) = spec["containers"]
    need(container, "name", "image", "command", "env", "resources")
    volumes = {v["name"] for v in spec["volumes"]}
    mounted = {m["name"] for m in container["volumeMounts"]}
    assert volumes == mounted, "volumes and mounts differ"
    return environment(container, given), container["command"]


def argocd(doc, given):
    """The Job of a hook."""
    assert (doc["apiVersion"], doc["kind"]) == ("batch/v1", "Job")
    need(doc["metadata"], "name")
    notes = doc["metadata"]["annotations"]
    assert notes["argocd.argoproj.io/hook"] in ("PostSync", "SyncFail")
    need(notes, "argocd.argoproj.io/hook-delete-policy")
    only(doc["spec"], "backoffLimit", "activeDeadlineSeconds", "template")
    return pod(doc["spec"]["template"], given)


def kubernetes(doc, given):
    """A Job, or a CronJob."""
    assert doc["apiVersion"] == "batch/v1"
    if doc["kind"] == "Job":
        need(doc["metadata"], "generateName")
        return pod(doc["spec"]["template"], given)
    assert doc["kind"] == "CronJob"
    need(doc["metadata"], "name")
    assert len(doc["spec"]["schedule"].split()) == 5
    assert doc["spec"]["concurrencyPolicy"] in ("Allow", "Forbid", "Replace")
    return pod(doc["spec"]["jobTemplate"]["spec"]["template"], given)


def tekton(doc, given):
    """A Task."""
    assert (doc["apiVersion"], doc["kind"]) == ("tekton.dev/v1", "Task")
    need(doc["metadata"], "name")
    only(doc["spec"], "description", "workspaces", "params", "results", "steps")
    for one in doc["spec"]["params"]:
        if "default" in one:
            given.setdefault("params." + one["name"], one["default"])
    (step,) = doc["spec"]["steps"]
    only(step, "name", "image", "workingDir", "env", "script")
    given.expand(step["image"], r"\$\(([^()]+)\)")
    os.chdir(given.expand(step["workingDir"], r"\$\(([^()]+)\)"))
    return environment(step, given), ["sh", "-c", step["script"]]


def systemd(text, given):
    """A service, with %i and what its EnvironmentFile has."""
    unit = configparser.ConfigParser(interpolation=None, strict=True)
    unit.optionxform = str
    unit.read_string(text)
    service = unit["Service"]
    assert service["Type"] == "oneshot"
    need(given, service["EnvironmentFile"])
    env = dict(word.split("=", 1) for word in service["Environment"].split())
    with open(given[service["EnvironmentFile"]], encoding="utf-8") as f:
        env.update(line.rstrip("\n").split("=", 1) for line in f)
    return env, service["ExecStart"].split()


def main():
    system, path, *rest = sys.argv[1:]
    at = rest.index("--") if "--" in rest else len(rest)
    given = Given(one.split("=", 1) for one in rest[:at])
    extra = dict(one.split("=", 1) for one in rest[at + 1 :])
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if system == "systemd":
        env, command = systemd(text, given)
    else:
        env, command = globals()[system](yaml.safe_load(text), given)
    own = {k: os.environ[k] for k in ("PATH", "HOME", "TMPDIR") if k in os.environ}
    command = [one.replace("/usr/share/git-vault/ci/git-vault-ci.sh", SCRIPT)
               for one in command]
    done = subprocess.run(command, env={**own, **env, **extra, "HOME": own["HOME"]},
                          stdin=subprocess.DEVNULL, check=False)
    sys.exit(done.returncode)


main()
