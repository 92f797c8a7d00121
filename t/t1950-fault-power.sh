#!/bin/sh
# shellcheck disable=SC2154

test_description='the power fails

Only what had been flushed is there afterwards. Before each call that changes
files, and right after a command has said that it is done: what was acknowledged
stands, git finds nothing wrong, the files are what they were or what they
should become, and the next command works.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-power.sh"

test_have_prereq POWER || skip_all "no file system can be mounted here"

repo=$TRASH_DIRECTORY/work/repo

# What must still hold of the repository that is left.
bring_records () {
	cp "$TRASH_DIRECTORY/base.user" "$repo.user" &&
		cp "$TRASH_DIRECTORY/base.vault" "$repo.vault"
}

take () {
	power_on base work &&
		git -C "$repo" vault -q snapshot \
			>"$TRASH_DIRECTORY/id" 2>"$TRASH_DIRECTORY/err"
}

check_snapshot () {
	power_cut work && bring_records &&
		check_untouched "$repo" && check_whole "$repo" || return 1
	if test "$fault_status" = 0
	then
		cp "$TRASH_DIRECTORY/id" "$repo.id" && check_complete "$repo"
	else
		test "$fault_status" = 137
	fi &&
		let_days_pass "$repo" && check_next "$repo" &&
		git -C "$repo" vault -q verify --deep
}

test_expect_success 'a repository with work under way' '
	test_when_finished power_forget_all &&
	power_image base && busy_repository base/repo && remember base/repo &&
	mv base/repo.user base.user && mv base/repo.vault base.vault &&
	power_keep base
'

test_expect_success 'the test itself: what is not flushed is lost' '
	test_when_finished power_forget_all &&
	power_on base work &&
	echo new >work/lost && echo new >work/kept && sync work/kept &&
	power_cut work &&
	test ! -s work/lost && test "$(cat work/kept)" = new
'

test_expect_success 'before each call of a snapshot' '
	test_when_finished power_forget_all &&
	for_each_fault kill take check_snapshot
'

test_expect_success 'git dies with it' '
	test_when_finished "unset GV_FAULT_PROGRAMS; power_forget_all" &&
	GV_FAULT_PROGRAMS="git-vault git" && export GV_FAULT_PROGRAMS &&
	for_each_fault kill take "
		test \$fault_status = 137 || fault_status=137
		check_snapshot
	"
'

test_expect_success 'a snapshot that was acknowledged stands' '
	test_when_finished power_forget_all &&
	: >fault.log && take && fault_status=0 && check_snapshot
'

# ---- restore ----------------------------------------------------------------

test_expect_success 'two snapshots that differ in every way' '
	test_when_finished power_forget_all &&
	power_image base && two_states base/repo && remember base/repo &&
	mv base/repo.user base.user && mv base/repo.vault base.vault &&
	power_keep base
'

restore_in_place () {
	power_on base work &&
		git -C "$repo" vault -q restore "$wanted" --in-place --delete \
			2>"$TRASH_DIRECTORY/err"
}

# The next command, whichever it is, brings it to one end or the other.
check_in_place () {
	power_cut work && bring_records &&
		git -C "$repo" vault -q status >status 2>status.err &&
		list_all "$repo" >actual || return 1
	if test "$fault_status" = 0 || ! cmp -s before actual
	then
		test_cmp after actual || return 1
	fi
	git_state "$repo" >actual && test_cmp git.before actual &&
		check_whole "$repo" && let_days_pass "$repo" &&
		git -C "$repo" vault -q restore "$wanted" --in-place --delete &&
		list_all "$repo" >actual && test_cmp after actual
}

test_expect_success 'before each call of a restore in place' '
	test_when_finished power_forget_all &&
	for_each_fault kill restore_in_place check_in_place
'

test_expect_success 'after a restore in place' '
	test_when_finished power_forget_all &&
	: >fault.log && restore_in_place && fault_status=0 && check_in_place
'

restore_to () {
	power_on base work &&
		git -C "$repo" vault -q restore "$wanted" --sync --to "$TRASH_DIRECTORY/work/to" \
			2>"$TRASH_DIRECTORY/err"
}

check_to () {
	power_cut work && bring_records &&
		check_untouched "$repo" && check_whole "$repo" || return 1
	if test "$fault_status" = 0 || test -e work/to
	then
		list_all work/to >actual && test_cmp after actual || return 1
	fi
	rm -rf work/to &&
		git -C "$repo" vault -q restore "$wanted" --to "$TRASH_DIRECTORY/work/to" &&
		list_all work/to >actual && test_cmp after actual &&
		test -z "$(find work -maxdepth 1 -name "to.*")"
}

test_expect_success 'before each call of a restore to a directory' '
	test_when_finished power_forget_all &&
	for_each_fault kill restore_to check_to
'

test_expect_success 'after one with --sync it is there' '
	test_when_finished power_forget_all &&
	: >fault.log && restore_to && fault_status=0 && check_to
'

# The tree and .git on a disk each: what one of them kept says nothing of the
# other.
test_expect_success 'a tree whose .git is on another disk' '
	test_when_finished power_forget_all &&
	power_image work && power_image work.git &&
	git init -q --separate-git-dir="$TRASH_DIRECTORY/work.git/dir" "$repo" &&
	mkdir "$repo/d" && for i in 1 2 3 4 5 6
	do
		echo old >"$repo/d/f$i" || return 1
	done &&
	git -C "$repo" add . && git -C "$repo" commit -q -m 1 &&
	wanted=$(git -C "$repo" vault -q snapshot) &&
	for i in 1 2 3 4 5 6
	do
		echo new >"$repo/d/f$i" || return 1
	done &&
	mkdir "$repo/e" && echo new >"$repo/e/n" &&
	power_keep work && power_keep work.git &&
	mv work.img base.img && mv work.git.img base.git.img
'

restore_apart () {
	power_on base work && power_on base.git work.git &&
		git -C "$repo" vault -q restore "$wanted" --in-place --delete \
			2>"$TRASH_DIRECTORY/err"
}

check_apart () {
	power_cut work && power_cut work.git &&
		git -C "$repo" vault -q status >status 2>status.err &&
		test_path_is_missing work/repo/.git-vault-restore || return 1
	if test "$fault_status" = 0 || test "$(cat work/repo/d/f1)" = old
	then
		test_write_lines old old old old old old >expect &&
			test_path_is_missing work/repo/e || return 1
	else
		test_write_lines new new new new new new new >expect
	fi &&
		cat work/repo/d/* work/repo/e/n 2>/dev/null >actual
	test_cmp expect actual &&
		git -C "$repo" vault -q restore "$wanted" --in-place --delete &&
		git -C "$repo" diff --exit-code
}

test_expect_success 'before each call of a restore there' '
	test_when_finished power_forget_all &&
	for_each_fault kill restore_apart check_apart
'

test_expect_success 'when all is staged there, but no journal stands' '
	test_when_finished power_forget_all &&
	: >fault.log && faulty count:0 restore_apart &&
	at=$(grep -n "^fsync .*journal" fault.log | sed "s/:.*//;q") &&
	: >fault.log && {
		faulty kill:$at restore_apart
		fault_status=$?
	} && test $fault_status = 137 && check_apart
'

test_expect_success 'after a restore there' '
	test_when_finished power_forget_all &&
	: >fault.log && restore_apart && fault_status=0 && check_apart
'

test_done
