#!/bin/sh
# shellcheck disable=SC2154

test_description='files in chunks when calls that change files fail, or we die

After every one of them, of a snapshot and of both kinds of restore: what was
acknowledged is there and whole, nothing of the user has changed but by a
restore that says so, and the next command works and tidies up.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"

# of calls that are much alike; all of them in the long form

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
to=$TRASH_DIRECTORY/place/restored

take () {
	copy_repository "$base" "$repo" &&
		git -C "$repo" vault -q snapshot >"$repo.id" 2>"$repo.err"
}

restore_to () {
	rm -rf place && mkdir place &&
		git -C "$base" vault -q restore latest --to "$to" 2>err
}

restore_in_place () {
	copy_repository "$base" "$repo" && printf changed |
		dd of="$repo/large" bs=1 seek=500000 conv=notrunc 2>dd.err &&
		git -C "$repo" vault -q restore latest --in-place 2>"$repo.err"
}

same_files () {
	diff -r --no-dereference -x .git "$base" "$1"
}

# The snapshot whose id is in DIR.id is whole and gives DIR's files back.
check_snapshot () {
	git -C "$1" vault -q verify --deep "$(cat "$1.id")" &&
		rm -rf "$1.out" && git -C "$1" vault -q restore \
		"$(cat "$1.id")" --to "$1.out" && diff -r --no-dereference \
		-x .git -x debug.log "$1" "$1.out"
}

check_taken () {
	case $fault_status in
	0) check_snapshot "$repo" ;;
	128) check_sentence "$repo.err" ;;
	137) ;;
	*) false ;;
	esac &&
		check_untouched "$repo" && check_whole "$repo" &&
		let_days_pass "$repo" &&
		git -C "$repo" vault -q snapshot >"$repo.id" &&
		check_snapshot "$repo" && check_tidy "$repo" &&
		check_untouched "$repo" && check_whole "$repo"
}

check_restored_to () {
	case $fault_status in
	0) same_files "$to" ;;
	128) check_sentence err && { ! test -e "$to" || same_files "$to"; } ;;
	137) ! test -e "$to" || same_files "$to" ;;
	*) false ;;
	esac &&
		check_untouched "$base" && rm -rf "$to" &&
		git -C "$base" vault -q restore latest --to "$to" &&
		same_files "$to"
}

# The one file that differs is the old or the new, never a part of it.
check_restored_in_place () {
	case $fault_status in
	0) same_files "$repo" ;;
	3 | 128) check_sentence "$repo.err" ;;
	137) ;;
	*) false ;;
	esac && {
		cmp -s "$base/large" "$repo/large" ||
			test "$(cmp -l "$base/large" "$repo/large" | wc -l)" -le 7
	} &&
		let_days_pass "$repo" &&
		git -C "$repo" vault -q restore "$(cat first)" --in-place &&
		same_files "$repo" && check_whole "$repo"
}

test_expect_success 'a repository with files in chunks and work under way' '
	busy_repository "$base" && rm -f "$base/debug.log" &&
	git -C "$base" config vault.chunkThreshold 100k &&
	dd if=/dev/urandom of="$base/large" bs=1024 count=1000 2>dd.err &&
	cp "$base/large" "$base/env/copy" && truncate -s 3M "$base/holes" &&
	echo end >>"$base/holes" && remember "$base"
'

for kind in full eio kill
do
	test_expect_success "every call of a snapshot: $kind" '
		for_each_fault $kind take check_taken &&
		test "$fault_total" -gt 20
	'
done

test_expect_success 'it is taken' '
	git -C "$base" vault -q snapshot >first && remember "$base"
'

for kind in full eio kill tear
do
	test_expect_success "every call of a restore to a directory: $kind" '
		for_each_fault $kind restore_to check_restored_to
	'
done

for kind in full kill
do
	test_expect_success "every call of a restore in place: $kind" '
		for_each_fault $kind restore_in_place check_restored_in_place
	'
done

test_done
