#!/bin/sh
# shellcheck disable=SC2154

test_description='calls that fail in the commands that have no script of their own for it

Deleting with the space returned, marks, and snapshots written anew: after each
call that fails, or from which on the disk is full, what was acknowledged is
there, nothing is half done, and the next command works. A few calls of each;
GIT_VAULT_TEST_LONG=1 takes all, and every other command, too.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-scene.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
scenes='prune_reclaim delete pin reclaim reparent'
if test -n "$GIT_VAULT_TEST_LONG"
then
	scenes="$scenes snapshot restore prune fold repair"
else
	fault_max=1
fi

run () {
	copy_repository "$base" "$repo" && "run_$1"
}

for scene in $scenes
do
	test_expect_success "$scene: a call fails, or all that need room" '
		rm -rf "$base" && make_$scene "$base" && remember "$base" &&
		for_each_fault eio "run $scene" check_$scene &&
		for_each_fault full "run $scene" check_$scene
	'

	test_expect_success "$scene: a call of git fails" '
		GV_FAULT_PROGRAMS="git-vault git" &&
		export GV_FAULT_PROGRAMS &&
		test_when_finished "unset GV_FAULT_PROGRAMS" &&
		rm -rf "$base" && make_$scene "$base" && remember "$base" &&
		for_each_fault eio "run $scene" check_$scene
	'
done

test_done
