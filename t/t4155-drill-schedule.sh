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
	drill 0 schedule --with crontab && test_grep "if-due 90d" .git/out && test_path_is_missing ../table &&
	test_grep "nothing was written" .git/err
'

test_expect_success 'an entry of the crontab stands between marks, and the rest stays' '
	echo "0 1 * * * backup" >../table && drill 0 schedule --with crontab --yes &&
	drill 0 schedule --with crontab --env prod --every 30d --yes &&
	drill 0 schedule --with crontab --every 60d --yes &&
	test "$(grep -c "drill begin" ../table)" = 2 && grep "^0 1 \* \* \* backup" ../table &&
	grep "if-due 60d\$" ../table && grep "if-due 30d --env prod\$" ../table && ! grep "if-due 90d" ../table &&
	drill 0 schedule --with crontab --remove --yes &&
	drill 0 schedule --with crontab --remove --env prod --yes &&
	echo "0 1 * * * backup" >../expect && test_cmp ../expect ../table
'

test_expect_success 'a timer of systemd catches up, and goes again' '
	drill 0 schedule --yes && test_grep "enable --now git-vault-drill-" ../calls &&
	ls "$HOME"/.config/systemd/user/git-vault-drill-*.timer >../timer &&
	grep "Persistent=true" "$(cat ../timer)" && service=$(sed "s/timer\$/service/" ../timer) &&
	grep "ExecStart=.*git vault -q drill run --if-due 90d" "$service" &&
	grep "WorkingDirectory=$PWD\$" "$service" &&
	if type systemd-analyze >/dev/null 2>&1; then systemd-analyze calendar daily >/dev/null; fi &&
	drill 0 schedule --remove && test_path_is_missing "$(cat ../timer)" && test_path_is_missing "$service"
'

test_expect_success 'without systemd the crontab is taken' '
	: >../broken && drill 0 schedule --yes && grep "drill begin" ../table
'

test_expect_success 'a drill runs if one is due, and once' '
	drill 3 run --no-validators --if-due 1d && test_grep "clone *passed" .git/out &&
	drill 0 run --no-validators --if-due 1d && test_grep "no drill is due" .git/err &&
	(GIT_VAULT_TEST_TIME=$(($(date +%s) + 90000)) && export GIT_VAULT_TEST_TIME &&
		drill 3 run --no-validators --if-due 1d) &&
	test_expect_code 129 git vault drill run --if-due soon &&
	test_expect_code 129 git vault drill schedule --every soon
'

test_lazy_prereq FLOCK 'flock --version'

test_expect_success FLOCK 'two never run at the same time' '
	flock .git/vault/drill-lock git vault drill run --if-due 1d >.git/out 2>.git/err &&
	test_grep "another drill runs" .git/err
'

test_done
