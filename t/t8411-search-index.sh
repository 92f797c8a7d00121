#!/bin/sh

test_description='the index for searches: the same answer, from fewer contents'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

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

# the log of what snapshots changed is used, but for what ARG... says; the answer is the same
same_past () {
	for p in "name_7" "--removed name_3" "-w name_1" "--regex name_[0-9]+.=" "--since 5y name_5" "--symbol name_8" "--path f[12].c name" "--path nothing name"
	do
		# shellcheck disable=SC2086 # words
		same $p || return 1
	done
}

test_expect_success 'the log of what snapshots changed is for the user, and gives the same answer whatever it holds' '
	cd r && test "$(stat -c %a $index/pathlog)" = 600 && cp $index/pathlog ../log && same_past &&
	rm $index/pathlog && same_past && : >$index/pathlog && same_past && head -c 100 ../log >$index/pathlog && same_past &&
	printf "\377" | dd of=../log bs=1 seek=300 conv=notrunc 2>/dev/null && cp ../log $index/pathlog && same_past && git vault -q fold && same_past &&
	cp $index/pathlog ../log && echo "name_7 more" >>src/f2.c && save && same_past && git vault -q fold && cp ../log $index/pathlog && same_past &&
	git vault search "name_7 more" >../out && git vault -q fold && git vault search "name_7 more" >../same && test_cmp ../out ../same
'

test_expect_success 'with it, no tree is read, nor a snapshot' '
	cp -r r trees && cd trees && git vault -q fold && git vault search --json name_6 >../with && tree=$(git rev-parse "$(git for-each-ref --format="%(refname)" refs/vault/snapshots | head -n 1):tree/src") &&
	mkdir ../trees.packs && mv .git/objects/pack/* ../trees.packs && for p in ../trees.packs/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && rm -f ".git/objects/$(echo "$tree" | sed "s,..,&/,")" && git vault search --json name_6 >../out && test_cmp ../with ../out &&
	rm $index/pathlog && test_expect_code 3 git vault search name_6 2>../err && test_grep "^git-vault: warning: snapshot" ../err
'

test_expect_success 'of two hosts, of merges and of files that were renamed, the answer is the same' '
	git init -q hosts && cd hosts && echo only_here >a && echo name_1 >b && large c && snapshot_take -H here && rm a && echo name_1 >d && snapshot_take -H there &&
	echo only_here >a && echo name_2 >b && snapshot_take -H here && mv c e && echo name_1 more >>e && snapshot_take -H there && git add . &&
	git commit -q -m one && git checkout -q -b side && echo name_2 >f && git add . && git commit -q -m f && git checkout -q - && echo x >g && git add . && git commit -q -m g &&
	git merge -q side -m both && snapshot_take -H here && git vault -q fold && test_path_is_file $index/pathlog && same only_here && same name_1 && same --removed name_1 &&
	same name_2 && same "c line 7 of" && same --commits name_2 && same --auto name_2 && git vault search -v name_2 2>../err && test_grep "in 5 snapshots" ../err
'

test_expect_success 'what was deleted is not in it after --reclaim' '
	cd r && echo "only_in_one_snapshot" >src/gone && save && rm src/gone && save && git vault -q fold &&
	git vault delete latest~1 && git vault -q fold --reclaim --expire now && all_same &&
	oid=$(echo only_in_one_snapshot | git hash-object --stdin) &&
	! cat $index/*.seg $index/pathlog | od -An -v -tx1 | tr -d " \n" | grep "$oid" && test_grep -a "src/f1" $index/pathlog && ! grep -a "src/gone" $index/pathlog &&
	echo other >src/gone_too && save && rm src/gone_too && save && git vault -q fold && test_grep -a "src/gone_too" $index/pathlog && git vault delete latest~1 &&
	git worktree add -q ../aside.tree && (cd ../aside.tree && git vault -q fold --reclaim --expire now) && git worktree remove --force ../aside.tree &&
	test_path_is_missing $index/pathlog && git vault -q fold && ! grep -a "src/gone_too" $index/pathlog
'

test_expect_success 'secrets are not in it; secret purge removes it' '
	cd r && secret=Zk29sLqpz8Tn4vRw7YxB1cQe && echo "api_token = \"$secret\"" >src/conf.py && git add src/conf.py &&
	save && git vault -q fold && test_expect_code 1 git vault search -v $secret 2>../err && test_grep "read 0 of them" ../err &&
	git vault search -v api_token 2>../err && test_grep "read 1 of them" ../err &&
	echo "name_8 = ab" >../value && test_expect_code 3 git vault secret purge --stdin <../value >../out 2>../err && test_path_is_missing $index &&
	git vault -q fold && all_same
'

test_expect_success 'what is no text is not read again, however large it is; a long text is counted' '
	cd r && truncate -s 17M src/zero && large src/long && for i in 1 2 3 4 5 6 7 8 9 10
	do
		cat src/long src/long >../long && mv ../long src/long || return 1
	done && save && git vault -q fold && same absent_text && rm src/long && save && git vault -q fold --reclaim --expire now &&
	test_expect_code 1 git vault search -v absent_text 2>../err && test_grep "read [01] of them" ../err && same absent_text &&
	git worktree add -q ../linked && (cd ../linked && git vault -q fold) && test_path_is_file $index/extent && test_path_is_file $index/pathlog &&
	for p in name_7 absent_text
	do
		git vault search --json $p >../out
		(cd ../linked && git vault search --json $p) >../same
		test_cmp ../out ../same || return 1
	done && (cd ../linked && echo name_7 linked >l && git vault snapshot --auto >/dev/null) && git vault -q fold &&
	test_expect_code 1 git vault search "name_7 linked" && (cd ../linked && test_expect_code 1 git vault search "name_7 linked") 2>../err &&
	test_grep "automatic saves have it, in l" ../err && (cd ../linked && git vault search --auto "name_7 linked") &&
	(cd ../linked && git vault -q snapshot >/dev/null && git vault -q fold) && test_path_is_missing $index/pathlog && same name_7 &&
	git worktree remove --force ../linked
'

# all_projects ARG...: what a search in all projects says, by project
all_projects () {
	git vault search --all-projects "$@" >out 2>err
	echo "exit $?" >>out && sort out && sort err
}

test_expect_success 'of all projects, one is not opened whose index says no, and the answer is the same' '
	for p in one two
	do
		git init -q $p && (cd $p && large $p && echo only_$p >own && git add . && git commit -q -m x && save && git vault -q fold) || return 1
	done && git vault project add one two >out && for p in absent_text only_one "line 7 of" "(one|absent_text)"
	do
		all_projects --json --regex "$p" >with && all_projects --regex "$p" >with.text && for r in one two
		do
			mv $r/$index $r.aside || return 1
		done && all_projects --json --regex "$p" >without && all_projects --regex "$p" >without.text && for r in one two
		do
			mv $r.aside $r/$index || return 1
		done && test_cmp without with && test_cmp without.text with.text || return 1
	done && git -C two config core.repositoryformatversion 99 && git vault search --all-projects only_one >out 2>err && test_grep only_one out &&
	test_grep "^two: git-vault: nothing found" err && test_expect_code 128 git vault search --all-projects "line 7 of" >out 2>err && git config -f two/.git/config core.repositoryformatversion 0 &&
	if test "$(id -u)" = 0
	then
		chown 65534 two && test_expect_code 128 git vault search --all-projects absent_text >out 2>err && test_grep "^two: .*dubious ownership" err && chown 0 two
	fi
'

test_expect_success 'what came since the last fold is found in all projects, in automatic saves as well' '
	(cd two && echo newer >own && save) && git vault search --all-projects newer >out 2>err && test_grep "^own:1: newer" out &&
	(cd two && git vault -q fold && echo typed >own && git vault snapshot --auto >/dev/null && echo newer >own) &&
	test_expect_code 1 git vault search --all-projects typed 2>err && test_grep "^two: .*automatic saves have it" err &&
	(cd two && git vault -q fold && git vault search --auto -v typed) >out 2>err && test_grep "own:1: typed" out && test_grep "read 1 of them" err &&
	test_expect_code 1 git vault search --all-projects typed 2>err && test_grep "^two: .*automatic saves have it" err &&
	(cd two && echo typed_too >elsewhere && save && echo typed_too >own && git vault snapshot --auto >/dev/null && echo newer >own && git vault -q fold) &&
	test_expect_code 1 git vault search --all-projects --path own typed_too 2>err && test_grep "^two: .*automatic saves have it, in own" err &&
	(cd two && echo and_more >own && save && git vault delete --yes latest >/dev/null) && test_expect_code 1 git vault search --all-projects and_more 2>err
'

test_expect_success 'what is missing, and may have the text, is counted; of the rest the index knows enough' '
	cd r && mkdir ../packs && mv .git/objects/pack/* ../packs && for p in ../packs/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && git vault search -v name_5 2>../err && test_grep "read 1 of them" ../err &&
	rm -f "$(git hash-object src/f5.c | sed "s,..,.git/objects/&/,")" &&
	test_expect_code 3 git vault search name_5 2>../err && test_grep "1 version of a file is missing" ../err && same name_5 &&
	test_expect_code 1 git vault search absent_text 2>../err && test_grep ! missing ../err
'

test_done
