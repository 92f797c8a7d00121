#!/bin/sh
# shellcheck disable=SC2154 # the harness, or a test that is quoted, sets them

test_description='git vault undo: the last restore, rollback, prune or delete'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

has () {
	git vault show "$1" >.git/shown 2>&1
}

# The files that are there, with their content.
tree () {
	find . -path ./.git -prune -o -type f -print | sort |
		while read -r file; do echo "$file: $(cat "$file")"; done
}

test_expect_success 'set up' '
	mkdir sub && echo 1 >a && echo 1 >sub/b && echo 1 >gone &&
	git add . && test_tick && git commit -q -m base &&
	git vault snapshot -q -m one >.git/id && one=$(cat .git/id) &&
	echo 2 >a && echo 2 >sub/b && rm gone && echo 2 >new &&
	git vault snapshot -q -m two >.git/id && two=$(cat .git/id) &&
	echo 3 >a && tree >.git/before
'

test_expect_success 'without a change there is nothing to undo' '
	test_expect_code 128 git vault undo 2>.git/err &&
	test_grep "nothing to undo" .git/err
'

test_expect_success 'a restore is shown, undone, and redone' '
	git vault restore $one --in-place && tree >.git/restored &&
	git vault undo -n >.git/out &&
	test_grep "last change: restore" .git/out &&
	test_grep "to undo it: git vault restore 2.* --in-place --delete" .git/out &&
	test_grep "^M a" .git/out && test_grep "^D gone" .git/out &&
	tree >.git/actual && test_cmp .git/restored .git/actual &&
	git vault undo --yes && tree >.git/actual &&
	test_cmp .git/before .git/actual &&
	git vault undo --yes && tree >.git/actual &&
	test_cmp .git/restored .git/actual &&
	git vault undo --yes && tree >.git/actual &&
	test_cmp .git/before .git/actual
'

test_expect_success 'where nobody can be asked nothing is done without --yes' '
	test_expect_code 1 git vault undo 2>.git/err &&
	test_grep "git vault undo --yes" .git/err &&
	tree >.git/actual && test_cmp .git/before .git/actual
'

test_expect_success PYTHON 'on a terminal it asks' '
	test_might_fail answering n -- git vault undo >.git/out &&
	test_grep "undo this restore" .git/out &&
	tree >.git/actual && test_cmp .git/before .git/actual &&
	answering y -- git vault undo >.git/out &&
	tree >.git/actual && test_cmp .git/restored .git/actual &&
	git vault undo --yes
'

test_expect_success 'only the paths that were restored go back, from any directory' '
	(cd sub && git vault restore $one --in-place b) && echo later >a &&
	git vault undo -n >.git/out && test_grep "^M sub/b" .git/out &&
	test_grep ! "^M a" .git/out && git vault undo --yes &&
	test "$(cat a)" = later && test "$(cat sub/b)" = 2 && echo 3 >a
'

test_expect_success 'a file that the user made meanwhile stays' '
	git vault restore $two --in-place a && echo mine >mine &&
	git vault undo --yes && test_path_is_file mine && rm mine &&
	tree >.git/actual && test_cmp .git/before .git/actual
'

test_expect_success 'deleted snapshots come back, and go again' '
	git vault delete $one && git vault undo --yes && has $one &&
	git vault undo --yes && ! has $one && git vault undo --yes && has $one
'

test_expect_success 'pruned snapshots come back' '
	git vault prune --yes --keep-last 1 && ! has $one &&
	git vault undo -n >.git/out &&
	test_grep "last change: prune" .git/out && git vault undo --yes &&
	has $one && has $two
'

test_expect_success JQ 'JSON says what it was, and has the document of what was done' '
	git vault restore $one --in-place -q &&
	test_expect_code 1 git vault undo --json >.git/out &&
	test "$(jq -r "[.undoes, .done, .result.dry_run] | join(\" \")" .git/out)" = \
		"restore false true" &&
	git vault undo --json --yes >.git/out &&
	test "$(jq -r "[.undoes, .done, .result.in_place] | join(\" \")" .git/out)" = \
		"restore true true" &&
	tree >.git/actual && test_cmp .git/before .git/actual
'

test_expect_success 'what left the trash does not come back, and a sentence says so' '
	git vault delete $one && git vault prune --yes --empty-trash &&
	test_expect_code 128 git vault undo 2>.git/err &&
	test_grep "none of its 1 snapshots is in the trash" .git/err &&
	git vault restore $two --in-place &&
	safety=$(git vault undo -n | sed -n "s/.*restore \(2[^ ]*\).*/\1/p") &&
	git vault delete --no-trash $safety &&
	test_expect_code 128 git vault undo 2>.git/err &&
	test_grep "cannot be undone" .git/err
'

test_expect_success 'a restore in another working tree is undone there' '
	echo 3 >a && git worktree add -q ../linked &&
	test_when_finished "rm -rf ../linked" &&
	(cd ../linked && echo 9 >a && git vault snapshot -q &&
		git vault restore $two --in-place a) &&
	test_expect_code 128 git vault undo 2>.git/err &&
	test_grep "git vault -C .*linked undo" .git/err &&
	git -C ../linked vault undo --yes && test "$(cat ../linked/a)" = 9
'

test_expect_success 'a rollback is undone, and redone' '
	git init -q roll && (
		cd roll && echo one >app && git add . && git commit -q -m one &&
		git vault -q snapshot >.git/id && git vault -q good mark prod &&
		echo two >app && git commit -q -a -m two &&
		git vault -q rollback prod >.git/out 2>&1 &&
		test "$(cat app)" = one &&
		git vault undo -n >.git/out && test_grep "last change: rollback" \
			.git/out && test "$(cat app)" = one &&
		git vault undo --yes && test "$(cat app)" = two &&
		git vault undo --yes && test "$(cat app)" = one
	) && rm -rf roll
'

test_expect_success 'a damaged memory is named' '
	echo x >.git/vault/undo &&
	test_expect_code 128 git vault undo 2>.git/err &&
	test_grep "damaged" .git/err && rm .git/vault/undo
'

test_expect_success JQ 'set up for faults' '
	git init -q ../ready && (
		cd ../ready && echo 1 >a && echo 1 >b &&
		git vault snapshot -q -m one >.git/id && one=$(cat .git/id) &&
		echo 2 >a && rm b && echo 2 >c &&
		git vault snapshot -q -m two >.git/id && tree >../before &&
		cp -a . ../done && cd ../done &&
		git vault restore $one --in-place -q && tree >../restored
	) && mv ../ready ../done ../before ../restored . &&
	one=$(git -C ready vault list --json | jq -r ".snapshots[1].id") &&
	two=$(cat ready/.git/id)
'

fresh () {
	rm -rf work && cp -a $1 work && cd work || return
}

# Whatever happened: after an undo all is as it was.
check_restore () {
	(
		cd work && git vault status >/dev/null 2>&1
		git vault undo --yes >/dev/null 2>&1
		tree >../after
	) && test_cmp before after
}

check_delete () {
	git -C work vault undo --yes >out 2>&1
	git -C work vault show "$one" >out
}

# Of an undo that was struck: all of it or nothing, and no snapshot is lost.
check_undo () {
	(cd work && git vault status >/dev/null 2>&1; tree >../after)
	cmp -s before after || cmp -s restored after || return 1
	git -C work vault show "$one" >out && git -C work vault show "$two" >out
}

for mode in kill enospc
do
	test_expect_success JQ "a restore that is struck is undone whole: $mode" '
		for_each_fault $mode \
			"fresh ready && git vault restore \$one --in-place" check_restore
	'

	test_expect_success JQ "so is a deletion: $mode" '
		for_each_fault $mode "fresh ready && git vault delete \$one" check_delete
	'

	test_expect_success JQ "an undo is done or not: $mode" '
		for_each_fault $mode "fresh done && git vault undo --yes" check_undo
	'
done

test_done
