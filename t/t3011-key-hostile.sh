#!/bin/sh

test_description='whoever may push cannot make himself a recipient'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/safe-tool

top=$TMPDIR

fetch () {
	as "$1" git fetch -q origin '+refs/vault/*:refs/vault/*'
}

push () {
	as "$1" git push -q --force origin 'refs/vault/*:refs/vault/*'
}

# refused DIR WORDS: by every command that looks at the keyring
refused () {
	as "$1" sh -c 'test_one () {
			"$@" >out 2>err && return 1
			cat err >>errs
		}
		rm -f errs
		test_one git vault key list &&
		test_one git vault key show &&
		test_one git vault key add --name x ../../mallory/pub &&
		test_one git vault key remove mallory &&
		test_one git vault key reseal &&
		test_one git vault key rotate &&
		test_one git vault init &&
		echo SECRET=1 >.env && echo .env >.gitignore &&
		test_one git vault snapshot &&
		test_one '"$tool"' put prod ../../value &&
		test_one '"$tool"' all prod' &&
	test "$(grep -c "$2" "$TMPDIR/$1/clone/errs")" -ge 10
}

test_expect_success 'alice has a keyring, and bob and mallory clone it' '
	git init -q --bare "$TMPDIR/remote" &&
	git -C "$TMPDIR/remote" config receive.denyNonFastForwards false &&
	for who in alice bob mallory
	do
		mkdir "$TMPDIR/$who" &&
		cp "$HOME/.gitconfig" "$TMPDIR/$who" &&
		git clone -q "$TMPDIR/remote" "$TMPDIR/$who/clone" 2>/dev/null ||
		return 1
	done &&
	as alice git commit -q --allow-empty -m one &&
	as alice git push -q origin HEAD &&
	echo a secret value >"$TMPDIR/value" &&
	as alice "$tool" put prod ../../value &&
	as bob git vault key generate >"$TMPDIR/bob/pub" &&
	as mallory git vault key generate >"$TMPDIR/mallory/pub" &&
	as alice git vault key add --name bob ../../bob/pub &&
	push alice && fetch bob && fetch mallory &&
	as bob "$tool" all prod &&
	test_expect_code 5 as mallory "$tool" all prod
'

test_expect_success 'who sees it for the first time is told the fingerprint' '
	as mallory rm .git/vault/keyring &&
	as mallory git vault key list >out 2>err &&
	print=$(as alice git vault key list | sed -n "1s/.* //p") &&
	test_grep "$print" out &&
	test_grep "$print" err &&
	as mallory git vault key list 2>err >out &&
	test_must_be_empty err &&
	as mallory rm .git/vault/keyring &&
	as mallory git -c vault.keyring="$print" vault key list >out 2>err &&
	test_must_be_empty err
'

test_expect_success 'mallory cannot add himself by the command' '
	test_must_fail as mallory git vault key add --name mallory ../pub &&
	as mallory git vault key list >out &&
	test_grep ! mallory out
'

# forge: mallory adds a line for himself, signed by nobody who may
test_expect_success 'nor by a version that he has written himself' '
	as mallory sh -c "
		git cat-file blob refs/vault/keyring:keyring >text &&
		sum=\$(sha256sum <text | cut -d\" \" -f1) &&
		key=\$(head -n 1 ../pub) &&
		sed -e \"s/^version .*/version 3/\" \
			-e \"s/^previous .*/previous \$sum/\" \
			-e \"/^recipient bob /a\\\\
recipient mallory reader * \$key\" text >forged &&
		b () { git hash-object -w --stdin; } &&
		tree=\$({
			printf \"100644 blob %s\tidkey.age\n\" \
				\$(git rev-parse refs/vault/keyring:idkey.age)
			printf \"100644 blob %s\tkeyring\n\" \$(b <forged)
			printf \"100644 blob %s\tkeyring.sig\n\" \
				\$(git rev-parse refs/vault/keyring:keyring.sig)
		} | git mktree) &&
		git update-ref refs/vault/keyring \
			\$(git commit-tree -p refs/vault/keyring -m x \$tree)
	" &&
	refused mallory "the signature" &&
	push mallory &&
	fetch bob &&
	refused bob "the signature" &&
	fetch alice &&
	refused alice "the signature"
'

test_expect_success 'the true one is pushed again, and all is as before' '
	as alice git update-ref refs/vault/keyring refs/vault/keyring^ &&
	push alice && fetch bob && fetch mallory &&
	as alice git vault key list >out &&
	test_grep "^version 2 " out &&
	as bob "$tool" all prod
'

test_expect_success 'a keyring that was set back is refused' '
	as alice git vault key remove bob &&
	push alice && fetch bob &&
	as bob git vault key list >out &&
	test_grep "^version 3 " out &&
	as bob git update-ref refs/vault/keyring refs/vault/keyring^ &&
	push bob && fetch alice &&
	refused alice "older than version 3" &&
	refused bob "older than version 3"
'

test_expect_success 'one that is gone is refused, and no new one is made' '
	as bob git update-ref -d refs/vault/keyring &&
	test_must_fail as bob "$tool" put prod ../../value 2>err &&
	test_grep "the keyring is missing: there is no" err &&
	test_must_fail as bob git vault init 2>err &&
	test_grep "the keyring is missing: there is no" err
'

test_expect_success 'so is another one, made anew' '
	rm -rf "$TMPDIR/mallory/clone" &&
	git init -q "$TMPDIR/mallory/clone" &&
	as mallory git commit -q --allow-empty -m one &&
	as mallory git remote add origin "$TMPDIR/remote" &&
	as mallory "$tool" put prod ../../value &&
	push mallory && fetch alice &&
	refused alice "not the keyring that this clone knows"
'

test_expect_success 'who was removed opens nothing that came later' '
	mkdir "$TMPDIR/team" &&
	git init -q "$TMPDIR/team/clone" &&
	cp "$HOME/.gitconfig" "$TMPDIR/team" &&
	as team git commit -q --allow-empty -m one &&
	as team "$tool" put prod ../../value &&
	as team git vault key add --name bob ../../bob/pub &&
	bob=$TMPDIR/bob/.config/git-vault/identity &&
	as team env GIT_VAULT_IDENTITY="$bob" "$tool" all prod &&
	as team git vault key remove bob &&
	echo another value >"$TMPDIR/value2" &&
	as team "$tool" put prod ../../value2 &&
	test_expect_code 5 as team env GIT_VAULT_IDENTITY="$bob" \
		"$tool" all prod
'

test_done
