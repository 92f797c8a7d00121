#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault repair: marks and tombstones that are lost

Nothing says again what a lost version of them said: the ref goes back to the
newest that is whole, what was told since then is named as lost, and all goes
on. Not as long as a remote may have it.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-lose.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
marks=refs/vault/marks deleted=refs/vault/deleted

test_expect_success 'snapshots, pinned and deleted one by one, all loose' '
	test_create_repo "$base" && cd "$base" && echo 1 >f && git add f &&
	test_tick && git commit -q -m one && for i in 1 2 3 4 5 6
	do
		echo $i >f && test_tick && git vault -q snapshot || return 1
	done && git vault list --id-only | sort >../ids &&
	i=0 && for id in $(cat ../ids)
	do
		i=$((i + 1)) && eval "s$i=$id" || return 1
	done && git vault -q pin $s1 && test_tick && git vault -q pin $s2 &&
	test_tick && git vault -q pin $s3 && git vault -q delete $s4 &&
	test_tick && git vault -q delete $s5 &&
	unpack && git vault verify
'

pinned () {
	git vault list --json | tr "{" "\n" | grep "\"pinned\":true" |
		sed "s/.*\"id\":\"\([^\"]*\)\".*/\1/" | sort
}

all_is_well () {
	git fsck --strict --no-dangling >../fsck 2>&1 &&
		test_must_be_empty ../fsck && git vault verify &&
		git vault repair >../again && test_grep "nothing to repair" ../again &&
		git gc -q && git vault -q pin $s6 && git vault -q unpin $s6
}

test_expect_success 'marks go back to the version before' '
	fresh && was=$(git rev-parse $marks) && before=$(git rev-parse $marks^) &&
	lose $marks && test_expect_code 1 git vault repair >../said 2>../err &&
	test_grep "^lost $marks: .*$was" ../said &&
	test_grep "^stepped back $marks: to $before of 20" ../said &&
	test_grep "^put aside $marks -> .*damaged/marks-$was.txt" ../said &&
	test_grep "pins and tags since 20.* are missing: pin again" ../err &&
	test_grep $was .git/vault/damaged/marks-$was.txt &&
	test $before = $(git rev-parse $marks) && pinned >../actual &&
	test_write_lines $s1 $s2 | sort >../expect &&
	test_cmp ../expect ../actual && all_is_well
'

test_expect_success 'also where a tree of theirs is lost, or more versions' '
	for lost in $marks^{tree} $marks:pinned
	do
		fresh && before=$(git rev-parse $marks^) && lose $lost &&
		test_expect_code 1 git vault repair >../said &&
		test_grep "^stepped back $marks: to $before of" ../said &&
		all_is_well || return 1
	done &&
	fresh && before=$(git rev-parse $marks^^) && lose $marks $marks^ &&
	test_expect_code 1 git vault repair >../said &&
	test_grep "^stepped back $marks: to $before of" ../said &&
	pinned >../actual && echo $s1 >../expect && test_cmp ../expect ../actual &&
	all_is_well
'

test_expect_success 'where none is whole they begin anew' '
	fresh && lose $marks $marks^ $marks^^ &&
	test_expect_code 1 git vault repair >../said 2>../err &&
	test_grep "^rebuilt $marks: empty" ../said &&
	test_grep "all pins and tags are missing" ../err &&
	pinned >../actual && test_must_be_empty ../actual && all_is_well
'

test_expect_success 'where only a version before is lost nothing they say goes' '
	fresh && lose $marks^ && test_expect_code 1 git vault repair >../said 2>../err &&
	test_grep "^rebuilt $marks: with its newest entries" ../said &&
	test_grep ! "pin again" ../err && pinned >../actual &&
	test_write_lines $s1 $s2 $s3 | sort >../expect &&
	test_cmp ../expect ../actual && all_is_well
'

test_expect_success 'verify names what only a version before has lost' '
	for lost in $marks^ $marks^^ "$marks^^{tree}" $marks^^:pinned \
		$deleted^ "$deleted^^{tree}"
	do
		fresh && o=$(git rev-parse "$lost") && case $lost in
		*tree*|*:*)
			now=$(git rev-parse ${lost%%[:^]*}^{tree}) &&
			test $now != $o || return 1
			;;
		esac && lose "$lost" && test_must_fail git gc -q &&
		for how in "" --all "--max-time 1h"
		do
			test_expect_code 1 git vault verify $how >../said 2>../err &&
			test_line_count = 1 ../said &&
			test_grep "^damaged ${lost%%[:^]*}: an earlier version .*$o" ../said &&
			test_grep "1 fault in" ../err &&
			test_grep "git vault repair" ../err || return 1
		done && git vault verify $s1 &&
		test_expect_code 1 git vault repair && all_is_well || return 1
	done
'

test_expect_success 'what they have lost now is told once' '
	fresh && o=$(git rev-parse $marks:pinned/$s1) && lose $marks:pinned/$s1 &&
	test_expect_code 1 git vault verify >../said &&
	test_grep "^damaged $marks:pinned/$s1: .*$o" ../said &&
	test_line_count = 1 ../said
'

test_expect_success 'deletions that are forgotten are told' '
	fresh && before=$(git rev-parse $deleted^) && lose $deleted &&
	test_expect_code 1 git vault repair >../said 2>../err &&
	test_grep "^stepped back $deleted: to $before of" ../said &&
	test_grep "deletions since 20.* are missing: .* delete them again" ../err &&
	all_is_well && git vault -q delete --force $s6
'

test_expect_success 'a dry run tells of it and moves nothing' '
	fresh && o=$(git rev-parse $marks) && lose $marks &&
	test_expect_code 1 git vault repair -n >../said &&
	test_grep "^would step back $marks: to" ../said &&
	test $o = $(git rev-parse $marks) &&
	test_path_is_missing .git/vault/damaged
'

test_expect_success JQ 'JSON says where it went' '
	fresh && before=$(git rev-parse $marks^) && lose $marks &&
	test_expect_code 1 git vault repair --json >../json &&
	jq -e ".stepped | length == 1 and .[0].ref == \"$marks\" and
		.[0].how == \"back\" and .[0].version == \"$before\"" ../json
'

test_expect_success 'not as long as a remote may have it' '
	fresh && git init -q --bare ../far.git &&
	git remote add origin ../far.git && git push -q origin main &&
	git vault -q sync && git vault -q pin $s6 &&
	git clone -q --mirror . ../whole.git && unpack &&
	o=$(git rev-parse $marks) && lose $marks &&
	for remote in "" "--remote nowhere"
	do
		test_expect_code 1 git vault repair $remote >../said 2>../err &&
		test $o = $(git rev-parse $marks) &&
		test_grep "$marks stays unchanged, since a remote" ../err ||
			return 1
	done && git vault repair --remote ../whole.git >../said &&
	test_grep "^repaired commit $o: remote" ../said && unpack &&
	lose $marks && test_expect_code 1 git vault repair --remote origin \
		>../said && test_grep "^stepped back $marks" ../said &&
	git fetch -q origin && git vault sync && all_is_well
'

test_expect_success 'doctor names the command' '
	fresh && lose $marks $deleted^{tree} &&
	test_expect_code 1 git vault doctor >../said &&
	test_grep "$marks cannot be read" ../said &&
	test_grep "$deleted cannot be read" ../said &&
	test_grep "^    git vault repair$" ../said &&
	test_expect_code 1 git vault repair &&
	test_might_fail git vault doctor >../said &&
	test_grep ! "cannot be read" ../said &&
	lose $marks && git remote add origin ../far.git &&
	test_expect_code 1 git vault doctor --json >../json &&
	test_grep "\"kind\": *\"marks_damaged\"" ../json &&
	test_grep "git vault repair --remote origin" ../json
'

# What an entry says is in a file of the tree.
test_expect_success 'a pin whose words are lost holds, tags go, and it is said' '
	fresh && git vault -q tag $s1 release && git vault -q tag $s6 other &&
	unpack && lose $marks:tags/$s1 $marks:pinned/$s2 &&
	test_expect_code 3 git vault list >../said 2>../err &&
	test_grep "pins and tags of snapshot $s1 cannot be read" ../err &&
	test_grep "pins and tags of snapshot $s2 cannot be read" ../err &&
	test_expect_code 1 git vault repair >../said 2>../err &&
	test_grep "^lost $marks:tags/$s1: " ../said &&
	test_grep "^rebuilt $marks: with all .* except the missing" ../said &&
	test_grep "pins still hold, .*; set missing tags again" ../err &&
	pinned >../actual && test_write_lines $s1 $s2 $s3 | sort >../expect &&
	test_cmp ../expect ../actual &&
	git vault show $s2 >../said && test_grep "time and reason were lost" ../said &&
	git vault list --tag other --id-only >../actual && echo $s6 >../expect &&
	test_cmp ../expect ../actual && all_is_well
'

# as_marks FOLDER TEXT ID: marks in which TEXT stands for ID, by plain git
as_marks () {
	printf "$2" | git hash-object -w --stdin >../blob &&
	printf "100644 blob %s\t%s\n" "$(cat ../blob)" "$3" | git mktree >../folder &&
	{ git ls-tree $marks | grep -v "	$1$"
	printf "040000 tree %s\t%s\n" "$(cat ../folder)" "$1"; } | git mktree >../tree &&
	git update-ref $marks "$(git commit-tree -m "${4:-by hand}" -p $marks "$(cat ../tree)")"
}

test_expect_success 'marks that a person wrote without a last newline are read' '
	fresh && as_marks tags "one\ntwo" $s6 && as_marks pinned 20261120T071244Z $s1 &&
	git vault list --tag two --id-only >../actual && echo $s6 >../expect &&
	test_cmp ../expect ../actual && pinned >../actual && echo $s1 >../expect &&
	test_cmp ../expect ../actual && all_is_well
'

test_expect_success 'what is no pin and no tags is mended as the hint says' '
	for trailer in "by hand" "$(printf "marks\n\nVault-Format: 1")"
	do
		fresh && as_marks pinned yesterday $s2 "$trailer" &&
		as_marks tags "a\0b\n" $s1 "$trailer" && was=$(git rev-parse $marks) &&
		test_expect_code 3 git vault list >../said 2>../err &&
		test_grep "pins and tags of snapshot $s1 cannot be read; .git vault repair" ../err &&
		test_expect_code 0 git vault repair $s1 >../said && test $was = $(git rev-parse $marks) &&
		git vault repair -n >../said && test_grep "would rebuild $marks" ../said &&
		test $was = $(git rev-parse $marks) &&
		git vault repair >../said 2>../err && test_grep "^rebuilt $marks: " ../said &&
		git vault list >../said 2>../err && test_must_be_empty ../err &&
		pinned >../actual && echo $s2 >../expect && test_cmp ../expect ../actual &&
		git vault repair >../said && test_grep "nothing to repair" ../said &&
		all_is_well || return 1
	done
'

test_expect_success 'as long as they cannot be read show does not say that there are none' '
	for lost in $marks $marks^{tree} $marks:pinned
	do
		fresh && lose $lost &&
		test_expect_code 3 git vault show $s1 >../said 2>../err &&
		test_grep "^Tags: *not known" ../said &&
		test_grep "^Pinned: *not known" ../said &&
		test_grep "$marks, are damaged: .*git vault repair" ../err &&
		test_expect_code 3 git vault show --json $s1 >../json &&
		test_grep "\"tags\":null,\"pinned\":null," ../json &&
		test_grep "\"damaged\":true" ../json || return 1
	done &&
	fresh && git vault -q tag $s1 release && unpack && lose $marks:tags/$s1 &&
	git vault show $s1 >../said 2>../err &&
	test_grep "^Tags: *not known" ../said &&
	test_grep "pins and tags of snapshot $s1 cannot be read" ../err &&
	git vault show --json $s1 >../json &&
	test_grep "\"tags\":null,\"pinned\":true," ../json &&
	git vault show $s2 2>../err && test_must_be_empty ../err
'

test_expect_success 'as long as they cannot be read no prune lets go of theirs' '
	fresh && git vault -q tag $s6 release && unpack &&
	git vault -q snapshot --force && lose $marks:tags/$s6 &&
	for option in -n ""
	do
		test_expect_code 128 git vault prune $option --keep-last 1 \
			--keep-tag release 2>../err &&
		test_grep "nothing is deleted: pins and tags of snapshot $s6" ../err ||
		return 1
	done && git vault show $s6 &&
	test_expect_code 3 git vault prune -n --keep-last 2
'

test_expect_success 'a deletion whose day is lost stays one' '
	fresh && lose $deleted:$(echo $s4 | cut -c1-6)/$s4 &&
	test_expect_code 1 git vault repair >../said 2>../err &&
	test_grep "^rebuilt $deleted: with all its entries" ../said &&
	git ls-tree -r --name-only $deleted >../actual &&
	test_grep $s4 ../actual && test_grep $s5 ../actual && all_is_well
'

test_expect_success 'a file of theirs that says nothing stands again' '
	for ref in $marks $deleted
	do
		fresh && was=$(git rev-parse $ref) && git pack-refs --all &&
		for bytes in "" "\\0\\0\\0\\0" "garbage\\n"
		do
			mkdir -p .git/refs/vault && printf "$bytes" >.git/$ref &&
			test_expect_code 3 git vault list >../said 2>../err &&
			test_grep "$ref is damaged: it says nothing" ../err &&
			for option in -n ""
			do
				test_expect_code 128 git vault prune $option \
					--keep-last 1 2>../err &&
				test_grep "nothing is deleted" ../err || return 1
			done &&
			test_expect_code 1 git vault doctor >../said &&
			test_grep "file of the ref $ref says nothing" ../said &&
			test_grep "^    git vault repair$" ../said &&
			test_expect_code 1 git vault repair -n >../said &&
			test_grep "^would find again $ref: .*$was" ../said &&
			git vault repair >../said &&
			test_grep "^found again $ref: .*$was" ../said &&
			test $was = $(git rev-parse $ref) || return 1
		done && all_is_well || return 1
	done
'

test_expect_success 'not under the lock of another, and none is left' '
	fresh && was=$(git rev-parse $marks) && : >.git/$marks &&
	: >.git/$marks.lock && test_expect_code 4 git vault repair 2>../err &&
	test_grep "another git holds the lock .*marks.lock; if no git" ../err &&
	test_must_be_empty .git/$marks && rm .git/$marks.lock &&
	git vault repair && test $was = $(git rev-parse $marks) &&
	test_path_is_missing .git/$marks.lock
'

test_done
