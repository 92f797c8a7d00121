#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault state lock and unlock with a remote, killed in the midst'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-locks.sh"

# of calls that are much alike; all of them in the long form

moments=12
test -z "$GIT_VAULT_TEST_LONG" || moments=500

# Until nobody works in a repository any more: a push goes on without who has
# begun it.
wait_quiet () {
	for try_ in $(test_seq 100)
	do
		test -n "$(find /proc/[0-9]*/cwd -lname "$top/*" \
			2>"$top/err.find")" || return 0
		sleep 0.1
	done
	echo "somebody works there for ten seconds now"
	return 1
}

# What a killed git has left on refs is taken away here when it is a minute old,
# and the rest, here and on the remote, by whoever is told of it.
age_locks () {
	wait_quiet &&
		rm -f "$top/ann/.git/packed-refs.lock" \
			"$top/bob/.git/packed-refs.lock" &&
		find "$top/ann/.git/refs" "$top/bob/.git/refs" \
			-name "*.lock" -exec touch -d "2 minutes ago" {} + &&
		find "$top/remote" -name "*.lock" -delete
}

# fresh: no lock, and nothing that is left of one
fresh () {
	cd "$top" && wait_quiet &&
		find ann/.git bob/.git remote -name "*.lock" -delete &&
		for who_ in ann bob remote
		do
			git -C $who_ update-ref -d $ref &&
				rm -rf $who_/.git/vault/locks || return 1
		done
}

# The next command puts it right, and whoever wants it gets it: what git has
# been doing for the one that was killed may come to something later still.
mended () {
	for try_ in 1 2 3 4 5 6 7 8
	do
		in_ ann git vault state locks --remote origin >"$top/out" || return 1
		# what stands now is whole, and was taken by who is dead
		if grep -q " both " "$top/out"
		then
			stands ann && unlock ann >"$top/out" || return 1
		elif test -s "$top/out"
		then
			# it has come just now
			test_grep " remote " "$top/out" && none ann || return 1
		fi
		none ann && lock bob >"$top/id" 2>"$top/err" && stands bob &&
			unlock bob >"$top/out" && none ann bob remote &&
			return 0
		test_grep "is locked" "$top/err" || return 1
	done
	echo "nobody gets it"
	return 1
}

# What was killed or struck: without a lock that is half there. A lock that was
# told of stands.
check_lock () {
	age_locks || return 1
	if test -s "$top/got"
	then
		stands ann && unlock ann >"$top/out" || return 1
	fi
	git -C "$top/ann" fsck --strict --no-dangling && mended
}

check_unlock () {
	age_locks || return 1
	test "$fault_status" != 0 || none ann remote || return 1
	git -C "$top/ann" fsck --strict --no-dangling && mended
}

# Whose it was, or hers.
check_over () {
	age_locks || return 1
	if test -s "$top/got"
	then
		stands ann && unlock ann >"$top/out" || return 1
	else
		in_ ann git vault state locks --remote origin >"$top/out" ||
			return 1
		if grep -q " both " "$top/out"
		then
			stands ann && unlock ann >"$top/out" || return 1
		fi
		in_ bob git vault state locks --remote origin >"$top/out" ||
			return 1
		if grep -q " both " "$top/out"
		then
			stands bob && unlock bob >"$top/out" || return 1
		fi
	fi
	git -C "$top/ann" fsck --strict --no-dangling && mended
}

# Only git-vault itself, after so many seconds.
lock_killed () {
	in_ ann timeout --foreground -s KILL "$1" git-vault state lock \
		--new --env prod --remote origin >"$top/got" 2>"$top/err"
	test_tally 1 "moments of kill -9 of it alone"
}

test_expect_success 'set up' '
	clones ann bob && git -C ann config gc.auto 0
'

for mode in kill enospc eio
do
	test_expect_success "lock, at each call: $mode" '
		for_each_fault $mode \
			"fresh && lock ann >\"$top/got\"" check_lock
	'

	test_expect_success "unlock, at each call: $mode" '
		for_each_fault $mode "fresh &&
			test_env LD_PRELOAD= lock ann >\"$top/got\" &&
			unlock ann >\"$top/out\"" check_unlock
	'

	test_expect_success "a takeover, at each call: $mode" '
		for_each_fault $mode "fresh &&
			test_env LD_PRELOAD= lock bob >\"$top/out\" &&
			in_ ann git vault state lock --new --env prod --remote origin \
				--force --reason x >\"$top/got\"" check_over
	'
done

test_expect_success 'lock, killed at any moment with all that it started' '
	killed_at_moments $moments fresh \
		"in_ ann \$fault_before git vault state lock --new --env prod \
			--remote origin >\"$top/got\"" check_lock
'

test_expect_success 'unlock, too' '
	killed_at_moments $moments "fresh && lock ann >\"$top/got\"" \
		"in_ ann \$fault_before git vault state unlock --env prod \
			--remote origin >\"$top/out\"" check_unlock
'

# git takes it for every deletion, and only its user can tell that nobody has it.
test_expect_success 'a lock of git itself that is left is told of' '
	fresh && lock ann >got && git -C remote update-ref -d $ref &&
		git -C ann config core.packedRefsTimeout 100 &&
		: >ann/.git/packed-refs.lock &&
		in_ ann git vault state locks --remote origin >out 2>err &&
		test_grep " here " out && test_grep "warning.*prod/default" err &&
		test_grep "packed-refs.lock; .*remove that file" err &&
		test_expect_code 4 unlock ann 2>err &&
		test_grep "packed-refs.lock; .*remove that file" err &&
		rm ann/.git/packed-refs.lock &&
		in_ ann git vault state locks --remote origin >out 2>err &&
		test_must_be_empty out && test_must_be_empty err && none ann &&
		git -C ann config --unset core.packedRefsTimeout
'

# What differs there may be as it should be: nothing is warned of unseen.
test_expect_success 'who cannot look into it is not warned' '
	fresh && lock ann >got && unlock ann >out && lock bob >id &&
		rm ann/.git/vault/locks/prod/default/busy &&
		mkdir ann/.git/vault/locks/prod/default/busy &&
		in_ ann git vault state locks --remote origin >out 2>err &&
		rmdir ann/.git/vault/locks/prod/default/busy &&
		test_grep " remote " out && test_must_be_empty err &&
		unlock bob >out
'

test_expect_success 'lock, killed alone: what it started goes on' '
	for n in $(test_seq $moments)
	do
		fresh && rm -f got && lock_killed "0.0$((10 + n * 7 % 60))" &&
			check_lock || return 1
	done
'

test_done
