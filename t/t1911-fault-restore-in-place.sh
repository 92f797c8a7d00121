#!/bin/sh
# shellcheck disable=SC2154

test_description='restore --in-place when calls that change files fail, or it is killed

After every one of them the next command finishes the restore or undoes it:
the working tree is what it was or what it should become, never a mixture;
the index, the refs and the stash are as they were.
In long form every call is struck, else up to 40 spread out evenly.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"


base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

restore () {
	copy_repository "$base" "$repo" &&
		git -C "$repo" vault -q restore "$wanted" --in-place --delete \
			2>err
}

check_result () {
	case $fault_status in
	0) ;;
	128) check_sentence err ;;
	137) ;;
	*) false ;;
	esac &&
		git -C "$repo" vault -q status >status 2>status.err || return 1
	list_all "$repo" >actual
	if test "$fault_status" = 0
	then
		test_cmp after actual || return 1
	elif ! cmp -s before actual
	then
		test_cmp after actual || return 1
	fi
	git_state "$repo" >actual && test_cmp git.before actual &&
		check_whole "$repo" && let_days_pass "$repo" &&
		git -C "$repo" vault -q snapshot --force >"$repo.id" &&
		check_tidy "$repo" &&
		git -C "$repo" vault -q restore "$wanted" --in-place --delete &&
		list_all "$repo" >actual && test_cmp after actual
}

test_expect_success 'two snapshots that differ in every way' '
	two_states "$base" && remember "$base"
'

test_expect_success 'without a fault' '
	restore && list_all "$repo" >actual && test_cmp after actual &&
	git_state "$repo" >actual && test_cmp git.before actual
'

for kind in full eio kill tear
do
	test_expect_success "every call: $kind" '
		for_each_fault $kind restore check_result
	'
done

test_done
