#!/bin/sh
# shellcheck disable=SC2154

test_description='sync, killed or without room at any call that changes a file

Whatever it had done until then: git finds nothing wrong on either side, the next
sync ends well, and both have all that either had.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

fault_at_most 6

# One of each kind on both sides, and each kind of merge.
test_expect_success 'two clones that have gone on apart' '
	start_team && join bob && take alice one >one && take alice two >two &&
	take alice three >three && save_state alice net 1 &&
	on alice git vault -q tag "$(cat one)" first >out &&
	as alice git notes --ref=vault add -f -m "{\"a\":1}" HEAD && sync alice &&
	sync bob && take alice four >four && take bob five >five &&
	save_state bob net 2 && save_state alice db 1 &&
	on alice git vault -q tag "$(cat one)" of-alice >out &&
	on bob git vault -q tag "$(cat one)" of-bob >out &&
	on bob git vault -q delete "$(cat two)" >out &&
	on alice git vault -q delete "$(cat three)" >out &&
	on bob git vault -q pin "$(cat three)" >out &&
	as alice git notes --ref=vault append -m "{\"a\":2}" HEAD &&
	as bob git notes --ref=vault append -m "{\"a\":3}" HEAD && sync bob &&
	mkdir base && cp -a remote alice bob base
'

reset () {
	rm -rf "$top/remote" "$top/alice" "$top/bob" &&
		cp -a "$top"/base/. "$top"
}

sync_alice () {
	reset && on alice git-vault sync >out 2>err
}

# both sides have all of it
has_all () {
	is_same alice bob && as bob git vault list >list &&
		for id in one three four five
		do
			grep -q "$(cat $id)" list || return 1
		done && test_grep ! "$(cat two)" list &&
		as bob git cat-file -p "refs/vault/marks:tags/$(cat one)" >tags &&
		printf "%s\n" first of-alice of-bob >expect &&
		test_cmp expect tags &&
		as alice git notes --ref=vault show HEAD >note &&
		for n in 1 2 3
		do
			grep -q -F "{\"a\":$n}" note || return 1
		done && on alice git vault -q verify --all 2>err &&
		for stack in net db
		do
			on alice git vault state log --env prod --stack $stack \
				>log || return 1
		done
}

check_sync () {
	case $fault_status in
	0 | 137 | 128 | 3 | 4) ;;
	*) false ;;
	esac && git -C alice/clone fsck --strict --no-dangling &&
		git -C remote fsck --strict --no-dangling &&
		let_days_pass alice/clone && sync alice && sync bob &&
		sync alice && has_all
}

test_expect_success 'without a fault both have all' '
	sync_alice && sync bob && has_all
'

# Another git that is at work on what is sealed, or was killed at it just now.
test_expect_success 'what cannot be merged now is no conflict' '
	reset && on alice git fetch -q &&
	: >alice/clone/.git/refs/vault/secrets/shared.lock &&
	test_must_fail on alice git vault sync >out 2>err && cat err &&
	test_grep "refs/vault/secrets/shared cannot be merged now: .*shared.lock" err &&
	test_grep ! conflict out && rm alice/clone/.git/refs/vault/secrets/shared.lock &&
	sync alice && sync bob && has_all
'

test_expect_success 'killed at any call' '
	for_each_fault kill sync_alice check_sync
'

# What git leaves beside packed refs it never removes.
check_git () {
	rm -f alice/clone/.git/packed-refs.lock alice/clone/.git/packed-refs.new &&
		check_sync
}

test_expect_success 'killed at any call, and git too' '
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill sync_alice check_git
'

test_expect_success 'no room at any call' '
	for_each_fault full sync_alice check_sync
'

# A hook that refuses all of a push for one snapshot in it: it is halved.
sync_refused () {
	reset && cat >remote/hooks/pre-receive <<-EOF &&
	#!/bin/sh
	! grep "refs/vault/snapshots/$(cat four)" >&2
	EOF
	chmod +x remote/hooks/pre-receive || return 1
	on alice git-vault sync >out 2>err
	status=$?
	test $status != 3 || status=0
	return $status
}

# What the hook takes is there after the next sync, and the rest after that which
# it takes.
check_refused () {
	case $fault_status in
	0 | 137 | 128 | 4) ;;
	*) false ;;
	esac && git -C alice/clone fsck --strict --no-dangling &&
		git -C remote fsck --strict --no-dangling &&
		let_days_pass alice/clone && test_expect_code 3 sync alice &&
		grep "^refused" alice/sync.out >refused &&
		test "$(wc -l <refused)" = 1 &&
		test_grep "^refused  snapshots/$(cat four): .*hook declined" refused &&
		test_must_fail git -C remote rev-parse -q --verify \
			"refs/vault/snapshots/$(cat four)" &&
		git -C remote rev-parse -q --verify refs/vault/state/prod/db &&
		rm remote/hooks/pre-receive && sync alice && sync bob &&
		sync alice && has_all
}

check_refused_git () {
	rm -f alice/clone/.git/packed-refs.lock alice/clone/.git/packed-refs.new &&
		check_refused
}

test_expect_success 'killed at any call while a hook refuses part of a push' '
	for_each_fault kill sync_refused check_refused
'

test_expect_success 'the same, and git too' '
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill sync_refused check_refused_git
'

test_done
