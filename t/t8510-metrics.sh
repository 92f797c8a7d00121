#!/bin/sh

test_description='figures about a vault, as Prometheus reads them'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-health.sh"

test_lazy_prereq PROMTOOL 'promtool --version'

# at SECONDS: that long after a fixed time
at () {
	GIT_VAULT_TEST_TIME=$((1796000000 + $1)) && export GIT_VAULT_TEST_TIME
}

metrics () {
	git vault metrics "$@" >../out 2>../err || {
		cat ../out ../err
		return 1
	}
}

# says VALUE NAME [LABELS]: the sample has that value
says () {
	test_grep -F "git_vault_$2{repository=\"trash\"${3:+,$3}} $1" ../out
}

test_expect_success 'set up: environments, of which one has drifted' '
	health_environments
'

test_expect_success 'without a snapshot nothing is made up, and no folder' '
	metrics && says 0 snapshots && says 0 healthy && says 0 "runs_total" "job=\"restore\",result=\"success\"" &&
	test_grep ! last_snapshot_timestamp ../out
'

test_expect_success 'a snapshot is there with its age and size' '
	at 0 && git vault -q snapshot && at 7200 && metrics &&
	says 1 snapshots && says 1796000000 last_snapshot_timestamp_seconds && says 7200 recovery_point_age_seconds "environment=\"prod\"" &&
	says 3600 recovery_point_target_seconds "environment=\"prod\"" && says 0 recovery_point_target_seconds "environment=\"staging\"" &&
	says 14400 recovery_target_seconds "environment=\"prod\"" && says 0 verified_ratio &&
	bytes=$(cat .gitvault.yaml config/* | wc -c) && says "$((bytes))" snapshot_bytes
'

test_expect_success 'drift and the configuration are told of each environment' '
	says 1 drift_unexpected_keys "environment=\"prod\"" && says 1 drift_keys "environment=\"prod\",class=\"missing\"" &&
	says 1 config_valid "environment=\"prod\"" &&
	printf "db: [\n" >config/prod.yaml && git commit -qam broken && metrics &&
	says 0 config_valid "environment=\"prod\"" && says 1 config_valid "environment=\"staging\"" &&
	git reset -q --hard HEAD~1
'

test_expect_success 'runs by hand are counted from the first look on' '
	says 1 counting && git vault -q snapshot && git vault -q verify && git vault -q restore latest --to ../back &&
	test_expect_code 128 git vault -q restore latest --to ../back && git vault -q restore latest --in-place -n &&
	metrics && says 2 runs_total "job=\"snapshot\",result=\"success\"" && says 1 runs_total "job=\"verify\",result=\"success\"" &&
	says 1 runs_total "job=\"restore\",result=\"success\"" && says 1 runs_total "job=\"restore\",result=\"failed\"" &&
	says 2 success_runs "goal=\"recovery\",window=\"30d\"" && says 0.5 success_ratio "goal=\"recovery\",window=\"30d\"" &&
	says 0.95 success_ratio_target "goal=\"recovery\",window=\"90d\"" && says 1 verified_ratio
'

test_expect_success 'rollback, recover, component run and replicate push are counted, and no dry run' '
	git vault -q good mark prod >../said 2>&1 && printf "db:\n  host: c\n" >config/prod.yaml && git commit -qam worse &&
	git vault -q rollback -n prod >../said 2>&1 && git vault -q rollback -y prod >../said 2>&1 &&
	git vault -q recover -n prod >../said 2>&1 && git vault -q recover -y prod >../said 2>&1 &&
	test_expect_code 128 git vault component run 2>../said && test_expect_code 128 git vault replicate push -n 2>../said && test_expect_code 128 git vault replicate push 2>../said &&
	metrics && for job in "rollback success" "recover success" "component failed" "replicate failed"; do
		says 1 runs_total "job=\"${job% *}\",result=\"${job#* }\"" || return 1
	done
'

test_expect_success 'a job of the policy has its last run, and what is slow is counted' '
	for i in 1 2 3 4; do at $((i * 86400)) && git vault -q schedule run nightly || return 1; done &&
	at $((5 * 86400 + 60)) && metrics && says $((1796000000 + 4 * 86400)) last_success_timestamp_seconds "job=\"nightly\",what=\"snapshot\"" &&
	says 0 last_run_status "job=\"nightly\",what=\"snapshot\"" && says 86400 job_period_seconds "job=\"nightly\",what=\"snapshot\"" &&
	says 1860 job_overdue_seconds "job=\"nightly\",what=\"snapshot\"" && says 0 slow_jobs
'

# forge ID TEXT: a report of a run that somebody has pushed
forge () {
	blob=$(printf "%s" "$2" | git hash-object -w --stdin) && tree=$(printf "100644 blob %s\treport.json\n" "$blob" | git mktree) &&
	git update-ref "refs/vault/reports/run/$1" "$(git commit-tree -m run "$tree")"
}

test_expect_success 'a report that was pushed changes no last success and no counter' '
	cp ../out ../before &&
	forge 20261130T000000Z-00000001 "{\"attempts\":1,\"begin_time\":\"2026-11-30T00:00:00Z\",\"end_time\":\"2026-11-30T00:00:01Z\",\"environment\":null,\"job\":\"nightly\",\"kind\":\"snapshot\",\"status\":\"success\"}" &&
	metrics && for name in last_success_timestamp_seconds last_run_status runs_total; do
		grep "^git_vault_$name" ../before | sort >../x && grep "^git_vault_$name" ../out | sort >../y && test_cmp ../x ../y || return 1
	done
'

test_expect_success 'what is no report, or too large, is told and passed over' '
	says 0 unread && forge 20261130T000000Z-00000002 "{" && metrics && says 1 unread && says 0 healthy &&
	head -c 100000 /dev/zero | tr "\0" " " >../large && forge 20261130T000000Z-00000003 "$(cat ../large){}" && metrics && says 1 unread &&
	git update-ref -d refs/vault/reports/run/20261130T000000Z-00000002 && git update-ref -d refs/vault/reports/run/20261130T000000Z-00000003
'

test_expect_success 'approvals that are waited for are counted by environment' '
	says 0 approvals_pending && says 0 approvals_pending "environment=\"prod\"" && cp .gitvault.yaml ../policy &&
	sed "s/rpo: 1h/approvals: 1, rpo: 1h/" ../policy >.gitvault.yaml && echo "delete: {approvals: 1}" >>.gitvault.yaml && git commit -qam asks && git vault -q policy accept --yes &&
	printf "db:\n  host: d\n" >config/prod.yaml && test_must_fail git vault rollback -y prod 2>../err && test_grep "requires 1 approval" ../err &&
	test_must_fail git vault recover -y prod 2>../err && test_grep "requires 1 approval" ../err &&
	test_must_fail git vault delete "$(git vault list --json | sed -n "s/.*\"id\":\"\([^\"]*\)\".*/\1/p" | head -n 1)" 2>../err && test_grep "requires 1 approval" ../err &&
	metrics && says 1 approvals_pending && says 1 approvals_pending "environment=\"prod\"" && says 0 approvals_pending "environment=\"staging\"" &&
	at $((14 * 86400)) && metrics && says 0 approvals_pending && says 0 approvals_pending "environment=\"prod\"" && at $((5 * 86400 + 60))
'

test_expect_success 'a secret that was revoked is due as long as the newest snapshot uses it' '
	says 0 secrets_due && printf "aws_secret_access_key = %s%s\n" "wJalrXUtnFEMI/K7MDENG/" "bPxRfiCYzzQ8TqLmA9" >credentials && git vault -q snapshot >../said 2>&1 &&
	id=$(git vault secret list --json | tr , "\n" | sed -n "s/.*\"id\":\"\([0-9a-f]*\)\".*/\1/p" | head -n 1) && metrics && says 0 secrets_due &&
	git vault -q secret revoke --reason leaked "$id" >../said 2>&1 && metrics && says 1 secrets_due &&
	rm credentials && git vault -q snapshot >../said 2>&1 && metrics && says 0 secrets_due
'

test_expect_success 'a file is replaced as a whole' '
	echo old >../infra.prom && ln ../infra.prom ../same && metrics --textfile ../infra.prom && test_must_be_empty ../out &&
	test_grep "^git_vault_snapshots" ../infra.prom && echo old >../x && test_cmp ../x ../same &&
	test "$(ls .. | grep -c infra)" = 1 && test_must_fail git vault metrics --textfile ../back 2>../err && test_grep "../back" ../err &&
	test_must_fail git vault metrics --json 2>../err
'

test_expect_success 'names of others are escaped, and every line has the form that Prometheus reads' '
	name=$(printf "a\"b\\\\c\nd{}") && mkdir "../$name" && cp -R . "../$name" && cd "../$name" && metrics && cd ../trash &&
	test_grep -F "{repository=\"a\\\"b\\\\c\\nd{}\"} " ../out &&
	grep -v "^# \(HELP\|TYPE\) git_vault_[a-z_]* " ../out >../lines &&
	test_expect_code 1 grep -vE "^git_vault_[a-z_]+\{repository=\"([^\"\\]|\\\\.)*\"(,[a-z]+=\"[^\"\\]*\")*\} [0-9.e+-]+$" ../lines &&
	test -z "$(sed "s/ [^ ]*$//" ../lines | sort | uniq -d)"
'

test_expect_success PROMTOOL 'promtool has nothing to say against them' '
	promtool check metrics <../out >../said 2>&1 && test_must_be_empty ../said
'

test_done
