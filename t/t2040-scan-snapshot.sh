#!/bin/sh

test_description='a snapshot scans what it stores, and tells how much it found'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
facts=.git/vault/facts

# clean: a new file without a secret, of which facts are kept in any case
clean () {
	echo "$1" >clean.txt
}

# secret N: a value that is random to look at
secret () {
	printf "%s" "$1" | sha256sum | cut -c1-18
}

# take [OPTION…]: a snapshot; what it says is in $T/err
take () {
	git vault snapshot "$@" >$T/out 2>$T/err
}

# findings OF [OPTION…]: how many a snapshot tells in its JSON
findings () {
	n=$1 && shift &&
	git vault snapshot --json "$@" >$T/json 2>$T/err &&
	test_grep "\"findings\":${n}[,}]" $T/json
}

test_expect_success 'one sentence of what is new, and what to do' '
	echo "password: $(secret 1)" >a.yaml && echo hello >b.txt && take &&
	test_grep "found 1 likely secret in new content; to list them: git vault scan" \
		$T/err && test_path_is_file $facts &&
	printf "token: ghp_%s\nsecret: %s\n" "$(secret a)$(secret b)" \
		"$(secret 3)" >c.yaml && take &&
	test_grep "found 2 likely secrets" $T/err &&
	echo x >>b.txt && take && test_grep ! "likely secret" $T/err
'

test_expect_success 'none with -q, and no other exit status' '
	echo "password: $(secret q)" >q.yaml &&
	git vault -q snapshot 2>$T/err && test_must_be_empty $T/err &&
	echo "password: $(secret r)" >r.yaml && findings 1 &&
	test_grep "found 1 likely secret in" $T/err
'

test_expect_success 'what is not new to the repository is not told again' '
	findings 0 && findings 0 --force &&
	touch -d 2020-01-01 a.yaml && findings 0 && cp r.yaml r2.yaml &&
	findings 0
'

test_expect_success 'what is staged is new, whether its file is read or not' '
	git init -q staged && (
		cd staged && facts=.git/vault/facts &&
		echo "password: $(secret s1)" >a.yaml &&
		touch -d "2020-01-01" a.yaml && git add a.yaml && findings 1 &&
		test_path_is_file $facts && findings 0 && findings 0 --force &&
		echo "password: $(secret s2)" >b.yaml && git add b.yaml &&
		findings 1 && git commit -q -m base && findings 0 &&
		echo "password: $(secret s3)" >b.yaml && git add b.yaml &&
		echo "password: none" >b.yaml && findings 1 && findings 0 &&
		test_grep "\"created\":false" $T/json &&
		echo "password: $(secret s4)" >c.yaml && findings 1 &&
		git add c.yaml && findings 0 &&
		echo "password: $(secret s5)" >d.yaml && git add d.yaml &&
		echo "password: $(secret s6)" >e.yaml && findings 2 &&
		echo x >x && git add x && findings 0 && git rm -q --cached d.yaml &&
		findings 0 && chmod +x c.yaml && git add c.yaml && findings 0 &&
		echo "password: $(secret s7)" >f.yaml && git add f.yaml &&
		findings null --no-scan
	)
'

test_expect_success 'many files that are staged, and a large one' '
	git init -q many && (
		cd many && for i in $(test_seq 1 200)
		do
			echo "password: $(secret many$i)" >$i.yaml || return 1
		done && {
			echo "password: $(secret x)" && seq 900000
		} >large.yaml && git add . && findings 201 && findings 0
	) && rm -rf many
'

test_expect_success 'facts of what has findings, with the key of the keyring' '
	git init -q fresh && (
		cd fresh && echo "password: $(secret f1)" >a.yaml &&
		git vault snapshot && sleep 0.05 && git vault snapshot &&
		test_path_is_missing .git/vault/idkey &&
		test_grep generic-secret .git/vault/facts &&
		test_must_fail git rev-parse -q --verify refs/vault/idkey &&
		git rev-parse -q --verify refs/vault/keyring &&
		cp .git/vault/facts $T/facts &&
		test_expect_code 1 git vault scan --json >$T/with &&
		test_must_fail git rev-parse -q --verify refs/vault/idkey &&
		rm .git/vault/facts &&
		test_expect_code 1 git vault scan --json >$T/without &&
		test_cmp $T/without $T/with
	)
'

test_expect_success 'others may read a key that is to be only where the repository is shared' '
	for shared in false group
	do
		rm -rf fresh && git init -q --shared=$shared fresh && (
			cd fresh && echo "password: $(secret f4) # gitvault:allow generic-secret test" >a.yaml &&
			(umask 022 && findings 0) &&
			test_must_fail git rev-parse -q --verify refs/vault/keyring &&
			ls -l .git/vault/idkey >$T/mode.$shared
		) || return 1
	done && test_grep "^-rw-------" $T/mode.false &&
	test_grep "^-rw-rw----" $T/mode.group && rm -rf fresh
'

test_expect_success 'what is allowed does not count' '
	echo "password: $(secret 6) # gitvault:allow generic-secret test" \
		>allow.yaml && findings 0 &&
	echo "password: $(secret 7)" >policy.yaml &&
	printf "scan:\n  allow:\n  - {path: policy.yaml, reason: r}\n" \
		>.gitvault.yaml && accept_policy && findings 0 && rm .gitvault.yaml &&
	findings 1 && echo "password: changeme" >example.yaml && findings 0
'

test_expect_success 'it makes no ref but its own and those of what is sealed' '
	test_must_fail git rev-parse -q --verify refs/vault/idkey &&
	git for-each-ref >$T/refs && test_grep ! -v \
		-e refs/vault/snapshots/ -e "refs/vault/keyring$" \
		-e refs/vault/secrets/ -e refs/vault/audit/ $T/refs
'

test_expect_success '--no-scan and vault.scan turn it off, --scan on again' '
	rm $facts && echo "password: $(secret 8)" >d.yaml &&
	findings null --no-scan && test_path_is_missing $facts &&
	test_grep ! "secret;" $T/err && test_config vault.scan false &&
	echo "password: $(secret 9)" >d.yaml && findings null &&
	test_path_is_missing $facts && echo "password: $(secret 10)" >d.yaml &&
	clean 1 && findings 1 --scan && test_path_is_file $facts
'

test_expect_success 'nothing is scanned in a dry run' '
	rm $facts && echo "password: $(secret 11)" >d.yaml &&
	findings null --dry-run && test_path_is_missing $facts && clean 2 &&
	findings 1 && test_path_is_file $facts
'

test_expect_success 'where the policy cannot be read, none is taken, and why' '
	git for-each-ref >$T/before && echo "password: $(secret 12)" >d.yaml &&
	echo "scan: [" >.gitvault.yaml &&
	test_expect_code 128 git vault snapshot 2>$T/err &&
	test_grep "cannot be searched for secrets.*--no-scan.*: .gitvault.yaml:" \
		$T/err && git for-each-ref >$T/after && test_cmp $T/before $T/after &&
	test_expect_code 128 git vault diff latest 2>$T/err &&
	test_grep "secrets, so the content of a snapshot would be unknown: .gitvault.yaml:" \
		$T/err && test_grep ! "--no-scan" $T/err &&
	findings null --no-scan && test_grep "\"created\":true" $T/json &&
	rm .gitvault.yaml
'

test_expect_success 'where the facts cannot be kept, nothing is lost' '
	rm -f $facts && mkdir $facts && echo "password: $(secret 13)" >d.yaml &&
	findings 1 && test_grep "\"created\":true" $T/json && rmdir $facts &&
	test_path_is_missing "$facts".* && findings 0
'

test_expect_success 'files of all sizes, in one pass' '
	test_config vault.chunkThreshold 12m &&
	for mb in 1 5 9 20
	do
		{
			echo "password: $(secret x$mb)" &&
			seq $mb$mb$((mb * 125000)) | head -n $((mb * 125000)) &&
			echo "password: $(secret y$mb)"
		} >big$mb.yaml || return 1
	done && findings 8 && findings 0 --force && git vault show -v >$T/show &&
	git ls-tree -r "refs/vault/snapshots/$(git vault list --id-only -n 1)" |
		grep -F meta/chunks
'

test_expect_success 'links are not followed, what is held in archives is' '
	ln -s a.yaml link && echo "password: $(secret t)" >in.yaml &&
	tar -czf k.tgz in.yaml && rm in.yaml && findings 1
'

test_expect_success 'with --only, and in a linked working tree' '
	echo "password: $(secret 14)" >d.yaml && echo "password: $(secret 15)" \
		>e.yaml && findings 1 --only e.yaml && findings 1 &&
	git add a.yaml && test_tick && git commit -q -m base &&
	git worktree add -q ../linked && (
		cd ../linked && echo "password: $(secret 16)" >f.yaml && clean 3 &&
		rm -f "$TRASH_DIRECTORY/$facts" && findings 1
	) && test_path_is_file $facts
'

test_expect_success 'in repositories inside, unless it is turned off here' '
	git init -q sub && git -C sub commit -q --allow-empty -m sub &&
	echo "password: $(secret 17)" >sub/s.yaml &&
	git vault snapshot --recurse-submodules --no-scan &&
	test_path_is_missing sub/$facts &&
	echo "password: $(secret 18)" >sub/s.yaml && echo x >sub/x &&
	git vault snapshot --recurse-submodules && test_path_is_file sub/$facts
'

test_done
