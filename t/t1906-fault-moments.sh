#!/bin/sh
# shellcheck disable=SC2154

test_description='kill -9 at moments that nobody chose, of every command that writes

git-vault dies and every git that it started: what was acknowledged is there,
git finds nothing wrong, the files, index, refs and stash of the user are as
they were or as the completed command says, and the next command works.
GIT_VAULT_TEST_LONG=1 takes 300 moments in all.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"
. "$TEST_DIRECTORY/lib-scene.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
moments=3
test -z "$GIT_VAULT_TEST_LONG" || moments=34

say_ "# seed $fault_seed, and on from there (GIT_VAULT_TEST_SEED)"

scene () {
	rm -rf "$base" && "make_$1" "$base" && remember "$base" &&
		killed_at_moments "$moments" \
			"copy_repository \"$base\" \"$repo\"" \
			"run_$1" "check_$1"
}

for scene in snapshot restore prune prune_reclaim delete pin fold reclaim \
	repair reparent
do
	test_expect_success "$scene, killed at $moments moments" '
		scene $scene
	'
done

test_done
