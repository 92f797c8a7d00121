#!/bin/sh

test_description='recipients whose keys only a plugin of age knows'
. "$(dirname "$0")/test-lib.sh"

. "$TEST_DIRECTORY/lib-terminal.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/safe-tool
helper=$GIT_VAULT_SRC_DIR/t/helper/age-plugin-test

if ! command -v python3 >/dev/null
then
	skip_all 'python3 is not installed'
fi

# outside the working tree: what lies in that is never run
programs=$HOME/programs

test_expect_success 'a plugin is found by PATH' '
	test_commit one &&
	mkdir "$programs" && cp "$helper" "$programs/age-plugin-test" &&
	PATH=$programs:$PATH && export PATH &&
	age-plugin-test 0123456789abcdef >made &&
	grep -o "age1test1[a-z0-9]*" made >to &&
	grep -o "AGE-PLUGIN-TEST-1[A-Z0-9]*" made >id &&
	chmod 600 id
'

test_expect_success 'it is a recipient like any other' '
	echo a secret value >value &&
	"$tool" put prod value >put &&
	git vault key add --name yubi --scope prod "$(cat to)" >out &&
	test_grep "re-encrypted 1 secret" out &&
	git vault key show yubi >out &&
	test_grep "^key     age1test1" out
'

test_expect_success 'it opens what is sealed, and seals' '
	GIT_VAULT_IDENTITY=id "$tool" all prod &&
	"$tool" get prod "$(cut -d" " -f1 put)" >actual &&
	test_cmp value actual &&
	echo another >value2 &&
	GIT_VAULT_IDENTITY=id "$tool" put prod value2 >put2 &&
	"$tool" get prod "$(cut -d" " -f1 put2)" >actual &&
	test_cmp value2 actual &&
	GIT_VAULT_IDENTITY=id "$tool" get prod "$(cut -d" " -f1 put2)" >actual &&
	test_cmp value2 actual
'

# What a rollback leaves is signed where it can be; a mark is asked for one.
test_expect_success 'by it a rollback leaves its candidate, which it cannot sign' '
	git init -q back && (
		cd back && echo .env >.gitignore && test_commit one &&
		git vault -q init 2>/dev/null && git vault -q key add --name yubi "$(cat ../to)" &&
		echo "DB_PASSWORD=Correct-Horse-41" >.env &&
		git vault -q snapshot >/dev/null && git vault -q good mark prod &&
		echo "DB_PASSWORD=Battery-Staple-77" >.env &&
		git vault rollback --identity ../id prod >.git/out 2>.git/err &&
		grep -q Correct .env && test_grep ! "no record of its own" .git/err &&
		git rev-parse -q --verify refs/vault/good/prod/2 &&
		test_expect_code 5 git vault good mark --identity ../id prod 2>.git/err &&
		test_grep "identities that --identity names" .git/err
	)
'

test_expect_success 'what it wants to know without a terminal is refused it' '
	test_expect_code 5 env GIT_VAULT_IDENTITY=id AGE_PLUGIN_TEST=pin \
		setsid -w "$tool" all prod
'

test_expect_success 'at a terminal it says what it wants, and gets the answers' '
	# the plugin asks again for each value
	answering $(yes "y 1234" | head -n 20) -- env GIT_VAULT_IDENTITY=id AGE_PLUGIN_TEST_LOG="$PWD/log" \
		AGE_PLUGIN_TEST="msg confirm pin" "$tool" all prod >out &&
	test_grep "age-plugin-test: " out && test_grep "\[y: " out &&
	test_grep "^msg ok" log && test_grep "^confirm ok yes" log && test_grep "^pin ok" log &&
	test_must_fail answering $(yes "n wrong" | head -n 20) -- env GIT_VAULT_IDENTITY=id \
		AGE_PLUGIN_TEST="confirm pin" "$tool" all prod
'

test_expect_success 'one that wants no other recipients cannot have them' '
	echo labelled >value4 &&
	test_must_fail env AGE_PLUGIN_TEST=labels "$tool" put prod value4 2>err &&
	test_grep "age-plugin-test needs files that only have recipients of its own type" err
'

test_expect_success 'one that dies, or talks nonsense, opens nothing' '
	for how in crash garbage late refuse
	do
		test_must_fail env GIT_VAULT_IDENTITY=id \
			AGE_PLUGIN_TEST=$how "$tool" all prod || return 1
	done
'

test_expect_success 'where it is not there, that is said' '
	rm "$programs/age-plugin-test" &&
	test_must_fail env GIT_VAULT_IDENTITY=id "$tool" all prod 2>err &&
	test_grep age-plugin-test err &&
	echo third >value3 &&
	test_must_fail "$tool" put prod value3 2>err &&
	test_grep age-plugin-test err &&
	"$tool" all prod
'

test_done
