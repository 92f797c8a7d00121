#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='who may change what: rules of the policy, and approvals'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-access.sh"

test_expect_success 'set up: a team, and rules on the branch' '
	team && rules "
	  - {paths: [config/prod.yaml], keys: [db.**], approvals: 1, by: [dba]}
	  - {env: prod, roles: [sre, dba]}" &&
	for who in bob carol dan
	do
		as $who git pull -q || return 1
	done
'

explain () {
	explaining_=$1 && shift &&
		as "$explaining_" git vault config access explain "$@" >out 2>err
}

test_expect_success 'explain says which rules a file is of, and who can give what is missing' '
	test_expect_code 1 explain bob config/prod.yaml && cat out err &&
	test_grep "^config/prod.yaml$" out &&
	test_grep "gitvault.yaml:6  1 approval by dba but the author" out &&
	test_grep "not met; 0 of 1 approvals; can approve: carol" out &&
	test_grep "gitvault.yaml:7  changed by sre or dba" out &&
	test_grep "^    met$" out &&
	test_expect_code 1 explain dan config/prod.yaml &&
	test_grep "dan does not have that role" err
'

test_expect_success 'an approval is of a commit, and of one that a rule is about' '
	test_expect_code 128 as bob git vault config approve nosuch 2>err &&
	test_grep ".nosuch. is not a commit; to list branches: git branch -a" err &&
	test_expect_code 128 as bob git vault config approve HEAD 2>err &&
	test_grep "no rule asks for approvals of these commits; to see the rules: git vault config access explain" err
'

test_expect_success '... of a key, by the layer that has it' '
	test_expect_code 1 explain bob --env prod db.host &&
	test_grep "^config/prod.yaml (db.host)$" out &&
	explain bob --env prod pool && test_grep "^config/prod.yaml (pool)$" out &&
	test_expect_code 1 explain bob --env prod --as dan pool &&
	test_grep "dan does not have that role" err
'

test_expect_success '... of a base that all environments have, and not of another environment' '
	explain bob config/base.yaml && test_grep "changed by sre or dba" out &&
	explain dan config/dev.yaml && test_grep "no rule of access is about" err
'

test_expect_success '... and of the policy, which its owners alone change' '
	test_expect_code 1 explain bob .gitvault.yaml &&
	test_grep "only owner may change it" err &&
	explain alice .gitvault.yaml
'

test_expect_success 'validate names the approvals that commits still lack' '
	as bob git vault config validate --env prod >out 2>err &&
	as bob sh -c "sed -i s/db1/db9/ config/prod.yaml && git commit -q -a -m db9" &&
	test_expect_code 1 as bob git vault config validate --env prod >out 2>err &&
	test_grep "^config/prod.yaml: error: approval: .*(db.host): 1 more approval is needed .*by carol" out &&
	as bob git vault config validate --env dev >out 2>err && ! grep approval out &&
	as bob git reset -q --hard HEAD~1
'

test_expect_success 'a clone without rules has none' '
	git init -q plain && cd plain && echo a >a && git add a && git commit -q -m a &&
	git vault config access explain a 2>err && test_grep "has no rules of access" err &&
	test_must_fail git vault config approve 2>err && test_grep "no rules of access" err &&
	test_must_fail git vault config access show 2>err && test_grep "no verb .show" err
'

test_expect_success 'a change waits for an approval, and its author gives none' '
	as bob sh -c "git checkout -q -b host && git vault config set --env prod db.host db9 &&
		git commit -q -a -m host && git push -q origin host" &&
	test_expect_code 1 explain bob && cat out err &&
	test_grep "^config/prod.yaml (db.host)$" out &&
	test_grep "1 more approval is needed .*; by carol: git vault config approve" err &&
	test_must_fail as bob git vault config approve 2>err &&
	test_grep "an approval of bob counts for nothing" err &&
	as dan git fetch -q &&
	test_must_fail as dan git vault config approve origin/host 2>err &&
	test_grep "an approval of dan counts for nothing" err
'

test_expect_success 'who may approve does, and it is shared' '
	later 60 && as carol git fetch -q &&
	as carol git vault config approve --reason "seen" origin/host 2>err && cat err &&
	test_grep "carol approves config/prod.yaml (db.host)" err &&
	share carol bob && explain bob && test_grep "1 of 1 approvals by carol" out &&
	as carol git vault audit list --kind config-approve >out &&
	test_grep config-approve out
'

test_expect_success 'an approval survives a rebase, and dies with any change' '
	as bob sh -c "git fetch -q && git commit -q --amend -m again" && explain bob &&
	as dan sh -c "echo x >other && git add other && git commit -q -m other &&
		git push -q origin HEAD:main" &&
	as bob sh -c "git fetch -q && git rebase -q origin/main" && explain bob &&
	as bob sh -c "git vault config set --env prod pool 6 && git commit -q --amend -a --no-edit" &&
	test_expect_code 1 explain bob && test_grep "1 more approval" err
'

test_expect_success '... and with a change of what it was made on' '
	as bob sh -c "git reset -q --hard origin/host && git rebase -q origin/main" && explain bob &&
	as alice sh -c "git pull -q && sed -i s,5,7, config/prod.yaml &&
		git commit -q -a -m pool && git push -q origin HEAD:main" &&
	as bob sh -c "git fetch -q && git rebase -q origin/main" &&
	test_expect_code 1 explain bob && test_grep "1 more approval" err
'

test_done
