#!/bin/sh

test_description='the configuration that layers of files give'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

test_expect_success 'set up: layers of two environments and a provider' '
	mkdir -p config charts/web && cat >config/base.yaml <<-\END &&
	database:
	  host: db.local
	  port: 5432
	  pool: {min: 1, max: 5}
	features: [a, b]
	"app.name": shop
	providers:
	  aws: {database: {class: db.t3.small}}
	END
	printf "database:\n  host: db.prod.acme.io\n  pool: {max: 50}\n" >config/prod.yaml &&
	printf "database:\n  host: db.dev.acme.io\nfeatures: [c]\n" >config/dev.yaml &&
	printf "image: {tag: v1, pull: Always}\nreplicas: 1\n" >charts/web/values.yaml &&
	printf "image: {pull: ~}\nreplicas: 3\n" >charts/web/values-prod.yaml &&
	git add . && test_tick && git commit -q -m "two environments"
'

test_expect_success 'get prints the value of the last layer that has it' '
	test_write_lines db.prod.acme.io 5432 50 "[\"a\",\"b\"]" shop >expect &&
	git vault config get --env prod database.host database.port database.pool.max \
		features app.name >actual && test_cmp expect actual &&
	echo db.local >expect && git vault config get database.host >actual && test_cmp expect actual &&
	echo db.t3.small >expect &&
	git vault config get --env prod --provider aws database.class >actual && test_cmp expect actual &&
	test_expect_code 128 git vault config get --env prod database.class 2>err &&
	test_grep "there is no .database.class. in prod" err &&
	test_expect_code 128 git vault config get --env prd database.host 2>err &&
	test_grep "no file of the environment .prd." err
'

test_expect_success 'explain names each layer, the rule, the line and the commit' '
	git vault config explain --env prod database.host >actual &&
	cat >expect <<-END &&
	database.host = db.prod.acme.io
	merged: deep (set by default)
	  config/base.yaml:2  found: db.local
	* config/prod.yaml:2  found: db.prod.acme.io
	  config/local.yaml  file missing
	commit $(git rev-parse --short=12 HEAD) by A U Thor: two environments
	END
	test_cmp expect actual &&
	test_expect_code 1 git vault config explain --layout values --service web --env prod image.pull >actual &&
	test_grep "charts/web/values-prod.yaml:1  deletes it" actual
'

test_expect_success 'what is rendered and read again is the same configuration' '
	git vault config render --env prod >$T/prod.yaml &&
	git vault config render --env prod --format json >$T/prod.json &&
	mkdir again && git init -q again && mkdir again/config && cp $T/prod.yaml again/config/base.yaml &&
	(cd again && git add . && git vault config render --format json) >$T/again.json &&
	test_cmp $T/prod.json $T/again.json && rm -rf again &&
	git vault config render --env prod --format env >actual &&
	test_grep "^DATABASE_POOL_MAX=50$" actual && test_grep "^FEATURES_0=a$" actual
'

test_expect_success 'environments and times are compared by key' '
	test_expect_code 1 git vault config diff dev prod >actual &&
	test_grep "^database.host  *db.dev.acme.io  *db.prod.acme.io  *intended$" actual &&
	test_grep "^database.pool.max  *5  *50  *intended$" actual && ! grep port actual &&
	echo "database: {host: new}" >config/prod.yaml &&
	test_expect_code 1 git vault config diff prod@HEAD prod >actual &&
	test_grep "^database.host  *db.prod.acme.io  *new  *drift, normal$" actual &&
	echo db.prod.acme.io >expect && git vault config get --env prod --at HEAD database.host >actual &&
	test_cmp expect actual && git vault config explain --env prod database.host >actual &&
	test_grep "^not committed yet$" actual && git checkout -q config/prod.yaml
'

test_expect_success 'and the drift engine judges each difference' '
	cp -r config $T/kept && cat >>config/dev.yaml <<-\END &&
	timeout: 30s
	only: {a: 1, b: [1, 2], c: {d: 1}}
	api: https://dev.acme.io/v1
	password: Qx7-velvet9-tree
	END
	cat >>config/prod.yaml <<-\END &&
	timeout: 10s
	api: https://prod.acme.io/v1
	password: Qx7-velvet9-tree
	END
	test_expect_code 1 git vault config diff dev prod >actual &&
	test_grep "^timeout  *30s  *10s  *drift, normal$" actual &&
	test_grep "^only.a  *1  *-  *drift, normal$" actual &&
	test_grep "^only.b\[1\]  *2  *-  *drift, normal$" actual &&
	test_grep "^only.c.d  *1  *-  *drift, normal$" actual &&
	test_grep "^api  *https://dev.*  *https://prod.*  *intended$" actual &&
	test_expect_code 1 git vault --json config diff dev prod >actual &&
	test_grep "\"key\":\"timeout\".*\"verdict\":\"drift\",\"class\":\"value\",\"severity\":\"normal\",\"says\":\"30s in dev, 10s in prod\"" actual &&
	! grep velvet9 actual && rm -r config && mv $T/kept config
'

test_expect_success 'secrets are not printed unless they are asked for' '
	printf "password: %s\napi: ENC[AES256_GCM,data:x]\n" Qx7-velvet9-tree >config/prod.yaml &&
	for way in list "render --format json" "explain password" "diff dev prod"
	do
		git vault config $way --env prod >actual
		git vault --json config $way --env prod >>actual
		! grep velvet actual && test_grep "<secret>" actual || return 1
	done &&
	test_expect_code 128 git vault config get --env prod password >actual 2>err &&
	! grep velvet actual err && test_grep "config get --env prod --secrets password" err &&
	git vault config get --secrets --env prod password >actual && test_grep velvet actual &&
	echo "local: Qx7-velvet9-tree" >config/local.yaml && git vault config >actual &&
	! grep velvet actual && test_grep "local  *<private>" actual && rm config/local.yaml &&
	git checkout -q config/prod.yaml
'

test_expect_success 'a layer that cannot be read, and one of another kind, are named' '
	printf "database: [1, 2\n" >config/prod.yaml &&
	test_expect_code 128 git vault config get --env prod database.port >actual 2>err &&
	test_must_be_empty actual && test_grep "config/prod.yaml: line " err &&
	echo "database: none" >config/prod.yaml && git vault config list --env prod >actual 2>err &&
	test_grep "database: a single value (config/prod.yaml:1) replaces a map (config/base.yaml:2)" err &&
	git checkout -q config/prod.yaml
'

test_expect_success 'each layout is recognised' '
	rm -rf config && printf "DEBUG=0\nLEVEL=info\n" >.env && echo LEVEL=warn >.env.prod && git add -f . &&
	echo warn >expect && git vault config get --env prod LEVEL >actual && test_cmp expect actual &&
	printf "variable \"size\" {\n  default = { a = 1, b = 2 }\n}\n" >variables.tf &&
	echo "size = { a = 3 }" >prod.tfvars && git add . &&
	echo "{\"a\":3}" >expect && git vault config get --env prod size >actual && test_cmp expect actual &&
	printf "a: 1\n---\nspring.config.activate.on-profile: prod\na: 2\n" >application.yml && git add . &&
	printf -- "---\nspring:\n  config:\n    activate:\n      on-profile: prod\na: 2\n" >>application.yml &&
	echo 1 >expect && git vault config get --layout application a >actual && test_cmp expect actual &&
	mkdir -p data group_vars && cat >hiera.yaml <<-\END &&
	version: 5
	hierarchy:
	- {name: env, path: "%{env}.yaml"}
	- {name: common, path: common.yaml}
	END
	echo "l: [b]" >data/prod.yaml &&
	printf "lookup_options: {l: {merge: unique}}\nl: [a]\n" >data/common.yaml && git add . &&
	echo "[\"b\",\"a\"]" >expect && git vault config get --env prod l >actual && test_cmp expect actual &&
	git vault config explain --env prod l >actual &&
	test_grep "merged: unique (set by data/common.yaml)" actual &&
	printf "version: 5\nhierarchy:\n- {path: \"../../%%{env}\"}\n" >hiera.yaml &&
	test_expect_code 128 git vault config get --layout hiera --env prod l 2>err &&
	test_grep "is no path inside of the working tree" err
'

test_expect_success 'files that a program reads together are layers together' '
	git rm -q -r -f . && rm -rf data group_vars application.yml && mkdir -p group_vars/all group_vars/prod &&
	echo "a: file" >group_vars/all.yml && echo "a: main" >group_vars/all/main.yml &&
	echo "b: vault" >group_vars/all/vault.yml && echo "c: vars" >group_vars/prod/vars.yml && git add . &&
	test_write_lines main vault vars >expect && git vault config get --env prod a b c >actual &&
	test_cmp expect actual && git rm -q -r -f . &&
	printf "a: 1\n---\nspring: {config: {activate: {on-profile: \"prod | qa\"}}}\nb: both\n" >application.yml &&
	printf "c: yml\nd: yml\n" >application-prod.yml && echo d=properties >application-prod.properties &&
	git add . && test_write_lines 1 both yml properties >expect &&
	git vault config get --env prod a b c d >actual && test_cmp expect actual &&
	git vault config explain --env prod a >actual && test_grep ! "application.properties" actual &&
	git rm -q -r -f . && echo "variable \"a\" { default = 1 }" >variables.tf && echo "{\"a\": 2}" >terraform.tfvars.json &&
	git add . && echo 2 >expect && git vault config get a >actual && test_cmp expect actual &&
	echo "a = 3" >b.auto.tfvars && echo "{\"a\": 4, \"b\": 4}" >c.auto.tfvars.json && echo "b = 5" >prod.tfvars && mkdir sub &&
	echo "a = 6" >sub/d.auto.tfvars && git add . && test_write_lines 4 5 >expect &&
	git vault config get --env prod a b >actual && test_cmp expect actual &&
	git vault config explain a >actual && test_grep "b.auto.tfvars:1  found: 3" actual &&
	git rm -q -r -f . && mkdir -p data && cat >hiera.yaml <<-\END &&
	version: 5
	hierarchy: [{name: common, path: common.yaml}]
	END
	echo "name: \"%{environment}.example.org\"" >data/common.yaml && git add . &&
	test_expect_code 3 git vault config validate --all >actual && test_grep "Hiera interpolates %{...} in it, which is not done here" actual
'

test_expect_success 'names from a file stay in their line' '
	git rm -q -r -f . && mkdir -p config && printf "%s\n" "\"x\\ngit-vault: all is well\": 1" "\"a\\0b\": 2" "a: 3" >config/base.yaml &&
	git add . && test_expect_code 128 git vault config render --format configmap >actual 2>err &&
	test_grep ! "^git-vault: all is well" err && test_grep "x.u000agit-vault" err &&
	git vault config list >actual && test $(grep -c "^a  *3" actual) = 1 && test_grep "a.u0000b" actual
'

test_expect_success 'render says that a word is in the place of a value' '
	git init -q words && cd words && echo "db: {password: hunter2-Xk29dPqLm, host: h}" >values.yaml && git add . &&
	git vault config render >out 2>err && test_grep "1 value is shown as <secret>" err && test_grep "<secret>" out &&
	git vault config render --secrets >out 2>err && test_must_be_empty err
'

test_done
