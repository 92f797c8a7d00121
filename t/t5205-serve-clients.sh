#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='git vault serve: clients that go, that are many, and that are slow

And what stays in the memory of the server when it has answered.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

serve_or_skip
test_have_prereq PYTHON || skip_all "python3 is not installed"
serve_as=serve
P=/v1/config/prod/web
hold="python3 $TEST_DIRECTORY/helper/httphold.py"

# waiting N: that many requests wait, within ten seconds
waiting () {
	for try_ in $(test_seq 100)
	do
		gives 200 /v1/health -H "Authorization: Bearer $ops" && grep -q "\"waiting\":$1," got && return 0
		sleep 0.1
	done
	cat got
	return 1
}

test_expect_success 'set up: a server with credentials' '
	mkdir config && printf "a: 1\n" >config/base.yaml && echo "b: 2" >config/prod.yaml && echo "b: 3" >config/dev.yaml &&
	printf "password: Qx7-velvet9-tree\nmore:\n" >config/test.yaml &&
	for i in $(test_seq 400); do echo "  k$i: value-of-some-length-$i"; done >>config/test.yaml &&
	git add . && git commit -q -m layers && ops=0123456789abcdef0123456789abcdef dev=dev$ops &&
	printf "* ops %s config,secrets\ndev dev %s config\n" $(printf %s $ops | sha256sum | cut -c1-64) \
		$(printf %s $dev | sha256sum | cut -c1-64) >../people && chmod 600 ../people &&
	serve_start . --config --health --credentials ../people && port=${url##*:} &&
	gives 200 $P -H "Authorization: Bearer $ops" && index=$(header X-Vault-Index)
'

test_expect_success 'one who waits and goes leaves the place' '
	$hold poll 127.0.0.1 $port "$P?index=$index&wait=10m" 40 1 $ops && waiting 0
'

test_expect_success 'those who wait leave places for those who ask' '
	{ $hold poll 127.0.0.1 $port "$P?index=$index&wait=10m" 120 6 $ops >out & held=$! ; } && waiting 96 &&
	gives 503 "$P?index=$index" -H "Authorization: Bearer $ops" && test_grep "wait for a change" got &&
	test "$(header Retry-After)" = 1 && gives 200 $P -H "Authorization: Bearer $ops" && wait $held && waiting 0
'

test_expect_success 'an environment that comes while a request is slow is not for who may not have it' '
	test_when_finished "touch go" && rm -f go && { $hold slow 127.0.0.1 $port /spring/web/dev,staging $dev go >out & slow=$! ; } &&
	for try in $(test_seq 50); do test -s out && break || sleep 0.1; done &&
	echo "hidden: for-staging-alone" >config/staging.yaml && git add . && git commit -q -m staging &&
	for try in $(test_seq 50); do ask /v1/config/staging/web -H "Authorization: Bearer $ops"; test $code = 200 && break || sleep 0.1; done &&
	test $code = 200 && : >go && wait $slow && cat out && test_grep "200 OK" out && test_grep ! for-staging-alone out &&
	gives 403 /spring/web/dev,staging -H "Authorization: Bearer $dev"
'

test_expect_success !SANITIZERS 'no secret that was given stays in memory that is not locked' '
	for i in 1 2 3; do
		gives 200 /v1/config/test/web -H "Authorization: Bearer $ops" && test_grep velvet9 got &&
		gives 200 /spring/web/test -H "Authorization: Bearer $ops" && test_grep velvet9 got &&
		gives 200 /v1/config/test/web/password -H "Authorization: Bearer $ops" || return 1
	done &&
	echo Qx7-velvet9-tree >values && python3 "$TEST_DIRECTORY/helper/memory.py" $server values >found &&
	cat found && test_grep "^locked" found && test_grep ! "^open" found
'

test_expect_success 'it ends' '
	serve_stop
'

test_done
