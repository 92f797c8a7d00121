#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault health: whether what is kept would be there when it is needed

How old the newest snapshot is, when one was verified, what is on which remote,
what can be gone back to, and what the audit was not told of: as text, in JSON,
and by the exit status.'
. "$(dirname "$0")/test-lib.sh"

now=1763800000 a_day=86400
GIT_VAULT_TEST_TIME=$now
export GIT_VAULT_TEST_TIME

# later SECONDS: so much time passes
later () {
	now=$((now + $1)) && GIT_VAULT_TEST_TIME=$now
}

# field EXPRESSION: of the document in json
field () {
	python3 -c "
import json
d = json.load(open('json'))
v = $1
print(' '.join(map(str, v)) if isinstance(v, list) else v)"
}

# health KINDS [OPTION…]: it finds exactly these, which its status says as well
health () {
	expected_=$1
	shift
	test_expect_code "$(test -z "$expected_" && echo 0 || echo 1)" \
		git vault health --json "$@" >json &&
		test "$(field "[f['kind'] for f in d['findings']]")" = "$expected_" &&
		test "$(field "d['healthy']")" = \
			"$(test -z "$expected_" && echo True || echo False)"
}

take () {
	echo "$1" >file && git vault -q snapshot
}

test_expect_success 'without a snapshot that is what is missing' '
	git commit -q --allow-empty -m one && git vault init -q &&
	health no_snapshot && test "$(field "d[\"newest\"]")" = None &&
	test_expect_code 1 git vault health >out &&
	test_grep "^snapshots *0$" out &&
	test_grep "^warning: there is no snapshot$" out &&
	test_grep "^    git vault snapshot$" out
'

test_expect_success 'one that is nowhere else is lost with the disk' '
	one=$(take one) && health no_remote &&
	test "$(field "d[\"unsent\"]")" = "$one" &&
	test "$(field "d[\"remotes\"]")" = "" &&
	test_expect_code 1 git vault health >out && test_grep "git remote add" out
'

test_expect_success 'one that is on a remote is well, and it says which' '
	git init -q --bare ../remote.git &&
	git remote add origin ../remote.git && git vault init -q &&
	git vault -q sync && health "" &&
	test "$(field "d[\"unsent\"]")" = "" &&
	test "$(field "d[\"remotes\"][0][\"name\"]")" = origin &&
	test "$(field "d[\"remotes\"][0][\"snapshots\"]")" = 1 &&
	test "$(field "d[\"remotes\"][0][\"newest\"]")" = "$one" &&
	test "$(field "d[\"remotes\"][0][\"missing\"]")" = "" &&
	git vault health >out && test_grep "^on origin *1 of them" out &&
	test_grep ! warning out
'

test_expect_success 'of two remotes each says what it lacks' '
	git init -q --bare ../other.git && git remote add other ../other.git &&
	git vault init -q && git vault -q sync other && later 60 &&
	two=$(take two) && git vault -q sync && health "" &&
	test "$(field "[r[\"name\"] for r in d[\"remotes\"]]")" = "origin other" &&
	test "$(field "d[\"remotes\"][0][\"missing\"]")" = "" &&
	test "$(field "d[\"remotes\"][1][\"missing\"]")" = "$two" &&
	git vault health >out && test_grep "^on other *1 of them.*; not $two$" out
'

test_expect_success 'what was taken today may be on its way, and not tomorrow' '
	later 60 && three=$(take three) && health "" &&
	test "$(field "d[\"unsent\"]")" = "$three" && later $a_day && health "" &&
	later 1 && health snapshots_unsent && later 60 && four=$(take four) &&
	test_expect_code 1 git vault health >out &&
	test_grep "no remote has the newest 2 of 4 snapshots" out &&
	test_grep "^    git vault sync origin$" out && git vault -q sync &&
	health "" && git vault -q sync other && health ""
'

test_expect_success 'one that a remote has another of is not there' '
	old=$(git rev-parse refs/vault/snapshots/$four) &&
	for remote in origin other
	do
		git update-ref refs/vault-remote/$remote/snapshots/$four HEAD ||
			return 1
	done && health "" && test "$(field "d[\"unsent\"]")" = "$four" &&
	for remote in origin other
	do
		git update-ref refs/vault-remote/$remote/snapshots/$four $old ||
			return 1
	done && health "" && test "$(field "d[\"unsent\"]")" = ""
'

test_expect_success 'the newest grows old, as it may' '
	later $((7 * a_day)) && health "" && later 1 && health snapshot_old &&
	health "" --max-age 8d && health snapshot_old --max-age 26h &&
	five=$(take five) && git vault -q sync && health "" --max-age 26h
'

test_expect_success 'none was verified, once there was time for it' '
	test "$(field "d[\"verified\"]")" = 0 && later $((23 * a_day)) &&
	six=$(take six) && git vault -q sync && health verified_long_ago &&
	test_expect_code 1 git vault health >out &&
	test_grep "no snapshot was ever verified here" out &&
	health "" --verified-within 90d && git vault -q verify --all && health "" &&
	test "$(field "d[\"verified\"]")" = 6 && later $((2 * a_day)) &&
	health "" && health verified_long_ago --verified-within 24h &&
	git vault health >out && test_grep "^verified *6 of them, one last 2 days" out
'

test_expect_success 'what an environment would be rolled back to, and where that is' '
	git vault -q good mark --without-snapshot prod --status candidate && health no_good &&
	test "$(field "d[\"environments\"][0][\"record\"]")" = None &&
	later 60 && git vault -q good mark --without-snapshot prod && health "" &&
	test "$(field "d[\"environments\"][0][\"record\"]")" = 2 &&
	test "$(field "d[\"environments\"][0][\"snapshot\"]")" = "$six" &&
	test "$(field "d[\"environments\"][0][\"remotes\"]")" = origin &&
	git vault -q sync other && health "" &&
	git vault health >out &&
	test_grep "^known-good *prod: record 2, .*, $six, on origin,other$" out &&
	later 60 && git vault -q good revoke prod 2 --reason "it fell over" &&
	health no_good && test_expect_code 1 git vault health >out &&
	test_grep "^known-good *prod: none$" out &&
	test_grep "^warning: prod cannot be rolled back: prod has no known-good" out &&
	git vault -q good mark --without-snapshot staging && health no_good &&
	test "$(field "[e[\"name\"] for e in d[\"environments\"]]")" = "prod staging"
'

test_expect_success 'when it was received, by the receipt of a server' '
	git --git-dir=../remote.git vault -q hooks install --server &&
	later 60 && seven=$(take seven) && git vault -q sync 2>err &&
	git vault -q sync 2>err && health no_good &&
	test "$(field "d[\"remotes\"][0][\"newest\"]")" = "$seven" &&
	test "$(field "d[\"remotes\"][0][\"received_time\"]")" != None &&
	test_expect_code 1 git vault health >out &&
	test_grep "^on origin .*, received .* by a receipt (" out
'

test_expect_success 'events that wait' '
	mkdir -p .git/vault/audit-queue &&
	echo "Vault-Event: restore" >.git/vault/audit-queue/20200101T000000Z-1-1 &&
	health "no_good events_wait" && test "$(field "d[\"events_waiting\"]")" = 1 &&
	rm .git/vault/audit-queue/*
'

test_expect_success 'a newest one that is to come would never grow old' '
	was=$now && later -$a_day && health "clock_behind no_good" &&
	test_expect_code 1 git vault health >out &&
	test_grep "is from the future" out && now=$was && later 0
'

test_expect_success 'marks that cannot be read' '
	was=$(git rev-parse refs/vault/marks) && git update-ref refs/vault/marks \
		"$(echo x | git hash-object -w --stdin)" &&
	test_expect_code 1 git vault health --json >json &&
	test "$(field "d[\"findings\"][0][\"kind\"]")" = marks_damaged &&
	test_grep "marks" json && git update-ref refs/vault/marks $was &&
	health no_good
'

test_expect_success 'it changes nothing, and needs no working tree' '
	git for-each-ref >before && find .git -type f | sort >files &&
	health no_good && git for-each-ref >after && test_cmp before after &&
	find .git -type f | sort >now && test_cmp files now &&
	git clone -q --mirror . ../bare.git &&
	test_expect_code 1 git --git-dir=../bare.git vault health >out &&
	test_grep "^snapshots *7" out
'

test_expect_success 'what is not a duration is refused' '
	for option in --max-age=x --verified-within=0 --max-age=
	do
		test_expect_code 129 git vault health $option 2>err || return 1
	done && test_grep "is not a duration for --max-age" err
'

test_expect_success 'what was verified in a time to come was not' '
	git init -q ahead && cd ahead && take 1 && test_env \
		GIT_VAULT_TEST_TIME=$((now + 3650 * a_day)) git vault verify &&
	later $((60 * a_day)) && take 2 && health "no_remote verified_long_ago" &&
	test_grep "\"last_verified_time\":null" json &&
	test_expect_code 0 git vault list -v >list && test_grep " never " list &&
	git vault list --json >list && test_grep ! "\"verified_time\":\"" list
'

test_done
