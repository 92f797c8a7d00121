#!/bin/sh

test_description='hostile files take bounded memory and time, and hide nothing

Each is large, holds a secret at its very end, and is scanned in a process that
may take 64 MiB and so many seconds of processor time as no file needs that is
looked through once. GIT_VAULT_TEST_LONG=1 takes them ten times as large, and a
single line of 1 GB.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
secret=Zk3fj29sLq0xWv7
size=4 # megabytes
test -z "$GIT_VAULT_TEST_LONG" || size=40
seconds=$((size + 2))

cat >"$T/rss.py" <<END
import resource, subprocess, sys
most = int(sys.argv[1])
def bound():
    resource.setrlimit(resource.RLIMIT_CPU, (most, most))
r = subprocess.run(sys.argv[2:], preexec_fn=bound)
u = resource.getrusage(resource.RUSAGE_CHILDREN)
print("# %d KiB, %.2f s" % (u.ru_maxrss, u.ru_utime + u.ru_stime),
    file=sys.stderr)
assert u.ru_maxrss <= 64 * 1024, "%d KiB" % u.ru_maxrss
sys.exit(r.returncode if r.returncode >= 0 else 128 - r.returncode)
END

# fill TEXT: it, end to end, a good many bytes of it
fill () {
	python3 -c 'import os, sys
text = os.fsencode(sys.argv[1]).decode("unicode_escape").encode("latin-1")
n = int(sys.argv[2]) * 1000000
block = text * (65536 // len(text) + 1)
while n > 0:
    n -= sys.stdout.buffer.write(block)' "$1" ${2:-$size}
}

# finds FILE LINES: the secret is found on the last line, within bounds
finds () {
	test_expect_code 1 python3 $T/rss.py $seconds \
		git-vault scan $1 >$T/out &&
	test_grep "^[^:]*${1##*/}:$2:" $T/out
}

ends () {
	printf "\npassword: $secret\n"
}

if test_have_prereq SANITIZERS || ! test_have_prereq PYTHON
then
	skip_all 'memory cannot be judged here'
fi

test_expect_success 'a single line' '
	{ fill "plain words " && printf " password=%s" $secret; } >one.env &&
	finds one.env 1
'

test_expect_success 'nesting without end, in YAML, JSON, XML, HCL' '
	for text in "- " "a: {b: [" "[[{\"a\":" "<a><b c=\"d\">" "a \"b\" {\n" \
		"\${" "%%{"
	do
		for name in x.yaml x.json x.xml x.tf
		do
			case $name in
			*.yaml) end="password: $secret" ;;
			*.json) end="\"password\": \"$secret\"" ;;
			*.xml) end="<password>$secret</password>" ;;
			*.tf) end="password = \"$secret\"" ;;
			esac &&
			{ fill "$text" 1 && printf "\n%s\n" "$end"; } >$name &&
			lines=$(wc -l <$name) && finds $name $lines || return 1
		done
	done
'

test_expect_success 'aliases of aliases' '
	{ echo "a0: &a0 [password, $secret]" && for i in $(test_seq 60)
	do
		p=$((i - 1)) &&
		echo "a$i: &a$i [*a$p,*a$p,*a$p,*a$p,*a$p,*a$p,*a$p,*a$p,*a$p]"
	done && echo "<<: *a60" && fill "<<: *a60\n" && ends; } >alias.yaml &&
	finds alias.yaml "$(wc -l <alias.yaml)"
'

test_expect_success 'invalid UTF-8, NULs and bytes of all kinds' '
	{ fill "\xff\xfe\x80\xc0\xaf\xed\xa0\x80" && ends; } >invalid.yaml &&
	test_might_fail python3 $T/rss.py $seconds git-vault scan invalid.yaml &&
	{ fill "\x80\xbf\xc3(\n" && ends; } >broken.yaml &&
	finds broken.yaml "$(wc -l <broken.yaml)" &&
	{ fill "\x00\x00\n" && ends; } >nul.yaml &&
	test_might_fail python3 $T/rss.py $seconds git-vault scan nul.yaml &&
	head -c $((size * 1000000)) /dev/urandom >random.bin &&
	test_might_fail python3 $T/rss.py $seconds git-vault scan random.bin
'

test_expect_success 'UTF-16 of both orders, whole, odd and cut' '
	for order in LE BE
	do
		{ fill "plain words\n" 1 && ends; } >clear.yaml &&
		lines=$(wc -l <clear.yaml) &&
		printf "\377\376" >bom.LE && printf "\376\377" >bom.BE &&
		{ cat bom.$order && iconv -f UTF-8 -t UTF-16$order clear.yaml; } \
			>utf.yaml && finds utf.yaml $lines &&
		{ cat utf.yaml && printf x; } >odd.yaml &&
		finds odd.yaml $lines &&
		{ cat bom.$order && fill "\xd8\x00" && ends; } >half.yaml &&
		test_might_fail python3 $T/rss.py $seconds \
			git-vault scan half.yaml || return 1
	done
'

test_expect_success 'encodings in encodings' '
	printf "password: $secret\n" >in && for i in $(test_seq 12)
	do
		{ printf "data: " && base64 -w 0 in; } >next && mv next in ||
			return 1
	done && mv in deep.yaml &&
	test_might_fail python3 $T/rss.py $seconds git-vault scan deep.yaml &&
	{ fill "ZXhwb3J0IERCX1BBU1NXT1JEPSd4JzsgY3VybCAtdSBhOmIg" && ends; } \
		>text.yaml && finds text.yaml "$(wc -l <text.yaml)"
'

test_expect_success 'archives that are cut, and those that unfold to much' '
	fill "\x00" 40 >zero && gzip -9 <zero >bomb.gz && gzip -9 <bomb.gz \
		>bomb.gz.gz && rm zero &&
	for file in bomb.gz bomb.gz.gz
	do
		head -c $(($(wc -c <$file) / 2)) $file >cut.$file &&
		test_might_fail python3 $T/rss.py $seconds \
			git-vault scan $file cut.$file || return 1
	done &&
	python3 -c "import zipfile
z = zipfile.ZipFile(\"bomb.zip\", \"w\", zipfile.ZIP_DEFLATED)
for i in range(40): z.writestr(str(i), bytes(1000000))" &&
	head -c 20000 bomb.zip >cut.zip &&
	test_might_fail python3 $T/rss.py $seconds \
		git-vault scan bomb.zip cut.zip
'

test_expect_success 'patterns of a team that would backtrack do not' '
	git init -q team && cat >team/.gitvault.yaml <<-\END &&
	scan:
	  rules:
	  - id: team-slow
	    description: one that others would hang on
	    provider: Team
	    kind: token
	    anchors: [aaaa]
	    pattern: "aaaa(?:a|aa){1,100}b"
	    severity: high
	    confidence: likely
	    remediation: none
	    positive: ["aaaab", "aaaaab"]
	    negative: ["aaaa", "bbbb"]
	END
	{ fill a 1 && ends; } >team/x.yaml &&
	(cd team && finds x.yaml 2)
'

test -z "$GIT_VAULT_TEST_LONG" || test_set_prereq LONG

test_expect_success LONG 'a single line of 1 GB' '
	{ fill "plain words " 1000 && printf " password=%s" $secret; } >one.env &&
	finds one.env 1 && rm one.env
'

test_done
