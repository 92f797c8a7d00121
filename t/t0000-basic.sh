#!/bin/sh

test_description='the test harness itself: what fails must be seen to fail'
. "$(dirname "$0")/test-lib.sh"

# Run a small script over the harness; its TAP goes to out, status to status.
run_inner () {
	mkdir -p inner/t &&
		cp "$TEST_DIRECTORY/test-lib.sh" inner/t/ &&
		{
			echo "test_description='an inner script'"
			echo '. "$(dirname "$0")/test-lib.sh"'
			cat
		} >inner/t/inner.sh &&
		{
			GIT_VAULT_TEST_TRASH=$TRASH_DIRECTORY/trash \
				sh inner/t/inner.sh "$@" >out 2>err
			echo $? >status
		}
}

results () {
	sed -n 's/^\(not ok\|ok\) \([0-9]*\).*/\1 \2/p; /^1\.\./p' out
}

test_expect_success 'passing tests are counted and the plan is last' '
	run_inner <<-\EOS &&
	test_expect_success "one" "true"
	test_expect_success "two" "test 1 = 1 && true"
	test_done
	EOS
	test_write_lines "ok 1" "ok 2" 1..2 >expect &&
	results >actual &&
	test_cmp expect actual &&
	echo 0 >expect &&
	test_cmp expect status
'

test_expect_success 'a failing test is seen, with its body and its output' '
	run_inner <<-\EOS &&
	test_expect_success "wrong" "echo some words && false"
	test_expect_success "right" "true"
	test_done
	EOS
	test_write_lines "not ok 1" "ok 2" 1..2 >expect &&
	results >actual &&
	test_cmp expect actual &&
	echo 1 >expect &&
	test_cmp expect status &&
	test_grep "^# echo some words && false" out &&
	test_grep "^# some words$" out
'

test_expect_success 'a script that exits early is no success' '
	run_inner <<-\EOS &&
	test_expect_success "leaves" "exit 0"
	test_done
	EOS
	test_grep ! "^1\.\." out &&
	test_grep ! "^ok" out &&
	test_grep "inside or before test 2" out &&
	echo 1 >expect &&
	test_cmp expect status
'

test_expect_success 'a broken && chain fails although the last command is true' '
	run_inner <<-\EOS &&
	test_expect_success "gap" "
		false
		true
	"
	test_done
	EOS
	results >actual &&
	test_write_lines "not ok 1" 1..1 >expect &&
	test_cmp expect actual &&
	test_grep "chain of this test is broken" out
'

test_expect_success 'the report says what a script cost' '
	run_inner <<-\EOS &&
	test_expect_success "one" "true"
	test_done
	EOS
	mkdir report &&
	sed "s/^ok 1/PASS: report\/inner.sh 1/
		s/^\(# seconds of CPU:\) [0-9]*\.[0-9][0-9]\$/\1 12.34/" out \
		>report/inner.log &&
	echo ":test-result: PASS 1 - one" >report/inner.trs &&
	awk -f "$GIT_VAULT_SRC_DIR/t/helper/report.awk" -v json=report/json \
		-v junit=report/junit -v project=p -v version=1 \
		report/inner.trs >actual &&
	test_grep "^# 1 passed, 0 failed, 0 skipped" actual &&
	test_grep "report/inner.*\"cpu_seconds\": 12.34," report/json &&
	test_grep "\"name\": \"one\"" report/json &&
	test_grep "<testsuite .* time=\"12.34\">" report/junit
'

test_expect_success 'a known breakage is no failure, and its end is reported' '
	run_inner <<-\EOS &&
	test_expect_failure "still broken" "false"
	test_done
	EOS
	test_grep "^not ok 1 - still broken # TODO" out &&
	echo 0 >expect &&
	test_cmp expect status &&
	run_inner <<-\EOS &&
	test_expect_failure "works now" "true"
	test_done
	EOS
	test_grep "^ok 1 - works now # TODO" out &&
	echo 1 >expect &&
	test_cmp expect status
'

test_expect_success 'prerequisites decide, lazily, and may be negated' '
	run_inner <<-\EOS &&
	test_set_prereq THERE
	test_lazy_prereq LAZY "echo asked >>\"$TRASH_DIRECTORY/../../../asked\" && true"
	test_lazy_prereq NEVER false
	test_expect_success THERE "runs" "true"
	test_expect_success ABSENT "is left out" "false"
	test_expect_success LAZY,!NEVER "runs too" "true"
	test_expect_success LAZY "runs without asking again" "true"
	test_expect_success !THERE "is left out too" "false"
	test_done
	EOS
	test_write_lines "ok 1" "ok 2" "ok 3" "ok 4" "ok 5" 1..5 >expect &&
	results >actual &&
	test_cmp expect actual &&
	echo asked >expect &&
	test_cmp expect asked &&
	grep -c SKIP out >actual &&
	echo 2 >expect &&
	test_cmp expect actual
'

test_expect_success 'test_must_fail takes no crash and no success' '
	test_must_fail false &&
	test_must_fail sh -c "exit 128" &&
	test_must_fail sh -c "exit 130" &&
	! test_must_fail true &&
	! test_must_fail no-such-program-anywhere &&
	! test_must_fail sh -c "kill -9 \$\$" &&
	! test_must_fail sh -c "exit 139"
'

test_expect_success 'test_expect_code wants that very code' '
	test_expect_code 3 sh -c "exit 3" &&
	! test_expect_code 3 sh -c "exit 4" &&
	! test_expect_code 3 true
'

test_expect_success 'clean-up runs after failure, last given first' '
	run_inner <<-\EOS &&
	test_expect_success "fails" "
		test_when_finished \"echo first >>\\\"$TRASH_DIRECTORY/../log\\\"\" &&
		test_when_finished \"echo second >>\\\"$TRASH_DIRECTORY/../log\\\"\" &&
		false
	"
	cat "$TRASH_DIRECTORY/../log" >&2
	test_done
	EOS
	test_write_lines second first >expect &&
	test_cmp expect err
'

test_expect_success 'a clean-up that fails makes the test fail' '
	run_inner <<-\EOS &&
	test_expect_success "cleans badly" "
		test_when_finished false &&
		test_when_finished true &&
		true
	"
	test_done
	EOS
	test_grep "^not ok 1" out
'

test_expect_success '--run runs only those' '
	run_inner --run=2,4- <<-\EOS &&
	test_expect_success "one" "false"
	test_expect_success "two" "true"
	test_expect_success "three" "false"
	test_expect_success "four" "true"
	test_expect_success "five" "true"
	test_done
	EOS
	grep -c SKIP out >actual &&
	echo 2 >expect &&
	test_cmp expect actual &&
	test_grep ! "^not ok" out
'

test_expect_success '-i stops at the first failure' '
	run_inner -i <<-\EOS &&
	test_expect_success "one" "false"
	test_expect_success "two" "true"
	test_done
	EOS
	test_write_lines "not ok 1" 1..1 >expect &&
	results >actual &&
	test_cmp expect actual
'

test_expect_success 'the trash directory goes on success and stays on failure' '
	run_inner <<-\EOS &&
	test_expect_success "one" "true"
	test_done
	EOS
	test_path_is_missing "trash/inner" &&
	run_inner <<-\EOS &&
	test_expect_success "one" ">left && false"
	test_done
	EOS
	test_path_is_file "trash/inner/trash/left"
'

test_expect_success 'the environment is our own' '
	test "$LC_ALL,$TZ" = C,UTC &&
	test "$(umask)" = 0022 &&
	test_path_is_dir "$HOME" &&
	test "$(git config --global init.defaultbranch)" = main &&
	test "$(git rev-parse --show-toplevel)" = "$TRASH_DIRECTORY" &&
	test_must_fail nongit git rev-parse
'

test_expect_success 'the program under test is the one that was built' '
	test "$(command -v git-vault)" = "$test_root_/bin/git-vault" &&
	git-vault --version >direct &&
	git vault --version >through-git &&
	test_cmp direct through-git
'

test_expect_success 'commits of test_commit are repeatable' '
	(
		test_tick= &&
		test_create_repo one && test_commit -C one first &&
		test_tick= &&
		test_create_repo two && test_commit -C two first
	) &&
	git -C one rev-parse HEAD >expect &&
	git -C two rev-parse HEAD >actual &&
	test_cmp expect actual
'

test_expect_success 'test_list_tree sees a mode, a time and a link' '
	mkdir tree && echo x >tree/f && ln -s f tree/l &&
	test_list_tree tree >before &&
	chmod 600 tree/f && test_list_tree tree >after &&
	! test_cmp before after &&
	chmod 644 tree/f && test_list_tree tree >after &&
	test_cmp before after &&
	touch -d "2001-01-01" tree/f && test_list_tree tree >after &&
	! test_cmp before after
'

test_done
