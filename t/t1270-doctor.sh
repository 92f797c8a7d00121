#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault doctor: every finding is made, and none where all is well'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-lose.sh"

base=$TRASH_DIRECTORY/base

# A repository where all is well, with a snapshot taken at $test_tick.
well () {
	cd "$TRASH_DIRECTORY" && rm -rf repo && cp -a "$base" repo && cd repo || return
}

# finds GRADE KIND: it is found, with that grade, and told as text too, with
# the exit status that belongs to it.
finds () {
	case $1 in
	note) code_=0 ;;
	*) code_=1 ;;
	esac
	test_expect_code $code_ git vault doctor --json >../json &&
		test_grep "\"grade\":\"$1\",\"kind\":\"$2\"" ../json &&
		test_expect_code $code_ git vault doctor >../text &&
		test_grep "^$1: " ../text
}

# finds_none: all is well again.
finds_none () {
	git vault doctor >../text && test "$(wc -l <../text)" -eq 1 &&
		test_grep "^[0-9]* checks, nothing found$" ../text
}

# mended: the command that was told for the only finding mends it.
mended () {
	sed -n "s/^    //p" ../text >../command && test_line_count -eq 1 ../command &&
		sh ../command && finds_none
}

test_expect_success 'a repository where all is well' '
	test_create_repo "$base" && (
		cd "$base" && mkdir d && echo x >d/f && echo y >g &&
		echo .env >.gitignore && echo A=1 >.env &&
		git add . && test_tick && git commit -q -m base &&
		git config core.fsync committed,reference &&
		git vault -q snapshot && git init -q --bare ../origin.git &&
		git remote add origin ../origin.git &&
		git vault -q key escrow --shares 2/3 -o ../escrow &&
		git vault -q sync && git vault doctor
	) && test_tick && well && finds_none && git vault doctor --json >../json &&
	test_grep "^{\"schema\":1,\"findings\":\[\],\"checks\":[0-9]*,\"errors\":0,\"warnings\":0" \
		../json
'

test_expect_success 'nothing is changed by looking' '
	well && find .git -printf "%p %s %m %T@\n" | sort >../expect &&
	test_expect_code 1 git -c gc.pruneExpire=now vault doctor &&
	find .git -printf "%p %s %m %T@\n" | sort >../actual &&
	test_cmp ../expect ../actual
'

# stale LOCK MINUTES: it is told of, and what is told of it takes it away, when it
# is older than that.
stale () {
	well && mkdir -p "$(dirname ".git/$1")" && : >".git/$1" && finds_none &&
		touch -d "$(($2 + 1)) minutes ago" ".git/$1" &&
		finds warning stale_lock && test_grep "/$1 \(has blocked\|blocks\) git" ../text &&
		mended
}

test_expect_success 'a lock of git that its holder left' '
	for lock in index.lock HEAD.lock ORIG_HEAD.lock packed-refs.lock \
		packed-refs.new config.lock shallow.lock gc.pid.lock \
		objects/maintenance.lock objects/info/commit-graph.lock \
		objects/info/commit-graphs/commit-graph-chain.lock \
		objects/pack/multi-pack-index.lock refs/heads/main.lock \
		refs/remotes/origin/a/b.lock refs/stash.lock
	do
		stale $lock 60 || return 1
	done
'

test_expect_success 'a lock in another working tree of the repository' '
	well && git worktree add -q ../linked &&
	test_when_finished "rm -rf \"$TRASH_DIRECTORY/linked\"" &&
	: >.git/worktrees/linked/index.lock && finds_none &&
	touch -d "2 hours ago" .git/worktrees/linked/index.lock &&
	finds warning stale_lock && mended
'

# Others do not tell who is at work.
test_expect_success LINUX 'a lock of a git that waits for its user' '
	well && cat >../editor <<-END &&
	#!/bin/sh
	touch -d "2 hours ago" .git/index.lock
	git vault doctor --json >../json
	echo message >"\$1"
	END
	chmod +x ../editor && echo more >>g &&
	GIT_EDITOR=../editor git commit -q -a &&
	test_grep "\"kind\":\"lock_in_use\"" ../json &&
	test_grep ! stale_lock ../json && finds_none
'

test_expect_success 'a lock on a ref of ours' '
	well && : >.git/refs/vault/snapshots/x.lock && finds_none &&
	touch -d "5 minutes ago" .git/refs/vault/snapshots/x.lock &&
	finds warning stale_lock && mended
'

test_expect_success 'a lock on a ref of ours' '
	stale refs/vault/snapshots/x.lock 1 && stale refs/vault/marks.lock 1
'

test_expect_success 'what is told of a lock is true: git is stopped by it' '
	well && git pack-refs --all && : >.git/packed-refs.new &&
	test_must_fail git pack-refs --all &&
	touch -d "2 hours ago" .git/packed-refs.new &&
	finds warning stale_lock && mended && git pack-refs --all
'

test_expect_success 'a ref that says nothing, as after a power failure' '
	well && echo broken >broken && id=$(git vault -q snapshot) &&
	ref=.git/refs/vault/snapshots/$id && was=$(cat $ref) &&
	for bytes in "" "\\0\\0\\0\\0" "garbage\\n"
	do
		printf "$bytes" >$ref && test_expect_code 1 git vault verify >../out &&
		test_grep "$id.*the file of its ref is damaged" ../out &&
		test_expect_code 1 git vault repair >../out &&
		finds error ref_broken || return 1
	done && rm $ref && finds note unnamed_snapshots && mended &&
	test "$(git rev-parse refs/vault/snapshots/$id)" = "$was" &&
	git vault verify && git vault -q delete $id && rm broken
'

test_expect_success 'so is any ref of ours' '
	for ref in marks state/prod/net secrets/shared
	do
		well && git vault -q pin "$(git vault list --json |
			sed "s/.*\"id\":\"\([^\"]*\).*/\1/")" && mkdir -p \
			.git/refs/vault/state/prod .git/refs/vault/secrets &&
		: >.git/refs/vault/$ref &&
		test_expect_code 1 git vault verify >../out &&
		test_grep "^damaged refs/vault/$ref: " ../out &&
		test_expect_code 1 git vault health >../out &&
		test_grep "file of the ref refs/vault/$ref says nothing" ../out &&
		finds error ref_broken &&
		sed -n "/file of the ref/{n;s/^    //p;}" ../text >../command &&
		test_line_count = 1 ../command && sh ../command &&
		git vault verify || return 1
	done
'

test_expect_success 'thousands of refs in a file each' '
	well && for i in $(test_seq 1001)
	do
		echo "create refs/heads/b/$i HEAD"
	done >../refs && git update-ref --stdin <../refs &&
	finds warning loose_refs && mended
'

test_expect_success 'what a killed git-vault left' '
	well && sh -c "echo \$\$" >../pid &&
	echo x >.git/objects/pack/gv_tmp_$(cat ../pid)_0123456789ab &&
	finds warning left_by_killed && mended && rm -rf ../bare.git &&
	git init -q --bare ../bare.git && (
		cd ../bare.git && git config core.fsync committed,reference &&
		echo x >objects/pack/gv_tmp_$(cat ../pid)_0123456789ab &&
		finds warning left_by_killed && sed -n "s/^    //p" ../text >../command &&
		sh ../command && finds warning no_snapshot &&
		test_grep ! "^    " ../text
	) && well &&
	echo x >.git/objects/pack/gv_tmp_$$_0123456789ab && finds_none
'

test_expect_success 'what a killed install of hooks left' '
	well && mkdir -p .git/hooks && : >.git/hooks/pre-push.$(cat ../pid).tmp &&
	finds warning left_by_killed && test_grep "pre-push.*wrote a hook" ../text &&
	mended && test_path_is_missing .git/hooks/pre-push.$(cat ../pid).tmp &&
	for name in pre-push.$$ of-mine.$(cat ../pid) pre-push.x pre-push.
	do
		: >.git/hooks/$name.tmp && finds_none || return 1
	done &&
	: >.git/hooks/pre-push.$(cat ../pid).tmpx && finds_none &&
	touch -d "2 days ago" .git/hooks/pre-push.$$.tmp &&
	finds warning left_by_killed && git vault doctor --fix >../text 2>../err &&
	test_grep "^git-vault: running: rm .*/hooks/pre-push" ../err && finds_none &&
	ls .git/hooks >../names && test_line_count -ge 4 ../names &&
	mkdir ../hooks && : >../hooks/pre-push.$(cat ../pid).tmp &&
	git config core.hooksPath "$TRASH_DIRECTORY/hooks" &&
	finds note hooks_elsewhere && test_grep ! left_by_killed ../json
'

test_expect_success 'what a killed fold left' '
	well && left=.git/objects/tmp_objdir-vault-abcdef &&
	mkdir -p $left/objects/pack && : >$left/objects/pack/tmp_pack_Ab12Cd &&
	finds_none && touch -d "2 minutes ago" $left &&
	flock $left git vault doctor >../text &&
	test_grep "checks, nothing found" ../text &&
	finds warning left_by_killed && mended && test_path_is_missing $left
'

test_expect_success 'what git left of a pack that it could not write' '
	well && for name in tmp_pack_Ab12Cd tmp_idx_Ef34Gh
	do
		>.git/objects/pack/$name &&
			touch -d "23 hours ago" .git/objects/pack/$name || return 1
	done && finds_none &&
	touch -d "25 hours ago" .git/objects/pack/tmp_pack_Ab12Cd &&
	finds warning left_by_git && mended &&
	test_path_is_file .git/objects/pack/tmp_idx_Ef34Gh
'

test_expect_success 'a fetch that deletes snapshots' '
	well && git config --add remote.origin.fetch "+refs/vault/*:refs/vault/*" &&
	finds warning refspec_overwrites && mended &&
	git config --get-all remote.origin.fetch >../actual &&
	test_grep ! ":refs/vault/" ../actual && test_grep ! "^+refs/vault/[*]" ../actual &&
	test_grep "vault/state/[*]:refs/vault-remote/origin/state/[*]$" ../actual && well &&
	git config --add remote.origin.fetch "+refs/vault/*:refs/vault/*" &&
	git config fetch.prune true && finds error refspec_prunes && mended &&
	well && git config remote.origin.fetch "+refs/*:refs/*" &&
	git config remote.origin.prune true && finds error refspec_prunes &&
	mended && git config --get-all remote.origin.fetch >../actual &&
	test_write_lines "+refs/*:refs/*" "^refs/vault/*" >../expect &&
	test_cmp ../expect ../actual && git checkout -q --detach &&
	git for-each-ref refs/vault >../expect && git push -q origin HEAD:refs/heads/more &&
	git fetch -q origin && git for-each-ref refs/vault >../actual &&
	test_cmp ../expect ../actual && git rev-parse -q --verify refs/heads/more &&
	well && git config --add remote.origin.fetch \
		"+refs/vault/*:refs/vault-remote/origin/*" &&
	git config fetch.prune true && finds_none
'

test_expect_success 'the doctor speaks the truth of it' '
	well && git config --add remote.origin.fetch "+refs/vault/*:refs/vault/*" &&
	git config fetch.prune true && git init -q --bare ../empty.git &&
	git remote set-url origin ../empty.git && git fetch -q origin &&
	git for-each-ref refs/vault >../actual && test_must_be_empty ../actual
'

test_expect_success 'a push that overwrites, carries or mirrors' '
	well && git config remote.origin.push "+refs/vault/*:refs/vault/*" &&
	finds warning push_forces && mended && well &&
	git config remote.origin.push "refs/vault/*:refs/vault/*" &&
	finds note push_carries && mended && well &&
	git config remote.origin.push "+refs/*:refs/*" &&
	finds warning push_forces && mended &&
	git config --get-all remote.origin.push >../actual &&
	test_write_lines "+refs/*:refs/*" "^refs/vault/*" >../expect &&
	test_cmp ../expect ../actual && well &&
	git config remote.origin.mirror true && finds warning push_mirrors &&
	mended && git config remote.origin.mirror false && finds_none &&
	git config --global remote.origin.mirror true &&
	test_when_finished "git config --global --unset remote.origin.mirror" &&
	git config --unset remote.origin.mirror && finds warning push_mirrors &&
	mended
'

test_expect_success 'what is told is a command, whatever a remote or a folder is named' '
	well && git remote rename origin "or'\''ig" && finds warning never_synced &&
	mended &&
	git config "remote.or'\''ig.mirror" true && finds warning push_mirrors && mended &&
	git config "remote.or'\''ig.push" "+refs/vault/*:refs/vault/*" &&
	finds warning push_forces && mended &&
	git config --add "remote.or'\''ig.fetch" "+refs/vault/*:refs/vault/*" &&
	finds warning refspec_overwrites && mended &&
	git config "vault.or'\''ig.prefix" /bad && finds error prefix_bad &&
	sed -n "s/^    //p" ../text >../command && sh ../command &&
	finds note fetch_brings_vault && mended &&
	test_when_finished "rm -rf \"$TRASH_DIRECTORY/it is '\''s\"" &&
	cp -a . "../it is '\''s" && cd "../it is '\''s" && : >.git/objects/pack/pack-1.idx &&
	finds warning index_without_pack && mended
'

test_expect_success 'git does not flush what it writes' '
	for value in none "committed,-pack" "all,-reference"
	do
		well && git config core.fsync "$value" &&
		finds warning fsync_off && mended || return 1
	done && git config core.fsync "committed,-loose-object" && finds_none &&
	git config core.fsyncMethod writeout-only && finds warning fsync_off &&
	mended && git config --unset core.fsyncMethod &&
	git config --global core.fsyncMethod writeout-only &&
	test_when_finished "git config --global --unset core.fsyncMethod" &&
	finds warning fsync_off && mended
'

test_expect_success 'a gc without mercy' '
	for value in now all 0
	do
		well && git config gc.pruneExpire $value &&
		finds warning gc_prunes_at_once && mended || return 1
	done && git config gc.pruneExpire "2 weeks ago" && finds_none &&
	for value in never false
	do
		git config gc.pruneExpire $value &&
		finds note gc_prunes_never && mended || return 1
	done && well && git config --global gc.pruneExpire now &&
	test_when_finished "git config --global --unset gc.pruneExpire" &&
	finds warning gc_prunes_at_once && mended
'

test_expect_success 'git flushes no refs unless it is told to' '
	well && git config --unset core.fsync && finds note fsync_default &&
	mended && for value in pack derived-metadata misspelt
	do
		git config core.fsync $value && finds note fsync_default &&
		mended || return 1
	done
'

test_expect_success 'a shallow and a partial clone' '
	well && test_commit more && git push -q origin HEAD:main &&
	git -C ../origin.git config uploadpack.allowFilter true &&
	cd .. && rm -rf shallow partial &&
	git clone -q --depth 1 -b main "file://$PWD/origin.git" shallow && (
		cd shallow && git config core.fsync committed,reference &&
		git vault -q snapshot && git vault -q sync &&
		finds note shallow_clone && mended
	) &&
	git clone -q --filter=blob:none -b main "file://$PWD/origin.git" partial && (
		cd partial && git config core.fsync committed,reference &&
		git vault -q snapshot && git vault -q sync &&
		finds note partial_clone
	) && rm -rf shallow partial
'

test_expect_success 'what the file system cannot keep' '
	well && git config core.ignoreCase true && finds note case_insensitive &&
	git config core.ignoreCase false && git config core.symlinks false &&
	finds note no_symlinks && git config core.symlinks true &&
	git config core.fileMode false && finds note no_modes &&
	git config core.fileMode true && finds_none
'

test_expect_success 'hooks from elsewhere' '
	well && git config core.hooksPath ../hooks && finds note hooks_elsewhere &&
	git config --unset core.hooksPath && finds_none
'

test_expect_success 'hooks of ours that git does not run' '
	well && git vault hooks install >../out && finds_none && mkdir h &&
	chmod a-x .git/hooks/pre-push && finds warning hooks_not_run &&
	test_grep "not executable: pre-push" ../text && mended &&
	git config core.hooksPath h && finds warning hooks_not_run &&
	test_grep "git vault hooks install" ../text && git vault hooks install >../out && finds note hooks_elsewhere &&
	git config --unset core.hooksPath && finds_none &&
	mv .git/hooks/pre-push .git/hooks/pre-push.old &&
	echo "#!/bin/sh" >.git/hooks/pre-push && finds warning hooks_replaced &&
	mended
'

test_expect_success 'a pack without its index, and the other way round' '
	well && rm -f .git/objects/pack/*.idx && finds error pack_without_index &&
	git vault repair && finds_none && well && git repack -q -a -d &&
	cp .git/objects/pack/pack-*.idx \
		.git/objects/pack/pack-$(git rev-parse HEAD).idx &&
	finds warning index_without_pack && mended
'

# hundreds: a repository where all is well, with 501 snapshots.
hundreds () {
	well && commit=$(git rev-parse HEAD) && for i in $(test_seq 500)
	do
		printf "create refs/vault/snapshots/20050407T221313Z-%08x $commit\n" $i
	done >../refs && git update-ref --stdin <../refs
}

test_expect_success 'hundreds of snapshots without a commit-graph' '
	hundreds && git config fetch.hideRefs refs/vault/ &&
	finds note no_commit_graph && mended &&
	rm -r .git/objects/info/commit-graph* && finds note no_commit_graph &&
	git config core.commitGraph false && finds_none
'

test_expect_success 'hundreds that a fetch need not look at, from git 2.41 on' '
	hundreds && git commit-graph write --reachable &&
	if test $(git version | sed "s/[^0-9]*\([0-9]*\)\.\([0-9]*\).*/\1\2/") -ge 241
	then
		finds note fetch_looks_at_all && mended &&
		git config fetch.hideRefs refs/vault-remote &&
		finds note fetch_looks_at_all
	else
		finds_none
	fi &&
	git config --replace-all transfer.hideRefs refs/vault && finds_none
'

test_expect_success 'hundreds that a remote tells each fetch of' '
	hundreds && git config core.commitGraph false &&
	git config fetch.hideRefs refs/vault/ && git for-each-ref \
		--format="create %(refname) %(objectname)" refs/vault/snapshots |
		sed "s,refs/vault/,refs/vault-remote/origin/," | git update-ref --stdin &&
	git pack-refs --all && git vault init -q && finds_none &&
	git config --add remote.origin.fetch \
		"+refs/vault/*:refs/vault-remote/origin/*" &&
	finds note fetch_brings_snapshots && mended &&
	git config --get-all remote.origin.fetch >../specs &&
	test_grep "refs/vault/good/\*" ../specs && test_grep ! "refs/vault/\*" ../specs
'

test_expect_success 'too many packs' '
	well && for i in $(test_seq 101)
	do
		echo $i | git hash-object -w --stdin |
			git pack-objects -q .git/objects/pack/pack || return 1
	done && git prune-packed && finds warning many_packs && mended
'

# git of a partial clone packs what was promised by itself, and the rest not at
# all when it is to do so by size.
test_expect_success 'too many packs in a partial clone' '
	test_when_finished "rm -rf ../many ../partial" && test_create_repo ../many &&
	cd ../many && git config uploadpack.allowFilter true &&
	git config uploadpack.allowAnySHA1InWant true &&
	for i in $(test_seq 101)
	do
		echo $i >f$i || return 1
	done && git add . && git commit -q -m many && cd .. &&
	git clone -q --no-checkout --filter=blob:none "file://$PWD/many" partial &&
	cd partial && git config core.fsync committed,reference &&
	git config gc.auto 0 && git config fetch.unpackLimit 1 &&
	for i in $(test_seq 101)
	do
		git cat-file blob HEAD:f$i >../blob || return 1
	done && git reset -q --hard && git vault -q snapshot >../id &&
	finds warning many_packs && sed -n "s/^    //p" ../text >../command &&
	sh ../command && git vault doctor >../text && test_grep ! packs ../text &&
	git fsck && git vault verify
'

test_expect_success 'a path with a quote in it' '
	well && cd .. && rm -rf "o'\''b" && mv repo "o'\''b" && cd "o'\''b" &&
	test_when_finished "rm -rf \"$TRASH_DIRECTORY/o'\''b\"" &&
	: >.git/index.lock && touch -d "2 hours ago" .git/index.lock &&
	finds warning stale_lock && mended && chmod 777 .git/vault &&
	finds warning world_writable && mended
'

test_expect_success 'an index of git that cannot be read' '
	well && echo staged >>g && git add g && git vault -q snapshot &&
	printf DIRC >.git/index && test_must_fail git status &&
	test_must_fail git vault snapshot && finds error index_damaged &&
	test_grep ! snapshot_damaged ../json && mended &&
	test "$(git diff --name-only)" = g
'

test_expect_success 'each command that meets such an index has the command that mends it' '
	well && printf DIRC >.git/index && for words in snapshot "snapshot --auto" status "status g" "scan --staged" "diff latest"
	do
		test_must_fail git vault $words 2>../err && test_grep "^hint: your files stay unchanged.*: mv .* reset -q -- :/$" ../err || return 1
	done && eval "$(sed -n "s/^hint: [^:]*: //p" ../err)" && git vault -q snapshot >../id && git update-index --split-index &&
	rm .git/sharedindex.* && test_must_fail git vault status 2>../err && eval "$(sed -n "s/^hint: [^:]*: //p" ../err)" && git vault status >../out
'

test_expect_success 'an index of git that cannot be read while a merge waits' '
	well && git checkout -q -b side && echo side >g && git commit -q -a -m side &&
	git checkout -q main && git commit -q --allow-empty -m other &&
	git merge -q --no-commit side && printf DIRC >.git/index &&
	finds error index_damaged && mended && test_path_is_file .git/MERGE_HEAD &&
	test "$(git diff --name-only)" = g
'

test_expect_success 'the list of own snapshots is gone, or nothing of it can be read' '
	well && rm .git/vault/own && finds warning own_lost && mended && finds_none &&
	test_path_is_file .git/vault/own && well && echo junk >.git/vault/own &&
	finds warning own_lost && mended && finds_none && well &&
	git clone -q . ../fresh && (
		cd ../fresh && git fetch -q origin "refs/vault/*:refs/vault/*" &&
		test_might_fail git vault doctor --json >../json && test_grep ! own_lost ../json
	) && rm -rf ../fresh
'

test_expect_success 'a damaged cache, which --fix removes' '
	for cache in index paths records verified verifying facts scanned
	do
		well && git vault verify && finds_none &&
		echo nonsense >.git/vault/$cache &&
		finds warning cache_damaged && test_grep "vault/$cache" ../text &&
		git vault doctor --fix >../text 2>../err &&
		test_grep "running: rm -rf .*vault/$cache" ../err &&
		test_path_is_missing .git/vault/$cache && finds_none || return 1
	done
'

test_expect_success '--fix runs what is safe, after saying so, and leaves the rest' '
	well && git config gc.pruneExpire now && git config --unset core.fsync &&
	git config remote.origin.mirror true && echo B=2 >d/.env &&
	test_expect_code 1 git vault doctor >../text &&
	test_grep "^hint: git vault doctor --fix runs 3 of these commands" ../text &&
	test_expect_code 1 git vault doctor --fix >../text 2>../err &&
	test_grep "^    git vault snapshot" ../text &&
	test_grep "running: git vault snapshot" ../err &&
	test_grep ! "running:.*mirror" ../err && test_line_count = 3 ../err &&
	finds warning push_mirrors && mended && well && git config --unset core.fsync &&
	git vault doctor --fix --json >../json 2>../err &&
	test_grep "\"kind\":\"fsync_default\".*\"fixed\":true" ../json &&
	test_grep "\"notes\":0" ../json && well && git config gc.pruneExpire now &&
	: >.git/config.lock && test_expect_code 1 git vault doctor --fix 2>../err &&
	test_grep "warning: .git config --replace-all gc.pruneExpire.* failed: .*lock" ../err
'

# spoil FILE: some of its bytes are zeros now.
spoil () {
	chmod u+w "$1" && dd if=/dev/zero of="$1" bs=1 count=8 conv=notrunc \
		seek=$(($(wc -c <"$1") - 60)) 2>/dev/null
}

test_expect_success 'a damaged cache of git, beside its objects' '
	well && echo more >>g && git commit -q -a -m more &&
	git multi-pack-index write && git commit-graph write --reachable &&
	finds_none && spoil .git/objects/pack/multi-pack-index &&
	finds error git_cache_damaged && test_grep "pack/multi-pack-index" ../text &&
	mended && git fsck && spoil .git/objects/info/commit-graph &&
	finds error git_cache_damaged && test_grep "info/commit-graph" ../text &&
	mended && git fsck && git commit-graph write --reachable --split &&
	echo 4 >g && git commit -q -a -m 4 &&
	git commit-graph write --reachable --split=no-merge && finds_none &&
	for graph in .git/objects/info/commit-graphs/*.graph
	do
		spoil $graph || return 1
	done && finds error git_cache_damaged && sed -n "s/^    //p" ../text \
		>../command && test_line_count = 2 ../command &&
	sh -e ../command && finds_none && git fsck
'

test_expect_success 'what a repair put aside' '
	well && mkdir .git/vault/damaged && : >.git/vault/damaged/x &&
	finds note damaged_aside
'

test_expect_success 'a vault that its owner cannot write to, or everybody can' '
	well && chmod 500 .git/vault && finds error not_writable && mended &&
	chmod 777 .git/vault && finds warning world_writable && mended
'

test_expect_success 'folders of refs and objects that everybody can write to' '
	well && for path in refs/vault refs/vault/snapshots objects objects/pack
	do
		chmod o+w .git/$path && finds warning world_writable &&
		test_grep ".git/$path\"" ../json && mended || return 1
	done
'

test_expect_success 'a vault that is not shared as the repository is' '
	well && git config core.sharedRepository group && chmod g+w .git &&
	chmod -R g+w .git/objects .git/refs &&
	finds warning not_shared && mended && chmod g-w .git/objects/pack &&
	finds warning not_shared && mended && chmod -R g-w .git &&
	git config core.sharedRepository umask &&
	finds_none
'

test_expect_success ROOT 'files of another owner' '
	well && chown 65534 .git/vault/index && finds warning mixed_ownership &&
	mended && chown 65534 .git/vault/index &&
	git config core.sharedRepository group && chmod -R g+w .git/vault &&
	finds_none
'

test_expect_success ROOT 'refs and folders of objects of another owner' '
	well && mkdir -p .git/refs/vault/snapshots &&
	chown 65534 .git/refs/vault/snapshots &&
	finds warning mixed_ownership && test_grep "refs/vault/snapshots belongs to" ../text &&
	mended && chown 65534 .git/objects/pack .git/vault/index &&
	finds warning mixed_ownership && mended &&
	test "$(stat -c %u .git/objects/pack .git/vault/index | sort -u)" = 0
'

test_expect_success SETPRIV 'a repository that this user may not write to' '
	well && chmod -R go+rX . && mkdir -p "$TMPDIR/nobody" &&
	cp ~/.gitconfig "$TMPDIR/nobody/.gitconfig" &&
	git config --file "$TMPDIR/nobody/.gitconfig" --add safe.directory "*" &&
	test_expect_code 128 test_as_nobody git vault snapshot &&
	test_expect_code 1 test_as_nobody git vault doctor >../text 2>../err &&
	test_grep "\.git/vault cannot be written to by this user: Permission denied" ../text &&
	test_line_count = 1 ../text && chown -R 65534 . &&
	test_as_nobody git vault doctor && chown 0 .git/refs/vault &&
	chmod 755 .git/refs/vault && rm -rf .git/refs/vault/* &&
	test_expect_code 1 test_as_nobody git vault doctor >../text 2>../err &&
	test_grep "\.git/refs/vault cannot be written to by this user" ../text
'

test_expect_success 'an old git' '
	well && mkdir -p ../old && real=$(command -v git) &&
	cat >../old/git <<-END &&
	#!/bin/sh
	test "\$1" = version && echo git version 2.30.2 && exit
	exec $real "\$@"
	END
	chmod +x ../old/git &&
	test_expect_code 1 test_env PATH="$TRASH_DIRECTORY/old:$PATH" \
		git-vault --json doctor >../json &&
	test_grep "\"kind\":\"git_old\".*git 2.30 is older" ../json
'

test_expect_success 'a clock behind the newest snapshot' '
	well && test_env GIT_VAULT_TEST_TIME=$((test_tick - 86400)) \
		finds warning clock_behind &&
	id=$(git vault list --id-only -n1) &&
	test_grep "newest snapshot, $id, is from the future" ../text &&
	test_env GIT_VAULT_TEST_TIME=$((test_tick - 30)) finds_none
'

test_expect_success 'no snapshot at all' '
	well && git for-each-ref --format="delete %(refname)" refs/vault |
		git update-ref --stdin && rm -rf .git/vault &&
	git reflog expire --expire=now --all && git prune --expire=now &&
	finds warning no_snapshot
'

test_expect_success 'an old snapshot, where something has changed since' '
	well && late=$((test_tick + 8 * 86400)) &&
	test_env GIT_VAULT_TEST_TIME=$late finds_none && echo more >>g &&
	finds_none && test_env GIT_VAULT_TEST_TIME=$late \
		finds warning snapshot_old &&
	test_env GIT_VAULT_TEST_TIME=$late mended
'

test_expect_success 'a precious file that is in no snapshot' '
	well && echo B=2 >d/.env && finds warning precious_unheld && mended
'

test_expect_success 'a last snapshot that cannot be read' '
	well && rm -f .git/vault/index .git/objects/pack/* &&
	finds error snapshot_lost
'

# fails SENTENCE: so would the next snapshot, which does not hide the rest, and
# is nothing that a repair mends.
fails () {
	git config gc.pruneExpire now && finds error snapshot_fails &&
	test_grep "^error: the next snapshot fails: .*$1" ../text &&
	test_grep ! "git vault repair" ../text &&
	test_grep "\"kind\":\"gc_prunes_at_once\"" ../json &&
	test_must_fail git vault snapshot 2>../err && test_grep "$1" ../err
}

test_expect_success 'a policy that cannot be read' '
	well && echo "nonsense: [" >.gitvault.yaml && finds error policy_bad &&
	test_grep "^error: .gitvault.yaml:.*no snapshot can be taken" ../text &&
	test_grep ! snapshot_fails ../json && test_must_fail git vault snapshot &&
	test_write_lines "#!/bin/sh" "rm \"\$1\"" >../editor && chmod +x ../editor &&
	GIT_EDITOR=../editor mended && echo "nonsense: [" >.gitvault.yaml &&
	git add .gitvault.yaml && git commit -q -m policy &&
	finds error policy_bad &&
	test_grep "until that is corrected, the file counts as deleted" ../text
'

test_expect_success 'a HEAD whose commit is gone' '
	well && echo 1111111111111111111111111111111111111111 \
		>.git/refs/heads/main && : >.git/vault/index &&
	fails "the commit is missing"
'

test_expect_success 'a keyring that is gone' '
	well && echo "PASSWORD=hunter2secret9" >.env && git vault -q snapshot &&
	git for-each-ref --format="delete %(refname)" refs/vault/keyring \
		refs/vault-remote | git update-ref --stdin &&
	: >.git/vault/index && fails keyring
'

test_expect_success 'no copy: without a remote, and with one that was never synced' '
	well && git remote remove origin && finds warning no_remote &&
	test_grep "^    git remote add origin URL && git vault sync$" ../text &&
	git remote add up ../never.git && git init -q --bare ../never.git &&
	finds warning never_synced && test_grep ! "remote add" ../text &&
	test_grep "^    git vault sync up$" ../text && mended
'

test_expect_success 'one key only, until there is an escrow' '
	well && git vault -q key remove escrow && finds warning one_key &&
	test_grep "only the key of .* can decrypt this vault" ../text &&
	test_grep "^    git vault key escrow$" ../text &&
	git vault -q key escrow --shares 2/3 -o ../again && finds_none
'

test_expect_success 'the gravest danger comes first' '
	well && git remote remove origin && git vault -q key remove escrow &&
	git config gc.pruneExpire now && echo "a: [" >.gitvault.yaml &&
	test_expect_code 1 git vault doctor --json >../json &&
	tr "," "\n" <../json | sed -n "s/.*\"kind\":\"\(.*\)\"/\1/p" >../kinds &&
	test_write_lines policy_bad no_remote one_key gc_prunes_at_once >../expect &&
	test_cmp ../expect ../kinds
'

test_expect_success 'snapshots whose commits are gone' '
	well && git vault sync && for i in 1 2
	do
		test_tick && git vault -q snapshot --force >../id.$i || return 1
	done && git vault -q sync && rm -rf ../packs && unpack &&
	oldest=$(git vault list --json | sed "s/.*\"id\":\"//; s/\".*//") &&
	lose refs/vault/snapshots/$oldest && test_must_fail git gc -q &&
	finds error snapshot_lost &&
	test_grep "commit of 1 snapshot is missing, $oldest: nothing" ../text &&
	lose refs/vault/snapshots/$(cat ../id.1) && finds error snapshot_lost &&
	test_grep "of 2 snapshots is missing, the newest of them $(cat ../id.1)" \
		../text && test_grep "^    git vault repair --remote origin$" ../text &&
	git vault repair --remote origin && git gc -q &&
	test_might_fail git vault doctor >../text &&
	test_grep ! "is gone" ../text
'

test_expect_success 'a snapshot whose ref was lost comes back' '
	well && git vault -q snapshot --force >../id &&
	git update-ref -d refs/vault/snapshots/$(cat ../id) &&
	finds note unnamed_snapshots && test_grep "$(cat ../id)" ../text &&
	mended && git vault verify $(cat ../id)
'

test_expect_success 'the snapshots of a repository that objects are borrowed of' '
	well && git vault -q snapshot --force && cd .. && rm -rf borrower &&
	git clone -q --shared "$OLDPWD" borrower && (
		cd borrower && git config core.fsync committed,reference &&
		git vault -q snapshot >../id && test_might_fail \
			git vault doctor --json >../json &&
		test_grep ! "unnamed_snapshots" ../json &&
		git update-ref -d refs/vault/snapshots/$(cat ../id) &&
		test_might_fail git vault doctor --json >../json &&
		test_grep "unnamed_snapshots" ../json &&
		test_grep "1 snapshot is here that nobody deleted" ../json
	) && rm -rf borrower
'

test_expect_success 'the space of deleted snapshots' '
	well && git vault -q snapshot --force >../id &&
	git vault delete --no-trash $(cat ../id) &&
	find .git/objects/pack -exec touch -d "3 hours ago" {} + &&
	finds note unreachable_snapshots && mended && well &&
	git vault -q snapshot --force >../id && mv .git/objects/pack ../pack.was &&
	mkdir .git/objects/pack && for p in ../pack.was/*.pack
	do
		git unpack-objects -q <"$p" || return 1
	done && rm -r ../pack.was && git vault delete --no-trash $(cat ../id) &&
	find .git/objects -type f -exec touch -d "3 weeks ago" {} + &&
	finds note unreachable_snapshots && test_grep "are loose" ../text &&
	mended
'

test_expect_success 'and where git has put them into a pack of its own' '
	well && git vault -q snapshot --force >../id &&
	git vault -q snapshot --force >../id2 &&
	git vault delete --no-trash $(cat ../id) && git repack -adkq &&
	git vault delete --no-trash $(cat ../id2) &&
	find .git/objects/pack -type f -exec touch -d "3 weeks ago" {} + &&
	git vault fold --reclaim >../out && finds note unreachable_snapshots &&
	test_grep "objects of 2 deleted snapshots are in git.s own packs" ../text &&
	test_grep ! "fold --reclaim" ../text && mended
'

test_expect_success 'where no pack is ever removed, no command says so' '
	well && git vault -q snapshot --force >../id &&
	git vault delete --no-trash $(cat ../id) &&
	git config core.repositoryFormatVersion 1 &&
	git config extensions.preciousObjects true && finds_none &&
	test_expect_code 128 git vault fold --reclaim
'

test_expect_success 'more unreachable objects than a gc without cruft packs bears' '
	well && for i in $(test_seq 6701)
	do
		printf "blob\ndata <<x\n%d\nx\n" $i
	done | git fast-import --quiet && finds warning gc_loosens && mended &&
	test "$(git config gc.cruftPacks)" = true
'

# state SERIAL [LENGTH]: one of Terraform, or so many bytes of it
state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,' "$1" \
		>../state.json
	printf '"lineage":"one","outputs":{},"resources":[]}\n' >>../state.json
	head -c "${2:-1000}" ../state.json
}

save () {
	git vault -q state save --new --env prod --stack net - >../id
}

test_expect_success 'a newest version of a state that was no whole one' '
	well && state 1 | save && finds_none && state 2 60 | save &&
	finds warning state_broken &&
	test_grep "state prod/net was damaged when it was saved (line" \
		../text &&
	test_grep "^    git vault state triage --env prod --stack net latest" \
		../text && state 3 | save && finds_none
'

test_expect_success 'a newest version that cannot be read' '
	well && state 1 | save && git update-ref refs/vault/state/prod/net \
		$(git rev-parse HEAD) && finds error state_damaged &&
	test_grep "refs/vault/state/prod/net: .*it does not name the state" \
		../text
'

test_expect_success 'states that no identity here opens' '
	well && state 1 | save && key=$HOME/.config/git-vault/identity &&
	test_when_finished "mv \"$key.aside\" \"$key\"" && mv "$key" "$key.aside" &&
	finds error no_key && test_create_repo ../other && (
		cd ../other && echo x >x && git add x &&
		git commit -q -m x && state 1 | save
	) && finds warning not_a_reader && rm -f "$key" && rm -rf ../other &&
	test_grep "to add it, an owner runs: git vault key add" ../text
'

test_expect_success 'a lock of a state that is older than a day' '
	well && git vault -q state lock --new --env prod --stack net \
		--operation apply >../lock && finds_none &&
	late=$((test_tick + 3 * 86400)) &&
	test_env GIT_VAULT_TEST_TIME=$((test_tick + 86000)) finds_none &&
	test_env GIT_VAULT_TEST_TIME=$late finds warning state_lock_old &&
	test_grep "prod/net has been locked by .*@.* for apply for 3 days" ../text &&
	test_grep "^    git vault state unlock --env prod --stack net $(cat ../lock)" \
		../text &&
	test_env GIT_VAULT_TEST_TIME=$late mended
'

# What a client gives for an id never comes to stand in a command.
test_expect_success 'a lock with an odd id, and one that is no record' '
	well && ref=refs/vault/locks/prod/net &&
	echo "{\"ID\":\"a; rm -rf x\",\"Who\":\"a@b\",\"Created\":\"2001-01-01T00:00:00Z\"}" |
		git hash-object -w --stdin >../id &&
	git update-ref $ref $(cat ../id) && finds warning state_lock_old &&
	test_grep "^    git vault state unlock .* --force --reason " ../text &&
	mended && git update-ref $ref $(echo odd | git hash-object -w --stdin) &&
	finds warning state_lock_damaged && mended
'

test_expect_success 'notes of another clone that are not among ours' '
	well && state 1 | save && git update-ref \
		refs/vault-remote/origin/notes/vault refs/notes/vault &&
	finds_none && git notes --ref=other add -m theirs HEAD &&
	git update-ref refs/vault-remote/origin/notes/vault refs/notes/other &&
	git update-ref -d refs/notes/other && finds note notes_unmerged &&
	test_grep "notes on commits came from origin that are not among" ../text &&
	mended && git notes --ref=vault show HEAD >../notes &&
	test_grep theirs ../notes && test_grep "\"env\":\"prod\"" ../notes
'

test_expect_success 'versions are told where they are asked for' '
	well && git vault -v doctor >../text &&
	test_grep "^git-vault [0-9.]*, git [0-9.]*, libgit2 [0-9.]*, zlib" ../text &&
	git vault doctor --json >../json &&
	test_grep "\"versions\":{\"git_vault\":\"[0-9.]*\",\"git\":\"2" ../json &&
	test_grep "\"libgit2\":\"1\.[0-9.]*\",\"zlib\":.*\"libyaml\":" ../json
'

test_lazy_prereq SMALL_DISK '
	mkdir small && mount -t tmpfs -o size=4m tmpfs small && umount small'

test_expect_success SMALL_DISK 'a disk that is nearly full' '
	well && mkdir -p ../small && mount -t tmpfs -o size=4m tmpfs ../small &&
	test_when_finished "umount \"$TRASH_DIRECTORY/small\"" &&
	cp -a . ../small/repo && cd ../small/repo &&
	test_expect_code 1 git vault doctor --json >../../json &&
	test_grep "\"kind\":\"disk_full\"" ../../json
'

test_lazy_prereq AGE 'age-keygen --version'

test_expect_success AGE 'values that are not sealed for who reads them now' '
	test_create_repo scopes && (
		cd scopes && git config core.fsync committed,reference &&
		echo .env >.gitignore && echo "A=some-value-1" >.env &&
		git add . && git commit -q -m first && git vault -q snapshot &&
		git init -q --bare ../scopes.git &&
		git remote add origin ../scopes.git &&
		git vault -q key escrow --shares 2/3 -o ../scopes.escrow &&
		git vault -q sync && git vault doctor >../text &&
		test_grep "checks, nothing found" ../text &&
		old=$(git rev-parse refs/vault/secrets/shared) &&
		age-keygen -o ../other.key 2>../key &&
		git vault key add --name other --role reader --scope shared \
			$(sed -n "s/^Public key: //p" ../key) >../out 2>&1 &&
		git update-ref refs/vault/secrets/shared $old &&
		test_expect_code 1 git vault doctor >../text &&
		test_grep "secrets of 1 scope are not encrypted for" ../text &&
		test_grep "git vault key reseal" ../text &&
		git vault key reseal >../out 2>&1 &&
		git vault doctor >../text &&
		test_grep "checks, nothing found" ../text
	)
'

test_expect_success 'how old the last snapshot and the last verification may be can be said' '
	cd "$TRASH_DIRECTORY" && git init -q aged && cd aged && echo 1 >file && GIT_VAULT_TEST_TIME=1800000000 git vault -q snapshot &&
	GIT_VAULT_TEST_TIME=1800172800 && export GIT_VAULT_TEST_TIME && test_when_finished "unset GIT_VAULT_TEST_TIME" &&
	test_expect_code 1 git vault doctor --max-age 1d >strict && test_expect_code 1 git vault doctor --max-age 3d >kind &&
	test_grep "the newest snapshot" strict && test_grep ! "the newest snapshot" kind &&
	git vault -q verify --all && test_expect_code 1 git vault doctor --verified-within 1h >kind && test_grep ! verif kind &&
	GIT_VAULT_TEST_TIME=1800259200 && test_expect_code 1 git vault doctor --verified-within 1h --max-age 9d >strict && test_grep verif strict
'

test_done
