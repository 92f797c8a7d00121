#!/bin/sh

test_description='who is told of runs and of the health of a vault, and how'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

test_lazy_prereq PYTHON 'python3 -c "import http.server"'

test_have_prereq PYTHON || skip_all "there is no python3 to listen with"

# at SECONDS COMMAND…: that long after a fixed time
at () {
	GIT_VAULT_TEST_TIME=$((1796000000 + $1)) && export GIT_VAULT_TEST_TIME && shift && "$@"
}

# schedule STATUS ARG…
schedule () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault schedule "$@" >../out 2>../err || {
		cat ../out ../err
		return 1
	}
}

# target NAME KEY VALUE…: a target, in the user's own configuration
target () {
	target_=$1 && shift &&
	while test $# -gt 0; do
		git config --global --add "vault.notify.$target_.$1" "$2" && shift 2 || return 1
	done
}

no_targets () {
	git config --global --name-only --get-regexp "^vault\.notify\." | while read -r key; do
		git config --global --unset-all "$key" || :
	done
}

test_expect_success 'set up: a listener that writes down, and a sendmail' '
	cat >../listen.py <<-\EOF &&
	import http.server, sys
	top = sys.argv[1]
	class Handler(http.server.BaseHTTPRequestHandler):
	    def do_POST(self):
	        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
	        with open(top + "/requests", "a") as log:
	            log.write("%s %s\n" % (self.path, self.headers.get("X-Vault-Signature", "-")))
	        with open(top + "/bodies", "ab") as bodies:
	            bodies.write(body + b"\n")
	        with open(top + "/body", "wb") as last:
	            last.write(body)
	        if self.path.startswith("/moved"):
	            self.send_response(302)
	            self.send_header("Location", "/elsewhere")
	        else:
	            self.send_response(500 if self.path.startswith("/broken") else 200)
	        self.send_header("Content-Length", "0")
	        self.end_headers()
	    do_GET = do_POST
	    def log_message(self, *args):
	        pass
	server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
	with open(top + "/port", "w") as port:
	    port.write(str(server.server_address[1]) + "\n")
	server.serve_forever()
	EOF
	here=$(cd .. && pwd) && { python3 ../listen.py "$here" >/dev/null 2>&1 & } && echo $! >../listener &&
	for i in $(test_seq 100); do test -s ../port && break; sleep 0.1; done && base=http://127.0.0.1:$(cat ../port) &&
	mkdir ../fake && printf "#!/bin/sh\ncat >%s/mail\n" "$here" >../fake/sendmail && chmod +x ../fake/sendmail &&
	PATH=$here/fake:$PATH && export PATH && printf "schedule:\n  ok: {what: snapshot, every: 1h}\n  rec: {what: drill, every: 1d, env: prod}\n" \
		>.gitvault.yaml && echo "a: 1" >a.yaml && git add -A && git commit -qm one && git vault -q snapshot &&
	git vault -q policy accept --yes
'

test_expect_success 'a ping tells of the beginning and the end of a run' '
	target watchdog type ping url "$base/ping" job ok && : >../requests && at 0 schedule 0 run ok &&
	sed "s/rid=.*/rid/" ../requests >../seen && printf "%s\n" "/ping/start?rid" "/ping?rid" >../expect &&
	test_cmp ../expect ../seen && sed "s/.*rid=\([^ ]*\).*/\1/" ../requests | sort -u >../rids && test_line_count = 1 ../rids &&
	no_targets && target watchdog type ping url "$base/ping" && : >../requests && at 0 schedule 1 run rec &&
	grep "^/ping/1[0-9]*?rid" ../requests && no_targets
'

test_expect_success 'what succeeds does not hide from a ping that another job failed, nor from health' '
	target all type ping url "$base/ping" && target one type ping url "$base/one" job ok && : >../requests &&
	at 0 schedule 1 run rec && at 10 schedule 0 run ok && grep "^/one?rid" ../requests &&
	grep "^/ping" ../requests | tail -n 1 >../last && grep "^/ping/1?rid" ../last &&
	at 20 schedule 0 list && test_grep "^rec failed: .*" ../out && ! grep "^ok " ../out | grep failed &&
	git vault --json schedule list >../out && grep "\"last_reason\":\"" ../out &&
	test_might_fail git vault health >../out 2>&1 && test_grep "the job rec (drill) failed" ../out &&
	test_grep "git vault schedule run rec" ../out && no_targets
'

test_expect_success 'a webhook is signed, tells of a change once, and again after a day' '
	echo s3kr1t-key >../key && target hook type webhook url "$base/hook" keyFile "$PWD/../key" event drill environment prod &&
	rm -f .git/vault/jobs && : >../requests && at 0 schedule 1 run rec && test_line_count = 1 ../requests &&
	sum=$(python3 -c "import hmac,sys;print(hmac.new(b\"s3kr1t-key\",open(\"../body\",\"rb\").read(),\"sha256\").hexdigest())") &&
	grep "^/hook sha256=$sum\$" ../requests && grep "\"event\":\"drill\".*\"state\":\"failed\"" ../body &&
	grep "\"environment\":\"prod\"" ../body && at 60 schedule 1 run rec && test_line_count = 1 ../requests &&
	at 86500 schedule 1 run rec && test_line_count = 2 ../requests && grep "\"state\":\"reminder\"" ../body && no_targets
'

test_expect_success 'a chat gets a line, and a mail goes through sendmail' '
	rm -f .git/vault/jobs && target chat type chat url "$base/chat" event drill environment prod && target post type mail to ops@example.com event drill environment prod &&
	at 90000 schedule 1 run rec && grep "^{\"text\":\"\[git-vault\] .*rec: drill failed" ../body && grep "^To: ops@example.com\$" ../mail &&
	grep "^Subject: \[git-vault\] .*rec: drill failed" ../mail && no_targets
'

test_expect_success 'a key file without a key, and a sendmail that fails, are said' '
	rm -f .git/vault/jobs && : >../none && cp ../fake/sendmail ../sendmail && printf "#!/bin/sh\nexit 3\n" >../fake/sendmail &&
	target gone type webhook url "$base/hook" keyFile /nowhere event drill environment prod &&
	target bare type webhook url "$base/hook" keyFile "$PWD/../none" event drill environment prod &&
	target post type mail to ops@example.com event drill environment prod && at 91000 schedule 1 run rec &&
	test_grep "its key file is missing" ../err && test_grep "its key file is empty" ../err &&
	test_grep "sendmail ended with 3" ../err && cp ../sendmail ../fake/sendmail && no_targets && rm -f .git/vault/jobs
'

test_expect_success 'an environment whose newest snapshot is too old is reported, and that it is not any more' '
	printf "environments:\n  prod: {rpo: 2h}\n" >>.gitvault.yaml && git vault -q policy accept --yes && rm -f .git/vault/jobs &&
	target hook type webhook url "$base/hook" event rpo environment prod && : >../requests &&
	at 200000 schedule 0 run ok && : >../requests &&
	printf "schedule:\n  check: {what: verify}\nenvironments:\n  prod: {rpo: 2h}\n" >.gitvault.yaml && git vault -q policy accept --yes &&
	at 300000 schedule 0 run && grep "\"event\":\"rpo\".*\"state\":\"failed\"" ../body && echo new >>a.yaml &&
	at 300100 git vault -q snapshot && at 300200 schedule 0 run && grep "\"event\":\"rpo\".*\"state\":\"ok\"" ../body &&
	test_line_count = 2 ../requests && no_targets
'

test_expect_success 'a policy that cannot be read, and one that waits for consent, are reported' '
	target hook type webhook url "$base/hook" event config event consent && : >../bodies &&
	cp .gitvault.yaml ../good.yaml && echo "schedule: [" >.gitvault.yaml && at 300300 schedule 128 run &&
	grep "\"event\":\"config\"" ../bodies && cp ../good.yaml .gitvault.yaml && echo "  dev: {rpo: 1h}" >>.gitvault.yaml &&
	sed -i "s/verify}/snapshot}/" .gitvault.yaml && at 300400 schedule 0 run && grep "\"event\":\"consent\".*accepts it" ../bodies &&
	cp ../good.yaml .gitvault.yaml && no_targets
'

test_expect_success 'what does not take it fails no run, and names no address' '
	rm -f .git/vault/jobs && target gone type ping url http://127.0.0.1:1/token && target away type ping url "$base/moved/token" &&
	target ill type ping url "$base/broken/token" && target far type ping url http://192.0.2.1/token &&
	target odd type pigeon && target deaf type webhook url "$base/hook" keyFile /nowhere event run && : >../requests &&
	at 400000 schedule 0 run check && for name in gone away ill far odd; do
		test_grep "target .$name. got nothing" ../err || return 1
	done && test_grep "redirects to another address (302)" ../err && ! grep elsewhere ../requests && ! grep token ../err &&
	test "$(grep -c "^/broken/token/start" ../requests)" = 3 && no_targets
'

test_expect_success 'a failed run is told, also where its report cannot be written' '
	rm -f .git/vault/jobs && target hook type webhook url "$base/hook" event drill environment prod && : >../requests &&
	printf "schedule:\n  rec: {what: drill, every: 1d, env: prod}\n" >.gitvault.yaml && git vault -q policy accept --yes &&
	git for-each-ref --format="delete %(refname)" refs/vault/reports/run/ | git update-ref --stdin &&
	rm -rf .git/refs/vault/reports/run && mkdir -p .git/refs/vault/reports && echo no >.git/refs/vault/reports/run &&
	at 450000 schedule 128 run rec && rm .git/refs/vault/reports/run && test_line_count = 1 ../requests &&
	grep "\"event\":\"drill\".*\"state\":\"failed\"" ../body && cp ../good.yaml .gitvault.yaml &&
	git vault -q policy accept --yes && no_targets
'

test_expect_success 'addresses that a repository brings are never used' '
	git config vault.notify.evil.type ping && git config vault.notify.evil.url "$base/evil" && : >../requests &&
	at 500000 schedule 0 run check && test_must_be_empty ../requests
'

test_expect_success 'an address and a key may be encrypted secrets, which nobody else sees' '
	rm -f .git/vault/jobs && printf "HOOK=%s\nHOOK_KEY=s3kr1t-key\n" "$base/hook/t0ken" >../secrets.env &&
	git vault -q secret import --scope prod --format env ../secrets.env && git vault secret list --scope prod --json >../json &&
	python3 -c "import json,sys; [print(v[\"name\"], v[\"scope\"] + \"/\" + v[\"id\"]) for v in json.load(open(\"../json\"))[\"secrets\"] if v.get(\"name\")]" >../ids &&
	url=$(sed -n "s/^HOOK //p" ../ids) && key=$(sed -n "s/^HOOK_KEY //p" ../ids) &&
	printf "schedule:\n  check: {what: verify}\n  rec: {what: drill, every: 1d, env: prod}\n" >.gitvault.yaml && git vault -q policy accept --yes &&
	target hook type webhook urlSecret "$url" keySecret "$key" event drill environment prod && : >../requests && at 600000 schedule 1 run rec &&
	sum=$(python3 -c "import hmac,sys;print(hmac.new(b\"s3kr1t-key\",open(\"../body\",\"rb\").read(),\"sha256\").hexdigest())") &&
	grep "^/hook/t0ken sha256=$sum\$" ../requests && ! grep -r t0ken ../out ../err .git/vault/jobs && no_targets
'

test_expect_success 'a secret that cannot be opened or reached is a sentence without its address' '
	rm -f .git/vault/jobs && target shut type ping urlSecret "prod/0123456789abcdef0123456789abcdef01234567" job check &&
	at 610000 schedule 0 run check && test_grep "target .shut. got nothing: the scope .prod. has no secret of that id" ../err &&
	no_targets && target lost type ping urlSecret "$url" job check && mv ~/.config/git-vault/identity ../identity &&
	at 620000 schedule 0 run check && mv ../identity ~/.config/git-vault/identity &&
	test_grep "target .lost. got nothing: .*no key here opens without a question" ../err && no_targets &&
	printf "FAR=http://192.0.2.1/t0ken\n" >../secrets.env && git vault -q secret import --scope prod --format env ../secrets.env &&
	git vault secret list --scope prod --json >../json &&
	far=$(python3 -c "import json; [print(v[\"scope\"] + \"/\" + v[\"id\"]) for v in json.load(open(\"../json\"))[\"secrets\"] if v.get(\"name\") == \"FAR\"]") &&
	target far type ping urlSecret "$far" job check && at 630000 schedule 0 run check && test_grep "the address in its secret cannot be reached" ../err &&
	test_grep ! "192.0.2.1" ../err && no_targets
'

# it expires on 2026-12-15, a week after the time of the test
cat >../c.pem <<\EOF
-----BEGIN CERTIFICATE-----
MIIBGTCBzKADAgECAgEBMAUGAytlcDAMMQowCAYDVQQDDAF4MB4XDTI2MTEzMDA3
MDUyNVoXDTI2MTIxNTA3MDUyNVowDDEKMAgGA1UEAwwBeDAqMAUGAytlcAMhACLD
FGGvXmue61Wy9z4YjSU+Hqjc1WYt/gk6LiBM+zTmo1MwUTAdBgNVHQ4EFgQUDW5q
Lo0hvmhqey1viZfzk93Tq8EwHwYDVR0jBBgwFoAUDW5qLo0hvmhqey1viZfzk93T
q8EwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXADQQDB0uC5i47eqspTb9RviefwBS4r
OVvPzTsAeBWfcBHuzJ8UY31tQcgmAWO6hKU+m1q6DCQhwnyONZaYNfRxDEIF
-----END CERTIFICATE-----
EOF

test_expect_success 'drift and a certificate that expires are reported, and their end' '
	rm -f .git/vault/jobs && mkdir -p values && printf "a: 1\nb: 2\n" >values/values-staging.yaml && printf "a: 1\n" >values/values-prod.yaml &&
	cp ../c.pem . && git add -A && git commit -qm two &&
	target ops type webhook url "$base/ops" event drift event key && : >../bodies && at 700000 schedule 0 run check &&
	grep "\"environment\":\"prod\",\"event\":\"drift\".*\"state\":\"failed\"" ../bodies && grep "\"event\":\"key\".*c.pem" ../bodies &&
	: >../bodies && at 700060 schedule 0 run check && test_must_be_empty ../bodies &&
	cp values/values-staging.yaml values/values-prod.yaml && git rm -q --cached c.pem && rm c.pem && git add -A && git commit -qm three &&
	at 700120 schedule 0 run check && grep "\"event\":\"drift\".*\"state\":\"ok\"" ../bodies && grep "\"event\":\"key\".*\"state\":\"ok\"" ../bodies && no_targets
'

test_expect_success 'a configuration that is invalid is reported by its place, not by its text' '
	mkdir -p config && printf "pool: {max: 1}\n" >config/base.yaml && printf "schedule:\n  check: {what: verify}\nconfig:\n  shop:\n    layers: [config/base.yaml, \"config/{env}.yaml\"]\n    rules:\n    - {key: pool.max, at_least: 2}\n" >.gitvault.yaml &&
	echo "x: 1" >config/prod.yaml && git add -A && git commit -qm config && git vault -q policy accept --yes && test_expect_code 1 git vault config validate --all >../out &&
	target ops type webhook url "$base/ops" event config && target dba type webhook url "$base/dba" event config environment prod && target web type webhook url "$base/web" event config environment web && : >../bodies && at 700200 schedule 0 run check &&
	grep "\"command\":\"git vault config validate --env prod\",\"environment\":\"prod\".*the configuration of prod is invalid in 1 place" ../bodies && test "$(grep -c "is invalid" ../bodies)" = 2 &&
	grep "\"command\":\"git vault config validate --all\".*\"event\":\"config\".*the configuration is invalid in 1 place, the first in config/" ../bodies &&
	printf "pool: {max: 2}\n" >config/base.yaml && git add -A && git commit -qm good && at 700260 schedule 0 run check &&
	grep "\"event\":\"config\".*\"state\":\"ok\"" ../bodies && grep "\"environment\":\"prod\".*\"state\":\"ok\"" ../bodies && test "$(grep -c "\"state\":\"ok\"" ../bodies)" = 2 && no_targets
'

test_expect_success 'an approval that is wanted is reported, and that a week has passed is no news' '
	rm -f .git/vault/jobs && printf "schedule:\n  check: {what: verify}\ndelete: {approvals: 1}\n" >.gitvault.yaml && git add -A && git commit -qm four &&
	git vault -q policy accept --yes && git vault -q snapshot --force >../id && test_must_fail at 799000 git vault delete "$(cat ../id)" 2>../err &&
	test_grep "requires 1 approval" ../err && target ops type webhook url "$base/ops" event approval && : >../bodies && at 800000 schedule 0 run check &&
	grep "\"command\":\"git vault delete --approve.*\"event\":\"approval\".*an approval is wanted to delete 1 snapshot" ../bodies &&
	at 1500000 schedule 0 run check && test_expect_code 1 grep "\"event\":\"approval\".*\"state\":\"ok\"" ../bodies && test_expect_code 1 grep "wanted:" .git/vault/jobs && no_targets
'

# told: what a chat was told since the last call, without the repository
told () {
	sed "s/^{\"text\":\"\[git-vault\] [^ :]*//; s/\"}\$//; s/\\\\u000a\(.*\)/ (\1)/" ../bodies && : >../bodies
}

# week DAY SECONDS COMMAND…: in a week of which the key ends soon
week () {
	GIT_VAULT_TEST_TIME=$((1800316800 + $1 * 86400 + $2)) && export GIT_VAULT_TEST_TIME && shift 2 && "$@"
}

test_expect_success 'a week of dumps: what was missed is made up once, what fails is told once a day' '
	rm -f .git/vault/jobs && sync_ () { git for-each-ref --format="%(refname)" refs/vault/component/ | wc -l | tr -d " "; } &&
	echo "orders of monday" >../orders && echo people >../users && echo keys >../cache && cat >.gitvault.yaml <<-EOF &&
	components:
	  orders: {type: command, run: [cat, $here/orders], environment: prod}
	  users: {type: command, run: [cat, $here/users], environment: dev}
	  cache: {type: command, run: [cat, $here/cache], environment: prod, schedule: {every: 2d, at: "02:30"}}
	  slow: {type: command, run: [sleep, "60"]}
	schedule:
	  dumps: {what: components, components: [orders, users], every: 1d, at: "02:30"}
	EOF
	git add -A && git commit -qm week && git vault -q policy accept --yes &&
	target all type chat url "$base/all" event run && target dev type chat url "$base/dev" event run environment dev && target prod type chat url "$base/prod" event run environment prod &&
	: >../bodies && : >../requests && week 0 9600 schedule 0 run && test "$(sync_)" = 3 && test_must_be_empty ../bodies &&
	week 0 13200 schedule 0 run && test_grep "nothing is due" ../err && week 0 13200 schedule 0 --json list &&
	test_grep "\"name\":\"dumps\",\"what\":\"components\",\"environment\":null,\"components\":\[\"orders\",\"users\"\]" ../out &&
	test_grep "\"name\":\"cache\",\"what\":\"components\",\"environment\":\"prod\",\"components\":\[\"cache\"\],\"every_seconds\":172800,\"at\":\"02:30\"" ../out &&
	rm ../users && week 1 9600 schedule 3 run && test "$(sync_)" = 4 && week 1 13200 schedule 0 run && week 2 9600 schedule 3 run && test "$(sync_)" = 6 &&
	told >../lines && sed "s/: cat ended.*: No such file or directory/: WHY/" ../lines >../actual && cat >../expect <<-\EOF && test_cmp ../expect ../actual && sort ../requests | uniq -c >../counts &&
	: dumps: components was done in part: users: WHY (git vault schedule list)
	 dev: dumps: the dump of users failed: WHY (git vault component run users)
	: still: dumps: components was done in part: users: WHY (git vault schedule list)
	 dev: still: dumps: the dump of users failed: WHY (git vault component run users)
	EOF
	test_grep ! /prod ../requests && echo people >../users && week 5 32400 schedule 0 run && test "$(sync_)" = 9 && week 5 36000 schedule 0 run && test "$(sync_)" = 9 &&
	told >../actual && cat >../expect <<-\EOF && test_cmp ../expect ../actual
	: ok again: dumps: components succeeded
	 dev: ok again: dumps: the dump of users succeeded
	EOF
'

test_expect_success '... and jobs of dumps are left while somebody dumps by hand, and run by name' '
	week 6 9600 && { git-vault component run slow >../hand 2>&1 & } && hand=$! && by_hand () { git vault schedule list | grep -q "running: component by hand"; } &&
	for i in $(test_seq 100); do by_hand && break; sleep 0.1; done && week 6 9600 schedule 0 run && test_grep "dumps: left for the next look, because the dump 20[^ ]*, begun by hand" ../err &&
	week 6 9600 schedule 0 --json run cache && test_grep "\"runs\":\[\].*\"left\":1" ../out && kill -TERM $hand && test_expect_code 130 wait $hand && test "$(sync_)" = 9 &&
	week 6 13200 schedule 0 run && test "$(sync_)" = 11 && week 6 13300 schedule 0 run cache && test "$(sync_)" = 12 &&
	schedule 129 run cahce && test_grep "did you mean .cache.?" ../err && schedule 129 run orders && test_grep "to dump it now: git vault component run orders" ../err && no_targets
'

# keys_told: the same, without that there is only one key
keys_told () {
	told | sed "/only the key of/d"
}

test_expect_success 'a key that expires is told by its name, until it is replaced' '
	name=$(git vault key list --json | sed "s/.*\"recipients\":\[{\"name\":\"\([^\"]*\).*/\1/") && week 6 0 git vault key list >../out && test_grep ! EXPIRES ../out &&
	since=$(git vault key list --json | sed "s/.*\"since_time\":\"\([^\"]*\).*/\1/") && echo "keys: {lasts: 50d}" >>.gitvault.yaml && git add -A && git commit -qm keys && git vault -q policy accept --yes &&
	target ops type chat url "$base/ops" event key && : >../bodies && week -7 0 schedule 0 run && keys_told >../actual && test_must_be_empty ../actual &&
	week 0 0 git vault key list >../out && test_grep "EXPIRES" ../out && day=$(awk "/owner/ {print \$NF}" ../out) && week 0 0 git vault metrics >../figures && test_grep "^git_vault_keys_expired{.*} 0" ../figures &&
	week 1 0 schedule 0 run && echo ": the key of $name expires on $day (git vault key rotate)" >../expect && keys_told >../actual && test_cmp ../expect ../actual &&
	week 1 0 test_might_fail git vault doctor >../out && test_grep "the key of $name expires on $day: the policy lets a key last 50 days" ../out &&
	week 8 0 schedule 0 run && echo ": still: the key of $name expired on $day (git vault key rotate)" >../expect && keys_told >../actual && test_cmp ../expect ../actual &&
	week 8 0 git vault metrics >../figures && test_grep "^git_vault_keys_expired{.*} 1" ../figures && week 8 0 git vault -q key rotate >../said 2>&1 &&
	week 8 60 schedule 0 run && echo ": ok again: the key of $name does not expire soon any more" >../expect && keys_told >../actual && test_cmp ../expect ../actual && no_targets
'

test_expect_success 'tear down' '
	kill "$(cat ../listener)"
'

test_done
