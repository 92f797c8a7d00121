#!/bin/sh

test_description='when a question is put, and what answers it'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

test_have_prereq PYTHON || skip_all 'python3 is not installed'

test_expect_success 'a terminal is asked, and only yes is yes' '
	for yes in y yes Y YES
	do
		answering $yes -- frame-tool ask >actual &&
		test_grep "drop it? \[y/N\] " actual &&
		test_grep "answer: yes" actual || return 1
	done &&
	for no in n no "" x yess "yes please do, with all that hangs on it"
	do
		answering "$no" -- frame-tool ask >actual &&
		test_grep "drop it? \[y/N\] " actual &&
		test_grep "answer: no" actual || return 1
	done
'

test_expect_success 'where stdin or stderr is no terminal the default is said' '
	TERMINAL_STDIN=/dev/null answering -- frame-tool ask >actual &&
	test_grep ! "drop it?" actual &&
	test_grep "warning: kept it" actual &&
	test_grep "answer: no" actual &&
	TERMINAL_STDERR=err answering -- frame-tool ask >actual &&
	test_grep "answer: no" actual &&
	test_grep "warning: kept it" err &&
	test_line_count = 1 err
'

test_expect_success 'stdout may go elsewhere' '
	TERMINAL_STDOUT=out answering y -- frame-tool ask >actual &&
	test_grep "drop it" actual &&
	test_grep "answer: yes" out
'

test_expect_success 'neither CI nor a hook is asked' '
	for set in CI=true CI=0 CI= GIT_INDEX_FILE=x GIT_QUARANTINE_PATH=x \
		GIT_PUSH_OPTION_COUNT=0 GIT_REFLOG_ACTION=pull \
		GIT_VAULT_HOOK="pre-push /x"
	do
		answering -- env "$set" "PATH=$PATH" frame-tool ask >actual &&
		test_grep ! "drop it?" actual &&
		test_grep "answer: no" actual || return 1
	done
'

test_expect_success 'a hook that takes the terminal as its stdin is not asked' '
	git init -q hooked &&
	printf "#!/bin/sh\nexec </dev/tty\nframe-tool ask\n" \
		>hooked/.git/hooks/pre-commit &&
	chmod +x hooked/.git/hooks/pre-commit &&
	answering -- git -C hooked commit -q --allow-empty -m x >actual &&
	test_grep ! "drop it?" actual &&
	test_grep "answer: no" actual
'

test_expect_success '--yes answers everywhere, and nothing is asked' '
	answering -- frame-tool ask --yes >actual &&
	test_grep ! "drop it?" actual &&
	test_grep "answer: yes" actual &&
	CI=1 frame-tool ask -y </dev/null >actual 2>err &&
	test_grep "answer: yes" actual &&
	test_must_be_empty err
'

test_done
