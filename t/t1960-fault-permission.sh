#!/bin/sh
# shellcheck disable=SC2154

test_description='permissions change while a command runs

A folder of the user cannot be read or written any more, then one of git or of
ours, from the first and from the last call on that changes files
(GIT_VAULT_TEST_LONG=1: from each). The command ends with a sentence and a
status of ours; with the permissions back, what was acknowledged is there, the
rest as it was, and the next command works.'
. "$(dirname "$0")/test-lib.sh"

# To the superuser they mean nothing: all this as somebody else.
if test "$(id -u)" = 0
then
	test_have_prereq SETPRIV || skip_all "nobody is there to be"
	test_finished_=t
	mkdir nobody && chown 65534:65534 nobody || exit 1
	GIT_VAULT_TEST_TRASH=$PWD/nobody test_as_nobody \
		sh "$TEST_DIRECTORY/$test_name.sh" ${only_:+--run="$only_"} \
		${verbose_:+-v} ${keep_:+-d}
	status=$?
	cd "$GIT_VAULT_BUILD_DIR" && test $status != 0 || remove_ "$test_root_"
	exit $status
fi

. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-scene.sh"

test_have_prereq SANITY || skip_all "permissions mean nothing here"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
test -n "$GIT_VAULT_TEST_LONG" || fault_max=1

run () {
	copy_repository "$base" "$repo" && "run_$1"
}

# The modes that stood before.
permit () {
	(cd "$base" && find . -type d -printf "%m %p\n") |
		while read -r mode path
		do
			chmod "$mode" "$repo/$path" 2>/dev/null || :
		done
}

check () {
	test_tally 1 "changes of permissions"
	permit && "check_$1" || {
		cat "$err"
		return 1
	}
}

# A scene, what happens to which folder, and what is then said.
while read -r scene mode path
do
	test_expect_success "$scene, chmod $mode $path" '
		test_when_finished "unset GV_FAULT_RUN" &&
		rm -rf "$base" && make_$scene "$base" && remember "$base" &&
		GV_FAULT_RUN="chmod $mode $repo/$path 2>/dev/null || :" &&
		export GV_FAULT_RUN &&
		for_each_fault run "run $scene" "check $scene"
	'
done <<\END
snapshot 000 env/dev
snapshot 555 .git/objects/pack
snapshot 555 .git/vault
snapshot 555 .git/refs/vault/snapshots
restore 555 env/prod
restore 555 .
restore 555 .git/vault
prune_reclaim 555 .git/refs/vault/snapshots
prune_reclaim 555 .git
pin 555 .git/refs/vault
fold 555 .git/objects/pack
fold 000 .git/objects/pack
reclaim 555 .git/objects/pack
repair 555 .git/objects/pack
repair 555 .git/objects/85
repair 000 env/prod
reparent 555 .git/refs/vault/snapshots
END

test_done
