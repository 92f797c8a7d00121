#!/bin/sh

test_description='no value that is planted leaves a scan, by any way

Canaries stand in many formats. What is watched is every byte that is written,
every file that is made and every command line, of every way to scan: not only
what is printed.'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR
canary=Qz7Canary8Lm4Vx2

test_lazy_prereq STRACE 'strace -f --seccomp-bpf -o x true && ! test_have_prereq SANITIZERS'

# leaks FILE…: whether one holds a canary, in clear or as it stands in base64,
# hex or UTF-16.
leaks () {
	grep -l -a -E \
		-e 'Qz7Canary|UXo3Q2FuYXJ5|F6N0NhbmFye|Rejd0NhbmFy|516a3743616e617279' \
		-e 'Q.z.7.C.a.n.a.r.y' "$@"
}

test_expect_success 'set up' '
	printf "db:\n  password: $canary-a\n  token: |\n    $canary-b\n" >a.yaml &&
	printf "DB_PASSWORD=$canary-c\nURL=postgres://u:$canary@db.internal/x\n" \
		>.env &&
	printf "{\"client_secret\": \"$canary-d\", \"n\": 1}\n" >d.json &&
	printf "variable \"secret\" {\n  default = \"$canary-e\"\n}\n" >e.tf &&
	printf "kind: Secret\ndata:\n  password: %s\n" \
		"$(printf $canary-f | base64)" >f.yaml &&
	printf "machine x login y password $canary-g\n" >.netrc &&
	printf "password: $canary-h\n" | iconv -f UTF-8 -t UTF-16 >h.yaml &&
	printf "\000\001password=\"$canary-i\"\000" >i.bin &&
	tar -czf k.tgz a.yaml &&
	git add -f . && test_tick && git commit -q -m first &&
	git rm -q --cached d.json && test_tick && git commit -q -m second &&
	echo "password: $canary-j" >j.yaml && git add -f . &&
	leaks a.yaml .env d.json e.tf f.yaml .netrc h.yaml i.bin >$T/planted &&
	test_line_count = 8 $T/planted
'

test_expect_success 'what is watched finds what is planted' '
	test_expect_code 1 git vault scan >$T/out &&
	for file in a.yaml .env d.json e.tf f.yaml .netrc j.yaml k.tgz
	do
		test_grep "^$file[^ ]*:" $T/out || return 1
	done
'

cat >"$T/ways" <<END
scan
scan -v -v --grade example
scan --json --grade example
scan --format sarif
scan --format junit
scan --format gitlab
scan --format csv
scan --staged
scan --staged --json
scan --range HEAD~1..HEAD
scan --range HEAD --json
scan --all-history
scan --all-history --format csv
scan --stdin
scan --stdin --path a.yaml --json
scan --write-baseline $T/baseline
scan --baseline $T/baseline --json
END

test_expect_success STRACE 'nothing is written, made or called with one, whatever the way' '
	mkdir $T/runs && n=0 &&
	while read -r way
	do
		n=$((n + 1)) && mkdir $T/runs/$n &&
		rm -f .git/vault/scanned .git/vault/facts &&
		test_might_fail strace -f --seccomp-bpf -y -s 65536 -o $T/runs/$n/trace \
			-e trace=write,pwrite64,writev,pwritev,sendto,sendmsg,execve,openat,rename,symlink,mkdir,memfd_create \
			git-vault $way <a.yaml >$T/runs/$n/out 2>$T/runs/$n/err &&
		test_grep "execve(" $T/runs/$n/trace &&
		test_grep "exited with [01] " $T/runs/$n/trace || return 1
	done <$T/ways &&
	test $n = 17 && test_file_not_empty $T/baseline &&
	test_must_fail leaks -r $T/runs $T/baseline >$T/leaks &&
	test_must_be_empty $T/leaks
'

test_expect_success 'nor is one kept in .git/vault, or in an object of ours' '
	test_expect_code 1 git vault scan --all-history >$T/out &&
	test_path_exists .git/vault && test_must_fail leaks -r .git/vault &&
	{ git ls-files -s | cut -d" " -f2 &&
		git rev-list --objects HEAD | cut -d" " -f1; } | sort -u >$T/mine &&
	git cat-file --batch-all-objects --batch-check="%(objectname)" |
		sort | comm -23 - $T/mine >$T/ours &&
	test_file_not_empty $T/ours &&
	git cat-file --batch <$T/ours >$T/bytes &&
	test_must_fail leaks $T/bytes
'

test_expect_success 'nor does a snapshot tell one, or keep it in its facts' '
	cp -r . $T/copy && (
		cd $T/copy && rm -f .git/vault/facts &&
		for file in a.yaml .env d.json e.tf f.yaml .netrc
		do
			echo >>$file || return 1
		done && tar -czf k2.tgz d.json j.yaml && git vault snapshot --json -v >$T/out 2>$T/err &&
		test_grep "found [0-9]* likely secrets" $T/err &&
		test_grep -a generic-secret .git/vault/facts &&
		test_grep -a password .git/vault/facts &&
		test_must_fail leaks -r .git/vault $T/out $T/err
	)
'

test_expect_success STRACE 'temporary files hold none, while they are there' '
	test_grep -h "openat(.*O_CREAT" $T/runs/*/trace >$T/made &&
	sed -n "s/.*openat([^\"]*\"\([^\"]*\)\".*O_CREAT.*/\1/p" $T/made |
		sed -E "/^\/dev\/|\.git\/|baseline/d" >$T/elsewhere &&
	test_must_be_empty $T/elsewhere
'

# refused COMMAND…: it fails, with a sentence that holds no canary.
refused () {
	test_expect_code 128 "$@" >$T/out 2>$T/err && test_grep . $T/err &&
	test_must_fail leaks $T/out $T/err
}

test_expect_success 'what is wrong with a policy is told without its values' '
	test_when_finished "rm -f .gitvault.yaml" &&
	for text in "scan: [$canary" "scan: {allow: {$canary: 1}}" \
		"scan:\n  allow:\n  - {path: x, reason: r, until: $canary}" \
		"scan:\n  rules:\n  - {id: $canary}" \
		"scan:\n  rules: [{id: a, positive: $canary}]" "password: $canary" \
		"scan:\n  rules:\n  - {id: mine, pattern: \"($canary\"}"
	do
		printf "$text\n" >.gitvault.yaml &&
		test_might_fail git vault scan -v a.yaml >$T/out 2>$T/err &&
		test_grep . $T/err && test_must_fail leaks $T/out $T/err || return 1
	done
'

test_expect_success 'a file that cannot be read, and a path that is none' '
	refused git vault scan --baseline a.yaml &&
	refused git vault scan --range HEAD..none &&
	refused git vault scan a.yaml no-such-file
'

test_done
