#!/bin/sh

test_description='which snapshot a drill is about, how long it may take, what is kept of it'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# drill STATUS ARG…
drill () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault drill "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

# member NAME: the first string or number of that name
member () {
	sed -n "s/.*[{,]\"$1\":\"\{0,1\}\([^\",}]*\)[\",}].*/\1/p" .git/out
}

test_expect_success 'set up: six snapshots, of which the last three name what is not there' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	mkdir -p live/prod && echo ".env" >.gitignore && echo "A_PASSWORD=c0rrect-h0rse-battery" >.env &&
	echo "locals { a = file(\"a.txt\") }" >live/prod/main.tf && echo a >live/prod/a.txt &&
	cat >.gitvault.yaml <<-\EOF &&
	environments:
	  prod:
	    rto: 2h
	    rpo: 3h
	drills:
	  without: [terraform validate]
	EOF
	git add -A && git commit -qm one && git vault key generate && git vault -q snapshot >/dev/null &&
	git vault -q policy accept --yes &&
	for n in 1 2 3 4 5 6
	do
		if test $n = 4
		then
			rm live/prod/a.txt
		fi &&
		echo $n >live/prod/n.txt && git vault -q snapshot >>../ids || return 1
	done &&
	git push -q origin HEAD && git vault -q sync
'

test_expect_success 'a random snapshot is the same for the same seed' '
	for seed in 0 4 9
	do
		{ git vault --json drill run --no-validators --random --seed $seed >.git/out 2>&1 || :; } &&
		first=$(member snapshot) && test "$(member seed)" = $seed &&
		grep "$first" ../ids &&
		{ git vault --json drill run --no-validators --random --seed $seed >.git/out 2>&1 || :; } &&
		test "$(member snapshot)" = "$first" && echo "$first" >>../chosen || return 1
	done &&
	test "$(sort -u ../chosen | wc -l)" -gt 1 &&
	test_expect_code 129 git vault drill run --random --snapshot latest
'

test_expect_success 'a drill that fails says what has changed since one that passed' '
	drill 0 run --snapshot "$(sed -n 2p ../ids)" &&
	drill 1 --json run --no-validators && grep "\"since\":{\"drill\"" .git/out &&
	test "$(member changed)" = "the snapshot" && test "$(member was)" = "$(sed -n 2p ../ids)" &&
	drill 1 run --no-validators && test_grep "the snapshot has changed" .git/err
'

test_expect_success 'bisect finds the first snapshot that fails' '
	drill 0 bisect --no-validators && sed -n 4p ../ids >../expect && test_cmp ../expect .git/out &&
	test_grep "by references" .git/err &&
	drill 0 --json bisect --no-validators "$(sed -n 1p ../ids)" "$(sed -n 6p ../ids)" &&
	test "$(member failed)" = "$(sed -n 4p ../ids)" && test "$(member cause)" = references &&
	test_expect_code 128 git vault drill bisect "$(sed -n 6p ../ids)" "$(sed -n 1p ../ids)"
'

test_expect_success 'the targets of the policy are measured, and the report has them' '
	drill 0 --json run --env prod --snapshot "$(sed -n 2p ../ids)" &&
	grep "\"rto\":{\"target_seconds\":7200,\"measured_seconds\":[0-9]*,\"met\":true}" .git/out &&
	grep "\"rpo\":{\"target_seconds\":10800," .git/out
'

test_expect_success 'reports are files of their own' '
	drill 3 run --no-validators --snapshot "$(sed -n 2p ../ids)" --report ../reports &&
	ls ../reports | sed "s/.*\.//" | sort >../kinds && printf "html\njson\nxml\n" >../expect &&
	test_cmp ../expect ../kinds && grep -q "<testsuites>" ../reports/*.xml &&
	grep -q "\"result\":\"could_not_run\"" ../reports/*.json && grep -q "<h1>" ../reports/*.html
'

test_expect_success 'the status has the trend, and how old the snapshot is that was proven' '
	drill 1 run --fault lost-ref --snapshot "$(sed -n 2p ../ids)" &&
	drill 0 status && test_grep "s (before [0-9.]* s)" .git/out && drill 0 --json status &&
	grep "\"trend\":\[[0-9]*,[0-9]" .git/out && grep "\"verified_age_seconds\":[0-9]" .git/out &&
	test "$(member rto_seconds)" = 7200 &&
	git vault --json env --status >.git/out && ! grep "\"drill_time\":null" .git/out
'

test_expect_success 'doctor and health say when a drill is overdue, or failed last' '
	{ git vault doctor >.git/out 2>&1 || :; } && ! grep drill_overdue .git/out &&
	drill 1 run --no-validators && { git vault --json doctor >.git/out 2>&1 || :; } &&
	grep drill_failed .git/out &&
	(GIT_VAULT_TEST_TIME=$(($(date +%s) + 91 * 86400)) && export GIT_VAULT_TEST_TIME &&
		{ git vault --json health >.git/out 2>&1 || :; } && grep drill_overdue .git/out &&
		drill 1 status && test_grep "prod.*overdue" .git/out)
'

test_expect_success 'what the time did not suffice for is listed, and is no failure' '
	(GIT_VAULT_TEST_TICK=400 && export GIT_VAULT_TEST_TICK &&
		drill 3 run --no-validators --snapshot "$(sed -n 2p ../ids)" --budget 9s) &&
	test_grep "clone *passed" .git/out && test_grep "repeat *not run.*time of the drill is over" .git/out
'

test_expect_success 'a snapshot of a time to come does not stop the drills of fresh clones' '
	real=$(tail -n 1 ../ids) && git cat-file commit "refs/vault/snapshots/$real" |
		sed "s/^\(author\|committer\) \(.*>\) .*/\1 \2 4102444800 +0000/; s/^Vault-Id:.*/Vault-Id: 21000101T000000Z-deadbeef/" >../forged &&
	git push -q origin "$(git hash-object -t commit -w ../forged):refs/vault/snapshots/21000101T000000Z-deadbeef" &&
	git vault clone --yes ../remote.git ../fresh >/dev/null 2>&1 &&
	(cd ../fresh && { git vault drill run --no-validators >../said 2>&1 || :; }) &&
	test_grep "prepare *passed.*snapshot $real, .*; snapshot 21000101T000000Z-deadbeef is of a time to come and passed over" ../said &&
	(cd ../fresh && test_expect_code 1 git vault drill run --no-validators --snapshot any:latest >../said 2>&1) &&
	test_grep "prepare *failed.*in the future" ../said
'

test_done
