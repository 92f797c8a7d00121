#!/bin/sh

test_description='a lost vault comes back by an identity on paper'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/safe-tool
own=$HOME/.config/git-vault/identity

opens () {
	GIT_VAULT_IDENTITY=$1 "$tool" all prod >opened
}

test_expect_success 'an escrow is sealed by a passphrase' '
	test_commit one &&
	echo a secret value >value &&
	"$tool" put prod value &&
	echo a >phrase &&
	test_must_fail git vault key escrow --passphrase-file phrase \
		-o paper 2>err && test_grep "passphrase is too short" err &&
	test_path_is_missing paper && echo correct horse battery >phrase &&
	git vault key escrow --passphrase-file phrase -o paper >out &&
	test "$(stat -c %a paper)" = 600 &&
	test_grep "^version 2 " out &&
	test_grep "re-encrypted 1 secret" out &&
	test_grep BEGIN paper &&
	test_grep "$(git vault key list | sed -n "1s/.* //p")" paper &&
	test_grep ! AGE-SECRET-KEY paper &&
	git vault key show escrow >out &&
	test_grep "^role    owner" out &&
	test_grep "^scopes  all" out && git vault snapshot -q >id
'

test_expect_success 'there is one of them' '
	test_expect_code 128 git vault key escrow --passphrase-file phrase \
		-o paper2 2>err &&
	test_grep "key remove escrow" err &&
	test_path_is_missing paper2
'

test_expect_success 'it is an owner or a reader' '
	test_expect_code 129 git vault key escrow --role writer -o paper2 2>err &&
	test_grep "an owner or a reader" err && test_path_is_missing paper2 &&
	git init -q other && (
		cd other && git vault init -q >/dev/null &&
		git vault key escrow --role reader --passphrase-file ../phrase \
			-o paper >out && git vault key show escrow >shown &&
		test_grep "^role    reader" shown
	) && rm -rf other
'

test_expect_success 'the vault is lost, and comes back by the paper' '
	mv "$own" lost &&
	test_expect_code 5 "$tool" all prod &&
	test_expect_code 5 git vault key recover -o back \
		--passphrase-file value paper 2>err &&
	test_grep passphrase err &&
	test_path_is_missing back &&
	git vault key recover -o back --passphrase-file phrase paper >out &&
	test "$(stat -c %a back)" = 600 &&
	test_grep "^age1" out &&
	opens back &&
	command=$(sed -n "s/^    \(git vault restore .*\)/\1/p" paper) &&
	rm out && mv back identity && eval "$command" &&
	test_path_is_dir out && rm -r identity out &&
	git vault key recover --passphrase-file phrase <paper &&
	"$tool" all prod &&
	git vault key generate -o next >next.pub &&
	git vault key add --role owner --signer "$(sed -n 2p next.pub)" \
		next "$(sed -n 1p next.pub)" &&
	GIT_VAULT_IDENTITY=next "$tool" all prod &&
	git vault key remove next && rm next next.pub &&
	test_expect_code 128 git vault key recover --passphrase-file phrase \
		paper 2>err &&
	test_grep "is there already" err &&
	mv lost "$own"
'

test_expect_success 'the program age opens the paper' '
	if command -v age >/dev/null && command -v python3 >/dev/null
	then
		sed -n "/--BEGIN/,/--END/p" paper >armor &&
		cat >ask.py <<-\EOF &&
		import os, pty, sys
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp("age", ["age", "-d", "-o", "by-age", "armor"])
		text = b""
		while b"assphrase" not in text:
		    text += os.read(fd, 1024)
		os.write(fd, b"correct horse battery\n")
		try:
		    while os.read(fd, 1024):
		        pass
		except OSError:
		    pass
		sys.exit(os.waitpid(pid, 0)[1] != 0)
		EOF
		python3 ask.py &&
		opens by-age
	fi
'

test_expect_success 'in shares some are enough, and fewer are not' '
	git vault key remove escrow &&
	! opens back &&
	git vault key escrow --shares 2/3 >papers &&
	test "$(grep -c "^GIT-VAULT-SHARE-1" papers)" = 3 &&
	grep "^GIT-VAULT-SHARE-1" papers >shares &&
	sed -n 1p shares >one && sed -n 3p shares | tr A-Z a-z >three &&
	test_expect_code 5 git vault key recover -o joined one 2>err &&
	test_path_is_missing joined &&
	test_expect_code 5 git vault key recover -o joined one one &&
	git vault key recover -o joined one three &&
	opens joined &&
	rm joined &&
	git vault key recover -o joined papers &&
	opens joined
'

test_expect_success 'each share goes into a file of its own' '
	git vault key remove escrow && echo mine >kept.2 && before=$(git rev-parse \
		refs/vault/keyring) &&
	test_expect_code 128 git vault key escrow --shares 2/3 -o kept 2>err &&
	test_grep "kept.2" err && test_path_is_missing kept.1 &&
	test_path_is_missing kept.3 && test_path_is_missing kept &&
	echo mine >expect && test_cmp expect kept.2 &&
	test "$(git rev-parse refs/vault/keyring)" = "$before" && rm kept.2 &&
	git vault key escrow --shares 2/3 -o kept >out 2>err &&
	test_path_is_missing kept &&
	for i in 1 2 3
	do
		test "$(stat -c %a kept.$i)" = 600 &&
		test "$(grep -c "^GIT-VAULT-SHARE-1" kept.$i)" = 1 &&
		test_grep "SHARE $i OF 3" kept.$i &&
		test_grep "share $i of 3 to kept.$i: it is for one person" err ||
			return 1
	done &&
	test_expect_code 5 git vault key recover -o again kept.2 2>err &&
	git vault key recover -o again kept.3 kept.1 && opens again && rm again
'

test_expect_success 'a share can have a holder, who is named in it' '
	git vault key remove escrow &&
	git vault key escrow --shares 2/2 --for ana --for ben@x -o held --json >json &&
	test_grep "\"files\":\[{\"file\":\"held.ana\",\"holder\":\"ana\"}," json &&
	test_grep "^for  *ana$" held.ana && test_grep "^for  *ben@x$" held.ben@x &&
	git vault key recover -o again held.ben@x held.ana && opens again && rm again &&
	git vault key remove escrow && before=$(git rev-parse refs/vault/keyring) &&
	for wrong in "2/3 --for ana" "2/2 --for ana --for ../ben" "2/2 --for a --for a"
	do
		test_expect_code 129 git vault key escrow --shares $wrong -o held3 || return 1
	done &&
	for wrong in 1/3 4/3 2/256
	do
		test_expect_code 129 git vault key escrow --shares $wrong 2>err &&
		test_grep "with K from 2 to N" err || return 1
	done &&
	test_expect_code 129 git vault key escrow --for ana -o held3 &&
	test_expect_code 129 git vault key list --for ana &&
	test "$(git rev-parse refs/vault/keyring)" = "$before" &&
	find . -name "held3*" >out && test_must_be_empty out
'

test_expect_success 'all shares go into one pipe, and are printed without a file' '
	mkfifo pipe && { cat pipe >piped & } &&
	git vault key escrow --shares 2/3 -o pipe >out 2>err && wait $! &&
	test "$(grep -c "^GIT-VAULT-SHARE-1" piped)" = 3 &&
	git vault key recover -o again piped && opens again && rm again pipe
'

test_expect_success 'what is no paper is refused by name' '
	{
		printf GIT-VAULT-SHARE-1 &&
		cut -c 18- one | tr QPZRY9X8 PZRY9X8Q
	} >mistyped &&
	test_expect_code 128 git vault key recover -o x mistyped three 2>err &&
	test_grep mistyped err &&
	test_expect_code 128 git vault key recover -o x value 2>err &&
	test_grep "neither" err &&
	test_expect_code 129 git vault key escrow --shares 3/2 &&
	test_expect_code 129 git vault key escrow --shares 1/2 &&
	test_expect_code 129 git vault key escrow --shares 2 &&
	test_path_is_missing x
'

test_expect_success 'without a terminal a passphrase cannot be asked for' '
	git vault key remove escrow &&
	if command -v setsid >/dev/null
	then
		test_expect_code 5 setsid -w git vault key escrow 2>err &&
		test_grep "no terminal" err
	fi
'

test_expect_success 'at a terminal it is asked for twice, and not shown' '
	if command -v python3 >/dev/null
	then
		cat >ask2.py <<-\EOF &&
		import os, pty, sys, termios
		pid, fd = pty.fork()
		if pid == 0:
		    os.execvp("git", ["git", "vault", "key", "escrow", "-o",
		        "asked"])
		text = b""
		for word in (b"new passphrase", b"once more"):
		    while word not in text:
		        text += os.read(fd, 1024)
		    while termios.tcgetattr(fd)[3] & termios.ECHO:
		        pass
		    os.write(fd, b"a canary phrase\n")
		try:
		    while True:
		        more = os.read(fd, 1024)
		        if not more:
		            break
		        text += more
		except OSError:
		    pass
		sys.exit(os.waitpid(pid, 0)[1] != 0 or b"canary" in text)
		EOF
		python3 ask2.py &&
		echo a canary phrase >phrase &&
		git vault key recover -o by-hand --passphrase-file phrase asked &&
		opens by-hand
	fi
'

test_expect_success 'none, or two that differ, protect nothing' '
	git vault key remove escrow &&
	test_expect_code 128 answering "" -- git vault key escrow -o none >out &&
	test_grep "an empty passphrase protects nothing" out &&
	test_expect_code 128 answering "a canary phrase" "another phrase" -- \
		git vault key escrow -o none >out &&
	test_grep "the two passphrases are not the same" out &&
	echo >phrase &&
	test_expect_code 128 git vault key escrow --passphrase-file phrase 2>err &&
	test_grep "phrase holds no passphrase" err && test_path_is_missing none
'

test_done
