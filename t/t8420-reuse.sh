#!/bin/sh

test_description='copies of files and of code in several projects'
. "$(dirname "$0")/test-lib.sh"

# code FROM TO NAME: functions of C that differ from each other
code () {
	awk -v from="$1" -v to="$2" -v name="$3" 'BEGIN {
		split("+ - * / % & |", op, " ")
		for (i = from; i < to; i++) {
			printf "int\n%s_%d(int a)\n{\n\tint v = 0;\n\n", name, i
			for (k = 0; k < 6; k++) {
				x = (i * 7919 + k * 104729) % 1009
				printf "\tv = a %s %d %s v;\n", op[x % 7 + 1], x, op[int(x / 7) % 7 + 1]
				if (x % 3 == 0)
					printf "\tif (v %s a) call_%s(v, a);\n", op[x % 5 + 1], name
				if (x % 4 == 1)
					printf "\twhile (a--) v %s= list[a];\n", op[x % 3 + 1]
			}
			print "\treturn v;\n}\n"
		}
	}'
}

# commit MESSAGE: a minute later
commit () {
	git add . && test_tick && git commit -q -m "$1"
}

test_expect_success 'without a project there is nothing to compare' '
	(cd / && GIT_DIR=/nowhere test_expect_code 128 git vault reuse 2>&1) >out && test_grep "no project is registered" out
'

test_expect_success 'set up: three projects with copies, one of them not committed' '
	for p in one two three
	do
		git init -q $p && git vault project add $p >/dev/null || return 1
	done && (cd one && code 0 12 first >db.c && code 30 36 same >same.c && commit one) &&
	(cd two && mkdir lib vendor && code 0 12 first | sed "s/^int$/long/;40i\\
	new = 1;" >lib/db.c && cp ../one/same.c other.c && cp ../one/same.c vendor/ && code 50 60 own >own.c && test_tick && commit two) &&
	(cd three && code 90 93 alone >z.c && code 4 7 second | sed "s/\\<v\\>/w/g" >>z.c && commit three && cp ../one/same.c same.c &&
	echo "/* more */" >>same.c && test_tick && test_tick && git vault -q snapshot >/dev/null)
'

test_expect_success 'copies: which is the newest, and what the others lack' '
	git vault reuse >out && sed "s/, [0-9].* ago//" out >shown &&
	grep -A2 "^db.c" shown >db && printf "db.c\n    two lib/db.c, newest\n    one db.c, lacks 13 lines, has 12 of its own\n" >expect && test_cmp expect db &&
	sed -n "/^[a-z]*same.c$\|^other.c/,/^[^ ]/p" shown | grep "^    " | sort >same && test_grep "three same.c, newest" same &&
	test_grep "one same.c, lacks 1 line$" same && test_grep "two other.c, lacks 1 line$" same && test_grep ! vendor out &&
	git vault reuse --json >out && test_grep "\"behind\":13,\"ahead\":12" out && test_grep "\"projects\":4,\"files\":7" out
'

test_expect_success 'a part of a file, where its names were changed' '
	cd one && first=$(grep -n first_4 db.c | cut -d: -f1) && last=$(($(grep -n first_7 db.c | cut -d: -f1) - 2)) &&
	git vault reuse db.c:$first-$last >../out && test_grep "^three z.c:[0-9]*-[0-9]* copied and renamed from lines [67][0-9]-[0-9]* (" ../out &&
	test_grep "^two lib/db.c:[0-9]*-[0-9]* copied from lines" ../out && test_grep ! "^one" ../out &&
	git vault reuse same.c >../out && test_grep "^two other.c:1-[0-9]* the same file as lines 1-" ../out &&
	test_expect_code 1 git vault reuse db.c:1-3 2>../err && test_grep "nothing found" ../err &&
	test_expect_code 129 git vault reuse db.c:x 2>../err && test_grep "FILE:LINES" ../err &&
	test_expect_code 128 git vault reuse absent.c 2>../err
'

test_expect_success 'two projects, by name or folder' '
	git vault reuse --between one two >out && test_grep "^two other.c:1-[0-9]* the same file as one same.c:1-" out &&
	test_grep "^two lib/db.c:.* copied from one db.c:" out && test_grep ! three out &&
	git vault reuse --json --between one ./three >out && test_grep "\"kind\":\"renamed\"" out &&
	test_expect_code 129 git vault reuse --between one 2>err && test_expect_code 128 git vault reuse --between one nowhere 2>err
'

test_expect_success 'of more copies than git is asked about, none is called the newest' '
	mkdir one/many two/many && code 70 73 many >many.c && i=0 && while test $i -lt 251
	do
		cp many.c one/many/f$i.c && cp many.c two/many/f$i.c && i=$((i + 1)) || return 1
	done && git -C one add . && git -C one commit -q -m many && git -C two add . && git -C two commit -q -m many &&
	git vault reuse >out && grep -c "many/f" out >n && echo 502 >expect && test_cmp expect n &&
	grep "many/f" out >many && test_grep "age not known" many && test_grep ! newest many && test_grep "newest" out &&
	git -C one rm -q -r many && git -C two rm -q -r many && git -C one commit -q -m few && git -C two commit -q -m few
'

test_expect_success 'a working copy of another tool is read, too' '
	mkdir -p ../copy/.svn && : >../copy/.svn/wc.db && (cd ../copy && git vault init -q && code 0 12 first >db.c && git vault -q snapshot) >out &&
	git vault project add ../copy >out && git vault reuse >out && test_grep "^    copy db.c" out && git vault project remove copy && rm -r ../copy
'

test_expect_success 'a project that cannot be read is named, and the others are compared' '
	rm -r two/.git/objects && mkdir two/.git/objects && test_expect_code 3 git vault reuse >out 2>err &&
	test_grep "warning: two: " err && test_grep "one same.c" out && rm -r three &&
	test_expect_code 3 git vault reuse 2>err && test_grep "three: there is no folder" err
'

test_done
