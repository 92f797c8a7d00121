#!/bin/sh
# shellcheck disable=SC2154

test_description='the trash: what is deleted can be brought back until it expires,
and leaves this clone by no way'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-retention.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

# take [OPTION…]: a snapshot of other files than the last one's, a minute later;
# its id is in $snapshot.
take () {
	test_tick && echo $test_tick >changed &&
		GIT_VAULT_TEST_TIME=$test_tick && export GIT_VAULT_TEST_TIME &&
		snapshot=$(git vault -q snapshot "$@")
}

trashed () {
	git vault list --deleted --id-only
}

test_expect_success 'a deleted snapshot comes back with its tags' '
	test_commit base && take -m one --tag own && one=$snapshot &&
	git vault -q tag $one added && take && two=$snapshot && take &&
	git vault show --json $one >before &&
	commit=$(git rev-parse refs/vault/snapshots/$one) &&
	git vault delete $one $two >out 2>err && test_grep "list --deleted" err &&
	test_must_fail git rev-parse -q --verify refs/vault/snapshots/$one &&
	trashed >ids && test_write_lines $two $one >expect &&
	test_cmp expect ids && listed >left && test_line_count = 1 left &&
	git for-each-ref refs/vault-trash >refs && test_line_count = 1 refs &&
	git vault undelete $one >out 2>err && test_grep $one out &&
	git vault show --json $one >after && test_cmp before after &&
	test "$commit" = "$(git rev-parse refs/vault/snapshots/$one)" &&
	trashed >ids && echo $two >expect && test_cmp expect ids &&
	git vault undelete $(echo $two | cut -c1-20) >out &&
	git for-each-ref refs/vault-trash >refs && test_must_be_empty refs &&
	git fsck --strict --no-dangling && git vault verify --all
'

test_expect_success 'deleting one says how to bring it back' '
	git vault delete $two 2>err >out &&
	sed -n "s/.*bring it back: git //p" err >way && test_line_count = 1 way &&
	git $(cat way) >out && git vault show $two >out
'

test_expect_success 'a deleted snapshot is named as one that stands is' '
	short=${two##*-} && commit=$(git rev-parse refs/vault/snapshots/$two) &&
	git vault tag $two later && git vault delete $two 2>err >out &&
	for name in $two $short ${two%????} refs/vault/snapshots/$two \
		tag:later
	do
		for use in "show" "restore --to ../away" "pin" "delete" "diff"
		do
			test_expect_code 128 git vault $use $name 2>err &&
			test_grep "is in the trash" err &&
			test_grep "git vault undelete $two$" err || return 1
		done
	done &&
	test_expect_code 128 git vault pin $commit 2>err &&
	test_grep "git vault undelete $two$" err &&
	test_expect_code 128 git vault show tag:none 2>err &&
	test_grep ! trash err &&
	test_expect_code 128 git vault show 00000000 2>err &&
	test_grep ! trash err &&
	git vault undelete $short >out && test_grep $two out &&
	git vault show tag:later >out && git vault delete $two >out &&
	git vault undelete refs/vault/snapshots/$two >out &&
	git vault tag -d $two later && git vault show $short >out
'

test_expect_success 'what is no deleted snapshot is said' '

	test_expect_code 128 git vault undelete $two 2>err &&
	test_grep "is not in the trash" err &&
	test_expect_code 128 git vault undelete nothing 2>err &&
	test_grep "is not in the trash" err &&
	git vault -q delete $one $two >out &&
	test_expect_code 128 git vault undelete 2005 2>err &&
	test_grep "several ids" err &&
	test_expect_code 129 git vault undelete 2>err &&
	test_expect_code 129 git vault undelete --all $one 2>err &&
	test_expect_code 129 git vault undelete --all --from origin 2>err &&
	test_expect_code 129 git vault list --deleted --tag x 2>err &&
	git vault undelete -n --all >out 2>err && test_line_count = 2 out &&
	trashed >ids && test_line_count = 2 ids &&
	git vault undelete --all >out && trashed >ids && test_must_be_empty ids
'

test_expect_success JQ 'list --deleted says who, when and until when' '
	git vault -q delete --reason "too many" $one >out &&
	git vault list --deleted >out && test_grep "one$" out &&
	git vault list --deleted --json >json &&
	jq -e ".deleted | length == 1" json &&
	jq -e ".deleted[0] | .id == \"$one\" and .how == \"delete\" and
		.reason == \"too many\" and (.actor | test(\"@\")) and
		.remote == null and .subject == \"one\"" json &&
	jq -r ".deleted[0] | .time, .expires_time" json >times &&
	test $(($(date -d "$(sed -n 2p times)" +%s) - \
		$(date -d "$(sed -n 1p times)" +%s))) = $((30 * 86400)) &&
	git config vault.trashExpire never && git vault list --deleted --json |
		jq -e ".deleted[0].expires_time == null" &&
	git config --unset vault.trashExpire && git vault undelete --json $one >json &&
	jq -e ".undeleted == [\"$one\"] and .dry_run == false" json
'

test_expect_success 'a prune can be undone, as a whole' '
	take && take && take && listed >before && git vault prune --keep-last 1 >out 2>err &&
	test_grep "git vault undelete" err && listed >left &&
	git for-each-ref refs/vault-trash >refs && test_line_count = 1 refs &&
	git gc -q --prune=now && git vault fold -q --reclaim --expire now &&
	git vault undelete --all >out && listed >after && test_cmp before after &&
	git vault verify --all && test_line_count -lt $(wc -l <before) left
'

test_expect_success 'the next snapshot knows nothing of the trash' '
	take && git vault -q snapshot >.git/again && echo $snapshot >.git/expect &&
	git vault -q snapshot >.git/again && before=$(cat .git/again) &&
	git vault delete $one >.git/out 2>.git/err &&
	git vault -q snapshot >.git/again && test $before = $(cat .git/again) &&
	take && git archive refs/vault/snapshots/$snapshot meta/origin | tar xO >origin &&
	test_grep refs/heads/main origin && test_grep ! vault-trash origin && rm origin
'

test_expect_success 'it expires, by what is configured, and not before' '
	git vault undelete --all >out && git vault delete $one >out &&
	for age in never 40d
	do
		git config vault.trashExpire $age &&
		GIT_VAULT_TEST_TIME=$((test_tick + 35 * 86400)) \
			git vault prune --keep-last 99 >out && trashed >ids &&
		test_line_count = 1 ids || return 1
	done &&
	git config vault.trashExpire soon &&
	test_expect_code 3 git vault prune --keep-last 99 >out 2>err &&
	test_grep "vault.trashExpire is .soon." err &&
	git config --unset vault.trashExpire &&
	GIT_VAULT_TEST_TIME=$((test_tick + 29 * 86400)) \
		git vault prune --keep-last 99 >out && trashed >ids &&
	test_line_count = 1 ids &&
	GIT_VAULT_TEST_TIME=$((test_tick + 31 * 86400)) \
		git vault prune --keep-last 99 >out 2>err && trashed >ids &&
	test_grep "1 snapshot in the trash is deleted for good" err &&
	test_must_be_empty ids
'

test_expect_success 'a fold lets it expire, too' '
	git vault delete $two >out && git vault fold -q && trashed >ids &&
	test_line_count = 1 ids &&
	GIT_VAULT_TEST_TIME=$((test_tick + 31 * 86400)) git vault fold -q &&
	trashed >ids && test_must_be_empty ids
'

test_expect_success PYTHON '--empty-trash asks at a terminal' '
	take && git vault delete $snapshot >out && asked=$snapshot &&
	test_expect_code 1 answering n -- git vault prune --empty-trash >out &&
	test_grep "for good" out && test_grep "nothing was deleted" out &&
	test_expect_code 1 answering "" -- git vault prune --empty-trash \
		--keep-last 99 >out &&
	trashed >ids && echo $asked >expect && test_cmp expect ids &&
	answering -- git vault prune -n --empty-trash >out && trashed >ids &&
	test_cmp expect ids && answering y -- git vault prune --empty-trash >out &&
	trashed >ids && test_must_be_empty ids &&
	take && git vault delete $snapshot >out &&
	answering -- git vault prune --empty-trash --yes >out &&
	trashed >ids && test_must_be_empty ids &&
	take && git vault delete $snapshot >out &&
	CI=1 answering -- git vault prune --empty-trash >out &&
	trashed >ids && test_must_be_empty ids
'

test_expect_success '--empty-trash frees the space, and prunes nothing' '
	git config vault.reclaimExpire now &&
	dd if=/dev/urandom of=big bs=1024 count=64 2>/dev/null && take && big=$snapshot &&
	blob=$(git rev-parse refs/vault/snapshots/$big:tree/big) && rm big && take &&
	git vault delete $big >out && listed >before &&
	git vault prune -n --empty-trash >out && trashed >ids &&
	test_line_count = 1 ids && git vault fold -q --reclaim &&
	git cat-file -e $blob &&
	git vault prune --empty-trash >out 2>err &&
	test_grep "1 snapshot in the trash is deleted" err && trashed >ids &&
	test_must_be_empty ids && test_must_fail git cat-file -e $blob &&
	listed >after && test_cmp before after && git fsck --strict
'

test_expect_success '--no-trash deletes for good, and a damaged one is not kept' '
	take && gone=$snapshot && take &&
	git vault delete --no-trash $gone >out 2>err && test_grep "for good" err &&
	bad=20260101T000000Z-0000bad0 &&
	git update-ref refs/vault/snapshots/$bad HEAD &&
	git vault delete -f $bad >out 2>err && test_grep "for good" err &&
	trashed >ids && test_must_be_empty ids &&
	test_must_fail git vault undelete $gone
'

test_expect_success 'what a fetch brings back after its deletion goes there, too' '
	take && back=$snapshot && commit=$(git rev-parse refs/vault/snapshots/$back) &&
	take && git vault delete --no-trash $back >out &&
	git update-ref refs/vault/snapshots/$back $commit && trashed >ids &&
	test_must_be_empty ids && git vault prune --keep-last 99 >out &&
	trashed >ids && echo $back >expect && test_cmp expect ids &&
	git vault undelete $back >out && git vault show $back >out
'

test_expect_success 'sealed values stay as long as a deleted snapshot names them' '
	test_create_repo sealed && (
		cd sealed && unset GIT_VAULT_TEST_TIME &&
		echo "password=tr0ub4dor-and-3-horses" >.env && echo .env >.gitignore &&
		git add .gitignore && git commit -q -m one &&
		with=$(git vault -q snapshot) && rm .env && git vault -q snapshot >id &&
		later=$(($(date +%s) + 7200 + 60)) &&
		GIT_VAULT_TEST_TIME=$later git vault prune --keep-last 1 >out 2>err &&
		test_grep "dropped 1 snapshot" err && test_grep ! "encrypted secret" err &&
		git vault undelete $with >out &&
		git vault restore $with --to out.d 2>err && grep tr0ub4dor out.d/.env &&
		git vault -q delete $with >out &&
		GIT_VAULT_TEST_TIME=$later git vault prune --empty-trash >out 2>err &&
		test_grep "dropped 1 encrypted secret" err
	)
'

test_expect_success 'a purged value leaves the trash as well' '
	test_create_repo purged && (
		cd purged && unset GIT_VAULT_TEST_TIME && test_commit base && git vault init -q &&
		echo "note=correct-horse-7-battery" >notes &&
		with=$(git vault -q snapshot --no-scan) && rm notes &&
		echo 1 >other && without=$(git vault -q snapshot) && echo 2 >other &&
		git vault -q snapshot >id && git vault -q delete $with $without >out &&
		printf "correct-horse-7-battery" | git vault secret purge -n --stdin >out &&
		test_grep $with out && trashed >ids && test_line_count = 2 ids &&
		printf "correct-horse-7-battery" | git vault secret purge --stdin >out 2>err &&
		trashed >ids && echo $without >expect && test_cmp expect ids &&
		git vault undelete $without >out && git vault show $without >out &&
		git fsck --no-dangling
	)
'

test_expect_success 'no push and no bundle has it' '
	take && git vault delete $snapshot >out &&
	git init -q --bare .git/mirror.git && git remote add mirror "$PWD/.git/mirror.git" &&
	git vault hooks install >out && git push -q mirror HEAD &&
	test_must_fail git push --mirror mirror 2>err &&
	test_grep "stays in this clone" err &&
	git -C .git/mirror.git for-each-ref >refs && test_grep ! trash refs &&
	git push -q --prune mirror "+refs/*:refs/*" "^refs/vault-trash/*" &&
	git -C .git/mirror.git for-each-ref >refs && test_grep ! trash refs &&
	test_grep refs/vault/snapshots refs &&
	git vault export .git/all.bundle >out && git bundle list-heads .git/all.bundle >refs &&
	test_grep ! vault-trash refs
'

test_expect_success 'one that is damaged is named, and the others come back' '
	git vault undelete --all >out && take && one=$snapshot && take &&
	git vault delete $one >out &&
	git update-ref refs/vault-trash/20260101T000000Z-00000bad HEAD &&
	test_expect_code 3 git vault list --deleted >out 2>err &&
	test_grep "refs/vault-trash/20260101T000000Z-00000bad.* damaged" err &&
	test_expect_code 3 git vault undelete $one >out 2>err && git vault show $one >out &&
	git vault prune --empty-trash >out && git for-each-ref refs/vault-trash >refs &&
	test_must_be_empty refs
'

test_done
