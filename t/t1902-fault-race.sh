#!/bin/sh
# shellcheck disable=SC2154

test_description='snapshots beside other snapshots, git gc and git commit

Each contest has ten rounds, with GIT_VAULT_TEST_LONG 200.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-race.sh"

repo=$TRASH_DIRECTORY/repo
# Every snapshot so far can be read to its last byte.
check_all () {
	git -C "$repo" for-each-ref --format="%(refname)" refs/vault/ >refs &&
		git -C "$repo" rev-list --objects --stdin <refs >list &&
		cut -d" " -f1 list | git -C "$repo" cat-file --batch-check \
			>checked &&
		test_grep ! missing checked &&
		git -C "$repo" fsck --full --no-dangling
}

test_expect_success 'a repository with work under way' '
	busy_repository "$repo" && test_tick
'

test_expect_success 'two snapshots at once wait for each other' '
	begin_race &&
	while is_round_left
	do
		n=$((n + 1)) &&
		echo "$n" >>"$repo/notes.txt" &&
		{
			git -C "$repo" vault -q snapshot --force >one 2>one.err &
			one=$!
		} &&
		git -C "$repo" vault -q snapshot --force >two &&
		wait $one && test_must_be_empty one.err &&
		! test_cmp one two >/dev/null &&
		for id in $(cat one two)
		do
			git -C "$repo" cat-file -p \
				"refs/vault/snapshots/$id:tree/notes.txt" >notes &&
			test_cmp "$repo/notes.txt" notes || return 1
		done || return 1
	done &&
	test_tally $n "pairs of snapshots at once" && check_all &&
	check_tidy "$repo"
'

test_expect_success 'many at once: each stands, or says that it is locked' '
	for i in 1 2 3 4 5 6 7 8
	do
		git -C "$repo" vault -q snapshot --force >id.$i 2>err.$i &
		echo $! >pid.$i
	done &&
	for i in 1 2 3 4 5 6 7 8
	do
		wait $(cat pid.$i) || return 1
	done &&
	sort -u id.? >ids && test_line_count = 8 ids && check_all
'

test_expect_success 'beside git gc --prune=now nothing is lost' '
	begin_race &&
	meanwhile git -C "$repo" -c gc.pruneExpire=now gc -q --prune=now &&
	while is_round_left
	do
		change_and_take && check_complete "$repo" || {
			stop_beside
			return 1
		}
	done &&
	stop_beside && test_tally $n "snapshots beside git gc or prune" &&
	check_all && check_tidy "$repo"
'

test_expect_success 'beside pruned work of the last snapshot, too' '
	begin_race &&
	tidy () {
		git -C "$repo" repack -a -d -q && git -C "$repo" prune --expire=now
	} &&
	# git has read a ref that is deleted in the same moment, now and then
	prune () {
		tidy 2>/dev/null || tidy
	} &&
	meanwhile prune &&
	while is_round_left
	do
		change_and_take && check_complete "$repo" &&
		last=$(cat "$repo.id") &&
		change_and_take && check_complete "$repo" &&
		git -C "$repo" update-ref -d "refs/vault/snapshots/$last" || {
			stop_beside
			return 1
		}
	done &&
	stop_beside && test_tally $n "snapshots beside git gc or prune" &&
	check_all && check_tidy "$repo"
'

test_expect_success 'beside git commit both succeed' '
	begin_race &&
	before=$(git -C "$repo" rev-list --count HEAD) &&
	commit_more () {
		echo more >>"$repo/modules/net/vars.tf" &&
		git -C "$repo" commit -q -m more modules/net/vars.tf
	} &&
	meanwhile commit_more &&
	while is_round_left
	do
		change_and_take || {
			stop_beside
			return 1
		}
	done &&
	stop_beside && test_tally $n "snapshots beside git commit" &&
	after=$(git -C "$repo" rev-list --count HEAD) &&
	test "$after" = $((before + $(cat meanwhile.n))) &&
	check_all && check_tidy "$repo" &&
	git -C "$repo" vault -q snapshot --force >"$repo.id" &&
	check_complete "$repo"
'

test_done
