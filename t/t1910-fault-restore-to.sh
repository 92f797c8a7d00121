#!/bin/sh
# shellcheck disable=SC2154

test_description='restore --to when calls that change files fail, or it is killed

After every one of them the directory is not there or complete, the repository
and the working tree are as they were, and the next restore works and leaves
nothing of the failed one behind.
In long form every call is struck, else up to 40 spread out evenly.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"


base=$TRASH_DIRECTORY/base
to=$TRASH_DIRECTORY/place/restored

# All that must come back: kinds, modes, times, links and bytes.
list_all () {
	test_list_tree "$1" && (
		cd "$1" && find . -name .git -prune -o -type f \
			-exec sha1sum {} + | sort -k2
	)
}

restore () {
	rm -rf place && mkdir place &&
		git -C "$base" vault -q restore latest --to "$to" 2>err
}

# What could not be removed is empty, and goes with the next restore.
forget_empty () {
	case $fault_call in
	unlink*restored.git-vault-*)
		find "${to%/*}" -maxdepth 1 -name "restored.git-vault-*" -empty \
			-delete ;;
	esac
}

# What a kill leaves beside it nobody else can enter.
is_hidden () {
	find "${to%/*}" -mindepth 1 -maxdepth 1 ! -name restored -perm /077 >open &&
		test_must_be_empty open
}

check_place () {
	list_all "$to" >actual && test_cmp expect actual &&
		echo restored >names && ls -A place >left && test_cmp names left
}

# Only the last flush of the directory that holds it comes too late to take it
# back: then it is complete, and that is what is said.
check_failed () {
	case $fault_call in
	fsync*/place) list_all "$to" >actual && test_cmp expect actual &&
		test_grep flush err ;;
	*) test_path_is_missing "$to" ;;
	esac
}

check_result () {
	case $fault_status in
	0) forget_empty && check_place ;;
	128) check_sentence err && check_failed ;;
	137) is_hidden && { ! test -e "$to" || {
		list_all "$to" >actual && test_cmp expect actual
	}; } ;;
	*) false ;;
	esac &&
		check_untouched "$base" && check_whole "$base" &&
		rm -rf "$to" &&
		git -C "$base" vault -q restore latest --to "$to" &&
		check_place
}

test_expect_success 'a snapshot of a repository with work under way' '
	busy_repository "$base" && test_tick && rm -f "$base/debug.log" &&
	mkfifo "$base/pipe" && ln "$base/notes.txt" "$base/twin" &&
	dd if=/dev/urandom of="$base/large" bs=65536 count=40 2>dd.err &&
	git -C "$base" vault -q snapshot && rm "$base/pipe" &&
	remember "$base" && restore && list_all "$to" >expect &&
	diff -r --no-dereference -x .git "$base" "$to"
'

for kind in full eio kill tear
do
	test_expect_success "every call: $kind" '
		for_each_fault $kind restore check_result
	'
done

test_expect_success 'with --sync: every call: eio' '
	restore () {
		rm -rf place && mkdir place &&
			git -C "$base" vault -q restore latest --sync \
				--to "$to" 2>err
	} &&
	for_each_fault eio restore check_result &&
	grep sync fault.log
'

test_done
