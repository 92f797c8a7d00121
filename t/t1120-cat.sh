#!/bin/sh

test_description='git vault cat'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

SQ="'"

test_expect_success 'set up' '
	mkdir -p envs/prod envs/dev deep/er &&
	printf "one\ntwo" >envs/prod/main.tf &&
	printf "a\000b\r\n\377" >binary &&
	: >empty &&
	ln -s envs/prod/main.tf link &&
	echo plain >envs/dev/main.tf &&
	echo x >deep/er/only-here.yaml &&
	echo odd >"with:colon" &&
	git init -q nested && test_commit -C nested inner &&
	test_tick && git add . 2>/dev/null && git commit -q -m first &&
	snapshot_take -t v1 && one=$snapshot &&
	echo changed >envs/prod/main.tf &&
	rm empty &&
	snapshot_take && two=$snapshot
'

test_expect_success 'the bytes come out exactly' '
	printf "one\ntwo" >expect &&
	git vault cat $one envs/prod/main.tf >actual &&
	test_cmp_bin expect actual &&
	git vault cat $two binary >actual &&
	test_cmp_bin binary actual &&
	git vault cat $one empty >actual &&
	test_must_be_empty actual &&
	echo changed >expect &&
	git vault cat latest envs/prod/main.tf >actual &&
	test_cmp_bin expect actual
'

test_expect_success 'snapshot and path may be joined by a colon' '
	printf "one\ntwo" >expect &&
	git vault cat $one:envs/prod/main.tf >actual &&
	test_cmp_bin expect actual &&
	git vault cat tag:v1:envs/prod/main.tf >actual &&
	test_cmp_bin expect actual &&
	git vault cat "at:$(date -u -d @$((test_tick - 1)) \
		"+%Y-%m-%d %H:%M:%S +0000"):envs/prod/main.tf" >actual &&
	test_cmp_bin expect actual &&
	git vault cat latest~1:envs/prod/main.tf >actual &&
	test_cmp_bin expect actual &&
	git vault cat $one:with:colon >actual &&
	test_cmp_bin with:colon actual
'

test_expect_success 'a path is relative to the current directory, joined to the top' '
	printf "one\ntwo" >expect &&
	(
		cd envs/prod &&
		git vault cat $one main.tf &&
		git vault cat $one ../../envs//prod/./main.tf &&
		git vault cat $one "$PWD/main.tf" &&
		git vault cat $one:envs/prod/main.tf &&
		git vault cat $one:./main.tf &&
		git vault cat $one:../prod/main.tf
	) >actual &&
	cat expect expect expect expect expect expect >all &&
	test_cmp_bin all actual
'

test_expect_success 'a path that leads out is refused' '
	test_expect_code 129 git vault cat $one ../x 2>err &&
	test_grep "leads out of the working tree" err &&
	test_expect_code 129 git vault cat $one /etc/passwd 2>err &&
	test_grep "leads out of the working tree" err &&
	(cd envs && test_expect_code 129 git vault cat $one ../../x 2>err)
'

test_expect_success 'a directory is listed, as git show lists a tree' '
	cat >expect <<-END &&
	directory $one:

	binary
	deep/
	empty
	envs/
	link
	nested
	with:colon
	END
	git vault cat $one: >actual &&
	test_cmp expect actual &&
	cat >expect <<-END &&
	directory $one:envs

	dev/
	prod/
	END
	git vault cat $one envs/ >actual &&
	test_cmp expect actual
'

test_expect_success 'of a link the path that it points to' '
	printf envs/prod/main.tf >expect &&
	git vault cat $one link >actual &&
	test_cmp_bin expect actual
'

test_expect_success 'a repository of its own is refused with its commit' '
	test_expect_code 128 git vault cat $one nested 2>err &&
	test_grep "at its commit $(git -C nested rev-parse HEAD)" err
'

test_expect_success 'a missing path is answered with the nearest' '
	test_expect_code 128 git vault cat $one envs/prod/mian.tf 2>err &&
	echo "git-vault: snapshot $one holds no ${SQ}envs/prod/mian.tf${SQ}; the nearest is ${SQ}envs/prod/main.tf${SQ}" >expect &&
	test_cmp expect err &&
	test_expect_code 128 git vault cat $one env/prod/main.tf 2>err &&
	test_grep "the nearest is .envs." err &&
	test_expect_code 128 git vault cat $one only-here.yaml 2>err &&
	test_grep "the nearest is .deep/er/only-here.yaml." err &&
	test_expect_code 128 git vault cat $one link/x/y 2>err &&
	test_grep "the nearest is .link." err &&
	test_expect_code 128 git vault cat $one quite-different 2>err &&
	test_grep "holds no .quite-different.$" err &&
	test_expect_code 128 git vault cat $two empty 2>err &&
	test_grep "snapshot $two holds no .empty." err
'

test_expect_success 'the path may stand before the snapshot, and show takes it' '
	mkdir -p deep/er && echo deep >deep/er/file && echo at >deep/er/a@b &&
	snapshot_take && git vault cat latest:deep/er/file >expect &&
	for form in deep/er/file@latest deep/er/file@$snapshot
	do
		git vault cat $form >actual && test_cmp expect actual &&
		git vault show $form >actual && test_cmp expect actual ||
			return 1
	done &&
	git vault show latest:deep/er/file >actual && test_cmp expect actual &&
	(cd deep && git vault cat er/file@latest >../actual) &&
	test_cmp expect actual &&
	echo at >expect && git vault cat deep/er/a@b@latest >actual &&
	test_cmp expect actual &&
	git vault show latest:deep >actual && test_grep "^er/" actual &&
	git vault show "at:2020-01-01 18:00" >actual &&
	test_grep "^snapshot $snapshot" actual &&
	test_expect_code 128 git vault show deep/er/file@nothing 2>err &&
	test_grep "no snapshot is .deep/er/file@nothing." err &&
	test_expect_code 128 git vault show nothing@latest 2>err &&
	test_grep "holds no .nothing." err &&
	git vault show --json latest:deep >out &&
	test_grep "^{\"schema\":1,\"snapshot\":\"$snapshot\",\"files\":\[{\"path\":\"deep\",\"type\":\"directory\",\"entries\":\[{\"name\":\"" out
'

test_expect_success 'what is missing on the command line is told' '
	test_expect_code 129 git vault cat $one 2>err &&
	test_grep "needs a path too" err &&
	test_expect_code 129 git vault cat 2>err
'

test_expect_success 'a damaged file is told, a missing one with its object' '
	echo precious >file && snapshot_take &&
	oid=$(git rev-parse refs/vault/snapshots/$snapshot:tree/file) &&
	object=.git/objects/$(echo $oid | sed "s,..,&/,") &&
	chmod u+w $object &&
	echo nonsense | git hash-object --stdin -w >other &&
	cp .git/objects/$(sed "s,..,&/," other) $object &&
	test_expect_code 128 git vault cat latest file >out 2>err &&
	test_grep ! precious out &&
	test_grep "damaged.*; .git vault repair. may find it elsewhere$" err &&
	rm -f $object &&
	test_expect_code 128 git vault cat latest file 2>err &&
	test_grep "$oid.*; .git vault repair. may find it elsewhere$" err &&
	test_expect_code 128 git vault show latest:file 2>err &&
	test_grep "git vault repair" err &&
	test_expect_code 128 git vault cat latest fiel 2>err &&
	test_grep ! "git vault repair" err
'

test_expect_success 'a large file comes out whole' '
	dd if=/dev/zero bs=1048576 count=64 2>/dev/null | tr "\000" "x" >big &&
	snapshot_take && rm -f .git/snapshot-index &&
	git vault cat latest big >actual &&
	test_cmp_bin big actual
'

test_expect_success 'a reader that goes away is no error' '
	{ git vault cat latest big; echo $? >status; } | head -c 10 >/dev/null &&
	echo 0 >expect &&
	test_cmp expect status
'

test_expect_success 'an absolute path may go through a link to the top' '
	test_create_repo top && rm -rf link && ln -s top link && mkdir link/d && (
		cd top && test_tick && echo f >d/f && git add . &&
		git commit -q -m f && git vault -q snapshot >/dev/null
	) && here=$PWD && git -C top vault cat latest "$here/link/d/f" >out &&
	echo f >expect && test_cmp expect out &&
	git -C top/d vault status --porcelain "$here/link//d/f" >out &&
	echo "=t d/f" >expect && test_cmp expect out &&
	git -C top vault log "$here/link/d/" >out && test_grep "^added" out &&
	ln -s d top/in && test_expect_code 129 git -C top vault cat latest \
		"$here/d/f" 2>err && test_grep "leads out of the working tree" err
'

test_expect_success PYTHON 'as JSON the bytes are text or base64, wherever a piece of them ends' '
	python3 - <<-\END &&
	for i in range(4):
	    open("text%d" % i, "wb").write(b"x" * i + "\\\"\t\n\x01\x7f\u00e9\u20ac\U0001f600".encode() * 9000)
	open("torn", "wb").write(b"a" * 70000 + "\u20ac".encode()[:2])
	open("odd", "wb").write(bytes(range(256)) * 513)
	END
	git vault -q snapshot >../id &&
	git vault cat --json latest text0 text1 text2 text3 torn odd binary link >../json &&
	python3 - ../json <<-\END &&
	import base64, json, os, sys
	doc = json.load(open(sys.argv[1], encoding="utf-8"))
	assert doc["schema"] == 1 and len(doc["files"]) == 8, doc
	for f in doc["files"]:
	    path = f["path"]
	    link = f["type"] == "link"
	    want = os.readlink(path).encode() if link else \
	        open(path, "rb").read() if os.path.exists(path) else b""
	    text = f["content"]
	    got = base64.b64decode(f["content_base64"]) if text is None else text.encode()
	    assert got == want and f["bytes"] == len(want), path
	    assert (text is None) == (path in ("torn", "odd", "binary")), path
	END
	rm -f text? torn odd
'

test_done
