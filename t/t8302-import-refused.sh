#!/bin/sh
# shellcheck disable=SC2154

test_description='import: what is damaged, cut, forged or foreign is refused, and leaves nothing'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

# all_of WHO: every file of the repository, and what each ref is
all_of () {
	git -C "$1/clone" for-each-ref && find "$1/clone/.git" -type f |
		grep -v -e /vault/lock -e /vault/merged -e "/vault/keyring$" | sort
}

# refused FILE WORDS: it is, with these words, and nothing has changed
refused () {
	all_of bob >before && test_expect_code 128 on bob git vault import "../../$1" \
		>out 2>err && test_must_be_empty out && test_grep "$2" err &&
		all_of bob >after && test_cmp before after
}

# remade CHANGE: a bundle as if written by us, whose manifest is changed by sed
remade () {
	rm -rf make.git && git init -q --bare make.git &&
		git -C make.git fetch -q "$top/good.bundle" "+refs/*:refs/*" &&
		git -C make.git show refs/vault-bundle/manifest:manifest |
		sed "$1" >changed && {
			git -C make.git ls-tree refs/vault-bundle/manifest |
				grep -v "	manifest$" | grep "${2:-.}" || :
			printf "100644 blob %s\tmanifest\n" \
				"$(git -C make.git hash-object -w --stdin <changed)"
		} >tree &&
		git -C make.git update-ref refs/vault-bundle/manifest "$(
			git -C make.git commit-tree -m x "$(git -C make.git mktree <tree)"
		)" && git -C make.git bundle create -q "$top/remade.bundle" --all
}

test_expect_success 'a bundle, and somebody to take it' '
	start_team && join bob && test_tick && take alice one >one &&
	on alice git vault good mark prod >out && save_state alice net 1 &&
	on alice git vault export ../../good.bundle &&
	on bob git vault list >out && on bob git vault sync --fetch-only
'

test_expect_success 'no file, no bundle' '
	refused nowhere "cannot read ../../nowhere: No such file" &&
	echo hello >text && refused text "text: git does not read it as a bundle" &&
	: >empty && refused empty "git does not read it as a bundle" &&
	mkdir dir && refused dir "git does not read it as a bundle"
'

test_expect_success 'cut anywhere' '
	size=$(wc -c <good.bundle) && n=0 && while test $n -lt 20
	do
		head -c $((size * n / 20)) good.bundle >cut &&
		refused cut "cut: \(git does not read\|it is damaged or cut\|it has no manifest\)" ||
			return 1
		n=$((n + 1))
	done && head -c $((size - 1)) good.bundle >cut && refused cut "damaged or cut"
'

test_expect_success 'a byte of it is another' '
	size=$(wc -c <good.bundle) && head=$(sed "/^$/q" good.bundle | wc -c) &&
	n=0 && while test $n -lt 40
	do
		at=$((head + 4 + (size - head - 4) * n / 40)) &&
		cp good.bundle bad &&
		byte=$(od -An -tu1 -j $at -N 1 good.bundle) &&
		printf "\\$(printf %o $((byte ^ 20)))" |
			dd of=bad bs=1 seek=$at conv=notrunc 2>/dev/null &&
		! cmp -s bad good.bundle && refused bad "bad: " || return 1
		n=$((n + 1))
	done && test_tally 40 "bytes damaged"
'

test_expect_success 'what was remade by hand as it was is taken: the next ones are tests' '
	remade "" && on bob git vault import -n ../../remade.bundle >out &&
	test_grep "^fetched  snapshots/$(cat one)" out
'

test_expect_success 'a manifest that says other things than its signature' '
	remade "s/\"snapshots\":1/\"snapshots\":2/" &&
	refused remade.bundle "signature of its manifest"
'

test_expect_success 'one without a signature is told' '
	remade "" "^$" && on bob git vault import -n ../../remade.bundle >out 2>err &&
	test_grep "nobody has signed it" err &&
	on bob git vault import -n --json ../../remade.bundle >json 2>err &&
	test_grep "\"signed\":false,\"signer\":null" json &&
	on bob git vault import -n --json ../../good.bundle >json 2>err &&
	test_grep "\"signed\":true,\"signer\":\"[^\"]" json
'

test_expect_success 'refs that are not those of the manifest' '
	remade "s/,{\"id\":\"[0-9a-f]*\",\"in\":true,\"ref\":\"refs.vault.marks\"}//" "^$" &&
	as alice git vault -q pin "$(cat one)" && on alice git vault export -q \
		../../pinned.bundle && cp good.bundle kept && cp pinned.bundle good.bundle &&
	remade "s/,{\"id\":\"[0-9a-f]*\",\"in\":true,\"ref\":\"refs.vault.marks\"}//" "^$" &&
	refused remade.bundle "refs that its manifest does not know" &&
	remade "s/\"in\":true,\"ref\":\"refs.vault.marks\"/\"in\":false,\"ref\":\"refs\\/vault\\/marks\"/" "^$" &&
	refused remade.bundle "refs/vault/marks is not in it as its manifest says" &&
	remade "s/refs.vault.marks/refs\\/vault\\/markt/" "^$" &&
	refused remade.bundle "markt, a ref that vaults do not exchange" &&
	remade "s/refs.vault.state.prod/refs\\/vault\\/state\\/..\\/x/" "^$" &&
	refused remade.bundle "state/../x/net, a ref that vaults do not exchange" &&
	remade "s/.*/{}/" "^$" &&
	refused remade.bundle "its manifest lacks" && remade "s/.*/no/" "^$" &&
	refused remade.bundle "its manifest is no JSON"
'

test_expect_success 'a bundle without all that its refs lead to' '
	git init -q --bare less.git && git -C less.git fetch -q "$top/good.bundle" \
		"+refs/*:refs/*" &&
	tree=$(git -C less.git rev-parse "refs/vault/snapshots/$(cat one)^{tree}") &&
	git -C less.git rev-list --objects --all | sed "s/ .*//" | grep -v "$tree" |
		git -C less.git pack-objects -q --stdout >less.pack &&
	{ sed "/^$/q" good.bundle && cat less.pack; } >less.bundle &&
	git bundle verify -q less.bundle && refused less.bundle "neither in it nor here"
'

# grown NAME SIZE: a bundle where that file of the manifest has so many bytes
grown () {
	rm -rf make.git && git init -q --bare make.git &&
		git -C make.git fetch -q "$top/good.bundle" "+refs/*:refs/*" && {
			git -C make.git ls-tree refs/vault-bundle/manifest |
				grep -v "	$1$" || :
			printf "100644 blob %s\t%s\n" "$(head -c "$2" /dev/zero |
				git -C make.git hash-object -w --stdin)" "$1"
		} >tree &&
		git -C make.git update-ref refs/vault-bundle/manifest "$(
			git -C make.git commit-tree -m x "$(git -C make.git mktree <tree)"
		)" && git -C make.git bundle create -q "$top/grown.bundle" --all
}

test_expect_success 'a manifest or signature too large to be one' '
	grown manifest 67108865 && test "$(wc -c <grown.bundle)" -lt 200000 &&
	refused grown.bundle "its manifest has 67108865 bytes, and 67108864 is the most" &&
	grown manifest.sig 16385 &&
	refused grown.bundle "its manifest.sig has 16385 bytes, and 16384 is the most" &&
	grown manifest.sig 16384 && refused grown.bundle "signature of its manifest"
'

test_expect_success 'one of another keyring' '
	mkdir eve && cp "$HOME/.gitconfig" eve && git clone -q alice/clone eve/clone &&
	as eve git remote remove origin &&
	on eve git vault init -q && test_tick && take eve hers >out &&
	on eve git vault export ../../eve.bundle &&
	refused eve.bundle "eve.bundle: it belongs to another vault, whose keyring has the fingerprint SHA256"
'

test_expect_success 'one of another keyring, whose manifest names ours' '
	rm -rf look.git && git init -q --bare look.git && git -C look.git fetch -q \
		"$top/good.bundle" "+refs/*:refs/*" &&
	print=$(git -C look.git show refs/vault-bundle/manifest:manifest |
		sed "s/.*\"keyring\":\"\([^\"]*\)\".*/\1/") &&
	cp good.bundle kept && cp eve.bundle good.bundle &&
	remade "s|\"keyring\":\"[^\"]*\"|\"keyring\":\"$print\"|" "^$" &&
	cp kept good.bundle &&
	refused remade.bundle "its manifest says $print of the keyring.s fingerprint, which is SHA256"
'

test_expect_success 'a clone without a keyring takes only what vault.keyring names' '
	for pin in "SHA256:$(printf %043d 0)" "$print@9" "nonsense"
	do
		rm -rf new && mkdir new && cp "$HOME/.gitconfig" new && git init -q new/clone &&
		as new git config vault.keyring "$pin" &&
		test_expect_code 128 on new git vault import ../../good.bundle >out 2>err &&
		test_grep "vault.keyring allows only" err && test_must_be_empty out &&
		as new git for-each-ref >out && test_must_be_empty out &&
		test_path_is_missing new/clone/.git/vault/keyring || return 1
	done &&
	as new git config vault.keyring "$print@1" &&
	on new git vault import ../../good.bundle >out 2>err &&
	test_grep "signed by .* of the keyring $print, which is in the file" err &&
	as new git rev-parse -q --verify refs/vault/keyring >out
'

test_expect_success 'on a terminal its fingerprint is shown, and no leaves nothing' '
	rm -rf new && mkdir new && cp "$HOME/.gitconfig" new && git init -q new/clone &&
	test_expect_code 128 as new answering n -- git vault import ../../good.bundle >out &&
	test_grep "fingerprint  $print" out && test_grep "nothing was imported" out &&
	as new git for-each-ref >refs && test_must_be_empty refs &&
	as new answering y -- git vault import ../../good.bundle >out &&
	as new git rev-parse -q --verify refs/vault/keyring >out
'

test_expect_success 'branches of a bundle come by its manifest alone, and stay outside' '
	cp good.bundle kept && remade "s/refs.heads.main/refs\/heads\/..\/x/" "^$" &&
	refused remade.bundle "heads/../x, a ref that vaults do not exchange" &&
	remade "s/refs.heads.main/refs\/hidden\/main/" "^$" &&
	refused remade.bundle "hidden/main, a ref that vaults do not exchange" &&
	remade "s/{\"id\":\"[0-9a-f]*\",\"in\":true,\"ref\":\"HEAD\"},//" "^$" &&
	refused remade.bundle "refs that its manifest does not know" && cp kept good.bundle
'

test_expect_success 'one of another project' '
	mkdir mal && cp "$HOME/.gitconfig" mal && git init -q mal/clone &&
	as mal git commit -q --allow-empty -m mal && as mal sh -c "echo x >x" &&
	on mal git vault -q snapshot >out && on mal git vault export ../../mal.bundle &&
	refused mal.bundle "it belongs to another project, whose history has no commit in common"
'

test_expect_success 'a shallow repository is not exported' '
	git clone -q --depth 1 "file://$top/alice/clone" shallow 2>err &&
	if test -f shallow/.git/shallow
	then
		test_expect_code 128 git -C shallow vault export "$top/no" 2>err &&
		test_grep "is shallow.*--unshallow" err && test_path_is_missing no
	fi
'

test_expect_success 'what a kill has left is swept by the next one, and not what is at work' '
	mkdir -p bob/clone/.git/vault/scratch-killed/objects &&
	touch -d "1 hour ago" bob/clone/.git/vault/scratch-killed &&
	mkdir bob/clone/.git/vault/scratch-young &&
	on bob git vault import -n ../../good.bundle >out &&
	test_path_is_missing bob/clone/.git/vault/scratch-killed &&
	test_path_is_dir bob/clone/.git/vault/scratch-young &&
	rmdir bob/clone/.git/vault/scratch-young
'

test_expect_success 'after all of these it is taken' '
	on bob git vault import ../../good.bundle >out &&
	test_grep "^fetched  snapshots/$(cat one)" out &&
	on bob git vault verify --all --deep
'

test_expect_success 'a file that is called as a remote is not taken for it' '
	cp good.bundle bob/clone/origin && as bob git config vault.origin.prefix "a..b" &&
	echo "$(git hash-object good.bundle) refs/vault-remote/origin/server/x" \
		>bob/clone/.git/vault/receipts-seen &&
	cp bob/clone/.git/vault/receipts-seen seen &&
	on bob git vault import origin >out 2>err && test_must_be_empty out &&
	cmp seen bob/clone/.git/vault/receipts-seen && rm bob/clone/origin
'

test_expect_success 'who signs by a key that a line verifier names is known' '
	on bob git vault key signer >signer 2>err &&
	on bob git vault export ../../bobs.bundle 2>err && ! grep "nobody has signed" err &&
	test_might_fail on alice git vault import -n ../../bobs.bundle >out 2>err &&
	test_grep "a key that is not in the keyring" err &&
	on alice git vault key signer bob "$(cat signer)" >out &&
	test_might_fail on alice git vault import -n ../../bobs.bundle >out 2>err &&
	test_grep "signed by bob" err
'

test_done
