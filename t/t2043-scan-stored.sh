#!/bin/sh

test_description='a snapshot is scanned as it is stored, and searched for its own secrets'
. "$(dirname "$0")/test-lib.sh"

# finds PATH:LINE RULE: the last scan has it
finds () {
	grep -q "^$1:[0-9]*: verified: $2:" ../actual || {
		cat ../actual
		return 1
	}
}

test_expect_success 'set up: a secret in an ignored file, and one in a tracked one' '
	git config vault.autoFold false && echo ".env*" >.gitignore &&
	echo "DB_PASSWORD=Zq8vLmW2kTr5XnP7" >.env &&
	echo "api_token: Hw7bTq2LmX9vRk4Z" >app.yaml &&
	echo "an ordinary text" >notes.txt && git add . && git commit -qm one &&
	git vault key generate && git vault -q snapshot
'

test_expect_success 'a snapshot that has its secrets in their places is clean' '
	git vault scan --stored latest >../actual 2>../err && test_must_be_empty ../actual &&
	test_grep "no findings" ../err
'

test_expect_success 'a copy of a secret elsewhere is found, and never printed' '
	echo "call it with Zq8vLmW2kTr5XnP7 please" >notes.txt &&
	printf "first\n%s\n" "$(printf Hw7bTq2LmX9vRk4Z | base64)" >copy.txt &&
	git vault -q snapshot >../id &&
	test_expect_code 1 git vault scan --stored latest >../actual 2>../err &&
	finds notes.txt:1 encrypted-secret && test_grep "\.env = .*(16 bytes)" ../actual &&
	finds copy.txt:2 encrypted-secret && test_grep "app.yaml.* = " ../actual &&
	! grep -E "Zq8vLmW2kTr5XnP7|Hw7bTq2LmX9vRk4Z|SHc3YlRx" ../actual ../err
'

test_expect_success 'what was staged and the message are searched as well' '
	echo "call it with Zq8vLmW2kTr5XnP7 please" >notes.txt && git add notes.txt &&
	echo "an ordinary text" >notes.txt && rm copy.txt &&
	git vault -q snapshot -m "as Hw7bTq2LmX9vRk4Z has it" &&
	test_expect_code 1 git vault scan --stored latest >../actual 2>../err &&
	finds notes.txt:1 encrypted-secret && finds message:[0-9]* encrypted-secret &&
	git reset -q --hard
'

test_expect_success 'other formats have it, and an allowance holds' '
	echo "call it with Zq8vLmW2kTr5XnP7 please" >notes.txt && git vault -q snapshot &&
	test_expect_code 1 git vault --json scan --stored latest >../actual &&
	test_grep "\"rule\":\"encrypted-secret\"" ../actual && test_grep "\"key\":\"\.env\"" ../actual &&
	test_expect_code 1 git vault scan --stored latest --format sarif >../actual &&
	test_grep encrypted-secret ../actual && ! grep Zq8vLmW2kTr5XnP7 ../actual &&
	echo "Zq8vLmW2kTr5XnP7 # gitvault:allow encrypted-secret it is public" >notes.txt &&
	git vault -q snapshot && git vault scan --stored latest 2>../err && ! grep warning ../err &&
	test_expect_code 1 git vault scan 2>../err && ! grep warning ../err
'

test_expect_success 'each copy has its line and column, and is one finding' '
	printf "one\nZq8vLmW2kTr5XnP7\n\nxx Zq8vLmW2kTr5XnP7 Zq8vLmW2kTr5XnP7\n" >notes.txt && git add notes.txt &&
	git vault -q snapshot && test_expect_code 1 git vault scan --stored latest >../out &&
	sed -n "s/^\(notes.txt:[0-9]*:[0-9]*\): verified: encrypted-secret: .*/\1/p" ../out >../actual &&
	test_write_lines notes.txt:2:1 notes.txt:4:4 notes.txt:4:21 >../expect && test_cmp ../expect ../actual &&
	echo >>notes.txt && git vault -q snapshot && test_expect_code 1 git vault scan --stored latest >../out &&
	sed -n "s/^\(notes.txt:[0-9]*:[0-9]*\): verified: encrypted-secret: .*/\1/p" ../out >../actual &&
	test_cmp ../expect ../actual && git reset -q --hard
'

test_expect_success 'one content at two paths is two findings, of which each may be allowed' '
	echo "call it with Zq8vLmW2kTr5XnP7 please" >a-notes.txt && cp a-notes.txt z-notes.txt &&
	git vault -q snapshot && test_expect_code 1 git vault scan --stored latest >../actual &&
	finds a-notes.txt:1 encrypted-secret && finds z-notes.txt:1 encrypted-secret && rm a-notes.txt z-notes.txt
'

test_expect_success 'plain words are not searched for' '
	printf "DB_PASSWORD=postgres\nUSER_PASSWORD=changeme\n" >.env && echo "postgres is used" >notes.txt &&
	git vault -q snapshot && git vault scan --stored latest >../actual && test_must_be_empty ../actual
'

test_expect_success 'without the key nothing is searched for, which is said' '
	(HOME=$PWD/.. && XDG_CONFIG_HOME=$PWD/../other && export HOME XDG_CONFIG_HOME &&
		git vault key generate) && cp ../other/git-vault/identity .git/other &&
	test_expect_code 3 git vault scan --identity .git/other --stored latest~1 2>../err &&
	test_grep "\.env.*cannot be opened, so copies" ../err && test_grep "not read: 2" ../err
'

test_expect_success 'it does not go with paths, and --identity goes with it only' '
	test_expect_code 129 git vault scan --stored latest notes.txt &&
	test_expect_code 129 git vault scan --identity f &&
	test_expect_code 128 git vault scan --stored no-such 2>../err && test_grep no-such ../err
'

test_done
