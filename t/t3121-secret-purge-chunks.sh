#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault secret purge: values in files that are kept in chunks'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

T=$TMPDIR
value=hunter2-the-value

# random SEED LENGTH: as many letters
random () {
	perl -e 'srand $ARGV[0];
		print join "", map { chr(97 + rand 26) } 1..$ARGV[1]' "$1" "$2"
}

# reachable: all that refs of ours lead to, as bytes
reachable () {
	git rev-list --objects --glob='refs/vault/*' >"$T/ids" &&
	cut -d' ' -f1 "$T/ids" | git cat-file --batch >"$T/bytes"
}

# take: a snapshot; its id in $snapshot
take () {
	git vault -q snapshot --force "$@" >"$T/id" && snapshot=$(cat "$T/id")
}

# whole: git and git vault find nothing wrong, and it gives back what is in DIR
whole () {
	git fsck --strict --no-dangling &&
	git vault verify --all --deep >"$T/verified" &&
	rm -rf "$T/back" &&
	git vault restore $1 --to "$T/back" &&
	diff -r -x .git "$2" "$T/back"
}

test_expect_success 'snapshots with large files that hold it' '
	git config vault.chunkThreshold 200k &&
	git config vault.scan false &&
	echo readme >readme && git add readme && git commit -q -m one &&
	random 1 300000 >long &&
	{ random 2 150000; echo " $value "; random 3 150000; } >a &&
	{ random 4 100000; cat long; random 5 100000; echo; } >b &&
	cp a same && random 6 400000 >clean &&
	truncate -s 4M sparse && random 7 300000 >>sparse &&
	echo " $value" >>sparse &&
	take && first=$snapshot && mkdir "$T/first" &&
	cp --sparse=always -a a b same clean sparse long readme "$T/first" &&
	echo more >>a && rm same && take && second=$snapshot &&
	mkdir "$T/second" && cp -a a b clean sparse long readme "$T/second" &&
	git cat-file -t $(git rev-parse refs/vault/snapshots/$first:meta/chunks)
'

test_expect_success 'a dry run says where, and changes nothing' '
	git for-each-ref refs/vault >before &&
	printf "%s\n" $value | git vault secret purge -n --stdin >actual &&
	git for-each-ref refs/vault >after && test_cmp before after &&
	rm before after &&
	test_grep "^rewritten $first:a$" actual &&
	test_grep "^rewritten $first:same$" actual &&
	test_grep "^rewritten $first:sparse$" actual &&
	test_grep "2 snapshots would be rewritten, 5 places" actual && rm actual
'

test_expect_success 'they are rewritten, and nothing of it is left' '
	clean=$(git rev-parse refs/vault/snapshots/$first:tree/clean) &&
	printf "%s\n" $value | git vault secret purge --stdin >"$T/actual" &&
	test_grep "^2 snapshots rewritten, 5 places in clear$" "$T/actual" &&
	reachable && test_grep ! -a -F -e $value "$T/bytes" &&
	test $clean = $(git rev-parse refs/vault/snapshots/$first:tree/clean) &&
	git show refs/vault/snapshots/$first:tree/a >"$T/pointer" &&
	test_grep -a "^git-vault chunks 1" "$T/pointer" &&
	whole $first "$T/first" && whole $second "$T/second"
'

test_expect_success 'without the key placeholders stand there' '
	git vault restore $first --to "$T/bare" --no-secrets &&
	test_grep "GITVAULT.purged:" "$T/bare/a" &&
	test_grep ! "$value" "$T/bare/a" && cmp "$T/bare/clean" clean
'

test_expect_success 'a value that is longer than any chunk goes as well' '
	git vault secret purge --stdin <long >"$T/actual" &&
	test_grep "^rewritten $first:b$" "$T/actual" &&
	reachable && cut -c1-200 long >"$T/part" &&
	test_grep ! -a -F -f "$T/part" "$T/bytes" &&
	whole $first "$T/first" && whole $second "$T/second"
'

test_expect_success 'once more there is nothing to do' '
	git for-each-ref refs/vault/snapshots >"$T/before" &&
	printf "%s\n" $value | git vault secret purge --stdin >"$T/actual" &&
	test_grep "^no snapshots rewritten, no places" "$T/actual" &&
	git for-each-ref refs/vault/snapshots >"$T/after" &&
	test_cmp "$T/before" "$T/after"
'

test_expect_success 'placeholders that a file has already stay in their places' '
	git config vault.scan true &&
	key=AKIA$(echo q3egrtv7xa2mnp4k | tr a-z A-Z) &&
	{
		random 8 120000; echo; echo "first $value";
		echo "aws_secret_access_key = Zk3vQ9xLr7WbT2mYp8sDfG4hJ6kL1qE5nC0vB3xA";
		random 9 120000; echo; echo "second $value"
	} >c &&
	take && third=$snapshot && mkdir "$T/third" &&
	cp -a a b c clean sparse long readme "$T/third" &&
	git show refs/vault/snapshots/$third:meta/secrets >"$T/list" &&
	test_grep " c$" "$T/list" &&
	printf "%s\n" $value | git vault secret purge --stdin >"$T/actual" &&
	test_grep "^rewritten $third:c$" "$T/actual" &&
	git show refs/vault/snapshots/$third:meta/secrets >"$T/list" &&
	grep -c " c$" "$T/list" >"$T/count" && echo 3 >"$T/expect" &&
	test_cmp "$T/expect" "$T/count" &&
	reachable && test_grep ! -a -F -e $value "$T/bytes" &&
	whole $third "$T/third"
'

test_expect_success 'an ignored one of an old snapshot is sealed whole' '
	printf ".env\n.gitvault.yaml\n" >.gitignore &&
	printf "secrets:\n  paths:\n  - {path: .env, keep: clear}\n" \
		>.gitvault.yaml && accept_policy &&
	random 10 500000 >.env && cp .env copy && take && old=$snapshot &&
	mkdir "$T/old" && cp -a . "$T/old" && rm -rf "$T/old/.git" &&
	git show refs/vault/snapshots/$old:tree/.env >"$T/actual" &&
	test_grep -a "git-vault chunks" "$T/actual" && rm .gitvault.yaml &&
	git vault secret purge --precious >"$T/actual" &&
	test_grep "^rewritten $old:.env$" "$T/actual" &&
	git show refs/vault/snapshots/$old:tree/.env >"$T/actual" &&
	test_grep "^GITVAULT.file:[0-9a-f]*.$" "$T/actual" &&
	git show refs/vault/snapshots/$old:tree/copy >"$T/actual" &&
	test_grep -a "git-vault chunks" "$T/actual" &&
	whole $old "$T/old"
'

test_expect_success 'the target of a link is rewritten, and nothing is put back' '
	git config vault.scan false && ln -s "/srv/$value/data" link &&
	take && fourth=$snapshot && git config vault.scan true &&
	printf "%s\n" $value | git vault secret purge --stdin >"$T/actual" &&
	test_grep "^rewritten $fourth:link (a symbolic link, " "$T/actual" &&
	reachable && test_grep ! -a -F -e $value "$T/bytes" &&
	git show refs/vault/snapshots/$fourth:tree/link >"$T/actual" &&
	test_grep "^/srv/GITVAULT.purged:[0-9a-f]*./data$" "$T/actual" &&
	git vault verify --all --deep && git fsck --strict --no-dangling &&
	git vault restore $fourth --to "$T/linked" &&
	test -L "$T/linked/link"
'

test_done
