#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='by whom an event of the audit was signed: readers, too, are known by name'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"

# tell WHO [REASON]: one event more in his chain
tell () {
	test_tick && n_=$((${n_:-0} + 1)) &&
		as "$1" git vault restore -q --no-secrets \
			--reason "${2:-event $n_}" "$id" --to "$top/to$n_" file
}

# share WHO: what he has told, and the keyring
share () {
	push "$1" && as "$1" git push -q origin \
		"refs/vault/audit/$1*:refs/vault/audit/$1*"
}

# take WHO FROM: what the other has shared
take () {
	as "$1" git fetch -q &&
		as "$1" git fetch -q origin \
			"+refs/vault/audit/$2*:refs/vault/audit/$2*" \
			"+refs/vault/snapshots/*:refs/vault/snapshots/*" &&
		as "$1" git vault key list >/dev/null
}

test_expect_success 'alice has a keyring, and bob reads by a key of age' '
	test_tick && git init -q --bare remote && clone alice &&
	as alice sh -c "printf \".env*\\n\" >.gitignore && echo one >file &&
		git add . && git commit -q -m one && git push -q origin HEAD" &&
	as alice git config vault.auditName alice && as alice git vault init -q &&
	as alice sh -c "echo SECRET=of-alice-1 >.env && git vault snapshot -q" &&
	id=$(as alice git vault list --id-only) && share alice &&
	clone bob && as bob git vault key generate >bob.pub &&
	as bob git config vault.auditName bob &&
	as bob git vault init -q 2>/dev/null &&
	as alice git vault key add --name bob "$top/bob.pub" 2>err &&
	test_grep "no signing key of bob is known yet; .* git vault key signer" err &&
	share alice && take bob alice
'

test_expect_success 'he signs by a key that the keyring does not have: that is no forgery, and not sure' '
	tell bob && tell bob && as bob git vault audit verify --host bob -v >out &&
	test_grep "of this host, and not of the keyring" out &&
	share bob && take alice bob &&
	test_expect_code 1 as alice git vault audit verify --host bob >out &&
	test_grep "^unsure bob: 2 events, 2 signed" out &&
	newest=$(as alice git rev-parse refs/vault/audit/bob) &&
	test_grep "unknown $newest: it is signed by .* (2 events, this the newest)" out &&
	test $(grep -c "^  unknown" out) = 1 &&
	as alice git vault audit verify --host alice >out &&
	test_grep "^whole alice" out &&
	as alice git vault audit list --host bob >out &&
	test_grep "restore .* unknown  *$id" out &&
	as alice git vault audit show bob:1 >out &&
	test_grep "^signer    unknown" out
'

test_expect_success 'his host prints by what he signs, and he cannot name it himself' '
	as bob git vault key signer >signer 2>err &&
	sed -n 2p bob.pub >expect && test_cmp expect signer &&
	test_grep "does not list it; .* git vault key signer bob .ssh-ed25519 " err &&
	as bob git vault --json key signer >out &&
	test_grep "\"signing_key\":\"ssh-ed25519 [^\"]*\",\"name\":null}" out &&
	test_expect_code 128 as bob git vault key signer bob "$(cat signer)" 2>err &&
	test_grep "only owners change the keyring" err &&
	as bob git rev-parse refs/vault/keyring >actual &&
	as alice git rev-parse refs/vault/keyring >expect &&
	test_cmp expect actual
'

test_expect_success 'an owner does, by the command that verify names, and all is whole' '
	test_expect_code 1 as alice git vault audit verify --host bob >out &&
	sed -n "s/.*\\(git vault key signer\\) NAME \\(.*\\), or give.*/\\1 bob \\2/p" \
		out >command && test_line_count = 1 command &&
	as alice sh "$top/command" >out && test_grep "^version 3 " out &&
	as alice git vault audit verify --host bob -v >out &&
	test_grep "^whole bob: 2 events, 2 signed" out &&
	test_grep "2 events signed by SHA256:[^ ]* bob, of the keyring" out &&
	as alice git vault audit list --kind key-signer >out &&
	test_grep "key-signer .* $(as alice git vault --json key show | \
		sed "s/.*\"name\":\"\\([^\"]*\\).*/\\1/") " out &&
	as alice git vault key show bob >out &&
	test_grep "^role    reader" out && test_grep "^events  $(cat signer)$" out &&
	! grep "^signer" out &&
	as alice git vault --json key show bob >out &&
	test_grep "\"signing_key\":null,\"verifier\":\"$(cat signer)\"" out
'

test_expect_success 'a list, an event and an export say who signed' '
	as alice git vault audit list --host bob >out &&
	test_grep "restore .* bob  *$id" out && test_line_count = 3 out &&
	as alice git vault audit show bob:1 >out &&
	test_grep "^signer    bob$" out &&
	as alice git vault --json audit show bob:1 >out &&
	test_grep "\"signer\":\"bob\",\"signer_is\":\"keyring\"" out &&
	as alice git vault audit export --format csv --host bob >out &&
	test $(grep -c ",SHA256:[^,]*,bob.\$" out) = 2 &&
	as alice git vault audit export --format cef --host bob >out &&
	test $(grep -c " flexString1Label=signer flexString1=bob\$" out) = 2
'

test_expect_success 'the keyring is of the format that has such lines, and its signature holds by hand' '
	as alice git cat-file blob refs/vault/keyring:keyring >keyring &&
	test "$(sed 1q keyring)" = "git-vault keyring 2" &&
	test "$(tail -n 1 keyring)" = "verifier bob $(cat signer)" &&
	as alice git cat-file blob refs/vault/keyring~1:keyring >before &&
	test "$(sed 1q before)" = "git-vault keyring 1" &&
	sed -n "s/^signer //p" before >allowed &&
	as alice git cat-file blob refs/vault/keyring:keyring.sig >sig &&
	who=$(ssh-keygen -Y find-principals -f allowed -s sig) &&
	ssh-keygen -Y verify -f allowed -I "$who" -n git-vault-keyring -s sig \
		<keyring &&
	! grep "$(cat signer)" allowed
'

test_expect_success 'it comes with a fetch; who has no key at all knows him, too' '
	share alice && take bob alice &&
	as bob git vault key signer 2>err >out && test_cmp signer out &&
	test_grep "knows it as that of bob" err &&
	git clone -q --mirror remote mirror &&
	(
		GIT_VAULT_IDENTITY=$top/none && export GIT_VAULT_IDENTITY &&
		git -C mirror vault audit verify -v >out &&
		test_grep "2 events signed by SHA256:[^ ]* bob, of the keyring" out
	)
'

test_expect_success 'it gives him no say in the keyring, nor is it anybody else.s' '
	clone carol && as carol git vault key generate >carol.pub &&
	test_expect_code 128 as bob git vault key add --name carol \
		"$top/carol.pub" 2>err &&
	test_grep "no identity at hand is an owner" err &&
	test_expect_code 128 as alice git vault key add --name carol \
		--signer "$(cat signer)" "$top/carol.pub" 2>err &&
	test_grep "carol has the key of bob" err &&
	as alice git vault key add --name carol --role operator \
		--signer "$(sed -n 2p carol.pub)" "$top/carol.pub" 2>err &&
	! grep "is not known" err &&
	test_expect_code 128 as alice git vault key signer carol \
		"$(cat signer)" 2>err &&
	test_grep "knows the key already: bob signs by it" err &&
	test_expect_code 128 as alice git vault key signer bob age1nothing 2>err &&
	test_grep "a signer needs the line of an" err &&
	as carol git config vault.auditName carol &&
	as carol git vault init -q 2>/dev/null && share alice &&
	take carol alice && tell carol && share carol && take alice carol &&
	as alice git vault audit verify -v --signed --host carol >out &&
	test_grep "signed by SHA256:[^ ]* carol, of the keyring" out
'

# An event that says it was bob, and has another signature than his.
test_expect_success 'who signs what another one says is told by his own name' '
	GIT_AUTHOR_NAME="Bob of all" && tell carol "as bob" &&
	GIT_AUTHOR_NAME="A U Thor" && share carol && take alice carol &&
	as alice git vault audit list --host carol -n 1 >out &&
	test_grep "Bob of all <[^>]*>  *carol " out
'

test_expect_success 'a key that is replaced, or taken out, is known for what it signed before' '
	tell alice "by the old key" && test_tick && as alice git vault key rotate &&
	test_tick && tell alice "by the new key" &&
	as alice git vault audit verify --host alice -v --signed >out &&
	test_grep "SHA256:[^ ]* [^ ]*, once of the keyring" out &&
	test_grep "SHA256:[^ ]* [^ ]*, of the keyring" out &&
	test_tick && as alice git vault key remove bob 2>/dev/null >out && test_tick &&
	as alice git cat-file blob refs/vault/keyring:keyring >keyring &&
	test "$(grep -c "^verifier" keyring)" = 1 &&
	as alice git vault audit verify --host bob -v --signed >out &&
	test_grep "2 events signed by SHA256:[^ ]* bob, once of the keyring" out &&
	as alice git vault audit list --host bob >out &&
	test_grep " bob, once " out &&
	share alice && take bob alice &&
	tell bob "after it" && share bob && take alice bob &&
	test_expect_code 1 as alice git vault audit verify --host bob >out &&
	test_grep "^faulty bob" out &&
	test_grep "signer [0-9a-f]*: it is signed by .* of bob, which was removed" out &&
	as alice git vault audit list --host bob -n 1 >out &&
	test_grep " bob, removed before " out
'

test_expect_success 'without the last of them the keyring is of the format of before' '
	as alice git vault key remove carol 2>/dev/null >out &&
	as alice git cat-file blob refs/vault/keyring:keyring >keyring &&
	test "$(sed 1q keyring)" = "git-vault keyring 1" &&
	as alice git vault audit verify -v --host carol >out &&
	test_grep "carol, once of the keyring" out
'

test_done
