#!/bin/sh

test_description='a drill notices what is broken on purpose, and names it first'
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

# says NAME VALUE: a member of the last document, the first of that name
says () {
	grep -q "\"$1\":\"\{0,1\}$2[\",}]" .git/out || {
		cat .git/out
		return 1
	}
}

is_clean () {
	ls .git/vault >.git/left && ! grep "^drill-" .git/left
}

# state SERIAL: a state of two resources
state () {
	printf "{\"version\":4,\"terraform_version\":\"1.9.5\",\"serial\":%s,\"lineage\":\"l\"," "$1" &&
	printf "\"outputs\":{},\"resources\":[{\"mode\":\"managed\",\"type\":\"null_resource\"," &&
	printf "\"name\":\"a\",\"provider\":\"provider[\\\\\"registry.terraform.io/hashicorp/null\\\\\"]\"," &&
	printf "\"instances\":[{\"schema_version\":0,\"attributes\":{\"id\":\"%s\"}}]}]}\n" "$1"
}

test_expect_success 'set up: a remote, secrets, two states, a keyring of several versions' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	mkdir -p live/prod live/dev && echo ".env" >.gitignore &&
	echo "locals { a = 1 }" >live/prod/main.tf && echo "locals { a = 2 }" >live/dev/main.tf &&
	echo "DB_PASSWORD=c0rrect-h0rse-battery" >.env &&
	git add -A && git commit -qm one && git vault key generate &&
	git vault -q snapshot && state 1 >../s && git vault -q state save --env prod --stack net --new ../s &&
	state 2 >../s && git vault -q state save --env prod --stack net ../s &&
	git vault -q state save --env dev --stack net --new ../s &&
	for name in ann bob
	do
		(XDG_CONFIG_HOME=$PWD/../$name && export XDG_CONFIG_HOME && git vault key generate) >../$name.key &&
		git vault -q key add $name "$(sed -n 1p ../$name.key)" || return 1
	done &&
	git vault -q snapshot --force && git push -q origin HEAD && git vault -q sync &&
	drill 3 run --no-validators &&
	git for-each-ref refs/vault/snapshots refs/vault/state refs/vault/keyring refs/vault/locks >../refs &&
	git -C ../remote.git for-each-ref >../there
'

# fault CAUSE NEXT: at several places
for row in "truncated-state truncated_state git vault state log --env" \
	"stale-lock stale_lock " \
	"half-sync half_synced git vault sync" \
	"old-keyring old_keyring git vault sync" \
	"disk-full disk_full df -h" \
	"clock-skew clock_skew date -u"
do
	fault=${row%% *} && rest=${row#* } && cause=${rest%% *} && next=${rest#* }
	test_expect_success "$fault is noticed at every place, as $cause" '
		for seed in 1 2 6 13
		do
			drill 1 --json run --no-validators --fault '"$fault"' --seed $seed &&
			says code '"$cause"' && grep "\"next\":\"'"$next"'" .git/out >/dev/null &&
			is_clean || return 1
		done
	'
done

test_expect_success 'of one environment, half a sync loses what that needs' '
	for seed in 0 1 2 3 4 5
	do
		drill 1 --json run --no-validators --env dev --snapshot latest --fault half-sync --seed $seed &&
		says code half_synced && is_clean || return 1
	done
'

test_expect_success 'a lost key and a lost remote are told in a sentence' '
	drill 1 run --no-validators --fault missing-key --seed 1 &&
	test_grep "restore *failed.* no key here opens the secrets of " .git/out &&
	mv ../remote.git ../away.git && test_when_finished "mv ../away.git ../remote.git" &&
	drill 1 run --no-validators &&
	test_grep "clone *failed.*could not clone ../remote.git: .*does not" .git/out
'

test_expect_success 'a remote that is stuck is noticed' '
	for seed in 0 7
	do
		drill 1 --json run --no-validators --fault slow-remote --seed $seed &&
		says code slow_remote && is_clean || return 1
	done
'

test_expect_success 'neither the repository nor the remote has anything of it' '
	git for-each-ref refs/vault/snapshots refs/vault/state refs/vault/keyring refs/vault/locks >../refs.now &&
	test_cmp ../refs ../refs.now &&
	git -C ../remote.git for-each-ref >../there.now && test_cmp ../there ../there.now &&
	drill 3 run --no-validators
'

test_expect_success 'a lock of a state that its holder left days ago is named with its command' '
	(GIT_VAULT_TEST_TIME=$(($(date +%s) - 200000)) && export GIT_VAULT_TEST_TIME &&
		git vault -q state lock --env prod --stack net --remote origin) &&
	drill 1 --json run --no-validators && says code stale_lock &&
	command=$(sed -n "s/.*\"next\":\"\([^\"]*\)\".*/\1/p" .git/out) && eval "$command" &&
	drill 3 run --no-validators
'

test_expect_success 'a state that the remote does not have in its newest version is half a sync' '
	state 3 >../s && git vault -q state save --env prod --stack net ../s &&
	drill 1 --json run --no-validators && says code half_synced &&
	drill 3 run --no-validators --env dev --snapshot latest &&
	git vault -q sync && drill 3 run --no-validators
'

test_expect_success 'a state that snapshots save is looked at before the next snapshot mends it' '
	echo "*.tfstate" >>.gitignore && state 5 >live/prod/terraform.tfstate &&
	echo "resource \"null_resource\" \"a\" {}" >>live/prod/main.tf && git add -A && git commit -qm state &&
	git vault -q snapshot && git push -q origin HEAD && git vault -q sync &&
	stacks=$(git for-each-ref refs/vault/state | wc -l) && test $stacks -ge 3 &&
	for seed in $(test_seq $stacks)
	do
		drill 1 --json run --no-validators --fault truncated-state --seed $seed &&
		says code truncated_state || return 1
	done
'

test_expect_success 'of an environment its own state is broken, whatever the seed' '
	git vault -q good mark prod >.git/out 2>&1 && git vault -q sync &&
	for seed in 1 2 3 4
	do
		drill 1 --json run --no-validators --env prod --fault truncated-state --seed $seed &&
		says code truncated_state || return 1
	done && drill 128 run --env stage --snapshot latest --fault truncated-state &&
	test_grep "no state of stage to truncate" .git/err
'

test_expect_success 'the page has times in units that fit them' '
	printf "environments:\n  prod: {rto: 90M, rpo: 30M}\n" >.gitvault.yaml &&
	drill 3 run --no-validators --env prod --report ../page && cat ../page/*.html >.git/out &&
	grep "Recovery time.*>[0-9]* s of 1 h 30 min<" .git/out && grep "Age of the data.* of 30 min<" .git/out &&
	rm .gitvault.yaml
'

test_expect_success 'what cannot be broken is said' '
	rm -rf ../bare && git init -q ../bare && git init -q --bare ../bare.git &&
	(cd ../bare && echo a >a && git add a && git commit -qm a && git remote add origin ../bare.git &&
		git vault -q snapshot && git push -q origin HEAD && git vault -q sync &&
		test_expect_code 128 git vault drill run --fault truncated-state 2>err &&
		test_grep "no state to truncate" err)
'

test_done
