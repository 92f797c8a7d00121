#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='a real Prometheus scrapes the figures; alerts and dashboard work with them'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"
. "$TEST_DIRECTORY/lib-health.sh"

unset GIT_VAULT_TEST_TIME GIT_VAULT_TEST_TICK

serve_or_skip
serve_as=serve

test_lazy_prereq PROMTOOL 'promtool --version'
test_lazy_prereq PROMETHEUS 'prometheus --version && promtool --version && python3 -c "import json"'

metrics_=$GIT_VAULT_SRC_DIR/contrib/metrics

test_expect_success 'set up: a vault with runs, drift and a copy' '
	test_create_repo shop && cd shop && health_environments && health_runs && cd ..
'

test_expect_success 'serve gives the figures and the page, with the policy of each' '
	serve_start shop --health && gives 200 /metrics && test_grep "^git_vault_up 1$" got && cp got figures &&
	test_grep "^git_vault_snapshots{repository=\"shop\"} 1$" got && test_grep "^git_vault_drill_unread\|^git_vault_clients" got &&
	test_grep "git_vault_drift_unexpected_keys{repository=\"shop\",environment=\"prod\"} 1" got &&
	gives 200 /health.html && test_grep -i "^content-type: text/html; charset=utf-8" head && test_grep -i "^cache-control: no-store" head &&
	test_grep -i "^content-security-policy: frame-ancestors" head && test_grep -i "^x-content-type-options: nosniff" head &&
	test_grep "http-equiv=\"Content-Security-Policy\" content=\"default-src .none." got && test_grep "against staging" got &&
	test "$(tail -n 1 figures)" != "# EOF" && gives 200 /metrics -H "Accept: application/openmetrics-text;version=1.0.0,text/plain;q=0.5" &&
	test_grep -i "^content-type: application/openmetrics-text; version=1.0.0; charset=utf-8" head && test "$(tail -n 1 got)" = "# EOF" &&
	test_grep "^# TYPE git_vault_runs counter$" got && test_grep "^git_vault_runs_total{.*job=\"snapshot\"" got && test_grep ! "^# [A-Z]* git_vault_[a-z_]*_total " got &&
	gives 404 /health.html/ && gives 405 /health.html -X POST && serve_stop
'

test_expect_success 'the page is for those who may read the configuration of all environments' '
	secret=0123456789abcdef0123456789abcdef && of () { printf "%s" "$1$secret" | sha256sum | cut -c1-64; } &&
	printf "* ann %s config\nprod bob %s config\n" "$(of ann)" "$(of bob)" >people && chmod 600 people && serve_start shop --health --credentials ../people &&
	gives 401 /health.html && gives 401 /metrics && gives 403 /health.html -u bob:bob$secret &&
	gives 200 /health.html -u ann:ann$secret && gives 200 /metrics -u ann:ann$secret && test_grep "environment=\"staging\"" got
'

test_expect_success 'figures name only environments that the credentials are for' '
	gives 200 /metrics -u bob:bob$secret && test_grep "environment=\"prod\"" got && test_grep ! staging got &&
	test_grep "^git_vault_snapshots{repository=\"shop\"} 1$" got && test_grep "^git_vault_up 1$" got && serve_stop
'

test_expect_success 'what cannot be collected is tried once a minute, and counted' '
	serve_start shop --health &&
	cp shop/.git/config config.kept && echo "[" >>shop/.git/config && gives 200 /metrics && test_grep "^git_vault_up 0$" got && test_grep "^git_vault_collect_failures_total 1$" got &&
	gives 503 /health.html && cp config.kept shop/.git/config && gives 200 /metrics && test_grep "^git_vault_up 0$" got &&
	test_grep "^git_vault_collect_failures_total 1$" got && test_grep "^git_vault_collected_timestamp_seconds 0$" got && serve_stop
'

test_expect_success PROMTOOL 'promtool has nothing to say against figures and alerts' '
	promtool check metrics <figures >said 2>&1 && test_must_be_empty said &&
	promtool check rules "$metrics_/alerts.yml" && (cd "$metrics_" && promtool test rules alerts-test.yml)
'

test_expect_success PYTHON 'alerts and dashboard ask for figures that there are' '
	python3 -c "
import json, re, sys
rules = open(sys.argv[1]).read()
for e in re.findall(r\"expr: (.*)\", rules):
    print(e)
for p in json.load(open(sys.argv[2]))[\"panels\"]:
    for t in p[\"targets\"]:
        print(t[\"expr\"].replace(\"\$repository\", \".*\"))
" "$metrics_/alerts.yml" "$metrics_/dashboard.json" >expressions && test "$(wc -l <expressions)" -gt 35 &&
	for name in $(grep -o "git_vault_[a-z_]*" expressions | sort -u); do
		grep -q "^# TYPE $name " figures || echo "$name"
	done >unknown && sort unknown >said &&
	printf "git_vault_%s\n" component_dump_bytes component_last_dump_timestamp_seconds copies_lacking_snapshots key_expiry_timestamp_seconds | sort >expect && test_cmp expect said
'

# ask_it QUERY: what Prometheus answers
ask_it () {
	promtool query instant "http://127.0.0.1:$port" "$1"
}

test_expect_success PROMETHEUS 'Prometheus scrapes it, and every expression of alerts and dashboard is answered' '
	serve_start shop --health && port=$(python3 -c "import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])") &&
	sed "s/127.0.0.1:7417/${url#http://}/; s/scrape_interval: 1m/scrape_interval: 1s/; s/^#.*//" "$metrics_/scrape.yml" >prometheus.yml &&
	{ prometheus --config.file=prometheus.yml --storage.tsdb.path=tsdb --web.listen-address="127.0.0.1:$port" --log.level=error >prometheus.log 2>&1 5>&- & } &&
	servers_="$servers_ $!" && prometheus=$! &&
	for try in $(test_seq 300); do
		ask_it "git_vault_snapshots == 1" 2>/dev/null | grep -q shop && break
		sleep 0.1
	done &&
	ask_it "git_vault_snapshots" >said && test_grep "repository=\"shop\".* => 1 " said &&
	ask_it "git_vault_runs_total{job=\"snapshot\",result=\"success\"}" >said && test_grep "=> [1-9]" said &&
	ask_it "up" >said && test_grep "=> 1 " said &&
	while read -r e; do
		ask_it "$e" >said 2>&1 || { echo "$e" && cat said && return 1; }
	done <expressions &&
	kill $prometheus && { wait $prometheus || :; } && serve_stop
'

test_done
