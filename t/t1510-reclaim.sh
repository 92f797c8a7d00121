#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault fold --reclaim: the space of deleted snapshots'
. "$(dirname "$0")/test-lib.sh"

packs=.git/objects/pack

rounds () {
	i=0
	while test $i -lt "$1"
	do
		i=$((i + 1)) && n=$((n + 1)) &&
		echo "line $n" >>main.tf && echo "only in round $n" >now &&
		git vault -q snapshot >../id.$n || return 1
	done
}

busy () {
	cd "$TRASH_DIRECTORY" && rm -rf repo linked && test_create_repo repo &&
	cd repo && n=0 && test_seq 1 300 >main.tf && test_commit base &&
	git repack -q -a -d && user=$(echo $packs/*.idx) && rounds "$1"
}

# Packs of ours become as old as that.
age () {
	find $packs -type f ! -name "$(basename "$user" idx)*" \
		-exec touch -d "$1" {} +
}

# The snapshots of these rounds go.
delete () {
	for round
	do
		echo "delete refs/vault/snapshots/$(cat ../id.$round)"
	done | git update-ref --stdin
}

blob_of () {
	echo "only in round $1" | git hash-object --stdin
}

has () {
	git cat-file -e "$(blob_of "$1")" 2>/dev/null
}

check_whole () {
	git fsck --full --strict --no-dangling >../fsck 2>&1 &&
	test_must_be_empty ../fsck && git vault -q verify >../verify &&
	find .git/objects -type f -path "*/??/*" >../loose
}

no_cruft () {
	find $packs -name "*.mtimes" >../cruft && test_must_be_empty ../cruft
}

test_expect_success 'where all is needed there is nothing to reclaim' '
	busy 4 && git vault fold --reclaim >../actual &&
	echo "nothing to reclaim" >../expect && test_cmp ../expect ../actual &&
	ls $packs/*.idx >../packs && test_line_count = 5 ../packs
'

test_expect_success 'what deleted snapshots alone needed goes' '
	busy 6 && age "3 hours ago" && delete 1 2 3 4 &&
	git vault fold --reclaim >../actual &&
	test_grep "^folded 6 packs" ../actual &&
	test_grep "^dropped [0-9]* objects that nothing reaches" ../actual &&
	! has 1 && ! has 4 && has 5 && has 6 && test_path_is_file $user &&
	ls $packs/*.idx >../packs && test_line_count = 2 ../packs &&
	no_cruft && check_whole
'

test_expect_success 'what was in use within two hours stays, set apart' '
	busy 4 && age "90 minutes ago" && delete 1 2 &&
	git vault fold --reclaim >../actual &&
	test_grep "are too young to go" ../actual &&
	test_grep ! dropped ../actual && has 1 && has 2 &&
	ls $packs/*.mtimes >../cruft && test_line_count = 1 ../cruft &&
	git vault fold --reclaim >../actual &&
	test_grep "^nothing to reclaim" ../actual && check_whole &&
	test_must_be_empty ../loose
'

test_expect_success 'it goes when its own time has come, used though the rest is' '
	busy 4 && age "90 minutes ago" && delete 1 2 &&
	git vault fold --reclaim >../actual && rounds 1 &&
	git vault fold --reclaim --expire "80 minutes ago" >../actual &&
	test_grep "^dropped" ../actual && ! has 1 && has 3 && has 5 &&
	no_cruft && check_whole
'

test_expect_success 'git reads the times that the cruft pack has' '
	busy 4 && age "2026-01-02 03:04:05Z" && delete 1 2 &&
	git vault fold --reclaim --expire never >../actual &&
	mtimes=$(echo $packs/*.mtimes) && test_path_is_file $mtimes &&
	n=$(git show-index <${mtimes%mtimes}idx | wc -l) &&
	test $(wc -c <$mtimes) = $((12 + 4 * n + 40)) &&
	printf "MTME\0\0\0\1\0\0\0\1" >../expect &&
	head -c 12 $mtimes >../actual && test_cmp_bin ../expect ../actual &&
	tail -c +13 $mtimes | head -c $((4 * n)) | od -An -v -t u4 --endian=big |
		tr -s " " "\n" | sort -u | grep . >../actual &&
	date -d "2026-01-02 03:04:05Z" +%s >../expect &&
	test_cmp ../expect ../actual &&
	tail -c 20 $mtimes | od -An -v -t x1 | tr -d " \n" >../actual &&
	head -c -20 $mtimes | sha1sum | cut -c1-40 | tr -d "\n" >../expect &&
	test_cmp ../expect ../actual &&
	git gc -q --prune=now && ! has 1 && check_whole
'

test_expect_success 'vault.reclaimExpire and --expire now decide' '
	busy 4 && delete 1 && git config vault.reclaimExpire never &&
	git vault fold --reclaim >../actual && has 1 &&
	git config vault.reclaimExpire now &&
	git vault fold --reclaim >../actual && ! has 1 &&
	delete 2 && git config vault.reclaimExpire never &&
	git vault fold --reclaim --expire now >../actual && ! has 2 &&
	check_whole
'

test_expect_success 'a dry run only says so' '
	busy 4 && delete 1 && ls -l $packs >../before &&
	git vault fold --reclaim --expire now -n >../actual &&
	test_grep "^would drop" ../actual && ls -l $packs >../after &&
	test_cmp ../before ../after && has 1 &&
	git vault fold --reclaim --expire now -n --json >../actual &&
	test_grep "\"dropped\":[1-9]" ../actual &&
	test_grep "\"folded\":false" ../actual
'

# ---- what reaches -----------------------------------------------------------

# kept NAME BODY: the blob of round 1, whose snapshot is deleted, is used by
# the user in some way, and stays.
kept () {
	test_expect_success "$1 keeps what it needs" "
		busy 3 && delete 1 && oid=\$(blob_of 1) && $2 &&
		git vault fold --reclaim --expire now >../actual && has 1 &&
		! has 9 && check_whole
	"
}

kept 'a commit of the user' '
	echo "only in round 1" >now && git add now && git commit -q -m x'

kept 'the index' 'git update-index --add --cacheinfo 100644,$oid,x'

kept 'the index of another worktree' '
	git worktree add -q ../linked &&
	git -C ../linked update-index --add --cacheinfo 100644,$oid,x'

test_expect_success 'so does the index while a hook has another one' '
	busy 3 && delete 1 &&
	git update-index --add --cacheinfo 100644,$(blob_of 1),x &&
	test_env GIT_INDEX_FILE="$PWD/.git/other" \
		git vault fold --reclaim --expire now >../actual && has 1 &&
	check_whole
'

test_expect_success 'and that one as well, whatever pathspecs are to be' '
	for literal in 0 1
	do
		busy 3 && delete 1 && mkdir sub && test_env \
			GIT_INDEX_FILE="$PWD/.git/other" git update-index --add \
			--cacheinfo 100644,$(blob_of 1),x && (
			cd sub && test_env GIT_INDEX_FILE="$PWD/../.git/other" \
				GIT_LITERAL_PATHSPECS=$literal git vault fold \
				--reclaim --expire now >../../actual
		) && has 1 && check_whole || return 1
	done
'

kept 'a ref of another worktree alone' '
	git worktree add -q ../linked && git -C ../linked update-ref \
		refs/worktree/x $oid'

kept 'the detached HEAD of another worktree' '
	tree=$(printf "100644 blob $oid\tx\n" | git mktree) &&
	commit=$(git commit-tree -m x $tree) &&
	git worktree add -q --detach ../linked $commit &&
	rm -rf .git/worktrees/linked/logs .git/logs'

kept 'a reflog' '
	echo "only in round 1" >now && git add now && git commit -q -m x &&
	git reset -q --hard HEAD^'

kept 'a stash' 'git add now && git update-index --cacheinfo 100644,$oid,now &&
	git stash -q'

kept 'ORIG_HEAD' '
	tree=$(printf "100644 blob $oid\tx\n" | git mktree) &&
	git commit-tree -m x $tree >.git/ORIG_HEAD'

kept 'a merge under way' '
	tree=$(printf "100644 blob $oid\tx\n" | git mktree) &&
	git commit-tree -m x $tree >.git/MERGE_HEAD'

kept 'a rebase under way' '
	tree=$(printf "100644 blob $oid\tx\n" | git mktree) &&
	mkdir .git/rebase-merge &&
	echo "pick $(git commit-tree -m x $tree) x" \
		>.git/rebase-merge/git-rebase-todo'

kept 'a replace ref' '
	git update-ref refs/replace/$(git rev-parse HEAD:base.t) $oid'

kept 'a tag of a blob' 'git tag x $oid'

test_expect_success 'an object of the user out of reach stays whole' '
	busy 3 && delete 1 && oid=$(blob_of 1) &&
	printf "100644 blob $oid\tx\n" | git mktree >../tree &&
	find .git/objects -type f -exec touch -d "1 year ago" {} + &&
	git vault fold --reclaim --expire now >../actual && has 1 &&
	check_whole && git gc -q --prune=now && ! has 1 && check_whole
'

test_expect_success 'the user has nothing pruned' '
	busy 3 && delete 1 && echo dangling | git hash-object -w --stdin >../oid &&
	find .git/objects -type f -exec touch -d "1 year ago" {} + &&
	git rev-parse HEAD >../list && old=$(git hash-object -w main.tf) &&
	echo $old | git pack-objects -q $packs/pack >../hash &&
	touch -d "1 year ago" $packs/* &&
	git vault fold --reclaim --expire now >../actual &&
	git cat-file -e $(cat ../oid) &&
	test_path_is_file $packs/pack-$(cat ../hash).idx &&
	test_path_is_file $user && check_whole
'

test_expect_success 'nor is what git gc put into one cruft pack with ours' '
	busy 2 && git config gc.cruftPacks true && delete 1 &&
	oid=$(echo staged | git hash-object -w --stdin) &&
	find .git/objects -type f -exec touch -d "3 hours ago" {} + &&
	git gc -q && find $packs -name "*.mtimes" >../cruft &&
	test_line_count = 1 ../cruft &&
	git vault fold --reclaim --expire now >../actual && ! has 1 &&
	test_grep "^1 object that nothing reaches is too young" ../actual &&
	git cat-file -e $oid && check_whole &&
	git gc -q --prune=now && ! git cat-file -e $oid && check_whole
'

test_expect_success 'all snapshots deleted: all of it goes' '
	busy 5 && delete 1 2 3 4 5 && git vault fold --reclaim --expire now >../actual &&
	ls $packs/*.pack >../packs && test_line_count = 1 ../packs &&
	test_path_is_file $user && check_whole && rounds 2 &&
	git vault verify && has 7
'

test_expect_success 'a snapshot that comes back brings its objects back' '
	busy 3 && old=$(git rev-parse refs/vault/snapshots/$(cat ../id.1)) &&
	delete 1 && git vault fold --reclaim --expire never >../actual &&
	git update-ref refs/vault/snapshots/$(cat ../id.1) $old &&
	git vault fold --reclaim --expire now >../actual && has 1 &&
	check_whole && no_cruft
'

test_expect_success 'the next snapshot does not trust what was dropped' '
	busy 3 && delete 3 && git vault fold --reclaim --expire now >../actual &&
	! has 3 && git vault -q snapshot >../id && has 3 && check_whole
'

test_expect_success 'where reachability cannot be told, nothing goes' '
	busy 3 && delete 1 && printf "%s\n" 1234567890123456789012345678901234567890 \
		>.git/refs/heads/broken && ls $packs >../before &&
	test_expect_code 128 git vault fold --reclaim --expire now 2>../err &&
	test_grep "nothing is deleted\|cannot list" ../err &&
	ls $packs >../after && test_cmp ../before ../after && has 1
'

# git's commit-graph, made of $2, names no commit that has gone, and is of the
# same kind as before.
graph () {
	test_expect_success "a commit-graph $1 names nothing that is dropped" '
		busy 4 && git commit-graph write --reachable '"$2"' &&
		rounds 1 && git commit-graph write --reachable '"$2"' &&
		gone=$(git rev-parse refs/vault/snapshots/$(cat ../id.2)) &&
		delete 2 3 && ls .git/objects/info >../before &&
		git vault fold --reclaim --expire now >../actual &&
		test_grep "^dropped" ../actual &&
		test_must_fail git cat-file -e $gone &&
		git commit-graph verify && check_whole &&
		ls .git/objects/info >../after && test_cmp ../before ../after &&
		git -c core.commitGraph=true log --all --format=%H -- now \
			>../with &&
		git -c core.commitGraph=false log --all --format=%H -- now \
			>../without && test_cmp ../without ../with &&
		'"$3"'
	'
}

graph 'of one file' '' 'test_grep ! BDAT .git/objects/info/commit-graph'

graph 'with changed paths' --changed-paths \
	'test_grep -a BDAT .git/objects/info/commit-graph'

graph 'of several files' --split=no-merge \
	'test_path_is_missing .git/objects/info/commit-graph'

test_expect_success 'a commit-graph that git does not read is true as well' '
	busy 3 && git commit-graph write --reachable && delete 1 &&
	git config core.commitGraph false &&
	git vault fold --reclaim --expire now >../actual &&
	git config --unset core.commitGraph &&
	git commit-graph verify && check_whole
'

test_expect_success 'a commit-graph that cannot be written: nothing goes' '
	busy 3 && git commit-graph write --reachable && delete 1 &&
	: >.git/objects/info/commit-graph.lock && ls $packs >../before &&
	test_expect_code 4 git vault fold --reclaim --expire now 2>../err &&
	test_grep "nothing is deleted: git cannot write its commit-graph.*lock.*vault doctor" \
		../err && ls $packs >../after && test_cmp ../before ../after &&
	has 1 && rm .git/objects/info/commit-graph.lock &&
	git vault fold --reclaim --expire now >../actual && ! has 1 &&
	git commit-graph verify && check_whole
'

test_expect_success 'a shallow and a partial clone reclaim as well' '
	busy 2 && git config uploadpack.allowFilter true &&
	git clone -q --depth 1 "file://$PWD" ../shallow &&
	git clone -q --filter=blob:none --no-checkout "file://$PWD" ../partial &&
	for clone in shallow partial
	do
		(
			cd ../$clone && git checkout -q main &&
			: >main.tf && rounds 2 && delete $((n - 1)) && git vault fold --reclaim --expire now \
				>../actual &&
			test_grep "^dropped" ../actual && git vault verify &&
			git fsck --no-dangling
		) || return 1
	done && rm -rf ../shallow ../partial
'

test_expect_success 'an age is read as one, and not as a day of the month' '
	busy 3 && age "3 hours ago" && delete 1 &&
	for age in 1d 7d 30d 4w 26h
	do
		git vault fold --reclaim --expire $age >../actual && has 1 &&
		git -c vault.reclaimExpire=$age vault fold --reclaim \
			>../actual && has 1 || return 1
	done &&
	test_expect_code 128 git vault fold --reclaim --expire 6m 2>../err &&
	test_grep "may mean minutes or months; write" ../err && has 1 &&
	git vault fold --reclaim --expire 1h >../actual && ! has 1
'

test_expect_success 'a word that is no time drops nothing' '
	busy 3 && age "3 hours ago" && delete 1 &&
	test_must_fail git vault fold --reclaim --expire bogus 2>../err &&
	test_grep "git reads no time in .bogus." ../err && has 1 &&
	test_must_fail git -c vault.reclaimExpire=sometime vault fold --reclaim &&
	has 1
'

# --- by itself ---

# Snapshots of these rounds are deleted as users do it, $1 hours ago.
deleted () {
	ago=$1 && shift &&
	for round
	do
		git vault -q delete --no-trash "$(cat ../id.$round)" || return 1
	done && waited "$ago"
}

# The reminder is so many hours old.
waited () {
	touch -d "$1 hours ago" .git/vault/waits
}

upkeep () {
	git vault fold --auto >../actual
}

test_expect_success 'what was deleted is set apart after a day, and goes in two weeks' '
	busy 4 && deleted 12 1 2 && age "13 days ago" && upkeep && no_cruft &&
	has 1 && age "13 days ago" && waited 25 && upkeep && has 1 && has 2 &&
	test_grep "too young to go" ../actual &&
	ls $packs/*.mtimes >../cruft && test_line_count = 1 ../cruft &&
	git fsck --unreachable >../unreachable && test_grep commit ../unreachable &&
	rounds 1 && waited 25 && upkeep && has 1 &&
	git config vault.autoReclaim "12 days ago" && waited 22 && upkeep &&
	has 1 && waited 25 && upkeep && ! has 1 && ! has 2 && has 3 &&
	no_cruft && check_whole && test_path_is_missing .git/vault/waits
'

test_expect_success 'a reminder of what is gone already goes too' '
	busy 3 && age "15 days ago" && deleted 0 1 &&
	git vault fold --reclaim --expire now >../actual && ! has 1 &&
	test_path_is_missing .git/vault/waits &&
	mkdir .git/vault/waits && waited 25 && upkeep &&
	test_grep "^nothing" ../actual && test_path_is_missing .git/vault/waits
'

test_expect_success 'a deletion does not put off what waits already' '
	busy 4 && deleted 30 1 && stat -c %Y .git/vault/waits >../expect &&
	git vault -q delete --no-trash $(cat ../id.2) &&
	stat -c %Y .git/vault/waits >../actual && test_cmp ../expect ../actual
'

test_expect_success 'vault.autoReclaim says when, or that it is never' '
	for value in never false no off 0 Never False
	do
		busy 3 && deleted 25 1 && age "1 year ago" &&
		git config vault.autoReclaim $value && upkeep &&
		has 1 || return 1
	done && git config vault.autoReclaim "1 day ago" && age "30 hours ago" &&
	upkeep && ! has 1 && busy 3 && deleted 25 1 && age "13 days ago" &&
	git config vault.autoReclaim true && upkeep && has 1 &&
	git config vault.autoReclaim bogus && waited 25 &&
	test_must_fail git vault fold --auto && has 1
'

test_expect_success 'it follows gc.pruneExpire, which is never at once here' '
	busy 3 && deleted 25 1 && age "8 days ago" &&
	git config gc.pruneExpire never && upkeep && has 1 && age "8 days ago" &&
	git config gc.pruneExpire "9 days ago" && upkeep && has 1 &&
	waited 25 && git config gc.pruneExpire "7 days ago" && upkeep && ! has 1 &&
	busy 3 && deleted 25 1 && age "1 hour ago" &&
	git config gc.pruneExpire now && upkeep && has 1 && waited 25 &&
	git config gc.pruneExpire Now && upkeep && has 1 && waited 25 &&
	git config gc.pruneExpire False && upkeep && has 1 &&
	busy 3 && deleted 25 1 && age "3 hours ago" &&
	git config gc.pruneExpire now && upkeep && ! has 1
'

test_expect_success 'a snapshot starts it' '
	busy 3 && deleted 25 1 && age "13 days ago" && upkeep && has 1 &&
	waited 25 && git config vault.autoReclaim "12 days ago" &&
	git config vault.autoFold true && rounds 1 &&
	for try in $(test_seq 200)
	do
		has 1 || break
		perl -e "select undef, undef, undef, 0.1"
	done && ! has 1
'

test_done
