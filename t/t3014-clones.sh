#!/bin/sh

test_description='two clones of one remote have one keyring, and what either has sealed'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"

# keep WHO FILE VALUE: a snapshot of a file that Git is not to have; its id
keep () {
	as "$1" sh -c 'echo "$2" >"$1" && git vault snapshot 2>>../err' \
		- "$2" "$3"
}

print_of () {
	as "$1" git vault key list 2>/dev/null | sed -n "1s/.* //p"
}

sealed () {
	as "$1" git ls-tree -r --name-only refs/vault/secrets/shared |
		grep "/.*\.age\$" | sort
}

test_expect_success 'alice has a keyring, which she has pushed' '
	git init -q --bare "$top/remote" && clone alice &&
	as alice sh -c "printf \".env*\\n\" >.gitignore && git add . &&
		git commit -q -m one && git push -q origin HEAD" &&
	as alice git vault init -q && keep alice .env SECRET=of-alice-1 >one &&
	push alice
'

test_expect_success 'a plain clone that is set up has it, and its fingerprint is shown' '
	clone bob && as bob git vault key generate >bob.pub &&
	as bob git vault init >out 2>err &&
	print=$(print_of alice) &&
	test_grep "^added     keyring = $print" out &&
	test_grep "seen here for the first time.*$print" err &&
	test "$(print_of bob)" = "$print" &&
	as bob git rev-parse refs/vault/secrets/shared >actual &&
	as alice git rev-parse refs/vault/secrets/shared >expect &&
	test_cmp expect actual
'

test_expect_success 'a new version comes with a plain fetch, and what is sealed for it' '
	as alice git vault key add --name bob "$top/bob.pub" &&
	push alice && as bob git fetch -q &&
	as bob git vault key list >out 2>err && test_must_be_empty err &&
	test_grep "^version 2 " out &&
	as bob git fetch -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	rm -rf bob/back && as bob git vault restore "$(cat one)" --to ../back &&
	test_cmp alice/clone/.env bob/back/.env
'

test_expect_success 'what two have sealed is a union, each value once' '
	keep bob .env.b SECRET=of-bob-1 >two &&
	keep alice .env.a SECRET=of-alice-2 >three &&
	push bob && test_must_fail push alice 2>/dev/null &&
	as alice git fetch -q && as alice git vault key list >/dev/null &&
	push alice && as bob git fetch -q && as bob git vault key list >/dev/null &&
	sealed alice >expect && sealed bob >actual && test_cmp expect actual &&
	test_line_count = 3 actual &&
	as bob git rev-parse refs/vault/secrets/shared >actual &&
	as alice git rev-parse refs/vault/secrets/shared >expect &&
	test_cmp expect actual &&
	test_might_fail as alice git vault doctor >out 2>&1 &&
	test_grep ! "are not encrypted for this host, although" out
'

test_expect_success 'each opens what the other has sealed' '
	as alice git fetch -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	rm -rf alice/back && as alice git vault restore "$(cat two)" --to ../back &&
	test_cmp bob/clone/.env.b alice/back/.env.b &&
	as bob git fetch -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	rm -rf bob/back && as bob git vault restore "$(cat three)" --to ../back &&
	test_cmp alice/clone/.env.a bob/back/.env.a
'

test_expect_success 'the same value in both is there once' '
	keep alice .env.same SECRET=of-both >/dev/null &&
	keep bob .env.same SECRET=of-both >/dev/null &&
	push alice && as bob git fetch -q && as bob git vault key list >/dev/null &&
	push bob && sealed bob >actual && test_line_count = 4 actual &&
	sort -u actual >once && test_cmp once actual
'

test_expect_success 'what was merged is not looked at again' '
	as bob sh -c "git fetch -q && git vault key list" >/dev/null &&
	cp bob/clone/.git/vault/merged before &&
	as bob git for-each-ref refs/vault >refs &&
	as bob test_env GIT_TRACE="$top/trace" git vault key list >/dev/null &&
	test_grep ! merge-base trace && as bob git for-each-ref refs/vault >after &&
	test_cmp refs after && test_cmp before bob/clone/.git/vault/merged
'

test_expect_success 'a clone that was set up offline says so, and asks nobody' '
	clone carol && as carol git remote set-url origin "$top/nowhere" &&
	as carol git vault init >out 2>err </dev/null &&
	test_grep "^skipped   keyring of origin = " out &&
	test_grep "^added     keyring = " out
'

test_expect_success 'its keyring and that of the team are told, and neither is lost' '
	keep carol .env SECRET=of-carol >four &&
	as carol git remote set-url origin "$top/remote" &&
	as carol git vault init >out 2>err &&
	test_grep "it is a different keyring.*git vault key adopt $(print_of alice)" err &&
	test "$(print_of carol)" != "$(print_of alice)" &&
	keep carol .env.more SECRET=of-carol-2 >five
'

test_expect_success 'a keyring that is gone is taken again from what was fetched' '
	as bob git update-ref -d refs/vault/keyring &&
	as bob git vault key list >out 2>err && test_grep "^version 2 " out
'

test_expect_success 'one that the remote has set back changes nothing' '
	push bob && as alice git fetch -q &&
	as alice git vault key remove bob >/dev/null && push alice &&
	as bob git fetch -q && as bob git vault key list >out &&
	test_grep "^version 3 " out &&
	as bob git update-ref refs/vault-remote/origin/keyring \
		"refs/vault/keyring^" &&
	as bob git vault key list >out 2>err && test_grep "^version 3 " out
'

test_expect_success 'carol takes the keyring of the team, named by its fingerprint' '
	test_must_fail as carol git vault key adopt SHA256:none 2>err &&
	test_grep "no keyring that was fetched has the fingerprint" err &&
	as carol git fetch -q && as carol git vault key adopt "$(print_of alice)" >out 2>err &&
	test "$(print_of carol)" = "$(print_of alice)" &&
	as carol git vault key list >out 2>err && test_must_be_empty err &&
	as carol git vault audit list --kind key-adopt >out &&
	test_grep "key-adopt .*$(print_of alice)" out &&
	as carol git vault key adopt "$(print_of alice)" &&
	as carol git vault audit list --kind key-adopt >actual &&
	test_cmp out actual
'

test_expect_success 'who is no recipient of it still opens what was sealed before' '
	rm -rf carol/back && as carol git vault restore "$(cat five)" --to ../back &&
	test_cmp carol/clone/.env carol/back/.env &&
	test_cmp carol/clone/.env.more carol/back/.env.more
'

test_expect_success 'alice opens it too, and what each had sealed is there' '
	push carol && as alice git fetch -q &&
	as alice git fetch -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	rm -rf alice/back && as alice git vault restore "$(cat five)" --to ../back &&
	test_cmp carol/clone/.env.more alice/back/.env.more &&
	sealed alice >actual && test_line_count = 6 actual
'

test_expect_success 'a keyring that has others is not given up' '
	clone dave && as dave git vault snapshot -q && as dave git vault key generate >dave.pub &&
	as dave git remote set-url origin "$top/nowhere" &&
	as dave git vault init -q && as dave git vault key add --name bob "$top/bob.pub" &&
	as dave git remote set-url origin "$top/remote" && as dave git fetch -q &&
	test_must_fail as dave git vault key adopt "$(print_of alice)" 2>err &&
	test_grep "s keyring has other members, who would" err
'

test_done
