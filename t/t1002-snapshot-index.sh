#!/bin/sh
# shellcheck disable=SC2154 # lib-take.sh sets them
test_description='what a snapshot keeps of the index: index/, meta/index, stages'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"

has_no_index () {
	test_must_fail git rev-parse -q --verify "$snap:index"
}

test_expect_success 'nothing staged: no index/' '
	mkdir d && echo 1 >f && echo 1 >d/g && echo 1 >h && git add . &&
	test_tick && git commit -q -m start && take && has_no_index &&
	test_must_fail git rev-parse -q --verify "$snap:meta/index"
'

test_expect_success 'an unstaged change is in tree/ alone' '
	echo 2 >f && take && has_no_index && echo 2 >../expect &&
	git cat-file blob "$snap:tree/f" >../actual && test_cmp ../expect ../actual
'

test_expect_success 'what is staged is kept, though the file says something else' '
	git add f && echo 3 >f && echo n >new && git add new && git rm -q --cached h &&
	take && test_cmp_rev "$snap:index" "$(git write-tree)" &&
	echo 2 >../expect && git cat-file blob "$snap:index/f" >../actual &&
	test_cmp ../expect ../actual && take_is_as_fresh
'

test_expect_success 'also where it is as the files are: its absence means HEAD' '
	git add -A && take && test_cmp_rev "$snap:index" "$snap:tree"
'

test_expect_success 'staging alone makes a snapshot' '
	git commit -q -m more && echo 4 >f && take && git add f && take &&
	test "$(field created)" = true && git reset -q && take &&
	test "$(field created)" = true && has_no_index &&
	take && test "$(field created)" = false
'

test_expect_success 'an empty index beside a commit is kept as such' '
	git rm -rq --cached . && take &&
	test "$(git rev-parse "$snap:index")" = "$(git mktree </dev/null)" &&
	git reset -q
'

test_expect_success 'before the first commit' '
	git init -q ../unborn && cd ../unborn && echo 1 >f && git add f &&
	echo 2 >f && take && test_cmp_rev "$snap:index" "$(git write-tree)" &&
	test_must_fail git rev-parse -q --verify "$snap^" &&
	git fsck --full --strict
'

test_expect_success 'what is only intended to be added' '
	echo ita >ita && git add -N ita && take &&
	git cat-file blob "$snap:meta/index" >../actual &&
	printf "100644 %s 0 intent-to-add\tita\n" "$(git hash-object -t blob /dev/null)" >../expect &&
	test_cmp ../expect ../actual && has_no_index &&
	git cat-file -e "$snap:tree/ita" && git reset -q && rm ita
'

test_expect_success 'flags of entries' '
	git update-index --assume-unchanged f && git update-index --skip-worktree h d/g &&
	take && git cat-file blob "$snap:meta/index" >../actual &&
	test_write_lines \
		"100644 $(git rev-parse :d/g) 0 skip-worktree	d/g" \
		"100644 $(git rev-parse :f) 0 assume-unchanged	f" \
		"100644 $(git rev-parse :h) 0 skip-worktree	h" >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'such entries'\'' files are kept as they are on disk' '
	echo changed >f && echo changed >h && echo changed >d/g && take &&
	for p in f h d/g
	do
		git cat-file blob "$snap:tree/$p" >../actual &&
		test_cmp $p ../actual || return 1
	done && take_is_as_fresh &&
	git update-index --no-assume-unchanged f &&
	git update-index --no-skip-worktree h d/g && git checkout -q f h d/g
'

test_expect_success 'an odd name in meta/index is quoted' '
	echo x >"tab	quote\"é" && git add -N . && take &&
	git cat-file blob "$snap:meta/index" >../actual &&
	test_grep "	\"tab\\\\tquote\\\\\"\\\\303\\\\251\"$" ../actual &&
	git reset -q && rm tab*
'

test_expect_success 'a conflict: all stages, as lines and as trees' '
	git checkout -q -b side && echo side >f && echo side >d/g &&
	git rm -q h && git commit -qam side && git checkout -q main &&
	echo main >f && echo main >d/g && echo main >h && git commit -qam main &&
	test_must_fail git merge side && take &&
	git ls-files -u >../expect && git cat-file blob "$snap:meta/index" >../actual &&
	test_cmp ../expect ../actual &&
	for stage in 1 2 3
	do
		git ls-files -u | sed -n "s/^\([0-9]* \)\([0-9a-f]*\) $stage	/\1blob \2	/p" >../expect &&
		git ls-tree -r "$snap:meta/stages/$stage" >../actual &&
		test_cmp ../expect ../actual || return 1
	done && git fsck --full --strict
'

test_expect_success 'the files of a conflict are kept with their marks' '
	git cat-file blob "$snap:tree/f" >../actual && test_cmp f ../actual &&
	test_grep "^<<<<<<<" ../actual && take_is_as_fresh &&
	git cat-file blob "$snap:meta/origin/repository" >../actual &&
	test_grep "^operation merge $(git rev-parse side)$" ../actual
'

test_expect_success 'a conflict solved is another snapshot' '
	git add -A && git commit -q -m merged && take &&
	test "$(field created)" = true && has_no_index &&
	test_must_fail git rev-parse -q --verify "$snap:meta/stages"
'

test_expect_success 'a conflict of a file with a directory' '
	git checkout -q -b file-side && git rm -rq d && echo now-file >d && git add d &&
	git commit -q -m file && git checkout -q main && echo z >d/g && git commit -qam dir &&
	test_must_fail git merge file-side && take && git fsck --full --strict &&
	take_is_as_fresh && git merge --abort
'

for version in 2 3 4
do
	test_expect_success "index version $version" '
		git update-index --index-version $version && echo v$version >>f &&
		git add f && echo w >>f && take &&
		test_cmp_rev "$snap:index" "$(git write-tree)" && take_is_as_fresh
	'
done

test_expect_success 'a split index' '
	git update-index --split-index && echo split >>f && git add f && echo w >>f &&
	take && test_cmp_rev "$snap:index" "$(git write-tree)" && take_is_as_fresh &&
	git update-index --no-split-index
'

test_expect_success 'GIT_INDEX_FILE, as a pre-commit hook has it' '
	git commit -qam before && cp .git/index ../other-index && echo other >h &&
	GIT_INDEX_FILE=../other-index git add h &&
	mkdir -p .git/hooks && cat >.git/hooks/pre-commit <<-\END &&
	#!/bin/sh
	git vault snapshot --force -q >"$TRASH_DIRECTORY/../hook-id"
	END
	chmod +x .git/hooks/pre-commit && git commit -q -a -m from-hook &&
	snap=refs/vault/snapshots/$(cat ../hook-id) &&
	test_cmp_rev "$snap:index" HEAD: && rm .git/hooks/pre-commit
'

test_expect_success 'a sparse checkout: what is not on disk is no deletion' '
	git init -q ../sparse && cd ../sparse && mkdir -p in/deep out/deep &&
	for f in top in/a in/deep/b out/a out/deep/b; do echo $f >$f || return 1; done &&
	git add . && git commit -q -m all && take &&
	git sparse-checkout set in && test_path_is_missing out && take &&
	test_cmp_rev "$snap:tree" HEAD: && test "$(field files)" = 3 &&
	line_of out/a >../actual && test_grep "^s " ../actual &&
	{ line_of out >../actual; test_must_be_empty ../actual; } &&
	take_is_as_fresh
'

test_expect_success 'a second one, and a third after an edit' '
	cd ../sparse && take && test "$(field created)" = false && echo x >>in/a &&
	take && expect=$(git commit-tree -m x HEAD^{tree}) &&
	git diff-tree -r --name-only HEAD: "$snap:tree" >../actual &&
	echo in/a >../expect && test_cmp ../expect ../actual && take_is_as_fresh &&
	git checkout in/a
'

test_expect_success 'with a sparse index too' '
	cd ../sparse && git sparse-checkout set --cone --sparse-index in && take &&
	test_cmp_rev "$snap:tree" HEAD: && take_is_as_fresh
'

test_expect_success 'wider and narrower again' '
	cd ../sparse && git sparse-checkout set in out/deep && take &&
	test_cmp_rev "$snap:tree" HEAD: && line_of out/deep/b >../actual &&
	test_grep "^f " ../actual && take_is_as_fresh &&
	git sparse-checkout set out && take && test_cmp_rev "$snap:tree" HEAD: &&
	line_of in/a >../actual && test_grep "^s " ../actual && take_is_as_fresh &&
	git sparse-checkout disable && take && test_cmp_rev "$snap:tree" HEAD: &&
	manifest >../actual && test_grep ! "^s " ../actual && take_is_as_fresh
'

test_expect_success 'a file deleted beside one that is not checked out' '
	cd ../sparse && git update-index --skip-worktree out/deep/b &&
	rm -r out && take && git ls-tree -r --name-only "$snap:tree" >../actual &&
	test_write_lines in/a in/deep/b out/deep/b top >../expect &&
	test_cmp ../expect ../actual && take_is_as_fresh &&
	git update-index --no-skip-worktree out/deep/b && git checkout -q .
'

test_expect_success 'a path that comes under version control in an ignored folder' '
	git init -q ../ignored && cd ../ignored && mkdir -p ig/sub &&
	echo ig/ >.gitignore && echo 1 >ig/sub/f.pyc && echo 1 >ig/g.pyc && take &&
	git ls-tree -r --name-only "$snap:tree" >../actual &&
	echo .gitignore >../expect && test_cmp ../expect ../actual &&
	git add -f ig/sub/f.pyc && take &&
	git ls-tree -r --name-only "$snap:tree" >../actual &&
	test_write_lines .gitignore ig/sub/f.pyc >../expect &&
	test_cmp ../expect ../actual && take_is_as_fresh &&
	git rm -q --cached ig/sub/f.pyc && take &&
	git ls-tree -r --name-only "$snap:tree" >../actual &&
	echo .gitignore >../expect && test_cmp ../expect ../actual &&
	take_is_as_fresh
'

test_expect_success 'tracked files below a folder that became a repository' '
	git init -q ../within && cd ../within && mkdir sub && echo 1 >sub/f &&
	echo 1 >g && git add . && git commit -q -m tracked && take &&
	git init -q sub && echo 2 >>sub/f && take &&
	git cat-file blob "$snap:tree/sub/f" >../actual &&
	test_cmp sub/f ../actual && take_is_as_fresh
'

test_expect_success 'a submodule that is not checked out keeps its entry' '
	git init -q ../lib && test_commit -C ../lib one && git init -q ../super &&
	cd ../super && git submodule add -q ../lib sub && git commit -q -m sub &&
	git submodule deinit -q -f sub && test_dir_is_empty sub &&
	test -z "$(git status --porcelain)" && take &&
	test_cmp_rev "$snap:tree" HEAD: && take &&
	test "$(field created)" = false && take_is_as_fresh &&
	git submodule update -q --init && take && test_cmp_rev "$snap:tree" HEAD: &&
	take_is_as_fresh && test_commit -C sub two && take &&
	git rev-parse "$snap:tree/sub" >../actual &&
	git -C sub rev-parse HEAD >../expect && test_cmp ../expect ../actual
'

test_expect_success 'a submodule in an ignored folder is tracked all the same' '
	cd ../super && echo "vendor/" >.gitignore &&
	git submodule add -q -f ../lib vendor/lib && git add . &&
	git commit -q -m vendor && take &&
	test_cmp_rev "$snap:tree" HEAD: && take_is_as_fresh
'

test_done
