# shellcheck shell=sh disable=SC2154
# The power fails: of a file system on an image only what had been flushed is
# there afterwards. The image's file is copied while the file system is mounted,
# which is all that a disk would hold at that moment, since the kernel writes
# nothing back by itself for minutes; then the copy is mounted, its journal
# played.
#
#	power_image base		an empty file system at base/, mounted
#	…
#	power_keep base			all of it flushed, unmounted
#	power_on base work		a copy of it, mounted at work/
#	…
#	power_cut work			what is left of it, mounted there again;
#					work.git may be another disk
#	power_error work		it finds an error of its disk, and is
#					read-only from there on
#	power_make prune		the scene of lib-scene.sh at base/
#	power_check prune		held of what is left of it at work/
#
# Source it after test-lib.sh; what is mounted goes when the test ends.

POWER_SIZE=${POWER_SIZE:-64M}
# No rename or truncation flushes a file's data, as ext4 would for programs that
# forget to; data and names come to the disk in any order.
power_options_=loop,commit=300,noauto_da_alloc,data=writeback,errors=remount-ro

test_lazy_prereq POWER '
	test "$(id -u)" = 0 && truncate -s 8M probe.img &&
	mkfs.ext4 -q probe.img && mkdir probe &&
	mount -o loop probe.img probe && umount probe'

power_unmount_ () {
	umount "$1" 2>/dev/null || umount -l "$1"
}

power_mount_ () {
	mkdir -p "$TRASH_DIRECTORY/$1" &&
		mount -o "$power_options_" "$TRASH_DIRECTORY/$1.img" \
			"$TRASH_DIRECTORY/$1"
}

# A file of its own: what is still used somewhere is unmounted only when that
# ends, and may write to the old one until then.
power_image () {
	rm -f "$TRASH_DIRECTORY/$1.img" &&
		truncate -s "$POWER_SIZE" "$TRASH_DIRECTORY/$1.img" &&
		mkfs.ext4 -q "$TRASH_DIRECTORY/$1.img" && power_mount_ "$1"
}

power_keep () {
	sync -f "$TRASH_DIRECTORY/$1" && power_unmount_ "$TRASH_DIRECTORY/$1"
}

power_on () {
	power_forget "$2" && rm -f "$TRASH_DIRECTORY/$2.img" &&
		cp --sparse=always "$TRASH_DIRECTORY/$1.img" \
			"$TRASH_DIRECTORY/$2.img" && power_mount_ "$2"
}

power_cut () {
	cp --sparse=always "$TRASH_DIRECTORY/$1.img" \
		"$TRASH_DIRECTORY/$1.cut" && power_forget "$1" &&
		mv "$TRASH_DIRECTORY/$1.cut" "$TRASH_DIRECTORY/$1.img" &&
		power_mount_ "$1"
}

# What a shell runs for it, since this is for the middle of a command.
power_error () {
	echo "echo 1 >/sys/fs/ext4/$(basename "$(findmnt -n -o SOURCE \
		"$TRASH_DIRECTORY/$1")")/trigger_fs_error"
}

# Unmount it, if it is mounted.
power_forget () {
	! mountpoint -q "$TRASH_DIRECTORY/$1" ||
		power_unmount_ "$TRASH_DIRECTORY/$1"
}

# All that a test has. They go when it ends, too.
power_forget_all () {
	power_forget base && power_forget work && power_forget work.git
}
trap 'at_exit_; power_forget_all' EXIT

power_make () {
	power_image base && "make_$1" base/repo && remember base/repo &&
		mv base/repo.user base.user && mv base/repo.vault base.vault &&
		power_keep base
}

power_check () {
	power_cut work && cp base.user "$repo.user" &&
		cp base.vault "$repo.vault" && "check_$1"
}
