#!/bin/sh
# shellcheck disable=SC2154

test_description='packs damaged at random, and repaired

Verify names the damage; repair brings back what is in the working tree, in
another pack or, where it is asked, on the remote, and names the rest; a second
verify says the very same; what could be read before can be read afterwards.
GIT_VAULT_TEST_SEED=N does once more what a run with that seed did.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
seed=${GIT_VAULT_TEST_SEED:-$(date +%s)}
snapshots=8 folders=6 files=60 rounds=12
if test -n "$GIT_VAULT_TEST_LONG"
then
	snapshots=200 folders=100 files=3000 rounds=60
fi

# Numbers that the seed and how many were drawn before decide.
drawn=0
draw () {
	drawn=$((drawn + 1))
	drawn_=$(awk -v s="$seed" -v n="$drawn" -v max="$1" 'BEGIN {
		x = (s * 7919 + n * 104729) % 2147483647
		for (i = 0; i < 5; i++)
			x = (x * 16807) % 2147483647
		print x % max
	}')
}

# write_file N VERSION: text of some kilobytes that no two files share.
write_files () {
	awk -v n="$files" -v dirs="$folders" -v from="$1" -v step="$2" -v v="$3" \
		'BEGIN {
		for (i = from; i < n; i += step) {
			name = sprintf("env%d/file%d.tf", i % dirs, i)
			printf "# version %s\n", v >name
			for (j = 0; j < 40 + i % 60; j++)
				printf "resource \"t%d\" \"r%d\" { x = %d }\n", \
					i, j, (i * 31 + j * 17) % 997 >name
			close(name)
		}
	}'
}

# A file that is kept in chunks, and changes in its middle.
write_large () {
	awk -v v="$1" 'BEGIN {
		for (s = 1; n < 60000; n++) {
			s = (s * 16807) % 2147483647
			printf "%010d\n", n == 30000 ? v : s
		}
	}' >large
}

# answers <IDS: the heads that git gives before it is done, or dies of damage.
answers () {
	git -C "$1" cat-file --batch 2>/dev/null |
		grep -a -o -E '^[0-9a-f]{40} ([a-z]+ [0-9]+|missing)$'
}

# All objects that git can read, one a line. It dies of the first that is
# damaged, maybe with its head said already, and is asked for the rest again.
readable () {
	sort -u "$TRASH_DIRECTORY/all" >left && : >got &&
		while test -s left
		do
			answers "$1" <left >said
			last=$(tail -n 1 said | cut -c1-40)
			if test -n "$last" && ! git -C "$1" cat-file -p "$last" \
				>/dev/null 2>&1
			then
				sed '$d' said >said.new && mv said.new said
				skip=0
			else
				skip=1
			fi
			grep -v missing said | cut -c1-40 >>got
			awk -v last="$last" -v skip=$skip '
				f || last == "" { if (skip-- <= 0) print }
				$1 == last { f = 1 }' left >left.new &&
				mv left.new left || return 1
		done && sort -u got
}

# A copy of the repository in which some files of the working tree are gone.
copy () {
	rm -rf "$repo" && cp -a "$base" "$repo" && cd "$repo" || return 1
	for i in 1 2 3
	do
		draw "$files" && rm -f env*/file"$drawn_".tf || return 1
	done
}

put_bytes () {
	dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

take_bytes () {
	tail -c +$(($2 + 1)) "$1" | head -c "$3"
}

# A place in a file; sets drawn_ and size.
draw_place () {
	size=$(wc -c <"$1") && draw "$size"
}

flip () {
	draw_place "$1" && byte_=$(take_bytes "$1" "$drawn_" 1 |
		od -An -tu1 | tr -d ' ') &&
		printf "\\$(printf %o $((255 - ${byte_:-0})))" |
		put_bytes "$1" "$drawn_"
}

swap () {
	draw_place "$1" && a=$drawn_ && draw_place "$1" && b=$drawn_ &&
		len=$((size / 20 + 1)) &&
		take_bytes "$1" $a $len >../a && take_bytes "$1" $b $len >../b &&
		put_bytes "$1" $a <../b && put_bytes "$1" $b <../a &&
		truncate -s "$size" "$1"
}

hole () {
	draw_place "$1" && a=$drawn_ && draw 3000 &&
		head -c $((drawn_ + 1)) /dev/zero | put_bytes "$1" $a &&
		truncate -s "$size" "$1"
}

kinds='flip flips truncate hole swap idx-lost idx-other idx-flip idx-cut
	pack-lost both-lost both-flip'

# damage KIND PACK, in the repository that we stand in
damage () {
	idx=${2%.pack}.idx && chmod u+w "$2" "$idx" && case $1 in
	flip) flip "$2" ;;
	flips) flip "$2" && flip "$2" && flip "$2" && flip "$2" ;;
	truncate) draw_place "$2" && truncate -s "$drawn_" "$2" ;;
	hole) hole "$2" ;;
	swap) swap "$2" ;;
	idx-lost) rm -f "$idx" ;;
	idx-other)
		for other in .git/objects/pack/*.idx
		do
			test "$other" = "$idx" || break
		done && cp "$other" ../other && cat ../other >"$idx"
		;;
	idx-flip) flip "$idx" ;;
	idx-cut) draw_place "$idx" && truncate -s "$drawn_" "$idx" ;;
	pack-lost) rm -f "$2" ;;
	both-lost) rm -f "$2" "$idx" ;;
	both-flip) flip "$2" && flip "$idx" ;;
	esac
}

# Snapshot, path and object of each fault that is not of a project's commit; of
# a file in chunks the path, which one object or another may be missed at.
faults () {
	sed -n "s/^$1 \([^ ]*:[^ ]*\): .*object \([0-9a-f]\{40\}\).*/\1 \2/p" |
		sed "s/\(:tree\/large\) .*/\1/" | sort -u
}

# What still has its bytes outside of the damaged packs.
obtainable () {
	find . -name .git -prune -o -type f -print |
		git hash-object --no-filters --stdin-paths && cat ../chunks &&
		test -z "$1" || cat ../on-remote
}

verify () {
	git vault verify -v --all >../verified 2>../err
	code=$?
	test $code -le 1 || {
		cat ../err
		return 1
	}
}

repair () {
	git vault repair "$@" >../repaired 2>../err
	code=$?
	test $code -le 1 || {
		cat ../err
		return 1
	}
}

# intact <IDS: those that have their own bytes before the repair; git reads what
# a pack says they are.
intact () {
	while read -r oid_
	do
		type_=$(git -C ../unrepaired cat-file -t "$oid_") &&
			git -C ../unrepaired cat-file "$type_" "$oid_" |
			git hash-object --literally -t "$type_" --stdin |
				grep "$oid_"
	done 2>/dev/null
	return 0
}

# One repair, and all that must hold after it.
check_repair () {
	readable "$repo" >../before && verify && named=$code &&
		rm -rf ../unrepaired && cp -a "$repo" ../unrepaired &&
		repair $remote && lost=$code && readable "$repo" >../after &&
		comm -23 ../before ../after | intact >../vanished &&
		test_must_be_empty ../vanished &&
		faults lost <../repaired >../lost && verify &&
		faults damaged <../verified >../named &&
		test_cmp ../lost ../named && test "$lost" -ge "$code" &&
		test "$named" -ge "$code" &&
		obtainable "$remote" | sort -u >../there &&
		cut -d" " -s -f2 ../lost | sort -u >../gone &&
		test -z "$(comm -12 ../gone ../there)" &&
		if test "$lost" = 0
		then
			git fsck --full --no-dangling >../fsck 2>&1 &&
				test_must_be_empty ../fsck
		fi && repair $remote && faults lost <../repaired >../again &&
		test -z "$(comm -13 ../lost ../again)" &&
		test_grep ! "^put aside\|^rebuilt" ../repaired &&
		if test "$lost" = 0
		then
			# else an index that was made anew may show more
			test_grep ! "^repaired" ../repaired
		fi
}

one_round () {
	copy && draw "$(ls .git/objects/pack/*.pack | wc -l)" &&
		pack=$(ls .git/objects/pack/*.pack |
			sed -n "$((drawn_ + 1))p") &&
		damage "$1" "$pack" && draw 2 && remote= &&
		if test "$drawn_" = 1
		then
			remote=--remote=origin
		fi && echo "$1 $pack $remote" && check_repair || {
		cat ../repaired ../verified
		return 1
	}
}

count_round () {
	case $named$lost in
	00) n_unharmed=$((n_unharmed + 1)) ;;
	10) n_whole=$((n_whole + 1)) ;;
	*) n_part=$((n_part + 1)) ;;
	esac
}

test_expect_success "snapshots in packs, half of them on a remote (seed $seed)" '
	git init -q --bare remote.git && test_create_repo "$base" && (
		cd "$base" && git remote add origin ../remote.git &&
		git config vault.autoFold false &&
		git config vault.chunkThreshold 100k && i=0 &&
		while test $i -lt $folders
		do
			mkdir env$i && i=$((i + 1)) || exit 1
		done && write_files 0 1 0 && git add . && test_tick &&
		git commit -q -m first && git repack -q -a -d && i=1 &&
		while test $i -le $snapshots
		do
			write_files $i 17 $i &&
			write_large $((i * 2 / snapshots)) && test_tick &&
			git vault -q snapshot >../id && if test $i = $((snapshots / 2))
			then
				git push -q origin main \
					"refs/vault/snapshots/*:refs/vault/snapshots/*"
			fi && i=$((i + 1)) || exit 1
		done && git prune-packed &&
		git ls-tree -r -t "refs/vault/snapshots/$(cat ../id):meta/chunks" |
			cut -c13-52 >../chunks &&
		git rev-parse "refs/vault/snapshots/$(cat ../id):tree/large" \
			>>../chunks
	) && git -C remote.git cat-file --batch-all-objects \
		--batch-check="%(objectname)" >on-remote &&
	git -C "$base" cat-file --batch-all-objects \
		--batch-check="%(objectname)" >all
'

round=0 n_whole=0 n_part=0 n_unharmed=0
while test $round -lt "$rounds"
do
	draw 12 && kind=$(echo $kinds | cut -d" " -f$((drawn_ + 1)))
	test_expect_success "round $round: $kind" 'one_round $kind && count_round'
	round=$((round + 1))
done

echo "# $round damages: $n_unharmed harmed no object, $n_whole were repaired" \
	"wholly, $n_part as far as could be; seed $seed"

test_done
