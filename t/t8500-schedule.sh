#!/bin/sh

test_description='runs at set times: what is due, one at a time, with a report'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

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

# The policy from here on, from standard input: written and accepted.
policy () {
	cat >.gitvault.yaml && git vault -q policy accept --yes
}

runs () {
	git for-each-ref --format="%(refname)" refs/vault/reports/run
}

# report JOB: of its last run
report () {
	git vault --json schedule list >../list.json &&
	git show "refs/vault/reports/run/$(sed "s/.*\"name\":\"$1\"[^}]*\"last_run\":\"\([^\"]*\)\".*/\1/" ../list.json):report.json" >../report
}

# wait_for COMMAND…: until it succeeds
wait_for () {
	for i_ in $(test_seq 100); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	return 1
}

test_expect_success 'set up: schedulers that only write down' '
	mkdir ../fake && cat >../fake/crontab <<-EOF && cat >../fake/systemctl <<-EOF2 &&
	#!/bin/sh
	case \$1 in
	-l) cat $PWD/../table 2>/dev/null || { echo "no crontab for me" >&2; exit 1; } ;;
	-r) rm $PWD/../table ;;
	-) cat >$PWD/../table ;;
	esac
	EOF
	#!/bin/sh
	echo "\$*" >>$PWD/../calls
	test ! -e $PWD/../no-systemd || exit 1
	case \$2 in
	enable) echo "\$4" >$PWD/../enabled ;;
	disable) ! grep -qx "\$4" $PWD/../enabled 2>/dev/null || rm $PWD/../enabled ;;
	is-enabled) grep -qx "\$4" $PWD/../enabled 2>/dev/null ;;
	esac
	EOF2
	chmod +x ../fake/crontab ../fake/systemctl && PATH=$PWD/../fake:$PATH && export PATH &&
	echo "a: 1" >a.yaml && git add -A && git commit -qm one && git vault -q snapshot
'

test_expect_success 'without a schedule nothing is due' '
	schedule 0 list && test_grep "the policy has no schedule" ../err &&
	schedule 0 run && test_grep "nothing is due" ../err && test -z "$(runs)"
'

test_expect_success 'what is wrong in a schedule is refused with its line' '
	refused () {
		printf "schedule:\n  a: %s\n" "$1" >.gitvault.yaml &&
		schedule 128 list && test_grep "gitvault.yaml:2: .*$2" ../err
	} &&
	refused "{what: backup}" "drill, snapshot, components" &&
	refused "{what: prune, env: prod}" "leave env out" &&
	refused "{what: snapshot, at: 25:00}" "02:30" &&
	refused "{what: snapshot, at: \"02:30\", every: 6h}" "whole days" &&
	refused "{what: snapshot, at: \"*:15\", every: 90s}" "duration" &&
	refused "{what: snapshot, retry: {attempts: 0}}" "1 to 100" &&
	refused "{what: snapshot, retry: {delay: 9d}}" "at most a day" &&
	refused "{what: snapshot, retry: {backoff: 2}}" "the delay; that is missing" &&
	refused "{what: snapshot, retry: {tries: 2}}" "attempts" &&
	refused "{what: snapshot, cron: x}" "retry" &&
	refused "{what: snapshot, components: [a]}" "names components, which needs what: components" &&
	refused "{what: components, components: [a], env: prod}" "names its components: leave env out" &&
	refused "{what: components, components: []}" "a list of at most 200 names" &&
	refused "{what: components, components: [a]}" "the schedule .a. names .a., which is not in components" &&
	refused "{what: components, components: [$(printf "a,%.0s" $(test_seq 400))]}" "a list of at most 200 names of components" &&
	own () {
		printf "schedule:\n  a: {what: prune}\ncomponents:\n  %s\n" "$1" >.gitvault.yaml &&
		schedule 128 list && test_grep "gitvault.yaml:4: .*$2" ../err
	} &&
	own "a: {type: command, run: [x], schedule: 6h}" "a job of this name; line 2 has another one" &&
	own "b: {type: command, run: [x], schedule: {every: 6h, at: \"02:30\"}}" "whole days" &&
	own "b: {type: command, run: [x], schedule: {what: prune}}" "there is no key .what." && rm .gitvault.yaml
'

test_expect_success 'systemd has template units that verify, and stop removes what start wrote' '
	schedule 1 status && schedule 0 start && test_grep "systemd looks hourly" ../err &&
	test_grep "enable-linger" ../err && test_grep "enable --now git-vault@hourly.timer" ../calls &&
	units=$HOME/.config/systemd/user && grep "OnCalendar=%i" "$units/git-vault@.timer" &&
	grep "Persistent=true" "$units/git-vault@.timer" && grep "IOSchedulingClass=idle" "$units/git-vault@.service" &&
	grep "ExecStart=.* -A -q schedule run" "$units/git-vault@.service" &&
	git config --global --get-all vault.project >../projects && grep "^$PWD\$" ../projects &&
	schedule 0 status && test_grep "systemd looks hourly" ../out &&
	schedule 0 start --every daily && schedule 0 status && test_grep "looks daily" ../out &&
	grep RandomizedDelaySec=30m "$units/git-vault@.timer" &&
	schedule 0 stop && test_dir_is_empty "$units" && schedule 1 status && schedule 0 stop &&
	test_grep "it was not started" ../err
'

test_lazy_prereq ANALYZE 'systemd-analyze --version'

test_expect_success ANALYZE 'systemd knows all that the units say' '
	schedule 0 start && units=$HOME/.config/systemd/user &&
	cp "$units/git-vault@.service" "../git-vault@hourly.service" &&
	test_might_fail systemd-analyze verify --user --man=no ../git-vault@hourly.service >../verified 2>&1 &&
	! grep "git-vault@hourly.service:" ../verified && schedule 0 stop
'

test_expect_success 'a file of somebody else is never replaced' '
	units=$HOME/.config/systemd/user && mkdir -p "$units" && echo mine >"$units/git-vault@.timer" &&
	schedule 128 start && test_grep "was not written by git-vault" ../err && schedule 0 stop &&
	echo mine >../expect && test_cmp ../expect "$units/git-vault@.timer" && rm "$units/git-vault@.timer"
'

test_expect_success 'without systemd the crontab is used, between marks' '
	: >../no-systemd && echo "0 1 * * * backup" >../table && cp ../table ../before &&
	schedule 0 start && test_grep "crontab looks hourly" ../err && schedule 0 start --every weekly &&
	test "$(grep -c "BEGIN GIT-VAULT" ../table)" = 1 && grep "^0 1 \* \* \* backup" ../table &&
	grep "^[0-9]* [1-5] \* \* [0-6] .* -A -q schedule run" ../table &&
	schedule 0 status && test_grep "crontab looks weekly" ../out &&
	rm ../no-systemd && schedule 0 start && test_cmp ../before ../table && : >../no-systemd &&
	schedule 0 stop && rm ../table && schedule 0 start && schedule 0 stop && test_path_is_missing ../table
'

test_expect_success 'a crontab that cannot be read is left alone' '
	echo "0 1 * * * backup" >../table && cp ../table ../before && cp ../fake/crontab ../fake/saved &&
	sed "s/^-l).*/-l) echo \"cannot open the spool\" >\&2; exit 1 ;;/" ../fake/saved >../fake/crontab &&
	schedule 128 start --with crontab && test_grep "left as it is: .*cannot open the spool" ../err && test_cmp ../before ../table &&
	schedule 0 stop && printf "0 2 * * * b\0\n" >../table && cp ../table ../before && cp ../fake/saved ../fake/crontab &&
	schedule 128 start --with crontab && test_grep "zero byte" ../err && cmp ../before ../table && rm ../table
'

test_expect_success 'a scheduler that does not start takes no other one away' '
	schedule 0 start && cp ../table ../before && schedule 128 start --with systemd && test_cmp ../before ../table &&
	test_path_is_missing "$HOME/.config/systemd/user/git-vault@.timer" && schedule 0 status && test_grep "crontab looks hourly" ../out &&
	schedule 0 stop && rm ../no-systemd && schedule 0 start && schedule 0 start --every daily &&
	grep "disable --now git-vault@hourly.timer" ../calls && schedule 0 status && test_grep "systemd looks daily" ../out &&
	rm "$HOME/.config/systemd/user/git-vault@.timer" && schedule 0 stop &&
	test_path_is_missing "$HOME/.config/systemd/user/git-vault@.service" && : >../no-systemd
'

test_expect_success 'launchd and schtasks get files that are theirs' '
	for name in launchctl schtasks; do
		printf "#!/bin/sh\necho $name \"\$@\" >>$PWD/../calls\n" >../fake/$name && chmod +x ../fake/$name || return 1
	done &&
	schedule 0 start --with schtasks && file=$HOME/.config/git-vault/schedule.xml && grep "PT1H" "$file" &&
	test_grep "schtasks /create .*schedule.xml" ../calls && schedule 0 start && test_path_is_missing "$file" &&
	plist=$HOME/Library/LaunchAgents/org.git-vault.schedule.plist && grep "<integer>" "$plist" &&
	test_grep "launchctl load -w $plist" ../calls && schedule 0 status && test_grep "launchd looks hourly" ../out &&
	schedule 0 stop && test_path_is_missing "$plist" && rm ../fake/launchctl ../fake/schtasks
'

test_expect_success 'what is due runs once, and leaves a report' '
	policy <<-\EOF &&
	schedule:
	  hourly: {what: snapshot, every: 1h}
	  weekly: {what: verify, every: 7d}
	EOF
	echo 2 >>a.yaml && at 0 schedule 0 run && test_grep "hourly: snapshot succeeded" ../err &&
	test_grep "weekly: verify succeeded" ../err && runs >../list && test_line_count = 2 ../list &&
	at 0 schedule 0 list && test_grep "hourly .*success .*in 54 min" ../out &&
	at 60 schedule 0 run && test_grep "nothing is due" ../err &&
	for ref in $(runs); do git show $ref:report.json || return 1; done >../reports &&
	grep "\"job\":\"hourly\".*\"location\":\"refs/vault/snapshots/.*\"status\":\"success\"" ../reports &&
	grep "\"checksum\":\"[0-9a-f]*\"" ../reports && git vault verify --all
'

test_expect_success 'three days without a look are made up by one run' '
	echo 3 >>a.yaml && at 259200 schedule 0 run && test_grep "hourly: snapshot" ../err &&
	! grep weekly ../err && runs >../list && test_line_count = 4 ../list &&
	schedule 0 run --now 2026-12-02T00:00:00Z weekly && test_grep "weekly: verify" ../err &&
	schedule 129 run never && test_grep "no schedule .never." ../err &&
	schedule 129 run --now soon && at 259200 schedule 0 --json run && grep "\"runs\":\[\]" ../out
'

test_expect_success 'a clock that was wrong delays nothing' '
	at 99999999 schedule 0 run && at 259300 schedule 0 run && test_grep "hourly: snapshot" ../err
'

test_expect_success 'a command that is not there is a run that failed' '
	echo "  dumps: {what: components, retry: {attempts: 3, delay: 1h}}" >>.gitvault.yaml &&
	echo "  copies: {what: replicate}" >>.gitvault.yaml && git vault -q policy accept --yes &&
	if git vault component -h >../usage 2>&1; test $? = 129 && grep "^usage: git vault component" ../usage; then :; else
		at 259400 schedule 1 run dumps && test_grep "no command .component." ../err &&
		at 259400 schedule 0 list && test_grep "dumps .*failed" ../out
	fi
'

test_expect_success 'copies go to the targets of this host' '
	at 259500 schedule 1 run copies && test_grep "copies: replicate failed: there is no target for copies" ../err &&
	mkdir ../copies && git vault -q key generate && git vault -q replicate add near "file://$(cd .. && pwd)/copies" && at 259600 schedule 0 run copies &&
	report copies && grep "\"components\":\[{\"bytes\":[0-9]*,\"environment\":null,\"name\":\"near\",\"reason\":null,\"status\":\"success\"}\]" ../report &&
	git vault -q replicate remove near
'

test_expect_success 'what failed is tried again, and waits in the list' '
	policy <<-\EOF &&
	schedule:
	  slow: {what: drill, every: 1d, retry: {attempts: 3, delay: 1h, backoff: 2}}
	  quick: {what: drill, every: 1d, retry: {attempts: 2, delay: 1s}}
	EOF
	schedule 1 run quick && test_grep "quick: drill failed: .*no remote" ../err &&
	report quick && grep "\"attempts\":2" ../report
'

test_expect_success 'a second look says since when the first is at work, and cancel ends a wait' '
	{ git vault schedule run slow >../first 2>&1 & } && first=$! &&
	waits () { git vault schedule list | grep "slow, drill.*waits for its next try"; } && wait_for waits &&
	schedule 0 run && test_grep "still running since 20.*schedule cancel 20" ../err &&
	schedule 0 cancel slow && test_grep "stopped 20" ../err && test_expect_code 1 wait $first &&
	test_grep "slow: drill was canceled: somebody" ../first && schedule 128 cancel slow &&
	test_grep "no run .slow. is at work" ../err &&
	report slow && grep "\"canceled\":true" ../report
'

test_expect_success 'what holds the lock and is no run is reported, and is no success' '
	( exec 9>.git/vault/schedule-lock && flock 9 && schedule 4 run quick ) &&
	test_grep "nothing was run: another process holds .*schedule-lock" ../err &&
	test "$(stat -c %a .git/vault/schedule-lock)" = 600
'

test_expect_success 'a signal ends it cleanly, with a report' '
	{ git-vault schedule run slow >../first 2>&1 & } && first=$! && wait_for waits &&
	kill $first && test_expect_code 130 wait $first &&
	report slow && grep "\"canceled\":true" ../report &&
	schedule 0 list && ! grep running: ../out && test_path_is_missing .git/vault/running
'

test_expect_success 'cancel reaches a run that was begun by hand' '
	git config protocol.ext.allow always && git remote add slow "ext::sleep 100" &&
	{ git vault sync slow >../first 2>&1 & } && first=$! &&
	by_hand () { git vault schedule list | grep "running: sync by hand"; } && wait_for by_hand &&
	id=$(git vault schedule list | sed -n "s/.*schedule cancel //p") && schedule 0 cancel "$id" &&
	test_expect_code 130 wait $first && git show "refs/vault/reports/run/$id:report.json" >../report &&
	grep "\"kind\":\"sync\".*\"status\":\"failed\".*\"trigger\":\"manual\"" ../report &&
	git remote remove slow
'

test_expect_success 'what a killed run left is not shown' '
	{ git vault schedule run slow >../first 2>&1 & } && first=$! && wait_for waits &&
	left=.git/vault/running/20200101T000000Z-00000001 && set -- .git/vault/running/2* && grep -h drill "$@" >../one &&
	awk -F"\t" -v OFS="\t" "{ \$5 = 999999; print }" ../one >$left && schedule 0 list && ! grep "20200101T" ../out &&
	test_path_is_missing $left && schedule 0 cancel slow && test_expect_code 1 wait $first
'

test_expect_success 'runs begun by hand leave reports where something is scheduled' '
	before=$(runs | wc -l) && git vault -q verify && git vault -q snapshot --force && git vault -q snapshot --dry-run &&
	test "$(runs | wc -l)" = $((before + 2)) && git init -q ../other && (
		cd ../other && echo a >a && git add a && git commit -qm a && git vault -q snapshot && git vault -q verify &&
		test -z "$(runs)"
	)
'

test_expect_success 'a schedule that a pull brings runs only once it is accepted' '
	git init -q --bare ../team.git && git clone -q ../team.git ../theirs 2>/dev/null && (
		cd ../theirs && git commit -q --allow-empty -m one && git push -q origin HEAD
	) && git clone -q ../team.git ../mine && (
		cd ../theirs && printf "schedule:\n  a: {what: snapshot}\n" >.gitvault.yaml && git add -A &&
		git commit -qm schedule && git push -q origin HEAD
	) && (
		cd ../mine && git pull -q && schedule 0 run && test_grep "nothing is due" ../err && schedule 0 list &&
		test_grep "schedule is not accepted" ../err && git vault -q policy accept --yes && schedule 0 run &&
		test_grep "a: snapshot succeeded" ../err
	)
'

test_expect_success 'prune lets reports of runs go after 100 days' '
	before=$(runs | wc -l) && at -8640100 schedule 1 run quick && test "$(runs | wc -l)" = $((before + 1)) &&
	at 86400 git vault prune >../out 2>../err && test_grep "deleted 1 run report of more than 100 days" ../err &&
	test "$(runs | wc -l)" = $((before + 1)) && git vault schedule list >/dev/null
'

test_done
