#!/bin/sh

test_description='drift of keys of a file, since a time, and since when it is'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

test_expect_success 'set up: two environments, and keys of two in one file' '
	printf "timeout: 30\nlimit: 5\n" >values-staging.yaml && printf "timeout: 30\nlimit: 9\n" >values-prod.yaml &&
	cat >cfn.yaml <<-\END && git add . && test_tick && git commit -q -m one && git tag first
	Mappings:
	  Env:
	    staging: {Size: 1, Host: db.staging.acme.io, Token: Qx7-velvet9-k2mD}
	    prod: {Size: 3, Host: db.prod.acme.io, Wait: 9, Token: Qx7-velvet9-k2mD}
	  Other:
	    staging: {A: 1}
	    prod: {A: 2}
	END
'

test_expect_success 'keys of a file are compared as environments, by their places' '
	test_expect_code 1 git vault drift "cfn.yaml#Mappings.Env.staging" "cfn.yaml#Mappings.Env.prod" >$T/out &&
	test_grep "^compared 4 keys in 1 file: 0 same, 2 intended, 2 drift, 0 unknown" $T/out &&
	test_grep "^normal  *missing  *cfn.yaml#Mappings.Env.\*.Wait  *only in prod" $T/out &&
	test_grep "^high  *secret  *cfn.yaml#Mappings.Env.\*.Token  *one secret in two" $T/out && ! grep velvet9 $T/out &&
	mkdir -p sub && (cd sub && test_expect_code 1 git vault --json drift "../cfn.yaml#Mappings.Env.prod" "../cfn.yaml#Mappings.Env.staging") >$T/out &&
	test_grep "\"left\":\"prod\",\"right\":\"staging\"" $T/out && ! grep velvet9 $T/out
'

test_expect_success '… or by a name, which stands for all maps that have it' '
	test_expect_code 1 git vault drift "cfn.yaml#staging" "cfn.yaml#prod" >$T/out &&
	test_grep "^compared 5 keys in 1 file: 0 same, 2 intended, 3 drift, 0 unknown" $T/out &&
	test_grep "cfn.yaml#Mappings.Other.\*.A  *1 in staging, 2 in prod" $T/out
'

test_expect_success '… and by the policy, next to the files of each' '
	cat >.gitvault.yaml <<-\END &&
	environments:
	  staging: {keys: cfn.yaml#Mappings.Other.staging}
	  prod: {keys: [cfn.yaml#Mappings.Other.prod]}
	END
	test_expect_code 1 git vault drift staging prod >$T/out &&
	test_grep "^compared 3 keys in 2 files: 1 same, 0 intended, 2 drift" $T/out &&
	test_grep "cfn.yaml#Mappings.Other.\*.A  *1 in staging, 2 in prod" $T/out &&
	git vault drift accept --reason "as agreed" "cfn.yaml#Mappings.Other.*.A" && rm .gitvault-drift.yaml .gitvault.yaml
'

test_expect_success 'a key, a file or an option that is none is refused by name' '
	test_expect_code 128 git vault drift "cfn.yaml#nope" "cfn.yaml#prod" 2>$T/err && test_grep ".cfn.yaml. has no key .nope." $T/err &&
	test_expect_code 128 git vault drift "gone.yaml#a" "cfn.yaml#prod" 2>$T/err && test_grep "there is no file .gone.yaml." $T/err &&
	test_expect_code 129 git vault drift "cfn.yaml#" "cfn.yaml#prod" 2>$T/err && test_grep "is not FILE#KEY" $T/err &&
	test_expect_code 129 git vault drift "cfn.yaml#staging" prod 2>$T/err && test_grep ".prod. is not FILE#KEY" $T/err &&
	test_expect_code 129 git vault drift --since first "cfn.yaml#staging" "cfn.yaml#prod" 2>$T/err &&
	test_expect_code 129 git vault drift --since first --from first prod 2>$T/err
'

test_expect_success 'since a commit, what differed before does not count' '
	git vault drift --since first staging prod >$T/out &&
	test_grep "^compared 2 keys in 1 file: 1 same, 0 intended, 0 drift, 0 unknown, 1 before$" $T/out && ! grep "in sync" $T/out &&
	printf "timeout: 60\nlimit: 9\n" >values-prod.yaml && test_tick && git commit -q -a -m two &&
	echo "new: 1" >>values-staging.yaml &&
	test_expect_code 1 git vault drift --since first staging prod >$T/out && test_grep " 2 drift, 0 unknown, 1 before$" $T/out &&
	test_grep ! "limit" $T/out && git vault drift -v --since HEAD --class value staging prod >$T/out 2>$T/err &&
	test_grep "^before  *value  *values-\*.yaml#limit" $T/out && test_grep "compared with commit $(git rev-parse HEAD)" $T/err &&
	test_expect_code 1 git vault drift --since HEAD --all >$T/out && test_expect_code 1 git vault drift --since HEAD >$T/alone && test_cmp $T/out $T/alone &&
	test_expect_code 1 git vault --json drift --since HEAD --all >$T/out && test_grep "\"drift\":1,\"unknown\":0,\"accepted\":0,\"before\":2," $T/out
'

test_expect_success '… nor since a snapshot or a date; what is no time is refused' '
	git vault -q snapshot >$T/id && git vault drift --since latest staging prod >$T/out && test_grep " 0 drift, 0 unknown, 3 before" $T/out &&
	test_expect_code 1 git vault drift --since 2005-04-07T22:13:30Z staging prod >$T/out 2>$T/err && test_grep " 2 drift" $T/out &&
	test_expect_code 128 git vault drift --since 2001-01-01 staging prod 2>$T/err && test_grep "neither a snapshot nor a commit" $T/err &&
	test_expect_code 128 git vault drift --since nonsense staging prod 2>$T/err && test_grep "nonsense" $T/err
'

test_expect_success 'the commit that made a difference is named' '
	test_expect_code 1 git vault drift -v staging prod >$T/out &&
	test_grep "values-\*.yaml#timeout .*, $(git rev-parse HEAD | cut -c1-8)" $T/out &&
	test_grep "values-\*.yaml#limit .*, $(git rev-parse first | cut -c1-8)" $T/out &&
	test_grep "values-\*.yaml#new .*not committed" $T/out &&
	test_expect_code 1 git vault --json drift staging prod >$T/out &&
	test_grep "\"value\":\"60\",\"hidden\":false,\"base\":false,\"since\":{\"commit\":\"$(git rev-parse HEAD)\",\"time\":\"2005-04-07T22:14:13Z\"}" $T/out &&
	test_grep "\"value\":\"1\",\"hidden\":false,\"base\":false,\"since\":{\"commit\":null,\"time\":null}" $T/out
'

test_expect_success 'comments that differ are a note where they are asked for' '
	mkdir -p conf && printf "# of staging\na: 1\nb: 2 # slow disks\nc: 3\n# old\nd: 4\n" >conf/values-staging.yaml &&
	printf "# of prod\na: 1\nb: 2 # fast disks\nc: 3\nd: 4\n" >conf/values-prod.yaml &&
	test_might_fail git vault drift staging prod >$T/out && test_grep ! "comments" $T/out &&
	test_might_fail git vault drift --comments staging prod >$T/out &&
	test_grep "^note  *value  *conf/values-\*.yaml#b  *the comments differ" $T/out &&
	test_grep "^note  *value  *conf/values-\*.yaml#d  *the comments differ" $T/out &&
	test_grep ! "yaml#[ac]  *the comments" $T/out && test_grep ! "disks" $T/out &&
	test_expect_code 129 git vault drift --comments --state staging prod 2>$T/err && rm -r conf
'

# state ENV SERIAL CLASS PROTECTED MORE: a file of Terraform
state () {
	mkdir -p live/$1/db && cat >live/$1/db/terraform.tfstate <<-END
	{"version":4,"terraform_version":"1.6.0","serial":$2,"lineage":"l-$1","outputs":{},"resources":[
	{"mode":"managed","type":"aws_db_instance","name":"db","provider":"p","instances":[{"attributes":
	{"id":"db-$1-$2","instance_class":"$3","deletion_protection":$4,"password":"Qx7-velvet9-k2mD","tags":{"Name":"db-$1"}},
	"sensitive_attributes":[[{"type":"get_attr","value":"password"}]]}]}$5]}
	END
}

test_expect_success 'the saved states of two environments are compared by resource' '
	state staging 7 t3.small true "" &&
	state prod 9 m5.large false ",{\"mode\":\"managed\",\"type\":\"aws_sqs\",\"name\":\"q\",\"provider\":\"p\",\"instances\":[{\"attributes\":{\"a\":1,\"b\":2}}]}" &&
	git vault init -q >/dev/null 2>&1 && git vault -q snapshot &&
	test_expect_code 1 git vault drift --state -v staging prod >$T/out &&
	test_grep "^compared 6 keys in 1 file: 0 same, 3 intended, 3 drift, 0 unknown" $T/out &&
	test_grep "^high  *guard  *live.\*.db#aws_db_instance.db.deletion_protection  *differs" $T/out &&
	test_grep "^high  *secret  *live.\*.db#aws_db_instance.db.password  *one secret" $T/out &&
	test_grep "^normal  *missing  *live.\*.db#aws_sqs  *2 keys only in prod.*prod/live.prod.db" $T/out &&
	test_expect_code 1 git vault --json drift --state staging prod >>$T/out && test_grep "\"line\":null,\"value\":null,\"hidden\":true" $T/out &&
	! grep "velvet9\|m5.large\|t3.small" $T/out &&
	test_expect_code 128 git vault drift --state staging dev 2>$T/err && test_grep "no state of .dev. is saved" $T/err &&
	test_expect_code 129 git vault drift --state --all 2>$T/err && test_expect_code 129 git vault drift --state prod production 2>$T/err
'

test_expect_success 'what differs between states is accepted, by its key alone' '
	test_when_finished "rm -f .gitvault-drift.yaml" &&
	test_expect_code 128 git vault drift accept --state --reason why "live.*.db#none" 2>$T/err &&
	test_grep "the saved states have no drift at .live" $T/err &&
	git vault drift accept --state --reason "a queue of prod" --owner ops "live.*.db#aws_sqs" >$T/out &&
	test_grep "^accepted between .*: live.\*.db#aws_sqs" $T/out &&
	test_grep "a queue of prod" .gitvault-drift.yaml && ! grep "velvet9\|m5.large" .gitvault-drift.yaml &&
	test_expect_code 1 git vault drift --state -v staging prod >$T/out && test_grep " 2 drift, 0 unknown, 1 accepted" $T/out &&
	git vault drift accept --state --reason "one for both" "live.*.db#aws_db_instance.db.password" &&
	test_expect_code 1 git vault drift --state staging prod >$T/out && test_grep " 1 drift, 0 unknown, 2 accepted" $T/out &&
	cp live/prod/db/terraform.tfstate $T/state && sed "s/serial\":9/serial\":10/; s/k2mD/k2mE/" $T/state >live/prod/db/terraform.tfstate &&
	cp live/staging/db/terraform.tfstate $T/state2 && sed "s/serial\":7/serial\":8/; s/k2mD/k2mE/" $T/state2 >live/staging/db/terraform.tfstate &&
	git vault -q snapshot && test_expect_code 1 git vault drift --state staging prod >$T/out &&
	test_grep "password.*(accepted before it changed: one for both)" $T/out && ! grep "velvet9" .gitvault-drift.yaml $T/out &&
	test_expect_code 128 git vault drift accept --state --reason why "live.*.db#aws_db_instance.db.deletion_protection" 2>$T/err &&
	test_grep "a weaker guard cannot be accepted" $T/err &&
	test_expect_code 129 git vault drift accept --state --all --reason why x
'

test_expect_success 'a resource under another address is one difference, moved' '
	test_create_repo ../moved && (
		cd ../moved && echo "*.tfstate" >.gitignore && git add . && git commit -q -m one &&
		for env in staging prod
		do
			test $env = staging && at= || at="\"module\":\"module.old\","
			mkdir -p live/$env && cat >live/$env/terraform.tfstate <<-END || return 1
			{"version":4,"terraform_version":"1.6.0","serial":1,"lineage":"l-$env","outputs":{},"resources":[
			{$at"mode":"managed","type":"aws_sqs_queue","name":"q","provider":"p","instances":[{"attributes":
			{"delay":5,"fifo":true,"size":1024,"policy":"closed"}}]}]}
			END
			echo "resource \"aws_sqs_queue\" \"q\" {}" >live/$env/main.tf
		done
		git add . && git commit -q -m two && git vault -q snapshot &&
		test_expect_code 1 git vault drift --state -v staging prod >$T/out
	) && test_grep " 1 drift" $T/out && test_grep "^normal  *moved  *live.\*#aws_sqs_queue " $T/out
'

test_expect_success '… without a key by their names alone, and nothing is in sync' '
	mkdir -p nobody && test_expect_code 1 env HOME="$PWD/nobody" XDG_CONFIG_HOME="$PWD/nobody" git vault drift --state staging prod >$T/out &&
	test_grep " 1 drift, 5 unknown" $T/out && test_grep "^unknown: live.\*.db (.* keys): needs the keys of staging and prod" $T/out &&
	! grep "in sync" $T/out
'

test_expect_success 'keys that the policy names are compared in time, too' '
	test_create_repo keys && cd keys && echo "size: 1" >values-prod.yaml &&
	printf "dev: {A: 1}\nprod: {A: 2}\n" >params.yaml &&
	echo "environments: {prod: {keys: [params.yaml#prod]}}" >.gitvault.yaml &&
	git add . && git commit -q -m one && git vault -q snapshot && git vault drift --from latest prod >$T/out &&
	test_grep "^compared 2 keys in 2 files: 2 same" $T/out &&
	printf "dev: {A: 5}\nprod: {A: 3}\n" >params.yaml &&
	test_expect_code 1 git vault drift --from latest prod >$T/out &&
	test_grep "^compared 2 keys in 2 files: 1 same, 0 intended, 1 drift" $T/out &&
	test_grep "params.yaml#\*.A  *2 in 20.*, 3 in prod" $T/out
'

test_expect_success 'in a bare repository the files of HEAD are compared' '
	git init -q ../plain && (
		cd ../plain && printf "timeout: 30\nsize: 1\n" >values-staging.yaml && printf "size: 1\n" >values-prod.yaml &&
		git add . && test_tick && git commit -q -m one && test_expect_code 1 git vault --json drift staging prod >../a &&
		git clone -q --bare . ../x.git && test_expect_code 1 git -C ../x.git vault --json drift staging prod >../b &&
		test_cmp ../a ../b && test_grep "\"commit\":\"[0-9a-f]" ../b &&
		test_expect_code 1 git -C ../x.git vault drift --patch staging prod >../patch && git apply --check ../patch &&
		test_expect_code 128 git -C ../x.git vault drift accept --reason why "values-*.yaml#timeout" 2>../err &&
		test_grep "run it in a clone" ../err &&
		git vault drift accept --reason why "values-*.yaml#timeout" && git add . && git commit -q -m two &&
		git push -q ../x.git HEAD && git -C ../x.git vault drift staging prod &&
		git init -q --bare ../y.git && test_expect_code 128 git -C ../y.git vault drift staging prod 2>../err &&
		test_grep "neither a working tree nor a commit" ../err
	)
'

test_done
