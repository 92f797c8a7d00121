#!/bin/sh
# shellcheck disable=SC2154 # the harness, or a test that is quoted, sets them

test_description='no size that can be seen tells the length of a secret

Two repositories that differ in the length of one secret, 60 and 64 bytes, in a
file that is sealed as a whole, between other text, at the end of a sparse file,
and in a state.'
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-withhold.sh"

if ! have_age
then
	skip_all 'age is not installed'
fi

# secret LENGTH: random to look at
secret () {
	printf x | sha512sum | cut -c1-"$1"
}

# filled LENGTH: a repository whose secret has that length
filled () {
	test_create_repo "$1" && (
		cd "$1" && mkdir -p envs/prod && echo "*.env" >.gitignore &&
		printf "DB_PASSWORD=%s\n" "$(secret "$1")" >envs/prod/db.env &&
		truncate -s 1048576 envs/prod/disk.env &&
		printf %s "$(secret "$1")" >>envs/prod/disk.env &&
		git add . && git commit -q -m one &&
		{ seq 1 30 && echo "password: $(secret "$1")" && seq 1 30; } >envs/prod/app.yaml && take &&
		echo "$snap" >../snap.$1 &&
		state "$(secret "$1")" >../state.$1 &&
		git vault state save --new --env prod --stack net ../state.$1
	)
}

state () {
	printf '{"version":4,"terraform_version":"1.7.5","serial":1,"lineage":"2b0c6f1e-7a54-4f0e-9a31-0f6a1c9d7e55","outputs":{},"resources":[{"mode":"managed","type":"aws_db_instance","name":"db","provider":"provider[\\"registry.terraform.io/hashicorp/aws\\"]","instances":[{"schema_version":1,"attributes":{"id":"db-1","arn":"arn:aws:rds:eu-central-1:123456789012:db:orders","password":"%s"}}]}],"check_results":null}\n' "$1"
}

# sizes REPO: of all objects of the vault (events of an audit may have a second
# time). The folders in which sealed values lie are named by the first two digits of
# a random id: what counts is what lies in them, not which two share one.
sizes () {
	git -C "$1" for-each-ref --format="%(objectname)" refs/vault/snapshots \
		refs/vault/state refs/vault/keyring |
	git -C "$1" rev-list --objects --stdin --no-object-names |
	git -C "$1" cat-file --batch-check="%(objecttype) %(objectsize)" | sort &&
	git -C "$1" rev-list --objects --glob="refs/vault/secrets/*" |
	sed -E "/ ([0-9a-f]{2})?\$/d; s/ .*//" |
	git -C "$1" cat-file --batch-check="%(objecttype) %(objectsize)" | sort
}

# numbers REPO: what trailers and the manifest have of numbers
numbers () {
	git -C "$1" for-each-ref --format="%(objectname)" refs/vault |
	git -C "$1" log --stdin --format=%B | grep -E "^Vault-(Bytes|Size|Parts|Items|Secrets): " | sort &&
	git -C "$1" cat-file blob "$(cat snap.$1):meta/manifest/0000" |
	sed "s/^\(.\) [0-9.-]* /\1 /" &&
	git -C "$1" cat-file blob "$(cat snap.$1):meta/secrets" |
	sed "s/[0-9a-f]\{40\}/ID/g"
}

test_expect_success 'a vault of a secret of 60 bytes, and one of 64' '
	filled 60 && filled 64
'

test_expect_success 'objects have the same sizes' '
	sizes 60 >expect && sizes 64 >actual && test_file_not_empty expect &&
	test_cmp expect actual
'

test_expect_success 'trailers, the manifest and the list of secrets have the same numbers' '
	numbers 60 >expect && numbers 64 >actual && test_cmp expect actual &&
	test_grep "^Vault-Bytes: " actual && test_grep "^Vault-Size: 1024$" actual
'

test_lazy_prereq HOLES '
	truncate -s 1M f && test "$(stat -c %b f)" -lt 1000'
test_expect_success HOLES 'a sparse file comes back with its bytes and its holes' '
	test_grep "^f .*e=0 envs/prod/disk.env$" actual &&
	git -C 60 vault restore latest --to "$PWD/out" &&
	test_cmp_bin 60/envs/prod/disk.env out/envs/prod/disk.env &&
	test "$(stat -c %b out/envs/prod/disk.env)" -lt 100 &&
	(cd 60 && git vault -q status --json >../status) &&
	test_grep ! "disk.env" status
'

# line_of PATH: its line in the newest layer of $snap
line_of () {
	layer=$(git ls-tree -r --name-only $snap meta/manifest | tail -n 1) &&
	git cat-file blob $snap:$layer | grep " $1\$"
}

test_expect_success HOLES 'a sparse file that loses its secret says again where it has data' '
	cd 60 && truncate -s 65536 sparse.txt && echo "password: $(secret 40)" >>sparse.txt &&
	take && line_of sparse.txt >../actual && test_grep " e=0 " ../actual &&
	truncate -s 65536 sparse.txt && echo "nothing: here" >>sparse.txt && take &&
	line_of sparse.txt >../actual && test_grep " e=65536+14,65550 " ../actual &&
	git vault verify --deep
'

test_done
