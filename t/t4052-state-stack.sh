#!/bin/sh

test_description='git vault state: which state is meant, one rule for all verbs'
. "$(dirname "$0")/test-lib.sh"

# state SERIAL FILE
state () {
	printf '{"version":4,"terraform_version":"1.9.0","serial":%s,"lineage":"%s","outputs":{},"resources":[]}\n' \
		"$1" "${3:-7e1f}" >"$2"
}

refused () {
	test_expect_code 128 "$@" >out 2>err && test_must_be_empty out
}

test_expect_success 'a file that a snapshot stores goes on there, from any directory' '
	mkdir -p live/prod/net live/dev/net &&
	state 1 live/prod/net/terraform.tfstate && state 1 live/dev/net/terraform.tfstate 9a &&
	git vault -q snapshot >id && git vault state list >out && test_line_count = 3 out &&
	state 2 live/prod/net/terraform.tfstate &&
	git vault -q state save live/prod/net/terraform.tfstate &&
	state 3 live/prod/net/terraform.tfstate &&
	git -C live/prod vault -q state save net/terraform.tfstate &&
	state 4 live/prod/net/terraform.tfstate &&
	git -C live/prod/net vault -q state save --env prod terraform.tfstate &&
	state 5 live/prod/net/terraform.tfstate &&
	git vault -q state save "$PWD/live/prod/net/terraform.tfstate" &&
	state 6 x && git vault -q state save --env prod - <x && rm x &&
	git vault state list >out && test_line_count = 3 out &&
	git vault state log --env prod >out && test_line_count = 7 out
'

test_expect_success 'all verbs mean that one, by --env, by the directory and by the only stack' '
	for verb in show "log --json" diff restore verify "blame x" "for-resource x"
	do
		git vault state ${verb%% *} --env prod --stack live.prod.net \
			${verb#"${verb%% *}"} >one 2>&1
		git vault state ${verb%% *} --env prod ${verb#"${verb%% *}"} >two 2>&1
		git -C live/prod vault state ${verb%% *} ${verb#"${verb%% *}"} >three 2>&1
		git -C live/prod/net vault state ${verb%% *} ${verb#"${verb%% *}"} >four 2>&1
		test_cmp one two && test_cmp one three && test_cmp one four || return 1
	done
'

test_expect_success 'the lock is that of the state, and nobody else gets it' '
	git vault state lock --env prod >id &&
	git rev-parse --verify refs/vault/locks/prod/live.prod.net &&
	test_expect_code 4 git -C live/prod vault state lock 2>err &&
	test_expect_code 4 git vault state lock --stack live.prod.net --env prod 2>err &&
	git -C live/prod/net vault state unlock >out &&
	echo "prod/live.prod.net is unlocked" >expect && test_cmp expect out
'

test_expect_success 'a name that is mistyped is not locked, and the nearest is named' '
	for name in "--env prod --stack live.prod.nte" "--env prod --stack live.prod.ne" \
		"--env prd --stack live.prod.net" "--env production --stack live.prod.net" \
		"--env prdo" "--env production"
	do
		refused git vault state lock $name &&
		test_grep "did you mean --env prod --stack live.prod.net" err &&
		test_grep "git vault state lock --env .* --new$" err || return 1
	done && refused git vault state lock --env prod --stack wholly-other &&
	test_grep ! "did you mean" err && test_grep "wholly-other --new" err &&
	test -z "$(git for-each-ref refs/vault/locks)" &&
	git vault -q state lock --env prod --stack wholly-other --new &&
	git vault state unlock --env prod --stack wholly-other
'

test_expect_success 'nor saved' '
	state 1 s &&
	for name in "--env prod --stack live.prod.nte" "--env prdo" "--env staging" \
		"--env dev --stack default"
	do
		refused git vault state save $name s &&
		test_grep "git vault state save --env .* --new s$" err || return 1
	done && git vault state list >out && test_line_count = 3 out &&
	git vault -q state save --env staging --new s &&
	state 2 s && git vault -q state save --env staging s &&
	git vault state log --env staging >out && test_line_count = 3 out
'

test_expect_success 'what is read, or let go of, is told its nearest name, too' '
	refused git vault state show --env prod --stack live.prod.nte &&
	test_grep "did you mean --env prod --stack live.prod.net" err &&
	refused git vault state restore --env stagin && test_grep "did you mean --env staging" err &&
	refused git vault state unlock --env prod --stack live.prod.nte &&
	test_grep "is not locked; did you mean --env prod --stack live.prod.net" err
'

test_expect_success 'a new file has a state of its own, where another is in its environment' '
	mkdir live/prod/db && state 1 live/prod/db/terraform.tfstate 55 &&
	git vault -q state save live/prod/db/terraform.tfstate &&
	git rev-parse --verify refs/vault/state/prod/live.prod.db &&
	git vault -q snapshot >id && git vault state log --env prod --stack live.prod.db >out &&
	test_line_count = 2 out &&
	test_expect_code 129 git vault state show --env prod 2>err &&
	test_grep "several states of prod; name one by --stack" err &&
	(cd live/prod/db && git vault state show) >out && test_grep "prod/live.prod.db" out
'

test_expect_success 'the scope that the policy gives a path is its environment' '
	cat >.gitvault.yaml <<-\EOF &&
	secrets:
	  scopes:
	    - path: hosts/**
	      scope: metal
	EOF
	accept_policy && mkdir hosts && state 1 hosts/terraform.tfstate 77 &&
	git vault -q snapshot >id && git rev-parse --verify refs/vault/state/metal/hosts &&
	state 2 hosts/terraform.tfstate 77 && git vault -q state save hosts/terraform.tfstate &&
	git -C hosts vault state log >out && test_line_count = 3 out
'

test_expect_success 'the first state of a repository needs no --new, its lock does' '
	test_create_repo first && (
		cd first && state 1 s && refused git vault state lock --env prod &&
		git vault -q state save --env prod --stack net s &&
		git vault state lock --env prod && git vault state unlock --env prod
	)
'

test_expect_success 'a lock with a remote counts what the remote has' '
	git init -q --bare remote && git remote add origin remote && test_commit one &&
	git vault -q sync origin && git clone -q remote clone && (
		cd clone && git vault state lock --env staging --remote origin &&
		git vault state unlock --env staging --remote origin &&
		test_expect_code 128 git vault state lock --env stagging --remote origin 2>err &&
		test_grep "did you mean --env staging --stack default" err
	)
'

test_expect_success 'folders outside of the working tree name no environment' '
	mkdir -p ../prod/net && git init -q ../prod/clone && state 1 ../prod/net/terraform.tfstate &&
	test_expect_code 129 git -C ../prod/clone vault state save "$PWD/../prod/net/terraform.tfstate" 2>err &&
	test_grep "the environment of .* is not clear from its path; give --env ENV" err &&
	test_expect_code 129 git -C ../prod/clone vault state save ../net/terraform.tfstate 2>err &&
	test_grep "is not clear from its path" err &&
	git -C ../prod/clone vault -q state save --env dev ../net/terraform.tfstate
'

test_done
