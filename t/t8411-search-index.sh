#!/bin/sh

test_description='the index for searches: the same answer, from fewer contents'
. "$(dirname "$0")/test-lib.sh"

index=.git/vault/search

# same ARG...: search says the same with the index and without it
same () {
	git vault search --json "$@" >../with 2>../err
	status=$? && mv $index ../aside && git vault search --json "$@" >../without 2>../err
	test $? = $status && mv ../aside $index && test_cmp ../without ../with
}

# all_same: of patterns of each kind
all_same () {
	same name_7 && same NAME_7 && same -w name_7 && same ab && same 'x("' &&
	same absent_text && same --regex '^name_[0-9]+ =' && same --regex 'name_(1|2)$' &&
	same --regex '(?i)Third' && same --regex 'name_1 =|absent_|ThIrD' && same --regex 'first|x' &&
	same --regex 'name_[2-5] = ?ab' && same --regex 'first\s+name' && same --commits name_7 && same --path '*.c' name && same --removed name_3
}

# large FILE: so many lines of its own that it is in pieces of its own
large () {
	awk -v name="$1" 'BEGIN { for (i = 0; i < 500; i++) print "// " name " line " i " of many" }' >>"$1"
}

save () {
	test_tick && git vault -q snapshot >/dev/null
}

test_expect_success 'set up: files that change, go and are binary' '
	mkdir r && mv .git r && cd r && mkdir src && git config vault.autoFold false &&
	for i in 1 2 3 4 5 6 7 8
	do
		printf "first\nname_$i = ab\n\tx(\"$i\")\nThIrD\n" >src/f$i.c && large src/f$i.c && printf "b\0name_7" >src/b$i || return 1
	done && git add . && git commit -q -m one && save && rm src/f3.c && echo "name_1 = 2" >>src/f1.c && save
'

test_expect_success 'a fold indexes; only the user can read it; nothing is indexed twice' '
	cd r && git vault fold 2>../out && test_grep "indexed 10 versions of files for search" ../out &&
	test "$(stat -c %a $index)" = 700 && test "$(stat -c %a $index/*.seg)" = 600 &&
	git vault fold 2>../out && test_grep ! indexed ../out && git vault fold --json >../out &&
	test_grep "\"indexed\":0,\"index_bytes\":[1-9]" ../out
'

test_expect_success 'the answer is the same with it, and without it' '
	cd r && all_same
'

test_expect_success 'what cannot match is not read, and counted all the same' '
	cd r && test_expect_code 1 git vault search -v absent_text 2>../err && test_grep "searched 9 versions of files" ../err &&
	test_grep "read 0 of them" ../err && git vault search -v name_7 2>../err && test_grep "read 1 of them" ../err
'

test_expect_success 'small neighbours are one piece, and large ones are not' '
	mkdir small && git init -q small && cd small && for i in 1 2 3 4 5 6 7 8
	do
		echo "small_$i" >f$i || return 1
	done && large big && echo big_one >>big && git add . && save && git vault -q fold && same small_7 && same big_one && same "big line" &&
	git vault search -v small_7 2>../err && test_grep "read 8 of them" ../err &&
	git vault search -v big_one 2>../err && test_grep "read 1 of them" ../err &&
	echo small_9 >f3 && save && git vault -q fold && same small_3 && same small_9 && same --removed small_3 && git vault search -v small_9 2>../err && test_grep "read 1 of them" ../err
'

test_expect_success 'of an expression with alternatives, only what has one of them is read' '
	cd r && git vault search -v --regex "name_(4|5) =|absent_text" >../out 2>../err && test_grep "src/f4.c" ../out &&
	test_grep "src/f5.c" ../out && test_grep "read 2 of them" ../err
'

test_expect_success 'what came since is found; small parts become one' '
	cd r && for i in 1 2 3 4 5 6
	do
		echo "name_7 again $i" >src/new$i && save && same "again $i" && git vault -q fold || return 1
	done && all_same && ls $index/*.seg >../segs && test "$(wc -l <../segs)" -lt 5
'

test_expect_success 'a damaged part is left out, and made again by the next fold' '
	cd r && for f in $index/*.seg
	do
		chmod u+w "$f" && printf "\377\377" | dd of="$f" bs=1 seek=30 conv=notrunc 2>/dev/null || return 1
	done && all_same && test_expect_code 1 git vault search -v absent_text 2>../err && test_grep ! "of them" ../err &&
	echo junk >$index/00000009.seg && echo junk >$index/other && all_same && git vault fold 2>../out &&
	test_grep "indexed 16 versions" ../out && all_same && test_expect_code 1 git vault search -v absent_text 2>../err &&
	test_grep "read 0 of them" ../err
'

test_expect_success 'what was deleted is not in it after --reclaim' '
	cd r && echo "only_in_one_snapshot" >src/gone && save && rm src/gone && save && git vault -q fold &&
	git vault delete latest~1 && git vault -q fold --reclaim --expire now && all_same &&
	oid=$(echo only_in_one_snapshot | git hash-object --stdin) &&
	! cat $index/*.seg | od -An -v -tx1 | tr -d " \n" | grep "$oid"
'

test_expect_success 'secrets are not in it; secret purge removes it' '
	cd r && secret=Zk29sLqpz8Tn4vRw7YxB1cQe && echo "api_token = \"$secret\"" >src/conf.py && git add src/conf.py &&
	save && git vault -q fold && test_expect_code 1 git vault search -v $secret 2>../err && test_grep "read 0 of them" ../err &&
	git vault search -v api_token 2>../err && test_grep "read 1 of them" ../err &&
	echo "name_8 = ab" >../value && test_expect_code 3 git vault secret purge --stdin <../value >../out 2>../err && test_path_is_missing $index &&
	git vault -q fold && all_same
'

test_expect_success 'what is missing is counted with the index, too' '
	cd r && mkdir ../aside && mv .git/objects/pack/* ../aside && for p in ../aside/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && git vault search -v name_5 2>../err && test_grep "read 1 of them" ../err &&
	rm -f "$(git hash-object src/f5.c | sed "s,..,.git/objects/&/,")" &&
	test_expect_code 3 git vault search absent_text 2>../err && test_grep "1 version of a file is missing" ../err && all_same
'

test_done
