#!/bin/sh
# shellcheck disable=SC2154

test_description='the disk is full, or has no inode left, at every stage of a command

On a small file system of its own: first nothing is free, then more and more
until the command succeeds. What fails says why with a status of ours, nothing
is half done, and once there is room the next command works.
GIT_VAULT_TEST_LONG=1 takes finer steps.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-scene.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/small/repo

test_lazy_prereq TMPFS '
	test "$(id -u)" = 0 && mkdir d &&
	mount -t tmpfs -o size=1m tmpfs d && umount d'
test_have_prereq TMPFS || skip_all "no file system can be mounted here"

leave () {
	! mountpoint -q "$TRASH_DIRECTORY/small" ||
		umount "$TRASH_DIRECTORY/small" ||
		umount -l "$TRASH_DIRECTORY/small"
}
trap 'at_exit_; leave' EXIT

# A copy of the base on a file system of its own.
settle () {
	leave && mkdir -p small && mount -t tmpfs -o size=64m tmpfs small &&
		copy_repository "$base" "$repo"
}

# leave_room KIB, leave_inodes N: no more than that from here on.
leave_room () {
	used_=$(df -k --output=used small | tail -n 1) &&
		mount -o "remount,size=$((used_ + $1))k" small
}

leave_inodes () {
	used_=$(df --output=iused small | tail -n 1) &&
		mount -o "remount,nr_inodes=$((used_ + $1))" small
}

give_room () {
	mount -o remount,size=64m,nr_inodes=0 small
}

# What the disk was too full for was told in those words.
check_full () {
	test "$fault_status" = 0 || grep "No space left\|diskspace\|cannot \|unable to" \
		"$err" || {
		cat "$err"
		return 1
	}
	give_room && "check_$1" || {
		echo "with $2 free, status $fault_status"
		return 1
	}
}

# until_it_fits SCENE LIMIT AMOUNT…: it must fail at first and succeed at last.
until_it_fits () {
	scene_=$1 limit_=$2 failed_=0
	shift 2
	for amount_
	do
		settle && $limit_ "$amount_" || return 1
		"run_$scene_"
		fault_status=$?
		test_tally 1 "full disks: $limit_"
		check_full "$scene_" "$limit_ $amount_" || return 1
		test $fault_status != 0 || break
		failed_=$((failed_ + 1))
	done
	echo "$failed_ failed before it had room: $limit_ $amount_"
	test $failed_ -gt 0 && test $fault_status = 0
}

rooms='0 8 32 100 400 4000' inodes='0 1 3 8 1000'
test -z "$GIT_VAULT_TEST_LONG" || {
	rooms=$(seq 0 4 200; seq 300 100 4000)
	inodes=$(seq 0 100)
}

for scene in snapshot restore prune_reclaim delete pin fold reclaim repair \
	reparent
do
	test_expect_success "$scene, with more and more room and inodes" '
		test_when_finished leave &&
		rm -rf "$base" && make_$scene "$base" && remember "$base" &&
		until_it_fits $scene leave_room $rooms &&
		until_it_fits $scene leave_inodes $inodes
	'
done

# noise N: N snapshots of what no pack makes smaller, a megabyte each
noise () {
	for n_ in $(test_seq "$1")
	do
		head -c 1000000 /dev/urandom >"$repo/noise" &&
			git -C "$repo" vault -q snapshot >/dev/null || return 1
	done
}

crowded () {
	settle && git -C "$repo" config vault.autoFold false &&
		noise "$1" && leave_room "$2"
}

left_of_git () {
	find "$repo/.git/objects" -name "tmp_*"
}

test_expect_success 'what git had written of a fold that failed goes with it' '
	test_when_finished leave && rm -rf "$base" && make_snapshot "$base" &&
	crowded 4 2000 &&
	test_must_fail git -C "$repo" vault fold 2>"$err" &&
	test_grep "git pack-objects failed" "$err" &&
	left_of_git >left && test_must_be_empty left &&
	noise 1 && give_room && git -C "$repo" vault fold >out &&
	test_grep "^folded" out && left_of_git >left && test_must_be_empty left
'

test_expect_success 'by itself none begins that there is no room for' '
	test_when_finished leave && crowded 4 2000 &&
	git -C "$repo" config vault.autoFold 2 &&
	git -C "$repo" vault fold --auto >out &&
	ls "$repo/.git/objects/pack" | grep -c "[.]pack$" >packs &&
	test $(cat packs) -ge 4 && noise 1 &&
	test_path_is_missing "$repo/.git/vault/log" && give_room &&
	git -C "$repo" vault fold --auto >out && test_grep "^folded" out
'

test_done
