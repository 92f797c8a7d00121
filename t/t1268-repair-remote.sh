#!/bin/sh
# shellcheck disable=SC2154

test_description='repair from a remote that is damaged itself

git fetches all or nothing, so one object that is damaged there must not keep
the others from coming: ref by ref, and where that does not do, by their names.'
. "$(dirname "$0")/test-lib.sh"

repo=$TRASH_DIRECTORY/repo base=$TRASH_DIRECTORY/base
origin=$TRASH_DIRECTORY/origin.git
. "$TEST_DIRECTORY/lib-lose.sh"

# anew: repository and remote as they were, the remote's objects loose
anew () {
	fresh && rm -rf "$origin" && cp -a "$origin.base" "$origin"
}

# spoil ID…: objects of the remote
spoil () {
	for o_
	do
		chmod u+w "$origin/objects/$(echo "$o_" | sed 's,^..,&/,')" &&
			echo none >"$origin/objects/$(echo "$o_" | sed 's,^..,&/,')" ||
			return 1
	done
}

oid () {
	git rev-parse "refs/vault/snapshots/$1"
}

test_expect_success 'a remote with two snapshots, of which one has twenty files more' '
	git init -q "$base" && (
		cd "$base" && echo a >a && git add a && git commit -q -m a &&
		echo other >other && git vault snapshot >../one && rm other &&
		for i in $(test_seq 1 20)
		do
			test_seq "$i" 300 >f$i || exit 1
		done && test_tick && git vault snapshot >../two && rm f* &&
		git init -q --bare "$origin.base" && git remote add origin "$origin" &&
		git push -q "$origin.base" HEAD "refs/vault/*:refs/vault/*" && unpack &&
		: "so few objects a push leaves loose" && rmdir "$origin.base/objects/pack"
	) && one=$(cat one) && two=$(cat two)
'

test_expect_success 'a commit, where a snapshot beside it is damaged there' '
	anew && spoil "$(oid $one:tree/other)" && o=$(oid $two) && lose "$o" &&
	git vault repair --remote origin >../actual 2>../err &&
	test_grep "^repaired commit $o: remote, origin" ../actual &&
	test_grep "cannot fetch all at once from the remote .origin" ../err &&
	git vault verify --all
'

test_expect_success 'what is lost is not given up before a remote was asked' '
	anew && o=$(oid $two) && lose "$o" "$(oid $one:tree/other)" &&
	test_expect_code 1 git vault verify >../actual 2>../err &&
	test_grep "to look for intact copies of damaged objects: git vault repair" ../err &&
	test_expect_code 1 git vault repair >../actual 2>../err &&
	test_grep "remote may have what is missing; .*--remote origin" ../err &&
	test_grep "to delete it for good, if no remote has it: git vault delete --force " ../err &&
	git vault -q delete --force $two && git vault delete --force $one 2>../err &&
	test_grep "to bring it back" ../err && anew && lose "$o" &&
	git vault delete --force $two 2>../err && test_grep "^git-vault: deleted" ../err &&
	test_grep ! "to bring it back" ../err && anew && lose "$o" &&
	git vault repair --remote origin 2>../err && git vault verify 2>../err &&
	test_grep ! "git vault repair" ../err
'

test_expect_success 'twenty files of a snapshot that is damaged there' '
	anew && spoil "$(oid $two:tree/f1)" && for i in $(test_seq 2 20)
	do
		oid $two:tree/f$i || return 1
	done >../names && lose $(cat ../names) &&
	git vault repair --remote origin >../actual &&
	test_grep "19 objects repaired, no objects lost" ../actual &&
	git vault verify --all
'

test_expect_success 'a commit that no ref brings, by its name' '
	anew && echo b >b && git add b && git commit -q -m b &&
	git push -q origin HEAD && o=$(git rev-parse HEAD^) && spoil \
		"$(git rev-parse HEAD:b)" "$(oid $one:tree/other)" \
		"$(oid $two:tree/f1)" && lose "$o" &&
	git vault repair --remote origin >../actual &&
	test_grep "^repaired commit $o: remote, origin" ../actual &&
	git vault verify --all
'

test_expect_success 'lost is what is damaged there as well, and nothing else' '
	anew && x=$(oid $two:tree/f7) && spoil "$x" && lose "$x" "$(oid $two:tree/f1)" \
		"$(oid $two:tree/f8)" "$(oid $two:tree/f9)" "$(oid $one:tree/other)" &&
	test_expect_code 1 git vault repair --remote origin >../actual 2>../err &&
	test_grep "4 objects repaired, 1 object lost" ../actual &&
	test_grep "^lost $two:tree/f7: " ../actual &&
	test_grep ! "could not be asked for" ../err
'

test_expect_success 'a remote that does not answer is asked no more' '
	anew && rm -rf "$origin" && lose $(for i in $(test_seq 1 20)
	do
		oid $two:tree/f$i
	done) && GIT_TRACE2_EVENT=$PWD/../trace test_expect_code 1 \
		git vault repair --remote origin >../actual 2>../err &&
	test_grep "20 objects lost" ../actual &&
	test_grep "cannot fetch from the remote .origin" ../err &&
	test_grep "20 objects could not be asked for .*not lost while it has" ../err &&
	test_grep ! "delete --force" ../err &&
	grep "\"event\":\"start\".*\"fetch\"" ../trace >../fetches &&
	test_line_count -le 2 ../fetches
'

test_done
