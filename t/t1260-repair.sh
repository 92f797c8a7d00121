#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault repair: from every source, into whole packs

Each object is damaged in all the places that hold it but one, brought back
from there, and git fsck is content afterwards.'
. "$(dirname "$0")/test-lib.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo

oid () {
	git rev-parse --verify "refs/vault/snapshots/$1"
}

loose () {
	echo ".git/objects/$(echo "$1" | sed 's,^..,&/,')"
}

# Two snapshots, an index that is in neither, and a remote that has all.
test_expect_success 'a repository and its remote' '
	git init -q --bare remote.git && test_create_repo "$base" && cd "$base" &&
	mkdir -p a/b c && test_seq 500 >a/b/long && echo small >a/small &&
	echo 1 >changes && echo x >c/x && ln -s c/x link &&
	git add . && test_tick && git commit -q -m base &&
	echo untracked >c/free && echo 2 >changes &&
	test_tick && git vault -q snapshot >../one &&
	echo 3 >changes && rm c/x && test_tick &&
	git vault -q snapshot >../two && one=$(cat ../one) &&
	two=$(cat ../two) && git remote add origin ../remote.git &&
	git push -q origin main "refs/vault/snapshots/*:refs/vault/snapshots/*"
'

# fresh [packed]: a copy of it with all objects loose, or in one pack.
fresh () {
	cd "$TRASH_DIRECTORY" && rm -rf "$repo" && cp -a "$base" "$repo" &&
	cd "$repo" && if test "$1" = packed
	then
		git repack -q -a -d && git prune-packed &&
		pack=$(ls .git/objects/pack/*.pack)
	else
		mv .git/objects/pack .git/packs && mkdir .git/objects/pack &&
		for p in .git/packs/*.pack
		do
			git unpack-objects -q <"$p" || return 1
		done && rm -rf .git/packs
	fi
}

# bad FILE OFFSET: all bits of one byte
bad () {
	byte_=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ') &&
		chmod u+w "$1" &&
		printf "\\$(printf %o $((255 - byte_)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

bad_loose () {
	bad "$(loose "$1")" 4
}

# Where the object stands in the pack.
offset_of () {
	git verify-pack -v "$pack" | awk -v o="$1" '$1 == o { print $5; exit }'
}

whole () {
	git fsck --full --strict --no-dangling >../fsck 2>&1 &&
	test_must_be_empty ../fsck && git vault verify --deep >../actual &&
	test_grep "verified, all intact" ../actual
}

# All files below .git, but for the caches and the lock.
state () {
	find .git -path .git/vault -prune -o -type f -printf "%p %s %T@\n" |
		sort
}

test_expect_success 'where nothing is damaged nothing is done' '
	fresh && state >../expect && git vault repair >../actual &&
	echo "2 snapshots looked at: there is nothing to repair" >../expect.1 &&
	test_cmp ../expect.1 ../actual && state >../actual &&
	test_cmp ../expect ../actual && fresh packed && git vault repair &&
	test_path_is_missing .git/vault/damaged &&
	test_path_is_missing .git/vault/repair
'

test_expect_success 'a file comes from the working tree, by whatever name' '
	for how in damaged missing
	do
		fresh && mv a/small elsewhere && o=$(oid $one:tree/a/small) &&
		if test $how = damaged
		then
			bad_loose $o
		else
			rm -f "$(loose $o)"
		fi && test_expect_code 1 git vault verify &&
		git vault repair >../actual &&
		test_grep "^repaired blob $o: working tree, elsewhere" ../actual &&
		test_path_is_missing .git/vault/faulty &&
		mv elsewhere a/small && whole || return 1
	done
'

# What changed less than 20 ms before it was looked at, no cache vouches for.
grain_passes () {
	at=$(date +%s%N) &&
	until test "$(date +%s%N)" -gt $((at + 30000000))
	do
		:
	done
}

# Of files that were alike, the one that is seen first differs by now.
test_expect_success 'a file comes from one whose twin has changed' '
	fresh && mkdir twins && test_seq 100 >../twin && for f in a b c d
	do
		cp ../twin twins/$f || return 1
	done && o=$(git hash-object ../twin) && for f in a b c d
	do
		git hash-object -w ../twin >../actual && grain_passes &&
		git vault -q snapshot --force >../id &&
		sed "s/^50$/$f$f/" ../twin >twins/$f && rm $(loose $o) &&
		git vault repair >../actual &&
		test_grep "^repaired blob $o: working tree, twins" ../actual &&
		mv .git/objects/pack .git/packs && mkdir .git/objects/pack &&
		for p in .git/packs/*.pack
		do
			git unpack-objects -q <"$p" || return 1
		done && rm -rf .git/packs && cat ../twin >twins/$f || return 1
	done
'

# unseen [OBJECT]...: a file that only $two has is damaged, and so is what leads
# to it; what makes it anew is gone
unseen () {
	fresh && o=$(oid $two:tree/changes) && rm -rf .git/vault changes c &&
	bad_loose $o && for lost_ in "$@"
	do
		oid "$lost_" || return 1
	done >../unseen && while read -r lost_
	do
		rm -f "$(loose $lost_)" || return 1
	done <../unseen
}

test_expect_success 'what may lie below something lost is not said to be of none' '
	unseen $two && test_expect_code 1 git vault repair >../actual &&
	test_grep "^lost object $o: .*; $two cannot be read completely, so it may be of that" \
		../actual && test_grep ! "in no snapshot" ../actual &&
	unseen "$two^{tree}" $two:tree $two:meta &&
	test_expect_code 1 git vault repair -n >../actual &&
	test_grep "^lost object $o: .*; $two cannot be read completely" ../actual &&
	unseen $two "$one^{tree}" $one:tree $one:meta &&
	test_expect_code 1 git vault repair -n >../actual &&
	test_grep "^lost object $o: .*; $one and $two cannot be read completely, so it may be of one of them" \
		../actual
'

test_expect_success 'nor where only others were looked at' '
	unseen $two && test_expect_code 1 git vault repair -n $one >../actual &&
	test_grep "^lost object $o: it is in none of the snapshots that were named; another" \
		../actual
'

test_expect_success 'a file or a commit of the project that is lost hides none' '
	fresh && o=$(echo of no snapshot | git hash-object -w --stdin) &&
	bad_loose $o && rm -rf .git/vault changes &&
	rm -f "$(loose $(oid $two:tree/changes))" \
		"$(loose $(git rev-parse HEAD))" &&
	test_expect_code 1 git vault repair -n >../actual &&
	test_grep "^lost $two:tree/changes: " ../actual &&
	test_grep "^lost $two: .*keeps is missing" ../actual &&
	test_grep "^lost object $o: it is in no snapshot.s own files and no state" \
		../actual
'

test_expect_success 'a directory is computed where the clock was set back' '
	cd "$TRASH_DIRECTORY" && rm -rf back && git init -q back && cd back &&
	mkdir e && echo 1 >e/x && echo 2 >e/y && echo lost >f &&
	GIT_VAULT_TEST_TIME=1700002000 git vault -q snapshot >../id1 &&
	echo 2 >e/x && echo kept >f &&
	GIT_VAULT_TEST_TIME=1700001000 git vault -q snapshot >../id2 &&
	echo 1 >e/y && GIT_VAULT_TEST_TIME=1700003000 git vault -q snapshot &&
	f=$(git rev-parse "$(oid $(cat ../id1)):tree/f") &&
	e=$(git rev-parse "$(oid $(cat ../id2)):tree/e") &&
	mv .git/objects/pack .git/packs && mkdir .git/objects/pack &&
	for p in .git/packs/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && rm -rf .git/packs && rm $(loose $f) $(loose $e) &&
	test_expect_code 1 git vault repair >../actual &&
	test_grep "^repaired tree $e: computed" ../actual &&
	test_grep "^lost .*tree/f" ../actual
'

test_expect_success 'marks, tombstones and the keyring come back, too' '
	fresh && git vault -q pin $one && git vault -q delete $two &&
	git vault init -q &&
	echo TOKEN=0f8b2c6d9e5a47f1 >.env && git vault -q snapshot >../id &&
	marks=refs/vault/marks && said=$(git log -1 --format=%B $marks) &&
	side=$(git commit-tree -m "$said" $marks^{tree}) &&
	git update-ref $marks $(git commit-tree -p $marks -p $side -m "$said" \
		$marks^{tree}) &&
	rm -rf ../far.git && git clone -q --mirror . ../far.git && git repack -q -a -d &&
	mv .git/objects/pack .git/packs && mkdir .git/objects/pack &&
	for p in .git/packs/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && rm -rf .git/packs && git vault verify &&
	git rev-parse -q --verify refs/vault/keyring &&
	for ref in marks deleted keyring
	do
		for what in "" ^{tree} ^ ^2
		do
			o=$(git rev-parse -q --verify refs/vault/$ref$what) || continue
			rm -f $(loose $o) && test_expect_code 1 git vault verify >../out &&
			test_grep "^damaged refs/vault/$ref: " ../out &&
			test_expect_code 1 git vault repair >../out &&
			test_grep "^lost refs/vault/$ref" ../out &&
			git vault repair --remote ../far.git >../out &&
			test_grep "^repaired .* $o: remote" ../out &&
			git cat-file -e $o && git vault verify || return 1
		done
	done
'

# linked DIR: beside the main working tree one of its own, with a snapshot that
# alone has its file.
linked () {
	fresh && rm -rf "$1" && git worktree add -q -b side "$1" && (
		cd "$1" && mkdir -p deep && test_seq 700 >deep/only &&
		grain_passes && git vault -q snapshot >"$TRASH_DIRECTORY/three"
	) && three=$(cat "$TRASH_DIRECTORY/three") &&
	for p in .git/objects/pack/*.pack
	do
		mv "$p" ../p && rm -f "${p%.pack}".* &&
		git unpack-objects -q <../p && rm -f ../p || return 1
	done
}

test_expect_success 'a file comes from another working tree of the repository' '
	for dir in "$TRASH_DIRECTORY/side" "$repo/inside"
	do
		linked "$dir" && o=$(oid $three:tree/deep/only) && bad_loose $o &&
		git vault repair >../actual &&
		test_grep "^repaired blob $o: working tree, $dir/deep/only" ../actual &&
		whole || return 1
	done
'

test_expect_success 'also one that no cache knows, and a directory' '
	linked "$TRASH_DIRECTORY/side" && o=$(oid $three:tree/deep) &&
	bad_loose $o && git vault repair >../actual &&
	test_grep "^repaired tree $o: computed from the cache" ../actual && whole &&
	linked "$TRASH_DIRECTORY/side" && o=$(oid $three:tree/deep/only) &&
	bad_loose $o && rm .git/worktrees/side/vault/index &&
	mv ../side/deep/only ../side/other && git vault repair >../actual &&
	test_grep "^repaired blob $o: working tree, .*/side/other" ../actual
'

test_expect_success 'from a linked working tree, the main one' '
	linked "$TRASH_DIRECTORY/side" && echo main >main &&
	git vault -q snapshot >../four && four=$(cat ../four) &&
	o=$(oid $four:tree/main) && p=$(ls .git/objects/pack/*.pack) &&
	mv "$p" ../p && rm -f "${p%.pack}".* && git unpack-objects -q <../p &&
	rm -f ../p "$(loose $o)" && git -C ../side vault repair >../actual &&
	test_grep "^repaired blob $o: working tree, $repo/main" ../actual && whole
'

test_expect_success 'a working tree that was removed is passed over' '
	linked "$TRASH_DIRECTORY/side" && o=$(oid $three:tree/deep/only) &&
	bad_loose $o && mv ../side ../gone &&
	test_expect_code 1 git vault repair >../actual &&
	test_grep "^lost $three:tree/deep/only: " ../actual &&
	mv ../gone ../side && git vault repair >../actual &&
	test_grep "^repaired blob $o: working tree" ../actual && whole &&
	rm -rf ../side
'

test_expect_success 'a link comes from the working tree, too' '
	fresh && rm -f "$(loose $(oid $one:tree/link))" &&
	git vault repair >../actual && test_grep "working tree, link" ../actual &&
	whole
'

test_expect_success 'a damaged loose file is put aside, not deleted' '
	fresh && o=$(oid $one:tree/a/small) && bad_loose $o &&
	cp "$(loose $o)" ../bad && git vault repair >../actual &&
	test_path_is_missing "$(loose $o)" &&
	test_cmp_bin ../bad .git/vault/damaged/$(echo $o | cut -c3-) &&
	test_grep "^put aside .*damaged/" ../actual &&
	git cat-file blob $o >../got && test_cmp a/small ../got
'

test_expect_success 'a damaged loose file beside a whole copy is put aside' '
	fresh && o=$(oid $one:tree/a/small) && git pack-objects -q \
		.git/objects/pack/pack <<-END &&
	$o
	END
	bad_loose $o && git vault verify && git vault repair &&
	test_path_is_missing "$(loose $o)" && whole
'

test_expect_success 'a directory is computed' '
	fresh && o=$(oid $two:tree/c) && rm -f "$(loose $o)" &&
	git vault repair >../actual &&
	test_grep "^repaired tree $o: computed from the cache" ../actual &&
	whole && fresh && rm -rf .git/vault/index && o=$(oid $one:tree/a) &&
	rm -f "$(loose $o)" && git vault repair >../actual &&
	test_grep "^repaired tree $o: computed from git.s index" ../actual &&
	whole
'

test_expect_success "git'\''s index is read, and not written" '
	fresh && echo staged >changes && git add changes &&
	o=$(oid $one:tree/a) && rm -f "$(loose $o)" .git/vault/index &&
	cp -p .git/index ../index && git vault repair >../actual &&
	test_grep "^repaired tree $o: computed from git.s index" ../actual &&
	test_cmp_bin ../index .git/index && test_path_is_missing .git/vault/repair
'

test_expect_success 'a directory and what it alone leads to' '
	fresh && git vault verify && t=$(oid $two:tree) &&
	rm -f "$(loose $t)" "$(loose $(oid $two:tree/a/b))" \
		"$(loose $(oid $two:tree/a/small))" &&
	git vault repair >../actual && test_line_count = 4 ../actual && whole
'

test_expect_success 'a directory is computed, and what is lost below it named' '
	fresh && rm -f c/free && rm -f "$(loose $(oid $two:tree/c))" \
		"$(loose $(oid $two:tree/c/free))" &&
	test_expect_code 1 git vault repair >../actual &&
	test_grep "^repaired tree $(oid $two:tree/c): computed" ../actual &&
	test_grep "^lost $two:tree/c/free: " ../actual &&
	test_grep "1 object repaired, 1 object lost" ../actual
'

test_expect_success 'an alternate has it' '
	fresh && cp -a .git/objects ../alternate &&
	test_when_finished "rm -rf \"$TRASH_DIRECTORY/alternate\"" &&
	o=$(oid $one:tree/changes) && bad_loose $o &&
	echo "$TRASH_DIRECTORY/alternate" >.git/objects/info/alternates &&
	git vault repair >../actual &&
	test_grep "^repaired blob $o: an alternate" ../actual &&
	test_path_is_missing "$(loose $o)" && git vault verify --deep &&
	rm .git/objects/info/alternates && whole
'

test_expect_success 'an alternate has it, and a damaged pack held it' '
	cp -a "$base/.git/objects" alternate &&
	test_when_finished "rm -rf \"$TRASH_DIRECTORY/alternate\"" &&
	for how in pack index
	do
		fresh packed && o=$(oid $one:tree/changes) &&
		bad "$pack" $(($(offset_of $o) + 3)) && case $how in
		pack) ;;
		index)
			idx=${pack%.pack}.idx &&
			bad "$idx" $(($(wc -c <"$idx") - 1))
			;;
		esac &&
		echo "$TRASH_DIRECTORY/alternate" >.git/objects/info/alternates &&
		git vault repair >../actual && git vault verify --deep &&
		test_path_is_missing "$pack" &&
		rm .git/objects/info/alternates && whole || {
			echo "$how"
			return 1
		}
	done
'

test_expect_success 'what was never here stays in the alternate' '
	rm -rf shared && git clone -q -s "$base" shared && cd shared &&
	git fetch -q origin "refs/vault/*:refs/vault/*" && echo own >own &&
	git vault -q snapshot && o=$(git hash-object own) &&
	p=$(echo .git/objects/pack/*.pack) && git vault verify &&
	git count-objects -v >../expect && git vault repair &&
	git count-objects -v >../actual && test_cmp ../expect ../actual &&
	pack=$p && bad "$p" $(($(offset_of $o) + 3)) &&
	git vault repair >../actual &&
	test_grep "1 object repaired, no objects lost" ../actual &&
	git verify-pack -v .git/objects/pack/*.idx >../actual &&
	test_grep "^$o" ../actual &&
	test_grep ! "^$(oid $one:tree/changes)" ../actual
'

test_expect_success 'a remote has it, and only when it is asked' '
	fresh && o=$(oid $one:tree/changes) && rm -f "$(loose $o)" &&
	test_expect_code 1 git vault repair >../actual &&
	test_grep "^lost $one:tree/changes: .*$o" ../actual &&
	test_grep "no objects repaired, 1 object lost" ../actual &&
	git for-each-ref refs/heads refs/remotes refs/vault/snapshots >../expect &&
	git vault repair --remote origin >../actual &&
	test_grep "^repaired blob $o: remote, origin" ../actual &&
	git for-each-ref refs/heads refs/remotes refs/vault/snapshots >../actual && test_cmp ../expect ../actual &&
	test_path_is_missing .git/vault/repair && whole
'

test_expect_success 'of the remote only what is needed is asked for' '
	fresh && o=$(oid $one:tree/changes) && t=$(oid $one:tree/c) &&
	rm -f "$(loose $o)" "$(loose $t)" .git/index .git/vault/index &&
	GIT_TRACE_PACKET=$PWD/../packets git vault repair --remote origin \
		>../actual && test_grep "^repaired tree $t: remote" ../actual &&
	test_grep "^repaired blob $o: remote" ../actual &&
	sed -n "s/.*fetch> want \([0-9a-f]*\).*/\1/p" ../packets >../wants &&
	test_write_lines $t $o | sort >../expect &&
	sort ../wants >../actual && test_cmp ../expect ../actual
'

test_expect_success 'what the remote does not have either is lost' '
	fresh && o=$(oid $one:tree/changes) && rm -f "$(loose $o)" &&
	git init -q --bare ../empty.git &&
	test_expect_code 1 git vault repair --remote ../empty.git >../actual &&
	test_grep "^lost $one:tree/changes: .*$o" ../actual
'

test_expect_success 'a remote that cannot be asked keeps nothing else back' '
	fresh && rm -f "$(loose $(oid $one:tree/changes))" &&
	o=$(oid $one:tree/a/small) && rm -f "$(loose $o)" &&
	test_expect_code 1 git vault repair --remote nowhere >../actual 2>../err &&
	test_grep "warning: cannot fetch from the remote .nowhere" ../err &&
	test_grep "^repaired blob $o: working tree" ../actual &&
	test_grep "1 object repaired, 1 object lost" ../actual &&
	git vault repair --remote origin && whole
'

test_expect_success 'every object there is, from the remote' '
	fresh && git rev-list --objects --all | cut -c1-40 >../objects &&
	for o in $(cat ../objects)
	do
		case $(($(printf %d 0x$(echo $o | cut -c1-2)) % 2)) in
		0) bad_loose $o ;;
		1) rm -f "$(loose $o)" ;;
		esac || return 1
	done &&
	echo $(oid $two) >.git/refs/vault/snapshots/$two &&
	git vault repair --remote origin >../actual && whole
'

test_expect_success 'the commit of a snapshot, and the one it was taken on' '
	fresh && s=$(oid $two) && h=$(git rev-parse HEAD) &&
	bad_loose $s && rm -f "$(loose $h)" &&
	git vault repair --remote origin >../actual &&
	test_grep "^repaired commit $s: remote" ../actual &&
	test_grep "^repaired commit $h: remote" ../actual && whole
'

test_expect_success 'what is lost is named with each snapshot and path' '
	fresh && rm -f c/free && o=$(oid $one:tree/c/free) && bad_loose $o &&
	test_expect_code 1 git vault repair >../actual &&
	for s in $one $two
	do
		test_grep "^lost $s:tree/c/free: .*$o" ../actual || return 1
	done && test_grep "1 object lost" ../actual &&
	test_expect_code 3 git vault restore $two --to ../restored \
		--skip-damaged &&
	test_path_is_file ../restored/a/small && rm -rf ../restored &&
	test_expect_code 1 git vault repair $two >../actual &&
	test_grep ! "$one" ../actual
'

# The files are as they were, and yet the last snapshot is no good any more.
test_expect_success 'after a loss the next snapshot stands on nothing of it' '
	fresh && git vault -q snapshot >../same &&
	rm -f "$(loose $(oid $two:meta/origin/config))" &&
	test_expect_code 1 git vault repair >../actual &&
	test_grep "^lost $two:meta/origin/config" ../actual &&
	git vault -q snapshot >../three && test "$(cat ../same)" = $two &&
	test "$(cat ../three)" != $two && git vault verify $(cat ../three)
'

test_expect_success 'without a repair it takes no manifest that is gone' '
	fresh && o=$(oid $two:meta/manifest/0000) && rm -f "$(loose $o)" &&
	git vault -q snapshot >../three && test "$(cat ../three)" != $two &&
	git vault verify $(cat ../three) &&
	o=$(oid $(cat ../three)^{tree}:meta/manifest/0000) &&
	rm -f "$(loose $o)" && git vault -q snapshot --force >../four &&
	git vault verify $(cat ../four)
'

test_expect_success 'a damaged pack is written anew' '
	fresh packed && o=$(oid $one:tree/a/b/long) && n=$(offset_of $o) &&
	bad "$pack" $((n + 10)) && cp "$pack" ../bad &&
	test_expect_code 1 git vault verify &&
	git vault repair >../actual &&
	test_grep "^repaired blob $o: working tree, a/b/long" ../actual &&
	test_path_is_missing "$pack" && whole &&
	test_cmp_bin ../bad .git/vault/damaged/$(basename $pack) &&
	test_path_is_file .git/vault/damaged/$(basename $pack .pack).idx &&
	test_grep "^$o working tree" .git/vault/damaged/$(basename $pack).txt &&
	git vault repair >../actual && test_grep "nothing to repair" ../actual
'

test_expect_success 'a byte anywhere in a pack' '
	fresh packed && size=$(wc -c <"$pack") && step=$((size / 40)) && n=0 &&
	at=0 && while test $at -lt "$size"
	do
		fresh packed && bad "$pack" $at &&
		git vault repair --remote origin >../actual 2>../err && whole || {
			echo "byte $at of $size"
			cat ../actual ../err ../fsck
			return 1
		}
		at=$((at + step)) n=$((n + 1))
	done && for at in 0 5 9 $((size - 1)) $((size - 21))
	do
		fresh packed && bad "$pack" $at &&
		git vault repair --remote origin >../actual && whole || return 1
		n=$((n + 1))
	done && echo "# $n packs repaired"
'

test_expect_success 'a pack that was cut short' '
	for part in 0 1 10 50 90 99
	do
		fresh packed && size=$(wc -c <"$pack") && chmod u+w "$pack" &&
		truncate -s $((size * part / 100)) "$pack" &&
		git vault repair --remote origin >../actual && whole || {
			echo "$part per cent"
			return 1
		}
	done
'

test_expect_success 'an index is made anew out of its pack' '
	for how in gone empty cut flipped
	do
		fresh packed && idx=${pack%.pack}.idx && chmod u+w "$idx" &&
		case $how in
		gone) rm -f "$idx" ;;
		empty) : >"$idx" ;;
		cut) truncate -s 1000 "$idx" ;;
		flipped) bad "$idx" 1060 ;;
		esac && git vault repair >../actual &&
		test_grep "^rebuilt .*idx" ../actual &&
		test_path_is_file "$pack" && whole || {
			echo "$how"
			return 1
		}
	done
'

test_expect_success 'pack and index damaged at once' '
	fresh packed && rm -f "${pack%.pack}.idx" &&
	bad "$pack" $(($(wc -c <"$pack") - 1)) &&
	test_expect_code 1 git vault verify &&
	git vault repair >../actual && whole
'

test_expect_success 'the undamaged rest of a pack is kept, history too' '
	fresh packed && git rev-list --objects --all | sort >../expect &&
	rm -f c/free && o=$(oid $one:tree/c/free) &&
	bad "$pack" $(($(offset_of $o) + 3)) &&
	test_expect_code 1 git vault repair &&
	git cat-file --batch-all-objects --batch-check="%(objectname)" \
		>../actual && for l in $(cut -c1-40 ../expect)
	do
		test $l = $o || test_grep -q $l ../actual || return 1
	done
'

# alike: two packs of a commit on a branch each, which is damaged, and the empty
# tree; ../other.git has all
alike () {
	fresh packed && rm -rf ../other.git && git init -q --bare ../other.git &&
	empty=$(git mktree </dev/null) && for i in 1 2
	do
		o=$(git commit-tree -m $i $empty) && eval "c$i=$o" &&
		git update-ref refs/heads/side$i $o &&
		name=$(test_write_lines $empty $o |
			git pack-objects -q .git/objects/pack/pack) &&
		pack=.git/objects/pack/pack-$name.pack && eval "p$i=$pack" ||
			return 1
	done && git prune-packed && git push -q ../other.git side1 side2 &&
	for i in 1 2
	do
		eval "pack=\$p$i o=\$c$i" && n=$(offset_of $o) &&
		bad "$pack" $((n + 12)) || return 1
	done
}

test_expect_success 'two packs of which the same is left' '
	alike && git vault repair --remote ../other.git >../actual &&
	test_grep "^repaired commit $c1: remote" ../actual &&
	test_grep "^repaired commit $c2: remote" ../actual &&
	test_grep "2 objects repaired, no objects lost" ../actual && whole &&
	test_path_is_file .git/vault/damaged/$(basename $p1) &&
	test_path_is_file .git/vault/damaged/$(basename $p2)
'

test_expect_success 'also where it has the name of a damaged pack' '
	for how in cut flipped
	do
		alike && name=$(echo $empty | git pack-objects -q \
			.git/objects/pack/pack) &&
		p3=.git/objects/pack/pack-$name.pack && case $how in
		cut) chmod u+w $p3 && truncate -s 14 $p3 ;;
		flipped) bad $p3 $(($(wc -c <$p3) - 1)) ;;
		esac && cp $p3 ../bad && git vault repair --remote ../other.git &&
		whole && test_cmp_bin ../bad .git/vault/damaged/$(basename $p3) &&
		git cat-file -e $empty || return 1
	done
'

test_expect_success 'what was put aside is sought by the next repair' '
	alike && test_expect_code 1 git vault repair >../actual &&
	test_grep "^lost object $c1: " ../actual &&
	test_grep "^lost object $c2: " ../actual &&
	test_grep "^$c1 lost" .git/vault/damaged/$(basename $p1).txt &&
	test_expect_code 1 git vault repair >../actual &&
	test_grep "^lost object $c1: .*remove .*$(basename $p1).txt to give" \
		../actual && test_grep "no objects repaired, 2 objects lost" ../actual &&
	rm .git/vault/damaged/$(basename $p2).txt &&
	git vault repair -n --remote ../other.git >../actual &&
	test_grep "^found commit $c1: remote" ../actual &&
	test_grep ! $c2 ../actual &&
	git vault repair --remote ../other.git >../actual &&
	test_grep "^repaired commit $c1: remote" ../actual &&
	test_grep "^$c1 remote" .git/vault/damaged/$(basename $p1).txt &&
	git vault repair >../actual && test_grep "nothing to repair" ../actual &&
	git update-ref -d refs/heads/side1 && git update-ref -d refs/heads/side2 &&
	git gc -q --prune=now && test_must_fail git cat-file -e $c1 &&
	git vault repair >../actual && test_grep "nothing to repair" ../actual
'

test_expect_success 'so is a damaged loose object' '
	fresh && git init -q --bare ../loose.git && empty=$(git mktree </dev/null) &&
	o=$(git commit-tree -m 1 $empty) && git update-ref refs/heads/side $o &&
	git push -q ../loose.git side && bad_loose $o &&
	test_expect_code 1 git vault repair >../actual &&
	test_grep "^lost object $o: " ../actual && test_path_is_missing "$(loose $o)" &&
	git vault repair --remote ../loose.git >../actual &&
	test_grep "^repaired commit $o: remote" ../actual && whole
'

test_expect_success 'a kept pack stays kept' '
	fresh packed && : >"${pack%.pack}.keep" &&
	bad "$pack" $(($(offset_of $(oid $one:tree/a/small)) + 3)) &&
	git vault repair && test_path_is_missing "$pack" &&
	ls .git/objects/pack/*.keep >../actual && test_line_count = 1 ../actual &&
	whole
'

test_expect_success 'a dry run says the same and writes nothing' '
	fresh packed && bad "$pack" $(($(offset_of $(oid $one:tree/a/small)) + 3)) &&
	find .git -printf "%p %s %T@\n" | sort >../expect &&
	git vault repair --dry-run >../said &&
	find .git -printf "%p %s %T@\n" | sort >../actual &&
	test_cmp ../expect ../actual && test_grep "^found blob .*working tree" \
		../said && test_grep "1 object found" ../said &&
	ls -A "$TMPDIR" >../actual && test_grep ! "git-vault-" ../actual &&
	git vault repair -n --remote origin && git vault repair >../actual &&
	test_grep "^repaired blob" ../actual
'

test_expect_success 'the multi-pack index does not outlive its packs' '
	fresh packed && git multi-pack-index write &&
	bad "$pack" $(($(offset_of $(oid $one:tree/a/small)) + 3)) &&
	git vault repair && whole
'

# astray FILE: it is put aside, which is told, and git fsck is content.
astray () {
	chmod u+w "$1" && bad "$1" $(($(wc -c <"$1") - 50)) &&
	test_must_fail git fsck && test_path_is_file "$1" &&
	git vault repair --dry-run >../said && test_path_is_file "$1" &&
	test_grep "^put aside .*$1 -> .*vault/damaged/" ../said &&
	git vault repair >../said &&
	test_grep "^put aside .*$1 -> .*vault/damaged/" ../said &&
	test_path_is_missing "$1" && git fsck --full && whole &&
	git vault repair >../said && test_grep "nothing to repair" ../said
}

test_expect_success 'what git made of whole packs and commits is put aside' '
	fresh packed && git multi-pack-index write &&
	astray .git/objects/pack/multi-pack-index &&
	git commit-graph write --reachable && astray .git/objects/info/commit-graph &&
	git commit-graph write --reachable --split &&
	astray "$(echo .git/objects/info/commit-graphs/*.graph)" &&
	test_path_is_missing .git/objects/info/commit-graphs/commit-graph-chain
'

test_expect_success JQ 'JSON says the same' '
	fresh && rm -f "$(loose $(oid $one:tree/changes))" &&
	bad_loose $(oid $one:tree/a/small) &&
	test_expect_code 1 git vault --json repair >../json &&
	jq -e ".snapshots == 2 and .repaired_objects == 1 and
		.lost_objects == 1 and .dry_run == false and
		.repaired[0].detail == \"a/small\" and
		.repaired[0].type == \"blob\" and
		(.files | length) == 1 and .lost[0].path == \"tree/changes\" and
		.lost[0].snapshot == \"$one\"" ../json
'

test_expect_success 'while another works, it waits its turn or says so' '
	fresh && rm -f "$(loose $(oid $one:tree/a/small))" &&
	test_expect_code 128 git vault repair nonsense
'

# A snapshot on a commit that a rewrite took out of every branch.
rewritten () {
	cd "$TRASH_DIRECTORY" && rm -rf "$repo" && test_create_repo "$repo" &&
	cd "$repo" && echo 1 >f && git add f && test_tick &&
	git commit -q -m first && echo 2 >f && git commit -q -a -m second &&
	echo 3 >f && git commit -q -a -m third && old=$(git rev-parse HEAD) &&
	git vault -q snapshot >../one && one=$(cat ../one) && echo 4 >f &&
	git add f && git vault -q snapshot >../two && two=$(cat ../two) &&
	git reset -q --hard HEAD^^ && echo other >f && git commit -q -a -m new
}

expired () {
	git reflog expire --expire=now --all && git gc -q --prune=now
}

test_expect_success '--reparent lets go of history that is gone' '
	rewritten &&
	git rev-parse "refs/vault/snapshots/$one:tree" \
		"refs/vault/snapshots/$two:tree" >../expect &&
	git vault repair --reparent $one $two >../actual &&
	test_grep "^$one lets go of $old (2 commits in all)" ../actual &&
	test_grep "2 snapshots checked, 2 rewritten" ../actual &&
	git rev-parse "refs/vault/snapshots/$one:tree" \
		"refs/vault/snapshots/$two:tree" >../actual &&
	test_cmp ../expect ../actual && expired &&
	test_must_fail git cat-file -e $old && whole &&
	git vault list --json >../json && test_grep "\"base\":\"$old\"" ../json &&
	git cat-file commit refs/vault/snapshots/$one >../commit &&
	test_grep "^Vault-Base: $old" ../commit &&
	test_grep ! "^parent" ../commit
'

test_expect_success 'the index that was the base is still there' '
	rewritten && git vault repair --reparent $one && expired &&
	git show "refs/vault/snapshots/$one:index/f" >../actual &&
	echo 3 >../expect && test_cmp ../expect ../actual &&
	git vault verify --deep
'

test_expect_success '--reparent lets go of a commit that is lost' '
	rewritten && git vault -q verify && git reflog expire --expire=now --all &&
	rm -f "$(loose $old)" && test_must_fail git vault -q verify &&
	git vault repair --reparent $one >../actual &&
	test_grep "^$one lets go of $old" ../actual &&
	git vault delete --no-trash $two && git reset -q && whole &&
	git vault show $one:f >../actual && echo 3 >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success '--reparent leaves alone what a ref reaches' '
	rewritten && git branch keep $old && state >../expect &&
	git vault repair --reparent $one $two >../actual &&
	test_grep "2 snapshots checked, 0 rewritten" ../actual &&
	state >../actual && test_cmp ../expect ../actual
'

test_expect_success '--reparent takes no known-good record its snapshot' '
	rewritten && git vault -q good mark --snapshot $one --approver Ann prod &&
	state >../expect && for how in "$two $one" "-n $one" "--all-of $old"
	do
		test_expect_code 128 git vault repair --reparent $how \
			>../actual 2>../err && test_must_be_empty ../actual &&
		test_grep "$one: record 1 of prod .*good revoke" ../err &&
		state >../actual && test_cmp ../expect ../actual || return 1
	done && git vault repair --reparent $two &&
	git vault -q good revoke --reason "it was none" prod 1 &&
	git vault repair --reparent $one >../actual &&
	test_grep "^$one lets go of $old" ../actual
'

# A snapshot on a commit that has values in clear, and was taken back: one in a
# file that is as it was, one in a file that was changed, one in a file that is
# gone from the working tree, and one in a folder; what a branch still reaches
# has none.
leaked () {
	cd "$TRASH_DIRECTORY" && rm -rf "$repo" && test_create_repo "$repo" &&
	cd "$repo" && echo 1 >f && git add f && test_tick &&
	git commit -q -m first && mkdir -p d/e && for v in same edited gone d/e/in
	do
		n_=$(printf %s "$v" | cksum | cut -d " " -f 1) &&
		echo "password = \"hunter2-x9Kq$n_\"" >$v.conf || return 1
	done && echo plain >d/e/plain && git add . &&
	git commit -q -m bad && old=$(git rev-parse HEAD) &&
	git ls-tree -r "$old" >../staged && echo more >>edited.conf &&
	rm gone.conf && git vault -q snapshot >../one && one=$(cat ../one) &&
	git reset -q --hard HEAD^
}

# in_clear: objects that hold one of the values
in_clear () {
	git cat-file --batch-all-objects --batch --buffer |
		awk "/hunter2-x9Kq/ { n++ } END { print n + 0 }"
}

test_expect_success '--reparent has no value in clear in an index' '
	leaked && git vault repair --reparent $one >../actual 2>../err &&
	test_grep "4 secrets are encrypted in what was staged" ../err &&
	expired && in_clear >../actual && echo 0 >../expect &&
	test_cmp ../expect ../actual && whole && git vault verify --deep &&
	git ls-tree -r --name-only "refs/vault/snapshots/$one:index" \
		>../actual && test_write_lines d/e/in.conf d/e/plain \
		edited.conf f gone.conf same.conf >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'what was staged comes back with the values' '
	cd "$repo" && git vault restore -q $one --index --in-place &&
	git ls-files -s | sed "s/ 0	/	/" >../actual &&
	sed "s/ blob / /" ../staged >../expect && test_cmp ../expect ../actual
'

test_expect_success 'of what is as it is in the working tree there is one copy' '
	leaked && git vault repair --reparent $one &&
	git rev-parse "refs/vault/snapshots/$one:tree/same.conf" \
		"refs/vault/snapshots/$one:tree/d" >../expect &&
	git rev-parse "refs/vault/snapshots/$one:index/same.conf" \
		"refs/vault/snapshots/$one:index/d" >../actual &&
	test_cmp ../expect ../actual
'

test_expect_success 'a snapshot that withheld nothing says that it does' '
	cd "$TRASH_DIRECTORY" && rm -rf "$repo" && test_create_repo "$repo" &&
	cd "$repo" && echo 1 >f && git add f && test_tick &&
	git commit -q -m first && echo "password = \"hunter2-x9Kq81\"" >g &&
	git add g && git commit -q -m bad && rm g &&
	git vault -q snapshot >../one && one=$(cat ../one) &&
	git cat-file commit "refs/vault/snapshots/$one" >../commit &&
	test_grep ! "^Vault-Format: 4" ../commit &&
	git reset -q --hard HEAD^ && HOME=$TRASH_DIRECTORY/nobody &&
	mkdir -p "$HOME" && export HOME &&
	git vault repair --reparent $one 2>../err &&
	test_grep "made the keyring" ../err && expired &&
	in_clear >../actual && echo 0 >../expect && test_cmp ../expect ../actual &&
	git cat-file commit "refs/vault/snapshots/$one" >../commit &&
	test_grep "^Vault-Format: 4" ../commit && git vault verify --deep
'

test_expect_success 'what is lost of that commit stays no reason to keep it' '
	for what in "" :d :d/e/in.conf
	do
		leaked && rm -f "$(loose "$(git rev-parse "$old$what^{}")")" &&
		git vault repair --reparent $one 2>../err &&
		git cat-file commit "refs/vault/snapshots/$one" >../commit &&
		test_grep ! "^parent" ../commit || return 1
	done
'

test_expect_success 'without its tree there is no index' '
	leaked && rm -f "$(loose "$(git rev-parse "$old^{tree}")")" &&
	git vault repair --reparent $one && git vault verify --deep &&
	test_must_fail git cat-file -e "refs/vault/snapshots/$one:index"
'

test_expect_success 'what is damaged, or policy that is, is told, and nothing is done' '
	for what in "^{tree}" :d :d/e/in.conf
	do
		leaked && bad_loose "$(git rev-parse "$old$what")" &&
		state >../expect &&
		test_expect_code 128 git vault repair --reparent $one 2>../err &&
		test_grep "snapshot $one: what was staged then .*git vault repair.* is damaged" ../err &&
		test_grep ! hunter2 ../err && state >../actual &&
		test_cmp ../expect ../actual || return 1
	done &&
	leaked && echo "scan: [broken" >.gitvault.yaml && state >../expect &&
	test_expect_code 128 git vault repair --reparent $one 2>../err &&
	test_grep "snapshot $one: .gitvault.yaml:2: " ../err &&
	state >../actual && test_cmp ../expect ../actual
'

test_expect_success '--reparent -n tells no value, and writes nothing' '
	leaked && state >../expect &&
	git vault repair --reparent -n $one >../actual 2>../err &&
	test_grep ! hunter2 ../actual && test_grep ! hunter2 ../err &&
	state >../actual && test_cmp ../expect ../actual
'

test_expect_success '--all-of takes every snapshot of a commit' '
	rewritten && git vault -q snapshot --force &&
	git vault repair --reparent -n --all-of $old >../actual &&
	test_grep "^$two would let go of $old" ../actual &&
	test_grep "^2 snapshots checked, 0" ../actual &&
	git vault repair --reparent --all-of $old >../actual &&
	test_grep "^2 snapshots checked, 2" ../actual &&
	git vault repair --reparent --all-of $old >../actual &&
	test_grep "checked, 0 rewritten" ../actual && whole
'

test_expect_success '--reparent takes snapshots or a commit' '
	rewritten && test_expect_code 129 git vault repair --reparent &&
	test_expect_code 129 git vault repair --reparent $one --all-of $old &&
	test_expect_code 129 git vault repair --all-of $old &&
	test_expect_code 128 git vault repair --reparent --all-of nonsense &&
	test_expect_code 128 git vault repair --reparent nonsense
'

test_done
