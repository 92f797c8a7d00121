#!/bin/sh
# shellcheck disable=SC2154

test_description='the file system becomes read-only while a command runs

As the kernel does it when it finds an error of the disk: from one moment on
nothing can be written any more, and what was not flushed is lost. The command
ends with a sentence and a status of ours; once the file system is writable
again everything is as after a power failure. GIT_VAULT_TEST_LONG=1 takes every
call that changes files.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-power.sh"
. "$TEST_DIRECTORY/lib-scene.sh"

test_have_prereq POWER || skip_all "no file system can be mounted here"
test -d /sys/fs/ext4 || skip_all "this kernel has no errors to order"

repo=$TRASH_DIRECTORY/work/repo
test -n "$GIT_VAULT_TEST_LONG" || fault_max=2

run () {
	power_on base work && GV_FAULT_RUN=$(power_error work) &&
		export GV_FAULT_RUN && "run_$1"
}

# What was not done was told, and why.
check () {
	test_tally 1 "file systems that became read-only"
	case $fault_status in
	0) ;;
	128) test_grep "Read-only file system\|unable to \|cannot " "$err" ;;
	3 | 4) ;;
	*) false ;;
	esac && power_check "$1"
}

for scene in snapshot restore prune_reclaim pin fold reclaim repair reparent
do
	test_expect_success "$scene" '
		test_when_finished "unset GV_FAULT_RUN; power_forget_all" &&
		power_make $scene && for_each_fault run "run $scene" "check $scene"
	'
done

test_expect_success 'from the start every command says so' '
	test_when_finished power_forget_all && power_make prune && power_on base work &&
	mount -o remount,ro work &&
	for command in snapshot "prune --keep-last 1" "pin latest" fold \
		"fold --reclaim" repair \
		"delete latest" "tag latest x"
	do
		test_expect_code 128 \
			git -C work/repo vault $command 2>err &&
		check_sentence err && test_grep "ead-only" err || return 1
	done &&
	cp work/repo/notes.txt notes && test_expect_code 128 \
		git -C work/repo vault restore latest~2 --in-place 2>err &&
	check_sentence err && test_grep "ead-only" err &&
	test_cmp notes work/repo/notes.txt &&
	git -C work/repo vault list >out && git -C work/repo vault status &&
	git -C work/repo vault verify &&
	git -C work/repo vault restore latest --to "$TRASH_DIRECTORY/out.d" \
		2>err && test_grep "values are opened, but the audit chain" err &&
	test_grep ! GITVAULT "$TRASH_DIRECTORY/out.d/.env"
'

test_done
