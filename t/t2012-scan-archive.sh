#!/bin/sh

test_description='git vault scan: archives are looked into, within bounds; keys as bytes'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR
value=CanaryZk3fj29sLq0x
test_lazy_prereq PYTHON 'python3 -c "import tarfile, zipfile"'

# paths: where the findings are that a scan prints
paths () {
	sed "s/^\(.*\):\([0-9]*\):[0-9]*: .*/\1:\2/" "$1"
}

test_expect_success 'set up: a file, and one deep below with a long name' '
	long=$(printf "%0120d" 7) && mkdir -p $T/in/dir $T/in/$long &&
	printf "host: db\npassword: $value\n" >$T/in/dir/a.yaml &&
	echo "password: $value" >$T/in/$long/b.yaml && echo "x: 1" >$T/in/c.yaml
'

test_expect_success 'gzip, tar and both; pax and GNU' '
	gzip -c $T/in/dir/a.yaml >a.yaml.gz &&
	cat a.yaml.gz a.yaml.gz >two.yaml.gz &&
	tar -C $T/in --format=gnu -cf g.tar dir $long c.yaml &&
	tar -C $T/in --format=pax -czf p.tgz dir $long &&
	tar -C $T/in --format=ustar -czf u.tar.gz dir &&
	test_expect_code 1 git vault scan >$T/out 2>$T/err &&
	paths $T/out >$T/actual && cat >$T/expect <<-END &&
	a.yaml.gz!a.yaml:2
	g.tar!$long/b.yaml:1
	g.tar!dir/a.yaml:2
	p.tgz!$long/b.yaml:1
	p.tgz!dir/a.yaml:2
	two.yaml.gz!two.yaml:2
	two.yaml.gz!two.yaml:4
	u.tar.gz!dir/a.yaml:2
	END
	test_cmp $T/expect $T/actual && test_grep ! warning $T/err && rm *
'

test_lazy_prereq BZIP2 'grep "define HAVE_BZLIB_H 1" "$GIT_VAULT_BUILD_DIR/config.h" && bzip2 --help'
test_lazy_prereq XZ 'grep "define HAVE_LZMA_H 1" "$GIT_VAULT_BUILD_DIR/config.h" && xz --help'
test_lazy_prereq ZSTD 'grep "define HAVE_ZSTD_H 1" "$GIT_VAULT_BUILD_DIR/config.h" && zstd --help'

# packed PROGRAM ENDING: a file, a tar and two files behind each other, one that
# is cut, one with something behind its end, and one that unpacks to too much
packed () {
	$1 -c <$T/in/dir/a.yaml >a.yaml.$2 &&
	cat a.yaml.$2 a.yaml.$2 >two.yaml.$2 &&
	tar -C $T/in -cf - dir | $1 -c >d.tar.$2 &&
	cat $T/in/dir/a.yaml $T/noise | $1 -c | head -c 60000 >cut.yaml.$2 &&
	{ cat a.yaml.$2 && echo "t: ghp_$(printf x | sha256sum | cut -c1-36)"; } \
		>behind.yaml.$2 &&
	head -c 60000000 /dev/zero | $1 -c >bomb.$2 &&
	test_expect_code 1 git vault scan >$T/out 2>$T/err &&
	paths $T/out >$T/actual && cat >$T/expect <<-END &&
	a.yaml.$2!a.yaml:2
	behind.yaml.$2!behind.yaml:2
	cut.yaml.$2!cut.yaml:2
	d.tar.$2!dir/a.yaml:2
	two.yaml.$2!two.yaml:2
	two.yaml.$2!two.yaml:4
	END
	grep ! $T/actual >$T/inner && test_cmp $T/expect $T/inner &&
	test_grep "^behind.yaml.$2:.*github-pat" $T/out &&
	test_grep "cut.yaml.$2 was scanned: it is damaged" $T/err &&
	test_grep "behind.yaml.$2 was scanned: it is damaged" $T/err &&
	test_grep "bomb.$2 was scanned: it unpacks to too much" $T/err && rm *
}

test_expect_success 'set up: what does not get smaller, and has no secret' '
	awk "BEGIN { srand(1); for (i = 0; i < 60000; i++)
		print \"k\" i \": \" rand() }" >$T/noise
'

test_expect_success BZIP2 'bzip2, as gzip is' '
	packed "bzip2 -1" bz2
'

test_expect_success XZ 'xz, as gzip is' '
	packed xz xz
'

test_expect_success ZSTD 'zstd, as gzip is' '
	packed "zstd -q" zst
'

test_expect_success XZ 'one of xz that takes too much memory is named' '
	head -c 1000 /dev/zero | xz --format=xz --lzma2=dict=512MiB -c >big.xz &&
	test_expect_code 3 git vault scan 2>$T/err && test_grep "big.xz was scanned: it is packed" $T/err &&
	test_grep "no findings; not searched in full: 1" $T/err &&
	test_expect_code 3 git vault scan 2>$T/err && test_grep "big.xz was scanned: it is packed" $T/err &&
	rm *
'

test_expect_success PYTHON 'zip: packed and stored, names are only names' '
	cat >$T/zip.py <<-\END &&
	import sys, zipfile
	text = "password: " + sys.argv[1] + "\n"
	z = zipfile.ZipFile("z.zip", "w")
	z.writestr("stored.yaml", text)
	z.writestr("packed.yaml", text, zipfile.ZIP_DEFLATED)
	z.writestr("/etc/absolute.yaml", text)
	z.writestr("../../up.yaml", text)
	z.writestr("dir/", "")
	z.comment = b"x" * 1000
	z.close()
	END
	python3 $T/zip.py $value &&
	test_expect_code 1 git vault scan >$T/out 2>$T/err &&
	paths $T/out >$T/actual && cat >$T/expect <<-\END &&
	z.zip!../../up.yaml:1
	z.zip!/etc/absolute.yaml:1
	z.zip!packed.yaml:1
	z.zip!stored.yaml:1
	END
	test_cmp $T/expect $T/actual && test_grep ! warning $T/err && rm *
'

test_expect_success PYTHON 'archives in archives: three, and no more' '
	cp $T/in/dir/a.yaml . && tar -czf one.tgz a.yaml && rm a.yaml &&
	python3 -m zipfile -c two.zip one.tgz && rm one.tgz &&
	tar -cf three.tar two.zip && rm two.zip &&
	test_expect_code 1 git vault scan >$T/out 2>$T/err &&
	paths $T/out >$T/actual &&
	echo "three.tar!two.zip!one.tgz!a.yaml:2" >$T/expect &&
	test_cmp $T/expect $T/actual && test_grep ! warning $T/err &&
	gzip three.tar && mv three.tar.gz x.gz && tar -cf four.tar x.gz &&
	rm x.gz && test_expect_code 3 git vault scan 2>$T/err &&
	test_grep "four.tar!x.gz!two.zip!one.tgz was scanned: there are more" \
		$T/err && rm *
'

test_expect_success 'what is damaged is looked into as far as it goes' '
	tar -C $T/in -cf whole.tar dir/a.yaml $long/b.yaml &&
	head -c 1200 whole.tar >short.tar && rm whole.tar &&
	awk "BEGIN { srand(1); for (i = 0; i < 20000; i++)
		print \"k\" i \": \" rand() }" >$T/filler &&
	cat $T/in/dir/a.yaml $T/filler | gzip -c | head -c 40000 >s.yaml.gz &&
	test_expect_code 1 git vault scan --json >$T/json 2>$T/err &&
	test_grep "short.tar was scanned: it is damaged" $T/err &&
	test_grep "s.yaml.gz was scanned: it is damaged" $T/err &&
	test_grep "\"path\":\"short.tar!dir/a.yaml\"" $T/json &&
	test_grep "\"path\":\"s.yaml.gz!s.yaml\"" $T/json &&
	test_grep "\"not_searched\":\[{\"path\":\"s.yaml.gz\",\"reason\":" $T/json &&
	rm *
'

test_expect_success PYTHON 'any piece of a zip, and any byte changed, is borne' '
	python3 $T/zip.py $value && mv z.zip $T/z && size=$(wc -c <$T/z) &&
	for n in 4 22 40 100 200 300 $((size - 1000)) $((size - 1))
	do
		head -c $n $T/z >short$n.zip &&
		cp $T/z changed$n.zip && printf "\377\377" |
			dd of=changed$n.zip bs=1 seek=$n conv=notrunc 2>/dev/null ||
			return 1
	done && { code=0 && git vault scan >$T/out 2>$T/err || code=$?; } &&
	{ test $code = 1 || test $code = 3; } &&
	test_grep "short40.zip was scanned: it is damaged" $T/err && rm *
'

test_expect_success 'a bomb ends soon, and is named' '
	head -c 60000000 /dev/zero | gzip -c >bomb.gz &&
	cp $T/in/dir/a.yaml . && tar -cf b.tar bomb.gz a.yaml && rm a.yaml &&
	test_expect_code 1 git vault scan --grade possible b.tar >$T/out \
		2>$T/err &&
	test_grep "b.tar was scanned: it unpacks to too much" $T/err &&
	test_expect_code 3 git vault scan bomb.gz 2>$T/err &&
	test_grep "bomb.gz was scanned: it unpacks to too much" $T/err
'

test_expect_success !SANITIZERS 'and takes little memory' '
	(ulimit -v 400000 && test_expect_code 3 git vault scan bomb.gz)
'

test_expect_success 'one that is too large is scanned as it is, and named' '
	rm -f bomb.gz b.tar &&
	head -c 17000000 /dev/urandom >$T/random && tar -C $T -cf l.tar random &&
	printf "\npassword: $value\n" >>l.tar &&
	test_expect_code 1 git vault scan --grade possible >$T/out 2>$T/err &&
	test_grep "l.tar was scanned: it is too large" $T/err &&
	test_grep "^l.tar:" $T/out && rm * $T/random
'

test_expect_success 'history, what is remembered of it, and a stream' '
	tar -C $T/in -czf h.tgz dir && git add . && test_tick &&
	git commit -q -m archive &&
	test_expect_code 1 git vault scan --all-history -v >$T/one 2>$T/err &&
	test_expect_code 1 git vault scan --all-history -v >$T/two 2>$T/err &&
	test_grep "scanned no files" $T/err && test_cmp $T/one $T/two &&
	test_grep "^h.tgz!dir/a.yaml:2:.* in " $T/two &&
	test_expect_code 1 git vault scan --stdin --path s.tgz <h.tgz >$T/out &&
	test_grep "^s.tgz!dir/a.yaml:2:" $T/out &&
	git vault scan --write-baseline $T/base && git vault scan --baseline $T/base
'

test_expect_success 'what stands behind the end of one is seen, too' '
	mkdir behind && echo "x: 1" >behind/a && gzip -n <behind/a >behind/b.gz &&
	echo "t: ghp_$(printf x | sha256sum | cut -c1-36)" >>behind/b.gz &&
	echo "password: $value" >behind/c.yaml &&
	tar -cf behind/d.tar -C behind a && tar -cf $T/e.tar -C behind c.yaml &&
	cat $T/e.tar >>behind/d.tar && rm behind/a behind/c.yaml &&
	test_expect_code 1 git vault scan behind >$T/out 2>$T/err &&
	test_grep "^behind/b.gz:" $T/out &&
	test_grep "^behind/d.tar!c.yaml:1:" $T/out
'

test_expect_success PYTHON 'and in a zip, what stands between its members' '
	cat >$T/gap.py <<-\END &&
	import struct, sys, zipfile
	text = ("\nt: %s\n" % sys.argv[1]).encode()
	def make(name, comment=b"", inner=b""):
	    with zipfile.ZipFile(name, "w") as z:
	        member = zipfile.ZipInfo("a")
	        member.comment = inner
	        z.writestr(member, "hello")
	        z.writestr("d/", "")
	        z.comment = comment
	make("comment.zip", comment=text)
	make("member.zip", inner=text)
	make("gap.zip")
	data = open("gap.zip", "rb").read()
	open("tail.zip", "wb").write(data + text)
	open("sound.zip", "wb").write(data)
	at = data.index(b"PK\1\2")
	end = data.index(b"PK\5\6")
	place = struct.pack("<I", at + len(text))
	open("gap.zip", "wb").write(data[:at] + text + data[at:end + 16] + place +
	    data[end + 20:])
	with zipfile.ZipFile("lost.zip", "w", zipfile.ZIP_DEFLATED) as z:
	    z.writestr("gone", text)
	    z.writestr("a", "hello")
	    del z.filelist[0]
	END
	mkdir gaps && (cd gaps &&
		python3 $T/gap.py "ghp_$(printf x | sha256sum | cut -c1-36)") &&
	test_expect_code 1 git vault scan gaps >$T/out 2>$T/err &&
	test_grep "^gaps/comment.zip!:2:" $T/out &&
	test_grep "^gaps/member.zip!:2:" $T/out &&
	test_grep "^gaps/tail.zip!:2:" $T/out && test_grep "^gaps/gap.zip!:2:" $T/out &&
	test_grep "^gaps/lost.zip!gone:2:" $T/out && test_grep ! warning $T/err
'

test_expect_success 'what only points at bytes in Git LFS is told' '
	printf "version https://git-lfs.github.com/spec/v1\noid sha256:%064d\nsize 9\n" \
		1 >key.pem && git add key.pem && git commit -q -m lfs &&
	test_expect_code 3 git vault scan --range HEAD~.. 2>$T/err &&
	test_grep "key.pem was scanned: its content is in Git LFS" $T/err &&
	test_expect_code 3 git vault scan --range HEAD~.. 2>$T/err &&
	test_grep "key.pem was scanned: its content is in Git LFS" $T/err
'

test_lazy_prereq OPENSSL 'openssl version'

test_expect_success OPENSSL 'a key as bytes is found whatever its file is called, and no public one' '
	mkdir bytes && openssl genpkey -algorithm ED25519 -outform DER -out bytes/a.bin &&
	openssl ecparam -name prime256v1 -genkey -noout -outform DER -out bytes/b &&
	openssl pkey -inform DER -in bytes/b -pubout -outform DER -out bytes/c.der &&
	openssl pkcs8 -topk8 -inform DER -in bytes/b -outform DER -passout pass:x \
		-out bytes/d &&
	tar -cf bytes/e.tar -C bytes a.bin &&
	test_expect_code 1 git vault scan bytes >$T/out &&
	sed "s/^\([^ ]*\): *\([a-z]*\): *\([a-z0-9-]*\):.*/\1 \2 \3/" $T/out >$T/actual &&
	cat >$T/expect <<-\END &&
	bytes/a.bin:1:1 verified pem-pkcs8
	bytes/b:1:1 verified pem-ec
	bytes/d:1:1 likely pem-encrypted
	bytes/e.tar!a.bin:1:1 verified pem-pkcs8
	END
	test_cmp $T/expect $T/actual
'

test_done
