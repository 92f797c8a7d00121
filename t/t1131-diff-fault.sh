#!/bin/sh
# shellcheck disable=SC2154

test_description='a diff with the working tree that is killed, or whose disk is full or fails

No object of it comes to the repository, no ref moves, and the next one works and
takes away what is left.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

# what a diff may not touch
standing () {
	(
		cd "$repo" && git for-each-ref &&
			find .git/objects . -path ./.git -prune -o -type f -print |
			sort | xargs sha256sum
	)
}

compare () {
	rm -rf "$repo" && cp -a "$base" "$repo" && standing >before &&
		git -C "$repo" vault diff >out 2>err
	status=$?
	return $((status == 1 ? 0 : status))
}

# who is killed, or cannot remove it, leaves the folder to the next one
may_leave () {
	case $fault_mode:$fault_call in
	kill:* | eio:*.gv-doomed-* | eio:unlink* | eio:rmdir*) ;;
	*) false ;;
	esac
}

check () {
	case $fault_status in
	0) test_cmp whole out ;;
	137) test "$fault_mode" = kill ;;
	128) test_grep "^git-vault: " err ;;
	*) false ;;
	esac && standing >after && test_cmp before after &&
		{ may_leave || swept; } &&
		find "$repo/.git/vault" -name "scratch-*" -prune -exec \
			touch -d "1 hour ago" {} + &&
		test_expect_code 1 git -C "$repo" vault diff >next &&
		test_cmp whole next && swept &&
		git -C "$repo" fsck --strict --no-dangling
}

swept () {
	find "$repo/.git/vault" -name "scratch-*" >left && test_must_be_empty left
}

test_expect_success 'files that no snapshot has' '
	git init -q "$base" && (
		cd "$base" && test_commit one && echo .env >.gitignore &&
		echo "KEY=Correct-Horse-40-Xy8" >.env && git vault -q snapshot &&
		echo two >one.t && mkdir dir &&
		for i in 1 2 3 4 5
		do
			echo $i >dir/$i || return 1
		done && echo "KEY=Correct-Horse-41-Xy9" >.env &&
		test_expect_code 1 git vault diff >../whole
	) && test_grep "^+two" whole && test_grep ! Correct-Horse whole
'

for kind in full eio kill
do
	test_expect_success "it fails at one call: $kind" '
		for_each_fault $kind compare check
	'
done

test_expect_success 'with git killed, too' '
	GV_FAULT_PROGRAMS="git-vault git" && export GV_FAULT_PROGRAMS &&
	test_when_finished "unset GV_FAULT_PROGRAMS" &&
	for_each_fault kill compare check
'

test_done
