#!/bin/sh
# shellcheck disable=SC2154

test_description='repair of marks, killed or without room at any call

What is left of pins holds at every moment, and the next repair ends.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-lose.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
marks=refs/vault/marks

# A fresh copy of what is damaged; that something is lost (1) is no fault.
repair () {
	rm -rf "$repo" && cp -a "$damaged" "$repo" || return 99
	git -C "$repo" vault repair >out 2>err
	set -- $?
	test $1 != 1 || return 0
	return $1
}

pinned () {
	git -C "$repo" ls-tree --name-only $marks:pinned | tr "\n" " "
}

# A prune would keep them, or refuse.
is_kept () {
	git -C "$repo" vault prune -n --keep-last 1 >plan 2>&1 || return 0
	for id_ in $pins
	do
		grep "$id_" plan >line && test_grep ! delete line || return 1
	done
}

check_repaired () {
	case $fault_status in
	0 | 3 | 4 | 128 | 137) ;;
	*) false ;;
	esac && is_kept && let_days_pass "$repo" && {
		git -C "$repo" vault repair >next 2>&1
		test $? -le 1
	} && git -C "$repo" vault repair >again &&
		test_grep "nothing to repair" again &&
		test "$(pinned)" = "$pins " &&
		git -C "$repo" fsck --strict --no-dangling >fsck 2>&1 &&
		test_must_be_empty fsck && git -C "$repo" vault -q verify &&
		git -C "$repo" vault -q unpin ${pins##* } &&
		test_path_is_missing "$repo/.git/$marks.lock"
}

check_git () {
	rm -f "$repo/.git/packed-refs.lock" "$repo/.git/packed-refs.new" &&
		check_repaired
}

test_expect_success 'snapshots, pinned one by one, all loose' '
	test_create_repo "$base" && cd "$base" && echo 1 >f && git add f &&
	test_tick && git commit -q -m one && for i in 1 2 3 4
	do
		echo $i >f && test_tick && git vault -q snapshot || return 1
	done && set -- $(git vault list --id-only | sort) && all="$1 $2 $3" &&
	two="$1 $2" && git vault -q pin $1 && test_tick &&
	git vault -q pin $2 && test_tick && git vault -q pin $3 &&
	unpack && git pack-refs --all && git vault verify
'

# damage NAME PINS STATUS COMMAND: what COMMAND damages is a repository of that
# name, in which prune ends with STATUS
damage () {
	test_expect_success "marks that are damaged: $1" '
		fresh && '"$4"' && cd .. && mv repo "'"$1"'" &&
		damaged=$TRASH_DIRECTORY/'"$1"' pins='"$2"' &&
		test_expect_code '$3' git -C "$damaged" vault prune -n \
			--keep-last 1 && repair && fault_status=0 &&
		check_repaired
	'
	for kind in full eio kill
	do
		test_expect_success "repair of $1, the calls of git-vault: $kind" '
			for_each_fault $kind repair check_repaired
		'
	done
	test_expect_success "repair of $1, git killed too" '
		GV_FAULT_PROGRAMS="git-vault git" && export GV_FAULT_PROGRAMS &&
		test_when_finished "unset GV_FAULT_PROGRAMS" &&
		for_each_fault kill repair check_git
	'
}

damage version '$two' 128 'lose $marks'
damage words '$all' 3 'lose $marks:pinned/${two#* }'
damage file '$all' 128 'mkdir -p .git/refs/vault && : >.git/$marks'

test_done
