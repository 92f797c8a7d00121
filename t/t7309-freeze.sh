#!/bin/sh

test_description='a frozen environment is not changed: good check, rollback and pushes

The time of all commands is that of test_tick, in April 2005.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-push.sh"
. "$TEST_DIRECTORY/lib-rollback.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# freeze [WINDOW]: the policy, committed; none without a window
freeze () {
	printf "environments:\n  dev: {}\n  prod:\n    approvals: 0\n" >.gitvault.yaml &&
	if test -n "$1"
	then
		printf "    freeze: %s\n" "$1" >>.gitvault.yaml
	fi && git add .gitvault.yaml && test_tick && git commit -q -m "$1."
}

test_expect_success 'set up: a release that was good, and one on top' '
	mkdir -p live/prod live/dev && echo one >live/prod/main.tf && echo one >live/dev/main.tf && echo one >doc &&
	git add . && test_tick && git commit -q -m one && git vault -q snapshot && git vault -q good mark prod &&
	echo two >live/prod/main.tf && test_tick && git commit -q -a -m two
'

test_expect_success 'good check says until when, and by which line' '
	freeze 2005-04-01..2005-04-30 && test_expect_code 1 git vault good check prod >$T/out &&
	test_grep "^prod is frozen until 2005-05-01T00:00:00Z by .gitvault.yaml:3 (2005-04-01..2005-04-30)" $T/out &&
	test_expect_code 1 git vault --json good check prod >$T/out &&
	test_grep "\"revoked\":false,\"reason\":null,\"frozen\":{\"until\":\"2005-05-01T00:00:00Z\",\"reason\":\"prod is frozen" $T/out &&
	git vault --json good check dev >$T/out && test_grep "\"frozen\":null" $T/out
'

test_expect_success 'rollback refuses, and goes on with a reason; its undo is taken' '
	test_expect_code 128 git vault rollback prod >$T/out 2>$T/err &&
	test_grep "prod is frozen until 2005-05-01T00:00:00Z.*--in-freeze --reason TEXT" $T/err && test "$(cat live/prod/main.tf)" = two &&
	git vault rollback -n prod >$T/out 2>$T/err && test_grep "warning: prod is frozen" $T/err &&
	test_expect_code 129 git vault rollback --in-freeze prod 2>$T/err && test_grep "needs a --reason" $T/err &&
	test_expect_code 128 git vault rollback --as-commit prod 2>$T/err && test_grep "is frozen" $T/err &&
	git vault rollback --in-freeze --reason "the shop is down" prod >$T/out 2>$T/err &&
	test_grep "warning: prod is frozen" $T/err && test "$(cat live/prod/main.tf)" = one &&
	git vault rollback --undo "$(undo_id $T/out)" >$T/undone 2>&1 && test "$(cat live/prod/main.tf)" = two &&
	git vault audit list --json >$T/out && test_grep "the shop is down" $T/out
'

test_expect_success 'a freeze that is not committed yet counts at once, and takes none away' '
	freeze && printf "    freeze: 2005-04-01..2005-04-30\n" >>.gitvault.yaml &&
	test_expect_code 128 git vault rollback prod >$T/out 2>$T/err && test_grep "prod is frozen until 2005-05-01" $T/err &&
	test_expect_code 128 git vault recover -y prod >$T/out 2>$T/err && test_grep "prod is frozen until 2005-05-01" $T/err &&
	test "$(cat live/prod/main.tf)" = two && git checkout -q .gitvault.yaml &&
	freeze 2005-04-01..2005-04-30 && printf "environments:\n  prod: {}\n" >.gitvault.yaml &&
	test_expect_code 128 git vault recover -y prod >$T/out 2>$T/err && test_grep "prod is frozen" $T/err &&
	git checkout -q .gitvault.yaml && test "$(cat live/prod/main.tf)" = two
'

test_expect_success 'approvals that are not committed yet are asked for' '
	freeze && printf "environments:\n  dev: {}\n  prod: {approvals: 1}\n" >.gitvault.yaml &&
	test_expect_code 128 git vault rollback prod >$T/out 2>$T/err && test_grep "requires 1 approval by others for record 1 of prod, and there are 0" $T/err &&
	test_expect_code 128 git vault recover -y prod >$T/out 2>$T/err && test_grep "requires 1 approval by others to recover prod, and there are 0" $T/err &&
	git checkout -q .gitvault.yaml && test "$(cat live/prod/main.tf)" = two && freeze 2005-04-01..2005-04-30
'

test_expect_success 'names that are not committed yet take none of the approvals away' '
	printf "environments:\n  prod: {approvals: 2}\n" >.gitvault.yaml && git add .gitvault.yaml && test_tick && git commit -q -m two-approvals &&
	printf "environments:\n  prod: {approvals: 1, approvers: [eve]}\n" >.gitvault.yaml &&
	test_expect_code 128 git vault rollback prod >$T/out 2>$T/err && test_grep "requires 2 approvals by others" $T/err &&
	git checkout -q .gitvault.yaml && freeze 2005-04-01..2005-04-30
'

test_expect_success 'an end of a freeze that a fetch brought waits until it is accepted' '
	accept_policy && git clone -q . ../theirs && (
		cd ../theirs && git config user.name x && git config user.email x@y && git vault init -q >/dev/null 2>&1 &&
		accept_policy && freeze && git update-ref refs/remotes/origin/main HEAD &&
		test_expect_code 1 git vault good check prod >$T/out 2>$T/err && test_grep "prod is frozen" $T/out
		accept_policy && git vault good check prod
	)
'

test_expect_success 'config set writes no layer of the environment, unless for a reason' '
	test_grep "freeze: 2005" .gitvault.yaml && git init -q ../layers && cp .gitvault.yaml ../layers && (
		cd ../layers && echo "a: 1" >values.yaml && echo "a: 2" >values-prod.yaml && echo "a: 3" >values-dev.yaml &&
		git add . && test_tick && git commit -q -m one && git vault init -q >/dev/null 2>&1 && accept_policy &&
		test_expect_code 128 git vault config set --env prod a 4 2>$T/err &&
		test_grep "nothing was written: prod is frozen until 2005-05-01T00:00:00Z .*, and values-prod.yaml gives it values; wait until then, or write nevertheless by --in-freeze --reason TEXT" $T/err &&
		test_expect_code 128 git vault config unset --env prod a 2>$T/err && test_grep "prod is frozen" $T/err &&
		test_expect_code 128 git vault config set --env prod --layer values.yaml a 4 2>$T/err && test_grep "values.yaml gives it values" $T/err &&
		git diff --exit-code && git vault config set --env dev a 4 && test_grep "a: 4" values-dev.yaml &&
		test_expect_code 129 git vault config set --env prod --in-freeze a 4 2>$T/err && test_grep "needs a --reason" $T/err &&
		test_expect_code 129 git vault config set --env dev --reason why a 5 2>$T/err &&
		git vault config set --env prod --in-freeze --reason "the shop is down" a 4 2>$T/err &&
		test_grep "warning: prod is frozen" $T/err && test_grep "a: 4" values-prod.yaml &&
		git vault audit list --json >$T/out && test_grep "config-change.*values-prod.yaml" $T/out &&
		test_grep "in-freeze: the shop is down" $T/out
	)
'

test_expect_success 'a server refuses changes to files of the environment, by the policy before the push' '
	cd "$TRASH_DIRECTORY" && push_server srv.git && push_clone "$server" c && cd c &&
	commit_as live/prod/main.tf a && commit_as live/dev/main.tf a && freeze 2005-04-01..2005-04-30 &&
	taken git push origin main && git branch before &&
	commit_as live/dev/main.tf b && commit_as doc b && taken git push origin main &&
	commit_as live/prod/main.tf b && refused git push origin main &&
	test_grep "refs/heads/main: prod is frozen until 2005-05-01T00:00:00Z .*, and the push changes live/prod/main.tf; push it after that" $T/err &&
	git reset -q --hard origin/main && git rm -q live/prod/main.tf && git commit -q -m gone && refused git push origin main &&
	git reset -q --hard origin/main && freeze && refused git push origin main && test_grep "the push changes .gitvault.yaml" $T/err &&
	git reset -q --hard origin/main && git checkout -q -b new && commit_as live/prod/main.tf c && taken git push origin new &&
	git checkout -q main
'

test_expect_success 'branches of an environment alone are held, one that is its only one wholly' '
	cd "$TRASH_DIRECTORY/c" && git -C "$server" config vault.receive.freeze ignore &&
	printf "environments:\n  dev: {branches: main}\n  prod: {branches: [main, release/*], freeze: 2005-04-01..2005-04-30}\n" >.gitvault.yaml &&
	git add . && git commit -q -m branches && taken git push origin main main:release/1 main:topic &&
	git -C "$server" config --unset vault.receive.freeze &&
	commit_as live/prod/main.tf d && taken git push origin main:topic && refused git push origin main &&
	refused git push origin main:release/2 && git reset -q --hard origin/main && commit_as doc d && taken git push origin main &&
	refused git push origin main:release/1 && test_grep "the push changes doc" $T/err
'

test_expect_success 'the server can only warn; a window by a zone is one' '
	cd "$TRASH_DIRECTORY/c" && git -C "$server" config vault.receive.freeze warn && taken git push origin main:release/1 && test_grep "prod is frozen until" $T/err &&
	git -C "$server" config vault.receive.freeze never && test_must_fail git push origin main:release/3 2>$T/err &&
	test_grep "vault.receive.freeze is .never." $T/err && git -C "$server" config vault.receive.freeze refuse &&
	printf "environments:\n  prod: {freeze: fri 00:00..sat 00:00 Asia/Tokyo}\n" >../policy.yaml &&
	git -C "$server" config vault.receive.policy "$TRASH_DIRECTORY/policy.yaml" &&
	commit_as live/prod/main.tf e && test_when_finished "git -C $server config --unset vault.receive.policy" &&
	refused git push origin main && test_grep "until 2005-04-0[89]T" $T/err
'

test_done
