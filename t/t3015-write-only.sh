#!/bin/sh

test_description='write-only hosts seal in clones of their own, and open nothing'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"

# keep WHO: a snapshot with the value of the team and one of its own; its id
keep () {
	as "$1" sh -c 'echo SECRET=of-the-team >.env && echo "OWN=of-$1" >.env.own &&
		git vault snapshot 2>>../err' - "$1"
}

# take WHO: what the remote has, merged
take () {
	as "$1" git fetch -q && as "$1" git vault key list >/dev/null
}

sealed () {
	as "$1" git ls-tree -r --name-only refs/vault/secrets/shared |
		grep "/.*\.age\$" | sort
}

test_expect_success 'an owner has a keyring with a writer' '
	git init -q --bare remote && clone owner &&
	as owner sh -c "printf \".env*\\n\" >.gitignore && git add . &&
		git commit -q -m one && git push -q origin HEAD" &&
	clone writer &&
	as writer git vault key generate >writer.pub &&
	as owner git vault init -q && keep owner >zero &&
	as owner git vault key add --name ci --role writer "$top/writer.pub" >out &&
	push owner
'

test_expect_success 'the writer seals all under ids of its own, and finds what it has sealed' '
	as writer git vault init -q && keep writer >one &&
	test_grep "2 of them new" writer/err && push writer && take owner &&
	sealed owner >actual && test_line_count = 4 actual &&
	keep writer >again && test_grep "2 secrets are encrypted$" writer/err &&
	as writer git ls-tree --name-only refs/vault/secrets/shared >top &&
	test_grep ! "^idkey-" top
'

test_expect_success 'it opens neither, and the owner both' '
	test_expect_code 5 as writer git vault restore "$(cat one)" --to ../back &&
	test_grep "GITVAULT\[file:" writer/back/.env.own &&
	as owner git fetch -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	as owner git vault restore "$(cat one)" --to ../back &&
	test_cmp writer/clone/.env owner/back/.env &&
	test_cmp writer/clone/.env.own owner/back/.env.own
'

idkey () {
	as owner sh -c "git cat-file blob refs/vault/keyring:idkey.age |
		age -d -i ~/.config/git-vault/identity" | tr -d "\n"
}
command -v age >/dev/null && test_set_prereq AGE

test_expect_success AGE 'a host that has the key of fingerprints alone names by one of its own' '
	clone variable && key=$(idkey) &&
	as variable test_env GIT_VAULT_ID_KEY="$key" git vault init -q &&
	as variable sh -c "echo SECRET=of-the-team >.env &&
		echo OWN=of-variable >.env.own" &&
	as variable test_env GIT_VAULT_ID_KEY="$key" git vault snapshot \
		2>variable/err >two &&
	test_grep "2 of them new" variable/err && push variable && take owner &&
	test_expect_code 5 as variable git vault restore "$(cat two)" --to ../back &&
	as owner git fetch -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	rm -rf owner/back && as owner git vault restore "$(cat two)" --to ../back &&
	test_cmp variable/clone/.env owner/back/.env &&
	test_cmp variable/clone/.env.own owner/back/.env.own &&
	sealed owner >actual && test_line_count = 6 actual
'

test_expect_success 'a host without any seals all again, under ids of its own' '
	clone random && as random git vault key generate >random.pub &&
	sealed owner >before && as random git vault init -q &&
	keep random >three && test_grep "2 of them new" random/err &&
	test_grep "your key is not in the keyring" random/err &&
	push random && take owner && sealed owner >actual &&
	comm -13 before actual >new && test_line_count = 2 new &&
	as owner git ls-tree --name-only refs/vault/secrets/shared >top &&
	test_grep "^idkey-.*\.age\$" top
'

test_expect_success 'it opens nothing, and the owner all, each value held to its id' '
	test_expect_code 5 as random git vault restore "$(cat three)" --to ../back &&
	as owner git fetch -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	rm -rf owner/back && as owner git vault restore "$(cat three)" --to ../back &&
	test_cmp random/clone/.env owner/back/.env &&
	test_cmp random/clone/.env.own owner/back/.env.own
'

test_expect_success 'its ids stay when it is added, and what it seals then is named by a key of the keyring' '
	as owner git vault key add --name late --role writer "$top/random.pub" >out &&
	push owner && take random && sealed random >before &&
	as random sh -c "echo SECRET=of-late >.env.own; git vault snapshot" \
		>four 2>random/err && test_grep ! "no identity of this host" random/err && push random && take owner &&
	sealed owner >actual && comm -13 before actual >new &&
	test_line_count -ge 1 new && comm -23 before actual >gone && test_must_be_empty gone &&
	as owner git fetch -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	rm -rf owner/back && as owner git vault restore "$(cat four)" --to ../back &&
	test_cmp random/clone/.env.own owner/back/.env.own
'

test_done
