#!/bin/sh

test_description='what differs between two known-good records

git vault good diff: code, files beside it, secrets by their names, states by
their resources, artifacts; no key is needed, and no value is told.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# state SERIAL TYPE
state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,' "$1"
	printf '"lineage":"l","outputs":{},"resources":[{"mode":"managed",'
	printf '"type":"aws_db_instance","name":"db",'
	printf '"provider":"provider[\\"registry.terraform.io/hashicorp/aws\\"]",'
	printf '"instances":[{"schema_version":1,"attributes":{"id":"db-1",'
	printf '"instance_class":"%s"},"sensitive_attributes":[]}]}],' "$2"
	printf '"check_results":null}\n'
}

a=$(printf %064d 1) b=$(printf %064d 2)

test_expect_success 'set up' '
	test_commit one && echo .env >.gitignore && git add . && git commit -q -m i &&
	echo "TOKEN=quite-a-secret-1" >.env && echo 1 >local.conf &&
	git vault -q snapshot &&
	state 1 small | git vault -q state save --new --env prod --stack net - &&
	state 1 small | git vault -q state save --new --env prod --stack old - &&
	git vault -q good mark --artifact app=sha256:$a --artifact gone=sha256:$a prod &&
	test_commit two && git rm -q one.t && test_tick && git commit -q -m gone &&
	echo "TOKEN=quite-a-secret-2" >.env && echo 2 >local.conf &&
	git vault -q snapshot &&
	state 2 large | git vault -q state save --new --env prod --stack net - &&
	state 1 small | git vault -q state save --new --env prod --stack new - &&
	git vault -q good mark --artifact app=sha256:$b --artifact more=sha256:$a prod
'

test_expect_success 'a record does not differ from itself' '
	git vault good diff prod 1 1 >.git/out &&
	test_write_lines code config secrets states artifacts >.git/expect &&
	test_cmp .git/expect .git/out
'

test_expect_success 'all of it is told, and no value' '
	test_expect_code 1 git vault good diff prod 1 2 >.git/out 2>.git/err &&
	test_must_be_empty .git/err && sed "s/[0-9a-f]\{12\} /ID /g;
		s/:[0-9a-f]\{12\}/:ID/" .git/out >.git/actual &&
	cat >.git/expect <<-END &&
	code
	 one.t | 1 -
	 two.t | 1 +
	 2 files changed, 1 insertion(+), 1 deletion(-)
	config
	 M .env
	 M local.conf
	secrets
	 - prod:ID whole .env
	 + prod:ID whole .env
	states
	 net: ID (serial 1) -> ID (serial 2)
	END
	sed -n "1,/^secrets/p;/^states/,/net:/p" .git/actual >.git/some &&
	sed "/ prod:ID/d" .git/expect >.git/most && test_cmp .git/most .git/some &&
	sed -n "/^secrets/,/^states/p" .git/actual >.git/secrets &&
	test_grep "^ + [a-z]*:ID[a-z -]* .env$" .git/secrets &&
	test_grep "^ - [a-z]*:ID[a-z -]* .env$" .git/secrets &&
	test_line_count = 4 .git/secrets &&
	test_grep "aws_db_instance.db" .git/out &&
	test_grep "instance_class" .git/out &&
	test_grep "^ new: none -> [0-9a-f]* (serial 1)$" .git/out &&
	test_grep ! "^ old:" .git/out &&
	test_grep "^ app: $a -> $b$" .git/out &&
	test_grep "^ gone: $a -> none$" .git/out &&
	test_grep "^ more: none -> $a$" .git/out &&
	test_grep ! quite-a-secret .git/out
'

test_expect_success JQ 'as JSON, without a key' '
	test_expect_code 1 env GIT_VAULT_IDENTITY=/dev/null \
		git vault good diff --json prod 1 2 >.git/out &&
	jq -e ".from == 1 and .to == 2 and
		[.code[].path] == [\"one.t\", \"two.t\"] and
		[.config[].path] == [\".env\", \"local.conf\"] and
		[.secrets[].change] - [\"added\", \"removed\"] == [] and
		(.secrets | length) == 2 and
		[.states[].stack] == [\"net\", \"new\"] and
		.states[0].changes[0].address == \"aws_db_instance.db\" and
		[.artifacts[].name] == [\"app\", \"gone\", \"more\"]" .git/out &&
	test_grep ! quite-a-secret .git/out
'

test_expect_success 'a state that is gone is said, and the rest told' '
	git update-ref -d refs/vault/state/prod/net &&
	test_expect_code 1 git vault good diff prod 1 2 >.git/out 2>.git/err &&
	test_grep "resources of state net cannot be compared" .git/err &&
	test_grep "^ more: " .git/out
'

test_expect_success 'records that are not there' '
	test_expect_code 128 git vault good diff prod 1 9 2>.git/err &&
	test_grep "no record 9 of prod" .git/err &&
	test_expect_code 129 git vault good diff prod 1
'

test_done
