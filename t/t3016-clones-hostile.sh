#!/bin/sh

test_description='what a fetch brought of a keyring is believed only as far as it is signed'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"

# version WHO N: whether that is what is used
version () {
	as "$1" git vault key list >out 2>err && test_grep "^version $2 " out
}

test_expect_success 'alice and bob are owners' '
	git init -q --bare remote && clone alice &&
	as alice sh -c "printf \".env*\\n\" >.gitignore && git add . &&
		git commit -q -m one && git push -q origin HEAD" &&
	as alice git vault init -q && clone bob &&
	as bob git vault key generate >bob.pub &&
	as alice git vault key add --name bob --role owner \
		--signer "$(sed -n 2p bob.pub)" "$top/bob.pub" >out &&
	push alice --force && as bob git vault init -q && version bob 2
'

test_expect_success 'two who change it at once make a fork: each keeps his, and is told' '
	clone carol && as carol git vault key generate >carol.pub &&
	as alice git vault key add --name one "$top/carol.pub" >out &&
	as bob git vault key add --name two "$top/carol.pub" >out &&
	push alice --force && as bob git fetch -q && version bob 3 &&
	test_grep "version 3 differs from the one known here" err &&
	as bob git vault key list 2>/dev/null | grep -q "^two "
'

test_expect_success 'he goes on with the other once he says so' '
	as bob git update-ref refs/vault/keyring refs/vault-remote/origin/keyring &&
	test_must_fail as bob git vault key list 2>err &&
	test_grep "not the one that was seen" err &&
	as bob git vault key adopt "$(as alice git vault key list | sed -n "1s/.* //p")" &&
	version bob 3 && test_must_be_empty err &&
	as bob git vault key list | grep -q "^one "
'

test_expect_success 'a version that nobody has signed is not taken' '
	as alice sh -c "
		tree=\$(git ls-tree refs/vault/keyring | grep -v sig | git mktree) &&
		git push -q --force origin \
			\$(git commit-tree -p refs/vault/keyring -m x \$tree):refs/vault/keyring
	" && as bob git fetch -q && version bob 3 &&
	test_grep "the keyring of the remote origin is not taken.*not signed" err
'

test_expect_success 'a fresh clone seals nothing for it, and makes none of its own' '
	clone dave && as dave sh -c "echo SECRET=x-of-dave >.env" &&
	test_must_fail as dave git vault init 2>err &&
	test_grep "not signed" err &&
	test_must_fail as dave git vault snapshot 2>err &&
	test_grep "nothing can be encrypted.*not signed" err &&
	test_must_fail as dave git rev-parse -q --verify refs/vault/keyring
'

test_expect_success 'once the true one is back, all is well' '
	push alice --force && as dave git fetch -q && as dave git config vault.keyring \
		"$(as alice git vault key list --json | grep -o "SHA256:[A-Za-z0-9+/]*" | head -n 1)" &&
	as dave git vault snapshot >out 2>err &&
	test_grep ! "seen here for the first time" err && version dave 3 &&
	as bob git fetch -q && version bob 3 && test_must_be_empty err
'

test_expect_success 'of two remotes that differ none is chosen' '
	git init -q --bare remote2 && mkdir eve && cp "$HOME/.gitconfig" eve &&
	git clone -q remote eve/clone && as eve git remote set-url origin "$top/remote2" &&
	as eve git vault init -q && push eve --force && clone frank &&
	as frank git remote add second "$top/remote2" &&
	as frank git config remote.second.fetch "+refs/heads/*:refs/remotes/second/*" &&
	test_must_fail as frank git vault init 2>err &&
	test_grep "two remotes have different keyrings, with the" err &&
	print=$(as eve git vault key list | sed -n "1s/.* //p") &&
	as frank git vault key adopt "$print" && version frank 1 &&
	test_grep "$print" out
'

test_expect_success 'a damaged note of what was merged costs a look, and no more' '
	echo garbage >bob/clone/.git/vault/merged && version bob 3 &&
	test_must_be_empty err && test_line_count = 1 bob/clone/.git/vault/merged &&
	test_grep ! garbage bob/clone/.git/vault/merged
'

test_expect_success SANITY 'a clone that must not be written uses what it has' '
	as alice git vault key remove one >out && push alice --force &&
	as bob git fetch -q && chmod -R a-w bob/clone/.git &&
	test_when_finished "chmod -R u+w bob/clone/.git" && version bob 3
'

test_expect_success 'a remote that asks for a password is not answered' '
	clone gina && as gina git config --replace-all remote.origin.url ssh://nobody@nowhere.invalid/x &&
	mkdir bin && printf "#!/bin/sh\necho \"\$@\" >>\"\$LOG\"\nexit 255\n" >bin/ssh &&
	chmod +x bin/ssh &&
	as gina test_env LOG="$top/log" PATH="$top/bin:$PATH" GIT_SSH_VARIANT=ssh \
		git vault init >out 2>err </dev/null &&
	test_grep BatchMode=yes log &&
	test_grep "^skipped   keyring of origin" out
'

test_done
