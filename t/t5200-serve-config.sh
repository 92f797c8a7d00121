#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='git vault serve: the configuration of layers over HTTP'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

serve_or_skip
serve_as='config serve'
P=/v1/config/prod/web

test_expect_success 'set up: layers of two environments and a service' '
	mkdir -p config/web && cat >config/base.yaml <<-\END &&
	database:
	  host: db.local
	  port: 5432
	  ratio: 0.50
	features: [a, {name: b, on: yes}]
	"app.name": shop
	"a/b": slash
	password: Qx7-velvet9-tree
	END
	printf "database: {host: db.prod.acme.io}\n" >config/prod.yaml &&
	printf "database: {host: db.dev.acme.io}\nfeatures: [c]\n" >config/dev.yaml &&
	printf "timeout: 5\n" >config/web/base.yaml &&
	git add . && git commit -q -m layers && serve_start .
'

test_expect_success 'a configuration is what config render prints' '
	for pair in prod/web prod/- dev/web dev/other -/web -/-
	do
		env=${pair%/*} service=${pair#*/} && set -- &&
		case $env in -) ;; *) set -- "$@" --env $env ;; esac &&
		case $service in -) ;; *) set -- "$@" --service $service ;; esac &&
		gives 200 /v1/config/$pair && git vault --json config render "$@" >want &&
		sed -n "s/.*\"config\":\({.*}\)}$/\1/p" want >expect && test_cmp expect got || return 1
	done && test "$(header Content-Type)" = application/json
'

test_expect_success 'a value is what config get prints' '
	while read -r key
	do
		git vault config get --env prod --service web "$key" >expect &&
		gives 200 "$P/$key" -g -H "Accept: text/plain" && test_cmp expect got || return 1
	done <<-\END &&
	database.host
	database.port
	database.ratio
	features[0]
	features[1].name
	features.1.on
	app.name
	timeout
	END
	echo "\"db.prod.acme.io\"" >expect && gives 200 $P/database.host && test_cmp expect got &&
	echo slash >expect && gives 200 "$P/a/b?raw=1" && test_cmp expect got &&
	echo slash >expect && gives 200 "$P/a%2fb?raw=1" && test_cmp expect got &&
	echo "{\"host\":\"db.prod.acme.io\",\"port\":5432,\"ratio\":0.50}" >expect &&
	gives 200 $P/database && test_cmp expect got
'

test_expect_success 'what is not there, and who asks otherwise, is told so' '
	gives 404 /v1/config/prd/web && test_grep "no environment .prd." got &&
	gives 404 $P/database.hots && test_grep "there is no .database.hots. in prod" got &&
	gives 404 /v1/config/prod && gives 404 /v1/config/ && gives 404 /v1/config/../web &&
	gives 404 "$P/database%00" && gives 404 "$P%00/database" && gives 400 "$P?index=1%00" &&
	gives 404 /v1/nothing && gives 405 $P -X POST -d x && gives 405 $P -X DELETE &&
	test "$(header Allow)" = "GET, HEAD" && gives 400 "$P?index=x" && gives 400 "$P?index=1&wait=long" &&
	gives 404 /state/prod/net && test_grep "start it with --state" got &&
	gives 403 $P -H "Host: x.example:80" && gives 403 $P -H "Origin: http://x.example"
'

test_expect_success 'a browser that asks for a page of another site gets no values' '
	for site in cross-site same-site nonsense
	do
		gives 403 $P -H "Sec-Fetch-Site: $site" -H "Sec-Fetch-Mode: no-cors" &&
		test_grep "not for web pages" got && gives 403 /spring/web/prod -H "Sec-Fetch-Site: $site" &&
		gives 403 /metrics -H "Sec-Fetch-Site: $site" && gives 200 /health -H "Sec-Fetch-Site: $site" &&
		gives 200 /healthz -H "Sec-Fetch-Site: $site" || return 1
	done && gives 200 $P -H "Sec-Fetch-Site: none" && gives 200 $P -H "Sec-Fetch-Site: same-origin" &&
	gives 403 /health -H "Origin: http://x.example"
'

test_expect_success 'secrets are withheld as config get withholds them' '
	gives 200 $P && test_grep ! velvet got && test_grep "\"password\":\"<secret>\"" got &&
	test "$(header X-Vault-Hidden)" = 1 && gives 403 $P/password && test_grep ! velvet got &&
	test_grep "maybe a secret; a credential with the scope .secrets. may read it" got
'

test_expect_success 'an answer says of which commit it is, and a client that has it gets nothing' '
	gives 200 $P && test "$(header X-Vault-Commit)" = "$(git rev-parse HEAD)" &&
	test "$(header Age)" -lt 5 && tag=$(header ETag) && gives 304 $P -H "If-None-Match: $tag" &&
	test_must_be_empty got && test "$(header ETag)" = "$tag" &&
	gives 304 $P -H "If-None-Match: \"x\", W/$tag" && gives 304 $P -H "If-None-Match: *" &&
	gives 200 $P -H "If-None-Match: \"x\"" && gives 200 $P/timeout && mine=$(header ETag) &&
	test "$mine" != "$tag" && gives 200 /v1/config/dev/web/timeout &&
	test "$(header ETag)" = "$mine" && gives 200 $P -I && test "$(header ETag)" = "$tag"
'

test_expect_success 'the working tree is not served' '
	echo "timeout: 6" >config/web/base.yaml && sleep 1.5 && echo 5 >expect &&
	gives 200 "$P/timeout" && test_cmp expect got && git checkout -q config
'

# became KEY VALUE: that it is so within ten seconds
became () {
	for try_ in $(test_seq 100)
	do
		ask "$1" -H "Accept: text/plain" && test "$(cat got)" = "$2" && return 0
		sleep 0.1
	done
	cat got log
	return 1
}

test_expect_success 'a commit is served soon, and changes what it changes only' '
	gives 200 $P && tag=$(header ETag) index=$(header X-Vault-Index) &&
	echo "more: 1" >>config/dev.yaml && git commit -q -a -m dev &&
	became /v1/config/dev/web/more 1 && gives 200 $P && test "$(header ETag)" = "$tag" &&
	test "$(header X-Vault-Index)" = "$index" &&
	test "$(header X-Vault-Commit)" = "$(git rev-parse HEAD)" &&
	echo "# a comment" >>config/prod.yaml && git commit -q -a -m comment && sleep 2 &&
	gives 200 $P && test "$(header X-Vault-Index)" = "$index" &&
	gives 200 /v1/config/dev/web && test "$(header X-Vault-Index)" -gt "$index" &&
	test_commit other && sleep 2 && gives 200 $P && test "$(header X-Vault-Index)" = "$index" &&
	test "$(header X-Vault-Commit)" = "$(git rev-parse HEAD)"
'

test_expect_success 'a poll waits until its configuration has changed, and no longer than it says' '
	gives 200 $P && index=$(header X-Vault-Index) && began=$(date +%s%N) &&
	gives 200 "$P?index=$index&wait=500ms" && test $(($(date +%s%N) - began)) -ge 500000000 &&
	test "$(header X-Vault-Index)" = "$index" &&
	gives 304 "$P?index=$index&wait=100ms" -H "If-None-Match: $(header ETag)" &&
	gives 200 "$P?index=1&wait=60s" && {
		curl -s -D polled "$url$P/timeout?index=$index&wait=60s" >answer & poll=$!
	} && sleep 0.5 && echo "other: 2" >>config/dev.yaml && git commit -q -a -m "not its own" &&
	sleep 2 && kill -0 $poll && test_must_be_empty answer &&
	gives 200 /v1/health && test_grep "\"waiting\":1," got &&
	echo "timeout: 7" >config/web/base.yaml && git commit -q -a -m "its own" &&
	wait $poll && echo 7 >expect && test_cmp expect answer &&
	test "$(tr -d "\r" <polled | sed -n "s/^X-Vault-Index: //p")" -gt "$index"
'

test_expect_success 'a server that ends lets go of who waits' '
	gives 200 $P && index=$(header X-Vault-Index) && {
		curl -s -o answer -w "%{http_code}" "$url$P?index=$index&wait=60s" >status & poll=$!
	} && sleep 0.5 && serve_stop && wait $poll && test "$(cat status)" = 200 &&
	test_grep "\"timeout\":7" answer
'

test_expect_success 'the audit chain has how much was read, and no line of the log' '
	test_grep ! "GET $P 200" log && told "GET $P/database.hots 404" &&
	git log --format=%B "$(git for-each-ref --format="%(refname)" refs/vault/audit)" >events &&
	test_grep "^Vault-Event: config-read$" events &&
	test_grep "[0-9]* reads of the configuration over HTTP by somebody on this host" events && test_grep ! " 1 minutes" events &&
	test_grep ! velvet events
'

test_expect_success 'a branch that is named is served, whatever is checked out' '
	git branch stable HEAD~1 && git tag stable HEAD && serve_start . --ref stable && echo 5 >expect &&
	gives 200 "$P/timeout" && test_cmp expect got &&
	git branch -f stable HEAD && became $P/timeout 7 && serve_stop &&
	test_expect_code 128 git vault config serve --ref none --listen 127.0.0.1:0 2>err &&
	test_grep "none names no commit here" err
'

test_expect_success 'without layers there is nothing to serve' '
	git init -q ../bare-of && (cd ../bare-of && test_commit x &&
		test_expect_code 128 git vault config serve --listen 127.0.0.1:0 2>err &&
		test_grep "no layered configuration is recognised here" err)
'

test_expect_success 'credentials have environments and scopes' '
	secret=0123456789abcdef0123456789abcdef && for user in all web ops tf
	do
		eval "sum_$user=$(printf %s $user$secret | sha256sum | cut -c1-64)" || return 1
	done && cat >../people <<-END &&
	* all $sum_all
	prod web $sum_web config
	prod ops $sum_ops config,secrets
	prod tf $sum_tf state
	END
	chmod 600 ../people && serve_start . --credentials ../people &&
	gives 401 $P && gives 401 $P -u web:wrong-0123456789abcdef && gives 401 /v1/health &&
	gives 401 /metrics && gives 200 /health && gives 200 /healthz &&
	gives 200 $P -u web:web$secret && test_grep "<secret>" got && test_grep ! velvet got &&
	gives 200 $P -H "Authorization: Bearer web$secret" &&
	gives 403 /v1/config/dev/web -u web:web$secret &&
	test_grep "web may not read the configuration of dev" got &&
	gives 403 $P -u tf:tf$secret && gives 200 /v1/config/dev/web -u all:all$secret &&
	gives 200 /v1/health -u tf:tf$secret && gives 200 /metrics -u web:web$secret
'

test_expect_success 'secrets go to who may see them, once the audit chain has it' '
	gives 200 $P/password -u ops:ops$secret && test "$(cat got)" = "\"Qx7-velvet9-tree\"" &&
	secret_tag=$(header ETag) && test "$(header Cache-Control)" = no-store &&
	git log --format=%B "$(git for-each-ref --format="%(refname)" refs/vault/audit)" >events &&
	test_grep "^Vault-Event: config-reveal$" events && test_grep "over HTTP by ops" events &&
	gives 200 $P -u ops:ops$secret && test_grep velvet got && test -z "$(header X-Vault-Hidden)" &&
	gives 304 $P/password -u ops:ops$secret -H "If-None-Match: $secret_tag" &&
	gives 403 $P/password -u web:web$secret && test_grep ! velvet got head log &&
	serve_stop && test_grep ! velvet log
'

test_expect_success 'and not where it cannot have it' '
	ref=.git/$(git for-each-ref --format="%(refname)" refs/vault/audit) && cp $ref ../chain &&
	serve_start . --credentials ../people && echo damage >$ref &&
	gives 503 $P/password -u ops:ops$secret && test_grep ! velvet got &&
	test_grep "audit chain cannot be told" got && gives 200 $P -u web:web$secret &&
	cp ../chain $ref && gives 200 $P/password -u ops:ops$secret && test_grep velvet got && serve_stop
'

test_expect_success 'a file of credentials with other scopes is refused' '
	printf "prod web %s config,all\n" $sum_web >../bad && chmod 600 ../bad &&
	test_expect_code 129 git vault config serve --credentials ../bad --listen 127.0.0.1:0 2>err &&
	test_grep "scopes are state, config and secrets" err &&
	printf "prod web %s config secrets\n" $sum_web >../bad &&
	test_expect_code 129 git vault config serve --credentials ../bad --listen 127.0.0.1:0 2>err &&
	test_grep "more than four words" err
'

test_expect_success 'a file of a service is no environment, and one of a cloud no service' '
	git init -q ../shop && cd ../shop && mkdir config && echo "hosts: [a, b]" >config/base.yaml &&
	echo "x: 1" >config/prod.yaml && echo "hosts: [z]" >config/orders.yaml && echo "storage: s3" >config/aws.yaml &&
	git add . && git commit -q -m layers && serve_start . &&
	git vault config get --env prod --service orders --at HEAD hosts >expect &&
	gives 200 /v1/config/prod/orders/hosts && test_cmp expect got &&
	gives 404 /v1/config/orders/- && gives 404 /v1/config/prod/aws/storage && serve_stop
'

test_expect_success 'a monitor that leaves out the port, or the header Host, is answered' '
	serve_start . && gives 200 /healthz -H "Host: 127.0.0.1" && gives 200 /healthz -H "Host: [::1]" &&
	gives 200 /healthz -0 -H "Host:" && gives 403 /healthz -H "Host: x.example" &&
	gives 403 /healthz -H "Host: 127.0.0.1.x.example" && gives 403 /healthz -H "Host: 8.8.8.8" &&
	gives 403 /healthz -H "Host: [" && gives 403 /healthz -H "Host: []" && gives 403 /healthz -H "Host: [::1" &&
	serve_stop
'

test_expect_success 'limits and certificates that are none are refused before anything is served' '
	for words in "--max-body 0" "--timeout 0" "--tls-cert x" "--tls-key x"; do
		test_expect_code 129 git vault config serve $words --listen 127.0.0.1:0 2>err || return 1
	done && test_grep "go together" err
'

test_done
