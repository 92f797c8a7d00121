#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='an approval allows one change, and is used up by it'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-access.sh"

by () {
	GL_USER=$1 && export GL_USER && shift && as bob git push -q --no-verify origin "$@" 2>err
	by_=$?
	unset GL_USER
	return $by_
}
refused () {
	main=$(git -C remote rev-parse main) && ! by "$@" && test "$(git -C remote rev-parse main)" = "$main"
}
# approve BRANCH: carol does, with what the remote has now
approve () {
	later 60 && as carol sh -c "git fetch -q && git vault config approve origin/$1" 2>approve.err && share carol
}

test_expect_success 'set up' '
	team && rules "
	  - {paths: [\"config/prod*\"], keys: [db.**], approvals: 1, by: [dba]}
	  - {paths: [\"config/prod*\"], roles: [sre]}" &&
	for who in bob carol
	do
		as $who sh -c "git pull -q && git remote set-head origin main" || return 1
	done &&
	git -C remote vault hooks install >/dev/null &&
	as bob sh -c "git switch -q -c nine && sed -i s/db1/db9/ config/prod.yaml && git commit -q -a -m nine &&
		git push -q --no-verify origin nine" && approve nine
'

test_expect_success 'it survives a rebase over another change' '
	as bob sh -c "git switch -q -c pool origin/main && sed -i s/host:/host:/ config/base.yaml &&
		echo x: 1 >>config/base.yaml && git commit -q -a -m other" && by bob pool:main &&
	as bob sh -c "git fetch -q && git switch -q nine && git rebase -q origin/main" && by bob nine:main && cat err
'

test_expect_success 'a revert needs one of its own' '
	as bob sh -c "git fetch -q && git switch -q -c back origin/main && git revert --no-edit HEAD >/dev/null &&
		git push -q --no-verify origin back" && refused bob back:main && test_grep "1 more approval" err &&
	approve back && by bob back:main && cat err
'

test_expect_success 'the same change again is not allowed by the approval that it had' '
	as bob sh -c "git fetch -q && git switch -q -C again origin/main && sed -i s/db1/db9/ config/prod.yaml &&
		git commit -q -a -m again && git push -q --no-verify --force origin again" &&
	refused bob again:main && cat err && test_grep "1 more approval is needed" err &&
	test_grep "the change that it allowed was made before" err
'

test_expect_success '... nor through a merge that git would not list for the file' '
	old=$(git -C bob/clone rev-list --max-parents=0 main) && as bob sh -c "git switch -q -C round origin/main &&
		nine=\$(git rev-parse nine) && tree=\$(git rev-parse again^{tree}) &&
		git reset -q --hard \$(git commit-tree -p origin/main -p \$nine -m merge \$tree)" &&
	refused bob round:main && test_grep "1 more approval is needed" err
'

test_expect_success 'a new approval allows it once more, and not twice' '
	approve again && by bob again:main && cat err &&
	as bob sh -c "git fetch -q && git switch -q -C back origin/main && git revert --no-edit HEAD >/dev/null &&
		git push -q --no-verify --force origin back" && approve back && by bob back:main &&
	as bob sh -c "git fetch -q && git switch -q -C third origin/main && sed -i s/db1/db9/ config/prod.yaml &&
		git commit -q -a -m third" && refused bob third:main
'

test_expect_success 'back and forth in one push needs all of them' '
	as bob sh -c "git fetch -q && git switch -q -C flip origin/main && sed -i s/db1/db5/ config/prod.yaml &&
		git commit -q -a -m five && git push -q --no-verify --force origin flip" && approve flip &&
	as bob sh -c "git revert --no-edit HEAD >/dev/null && git push -q --no-verify --force origin flip" && approve flip &&
	as bob sh -c "sed -i s/db1/db5/ config/prod.yaml && git commit -q -a -m five" && refused bob flip:main &&
	cat err && by bob flip~1:main
'

test_expect_success 'its event says on which commit it was given' '
	as bob sh -c "git fetch -q && git switch -q -C last origin/main && sed -i s/db1/db4/ config/prod.yaml &&
		git commit -q -a -m last && git push -q --no-verify --force origin last" && approve last &&
	git -C remote vault audit list --json --kind config-approve >out && test_grep "\"target\":\"on [0-9a-f]\{40\}: config/prod" out &&
	by bob last:main
'

test_done
