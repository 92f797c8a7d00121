#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='checks of recovery plans against servers that run, approvals of another
clone, and a disk that is full'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL http_proxy https_proxy all_proxy
unset GIT_VAULT_TEST_TIME GIT_VAULT_TEST_TICK

servers=
at_end () {
	test -z "$servers" || kill $servers 2>/dev/null
}
trap 'at_end; at_exit_' EXIT

test_lazy_prereq OPENSSL 'openssl version'
test_lazy_prereq FULL 'test "$(id -u)" = 0 && mkdir m && mount -t tmpfs -o size=64k none m && umount m'

# plan STATUS ARG…
plan () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault plan "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

# accept: what the plans say now
accept () {
	git vault policy accept >/dev/null 2>.git/err || {
		cat .git/err
		return 1
	}
}

# says ID STATUS [WORDS]: of a step of the last test or run
says () {
	test_grep "^$1: $2.*${3-}" .git/out
}

test_expect_success OPENSSL 'set up: servers of HTTP and TLS' '
	mkdir -p .gitvault/plans ../www/api/v1 && cat >../serve.py <<-\END &&
	import http.server, ssl, sys, time, urllib.parse
	class Handler(http.server.BaseHTTPRequestHandler):
	    def do_GET(self):
	        at = urllib.parse.urlsplit(self.path)
	        query = urllib.parse.parse_qs(at.query).get("query", [""])[0]
	        series = {"up": "1", "errors > 0": None, "temperature{room=\"a b\"}": "20.5"}
	        if at.path == "/slow":
	            time.sleep(5)
	        if at.path == "/api/v1/query":
	            value = series.get(query)
	            rows = "" if value is None else "{\"metric\":{},\"value\":[1,\"%s\"]}" % value
	            body = "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[%s]}}" % rows
	        else:
	            body = "all is healthy\n"
	        self.send_response(503 if at.path == "/down" else 200)
	        self.end_headers()
	        self.wfile.write(body.encode())
	    def log_message(self, *args):
	        pass
	server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
	if len(sys.argv) > 2:
	    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
	    context.load_cert_chain(sys.argv[2])
	    server.socket = context.wrap_socket(server.socket, server_side=True)
	open(sys.argv[1] + ".new", "w").write(str(server.server_port))
	import os
	os.rename(sys.argv[1] + ".new", sys.argv[1])
	server.serve_forever()
	END
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ../key.pem -out ../cert.pem \
		-days 30 -subj "/CN=127.0.0.1" -addext "subjectAltName=IP:127.0.0.1" 2>/dev/null &&
	cat ../key.pem ../cert.pem >../both.pem && cp ../cert.pem ca.pem &&
	{ python3 ../serve.py ../port >../log 2>&1 & servers=$!; } &&
	{ python3 ../serve.py ../tls ../both.pem >../log.tls 2>&1 & servers="$servers $!"; } &&
	while ! test -s ../port || ! test -s ../tls; do sleep 0.1; done
'

test_expect_success OPENSSL 'each check says what holds, and what does not' '
	http=http://127.0.0.1:$(cat ../port) tls=127.0.0.1:$(cat ../tls) &&
	cat >.gitvault/plans/ask.yaml <<-END &&
	steps:
	  - {id: well, check: {http: "$http/", expect: healthy}}
	  - {id: status, check: {http: "$http/down", status: 503}}
	  - {id: down, check: {http: "$http/down"}}
	  - {id: text, check: {http: "$http/", expect: sick}}
	  - {id: slow, check: {http: "$http/slow", within: 1s}}
	  - {id: open, check: {tcp: "$tls"}}
	  - {id: known, check: {tls: "$tls", ca: ca.pem, days: 20}}
	  - {id: soon, check: {tls: "$tls", ca: ca.pem, days: 60}}
	  - {id: stranger, check: {tls: "$tls"}}
	  - {id: plain, check: {tls: "127.0.0.1:$(cat ../port)", within: 2s}}
	  - {id: https, check: {http: "https://$tls/", ca: ca.pem, expect: healthy}}
	  - {id: untrusted, check: {http: "https://$tls/"}}
	  - {id: up, check: {prometheus: "$http", query: up, expect: "1"}}
	  - {id: labels, check: {prometheus: "$http", query: "temperature{room=\"a b\"}", expect: "20.5"}}
	  - {id: quiet, check: {prometheus: "$http", query: errors > 0, expect: none}}
	  - {id: fires, check: {prometheus: "$http", query: up, expect: none}}
	  - {id: other, check: {prometheus: "$http", query: up, expect: "2"}}
	  - {id: nothing, check: {prometheus: "$http", query: errors > 0}}
	  - {id: sealed, check: {prometheus: "https://$tls", ca: ca.pem, query: up}}
	END
	accept && plan 1 test ask &&
	for id in well status open known https up labels quiet sealed; do says $id passed || return 1; done &&
	says down failed "status 503" && says text failed "does not have the text" && says slow failed &&
	says soon failed "expires in [0-9]* days; 60 are wanted" && says stranger failed && says plain failed &&
	says untrusted failed && says fires failed "gives 1 series; none" && says other failed "does not give 2" &&
	says nothing failed "gives nothing"
'

test_expect_success 'what belongs to other checks is a fault with its line' '
	printf "steps:\n  - {id: a, check: {tcp: \"h:1\", ca: x}}\n" >.gitvault/plans/bad.yaml && plan 1 lint bad &&
	test_grep "^bad:2:.*.ca. belongs to" .git/out && rm .gitvault/plans/bad.yaml
'

test_expect_success FULL 'a run whose journal cannot be written stops, and goes on once there is room' '
	cat >.gitvault/plans/disk.yaml <<-\END &&
	steps:
	  - {id: a, shell: "echo a >>log"}
	  - {id: b, needs: [a], shell: "test -e room || cat /dev/zero >.git/vault/plans/fill 2>.git/full; echo b >>log; yes | head -c 4000", outputs: {o: stdout}}
	  - {id: c, needs: [b], shell: "echo c >>log"}
	END
	accept && mkdir -p .git/vault/plans &&
	mount -t tmpfs -o size=64k none .git/vault/plans && test_when_finished "umount -l .git/vault/plans" &&
	plan 128 run -y disk && test_grep "cannot write .*journal: No space left" .git/err &&
	printf "a\nb\n" >../want && test_cmp ../want log && rm .git/vault/plans/fill && touch room &&
	plan 0 resume && printf "a\nb\nb\nc\n" >../want && test_cmp ../want log
'

test_expect_success 'a run waits for the approval of another clone, and takes no own one' '
	git init -q --bare ../remote && top=$(cd .. && pwd) && clone alice && clone bob &&
	as alice sh -c "mkdir -p .gitvault/plans && cat >.gitvault/plans/agree.yaml &&
		git add . && git commit -qm plans && git push -q origin HEAD" <<-\END &&
	environment: prod
	steps:
	  - {id: agree, kind: approve}
	  - {id: go, needs: [agree], run: [touch, went]}
	END
	as alice git vault init -q && as alice git vault -q sync &&
	as bob git vault key generate >bob.pub 2>err && as bob git config vault.auditName bob &&
	as bob git pull -q && as bob git vault init -q 2>err &&
	as alice git vault key add --name bob --signer "$(sed -n 2p bob.pub)" "$PWD/bob.pub" >/dev/null &&
	as alice git vault policy accept >/dev/null && as alice git vault -q sync &&
	as bob git pull -q && as bob git vault -q sync &&
	{ as alice git vault plan run -y agree >out 2>err; test $? = 3; } && test_grep "0 of 1 approvals" err &&
	run=$(ls ../alice/clone/.git/vault/plans) &&
	test_might_fail as alice git vault plan approve agree "$run" agree &&
	{ as alice git vault plan resume >out 2>err; test $? = 3; } && test_path_is_missing ../alice/clone/went &&
	as bob git vault plan approve agree "$run" agree >out && as bob git vault -q sync &&
	as alice git vault -q sync && as alice git vault plan resume >out && test_path_is_file ../alice/clone/went &&
	{ as alice git vault plan run -y agree >out 2>err; test $? = 3; } && test_grep "0 of 1 approvals" err
'

test_expect_success 'by policy a run and a recovery need approvals, and wait for the end of a freeze' '
	as alice sh -c "printf \"environments:\\n  prod:\\n    approvals: 1\\n    freeze: 2000-01-01..2100-01-01\\n\" >.gitvault.yaml &&
		printf \"environment: prod\\nsteps: [{id: a, run: [touch, ran]}]\\n\" >.gitvault/plans/agree.yaml &&
		mkdir -p live/prod && echo x >live/prod/x && git add . && git commit -qm policy && git push -q origin HEAD &&
		git vault -q policy accept && git vault -q good mark prod && git vault -q sync" >out 2>err &&
	as bob git pull -q && as bob git vault -q sync &&
	for what in "plan run -y agree" "recover -y prod"
	do
		test_must_fail as alice git vault $what 2>err && test_grep "prod is frozen until 2100" err &&
		test_must_fail as alice git vault $what --in-freeze 2>err && test_grep "in-freeze needs a --reason" err &&
		test_must_fail as alice git vault $what --in-freeze --reason "the site is down" 2>err &&
		test_grep "requires 1 approval by others .* there are 0" err || return 1
	done && test_path_is_missing ../alice/clone/ran &&
	as bob git vault plan approve agree 2>err && test_grep "bob approves that plan agree is run for prod" err &&
	as bob git vault rollback --approve --to 1 prod && as bob git vault -q sync && as alice git vault -q sync &&
	as alice git vault plan run -y agree --in-freeze --reason "the site is down" && test_path_is_file ../alice/clone/ran &&
	as alice git vault recover -y prod --in-freeze --reason "the site is down" &&
	as alice git vault audit list >out && test_grep "the site is down" out &&
	echo "# more" >>../alice/clone/.gitvault/plans/agree.yaml && as alice git vault -q policy accept &&
	test_must_fail as alice git vault plan run -y agree --in-freeze --reason y 2>err && test_grep "there are 0" err &&
	as alice git vault plan run -y agree --in-freeze --without-approval --reason "nobody is awake" &&
	as alice git vault audit list -v >out && test_grep "without approval (0 of 1): nobody is awake" out
'

test_expect_success 'another environment, or the record of one, does not pass by what the policy asks of it' '
	as alice sh -c "mkdir -p live/dev && echo x >live/dev/x &&
		printf \"steps: [{id: a, kind: restore, snapshot: good:prod~0}]\n\" >.gitvault/plans/none.yaml &&
		git add . && git commit -qm dev && git push -q origin HEAD && git vault -q policy accept && git vault -q sync" &&
	as bob git pull -q && as bob git vault -q sync && for what in "--env dev agree" none
	do
		test_must_fail as alice git vault plan run -y $what 2>err && test_grep "prod is frozen until 2100" err &&
		test_must_fail as alice git vault plan run -y $what --in-freeze --reason r 2>err && test_grep "there are 0" err &&
		as bob git vault plan approve $what 2>err && test_grep "is run for prod" err &&
		as bob git vault -q sync && as alice git vault -q sync &&
		as alice git vault plan run -y $what --in-freeze --reason r || return 1
	done
'

test_expect_success 'an approval of a step is signed by the identity that is named' '
	test_expect_code 128 as bob git vault plan approve --identity ../nowhere agree 2>err && test_grep nowhere err
'

test_done
