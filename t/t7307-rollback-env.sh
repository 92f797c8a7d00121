#!/bin/sh

test_description='a rollback changes what is of its environment

Other environments stay; what is of none goes back where the record has it, and is told
apart; ignored files of another machine stay.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-rollback.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

test_expect_success 'two environments, and files of none' '
	mkdir -p live/prod live/staging modules/x .hidden && echo "*.env" >.gitignore &&
	for f in live/prod/main.tf live/prod/gone.tf live/staging/main.tf modules/x/main.tf prod.tfvars
	do
		echo one >$f || return 1
	done && echo A=1 >local.env && echo P=1 >live/prod/own.env && git add . && test_tick && git commit -q -m one &&
	git vault -q good mark prod && for f in live/prod/main.tf live/staging/main.tf modules/x/main.tf prod.tfvars
	do
		echo two >$f || return 1
	done && rm live/prod/gone.tf && echo two >live/prod/came.tf && echo two >modules/x/came.tf && echo A=2 >local.env &&
	git add -A && test_tick && git commit -q -m two
'

test_expect_success 'good mark took a snapshot of this working tree' '
	git vault list --json >out && test_grep "\"own\":true" out && rm out &&
	git vault good show prod --json >../record && test_grep "\"snapshot\":" ../record
'

test_expect_success 'the plan has its own paths first, then those of none, by whom else they are used' '
	git vault rollback -n prod >../out 2>../err && sed "/^m /d" ../out >../actual &&
	cat >../expect <<-\END &&
	D live/prod/came.tf
	A live/prod/gone.tf
	M live/prod/main.tf
	M prod.tfvars
	of no environment; staging may use them, too:
	M local.env
	  change A (sealed)
	M modules/x/main.tf
	END
	test_cmp ../expect ../actual && git vault rollback -n --json prod >../out &&
	test_grep "\"path\":\"modules/x/main.tf\"" ../out && test_grep "\"shared\":true" ../out
'

test_expect_success 'staging stays, and what came of no environment' '
	git vault rollback prod >../out 2>../err && test "$(cat live/staging/main.tf)" = two &&
	test "$(cat live/prod/main.tf)" = one && test "$(cat modules/x/main.tf)" = one &&
	test_path_is_missing live/prod/came.tf && test "$(cat modules/x/came.tf)" = two &&
	test "$(cat local.env)" = A=1 && test_grep "made known-good record 2 of prod, a candidate" ../err
'

test_expect_success 'the undo brings back just that' '
	echo three >live/staging/main.tf && git vault rollback --undo "$(undo_id ../out)" >../undone &&
	test "$(cat live/prod/main.tf)" = two && test "$(cat live/staging/main.tf)" = three &&
	test "$(cat live/prod/came.tf)" = two && test_path_is_missing live/prod/gone.tf &&
	test "$(cat local.env)" = A=2
'

test_expect_success '--scope all takes all, and code of the environment only that' '
	git vault rollback -n --scope all prod >../out && test_grep "^M live/staging/main.tf" ../out &&
	test_grep "^D modules/x/came.tf" ../out && test_grep ! "of no environment" ../out &&
	git vault rollback -n --scope code prod >../out && test_grep ! staging/main.tf ../out &&
	test_grep "^M live/prod/main.tf" ../out && test_grep ! local.env ../out
'

test_expect_success 'a commit of it, here or on a branch, has code of the environment only' '
	git vault rollback --as-branch back --json prod >../out 2>../err &&
	for f in live/prod/main.tf live/prod/gone.tf modules/x/main.tf prod.tfvars
	do
		test "$(git show back:$f)" = one || return 1
	done && test "$(git show back:live/staging/main.tf)" = two &&
	test_must_fail git cat-file -e back:live/prod/came.tf &&
	test "$(git show back:modules/x/came.tf)" = two &&
	test_grep "2 files that are not of prod stay as HEAD has them.*--scope all" ../err &&
	git log -1 --format=%b back >../out && test_grep "without that of other environments" ../out &&
	git vault rollback --as-branch whole --scope all prod 2>../err &&
	test_cmp_rev "whole^{tree}" "$(git rev-parse HEAD^)^{tree}" && test_grep ! "not of prod" ../err &&
	git stash -q && was=$(git rev-parse HEAD) && git vault rollback -n --as-commit prod >../out 2>../err &&
	cat >../expect <<-\END &&
	D live/prod/came.tf
	A live/prod/gone.tf
	M live/prod/main.tf
	M prod.tfvars
	of no environment; staging may use them, too:
	M modules/x/main.tf
	END
	test_cmp ../expect ../out && git vault rollback --as-commit prod >../out 2>../err &&
	test_cmp_rev "HEAD^{tree}" "back^{tree}" && test "$(cat live/staging/main.tf)" = two &&
	test "$(cat live/prod/main.tf)" = one && git diff --exit-code HEAD &&
	git vault rollback --undo "$(undo_id ../out)" && test_cmp_rev "HEAD^{tree}" "$was^{tree}" &&
	git reset -q --soft $was && git stash pop -q &&
	test_expect_code 129 git vault rollback --as-commit --scope code prod &&
	test_expect_code 129 git vault rollback --as-branch x --scope files prod
'

test_expect_success 'paths that do not stand here keep their environment, too' '
	git worktree add -q --no-checkout ../thin && (
		cd ../thin && git sparse-checkout set --no-cone "/*" "!/live/staging/" && git checkout -q &&
		test_path_is_missing live/staging && git vault rollback --as-commit prod >../out 2>../err &&
		test "$(git show HEAD:live/staging/main.tf)" = two && test "$(git show HEAD:modules/x/came.tf)" = two &&
		test "$(git show HEAD:live/prod/main.tf)" = one
	) && git worktree remove --force ../thin
'

test_expect_success 'a path that the policy gives to another environment stays' '
	printf "secrets:\n  scopes:\n    - path: modules/x/**\n      scope: staging\n" >.gitvault.yaml && git add .gitvault.yaml &&
	git vault policy accept --yes >../accepted 2>&1 && git vault rollback -n --to 1 prod >../out 2>../err &&
	test_grep ! modules/x ../out && test_grep "^M live/prod/main.tf" ../out && git rm -q -f .gitvault.yaml &&
	git vault policy accept --yes >../accepted 2>&1
'

test_expect_success 'production and prod are one environment' '
	git vault -q good mark production && echo three >live/prod/main.tf &&
	git vault rollback -n production >../out && test_grep "^M live/prod/main.tf" ../out &&
	test_grep ! staging ../out && git checkout -q live
'

test_expect_success 'one that no path names is told so' '
	git vault -q good mark eu9 && echo three >live/prod/main.tf && echo three >modules/x/main.tf &&
	git vault rollback -n eu9 >../out 2>../err && test_grep ! "live/prod" ../out &&
	test_grep "^M modules/x/main.tf" ../out && test_grep "no path names the environment eu9" ../err &&
	test_grep "git vault rollback --scope all eu9" ../err && git checkout -q live modules
'

test_expect_success 'a policy scope makes a path an environment its own' '
	printf "secrets:\n  scopes:\n    - path: modules/x/**\n      scope: prod\n" >.gitvault.yaml && git add .gitvault.yaml && git vault policy accept --yes >../accepted 2>&1 &&
	git vault rollback -n --to 1 prod >../out 2>../err &&
	sed "/^of no/,\$d" ../out >../actual && test_grep "^D modules/x/came.tf" ../actual &&
	git rm -q -f .gitvault.yaml
'

test_expect_success 'ignored files that another clone took stay, unless asked for' '
	git init -q --bare ../o.git && git remote add origin ../o.git && git push -q origin HEAD:main &&
	git vault -q sync && git clone -q ../o.git ../other && (
		cd ../other && git vault -q sync && echo CI=1 >local.env && mkdir -p live/prod &&
		echo CI=1 >live/prod/own.env && git vault -q good mark prod && git vault -q sync
	) && git vault -q sync && echo four >live/prod/main.tf &&
	git vault rollback -n prod >../out 2>../err && test_grep "^M live/prod/main.tf" ../out &&
	test_grep ! "local.env" ../out && test_grep ! "own.env" ../out &&
	test_grep "2 files that git ignores stay unchanged, such as .*env" ../err &&
	test_grep "git vault rollback --with-local-files prod" ../err &&
	git vault rollback -n --with-local-files prod >../out && test_grep "^M local.env" ../out &&
	test_grep "^M live/prod/own.env" ../out && git vault rollback prod >../out 2>../err &&
	test "$(cat local.env)" = A=2 && test "$(cat live/prod/own.env)" = P=1 &&
	test_grep ! "a candidate" ../err
'

# The same name of host says nothing: here both are of one machine.
test_expect_success 'good mark takes our own before that of another, and names that' '
	test_tick && git commit -q --allow-empty -m three && git push -q origin HEAD:main && (
		cd ../other && git pull -q origin main && git vault -q snapshot --force && git vault -q sync
	) && git vault -q sync && git vault -q good mark prod && git vault good show prod --json >../record &&
	git vault list --json | tr "{" "\n" | grep "\"own\":true" >../own &&
	test_grep "$(sed -n "s/.*\"snapshot\":\"\([0-9TZa-f-]*\)\".*/\1/p" ../record)" ../own
'

test_expect_success 'where nobody can be asked it goes on, and --yes is the same' '
	echo five >live/prod/main.tf && git vault rollback --yes prod >../out 2>../err </dev/null &&
	test_grep "^undo " ../out
'

test_done
