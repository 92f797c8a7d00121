#!/bin/sh
# shellcheck disable=SC2154

test_description='restore --in-place when calls that change files fail, or it is killed

After every one of them the next command finishes the restore or undoes it:
the working tree is what it was or what it should become, never a mixture;
the index, the refs and the stash are as they were.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

# Kinds, modes, times, links and bytes; of a directory no time, since it
# changes with what is made in it.
list_all () {
	test_list_tree "$1" | sed "s/^\(d [0-7]* \)[0-9.]* /\1/" && (
		cd "$1" && find . -name .git -prune -o -type f \
			-exec sha1sum {} + | sort -k2
	)
}

git_state () {
	(
		cd "$1" && sha1sum .git/index .git/HEAD .git/config &&
			git for-each-ref \
				--format="%(objectname) %(refname)" |
			grep -v " refs/vault/" && git stash list
	)
}

restore () {
	copy_repository "$base" "$repo" &&
		git -C "$repo" vault -q restore "$wanted" --in-place --delete \
			2>err
}

check_result () {
	case $fault_status in
	0) ;;
	128) check_sentence err ;;
	137) ;;
	*) false ;;
	esac &&
		git -C "$repo" vault -q status >status 2>status.err || return 1
	list_all "$repo" >actual
	if test "$fault_status" = 0
	then
		test_cmp after actual || return 1
	elif ! cmp -s before actual
	then
		test_cmp after actual || return 1
	fi
	git_state "$repo" >actual && test_cmp git.before actual &&
		check_whole "$repo" &&
		git -C "$repo" vault -q snapshot --force >"$repo.id" &&
		check_tidy "$repo" &&
		git -C "$repo" vault -q restore "$wanted" --in-place --delete &&
		list_all "$repo" >actual && test_cmp after actual
}

test_expect_success 'two snapshots that differ in every way' '
	busy_repository "$base" && rm -f "$base/debug.log" && test_tick &&
	mkdir -p "$base/old/deep" && echo deep >"$base/old/deep/file" &&
	ln "$base/notes.txt" "$base/twin" &&
	dd if=/dev/urandom of="$base/large" bs=65536 count=20 2>dd.err &&
	wanted=$(git -C "$base" vault -q snapshot) &&
	list_all "$base" >after &&
	(
		cd "$base" && echo changed >>env/prod/main.tf &&
		chmod 755 notes.txt && rm -r old && echo "a file now" >old &&
		rm run.sh && mkdir run.sh && echo "a directory now" >run.sh/x &&
		ln -sf elsewhere link && echo more >>large &&
		mkdir -p fresh/deep && echo new >fresh/deep/file &&
		rm .env && echo touched >touched
	) && test_tick &&
	git -C "$base" vault -q snapshot &&
	list_all "$base" >before && git_state "$base" >git.before &&
	remember "$base"
'

test_expect_success 'without a fault' '
	restore && list_all "$repo" >actual && test_cmp after actual &&
	git_state "$repo" >actual && test_cmp git.before actual
'

for kind in full eio kill tear
do
	test_expect_success "every call: $kind" '
		for_each_fault $kind restore check_result
	'
done

test_done
