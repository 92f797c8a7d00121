#!/bin/sh

test_description='a lost vault comes back by an identity on paper'
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/safe-tool
own=$HOME/.config/git-vault/identity

opens () {
	GIT_VAULT_IDENTITY=$1 "$tool" all prod >opened
}

test_expect_success 'an escrow is sealed by a passphrase' '
	test_commit one &&
	echo a secret value >value &&
	"$tool" put prod value &&
	echo correct horse battery >phrase &&
	git vault key escrow --passphrase-file phrase -o paper >out &&
	test "$(stat -c %a paper)" = 600 &&
	test_grep "^version 2 " out &&
	test_grep "sealed 1 value" out &&
	test_grep BEGIN paper &&
	test_grep "$(git vault key list | sed -n "1s/.* //p")" paper &&
	test_grep ! AGE-SECRET-KEY paper &&
	git vault key show escrow >out &&
	test_grep "^role    reader" out &&
	test_grep "^scopes  all" out
'

test_expect_success 'there is one of them' '
	test_expect_code 128 git vault key escrow --passphrase-file phrase \
		-o paper2 2>err &&
	test_grep "key remove escrow" err &&
	test_path_is_missing paper2
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
	git vault key recover --passphrase-file phrase <paper &&
	"$tool" all prod &&
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

test_done
