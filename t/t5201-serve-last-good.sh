#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='git vault serve: the last good configuration, and its age'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

serve_or_skip
serve_as='config serve'
P=/v1/config/prod/web

# becomes PATH WORDS: the answer has them, within fifteen seconds
becomes () {
	for try_ in $(test_seq 150)
	do
		ask "$1" && grep -q "$2" got head && return 0
		sleep 0.1
	done
	cat got head log
	return 1
}

test_expect_success 'set up: two environments, a service, a remote' '
	mkdir -p config/web && printf "a: 1\nb: {c: 1}\n" >config/base.yaml &&
	echo "a: 2" >config/prod.yaml && echo "a: 3" >config/dev.yaml &&
	echo "w: 1" >config/web/base.yaml && git add . && git commit -q -m layers &&
	git clone -q --bare . ../origin.git && git clone -q ../origin.git ../clone
'

test_expect_success 'of a layer that cannot be read, the last good one is served' '
	serve_start . && good=$(git rev-parse HEAD) && gives 200 $P && index=$(header X-Vault-Index) &&
	cp got before && printf "a: [\n" >config/prod.yaml && echo "a: 4" >config/dev.yaml &&
	git commit -q -a -m broken && becomes /v1/config/dev/web "\"a\":4" &&
	gives 200 $P && test_cmp before got && test "$(header X-Vault-Stale)" = layer &&
	test "$(header X-Vault-Commit)" = $good && test "$(header X-Vault-Index)" = $index &&
	gives 200 /v1/config/prod/other && test "$(header X-Vault-Stale)" = layer &&
	gives 200 /v1/config/dev/web && test -z "$(header X-Vault-Stale)" &&
	test "$(header X-Vault-Commit)" = "$(git rev-parse HEAD)" &&
	test_grep "the last good ones are served: config/prod.yaml: line 2" log && grep -c "last good ones" log >out &&
	echo 1 >expect && test_cmp expect out
'

test_expect_success 'and health names it, with its line' '
	gives 200 /health && test_grep "{\"status\":\"stale\"}" got &&
	gives 200 /v1/health && test_grep "\"status\":\"stale\"" got &&
	test_grep "\"environment\":\"prod\",\"service\":\"web\",\"why\":\"config/prod.yaml: line 2" got &&
	gives 200 /metrics && test_grep "^git_vault_config_failed 2$" got &&
	sleep 2 && gives 200 $P && test "$(header Age)" -ge 2 && gives 200 /v1/config/dev/web &&
	test "$(header Age)" -lt 2
'

test_expect_success 'once it can be read, it is served' '
	echo "a: 5" >config/prod.yaml && git commit -q -a -m mended && becomes $P "\"a\":5" &&
	test -z "$(header X-Vault-Stale)" && gives 200 /health && test_grep "\"ok\"" got
'

test_expect_success 'a policy that cannot be read changes nothing' '
	printf "config: [\n" >.gitvault.yaml && echo "a: 6" >config/prod.yaml && git add . &&
	git commit -q -m policy && becomes $P "X-Vault-Stale: tree" && test_grep "\"a\":5" got &&
	gives 200 /v1/health && test_grep "tree_problem\":\"the new configuration is not served: .*gitvault" got &&
	told "the new configuration is not served: " && git rm -q .gitvault.yaml &&
	git commit -q -m "no policy" && becomes $P "\"a\":6" &&
	told "the configuration is current again"
'

test_expect_success 'an object that is lost, likewise, until it is there again' '
	echo "a: 7" >config/prod.yaml && git commit -q -a -m seven &&
	blob=$(git rev-parse HEAD:config/prod.yaml) && becomes $P "\"a\":7" &&
	echo "a: 8" >config/prod.yaml && git add . && tree=$(git write-tree) &&
	commit=$(git commit-tree -p HEAD -m eight $tree) && blob=$(git rev-parse :config/prod.yaml) &&
	object=.git/objects/$(echo $blob | sed "s|..|&/|") && mv $object ../lost &&
	git update-ref refs/heads/$(git symbolic-ref --short HEAD) $commit &&
	becomes $P "X-Vault-Stale: " && test_grep "\"a\":7" got &&
	mv ../lost $object && git commit -q --allow-empty -m again && becomes $P "\"a\":8" &&
	test -z "$(header X-Vault-Stale)"
'

test_expect_success 'without the ref, what was served is served' '
	branch=$(git symbolic-ref HEAD) && tip=$(git rev-parse HEAD) && git update-ref -d $branch &&
	becomes $P "X-Vault-Stale: tree" && test_grep "\"a\":8" got &&
	git update-ref $branch $tip && becomes /health "\"ok\"" && serve_stop
'

test_expect_success 'one that never could be read is refused, and the others are served' '
	printf "a: [\n" >config/prod.yaml && git commit -q -a -m broken && serve_start . &&
	gives 503 $P && test_grep "cannot be read: config/prod.yaml: line 2" got &&
	gives 200 /v1/config/dev/web && gives 503 /spring/web/prod &&
	test_grep "config/prod.yaml: line 2" got && gives 200 /v1/health &&
	test_grep "\"served\":false" got && serve_stop &&
	echo "a: 8" >config/prod.yaml && git commit -q -a -m mended
'

test_expect_success 'a clone is refreshed in the background' '
	git push -q ../origin.git HEAD && (cd ../clone && git pull -q) &&
	serve_start ../clone --remote origin --refresh 1 && gives 200 $P &&
	echo "a: 9" >config/prod.yaml && git commit -q -a -m nine && git push -q ../origin.git HEAD &&
	becomes $P "\"a\":9" && test "$(header X-Vault-Commit)" = "$(git rev-parse HEAD)" &&
	test "$(git -C ../clone rev-parse HEAD)" != "$(git rev-parse HEAD)"
'

test_expect_success 'a network that is cut: the last one is served and grows old' '
	mv ../origin.git ../away.git && becomes $P "X-Vault-Stale: fetch" && test_grep "\"a\":9" got &&
	sleep 2 && gives 200 $P && test "$(header Age)" -ge 2 && gives 200 /v1/health &&
	test_grep "\"fetch_problem\":\"cannot fetch from origin: " got &&
	told "cannot fetch from origin: " && gives 200 /metrics &&
	test_grep "^git_vault_config_fetch_failures_total [1-9]" got
'

test_expect_success 'and when it is back, all is well' '
	echo "a: 10" >config/prod.yaml && git commit -q -a -m ten && git push -q ../away.git HEAD &&
	mv ../away.git ../origin.git && becomes $P "\"a\":10" && becomes /health "\"ok\"" &&
	told "fetched from origin again" && serve_stop
'

test_expect_success 'a server that starts while it is cut serves what it has' '
	mv ../origin.git ../away.git && serve_start ../clone --remote origin --refresh 1 &&
	gives 200 $P && test_grep "\"a\":10" got && becomes $P "X-Vault-Stale: fetch" && serve_stop
'
test_expect_success 'and says their age by the last fetch, not by its own start' '
	sleep 2 && serve_start ../clone --remote origin --refresh 1 && gives 200 $P && test "$(header Age)" -ge 2 &&
	test_grep "\"a\":10" got && gives 200 /v1/health && test_grep "\"fetched\":[1-9]" got && serve_stop
'

test_done
