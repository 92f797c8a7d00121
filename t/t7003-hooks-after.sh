#!/bin/sh

test_description='hooks after a merge, a checkout, a commit, and rewriting

They tell and keep, and never make the command of git fail.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
token=ghp_$(printf x | sha256sum | cut -c1-36)

commit () {
	echo "$2" >"$1" && git add "$1" && git commit -q --no-verify -m "$1"
}

# how many snapshots there are
count () {
	git for-each-ref refs/vault/snapshots | wc -l
}

# newest FIELD: of the newest snapshot
newest () {
	git vault list --json -n 1 | sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

test_expect_success 'a merge takes a snapshot' '
	commit a a && git init -q --bare ../to.git &&
	git remote add origin ../to.git && git push -q origin HEAD:main &&
	git clone -q ../to.git ../other 2>$T/err && git -C ../other checkout -q main &&
	git vault hooks install >$T/out &&
	(cd ../other && commit b b && git push -q origin main) &&
	git fetch -q && git merge -q origin/main >$T/out 2>$T/err &&
	test_must_be_empty $T/err && test $(count) = 1 &&
	test "$(newest trigger)" = hook &&
	test "$(newest base)" = "$(git rev-parse HEAD)"
'

test_expect_success 'so does pull, and a true merge' '
	(cd ../other && commit c c && git push -q origin main) &&
	git pull -q --ff-only origin main 2>$T/err && test $(count) = 2 &&
	(cd ../other && commit d d && git push -q origin main) && commit e e &&
	git pull -q --no-rebase --no-edit origin main 2>$T/err &&
	test $(count) = 3 && git diff --quiet && git diff --cached --quiet
'

test_expect_success 'what the merge brought is told, and the merge stands' '
	(cd ../other && commit t.yaml "token: $token" && git push -q origin main) &&
	git pull -q --no-rebase --no-edit origin main 2>$T/err &&
	git rev-parse HEAD^2 && test_grep "t.yaml:1: likely: github-pat" $T/err &&
	test_grep "the merge brought 1 likely secret" $T/err &&
	test_grep ! "$token" $T/err && test $(count) = 4 &&
	range=$(sed -n "s/.*--range \([^ ]*\)$/\1/p" $T/err) &&
	test_expect_code 1 git vault scan --range "$range" >$T/out 2>$T/err
'

test_expect_success 'a merge that brings nothing, and one that only stages, do nothing' '
	git merge -q origin/main >$T/out 2>$T/err && test_must_be_empty $T/err &&
	(cd ../other && commit f f && git push -q origin main) && git fetch -q &&
	git merge -q --squash origin/main >$T/out 2>$T/err && test $(count) = 4 &&
	git commit -q -m squashed
'

test_expect_success 'vault.hookSnapshot=false has none taken' '
	git config vault.hookSnapshot false &&
	git pull -q --no-rebase --no-edit origin main 2>$T/err &&
	test $(count) = 4 && git config --unset vault.hookSnapshot
'

test_expect_success 'a trouble is told, and the merge stands' '
	(cd ../other && commit g g && git push -q origin main) &&
	echo "scan: [" >.gitvault.yaml && git pull -q --no-rebase --no-edit origin main 2>$T/err &&
	test_grep "were not scanned for secrets: .*gitvault.yaml" $T/err &&
	rm .gitvault.yaml && test_path_exists g
'

test_expect_success 'a checkout tells in one line what it brought' '
	git checkout -q -b old HEAD~ && git checkout -q main 2>$T/err &&
	test_must_be_empty $T/err && git checkout -q --orphan none &&
	git rm -q -r -f . && commit x x 2>$T/err && git checkout -q main 2>$T/err &&
	test_grep "the checkout brought 1 likely secret" $T/err &&
	test_line_count = 1 $T/err && git checkout -q old 2>$T/err &&
	git checkout -q - -- a 2>$T/err && test_must_be_empty $T/err &&
	git checkout -q main 2>$T/err
'

test_expect_success 'a snapshot is found by the commit that was amended' '
	git checkout -q main && commit h h && was=$(git rev-parse HEAD) &&
	git vault snapshot -q >$T/id && git commit -q --amend -m other &&
	is=$(git rev-parse HEAD) && test $was != $is &&
	test "$(git vault show $is --json | sed "s/.*\"id\":\"\([^\"]*\).*/\1/")" = \
		"$(cat $T/id)" &&
	git notes --ref=vault show $is >$T/note &&
	echo "{\"from\":\"$was\",\"kind\":\"snapshot\",\"snapshot\":\"$(cat $T/id)\"}" >$T/expect &&
	test_cmp $T/expect $T/note
'

test_expect_success 'and when that is amended again, or rebased' '
	git commit -q --amend -m again &&
	git vault show HEAD --json >$T/out && test_grep "$(cat $T/id)" $T/out &&
	git notes --ref=vault show HEAD >$T/note && test_cmp $T/expect $T/note &&
	git branch base HEAD~ && commit i i && git vault snapshot -q >$T/id2 &&
	git checkout -q base 2>$T/err && commit j j && git checkout -q main &&
	git rebase -q base 2>$T/err && test_must_be_empty $T/err &&
	git vault show HEAD --json >$T/out && test_grep "$(cat $T/id2)" $T/out &&
	git vault show HEAD~ --json >$T/out && test_grep "$(cat $T/id)" $T/out
'

test_expect_success 'what was deployed does not follow' '
	git notes --ref=vault append -m \
		"{\"env\":\"prod\",\"kind\":\"state\",\"serial\":1}" &&
	git notes --ref=vault append -m "{\"env\":\"prod\",\"kind\":\"good\"}" &&
	git commit -q --amend -m anew && git notes --ref=vault show HEAD >$T/note &&
	test_line_count = 1 $T/note && test_grep "\"kind\":\"snapshot\"" $T/note
'

test_expect_success 'a snapshot that was deleted is not found by it' '
	git vault delete "$(cat $T/id2)" >$T/out 2>$T/err &&
	test_expect_code 128 git vault show HEAD 2>$T/err &&
	test_grep "none was taken on commit" $T/err
'

test_expect_success 'lines that are none change nothing' '
	git show-ref >$T/before && echo garbage |
	git vault hooks run -- post-rewrite amend 2>$T/err &&
	test_grep "s report of the rewriting is not" $T/err && git show-ref >$T/after &&
	test_cmp $T/before $T/after
'

test_expect_success 'post-commit takes a snapshot where it is asked for' '
	n=$(count) && git vault hooks install --only post-commit >$T/out &&
	commit k k && test $(count) = $((n + 1)) &&
	test "$(newest trigger)" = hook &&
	test "$(newest base)" = "$(git rev-parse HEAD)"
'

test_expect_success 'a linked working tree has its own snapshot' '
	git worktree add -q ../linked HEAD~ && cd ../linked && n=$(count) &&
	git merge -q main >$T/out 2>$T/err && test $(count) = $((n + 1)) &&
	test "$(newest base)" = "$(git rev-parse main)"
'

test_done
