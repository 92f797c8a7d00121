#!/bin/sh
# shellcheck disable=SC2154

test_description='a snapshot when calls that change files fail

At every one of them: the status is that of an error, or the snapshot stands
and is complete; what is said is a sentence; git finds nothing wrong; nothing
of the user has changed; the next snapshot works and tidies up.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

take () {
	copy_repository "$base" "$repo" &&
		git -C "$repo" vault -q snapshot >"$repo.id" 2>"$repo.err"
}

# A snapshot that says that it stands does; one that says nothing of the kind
# has said why.
check_result () {
	case $fault_status in
	0) check_complete "$repo" ;;
	128) check_sentence "$repo.err" ;;
	*) false ;;
	esac &&
		check_untouched "$repo" && check_whole "$repo" &&
		check_next "$repo"
}

test_expect_success 'a repository with work under way' '
	busy_repository "$base" && remember "$base" && test_tick
'

for kind in full enospc eio
do
	test_expect_success "every call of git-vault: $kind" '
		for_each_fault $kind take check_result &&
		test "$fault_total" -gt 20
	'
done

test_expect_success 'also where git writes the ref' '
	GV_FAULT_PROGRAMS="git-vault git" &&
	export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault full take check_result &&
	grep "/refs/vault/" fault.log
'

# git flushes the file of a ref, and then gives it its name.
test_expect_success 'the name of the ref is flushed before it is told' '
	: >fault.log && faulty count:0 take &&
	test_grep "fsync .*/refs/vault/snapshots *\$" fault.log &&
	test_must_fail grep "fsync .*/refs/vault *\$" fault.log
'

test_expect_success 'it is said where that flush fails, and nothing is lost' '
	: >fault.log && faulty count:0 take &&
	n=$(grep -n "fsync .*/refs/vault/snapshots *\$" fault.log) &&
	: >fault.log &&
	test_expect_code 128 faulty "eio:${n%%:*}" take &&
	test_grep "snapshot [0-9TZa-f-]* is taken: the refs have moved" \
		"$repo.err" &&
	check_whole "$repo" && check_untouched "$repo" &&
	test "$(git -C "$repo" vault list --id-only | wc -l)" = 2 &&
	check_next "$repo"
'

test_expect_success 'the first snapshot of a repository' '
	rm -rf "$base/.git/vault" &&
	git -C "$base" for-each-ref --format="delete %(refname)" refs/vault/ |
	git -C "$base" update-ref --stdin && rm -rf "$base/.git/refs/vault" &&
	remember "$base" &&
	for_each_fault full take check_result &&
	faulty count:0 take &&
	for dir in "" /vault /vault/snapshots
	do
		grep "fsync .*/refs$dir *\$" fault.log || return 1
	done
'

test_expect_success 'what is read and written by halves, or interrupted, is whole' '
	: >fault.log && faulty short:1 take && check_complete "$repo" &&
	check_untouched "$repo" && check_whole "$repo" &&
	: >fault.log &&
	faulty short:1 git -C "$repo" vault -q verify --deep &&
	faulty short:1 git -C "$repo" vault -q restore latest \
		--to "$TRASH_DIRECTORY/out" &&
	diff -r --no-dereference -x .git -x "*.log" "$repo" out &&
	echo changed >"$repo/notes.txt" &&
	faulty short:1 git -C "$repo" vault -q restore latest --in-place &&
	test "$(cat "$repo/notes.txt")" = untracked
'

test_expect_success 'a read-only file system is named' '
	copy_repository "$base" "$repo" && : >fault.log &&
	test_expect_code 128 faulty erofs:1 git -C "$repo" vault snapshot \
		2>err &&
	test_grep "Read-only file system" err &&
	check_untouched "$repo" && check_next "$repo"
'

test_done
