#!/bin/sh

test_description='drills at set times, by a crontab or a timer of systemd'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# drill STATUS ARG…
drill () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault drill "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

test_expect_success 'set up: a crontab and a systemctl that only write down' '
	mkdir ../fake && cat >../fake/crontab <<-EOF && cat >../fake/systemctl <<-EOF2 &&
	#!/bin/sh
	case \$1 in
	-l) cat $PWD/../table 2>/dev/null || { echo "no crontab for me" >&2; exit 1; } ;;
	-) cat >$PWD/../table ;;
	esac
	EOF
	#!/bin/sh
	echo "\$*" >>$PWD/../calls
	test ! -e $PWD/../broken
	EOF2
	chmod +x ../fake/crontab ../fake/systemctl && PATH=$PWD/../fake:$PATH && export PATH &&
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	mkdir -p live/prod && echo ".env" >.gitignore && echo "A_PASSWORD=c0rrect-h0rse-battery" >.env &&
	echo "a: 1" >live/prod/a.yaml && git add -A && git commit -qm one && git vault key generate &&
	git vault -q snapshot && git push -q origin HEAD && git vault -q sync
'

test_expect_success 'nothing is written before somebody has agreed' '
	drill 0 schedule --with crontab && test_grep "if-due policy" .git/out && test_path_is_missing ../table &&
	test_grep "nothing was written" .git/err
'

test_expect_success 'an entry of the crontab stands between marks, and the rest stays' '
	echo "0 1 * * * backup" >../table && drill 0 schedule --with crontab --yes &&
	drill 0 schedule --with crontab --env prod --every 30d --yes &&
	drill 0 schedule --with crontab --every 60d --yes &&
	test "$(grep -c "drill begin" ../table)" = 2 && grep "^0 1 \* \* \* backup" ../table &&
	grep "if-due 60d\$" ../table && grep "if-due 30d --env prod\$" ../table && ! grep "if-due policy" ../table &&
	drill 0 schedule --with crontab --remove --yes &&
	drill 0 schedule --with crontab --remove --env prod --yes &&
	echo "0 1 * * * backup" >../expect && test_cmp ../expect ../table
'

test_expect_success 'a timer of systemd catches up, and goes again' '
	drill 0 schedule --yes && test_grep "enable --now git-vault-drill-" ../calls &&
	ls "$HOME"/.config/systemd/user/git-vault-drill-*.timer >../timer &&
	grep "Persistent=true" "$(cat ../timer)" && service=$(sed "s/timer\$/service/" ../timer) &&
	grep "ExecStart=.*git vault -q drill run --if-due policy" "$service" &&
	grep "WorkingDirectory=$PWD\$" "$service" &&
	if type systemd-analyze >/dev/null 2>&1; then systemd-analyze calendar daily >/dev/null; fi &&
	drill 0 schedule --remove && test_path_is_missing "$(cat ../timer)" && test_path_is_missing "$service"
'

test_expect_success 'without systemd the crontab is taken' '
	: >../broken && drill 0 schedule --yes && grep "drill begin" ../table
'

test_expect_success 'a drill runs if one is due, and once' '
	drill 3 run --no-validators --if-due 1d && drill 1 status && test_grep "overdue *never.*could not run" .git/out &&
	drill 0 run --if-due 1d && test_grep "clone *passed" .git/out &&
	drill 0 run --if-due 1d && test_grep "no drill is due" .git/err &&
	(GIT_VAULT_TEST_TIME=$(($(date +%s) + 90000)) && export GIT_VAULT_TEST_TIME &&
		drill 0 run --if-due 1d) &&
	test_expect_code 129 git vault drill run --if-due soon &&
	test_expect_code 129 git vault drill schedule --every soon
'

test_expect_success 'the policy says how often, and who loosens it waits' '
	cat >.gitvault.yaml <<-\EOF &&
	schedule:
	  all: {what: drill, every: 180d}
	  production: {what: drill, env: prod, every: 12h}
	EOF
	at () {
		GIT_VAULT_TEST_TIME=$(($(date +%s) + $1)) && export GIT_VAULT_TEST_TIME && shift && "$@"
	} &&
	(at 180000 drill 1 --json status) && grep "\"environment\":\"prod\",\"overdue\":true,\"every_seconds\":43200" .git/out &&
	{ (at 180000 git vault doctor >../doctor) || :; } && test_grep "drill of prod last passed .*, and is due every 1 days" ../doctor &&
	test_grep "git vault drill run --env prod" ../doctor && ! grep "recovery drill last passed" ../doctor &&
	git add -A && git commit -qm policy && git vault -q good mark prod && git push -q origin HEAD && git vault -q sync &&
	(at 180000 drill 0 run --if-due policy) && test_grep "clone *passed" .git/out &&
	git vault drill list >.git/out && test_line_count = 5 .git/out && sed -n 2p .git/out | grep prod &&
	(at 180010 drill 0 run --if-due policy) && test_grep "no drill is due" .git/err &&
	(at 180010 drill 0 run --if-due policy --env prod) && test_grep "no drill is due" .git/err
'

test_expect_success 'what is wrong in a schedule is refused with its line' '
	refused () {
		cat >.gitvault.yaml && test_expect_code 128 git vault prune -n 2>.git/err &&
		test_grep "gitvault.yaml:$1: .*$2" .git/err
	} &&
	printf "schedule:\n  a: {every: 1d}\n" | refused 2 "needs what: drill" &&
	printf "schedule:\n  a: {what: dril}\n" | refused 2 "drill" &&
	printf "schedule:\n  a: {what: drill, every: soon}\n" | refused 2 "every" &&
	printf "schedule:\n  a: {what: drill, env: ..}\n" | refused 2 "environment" &&
	printf "schedule:\n  a: often\n" | refused 2 "what: drill, every: 90d" &&
	rm .gitvault.yaml && git checkout -q .gitvault.yaml
'

test_lazy_prereq FLOCK 'flock --version'

test_expect_success FLOCK 'two never run at the same time' '
	flock .git/vault/drill-lock git vault drill run --if-due 1d >.git/out 2>.git/err &&
	test_grep "another drill runs" .git/err
'

test_done
