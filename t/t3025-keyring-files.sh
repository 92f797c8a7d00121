#!/bin/sh

test_description='files of the keyring that were taken out, or exchanged

The signature of a version is over its text; the files next to it in its tree are held
against what the text says, or have a signature of their own.'
. "$(dirname "$0")/test-lib.sh"

ref=refs/vault/keyring missing=1111111111111111111111111111111111111111
tab=$(printf '\t') tip=

# change FILE OBJECT: the tip of the keyring with another object as that file, or
# without it
change () {
	git ls-tree "$tip" >entries &&
		sed "/$tab$1\$/{
			s/ blob [0-9a-f]*/ blob $2/
			/ blob none/d
		}" entries >changed &&
		! test_cmp entries changed >/dev/null &&
		tree=$(git mktree --missing <changed) &&
		git cat-file commit "$tip" | sed "s/^tree .*/tree $tree/" >commit &&
		git update-ref $ref "$(git hash-object -t commit -w commit)" &&
		test_when_finished "git update-ref $ref $tip"
}

# refused FILE OBJECT WORDS COMMAND…: what git vault COMMAND then says
refused () {
	change "$1" "$2" || return
	words=$3
	shift 3
	test_expect_code 128 git vault "$@" 2>err && test_grep "$words" err || return
	git update-ref $ref "$tip"
}

test_expect_success 'a keyring of two versions, an accepted policy and a secret' '
	echo "environments: {prod: {paths: [prod]}}" >.gitvault.yaml &&
	git add -A && git commit -q -m one && git vault -q init &&
	echo "snapshots: {exclude: [tmp]}" >>.gitvault.yaml &&
	git vault -q policy accept --yes &&
	echo "password = \"hunter2hunter2Xy9\"" >a.tf && git vault -q snapshot &&
	echo "password = \"hunter3hunter3Zz7\"" >b.tf &&
	tip=$(git rev-parse $ref) && other=$(echo other | git hash-object -w --stdin) &&
	git rev-parse $ref~
'

test_expect_success 'the list of id keys is the signed one of this version' '
	refused idkeys none "lacks its list of id keys" snapshot &&
	refused idkeys "$other" "list of id keys: the signature does not match" snapshot &&
	refused idkeys.sig none "list of id keys: it is not signed" snapshot &&
	refused idkeys.sig "$other" "list of id keys: " snapshot &&
	# that of the version before is signed by the same owner
	change idkeys "$(git rev-parse $tip~:idkeys)" && newest=$tip &&
	tip=$(git rev-parse $ref) && test_when_finished "tip=$newest" &&
	refused idkeys.sig "$(git rev-parse $newest~:idkeys.sig)" \
		"it is not that of version 2" snapshot
'

test_expect_success 'a scope has the keys that the list names' '
	refused scope-shared.age none "keys in scope-shared.age: it is not there" snapshot &&
	refused scope-shared.age $missing "scope-shared.age: it is not there" snapshot &&
	refused scope-shared.age "$other" "somebody has exchanged it" snapshot
'

test_expect_success 'a policy that is not the accepted one loosens nothing' '
	for object in none "$other"
	do
		change policy.gitvault.yaml "$object" &&
		test_expect_code 1 git vault policy diff >out &&
		test_grep "exclude .*: does not count until it is accepted" out &&
		git update-ref $ref "$tip" || return 1
	done
'

test_expect_success 'with its own files all is as before' '
	git vault snapshot && git vault policy diff
'

test_done
