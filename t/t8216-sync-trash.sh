#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault sync: deletions by others go to the trash, pins of this
clone are nobody else'"'"'s, and what is brought back stays'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# take WHO: a snapshot; its id is in $id
take () {
	on "$1" sh -c "date +%N >>f && git vault -q snapshot" >"$top/id" &&
		id=$(cat "$top/id")
}

has () {
	git -C "$top/$1/clone" rev-parse -q --verify "refs/vault/snapshots/$2" >/dev/null
}

trashed () {
	on "$1" git vault list --deleted --id-only
}

test_expect_success 'a deletion by somebody else goes to the trash, and says so' '
	start_team && join bob && take alice && one=$id && take alice && two=$id &&
	sync alice && sync bob && has bob $one &&
	on alice git vault -q delete $one >out && sync alice && sync bob &&
	! has bob $one && trashed bob >ids && echo $one >expect &&
	test_cmp expect ids &&
	test_grep "moved 1 snapshot, deleted on origin, to the trash until" \
		bob/sync.err &&
	test_grep "git vault undelete $one" bob/sync.err &&
	on bob git vault list --deleted --json >json &&
	test_grep "\"how\":\"sync\",\"remote\":\"origin\"" json
'

test_expect_success 'a sync does not push what is in the trash' '
	sync bob && sync alice && ! has alice $one && ! has bob $one &&
	! git -C remote rev-parse -q --verify refs/vault/snapshots/$one &&
	git -C remote for-each-ref >refs && test_grep ! vault-trash refs
'

test_expect_success 'what is brought back stays, here and for the others' '
	on bob git vault undelete $one >out && sync bob && has bob $one &&
	sync alice && has alice $one && sync bob && has bob $one &&
	sync alice && has alice $one && git -C remote rev-parse -q --verify \
		refs/vault/snapshots/$one && trashed alice >ids &&
	test_must_be_empty ids
'

test_expect_success 'until somebody deletes it again' '
	on alice git vault -q delete $one >out && sync alice && sync bob &&
	! has bob $one && sync alice && ! has alice $one &&
	on alice git vault undelete $one >out && sync alice && sync bob &&
	has bob $one && has alice $one
'

test_expect_success 'an older deletion elsewhere does not undo it' '
	take alice && both=$id && sync alice && join carol &&
	on bob git vault -q sync && on carol git vault -q delete $both >out &&
	on bob git vault -q delete $both >out && sync bob &&
	on bob git vault undelete $both >out && sync bob && has bob $both &&
	sync carol && has carol $both && sync bob && has bob $both &&
	sync alice && has alice $both
'

test_expect_success 'nor does one by a clock that is ahead' '
	take alice && id2=$id && sync alice && sync bob &&
	GIT_VAULT_TEST_TIME=4000000000 on bob git vault -q delete $id2 >out &&
	sync bob && sync alice && ! has alice $id2 &&
	on alice git vault undelete $id2 >out && sync alice && sync bob &&
	has bob $id2 && sync alice && has alice $id2
'

# strip: the remote says that nothing is pinned any more and all is deleted, as
# who can push may.
strip () (
	cd remote && ids=$(git for-each-ref --format="%(refname:lstrip=3)" \
		refs/vault/snapshots) &&
		day=$(date -u +%Y%m%dT000000Z | git hash-object -w --stdin) &&
		for m in $(echo "$ids" | cut -c1-6 | sort -u)
		do
			tree=$(for i in $ids
			do
				case $i in
				$m*) printf "100644 blob $day\t$i\n" ;;
				esac
			done | git mktree) && printf "040000 tree $tree\t$m\n" || return 1
		done >months && parent=$(git rev-parse -q --verify refs/vault/deleted)
		git update-ref refs/vault/deleted "$(printf "d\n\nVault-Format: 1\n" |
			git commit-tree ${parent:+-p $parent} "$(git mktree <months)")" &&
		git update-ref refs/vault/marks "$(printf "u\n\nVault-Format: 1\n" |
			git commit-tree "$(git mktree </dev/null)" -p refs/vault/marks)" &&
		for i in $ids
		do
			git update-ref -d refs/vault/snapshots/$i || return 1
		done
)

test_expect_success 'a pin of this clone is never undone by others' '
	take alice && mine=$id && take bob && his=$id && sync bob && sync alice &&
	on alice git vault -q pin -m "before the audit" $mine >out &&
	on bob git vault -q pin $his >out && sync bob && sync alice && sync bob &&
	strip && sync alice && has alice $mine && ! has alice $his &&
	test_grep "kept the pinned snapshot $mine" alice/sync.err &&
	test_grep "to bring them back: git vault undelete --from origin" \
		alice/sync.err &&
	on alice git vault show $mine >out && test_grep "before the audit" out &&
	git -C remote rev-parse -q --verify refs/vault/snapshots/$mine &&
	sync bob && has bob $mine && has bob $his &&
	sync alice && has alice $mine
'

test_expect_success 'and all of it comes back at once' '
	trashed alice >ids && test_line_count -gt 3 ids &&
	test_expect_code 129 on alice git vault undelete --from orign >out 2>err && test_must_be_empty out &&
	test_grep "there is no remote .orign.; did you mean .origin." err &&
	on alice git vault undelete --from origin >out &&
	trashed alice >ids && test_must_be_empty ids && sync alice &&
	has alice $one && sync bob && has bob $one &&
	git -C alice/clone fsck --strict --no-dangling >out 2>&1 && test_must_be_empty out
'

test_expect_success 'what its own clone unpins may be deleted by others' '
	on alice git vault -q unpin $mine >out && sync alice && sync bob &&
	on bob git vault -q delete $mine >out && sync bob && sync alice &&
	! has alice $mine && trashed alice >ids && test_grep $mine ids
'

test_expect_success 'a pin of a colleague stays until they take it back' '
	test_expect_code 128 on bob git vault -q delete $his >out 2>err &&
	has bob $his && on alice git vault -q pin $one >out && sync alice && sync bob &&
	test_expect_code 128 on bob git vault delete $one 2>err &&
	test_grep "pinned" err
'

test_expect_success 'a dry run moves nothing' '
	take alice && last=$id && sync alice && sync bob &&
	on alice git vault -q delete $last >out && sync alice &&
	trashed bob >before && sync bob -n && trashed bob >after &&
	test_cmp before after && has bob $last && sync bob && ! has bob $last
'

test_expect_success 'a list whose numbers are at their end has not the last word' '
	take alice && end=$id && sync alice && sync bob && (
		cd remote && m=$(echo $end | cut -c1-6) &&
		blob=$(echo "20260101T000000Z 999999999" | git hash-object -w --stdin) &&
		{
			git ls-tree refs/vault/deleted:$m | grep -v $end
			printf "100644 blob $blob\t$end\n"
		} | git mktree >tree && {
			git ls-tree refs/vault/deleted | grep -v "	$m\$"
			printf "040000 tree $(cat tree)\t$m\n"
		} | git mktree >root &&
		git update-ref refs/vault/deleted "$(printf "d\n\nVault-Format: 1\n" |
			git commit-tree -p refs/vault/deleted "$(cat root)")" &&
		git update-ref -d refs/vault/snapshots/$end
	) && sync alice && ! has alice $end &&
	on alice git vault undelete $end >out && sync alice && sync bob &&
	has bob $end && sync alice && has alice $end
'

test_done
