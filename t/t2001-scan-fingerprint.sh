#!/bin/sh

test_description='git vault scan: fingerprints and their key'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR
value=Zk3fj29sLq0x
other=pQ8vT2mX7c5w

# fingerprint [-C DIR] FILE: those of its findings
fingerprint () {
	dir=. &&
	if test "$1" = -C
	then
		dir=$2 && shift 2
	fi &&
	test_expect_code 1 git -C "$dir" vault scan -v "$1" >$T/found 2>$T/err &&
	sed -n "s/.*fingerprint //p" $T/found
}

test_expect_success 'set up' '
	echo "password: $value" >a.yaml && git add . && test_tick &&
	git commit -q -m first && one=$(fingerprint a.yaml)
'

test_expect_success 'the first finding makes the key, and only that' '
	git for-each-ref --format="%(refname)" refs/vault >$T/actual &&
	echo refs/vault/idkey >$T/expect && test_cmp $T/expect $T/actual &&
	git cat-file -p refs/vault/idkey:key >$T/key &&
	test_grep "^[0-9a-f]\{64\}$" $T/key &&
	git rev-parse refs/vault/idkey >$T/expect &&
	fingerprint a.yaml && git rev-parse refs/vault/idkey >$T/actual &&
	test_cmp $T/expect $T/actual && git fsck --strict
'

test_expect_success 'it survives moved lines, another indent and a new commit' '
	test_write_lines "# a" "# b" "db:" "    password:   \"$value\"" >a.yaml &&
	test "$(fingerprint a.yaml)" = $one &&
	git commit -q -a -m moved && test "$(fingerprint a.yaml)" = $one
'

test_expect_success 'another value in its place has another one' '
	echo "password: $other" >a.yaml && two=$(fingerprint a.yaml) &&
	test $two != $one &&
	echo "password: $value" >b.yaml && three=$(fingerprint b.yaml) &&
	test $three != $one && echo "password: $value" >a.yaml
'

test_expect_success JQ 'the digest of a value is the same wherever it stands' '
	test_expect_code 1 git vault scan --json >$T/json &&
	jq -r ".findings[].value_digest" $T/json | sort -u >$T/digests &&
	test_line_count = 1 $T/digests &&
	jq -r ".findings[].fingerprint" $T/json | sort -u >$T/prints &&
	test_line_count = 2 $T/prints
'

test_expect_success 'a mirror has the key, a plain clone makes its own' '
	git clone -q --mirror . $T/mirror && git clone -q . $T/clone &&
	git clone -q $T/mirror $T/third &&
	git -C $T/third fetch -q origin "refs/vault/*:refs/vault/*" &&
	echo "password: $value" >$T/third/a.yaml &&
	test "$(fingerprint -C $T/third a.yaml)" = $one &&
	echo "password: $value" >$T/clone/a.yaml &&
	test "$(fingerprint -C $T/clone a.yaml)" != $one
'

test_expect_success PYTHON 'anybody can compute it by the format' '
	cat >$T/compute.py <<-\END &&
	import hashlib, hmac, sys
	key = bytes.fromhex(sys.argv[1])
	def digest(*parts):
	    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()[:20]
	value = digest(b"value\0", sys.argv[4].encode())
	print(digest(b"key\0")[:4].hex() + "-" + digest(b"finding\0",
	    sys.argv[2].encode(), b"\0", sys.argv[3].encode(), b"\0", value).hex())
	END
	python3 $T/compute.py $(cat $T/key) generic-secret a.yaml $value \
		>$T/actual &&
	echo $one >$T/expect && test_cmp $T/expect $T/actual
'

test_expect_success 'two at once make one key' '
	git init -q pair && echo "password: $value" >pair/a.yaml &&
	{
		test_might_fail git -C pair vault scan -v >$T/x &
		first=$! &&
		test_might_fail git -C pair vault scan -v >$T/y &&
		wait $first
	} && test_line_count = 2 $T/x && test_cmp $T/x $T/y && rm -rf pair
'

test_expect_success 'where no key can be made, findings are told without' '
	git init -q fresh && echo "password: $value" >fresh/a.yaml &&
	(
		cd fresh && GIT_QUARANTINE_PATH=x && export GIT_QUARANTINE_PATH &&
		test_expect_code 1 git vault scan -v >$T/out 2>$T/err
	) && test_line_count = 1 $T/out &&
	test_grep "no fingerprints, since there is no key" $T/err && rm -rf fresh
'

test_expect_success 'a damaged key is told, and no other takes its place' '
	git init -q bad && echo "password: $value" >bad/a.yaml &&
	tree=$(git -C bad mktree </dev/null) &&
	commit=$(git -C bad commit-tree -m x $tree) &&
	git -C bad update-ref refs/vault/idkey $commit &&
	test_expect_code 1 git -C bad vault scan -v >$T/out 2>$T/err &&
	test_line_count = 1 $T/out &&
	test_grep "refs/vault/idkey: its objects are not all there" $T/err &&
	test "$(git -C bad rev-parse refs/vault/idkey)" = $commit && rm -rf bad
'

test_done
