#!/bin/sh

test_description='git vault delete'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"
. "$TEST_DIRECTORY/lib-retention.sh"

test_expect_success 'set up' '
	echo x >file && git add . && test_tick && git commit -q -m first &&
	snapshot_take -t one && one=$snapshot &&
	snapshot_take -t two && two=$snapshot &&
	snapshot_take && three=$snapshot &&
	snapshot_take && four=$snapshot
'

test_expect_success 'it wants to be told which' '
	test_expect_code 129 git vault delete 2>err &&
	test_grep "needs SNAP" err
'

test_expect_success 'a dry run deletes none' '
	git vault delete -n latest tag:one >out 2>err &&
	test_write_lines \
		"$four $(git rev-parse refs/vault/snapshots/$four)" \
		"$one $(git rev-parse refs/vault/snapshots/$one)" >expect &&
	test_cmp expect out &&
	test_grep "would delete 2 snapshots" err &&
	listed >actual && test_line_count -eq 4 actual
'

test_expect_success 'all that are named go, each once, by any expression' '
	commit=$(git rev-parse refs/vault/snapshots/$two) &&
	git vault delete tag:two latest~2 $two >out 2>err &&
	echo "$two $commit" >expect && test_cmp expect out &&
	test_grep "git vault undelete $two" err &&
	git vault -q restore $commit --to ../told &&
	test_cmp file ../told/file &&
	listed >actual && test_write_lines $four $three $one >expect &&
	test_cmp expect actual &&
	test_must_fail git vault show $two 2>err &&
	test_must_fail git vault show tag:two 2>err &&
	git cat-file -e $commit
'

test_expect_success 'until git collects it, its commit and a branch there name it' '
	test_config gc.auto 0 && git branch saved $commit &&
	for name in $commit saved
	do
		git vault show $name >out && test_grep "^snapshot $two" out &&
		git vault cat $name file >actual && test_cmp file actual &&
		git vault restore $name --to ../out >out 2>&1 &&
		test_cmp file ../out/file && rm -r ../out &&
		git vault diff $name $one && git vault diff main $name || return 1
	done && listed >actual && test_write_lines $four $three $one >expect &&
	test_cmp expect actual
'

# denied NAME COMMAND [ARGUMENT]…: it finds none by that name, which is of $two
# shellcheck disable=SC2154 # set in a test
denied () {
	by_=$1 &&
	shift &&
	test_expect_code 128 git vault "$@" 2>err &&
	test_grep "snapshot .$two. was deleted .*git vault undelete $two" \
		err && test_line_count -eq 1 err
}

test_expect_success 'but not to who would change it, or count on it' '
	git for-each-ref >before &&
	for name in $commit saved
	do
		denied $name pin $name && denied $name unpin $name &&
		denied $name tag $name x && denied $name tag -d $name two &&
		denied $name delete -n $name && denied $name delete $name &&
		denied $name delete -f $name && denied $name delete $one $name &&
		denied $name repair --reparent $name || return 1
	done && git for-each-ref >after && test_cmp before after &&
	listed >actual && test_write_lines $four $three $one >expect &&
	test_cmp expect actual && git branch -q -D saved
'

test_expect_success 'one that is not there: none goes' '
	test_must_fail git vault delete $one nosuch 2>err &&
	test_grep nosuch err &&
	test_must_fail git vault delete $one $two 2>err &&
	test_grep "was deleted .*git vault undelete $two" err &&
	listed >actual && test_line_count -eq 3 actual
'

test_expect_success 'one that is pinned: none goes, not by force either' '
	git vault pin $three &&
	test_must_fail git vault delete $one $three 2>err &&
	test_grep "$three is pinned, so nothing is deleted" err &&
	test_must_fail git vault delete -f $one $three 2>err &&
	test_must_fail git vault delete -n $three 2>err &&
	listed >actual && test_line_count -eq 3 actual &&
	git vault unpin $three && git vault delete $three >out &&
	listed >actual && test_write_lines $four $one >expect &&
	test_cmp expect actual
'

test_expect_success 'JSON' '
	commit=$(git rev-parse refs/vault/snapshots/$one) &&
	git vault delete --json $one >actual &&
	echo "{\"schema\":1,\"dry_run\":false,\"deleted\":[{\"id\":\"$one\",\"commit\":\"$commit\"}]}" >expect &&
	test_cmp expect actual
'

test_expect_success 'a damaged one goes by force, and by its id only' '
	bad=20260101T000000Z-0000bad0 &&
	git update-ref refs/vault/snapshots/$bad HEAD &&
	test_must_fail git vault delete $bad 2>err &&
	test_grep "is damaged" err && test_grep -e --force err &&
	git rev-parse --verify refs/vault/snapshots/$bad &&
	git vault delete --force $bad >out &&
	test_must_fail git rev-parse -q --verify refs/vault/snapshots/$bad &&
	git rev-parse --verify refs/vault/deleted:202601/$bad
'

test_expect_success 'so does a ref that is not named like a snapshot' '
	git vault show latest >expect && git update-ref refs/vault/snapshots/odd HEAD &&
	git vault show latest >actual && test_cmp expect actual &&
	git vault show HEAD >out && test_must_fail git vault delete odd 2>err &&
	test_expect_code 1 git vault doctor --json >out &&
	test_grep "\"kind\":\"ref_misnamed\"" out &&
	test_grep "\"git vault delete --force .odd.\"" out &&
	git vault delete -f odd >out &&
	test_must_fail git rev-parse -q --verify refs/vault/snapshots/odd &&
	test_must_fail git vault delete -f odd 2>err &&
	test_grep "no snapshot is .odd." err
'

test_expect_success 'by force, too, what is not there is said' '
	git for-each-ref >expect &&
	test_expect_code 128 git vault delete -f 20990101T000000Z-00000000 2>err &&
	test_grep "no snapshot has the id .20990101T000000Z-00000000." err &&
	git for-each-ref >actual && test_cmp expect actual
'

test_expect_success 'marks go with it' '
	snapshot_take && five=$snapshot && git vault tag $five gone &&
	git vault delete $five >out &&
	git ls-tree -r --name-only refs/vault/marks >actual &&
	test_must_be_empty actual
'

test_expect_success 'the next snapshot after the last one went is whole' '
	git vault snapshot -q --force >id && snap=$(cat id) &&
	git vault delete latest >out && git vault snapshot -q >id &&
	git diff --exit-code HEAD refs/vault/snapshots/$(cat id):tree -- file
'

test_expect_success 'nothing is said to be unchanged since a deleted one' '
	git vault snapshot -q >id && old=$(cat id) &&
	commit=$(git rev-parse refs/vault/snapshots/$old) &&
	git vault delete $old >out &&
	git update-ref refs/vault/snapshots/$old $commit &&
	git vault snapshot -q >id && ! grep $old id &&
	git vault show $(cat id)
'

# big: a snapshot of noise that no other one has; its id in $big
big () {
	dd if=/dev/urandom of=noise bs=65536 count=16 2>/dev/null &&
		big=$(git vault -q snapshot) &&
		blob=$(git rev-parse refs/vault/snapshots/$big:tree/noise) &&
		rm noise && git vault -q snapshot >id
}

test_expect_success '--reclaim returns the space' '
	big && git vault fold -q && git config vault.reclaimExpire now &&
	git vault delete --no-trash --json --reclaim $big >out &&
	jq -e ".deleted[0].id == \"$big\" and .reclaimed.dropped > 0 and
		.reclaimed.bytes - .reclaimed.new_bytes > 1000000" out &&
	test_must_fail git cat-file -e $blob && git fsck --strict &&
	git vault verify && big &&
	git vault prune --keep-tag none --keep-last 1 --empty-trash 2>err &&
	test_grep "reclaimed [1-9][0-9]* objects" err &&
	test_must_fail git cat-file -e $blob && git fsck --strict
'

test_expect_success 'where that cannot be done now, they are deleted all the same' '
	big && test_expect_code 3 flock .git/vault/fold \
		git vault delete --no-trash --reclaim $big 2>err &&
	test_grep "the space is not returned: .*fold --reclaim. does it later" \
		err &&
	test_must_fail git vault show $big && git cat-file -e $blob &&
	git vault fold --reclaim && test_must_fail git cat-file -e $blob &&
	git config --unset vault.reclaimExpire
'

test_expect_success 'what is too young stays, and that is said' '
	big && git vault delete --no-trash --reclaim $big 2>err &&
	test_grep "too young to go" err && git cat-file -e $blob
'

test_expect_success 'a hook that refuses: nothing has happened' '
	snapshot_take && six=$snapshot &&
	git rev-parse refs/vault/deleted >before &&
	printf "#!/bin/sh\ntest \"\$1\" != prepared\n" \
		>.git/hooks/reference-transaction &&
	chmod +x .git/hooks/reference-transaction &&
	test_must_fail git vault delete --no-trash $six 2>err &&
	rm .git/hooks/reference-transaction &&
	git vault show $six >out &&
	git rev-parse refs/vault/deleted >after && test_cmp before after &&
	find .git/objects/pack -name "*.keep" >left && test_must_be_empty left
'

# graph WHAT ARGUMENTS: after a deletion git's commit-graph, written by git with
# these arguments, names nothing that can go.
graph () {
	test_expect_success "git fsck is clean where a commit-graph $1 was there" '
		test_create_repo graph && (
			cd graph && test_commit base && git vault -q snapshot &&
			two=$(git vault -q snapshot --force) &&
			git commit-graph write --reachable '"$2"' &&
			three=$(git vault -q snapshot --force) &&
			git commit-graph write --reachable '"$2"' &&
			git update-ref refs/heads/more HEAD &&
			ls -d .git/objects/info/c* >before &&
			commit=$(git rev-parse refs/vault/snapshots/$two) &&
			git vault -q delete --no-trash $two && git repack -q -a -d &&
			git prune --expire=now &&
			test_must_fail git cat-file -e $commit &&
			git fsck --full && git commit-graph verify &&
			ls -d .git/objects/info/c* >after && test_cmp before after &&
			git vault -q verify $three
		) && rm -r graph
	'
}

graph 'of one file' ''
graph 'of several files' --split=no-merge
graph 'with changed paths' --changed-paths

test_expect_success 'a commit-graph that does not name it is left alone' '
	test_create_repo graph && (
		cd graph && test_commit base && git vault -q snapshot &&
		git commit-graph write --reachable && git vault -q snapshot --force &&
		before=$(stat -c %i .git/objects/info/commit-graph) &&
		git vault -q delete --no-trash latest &&
		test $before = $(stat -c %i .git/objects/info/commit-graph) &&
		echo nonsense >nonsense && mv -f nonsense .git/objects/info/commit-graph &&
		git vault -q delete --no-trash latest && git commit-graph verify
	) && rm -r graph
'

test_expect_success 'one that cannot be written does not hold a deletion up' '
	test_create_repo graph && (
		cd graph && test_commit base && git vault -q snapshot &&
		git commit-graph write --reachable &&
		: >.git/objects/info/commit-graph.lock &&
		git vault -q delete --no-trash latest && git vault list --json >out &&
		test_grep "\"snapshots\":\[\]" out
	) && rm -r graph
'

test_done
