#!/bin/sh

test_description='a new environment like one that there is, without its secrets'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

test_expect_success 'set up: two sets, services, a policy with an entry' '
	mkdir -p config services/web ops && cat >.gitvault.yaml <<-\END &&
	environments:
	  dev:
	    tier: dev
	  # the one that pays
	  prod:
	    tier: prod
	    paths: ["live/prod/**", config/prod.yaml]
	config:
	  app:
	    layers: [config/base.yaml, "config/{env}.yaml", "services/{service}/{env}.yaml"]
	  ops:
	    layers: ["ops/{env}/{env}.json"]
	END
	echo "size: small" >config/base.yaml && echo "size: tiny" >config/dev.yaml && cat >config/prod.yaml <<-\END &&
	# what pays
	size: large	# really
	host: db.prod.acme.io
	addr: 10.1.2.3
	product: prodigy
	db:
	  password: Qx7-velvet9-tree
	auth: {token: Qx7-velvet9-root, user: app}
	sealed: ENC[AES256_GCM,data:x,type:str]
	list:
	- a
	END
	echo "port: 80" >services/web/prod.yaml && mkdir ops/prod && echo "{\"a\": 1}" >ops/prod/prod.json &&
	git add . && test_tick && git commit -q -m one && echo "x: 1" >config/untracked.yaml
'

test_expect_success 'files and policy are written, secrets are not' '
	git vault config new-env --like prod perf >out 2>err && ! grep -r velvet config/perf.yaml out err && cat >expect <<-\END &&
	# what pays
	size: large	# really
	host: db.prod.acme.io
	addr: 10.1.2.3
	product: prodigy
	auth: {user: app}
	list:
	- a
	END
	test_cmp expect config/perf.yaml && test_cmp services/web/prod.yaml services/web/perf.yaml &&
	test_cmp ops/prod/prod.json ops/perf/perf.json && cat >expect <<-\END &&
	created  config/perf.yaml (like config/prod.yaml)
	created  services/web/perf.yaml (like services/web/prod.yaml)
	created  ops/perf/perf.json (like ops/prod/prod.json)
	changed  .gitvault.yaml
	look at  config/prod.yaml:3  host
	look at  config/prod.yaml:4  addr
	secret   config/prod.yaml:7  db.password
	secret   config/prod.yaml:8  auth.token
	secret   config/prod.yaml:9  sealed
	END
	test_cmp expect out && test_grep "git vault config set --env perf --stdin db.password" err && cat >expect <<-\END &&
	+  perf:
	+    tier: prod
	+    paths: ["live/perf/**", config/perf.yaml]
	END
	git diff -U0 .gitvault.yaml | sed "1,/@@/d" >actual && test_cmp expect actual &&
	git add . && test_expect_code 1 git vault config validate --env perf >actual && test_grep "host: perf points at prod" actual &&
	git vault config set --env perf host db.perf.acme.io && git vault config validate --env perf && git vault config get --env perf size >actual &&
	echo large >expect && test_cmp expect actual && echo x1y | git vault config set --env perf --stdin db.password
'

test_expect_success 'what cannot be is refused, and nothing is written' '
	git add . && git commit -q -m two && for names in "prod perf" "nowhere new" "prod a/b" "prod dev"
	do
		set -- $names && test_must_fail git vault config new-env --like $1 $2 2>$T/err && test -z "$(git status --porcelain)" ||
			return 1
	done && test_expect_code 128 git vault config new-env --like dev prod 2>$T/err && test_grep "has an environment .prod. already" $T/err &&
	test_expect_code 128 git vault config new-env --like nowhere new 2>$T/err && test_grep "no layer of its own" $T/err &&
	test_expect_code 129 git vault config new-env new 2>$T/err && test_grep "like prod" $T/err &&
	rm -rf ops && ln -s /tmp ops && test_must_fail git vault config new-env --like prod link 2>$T/err &&
	test ! -e config/link.yaml && git status --porcelain >$T/actual && ! grep link.yaml $T/actual
'

test_expect_success 'values files of Helm need no policy' '
	git init -q helm && cd helm && echo "a: 1" >values.yaml && echo "a: 2" >values-prod.yaml && git add . &&
	git vault config new-env --like prod test && test_cmp values-prod.yaml values-test.yaml
'

test_expect_success 'of a list with maps the secret alone goes, and of other lists all' '
	cd .. && git init -q lists && cd lists && echo "a: 1" >values.yaml && cat >values-prod.yaml <<-\END &&
	users:
	- name: one
	  password: Qx7-velvet9-tree
	- name: two
	END
	echo "keys: [$(printf "%s_%s" ghp 16C7e42F292c6912E7710c838347Ae178B4a), b]" >>values-prod.yaml && git add . &&
	git vault config new-env --like prod test >out 2>err && ! grep -r -e velvet -e ghp -e keys: values-test.yaml && ! grep -e velvet -e ghp out err &&
	test_grep "name: one" values-test.yaml && test_grep "name: two" values-test.yaml && git add . &&
	git vault config list --env test && test_grep "users\[0\].password. was not copied; it is in a list.*by hand" err &&
	! grep "set --env test.*\[" err
'

test_expect_success 'documents of the other environment in a file of all are named' '
	cd .. && git init -q spring && cd spring && cat >application.yml <<-\END && git add . &&
	pool: 1
	---
	spring.config.activate.on-profile: prod
	pool: 2
	END
	echo "a: 1" >application-prod.yml && git add . && git vault config new-env --like prod test >out &&
	test_grep "missing  application.yml:1  documents of that environment, not copied: add those of test" out
'

test_done
