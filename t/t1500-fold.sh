#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault fold'
. "$(dirname "$0")/test-lib.sh"

packs=.git/objects/pack

# rounds N: as many snapshots, each with a little more in a large file.
rounds () {
	i=0
	while test $i -lt "$1"
	do
		i=$((i + 1)) && n=$((n + 1)) &&
		echo "line $n $(test_seq $n $((n + 5)) | tr '\n' ' ')" \
			>>env/prod/main.tf &&
		echo "$n" >counter &&
		git vault -q snapshot >id || return 1
	done
}

# A repository of two commits in a pack of its own, and N snapshots.
busy () {
	cd "$TRASH_DIRECTORY" && rm -rf repo && test_create_repo repo &&
	cd repo && mkdir -p env/prod env/dev && n=0 &&
	test_seq 1 300 | sed "s/^/prod /" >env/prod/main.tf &&
	test_seq 1 300 | sed "s/^/dev /" >env/dev/main.tf &&
	test_commit base && test_commit another &&
	git repack -q -a -d && user=$(echo $packs/*.idx) && rounds "$1"
}

list_packs () {
	(cd $packs && ls -- *.idx)
}

# Every object of the repository, wherever it lies.
list_objects () {
	git cat-file --batch-all-objects --batch-check
}

check_whole () {
	git fsck --full --strict --no-dangling >fsck 2>&1 && test_must_be_empty fsck &&
	git vault -q verify >verify && rm fsck verify
}

test_expect_success 'without snapshots there is nothing to fold' '
	test_commit first && git repack -q -a -d && list_packs >before &&
	git vault fold >actual && echo "nothing to fold" >expect &&
	test_cmp expect actual && list_packs >after && test_cmp before after
'

test_expect_success 'the packs of snapshots become one, no object is lost' '
	busy 8 && list_objects >../before && list_packs >../packs &&
	test_line_count = 9 ../packs &&
	git vault fold >../actual &&
	test_grep "^folded 8 packs (.*) into " ../actual &&
	list_packs >../packs && test_line_count = 2 ../packs &&
	test_path_is_file $user &&
	list_objects >../after && test_cmp ../before ../after && check_whole
'

test_expect_success 'what is folded is smaller, and has deltas over time' '
	busy 12 && cat $packs/*.pack | wc -c >../before &&
	git vault fold --json >../json &&
	cat $packs/*.pack | wc -c >../after &&
	test $(cat ../after) -lt $(($(cat ../before) * 7 / 10)) &&
	pack=$(sed -n "s/.*\"pack\":\"\([0-9a-f]*\)\".*/\1/p" ../json) &&
	git verify-pack -v $packs/pack-$pack.idx >../list &&
	test_grep "^chain length = [2-9]" ../list
'

test_expect_success 'a second fold finds nothing to do' '
	busy 3 && git vault fold >../actual && list_packs >../before &&
	git vault fold >../actual && test_grep "^nothing to fold" ../actual &&
	list_packs >../after && test_cmp ../before ../after
'

test_expect_success 'there may be more packs than files that can be open' '
	busy 200 && (
		ulimit -n 64 && git vault list --id-only >../actual &&
		git vault verify >../out && git vault fold >../fold
	) && test_line_count = 200 ../actual && mv ../fold ../actual &&
	test_grep "^folded 200 packs" ../actual && check_whole
'

test_expect_success 'the path of the repository may have a line end in it' '
	busy 3 && cd .. && mv repo "re
po" && cd "re
po" && git vault fold >../actual && cd .. && mv "re
po" repo && cd repo && test_grep "^folded 3 packs" ../actual && check_whole
'

test_expect_success 'folds go on from the last one' '
	busy 4 && git vault fold >../actual && rounds 3 &&
	git vault fold >../actual && test_grep "^folded 4 packs" ../actual &&
	list_packs >../packs && test_line_count = 2 ../packs && check_whole
'

test_expect_success 'packs of pins and deletions are folded too' '
	busy 3 && git vault -q pin latest && git vault -q delete latest~1 &&
	list_packs >../packs && test_line_count = 6 ../packs &&
	git vault fold >../actual && test_grep "^folded 5 packs" ../actual &&
	list_packs >../packs && test_line_count = 2 ../packs && check_whole
'

test_expect_success 'a dry run changes nothing' '
	busy 3 && find .git -type f | sort >../before &&
	git vault fold -n >../actual &&
	test_grep "^would fold 3 packs" ../actual &&
	find .git -type f ! -path .git/vault/fold | sort >../after &&
	test_cmp ../before ../after
'

test_expect_success '--json tells all of it' '
	busy 3 && git vault fold --json >../actual &&
	test_grep "\"folded\":true" ../actual &&
	test_grep "\"packs\":3" ../actual &&
	test_grep "\"pack\":\"[0-9a-f]\{40\}\"" ../actual &&
	git vault fold --json >../actual &&
	test_grep "\"folded\":false" ../actual &&
	test_grep "\"pack\":null" ../actual
'

test_expect_success 'what a commit of the user took from our packs stays' '
	busy 3 && echo "only in a snapshot" >precious &&
	git vault -q snapshot >id && git add precious && git commit -q -m taken &&
	rm id && oid=$(git rev-parse HEAD:precious) &&
	git vault fold >../actual &&
	git cat-file blob $oid >../out && test_cmp precious ../out &&
	check_whole
'

test_expect_success 'objects of deleted snapshots are carried along' '
	busy 4 && git for-each-ref --format="delete %(refname)" refs/vault |
	head -n 2 | git update-ref --stdin && list_objects >../before &&
	git vault fold >../actual &&
	list_objects >../after && test_cmp ../before ../after
'

for ext in keep promisor bitmap
do
	test_expect_success "a pack with .$ext is left alone" '
		busy 4 && first=$(ls -tr $packs/*.idx | sed -n 2p) &&
		test "$first" != "$user" && : >${first%idx}'$ext' &&
		git vault fold -v >../actual 2>../err &&
		test_grep "^folded 3 packs" ../actual &&
		test_grep "left 1 pack alone" ../err &&
		test_path_is_file $first && test_path_is_file ${first%idx}pack &&
		test_path_is_file ${first%idx}'$ext'
	'
done

test_expect_success 'a cruft pack is left alone' '
	busy 2 && git for-each-ref --format="delete %(refname)" refs/vault |
	git update-ref --stdin && git repack -q -d --cruft &&
	cruft=$(ls $packs/*.mtimes) && rounds 2 && ls $packs >../packs &&
	git vault fold >../actual && test_grep "^folded 2 packs" ../actual &&
	test_path_is_file $cruft && test_path_is_file ${cruft%mtimes}idx
'

test_expect_success 'packs that a multi-pack-index names are left alone' '
	busy 3 && git multi-pack-index write && rounds 2 &&
	git vault fold --json >../actual &&
	test_grep "\"packs\":2," ../actual && test_grep "\"held\":3," ../actual &&
	git multi-pack-index verify && check_whole
'

test_expect_success 'a multi-pack-index of packs that are gone does not stay' '
	busy 3 && git multi-pack-index write && cp $packs/multi-pack-index ../midx &&
	rm $packs/multi-pack-index && git vault fold >../actual &&
	cp ../midx $packs/multi-pack-index &&
	test_must_fail git multi-pack-index verify &&
	: >$packs/multi-pack-index.lock && rounds 1 &&
	test_path_is_file $packs/multi-pack-index &&
	rm $packs/multi-pack-index.lock && rounds 1 &&
	test_path_is_missing $packs/multi-pack-index && check_whole &&
	git multi-pack-index write && rounds 1 &&
	git multi-pack-index verify && check_whole
'

test_expect_success 'while git maintenance works, or writes one, nothing is folded' '
	busy 3 && for lock in maintenance.lock pack/multi-pack-index.lock
	do
		: >.git/objects/$lock && ls $packs >../before &&
		test_expect_code 4 git vault fold 2>../err &&
		test_grep "git writes a multi-pack-index; try again" ../err &&
		ls $packs >../after && test_cmp ../before ../after &&
		rm .git/objects/$lock || return 1
	done &&
	: >.git/objects/maintenance.lock &&
	touch -d "1 day ago" .git/objects/maintenance.lock &&
	git vault fold >../actual && test_grep "^folded" ../actual && check_whole
'

test_expect_success 'a damaged multi-pack-index holds all packs' '
	busy 3 && git multi-pack-index write &&
	chmod u+w $packs/multi-pack-index &&
	printf XXXX | dd of=$packs/multi-pack-index conv=notrunc bs=1 \
		2>/dev/null &&
	git vault fold --json >../actual &&
	test_grep "\"packs\":0," ../actual && test_grep "\"held\":3," ../actual
'

test_expect_success 'where nothing was done for what holds the packs, it says so' '
	busy 3 && git multi-pack-index write && git vault fold >../actual &&
	test_grep "^nothing to fold" ../actual &&
	test_grep "^left 3 packs alone that .*multi-pack-index holds" ../actual &&
	git vault delete --no-trash $(cat id) && git vault fold --reclaim --expire now \
		>../actual && test_grep "^nothing to reclaim" ../actual &&
	test_grep "^left 3 packs alone" ../actual &&
	git vault -q fold >../actual && test_must_be_empty ../actual
'

# pack_of LIST: one more pack, of the objects in a file.
pack_of () {
	git pack-objects -q $packs/pack <"$1" >../hash &&
	other=$packs/pack-$(cat ../hash).idx && test_path_is_file $other
}

test_expect_success 'a pack with a commit of the user is not ours' '
	busy 3 && git rev-list --objects --no-object-names -1 --all \
		--glob="refs/vault/*" >../list &&
	git rev-parse HEAD >>../list && pack_of ../list &&
	git vault fold >../actual && test_grep "^folded 3 packs" ../actual &&
	test_path_is_file $other && test_path_is_file $user
'

test_expect_success 'nor is one with a tag' '
	busy 3 && git tag -a -m note note && git rev-list --objects \
		--no-object-names -1 --glob="refs/vault/*" >../list &&
	git rev-parse note >>../list && pack_of ../list &&
	git vault fold >../actual && test_grep "^folded 3 packs" ../actual &&
	test_path_is_file $other
'

test_expect_success 'one that holds the same snapshots again is' '
	busy 3 && git rev-list --objects --no-object-names --not HEAD --not \
		--glob="refs/vault/*" >../list && pack_of ../list &&
	list_objects >../before && git vault fold >../actual &&
	test_grep "^folded 4 packs" ../actual && test_path_is_missing $other &&
	list_objects >../after && test_cmp ../before ../after
'

test_expect_success 'a commit that only speaks of our trailers is not ours' '
	cd "$TRASH_DIRECTORY" && rm -rf quote && test_create_repo quote &&
	cd quote &&
	for i in 1 2
	do
		echo $i >f && git add f &&
		printf "subject\n\nVault-Format: 1\n\nnot the last paragraph\n" |
			git commit -q -F - && git repack -q -d || return 1
	done &&
	list_packs >../before && test_line_count = 2 ../before &&
	git vault fold >../actual && test_grep "^nothing to fold" ../actual &&
	list_packs >../after && test_cmp ../before ../after
'

test_expect_success 'the packs of an alternate are left alone' '
	busy 3 && git clone -q -s . ../sharing && (
		cd ../sharing && git fetch -q origin "refs/vault/*:refs/vault/*" &&
		git vault fold >../actual && test_grep "^nothing" ../actual
	) && list_packs >../packs && test_line_count = 4 ../packs &&
	rm -rf ../sharing
'

test_expect_success 'while git gc works, nothing is folded' '
	busy 3 && echo "$$ $(uname -n)" >.git/gc.pid &&
	test_expect_code 4 git vault fold 2>../err &&
	test_grep "git gc is at work" ../err &&
	git vault fold --auto && list_packs >../packs &&
	test_line_count = 4 ../packs &&
	echo "$$ another.example.com" >.git/gc.pid &&
	test_expect_code 4 git vault fold 2>../err &&
	touch -d "13 hours ago" .git/gc.pid && git vault fold >../actual &&
	test_grep "^folded 3" ../actual
'

test_expect_success 'inside a push it refuses' '
	busy 3 && mkdir ../quarantine &&
	test_expect_code 128 test_env GIT_QUARANTINE_PATH=../quarantine \
		git vault fold 2>../err && test_grep "push is being received" ../err
'

test_expect_success 'where objects are precious it removes no pack' '
	busy 3 && git config core.repositoryFormatVersion 1 &&
	git config extensions.preciousObjects true && list_packs >../before &&
	test_expect_code 128 git vault fold 2>../err &&
	test_grep preciousObjects ../err &&
	test_expect_code 128 git vault fold --reclaim --expire now &&
	git config vault.autoFold 3 && rounds 1 &&
	test_path_is_missing .git/vault/log && list_packs >../after &&
	test $(wc -l <../after) = $(($(wc -l <../before) + 1))
'

test_expect_success 'refs are packed, those that were packed stay so' '
	busy 25 && git vault fold >../actual &&
	test_grep "^packed 25 refs" ../actual &&
	find .git/refs/vault -type f >../loose && test_must_be_empty ../loose &&
	git for-each-ref refs/vault >../refs && test_line_count = 25 ../refs &&
	rounds 3 && git config gc.packRefs false && git vault fold >../actual &&
	test_grep ! refs ../actual && check_whole
'

# fetched N: as many refs as a fetch brings of another clone's snapshots.
fetched () {
	test_seq 1 "$1" | sed "s|.*|create refs/vault-remote/origin/snapshots/& HEAD|" |
		git update-ref --stdin
}

test_expect_success 'also those that a fetch brought, but no lock' '
	busy 1 && fetched 19 && lock=.git/refs/vault-remote/origin/x.lock &&
	: >$lock && git vault fold >../actual && test_grep ! refs ../actual &&
	git update-ref refs/vault-remote/origin/snapshots/20 HEAD &&
	git vault fold >../actual && test_grep "^packed 21 refs" ../actual &&
	find .git/refs/vault .git/refs/vault-remote -type f >../loose &&
	echo $lock >../expect && test_cmp ../expect ../loose && rm $lock &&
	git for-each-ref refs/vault-remote >../refs &&
	test_line_count = 20 ../refs && check_whole
'

test_expect_success 'a bare repository and a linked worktree fold as well' '
	busy 3 && git worktree add -q ../linked && (
		cd ../linked && echo linked >file &&
		git vault -q snapshot >id && git vault fold >actual
	) && test_grep "^folded 4 packs" ../linked/actual && rounds 2 &&
	git -C .git vault fold >../actual &&
	test_grep "^folded 3 packs" ../actual && check_whole &&
	git worktree remove --force ../linked
'

test_expect_success 'options that do not go together are refused' '
	busy 1 &&
	test_expect_code 129 git vault fold --expire now &&
	test_expect_code 129 git vault fold --auto --reclaim &&
	test_expect_code 129 git vault fold --threads -1 &&
	test_expect_code 129 git vault fold pack
'

# ---- by itself --------------------------------------------------------------

# Wait until the fold in the background has begun and ended.
wait_for_fold () {
	tries=0
	until test "$(list_packs | wc -l)" -le "$1"
	do
		tries=$((tries + 1))
		test $tries -lt 600 || return 1
		git version >/dev/null
	done &&
	until flock -n .git/vault/fold true && test -s .git/vault/log
	do
		tries=$((tries + 1))
		test $tries -lt 1200 || return 1
		git version >/dev/null
	done
}

test_lazy_prereq FLOCK 'command -v flock'

test_expect_success FLOCK 'a snapshot too many starts a fold in the background' '
	busy 4 && git config vault.autoFold 4 && rounds 1 &&
	wait_for_fold 2 && test_grep "^folded 5 packs" .git/vault/log &&
	check_whole
'

test_expect_success '--auto does nothing where there are few packs' '
	busy 4 && git -c vault.autoFold=10 vault fold --auto >../actual &&
	test_grep "^nothing to fold" ../actual
'

test_expect_success '--auto leaves what is far larger as it is' '
	busy 1 &&
	head -c 300000 /dev/urandom >random && git vault -q snapshot >id &&
	big=$(ls -S $packs/*.pack | head -n 1) && rm random && rounds 4 &&
	git -c vault.autoFold=3 vault fold --auto >../actual &&
	test_grep "^folded 5 packs" ../actual && test_path_is_file $big &&
	git vault fold >../actual && test_path_is_missing $big && check_whole
'

graph=.git/objects/info/commit-graphs/commit-graph-chain

test_expect_success '--auto has git add to its commit-graph, where that pays' '
	busy 4 && fetched 245 && git vault fold &&
	test_path_is_missing $graph && rounds 4 &&
	git -c vault.autoFold=3 vault fold --auto &&
	test_path_is_file $graph && git commit-graph verify && check_whole &&
	rounds 4 && git -c vault.autoFold=3 vault fold --auto &&
	commit=$(git rev-parse refs/vault/snapshots/$(git vault list --id-only -n 1)) &&
	git commit-graph verify && cat .git/objects/info/commit-graphs/*.graph |
		od -An -v -t x1 | tr -d " \n" >../hex &&
	test_grep "$commit" ../hex
'

test_expect_success 'or where there is one, though it would not pay' '
	busy 4 && git -c vault.autoFold=3 vault fold --auto >../actual &&
	test_grep ^folded ../actual && test_path_is_missing $graph &&
	git commit-graph write --reachable && rounds 4 &&
	commit=$(git rev-parse refs/vault/snapshots/$(cat id)) &&
	git -c vault.autoFold=3 vault fold --auto && git commit-graph verify &&
	find .git/objects/info -name "*graph" -type f -exec cat {} + |
		od -An -v -t x1 | tr -d " \n" >../hex &&
	test_grep "$commit" ../hex
'

test_expect_success 'unless git is told to write none' '
	for key in gc.writeCommitGraph core.commitGraph
	do
		busy 4 && fetched 250 && git config $key false &&
		git -c vault.autoFold=3 vault fold --auto >../actual &&
		test_grep ^folded ../actual && test_path_is_missing $graph ||
		return 1
	done
'

test_expect_success 'a commit-graph that cannot be written stops nothing' '
	busy 4 && fetched 250 &&
	mkdir -p .git/objects/info/commit-graphs && : >$graph.lock &&
	git -c vault.autoFold=3 vault fold --auto >../actual &&
	test_grep ^folded ../actual && test_path_is_missing $graph &&
	git gc -q && check_whole
'

# One more snapshot: was a fold started?
is_started () {
	rm -f .git/vault/log && rounds 1 && test -e .git/vault/log
}

test_expect_success FLOCK 'beyond ten packs it comes by itself' '
	busy 9 && git config --global --unset vault.autoFold &&
	test_when_finished "git config --global vault.autoFold false" &&
	! is_started && is_started && wait_for_fold 2 && check_whole
'

test_expect_success FLOCK 'also for the refs that a fetch brought' '
	busy 4 && fetched 15 && git config --global --unset vault.autoFold &&
	test_when_finished "git config --global vault.autoFold false" &&
	! is_started && is_started && tries=0 &&
	until ! test -d .git/refs/vault-remote/origin/snapshots &&
		flock -n .git/vault/fold true && test -s .git/vault/log
	do
		tries=$((tries + 1)) && test $tries -lt 1200 &&
			git version >/dev/null || return 1
	done &&
	test_grep "^packed 21 refs" .git/vault/log && check_whole &&
	git for-each-ref refs/vault-remote >../refs &&
	test_line_count = 15 ../refs && git commit-graph verify
'

test_expect_success 'nor where refs may not be packed' '
	busy 4 && fetched 30 && git config vault.autoFold true &&
	git config gc.packRefs false && ! is_started
'

test_expect_success 'not where it is switched off' '
	busy 21 && git config vault.autoFold false && ! is_started &&
	git config vault.autoFold 0 && ! is_started
'

test_expect_success FLOCK 'in CI or with gc.auto 0 only where it is asked for' '
	busy 21 && git config --global --unset vault.autoFold &&
	test_when_finished "git config --global vault.autoFold false" &&
	git config gc.auto 0 && ! is_started && git config --unset gc.auto &&
	(CI=true && export CI && ! is_started) &&
	git config vault.autoFold true &&
	(CI=true && export CI && is_started) && wait_for_fold 2
'

test_expect_success SANITY 'nor where it could not write' '
	busy 21 && git config vault.autoFold 20 && chmod a-w .git/objects &&
	test_when_finished "chmod u+w \"$PWD/repo/.git/objects\"" &&
	! is_started
'

test_expect_success 'a fold that fails leaves the snapshot a success' '
	busy 3 && git config vault.autoFold 3 && rm -rf .git/vault/log &&
	mkdir .git/vault/log && rounds 1 && test_path_is_dir .git/vault/log
'

test_done
