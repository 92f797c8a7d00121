#!/bin/sh

test_description='the environments of a repository, and why a path belongs to one'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

# The environment and the rule of a path.
explain () {
	git vault --json env --explain "$1" >$T/json &&
	sed -n "s/.*\"environment\":\"\{0,1\}\([^\",]*\).*\"rule\":\"\{0,1\}\([^\",]*\).*/\1 \2/p" $T/json
}
is () {
	explain "$1" >$T/actual && echo "$2 $3" >$T/expect && test_cmp $T/expect $T/actual
}

test_expect_success 'a repository without files has none' '
	git vault env >$T/out && test_grep "no environments found" $T/out &&
	git vault --json env >$T/out && test_grep "\"environments\":\[\]" $T/out
'

test_expect_success 'they are listed in the order of promotion, ignored files with them' '
	for e in dev staging prod
	do
		mkdir -p live/$e/eu-west-1/db && echo a=1 >live/$e/eu-west-1/db/main.tf &&
		echo b=1 >live/$e/eu-west-1/db/vars.tf && echo x: 1 >values-$e.yaml || return 1
	done &&
	mkdir test local-dev && echo t >test/a_test.go && echo c >local-dev/c.yml &&
	echo "*.local" >.gitignore && echo k=v >.env.prod.local &&
	git add . && git commit -q -m one && git vault env >$T/out &&
	sed -n "2,4s/ .*//p" $T/out >$T/actual && printf "dev\nstaging\nprod\n" >$T/expect &&
	test_cmp $T/expect $T/actual && test_grep "^prod  *prod  *4  *directory, suffix  *eu-west-1" $T/out &&
	test_grep "^3 files of no environment" $T/out &&
	git vault --json env >$T/out &&
	test_grep "\"name\":\"prod\",\"tier\":\"prod\",\"order\":3,\"after\":\"staging\",\"files\":4,\"by_name\":0,\"rules\":{\"directory\":2,\"suffix\":2},\"regions\":\[\"eu-west-1\"\]" $T/out
'

test_expect_success 'each path has one rule, also one that is not there' '
	is live/prod/eu-west-1/db/main.tf prod directory && is values-dev.yaml dev suffix &&
	is .env.prod.local prod suffix && is live/prod/new.tf prod directory &&
	is test/a_test.go null null && is local-dev/c.yml null null && is main.tf null null &&
	git vault env --explain live/prod/eu-west-1/db/main.tf >$T/out &&
	test_grep "live/prod. is next to .live/dev., and 2 of the 2 names" $T/out &&
	(cd live/dev && git vault env --explain ./eu-west-1 >$T/out) &&
	test_grep "^live/dev/eu-west-1: dev" $T/out &&
	test_expect_code 129 git vault env --explain ../outside 2>$T/err &&
	test_grep "outside the working tree" $T/err
'

test_expect_success 'the policy decides first, by patterns, directories, aliases and keys' '
	mkdir -p blue && echo a >blue/x && cat >.gitvault.yaml <<-\END &&
	environments:
	  production:
	    paths: [test, "live/dev/**/vars.tf"]
	    aliases: blue
	    keys: params.yaml#Env.prod
	  staging: {after: production}
	END
	is test/a_test.go production policy && is live/dev/eu-west-1/db/vars.tf production policy &&
	is live/dev/eu-west-1/db/main.tf dev directory && is blue/x production name &&
	is values-prod.yaml production suffix && is "params.yaml#Env.prod.size" production policy &&
	is "params.yaml#Env.dev" null null &&
	git vault env --explain test/a_test.go >$T/out && test_grep "gitvault.yaml:2: environments.production.paths has .test." $T/out &&
	git vault env >$T/out && sed -n "2,4s/ .*//p" $T/out >$T/actual &&
	printf "dev\nproduction\nstaging\n" >$T/expect && test_cmp $T/expect $T/actual
'

test_expect_success 'what the policy says decides the scope of secrets, and policy diff lists the rest' '
	git vault --json env --explain test/a_test.go >$T/out && test_grep "\"scope\":\"production\"" $T/out &&
	git vault --json env --explain values-prod.yaml >$T/out && test_grep "\"scope\":\"production\"" $T/out &&
	git vault env --explain local-dev/c.yml >$T/out 2>$T/err && test_grep "scope  *dev" $T/out &&
	test_grep "git vault policy diff" $T/err &&
	git vault policy diff >$T/out && test_grep "^scope of local-dev (1 file): dev, by its name; the tree says: no environment" $T/out &&
	echo "secrets: {scopes: [{path: local-dev/**, scope: shared}]}" >>.gitvault.yaml &&
	git vault policy diff >$T/out 2>$T/err && test_must_be_empty $T/out
'

test_expect_success 'what holds for one is shown with the line that says so' '
	printf "environments:\n  prod:\n    rto: 4h\n    freeze: fri 16:00..mon 08:00\nrollback: {approvals: 1}\n" >.gitvault.yaml &&
	git vault policy show --env prod >$T/out &&
	test_grep "^rto  *4h  *.gitvault.yaml:3" $T/out &&
	test_grep "^freeze  *fri 16:00..mon 08:00  *.gitvault.yaml:4" $T/out &&
	test_grep "^approvals  *1  *.gitvault.yaml:5, rollback.approvals" $T/out &&
	test_grep "^seal  *full  *default" $T/out && test_grep "^after  *staging  *by its name" $T/out &&
	git vault --json policy show --env dev >$T/out &&
	test_grep "{\"key\":\"tier\",\"value\":\"dev\",\"from\":\"name\"" $T/out &&
	test_expect_code 128 git vault policy show --env nope 2>$T/err &&
	test_grep "no environment .nope.; to list them: git vault env" $T/err &&
	test_expect_code 129 git vault policy diff --env prod 2>$T/err
'

test_expect_success 'keys of a file name environments where others are next to them' '
	printf "Mappings:\n  Env:\n    prod: {Size: 3}\n    dev: {Size: 1}\nTest: {test: 1}\n" >cfn.yaml &&
	is "cfn.yaml#Mappings.Env.prod.Size" prod key && is "cfn.yaml#Mappings.Env" null null &&
	is "cfn.yaml#Test.test" null null && is "gone.yaml#a.prod" null null &&
	git vault env --explain "cfn.yaml#Mappings.Env.dev" >$T/out &&
	test_grep "Mappings.Env.dev. in line 4 of .cfn.yaml. is next to prod" $T/out
'

test_expect_success '… and all of these are listed' '
	printf "matrix:\n  include:\n  - {environment: staging, n: 1}\n  - {environment: prod, n: 2}\n" >m.yml &&
	printf "dev: 1\nprod: 2\n" >hidden.local && printf "{\"scripts\": {\"dev\": 1, \"test\": 2}}\n" >package.json &&
	git vault env --keys >$T/out && test_grep "^cfn.yaml#Mappings.Env  *2  *prod, dev" $T/out &&
	test_grep "^m.yml#matrix.include  *2  *staging, prod" $T/out && test_line_count = 3 $T/out &&
	git vault --json env --keys >$T/out &&
	test_grep "{\"path\":\"cfn.yaml\",\"key\":\"Mappings.Env\",\"line\":2,\"environments\":\[\"prod\",\"dev\"\]}" $T/out &&
	test_expect_code 129 git vault env --keys --status 2>$T/err && rm cfn.yaml m.yml hidden.local package.json
'

test_expect_success 'what is wrong in the policy is told with its line' '
	printf "environments:\n  a: {after: b}\n  b: {after: a}\n" >.gitvault.yaml &&
	test_expect_code 128 git vault env 2>$T/err && test_grep "gitvault.yaml:2: a comes after itself" $T/err &&
	printf "environments:\n  a:\n    teir: prod\n" >.gitvault.yaml &&
	test_expect_code 128 git vault env 2>$T/err &&
	test_grep "gitvault.yaml:3: there is no key .teir.; the nearest is .tier." $T/err && rm .gitvault.yaml
'

test_expect_success 'a name that nobody accepted takes no files over' '
	git clone -q . ../theirs && (
		cd ../theirs && git vault init -q >/dev/null 2>&1 &&
		printf "environments:\n  evil: {paths: [live/prod], aliases: [staging]}\n" >.gitvault.yaml &&
		git add . && git commit -q -m evil && git update-ref refs/remotes/origin/main HEAD &&
		git vault --json env --explain live/prod/eu-west-1/db/main.tf >$T/out 2>$T/err
		git vault policy show --env prod >$T/show 2>&1 &&
		git vault policy show --env evil >$T/evil 2>&1
	) && test_grep "\"environment\":\"prod\".*\"scope\":\"prod\"" $T/out &&
	test_grep "^paths  *-  *.*the present value is not accepted" $T/evil
'

test_expect_success 'the status says what of each component could be got back' '
	git init -q ../status && (
		cd ../status && for e in dev prod
		do
			mkdir -p live/$e/db charts/web && echo "a = 1" >live/$e/db/main.tf &&
			echo "x: 1" >charts/web/values-$e.yaml || exit 1
		done && echo "name: web" >charts/web/Chart.yaml &&
		echo "*.img" >.gitignore && git add . && git commit -q -m one &&
		git vault env --status >$T/out && test_grep "last whole snapshot: none" $T/out &&
		test_grep "^prod  *live/prod/db  *stack  *1  *no  *-  *-" $T/out &&
		echo "{\"version\":4,\"serial\":7,\"lineage\":\"l\",\"outputs\":{},\"resources\":[]}" \
			>live/prod/db/terraform.tfstate &&
		head -c 2000000 /dev/zero >live/prod/db/disk.img &&
		git vault -q snapshot >$T/id && git vault env --status >$T/out &&
		test_grep "last whole snapshot: $(cat $T/id)" $T/out &&
		test_grep "^prod  *prod  *3  *1  *2  *yes  *never" $T/out &&
		test_grep "^prod  *live/prod/db  *stack  *2  *in part  *7 " $T/out &&
		test_grep "^dev  *charts/web  *chart  *1  *yes" $T/out &&
		git vault state save --new --env prod --stack elsewhere live/prod/db/terraform.tfstate \
			>/dev/null 2>&1 &&
		git vault --json env --status --env prod >$T/out &&
		test_grep "\"kind\":\"state\",\"path\":null,\"files\":0,\"left_out\":0,\"stored\":false,\"stack\":\"elsewhere\",\"serial\":7" $T/out &&
		test_grep ! "\"environment\":\"dev\"" $T/out &&
		test_expect_code 128 git vault env --status --env nope 2>$T/err &&
		test_expect_code 129 git vault env --env prod 2>$T/err
	)
'

test_expect_success 'the policy says where it runs, and how new and where a snapshot is to be' '
	(
		cd ../status && printf "environments:\n  prod: {region: eu-west-1, account: \"123456789012\", every: 1d, rpo: 1h, copies: 1}\n" >.gitvault.yaml && accept_policy &&
		git vault env >$T/out && test_grep "^prod .* eu-west-1, 123456789012 " $T/out &&
		git vault env --explain live/prod/db/main.tf >$T/out && test_grep "^  region  *eu-west-1" $T/out &&
		git vault env --status >$T/out && test_grep ! "as new as" $T/out &&
		test_grep "^prod: on 0 of the 1 remotes that the policy wants (.gitvault.yaml:2: copies)" $T/out &&
		test_env GIT_VAULT_TEST_TIME=2200000000 git vault env --status >$T/out &&
		test_grep "^prod: no whole snapshot as new as the policy wants (.gitvault.yaml:2: every, rpo)" $T/out &&
		git vault --json env --status >$T/out && test_grep "\"whole\":true,\"whole_snapshot\":\"[^\"]*\",\"late\":false,\"few_copies\":true" $T/out && test_grep "\"late\":null,\"few_copies\":null" $T/out
	)
'

test_expect_success 'the status says whose states had not settled in the snapshot' '
	(
		cd ../status && before=$(git vault list --json | sed "s/.*\"snapshots\":\[{\"id\":\"\([^\"]*\).*/\1/") &&
		git vault state lock --env prod --stack elsewhere >$T/lock 2>&1 && echo 2 >>live/dev/db/main.tf &&
		git vault -q snapshot && git vault env --status >$T/out &&
		test_grep "^prod: not whole in that snapshot: state elsewhere: it was locked; last whole in $before$" $T/out &&
		git vault --json env --status >$T/out2 && test_grep "\"whole\":false,\"whole_snapshot\":\"$before\"" $T/out2 && test_grep ! "^dev: not whole" $T/out &&
		git vault --json env --status --env prod >$T/out && test_grep "\"whole\":false" $T/out
	)
'

test_expect_success 'a bare repository is judged by HEAD' '
	git clone -q --bare . ../bare.git && git -C ../bare.git vault env >$T/out &&
	test_grep "^prod  *prod  *3 " $T/out
'

test_done
