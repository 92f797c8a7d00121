#!/bin/sh
# shellcheck disable=SC2154

test_description='pruning and pinning when calls that change files fail

At every one of them: all that should go went, or nothing did; what is said is
a sentence; git finds nothing wrong; nothing of the user has changed; the next
command works and tidies up.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

prune () {
	copy_repository "$base" "$repo" &&
		git -C "$repo" vault prune --keep-last 2 -g "" \
			>"$repo.said" 2>"$repo.err"
}

pin () {
	copy_repository "$base" "$repo" &&
		git -C "$repo" vault pin -m why latest~1 >"$repo.said" \
			2>"$repo.err"
}

count () {
	git -C "$repo" for-each-ref refs/vault/snapshots | wc -l
}

entries () {
	git -C "$repo" rev-parse -q --verify "refs/vault/$1" >/dev/null ||
		return 0
	git -C "$repo" ls-tree -r --name-only "refs/vault/$1"
}

# All or nothing, with the tombstones; and whole in either case.
check_pruned () {
	git -C "$repo" fsck --full --strict --no-dangling >"$repo.fsck" 2>&1 &&
		test_must_be_empty "$repo.fsck" || return 1
	case $(count),$(entries deleted | wc -l) in
	6,0) test "$1" != done ;;
	2,4) cp "$repo.vault" "$repo.vault.all" ;;
	*) false ;;
	esac
}

check_pinned () {
	git -C "$repo" fsck --full --strict --no-dangling >"$repo.fsck" 2>&1 &&
		test_must_be_empty "$repo.fsck" || return 1
	case $(count),$(entries marks | wc -l) in
	6,0) test "$1" != done ;;
	6,1) ;;
	*) false ;;
	esac
}

# check_result CHECK: by the status, and that the same works afterwards.
check_result () {
	case $fault_status in
	0) $1 done ;;
	137) $1 ;;
	128 | 4) $1 && check_sentence "$repo.err" ;;
	*) false ;;
	esac && check_untouched "$repo" &&
		let_days_pass "$repo" &&
		git -C "$repo" vault pin -q latest >"$repo.said" &&
		git -C "$repo" vault unpin -q latest >"$repo.said" &&
		git -C "$repo" vault prune --keep-last 2 -g "" \
			>"$repo.said" 2>"$repo.err" &&
		test "$(count)" -le 3 &&
		vault_refs_ "$repo" >"$repo.vault" &&
		check_next "$repo"
}

test_expect_success 'a repository with six snapshots' '
	busy_repository "$base" && test_tick &&
	for n in 2 3 4 5 6
	do
		test_tick && git -C "$base" vault -q snapshot --force \
			>/dev/null || return 1
	done &&
	remember "$base" && test_tick
'

for kind in full eio
do
	test_expect_success "prune, every call of git-vault: $kind" '
		for_each_fault $kind prune "check_result check_pruned" &&
		test "$fault_total" -gt 5
	'
done

test_expect_success 'prune, killed at every call' '
	for_each_fault kill prune "check_result check_pruned"
'

# Where git is killed between two refs, the tombstones stand first: those it
# has not come to are gone for git vault, and go with the next deletion. What git
# leaves beside packed-refs it never removes, and is removed by hand.
count_all () {
	git -C "$repo" vault list --json | tr "{" "\n" | grep -c "^\"id\""
}

check_pruned_both () {
	test_might_fail git -C "$repo" vault prune -n >"$repo.said" 2>&1 &&
		rm -f "$repo/.git/packed-refs.lock" \
			"$repo/.git/packed-refs.new" &&
		git -C "$repo" fsck --full --strict --no-dangling \
			>"$repo.fsck" 2>&1 &&
		test_must_be_empty "$repo.fsck" || return 1
	case $(count_all),$(entries deleted | wc -l) in
	6,0) test "$1" != done ;;
	2,4) cp "$repo.vault" "$repo.vault.all" ;;
	*) false ;;
	esac
}

test_expect_success 'prune, git killed too' '
	git -C "$base" pack-refs --all && remember "$base" &&
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill prune "check_result check_pruned_both"
'

test_expect_success 'pin, every call of git-vault: full' '
	for_each_fault full pin "check_result check_pinned" &&
	test "$fault_total" -gt 5
'

test_expect_success 'pin, killed at every call' '
	for_each_fault kill pin "check_result check_pinned"
'

test_expect_success 'pin, git killed too' '
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill pin "check_result check_pinned"
'

test_done
