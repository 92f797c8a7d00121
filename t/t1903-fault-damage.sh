#!/bin/sh
# shellcheck disable=SC2154

test_description='a repository with damaged objects, packs, indexes and cache

No command crashes or hangs; one that cannot do its work says in a sentence
what is damaged; the next snapshot is right, or says why there can be none.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-invariant.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
places=${GIT_VAULT_TEST_LONG:+400}
places=${places:-6}

# flip FILE OFFSET: all bits of one byte
flip () {
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ') &&
		chmod u+w "$1" &&
		printf "\\$(printf %o $((255 - byte)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# One command: it ends, with a status that is ours, and where that is an
# error's it has said so.
try () {
	timeout 20 git -C "$repo" vault "$@" >out 2>err
	code=$?
	case $code in
	0 | 1 | 3) ;;
	128) check_sentence err ;;
	*) false ;;
	esac || {
		echo "git vault $* ended with status $code and said:"
		cat err
		return 1
	}
}

try_all () {
	try list && try list --json && try show latest && try status &&
		try diff latest~1 latest && try cat latest:notes.txt &&
		try verify --all && try snapshot && try snapshot --force &&
		try restore latest --to "$TRASH_DIRECTORY/restored" &&
		rm -rf "$TRASH_DIRECTORY/restored"
}

# damage_each FILE…: at places spread over all of each
damage_each () {
	for file
	do
		size=$(wc -c <"$base/$file") &&
		i=0 &&
		while test $i -lt "$places"
		do
			at=$((size * i / places)) &&
			rm -rf "$repo" && cp -a "$base" "$repo" &&
			flip "$repo/$file" $at &&
			test_tally 1 "bytes flipped: objects, packs, indexes" &&
			echo "$file, byte $at of $size" && try_all || return 1
			i=$((i + 1))
		done || return 1
	done
}

in_base () {
	(cd "$base" && find "$@" -type f)
}

test_expect_success 'a repository with two snapshots' '
	busy_repository "$base" && test_tick &&
	git -C "$base" vault -q snapshot >second &&
	echo later >>"$base/notes.txt" && echo new >"$base/new.txt"
'

test_expect_success 'damaged packs' '
	damage_each $(in_base .git/objects/pack -name "*.pack")
'

test_expect_success 'damaged pack indexes' '
	damage_each $(in_base .git/objects/pack -name "*.idx")
'

test_expect_success 'a damaged cache is done without' '
	for i in $(test_seq 0 40)
	do
		size=$(wc -c <"$base/.git/vault/index") &&
		rm -rf "$repo" && cp -a "$base" "$repo" &&
		flip "$repo/.git/vault/index" $((size * i / 41)) &&
		test_tally 1 "bytes flipped: the cache" &&
		git -C "$repo" vault -q snapshot --force >"$repo.id" &&
		check_complete "$repo" || return 1
	done &&
	for cut in 0 1 8 100 1000
	do
		rm -rf "$repo" && cp -a "$base" "$repo" &&
		truncate -s $cut "$repo/.git/vault/index" &&
		git -C "$repo" vault -q snapshot --force >"$repo.id" &&
		check_complete "$repo" || return 1
	done
'

test_expect_success 'damaged loose objects' '
	places=3 damage_each $(in_base .git/objects -path "*/??/*" | head -n 12)
'

test_expect_success 'missing objects are named' '
	second=$(cat second) &&
	for object in "" ^{tree} :tree :meta :meta/manifest :meta/manifest/0000
	do
		rm -rf "$repo" && cp -a "$base" "$repo" &&
		oid=$(git -C "$repo" rev-parse \
			"refs/vault/snapshots/$second$object") &&
		mv "$repo/.git/objects/pack" "$repo/.git/was" &&
		mkdir "$repo/.git/objects/pack" &&
		for pack in "$repo"/.git/was/*.pack
		do
			git -C "$repo" unpack-objects -q <"$pack" || return 1
		done &&
		rm "$repo/.git/objects/$(echo $oid | sed "s|..|&/|")" &&
		echo "without $object, $oid" && try_all &&
		try verify --all && test $code != 0 &&
		cat out err >said && test_grep "$oid" said || return 1
	done
'

test_done
