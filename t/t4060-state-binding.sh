#!/bin/sh
# shellcheck disable=SC2154

test_description='versions of states are bound to their places

Anybody who can push can make a commit of old parts and any trailers. Each version
is bound by the id key of the vault to all that its commit says; what does not fit
is refused by name, and a person who knows may still take it.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-bind.sh"

ref=refs/vault/state/prod/net

# state SERIAL ID [LINEAGE]
state () {
	printf '{"version":4,"terraform_version":"1.9.8","serial":%d,
	"lineage":"%s","outputs":{},"resources":[{"mode":"managed",
	"type":"null_resource","name":"a","provider":"provider[\\"x\\"]",
	"instances":[{"schema_version":0,"attributes":{"id":"%s"}}]}]}\n' \
		"$1" "${3:-one}" "$2"
}

save () {
	git vault -q state save --new --env prod --stack "$1" "$2" >/dev/null
}

# forge FROM SED…: the commit FROM, changed, is the newest version of net
forge () {
	from_=$1 && shift &&
		git cat-file commit "$from_" | sed "$@" |
		git hash-object -t commit -w --stdin >.git/forged &&
		git update-ref $ref "$(cat .git/forged)"
}

# refused [WORDS]: by all that would use it; then it is as it was
refused () {
	test_expect_code 128 git vault state restore --env prod --stack net \
		--to none 2>err && test_path_is_missing none &&
		test_grep "it is refused: .*${1-its binding does not match}" err &&
		test_expect_code 1 git vault state verify --env prod --stack net \
			>out 2>err &&
		test_grep "^binding: .*it is refused" out &&
		test_expect_code 3 git vault state list --json >out 2>err &&
		test_grep "warning: version .* it is refused" err &&
		git vault state show --env prod --stack net >out 2>err &&
		test_grep "^Binding *\(forged\|unbound\|other-key\)" out &&
		git update-ref $ref $good
}

test_expect_success 'a state of some versions, which are bound' '
	test_commit one && git vault -q init 2>/dev/null && state 1 a >a &&
	state 2 b >b && state 3 c >c && save net a && save net b && save net c &&
	good=$(git rev-parse $ref) && old=$(git rev-parse $ref^) &&
	git cat-file commit $good >text &&
	test_grep "^Vault-Binding: [0-9a-f]\{8\}:[0-9a-f]\{40\}$" text &&
	git vault state restore --env prod --stack net >out && cmp c out &&
	git vault state restore --env prod --stack net $old >out && cmp b out &&
	git vault state verify --env prod --stack net 2>err &&
	git vault state log --env prod --stack net --json >out &&
	jq -e "[.versions[].binding] == [\"bound\", \"bound\", \"bound\"]" out
'

test_expect_success 'somebody else makes the same binding by what the format says' '
	git cat-file commit $good | bound >again && git cat-file commit $good >text &&
	test_cmp text again
'

test_expect_success 'an older version that is replayed as the newest' '
	forge $old "s/^parent .*/parent $good/; s/^Vault-Previous: .*/Vault-Previous: $good/" &&
	refused &&
	forge $old "s/^parent .*/parent $good/; s/^Vault-Previous: .*/Vault-Previous: $good/
		s/^Vault-Serial: .*/Vault-Serial: 4/" && refused
'

test_expect_success 'its tree, below the trailers of the newest' '
	forge $good "s/^tree .*/tree $(git rev-parse $old^{tree})/" && refused
'

test_expect_success 'a serial, a lineage, a time, a host that somebody has changed' '
	for change in "s/^Vault-Serial: .*/Vault-Serial: 9/" \
		"s/^Vault-Lineage: .*/Vault-Lineage: two/" "/^Vault-Lineage/d" \
		"s/^\(committer .*\) [0-9]* \(.[0-9]*\)$/\1 1700000000 \2/" \
		"s/^Vault-Host: .*/Vault-Host: other/" "/^Vault-Host/d" \
		"s/^Vault-Sealed-For: .*/Vault-Sealed-For: $(printf %064d 1)/"
	do
		forge $good "$change" && refused || return 1
	done
'

test_expect_success 'another index, or other parts' '
	GIT_INDEX_FILE=$PWD/.git/other && export GIT_INDEX_FILE &&
	git read-tree $good^{tree} && git rm -q -r --cached index &&
	git read-tree --prefix=index/ $old^{tree}:index && tree=$(git write-tree) &&
	unset GIT_INDEX_FILE && forge $good "s/^tree .*/tree $tree/" && refused
'

test_expect_success 'a binding that is gone, of another version, or of a made-up key' '
	forge $good "/^Vault-Binding/d" && refused "it has no binding" &&
	other=$(git cat-file commit $old | grep "^Vault-Binding") &&
	forge $good "s/^Vault-Binding: .*/$other/" && refused &&
	git cat-file commit $good | sed "s/^parent .*/parent $good/
		s/^Vault-Previous: .*/Vault-Previous: $good/
		s/^Vault-Binding: ......../Vault-Binding: 01234567/" |
		git hash-object -t commit -w --stdin >.git/forged &&
	git update-ref $ref $(cat .git/forged) && refused "another id key bound it" &&
	for bad in x "0123abcd:12" ""
	do
		forge $good "s/^Vault-Binding: .*/Vault-Binding: $bad/" &&
		test_expect_code 128 git vault state restore --env prod --stack net ||
			return 1
	done && git update-ref $ref $good
'

test_expect_success 'a predecessor that is another one, or none' '
	forge $good "s/^parent .*/parent $(git rev-parse $old^)/
		s/^Vault-Previous: .*/Vault-Previous: $(git rev-parse $old^)/" && refused &&
	forge $good "/^parent/d; /^Vault-Previous/d" && refused &&
	forge $good "s/^parent .*/parent $(git rev-parse $old^)/" &&
	test_expect_code 128 git vault state restore --env prod --stack net 2>err &&
	test_grep "Vault-Previous cannot be read" err && git update-ref $ref $good
'

# parents COMMIT PARENT…: that commit with these parents, and no others, is the newest
parents () {
	from_=$1 && shift && {
		git cat-file commit "$from_" | sed -n 1p && printf "parent %s\n" "$@" &&
		git cat-file commit "$from_" | sed "1d; /^parent /d"
	} | git hash-object -t commit -w --stdin >.git/forged &&
		git update-ref $ref "$(cat .git/forged)"
}

# Its own trailers fit, and for git it is behind the newest.
test_expect_success 'an old version in front of newer ones by a parent that it does not name' '
	first=$(git rev-parse $old^) && code=$(git rev-parse HEAD) &&
	for list in "$first $good $code" "$first $good" "$first $code $good" \
		"$old $first $code $good" "$old $first $good" "$old $first $good $code" \
		"$old $good $first $code" "$good $old $code $first"
	do
		set -- $list && parents "$@" &&
		test_expect_code 128 git vault state restore --env prod --stack net \
			--to none 2>err && test_path_is_missing none &&
		test_grep "it is refused: its binding\|cannot be read" err || return 1
		git update-ref $ref $good
	done && parents $good $old $code && test_cmp_rev $ref $good &&
	git vault state restore --env prod --stack net >out && cmp c out
'

test_expect_success 'a version of another stack or environment' '
	save other a && git cat-file commit refs/vault/state/prod/other |
		sed "s/^Vault-Stack: .*/Vault-Stack: net/" |
		git hash-object -t commit -w --stdin >.git/forged &&
	git update-ref $ref $(cat .git/forged) && refused &&
	git vault -q state save --new --env dev --stack net a >/dev/null &&
	git cat-file commit refs/vault/state/dev/net |
		sed "s/^Vault-Env: .*/Vault-Env: prod/" |
		git hash-object -t commit -w --stdin >.git/forged &&
	git update-ref $ref $(cat .git/forged) && refused "another id key bound it"
'

test_expect_success 'who has the id key and lies about the bytes is found by them' '
	git cat-file commit $old | sed "s/^parent .*/parent $good/
		s/^Vault-Previous: .*/Vault-Previous: $good/
		s/^Vault-Serial: .*/Vault-Serial: 4/" | bound |
		git hash-object -t commit -w --stdin >.git/forged &&
	git update-ref $ref $(cat .git/forged) &&
	test_expect_code 128 git vault state restore --env prod --stack net \
		--to none 2>err && test_path_is_missing none &&
	test_grep "its serial does not match its content" err &&
	test_expect_code 1 git vault state verify --env prod --stack net >out &&
	test_grep "^binding: its serial does not match" out &&
	git cat-file commit $good | sed "s/^Vault-Lineage: .*/Vault-Lineage: two/" |
		bound | git hash-object -t commit -w --stdin >.git/forged &&
	git update-ref $ref $(cat .git/forged) &&
	test_expect_code 128 git vault state restore --env prod --stack net 2>err >out &&
	test_grep "its lineage does not match" err && test_must_be_empty out &&
	test_expect_code 128 git vault state restore --env prod --stack net \
		--push-ready 2>err >out && test_grep "its lineage does not match" err &&
	test_must_be_empty out &&
	test_expect_code 128 git vault state restore --env prod --stack net \
		--push-ready --to none 2>err && ls -A >after && test_grep ! none after &&
	git update-ref $ref $good
'

test_expect_success 'a version that is refused is taken by its id and a word' '
	forge $good "s/^Vault-Serial: .*/Vault-Serial: 9/" &&
	bad=$(git rev-parse $ref) &&
	test_expect_code 129 git vault state restore --env prod --stack net \
		--allow-unbound 2>err && test_grep "takes the id of a version" err &&
	git vault state restore --env prod --stack net --allow-unbound $bad \
		>out 2>err && cmp c out &&
	test_grep "warning: version .* it is refused" err &&
	git vault state restore --env prod --stack net latest~1 >out && cmp b out &&
	git vault state log --env prod --stack net >out 2>err && test_grep forged out &&
	save net c && git vault state restore --env prod --stack net >out &&
	cmp c out && forge $good "s/^Vault-Serial: .*/Vault-Serial: 900/" &&
	state 10 d >d && save net d && git vault state restore --env prod --stack net \
		>out && cmp d out && git update-ref $ref $good
'

test_expect_success 'a sync does not take one, and says which' '
	git init -q --bare ../remote && git remote add origin ../remote &&
	git push -q origin HEAD && git vault sync >/dev/null 2>&1 &&
	forge $old "s/^parent .*/parent $good/; s/^Vault-Previous: .*/Vault-Previous: $good/" &&
	git push -q origin $ref:$ref && git update-ref $ref $good &&
	test_expect_code 1 git vault sync >out 2>&1 &&
	test_grep "conflict state/prod/net: .*it is refused: its binding" out &&
	test_cmp_rev $ref $good && git push -q -f origin $good:$ref &&
	for list in "$first $good $code" "$first $code $good" "$old $first $code $good"
	do
		set -- $list && parents "$@" && git push -q -f origin $ref:$ref &&
		git update-ref $ref $good && test_expect_code 1 git vault sync >out 2>&1 &&
		test_grep "conflict state/prod/net: the remote ref is not fetched: " out &&
		test_cmp_rev $ref $good || return 1
	done && git push -q -f origin $good:$ref && git vault sync >out 2>&1
'

test_expect_success 'nobody signs a record of one, and verify of all names it' '
	forge $old "s/^parent .*/parent $good/; s/^Vault-Previous: .*/Vault-Previous: $good/" &&
	test_expect_code 128 git vault good mark prod 2>err &&
	test_grep "the state belongs to the record: version .* it is refused" err &&
	test_expect_code 1 git vault verify --all >out 2>err &&
	cat out err >both && test_grep "prod/net.*it is refused: its binding" both &&
	git update-ref $ref $good && git vault -q good mark prod 2>err &&
	git vault verify --all >out 2>err
'

test_expect_success 'a host that may only write binds, and others take what it saved' '
	git vault key generate -o ../ci.key >../ci.pub 2>/dev/null &&
	git vault key add --name ci --role writer "$(sed -n 1p ../ci.pub)" 2>err &&
	state 5 e >e && GIT_VAULT_IDENTITY=$PWD/../ci.key \
		git vault state save --new --env prod --stack net e 2>err &&
	test_grep ! "others refuse" err &&
	git vault state restore --env prod --stack net >out && cmp e out &&
	git vault state verify --env prod --stack net
'

test_expect_success 'one without the id key is told that others refuse what it saves' '
	was=$(git rev-parse $ref) && state 6 f >f &&
	HOME=$PWD/.. XDG_CONFIG_HOME=$PWD/.. git vault state save --new --env prod --stack net f 2>err &&
	test_grep "others refuse this version until a member saves it again" err &&
	test_expect_code 128 git vault state restore --env prod --stack net 2>err &&
	test_grep "another id key bound it" err &&
	git vault state restore --env prod --stack net --allow-unbound \
		$(git rev-parse $ref) >out 2>err && cmp f out &&
	git vault state save --new --env prod --stack net f &&
	git vault state restore --env prod --stack net >out && cmp f out
'

test_done
