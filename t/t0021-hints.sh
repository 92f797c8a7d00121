#!/bin/sh

test_description='the commands that messages offer can be pasted as they are'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

# The command behind "hint: " or the text that is given, run as a shell runs it.
paste () {
	sed -n "s/^git-vault: .*$1\(git vault .*\)/\1/p" "$2" |
		sed "s/; .*//; q" >pasted &&
	test_file_not_empty pasted && sh ./pasted
}

slack=xoxb-2345678901-2345678901234-Kq7RvT2mXw9LzB4cNd8JhY3s

test_expect_success 'set up' '
	printf "/pasted\n/err\n/out\n" >.gitignore && echo one >file &&
	git add . && test_tick && git commit -q -m first &&
	git vault init -q && git vault hooks install >/dev/null &&
	git init -q --bare ../remote && git remote add origin ../remote
'

test_expect_success 'what a commit is refused for is explained by the hint' '
	echo "slack = \"$slack\"" >"it'\''s.yml" && git add . &&
	test_must_fail git commit -q -m secret 2>err &&
	paste "hint: " err >out && test_grep "slack-bot-token" out &&
	test_grep "^git vault scan --staged --explain [0-9a-f]*-[0-9a-f]*$" pasted
'

test_expect_success 'so is what a push is refused for, also of the first commit' '
	git commit -q --no-verify -m secret && echo two >file &&
	git commit -q -a -m more &&
	test_must_fail git push -q origin HEAD:main 2>err &&
	paste "hint: " err >out && test_grep "slack-bot-token" out &&
	git checkout -q --orphan alone && git commit -q --no-verify -m alone &&
	test_must_fail git push -q origin HEAD:alone 2>err &&
	paste "hint: " err >out && test_grep "slack-bot-token" out &&
	git checkout -q main
'

test_expect_success 'what git ignores and is left out is stored by the hint' '
	echo "/left out/" >>.gitignore && mkdir "left out" &&
	>"left out/CACHEDIR.TAG" &&
	echo "Signature: 8a477f597d28d172789f06886806bc55" >"left out/CACHEDIR.TAG" &&
	git vault status --ignored >out &&
	test_grep "^To store one: git vault snapshot --include .left out/.; " out &&
	sed -n "s/^To store one: \(.*\); to store.*/\1/p" out >pasted &&
	sh ./pasted && git vault ls latest "left out" >out && test_grep TAG out
'

test_expect_success 'an owner adds a new host by the line that it prints' '
	git config user.email bob@example.com &&
	git vault key generate -o ../bob >keys 2>err &&
	sed -n "s/.*an owner runs: //p" err >pasted &&
	test_grep "^git vault key add [^ ]* age1[^ ]* --signer .ssh-ed25519 " pasted &&
	sh ./pasted && git vault key list >out && test_line_count = 4 out
'

test_expect_success 'the name comes first, and --name is as good' '
	age=$(sed -n 1p keys) &&
	git vault key remove bob@example.com &&
	git vault key add -q carol "$age" && git vault key show carol >out &&
	git vault key remove carol && git vault key add -q --name dave "$age" &&
	git vault key show dave >out && git vault key remove dave &&
	test_expect_code 129 git vault key add "$age" 2>err &&
	test_grep "needs a name and a recipient" err &&
	test_expect_code 129 git vault key add --name dave carol "$age" 2>err &&
	test_grep "twice" err
'

test_expect_success 'a bundle of git is fetched from by the hint' '
	git bundle create "../of git" HEAD 2>/dev/null &&
	test_must_fail git vault import "../of git" 2>err &&
	sed -n "s/.*used as a remote: \(.*\) && .*/\1/p" err >pasted &&
	sh ./pasted && git ls-remote bundle >out && test_grep HEAD out
'

test_expect_success 'a dropped snapshot comes back by the hint' '
	git remote remove bundle && echo three >file && test_tick &&
	git vault snapshot -q &&
	git vault prune --keep-last=1 2>err >out &&
	paste "bring one back: " err &&
	test_grep "^git vault undelete [0-9]" pasted
'


test_expect_success PYTHON 'no other message offers a command with a placeholder' '
	python3 "$TEST_DIRECTORY/helper/placeholders.py" "$TEST_DIRECTORY/.." >actual &&
	test_must_be_empty actual
'

test_done
