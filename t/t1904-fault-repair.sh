#!/bin/sh
# shellcheck disable=SC2154

test_description='a repair whose calls fail, or that is killed at any of them

After every one there is no object less than before, the user'\''s files, index
and refs are as they were, and the next repair ends with a whole repository.
In long form every call is struck, else up to 40 spread out evenly.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"


base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

flip () {
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ') && chmod u+w "$1" &&
		printf "\\$(printf %o $((255 - byte)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# Objects that git can read, one a line.
readable () {
	git -C "$1" cat-file --batch-all-objects --batch-check="%(objectname)" |
		git -C "$1" cat-file --batch --buffer 2>/dev/null |
		grep -a -o '^[0-9a-f]\{40\} [a-z]* [0-9]*$' | sort -u
}

repair () {
	rm -rf "$repo" && cp -a "$base" "$repo" &&
		git -C "$repo" vault -q repair >said 2>err
}

check_result () {
	case $fault_status in
	0) ;;
	128) check_sentence err ;;
	137) ;;
	*) false ;;
	esac &&
		check_untouched "$repo" &&
		let_days_pass "$repo" &&
		git -C "$repo" vault -q repair &&
		git -C "$repo" fsck --full --strict --no-dangling >fsck 2>&1 &&
		test_must_be_empty fsck && git -C "$repo" vault -q verify --deep &&
		readable "$repo" >now && test -z "$(comm -23 want now)" &&
		test_path_is_missing "$repo/.git/vault/repair"
}

test_expect_success 'a repository with a damaged pack, index and loose object' '
	busy_repository "$base" && git -C "$base" vault -q snapshot &&
	cp -a "$base" whole && readable whole >want &&
	o=$(git -C "$base" rev-parse HEAD:run.sh) &&
	flip "$base/.git/objects/$(echo $o | sed "s,^..,&/,")" 4 &&
	snapshot=$(git -C "$base" for-each-ref --format="%(refname)" \
		refs/vault/snapshots | tail -n 1) &&
	o=$(git -C "$base" rev-parse "$snapshot:tree/notes.txt") &&
	for idx in "$base"/.git/objects/pack/*.idx
	do
		at=$(git show-index <"$idx" |
			awk -v o=$o "\$2 == o { print \$1 }") &&
		if test -n "$at"
		then
			flip "${idx%.idx}.pack" $((at + 3))
		else
			rm -f "$idx"
		fi || return 1
	done && cp "$base/notes.txt" notes && remember "$base" &&
	cp base.user repo.user && cp base.vault repo.vault &&
	test_expect_code 1 git -C "$base" vault -q verify &&
	repair && fault_status=0 && check_result
'

for kind in full eio kill tear
do
	test_expect_success "every call: $kind" '
		for_each_fault $kind repair check_result
	'
done

# ---- other parents ----------------------------------------------------------

# A snapshot keeps a commit that its branch has let go of, for a value in it that
# is sealed on the way.
rewritten () {
	rm -rf "$base" && test_create_repo "$base" && (
		cd "$base" && echo 1 >f && git add f && test_tick &&
		git commit -q -m one &&
		echo "password = \"hunter2-x9Kq81\"" >bad && git add bad &&
		git commit -q -m bad && rm bad && echo 2 >f &&
		echo "password = \"hunter2-x9Kq17\"" >own &&
		git vault -q snapshot && git reset -q HEAD^ &&
		git reflog expire --expire=now --all
	) && remember "$base"
}

reparent () {
	copy_repository "$base" "$repo" &&
		git -C "$repo" vault -q repair --reparent latest >said 2>err
}

# Whatever it said: all refs stand on objects that are there, the files of the
# snapshot are what they were, and once more it succeeds.
check_reparented () {
	case $fault_status in
	0 | 137) ;;
	128 | 4) check_sentence err ;;
	*) false ;;
	esac &&
		let_days_pass "$repo" && check_untouched "$repo" &&
		git -C "$repo" fsck --full --no-dangling >fsck 2>&1 &&
		test_must_be_empty fsck &&
		git -C "$repo" vault -q verify --deep &&
		git -C "$repo" vault -q repair --reparent latest &&
		git -C "$repo" vault show latest:f >actual &&
		echo 2 >expect && test_cmp expect actual && check_tidy "$repo" &&
		snapshot=$(git -C "$repo" for-each-ref --format="%(refname)" \
			refs/vault/snapshots) &&
		git -C "$repo" show "$snapshot:index/bad" >actual &&
		test_grep "^password = .GITVAULT" actual &&
		git -C "$repo" cat-file -e "$snapshot:meta/index-secrets" &&
		git -C "$repo" rev-parse -q --verify refs/vault/secrets/shared
}

test_expect_success 'a snapshot of history that is gone' '
	rewritten
'

for kind in full eio kill
do
	test_expect_success "other parents, every call: $kind" '
		for_each_fault $kind reparent check_reparented
	'
done

for kind in eio kill
do
	test_expect_success "other parents, every call of git too: $kind" '
		test_when_finished "unset GV_FAULT_PROGRAMS" &&
		GV_FAULT_PROGRAMS="git-vault git" && export GV_FAULT_PROGRAMS &&
		for_each_fault $kind reparent check_reparented
	'
done

test_done
