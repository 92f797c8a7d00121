#!/bin/sh
# shellcheck disable=SC2154

test_description='a snapshot of a hostile remote: nothing escapes the target'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-restore.sh"

# Snapshots are made by hand: trees as bytes, which git itself would refuse.
count=0

# raw MODE NAME OID…: an entry of a tree each, to stdout; names as printf has
# them.
raw () {
	while test $# -gt 0
	do
		printf "$1 $2\\0" &&
		perl -e 'print pack "H*", shift' "$3" || return 1
		shift 3
	done
}

tree () {
	git hash-object -t tree -w --stdin --literally
}

# hostile TREE [MANIFEST-LINE…]: a snapshot of that tree, its id in $id.
hostile () {
	count=$((count + 1)) &&
	id=20260101T00$(printf %02d $((count / 60)))$(printf %02d \
		$((count % 60)))Z-$(printf %08x $count) &&
	tree_=$1 && shift &&
	layer=$( { printf 'git-vault manifest 1\nowner root root\n' &&
		for line_
		do
			echo "$line_"
		done; } | git hash-object -w --stdin) &&
	layers=$(printf '100644 blob %s\t0000\n' $layer | git mktree) &&
	meta=$(printf '040000 tree %s\tmanifest\n' $layers | git mktree) &&
	root=$(printf '040000 tree %s\tmeta\n040000 tree %s\ttree\n' \
		$meta $tree_ | git mktree --missing) &&
	commit=$(printf "hostile\n\nVault-Format: 1\nVault-Id: $id\n" |
		git commit-tree $root) &&
	git update-ref refs/vault/snapshots/$id $commit
}

# What stands around the target, but for it and the files of the test.
surroundings () {
	(cd "$TRASH_DIRECTORY" && find . "$HOME" -path ./work/.git/objects \
		-prune -o -path ./work/.git/refs -prune -o -path ./out \
		-prune -o ! -name "err*" ! -name "audit-end-*" \
		! -path ./work '(' -type d -printf "%p\n" -o \
		-printf "%p %s %l\n" ')' | sort)
}

test_expect_success 'a repository that takes anything' '
	test_create_repo work &&
	cd work &&
	evil=$(echo evil | git hash-object -w --stdin) &&
	good=$(echo good | git hash-object -w --stdin) &&
	up=$(printf ../../../escaped | git hash-object -w --stdin) &&
	abs=$(printf %s "$HOME" | git hash-object -w --stdin) &&
	hooks=$(raw 100755 post-checkout $evil | tree) &&
	inner=$(raw 100644 file $evil | tree) &&
	echo mine >mine && git add mine && git commit -q -m mine &&
	git vault snapshot -q && mkdir -p ../before
'

# refused NAME PATTERN: restoring $id skips what matches, restores `good`, and
# leaves everything around as it was; in place too.
refused () {
	surroundings >"$HOME/../expect" &&
	rm -rf ../out && test_expect_code 3 git vault restore $id --to ../out \
		2>../err &&
	test_grep "$1" ../err &&
	surroundings >"$HOME/../actual" &&
	test_cmp "$HOME/../expect" "$HOME/../actual" &&
	echo good >../expect-good && test_cmp ../expect-good ../out/good &&
	find ../out >../err-files && test_grep ! -i "[.]git\|evil\|escaped" \
		../err-files &&
	rm ../expect-good &&
	git config -l >../err-config &&
	test_expect_code 3 git vault restore $id --in-place 2>../err &&
	test_grep "$1" ../err &&
	test_path_is_missing .git/hooks/post-checkout &&
	git config -l >../err-config2 &&
	test_cmp ../err-config ../err-config2 &&
	test_cmp ../out/good good && rm good &&
	git vault snapshot -q
}

# with_good MODE NAME OID: a tree of that entry and `good`, in git's order.
with_good () {
	case $2 in
	\\3*) raw 100644 good $good "$@" ;;
	*) raw "$@" 100644 good $good ;;
	esac | tree
}

for name in .git .GIT .gIt 'git~1' 'GIT~1' '.git ' '.git.' '.git...' \
	'.git::$INDEX_ALLOCATION' '.g\342\200\214it' '.git\342\200\217' \
	'\357\273\277.git' . ..
do
	test_expect_success "the name '$name' is refused as a directory" '
		cd work &&
		hostile $(with_good 40000 "$name" $hooks) \
			"f 1.000000000 good" &&
		refused "could do harm"
	'
	test_expect_success "the name '$name' is refused as a file and a link" '
		cd work &&
		hostile $(with_good 100644 "$name" $evil) \
			"f 1.000000000 good" &&
		refused "could do harm" &&
		hostile $(with_good 120000 "$name" $abs) \
			"f 1.000000000 good" &&
		refused "could do harm"
	'
done

# broken PATTERN: $id holds a tree that is none: nothing is made of it.
broken () {
	rm -rf ../out && surroundings >../../expect &&
	test_expect_code 128 git vault restore $id --to ../out 2>../err &&
	test_grep "$1" ../err &&
	test_expect_code 128 git vault restore $id --in-place 2>../err &&
	surroundings >../../actual && test_cmp ../../expect ../../actual &&
	test_path_is_missing ../out
}

test_expect_success 'a name with a slash is refused' '
	cd work &&
	hostile $(raw 100644 ../escaped $evil 100644 good $good | tree) &&
	broken "the top directory: .*escaped" &&
	hostile $(raw 100644 good $good 100644 sub/../../escaped $evil | tree) &&
	broken "the top directory: .*escaped"
'

test_expect_success 'a hostile name deep in the tree spoils nothing else' '
	cd work &&
	sub=$(raw 40000 .git $hooks 100644 fine $good | tree) &&
	hostile $(raw 100644 good $good 40000 sub $sub | tree) \
		"f 1.000000000 good" "d 1.000000000 sub" \
		"f 1.000000000 sub/.git/hooks" "f 1.000000000 sub/fine" &&
	refused "sub/.git is not restored" &&
	test_path_is_file ../out/sub/fine
'

test_expect_success 'a link and a directory of one name are refused' '
	cd work &&
	hostile $(raw 120000 a $abs 100644 a.b $good 40000 a $inner \
		100644 good $good | tree) &&
	broken "as a file and as a directory" &&
	test_path_is_missing "$HOME/file"
'

test_expect_success 'an empty directory is not made through a link' '
	cd work &&
	hostile $(raw 120000 a $abs 100644 good $good | tree) \
		"f 1.000000000 good" "l 1.000000000 a" "d 1.000000000 a" \
		"d 1.000000000 a/evil" &&
	refused "a is not restored" && test_path_is_missing "$HOME/evil" &&
	test_path_is_symlink ../out/a
'

test_expect_success 'a tree with a name twice is no tree' '
	cd work &&
	hostile $(raw 100644 good $good 100644 good $evil | tree) &&
	rm -rf ../out &&
	test_expect_code 128 git vault restore $id --to ../out 2>../err &&
	test_path_is_missing ../out &&
	sub=$(raw 100644 x $good 100644 x $evil | tree) &&
	hostile $(raw 100644 good $good 40000 sub $sub | tree) &&
	test_expect_code 128 git vault restore $id --to ../out 2>../err &&
	test_grep "sub: " ../err &&
	test_path_is_missing ../out &&
	test_expect_code 3 git vault restore $id --to ../out --skip-damaged \
		2>../err &&
	test_grep "sub is not restored" ../err &&
	test_path_is_file ../out/good && rm -r ../out
'

test_expect_success 'links may point anywhere, and are only made' '
	cd work &&
	hostile $(raw 120000 absolute $abs 100644 good $good 120000 up $up |
		tree) &&
	git vault restore $id --to ../out &&
	test "$(readlink ../out/absolute)" = "$HOME" &&
	test "$(readlink ../out/up)" = ../../../escaped &&
	rm -r ../out
'

test_expect_success 'a link whose target is none is refused' '
	cd work &&
	nul=$(printf "a\0b" | git hash-object -w --stdin) &&
	none=$(printf "" | git hash-object -w --stdin) &&
	long=$(awk "BEGIN { for (i = 0; i < 5000; i++) printf \"x\" }" |
		git hash-object -w --stdin) &&
	for oid in $nul $none $long
	do
		hostile $(raw 100644 good $good 120000 link $oid | tree) &&
		refused "no symbolic link can have its target" || return 1
	done
'

test_expect_success 'a kind that is none is refused' '
	cd work &&
	hostile $(raw 10644 fifo $evil 100644 good $good | tree) &&
	broken "mode [0-7]* is invalid"
'

for line in 'd 1.000000000 ..' 'd 1.000000000 ../escaped' \
	'd 1.000000000 .git/hooks/evil' 'd 1.000000000 link/evil' \
	'd 1.000000000 /tmp/evil' 'd 1.000000000 good/evil' \
	'd 1.000000000 missing/evil' 'd 1.000000000 a//evil' 'd 1.000000000 /' \
	'f 1.000000000 evil'
do
	test_expect_success "the manifest line '$line' makes nothing" '
		cd work &&
		hostile $(raw 100644 good $good 120000 link $abs | tree) \
			"d 1.000000000 ." "f 1.000000000 good" "$line" \
			"l 1.000000000 link" &&
		refused "is not restored" &&
		test_path_is_missing "$HOME/evil"
	'
done

test_expect_success 'a folder below a nested repository has no place in another environment' '
	cd work && prod=$(raw 100644 a $good 160000 sub $good | tree) &&
	hostile $(raw 40000 live $(raw 40000 prod $prod | tree) | tree) "d 1.000000000 ." \
		"d 1.000000000 live" "d 1.000000000 live/prod" "f 1.000000000 live/prod/a" \
		"g 1.000000000 live/prod/sub" "d 1.000000000 live/prod/sub/x" &&
	test_when_finished "rm -rf ../moved" &&
	test_expect_code 3 git vault restore $id --to ../moved --env prod --as blue --force 2>../err &&
	test_grep "live/prod/sub/x is not restored" ../err &&
	test_path_is_file ../moved/live/blue/a && test_path_is_missing ../moved/live/blue/sub
'

test_expect_success 'a manifest does not make modes or links of its own' '
	cd work &&
	hostile $(raw 100644 good $good 120000 link $abs 100644 other $evil |
		tree) "d 1.000000000 ." "f 1.000000000 h=1 good" \
		"f 1.000000000 h=1 other" "f 1.000000000 h=1 m=4777 link" &&
	chmod 700 "$HOME" && rm -rf ../out &&
	git vault restore $id --to ../out &&
	test "$(stat -c %h ../out/good)" = 1 &&
	echo evil >../expect-evil && test_cmp ../expect-evil ../out/other &&
	test "$(stat -c %a "$HOME")" = 700 && rm -r ../out
'

test_expect_success 'a file of two names that is damaged is left out alone' '
	cd work && none=$(echo none | git hash-object --stdin) &&
	hostile $(raw 100644 good $good 100644 h1 $none 100644 h2 $none |
		tree) "d 1.000000000 ." "f 1.000000000 good" \
		"f 1.000000000 h=1 h1" "f 1.000000000 h=1 h2" &&
	test_expect_code 3 git vault restore $id --in-place --skip-damaged \
		2>../err &&
	test_grep "h1 is not restored" ../err &&
	test_grep "h2 is not restored" ../err &&
	test_path_is_file good && rm good
'

test_expect_success 'a link of two names that none can be is left out alone' '
	cd work && none=$(printf "a\\000b" | git hash-object -w --stdin) &&
	hostile $(raw 100644 good $good 120000 h1 $none 120000 h2 $none \
		100644 h3 $none | tree) "d 1.000000000 ." \
		"f 1.000000000 good" "l 1.000000000 h=1 h1" \
		"l 1.000000000 h=1 h2" "f 1.000000000 h=1 h3" &&
	test_expect_code 3 git vault restore $id --in-place 2>../err &&
	test_grep "h1 is not restored" ../err &&
	test_grep "h2 is not restored" ../err &&
	test_path_is_file good && test_path_is_file h3 && rm good h3 &&
	test_expect_code 3 git vault restore $id --to ../out &&
	test_path_is_file ../out/good && test_path_is_file ../out/h3 &&
	rm -r ../out && test_expect_code 3 git vault archive $id >../tar &&
	tar -t -f ../tar >../actual && test_grep ! "h[12]" ../actual &&
	test_grep h3 ../actual
'

test_expect_success 'a damaged manifest fails the restore, or only the metadata' '
	cd work &&
	hostile $(raw 100644 good $good | tree) "f what good" &&
	test_expect_code 128 git vault restore $id --to ../out 2>../err &&
	test_grep "line 3 of the manifest is damaged" ../err &&
	test_expect_code 3 git vault restore $id --to ../out --skip-damaged &&
	test_path_is_file ../out/good && rm -r ../out
'

test_expect_success 'control characters of a path do not reach the terminal' '
	cd work &&
	hostile $(raw 100644 good $good 40000 "x\033[31m" $(raw 40000 .git \
		$hooks | tree) | tree) &&
	test_expect_code 3 git vault restore $id --to ../out 2>../err &&
	test_grep ! "$(printf "\033")" ../err && test_grep "033" ../err
'

test_expect_success 'after all of it the repository is whole' '
	cd work && git vault restore latest --in-place &&
	echo mine >../expect && test_cmp ../expect mine &&
	git rev-parse HEAD && git status
'

test_done
