#!/bin/sh

test_description='the hook pre-commit refuses what seems to be a secret

However git is asked to commit, what is searched is what is committed.'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR

# Nothing in this file is to look like a secret, so values are put together.
value=Zk3fj29sLq0x
token=ghp_$(printf x | sha256sum | cut -c1-36)

# refused COMMAND…: it fails, the branch stays, and the value is nowhere told
refused () {
	git rev-parse HEAD >$T/before &&
	test_must_fail "$@" >$T/out 2>$T/err &&
	git rev-parse HEAD >$T/after && test_cmp $T/before $T/after &&
	test_grep "commit blocked: possible secret" $T/err &&
	test_grep ! "$value" $T/err && test_grep ! "$token" $T/err &&
	test_must_be_empty $T/out
}

test_expect_success 'once it is installed a clean commit goes through' '
	echo a >a && git add a && git commit -q -m first &&
	git vault hooks install --only pre-commit >$T/out &&
	test_grep "^added *pre-commit$" $T/out &&
	test_path_is_executable .git/hooks/pre-commit &&
	echo b >>a && git commit -q -a -m second 2>$T/err &&
	test_must_be_empty $T/err
'

test_expect_success 'a staged secret is refused, and where it is is told' '
	printf "x: 1\npassword: $value\n" >conf.yaml && git add conf.yaml &&
	refused git commit -q -m bad &&
	test_grep "conf.yaml:2: likely: generic-secret, fingerprint [0-9a-f]*-[0-9a-f]" $T/err &&
	test_grep "gitvault:allow RULE REASON" $T/err &&
	test_line_count = 4 $T/err
'

test_expect_success 'what it tells is what scan --explain takes' '
	print=$(sed -n "s/.*fingerprint \([0-9a-f]*-[0-9a-f]*\).*/\1/p" $T/err) &&
	git vault scan --staged --explain "$print" >$T/out &&
	test_grep "conf.yaml" $T/out
'

test_expect_success 'one that is allowed, or that nobody looks for, is not' '
	printf "x: 1\npassword: $value # gitvault:allow generic-secret of a test\n" \
		>conf.yaml && git add conf.yaml && git commit -q -m allowed &&
	printf "token: $token\n" >t.yaml && git add t.yaml &&
	refused git commit -q -m bad &&
	git commit -q --no-verify -m "past all hooks" &&
	git rm -q t.yaml && git commit -q -m "it may go"
'

test_expect_success 'what is not staged does not count' '
	printf "x: 1\n" >d.yaml && git add d.yaml &&
	printf "token: $token\n" >>d.yaml &&
	git commit -q -m clean && git diff --quiet HEAD~ HEAD -- a
'

test_expect_success 'commit -a and commit PATH are searched, as they commit' '
	refused git commit -q -a -m bad && test_grep "d.yaml:2: likely" $T/err &&
	refused git commit -q -m bad d.yaml && test_grep "d.yaml:2" $T/err &&
	refused git commit -q -m bad --include d.yaml &&
	test_grep "d.yaml:2" $T/err &&
	echo c >>a && git commit -q -m "another path" a &&
	git checkout -q d.yaml
'

test_expect_success 'a secret staged beside the path that is committed stays out' '
	printf "token: $token\n" >e.yaml && git add e.yaml && echo d >>a &&
	git commit -q -m "only a" a && git rm -q --cached e.yaml && rm e.yaml
'

test_expect_success 'commit --amend is searched' '
	printf "token: $token\n" >f.yaml && git add f.yaml &&
	refused git commit -q --amend -m bad && test_grep "f.yaml:1" $T/err &&
	git rm -q --cached f.yaml && rm f.yaml && git commit -q --amend -m good
'

test_expect_success 'of a merge only what it brings itself' '
	git init -q ../merge && cd ../merge && echo a >a && git add a &&
	git commit -q -m base && git checkout -q -b theirs &&
	echo theirs >a && echo "token: $token" >t.yaml && git add . &&
	git commit -q -m theirs && git checkout -q main 2>$T/err &&
	echo ours >a && git commit -q -a -m ours &&
	git vault hooks install >$T/out && test_must_fail git merge -q theirs &&
	echo both >a && git add a && cp .git/index $T/index &&
	echo "token: x$token" >>t.yaml && echo "token: $token" >u.yaml &&
	git add t.yaml u.yaml && refused git commit -q -m bad &&
	test_grep "t.yaml:1: likely" $T/err && test_grep "u.yaml:1" $T/err &&
	cp $T/index .git/index && git commit -q -m merged 2>$T/err &&
	test_must_be_empty $T/err && git rev-parse --verify -q HEAD^2
'

test_expect_success 'so are a directory below, a linked working tree, --work-tree' '
	mkdir -p sub && printf "token: $token\n" >sub/g.yaml &&
	(cd sub && git add g.yaml && refused git commit -q -m bad) &&
	test_grep "sub/g.yaml:1" $T/err && git rm -q --cached sub/g.yaml &&
	git worktree add -q ../linked && (
		cd ../linked && printf "token: $token\n" >h.yaml &&
		git add h.yaml && refused git commit -q -m bad &&
		test_grep "h.yaml:1" $T/err
	) &&
	mkdir ../apart && printf "token: $token\n" >../apart/i.yaml && (
		cd ../apart && GIT_DIR=$TRASH_DIRECTORY/.git && export GIT_DIR &&
		git --work-tree=. add i.yaml &&
		refused git --work-tree=. commit -q -m bad
	) && test_grep "i.yaml:1" $T/err && git reset -q
'

test_expect_success 'and a submodule, which has hooks of its own' '
	git init -q ../lib && git -C ../lib commit -q --allow-empty -m x &&
	git -c protocol.file.allow=always submodule --quiet add ../lib lib &&
	git commit -q -m lib &&
	(
		cd lib && git vault hooks install >$T/out &&
		test_path_is_executable ../.git/modules/lib/hooks/pre-commit &&
		printf "token: $token\n" >j.yaml && git add j.yaml &&
		refused git commit -q -m bad && test_grep "j.yaml:1" $T/err
	)
'

test_expect_success 'an archive that was not looked into wholly is told' '
	test_seq 5000 >$T/a && tar -C $T -czf $T/whole.tgz a &&
	head -c 5000 $T/whole.tgz >cut.tgz && git add cut.tgz &&
	git commit -q -m archive 2>$T/err &&
	test_grep "warning: not all that is packed in cut.tgz was scanned" $T/err
'

test_expect_success 'the first commit of a repository is searched' '
	git init -q ../fresh && cd ../fresh && git vault hooks install >$T/out &&
	printf "token: $token\n" >k.yaml && git add k.yaml &&
	test_must_fail git commit -q -m bad 2>$T/err &&
	test_grep "k.yaml:1" $T/err &&
	test_must_fail git rev-parse --verify -q HEAD
'

test_expect_success 'where it cannot be searched, nothing is committed' '
	cd ../fresh && printf "scan: [\n" >.gitvault.yaml && echo x >x &&
	git rm -q --cached k.yaml && git add x .gitvault.yaml &&
	test_must_fail git commit -q -m bad 2>$T/err &&
	test_grep "could not be searched for secrets.*gitvault.yaml" $T/err
'

test_expect_success 'but the commit that takes a broken policy out is searched without it' '
	cd ../fresh && git commit -q --no-verify -m broken &&
	git rm -q .gitvault.yaml && printf "token: $token\n" >k.yaml &&
	git add k.yaml && test_must_fail git commit -q -m bad 2>$T/err &&
	test_grep "k.yaml:1" $T/err &&
	test_grep "gitvault.yaml:2.*the defaults are in force, since no policy is accepted" $T/err &&
	git rm -q --cached k.yaml && git commit -q -m mended
'

test_expect_success 'allowances of a key that is not here are told, and no fingerprint advised' '
	git init -q ../lacks && cd ../lacks &&
	printf "scan:\n  allow:\n" >.gitvault.yaml &&
	for n in 1 2
	do
		printf "  - fingerprint: 00000000-%040d\n    reason: x\n" $n || exit 1
	done >>.gitvault.yaml && git add . && git commit -q -m policy &&
	git vault hooks install >$T/out && printf "token: $token\n" >l.yaml &&
	git add l.yaml && refused git commit -q -m bad &&
	test_grep "l.yaml:1: likely: github-pat$" $T/err &&
	test_grep "warning: 2 allowances .* of a key that is not here" $T/err &&
	test_grep "no fingerprints, since .* of the key 00000000" $T/err &&
	test_grep "write its path and rule and a reason into .gitvault" $T/err &&
	test_grep ! "explain" $T/err &&
	git commit -q --no-verify -m "past all hooks" &&
	git init -q --bare ../lacks.git &&
	test_must_fail git push -q ../lacks.git HEAD:refs/heads/main 2>$T/err &&
	test_grep "2 allowances .* of a key that is not here" $T/err &&
	test_grep "write its path and rule and a reason into .gitvault" $T/err &&
	git rm -q l.yaml && git commit -q -m clean 2>$T/err &&
	test_must_be_empty $T/err
'

test_done
