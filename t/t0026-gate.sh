#!/bin/sh

test_description='the stages of ./bootstrap check: in order, beside each other, killed'
. "$(dirname "$0")/test-lib.sh"

# check WORDS: a check with these stages, whose log has how each ended
check () {
	mkdir -p log && cat >check.sh <<-EOF
	log_dir=$PWD/log top=$PWD
	. "$GIT_VAULT_SRC_DIR/t/gate.sh"
	says () { echo "# 3 passed, 0 failed, 0 skipped"; }
	fails () { echo "error: no"; return 1; }
	killed () { until grep -q FAILED log/slow.result; do sleep 0.1; done; kill -9 \$(cat log/slow.pid); sleep 0.1; }
	$1
	check_began=0
	end_check
	EOF
	sh check.sh 2>err | sed "s/  *[0-9]* s\$//" >out
}

test_expect_success 'a stage beside others is counted where it is waited for' '
	check "aside slow says; stage one says; stage two true; join slow" && cat >expect <<-\EOF &&
	one                    ok         3 passed   0 failed
	two                    ok         1 passed   0 failed
	slow                   ok         3 passed   0 failed
	EOF
	head -n 3 out >actual && test_cmp expect actual && test_grep "^7 passed, 0 failed" out
'

test_expect_success 'one that fails is a failure, and its log is shown' '
	check "aside slow fails; stage one says; join slow; stage two says" && test_grep "^slow  *FAILED  *0 passed  *1 failed" out &&
	test_grep "1:error: no" out && test_grep "^failed: slow" out && test_grep "^6 passed, 1 failed" out
'

test_expect_success 'one that is killed is no success, whatever it was before' '
	check "aside slow says; join slow; aside slow sleep 3; stage one killed; join slow" &&
	test_grep "^slow  *FAILED  *0 passed  *1 failed" out && test_grep "^4 passed, 1 failed" out
'

test_expect_success 'a check that is interrupted ends what is at work beside it' '
	check "aside slow sleep 61.026; kill -TERM \$\$; sleep 1; echo not reached" &&
	test_grep ! "not reached" out && pid=$(cat log/slow.pid) && test_must_fail kill -0 "$pid" 2>/dev/null &&
	ps -e -o args >list && test_grep ! "^sleep 61.026" list
'

test_done
