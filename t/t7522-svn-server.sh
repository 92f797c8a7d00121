#!/bin/sh

test_description='a server of Subversion saves each committed revision by its post-commit hook'
. "$(dirname "$0")/test-lib.sh"

if ! svnadmin --version -q >/dev/null 2>&1 || ! svn --version -q >/dev/null 2>&1
then
	skip_all 'Subversion is not installed'
fi

# not in a repository of git
rm -rf .git

# of the people who commit; a hook has no environment
LC_ALL=C.UTF-8
export LC_ALL

# v DIR WORD...: there
v () {
	(cd "$1" && shift && git vault "$@")
}

# commit DIR MESSAGE: the hook runs as svn runs it, without an environment
commit () {
	(cd "$1" && svn ci -m "$2" >../hook.out 2>&1) && sed -n "/arning/,\$p" hook.out >hook.err
}

test_expect_success 'without --server, watch and the hook of the server are named' '
	svnadmin create srv && svn -q co "file://$PWD/srv" dev && svn -q co "file://$PWD/srv" copy && v copy init -q &&
	test_must_fail v copy hooks install 2>err && test_grep "git vault watch start" err &&
	test_grep "git vault hooks install --server" err && test_path_is_missing srv/hooks/post-commit &&
	v copy hooks status >out 2>err && test_grep "^absent *post-commit" out && test_grep "git vault watch start" err
'

test_expect_success 'a hook that was there runs first, and each committed revision is saved' '
	printf "#!/bin/sh\necho \"\$@\" >>\"%s/theirs\"\n" "$PWD" >srv/hooks/post-commit && chmod +x srv/hooks/post-commit &&
	cp srv/hooks/post-commit was && v copy hooks install --server >out && test_grep "added *post-commit, after" out &&
	v copy hooks install --server >out && test_grep "chained *post-commit" out && v copy hooks status >out 2>err &&
	test_grep "chained *post-commit" out && echo one >dev/f && svn -q add dev/f && commit dev one && test_must_be_empty hook.err &&
	test_grep "^$PWD/srv 1 " theirs && test "$(cat copy/f)" = one && v copy list >out && test_grep "revision 1 of the server" out &&
	echo ü >"dev/ä b" && (cd dev && svn -q add "ä b") && commit dev two &&
	v copy cat latest:"ä b" >out && test "$(cat out)" = ü && v copy list >out && test_grep "revision 2 of the server" out
'

test_expect_success 'revisions that were missed are made up for, those of elsewhere are not saved' '
	mv srv/hooks/post-commit away && echo three >dev/f && commit dev three && echo four >dev/f && commit dev four && mv away srv/hooks/post-commit &&
	echo five >dev/f && commit dev five && test_must_be_empty hook.err && v copy list >out &&
	for n in 3 4 5; do test_grep "revision $n of the server" out || return 1; done &&
	svn -q mkdir -m trunk "file://$PWD/srv/trunk" && svn -q co "file://$PWD/srv/trunk" part && svnadmin create other &&
	v copy hooks uninstall 2>err && test_cmp was srv/hooks/post-commit && v part init -q && v part hooks install --server >out &&
	echo six >dev/f && commit dev six && v part list >out && test_grep ! "revision" out
'

test_expect_success 'a working copy with changes of its own stays as it is, and who commits is told' '
	(cd dev && svn -q up) && echo t >dev/trunk/t && svn -q add dev/trunk/t && commit dev seven && test "$(cat part/t)" = t &&
	echo mine >>part/t && echo eight >dev/trunk/t && commit dev eight && test_grep "changes of its own" hook.err &&
	test_grep "hint: .*svn status -q" hook.err && test_grep ! eight part/t && (cd part && svn -q revert t) &&
	echo nine >dev/trunk/t && commit dev nine && test_must_be_empty hook.err && v part list >out &&
	test_grep "revision 9 of the server" out
'

test_expect_success 'one hook saves one working copy, and only its own takes it out' '
	test_must_fail v copy hooks install --server 2>err && test_grep "saves another working copy" err &&
	v copy hooks status >out && test_grep "foreign.*another working copy" out && v copy hooks uninstall 2>err &&
	test_grep "git-vault hook" srv/hooks/post-commit && v part hooks status --json >json &&
	test_grep "\"name\":\"post-commit\",\"side\":\"server\",\"state\":\"chained\"" json && v part hooks uninstall && test_cmp was srv/hooks/post-commit
'

test_expect_success 'a server that is not a folder of this host is refused, and so are words that are no revision' '
	mkdir spy && printf "#!/bin/sh\ncase \$* in *repos-root-url*) printf svn://host.example/srv; exit ;; esac\nexec \"%s\" \"\$@\"\n" \
		"$(command -v svn)" >spy/svn && chmod +x spy/svn &&
	(PATH=$PWD/spy:$PATH && export PATH && test_must_fail v copy hooks install --server) 2>err &&
	test_grep "not in a folder of this host" err &&
	for word in "" 0 -1 1x "1 2"
	do
		test_expect_code 129 v copy hooks run -- svn-post-commit "$word" 2>err || return 1
	done
'

test_expect_success 'without git-vault the commit stays, and a line says what is not saved' '
	v copy hooks install --server >out && sed -i "s,^program=.*,program=/nowhere," srv/hooks/post-commit &&
	echo ten >dev/f && commit dev ten && test_grep "so revision 11 is not saved" hook.err
'

test_done
