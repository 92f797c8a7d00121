#!/bin/sh

test_description='git vault restore --in-place: only what differs, nothing lost'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-restore.sh"

# restore OPTION…: in place, from the first snapshot.
restore () {
	git vault restore "$first" --in-place "$@"
}

# Back to the state of the first snapshot, by copying.
reset_tree () {
	cd "$TRASH_DIRECTORY" && rm -rf work before && cp -a first work &&
		first=$(cat id) && { cd work || return 1; }
}

test_expect_success 'a tree with everything is kept' '
	test_create_repo work &&
	(
		cd work && restore_setup &&
		git vault snapshot >../id
	) &&
	cp -a work first
'

test_expect_success 'where nothing differs nothing is done, and no snapshot taken' '
	(
		reset_tree && restore 2>../err >../out &&
		git vault --json list >../json
	) &&
	test_grep "nothing differs" err && test_must_be_empty out &&
	test "$(grep -o "\"id\"" json | wc -l)" = 1 &&
	restore_cmp first work
'

test_expect_success DEFAULT_ACL 'what a directory gives to all that is new in it opens nothing' '
	(
		reset_tree && chmod 640 docs/plain && git vault snapshot >../id.acl &&
		cp -a . ../before && rm -r docs empty &&
		give_default_acl . && give_default_acl .git/vault &&
		git vault restore "$(cat ../id.acl)" --in-place
	) &&
	list_acls work >actual && test_must_be_empty actual &&
	restore_cmp before work
'

test_expect_success 'what was changed, added to, deleted and moved comes back' '
	(
		reset_tree &&
		echo more >>envs/prod/main.tf && rm docs/plain &&
		mv envs/dev envs/elsewhere && echo other >envs/prod/prod.tfvars &&
		chmod 644 run.sh && rm current && ln -s run.sh current &&
		rmdir empty/deep && touch docs/binary &&
		ino=$(stat -c %i modules/net/main.tf) &&
		restore >../out && rm -r envs/elsewhere && touch -r ../first/envs envs &&
		test "$ino" = "$(stat -c %i modules/net/main.tf)" &&
		git status --short >../status
	) &&
	test_grep "^safety snapshot 2" out &&
	test_must_be_empty status &&
	restore_cmp first work
'

test_expect_success 'the safety snapshot holds what stood before' '
	(
		reset_tree &&
		echo mine >envs/prod/main.tf && echo new >new && rm docs/two &&
		cp -a . ../before && restore >../out &&
		safety=$(sed -n "s/^safety snapshot //p" ../out) &&
		git vault show $safety >../show &&
		git vault restore $safety --in-place --delete
	) &&
	test_grep safety show &&
	restore_cmp before work
'

test_expect_success 'a dry run lists changes and touches nothing' '
	(
		reset_tree &&
		echo mine >envs/prod/main.tf && rm docs/plain && echo new >new &&
		touch run.sh && rm -r empty/deep &&
		cp -a . ../before &&
		restore --dry-run --delete >../actual &&
		git vault --json list >../json
	) &&
	test_write_lines "A docs/plain" "A empty/deep/" \
		"M envs/prod/main.tf" "D new" "m run.sh" >expect &&
	test_cmp expect actual &&
	restore_cmp before work &&
	test "$(grep -o "\"id\"" json | wc -l)" = 1
'

test_expect_success 'a directory is told whose mode or attributes are set' '
	(
		reset_tree && chmod 700 docs && chmod 711 . && touch envs/prod &&
		restore -n >../dry 2>../dry.err && restore --json >../out &&
		restore -n >../again
	) &&
	test_write_lines "m ./" "m docs/" >expect && test_cmp expect dry &&
	test_grep ": 2 metadata updated" dry.err &&
	test_grep "\"changed\":0,\"touched\":2,\"deleted\":0" out &&
	test_grep "\"path\":\"docs\",\"directory\":true" out &&
	test_must_be_empty again && restore_cmp first work
'

# both OPTION…: a dry run of a restore from that id says what the run itself says
# then, but that it is not done.
both () {
	git vault restore "$(cat ../id.refused)" --in-place "$@" -n \
		>../dry.out 2>../dry.err
	dry=$?
	git vault -v restore "$(cat ../id.refused)" --in-place "$@" >../out 2>../err
	test $? = $dry || { echo "not $dry"; return 1; }
	grep -v "^safety snapshot" ../out >../expect
	test_cmp ../expect ../dry.out &&
		sed -n "s/^git-vault: restored/git-vault: would restore/
			/warning: audit\|: undo: /!p" ../err >../expect &&
		test_cmp ../expect ../dry.err
}

test_expect_success 'a dry run refuses what the run itself refuses' '
	test_when_finished "rm -rf refused" &&
	test_create_repo refused &&
	(
		cd refused && printf "*.pyc\nnode_modules\n" >.gitignore && echo 5 >x.pyc &&
		echo 6 >way && echo 7 >plain && git add -f . &&
		git commit -q -m base && git vault snapshot >../id.refused &&
		git rm -q --cached x.pyc && echo mine >x.pyc &&
		mkdir node_modules && echo "{}" >package.json &&
		echo 1 >node_modules/m &&
		rm way && mkdir way && echo mine >way/y.pyc && echo 8 >plain &&
		both --delete && test $dry = 3 &&
		test_grep "x.pyc is not restored: .*not in the safety" ../err &&
		test_grep "way is not restored: a directory is there" ../err &&
		test_path_is_file node_modules/m && test_grep "M plain" ../out &&
		echo 9 >plain && >.git/index.lock && both --index && test $dry = 4 &&
		rm .git/index.lock && both --index && test $dry = 3 && both &&
		echo 10 >plain && mkdir .git/vault/restore &&
		echo mine >.git/vault/restore/x && both && test $dry = 128
	)
'

test_expect_success JQ 'JSON lists what was done' '
	(
		reset_tree &&
		echo mine >envs/prod/main.tf && rm docs/plain && echo new >new &&
		git vault --json restore "$first" --in-place --delete >../json
	) &&
	jq -e ".in_place and .created == 1 and .changed == 1 and
		.deleted == 1 and .skipped == [] and
		(.safety | test(\"^[0-9TZ]*-[0-9a-f]*$\")) and
		(.changes | map(.action + \" \" + .path)) ==
		[\"create docs/plain\", \"change envs/prod/main.tf\",
		\"delete new\"]" json
'

test_expect_success 'the index and stashes stay as they are' '
	(
		reset_tree &&
		echo mine >envs/prod/main.tf && git stash -q &&
		echo staged >envs/dev/main.tf && git add envs/dev/main.tf &&
		git ls-files -s >../expect && git stash list >>../expect &&
		restore &&
		git ls-files -s >../actual && git stash list >>../actual
	) &&
	test_cmp expect actual
'

test_expect_success '--index stages again what was staged' '
	test_create_repo staged && (
		cd staged &&
		echo 1 >a && echo 1 >b && echo 1 >gone && git add . &&
		git commit -q -m 1 &&
		echo 2 >a && git add a && echo 3 >a && git rm -q --cached gone &&
		echo new >new && git add new && git ls-files -s >../expect &&
		git vault snapshot -q &&
		git reset -q --hard && echo other >b && git add b &&
		git vault restore latest --in-place --index &&
		git ls-files -s >../actual &&
		echo 3 >../expect-a && cp a ../actual-a
	) &&
	test_cmp expect actual && test_cmp expect-a actual-a
'

test_expect_success '--index is of all of it, and begins nothing while git has it' '
	(
		cd staged && git add a && git ls-files -s >../expect &&
		echo now >a && test_expect_code 129 git vault restore latest \
			--in-place --index a 2>../err &&
		test_grep "goes with no path" ../err && : >.git/index.lock &&
		test_expect_code 4 git vault restore latest --in-place --index \
			2>../err &&
		test_grep "nothing was restored: another git holds .*index.lock" \
			../err &&
		rm .git/index.lock && test "$(cat a)" = now &&
		git ls-files -s >../actual && git vault -q snapshot --force >../out
	) &&
	test_cmp expect actual
'

test_expect_success '--index unstages where nothing was staged' '
	test_create_repo clean && (
		cd clean &&
		echo 1 >a && git add . && git commit -q -m 1 &&
		echo 2 >a && git vault snapshot -q &&
		git add a &&
		git vault restore latest --in-place --index &&
		git diff --cached --quiet && git diff --name-only >../actual
	) &&
	echo a >expect && test_cmp expect actual
'

test_expect_success '--index brings conflicts and flags back' '
	test_create_repo conflict && (
		cd conflict &&
		echo base >f && echo x >assumed && echo y >skipped &&
		git add . && git commit -q -m base &&
		git checkout -q -b side && echo side >f && git commit -q -a -m s &&
		git checkout -q main && echo main >f && git commit -q -a -m m &&
		test_must_fail git merge side &&
		git update-index --assume-unchanged assumed &&
		git update-index --skip-worktree skipped &&
		echo soon >soon && git add -N soon &&
		git ls-files -s >../expect && git ls-files -v >>../expect &&
		git vault snapshot -q &&
		git reset -q --hard && rm -f soon &&
		git update-index --no-assume-unchanged assumed &&
		git update-index --no-skip-worktree skipped &&
		git --icase-pathspecs vault restore latest --in-place --index &&
		git ls-files -s >../actual && git ls-files -v >>../actual
	) &&
	test_cmp expect actual
'

test_expect_success '--delete removes what a snapshot would hold, nothing else' '
	(
		reset_tree &&
		mkdir -p more/deep build && echo x >more/deep/file &&
		echo x >envs/prod/new.tfvars && echo x >build/out && echo x >a.log &&
		git add more && echo x >untracked &&
		restore --delete
	) &&
	test_path_is_missing work/more &&
	test_path_is_missing work/envs/prod/new.tfvars &&
	test_path_is_missing work/untracked &&
	test_path_is_file work/build/out && test_path_is_file work/a.log
'

test_expect_success '--delete keeps to the pathspecs' '
	(
		reset_tree &&
		echo x >envs/extra && echo x >docs/extra && echo x >envs/prod/main.tf &&
		cd envs && restore --delete .
	) &&
	test_path_is_missing work/envs/extra &&
	test_path_is_file work/docs/extra &&
	test_cmp first/envs/prod/main.tf work/envs/prod/main.tf
'

test_expect_success 'a pathspec leaves other files as they are' '
	(
		reset_tree &&
		echo x >docs/plain && echo x >run.sh && cp -a . ../before &&
		restore docs/plain
	) &&
	test_cmp first/docs/plain work/docs/plain &&
	cp -p first/docs/plain before/docs/plain && touch -r work/docs before/docs &&
	restore_cmp before work
'

test_expect_success 'a file in the way of a directory gives way, and the reverse' '
	(
		reset_tree &&
		rm -r envs && echo file >envs &&
		rm run.sh && mkdir -p run.sh/d && echo x >run.sh/d/f &&
		rm docs/plain && mkdir docs/plain &&
		restore
	) &&
	restore_cmp first work
'

test_expect_success 'what makes room for something else is told' '
	test_when_finished "rm -rf room" &&
	test_create_repo room &&
	(
		cd room && mkdir d e && echo x >d/x && echo f >f &&
		test_create_repo n && test_commit -C n one && git add d f &&
		git commit -q -m x && git vault snapshot 2>/dev/null >../id.room &&
		rm -rf d e f n && mkdir -p f/s && echo 1 >d && echo 2 >e &&
		echo 3 >n && echo 4 >f/a && echo 5 >f/s/b && echo 6 >own &&
		restore () {
			git vault -v restore $(cat ../id.room) --in-place "$@"
		} &&
		test_write_lines "D d" "A d/x" "D e" "A e/" "M f" "D f/a" \
			"D f/s/b" "D n" >../expect &&
		restore -n >../actual 2>../err && test_cmp ../expect ../actual &&
		test_grep "1 created, 1 changed, 5 deleted" ../err &&
		sed "/D n/a D own" ../expect >../expect.delete &&
		restore -n --delete >../actual && test_cmp ../expect.delete ../actual &&
		restore >../out 2>../err && grep -v "^safety" ../out >../actual &&
		test_cmp ../expect ../actual && test "$(cat f)" = f &&
		test_grep "1 created, 1 changed, 5 deleted" ../err
	)
'

test_expect_success 'ignored files in the way are never lost' '
	(
		reset_tree &&
		rm run.sh && mkdir run.sh && echo keep >run.sh/a.pyc &&
		test_expect_code 3 git vault restore "$first" --in-place 2>../err
	) &&
	test_grep "run.sh is not restored: a directory is there" err &&
	echo keep >expect && test_cmp expect work/run.sh/a.pyc
'

test_expect_success '--delete leaves all where ignored files are in the way' '
	(
		reset_tree &&
		rm run.sh && mkdir run.sh && echo keep >run.sh/a.pyc &&
		echo two >run.sh/two &&
		test_expect_code 3 git vault restore "$first" --in-place \
			--delete 2>../err
	) &&
	test_grep "run.sh is not restored: a directory is there" err &&
	test_path_is_file work/run.sh/a.pyc && test_path_is_file work/run.sh/two
'

test_expect_success 'a file that is ignored by now is not replaced' '
	(
		reset_tree &&
		git rm -q --cached docs/plain && echo "docs/plain" >>.gitignore &&
		head -c 1100000 /dev/zero >docs/plain && cp docs/plain ../expect &&
		test_expect_code 3 git vault restore "$first" --in-place \
			docs/plain 2>../err
	) &&
	test_grep "not in the safety snapshot" err &&
	test_cmp_bin expect work/docs/plain
'

test_expect_success 'nothing is written through a symbolic link' '
	test_when_finished "rm -rf outside" &&
	(
		reset_tree &&
		mkdir ../outside && mv envs/prod/main.tf ../outside/ &&
		rm -r envs && ln -s ../outside envs &&
		mkdir ../outside/prod && echo theirs >../outside/prod/main.tf &&
		test_expect_code 3 git vault restore "$first" --in-place \
			2>../err
	) &&
	test_grep "envs is not restored: it is a symbolic link" err &&
	echo theirs >expect && test_cmp expect outside/prod/main.tf &&
	test_path_is_missing outside/dev &&
	test_path_is_symlink work/envs
'

test_expect_success 'a link where a file goes is replaced, not followed' '
	test_when_finished "rm -f outside" &&
	(
		reset_tree &&
		echo theirs >../outside && rm run.sh && ln -s ../outside run.sh &&
		restore
	) &&
	echo theirs >expect && test_cmp expect outside &&
	restore_cmp first work
'

test_expect_success '--delete does not reach through a link' '
	test_when_finished "rm -rf outside" &&
	(
		reset_tree &&
		mkdir more && echo x >more/f && git add more &&
		mkdir ../outside && echo theirs >../outside/f &&
		rm -r more && ln -s ../outside more &&
		restore --delete
	) &&
	test_path_is_missing work/more &&
	test_path_is_file outside/f
'

test_expect_success 'names of one file become one file again' '
	(
		reset_tree &&
		rm docs/two && cp -p docs/one docs/two &&
		restore
	) &&
	restore_cmp first work &&
	test "$(stat -c %i work/docs/two)" = "$(stat -c %i work/envs/three)"
'

test_expect_success 'and names of one link' '
	test_when_finished "rm -rf links links.then" &&
	test_create_repo links &&
	(
		cd links && mkdir d && ln -s nowhere a && ln a b && ln b d/c &&
		ln -s nowhere own && git add . && git commit -q -m x &&
		git vault snapshot >../id.links && id=$(cat ../id.links) &&
		cp -a . ../links.then && git vault restore $id --in-place 2>../err &&
		test_grep "nothing differs" ../err &&
		for what in "rm b" "rm a b d/c" "ln -sf else a" "ln -f own b"
		do
			eval "$what" && git vault restore $id --in-place &&
				(cd .. && restore_cmp links.then links) || exit 1
		done
	)
'

test_expect_success 'if-changed trusts size and time, always compares' '
	(
		reset_tree &&
		printf "ON newline" >docs/plain &&
		touch -r ../first/docs/plain docs/plain &&
		restore docs/plain && echo ON newline | tr -d "\n" >../expect &&
		test_cmp_bin ../expect docs/plain &&
		restore --overwrite=always docs/plain
	) &&
	test_cmp_bin first/docs/plain work/docs/plain
'

test_expect_success 'if-newer and never leave what they must' '
	(
		reset_tree &&
		echo new >docs/plain && touch -d 2099-01-01 docs/plain &&
		echo old >run.sh && touch -d 1999-01-01 run.sh &&
		rm envs/dev/main.tf &&
		restore --overwrite never &&
		test_path_is_file envs/dev/main.tf &&
		test "$(cat run.sh)" = old && test "$(cat docs/plain)" = new &&
		restore --overwrite never 2>../err &&
		test_grep "all chosen files are there, and --overwrite never leaves them" ../err &&
		rm envs/dev/main.tf && restore --overwrite never 2>../err &&
		test_grep ": 1 created, [0-9]* left as they are$" ../err &&
		restore --overwrite if-newer &&
		test "$(cat docs/plain)" = new
	) &&
	test_cmp first/run.sh work/run.sh
'

test_expect_success 'if-newer leaves a newer file where a directory goes' '
	(
		reset_tree &&
		rm -r envs empty && echo new >envs && echo new >empty &&
		touch -d 2099-01-01 envs empty && for dry in -n ""
		do
			test_expect_code 3 git vault restore "$first" --in-place \
				--overwrite if-newer $dry 2>../err &&
				test_grep "envs is not restored: a file is there" ../err &&
				test_grep "empty is not restored: a file" ../err &&
				test "$(cat envs empty)" = "$(echo new && echo new)" ||
				exit 1
		done &&
		touch -d 1999-01-01 envs empty && restore --overwrite if-newer
	) &&
	test_cmp first/envs/dev/main.tf work/envs/dev/main.tf &&
	test_path_is_dir work/empty/deep
'

test_expect_success SETPRIV 'directories that may not be written are opened and locked again' '
	(
		reset_tree &&
		chown -R 65534 . && chmod 555 docs && rm -f docs/plain &&
		chmod 555 docs &&
		test_as_nobody git vault restore "$first" \
			--in-place docs/plain
	) &&
	test "$(stat -c %a work/docs)" = 555 &&
	test_cmp first/docs/plain work/docs/plain
'

test_expect_success SETPRIV 'one that nobody else may look into is told, and the rest restored' '
	(
		reset_tree && echo x >run.sh && chown -R 65534 . &&
		chown 0 docs && chmod 700 docs &&
		test_expect_code 3 test_as_nobody git vault restore "$first" \
			--in-place >../out 2>../err
	) &&
	test_grep "docs is not restored: nobody but its owner" err &&
	test_cmp first/run.sh work/run.sh && chmod 755 work/docs &&
	chown -R 0 work
'

test_expect_success 'a linked worktree restores its own files' '
	(
		reset_tree &&
		git worktree add -q ../linked && cd ../linked &&
		git vault snapshot -q && echo x >run.sh &&
		git vault restore latest --in-place
	) &&
	test_cmp first/run.sh linked/run.sh &&
	test_path_is_missing work/.git/vault/restore
'

test_expect_success 'GIT_DIR and GIT_WORK_TREE are followed from anywhere' '
	(
		reset_tree && echo x >run.sh && echo x >docs/plain &&
		cd / &&
		GIT_DIR="$TRASH_DIRECTORY/work/.git" \
		GIT_WORK_TREE="$TRASH_DIRECTORY/work" \
			git vault restore "$first" --in-place
	) &&
	restore_cmp first work
'

test_expect_success 'files that are not checked out are not made' '
	test_create_repo sparse && (
		cd sparse && mkdir in out && echo x >in/f && echo x >out/f &&
		git add . && git commit -q -m x &&
		git sparse-checkout set in && git vault snapshot -q &&
		echo y >in/f && git vault restore latest --in-place &&
		git vault restore latest --to ../sparse-out &&
		echo x >../expect && test_cmp ../expect in/f
	) &&
	test_path_is_missing sparse/out && test_path_is_file sparse-out/in/f &&
	test_path_is_missing sparse-out/out/f
'

test_expect_success 'but what stands of them, or may not be left out, is as the index had it' '
	test_create_repo dense && (
		cd dense && mkdir in out gone && echo x >in/f && echo x >out/f &&
		echo x >gone/f && ln -s f out/link && git add . && git commit -q -m x &&
		git sparse-checkout set in &&
		id=$(git vault snapshot) &&
		git sparse-checkout disable && echo yy >out/f && chmod +x out/f &&
		ln -sf g out/link && rm -r gone && git commit -q -a -m y &&
		git sparse-checkout set in out &&
		git vault restore -n $id --in-place >../out &&
		printf "M out/f\nM out/link\n" >../expect && test_cmp ../expect ../out &&
		git vault restore $id --in-place --delete &&
		test "$(cat out/f)" = x && test ! -x out/f &&
		test "$(readlink out/link)" = f && test_path_is_missing gone &&
		git reset -q --hard && git sparse-checkout disable &&
		git vault restore $id --in-place --delete && test "$(cat gone/f)" = x &&
		git vault diff $id
	)
'

test_expect_success 'a directory comes back for a file, beside paths that only stand here' '
	test_create_repo turned && (
		cd turned && mkdir -p d/in && echo x >d/in/f && echo y >other && git add . &&
		git commit -q -m x && id=$(git vault snapshot) && rm -r d/in && echo file >d/in && echo new >new &&
		git vault restore $id --in-place --delete -- d/in d/in/f new &&
		test "$(cat d/in/f)" = x && test_path_is_missing new && test "$(cat other)" = y
	)
'

test_expect_success 'nothing is left behind in .git' '
	ls -A work/.git/vault >files && test_grep ! restore files &&
	test_grep ! choose files
'

test_done
