#!/bin/sh

test_description='hooks make candidates of what comes to the branch of an environment

Where environments.NAME.branches of the policy says which that is: post-merge of a merge that
was made here, post-receive of a push.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

commit () {
	echo "$2" >"$1" && git add "$1" && git commit -q --no-verify -m "$1"
}

# records [DIR]: known-good records, each with its commit
records () {
	git -C "${1:-.}" for-each-ref --format="%(refname)" refs/vault/good |
		while read -r ref
		do
			echo "$ref $(git -C "${1:-.}" cat-file tag "$ref" |
				grep -o "\"gitCommit\":\"[0-9a-f]*\"},\"name\":\"git:commit\"" |
				cut -d\" -f4)"
		done
}

test_expect_success 'without branches in the policy a merge makes none' '
	commit a a && git vault hooks install >$T/out && git checkout -q -b topic &&
	commit b b && git checkout -q main && commit c c &&
	git merge -q -m merged topic 2>$T/err && records >$T/actual &&
	test_must_be_empty $T/actual
'

test_expect_success 'what is wrong in them is told with its line' '
	printf "environments:\n  prod: main\n" >.gitvault.yaml &&
	test_expect_code 128 git vault prune -n 2>$T/err &&
	test_grep "gitvault.yaml:2: prod must be a map" $T/err &&
	printf "environments:\n  prod:\n    branches: {a: b}\n" >.gitvault.yaml &&
	test_expect_code 128 git vault prune -n 2>$T/err &&
	test_grep "gitvault.yaml:3: " $T/err &&
	printf "environments:\n  prod/eu:\n    branches: main\n" >.gitvault.yaml &&
	test_expect_code 128 git vault prune -n 2>$T/err &&
	test_grep "gitvault.yaml:2: .prod/eu. is no name of an environment" $T/err &&
	printf "environments:\n  prod: {branchs: main}\n" >.gitvault.yaml &&
	test_expect_code 128 git vault prune -n 2>$T/err &&
	test_grep "branches" $T/err
'

test_expect_success 'a merge into the branch of an environment makes a candidate of it' '
	cat >.gitvault.yaml <<-\END &&
	environments:
	  prod: {branches: main}
	  stage: {branches: [main, "release/*"]}
	  dev: {branches: develop}
	END
	git add .gitvault.yaml && git commit -q -m policy &&
	git checkout -q topic && commit d d && git checkout -q main &&
	git merge -q -m merged topic 2>$T/err &&
	test_grep "record 1 of prod: the merge is a candidate" $T/err &&
	printf "%s $(git rev-parse HEAD)\n" refs/vault/good/prod/1 refs/vault/good/stage/1 \
		>$T/expect && records >$T/actual && test_cmp $T/expect $T/actual &&
	git cat-file tag refs/vault/good/prod/1 >$T/tag &&
	test_grep "^prod: candidate$" $T/tag &&
	git vault list --id-only -n 1 >$T/id && git vault good show prod 1 >$T/out &&
	test_grep "$(cat $T/id)" $T/out &&
	test_expect_code 128 git vault show good:prod 2>$T/err
'

test_expect_success 'a fast-forward makes none, nor does a branch of none' '
	git checkout -q -b release/1 main~1 && git merge -q main 2>$T/err &&
	records >$T/actual && test_cmp $T/expect $T/actual &&
	git checkout -q -b other main~1 && commit o o && git merge -q -m merged main &&
	records >$T/actual && test_cmp $T/expect $T/actual &&
	git checkout -q release/1 && git merge -q -m merged other 2>$T/err &&
	records >$T/actual && test_cmp $T/expect $T/actual
'

test_expect_success 'nor does one to a merge that was made elsewhere' '
	git branch -f before release/1 && git checkout -q -b asked release/1 &&
	commit r r && git checkout -q release/1 &&
	merge=$(git commit-tree -p before -p asked -m "Merge request" asked^{tree}) &&
	git merge -q $merge 2>$T/err && test_cmp_rev HEAD $merge &&
	test_cmp_rev ORIG_HEAD HEAD^1 &&
	records >$T/actual && test_cmp $T/expect $T/actual &&
	git reset -q --hard before && git branch -f asked $merge &&
	git pull -q --ff-only . asked 2>$T/err && test_cmp_rev HEAD $merge &&
	records >$T/actual && test_cmp $T/expect $T/actual &&
	git reset -q --hard before && git branch -q -D asked before
'

test_expect_success 'nor does a merge of which there is no reflog' '
	git checkout -q other && commit s s && git checkout -q release/1 && commit u u &&
	test_config core.logAllRefUpdates false && rm -r .git/logs &&
	git merge -q -m merged other 2>$T/err && git rev-parse HEAD^2 &&
	test_grep ! "the merge is not recorded as a" $T/err && test_path_is_missing .git/logs &&
	records >$T/actual && test_cmp $T/expect $T/actual
'

test_expect_success 'of a pattern it is made, too' '
	git checkout -q other && commit p p && git checkout -q release/1 &&
	commit q q && git merge -q -m merged other 2>$T/err &&
	echo "refs/vault/good/stage/2 $(git rev-parse HEAD)" >>$T/expect &&
	records >$T/actual && test_cmp $T/expect $T/actual
'

test_expect_success 'where the policy cannot be read the merge stands' '
	git checkout -q main && git checkout -q -b broken && echo "good: [" >.gitvault.yaml &&
	git commit -q -a -m broken --no-verify && commit x1 x && git checkout -q -b side HEAD~1 &&
	commit x2 x && git checkout -q broken && git merge -q -m merged side 2>$T/err &&
	test_grep "this is no YAML" $T/err && git rev-parse HEAD^2 &&
	records >$T/actual && test_cmp $T/expect $T/actual && git checkout -q main
'

# serve: a server, and what was pushed to it
serve () {
	rm -rf ../srv.git && git init -q --bare ../srv.git &&
		git -C ../srv.git symbolic-ref HEAD refs/heads/main &&
		git -C ../srv.git vault hooks install >$T/out &&
		{ git remote remove srv 2>/dev/null || :; } &&
		git remote add srv "$PWD/../srv.git"
}

test_expect_success 'a push to the branch makes one on the server' '
	serve && git push -q srv main 2>$T/err &&
	test_grep "record 1 of prod: the push is a candidate" $T/err &&
	printf "%s $(git rev-parse main)\n" refs/vault/good/prod/1 refs/vault/good/stage/1 \
		>$T/expect && records ../srv.git >$T/actual && test_cmp $T/expect $T/actual &&
	git -C ../srv.git vault good list >$T/out && test_grep candidate $T/out &&
	git -C ../srv.git fsck --strict --no-dangling
'

test_expect_success 'a push of another branch makes none, nor a deletion' '
	git push -q srv topic main:refs/heads/unrelated 2>$T/err &&
	git push -q srv :topic main:refs/tags/v1 2>$T/err &&
	records ../srv.git >$T/actual && test_cmp $T/expect $T/actual
'

test_expect_success 'who pushes another branch has no say in which it is of' '
	git checkout -q -b mine main && sed "s/prod: {branches: main/prod: {branches: mine/" .gitvault.yaml >p &&
	mv p .gitvault.yaml && git commit -q --no-verify -a -m mine &&
	git push -q srv mine 2>$T/err && records ../srv.git >$T/actual &&
	test_cmp $T/expect $T/actual && git checkout -q main
'

test_expect_success 'one commit is marked once, also where it was taken back' '
	git -C ../srv.git vault good revoke --reason bad prod 1 >$T/out &&
	records ../srv.git >$T/expect && git push -q srv main:release/2 2>$T/err &&
	records ../srv.git >$T/actual && test_cmp $T/expect $T/actual &&
	git push -q srv main:release/3 2>$T/err &&
	records ../srv.git >$T/actual && test_cmp $T/expect $T/actual
'

test_expect_success 'a push that is refused makes none' '
	token=ghp_$(printf x | sha256sum | cut -c1-36) &&
	commit t.yaml "token: $token" && test_must_fail git push -q srv main 2>$T/err &&
	records ../srv.git >$T/actual && test_cmp $T/expect $T/actual &&
	git reset -q --hard HEAD~1
'

test_expect_success 'by the key of the server it is signed' '
	serve && (
		GIT_VAULT_IDENTITY=$PWD/../srv.key && export GIT_VAULT_IDENTITY &&
		git vault key generate -o "$GIT_VAULT_IDENTITY" >$T/pub &&
		git push -q srv main 2>$T/err
	) && git -C ../srv.git cat-file tag refs/vault/good/prod/1 >$T/tag &&
	test_grep "\"signatures\":\[{\"keyid\":\"ssh-ed25519 " $T/tag
'

test_expect_success 'where none can be made the push stands, and it is written down' '
	serve && git -C ../srv.git config vault.receive.policy /no/such/file &&
	git -C ../srv.git config vault.receive.secrets ignore &&
	rm -f ../srv.git/hooks/pre-receive && git push -q srv main 2>$T/err &&
	test_grep "/no/such/file" $T/err && test_grep "/no/such/file" ../srv.git/vault/receive.log &&
	test "$(git -C ../srv.git rev-parse main)" = "$(git rev-parse main)"
'

test_expect_success 'where HEAD names no branch that is there, that is told who pushes' '
	serve && git -C ../srv.git symbolic-ref HEAD refs/heads/master &&
	git push -q srv topic 2>$T/err && test_must_be_empty $T/err &&
	git push -q srv main main:refs/heads/release/2 2>$T/err &&
	grep "the push to main is not recorded as a candidate.* HEAD .* refs/heads/master, " \
		$T/err >$T/told && test_line_count = 1 $T/told &&
	test_grep "git symbolic-ref HEAD refs/heads/main" $T/err &&
	test_grep "symbolic-ref HEAD refs/heads/main" ../srv.git/vault/receive.log &&
	records ../srv.git >$T/actual && test_must_be_empty $T/actual &&
	test_might_fail git -C ../srv.git vault doctor >$T/out &&
	test_grep "HEAD is refs/heads/master, which is not there" $T/out &&
	test_grep "git symbolic-ref HEAD refs/heads/BRANCH" $T/out &&
	git -C ../srv.git symbolic-ref HEAD refs/heads/main &&
	git push -q srv main~1:refs/heads/release/4 2>$T/err && test_grep ! "HEAD" $T/err &&
	test_might_fail git -C ../srv.git vault doctor >$T/out &&
	test_grep ! "HEAD is" $T/out
'

# Nothing can stand below a ref that has the name of the folder.
test_expect_success 'one that cannot be made leaves the others' '
	git checkout -q -b several main && printf "environments:\n  aa: {branches: [several, one]}\n  bb: {branches: [several, two]}\n" \
		>.gitvault.yaml && git commit -q --no-verify -a -m policy &&
	git update-ref refs/vault/good/aa HEAD &&
	git checkout -q -b aside && commit v v && git checkout -q several &&
	commit w w && git merge -q -m merged aside 2>$T/err &&
	test_grep "the merge is not recorded as a candidate: .*no candidate for aa is recorded" $T/err &&
	test_grep "record 1 of bb: the merge is a candidate" $T/err &&
	test "$(git for-each-ref --format="%(refname)" refs/vault/good/bb)" = refs/vault/good/bb/1
'

test_expect_success 'nor do they fail on a server, with one branch or several' '
	serve && git push -q srv several:main 2>$T/err &&
	git -C ../srv.git update-ref refs/vault/good/aa main &&
	git checkout -q several && git checkout -q -b one && commit y y &&
	git checkout -q several && git checkout -q -b two && commit z z &&
	git push -q srv one two several 2>$T/err &&
	test "$(grep -c "no candidate for aa is recorded" $T/err)" = 2 &&
	test "$(grep -c "no candidate for aa is recorded" ../srv.git/vault/receive.log)" = 2 &&
	test "$(git -C ../srv.git for-each-ref refs/vault/good/bb | wc -l)" = 2
'

test_done
