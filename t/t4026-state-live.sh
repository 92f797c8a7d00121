#!/bin/sh

test_description='a state and what is really there, as commands of the team report it'
. "$(dirname "$0")/test-lib.sh"

verify () {
	git vault state verify --env prod --stack net "$@"
}

test_expect_success 'set up: a state' '
	git commit -q --allow-empty -m one &&
	printf "{\"version\":4,\"terraform_version\":\"1.9.5\",\"serial\":1,\"lineage\":\"l\",\"outputs\":{},\"resources\":[]}" >state &&
	git vault -q state save --env prod --stack net state && verify >out && test_grep "is intact" out
'

test_expect_success 'a report without a difference is a success, and says whose it is' '
	cat >same <<-\END && verify --live "cat same" >out && test_grep "what is there is the same (terraform)" out &&
	{"@level":"info","type":"version","terraform":"1.9.5"}
	{"@level":"info","type":"change_summary","changes":{"add":0}}
	END
	verify --live "cat same; exit 2" >out && verify --json --live "cat same" >json && test_grep "\"live\":\"terraform\"" json &&
	verify --json >json && test_grep "\"live\":null" json
'

test_expect_success 'a difference is a finding: resource and attributes, and no value' '
	cat >differs <<-\END && test_expect_code 1 verify --live "cat differs" >out &&
	{"resource": "bucket/logs", "change": "changed", "attributes": ["acl"], "value": "pa55word"}
	{"resource": "bucket/old", "change": "gone"}
	{"complete": true}
	END
	test_grep "^live: bucket/logs differs from what is there: acl" out && test_grep "^live: bucket/old is not there" out &&
	test_grep ! pa55word out && test_expect_code 1 verify --json --live "cat differs" >json &&
	test_grep "\"kind\":\"live\"" json && test_grep ! pa55word json
'

test_expect_success 'a report that is cut off, odd or empty, and a command that fails, compare nothing' '
	for command in "head -n 1 differs" "echo pa55word" true "cat same; exit 1" "cat differs; exit 3" \
		"nothing-of-that-name" "printf {" "kill -9 \$\$" "exit 1 # kubectl"; do
		test_expect_code 128 verify --live "$command" >out 2>err && test_grep ! pa55word.*pa55word err &&
			test_grep ! "is intact" out || return 1
	done && verify --live "true kubectl diff -f ." >out && test_grep "(kubectl diff)" out &&
	test_expect_code 128 verify --live "echo pa55word >&2; exit 9" 2>err && test_grep "status 9" err
'

test_expect_success 'the command knows which state it is about, and gets no input' '
	verify --live "echo \$GIT_VAULT_STATE_ENV/\$GIT_VAULT_STATE_STACK >env; cat >input; echo \"{\\\"complete\\\": true}\"" \
		>out <same && echo prod/net >expect && test_cmp expect env && test_must_be_empty input
'

test_expect_success 'only verify takes it' '
	test_expect_code 129 git vault state show --env prod --stack net --live true 2>err && test_grep live err
'

test_done
