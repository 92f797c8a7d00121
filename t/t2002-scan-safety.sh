#!/bin/sh

test_description='git vault scan: no value leaves it, large and odd input'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR
value=CanaryZk3fj29sLq0x

test_expect_success 'set up' '
	printf "password: $value\nurl: postgres://u:$value@db.internal/x\n" >a.yaml &&
	printf "<add key=\"Password\" value=\"$value\" />\n" >b.config &&
	printf "A_PASSWORD=$value\nexport B_TOKEN=\"$value-2\"\n" >.env &&
	printf "machine x login y password $value\n" >.netrc &&
	git add -f . && test_tick && git commit -q -m first &&
	echo "#" >>.env && git add -f .
'

test_expect_success 'no value is printed, in any format, by any way' '
	for args in "" "-v -v" --json "--format csv" "--format sarif" \
		"--format junit" "--format gitlab" "--grade example -v" \
		--all-history --staged "--staged --json" "--stdin --json" \
		"--stdin --path x.env"
	do
		test_expect_code 1 git vault scan $args <.env >$T/out 2>$T/err &&
		test_grep . $T/out && test_grep ! Canary $T/out &&
		test_grep ! Canary $T/err || return 1
	done &&
	test_expect_code 1 git vault scan -v .env >$T/out &&
	for name in $(sed -n "s/.*fingerprint //p" $T/out)
	do
		git vault scan --explain $name >$T/out 2>&1 &&
		test_grep ! Canary $T/out &&
		git vault scan --json --explain $name >$T/out 2>&1 &&
		test_grep ! Canary $T/out || return 1
	done
'

test_expect_success 'no value is stored: in no object, no file of ours' '
	git cat-file --batch-all-objects --batch-check >$T/all &&
	{ git ls-files -s && git ls-tree -r HEAD | cut -d" " -f2-; } |
		cut -d" " -f2 | cut -f1 | sort -u >$T/mine &&
	grep -v -F -f $T/mine $T/all | cut -d" " -f1 >$T/ours &&
	test_file_not_empty $T/ours &&
	git cat-file --batch <$T/ours >$T/bytes && test_grep ! Canary $T/bytes &&
	find .git -name vault -type d >$T/dirs &&
	test_file_not_empty $T/dirs &&
	for dir in $(cat $T/dirs)
	do
		test_must_fail grep -r -a Canary $dir || return 1
	done
'

test_lazy_prereq STRACE 'strace -f -o x true && ! test_have_prereq SANITIZERS'
test_expect_success STRACE 'no value is written or given to a program' '
	test_might_fail strace -f -s 1000000 -o $T/trace \
		-e trace=write,pwrite64,writev,execve,sendto,memfd_create \
		git-vault scan -v >$T/out 2>$T/err &&
	test_grep execve $T/trace && test_grep "a.yaml" $T/trace &&
	test_grep ! Canary $T/trace
'

test_expect_success 'values are shown on a terminal only, and only as text' '
	test_expect_code 129 git vault scan --show-secrets >$T/out 2>$T/err &&
	test_grep "on a terminal only" $T/err && test_must_be_empty $T/out
'

test_expect_success PYTHON 'on a terminal they are, made safe' '
	printf "password: \"$value\033]2J\"\n" >$T/odd.yaml &&
	cat >$T/show.py <<-\END &&
	import pty, sys
	sys.exit(pty.spawn(sys.argv[1:]) >> 8)
	END
	test_expect_code 1 python3 $T/show.py git-vault scan --show-secrets .env \
		$T/odd.yaml >$T/out </dev/null &&
	test_grep "A_PASSWORD = $value" $T/out &&
	test_grep "$value.033.2J" $T/out &&
	test_must_fail grep "$(printf "\033]2J")" $T/out &&
	test_expect_code 129 python3 $T/show.py git-vault scan --show-secrets \
		--json >$T/out </dev/null &&
	test_grep ! Canary $T/out
'

# Windows of 4 MiB: whatever stands at their edges is told once, in its place.
test_expect_success 'nothing is lost or told twice at the edges of windows' '
	awk "BEGIN { for (i = 0; i < 240000; i++) {
		if (i % 97 == 0) printf \"k%d_password: Zk3f%06dLq0x\n\", i, i;
		else print \"some: setting that is no secret at all\" } }" \
		>$T/large.yaml &&
	test $(wc -c <$T/large.yaml) -gt 9000000 &&
	grep -n _password $T/large.yaml | cut -d: -f1 >$T/expect &&
	test_expect_code 1 git vault scan $T/large.yaml >$T/out &&
	cut -d: -f2 $T/out >$T/actual && test_cmp $T/expect $T/actual &&
	test_expect_code 1 git vault scan --stdin --path large.yaml \
		<$T/large.yaml >$T/out &&
	cut -d: -f2 $T/out >$T/actual && test_cmp $T/expect $T/actual
'

test_expect_success 'columns of a single long line' '
	awk "BEGIN { srand(42); for (i = 0; i < 600000; i++) {
		if (i % 1001) { printf \"plain words \"; continue }
		printf \"ghp_\"; for (k = 0; k < 36; k++)
			printf \"%c\", 97 + int(rand() * 26)
		printf \" \" } }" >$T/line.env &&
	test $(wc -c <$T/line.env) -gt 7000000 &&
	grep -o -b "ghp_[a-z]*" $T/line.env | cut -d: -f1 |
		awk "{ print \$1 + 1 }" >$T/expect &&
	test_line_count = 600 $T/expect &&
	test_expect_code 1 git vault scan --grade example $T/line.env >$T/out &&
	sed "s/^[^:]*:1:\([0-9]*\):.*/\1/" $T/out >$T/actual &&
	test_cmp $T/expect $T/actual
'

test_expect_success PYTHON,!SANITIZERS 'memory does not grow with the file' '
	cat >$T/rss.py <<-\END &&
	import resource, subprocess, sys
	subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
	print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
	END
	awk "BEGIN { for (i = 0; i < 4000000; i++) printf \"word and words \" }" \
		>$T/long && cat $T/long $T/long >$T/longer && rm $T/long &&
	test $(wc -c <$T/longer) -gt 100000000 &&
	rss=$(python3 $T/rss.py git-vault scan $T/longer) && rm $T/longer &&
	echo "# $rss MiB" && test "$rss" -lt 32
'

test_expect_success 'bytes of every kind end, and nothing crashes' '
	awk "BEGIN { for (i = 0; i < 50000; i++) printf \"password: {[(\\\"\" }" \
		>$T/deep && printf "\377\376p\0a\0s\0s\0" >$T/utf16 &&
	printf "\000\001\377password\000: \200\201\202" >$T/nul && : >$T/empty &&
	test_might_fail git vault scan $T/deep $T/utf16 $T/nul $T/empty &&
	mkfifo pipe && test_expect_code 1 git vault scan &&
	test_expect_code 128 git vault scan pipe 2>$T/err &&
	test_grep "pipe is neither file nor directory" $T/err
'

test_expect_success 'a large file is read to its end as what it begins with' '
	{
		printf -- "---\npassword: $value\n" &&
		yes "filler: nothing of note" | head -c 6000000 &&
		printf "\npassword: $value\n"
	} >untold && test_expect_code 1 git vault scan --grade example untold \
		>$T/out 2>$T/err &&
	test_line_count = 2 $T/out &&
	sed "s/.*: \([a-z]*\): generic-secret.*/\1/" $T/out | sort -u >$T/grades &&
	test_line_count = 1 $T/grades && rm untold
'

test_done
