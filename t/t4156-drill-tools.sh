#!/bin/sh

test_description='each tool that a drill knows: right files pass, wrong ones fail, and a tool that is
not here is neither'
. "$(dirname "$0")/test-lib.sh"

# a drill runs tools where they reach no network and no file of the user's
test_have_prereq LINUX || skip_all 'needs LINUX: a sandbox for the tools of a drill'

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# put TOOL FILE: from standard input
put () {
	mkdir -p "$(dirname "$1")" && cat >"$1"
}

test_expect_success PYTHON 'set up: for each tool right files, and wrong ones' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	echo "locals { a = 1 }" | put terraform/good/main.tf && echo "locals { a = var.nobody }" | put terraform/bad/main.tf &&
	printf "terraform {\n  required_providers { no = { source = \"none.example/no/no\" } }\n}\nresource \"no_x\" \"y\" {}\n" |
		put terraform/cannot/main.tf &&
	for k in good bad
	do
		printf "resources: [map.yaml]\n" | put kustomize/$k/kustomization.yaml || return 1
	done &&
	printf "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n" | put kustomize/good/map.yaml &&
	printf "apiVersion: v1\nkind: [\n" | put kustomize/bad/map.yaml &&
	for k in good bad
	do
		printf "apiVersion: v2\nname: app\nversion: 0.1.0\n" | put helm/$k/Chart.yaml || return 1
	done &&
	printf "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n" | put helm/good/templates/a.yaml &&
	printf "kind: {{ .Values.a.b.c\n" | put helm/bad/templates/a.yaml &&
	printf -- "- hosts: all\n  tasks: [{debug: {msg: hi}}]\n" | put ansible/good/site.yml &&
	printf -- "- hosts: all\n  tasks: [{import_tasks: nowhere.yml}]\n" | put ansible/bad/site.yml &&
	printf "services:\n  a: {image: \"nginx:1\"}\n" | put compose/good/compose.yaml &&
	printf "services:\n  a: {image: [1, 2], nobody: 3}\n" | put compose/bad/compose.yaml &&
	printf "events {}\nhttp { server { listen 8080; } }\n" | put nginx/good/nginx.conf &&
	printf "events {}\nhttp { nobody_knows on; }\n" | put nginx/bad/nginx.conf &&
	printf "global: {scrape_interval: 15s}\n" | put prometheus/good/prometheus.yml &&
	printf "global: {nobody_knows: 15s}\n" | put prometheus/bad/prometheus.yml &&
	for k in good bad
	do
		printf "rules: {key-duplicates: enable}\n" | put yamllint/$k/.yamllint || return 1
	done &&
	printf "a: 1\nb: 2\n" | put yamllint/good/a.yaml && printf "a: 1\na: 2\n" | put yamllint/bad/a.yaml &&
	printf "echo hi\n" | put sh/good/run.sh && printf "if true\n" | put sh/bad/run.sh &&
	git add -A && git commit -qm one && git vault -q init && git vault -q snapshot >/dev/null &&
	git push -q origin HEAD && git vault -q sync
'

test_expect_success PYTHON 'each result is as it should be, with the reason' '
	test_expect_code 1 git vault drill run --json >../doc 2>../err && python3 - ../doc <<-\END
	import json, shutil, subprocess, sys
	got = {(v["validator"], v["path"].split("/")[1]): v for v in json.load(open(sys.argv[1]))["validators"]}
	tools = {
	    "terraform validate": ("terraform", "undeclared input variable, on main.tf line 1"),
	    "kubectl kustomize": ("kubectl", "map.yaml"),
	    "helm template": ("helm", "a.yaml"),
	    "ansible-playbook --syntax-check": ("ansible-playbook", "nowhere.yml"),
	    "docker-compose config": ("docker-compose", "nobody"),
	    "nginx -t": ("nginx", "nobody_knows"),
	    "promtool check config": ("promtool", "nobody_knows"),
	    "yamllint": ("yamllint", "duplication"),
	    "sh -n": ("bash", "syntax error"),
	}
	bad = []
	ran = []
	for name, (program, word) in tools.items():
	    for kind in ("good", "bad"):
	        v = got.get((name, kind))
	        if v is None:
	            bad.append((name, kind, "no result"))
	        elif v["result"] == "could_not_run":
	            # never without a reason, and never where the tool is here and of an age that it takes
	            if not v["detail"] or (shutil.which(program) and not any(w in v["detail"] for w in ("at least", "is older than"))):
	                bad.append(v)
	            elif not shutil.which(program) and "not installed" not in v["detail"]:
	                bad.append(v)
	        else:
	            ran.append((name, kind))
	            if v["result"] != {"good": "passed", "bad": "failed"}[kind]:
	                bad.append(v)
	            if kind == "bad" and word not in v["detail"]:
	                bad.append(v)
	if shutil.which("terraform") and got[("terraform validate", "cannot")]["result"] != "could_not_run":
	    bad.append(got[("terraform validate", "cannot")])
	print("ran:", ", ".join(sorted({n for n, k in ran})))
	if bad or ("sh -n", "bad") not in ran:
	    raise SystemExit("\n".join(map(str, bad)))
	END
'

test_expect_success PYTHON 'a tool that could not run is counted apart, and never as passed' '
	python3 - ../doc <<-\END
	import json, sys
	d = json.load(open(sys.argv[1]))
	n = d["checks"]
	assert n["failed"] and n["passed"], n
	assert sum(n.values()) == len(d["validators"]), n
	END
'

test_done
