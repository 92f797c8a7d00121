#!/bin/sh

test_description='a scan of the working tree goes by the facts, and finds the same

Each step is scanned twice, with what is known and without: what is printed is
the same, byte for byte. Which files are read is seen by a file that cannot be.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
facts=.git/vault/facts

test_lazy_prereq STRACE 'strace -f --seccomp-bpf -o x true && ! test_have_prereq SANITIZERS'

# secret N: a value that is random to look at
secret () {
	printf "%s" "$1" | sha256sum | cut -c1-18
}

# scan FILE [OPTION…]: all that a scan prints, and its status
scan () {
	file=$1 && shift &&
	{
		git vault scan --json --grade example "$@" 2>"$file.err"
		echo $?
		sed "s/^git-vault: //" "$file.err"
	} >"$file"
}

# same [OPTION…]: the same with the facts as without, and with those that the
# second scan has found out
same () {
	scan $T/with "$@" && rm -rf $facts && scan $T/without "$@" &&
	test_cmp $T/without $T/with && scan $T/again "$@" &&
	test_cmp $T/without $T/again
}

# reads N [OPTION…]: how many files of the working tree a scan reads, but for
# .gitignore, the policy, and those that the snapshot has without their values
reads () {
	n=$1 && shift &&
	test_might_fail strace -f --seccomp-bpf -y -e trace=read -o $T/trace \
		git-vault scan "$@" >$T/out 2>$T/err &&
	sed -n "s,.* read([0-9]*<$TRASH_DIRECTORY/\([^>]*\)>.*,\1,p" $T/trace |
		sed "/^\.git/d" | sort -u >$T/seen &&
	latest=refs/vault/snapshots/$(git vault list --id-only -n 1) &&
	git cat-file blob $latest:meta/secrets | sed "s/^[^ ]* [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* [^ ]* //; s/\"//g" |
		sort -u >$T/withheld && comm -23 $T/seen $T/withheld >$T/files &&
	test "$(wc -l <$T/files)" = "$n" || {
		echo "not $n files were read, but these:"
		cat $T/files
		return 1
	}
}

# settle: what was changed is old enough to be believed in
settle () {
	sleep 0.05 && git vault -q snapshot && sleep 0.05 &&
	git vault -q snapshot
}

test_expect_success 'set up: findings, comments, archives, links, odd names' '
	mkdir -p prod/app docs .github && printf "db:\n  password: %s\n" \
		"$(secret 1)" >prod/app/values.yaml &&
	echo "password: $(secret 2) # gitvault:allow generic-secret test" \
		>prod/allowed.yaml &&
	echo "password: $(secret 3) # gitvault:allow generic-secret" \
		>prod/no-reason.yaml &&
	echo "x: 1 # gitvault:allow generic-secret nothing here" \
		>prod/unused.yaml &&
	echo "x: 1 # gitvault:allow no-such-rule nothing" >prod/no-rule.yaml &&
	echo "y: 1 # gitvault:allow generic-secret until=2001-01-01 old" \
		>prod/expired.yaml &&
	printf "API_KEY=%s\nB=%s\n" "$(secret 4)" "$(secret 5)" >.env &&
	echo .env >.gitignore && printf "token: ghp_%s\n" \
		"$(secret a)$(secret b)" >docs/readme.md &&
	cp prod/app/values.yaml docs/values.yaml &&
	cp prod/app/values.yaml "odd
name.yaml" && echo "password: $(secret 6)" >in.yaml &&
	tar -czf a.tgz in.yaml && tar -cf b.tar a.tgz in.yaml &&
	head -c 600 b.tar >short.tar && rm in.yaml && ln -s .env link &&
	printf "password: %s\n" "$(secret 7)" | iconv -t UTF-16 >wide.yaml &&
	{
		echo "password: $(secret 8)" && seq 1 700000 &&
		echo "password: $(secret 9)"
	} >large.yaml &&
	printf "scan:\n  allow:\n  - {path: docs/*, reason: r}\n" \
		>.gitvault.yaml &&
	printf "  - {path: none, reason: r}\n" >>.gitvault.yaml &&
	git add . && test_tick && git commit -q -m base &&
	scan $T/first && test_grep "^1$" $T/first &&
	test_grep -F ".tgz!in.yaml" $T/first && test_grep "short.tar" $T/first.err &&
	test_grep unused $T/first && test_path_is_missing $facts
'

test_expect_success 'the same with facts as without' '
	settle && scan $T/one && test_cmp $T/first $T/one &&
	test_path_is_file $facts && same && test_cmp $T/first $T/with
'

test_expect_success STRACE 'what is known is not read again' '
	reads 0 && rm $facts && reads 7 && reads 0 && reads 0 prod
'

test_expect_success 'after an edit, a rename, a new file, one that went' '
	settle && test_might_fail git vault scan >/dev/null 2>&1 &&
	echo "password: $(secret 10)" >>prod/app/values.yaml &&
	mv docs/values.yaml docs/moved.yaml && rm prod/allowed.yaml &&
	echo "password: $(secret 11)" >prod/new.yaml && same &&
	test_grep "docs/moved.yaml" $T/with && test_grep prod/new.yaml $T/with &&
	settle && same
'

test_expect_success STRACE 'only what is new is read' '
	settle && test_might_fail git vault scan >/dev/null 2>&1 && reads 0 &&
	echo "password: $(secret 12)" >>prod/unused.yaml && reads 1 &&
	test_grep "prod/unused.yaml" $T/files &&
	test_grep "unused.yaml:2:" $T/out
'

test_expect_success 'racy: same size, same second, after the snapshot' '
	for i in 1 2 3 4 5 6
	do
		echo "password: $(secret racy$i)" >racy.yaml &&
		git vault -q snapshot &&
		echo "password: $(secret again$i)" >racy.yaml && same &&
		echo "hello: 0123456789-0123456789" >racy.yaml && same &&
		test_grep ! racy.yaml $T/with || return 1
	done
'

test_expect_success 'the same bytes under times of the past' '
	settle && test_might_fail git vault scan >/dev/null 2>&1 &&
	cp -p racy.yaml $T/keep && echo "password: $(secret past-again--)" \
		>racy.yaml && touch -r $T/keep racy.yaml && same &&
	test_grep racy.yaml $T/with
'

test_expect_success 'other rules of the team, other allowances, other severities' '
	settle && same && cp .gitvault.yaml $T/policy &&
	printf "scan:\n  disable: [generic-secret]\n" >.gitvault.yaml && accept_policy && same &&
	test_grep ! "\"rule\":\"generic-secret\"" $T/with &&
	printf "scan:\n  severity: {generic-secret: low}\n" >.gitvault.yaml &&
	accept_policy && same && test_grep "\"severity\":\"low\"" $T/with &&
	printf "scan:\n  rules:\n  - id: team-x\n    description: d\n" \
		>.gitvault.yaml &&
	printf "    remediation: r\n    severity: high\n    confidence: likely\n    provider: p\n    positive: [\"a: xx_0a1b2c3d\", \"b: xx_1a1b2c3d\"]\n    negative: [\"a: xx_\", \"b: xx_1\", \"c: xx_2\"]\n" >>.gitvault.yaml &&
	printf "    kind: token\n    pattern: \"xx_[0-9a-z]{8}\"\n" \
		>>.gitvault.yaml &&
	printf "    anchors: [xx_]\n" >>.gitvault.yaml &&
	accept_policy && echo "a: xx_0a1b2c3d" >team.yaml && settle && same &&
	cp $T/policy .gitvault.yaml && accept_policy && settle && same
'

test_expect_success 'a key that came, went, or is another' '
	settle && same && git update-ref -d refs/vault/idkey &&
	scan $T/new && rm $facts && scan $T/without && test_cmp $T/without $T/new &&
	same && test_grep fingerprint $T/with
'

test_expect_success 'what cannot be read, before and after' '
	echo x >closed.yaml && settle && same && rm closed.yaml && same &&
	mkdir closed.yaml && same && rmdir closed.yaml
'

test_expect_success SANITY 'files and directories that are closed' '
	mkdir shut && echo x >shut/x && echo x >closed && settle && same &&
	chmod 0 closed shut && same && test_grep "closed was not" $T/with &&
	test_grep "shut was not" $T/with && settle && same &&
	test_grep "closed was not" $T/with && test_grep "shut was not" $T/with &&
	chmod 755 shut closed && same && rm -r shut closed
'

test_expect_success 'filters: what git has is not what stands there' '
	echo "*.conv filter=conv" >.gitattributes &&
	test_config filter.conv.clean "sed s/password/harmless/" &&
	echo "password: $(secret 13)" >f.conv && git add . && test_tick &&
	git commit -q -m filter && same && settle && same &&
	test_grep f.conv $T/with
'

test_expect_success 'what is staged, and what commits have brought' '
	echo "password: $(secret 14)" >staged.yaml && git add staged.yaml &&
	same --staged && test_grep staged.yaml $T/with && git add . &&
	git commit -q -m more && scan $T/with --range HEAD~1..HEAD &&
	rm -f $facts && scan $T/without --range HEAD~1..HEAD &&
	for file in with without
	do
		sed "s/,\"files\":[^\"]*\"bytes\":[0-9]*//; /^scanned/d" \
			$T/$file >$T/$file.bare || return 1
	done && test_cmp $T/without.bare $T/with.bare &&
	test_grep staged.yaml $T/with
'

test_expect_success 'paths, baselines, explanations' '
	settle && same prod docs && same .env && test_expect_code 3 git vault scan --write-baseline $T/base &&
	same --baseline $T/base &&
	test_might_fail git vault scan --json >$T/json &&
	name=$(sed "s/.*\"fingerprint\":\"\([^\"]*\)\".*/\1/" $T/json) &&
	git vault scan --explain $name >$T/with && rm $facts &&
	git vault scan --explain $name >$T/without &&
	test_cmp $T/without $T/with
'

test_expect_success 'in a linked working tree' '
	git worktree add -q ../linked && (
		cd ../linked && echo "password: $(secret 15)" >l.yaml && settle &&
		scan $T/with && rm "$TRASH_DIRECTORY/$facts" &&
		scan $T/without && test_cmp $T/without $T/with &&
		test_grep l.yaml $T/with
	)
'

test_expect_success 'in a repository that is shared, all may read and write it' '
	test_config core.sharedRepository group && settle && rm -f $facts &&
	(umask 077 && test_might_fail git vault scan >/dev/null 2>&1) &&
	ls -l $facts >$T/mode && test_grep "^-rw-rw----" $T/mode
'

test_expect_success 'a file with very many findings is scanned each time' '
	git init -q many && (
		cd many && seq 20000 | sed "s/^/password: $(secret m)/" >many.yaml &&
		test_might_fail git vault scan many.yaml >/dev/null 2>&1 &&
		echo x >x && settle && scan $T/with && scan $T/again &&
		test_cmp $T/with $T/again && test_path_is_file $facts &&
		test $(wc -c <$facts) -lt 1000
	) && rm -rf many
'

test_expect_success 'a cache that is damaged is none' '
	settle && same && scan $T/one && cp $facts $T/good &&
	size=$(wc -c <$T/good) &&
	for at in 0 9 30 33 60 $((size / 3)) $((size / 2)) $((size - 2))
	do
		cp $T/good $facts && printf "\377" |
			dd of=$facts bs=1 seek=$at conv=notrunc 2>/dev/null &&
		scan $T/two && test_cmp $T/one $T/two &&
		cp $T/good $facts && head -c $at $T/good >$facts &&
		scan $T/two && test_cmp $T/one $T/two &&
		test_cmp_bin $T/good $facts || return 1
	done && for at in 10 100 5000
	do
		printf "\377" | dd of=.git/vault/index bs=1 seek=$at \
			conv=notrunc 2>/dev/null && scan $T/two &&
		test_cmp $T/one $T/two || return 1
	done
'

test_done
