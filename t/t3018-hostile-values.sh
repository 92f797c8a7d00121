#!/bin/sh
# shellcheck disable=SC2154

test_description='what somebody who may push has put under the id of a value

Who can open it leaves it out, says so once, and seals the value anew when a
snapshot has it; nothing of ours is given up for it.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"

shared=refs/vault/secrets/shared

sealed () {
	as "$1" git ls-tree -r --name-only $shared | grep "/.*\.age\$" | sort
}

# forge PATH BLOB: a commit of eve on what the remote has, and pushed
forge () {
	as eve sh -c '
		git fetch -q origin +$1:$1 && rm -f "$GIT_DIR/forged" &&
		GIT_INDEX_FILE=.git/forged && export GIT_INDEX_FILE &&
		git read-tree $1 && git update-index --add --cacheinfo \
			"100644,$3,$2" &&
		git update-ref $1 "$(git commit-tree -m forged -p $1 \
			"$(git write-tree)")" &&
		rm .git/forged && git push -q origin $1' - $shared "$1" "$2"
}

# look WHO: fetch, and have it merged; what was told is in err
look () {
	as "$1" git fetch -q && as "$1" git vault key list >/dev/null 2>err
}

# value PATH: what is in there, for alice
value () {
	as alice git cat-file blob "$shared:$1" >file &&
		as alice age -d -i "$top/alice/.config/git-vault/identity" \
			<file | gzip -dcf
}

test_expect_success 'alice and bob share a keyring, and eve may push' '
	git init -q --bare remote && clone alice &&
	as alice sh -c "printf \".env*\\n\" >.gitignore && git add . &&
		git commit -q -m one && git push -q origin HEAD" &&
	as alice git vault init -q && echo A=of-alice >alice/clone/.env &&
	as alice git vault -q snapshot >/dev/null && push alice && clone bob &&
	as bob git vault key generate >bob.pub &&
	as alice git vault key add --name bob "$top/bob.pub" && push alice &&
	as bob git vault init -q && clone eve &&
	as eve git vault key generate >eve.pub &&
	of_alice=$(sealed alice) && test -n "$of_alice" &&
	as alice git cat-file blob "$shared:$of_alice" >good
'

for what in "bytes that are no file of age" "a file for eve alone" \
	"a file for alice with another value"
do
	test_expect_success "in the place of a value of ours: $what" '
		case "$what" in
		*alone) echo A=evil | age -r "$(sed -n "/^age1/p" eve.pub)" ;;
		*alice*) echo A=evil | age -i "$top/alice/.config/git-vault/identity" -e ;;
		*) echo garbage ;;
		esac >forged &&
		as eve git hash-object -w --stdin <forged >blob &&
		forge "$of_alice" "$(cat blob)" &&
		look alice && test_grep "^git-vault: warning: of the values of the scope shared .*such as $(basename "$of_alice" .age)" err &&
		as alice git cat-file blob "$shared:$of_alice" >now && cmp good now &&
		look alice && test_grep ! "that a fetch brought" err &&
		push alice && as alice git vault verify --deep &&
		as eve git ls-remote origin $shared >theirs &&
		test_grep "^$(as alice git rev-parse $shared)" theirs
	'
done

test_expect_success 'under the id of a value that only bob has had' '
	look bob && echo B=of-bob >bob/clone/.env.b && as bob git vault -q snapshot &&
	push bob && sealed bob >all && of_bob=$(grep -v "$of_alice" all) &&
	test -n "$of_bob" && forge "$of_bob" "$(cat blob)" &&
	look alice && test_grep "1 do not match .* such as $(basename "$of_bob" .age)" err &&
	sealed alice >actual && echo "$of_alice" >expect && test_cmp expect actual
'

test_expect_success 'a snapshot that has the value seals it' '
	cp bob/clone/.env.b alice/clone/.env.c && as alice git vault -q snapshot &&
	test "$(value "$of_bob")" = B=of-bob &&
	as alice git vault verify --deep && rm -rf alice/back &&
	as alice git vault restore latest --to ../back &&
	cmp bob/clone/.env.b alice/back/.env.c && push alice
'

test_expect_success 'and bob, who has pushed it first, keeps his and takes no other' '
	as bob git rev-parse "$shared:$of_bob" >expect && look bob &&
	rm -rf bob/back && as bob git vault restore latest --to ../back &&
	cmp bob/clone/.env.b bob/back/.env.b && as bob git vault verify --deep
'

test_expect_success 'not for those who read it, though it says so: sealed anew, and not taken away' '
	echo B=of-bob-2 >bob/clone/.env.b && as bob git vault -q snapshot && push bob &&
	sealed alice >before && sealed bob >after &&
	new=$(comm -13 before after) && test -n "$new" &&
	echo A=evil | age -r "$(sed -n "/^age1/p" eve.pub)" >forged &&
	as eve git hash-object -w --stdin <forged >blob && forge "$new" "$(cat blob)" &&
	look alice && test_grep "1 are not encrypted for this host.* such as $(basename "$new" .age)" err &&
	test "$(as alice git rev-parse "$shared:$new")" = "$(cat blob)" &&
	cp bob/clone/.env.b alice/clone/.env.d && as alice git vault -q snapshot &&
	test "$(value "$new")" = B=of-bob-2 && as alice git vault verify --deep &&
	push alice
'

test_expect_success 'a value in chunks, one of which is another' '
	look bob && seq 100000 >bob/clone/.env.large &&
	as bob git vault -q snapshot && push bob &&
	large=$(as bob git ls-tree -r -t $shared | sed -n "/ tree .*\.age\$/s/.*	//p") &&
	test -n "$large" &&
	as eve git fetch -q origin +$shared:$shared &&
	as eve git ls-tree -r "$shared:$large" >chunks &&
	forge "$large/$(sed -n "1s/.*	//p" chunks)" \
		"$(sed -n "2s/.* blob \([0-9a-f]*\).*/\1/p" chunks)" &&
	look alice && test_grep "1 do not match .* such as $(basename "$large" .age)" err &&
	test_must_fail as alice git cat-file -e "$shared:$large" 2>/dev/null
'

test_expect_success 'a clone that is new takes the rest' '
	clone carol && mkdir -p carol/.config/git-vault &&
	cp alice/.config/git-vault/identity carol/.config/git-vault &&
	as carol git vault init >out 2>err &&
	test_grep "1 do not match .* such as $(basename "$large" .age)" err &&
	sealed carol >actual && test_grep "$of_alice" actual &&
	test_grep "$of_bob" actual
'

test_expect_success 'who opens nothing takes what there is, and does not fail' '
	clone dave && as dave git vault init >out 2>err && test_grep ! "that a fetch brought" err &&
	as dave git vault key list >/dev/null 2>err && test_grep ! "that a fetch brought" err &&
	as dave git rev-parse $shared >actual && as eve git rev-parse $shared >expect &&
	test_cmp expect actual
'

test_done
