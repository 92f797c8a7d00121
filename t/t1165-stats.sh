#!/bin/sh

test_description='git vault stats: what the vault holds and what takes the space'
. "$(dirname "$0")/test-lib.sh"

# stat FILTER: of the document
stat () {
	git vault stats --json >.git/stats && jq -r "$1" .git/stats
}

test_expect_success 'an empty repository has nothing' '
	git vault stats >.git/out && test_grep "^snapshots: *none$" .git/out
'

test_expect_success 'set up' '
	mkdir sub && head -c 20000 /dev/urandom >sub/large && echo small >small &&
	echo same >copy && echo same >sub/copy && echo .env >.gitignore &&
	printf "DB_PASSWORD=hunter2-Xk9vQ2mZt7\n" >.env &&
	git add . && test_tick && git commit -q -m base &&
	git vault snapshot -q && head -c 30000 /dev/urandom >sub/large &&
	git vault snapshot -q && echo x >small && git vault restore latest --in-place -q
'

test_expect_success JQ 'snapshots are counted by trigger, and objects once' '
	test "$(stat ".snapshots")" = 3 &&
	test "$(stat "[.triggers[] | .trigger + \"=\" + (.snapshots | tostring)] |
		join(\" \")")" = "manual=2 safety=1" &&
	test "$(stat ".paths[0].path")" = sub/large &&
	test "$(stat ".paths[0].versions")" = 2 &&
	test "$(stat ".paths[0].bytes")" = 50000 &&
	test "$(stat "[.paths[] | select(.path | endswith(\"copy\"))] | length")" = 1 &&
	test "$(stat ".space.files.objects == ([.paths[].versions] | add)")" = true
'

test_expect_success JQ 'what is stored is what git says' '
	oid=$(git rev-parse "$(git for-each-ref --sort=-refname --count=1 \
		--format="%(objectname)" refs/vault/snapshots):tree/small") &&
	echo $oid | git cat-file --batch-check="%(objectsize:disk)" >.git/expect &&
	git vault stats --json >.git/stats &&
	jq ".paths[] | select(.path == \"small\") | .stored_bytes" .git/stats >.git/actual &&
	test "$(cat .git/actual)" -ge "$(cat .git/expect)"
'

test_expect_success JQ 'secrets, states, trash and caches have their share' '
	test "$(stat "[.scopes[].secrets] | add")" -ge 1 &&
	test "$(stat ".space.secrets.stored_bytes > 0")" = true &&
	printf "{\"version\":4,\"serial\":1,\"lineage\":\"l\",\"outputs\":{},\"resources\":[]}" |
		git vault -q state save --new --env prod --stack net - &&
	test "$(stat ".states")" = 1 && test "$(stat ".versions")" = 1 &&
	test "$(stat ".trashed")" = 0 && git vault delete -q latest &&
	test "$(stat ".trashed")" = 1 && test "$(stat ".space.trash.stored_bytes > 0")" = true &&
	test "$(stat ".caches | length > 0")" = true
'

test_expect_success 'text for people, with the largest paths' '
	git vault stats -n 1 >.git/out &&
	test_grep "^snapshots: *2 (" .git/out &&
	test_grep "^trash: .*--empty-trash" .git/out &&
	test_grep "sub/large" .git/out && test_grep ! "small$" .git/out
'

test_expect_success 'what is damaged is named and not counted: exit status 3' '
	tree=$(git rev-parse "$(git for-each-ref --count=1 \
		--format="%(objectname)" refs/vault/snapshots):tree/sub") &&
	for pack in .git/objects/pack/*.pack
	do
		mv "$pack" .git/moved && rm -f "${pack%.pack}".* &&
		git unpack-objects -q <.git/moved || return 1
	done &&
	file=.git/objects/$(echo $tree | sed "s|^..|&/|") &&
	test_path_is_file $file && rm -f $file &&
	test_expect_code 3 git vault stats >.git/out 2>.git/err &&
	test_grep "not counted: " .git/err && test_grep "^snapshots:" .git/out
'

test_done
