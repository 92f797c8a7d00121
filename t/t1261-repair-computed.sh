#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault repair: what is computed out of other objects

Chunks, trees and pointers of large files out of whoever still has the bytes;
directories out of what other snapshots have at their place.'
. "$(dirname "$0")/test-lib.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

# text SEED BYTES
text () {
	awk -v s="$1" -v n="$2" 'BEGIN {
		while (n > 0) {
			s = (s * 16807) % 2147483647
			printf "%010d\n", s
			n -= 11
		}
	}'
}

oid () {
	git rev-parse --verify "refs/vault/snapshots/$1"
}

loose () {
	echo ".git/objects/$(echo "$1" | sed 's,^..,&/,')"
}

lose () {
	for o_
	do
		rm "$(loose "$o_")" || return 1
	done
}

# The third snapshot changes a large file in its middle; each changes other
# files, and the fifth is that of a working tree that changes once more.
test_expect_success 'five snapshots with a large file, all objects loose' '
	test_create_repo "$base" && cd "$base" &&
	git config vault.chunkThreshold 200k && mkdir -p a/b c &&
	for i in 1 2 3 4 5 6
	do
		echo $i >a/f$i && echo $i >a/b/g$i && echo $i >c/h$i || return 1
	done && git add . && test_tick && git commit -q -m base &&
	text 1 3000000 >big && test_tick && git vault -q snapshot >../one &&
	echo two >a/b/g1 && test_tick && git vault -q snapshot >../two &&
	(text 1 1500000 && echo new && text 1 3000000 |
		tail -c 1500000) >big && echo three >a/b/g2 && echo x >a/b/new &&
	test_tick && git vault -q snapshot >../three &&
	echo four >a/b/g3 && rm a/b/g5 && test_tick &&
	git vault -q snapshot >../four && echo five >c/h1 && test_tick &&
	git vault -q snapshot >../five && echo six >a/b/g6 &&
	mv .git/objects/pack .git/packs && mkdir .git/objects/pack &&
	for p in .git/packs/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && rm -rf .git/packs && for i in one two three four five
	do
		eval "$i=$(cat ../$i)" || return 1
	done
'

fresh () {
	cd "$TRASH_DIRECTORY" && rm -rf "$repo" && cp -a "$base" "$repo" &&
		cd "$repo" || return 1
}

whole () {
	git fsck --full --strict --no-dangling >../fsck 2>&1 &&
		test_must_be_empty ../fsck && git vault verify --deep >../actual &&
		test_grep "verified, all intact" ../actual
}

# mended SOURCE OBJECT…: repair says so of each of them, and all is whole
mended () {
	git vault repair >../said && source_=$1 && shift || return 1
	for o_
	do
		test_grep "^repaired [a-z]* $o_: $source_" ../said || return 1
	done && whole
}

# Objects of the large file of a snapshot.
pointer_of () {
	oid "$1:tree/big"
}

chunks_of () {
	echo "$1:meta/chunks/$(pointer_of "$1")"
}

test_expect_success 'a chunk is cut out of the working tree' '
	fresh && c=$(oid $(chunks_of $five)/00000000/0002) && lose $c &&
	test_expect_code 1 git vault verify && mended "cut out of the working tree, big" $c
'

test_expect_success 'one that the file has lost meanwhile is not' '
	fresh && git ls-tree -r refs/vault/snapshots/$(chunks_of $one) |
		cut -c13-52 | sort >../old &&
	git ls-tree -r refs/vault/snapshots/$(chunks_of $five) |
		cut -c13-52 | sort >../new &&
	comm -23 ../old ../new >../gone && test_file_not_empty ../gone &&
	c=$(head -n 1 ../gone) && lose $c &&
	test_expect_code 1 git vault repair >../said &&
	for s in $one $two
	do
		test_grep "^lost $s:meta/chunks/$(pointer_of $one)/.*$c" \
			../said &&
		test_grep "^lost $s:tree/big: some of its bytes are missing: .*$c" \
			../said || return 1
	done && test_grep ! "$three:tree/big" ../said && test_grep "1 object lost" ../said
'

# Verify has seen the directories that are whole; the manifest is lost, too.
test_expect_success 'the file is named by who has verified before' '
	fresh && git vault verify --all &&
	lose $(oid $(chunks_of $one)/00000000/0002) \
		$(oid $one:meta/manifest/0000) &&
	test_expect_code 1 git vault verify --all >../actual &&
	rm -f .git/vault/verified &&
	test_expect_code 1 git vault verify --all >../expect &&
	test_grep "^damaged $one:tree/big" ../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'a chunk of an old version, from what both share' '
	fresh && git ls-tree -r refs/vault/snapshots/$(chunks_of $one) |
		cut -c13-52 | sort >../old &&
	git ls-tree -r refs/vault/snapshots/$(chunks_of $five) |
		cut -c13-52 | sort >../new &&
	comm -12 ../old ../new >../both && test_file_not_empty ../both &&
	lose $(cat ../both) && mv big elsewhere &&
	git vault repair >../said && mv elsewhere big && whole
'

test_expect_success 'trees of chunks and the pointer are made anew' '
	fresh && t=$(oid $(chunks_of $five)) && g=$(oid $(chunks_of $five)/00000000) &&
	p=$(pointer_of $five) && c=$(oid $(chunks_of $five)/00000000/0000) &&
	lose $g && mended "cut out" $g &&
	fresh && lose $t && mended "cut out" $t &&
	fresh && rm big && lose $p && mended "computed from its chunks" $p &&
	fresh && lose $t $g $c $p && mended "" $t $g $c $p
'

# A second large file makes a list of two, in the order of their pointers.
test_expect_success 'the list of large files is made out of their pointers' '
	fresh && l=$(oid $five:meta/chunks) && lose $l &&
	mended "computed from the pointers" $l &&
	fresh && rm big && lose $l && mended "computed from the pointers" $l &&
	fresh && text 7 900000 >a/big && cp a/big c/again &&
	git vault -q snapshot >../id && id=$(cat ../id) &&
	l=$(oid $id:meta/chunks) && git ls-tree $l >../list &&
	test_line_count = 2 ../list && git rev-parse $l:$(oid $id:tree/big) &&
	for p in .git/objects/pack/*.pack
	do
		mv "$p" ../pack && rm -f "${p%.pack}".* &&
			git unpack-objects -q <../pack || return 1
	done && lose $l && mended "computed from the pointers" $l
'

test_expect_success 'also where the pointers are lost, by what the files make' '
	fresh && l=$(oid $five:meta/chunks) && p=$(pointer_of $five) &&
	t=$(oid $(chunks_of $five)) && g=$(oid $(chunks_of $five)/00000000) &&
	lose $l $p && mended "" $l $p &&
	fresh && lose $l $p $t $g && mended "" $l $p $t $g &&
	fresh && rm big && lose $l $p &&
	test_expect_code 1 git vault repair >../said &&
	test_grep "2 objects lost" ../said
'

test_expect_success 'the project has the file as it is' '
	fresh && cp big whole-big && git add whole-big && rm big whole-big &&
	b=$(git rev-parse :whole-big) &&
	c=$(oid $(chunks_of $five)/00000000/0002) && lose $c &&
	git vault repair >../said &&
	test_grep "^repaired blob $c: cut from an intact file in git, $b" \
		../said && git vault verify --deep
'

test_expect_success 'a sparse file is cut where it was' '
	cd "$TRASH_DIRECTORY" && rm -rf "$repo" && test_create_repo "$repo" &&
	cd "$repo" && git config vault.chunkThreshold 200k &&
	text 3 300000 >big && truncate -s 5000000 big &&
	text 4 300000 >>big && git vault -q snapshot >../id &&
	id=$(cat ../id) && mv .git/objects/pack .git/packs && mkdir .git/objects/pack &&
	for p in .git/packs/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && git ls-tree -r -t refs/vault/snapshots/$(chunks_of $id) |
		cut -c13-52 >../ids && lose $(oid $(chunks_of $id)) \
		$(pointer_of $id) && for o in $(cat ../ids)
	do
		rm -f "$(loose $o)" || return 1
	done && git vault repair >../said &&
	test_grep "a hole of a sparse file" ../said && git vault verify --deep
'

test_expect_success 'a directory lay between those of its neighbours' '
	fresh && for o in $(oid $three:tree/a/b) $(oid $two:tree/a) \
		$(oid $three:tree)
	do
		fresh && lose $o &&
		mended "computed from other snapshots" $o || return 1
	done
'

test_expect_success 'the list of the layers of a manifest' '
	for s in $one $two $three $four $five
	do
		fresh && rm -f .git/vault/index && o=$(oid $s:meta/manifest) &&
		lose $o && if test $s = $five
		then
			cp "$base/.git/vault/index" .git/vault/index &&
			mended "computed from the cache" $o
		else
			mended "computed from other snapshots" $o
		fi || return 1
	done
'

test_expect_success 'the top of a snapshot' '
	for s in $one $two $three $four $five
	do
		fresh && o=$(oid $s^{tree}) && lose $o &&
		mended "computed from other snapshots" $o || return 1
	done
'

test_expect_success 'the last layer of the last snapshot' '
	fresh && o=$(oid $five:meta/manifest/0002) && lose $o &&
	mended "computed from the cache and the working tree" $o
'

# last_layer_of ID: after all packs are unpacked
last_layer_of () {
	for p_ in .git/objects/pack/*.pack
	do
		mv "$p_" ../p && rm -f "${p_%.pack}".* &&
			git unpack-objects -q <../p || return 1
	done && git ls-tree "refs/vault/snapshots/$1:meta/manifest" |
		tail -n 1 >../layer && o=$(cut -c13-52 ../layer)
}

test_expect_success 'a base and a layer with all kinds of lines' '
	fresh && mkdir many && for i in $(test_seq 150)
	do
		echo $i >many/$i || return 1
	done && mkdir gone && echo 1 >gone/1 && ln a/f4 many/hard &&
	git vault -q snapshot >../id && last_layer_of $(cat ../id) &&
	test_grep 0000 ../layer && lose $o &&
	mended "computed from the cache and the working tree" $o &&
	rm -rf a/f2 a/b gone && mkdir a/b a/new a/empty && echo 1 >a/new/x &&
	ln -s x a/new/link && chmod 600 a/f1 && chmod +x a/f3 && ln a/f5 a/hard &&
	echo "*.log" >.gitignore && echo log >x.log && echo SECRET >.env &&
	git vault -q snapshot >../id && last_layer_of $(cat ../id) &&
	test_grep 0001 ../layer && git cat-file blob $o >../text &&
	test_grep "^- gone" ../text && lose $o && rm a/new/x &&
	mended "computed from the cache and the working tree" $o
'

test_expect_success 'a manifest that is lost costs no byte of any file' '
	fresh && git vault restore $five --to ../want && for l in 0000 0002
	do
		o=$(oid $five:meta/manifest/$l) && fresh && lose $o &&
		rm .git/vault/index &&
		test_expect_code 1 git vault repair >../said 2>../err &&
		test_grep "^lost $five:meta/manifest/$l: " ../said &&
		test_grep "^damaged $five: all its files are intact" ../said &&
		test_grep "restore [^ ]* --skip-damaged --to restored-" ../err &&
		test_must_fail git vault restore $five --to ../got &&
		test_expect_code 3 git vault restore $five --skip-damaged \
			--to ../got 2>../err &&
		test_grep "not restored: times, owners, .*$o" ../err &&
		diff -r ../want ../got && rm -rf ../got &&
		test_must_fail git vault cat $five:big >../cat || return 1
	done
'

# let_go: of each snapshot that repair called damaged
let_go () {
	sed -n "s/^damaged \([^:]*\): .*/\1/p" ../said >../damaged &&
		test_file_not_empty ../damaged &&
		xargs git vault delete --force <../damaged &&
		git vault prune --empty-trash --yes &&
		git vault repair && git vault verify --all
}

test_expect_success 'what is beyond repair can be let go of' '
	for lost in "$two" "$two^{tree} $two:meta" $two:tree/a/b/g1 \
		"$two:tree $two:tree/a $two:tree/a/b $two:tree/a/b/g1"
	do
		fresh && rm -rf a/b .git/vault/index && ids= &&
		for o in $lost
		do
			ids="$ids $(oid $o)" || return 1
		done && lose $ids &&
		test_expect_code 1 git vault repair >../said 2>../err &&
		case $lost in
		"$two"*meta | $two) text="nothing of it can be read" ;;
		*) text="part of it is missing, the rest is intact" ;;
		esac && test_grep "^damaged $two: $text" ../said &&
		test_grep "git vault delete --force [^ ]* && git vault prune" ../err && let_go ||
			return 1
	done
'

test_expect_success JQ 'JSON says what is left of a snapshot' '
	fresh && lose $(oid $five:meta/manifest/0002) &&
	rm .git/vault/index && test_expect_code 1 git vault repair --json >../json &&
	jq -e ".damaged == [{\"snapshot\": \"$five\", \"left\": \"files\"}]" \
		../json
'

test_expect_success 'lost history is told of each snapshot that keeps it' '
	fresh && old=$(git rev-parse HEAD) && git checkout -q --orphan new &&
	test_tick && git commit -q -m other && git branch -q -D main &&
	rm -rf .git/logs && lose $old &&
	test_expect_code 1 git vault repair >../said 2>../err &&
	test_grep "^damaged $two: it is intact; part of the history" ../said &&
	test_grep "^damaged $five: it is intact" ../said &&
	git vault restore $two --to ../got && rm -rf ../got && let_go
'

test_expect_success 'one made leads to another' '
	fresh && o=$(oid $three^{tree}) && t=$(oid $three:tree/a/b) &&
	c=$(oid $(chunks_of $three)/00000000/0001) && lose $o $t $c &&
	git vault repair >../said && test_grep "3 objects repaired" ../said &&
	whole
'

# The list of layers is damaged itself and stands in a pack that git cannot
# read, and no snapshot asks for it as long as the directory above is lost.
test_expect_success 'what a damaged file held leads to what named it' '
	fresh && rm -f .git/vault/index && m=$(oid $three:meta/manifest) &&
	o=$(oid $three:meta) && p=.git/objects/pack/pack-$(echo $m |
		git pack-objects -q .git/objects/pack/pack).pack &&
	rm "${p%.pack}".idx && chmod u+w "$p" $(loose $m) &&
	echo garbage >>"$p" && echo garbage >$(loose $m) && lose $o &&
	git vault repair >../said && test_grep "2 objects repaired, no" ../said &&
	test_grep "^repaired tree $o: computed" ../said && whole
'

test_expect_success 'a dry run finds the same and leaves no trace' '
	fresh && lose $(oid $three^{tree}) \
		$(oid $three:tree/a/b) $(oid $(chunks_of $three)/00000000/0001) &&
	find .git -printf "%p %s %T@\n" | sort >../expect &&
	git vault repair -n >../said &&
	test_grep "3 objects found, no objects lost" ../said &&
	find .git -printf "%p %s %T@\n" | sort >../actual &&
	test_cmp ../expect ../actual
'

lone=$TRASH_DIRECTORY/lone

# alone: both snapshots hold the same directories, and no cache tells of them
alone () {
	cd "$TRASH_DIRECTORY" && rm -rf "$repo" && cp -a "$lone" "$repo" &&
		cd "$repo" && rm -f .git/vault/index
}

test_expect_success 'two snapshots of a directory that git does not know' '
	test_create_repo "$lone" && cd "$lone" && echo 1 >f && git add f &&
	test_tick && git commit -q -m one && mkdir -p d/e/f d/out &&
	for i in d/x d/y d/e/x d/e/f/x
	do
		echo $i >$i || return 1
	done && ln -s x d/link && echo "*.tmp" >d/.gitignore &&
	touch d/out/a.tmp d/e/b.tmp &&
	echo "KEY=vX7qLp2ZsW9dRt4KbN8mYc3HfG6jTe1A" >d/.env && test_tick &&
	git vault -q snapshot >../first && echo 2 >f && test_tick &&
	git vault -q snapshot >../second &&
	mv .git/objects/pack .git/packs && mkdir .git/objects/pack &&
	for p in .git/packs/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && rm -rf .git/packs && first=$(cat ../first) &&
	second=$(cat ../second) && d=$(oid $first:tree/d) &&
	e=$(oid $first:tree/d/e) && test $d = $(oid $second:tree/d)
'

test_expect_success 'a directory is computed from the working tree' '
	alone && lose $d && mended "computed from the working tree" $d &&
	alone && f=$(oid $first:tree/d/e/f) && lose $d $e $f &&
	git vault repair -n >../said &&
	test_grep "3 objects found, no objects lost" ../said &&
	mended "computed from the working tree" $d $e $f &&
	git vault restore $first --to ../got && diff -r d/e/f ../got/d/e/f &&
	rm -rf ../got
'

test_expect_success 'also one in which a file has changed since' '
	alone && echo new >d/x && echo new >d/z && lose $d &&
	test_expect_code 1 git vault repair &&
	rm d/z && mended "computed from other snapshots and the working tree" $d
'

# Nobody removes the cache but a repair before, which has lost something.
test_expect_success 'the second damage is mended as the first one is' '
	alone && cp "$lone/.git/vault/index" .git/vault && x=$(oid $first:tree/f) &&
	git update-ref -d refs/heads/main && rm -rf .git/logs .git/index &&
	lose $x && test_expect_code 1 git vault repair &&
	test_path_is_missing .git/vault/index && lose $d &&
	test_expect_code 1 git vault repair >../said &&
	test_grep "^repaired tree $d: computed from the working tree" ../said &&
	test_grep "1 object repaired, 1 object lost" ../said
'

test_expect_success 'a working tree that cannot be looked at is no failure' '
	alone && echo garbage >.git/index && lose $d &&
	test_expect_code 1 git vault repair >../said &&
	test_grep "1 object lost" ../said
'

test_done
