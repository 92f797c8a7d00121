#!/bin/sh
# shellcheck disable=SC2154

test_description='the power fails in every command that writes, and right after it

Only what had been flushed is there afterwards: what was acknowledged stands,
git finds nothing wrong, the files, index, refs and stash of the user are as
they were or as the completed command says, and the next command works. A few
moments of each command; GIT_VAULT_TEST_LONG=1 takes all.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-power.sh"
. "$TEST_DIRECTORY/lib-scene.sh"

test_have_prereq POWER || skip_all "no file system can be mounted here"

repo=$TRASH_DIRECTORY/work/repo
test -n "$GIT_VAULT_TEST_LONG" || fault_max=2

run () {
	power_on base work && "run_$1"
}

check () {
	test_tally 1 "power failures" && power_check "$1"
}

# Snapshots and restores have a script of their own.
for scene in prune prune_reclaim delete pin fold reclaim repair reparent
do
	test_expect_success "$scene: once it has ended, and before each call" '
		test_when_finished "unset GV_FAULT_PROGRAMS; power_forget_all" &&
		power_make $scene && run $scene && fault_status=0 && check $scene &&
		GV_FAULT_PROGRAMS="git-vault git" && export GV_FAULT_PROGRAMS &&
		for_each_fault kill "run $scene" "check $scene"
	'
done

# What we move into place is flushed by us, whatever git was told.
for scene in snapshot prune_reclaim pin fold reclaim repair reparent
do
	test_expect_success "$scene, where git flushes nothing by itself" '
		test_when_finished "
			git config --global --unset core.fsync; power_forget_all" &&
		git config --global core.fsync none && power_make $scene &&
		run $scene && fault_status=0 && check $scene
	'
done

test_done
