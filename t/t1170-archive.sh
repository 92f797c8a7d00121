#!/bin/sh

test_description='git vault archive'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

# What is printed and unpacked goes there, so that it is in no snapshot.
T=$TMPDIR

test_lazy_prereq PTY 'script -qec true /dev/null'

# What find tells of a tree: kind, mode, owner, time, links, size, room.
tree () {
	(cd "$1" && find . -printf '%P %y %m %u %g %T@ %n %l %s' \
		'(' -type f -printf ' %b\n' -o -printf '\n' ')') | sort
}

# same_trees A B: one holds what the other does, contents and metadata.
same_trees () {
	tree "$1" >$T/tree.1 && tree "$2" >$T/tree.2 &&
		test_cmp $T/tree.1 $T/tree.2 &&
		diff -r --no-dereference "$1" "$2"
}

# unpack DIR <archive
unpack () {
	mkdir -p "$1" && tar -x -p --xattrs --same-owner -C "$1" -f - 2>$T/tar
}

test_expect_success 'set up' '
	mkdir -p env/prod env/dev empty/inner "a b" &&
	echo prod >env/prod/main.tf && echo dev >env/dev/main.tf &&
	echo secret >.env && echo .env >.gitignore && chmod 600 .env &&
	echo run >tool && chmod 755 tool && ln tool env/tool &&
	ln tool "a b/tool" && ln -s ../tool env/link && ln -s nowhere dangling &&
	touch -d "2001-02-03 04:05:06.123456789" env/dev/main.tf &&
	touch -h -d "2002-02-03 04:05:06.987654321" env/link &&
	touch -d "1999-09-09 09:09:09.000000001" env/dev &&
	chmod 750 env/prod && : >nothing &&
	git add . && test_tick && git commit -q -m first &&
	one=$(git vault snapshot)
'

test_expect_success 'what tar unpacks is what a restore makes' '
	git vault archive --secrets $one >$T/a.tar &&
	unpack $T/by-tar <$T/a.tar && test_must_be_empty $T/tar &&
	git vault restore $one --to $T/by-restore &&
	same_trees $T/by-tar $T/by-restore &&
	test $T/by-tar/tool -ef "$T/by-tar/a b/tool" &&
	test "$(stat -c %y $T/by-tar/env/dev/main.tf | cut -c1-29)" = \
		"$(stat -c %y env/dev/main.tf | cut -c1-29)"
'

test_expect_success 'links of several names are one again' '
	mkdir links && ln -s nowhere links/a && ln links/a links/b &&
	ln links/a env/hard && git vault snapshot >$T/id &&
	git vault archive "$(cat $T/id)" | unpack $T/links-tar &&
	rm -r links env/hard && cd $T/links-tar &&
	stat -c "%i %N" links/b env/hard | cut -d" " -f1,4 >$T/actual &&
	stat -c "%i %N" links/a links/a | cut -d" " -f1,4 >$T/expect &&
	test_cmp $T/expect $T/actual
'

test_expect_success 'the same snapshot gives the same bytes' '
	git vault archive --secrets $one >$T/b.tar && cmp $T/a.tar $T/b.tar &&
	test $(($(stat -c %s $T/a.tar) % 10240)) = 0
'

test_expect_success 'names of any bytes and of any length' '
	deep=$(printf "%0200d" 0)/$(printf "%0200d" 1)/$(printf "%0255d" 2) &&
	odd=$(printf "tab\there\n\"\\\\\377\303\244=%%x") &&
	mkdir -p "$(dirname "$deep")" && echo deep >"$deep" &&
	mkdir "$odd" && echo odd >"$odd/$odd" && ln "$deep" "$odd/same" &&
	ln -s "$deep" "$odd/link" && ln -s "$(printf "%0100d" 3)" hundred &&
	echo x >"$(printf "%0100d" 4)" && echo x >"$(printf "%0101d" 5)" &&
	mkdir "$(printf "%099d" 6)" "$(printf "%0100d" 7)" &&
	two=$(git vault snapshot) &&
	git vault archive --secrets $two | unpack $T/odd-tar &&
	git vault restore $two --to $T/odd-restore &&
	same_trees $T/odd-tar $T/odd-restore &&
	test "$(cat "$T/odd-tar/$odd/same")" = deep &&
	rm -rf "$odd" hundred "$(dirname "$deep")"
'

test_expect_success 'holes stay holes, and bytes are what counts' '
	truncate -s 3M all-hole && echo begin >sparse &&
	printf data | dd of=sparse bs=1 seek=5000000 2>/dev/null &&
	truncate -s 20M sparse && echo end >>sparse && cp sparse other &&
	three=$(git vault snapshot) &&
	git vault archive --secrets $three >$T/sparse.tar &&
	test $(stat -c %s $T/sparse.tar) -lt 25000000 &&
	unpack $T/sparse-tar <$T/sparse.tar &&
	git vault restore $three --to $T/sparse-restore &&
	same_trees $T/sparse-tar $T/sparse-restore &&
	test $(stat -c %b $T/sparse-tar/all-hole) = 0 &&
	cmp sparse $T/sparse-tar/sparse && rm sparse other all-hole
'

test_expect_success 'files in chunks come out as the files that they were' '
	test_config vault.chunkThreshold 256k &&
	dd if=/dev/urandom of=chunky bs=1024 count=700 2>/dev/null &&
	ln chunky chunky-too && dd if=/dev/urandom of=holes bs=1024 count=300 \
		seek=9000 2>/dev/null && echo begin | dd of=holes conv=notrunc \
		2>/dev/null && truncate -s 12345678 holes &&
	chunks=$(git vault snapshot) && git vault archive --secrets $chunks >$T/chunks.tar &&
	git ls-tree refs/vault/snapshots/$chunks:meta/chunks >$T/actual &&
	test_line_count = 2 $T/actual &&
	unpack $T/chunks-tar <$T/chunks.tar &&
	git vault restore $chunks --to $T/chunks-restore &&
	same_trees $T/chunks-tar $T/chunks-restore &&
	cmp chunky $T/chunks-tar/chunky-too && cmp holes $T/chunks-tar/holes &&
	git vault ls -l $chunks:holes >$T/actual && test_grep "11.8 MiB" $T/actual &&
	git vault log --json chunky >$T/actual &&
	test_grep "\"bytes\":716800," $T/actual &&
	rm chunky chunky-too holes
'

test_expect_success PYTHON 'another program reads it too' '
	python3 - $T/sparse.tar $T/by-python <<-\END &&
	import sys, tarfile
	tarfile.open(sys.argv[1]).extractall(sys.argv[2])
	END
	cmp $T/sparse-tar/sparse $T/by-python/sparse &&
	diff -r --no-dereference $T/sparse-tar $T/by-python
'

test_expect_success XATTR 'extended attributes' '
	setfattr -n user.plain -v text tool &&
	setfattr -n "user.k=%y" -v 0x00ff0a3d env &&
	setfattr -n user.empty env/prod/main.tf &&
	four=$(git vault snapshot) &&
	git vault archive --secrets $four | unpack $T/x-tar &&
	git vault restore $four --to $T/x-restore &&
	for d in $T/x-tar $T/x-restore
	do
		(cd $d && find . ! -type l -exec getfattr -d -e hex {} + |
			sed "/^\$/d" | sort) >$d.attr || return 1
	done &&
	test_grep "^user.plain" $T/x-tar.attr &&
	test_grep "0x00ff0a3d" $T/x-tar.attr &&
	test_cmp $T/x-tar.attr $T/x-restore.attr
'

test_lazy_prereq ACL '>f && setfacl -m u:daemon:r f'
test_lazy_prereq BSDTAR 'bsdtar --version'

# same_lists DIR: the lists there are those of the working tree.
same_lists () {
	(cd "$1" && getfacl -n tool env) >$T/actual && test_cmp $T/expect $T/actual
}

test_expect_success ACL 'access control lists come back by tar --acls' '
	setfacl -m u:12345:rw,g:daemon:x,u:nobody:- tool &&
	setfacl -m u:bin:rwx env && setfacl -d -m u:daemon:rx,g:54321:- env &&
	getfacl -n tool env >$T/expect && git vault snapshot >$T/id &&
	setfacl -b tool env && git vault archive --secrets "$(cat $T/id)" >$T/acl.tar &&
	for o in --acls "--acls --xattrs --xattrs-include=*" \
		"--xattrs --xattrs-include=*"
	do
		rm -rf $T/acl-tar && mkdir $T/acl-tar &&
		(set -f && tar -x -p $o -C $T/acl-tar -f $T/acl.tar) &&
		same_lists $T/acl-tar || return 1
	done
'

test_expect_success ACL,BSDTAR 'and by that of libarchive' '
	for o in "" "--acls --no-xattrs"
	do
		rm -rf $T/acl-bsd && mkdir $T/acl-bsd &&
		bsdtar -x -p $o -C $T/acl-bsd -f $T/acl.tar &&
		same_lists $T/acl-bsd || return 1
	done
'

test_expect_success ROOT 'owners by name and by number' '
	echo x >owned && chown 12345678:7654321 owned && echo y >named &&
	chown nobody:daemon named && chmod 4711 named &&
	five=$(git vault snapshot) && git vault archive --secrets $five >$T/o.tar &&
	unpack $T/o-tar <$T/o.tar &&
	git vault restore $five --to $T/o-restore &&
	same_trees $T/o-tar $T/o-restore &&
	tar -tvf $T/o.tar >$T/list &&
	test_grep "12345678/7654321 .* owned\$" $T/list &&
	test_grep "^-rws--x--x nobody/daemon .* named\$" $T/list &&
	rm -f owned named
'

test_expect_success 'one directory, or what pathspecs take' '
	git vault archive $one:env | tar -t >$T/actual &&
	test_write_lines ./ link tool dev/ dev/main.tf prod/ prod/main.tf \
		>$T/expect && test_cmp $T/expect $T/actual &&
	git vault archive $one -- "*.tf" .env | tar -t >$T/actual &&
	test_write_lines ./ .env env/ env/dev/ env/dev/main.tf env/prod/ \
		env/prod/main.tf >$T/expect &&
	test_cmp $T/expect $T/actual &&
	git vault archive $one:env "*prod*" | tar -t >$T/actual &&
	test_write_lines ./ prod/ prod/main.tf >$T/expect &&
	test_cmp $T/expect $T/actual &&
	(cd env && git vault archive $one:./dev | tar -t) >$T/actual &&
	test_write_lines ./ main.tf >$T/expect &&
	test_cmp $T/expect $T/actual &&
	git vault archive $one "a b" env/tool | tar -x -C $T -f - &&
	test "$T/a b/tool" -ef $T/env/tool
'

test_expect_success 'a directory that no file is in' '
	git vault archive $one:empty | tar -t >$T/actual &&
	test_write_lines ./ inner/ >$T/expect && test_cmp $T/expect $T/actual &&
	git vault archive $one:empty/inner | tar -t >$T/actual &&
	echo ./ >$T/expect && test_cmp $T/expect $T/actual
'

test_expect_success 'a prefix before each name' '
	git vault archive --prefix old/ $one:env/dev | tar -t >$T/actual &&
	test_write_lines old/ old/main.tf >$T/expect &&
	test_cmp $T/expect $T/actual &&
	git vault archive --prefix=old- $one:env/dev | tar -t >$T/actual &&
	test_write_lines old-main.tf >$T/expect &&
	test_cmp $T/expect $T/actual &&
	git vault archive --prefix=p/ $one tool env/tool | tar -x -C $T -f - &&
	test $T/p/tool -ef $T/p/env/tool
'

test_expect_success 'packed where the name says so, or where it is asked for' '
	git vault archive --secrets -o $T/a.tar.gz $one && gzip -t $T/a.tar.gz &&
	gzip -dc $T/a.tar.gz >$T/b.tar && cmp $T/a.tar $T/b.tar &&
	git vault archive --secrets -z $one >$T/z && cmp $T/z $T/a.tar.gz &&
	git vault archive --secrets --no-gzip -o $T/plain.tgz $one &&
	cmp $T/plain.tgz $T/a.tar &&
	git vault archive --secrets -o $T/plain.tar $one && cmp $T/plain.tar $T/a.tar &&
	git vault archive --secrets -o - $one >$T/said.tar && cmp $T/said.tar $T/a.tar && test_path_is_missing ./- &&
	test_expect_code 129 git vault archive --json -o - $one
'

test_expect_success 'a damaged file ends it, and FILE is whole or as it was' '
	test_create_repo damaged && (
		cd damaged && echo lost >lost && echo more >more && snapshot_take &&
		oid=$(git rev-parse refs/vault/snapshots/$snapshot:tree/lost) &&
		rm -f .git/objects/$(echo $oid | sed "s,..,&/,") &&
		echo old >$T/kept.tar &&
		test_expect_code 128 git vault archive -o $T/kept.tar latest \
			2>$T/err &&
		test_grep "lost: .*$oid" $T/err &&
		echo old >$T/expect &&
		test_cmp $T/expect $T/kept.tar &&
		find $T -name "*.part" >$T/actual &&
		test_must_be_empty $T/actual &&
		test_expect_code 128 git vault archive latest >$T/out \
			2>$T/err
	) && rm -rf damaged
'

test_expect_success 'what cannot be written to is told' '
	test_expect_code 128 git vault archive -o missing/dir/x.tar $one \
		2>$T/err && test_grep "cannot create missing/dir/x.tar" $T/err &&
	test_expect_code 128 git vault archive -o env $one 2>$T/err &&
	test_grep "env is a directory" $T/err && test_path_is_dir env &&
	mkdir $T/disk && ln -s disk/x.tar $T/x.tar &&
	git vault archive -o $T/x.tar $one && git vault archive $one >$T/want.tar &&
	cmp $T/want.tar $T/disk/x.tar && test -L $T/x.tar &&
	test_expect_code 128 git vault archive $one:tool >$T/out 2>$T/err &&
	test_grep "no directory" $T/err && test_must_be_empty $T/out &&
	test_expect_code 128 git vault archive $one:nothing-here >$T/out \
		2>$T/err && test_grep "holds no .nothing-here." $T/err &&
	test_expect_code 128 git vault archive $one -- "*.none" >$T/out \
		2>$T/err && test_grep "nothing that matches" $T/err &&
	test_expect_code 129 git vault archive 2>$T/err &&
	test_expect_code 129 git vault archive --json $one >$T/out &&
	git vault archive --json -o $T/x.tar $one >$T/out &&
	test_grep "^{\"schema\":1,\"snapshot\":\"$one\",\"path\":\"\",.*\"bytes\":$(wc -c <$T/x.tar),\"with_secrets\":false,.*\"skipped\":\[\]}$" $T/out
'

test_expect_success PTY 'never on a terminal' '
	test_might_fail test_env TERM=xterm script -qec \
		"git vault archive $one" /dev/null </dev/null >$T/typed &&
	test_grep "not printed on a terminal" $T/typed &&
	test_grep ! -a ustar $T/typed
'

test_expect_success 'a reader that goes away is no error' '
	{ git vault archive $one; echo $? >$T/status; } | head -c 10 >$T/out &&
	echo 0 >$T/expect && test_cmp $T/expect $T/status
'

test_expect_success 'a nested repository is an empty directory' '
	git init -q nested && test_commit -C nested inner &&
	git vault snapshot >$T/id 2>$T/err && seven=$(cat $T/id) &&
	git vault archive $seven nested | tar -t >$T/actual &&
	test_write_lines ./ nested/ >$T/expect &&
	test_cmp $T/expect $T/actual
'

test_expect_success !SANITIZERS 'memory does not grow with a file' '
	dd if=/dev/urandom of=big bs=1M count=96 2>/dev/null &&
	eight=$(git vault snapshot) &&
	(ulimit -v 400000 && git vault archive --secrets $eight big) >$T/big.tar &&
	tar -xOf $T/big.tar big | cmp - big
'

test_done
