#!/bin/sh
# shellcheck disable=SC2154,SC2046

test_description='git vault repair: files that had placeholders'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-given.sh"

if ! command -v age-keygen >/dev/null
then
	skip_all 'age is not installed'
fi

# lose PATH: what the snapshot stored for it is gone
lose () {
	o=$(git rev-parse refs/vault/snapshots/$snapshot:tree/$1) &&
	rm -f .git/objects/$(printf %.2s $o)/${o#??} &&
	test_must_fail git cat-file -e $o
}

test_expect_success 'a snapshot withholds values, its objects are loose' '
	age-keygen -o nobody.key 2>/dev/null &&
	test_create_repo work && cd work && given_setup && given_take &&
	lose .env && lose envs/prod/db.tf && lose shared.conf &&
	test_expect_code 1 git vault verify >../out &&
	test_grep "tree/shared.conf" ../out && cd .. && cp -a work lost
'

test_expect_success 'with the key all come back from the working tree' '
	cd work && git vault repair >../out 2>../err &&
	test_grep "encrypted secrets" ../out && git vault verify --deep && cd .. &&
	git -C work vault restore $snapshot --to ../full && given_cmp full
'

test_expect_success 'without one what is all placeholder does' '
	rm -rf work && cp -a lost work && cd work &&
	test_expect_code 1 given_as nobody git vault repair >../out 2>../err &&
	git cat-file -e refs/vault/snapshots/$snapshot:tree/.env &&
	test_must_fail git cat-file -e \
		refs/vault/snapshots/$snapshot:tree/shared.conf && cd ..
'

test_expect_success 'a file that has changed beside its values is not taken' '
	rm -rf work && cp -a lost work && cd work && echo C=3 >>shared.conf &&
	test_expect_code 1 git vault repair >../out 2>../err &&
	test_grep "tree/shared.conf" ../out &&
	git cat-file -e refs/vault/snapshots/$snapshot:tree/envs/prod/db.tf &&
	cd ..
'

test_done
