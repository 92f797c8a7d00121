#!/bin/sh

test_description='calls that fail: the fault library, proved on one replacement'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
fault_max=

GV_FAULT_PROGRAMS='replace'
export GV_FAULT_PROGRAMS
replace=$GIT_VAULT_BUILD_DIR/t/fault/replace

setup () {
	rm -rf dir && mkdir dir && echo old >dir/file
}

test_expect_success 'the calls of a command are counted and named' '
	setup && rm -f fault.log &&
	faulty count:0 "$replace" dir/file new &&
	sed "s/ .*//" fault.log >actual &&
	test_write_lines open write fsync rename fsync >expect &&
	test_cmp expect actual &&
	test "$(cat dir/file)" = new
'

test_expect_success 'the call that is wanted fails, with a sentence' '
	setup && rm -f fault.log &&
	test_expect_code 128 faulty enospc:2 "$replace" dir/file new 2>err &&
	test_grep "cannot write dir/file.*No space left on device" err &&
	setup && rm -f fault.log &&
	test_expect_code 128 faulty eio:4 "$replace" dir/file new 2>err &&
	test_grep "cannot rename dir/file.*Input/output error" err
'

test_expect_success 'the process is killed at the call that is wanted' '
	setup && rm -f fault.log &&
	test_expect_code 137 faulty kill:4 "$replace" dir/file new &&
	test "$(cat dir/file)" = old &&
	setup && rm -f fault.log &&
	test_expect_code 137 faulty tear:2 "$replace" dir/file 12345678 &&
	test "$(cat dir/file)" = old &&
	test "$(cat dir/file.*)" = 1234
'

test_expect_success 'a shell runs before the call that is wanted' '
	setup && rm -f fault.log &&
	GV_FAULT_RUN="cp dir/file seen; ls dir >names" &&
	export GV_FAULT_RUN && test_when_finished "unset GV_FAULT_RUN" &&
	faulty run:4 "$replace" dir/file new && test "$(cat seen)" = old &&
	test_line_count = 2 names && test "$(cat dir/file)" = new
'

test_expect_success 'other programs are left alone' '
	setup && rm -f fault.log &&
	GV_FAULT_PROGRAMS="not-replace replacement" faulty enospc:1 \
		"$replace" dir/file new &&
	test_path_is_missing fault.log &&
	faulty enospc:1 cp dir/file copy &&
	test_path_is_missing fault.log &&
	GV_FAULT_PROGRAMS="x replace y" test_expect_code 128 \
		faulty enospc:1 "$replace" dir/file new
'

test_expect_success 'somebody else has a turn before the call that is wanted' '
	setup && rm -f fault.log &&
	GV_FAULT_RUN="cat dir/file >before; ls dir >names" &&
	export GV_FAULT_RUN &&
	faulty meet:4 "$replace" dir/file new &&
	unset GV_FAULT_RUN &&
	test "$(cat before)" = old && test_line_count = 2 names &&
	test "$(cat dir/file)" = new
'

for mode in enospc eio erofs
do
	test_expect_success "a replaced file is the old or the new one: $mode" '
		for_each_fault $mode "setup && \"$replace\" dir/file new" "
			case \$fault_call in
			fsync*/dir) test \"\$(cat dir/file)\" = new ;;
			*) test \"\$(cat dir/file)\" = old ;;
			esac &&
			test \$fault_status = 128 && test \"\$(ls dir)\" = file
		" &&
		test "$fault_total" = 5
	'
done

for mode in kill tear
do
	test_expect_success "a replaced file is the old or the new one: $mode" '
		for_each_fault $mode "setup && \"$replace\" dir/file new" "
			test \$fault_status = 137 &&
			if test \$fault_n -le 4
			then
				test \"\$(cat dir/file)\" = old
			else
				test \"\$(cat dir/file)\" = new
			fi
		"
	'
done

test_expect_success 'a check that fails is seen, with the call it is about' '
	test_must_fail for_each_fault eio "setup && \"$replace\" dir/file new" \
		"test \$fault_n -lt 3" >out &&
	test_grep "eio at call 3 of 5: fsync" out
'

test_expect_success 'where fewer are wanted they are spread over all of them' '
	: >struck &&
	(
		fault_max=2 &&
		for_each_fault count "setup && \"$replace\" dir/file new" \
			"echo \$fault_n >>struck"
	) &&
	test_write_lines 1 4 5 >expect &&
	test_cmp expect struck
'

test_expect_success 'a command that fails by itself is no run' '
	test_must_fail for_each_fault eio "false" "true" >out &&
	test_grep "fails without a fault" out &&
	test_must_fail for_each_fault eio "true" "true" >out &&
	test_grep "no call" out
'

test_done
