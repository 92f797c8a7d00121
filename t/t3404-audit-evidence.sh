#!/bin/sh

test_description='evidence for an auditor: one control, one span of time, checked without git-vault'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# commands DIR: those of its README, run there with nothing of git-vault
commands () {
	sed -n "s/^    //p" "$1/README" >.git/commands && test_line_count -ge 10 .git/commands &&
	(cd "$1" && PATH=/usr/bin:/bin && sh -e "$OLDPWD/.git/commands" >/dev/null 2>"$OLDPWD/.git/said")
}

test_lazy_prereq KEYGEN 'ssh-keygen -Y find-principals 2>&1 | grep -q "signature file"'

test_expect_success 'set up: drills that passed and failed, a record' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	mkdir -p live/prod && echo ".env" >.gitignore && echo "A_PASSWORD=c0rrect-h0rse-battery" >.env &&
	echo "locals { a = 1 }" >live/prod/main.tf &&
	printf "environments:\n  prod:\n    rto: 2h\n    functions: [payments]\n" >.gitvault.yaml &&
	git add -A && git commit -qm one && git vault key generate && git vault -q init &&
	git vault -q policy accept --yes && git vault -q snapshot >../id &&
	git vault -q good mark prod >/dev/null && git push -q origin HEAD && git vault -q sync &&
	test_expect_code 3 git vault drill run --no-validators >/dev/null &&
	test_expect_code 1 git vault drill run --no-validators --fault lost-ref --seed 1 >/dev/null 2>&1 &&
	git vault --json audit export --control a1.3 --into ../a13 >../done
'

test_expect_success 'a table has one line a drill, with what it measured and who signed it' '
	grep "\"drills\":2,\"drills_failed\":1,\"reports_elsewhere\":0" ../done &&
	grep "\"signed\":true,\"damaged\":0" ../done && test_line_count = 3 ../a13/drills.csv &&
	grep "^[^,]*,[^,]*,,$(cat ../id),could_not_run,,,[0-9]*,7200,yes,[0-9]*,3600,yes,4,0,1,0,0,0,0," ../a13/drills.csv &&
	grep ",failed,lost_ref,lost-ref," ../a13/drills.csv && grep "^prod,prod,payments,7200,3600," ../a13/environments.csv &&
	! grep -r c0rrect ../a13
'

test_expect_success KEYGEN 'its own commands check it without git-vault' '
	commands ../a13
'

test_expect_success KEYGEN 'a report, a table or an event that was changed is found by them' '
	for file in drills.csv reports/*.json events/*
	do
		cp -r ../a13 ../changed && (cd ../changed && for one in $file; do :; done &&
			printf "x" >>"$one") && ! commands ../changed && rm -r ../changed || return 1
	done &&
	cp -r ../a13 ../changed && (cd ../changed && for one in events/*.sig; do :; done &&
		sed -i "s/drill/drxll/" "${one%.sig}" && rm SHA256SUMS.sig &&
		find . -type f ! -name "SHA*" -printf "%P\n" | xargs sha256sum >SHA256SUMS) &&
	! commands ../changed
'

test_expect_success 'a link where the directory would be is not followed' '
	mkdir ../away && ln -s ../away evidence-A1.3 && test_expect_code 128 git vault audit export --control A1.3 2>../err &&
	test_grep "is a symbolic link" ../err && test -z "$(ls ../away)" && rm evidence-A1.3
'

test_expect_success 'each control has its files' '
	for control in A1.2 CC7.5 A.5.30 A.8.13 CP-4 CP-9 DORA-11 DORA-12
	do
		git vault audit export --control $control --into ../of-$control >../out 2>&1 || return 1
	done &&
	test_path_is_file ../of-A1.2/snapshots.csv && test_path_is_missing ../of-A1.2/drills.csv &&
	grep "^prod,1,.*,verified,yes," ../of-CC7.5/records.csv && test_path_is_file ../of-CC7.5/records/prod-1.json &&
	grep "^$(cat ../id)," ../of-A.8.13/snapshots.csv && grep ",good-mark," ../of-CC7.5/events.csv &&
	! grep ",good-mark," ../of-A.8.13/events.csv
'

test_expect_success 'a span of time has whole days at both ends, and nothing else' '
	today=$(date -u +%Y-%m-%d) && git vault audit export --control A1.3 --from $today --to $today --into ../today &&
	test_line_count = 3 ../today/drills.csv &&
	git vault audit export --control A1.3 --from 2001-01-01 --to 2001-12-31 --into ../then &&
	test_line_count = 1 ../then/drills.csv && test_line_count = 1 ../then/events.csv &&
	grep "^prod,.*,yes,.$" ../then/environments.csv
'

test_expect_success 'a report of another clone is counted as such, and a changed one stops it' '
	ref=$(git for-each-ref --format="%(refname)" refs/vault/reports/drill | sed 1q) &&
	was=$(git rev-parse "$ref") && git show "$ref:report.json" >../kept && git update-ref -d "$ref" &&
	git vault audit export --control A1.3 --into ../less 2>.git/err && test_grep "1 report .*other clones" .git/err &&
	grep "\"reports_elsewhere\":1" ../less/manifest.json && sed "s/passed/failed/" ../kept >../other &&
	blob=$(git hash-object -w ../other) && tree=$(printf "100644 blob %s\treport.json\n" "$blob" | git mktree) &&
	git update-ref "$ref" "$(git commit-tree -m x "$tree")" &&
	test_expect_code 128 git vault audit export --control A1.3 --into ../bad 2>.git/err &&
	test_grep "changed since" .git/err && test_path_is_missing ../bad/SHA256SUMS && git update-ref "$ref" "$was"
'

test_expect_success 'what cannot be is refused in a sentence' '
	test_expect_code 128 git vault audit export --control A1.3 --into ../a13 2>.git/err &&
	test_grep "not empty" .git/err && test_expect_code 129 git vault audit export --control A9 2>.git/err &&
	test_grep "DORA-11 and DORA-12" .git/err &&
	test_expect_code 129 git vault audit export --control A1.3 --from 2026-02-01 --to 2026-01-01 2>.git/err &&
	test_expect_code 128 git vault audit export --control A1.3 --from 2026-13-45 2>.git/err
'

test_done
