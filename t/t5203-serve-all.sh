#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='git vault serve: all parts in one program, health, and hostile clients'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

serve_or_skip
serve_as=serve
P=/v1/config/prod/web
test_lazy_prereq PYTHON 'command -v python3'

test_expect_success 'without a part all are served, by one file of credentials' '
	mkdir config && printf "a: 1\nlong: %s\n" "$(printf %01000d 7)" >config/base.yaml &&
	echo "a: 2" >config/prod.yaml && git add . && git commit -q -m layers &&
	secret=0123456789abcdef0123456789abcdef &&
	printf "* ann %s\n" "$(printf %s $secret | sha256sum | cut -c1-64)" >../people &&
	chmod 600 ../people && serve_start . --credentials ../people &&
	state 1 >s1 && answers 200 POST prod/net --data-binary @s1 -u ann:$secret &&
	answers 200 GET prod/net -u ann:$secret && test_cmp_bin s1 got &&
	gives 200 $P -u ann:$secret && gives 200 /spring/web/prod -u ann:$secret &&
	answers 401 GET prod/net && gives 401 $P && gives 401 /v1/health && gives 401 /metrics &&
	gives 200 /healthz && echo ok >expect && test_cmp expect got
'

test_expect_success 'health says what is served, metrics count it' '
	gives 200 /v1/health -u ann:$secret && test_grep "\"status\":\"ok\",\"state\":true" got &&
	test_grep "\"commit\":\"$(git rev-parse HEAD)\"" got &&
	gives 200 /metrics -u ann:$secret && test_grep "^git_vault_requests_total{part=\"state\",code=\"2xx\"} 2$" got &&
	test_grep "^git_vault_requests_total{part=\"config\",code=\"4xx\"} 1$" got &&
	test_grep "^git_vault_request_seconds_count{part=\"config\"} [12]$" got &&
	test_grep "^git_vault_config_age_seconds [01]$" got && test_grep ! drill_overdue got && serve_stop
'

test_expect_success PYTHON 'health is JSON, and metrics have the form that Prometheus reads' '
	printf "schedule:\n  prod: {what: drill, env: prod, every: 30d}\n" >.gitvault.yaml && git add . && git commit -qm schedule &&
	serve_start . && gives 200 /v1/health && python3 -m json.tool got >/dev/null &&
	gives 200 /health && python3 -m json.tool got >/dev/null && gives 200 /metrics &&
	test_grep "^git_vault_drill_overdue{environment=\"prod\"} 1$" got &&
	test_grep "^git_vault_drill_passed_time_seconds{environment=\"prod\"} 0$" got &&
	test_grep "^git_vault_drill_unread 0$" got &&
	grep -v "^#" got >lines &&
	test_expect_code 1 grep -vE "^[a-z_]+(\{[a-z]+=\"[^\"]*\"(,[a-z]+=\"[^\"]*\")*\})? [0-9.]+$" lines &&
	serve_stop
'

test_expect_success 'what cannot be read of drills is said' '
	ref=$(git for-each-ref --format="%(refname)" refs/vault/audit | head -n 1) && id=$(git rev-parse "$ref") && test -n "$id" &&
	git cat-file commit "$id" >audit && git update-ref "$ref" "$(sed "/^$/q" audit | git hash-object -t commit -w --stdin)" &&
	serve_start . && gives 200 /metrics && test_grep "^git_vault_drill_unread 1$" got && serve_stop && git update-ref "$ref" "$id"
'

test_expect_success 'a part that is off is not there' '
	serve_start . --health && gives 404 $P && test_grep "start it with --config" got &&
	answers 404 GET prod/net && test_grep "start it with --state" got && gives 200 /v1/health &&
	test_grep "\"config\":null" got && serve_stop &&
	serve_start . --state && gives 404 /health && test_grep "start it with --health" got &&
	answers 200 GET prod/net && serve_stop &&
	serve_start . --config && gives 200 $P && gives 404 /v1/health && serve_stop
'

test_expect_success 'a repository without layers is served without configuration' '
	git init -q ../plain && (cd ../plain && test_commit x) && serve_start ../plain &&
	told "no configuration is served: there are no layers" && gives 404 $P && gives 200 /v1/health &&
	answers 404 GET prod/net && serve_stop &&
	(cd ../plain && test_expect_code 128 git vault serve --config --listen 127.0.0.1:0 2>err &&
		test_grep "no layered configuration" err)
'

test_expect_success 'paths that lead nowhere' '
	serve_start . --config --health && for path in / // /v1 /v1/ /v1/config// /v1/config/prod// \
		/v1/config/prod/web/.. /v1/config/%2e%2e/web /v1/config/prod/..%2f..%2fetc /v1/config/prod%00/web \
		/v1/config/prod/web%0d%0aX:%20y /v1/config/-x/web "/v1/config/prod/$(printf %0100d 1)" \
		"$P/$(printf %02000d 1)" "$P/%ff%fe" "$P/a%5b99999999999999999999%5d" "$P/%5b%22" \
		/spring//prod /spring/web/ /spring/web/prod, /spring/web/,prod /metrics/ /health/x
	do
		gives 404 "$path" || return 1
	done && test_grep ! "^X: y" head && gives 400 "$P?index=99999999999999999999" &&
	gives 400 "$P?index=-1" && gives 400 "$P?index=" && gives 200 "$P?wait=1s&x=%00&&=&y" &&
	gives 400 "$P?index=1&wait=1e9" && gives 400 "$P?index=1&wait=99999999999999999999s" &&
	deep="$P/$(printf "a.%.0s" $(test_seq 500))a" && gives 404 "$deep"
'

test_expect_success 'bodies that nobody asked for are passed over, and large ones refused' '
	gives 200 $P -X GET -d "x=1" && head -c 70000 /dev/zero >large &&
	gives 413 $P -X GET --data-binary @large && test_grep "more than the 65536 bytes" got &&
	head -c 104857600 /dev/zero >huge && gives 413 $P -X GET --data-binary @huge -H "Expect:" &&
	gives 413 $P -X GET --data-binary @huge -H "Expect:" -H "Transfer-Encoding: chunked" &&
	rm huge && rss=$(sed -n "s/^VmHWM:[^0-9]*\([0-9]*\) kB/\1/p" /proc/$server/status) &&
	test "$rss" -lt 60000
'

test_expect_success PYTHON 'slow clients hold nobody up' '
	serve_stop && serve_start . --config --health --timeout 2 && cat >slow.py <<-\END &&
	import socket, sys, time
	port = int(sys.argv[1])
	many = []
	for i in range(200):
	    s = socket.socket()
	    s.connect(("127.0.0.1", port))
	    s.send(b"GET /v1/config/prod/web HTTP/1.1\r\nHost: localhost\r\nX: ")
	    many.append(s)
	print("connected", flush=True)
	end = time.time() + 3
	while time.time() < end:
	    for s in many:
	        try:
	            s.send(b"a")
	        except OSError:
	            pass
	    time.sleep(0.2)
	END
	{ python3 slow.py "${url##*:}" >connected & slow=$!; } &&
	for try_ in $(test_seq 50)
	do
		test -s connected && break
		sleep 0.1
	done && began=$(date +%s) && for i in $(test_seq 20)
	do
		gives 200 $P || return 1
	done && test $(($(date +%s) - began)) -lt 10 && wait $slow && gives 200 $P
'

test_expect_success PYTHON 'many clients poll at once, and all are told' '
	gives 200 $P && index=$(header X-Vault-Index) && cat >poll.py <<-\END &&
	import http.client, sys, threading
	port, index = int(sys.argv[1]), sys.argv[2]
	results = []
	def poll():
	    c = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
	    c.request("GET", "/v1/config/prod/web/a?wait=50s&index=" + index)
	    results.append(c.getresponse().read())
	threads = [threading.Thread(target=poll) for _ in range(60)]
	[t.start() for t in threads]
	print("polling", flush=True)
	[t.join() for t in threads]
	print(set(results), len(results))
	END
	{ python3 poll.py "${url##*:}" $index >polled & poll=$!; } &&
	for try_ in $(test_seq 100)
	do
		ask /v1/health && grep -q "\"waiting\":60," got && break
		sleep 0.1
	done && test_grep "\"waiting\":60," got && gives 200 $P &&
	echo "a: 3" >config/prod.yaml && git commit -q -a -m three && wait $poll &&
	test_grep "^{b.3.*n.} 60$" polled && serve_stop
'

test_expect_success 'options that are none' '
	test_expect_code 129 git vault serve --refresh 0 --listen 127.0.0.1:0 2>err &&
	test_grep "refresh takes 1 to 86400 seconds" err &&
	test_expect_code 129 git vault --json serve >out && test_grep "has no JSON form" out &&
	test_expect_code 129 git vault serve now 2>err &&
	test_expect_code 128 git vault serve --listen 0.0.0.0:0 2>err &&
	test_grep "is reachable by others, so credentials are needed" err &&
	test_expect_code 129 git vault config list --listen 127.0.0.1:0 2>err
'

test_expect_success 'the branch, the layout and the cloud that are served can be chosen' '
	git checkout -q -b side && echo "a: 3" >config/prod.yaml && echo "b: 4" >config/aws.yaml && git add . && git commit -q -m side &&
	git checkout -q - && git vault key generate -o ../nobody.key && serve_start . --config --ref side --identity ../nobody.key && gives 200 $P/a && echo 3 >expect &&
	test_cmp expect got && gives 404 $P/b && serve_stop &&
	serve_start . --config --ref side --provider aws && gives 200 $P/b && echo 4 >expect && test_cmp expect got && serve_stop &&
	test_expect_code 128 git vault serve --config --ref side --layout env --listen 127.0.0.1:0 2>err &&
	test_grep "no files of the layout .env." err
'

test_done
