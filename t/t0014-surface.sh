#!/bin/sh

test_description='what a person types without having read the manual'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

# same VERB COMMAND [OPTION...]: without a verb, COMMAND does what VERB does.
same () {
	verb=$1 command=$2 rc=0 &&
	shift 2 &&
	git vault "$command" $verb "$@" >expect 2>expect.err </dev/null || rc=$?
	test_expect_code $rc git vault "$command" "$@" >actual 2>actual.err \
	    </dev/null &&
	test_cmp expect actual && test_cmp expect.err actual.err
}

test_expect_success 'set up' '
	echo one >file && git add file && test_tick && git commit -q -m first &&
	git vault init -q &&
	printf "DB_PASSWORD=hunter2-%s\n" 5f3Kq9Zx7Lw2 >app.env &&
	git vault snapshot -q -m first &&
	digits=$(printf %064d 7) &&
	git vault artifact record -q "app=sha256:$digits" "db=sha512:$digits$digits" &&
	git vault good mark -q prod
'

test_expect_success 'without a verb the noun is listed' '
	same list key && test_file_not_empty actual &&
	same list secret && test_file_not_empty actual &&
	same list audit && test_file_not_empty actual &&
	same list good && test_file_not_empty actual &&
	same list artifact && test_line_count = 3 actual &&
	same status hooks && test_file_not_empty actual &&
	same list state
'

test_expect_success 'options of the verb, and those of all commands, go with it' '
	same list key --json && test_grep "{" actual &&
	same list audit -n 1 && test_line_count = 2 actual &&
	same list audit --json --kind snapshot &&
	same list secret --env prod &&
	same list state --json && test_grep "\[\]" actual &&
	same list good -n 0 &&
	same list artifact -n 1 && test_line_count = 2 actual &&
	same list artifact --json --limit 1 && test_grep "\"app\"\|\"db\"" actual &&
	same status hooks --json && test_grep "{" actual
'

test_expect_success 'an option of another verb is still refused' '
	test_expect_code 129 git vault key --name x 2>err &&
	test_grep "key list. does not take --name" err &&
	test_expect_code 129 git vault artifact --env prod 2>err &&
	test_grep "artifact list. does not take --env" err &&
	test_expect_code 129 git vault hooks --server 2>err &&
	test_grep "hooks status. does not take --server" err
'

test_expect_success '-h names the verb that is run, and changes nothing' '
	for noun in key state secret good audit artifact
	do
		test_expect_code 129 git vault $noun -h >out &&
		test_grep "^Without a verb: git vault $noun list$" out || return 1
	done &&
	test_expect_code 129 git vault hooks -h >out &&
	test_grep "^Without a verb: git vault hooks status$" out &&
	test_expect_code 129 git vault list -h >out &&
	test_grep ! "Without a verb" out
'

test_expect_success 'it works in a folder, in a bare repository and before the first record' '
	mkdir -p deep/er && git vault good list >expect &&
	(cd deep/er && git vault good) >actual && test_cmp expect actual &&
	git init -q --bare bare.git &&
	for noun in state good audit artifact hooks
	do
		git -C bare.git vault $noun >out 2>err || return 1
	done &&
	git -C bare.git vault artifact 2>err && test_grep "no artifact is recorded yet" err &&
	git -C bare.git vault artifact --json >out && test_grep "\"artifacts\": *\[\]" out &&
	nongit test_expect_code 128 git vault state
'

test_done
