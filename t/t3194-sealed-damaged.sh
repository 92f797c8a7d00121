#!/bin/sh
# shellcheck disable=SC2154,SC2046,SC2120

test_description='sealed values and keyrings that are not as they were made are refused by name

Bits are flipped, ends cut off, pieces swapped, doubled and dropped; git finds
nothing wrong with any of it, since every object has its right name.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-given.sh"

test_expect_success 'a snapshot withholds values, small ones and one in pieces' '
	test_create_repo work && cd work && given_setup && given_take &&
	git vault verify --deep && cd .. &&
	small=$(sed -n "s/.* \([0-9a-f]\{40\}\) envs.prod.db.tf/\1/p" given.list) &&
	other=$(sed -n "s/.* \([0-9a-f]\{40\}\) run.sh/\1/p" given.list) &&
	large=$(sed -n "s/.* \([0-9a-f]\{40\}\) envs.prod.store.jks/\1/p" given.list) &&
	test "$(git -C work cat-file -t $small)" = blob &&
	test "$(git -C work cat-file -t $large)" = tree &&
	git -C work vault restore $snapshot --to ../stored --no-secrets 2>err &&
	cp -a work/.git stored/.git && git -C work cat-file blob $small >small &&
	git -C work cat-file blob $other >other
'

# hostile OLD NEW: a snapshot whose list has another object there, and no scope
# that knows better
hostile () {
	rm -rf hostile bad && cp -a stored hostile && (
		cd hostile && git update-ref -d refs/vault/secrets/prod &&
		sed "s/$1/$2/" ../given.list >../changed.list &&
		snapshot_list=../changed.list && snapshot_take \
			-x "Vault-Secrets: $(($(wc -l <../changed.list) - 1))" &&
		echo $snapshot >../id
	)
}

flip () {
	perl -e '
		my ($file, $at) = @ARGV;
		open my $f, "+<:raw", $file or die;
		seek $f, $at, 0; read $f, my $c, 1;
		seek $f, $at, 0; print $f chr(ord($c) ^ 1)' "$1" "$2"
}

# is_refused PATH OBJECT WHY: by verify and by restore, with snapshot, path and
# object, in a new directory and in place; all else comes back
is_refused () {
	id=$(cat id) && test_expect_code 1 git -C hostile vault verify --deep $id >out &&
	test_grep "^damaged $id:tree/$1: .*$2" out && test_grep "$3" out &&
	test_expect_code 3 git -C hostile vault restore $id --to ../bad 2>err &&
	test_grep "$1 is incomplete: a secret of scope prod is missing" err &&
	test_grep "encrypted secret $2: .*$3" err && test_grep "git vault repair" err &&
	test_grep "^GITVAULT\|GITVAULT.password" "bad/$1" &&
	diff -r -x .git -x "${1##*/}" given.clear bad && (
		cd hostile && cp -a ../given.clear/. . && echo mine >"$1" &&
		test_expect_code 3 git vault restore $id --in-place 2>../err &&
		test_grep "$1 is left as it is: a secret of scope prod is missing" \
			../err && echo mine | cmp - "$1"
	)
}

# bad_small WHY: bad.age in the place of the small value
bad_small () {
	new=$(git -C stored hash-object -w ../bad.age) && hostile $small $new &&
		is_refused envs/prod/db.tf $new "$1"
}

test_expect_success 'a small value that is not itself' '
	size=$(wc -c <small) && body=$(grep -a -b "^---" small | cut -d: -f1) &&
	body=$((body + 48)) && test $body -lt $size &&
	while read -r at why
	do
		cp small bad.age && flip bad.age $at && bad_small "$why" ||
			return 1
	done <<-END &&
	3 age
	$((body - 20)) age header
	$body age payload
	$((body + 16)) age payload
	$((size - 1)) age payload
	END
	while read -r len why
	do
		head -c $len small >bad.age && bad_small "$why" || return 1
	done <<-END
	0 age
	10 age
	40 age
	$((body - 1)) age
	$body age header
	$((body + 16)) age payload
	$((size - 1)) age payload
	END
'

# The line of the recipient: the key that it was for is not to be told from one
# that nobody has here, and the value is as far away.
test_expect_success 'one whose recipient is another now stays sealed' '
	for at in 25 40 80
	do
		letter=A && test "$(tail -c +$((at + 1)) small | head -c 1)" != A ||
			letter=B
		{ head -c $at small && printf $letter &&
			tail -c +$((at + 2)) small; } >bad.age &&
		hostile $small $(git -C stored hash-object -w ../bad.age) &&
		test_expect_code 5 git -C hostile vault verify --deep $(cat id) 2>err &&
		test_grep "1 value of scope prod was not opened" err &&
		test_grep "the keyring gives you access to 1 secret" err &&
		test_expect_code 5 git -C hostile vault restore $(cat id) \
			--to ../bad 2>err &&
		test_grep "envs/prod/db.tf is incomplete: 1 secret of scope prod stays" err &&
		test_grep GITVAULT.password bad/envs/prod/db.tf || return 1
	done
'

test_expect_success 'what stands behind it, and what is mixed of two' '
	{ cat small && echo more; } >bad.age && bad_small "age payload" &&
	{ cat small small; } >bad.age && bad_small "age payload" &&
	cp other bad.age && bad_small "does not match its id" &&
	b=$(grep -a -b "^---" other | cut -d: -f1) &&
	{ head -c $body small && tail -c +$((b + 49)) other; } >bad.age &&
	bad_small "age payload" &&
	{ head -c $((b + 48)) other && tail -c +$((body + 1)) small; } >bad.age &&
	bad_small "age payload" && head -c $size /dev/urandom >bad.age &&
	bad_small age
'

# bad_large [OBJECT] WHY: the pieces that stdin lists in the place of the large
# value
bad_large () {
	awk "{ printf \"100644 blob %s\\t%04x\\n\", \$1, NR - 1 }" >rows &&
		group=$(git -C stored mktree <rows) &&
		new=$(printf "040000 tree %s\t00000000\n" "$group" |
			git -C stored mktree) && hostile $large $new &&
		is_refused envs/prod/store.jks $new "$1"
}

test_expect_success 'pieces that are swapped, doubled, dropped or damaged' '
	git -C stored ls-tree -r $large | cut -c13-52 >pieces &&
	n=$(wc -l <pieces) && test $n -gt 3 && bad_large_is_that=$(
		awk "{ printf \"100644 blob %s\\t%04x\\n\", \$1, NR - 1 }" pieces |
		git -C stored mktree) &&
	test "$bad_large_is_that" = $(git -C stored rev-parse $large:00000000) &&
	sed "1h;1d;2G" pieces | bad_large "does not match its id" &&
	sed 2p pieces | bad_large "does not match its id" &&
	sed 2d pieces | bad_large "does not match its id" &&
	sed "\$d" pieces | bad_large "does not match its id" &&
	sed 1q pieces | bad_large "does not match its id" &&
	{ cat pieces && echo $other; } | bad_large "does not match its id" &&
	sed "2s/.*/$small/" pieces | bad_large "does not match its id" &&
	git -C stored cat-file blob $(sed -n 2p pieces) >bad.age &&
	flip bad.age 3000 && new=$(git -C stored hash-object -w ../bad.age) &&
	sed "2s/.*/$new/" pieces | bad_large "age payload" &&
	head -c 3000 bad.age >cut.age &&
	new=$(git -C stored hash-object -w ../cut.age) &&
	sed "2s/.*/$new/" pieces | bad_large "age payload"
'

test_expect_success 'an object that is no value at all' '
	hostile $small $large && is_refused envs/prod/db.tf $large "does not match its id" &&
	hostile $large $small && is_refused envs/prod/store.jks $small "does not match its id" &&
	tree=$(git -C stored rev-parse HEAD^{tree}) && hostile $small $tree &&
	is_refused envs/prod/db.tf $tree tree &&
	commit=$(git -C stored rev-parse HEAD) && hostile $small $commit &&
	is_refused envs/prod/db.tf $commit commit
'

# is_not_used [WORDS]: the keyring in hostile/, by no command
is_not_used () {
	for way in "key list" "key reseal" "secret list --reuse" \
		"snapshot --force" "restore latest --to ../bad-keyring" \
		"cat --secrets latest:shared.conf"
	do
		git -C hostile vault $way >out 2>err
		code=$?
		cat err
		test $code != 0 && test_grep "keyring" err &&
			test_grep "$1" err || return 1
	done
}

# keyring_is TREE-LISTING: of a commit without a past
keyring_is () {
	git -C hostile update-ref refs/vault/keyring \
		$(git -C hostile commit-tree -m x $(git -C hostile mktree <"$1"))
}

# bad_keyring FILE: with bad.age in its place
bad_keyring () {
	rm -rf hostile && cp -a work hostile &&
		new=$(git -C hostile hash-object -w ../bad.age) &&
		git -C hostile ls-tree refs/vault/keyring |
		sed "s/ blob [0-9a-f]*\(.$1\)\$/ blob $new\1/" >tree &&
		test_grep $new tree && keyring_is tree && is_not_used
}

test_expect_success 'a keyring or its signature that is flipped or cut' '
	for file in keyring keyring.sig
	do
		git -C work cat-file blob refs/vault/keyring:$file >good &&
		size=$(wc -c <good) &&
		for at in 0 $((size / 3)) $((size / 2)) $((size - 2))
		do
			cp good bad.age && flip bad.age $at &&
			bad_keyring $file || return 1
		done && for len in 0 1 $((size / 2)) $((size - 2))
		do
			head -c $len good >bad.age && bad_keyring $file ||
				return 1
		done && { cat good && echo more; } >bad.age &&
		bad_keyring $file || return 1
	done
'

test_expect_success 'a keyring that nobody signed' '
	rm -rf hostile && cp -a work hostile &&
	git -C hostile ls-tree refs/vault/keyring >tree &&
	sed -i "/keyring.sig/d" tree && keyring_is tree &&
	is_not_used "not signed"
'

test_expect_success 'one of two that follow the same, by who has seen the other' '
	rm -rf hostile fork && cp -a work fork && cp -a work hostile &&
	for who in bob carol
	do
		git vault key generate -o $who.key >$who.pub || return 1
	done && git -C hostile vault key add --name bob ../bob.pub &&
	git -C fork vault key add --name carol ../carol.pub &&
	seen=$(git -C hostile rev-parse refs/vault/keyring) &&
	git -C hostile fetch -q ../fork "+refs/vault/*:refs/vault/*" &&
	test "$(git -C hostile rev-parse refs/vault/keyring)" != $seen &&
	is_not_used && git -C hostile update-ref refs/vault/keyring $seen &&
	git -C hostile vault key list >out && test_grep bob out
'

test_expect_success 'one that was set back, and one that is gone' '
	rm -rf hostile && cp -a work hostile &&
	git -C hostile vault key add --name bob ../bob.pub &&
	git -C hostile fetch -q ../work "+refs/vault/*:refs/vault/*" &&
	is_not_used "older than version 2" &&
	git -C hostile update-ref -d refs/vault/keyring && is_not_used "is missing"
'

test_done
