#!/bin/sh
# shellcheck disable=SC2154,SC2046

test_description='git vault repair: sealed values'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-withhold.sh"

T=$TRASH_DIRECTORY

# loose: every object in a file of its own
loose () {
	mkdir -p "$T/packs" && mv .git/objects/pack/* "$T/packs" &&
	for p_ in "$T"/packs/*.pack
	do
		git unpack-objects -q <"$p_" || return 1
	done && rm -rf "$T/packs"
}

# lose OBJECT…
lose () {
	for o_
	do
		rm -f .git/objects/$(printf %.2s $o_)/${o_#??} || return 1
	done
}

# damage OBJECT: its file is there, and is rubbish
damage () {
	f_=.git/objects/$(printf %.2s $1)/${1#??} && chmod u+w $f_ &&
	echo rubbish >$f_
}

# of PATH: sets $scope, $id and $object by the list of the last snapshot
of () {
	git cat-file blob "refs/vault/snapshots/$snap:meta/secrets" >"$T/list" &&
	set -- $(grep " $1\$" "$T/list" | head -n 1) &&
	scope=$4 id=$6 object=$7
}

# kept: what the scope has for it now
kept () {
	git rev-parse -q --verify \
		"refs/vault/secrets/$scope:$(printf %.2s $id)/$id.age"
}

# fresh: the repository as it was, in work
fresh () {
	cd "$T" && rm -rf work && cp -a base work && cd work || return
}

# whole: all can be had
whole () {
	git fsck --no-dangling && git vault verify --all --deep >out &&
	test_grep "verified, all intact" out && rm -rf "$T/back" out &&
	git vault restore $snap --to "$T/back" &&
	diff -r -x .git . "$T/back"
}

random () {
	perl -e 'srand $ARGV[0];
		print join "", map { chr(97 + rand 26) } 1..$ARGV[1]' "$1" "$2"
}

test_expect_success 'a repository with values of two scopes' '
	git init -q base && cd base && git config gc.auto 0 &&
	mkdir -p envs/prod envs/dev &&
	printf ".env\n*.tfvars\n" >.gitignore && git add .gitignore &&
	git commit -q -m first &&
	printf "A=all-of-this-is-secret\n" >.env &&
	printf "db_password = \"Zk3vQ9xLr7WbT2mY\"\n" >envs/prod/a.tf &&
	printf "x = 1\ndb_password = \"Hn5tR8wPq3VcX6kJ\"\ny = 2\napi_token = \"Bm4sD7fGh2LzC9nQ\"\nend\n" \
		>envs/dev/b.tf &&
	random 1 700000 >envs/prod/big.tfvars &&
	snap=$(git vault -q snapshot) && loose && of envs/dev/b.tf &&
	test -n "$id" && whole && cd ..
'

test_expect_success 'a lost value is sealed anew out of the working tree' '
	fresh && of .env && test $(kept) = $object && lose $object &&
	test_expect_code 1 git vault verify >out && rm out &&
	git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "encrypted again from the working tree" "$T/out" &&
	new=$(kept) && test $new != $object && whole &&
	git vault repair >"$T/out" && test_grep ! "again" "$T/out"
'

test_expect_success 'a dry run says so, and writes nothing' '
	fresh && of .env && lose $object &&
	git for-each-ref >"$T/before" && git vault repair -n >"$T/out" &&
	test_grep "encrypted again from the working tree" "$T/out" &&
	git for-each-ref >"$T/after" && test_cmp "$T/before" "$T/after"
'

test_expect_success 'one that is damaged, inside of a file with another one' '
	fresh && of envs/dev/b.tf && damage $object &&
	test_expect_code 1 git vault verify >"$T/out" &&
	git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "envs/dev/b.tf" "$T/out" && whole
'

test_expect_success 'a chunk of a large one' '
	fresh && of envs/prod/big.tfvars &&
	lose $(git ls-tree -r $object | sed -n "3s/.*blob \([0-9a-f]*\).*/\1/p") &&
	test_expect_code 1 git vault verify >"$T/out" &&
	git vault repair >"$T/out" 2>"$T/err" && whole
'

test_expect_success 'where the file has changed it is lost, by snapshot and path' '
	fresh && of .env && lose $object && echo B=2 >>.env &&
	test_expect_code 1 git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "$snap.*tree/.env" "$T/out" && test_must_fail kept &&
	test_expect_code 1 git vault verify >"$T/out" &&
	test_grep "tree/.env" "$T/out"
'

test_expect_success 'and then the next snapshot that has it seals it' '
	cd work && printf "A=all-of-this-is-secret\n" >.env &&
	git vault -q snapshot --force && kept && whole
'

test_expect_success 'another sealing that a line names takes its place' '
	fresh && of .env &&
	printf "A=all-of-this-is-secret\n" |
		age -e -i "$HOME/.config/git-vault/identity" >../other.age &&
	other=$(git hash-object -w ../other.age) &&
	git ls-tree -r refs/vault/secrets/$scope >"$T/tree" &&
	sed "s/$object/$other/" "$T/tree" >"$T/new" &&
	GIT_INDEX_FILE=$T/index git update-index --index-info <"$T/new" &&
	commit=$(git commit-tree -m x \
		$(GIT_INDEX_FILE=$T/index git write-tree)) &&
	git update-ref refs/vault/secrets/$scope $commit && lose $other &&
	echo B=2 >>.env && git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "another copy of the value" "$T/out" &&
	test $(kept) = $object &&
	printf "A=all-of-this-is-secret\n" >.env && whole
'

test_expect_success 'a scope whose tree or commit is lost is put together again' '
	for what in "" :
	do
		fresh && of .env &&
		lose $(git rev-parse refs/vault/secrets/$scope$what) &&
		test_expect_code 1 git vault repair >"$T/out" 2>"$T/err" &&
		test_grep "lost refs/vault/secrets/$scope.*in addition" "$T/out" &&
		git fsck --no-dangling &&
		test $(kept) = $object && git vault verify --deep >"$T/out" &&
		rm -rf "$T/back" && git vault restore $snap --to "$T/back" &&
		cmp .env "$T/back/.env" || return 1
	done
'

test_expect_success 'a remote has it' '
	fresh && of .env && git clone -q --mirror . ../mirror.git &&
	git remote add other ../mirror.git && lose $object && rm .env &&
	git vault repair --remote other >"$T/out" 2>"$T/err" &&
	test_grep "remote" "$T/out" && test $(kept) = $object &&
	git vault verify --deep >"$T/out"
'

test_expect_success 'one that no snapshot has is named by its scope' '
	fresh && echo "SIX=six-is-imported-by-hand" >../six &&
	git vault secret import --scope prod ../six >"$T/out" && loose &&
	id=$(git ls-tree -r --name-only refs/vault/secrets/prod |
		sed -n "s|^../\(.*\)\.name|\1|p") && scope=prod &&
	lose $(kept) &&
	test_expect_code 1 git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "refs/vault/secrets/prod:../$id.age" "$T/out" && kept
'

test_expect_success 'what only versions before it had keeps git from nothing' '
	for what in "" :
	do
		fresh && of .env && echo "A=another-one-that-is-secret" >.env &&
		git vault -q snapshot >"$T/out" && loose &&
		was=$(git rev-parse refs/vault/secrets/$scope:) &&
		lose $(git rev-parse refs/vault/secrets/$scope~1$what) &&
		test_must_fail git gc -q &&
		test_expect_code 1 git vault verify >"$T/out" 2>"$T/err" &&
		test_grep "^damaged refs/vault/secrets/$scope: an earlier version" "$T/out" &&
		test_line_count = 1 "$T/out" &&
		test_grep "git vault repair" "$T/err" &&
		git clone -q --mirror "$T/base" "$T/far.git" &&
		git remote add far "$T/far.git" &&
		test_expect_code 1 git vault repair >"$T/out" 2>"$T/err" &&
		test_grep "refs/vault/secrets/$scope stays unchanged" "$T/err" &&
		git vault repair --remote far >"$T/out" 2>"$T/err" &&
		git gc -q && rm -rf "$T/far.git" &&
		test $was = $(git rev-parse refs/vault/secrets/$scope:) || return 1
	done &&
	fresh && of .env && echo "A=another-one-that-is-secret" >.env &&
	git vault -q snapshot >"$T/out" && loose &&
	was=$(git rev-parse refs/vault/secrets/$scope:) &&
	lose $(git rev-parse refs/vault/secrets/$scope~1) &&
	test_expect_code 1 git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "^rebuilt refs/vault/secrets/$scope: with its newest entries" "$T/out" &&
	test $was = $(git rev-parse refs/vault/secrets/$scope:) &&
	git gc -q && git fsck --no-dangling && git vault verify --deep >"$T/out" &&
	git vault repair >"$T/out" && test_grep "nothing to repair" "$T/out"
'

test_expect_success 'a folder of what no snapshot has goes with it' '
	fresh && echo "SIX=six-is-imported-by-hand" >../six &&
	git vault secret import --scope prod ../six >"$T/out" && loose &&
	id=$(git ls-tree -r --name-only refs/vault/secrets/prod |
		sed -n "s|^../\(.*\)\.name|\1|p") && scope=prod &&
	lose $(git rev-parse refs/vault/secrets/prod:$(printf %.2s $id)) &&
	test_expect_code 1 git vault repair >"$T/out" 2>"$T/err" &&
	test_grep "lost refs/vault/secrets/prod.*in addition" "$T/out" &&
	git gc -q && git fsck --no-dangling && echo "# more" >>envs/prod/a.tf &&
	git vault snapshot >"$T/out" && git vault verify --all --deep >"$T/out" &&
	git vault repair >"$T/out" && test_grep "nothing to repair" "$T/out"
'

cd "$T" || exit
test_done
