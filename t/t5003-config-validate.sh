#!/bin/sh

test_description='one verdict on configurations before a deployment'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

test_expect_success 'set up: two environments, two services, two providers, a schema' '
	mkdir -p config services/web services/api .gitvault/schemas && cat >.gitvault.yaml <<-\END &&
	config:
	  shop:
	    layers:
	    - config/base.yaml
	    - config/{provider}.yaml
	    - config/{env}.yaml
	    - services/{service}/base.yaml
	    - services/{service}/{env}.yaml
	    providers: [aws, gcp]
	    schema: {all: .gitvault/schemas/shop.json, gcp: .gitvault/schemas/gcp.json}
	    rules:
	    - {key: pool.min, at_most: pool.max}
	    - {key: pool.max, at_least: 2}
	    - {key: tls.cert, requires: tls.key, message: "a certificate needs its key"}
	    - {key: mode, is: cluster, requires: [peers]}
	    - {key: debug, excludes: audit}
	    - {one_of: [db.url, db.host]}
	    - {key: zone, equal_across: environments}
	    - {key: port, unique_across: services}
	END
	cat >.gitvault/schemas/shop.json <<-\END &&
	{"type": "object", "required": ["port", "zone"],
	 "properties": {"port": {"type": "integer", "maximum": 9000}, "pool": {"$ref": "pool.json"},
	  "token": {"type": "string", "minLength": 3}, "name": {"type": "string"}}}
	END
	echo "{\"properties\": {\"min\": {\"type\": \"integer\"}, \"max\": {\"type\": \"integer\"}}," \
		"\"additionalProperties\": false}" >.gitvault/schemas/pool.json &&
	echo "{\"properties\": {\"project\": {\"type\": \"string\"}}, \"required\": [\"project\"]}" \
		>.gitvault/schemas/gcp.json &&
	printf "zone: eu\npool: {min: 1, max: 5}\ndb: {host: h}\n" >config/base.yaml &&
	echo "project: p" >config/gcp.yaml && echo "region: r" >config/aws.yaml &&
	echo "mode: single" >config/dev.yaml && echo "mode: single" >config/prod.yaml &&
	echo "port: 80" >services/web/base.yaml && echo "port: 81" >services/api/prod.yaml &&
	echo "port: 82" >services/api/dev.yaml && git add . && test_tick && git commit -q -m one
'

validate () {
	code=$1 && shift && test_expect_code $code git vault config validate "$@" >actual 2>err
}

test_expect_success 'configurations as they should be are valid' '
	validate 0 --env prod && test_grep "^valid: 4 configurations, 28 values$" actual &&
	validate 0 --all && test_grep "^valid: 8 configurations" actual &&
	validate 0 --env dev --service web --provider aws --at HEAD && test_grep "^valid: 1 configuration," actual &&
	validate 128 --env prd && test_grep "has no file of the environment .prd." err &&
	validate 128 --env prod --service wbe && test_grep "no file of the service .wbe." err &&
	validate 129 && test_grep "config validate --all" err
'

test_expect_success 'each rule is broken with its place, once for all configurations' '
	printf "port: 80\npool: {min: 6}\ntls: {cert: c}\nmode: cluster\ndebug: on\naudit: 1\n" >services/api/prod.yaml &&
	printf "db: {url: u}\nzone: us\n" >>services/api/prod.yaml &&
	validate 1 --all && cat >expect <<-\END &&
	services/api/prod.yaml:2:13: error: rule: pool.min: it must be at most the value of pool.max (shop: prod/api on aws and 1 more)
	services/api/prod.yaml:3:13: error: rule: tls.cert: a certificate needs its key (shop: prod/api on aws and 1 more)
	services/api/prod.yaml:4:7: error: rule: mode: it needs '"'peers'"', which is not set (shop: prod/api on aws and 1 more)
	services/api/prod.yaml:5:8: error: rule: debug: it does not go with '"'audit'"', which is set (shop: prod/api on aws and 1 more)
	config/base.yaml:3:12: error: rule: db.host: exactly one is set of '"'db.url', 'db.host'"': several are (shop: prod/api on aws and 1 more)
	services/api/prod.yaml:8:7: error: rule: zone: it differs from that of shop: dev/api on aws (shop: prod/api on aws)
	services/api/prod.yaml:8:7: error: rule: zone: it differs from that of shop: dev/api on gcp (shop: prod/api on gcp)
	services/web/base.yaml:1:7: error: rule: port: it is the same as that of shop: prod/api on aws (shop: prod/web on aws)
	services/web/base.yaml:1:7: error: rule: port: it is the same as that of shop: prod/api on gcp (shop: prod/web on gcp)
	END
	head -n 9 actual >errors && test_cmp expect errors && test_grep "9 errors" actual &&
	validate 1 --env prod && grep error: actual >one && test_line_count -eq 9 one &&
	validate 1 --env dev && grep error: actual >one && test_grep ! -v "rule: zone" one && git checkout -q services
'

test_expect_success 'schemas are held against what the layers give' '
	printf "port: 9443\npool: {mn: 1}\nproject: 5\n" >services/web/prod.yaml &&
	validate 1 --env prod && cat >expect <<-\END &&
	services/web/prod.yaml:1:7: error: schema: port: must be at most 9000 (.gitvault/schemas/shop.json:2) (shop: prod/web on aws and 1 more)
	END
	grep "error.*port" actual >one && test_cmp expect one &&
	test_grep "prod.yaml:2:.*: error: schema: pool.mn: unknown key .mn.* (.gitvault/schemas/pool.json:1)" actual &&
	test_grep "project: must be string, but is integer .* (shop: prod/web on gcp)" actual &&
	echo "pool: [1" >services/web/prod.yaml && validate 1 --env prod &&
	test_grep "^services/web/prod.yaml:2:1: error: layer: did not find" actual && rm services/web/prod.yaml
'

test_expect_success 'what cannot be checked is never called valid' '
	printf "%s\n" "token: ENC[AES256_GCM,data:x,type:str]" "sops: {version: 3}" >services/web/prod.yaml &&
	validate 3 --env prod && test_grep "unknown: schema: token: its value is not known yet" actual &&
	test_grep "^could not be checked: 4 configurations, .*1 unknown, 2 encrypted" actual &&
	printf "%s\n" "name: ENC[AES256_GCM,data:x,type:str]" "sops: {version: 3}" >services/web/prod.yaml && validate 0 --env prod &&
	printf "%s\n" "port: ENC[AES256_GCM,data:x,type:str]" "sops: {version: 3}" >services/web/prod.yaml && validate 1 --env prod &&
	rm services/web/prod.yaml .gitvault/schemas/gcp.json &&
	validate 3 --env prod && test_grep "gcp.json: unknown: schema: cannot open" actual && git checkout -q .
'

test_expect_success 'what no deployment can use is an error: a placeholder, an API that is gone' '
	printf "token: GITVAULT[token:%040d]\n" 7 >services/web/prod.yaml &&
	printf "job:\n  apiVersion: batch/v1beta1\n  kind: CronJob\n" >services/api/base.yaml && validate 1 --env prod &&
	test_grep "^services/web/prod.yaml:1:8: error: secret: token: a placeholder is in the place of the secret" actual &&
	test_grep "^services/api/base.yaml:2:.*: error: api: job.apiVersion: Kubernetes 1.25 and later .*; it is now batch/v1 (" actual &&
	echo "job: {apiVersion: batch/v1, kind: CronJob}" >services/api/base.yaml && rm services/web/prod.yaml &&
	validate 0 --env prod && rm services/api/base.yaml
'

test_expect_success 'so is what SOPS encrypted and nothing opens' '
	printf "name: ENC[AES256_GCM,data:YWJj,iv:YQ==,tag:YQ==,type:str]\n" >services/web/prod.yaml &&
	validate 1 --env prod && test_grep "^services/web/prod.yaml:1:7: error: secret: name: SOPS encrypted it" actual &&
	printf "sops: {version: 3.9.0}\n" >>services/web/prod.yaml && validate 0 --env prod &&
	rm services/web/prod.yaml
'

test_lazy_prereq OPENSSL_CA 'openssl version'
test_expect_success OPENSSL_CA 'a certificate that ended is an error, one that ends soon a note' '
	mkdir $T/ca && printf "[ca]\ndefault_ca=d\n[d]\ndatabase=$T/ca/index\nnew_certs_dir=$T/ca\nserial=$T/ca/serial\n" >$T/ca/conf &&
	printf "default_md=sha256\nunique_subject=no\npolicy=p\n[p]\ncommonName=supplied\n" >>$T/ca/conf &&
	: >$T/ca/index && echo 01 >$T/ca/serial && openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout $T/ca/key -subj /CN=a -out $T/ca/request 2>/dev/null &&
	for days in -2 5 90
	do
		openssl ca -batch -selfsign -config $T/ca/conf -keyfile $T/ca/key -in $T/ca/request -notext -out $T/ca/cert \
			-startdate 20000101000000Z -enddate $(date -u -d "@$((test_tick + days * 86400))" +%Y%m%d%H%M%SZ) 2>/dev/null &&
		{ echo "ca: |" && sed "s/^/  /" $T/ca/cert; } >services/web/prod.yaml &&
		git vault config validate --env prod >$T/out; echo "$? $(grep -c "error: certificate: ca: a certificate in it ended 2 days ago" $T/out)" \
			"$(grep -c "note: certificate: ca: a certificate in it ends in [45] days" $T/out)" || return 1
	done >actual && printf "1 1 0\n0 0 1\n0 0 0\n" >expect && test_cmp expect actual && rm services/web/prod.yaml
'

test_expect_success 'a pull does not drop a schema or a rule' '
	git clone -q . pulled && (cd pulled && git vault policy accept --yes >/dev/null) &&
	sed "/rules:/,\$d" .gitvault.yaml >less && echo "port: 81" >services/web/base.yaml &&
	mv less .gitvault.yaml && git commit -qam less && validate 0 --env prod &&
	(cd pulled && git pull -q 2>/dev/null && validate 1 --env prod && test_grep "it is the same as" actual &&
		git vault policy accept --yes >/dev/null && validate 0 --env prod) &&
	rm -rf pulled && git reset -q --hard HEAD~1
'

test_expect_success 'the report is for other programs and for people' '
	echo "port: 9443" >services/web/base.yaml && echo "password: Qx7-velvet9-tree" >config/aws.yaml &&
	for form in json sarif junit html
	do
		validate 1 --env prod --format $form -o report.$form && test_must_be_empty actual || return 1
	done &&
	jq -e ".schema == 1 and .verdict == \"invalid\" and .problems[0].line == 1 and
		.problems[0].configurations == 2" report.json &&
	jq -e ".runs[0].results[0].locations[0].physicalLocation.region.startColumn == 7" report.sarif &&
	xmllint --noout report.junit && test_grep "failures=.1. errors=.0." report.junit &&
	test_grep "<code>services/web/base.yaml:1:7</code>" report.html && test_grep "class=.verdict error.>invalid<" report.html &&
	test_grep "<dt>Errors</dt><dd>[1-9]" report.html && test_grep ! "<dt>Encrypted values" report.html &&
	! grep velvet report.* && git checkout -q .
'

test_expect_success 'the step of pipelines writes a report and fails with the verdict' '
	ci="env GIT_VAULT_CI_STEP=validate GIT_VAULT_CI_ENV=prod sh $GIT_VAULT_SRC_DIR/contrib/ci/git-vault-ci.sh" &&
	$ci 2>err && test_grep "^valid: 4 configurations" err && xmllint --noout git-vault-config.xml &&
	echo "port: 9443" >services/web/base.yaml && GIT_VAULT_CI_FORMAT=html GIT_VAULT_CI_REPORT=r.html \
		test_expect_code 1 $ci 2>err && test_grep "error: schema: port" err && test_grep "invalid<" r.html && git checkout -q .
'

test_expect_success 'what was good before is held against the schema of now' '
	git vault snapshot -m good >out && git vault good mark prod >out 2>&1 &&
	validate 0 --env prod && ! grep compatible actual &&
	sed -i "s/\"zone\"]/\"zone\", \"owner\"]/" .gitvault/schemas/shop.json &&
	printf "zone: eu\npool: {min: 1, max: 5}\ndb: {host: [h]}\nowner: me\n" >config/base.yaml &&
	rm config/prod.yaml && echo "log: {level: info}" >config/prod.yaml && validate 0 --env prod &&
	test_grep "note: compatible: in good:prod: .*owner.* (.gitvault/schemas/shop.json:1)" actual &&
	test_grep "note: compatible: mode: good:prod has this key, and it is not there any more" actual &&
	test_grep "^config/base.yaml:3:.* note: compatible: db.host: it is a text in good:prod, and a list now" actual &&
	! grep "compatible.*log" actual && echo "pool: 1" >services/web/prod.yaml &&
	validate 1 --env prod --format html -o good.html &&
	sed -n "s/^<tr><td class=.\([a-z]*\).*/\1/p" good.html | uniq >grades && test_write_lines error note >expect &&
	test_cmp expect grades && ! grep ":0<" good.html && rm services/web/prod.yaml && git checkout -q .
'

test_expect_success 'with --all each environment is held against its own records' '
	git vault good mark dev >out 2>&1 && validate 0 --all && ! grep compatible actual &&
	printf "zone: eu\npool: {min: 1, max: 5}\n" >config/base.yaml && echo "mode: [single]" >config/dev.yaml &&
	sed -i "s/\"zone\"]/\"zone\", \"owner\"]/" .gitvault/schemas/shop.json && validate 1 --all &&
	test_grep "note: compatible: in good:prod: .*owner" actual && test_grep "note: compatible: in good:dev: .*owner" actual &&
	test_grep "dev.yaml:1:7: note: compatible: mode: it is a text in good:dev, and a list now" actual &&
	test_grep "compatible: db: good:prod has this key, and it is not there any more" actual &&
	test_grep "compatible: db: good:dev has this key" actual && ! grep "mode: .*good:prod" actual && git checkout -q .
'

test_expect_success 'a set whose layers are all of services is checked by environment' '
	git init -q charts && cd charts && mkdir api cart && for s in api cart
	do
		echo "r: 1" >$s/values.yaml && echo "r: 4" >$s/values-prod.yaml || return 1
	done && cat >.gitvault.yaml <<-\END &&
	config:
	  charts:
	    layers: ["{service}/values.yaml", "{service}/values-{env}.yaml"]
	    services: [api, cart]
	END
	git add . && git commit -q -m charts && git vault config validate --env prod >out && test_grep "valid: 2 configurations" out &&
	test_must_fail git vault config validate --env prdo && echo "r: [" >cart/values-prod.yaml &&
	test_must_fail git vault config validate --env prod >out && test_grep "cart/values-prod.yaml" out
'

test_expect_success 'set asks the rules of each set that has the file' '
	git init -q two && cd two && mkdir config && echo "max: 10" >config/base.yaml && echo "b: 1" >config/prod.yaml &&
	cat >.gitvault.yaml <<-\END &&
	config:
	  one: {layers: [config/base.yaml, "config/{env}.yaml"]}
	  two: {layers: [config/base.yaml, "config/{env}.yaml"], rules: [{key: max, at_most: 50}]}
	END
	git add . && git commit -q -m two && test_must_fail git vault config set max 91 2>err && test_grep "at most 50" err &&
	git diff --exit-code && git vault config set max 49
'

test_done
