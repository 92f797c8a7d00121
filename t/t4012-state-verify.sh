#!/bin/sh

test_description='whether a version of a state is whole, and what its resources say of one another'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-bind.sh"

# resource NAME ID [DEPENDENCY…]
resource () {
	name_=$1 id_=$2
	shift 2
	needs_=$(printf '"%s",' "$@")
	test $# -gt 0 || needs_=
	cat <<-EOF
	{ "mode": "managed", "type": "null_resource", "name": "$name_",
	  "provider": "p", "instances": [ { "schema_version": 0,
	  "attributes": { "id": "$id_" }, "dependencies": [${needs_%,}] } ] }
	EOF
}

# state SERIAL RESOURCE…: the texts of resources
state () {
	echo "{ \"version\": 4, \"serial\": $1, \"lineage\": \"l\","
	echo "  \"outputs\": {}, \"resources\": ["
	shift
	while test $# -gt 0
	do
		printf "%s" "$1"
		shift
		test $# = 0 || echo ,
	done
	echo "] }"
}

# keep RESOURCE…: saved, as the next serial
serial=0
keep () {
	serial=$((serial + 1))
	state $serial "$@" >state.json &&
		git vault state save --new --env prod state.json >id
}

verify () {
	git vault state verify "$@" >out
}

test_expect_success 'what is whole is said to be' '
	git commit -q --allow-empty -m first &&
	keep "$(resource a 1)" "$(resource b 2 null_resource.a)" &&
	verify && echo "prod/default is intact: 4 parts, 2 resources" >expect &&
	sed "s/: [0-9]* parts/: 4 parts/" out >actual && test_cmp expect actual &&
	verify --json && test_grep "\"findings\": *\[\]" out
'

test_expect_success 'a part alone and no resources are said so' '
	keep && verify &&
	echo "prod/default is intact: 1 part, no resources" >expect &&
	test_cmp expect out
'

test_expect_success 'keys of instances and modules do not count' '
	keep "$(resource a 1)" "$(resource b 2 module.m.null_resource.c)" \
		"$(resource c 3 | sed "s/^{ /{ \"module\": \"module.m[\\\\\"x]y\\\\\"]\", /; s/\"schema/\"index_key\": \"k\", \"schema/")" &&
	git vault state show >out && test_grep "^module.m\[\"x\]y\"\].null_resource.c\[\"k\"\]" out &&
	verify
'

test_expect_success 'two under one address, and one that is not there' '
	keep "$(resource a 1)" "$(resource a 2)" \
		"$(resource b 3 null_resource.none)" &&
	test_expect_code 1 verify &&
	sort out >actual && cat >expect <<-\EOF &&
	dependency: null_resource.b needs null_resource.none, which is not in it
	duplicate: null_resource.a is in it twice
	EOF
	test_cmp expect actual
'

test_expect_success 'what states of old name among them and is no resource' '
	keep "$(resource a 1 var.size)" "$(resource b 2 local.name)" \
		"$(resource c 3 path.module)" && verify
'

test_expect_success 'who needs himself in the end' '
	keep "$(resource a 1 null_resource.b)" \
		"$(resource b 2 null_resource.c)" \
		"$(resource c 3 null_resource.a)" "$(resource d 4 null_resource.d)" &&
	test_expect_code 1 verify && cat >expect <<-\EOF &&
	circular: null_resource.a needs null_resource.b, which needs null_resource.c, which needs null_resource.a
	circular: null_resource.d needs null_resource.d
	EOF
	test_cmp expect out
'

test_expect_success 'what is yet to be replaced or destroyed' '
	keep "$(resource a 1 | sed "s/\"schema/\"status\": \"tainted\", \"schema/")" \
		"$(resource b 2 | sed "s/\"schema/\"deposed\": \"0a1b2c3d\", \"schema/")" &&
	test_expect_code 1 verify && cat >expect <<-\EOF &&
	unfinished: null_resource.a is tainted: it will be replaced
	unfinished: null_resource.b is deposed: an older one that is yet to be destroyed
	EOF
	test_cmp expect out
'

test_expect_success 'what was cut off when it was saved' '
	state 9 "$(resource a 1)" | head -c 120 |
		git vault state save --new --env prod --stack cut - &&
	test_expect_code 1 git vault state verify --env prod --stack cut >out &&
	test_grep "^damaged: line " out && test_line_count = 1 out &&
	echo "no state" | git vault state save --new --env prod --stack none - &&
	test_expect_code 1 git vault state verify --env prod --stack none >out &&
	test_grep "^damaged: line 1" out && test_line_count = 1 out
'

ref=refs/vault/state/prod/default

# forge FILE-IN-TREE BLOB: the newest version with another file
forge () {
	GIT_INDEX_FILE=$PWD/.git/forged && export GIT_INDEX_FILE &&
		git read-tree "$ref^{tree}" &&
		git update-index --cacheinfo "100644,$2,$1" &&
		tree_=$(git write-tree) && unset GIT_INDEX_FILE &&
		git cat-file commit $ref | sed "s/^tree .*/tree $tree_/" |
			bound | git hash-object -t commit -w --stdin >forged &&
		git update-ref "$ref" "$(cat forged)"
}

test_expect_success 'an index that somebody has changed is told' '
	serial=20 &&
	keep "$(resource a 1)" && git vault state verify --stack default &&
	leaf=$(git ls-tree -r --name-only $ref:index | while read -r f
		do
			! git cat-file blob $ref:index/$f |
				grep -q null_resource || echo $f
		done) && test -n "$leaf" &&
	blob=$(git cat-file blob $ref:index/$leaf |
		sed "s/null_resource.a/null_resource.z/" |
		git hash-object -w --stdin) &&
	forge index/$leaf $blob &&
	test_expect_code 1 git vault state verify --stack default >out &&
	test_grep "^index: its index does not match its parts" out
'

test_expect_success 'parts that are not what they were are told' '
	part=$(git ls-tree -r --name-only $ref:parts | head -n 1) &&
	blob=$(git cat-file blob $ref:parts/$part | sed "\$s/\$/x/" |
		git hash-object -w --stdin) && forge parts/$part $blob &&
	test_expect_code 1 git vault state verify --stack default >out &&
	test_grep "^parts: version .* part 1 of" out
'

test_expect_success 'a serial that goes back where nobody forced it' '
	keep "$(resource a 1)" && state 3 "$(resource a 2)" >old.json &&
	git vault state save --new --env prod --force --reason back old.json &&
	git vault state verify --env prod --stack default &&
	git cat-file commit $ref | grep -v "^Vault-Forced" |
		bound | git hash-object -t commit -w --stdin >forged &&
	git update-ref $ref $(cat forged) &&
	test_expect_code 1 git vault state verify --stack default >out &&
	test_grep "^chain: version .* has serial 3, and the one before it" out
'

test_expect_success 'without a key the index is looked at, and that is said' '
	test_expect_code 1 git vault state verify --stack cut &&
	mv "$HOME/.config/git-vault/identity" key &&
	test_when_finished "mv key $HOME/.config/git-vault/identity" &&
	test_expect_code 1 git vault state verify --stack default >out 2>err &&
	test_grep "^chain: " out && test_grep "not looked at" err &&
	serial=30 && test_expect_code 5 git vault state verify --stack default \
		latest~1 2>err && test_grep "not looked at" err
'

test_done
