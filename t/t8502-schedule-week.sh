#!/bin/sh
# shellcheck disable=SC2154

test_description='a week of schedule, with a look every four hours

The clock is injected. A dump hangs while another look comes, a disk is away,
the machine sleeps from wednesday to friday, and snapshots fail until an
environment lacks one.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-listen.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

listen_start || skip_all "there is no python3 to listen with"

# A monday, 2026-12-07.
monday=1796601600

# clock HOURS [MINUTES]: since that day began
clock () {
	GIT_VAULT_TEST_TIME=$((monday + $1 * 3600 + ${2:-0} * 60)) && export GIT_VAULT_TEST_TIME
}

# day HOURS
day () {
	set -- $(($1 / 24)) $(($1 % 24)) mon tue wed thu fri sat sun MON TUE WED THU FRI SAT SUN
	hour_=$2 && shift $(($1 + 2)) && printf "%s %02d:30" "$1" "$hour_"
}

# look HOURS: as the scheduler of the system does, at half past
look () {
	clock "$1" 30 && : >"$here/heard" && : >"$here/mail"
	git vault schedule run >../said 2>&1
	status_=$?
	{
		sed -e "/nothing is due/d" -e "s/^git-vault: //" ../said
		case $status_ in 0 | 1 | 3) ;; *) echo "exit $status_" ;; esac
		grep -v "^/ping" "$here/heard"
		sed -n "s/^Subject: \[git-vault\] [^ ]*trash/mail/p" "$here/mail"
	} | plain | sed "s/^/$(day "$1")  /"
}

# plain: without what differs from run to run
plain () {
	sed -e "s/there is no folder.*/WHY/" -e "s/cannot open .*lock.*/WHY/" \
		-e "s,] /.*/trash prod:,] prod:," -e "s/'//g" \
		-e "s/\(cancel \)20.*/\1ID/"
}

# looks FROM TO: hours, both
looks () {
	hours_=$1
	while test "$hours_" -le "$2"
	do
		look "$hours_" && hours_=$((hours_ + 4)) || return 1
	done
}

# health DAY
health () {
	test_might_fail git vault health >"$here/health.$1" 2>&1
}

# target NAME KEY VALUE…: in the user's own configuration
target () {
	target_=$1 && shift &&
	while test $# -gt 0
	do
		git config --global --add "vault.notify.$target_.$1" "$2" && shift 2 || return 1
	done
}

test_expect_success 'set up' '
	echo "a: 1" >a.yaml && echo orders >"$here/orders" && mkdir "$here/disk" &&
	cat >"$here/dump" <<-\EOF && chmod +x "$here/dump" &&
	#!/bin/sh
	cd "$(dirname "$0")" && cat orders && while test -e hold; do sleep 0.05; done
	EOF
	cat >.gitvault.yaml <<-EOF &&
	environments:
	  prod: {paths: ["*.yaml"], rpo: 10h}
	components:
	  orders: {type: command, run: ["$here/dump"], environment: prod}
	schedule:
	  often: {what: snapshot, every: 8h}
	  night: {what: components, components: [orders], every: 1d, at: "02:30"}
	  copies: {what: replicate, every: 12h, retry: {attempts: 2, delay: 1s}}
	  check: {what: verify, every: 7d, at: "04:00"}
	EOF
	clock 0 && git add -A && git commit -qm one && git vault -q policy accept --yes && git vault -q key generate &&
	git vault -q replicate add near "file://$here/disk" &&
	target watchdog type ping url "$base/ping" && target all type webhook url "$base/all" event run event rpo event behind event health &&
	target prod type chat url "$base/prod" environment prod && target post type mail to ops@example.com event rpo event behind
'

test_expect_success 'a week' '
	cat >../expect <<-\END &&
	mon 02:30  often: snapshot succeeded
	mon 02:30  night: components succeeded
	mon 02:30  copies: replicate succeeded
	mon 02:30  check: verify succeeded
	mon 10:30  often: snapshot succeeded
	mon 14:30  copies: replicate succeeded
	mon 18:30  often: snapshot succeeded
	tue 02:30  nothing was done: runs of this repository are still running since 2026-12-08T02:30:00Z; to stop them: git vault schedule cancel ID
	tue 02:30  often: snapshot succeeded
	tue 02:30  night: components succeeded
	tue 02:30  copies: replicate succeeded
	tue 10:30  often: snapshot succeeded
	tue 14:30  warning: copies: replicate failed: target near: WHY
	tue 14:30  /all: failed behind: copies: replicate failed: target near: WHY
	tue 14:30  mail: copies: replicate failed: target near: WHY
	tue 18:30  often: snapshot succeeded
	fri 10:30  often: snapshot succeeded
	fri 10:30  night: components succeeded
	fri 10:30  warning: copies: replicate failed: target near: WHY
	fri 10:30  /all: reminder behind: copies: replicate failed: target near: WHY
	fri 10:30  mail: still: copies: replicate failed: target near: WHY
	fri 18:30  often: snapshot succeeded
	fri 22:30  copies: replicate succeeded
	fri 22:30  /all: ok behind: copies: replicate succeeded (git vault schedule list)
	fri 22:30  mail: ok again: copies: replicate succeeded
	sat 02:30  often: snapshot succeeded
	sat 02:30  night: components succeeded
	sat 10:30  warning: often: snapshot failed: WHY
	sat 10:30  copies: replicate succeeded
	sat 10:30  /all: failed run: often: snapshot failed: WHY
	sat 14:30  /all: failed rpo: the newest snapshot is of 4 days ago, and was still current 12 hours ago; the policy allows 10 h (git vault snapshot)
	sat 14:30  /prod: [git-vault] prod: the newest snapshot is of 4 days ago, and was still current 12 hours ago; the policy allows 10 h (git vault snapshot)
	sat 14:30  mail prod: the newest snapshot is of 4 days ago, and was still current 12 hours ago; the policy allows 10 h
	sat 18:30  warning: often: snapshot failed: WHY
	sat 22:30  copies: replicate succeeded
	sun 02:30  often: snapshot succeeded
	sun 02:30  night: components succeeded
	sun 02:30  /all: ok run: often: snapshot succeeded (git vault schedule list)
	sun 02:30  /all: ok rpo: the newest snapshot is of 4 days ago, and is still current (git vault snapshot)
	sun 02:30  /prod: [git-vault] prod: ok again: the newest snapshot is of 4 days ago, and is still current
	sun 02:30  mail prod: ok again: the newest snapshot is of 4 days ago, and is still current
	sun 06:30  check: verify succeeded
	sun 10:30  often: snapshot succeeded
	sun 10:30  copies: replicate succeeded
	sun 18:30  often: snapshot succeeded
	sun 22:30  copies: replicate succeeded
	END
	{
		looks 2 22 &&
		echo "a: 2" >a.yaml && : >"$here/hold" && clock 26 30 && { git vault schedule run >"$here/first" 2>&1 & } && first=$! &&
		for i in $(test_seq 200); do git vault schedule list | grep -q "running: night" && break; sleep 0.05; done &&
		look 26 && rm "$here/hold" && wait $first && sed "s/^git-vault: /tue 02:30  /" "$here/first" &&
		looks 30 34 && mv "$here/disk" "$here/away" && echo "a: 3" >a.yaml && looks 38 46 &&
		looks 106 110 && health friday && mv "$here/away" "$here/disk" && looks 114 122 &&
		mv .git/vault/lock ../lock && mkdir .git/vault/lock && looks 126 138 && health saturday &&
		rmdir .git/vault/lock && mv ../lock .git/vault/lock && looks 142 166
	} >../week 2>&1 && test_cmp ../expect ../week
'

test_expect_success 'each run left its report, with its tries' '
	git for-each-ref --format="%(refname)" refs/vault/reports/run >../refs &&
	grep -v mail: ../week | grep -c "succeeded$\|warning: .* failed" >../expect && wc -l <../refs >../actual && test_cmp ../expect ../actual &&
	for ref in $(cat ../refs); do git show "$ref:report.json" || return 1; done >../reports &&
	sed "s/.*\"attempts\":\([0-9]*\).*\"job\":\"\([a-z]*\)\".*\"status\":\"\([a-z]*\)\".*/\2 \3 \1/" ../reports |
		sort | uniq -c | sed "s/^ *//" >../actual && cat >../expect <<-\END && test_cmp ../expect ../actual
	2 check success 1
	2 copies failed 2
	8 copies success 1
	5 night success 1
	2 often failed 1
	12 often success 1
	END
'

test_expect_success 'the figures count them' '
	git vault metrics >../figures && for line in \
		"runs_total JOBsnapshot\",result=\"success 12" "runs_total JOBsnapshot\",result=\"failed 2" \
		"runs_total JOBcomponent\",result=\"success 5" "runs_total JOBcomponent\",result=\"failed 0" \
		"runs_total JOBreplicate\",result=\"success 8" "runs_total JOBreplicate\",result=\"failed 2" \
		"runs_total JOBverify\",result=\"success 2" \
		"success_runs GOALbackup 19" "success_ratio GOALbackup 0.894737" \
		"success_runs GOALreplication 10" "success_ratio GOALreplication 0.8" \
		"recovery_point_age_seconds ENVprod 14400" "recovery_point_target_seconds ENVprod 36000"
	do
		echo "$line" | sed "s/ JOB/ job=\"/; s/ GOAL\([a-z]*\)/ goal=\"\1\",window=\"7d/; s/ ENV/ environment=\"/; s/^\([a-z_]*\) \(.*\) /git_vault_\1{repository=\"trash\",\2\"} /" |
			sed "s/\"7d\"/\"30d\"/" >../line && grep -qxF -f ../line ../figures || { cat ../line; return 1; }
	done
'

test_expect_success 'health named what failed as long as it did, with its command' '
	test_grep "warning: the job copies (replicate) failed" ../health.friday &&
	test_grep "git vault schedule run copies" ../health.friday && test_grep ! "the job often" ../health.friday &&
	test_grep "warning: the job often (snapshot) failed" ../health.saturday &&
	test_grep "git vault schedule run often" ../health.saturday && test_grep ! "the job copies" ../health.saturday &&
	test_might_fail git vault health >../out && test_grep ! "the job" ../out
'

test_expect_success 'each target that no job pushes to is reported by itself, until it is in order again' '
	sed "/copies:/d; /what: verify/d" .gitvault.yaml >../policy && cp ../policy .gitvault.yaml && git vault -q policy accept --yes &&
	mkdir ../other && git vault -q replicate add far "file://$here/other" && git vault -q replicate push >../out 2>&1 &&
	echo "a: 4" >a.yaml && look 174 >../out && look 202 >../lines && git vault -q replicate push far >../out 2>&1 && look 206 >>../lines && grep /all: ../lines >../actual && cat >../expect <<-\END && test_cmp ../expect ../actual
	TUE 10:30  /all: failed behind: the target far lacks 1 snapshot (0.0 MB); the oldest of these was taken 28 hours ago (git vault replicate push far)
	TUE 10:30  /all: failed behind: the target near lacks 1 snapshot (0.0 MB); the oldest of these was taken 28 hours ago (git vault replicate push near)
	TUE 14:30  /all: ok behind: the target far is in order again (None)
	END
'

test_expect_success 'a target is called in order only once everything was pushed to it' '
	echo "a: 5" >a.yaml && look 210 >../out && look 238 >../lines && grep "/all: failed behind: the target far lacks" ../lines &&
	mv "$here/other" "$here/gone" && test_must_fail git vault -q replicate push far 2>../err && look 242 >../lines && test_grep ! "in order" ../lines &&
	cp .gitvault.yaml ../policy && echo "  copies: {what: replicate, every: 30d, at: \"23:00\"}" >>.gitvault.yaml && git vault -q policy accept --yes &&
	look 246 >../lines && test_grep ! "in order" ../lines && echo "schedule: [" >.gitvault.yaml && look 250 >../lines && test_grep ! "in order" ../lines &&
	cp ../policy .gitvault.yaml && git vault -q policy accept --yes && mv "$here/gone" "$here/other" && look 254 >../lines && test_grep ! "in order" ../lines &&
	git vault -q replicate push far >../out 2>&1 && look 255 >../lines && test_grep "/all: ok behind: the target far is in order again" ../lines
'

test_expect_success '... and one that was removed is not' '
	echo "a: 6" >a.yaml && look 262 >../out && look 290 >../lines && grep "/all: failed behind: the target far lacks" ../lines &&
	git vault -q replicate remove far && look 294 >../lines && test_grep ! "in order" ../lines &&
	test_grep "/all: ok behind: no copies go to the target far any more" ../lines
'

listen_stop

test_done
