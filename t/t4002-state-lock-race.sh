#!/bin/sh
# shellcheck disable=SC2154

test_description='clones that race for one lock through a bare remote

40 rounds of each contest, with GIT_VAULT_TEST_LONG=1 500.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-locks.sh"

rounds=40
test -z "$GIT_VAULT_TEST_LONG" || rounds=500

# try WHO [OPTION…]: its output and status in WHO.id and WHO.status
try () {
	who_=$1
	shift
	in_ "$who_" git vault state lock --new --env prod --remote origin "$@" \
		>"$top/$who_.id" 2>"$top/$who_.err"
	echo $? >"$top/$who_.status"
}

# race WHO…: all of them at once
race () {
	for one
	do
		try "$one" &
	done
	wait
}

# one_of WHO…: one of them has it, on both sides, and all others were told;
# *winner is who
one_of () {
	winner=
	for one
	do
		case $(cat "$top/$one.status") in
		0)
			test -z "$winner" || {
				echo "two owners: $winner and $one"
				return 1
			}
			winner=$one ;;
		4)
			test_must_be_empty "$top/$one.id" && none "$one" ||
				return 1 ;;
		*)
			cat "$top/$one.err"
			return 1 ;;
		esac
	done
	test -n "$winner" || {
		echo "no owner" && cat "$top"/*.err
		return 1
	}
	stands "$winner" &&
		git -C "$top/remote" cat-file blob $ref >"$top/record" &&
		test_grep "$(cat "$top/$winner.id")" "$top/record"
}

test_expect_success 'set up: one of them by ssh' '
	clones ann bob cid && cat >ssh <<-\EOF &&
	#!/bin/sh
	# the options and the host are of no matter here
	for last; do :; done
	eval "$last"
	EOF
	chmod +x ssh && in_ bob git config core.sshCommand "$top/ssh" &&
	in_ bob git remote set-url origin "host:$top/remote"
'

test_expect_success 'of two that lock at once one has it' '
	for n in $(test_seq $rounds)
	do
		race ann bob && one_of ann bob && unlock "$winner" >out &&
		none ann bob remote || return 1
	done && test_tally $rounds "rounds of two for a lock"
'

test_expect_success 'of three as well' '
	for n in $(test_seq $((rounds / 4)))
	do
		race ann bob cid && one_of ann bob cid && unlock "$winner" >out &&
		none ann bob cid remote || return 1
	done && test_tally $((rounds / 4)) "rounds of three for a lock"
'

test_expect_success 'while one lets go, the other has it or is told' '
	for n in $(test_seq $rounds)
	do
		lock ann >id && {
			try bob &
			tries=$!
		} && unlock ann >out && wait $tries && none ann &&
		case $(cat bob.status) in
		0)
			stands bob && unlock bob >out ;;
		4)
			none bob remote ;;
		*)
			cat bob.err && false ;;
		esac && none ann bob remote || return 1
	done && test_tally $rounds "rounds of lock beside unlock"
'

# Two at a time would find the folder.
work () {
	for n in $(test_seq $2)
	do
		in_ "$1" git vault state lock --new --env prod --remote origin \
			--wait 10m >"$top/$1.id" &&
			mkdir "$top/at-work" && rmdir "$top/at-work" &&
			in_ "$1" git vault state unlock --env prod \
				--remote origin "$(cat "$top/$1.id")" >/dev/null ||
			return 1
	done
}

test_expect_success 'who waits gets it in the end, and is alone then' '
	{
		work ann 5 &
		one=$!
	} && {
		work bob 5 &
		two=$!
	} && work cid 5 && wait $one && wait $two && none ann bob cid remote
'

test_expect_success 'two that take it over at once: one has it' '
	for n in $(test_seq $((rounds / 4)))
	do
		lock cid >id && {
			try ann --force --reason x &
			one=$!
		} && try bob --force --reason x && wait $one &&
		locks_of remote >there && test "$(wc -l <there)" = 1 &&
		git -C remote cat-file blob $ref >record &&
		case $(cat ann.status)$(cat bob.status) in
		00)
			# one after the other
			grep -q -e "$(cat ann.id)" -e "$(cat bob.id)" record ;;
		04)
			grep -q "$(cat ann.id)" record ;;
		40)
			grep -q "$(cat bob.id)" record ;;
		*)
			cat ann.err bob.err && false ;;
		esac &&
		in_ cid git vault state unlock --env prod --remote origin \
			--force --reason x >out &&
		for one in ann bob cid
		do
			in_ $one git vault state locks --remote origin >out &&
			test_must_be_empty out && none $one || return 1
		done || return 1
	done
'

test_done
