#!/bin/sh
# shellcheck disable=SC2154

test_description='a file that changes while it is saved as a state

At each call that the save makes somebody writes into the file. It is kept as it
was before, or as it is now, or it is said; never a half of each.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

# state WORD: large, so that it is sealed while it is read, and as large with
# any word of four letters
state () {
	awk -v word="$1" 'BEGIN {
		printf "{\n \"version\": 4,\n \"terraform_version\": \"1.9.5\",\n"
		printf " \"serial\": 7,\n \"lineage\": \"one\",\n"
		printf " \"outputs\": {},\n \"resources\": ["
		for (i = 0; i < 9000; i++) {
			printf "%s\n  {\"mode\": \"managed\", \"type\": \"t\", ", \
				i ? "," : ""
			printf "\"name\": \"n%d\", \"provider\": \"p\", ", i
			printf "\"instances\": [{\"attributes\": {\"id\": %d, ", i
			printf "\"text\": \"%0500d\", \"is\": \"%s\"}}]}", \
				i * i, word
		}
		printf "\n ],\n \"check_results\": null\n}\n"
	}'
}

copy () {
	rm -rf "$repo" && cp -a "$base" "$repo" && cp before file
}

save () {
	git-vault -C "$repo" state save --new --env prod "$@" ../file >id 2>err
}

# What is kept is one of the two; where it is not, that was said, and nothing
# was kept.
check () {
	case $fault_status in
	0)
		rm -f back && git -C "$repo" vault state restore --env prod \
			--to "$TRASH_DIRECTORY/back" &&
		{ cmp -s before back || cmp -s "$after" back; } &&
		echo kept >>ends ;;
	128)
		test_grep "${name:-file} has changed while it was read; save" \
			err && test_must_fail git -C "$repo" rev-parse -q \
			--verify refs/vault/state/prod/default &&
		echo said >>ends ;;
	*) cat err && false ;;
	esac
}

# changed HOW: by a shell command, at any call
changed () {
	GV_FAULT_RUN=$1 && export GV_FAULT_RUN &&
		test_when_finished "unset GV_FAULT_RUN" && rm -f ends &&
		for_each_fault run "copy && save" check &&
		test_grep said ends && sort ends | uniq -c
}

test_expect_success 'a state of some megabytes, and another one as large' '
	git init -q "$base" && git -C "$base" commit -q --allow-empty -m one &&
	state abcd >before && state wxyz >other && state wxyz4 >longer &&
	test "$(wc -c <before)" = "$(wc -c <other)" &&
	test "$(wc -c <before)" -gt 4000000 && copy && save
'

test_expect_success 'written over in its place, as large as before' '
	after=other && changed "dd if=\"$TRASH_DIRECTORY/other\" \
		of=\"$TRASH_DIRECTORY/file\" conv=notrunc bs=1M 2>/dev/null"
'

test_expect_success 'written anew, with more in it' '
	after=longer && changed "cat \"$TRASH_DIRECTORY/longer\" \
		>\"$TRASH_DIRECTORY/file\""
'

test_expect_success 'cut off' '
	: >empty && after=empty && changed ": >\"$TRASH_DIRECTORY/file\""
'

test_expect_success 'under seal: sensitive it is read twice, and is the same' '
	printf "state:\n  seal: sensitive\n" >"$base/.gitvault.yaml" &&
	git -C "$base" add . && git -C "$base" commit -q -m two &&
	after=other && changed "dd if=\"$TRASH_DIRECTORY/other\" \
		of=\"$TRASH_DIRECTORY/file\" conv=notrunc bs=1M 2>/dev/null"
'

# A rename gives the name to another file; the one that is read stays.
test_expect_success 'one that is put in its place by a rename is no change' '
	GV_FAULT_RUN="cp \"$TRASH_DIRECTORY/other\" \"$TRASH_DIRECTORY/new\" &&
		mv \"$TRASH_DIRECTORY/new\" \"$TRASH_DIRECTORY/file\"" &&
	export GV_FAULT_RUN && test_when_finished "unset GV_FAULT_RUN" &&
	after=other fault_max=8 && rm -f ends &&
	for_each_fault run "copy && save" check && test_grep ! said ends
'

test_expect_success 'stdin that is a file is held to it, too' '
	fault_max=8 && GV_FAULT_RUN="cat \"$TRASH_DIRECTORY/longer\" \
		>\"$TRASH_DIRECTORY/file\"" && export GV_FAULT_RUN &&
	test_when_finished "unset GV_FAULT_RUN" && rm -f ends && after=longer &&
	for_each_fault run "copy && git-vault -C \"\$repo\" state save \
		--new --env prod - <file >id 2>err" "name=stdin check" &&
	test_grep said ends
'

test_done
