#!/bin/sh

test_description='a snapshot says which environments were whole'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# state SERIAL [STATUS]: a state with one resource
state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,' "$1"
	printf '"lineage":"l","outputs":{},"resources":[{"mode":"managed",'
	printf '"type":"aws_vpc","name":"a",'
	printf '"provider":"provider[\\"registry.terraform.io/hashicorp/aws\\"]",'
	printf '"instances":[{%s"schema_version":1,"attributes":{"id":"a-%d"}}]}],' \
		"${2:+\"status\":\"$2\",}" "$1"
	printf '"check_results":null}\n'
}

# shown: what show says of environments in the newest snapshot
shown () {
	git vault show "$@" >$T/show && grep "ettled" $T/show | sed "s/:  */: /"
}

test_expect_success 'without a state nothing is said, and nothing recorded' '
	mkdir -p live/dev live/prod && echo "*.tfstate" >.gitignore &&
	for e in dev prod
	do
		echo "resource \"aws_vpc\" \"a\" {}" >live/$e/main.tf || return 1
	done &&
	git add . && git commit -q -m one && git vault snapshot && git vault show >$T/out &&
	test_grep ! -i whole $T/out && git vault --json show >$T/json && test_grep ! whole $T/json &&
	git cat-file commit $(git for-each-ref --format="%(objectname)" refs/vault/snapshots) >$T/commit &&
	test_grep ! Unsettled $T/commit
'

test_expect_success 'states without anything against them are whole' '
	state 1 >live/dev/terraform.tfstate && state 1 >live/prod/terraform.tfstate &&
	git vault snapshot && shown >$T/actual && echo "Settled: states of dev, prod" >$T/expect &&
	test_cmp $T/expect $T/actual && git vault --json show >$T/json &&
	test_grep "\"whole\":\[\"dev\",\"prod\"\],\"not_whole\":\[\]" $T/json
'

test_expect_success 'a lock is recorded, and its end makes another snapshot' '
	old=$(git vault snapshot) && git vault state lock --env prod --stack live.prod >/dev/null &&
	git vault snapshot >$T/two && test "$old" != "$(cat $T/two)" && shown >$T/actual &&
	test_write_lines "Settled: states of dev" "Not settled: states of prod (state live.prod: it was locked)" >$T/expect &&
	test_cmp $T/expect $T/actual && git vault --json show >$T/json &&
	test_grep "\"not_whole\":\[{\"environment\":\"prod\",\"stack\":\"live.prod\",\"reason\":\"locked\",\"resources\":null}\]" $T/json &&
	id=$(sed "s/ .*//" $T/two) && git cat-file commit refs/vault/snapshots/$id >$T/commit &&
	test_grep "^Vault-Unsettled: prod/live.prod locked$" $T/commit &&
	git vault snapshot >$T/three && test "$(sed "s/ .*//" $T/three)" = "$id" &&
	git vault state unlock --env prod --stack live.prod >/dev/null && git vault snapshot >$T/four &&
	test "$(sed "s/ .*//" $T/four)" != "$id" && shown >$T/actual && echo "Settled: states of dev, prod" >$T/expect &&
	test_cmp $T/expect $T/actual
'

test_expect_success 'a tainted resource speaks against it, until a state is without' '
	state 2 tainted >live/prod/terraform.tfstate && git vault snapshot && shown >$T/actual &&
	test_write_lines "Settled: states of dev" "Not settled: states of prod (state live.prod: 1 resource is tainted or deposed)" >$T/expect &&
	test_cmp $T/expect $T/actual && git vault --json show >$T/json &&
	test_grep "\"reason\":\"unfinished\",\"resources\":1" $T/json && one=$(git vault snapshot) &&
	state 3 >live/prod/terraform.tfstate && git vault snapshot && shown >$T/actual &&
	echo "Settled: states of dev, prod" >$T/expect && test_cmp $T/expect $T/actual &&
	shown "${one%% *}" >$T/actual && test_grep "1 resource is tainted" $T/actual
'

test_expect_success 'code that is not of the commit of the state speaks against it' '
	echo "resource \"aws_vpc\" \"b\" {}" >>live/prod/main.tf && git vault snapshot && shown >$T/actual &&
	test_grep "^Not settled: states of prod (state live.prod: the code is not that of its commit)$" $T/actual &&
	git checkout -q live/prod && echo note >live/prod/README && git vault snapshot &&
	shown >$T/actual && test_cmp $T/expect $T/actual
'

test_expect_success 'so does code that is newer than a state which a pipeline saved' '
	state 4 >$T/four && GIT_VAULT_TEST_TIME=$(($(date +%s) + 2)) git vault state save --env prod --stack live.prod $T/four &&
	echo "resource \"aws_vpc\" \"c\" {}" >>live/prod/main.tf &&
	GIT_VAULT_TEST_TIME=$(($(date +%s) + 4)) git vault snapshot && shown >$T/actual &&
	test_grep "^Not settled: states of prod (state live.prod: the code is not that of its commit)$" $T/actual &&
	git checkout -q live/prod
'

test_expect_success 'restore --env passes over latest where the environment is not whole' '
	whole=$(git vault snapshot) && whole=${whole%% *} &&
	git vault state lock --env prod --stack live.prod >/dev/null && echo "# later" >>live/prod/main.tf &&
	locked=$(git vault snapshot) && locked=${locked%% *} && git checkout -q live/prod &&
	git vault restore latest --in-place --env prod -n >$T/out 2>$T/err &&
	test_grep "passed over snapshot $locked, in which environment prod is not whole: state live.prod: it was locked, the code is not that of its commit" $T/err &&
	test_grep "all the same: git vault restore $locked --in-place --env prod$" $T/err &&
	test_grep "would restore ${whole##*-}" $T/err &&
	git vault restore $locked --in-place --env prod -n >$T/out 2>$T/err && test_grep ! passed $T/err &&
	git vault restore latest --in-place --env dev -n >$T/out 2>$T/err && test_grep ! passed $T/err
'

test_expect_success 'rollback passes over a record, and --to takes it' '
	git vault state unlock --env prod --stack live.prod >/dev/null && git vault -q good mark prod &&
	git vault state lock --env prod --stack live.prod >/dev/null && git vault -q snapshot &&
	git vault -q good mark --snapshot latest prod &&
	echo "# worse" >>live/prod/main.tf && git vault rollback -n prod >$T/out 2>$T/err &&
	test_grep "passed over record 2: in its snapshot .* environment prod is not whole: state live.prod: it was locked" $T/err &&
	test_grep "to go back to it all the same: git vault rollback --to 2 prod$" $T/err &&
	test_grep "^M live/prod/main.tf" $T/out && git vault rollback -n --to 2 prod >$T/out 2>$T/err &&
	test_grep ! passed $T/err && git checkout -q live/prod &&
	git vault state lock --env dev --stack live.dev >/dev/null && git vault -q snapshot &&
	git vault -q good mark --snapshot latest dev && test_expect_code 128 git vault rollback -n dev 2>$T/err &&
	test_grep "dev is whole in the snapshot of no known-good record" $T/err &&
	git vault state unlock --env dev --stack live.dev >/dev/null &&
	git vault state unlock --env prod --stack live.prod >/dev/null
'

test_expect_success 'good mark refuses a snapshot in which the environment is not whole, unless it is named' '
	git vault state lock --env prod --stack live.prod >/dev/null && git vault good list prod | wc -l >$T/expect &&
	test_expect_code 128 git vault good mark prod 2>$T/err && locked=$(git vault snapshot) && locked=${locked%% *} &&
	test_grep "environment prod is not whole in snapshot $locked: state live.prod: it was locked" $T/err &&
	test_grep "all the same: git vault good mark --snapshot $locked prod$" $T/err &&
	test_expect_code 128 git vault good mark --without-snapshot prod 2>$T/err &&
	test_grep "prod is not whole in snapshot $locked" $T/err &&
	test_expect_code 128 git vault good mark --commit HEAD prod 2>$T/err &&
	git vault good list prod | wc -l >$T/out && test_cmp $T/expect $T/out &&
	git vault good mark dev && git vault good mark --snapshot $locked prod &&
	git vault state unlock --env prod --stack live.prod >/dev/null
'

test_expect_success 'good mark refuses a newest state that is not finished, though its snapshot is whole' '
	git vault snapshot >/dev/null && git vault good mark prod && later=$(($(date +%s) + 60)) &&
	state 90 tainted >$T/tainted && state 91 >$T/done &&
	GIT_VAULT_TEST_TIME=$later git vault state save --env prod --stack live.prod $T/tainted &&
	shown >$T/actual && test_grep ! "tainted" $T/actual &&
	test_expect_code 128 git vault good mark prod 2>$T/err &&
	test_grep "prod is not whole by its newest state: state live.prod: 1 resource is tainted or deposed; to mark it all the same: git vault good mark --snapshot [^ ]* prod$" $T/err &&
	git vault good mark dev &&
	GIT_VAULT_TEST_TIME=$((later + 60)) git vault state save --env prod --stack live.prod $T/done &&
	git vault good mark prod
'

test_expect_success 'a linked worktree and a clone say the same' '
	git vault state lock --env prod --stack live.prod >/dev/null && git worktree add -q $T/linked HEAD &&
	(cd $T/linked && git vault snapshot && shown) >$T/actual &&
	test_grep "^Not settled: states of prod (state live.prod: it was locked)$" $T/actual &&
	git clone -q --mirror . $T/bare.git && (cd $T/bare.git && shown "$(git -C $T/linked vault snapshot | sed "s/ .*//")") >$T/actual &&
	test_grep "^Not settled: states of prod (state live.prod: it was locked)$" $T/actual
'

test_done
