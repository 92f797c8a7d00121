#!/bin/sh

test_description='what auditors ask for, control by control: each answer is a field of the
evidence or of a report, and has a value'
. "$(dirname "$0")/test-lib.sh"

test_have_prereq LINUX || skip_all 'needs LINUX: a sandbox for a drill with a fault'

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# What git-vault-audit(7) has in "Where each answer is": CONTROL FILE FIELD
answers () {
	python3 - "$GIT_VAULT_SRC_DIR/man/git-vault-audit.7" <<-\END
	import re, sys
	text = open(sys.argv[1]).read().split(".Ss Where each answer is")[1].split("\n.S")[0].split("\n.Pp")[0]
	control, place = None, None
	for line in text.split("\n"):
	    if line.startswith(".It Pa "):
	        place = line.split()[2]
	    elif line.startswith(".It "):
	        control = line.split()[1].rstrip(",")
	    elif line.startswith(".Li ") and control and place:
	        for field in re.findall(r"[a-z0-9_.]+", line[4:]):
	            print(control, place, field)
	END
}

test_expect_success PYTHON 'a drill that passed, one of a fault, and all evidence' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	mkdir -p live/prod .gitvault/plans && echo ".env" >.gitignore && echo "A_PASSWORD=c0rrect-h0rse-battery" >.env &&
	echo "a: 1" >live/prod/app.yaml && printf "steps: [{id: a, run: [\"true\"]}]\n" >.gitvault/plans/go.yaml &&
	printf "environments:\n  prod: {rto: 2h, rpo: 1h, functions: [payments], approvals: 0}\n" >.gitvault.yaml &&
	git add -A && git commit -qm one && git vault key generate && git vault -q init &&
	git vault -q policy accept --yes && git vault -q snapshot --env prod >../id &&
	printf "{\"version\":4,\"terraform_version\":\"1.5.0\",\"serial\":3,\"lineage\":\"l\",\"outputs\":{},\"resources\":[]}" >../s.tfstate &&
	git vault -q state save --env prod --stack net ../s.tfstate >/dev/null &&
	git vault -q good mark prod >/dev/null && git push -q origin HEAD && git vault -q sync &&
	{ git vault drill run --env prod --plan go >../out 2>&1; test $? = 0 || test $? = 3; } &&
	test_expect_code 1 git vault drill run --fault lost-ref --seed 1 >/dev/null 2>&1 &&
	{ git vault drill run --random --seed 7 >../out 2>&1; test $? = 0 || test $? = 3; } &&
	for control in A1.2 A1.3 CC7.5 A.5.30 A.8.13 CP-4 CP-9 DORA-11 DORA-12
	do
		git vault audit export --control $control --into ../all-$control >../out 2>&1 || return 1
	done && answers >../answers && test_line_count -ge 60 ../answers
'

test_expect_success PYTHON 'each answer that the manual names is there, and has a value' '
	python3 - ../answers .. <<-\END
	import csv, glob, json, sys
	rows = [line.split() for line in open(sys.argv[1])]
	top = sys.argv[2]

	def reports(path, field, found):
	    part = path
	    for name in field.split("."):
	        if isinstance(part, list):
	            part = [p.get(name) for p in part]
	            part = part[0] if part else None
	        elif part is not None:
	            part = part[name] if name in part else missing(field)
	    found.append(part)

	def missing(field):
	    raise SystemExit("no report has the field " + field)

	bad = []
	for control, place, field in rows:
	    found = []
	    if place == "reports/":
	        for name in glob.glob(top + "/all-A1.3/reports/*.json"):
	            reports(json.load(open(name)), field, found)
	    elif place.endswith(".csv"):
	        for name in glob.glob(top + "/all-*/" + place):
	            for row in csv.DictReader(open(name, newline="")):
	                found.append(row.get(field))
	    else:
	        for name in glob.glob(top + "/all-*/" + place):
	            found.append(json.load(open(name)).get(field))
	    if not any(v not in (None, "", []) for v in found):
	        bad.append((control, place, field, found[:3]))
	if bad:
	    raise SystemExit("\n".join(map(str, bad)))
	END
'

test_expect_success PYTHON 'every control of the export is among them' '
	for control in A1.2 A1.3 CC7.5 A.5.30 A.8.13 CP-4 CP-9 DORA-11 DORA-12
	do
		grep "^$control " ../answers >../some || { echo "$control" && return 1; }
	done
'

test_expect_success PYTHON 'the kind of a test, and what it was of' '
	python3 - ../all-A1.3/reports <<-\END
	import glob, json, sys
	all = [json.load(open(f)) for f in glob.glob(sys.argv[1] + "/*.json")]
	by = {r["kind"]: r for r in all}
	assert sorted(by) == ["fault", "partial", "sample"], by.keys()
	assert by["fault"]["fault_detected"] is True and by["partial"]["fault_detected"] is None
	assert by["partial"]["functions"] == ["payments"] and len(by["partial"]["plan_sha256"]) == 64
	assert by["partial"]["plan"] == "go" and by["sample"]["plan_sha256"] is None
	for r in all:
	    assert len(r["policy"]) == 40 and len(r["snapshot_commit"]) == 40, r
	    n = {}
	    for v in r["validators"]:
	        n[v["result"]] = n.get(v["result"], 0) + 1
	    assert r["checks"] == {k: n.get(k, 0) for k in ("passed", "failed", "could_not_run", "not_run")}, r
	END
'

test_done
