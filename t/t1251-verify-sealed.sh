#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault verify: what a snapshot withholds'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-given.sh"

if ! command -v age-keygen >/dev/null
then
	skip_all 'age is not installed'
fi

# list_of SED-SCRIPT: another snapshot, with the list changed so
list_of () {
	sed "$1" ../given.list >../changed.list &&
	snapshot_list=../changed.list &&
	snapshot_take -x "Vault-Secrets: $(($(wc -l <../changed.list) - 1))"
}

# hostile SED-SCRIPT WHAT: verify names it and why; restore gives nothing clear
# out of place, and writes nothing outside
hostile () {
	cp -a stored hostile && cd hostile && list_of "$1" &&
	test_expect_code 1 git vault verify $snapshot >../out 2>../err &&
	test_grep "$2" ../out &&
	rm -rf ../bad ../escape &&
	{
		git vault restore $snapshot --to ../bad 2>../err2
		code=$?
	} &&
	cd .. && rm -rf hostile && test_path_is_missing escape &&
	test $code != 0 -o -n "$3"
}

test_expect_success 'a snapshot that withholds values is whole' '
	age-keygen -o nobody.key 2>/dev/null &&
	test_create_repo work && cd work && given_setup && given_take &&
	git vault verify >../out && cd .. &&
	test_grep "1 snapshot verified, all intact" out &&
	git -C work vault verify --deep >out 2>err &&
	test_grep "verified, all intact" out && test_must_be_empty err &&
	git -C work vault --json verify --deep >json &&
	test_grep "\"secrets\": *7" json && test_grep "\"sealed\": *[1-9]" json &&
	test_grep "\"unopened\": *\[\]" json
'

test_expect_success 'what no key opens is told, and is no fault' '
	given_as nobody git -C work vault verify --deep >out 2>err &&
	test_grep "verified, all intact" out &&
	test_grep "2 values of scope prod were not opened" err &&
	test_grep "4 values of scope shared were not opened" err
'

test_expect_success 'where the list of values is lost show and ls say so' '
	cp -a work listless && cd listless &&
	id=$(git vault list --id-only -n 1) &&
	o=$(git rev-parse refs/vault/snapshots/$id:meta/secrets) &&
	git vault ls -R >../whole && for p in .git/objects/pack/*.pack
	do
		test -f "$p" || continue
		mv "$p" ../p && rm -f "${p%.pack}".* &&
		git unpack-objects -q <../p && rm -f ../p || return 1
	done && rm -f .git/objects/$(echo $o | sed "s,^..,&/,") &&
	test_expect_code 3 git vault show $id >../out 2>../err &&
	test_grep "cannot tell which secrets are encrypted: .*$o.*git vault repair" \
		../err && test_grep "^snapshot $id" ../out &&
	test_expect_code 3 git vault show --json $id >../json &&
	test_grep "\"damaged\":true" ../json &&
	git vault ls -R >../out 2>../err &&
	test_grep "cannot tell which secrets .*$o.*git vault repair" ../err &&
	sed "s/  (.*//" ../whole >../expect && sed "s/  (.*//" ../out >../actual &&
	test_cmp ../expect ../actual &&
	git vault ls -R --json >../json &&
	test_grep "\"secrets\":null" ../json && test_grep ! "\"secrets\":0" ../json &&
	cd .. && rm -rf listless
'

# Two values of the scope change places: the lines of the snapshot name either
# object as well, so it can still be restored.
test_expect_success 'what a scope has under the id of another value is found' '
	cp -a work swapped && cd swapped && ref=refs/vault/secrets/shared &&
	git ls-tree -r $ref | grep "[.]age$" | head -n 2 >../two &&
	a=$(sed -n "1s/.*\t//p" ../two) && b=$(sed -n "2s/.*\t//p" ../two) &&
	GIT_INDEX_FILE=.git/swapping && export GIT_INDEX_FILE &&
	git read-tree $ref && git update-index \
		--cacheinfo 100644,$(git rev-parse $ref:$b),$a \
		--cacheinfo 100644,$(git rev-parse $ref:$a),$b &&
	tree=$(git write-tree) && unset GIT_INDEX_FILE &&
	git update-ref $ref $(git cat-file commit $ref |
		sed "s/^tree .*/tree $tree/" |
		git hash-object -t commit -w --stdin) &&
	git vault verify && test_expect_code 1 git vault verify --deep >../out &&
	for path in $a $b
	do
		test_grep "^damaged $ref:$path: .*does not match its id" ../out || return 1
	done && test_line_count = 2 ../out && cd .. && rm -rf swapped
'

test_expect_success 'the stored files are at hand' '
	git -C work vault restore $snapshot --to ../stored --no-secrets 2>/dev/null &&
	cp -a work/.git stored/.git
'

test_expect_success 'a list that is changed is refused by name, and nothing escapes' '
	hostile "s/ envs.prod.db.tf$/ envs\/prod\/gone.tf/" \
		"tree/envs/prod/gone.tf: it has encrypted secrets, but" there &&
	hostile "s/ envs.prod.db.tf$/ ..\/escape/" "meta/secrets" &&
	hostile "s/^s 26 /s 27 /" "envs/prod/db.tf.*offset 27" &&
	hostile "s/^s 26 /s 2600 /" "envs/prod/db.tf.*offset 2600" &&
	hostile "/db.tf/p" "meta/secrets" &&
	hostile "1s/1/9/" "meta/secrets" &&
	hostile "2{h;d};3G" "meta/secrets"
'

test_expect_success 'a list that is not there is missed' '
	cp -a stored hostile && cd hostile && snapshot_list= &&
	snapshot_take -x "Vault-Secrets: 7" && cd .. &&
	test_expect_code 1 git -C hostile vault verify $snapshot >out &&
	test_grep "it has 7 encrypted secrets, but meta/secrets is missing" out &&
	test_must_fail git -C hostile vault restore $snapshot --to ../bad 2>err &&
	test_path_is_missing bad && rm -rf hostile
'

test_expect_success 'a value in the place of another is damage, and placeholders stay' '
	cp -a stored hostile && cd hostile &&
	git update-ref -d refs/vault/secrets/prod &&
	a=$(awk "/db.tf/ { print \$6; exit }" ../given.list) &&
	b=$(awk "/store.jks/ { print \$6; exit }" ../given.list) &&
	a=$(sed -n "s/.* \([0-9a-f]\{40\}\) envs.prod.db.tf/\1/p" ../given.list) &&
	b=$(sed -n "s/.* \([0-9a-f]\{40\}\) run.sh/\1/p" ../given.list) &&
	list_of "s/$a/$b/" && cd .. &&
	git -C hostile vault verify $snapshot >out &&
	test_expect_code 1 git -C hostile vault verify --deep $snapshot >out &&
	test_grep "tree/envs/prod/db.tf: .*does not match its id" out &&
	test_expect_code 3 git -C hostile vault restore $snapshot --to ../bad 2>err &&
	test_grep "envs/prod/db.tf is incomplete: a secret of scope prod is missing" err &&
	test_grep GITVAULT bad/envs/prod/db.tf && rm -rf hostile bad
'

test_expect_success 'a sealed object that is gone or damaged is named' '
	cp -a work hostile && cd hostile &&
	git update-ref -d refs/vault/secrets/dev && list=../given.list &&
	o=$(sed -n "s/.* \([0-9a-f]\{40\}\) envs.dev.api.tf/\1/p" $list) &&
	git repack -q -a -d && git prune --expire=now &&
	test_must_fail git cat-file -e $o && cd .. &&
	id=$(git -C hostile vault list -n 1 --json | sed -n "s/.*\"id\": *\"\([^\"]*\)\".*/\1/p" | head -1) &&
	test_expect_code 1 git -C hostile vault verify >out &&
	test_grep "tree/envs/dev/api.tf: .*$o" out &&
	test_expect_code 3 git -C hostile vault restore $id --to ../bad 2>err &&
	test_grep "envs/dev/api.tf is incomplete: a secret of scope dev is missing" err &&
	cmp bad/envs/prod/db.tf given.clear/envs/prod/db.tf && rm -rf bad
'

test_done
