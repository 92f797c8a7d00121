#!/bin/sh

test_description='a rollback of one environment does not tear another one'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

test_expect_success 'set up: prod is good, then the module and both environments change' '
	mkdir -p modules/net live/dev live/prod && echo "variable \"cidr\" {}" >modules/net/main.tf &&
	for e in dev prod
	do
		test_write_lines "module \"net\" {" "  source = \"../../modules/net\"" \
			"}" >live/$e/main.tf || return 1
	done &&
	git add . && test_tick && git commit -q -m one && git vault -q good mark prod &&
	echo pub >live/prod/new.pub && echo "variable \"range\" {}" >modules/net/main.tf &&
	test_write_lines "locals {" "  a = file(\"../prod/new.pub\")" "}" >live/dev/key.tf &&
	echo "# two" >>live/prod/main.tf && git add . && test_tick && git commit -q -m two
'

test_expect_success 'a reference of another environment to what would go is named, and nothing is touched' '
	test_list_tree . >$T/before && test_expect_code 128 git vault rollback prod >$T/out 2>$T/err &&
	test_list_tree . >$T/after && test_cmp $T/before $T/after &&
	test_grep "^torn: live/dev/key.tf:2 tf.file live/prod/new.pub$" $T/out &&
	test_grep "a rollback of prod alone would leave 1 reference dangling, so nothing was changed" $T/err &&
	test_expect_code 128 git vault rollback -n prod >$T/out 2>$T/err && test_grep "1 reference dangling" $T/err
'

test_expect_success '--force goes on, and an undo is never held up' '
	git vault --json rollback --force prod >$T/out 2>$T/err &&
	test_grep "\"torn\":\[{\"path\":\"live/dev/key.tf\",\"line\":2,\"kind\":\"tf.file\",\"target\":\"live/prod/new.pub\"}\],\"dangling\":\[\]" $T/out &&
	test_grep "1 reference dangles after this rollback of prod" $T/err && test_path_is_missing live/prod/new.pub &&
	id=$(sed -n "s/.*\"id\":\"\([^\"]*\)\",\"undo\".*/\1/p" $T/out) &&
	git vault rollback --undo $id && test_path_is_file live/prod/new.pub
'

test_expect_success 'what dangled before, and what holds, is no reason' '
	git rm -q -f live/prod/new.pub && git commit -q -m three && git vault rollback -n prod >$T/out 2>$T/err &&
	test_grep ! torn $T/out && git vault rollback -n --scope all prod && git vault rollback prod
'

test_done
