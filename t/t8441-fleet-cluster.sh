#!/bin/sh

test_description='a fleet in a cluster: the objects hold together, and what the pods run does run'
. "$(dirname "$0")/test-lib.sh"

contrib=$GIT_VAULT_SRC_DIR/contrib

python3 -c "import yaml" 2>/dev/null && test_set_prereq YAML
kubectl kustomize --help >/dev/null 2>&1 && test_set_prereq KUSTOMIZE

if ! test_have_prereq YAML || ! test_have_prereq KUSTOMIZE
then
	skip_all "kubectl kustomize or python3-yaml is not there"
fi

cat >look <<'END'
import sys, yaml

def pods(docs):
    """Kind, spec of the job, spec of the pod."""
    for d in docs:
        spec = d.get("spec", {})
        job = spec["jobTemplate"]["spec"] if d["kind"] == "CronJob" else spec if d["kind"] == "Job" else None
        if job:
            yield d, job, job["template"]

docs = [d for d in yaml.safe_load_all(sys.stdin) if d]
names = {(d["kind"], d["metadata"]["name"]) for d in docs}
seen = 0
for d, job, template in pods(docs):
    seen += 1
    pod, name = template["spec"], d["metadata"]["name"]
    c = pod["containers"][0]
    labels = template["metadata"]["labels"]
    policy = next(x for x in docs if x["kind"] == "NetworkPolicy")["spec"]
    assert all(labels.get(k) == v for k, v in policy["podSelector"]["matchLabels"].items()), name
    assert policy["policyTypes"] == ["Ingress", "Egress"] and "ingress" not in policy
    assert job["completionMode"] == "Indexed" and pod["restartPolicy"] == "Never", name
    assert pod["automountServiceAccountToken"] is False, name
    assert ("ServiceAccount", pod["serviceAccountName"]) in names, name
    s = pod["securityContext"]
    assert s["runAsNonRoot"] and s["runAsUser"] > 0 and s["seccompProfile"]["type"] == "RuntimeDefault"
    s = c["securityContext"]
    assert not s["allowPrivilegeEscalation"] and s["readOnlyRootFilesystem"] and s["capabilities"]["drop"] == ["ALL"]
    assert "memory" in c["resources"]["limits"] and "privileged" not in s and not pod.get("hostNetwork")
    volumes = {v["name"]: v for v in pod["volumes"]}
    assert {m["name"] for m in c["volumeMounts"]} == set(volumes), name
    for v in volumes.values():
        if "persistentVolumeClaim" in v:
            assert ("PersistentVolumeClaim", v["persistentVolumeClaim"]["claimName"]) in names
        if "configMap" in v:
            assert ("ConfigMap", v["configMap"]["name"]) in names
        assert "hostPath" not in v
    shard = next(a for a in c["args"] if a.startswith("--shard="))
    assert shard == "--shard=$(SHARD)/%d" % job["completions"], shard
    assert any(e["name"] == "SHARD" and "job-completion-index" in e["valueFrom"]["fieldRef"]["fieldPath"]
               for e in c["env"] if "valueFrom" in e)
    assert not any(d["kind"] == "Secret" for d in docs)
    index = int(sys.argv[1])
    print(" ".join(a.replace("$(SHARD)", str(index)).replace("/srv/git", "fleet").replace("/var/lib/git-vault", "reports")
                   for a in c["args"]))
assert seen == 2
END

test_expect_success 'the base and the example are rendered, and hold together' '
	kubectl kustomize "$contrib/kubernetes/base" >base && python3 look 0 <base >words && test_line_count = 2 words &&
	kubectl kustomize "$contrib/kubernetes/overlays/production" >example && test_grep "namespace: git-vault" example &&
	python3 look 0 <example >other && test_grep "shard=0/64" other
'

test_expect_success 'a part that belongs to another number of pods is seen' '
	sed "s/completions: 8/completions: 7/" base >bad && test_must_fail python3 look 0 <bad &&
	sed "s/claimName: git-vault-reports/claimName: other/" base >bad && test_must_fail python3 look 0 <bad
'

test_expect_success 'what the pods run: all parts together are all repositories' '
	git init -q one && (cd one && echo a >a && git add a && test_tick && git commit -q -m one &&
		git vault -q snapshot && git vault key generate >/dev/null) &&
	mkdir fleet reports && for i in 1 2 3 4 5; do
		git clone -q --mirror one fleet/r$i.git && mkdir -p store/r$i &&
			git -C fleet/r$i.git config vault.target.store.url "file://$PWD/store/r$i" || return 1
	done && for i in 0 1 2 3 4 5 6 7; do
		python3 look $i <base >words && while read -r line; do
			git vault $line >>out || return 1
		done <words || return 1
	done && cat reports/verify-*.jsonl >lines && test "$(grep -c "\"path\"" lines)" = 5 &&
	test "$(ls reports/replicate-* | grep -c .)" = 8
'

test_expect_success 'the stack of Swarm hardens its task, and runs the same' '
	python3 - "$contrib/swarm/stack.yaml" >words <<-\END &&
	import sys, yaml
	s = yaml.safe_load(open(sys.argv[1]))["services"]["replicate"]
	assert s["read_only"] and s["cap_drop"] == ["ALL"] and not s["user"].startswith("0")
	assert s["deploy"]["mode"] == "replicated-job"
	assert "--shard=%d" % s["deploy"]["replicas"] in s["command"]
	print(" ".join(s["command"]).replace("/srv/git", "fleet").replace("/var/lib/git-vault", "reports"))
	END
	JOB_COMPLETION_INDEX=7 git vault $(cat words) >out && test_grep "^replicate:" out
'

test_done
