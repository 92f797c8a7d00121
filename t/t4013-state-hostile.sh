#!/bin/sh
# shellcheck disable=SC2154

test_description='versions of states that are damaged, huge or of others, and who may not read them'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-bind.sh"
. "$TEST_DIRECTORY/lib-clones.sh"

command -v age >/dev/null && test_set_prereq AGE

# state SERIAL NAME [ATTRIBUTES]: one of a resource of this name
state () {
	cat <<-EOF
	{
	  "version": 4,
	  "terraform_version": "1.9.5",
	  "serial": $1,
	  "lineage": "one",
	  "outputs": {},
	  "resources": [
	    {
	      "mode": "managed",
	      "type": "t",
	      "name": "$2",
	      "provider": "p",
	      "instances": [{ "attributes": { ${3:-\"id\": $1} } }]
	    }
	  ]
	}
	EOF
}

save () {
	git vault state save --new --env prod "$@"
}

restored () {
	git vault state restore --env prod --stack $1 >out && cmp $2 out
}

prod=refs/vault/state/prod

# forge STACK TRANSFORM…: the newest version of "plain" as one of STACK, its
# tree and text passed through what is said
forge () {
	stack_=$1
	shift
	GIT_INDEX_FILE=$PWD/.git/forged && export GIT_INDEX_FILE &&
		git read-tree "$prod/plain^{tree}" && "$@" &&
		tree_=$(git write-tree --missing-ok) && unset GIT_INDEX_FILE &&
		git cat-file commit $prod/plain |
		sed "s/^tree .*/tree $tree_/; s/^Vault-Stack: .*/Vault-Stack: $stack_/" |
			bound | git hash-object -t commit -w --stdin >forged &&
		git update-ref $prod/$stack_ "$(cat forged)"
}

test_expect_success 'a state' '
	git commit -q --allow-empty -m one && state 1 a >a && state 2 b >b &&
	save --stack plain a && save --stack plain b
'

test_expect_success 'a ref that leads elsewhere is told, and not built upon' '
	blob=$(echo text | git hash-object -w --stdin) &&
	git vault state save --new --env dev --stack plain a &&
	for what in $blob HEAD refs/vault/state/dev/plain
	do
		git update-ref $prod/bad $what && id=$(git rev-parse $prod/bad) &&
		for verb in log show diff restore "blame t.a" "at HEAD"
		do
			test_expect_code 128 git vault state $verb --env prod \
				--stack bad >out 2>err &&
			test_grep "^git-vault: version $(echo $id | cut -c1-12)" \
				err || return 1
		done &&
		test_expect_code 128 save --stack bad a &&
		test "$(git rev-parse $prod/bad)" = $id &&
		test_expect_code 3 git vault state list >out 2>err &&
		test_grep "warning: $prod/bad: " err &&
		test_line_count -eq 3 out || return 1
	done && git update-ref -d refs/vault/state/dev/plain &&
	git update-ref refs/vault/state/dev/bad $prod/plain &&
	test_expect_code 128 git vault state log --env dev 2>err &&
	test_grep "belongs to prod/plain, but is stored among those of dev/bad" err &&
	git update-ref -d $prod/bad && git update-ref -d refs/vault/state/dev/bad
'

test_expect_success 'a chain that breaks off is told as far as it goes' '
	gone=0123456789012345678901234567890123456789 &&
	git cat-file commit $prod/plain |
		sed "s/$(git rev-parse $prod/plain^)/$gone/; s/: plain/: broken/" |
		bound | git hash-object -t commit -w --stdin >forged &&
	git update-ref $prod/broken $(cat forged) &&
	test_expect_code 128 git vault state log --env prod --stack broken \
		>out 2>err &&
	test_line_count -eq 2 out && test_grep "$gone" err &&
	restored broken b && state 3 c >c && save --stack broken c &&
	restored broken c && git update-ref -d $prod/broken
'

lose () {
	git update-index --cacheinfo \
		"100644,0123456789012345678901234567890123456789,$1"
}

test_expect_success 'a part that is lost is sealed anew, of the same state too' '
	git ls-tree -r --name-only $prod/plain:parts >names &&
	for n in $(cat names)
	do
		forge lost lose parts/$n && was=$(git rev-parse $prod/lost) &&
		test_expect_code 128 git vault state restore --env prod \
			--stack lost --to none &&
		save --stack lost b && restored lost b &&
		test "$(git rev-parse $prod/lost)" != $was &&
		forge lost lose parts/$n && save --stack lost c &&
		restored lost c &&
		forge lost lose index/$n && save --stack lost b &&
		restored lost b || return 1
	done && git update-ref -d $prod/lost
'

test_expect_success 'so is a chunk of one that is large' '
	state 1 big "\"text\": \"$(head -c 60000 /dev/zero | tr "\0" x)\"" >cut &&
	for n in 1 2 3 4 5 6 7 8 9
	do
		head -c 45000 /dev/urandom | base64 -w0 || return 1
	done >text &&
	{
		sed "/xxxx/q" cut | sed "s/xxxx*.*//" | tr -d "\n" &&
		cat text && echo "\" } }] } ] }"
	} >large && save --stack plain --force --reason large large &&
	git ls-tree -r --name-only $prod/plain:parts >names &&
	chunk=$(grep "/.*/.*/.*/" names | sed -n 3p) && test -n "$chunk" &&
	forge lost lose parts/$chunk &&
	test_expect_code 128 git vault state restore --env prod --stack lost \
		--to none &&
	save --stack lost large 2>err && test_grep " 2 of them\| 1 of them" err &&
	restored lost large && git update-ref -d $prod/lost &&
	save --stack plain b
'

test_expect_success 'what is too long to be read again is not saved' '
	head -c 70000 /dev/zero | tr "\0" x >long && was=$(git rev-parse $prod/plain) &&
	test_expect_code 129 save --stack plain --force --reason "$(cat long)" a \
		2>err && test_grep "give a shorter reason" err &&
	test "$(git rev-parse $prod/plain)" = $was && restored plain b
'

test_expect_success 'nothing is not saved over something' '
	: >empty && test_expect_code 128 save --stack plain empty 2>err &&
	test_grep "it is empty, and the last version is not" err &&
	test_expect_code 128 save --stack plain - <&- 2>err &&
	restored plain b &&
	save --stack plain --force --reason "torn down" empty &&
	test_expect_code 128 restored plain empty 2>err &&
	test_grep "prod/plain was deleted: torn down; .*restore --env prod --stack plain" err &&
	save --stack plain b && restored plain b
'

test_expect_success 'names of any kind are shown' '
	state 1 "x\\u0000y\\u001b[31m\\n\\t" >odd && save --stack odd odd &&
	git vault state show --env prod --stack odd >out &&
	test_grep "t.x.u0000y" out && ! grep "$(printf "\\033")" out &&
	state 2 "x\\u0000y\\u001b[31m\\n\\t" >odd && save --stack odd odd &&
	test_expect_code 1 git vault state diff --env prod --stack odd >out &&
	test_grep "~ id" out && restored odd odd
'

# attributes FIRST LAST STEP
attributes () {
	awk -v at="$1" -v last="$2" -v step="$3" 'BEGIN {
		for (;; at += step) {
			printf "\"a%d\": 1", at
			if (at == last)
				break
			printf ", "
		}
	}'
}

test_expect_success 'very many attributes in another order are compared at once' '
	{
		state 1 many @ | sed "/@/q" | sed "s/@.*//" &&
		attributes 1 100000 1 && echo "} }] } ] }"
	} >many &&
	{
		state 2 many @ | sed "/@/q" | sed "s/@.*//" &&
		attributes 100000 1 -1 && echo "} }] } ] }"
	} >turned &&
	save --stack many many && save --stack many turned &&
	test_expect_code 1 timeout 20 git vault state diff --env prod \
		--stack many --stat >out &&
	echo "0 added, 0 removed, 1 changed, 0 replaced" >expect &&
	test_cmp expect out && restored many turned
'

large_leaf () {
	leaf_=$(git ls-files index | sed -n 2p) && {
		git cat-file blob ":$leaf_" | sed -n 1p
		awk "BEGIN { for (i = 0; i < 100000; i++)
			printf \"item\\tt.x%d\\t0\\tAAAAAAAAAAA\\tt\\tp\\t\\n\", i }"
	} >large && git update-index --cacheinfo \
		"100644,$(git hash-object -w large),$leaf_"
}

test_expect_success 'very many resources in one leaf are read' '
	forge large large_leaf &&
	timeout 20 git vault state show --env prod --stack large >out &&
	test_line_count -gt 100000 out && save --stack large c &&
	test_expect_code 1 timeout 20 git vault state diff --env prod \
		--stack large --stat >out &&
	test_grep "100000 removed" out && git update-ref -d $prod/large
'

test_expect_success 'what cannot be read is no state' '
	head -c 30000000 /dev/urandom >random &&
	mkdir dir && test_expect_code 128 save --stack plain dir 2>err &&
	test_grep "cannot read dir" err &&
	test_expect_code 128 save --stack plain missing 2>err && test_grep "cannot open" err &&
	mkfifo pipe && { cat c >pipe & } && save --stack pipe pipe &&
	restored pipe c
'

test_expect_success 'who waits for the rest of a state can be stopped' '
	refs=$(git for-each-ref) && exec 8<>pipe &&
	head -c 60000 random >&8 &&
	test_expect_code 130 timeout --preserve-status -s INT -k 20 1 \
		git-vault state save --new --env prod --stack stopped - <pipe &&
	exec 8>&- && test "$(git for-each-ref)" = "$refs" &&
	test -z "$(find .git -name "gv_tmp_*")"
'

test_expect_success 'a restore that cannot write says so, and leaves nothing' '
	test_expect_code 128 git vault state restore --env prod --stack plain \
		>/dev/full 2>err && test_grep "cannot write to stdout" err &&
	test_expect_code 128 git vault state restore --env prod --stack plain \
		--to no/where 2>err && test_grep "cannot create no/where" err &&
	test_expect_code 128 git vault state restore --env prod --stack plain \
		--to /proc/x 2>err && test_grep "cannot create /proc/x" err &&
	ln -s nowhere link &&
	test_expect_code 128 git vault state restore --env prod --stack plain \
		--to link && test_path_is_missing nowhere
'

test_expect_success 'one that is interrupted leaves no file' '
	save --stack random random &&
	mkdir to && for n in 01 02 03 05 08 12 20
	do
		timeout -s INT 0.$n git-vault state restore --env prod \
			--stack random --to to/x 2>err
		if test -e to/x
		then
			cmp random to/x && rm to/x || return 1
		fi
		test -z "$(ls -A to)" || return 1
	done
'

# ---- who may read -----------------------------------------------------------

# The states of one clone, in the other.
take () {
	as "$1" git fetch -q "$top/$2/clone" "+refs/vault/*:refs/vault/*"
}

test_expect_success 'an owner, a writer and one without a key' '
	git init -q --bare remote && clone owner && clone writer && clone none &&
	as owner git commit -q --allow-empty -m one &&
	as writer git vault key generate >writer.pub &&
	as owner git vault init -q &&
	as owner git vault key add --name ci --role writer "$top/writer.pub" &&
	as owner git vault state save --new --env prod ../../a
'

test_expect_success 'a writer saves on top, and opens nothing' '
	take writer owner && as writer git vault state save --new --env prod ../../b &&
	test_expect_code 5 as writer git vault state restore --env prod \
		--to x 2>err && test_path_is_missing writer/clone/x &&
	as writer git vault state log --env prod >out &&
	test_line_count -eq 3 out && take owner writer &&
	as owner git vault state restore --env prod >out && cmp b out &&
	as owner git vault state restore --env prod latest~1 >out && cmp a out
'

test_expect_success 'so does one without a key, by names of his own' '
	take none owner && rm -rf none/.config/git-vault &&
	as none git vault state save --new --env prod ../../c 2>err &&
	test_expect_code 5 as none git vault state restore --env prod --to x &&
	test_path_is_missing none/clone/x &&
	test_expect_code 5 as none git vault state diff --env prod 2>err &&
	test_grep "saved under different id keys" err &&
	test_expect_code 128 as none git vault state save --new --env prod ../../a 2>err &&
	test_grep "it is older" err && take owner none &&
	test_expect_code 128 as owner git vault state restore --env prod 2>err &&
	test_grep "another id key bound it" err &&
	as owner git vault state restore --env prod --allow-unbound \
		$(as owner git rev-parse refs/vault/state/prod/default) >out &&
	cmp c out &&
	as owner git vault state save --new --env prod ../../c 2>err &&
	test_grep "of them newly encrypted" err &&
	as owner git vault state restore --env prod >out && cmp c out
'

# open_as FILE: whether this identity opens all parts of the newest version
open_as () {
	as owner git ls-tree -r --format="%(objectname)" \
		refs/vault/state/prod/default:parts >ids &&
		while read -r id
		do
			as owner git cat-file blob $id >part &&
				age -d -i "$1" <part >clear &&
				gzip -dcf <clear || return 1
		done <ids >opened
}

test_expect_success AGE 'who comes opens the next version, who goes opens none' '
	age-keygen -o late.key 2>/dev/null && age-keygen -y late.key >late.pub &&
	! open_as late.key 2>/dev/null &&
	as owner git vault key add --name late "$top/late.pub" &&
	as owner git vault state save --new --env prod ../../c 2>err &&
	test_grep "saved prod/default" err && open_as late.key && cmp c opened &&
	state 4 d >d && as owner git vault key remove late &&
	as owner git vault state save --new --env prod ../../d &&
	! open_as late.key 2>/dev/null &&
	open_as owner/.config/git-vault/identity && cmp d opened &&
	as owner git vault state save --new --env prod ../../d 2>err &&
	test_grep "is as the last version has it" err
'

test_expect_success AGE 'after a rotation the new key opens the newest version, the old one those before' '
	state 5 e >e && as owner git vault state save --env prod ../../e &&
	state 6 f >f && as owner git vault state save --env prod ../../f &&
	as owner git vault key rotate 2>err &&
	test_grep "older version.* of prod/default: still encrypted" err &&
	as owner git vault state restore --env prod latest~1 >out && cmp e out &&
	mv owner/.config/git-vault/identity.old-* . &&
	as owner git vault state restore --env prod >out && cmp f out &&
	test_expect_code 5 as owner git vault state restore --env prod latest~1 \
		--to x && test_path_is_missing owner/clone/x &&
	mv identity.old-* owner/.config/git-vault/ &&
	test_might_fail as owner git vault key reseal --all-versions &&
	mv owner/.config/git-vault/identity.old-* . &&
	as owner git vault state restore --env prod latest~1 >out && cmp e out
'

test_done
