#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault verify: versions of states, and their locks

Whatever is damaged of them is told with the state, the version and the part;
what is whole besides is not.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-damage.sh"
. "$TEST_DIRECTORY/lib-bind.sh"

base=$TRASH_DIRECTORY/base repo=$TRASH_DIRECTORY/repo
net=refs/vault/state/prod/net web=refs/vault/state/prod/web

# Three versions of one state, 400 resources in some parts, and one of another.
test_expect_success 'a repository with two states' '
	test_create_repo "$base" && cd "$base" &&
	echo x >f && git add f && test_tick && git commit -q -m first &&
	git vault -q snapshot >../snap &&
	for n in 1 2 3
	do
		damage_state $n 400 $((n * 100)) >../net.$n && test_tick &&
		git vault -q state save --new --env prod --stack net ../net.$n \
			>../id.$n || return 1
	done &&
	damage_state 1 3 >../web &&
	git vault -q state save --new --env prod --stack web ../web >../id.web &&
	test $(git ls-tree -r $net:parts | wc -l) -gt 5
'

# first TREE: the path of the first file below it
first () {
	git ls-tree -r --name-only "$1" | head -n 1
}

# version N: as a fault names it
version () {
	cut -c 1-12 <"$TRASH_DIRECTORY/id.$1"
}

# forge STATE PATH BLOB: the newest version with another file
forge () {
	GIT_INDEX_FILE=$PWD/.git/forged && export GIT_INDEX_FILE &&
		git read-tree "$1^{tree}" &&
		git update-index --add --cacheinfo "100644,$3,$2" &&
		tree_=$(git write-tree) && unset GIT_INDEX_FILE &&
		git cat-file commit "$1" | sed "s/^tree .*/tree $tree_/" | bound |
			git hash-object -t commit -w --stdin >.git/id &&
		git update-ref "$1" "$(cat .git/id)"
}

# told N TEXT…: so many faults, each of these texts among them
told () {
	test_expect_code 1 git vault verify -v >../out 2>../err &&
		test_line_count -eq "$1" ../out && shift && for text_
		do
			test_grep "^damaged $text_" ../out || return 1
		done
}

test_expect_success 'whole ones are whole, with and without a key' '
	fresh && git vault verify >../out &&
	test_grep "^1 snapshot and 4 state versions verified, all intact" \
		../out &&
	git vault verify --all --deep >../out 2>../err &&
	test_grep "4 state versions verified, all intact" ../out &&
	test_must_be_empty ../err &&
	git vault verify --json >../json &&
	test_grep "\"faults\":\[\],.*\"versions\":4,\"versions_damaged\":0" ../json &&
	test_env GIT_VAULT_IDENTITY=/none HOME=/none git vault verify
'

test_expect_success 'who names a snapshot asks for it alone' '
	fresh && rm -f "$(loose $(git rev-parse $net:sum))" &&
	git vault verify $(cat ../snap) >../out &&
	test_grep "^1 snapshot verified, all intact" ../out
'

test_expect_success 'a byte of a part that all versions share' '
	fresh && for n in 0 1 2
	do
		git ls-tree -r $net~$n:parts | cut -c 13-52 | sort >../parts.$n
	done &&
	part=$(comm -12 ../parts.0 ../parts.1 | comm -12 - ../parts.2 |
		head -n 1) && test -n "$part" && flip "$(loose $part)" 20 &&
	told 3 "state prod/net $(version 1):parts/[0-9a-f/]*: .*$part" \
		"state prod/net $(version 2):parts/" \
		"state prod/net $(version 3):parts/" &&
	test_grep "1 snapshot and 4 state versions verified, 3 damaged" \
		../err &&
	path=$(sed -n "1s/^[^:]*:\([^:]*\):.*/\1/p" ../out) &&
	test "$(git rev-parse $net:$path)" = $part &&
	test_expect_code 1 git vault verify --json >../json &&
	test_grep "\"snapshot\":null,\"state\":\"prod/net\",\"version\":\"$(cat ../id.3)\",\"path\":\"$path\",\"object\":\"$part\"" ../json &&
	test_grep "\"versions\":4,\"versions_damaged\":3" ../json
'

test_expect_success 'a part, a leaf, a tree, the sum that are not there' '
	for what in parts index
	do
		fresh && file=$(git ls-tree -r $web:$what | sed -n "1s/.* //p" |
			cut -c 1-40) && rm -f "$(loose $file)" &&
		told 1 "state prod/web $(version web):$what/[0-9a-f/]*: .*$file" ||
			return 1
	done &&
	fresh && tree=$(git rev-parse $web:index) && rm -f "$(loose $tree)" &&
	told 1 "state prod/web $(version web):index: .*$tree" &&
	fresh && tree=$(git rev-parse $web^{tree}) && rm -f "$(loose $tree)" &&
	told 1 "state prod/web $(version web): .*$tree" &&
	fresh && sum=$(git rev-parse $net~1:sum) && rm -f "$(loose $sum)" &&
	told 1 "state prod/net $(version 2):sum: .*$sum"
'

test_expect_success 'a version in the middle that is lost' '
	fresh && rm -f "$(loose $(cat ../id.2))" &&
	told 1 "state prod/net $(version 2): .*$(cat ../id.2)" &&
	test_grep "3 state versions verified, 1 damaged" ../err
'

test_expect_success 'a commit whose trailers cannot be read, and one of another state' '
	fresh && git cat-file commit $web | sed "s/^Vault-Size: /&x/" |
		git hash-object -t commit -w --stdin >../id &&
	git update-ref $web $(cat ../id) &&
	told 1 "state prod/web $(cut -c 1-12 ../id): its Vault-Size cannot be read" &&
	fresh && git update-ref refs/vault/state/dev/net $(cat ../id.1) &&
	told 1 "state dev/net $(version 1): it is a version of prod/net"
'

test_expect_success 'the commit that it was applied from' '
	fresh && git commit -q --allow-empty -m second && damage_state 2 3 1 |
		git vault -q state save --new --env prod --stack web - >../id &&
	code=$(git rev-parse HEAD) && git reset -q --hard HEAD^ &&
	rm -f "$(loose $code)" .git/ORIG_HEAD &&
	told 1 "state prod/web $(cut -c 1-12 ../id): the commit .* is missing"
'

test_expect_success 'a pack that ends early' '
	cd "$TRASH_DIRECTORY" && rm -rf repo && cp -a base repo && cd repo &&
	git repack -q -a -d && pack=$(echo .git/objects/pack/*.pack) &&
	chmod u+w $pack &&
	truncate -s $(($(wc -c <$pack) * 2 / 3)) $pack &&
	test_expect_code 1 git vault verify >../out &&
	test_grep "^damaged state prod/net [0-9a-f]\{12\}" ../out &&
	test_grep "^damaged" ../out >../damaged && test_cmp ../damaged ../out
'

# What is whole as an object, and is not what belongs there.
test_expect_success 'a part that is none is told without a key' '
	fresh && path=parts/$(first $web:parts) &&
	forge $web $path $(echo in clear | git hash-object -w --stdin) &&
	told 1 "state prod/web $(cut -c 1-12 .git/id):parts: its part 1 of [0-9]*: " &&
	fresh && path=index/$(first $web:index) &&
	forge $web $path $(echo no leaf | git hash-object -w --stdin) &&
	told 1 "state prod/web $(cut -c 1-12 .git/id):index: the leaf of its part 1 of "
'

test_expect_success 'a part without a leaf, and counts that do not fit' '
	fresh && path=parts/$(first $web:parts)x &&
	forge $web $path $(git rev-parse $web:sum) &&
	told 1 "state prod/web .*: it has [0-9]* parts, and an index of " &&
	fresh && git cat-file commit $web | sed "s/^Vault-Items: .*/Vault-Items: 9/" |
		bound | git hash-object -t commit -w --stdin >.git/id &&
	git update-ref $web $(cat .git/id) &&
	told 1 "state prod/web .*: its commit speaks of 9 resources, but it holds" &&
	fresh && git cat-file commit $web | sed "s/^Vault-Size: .*/Vault-Size: 9/" |
		bound | git hash-object -t commit -w --stdin >.git/id &&
	git update-ref $web $(cat .git/id) &&
	told 1 "state prod/web .*: its commit speaks of 9 bytes, but it holds"
'

# Two parts that are sealed for the same ones, each whole by itself.
test_expect_success 'parts of one another are told to who has a key' '
	fresh && a=$(first $net:parts) &&
	b=$(git ls-tree -r --name-only $net:parts | sed -n 2p) &&
	forge $net parts/$a $(git rev-parse $net:parts/$b) &&
	git vault verify &&
	test_expect_code 1 git vault verify --deep >../out &&
	test_line_count = 1 ../out &&
	test_grep "^damaged state prod/net $(cut -c 1-12 .git/id):parts: version" ../out
'

test_expect_success 'an index that somebody has changed is told to who has a key' '
	fresh && path=index/$(git ls-tree -r --name-only $net:index |
		sed -n 3p) && git cat-file blob $net:$path |
		sed "s/aws_db_instance/aws_db_instanze/" |
		git hash-object -w --stdin >../leaf &&
	forge $net $path $(cat ../leaf) && git vault verify &&
	test_expect_code 1 git vault verify --deep >../out &&
	test_line_count = 1 ../out &&
	test_grep "^damaged state prod/net .*:index: its index does not match" ../out
'

test_expect_success 'what no key opens is said, and is no damage' '
	fresh && key=$HOME/.config/git-vault/identity &&
	test_when_finished "mv \"$key.aside\" \"$key\"" &&
	mv "$key" "$key.aside" &&
	git vault verify --deep >../out 2>../err &&
	test_grep "4 state versions verified, all intact" ../out &&
	test_grep "4 state versions were not opened: no key here reads" ../err &&
	git vault verify --deep --json >../json 2>../err &&
	test_grep "\"versions_unopened\":4" ../json
'

test_expect_success 'a lock whose record cannot be read' '
	fresh && git vault -q state lock --new --env prod --stack net &&
	git vault verify && lock=refs/vault/locks/prod/net &&
	rm -f "$(loose $(git rev-parse $lock))" &&
	told 1 "$lock: .*$(git rev-parse $lock)" &&
	git update-ref $lock $(echo "no record" | git hash-object -w --stdin) &&
	told 1 "$lock: " &&
	test_expect_code 1 git vault verify --json >../json &&
	test_grep "\"snapshot\":\"$lock\",\"path\":\"\"" ../json
'

# seen N…: a round that had no time for more has come by these versions
seen () {
	for n_
	do
		cat "$TRASH_DIRECTORY/id.$n_" || return 1
	done | python3 -c '
import struct, sys, zlib
keys = sorted(bytes.fromhex(line.strip())[:8] for line in sys.stdin)
data = b"GVVERIF1" + struct.pack(">Q", 1) + b"".join(keys)
sys.stdout.buffer.write(data + struct.pack(">I", zlib.crc32(data)))
' >.git/vault/verifying
}

test_expect_success 'a round goes on behind the versions that it has seen' '
	fresh && sum=$(git rev-parse $net~2:sum) && rm -f "$(loose $sum)" &&
	seen 2 3 && test_expect_code 1 git vault verify --max-time 1h --json \
		>../json && test_grep "\"versions\":2,\"versions_damaged\":1" \
		../json && test_path_is_missing .git/vault/verifying &&
	seen 1 2 3 && git vault verify --max-time 1h >../out &&
	test_grep "^no snapshots and 1 state version verified, all intact" \
		../out &&
	test_expect_code 1 git vault verify --max-time 1h >../out &&
	test_grep "^damaged state prod/net $(version 1):sum" ../out
'

test_done
