#!/bin/sh
# shellcheck disable=SC2154

test_description='export and import, killed or without room at any call that changes a file

A bundle is there whole or not at all, and one that stood there is whole; the
repository is as it was or has all of it, and the next try ends well.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

test_expect_success 'one who has records, and one who takes them' '
	start_team && join bob && take alice one >one && save_state alice net 1 &&
	on alice git vault good mark prod >out && take bob his >his &&
	on alice git vault export ../../old.bundle && take alice two >two &&
	on alice git vault export ../../new.bundle &&
	mkdir base && cp -a alice bob base
'

reset () {
	rm -rf "$top/alice" "$top/bob" && cp -a "$top"/base/. "$top"
}

export_anew () {
	reset && rm -f x.bundle && on alice git-vault export ../../x.bundle >out 2>err
}

# verified FILE: git finds nothing wrong with it
verified () {
	git -C base/alice/clone bundle verify -q "$top/$1"
}

# no_more: nothing but a folder that is swept by its age is left
no_more () {
	find "$1/clone/.git/vault" -name "scratch-*" -prune -exec \
		touch -d "1 hour ago" {} + && rm -f x.bundle.*.part
}

check_export () {
	case $fault_status in
	0) test -f x.bundle ;;
	137 | 128) ;;
	*) false ;;
	esac && { test ! -e x.bundle || verified x.bundle; } &&
		test "$(git -C alice/clone for-each-ref)" = \
			"$(git -C base/alice/clone for-each-ref)" &&
		git -C alice/clone fsck --strict --no-dangling && no_more alice &&
		on alice git vault export --force ../../x.bundle &&
		verified x.bundle &&
		find alice/clone/.git/vault -name "scratch-*" >out && test_must_be_empty out
}

test_expect_success 'an export, killed' '
	for_each_fault kill export_anew check_export
'

test_expect_success 'an export without room' '
	for_each_fault full export_anew check_export
'

export_over () {
	reset && cp old.bundle x.bundle &&
		on alice git-vault export --force ../../x.bundle >out 2>err
}

check_over () {
	{ test $fault_status = 0 || cmp -s old.bundle x.bundle ||
		test $fault_status = 137; } && check_export
}

test_expect_success 'one that stood there is whole' '
	for_each_fault kill export_over check_over &&
	for_each_fault full export_over check_over
'

import_new () {
	reset && on bob git-vault import ../../new.bundle >out 2>err
}

check_import () {
	case $fault_status in
	0 | 1 | 137 | 128 | 4) ;;
	*) false ;;
	esac && git -C bob/clone fsck --strict --no-dangling &&
		let_days_pass bob/clone && no_more bob &&
		on bob git vault import ../../new.bundle &&
		on bob git vault list >list && for id in one two his
		do
			grep -q "$(cat $id)" list || return 1
		done && on bob git vault verify --all --deep &&
		on bob git vault state log --env prod --stack net >log &&
		git -C bob/clone fsck --strict --no-dangling &&
		find bob/clone/.git/vault -name "scratch-*" >out && test_must_be_empty out
}

test_expect_success 'an import, killed' '
	for_each_fault kill import_new check_import
'

test_expect_success 'an import, killed, and git too' '
	GV_FAULT_PROGRAMS="git-vault git" && export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	check_import_git () {
		rm -f bob/clone/.git/packed-refs.lock bob/clone/.git/packed-refs.new &&
			check_import
	} && for_each_fault kill import_new check_import_git
'

test_expect_success 'an import without room' '
	for_each_fault full import_new check_import
'

test_done
