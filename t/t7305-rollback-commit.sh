#!/bin/sh

test_description='an environment goes back by a commit

git vault rollback --as-commit: files, index and branch go on by one commit, and
nothing that is not committed is lost; --as-branch beside it.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-rollback.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

test_expect_success '--as-commit goes back on the branch, files and index with it' '
	(
		released commit && echo mine >untracked && echo also >staged &&
		git add staged && standing >.git/after &&
		git vault rollback --as-commit -n prod >.git/plan 2>.git/err &&
		test_grep "would roll back prod" .git/err &&
		standing >.git/actual && test_cmp .git/after .git/actual &&
		test_cmp_rev HEAD bad &&
		git vault rollback --as-commit --reason "lost orders" prod \
			>.git/out 2>.git/err &&
		grep "^[AMD] " .git/out >.git/actual &&
		test_cmp .git/plan .git/actual &&
		cat >.git/expect <<-\END &&
		M .gitattributes
		A a/b/old
		M app
		M link
		D n/new
		A shape
		D shape/in
		M t.crlf
		END
		test_cmp .git/expect .git/actual &&
		commit=$(sed -n "s/^commit //p" .git/out) &&
		test_cmp_rev HEAD $commit && test_cmp_rev HEAD^ bad &&
		test "$(git rev-parse HEAD^{tree})" = \
			"$(git rev-parse deployed^{tree})" &&
		test_write_lines "A  staged" "?? untracked" >.git/expect &&
		git status --short >.git/actual &&
		test_cmp .git/expect .git/actual &&
		test "$(readlink link)" = app && test_path_is_missing n &&
		printf "one\\r\\n" >.git/expect && test_cmp .git/expect t.crlf &&
		git vault audit list --json >.git/audit &&
		test_grep "good/prod/1, id $(undo_id), commit $commit" .git/audit &&
		test_grep "lost orders" .git/audit &&
		test_path_is_missing .git/vault/rollback/pending &&
		test_path_is_missing .git/vault/rollback/played &&
		test_expect_code 128 git vault rollback --as-commit prod \
			2>.git/err &&
		test_grep "HEAD has that code already; no commit" .git/err
	)
'

test_expect_success 'to take it back is a commit more, while none is on top' '
	(
		cd ../commit && id=$(undo_id) && back=$(git rev-parse HEAD) &&
		git vault rollback --undo $id -n >.git/plan &&
		test_grep "^A n/new" .git/plan && test_cmp_rev HEAD $back &&
		git vault rollback --undo $id >.git/out &&
		test_cmp_rev HEAD^ $back &&
		test "$(git rev-parse HEAD^{tree})" = \
			"$(git rev-parse bad^{tree})" &&
		standing >.git/actual && test_cmp .git/after .git/actual &&
		test_path_is_missing .git/vault/rollback/$id &&
		id=$(undo_id) && git commit -q -m three &&
		test_expect_code 128 git vault rollback --undo $id 2>.git/err &&
		test_grep "commits were added since rollback" .git/err &&
		test_grep "git revert $(git rev-parse --short=10 HEAD^)" .git/err &&
		git checkout -q -b aside && test_expect_code 128 \
			git vault rollback --undo $id 2>.git/err &&
		test_grep "check that out first" .git/err
	)
'

test_expect_success '--as-commit keeps to a sparse checkout, and to its own worktree' '
	(
		released sparse && git sparse-checkout set --no-cone "/*" "!/a/" &&
		git vault rollback --as-commit prod >.git/out &&
		test "$(cat app)" = one && test_path_is_missing a &&
		git ls-files -t a >.git/actual && echo "S a/b/old" >.git/expect &&
		test_cmp .git/expect .git/actual &&
		git status --short >.git/actual &&
		test_must_be_empty .git/actual && git sparse-checkout disable &&
		git worktree add -q -b linked ../linked bad && standing >.git/after &&
		main=$(git rev-parse HEAD) && (
			cd ../linked/shape &&
			git vault rollback --as-commit prod >../../linked.out &&
			cd .. && test "$(cat app)" = one && test "$(cat shape)" = one &&
			test_cmp_rev linked^ bad && git status --short >../actual &&
			test_must_be_empty ../actual
		) && test_cmp_rev HEAD $main && standing >.git/actual &&
		test_cmp .git/after .git/actual
	)
'

test_expect_success 'an undo leaves what a sparse checkout has not as git has it' '
	test_create_repo ../narrow && (
		cd ../narrow && mkdir a b && echo a >a/f && echo b >b/f &&
		echo .env >.gitignore && echo K=1 >b/.env && git add . &&
		git commit -q -m one && git vault -q snapshot &&
		git vault -q good mark prod && echo aa >a/f && echo bb >b/f &&
		git commit -q -a -m two && git sparse-checkout set a &&
		test_path_is_missing b && git vault rollback prod >.git/out &&
		test "$(cat a/f b/f b/.env)" = "a
b
K=1" && git vault rollback --undo "$(undo_id)" >.git/out &&
		test "$(cat a/f b/f)" = "aa
bb" && test_path_is_missing b/.env && git status --short >.git/actual &&
		test_must_be_empty .git/actual && git sparse-checkout reapply &&
		test_path_is_missing b
	)
'

test_expect_success 'what was good in a sparse checkout comes back whole in another' '
	git init -q ../wide && (
		cd ../wide && mkdir a b && echo a >a/f && echo b >b/f &&
		echo c >b/g && git add . && git commit -q -m one &&
		git sparse-checkout set a && git vault -q snapshot &&
		git vault -q good mark prod && git sparse-checkout disable &&
		git rm -q b/f && echo cc >b/g && git commit -q -a -m two &&
		git vault rollback prod >.git/out && test "$(cat a/f b/f b/g)" = "a
b
c" && git vault rollback --undo "$(undo_id)" &&
		git status --short >.git/actual && test_must_be_empty .git/actual
	)
'

test_expect_success 'a sparse checkout that git does not apply is told of' '
	test_create_repo ../reapply && (
		cd ../reapply && mkdir x && echo one >x/in && echo one >app &&
		git add . && git commit -q -m one && git vault -q snapshot &&
		git vault -q good mark prod && echo two >app &&
		git commit -q -a -m two &&
		git sparse-checkout set --no-cone "/*" "!/x/" &&
		echo "x/in filter=bad" >.git/info/attributes &&
		git config filter.bad.smudge false &&
		git config filter.bad.required true &&
		echo "/*" >.git/info/sparse-checkout &&
		git vault rollback --as-commit prod 2>.git/err &&
		test_grep "warning: .*done, except the sparse checkout" .git/err &&
		test_grep "try .git sparse-checkout reapply" .git/err &&
		test "$(cat app)" = one && test "$(git show HEAD:app)" = one
	)
'

test_expect_success '--as-commit loses nothing that is not committed' '
	(
		released dirty && echo changed >>app && standing >.git/after &&
		git for-each-ref >.git/listed && refused () {
			test_expect_code 128 git vault rollback --as-commit \
				prod 2>.git/err &&
			test_grep "$1" .git/err && standing >.git/actual &&
			test_cmp .git/after .git/actual &&
			test_cmp_rev HEAD ${2:-bad} &&
			git for-each-ref >.git/actual &&
			test_cmp .git/listed .git/actual
		} &&
		refused "app.*git stash" && git add app &&
		refused "app.*git stash" && git reset -q --hard &&
		mkdir -p a/b && echo mine >a/b/old && standing >.git/after &&
		refused "a/b/old.*git stash" && rm -r a &&
		standing >.git/after &&
		git rev-parse deployed >.git/MERGE_HEAD &&
		refused "a merge is under way here" && rm .git/MERGE_HEAD &&
		mkdir .git/sequencer && echo "revert $(git rev-parse HEAD) one" \
			>.git/sequencer/todo &&
		refused "a revert is under way here; end it by .git revert" &&
		echo "pick $(git rev-parse HEAD) one" >.git/sequencer/todo &&
		refused "a cherry-pick is under way here" &&
		rm -r .git/sequencer && mkdir .git/rebase-apply &&
		: >.git/rebase-apply/applying &&
		refused "an am is under way here; end it by .git am" &&
		rm -r .git/rebase-apply &&
		git checkout -q --detach && refused "HEAD is no branch" &&
		git checkout -q bad && : >.git/index.lock &&
		test_expect_code 4 git vault rollback --as-commit prod &&
		rm .git/index.lock && standing >.git/actual &&
		test_cmp .git/after .git/actual &&
		echo one >app && git add app && echo onemore >>app &&
		git vault rollback --as-commit prod >.git/out &&
		test_write_lines one onemore >.git/expect &&
		test_cmp .git/expect app && test "$(git show HEAD:app)" = one &&
		test_expect_code 129 git vault rollback --as-commit \
			--scope files prod &&
		test_expect_code 129 git vault rollback --as-commit \
			--as-branch x prod
	)
'

test_expect_success 'a branch that a hook keeps where it is did not go on, and that is said' '
	(
		released hooked && mkdir -p .git/hooks &&
		cat >.git/hooks/reference-transaction <<-\END &&
		#!/bin/sh
		test "$1" != prepared || ! grep -q " refs/heads/"
		END
		chmod +x .git/hooks/reference-transaction &&
		test_expect_code 3 git vault rollback --as-commit prod \
			>.git/out 2>.git/err && test_cmp_rev HEAD bad &&
		test_grep ! "the branch moved meanwhile and stays unchanged;" .git/err &&
		commit=$(sed -n "s/^commit //p" .git/out) &&
		undo=$(sed -n "s/^undo //p" .git/out) &&
		test_grep "git refused to move the branch.*git reset --soft $(echo $commit | cut -c 1-10)" .git/err &&
		rm .git/hooks/reference-transaction &&
		test_expect_code 128 git vault rollback --undo $undo 2>.git/err &&
		test_grep "did not move refs/heads/.*git vault restore $undo --in-place" .git/err &&
		git reset -q --soft $commit && git status --short >.git/actual &&
		test_must_be_empty .git/actual &&
		git vault rollback --undo $undo && git diff --exit-code bad HEAD
	)
'

test_expect_success '--as-commit loses nothing that git ignores' '
	(
		released ignored && echo "/a" >.git/info/exclude &&
		echo "/shape/x" >>.git/info/exclude && refused () {
			standing >.git/after && test_expect_code 128 \
				git vault rollback --as-commit prod \
				2>.git/err &&
			test_grep "in the way: $1" .git/err &&
			standing >.git/actual &&
			test_cmp .git/after .git/actual && test_cmp_rev HEAD bad
		} &&
		mkdir -p a/b && echo mine >a/b/old && refused a/b/old &&
		rm -r a && echo mine >a && refused a &&
		rm a && mkdir -p a/b/old/x && refused a/b/old &&
		rm -r a && echo mine >shape/x && refused .*shape.* &&
		rm shape/x && mkdir -p a/b && echo one >a/b/old &&
		echo more >a/more && git vault rollback --as-commit prod &&
		test_write_lines a/b/old a/more shape >.git/expect &&
		find a shape -type f | sort >.git/actual &&
		test_cmp .git/expect .git/actual &&
		git status --short >.git/actual &&
		test_must_be_empty .git/actual
	)
'

test_expect_success 'a name that looks like a lock of git is none' '
	(
		released locklike && echo one >.terraform.lock.hcl &&
		git add . && git commit -q -m locked &&
		git vault -q snapshot && git vault -q good mark prod &&
		echo two >.terraform.lock.hcl && git commit -q -a -m two &&
		echo three >.terraform.lock.hcl && test_expect_code 128 \
			git vault rollback --as-commit prod 2>.git/err &&
		test_grep "terraform.lock.hcl.*git stash" .git/err &&
		git checkout -q .terraform.lock.hcl &&
		back=$(git rev-parse HEAD) &&
		mkdir -p .git/hooks &&
		cat >.git/hooks/reference-transaction <<-\END &&
		#!/bin/sh
		grep -q refs/heads/ || exit 0
		echo ".terraform.lock.hcl is in the way" >&2
		exit 1
		END
		chmod +x .git/hooks/reference-transaction &&
		test_expect_code 3 git vault rollback --as-commit prod \
			2>.git/err && test_cmp_rev HEAD $back &&
		test_path_is_missing .git/vault/restore/journal
	)
'

test_expect_success 'started in a folder that goes, it has its record' '
	(
		released goes && (cd n && git vault rollback prod 2>../.git/err) &&
		test_path_is_missing n && test_grep ! warning .git/err &&
		git rev-parse --verify refs/vault/good/prod/2 &&
		git reset -q --hard bad && git clean -q -d -f &&
		(cd n && git vault rollback --as-commit prod 2>../.git/err) &&
		test_path_is_missing n && test_grep ! warning .git/err &&
		git reset -q --hard bad && (
			cd n && GIT_DIR=../.git GIT_WORK_TREE=.. \
				git vault rollback prod 2>../.git/err
		) &&
		test_grep "warning: .* no longer exists.*next git-vault" .git/err &&
		test_path_is_file .git/vault/rollback/played &&
		git vault list 2>.git/err &&
		test_grep "finished the interrupted rollback" .git/err &&
		git rev-parse --verify refs/vault/good/prod/3 &&
		test_path_is_missing .git/vault/rollback/played
	)
'

test_expect_success 'a record that a lock kept from it is made by what comes next' '
	(
		released late && mkdir -p .git/refs/vault/good/prod &&
		: >.git/refs/vault/good/prod/2.lock &&
		git vault rollback prod >.git/out 2>.git/err &&
		test_grep "no record of its own.*next git-vault" .git/err &&
		git vault list 2>.git/err &&
		test_grep "no record of its own.*next git-vault" .git/err &&
		rm .git/refs/vault/good/prod/2.lock && git vault list &&
		says 2 $(undo_id)/to/$(git rev-parse refs/vault/good/prod/1) &&
		test_path_is_missing .git/vault/rollback/played &&
		git vault audit list --json >.git/audit &&
		grep -o "id $(undo_id)" .git/audit >.git/actual &&
		test_line_count = 2 .git/actual
	)
'

test_expect_success 'a branch has no secret in it that HEAD has not' '
	test_create_repo ../other && (
		cd ../other && echo one >app &&
		echo "password = \"Correct-Horse-41\"" >db.tf &&
		git add . && git commit -q -m one && git vault -q snapshot &&
		git vault -q good mark prod &&
		echo two >app && echo "password = var.password" >db.tf &&
		git commit -q -a -m two &&
		git vault rollback --as-branch back prod >.git/out 2>.git/err &&
		test_grep "1 file of it with secrets stays as HEAD has it" \
			.git/err &&
		test "$(git show back:app)" = one &&
		test "$(git show back:db.tf)" = "password = var.password" &&
		git rm -q db.tf && git commit -q -m three &&
		git vault rollback --as-branch gone prod &&
		test_must_fail git cat-file -e gone:db.tf &&
		git vault rollback --reason none --as-branch again prod &&
		git checkout -q again && test_expect_code 128 \
			git vault rollback --as-branch more prod 2>.git/err &&
		test_grep "HEAD has that code already; no commit" .git/err
	)
'

test_expect_success '--as-commit carries no secret into a commit' '
	(
		cd ../other && git checkout -q -B more && echo three >app &&
		echo "password = var.password" >db.tf && git add db.tf &&
		git commit -q -a -m three &&
		git vault rollback --as-commit --json prod >.git/out &&
		test "$(git show HEAD:app)" = one && test "$(cat app)" = one &&
		test "$(git show HEAD:db.tf)" = "password = var.password" &&
		python3 - .git/out "$(git rev-parse HEAD)" <<-\END
		import json, sys
		d = json.load(open(sys.argv[1]))
		assert d["commit"] == sys.argv[2] and d["moved"], d
		assert d["kept"] == 1 and d["skipped"] == 0 and d["undo"], d
		assert d["changes"] == [{"action": "change", "path": "app",
		                         "shared": False,
		                         "directory": False}], d
		END
	)
'

test_expect_success 'in a folder of a submodule it is the same' '
	test_create_repo ../module && (
		cd ../module && mkdir sub && echo one >sub/app &&
		echo "*.crlf text eol=crlf" >.gitattributes &&
		printf "one\\r\\n" >t.crlf && cp t.crlf ../expect &&
		echo "password = \"Correct-Horse-41\"" >db.tf &&
		git add . && git commit -q -m one && git vault -q snapshot &&
		git vault -q good mark prod && echo two >sub/app &&
		printf "two\\r\\n" >t.crlf && git rm -q db.tf &&
		git commit -q -a -m two && git config core.worktree "$PWD" &&
		cd sub && git vault rollback --as-branch back prod &&
		test "$(git show back:sub/app)" = one &&
		test_must_fail git cat-file -e back:db.tf &&
		git vault rollback --as-commit prod &&
		test_must_fail git cat-file -e HEAD:db.tf &&
		test "$(cat app)" = one && test_path_is_missing ../db.tf &&
		test_cmp ../../expect ../t.crlf && cd .. &&
		git status --short >.git/actual && test_must_be_empty .git/actual
	)
'

test_done
