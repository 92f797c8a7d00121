#!/bin/sh

test_description='after a rollback the commit that was rolled back from is not marked

HEAD still has the bad code then. git vault good mark refuses it until something came
of the rollback, or the user names what is meant.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-rollback.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# refused FILE: the mark of prod, with no record made, nor an event of one
refused () {
	git for-each-ref refs/vault/good >.git/before &&
		test_expect_code 128 git vault good mark prod 2>.git/err &&
		test_grep "prod was rolled back here to known-good record 1, and commit $(git rev-parse HEAD | cut -c 1-12) has the code from before, such as $1;" .git/err &&
		git for-each-ref refs/vault/good >.git/after && test_cmp .git/before .git/after
}

# of N: the commit that record N of prod is of
of () {
	git vault good show prod "$1" --json | jq -r .commit
}

# env NAME: a repository with two environments, a good release, and a bad one with a snapshot
env_repo () {
	test_create_repo "../$1" && cd "../$1" && mkdir -p live/prod live/staging &&
		echo one >live/prod/main.tf && echo one >live/prod/gone.tf && echo one >live/staging/main.tf &&
		git add . && test_tick && git commit -q -m one && git vault -q good mark prod &&
		echo two >live/prod/main.tf && echo two >live/staging/main.tf && git rm -q live/prod/gone.tf &&
		test_tick && git commit -q -a -m two && git vault -q snapshot && git vault rollback prod >.git/out
}

test_expect_success 'HEAD is refused, and the commands of the message mark what they say' '
	(
		env_repo said && refused live/prod/main.tf &&
		sed -n "s/.*as they are: \(git vault good mark --snapshot [0-9A-Za-z-]* prod\);.*/\1/p" .git/err >.git/files &&
		sed -n "s/.*all the same: \(git vault good mark --commit HEAD prod\)$/\1/p" .git/err >.git/commit &&
		test_line_count = 1 .git/files && test_line_count = 1 .git/commit &&
		sh .git/files 2>.git/err && git vault cat "good:prod:live/prod/main.tf" >.git/out &&
		echo one >.git/expect && test_cmp .git/expect .git/out &&
		sh .git/commit 2>.git/err && git vault cat "good:prod:live/prod/main.tf" >.git/out &&
		echo two >.git/expect && test_cmp .git/expect .git/out
	)
'

test_expect_success 'a commit on top, and the files of HEAD again, are marked' '
	(
		env_repo mended && refused live/prod/main.tf && git checkout -q live && rm live/prod/gone.tf &&
		git vault -q good mark prod && test "$(of 3)" = "$(git rev-parse HEAD)"
	) && (
		env_repo committed && git add . && git commit -q -m back && git vault -q good mark prod &&
		test "$(of 3)" = "$(git rev-parse HEAD)"
	)
'

test_expect_success 'an undo takes it off, and another rollback puts it on' '
	(
		env_repo undone && git vault rollback --undo "$(undo_id)" >.git/again &&
		git vault -q good mark --reason "undone" prod && git vault rollback --to 1 prod >.git/out &&
		refused live/prod/main.tf
	)
'

test_expect_success 'only the environment counts, and only what went back of it' '
	(
		env_repo other && git vault -q good mark staging && git vault good show staging >.git/out &&
		git checkout -q live && rm live/prod/gone.tf && echo three >live/staging/main.tf &&
		git vault -q good mark prod
	)
'

test_expect_success 'a whole repository, a rollback of one scope, and one by a commit' '
	(
		released whole && git vault rollback prod >.git/out && refused .gitattributes
	) && (
		env_repo scope && git vault rollback --undo "$(undo_id)" >.git/again &&
		git vault rollback --scope code prod >.git/out && refused live/prod/main.tf
	) && (
		released bycommit && git vault rollback --as-commit prod >.git/out && git vault -q good mark prod &&
		test "$(of 2)" = "$(git rev-parse HEAD)"
	)
'

test_expect_success 'another working tree, and a note that is damaged, do not stop a mark' '
	(
		env_repo linked && git worktree add -q ../linked-tree HEAD && (
			cd ../linked-tree && git vault -q good mark prod
		) && refused live/prod/main.tf && for note in .git/vault/rollback/*/note
		do
			echo junk >"$note" || return 1
		done && git vault -q good mark prod
	)
'

test_expect_success 'a commit of what was marked without being committed is refused' '
	(
		env_repo unsaved && refused live/prod/main.tf &&
		sed -n "s/.*as they are: \(git vault good mark --snapshot [0-9A-Za-z-]* prod\);.*/\1/p" .git/err >.git/files &&
		sh .git/files 2>.git/err && git add . && git commit -q -m back && echo bad >live/prod/main.tf && git commit -q -a -m bad &&
		for way in "--as-branch back" --as-commit "-n --as-commit" "--scope all --as-commit"
		do
			test_expect_code 128 git vault rollback $way prod 2>.git/err &&
			test_grep "record 3 of prod has files that differ from commit .* such as live/prod/[a-z.]*; to take them from its snapshot: git vault rollback --to 3 prod$" .git/err ||
				return 1
		done && test_must_fail git rev-parse -q --verify back &&
		git vault rollback --to 3 prod >.git/out && test "$(cat live/prod/main.tf)" = one &&
		git checkout -q live && git vault rollback --to 1 --as-branch back prod && test "$(git show back:live/prod/main.tf)" = one
	)
'

test_expect_success 'what differs outside of the environment hinders no commit' '
	(
		env_repo outside && git add . && git commit -q -m back && echo mine >live/staging/main.tf &&
		git vault -q snapshot && git vault -q good mark --snapshot latest prod && git checkout -q live &&
		echo bad >live/prod/main.tf && git commit -q -a -m bad && git vault rollback --as-branch back prod &&
		test "$(git show back:live/prod/main.tf)" = one
	)
'

test_expect_success 'who asks for no snapshot is taken at the word' '
	(
		env_repo word && git vault -q good mark --without-snapshot prod && test "$(of 3)" = "$(git rev-parse HEAD)"
	)
'

test_done
