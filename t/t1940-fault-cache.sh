#!/bin/sh
# shellcheck disable=SC2154

test_description='everything under .git/vault is a cache: lost or damaged it costs time

Each file is deleted, cut at every length, has every byte flipped (every so
many-th of a large one, unless GIT_VAULT_TEST_LONG is set) and is given another
version. Whatever is read from it, the answer is that of a run without it.'
. "$(dirname "$0")/test-lib.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
whole=$TRASH_DIRECTORY/whole
samples=${GIT_VAULT_TEST_LONG:+100000000}
samples=${samples:-60}
flipped=0 files=

flip () {
	byte_=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ') &&
		printf "\\$(printf %o $((255 - byte_)))" |
		dd of="$1" bs=1 seek="$2" conv=notrunc 2>/dev/null
}

# What is answered, without a word of what it was answered from.
answers () {
	git -C "$repo" vault status --json >"$1" &&
		git -C "$repo" vault list --json >>"$1" &&
		git -C "$repo" vault snapshot --dry-run --json |
		sed "s/\"status\":\"[AM]\"//g" >>"$1"
}

# What is made: a snapshot's files and metadata, and what a restore brings.
makes () {
	rm -rf copy restored && cp -a "$repo" copy &&
		git -C copy vault -q snapshot --force >id &&
		git -C copy rev-parse "refs/vault/snapshots/$(cat id):tree" \
			>"$1" &&
		tool_in copy manifest "$(git -C copy rev-parse \
			"refs/vault/snapshots/$(cat id):meta/manifest")" >>"$1" &&
		git -C copy show -s --format=%B \
			"refs/vault/snapshots/$(cat id)" |
		grep -v "^Vault-Id" >>"$1" &&
		git -C copy vault -q restore latest --to "$PWD/restored" &&
		test_list_tree restored >>"$1"
}

tool_in () {
	(cd "$1" && shift && test-tool "$@")
}

# each FILE STEP FUNCTION: FUNCTION after each kind of damage of .git/vault/FILE
each () {
	file=$repo/.git/vault/$1 step_=$2 n_=0 &&
		cp "$file" "$whole" && size_=$(wc -c <"$whole") &&
		rm "$file" && $3 gone || return 1
	at_=0
	while test $at_ -lt "$size_"
	do
		head -c $at_ "$whole" >"$file" && $3 "cut at $at_" &&
			cp "$whole" "$file" && flip "$file" $at_ &&
			$3 "flipped at $at_" || return 1
		at_=$((at_ + step_)) n_=$((n_ + 2)) flipped=$((flipped + 1))
	done
	case " $files " in *" $1 "*) ;; *) files="$files $1" ;; esac
	cat "$whole" "$whole" >"$file" && $3 twice &&
		printf x >>"$whole" && cp "$whole" "$file" && $3 longer &&
		cp "$whole.version" "$file" && $3 'of another version' &&
		count=$((n_ + 4))
}

test_expect_success 'a repository with work of every kind' '
	test_create_repo "$base" && (
		cd "$base" && mkdir -p a/b empty && test_seq 50 >a/b/f &&
		echo x >g && ln -s g link && echo .env >.gitignore &&
		echo A=1 >.env && git add . && test_tick &&
		git commit -q -m base && git vault -q snapshot &&
		test_tick && echo y >>g && git vault -q snapshot && echo z >>g &&
		touch new && git rm -q --cached a/b/f
	) && test_tick && test_tick && test_tick && cp -a "$base" "$repo"
'

check_index () {
	answers actual && test_cmp expect actual || {
		echo "the index, $1"
		return 1
	}
}

test_expect_success 'the index: what is answered' '
	answers cached && cp "$repo/.git/vault/index" cache &&
	rm "$repo/.git/vault/index" && answers expect &&
	test_cmp expect cached && cp cache "$repo/.git/vault/index" &&
	sed "1s/^.......[0-9]/GVINDEX9/" cache >whole.version &&
	size=$(wc -c <cache) && each index $((size / samples + 1)) check_index
'
test_tally "$count" "kinds of damage of index, asked for status, list and a dry run"

check_made () {
	makes actual && test_cmp made actual || {
		echo "the index, $1"
		return 1
	}
}

test_expect_success 'the index: what is made' '
	rm -rf "$repo" && cp -a "$base" "$repo" &&
	cp "$repo/.git/vault/index" cache &&
	makes cached && rm "$repo/.git/vault/index" && makes made &&
	test_cmp made cached && cp cache "$repo/.git/vault/index" &&
	each index $((size * 3 / samples + 1)) check_made
'
test_tally "$count" "kinds of damage of index, then a snapshot and a restore"

check_verified () {
	git -C "$repo" vault list --json >actual && test_cmp expect actual || {
		echo "the dates, $1"
		return 1
	}
}

test_expect_success 'the dates of verifications' '
	rm -rf "$repo" && cp -a "$base" "$repo" &&
	git -C "$repo" vault list --json >expect &&
	git -C "$repo" vault verify && git -C "$repo" vault list --json >dated &&
	! test_cmp expect dated &&
	sed "1s/1/2/" "$repo/.git/vault/verified" >whole.version &&
	each verified 1 check_verified
'
test_tally "$count" "kinds of damage of verified, asked for list"

# The rest of a round: all of it where the cursor is of no use.
check_cursor () {
	cp "$file" bad 2>/dev/null || : >bad
	rm -f "$repo/.git/vault/verified" &&
		git -C "$repo" vault verify --max-time 1h --json >actual &&
		test_cmp expect actual || {
		echo "the cursor, $1"
		return 1
	}
}

test_expect_success 'how far a verification came' '
	rm -rf "$repo" && cp -a "$base" "$repo" &&
	git -C "$repo" vault verify --max-time 1h --json >expect &&
	{
		printf "GVVERIF1\0\0\0\0" &&
		printf "\102\125\300\111" && printf "abcdefgh"
	} >"$repo/.git/vault/verifying" && cp "$repo/.git/vault/verifying" v &&
	printf "GVVERIF2" >whole.version && each verifying 1 check_cursor
'
test_tally "$count" "kinds of damage of verifying, asked for the rest of the round"
test_tally "$flipped" "bytes flipped in$files"

# What is not among these holds nothing that could lie.
test_expect_success 'there is no other file' '
	rm -rf "$repo" && cp -a "$base" "$repo" && (
		cd "$repo" && git vault -q snapshot --force &&
		git vault -q fold && git vault -q verify &&
		git vault -q verify --max-time 1h && git vault -q repair &&
		git vault -q restore latest --in-place &&
		git vault -q prune --keep-last 1 --reclaim
	) && for name in $(cd "$repo/.git/vault" && find . -type f)
	do
		case $name in
		./index | ./verified | ./verifying) ;;
		./lock | ./fold) test_must_be_empty "$repo/.git/vault/$name" ;;
		*)
			echo "nobody has flipped a byte of $name"
			return 1 ;;
		esac || return 1
	done
'

test_expect_success 'all of it at once: gone, empty, full of nonsense' '
	for how in gone empty nonsense
	do
		rm -rf "$repo" && cp -a "$base" "$repo" &&
		git -C "$repo" vault verify && case $how in
		gone) rm -rf "$repo/.git/vault" ;;
		empty) for f in "$repo"/.git/vault/*
			do
				: >"$f" || return 1
			done ;;
		nonsense) for f in "$repo"/.git/vault/*
			do
				head -c 5000 /dev/urandom >"$f" || return 1
			done ;;
		esac && makes actual && test_cmp made actual || return 1
	done
'

test_done
