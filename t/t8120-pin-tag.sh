#!/bin/sh

test_description='git vault pin, unpin and tag: what is said of snapshots later'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-retention.sh"

test_expect_success 'set up' '
	echo x >file && git add . && test_tick && git commit -q -m first &&
	snapshot_take -t own && one=$snapshot &&
	snapshot_take && two=$snapshot &&
	snapshot_take && three=$snapshot &&
	git for-each-ref refs/vault/snapshots >commits
'

test_expect_success 'a pin is seen, with its reason' '
	now_is "2026-03-01 10:00" &&
	git vault pin -m "for the audit" $one latest~1 $one >out &&
	test_write_lines $one $two >expect && test_cmp expect out &&
	git vault list >out && grep "$one.*(pinned),own" out &&
	grep "$two.*(pinned) " out && ! grep "$three.*pinned" out &&
	git vault show $one >out &&
	grep "^Pinned: *0 seconds ago: for the audit" out &&
	git vault show --json $one >out &&
	test_grep "\"pinned\":true,.*\"pin_time\":\"2026-03-01T10:00:00Z\",\"pin_reason\":\"for the audit\"" out &&
	git vault list --json -n 1 >out && test_grep "\"pinned\":false" out
'

test_expect_success 'on disk it is what the manual says' '
	git cat-file blob refs/vault/marks:pinned/$one >actual &&
	test_write_lines 20260301T100000Z "for the audit" >expect &&
	test_cmp expect actual &&
	git for-each-ref refs/vault/snapshots >actual &&
	test_cmp commits actual &&
	git fsck --strict --no-dangling >out 2>&1 && test_must_be_empty out
'

test_expect_success 'a second pin changes nothing, a new reason does' '
	git rev-parse refs/vault/marks >before &&
	now_is "2026-03-02 10:00" && git vault pin $one &&
	git rev-parse refs/vault/marks >after && test_cmp before after &&
	git vault pin -m better $one &&
	git vault show $one >out && grep "^Pinned:.*better" out
'

test_expect_success 'retention leaves it alone until it is unpinned' '
	git vault prune --keep-last 1 >out &&
	listed >actual && test_write_lines $three $two $one >expect &&
	test_cmp expect actual &&
	reasons $one --keep-last 1 >actual && echo pinned >expect &&
	test_cmp expect actual &&
	git vault unpin --json $one >actual &&
	echo "{\"schema\":1,\"unpinned\":[\"$one\"]}" >expect && test_cmp expect actual &&
	git rev-parse refs/vault/marks >before && git vault unpin $one &&
	git rev-parse refs/vault/marks >after && test_cmp before after &&
	git vault pin --json $one >actual &&
	echo "{\"schema\":1,\"pinned\":[\"$one\"]}" >expect && test_cmp expect actual
'

test_expect_success 'tags that were added are like those of the snapshot' '
	git vault tag $one prod v2 own >out &&
	echo "$one own prod v2" >expect && test_cmp expect out &&
	git vault tag $three prod && git vault show tag:v2 >out &&
	grep "snapshot $one" out && grep "^Tags: *own, prod, v2" out &&
	git vault show tag:prod >out && grep "snapshot $three" out &&
	git vault list --tag prod >out && grep $one out && grep $three out &&
	! grep $two out &&
	expect_kept $three $two $one -- --keep-tag v2 &&
	git vault tag --json $two x >actual &&
	echo "{\"schema\":1,\"id\":\"$two\",\"tags\":[\"x\"]}" >expect &&
	test_cmp expect actual
'

test_expect_success 'on disk: sorted lines, with none of the snapshot own' '
	git cat-file blob refs/vault/marks:tags/$one >actual &&
	test_write_lines prod v2 >expect && test_cmp expect actual
'

test_expect_success 'they can be taken away again, those of the commit not' '
	git vault tag -d $one v2 >out && echo "$one own prod" >expect &&
	test_cmp expect out &&
	test_must_fail git vault tag --delete $one own 2>err &&
	test_grep "when it was taken; its commit keeps" err &&
	test_must_fail git vault tag --delete $one none 2>err &&
	test_grep "has no tag .none." err &&
	git vault tag -d $two x &&
	test_must_fail git rev-parse -q --verify refs/vault/marks:tags/$two &&
	test_must_fail git vault show tag:x 2>err
'

test_expect_success 'a tag is a word, and names a snapshot that is there' '
	test_expect_code 129 git vault tag $one "two words" 2>err &&
	test_grep "one word" err &&
	test_expect_code 129 git vault tag $one 2>err &&
	test_must_fail git vault tag nosuch x 2>err &&
	test_must_fail git vault pin $one nosuch 2>err
'

test_expect_success 'of thousands of them each counts once' '
	old=$(git rev-parse refs/vault/marks) &&
	blob=$({ echo own && test_seq 20000 && test_seq 20000; } |
		git hash-object -w --stdin) &&
	tags=$(printf "100644 blob $blob\t$one\n" | git mktree) &&
	tree=$(printf "040000 tree $tags\ttags\n" | git mktree) &&
	git update-ref refs/vault/marks $(printf "many\n\nVault-Format: 1\n" |
		git commit-tree -p $old $tree) &&
	git vault show --json $one | tr "[]" "\n\n" | grep "^\"own\"" |
		tr , "\n" | tr -d \" >actual &&
	{ echo own && test_seq 20000; } >expect && test_cmp expect actual &&
	git update-ref refs/vault/marks $old
'

test_expect_success 'two clones merge as trees do' '
	git clone -q --mirror . ../other.git &&
	git vault pin -m here $three && git vault tag $two here &&
	git -C ../other.git vault pin -m there $two &&
	git -C ../other.git vault tag $one there &&
	git fetch -q ../other.git refs/vault/marks:refs/vault-remote/o/marks &&
	base=$(git merge-base refs/vault/marks refs/vault-remote/o/marks) &&
	GIT_INDEX_FILE=.git/merge-index git read-tree -i -m --aggressive \
		$base refs/vault/marks refs/vault-remote/o/marks &&
	tree=$(GIT_INDEX_FILE=.git/merge-index git write-tree) &&
	commit=$(git commit-tree -p refs/vault/marks \
		-p refs/vault-remote/o/marks -m merge $tree) &&
	git update-ref refs/vault/marks $commit &&
	git vault list >out && grep "$three.*(pinned),prod" out &&
	grep "$two.*(pinned),here" out && grep "$one.*,there" out
'

test_expect_success 'two at once both count' '
	git vault unpin $one $two $three &&
	git worktree add -q ../tree &&
	for n in 1 2 3 4 5
	do
		git vault unpin $one $two >out &&
		{ git vault pin $one >out1 & } &&
		git -C ../tree vault pin $two >out2 && wait $! &&
		git ls-tree --name-only refs/vault/marks:pinned >actual &&
		test_write_lines $one $two >expect &&
		test_cmp expect actual || return 1
	done
'

test_expect_success 'what is pinned and damaged is let go of by its id' '
	test_create_repo lost && (
		cd lost && echo x >x && id=$(git vault snapshot) &&
		git vault pin $id && lost=$(git rev-parse refs/vault/snapshots/$id) &&
		for idx in .git/objects/pack/*.idx
		do
			git show-index <$idx >../list && ! grep -q $lost ../list ||
				rm ${idx%.idx}.* || exit 1
		done && test_must_fail git vault show $id &&
		test_expect_code 128 git vault delete --force $id 2>../err &&
		test_grep "is pinned" ../err &&
		test_expect_code 128 git vault pin $id &&
		git vault unpin $id $id >../out && echo $id >../expect &&
		test_cmp ../expect ../out && git vault delete --force $id
	)
'

test_expect_success 'a damaged mark: the snapshot is read, nothing is written' '
	blob=$(git rev-parse refs/vault/marks:pinned/$one) &&
	git vault pin $one && printf "no time\n" >bad &&
	bad=$(git hash-object -w bad) &&
	pinned=$(printf "100644 blob $bad\t$one\n" | git mktree) &&
	git update-ref refs/vault/marks $(git commit-tree -m x \
		$(printf "040000 tree $pinned\tpinned\n" | git mktree)) &&
	git vault show $one >out && grep ^Pinned out &&
	test_must_fail git vault delete $one 2>err &&
	test_grep "is pinned" err
'

test_done
