#!/bin/sh
# shellcheck disable=SC2154

test_description='sync: what is known of the snapshots of a remote, without copies of them'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# copies WHO: refs of snapshots that stand beside ours
copies () {
	as "$1" git for-each-ref --format="%(refname:lstrip=4)" \
		refs/vault-remote/origin/snapshots >"$top/copies"
}

has_none () {
	copies "$1" && test_must_be_empty "$top/copies"
}

# on_origin WHO: the ids that are known to be there
on_origin () {
	as "$1" git vault list --on origin --id-only
}

# gone WHO COMMIT: no object of it is left
gone () {
	as "$1" git reflog expire --expire=now --all &&
		as "$1" git gc -q --prune=now &&
		test_must_fail as "$1" git cat-file -e "$2"
}

test_expect_success 'no copy stays of what is the same here, and it is known to be there' '
	start_team && join bob && test_tick && take alice one >one &&
	test_tick && take alice two >two && sync alice && sync bob &&
	is_same alice bob && has_none alice && has_none bob &&
	on_origin alice >actual && cat two one >expect && test_cmp expect actual &&
	on_origin bob >actual && test_cmp expect actual &&
	test_tick && take alice three >three && on_origin alice >actual &&
	test_cmp expect actual && as alice git vault list --not-on origin --id-only >actual &&
	test_cmp three actual && sync alice && sync bob
'

test_expect_success 'where nothing differs nothing is fetched' '
	GIT_TRACE="$top/trace" sync bob && test_must_be_empty bob/sync.out &&
	test_grep "ls-remote" trace && test_grep ! "git fetch\|fetch-pack" trace
'

test_expect_success 'what is not known any more the next sync asks for' '
	file=bob/clone/.git/vault/tracked.origin && cp $file kept &&
	on_origin bob >expect && rm $file && on_origin bob >actual &&
	test_must_be_empty actual && sync bob && cmp kept $file &&
	sed "s/1/2/" kept >$file && on_origin bob >actual &&
	test_must_be_empty actual && sync bob && cmp kept $file &&
	: >$file && sync bob && on_origin bob >actual && test_cmp expect actual
'

# late COMMAND…: as bob, two days later
late () {
	(
		GIT_VAULT_TEST_TIME=$((test_tick + 172800)) &&
			export GIT_VAULT_TEST_TIME && as bob "$@"
	)
}

test_expect_success 'and until then it is not taken for nothing' '
	file=bob/clone/.git/vault/tracked.origin && cp $file kept &&
	test_might_fail late git vault health >out && test_grep ! "sync" out &&
	as bob git vault list --not-on origin >actual 2>err &&
	test_grep ! "not known" err &&
	for damage in "rm $file" "cp /dev/null $file" "sed -i s/1/2/ $file"
	do
		$damage && test_expect_code 1 late git vault health >out &&
		test_grep "^on origin .*not known; at least 0 of them$" out &&
		test_grep "this clone does not know what .origin. has" out &&
		test_grep ! ": no remote has" out &&
		test_grep "^    git vault sync origin$" out &&
		test_might_fail late git vault health --json >json &&
		test_grep "\"name\":\"origin\",\"known\":false," json &&
		test_might_fail late git vault doctor >out &&
		test_grep "this clone does not know what .origin. has" out &&
		as bob git vault list --not-on origin >actual 2>err &&
		test_grep "does not know what origin has.*git vault sync origin" \
			err && sync bob && cmp kept $file || return 1
	done && test_might_fail late git vault health >out &&
	test_grep ! "not known" out
'

test_expect_success 'what a remote had is nothing of another one by its name' '
	clone zoe && on zoe git vault init -q 2>err && sync zoe &&
	on_origin zoe >expect && test_line_count -gt 2 expect &&
	as zoe git remote rename origin upstream 2>err &&
	test_might_fail on zoe git vault doctor --json >json &&
	test_grep "\"kind\":\"refspec_elsewhere\"" json &&
	git init -q --bare fork && as zoe git remote add origin "$top/fork" &&
	on_origin zoe >actual && test_must_be_empty actual &&
	test_might_fail on zoe git vault health >out &&
	test_grep ! "^on origin *[1-9]" out &&
	test_might_fail on zoe git vault doctor >out &&
	test_grep "fetch upstream. brings the vault there to refs/vault-remote/origin/" \
		out && command=$(grep "config --unset-all" out) &&
	as zoe sh -c "$command" >out 2>err &&
	test_might_fail on zoe git vault doctor --json >json &&
	test_grep ! refspec_elsewhere json &&
	as zoe git config --get-all remote.upstream.fetch >specs &&
	test_grep ! "vault-remote/origin/" specs && test_grep "/upstream/state" specs &&
	sync zoe upstream && as zoe git vault list --on upstream --id-only >actual &&
	test_cmp expect actual && as zoe git remote remove origin
'

test_expect_success 'copies of an older program go, those that the user has fetched stay' '
	as bob git fetch -q origin \
		"+refs/vault/snapshots/*:refs/vault-remote/origin/snapshots/*" &&
	copies bob && test_line_count -eq 3 copies && sync bob && has_none bob &&
	as bob git config --add remote.origin.fetch \
		"+refs/vault/snapshots/*:refs/vault-remote/origin/snapshots/*" &&
	as bob git fetch -q && sync bob && copies bob &&
	test_line_count -eq 3 copies && as bob git update-ref \
		refs/vault-remote/origin/snapshots/20200101T000000Z-00000001 HEAD &&
	sync bob && copies bob && test_line_count -eq 3 copies &&
	as bob git config --unset remote.origin.fetch snapshots && sync bob &&
	has_none bob
'

test_expect_success 'what is deleted here and its space is back does not come again' '
	commit=$(as bob git rev-parse "refs/vault/snapshots/$(cat two)") &&
	on bob git vault -q delete --no-trash "$(cat two)" >out && gone bob $commit &&
	sync bob && test_grep "^deleted  snapshots/$(cat two) on " bob/sync.out &&
	test_must_fail as bob git cat-file -e $commit &&
	test_must_fail git -C remote rev-parse -q --verify \
		"refs/vault/snapshots/$(cat two)" &&
	on_origin bob >actual && cat three one >expect && test_cmp expect actual &&
	sync alice && is_same alice bob && has_none alice
'

test_expect_success 'nor where the remote takes no deletions' '
	cat >remote/hooks/update <<-\EOF && chmod +x remote/hooks/update &&
	#!/bin/sh
	case $3 in 0000000*) echo "nothing goes here" >&2 && exit 1 ;; esac
	EOF
	commit=$(as bob git rev-parse "refs/vault/snapshots/$(cat one)") &&
	on bob git vault -q delete --no-trash "$(cat one)" >out && gone bob $commit &&
	sync bob && test_grep ! "^deleted .* on " bob/sync.out && sync bob &&
	test_must_fail as bob git cat-file -e $commit && has_none bob &&
	git -C remote rev-parse -q --verify "refs/vault/snapshots/$(cat one)" &&
	rm remote/hooks/update && sync alice &&
	as alice git vault list --id-only >actual && test_cmp three actual
'

test_expect_success 'what somebody has pinned meanwhile comes back from there' '
	test_tick && take alice four >four && sync alice && sync bob &&
	commit=$(as bob git rev-parse "refs/vault/snapshots/$(cat four)") &&
	on alice git vault -q pin "$(cat four)" && sync alice &&
	on bob git vault -q delete --no-trash "$(cat four)" >out && gone bob $commit &&
	sync bob && test "$(as bob git rev-parse "refs/vault/snapshots/$(cat four)")" = \
		$commit && as bob git vault verify "$(cat four)" && sync alice &&
	is_same alice bob && has_none bob
'

test_expect_success 'copies of what is not there go, of any kind, and none of another remote' '
	git init -q --bare two.git && as bob git config remote.origin/two.url "$top/two.git" &&
	as bob git update-ref refs/vault-remote/origin/locks/x/y HEAD &&
	as bob git update-ref refs/vault-remote/origin/two/marks HEAD &&
	sync bob && as bob git for-each-ref --format="%(refname:lstrip=3)" \
		refs/vault-remote/origin/locks refs/vault-remote/origin/two >actual &&
	echo two/marks >expect && test_cmp expect actual
'

test_done
