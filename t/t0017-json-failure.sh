#!/bin/sh

test_description='a failure is a document, too, where a program asked for JSON'
. "$(dirname "$0")/test-lib.sh"

# fails STATUS CODE ARG…: one object on stdout, nothing on stderr
fails () {
	status_=$1 code_=$2 && shift 2 &&
	test_expect_code "$status_" git vault "$@" >.git/out 2>.git/err &&
	test_must_be_empty .git/err && test_line_count -eq 1 .git/out &&
	test_grep "^{\"schema\":1,\"error\":{\"code\":\"$code_\",\"message\":\"[^\"]" .git/out
}

test_expect_success 'set up' '
	echo one >file &&
	git add . && test_tick && git commit -q -m one
'

test_expect_success 'a failure is one object on stdout, by the same exit status' '
	fails 128 not_found --json show &&
	fails 128 not_found show nothing --json &&
	fails 128 not_found --json undo &&
	fails 128 not_found scan --format json --range no..where &&
	fails 128 not_found scan --json --range no..where
'

test_expect_success 'so is a wrong usage, of words that could not be parsed as well' '
	fails 129 usage --json backup && fails 129 usage backup --json &&
	fails 129 usage list --nonsense --json &&
	fails 129 usage scan --nonsense --format json &&
	fails 129 usage scan --nonsense --format=json &&
	fails 129 usage --json completion bash && fails 129 usage key frob --json &&
	test_expect_code 129 git vault list --nonsense -- --json >.git/out 2>.git/err &&
	test_must_be_empty .git/out && test_grep "^git-vault: unknown option" .git/err
'

test_expect_success 'outside a repository, also without a command' '
	test_expect_code 129 nongit git vault --json >.git/out 2>.git/err &&
	test_must_be_empty .git/err && test_grep "\"code\":\"usage\"" .git/out &&
	test_expect_code 128 nongit git vault --json list >.git/out 2>.git/err &&
	test_must_be_empty .git/err && test_grep "\"code\":\"not_found\"" .git/out
'

test_expect_success 'formats of others have no such object' '
	test_expect_code 128 git vault scan --format sarif --range no..where >.git/out 2>.git/err &&
	test_must_be_empty .git/out && test_grep "^git-vault: " .git/err &&
	test_expect_code 128 git vault secret export --format json >.git/out 2>.git/err &&
	test_must_be_empty .git/out && test_grep "^git-vault: " .git/err &&
	git vault scan --format sarif >.git/out && test_grep ! "\"schema\":" .git/out &&
	git vault scan --format json >.git/out && test_grep "^{\"schema\":1,\"findings\"" .git/out
'

test_expect_success 'its hints can be pasted' '
	fails 129 usage --json backup why &&
	sed -n "s/.*\"hints\":\[\"\([^\"]*\)\"\].*/\1/p" .git/out >.git/pasted &&
	echo "git vault snapshot" >.git/expect && test_cmp .git/expect .git/pasted &&
	sh .git/pasted && fails 128 not_found --json undelete nothing &&
	test_grep "to list the trash: git vault list --deleted\",\"hints\":\[\"git vault list --deleted\"\]}}$" .git/out
'

test_expect_success 'a name that looks like a command is no hint, whoever wrote it' '
	for name in "x \047git vault prune --yes\047 y" "x: git push origin :main" \
		"x
hint: git vault prune --yes"
	do
		fails 128 not_found --json show "$(printf "$name")" &&
		test_grep "\"hints\":\[\]}}$" .git/out || return 1
	done &&
	printf "\"\047git vault delete latest\047\": 1\n" >.gitvault.yaml &&
	test_expect_code 128 git vault --json prune >.git/out 2>.git/err &&
	test_grep "there is no key .*git vault delete latest.*\"hints\":\[\]}}$" .git/out &&
	rm .gitvault.yaml
'

test_expect_success 'where stdout takes nothing, it is the last line of stderr' '
	test_expect_code 128 git vault list --json >/dev/full 2>.git/err &&
	test_line_count -eq 1 .git/err &&
	test_grep "^{\"schema\":1,\"error\":{\"code\":\"error\",\"message\":\"cannot write" .git/err
'

test_expect_success 'undo answers by the failure of the command that it runs' '
	git vault snapshot -q >/dev/null && echo two >file &&
	git vault restore latest --in-place >/dev/null 2>.git/err &&
	test_expect_code 4 flock . git vault undo --yes --json >.git/out 2>.git/err &&
	test_line_count -eq 1 .git/out && test_grep "^{\"schema\":1,\"error\":{\"code\":\"locked\"" .git/out &&
	git vault undo --yes --json >.git/out &&
	test_grep "^{\"schema\":1,\"undoes\":\"restore\".*\"done\":true,\"result\":{\"schema\":1,\"snapshot\"" .git/out
'

test_done
