#!/bin/sh

test_description='values changed in the files of layers'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

test_expect_success 'set up: layers with comments, in YAML, JSON, HCL and an env file' '
	mkdir -p config .gitvault/schemas && cat >.gitvault.yaml <<-\END &&
	config:
	  app:
	    layers: [config/base.yaml, "config/{env}.yaml", config/flags.json]
	    schema: .gitvault/schemas/app.json
	    rules: [{key: pool.min, at_most: pool.max}]
	END
	echo "{\"properties\": {\"pool\": {\"properties\": {\"max\": {\"type\": \"integer\"}}}}}" \
		>.gitvault/schemas/app.json &&
	cat >config/base.yaml <<-\END &&
	# what all have
	pool:
	  min: 1	# never less
	  max: 5
	name: "shop"   # quoted
	tags: {a: 1, b: 2}
	list:
	- one
	text: |
	  two
	  lines
	END
	printf "pool:\n  max: 50\n" >config/prod.yaml && echo "name: dev" >config/dev.yaml &&
	printf "{\n  \"flags\": {\n    \"new\": false\n  }\n}\n" >config/flags.json &&
	git add . && test_tick && git commit -q -m layers
'

changes () {
	printf "%s\n" "$@" | sort >expect
	git diff -U0 | sed "/^--- a/d; /^+++ b/d" | grep "^[-+]" | sort >actual
	test_cmp expect actual
}

test_expect_success 'a value is changed where it is, and nothing else' '
	git vault config set name two && changes "-name: \"shop\"   # quoted" "+name: \"two\"   # quoted" &&
	git vault config set pool.min 3 && git vault config set tags.b "x, y" &&
	git vault config set --env prod pool.max 60 && git vault config set flags.new true &&
	git vault config set list[0] "# three" && changes \
		"-  min: 1	# never less" "+  min: 3	# never less" \
		"-name: \"shop\"   # quoted" "+name: \"two\"   # quoted" "-tags: {a: 1, b: 2}" "+tags: {a: 1, b: \"x, y\"}" \
		"-- one" "+- \"# three\"" "-    \"new\": false" "+    \"new\": true" "-  max: 50" "+  max: 60" &&
	git checkout -q .
'

test_expect_success 'a key is added and removed' '
	git vault config set --layer config/base.yaml pool.idle.seconds 30 &&
	git vault config set --layer config/base.yaml tags.c 3 &&
	git vault config set --layer config/base.yaml region eu-1 && git vault config set --layer config/flags.json flags.old "a \"b\"" &&
	changes "+  idle:" "+    seconds: 30" "-tags: {a: 1, b: 2}" "+tags: {a: 1, b: 2, c: 3}" "+region: eu-1" \
		"-    \"new\": false" "+    \"new\": false," "+    \"old\": \"a \\\"b\\\"\"" &&
	git vault config unset --layer config/base.yaml pool.idle && git vault config unset tags.c &&
	git vault config unset region && git vault config unset flags.old && git diff --exit-code &&
	git vault config unset text && changes "-text: |" "-  two" "-  lines" && git checkout -q . &&
	test_expect_code 128 git vault config unset nowhere 2>err && test_grep "there is no .nowhere. to remove" err &&
	test_expect_code 128 git vault config set list[4] x 2>err && test_grep ".list.4.. is an element of a list, and elements are not added" err &&
	test_expect_code 128 git vault config set --layer config/none.yaml a b 2>err && git diff --exit-code
'

test_expect_success 'what would break an environment is not written' '
	test_expect_code 1 git vault config set pool.min 9 2>err &&
	test_grep "config/base.yaml:3: pool.min: it must be at most the value of pool.max (app: dev)" err &&
	test_grep "nothing was written" err && git diff --exit-code &&
	test_expect_code 1 git vault config set --env prod pool.max many 2>err && test_grep "must be integer" err &&
	git vault config set --env dev --layer config/base.yaml name x 2>err &&
	test_grep "this changes nothing of name: config/dev.yaml has it, too" err && git checkout -q . &&
	sed -i "s/max: 5$/max: 0/" config/base.yaml && git vault config set name y && git checkout -q .
'

test_expect_success 'a secret is taken from stdin alone' '
	test_expect_code 128 git vault config set --env prod password Qx7-velvet9-tree 2>err &&
	! grep velvet err && test_grep "to set it: git vault config set --env prod --stdin password$" err && git diff --exit-code &&
	echo Qx7-velvet9-tree >$T/value && git vault config set --env prod --stdin password <$T/value >out &&
	! grep velvet out && test_grep "^password: Qx7-velvet9-tree$" config/prod.yaml &&
	git checkout -q . && echo "key: ENC[AES256_GCM,data:x,type:str]" >>config/base.yaml &&
	test_expect_code 128 git vault config set --stdin key <$T/value 2>err &&
	test_grep "change it with the tool that wrote it" err && git checkout -q . &&
	test_expect_code 129 git vault config set name </dev/null 2>err
'

test_expect_success 'of two at once one is told, and a kill leaves old or new' '
	cp config/base.yaml $T/old && git vault config set pool.max 6 && cp config/base.yaml $T/new && git checkout -q . &&
	for i in 01 02 03 04 05 06 08 10
	do
		"$program_" config set pool.max 6 >/dev/null 2>err & pid=$!
		sleep 0.0$i
		kill -9 $pid 2>/dev/null
		wait $pid
		cmp -s config/base.yaml $T/old || cmp config/base.yaml $T/new || return 1
		git checkout -q . || return 1
	done &&
	flock .git/vault/config-lock sh -c "git vault config set name z 2>err; echo \$? >code" &&
	echo 4 >expect && test_cmp expect code && test_grep "another .git vault config set. is running" err &&
	git diff --exit-code
'

test_expect_success 'a layout that is recognised becomes a set that gives the same' '
	git init -q again && (
		cd again && test_expect_code 128 git vault config init 2>err &&
		test_grep "no layered configuration is recognised" err && rm err &&
		printf "a: {b: 1, c: 2}\nl: [1]\n" >values.yaml && echo "a: {b: ~}" >values-prod.yaml &&
		echo "l: [2]" >values-aws.yaml && echo "scan: {}" >.gitvault.yaml && git add . &&
		git vault config render >$T/before && git vault config render --env prod --provider aws >>$T/before &&
		git vault config init >$T/out && cat >$T/expect <<-\END &&
		scan: {}
		config:
		  app:
		    layers:
		    - "values.yaml"
		    - "values-{provider}.yaml"
		    - "values-{env}.yaml"
		    - "values-{env}-{provider}.yaml"
		    "null": delete
		END
		sed 1d $T/expect >$T/printed && test_cmp $T/printed $T/out &&
		test_cmp $T/expect .gitvault.yaml && git vault config render >$T/after &&
		git vault config render --env prod --provider aws >>$T/after && test_cmp $T/before $T/after &&
		test_expect_code 128 git vault config init 2>$T/err && test_grep "there is a set already" $T/err
	)
'

# layers NAME: a repository with values.yaml from stdin, values-prod.yaml, values-dev.yaml
layers () {
	git init -q "$1" && cat >"$1/values.yaml" && printf "%s\n" "$2" >"$1/values-prod.yaml" &&
		echo "r: 1" >"$1/values-dev.yaml" && git -C "$1" add . && git -C "$1" commit -q -m layers
}

test_expect_success 'the last key of a map takes the map along, and no null in its place' '
	printf "db:\n  host: h\n  port: 5\n" | layers last "r: 6
db:
  in:
    host: prod" && cd last && git vault config unset --env prod db.in.host && cat values-prod.yaml &&
	echo "r: 6" >expect && test_cmp expect values-prod.yaml && echo 5 >expect &&
	git vault config get --env prod db.port >actual && test_cmp expect actual &&
	echo "{\"a\":{\"b\":1},\"c\":2}" >values-prod.json && git rm -q -f values-prod.yaml && git add . &&
	git vault config unset --env prod a.b && git vault config get --env prod c && ! grep null values-prod.json
'

test_expect_success 'an element of a list is changed only where it is the one that is shown' '
	git init -q lists && cd lists && mkdir config && cat >.gitvault.yaml <<-\END &&
	config:
	  s:
	    layers: [config/base.yaml, "config/{env}.yaml"]
	    merge: {env: {by: name}, app: append}
	END
	printf "env:\n- {name: D, v: 1}\n- {name: A, v: x}\napp: [1, 2]\ntol: [a, b]\n" >config/base.yaml &&
	printf "env:\n- {name: A, v: 9}\n- {name: N, v: 7}\napp: [3]\ntol: [c]\n" >config/prod.yaml &&
	echo "r: 1" >config/dev.yaml && git add . && git commit -q -m lists &&
	for key in "env[1].v" "app[0]" "tol[1]"
	do
		test_expect_code 128 git vault config set --env prod "$key" 77 2>err && cat err &&
			test_grep "nothing was written: .*is another element" err || return 1
	done && test_expect_code 128 git vault config unset --env prod "env[1].v" && git diff --exit-code &&
	git vault config set --env prod "tol[0]" d && test_grep "tol: \[d\]" config/prod.yaml
'

test_expect_success 'a layer that others have as well is named, with the one of the environment' '
	printf "image:\n  tag: \"1.10\"\n" | layers wide "r: 6" && cd wide &&
	git vault config set --env prod image.tag 1.20 2>err &&
	test_grep "values.yaml is also a layer of other environments than prod.*--layer values-prod.yaml" err &&
	git checkout -q . && git vault config set --env prod --layer values-prod.yaml image.tag 1.20 2>err &&
	test_grep "tag: \"1.20\"" values-prod.yaml && ! grep "other environments" err &&
	git vault config unset --env prod image.tag 2>err && test_grep "there is still image.tag: values.yaml has it, too" err &&
	! grep above err
'

test_expect_success 'a name that is empty is no environment' '
	for name in "" . ../x
	do
		test_expect_code 129 git vault config set --env "$name" name x 2>err &&
			test_grep "is no name of an environment" err || return 1
	done && git diff --exit-code
'

test_expect_success 'a file whose values SOPS vouches for is left to SOPS' '
	enc="ENC[AES256_GCM,data:xx,iv:yy,tag:zz,type:str]" && {
		echo "plain: 1" && echo "a: $enc" && echo "sops: {version: 3.8.1, mac: \"$enc\"}"
	} | layers sops "z: 1" && cd sops &&
	test_expect_code 128 git vault config set plain 2 2>err && test_grep "nothing was written.*sops values.yaml" err &&
	test_expect_code 128 git vault config unset a && git diff --exit-code &&
	sed -i "s/^sops: {/&mac_only_encrypted: true, /" values.yaml && git vault config set plain 2 &&
	test_grep "plain: 2" values.yaml
'

test_done
