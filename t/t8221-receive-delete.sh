#!/bin/sh
# shellcheck disable=SC2154

test_description='a server takes deletions from who pushed the snapshot, from owners,
and from unknown accounts only a few'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

server=$PWD/remote

take () {
	on "$1" sh -c "date +%N >>f && git vault -q snapshot" >"$top/id" &&
		id=$(cat "$top/id")
}

# by ACCOUNT WHO [OPTION…]: a sync as that account of the server.
by () {
	GL_USER=$1
	export GL_USER
	shift
	sync "$@"
	status_=$?
	unset GL_USER
	return $status_
}

there () {
	git -C "$server" rev-parse -q --verify "refs/vault/snapshots/$1" >/dev/null
}

# buried ID: the list of the server says that it is deleted.
buried () {
	git -C "$server" ls-tree -r --name-only refs/vault/deleted 2>/dev/null |
		grep -q "$1"
}

refused () {
	there "$1" && ! buried "$1"
}

# hooked: the hooks of a server, under a name that does not hang on its host
hooked () {
	git -C remote vault hooks install >out &&
		git -C remote config vault.receive.name srv
}

test_expect_success 'a server with receipts' '
	start_team && join bob &&
	hooked &&
	take alice && hers=$id && by alice alice && take bob && his=$id &&
	by bob bob && by alice alice && there $hers && there $his
'

test_expect_success 'who pushed a snapshot may delete it' '
	on bob git vault -q delete $his >out && by bob bob && ! there $his &&
	buried $his
'

test_expect_success 'an account that did not push it may not' '
	on bob git vault -q delete $hers >out && test_might_fail by bob bob &&
	refused $hers &&
	test_grep "bob cannot delete $hers, which alice pushed" bob/sync.out &&
	test_grep "an owner of the keyring can delete it" bob/sync.out &&
	by alice alice && has=$(git -C alice/clone rev-parse -q --verify refs/vault/snapshots/$hers) &&
	test -n "$has"
'

test_expect_success 'nor by the list alone, nor by a push of its own' '
	test_must_fail env GL_USER=bob git -C bob/clone push origin \
		refs/vault/deleted 2>err && test_grep "cannot delete $hers" err &&
	test_must_fail env GL_USER=bob git -C bob/clone push origin \
		:refs/vault/snapshots/$hers 2>err && refused $hers &&
	test_must_fail env GL_USER=eve git -C bob/clone push --atomic origin \
		refs/vault/deleted :refs/vault/snapshots/$hers 2>err && refused $hers
'

test_expect_success 'an owner may, for everybody' '
	on bob git vault undelete $hers >out && by bob bob && take bob && his=$id &&
	by bob bob && by carl alice && on alice git vault -q delete $his >out &&
	by carl alice && ! there $his && buried $his
'

test_expect_success 'a deletion that the server took is no pass for the next' '
	on bob git vault -q sync --fetch-only && on bob git vault undelete $his >out &&
	by bob bob && there $his && by carl alice &&
	git -C alice/clone update-ref -d refs/vault/snapshots/$his && (
		cd alice/clone && was=$(git rev-parse refs/vault/deleted) &&
		m=$(echo $his | cut -c1-6) &&
		blob=$(echo "$(date -u +%Y%m%d)T000000Z 3" | git hash-object -w --stdin) &&
		{
			git ls-tree refs/vault/deleted:$m | grep -v $his
			printf "100644 blob $blob\t$his\n"
		} | git mktree >tree && {
			git ls-tree refs/vault/deleted | grep -v "	$m\$"
			printf "040000 tree $(cat tree)\t$m\n"
		} | git mktree >root &&
		git update-ref refs/vault/deleted "$(printf "d\n\nVault-Format: 1\n" |
			git commit-tree -p refs/vault/deleted "$(cat root)")" &&
		chain=$(git for-each-ref --format="%(refname)" refs/vault/audit | head -n 1) &&
		test_must_fail env GL_USER=carl git push --atomic origin \
			refs/vault/deleted $chain:refs/vault/audit/replay 2>err &&
		test_grep "carl cannot delete $his" err &&
		git update-ref refs/vault/deleted $was
	) && there $his
'

test_expect_success 'who brings it back does not become who pushed it first' '
	take alice && own=$id && by alice alice && by bob bob &&
	on alice git vault -q delete $own >out && by alice alice && ! there $own &&
	by bob bob && on bob git vault undelete $own >out && by bob bob &&
	there $own && on bob git vault -q delete $own >out &&
	test_might_fail by bob bob && there $own &&
	test_grep "which alice pushed" bob/sync.out
'

test_expect_success 'without accounts a push deletes a few' '
	rm -rf alice bob remote && start_team && join bob &&
	hooked &&
	git -C remote config vault.receiveMaxDeletes 2 &&
	for n in 1 2 3 4
	do
		take bob && echo $id || return 1
	done >ids && sync bob && on bob git vault -q delete $(head -n 3 ids) >out &&
	test_might_fail sync bob && there $(head -n 1 ids) &&
	test_grep "this push deletes 3 snapshots .* allows at most 2" bob/sync.out &&
	test_grep "vault.receiveMaxDeletes" bob/sync.out &&
	on bob git vault undelete $(head -n 1 ids) >out && sync bob &&
	! there $(sed -n 2p ids) && ! there $(sed -n 3p ids) && there $(head -n 1 ids)
'

test_expect_success 'and none where that is 0, but what never came here' '
	git -C remote config vault.receiveMaxDeletes 0 && take bob && never=$id &&
	on bob git vault -q delete $never >out && sync bob && buried $never &&
	on bob git vault -q delete $(sed -n 4p ids) >out &&
	test_might_fail sync bob && there $(sed -n 4p ids) &&
	git -C remote config vault.receiveMaxDeletes many &&
	test_might_fail sync bob && test_grep "it must be a number" bob/sync.out &&
	git -C remote config --unset vault.receiveMaxDeletes && sync bob &&
	! there $(sed -n 4p ids)
'

test_expect_success 'an owner deletes there as many as they like' '
	git -C remote config vault.receiveMaxDeletes 0 && sync alice &&
	for n in 1 2 3
	do
		take bob && echo $id || return 1
	done >ids && sync bob && sync alice && on alice git vault -q delete $(cat ids) >out &&
	sync alice && ! there $(head -n 1 ids) && buried $(head -n 1 ids)
'

test_done
