#!/bin/sh

test_description='notes that others have pushed keep nobody from marking and revoking'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

hub=$PWD/../hub.git

test_expect_success 'a clone with a record' '
	git init -q --bare "$hub" && git remote add origin "$hub" &&
	test_commit one && git push -q origin HEAD:refs/heads/main &&
	git vault -q good mark prod && git vault -q sync &&
	code=$(git rev-parse HEAD)
'

# notes TREE-LINE...: what the remote has for notes from now on
notes () {
	tree=$(printf "%s\n" "$@" | git -C "$hub" mktree --missing) &&
	git -C "$hub" update-ref refs/notes/vault \
		"$(git -C "$hub" commit-tree -m others "$tree")"
}

# goes_on [CODE]: sync, mark, revoke and find work, and write sound trees
goes_on () {
	test_expect_code "${1:-0}" git vault sync >.git/out &&
	git vault good mark --reason again prod >.git/out &&
	n=$(git for-each-ref refs/vault/good | wc -l) &&
	git vault good revoke --reason bad prod "$n" >.git/out &&
	git vault artifact record "a$n=sha256:$(printf "%064d" "$n")" &&
	git vault artifact find "a$n" >.git/out && test_grep "^a$n " .git/out &&
	test_expect_code "${1:-0}" git vault sync >.git/out &&
	git fsck --strict --no-dangling --no-progress >.git/out 2>&1 &&
	test_must_be_empty .git/out &&
	git -C "$hub" rev-parse -q --verify "refs/vault/good/prod/$((n + 1))"
}

test_expect_success 'a folder, a gitlink and a link where the note of the commit is' '
	blob=$(echo hi | git -C "$hub" hash-object -w --stdin) &&
	folder=$(printf "100644 blob $blob\tx\n" | git -C "$hub" mktree) &&
	for entry in "040000 tree $folder" "160000 commit $code" "120000 blob $blob"
	do
		notes "$entry	$code" && goes_on || return 1
	done
'

test_expect_success 'the same, before the clone has any' '
	for entry in "040000 tree $folder" "160000 commit $code" "120000 blob $blob"
	do
		notes "$entry	$code" && git update-ref -d refs/notes/vault &&
		goes_on || return 1
	done
'

test_expect_success 'a file where a folder of notes goes' '
	notes "100644 blob $blob	${code%??????????????????????????????????????}" &&
	goes_on
'

test_expect_success 'lists that are too large together, but not each' '
	i=0 && while test $i -lt 12000
	do
		echo "{\"kind\":\"other\",\"name\":\"$i-000000000000000000000000000000000000000000\"}"
		i=$((i + 1))
	done | sort >.git/list && test "$(wc -c <.git/list)" -lt 1000000 &&
	git notes --ref=vault append -F .git/list HEAD &&
	sed "s/000/001/" .git/list >.git/list.theirs &&
	notes "100644 blob $(git -C "$hub" hash-object -w --stdin <.git/list.theirs)	$code" &&
	goes_on &&
	git notes --ref=vault show HEAD >.git/note &&
	test "$(wc -c <.git/note)" -gt 1048576
'

test_expect_success 'one that is too large for us is a conflict, and of nothing else' '
	head -c 17000000 /dev/zero | tr "\0" x >.git/huge &&
	notes "100644 blob $(git -C "$hub" hash-object -w --stdin <.git/huge)	$code" &&
	goes_on 1 && test_expect_code 1 git vault sync >.git/out &&
	test_grep "^conflict notes/vault: .*more than is read" .git/out
'

test_expect_success 'and a record of its commit is made all the same' '
	git fetch -q origin +refs/notes/vault:refs/notes/vault &&
	git vault good mark --reason again prod 2>.git/err &&
	test_grep "is made, but the note of its commit does not name it: .*more than" .git/err &&
	test_commit two && git vault good mark prod &&
	git vault artifact record b=sha256:$(printf %064d 7) &&
	git vault artifact find b >.git/out && test_grep "^b " .git/out
'

test_expect_success 'a token in a note comes out as the server says' '
	git init -q --bare ../guard.git &&
	git -C ../guard.git vault hooks install --server >.git/out &&
	git init -q ../told && cd ../told && test_commit one &&
	code=$(git rev-parse HEAD) token=ghp_$(printf x | sha256sum | cut -c1-36) &&
	git remote add origin ../guard.git &&
	git push -q origin HEAD:refs/heads/main &&
	git vault -q good mark prod && git vault -q sync >.git/out &&
	kept=$(git -C ../guard.git rev-parse refs/notes/vault) &&
	git notes --ref vault show >.git/note && test_line_count -eq 1 .git/note &&
	echo "token $token" | git notes --ref vault append -F - &&
	test_expect_code 3 git vault sync >.git/out 2>.git/err &&
	test_grep "^refused *notes/vault: .*github-pat" .git/out &&
	test_grep ! "may refuse all refs with such names;" .git/err &&
	test_must_fail git push origin refs/notes/vault 2>.git/err &&
	test_grep "out of notes it comes as git-vault-sync(1) says" .git/err &&
	git notes --ref vault add -f -F .git/note 2>.git/err &&
	test_expect_code 3 git vault sync >.git/out &&
	git update-ref refs/notes/vault \
		$(git commit-tree -m notes "refs/notes/vault^{tree}") &&
	git vault sync >.git/out && test_grep "notes/vault" .git/out &&
	git -C ../guard.git merge-base --is-ancestor $kept refs/notes/vault &&
	git -C ../guard.git log -p --format=%H refs/notes/vault >.git/out &&
	test_grep ! "$token" .git/out &&
	git -C ../guard.git notes --ref vault show $code >.git/actual &&
	test_cmp .git/note .git/actual
'

test_done
