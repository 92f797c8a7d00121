#!/bin/sh

test_description='hooks beside those of Git LFS, husky, lefthook and pre-commit

The programs themselves, where they are here. Those of npm are taken from a cache
in the build folder, which GIT_VAULT_TEST_NPM=1 fills.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
token=ghp_$(printf x | sha256sum | cut -c1-36)
modules=$TRASH_DIRECTORY/npm/node_modules

# of npm PACKAGE: in $modules
of_npm () {
	command -v npm >/dev/null && command -v node >/dev/null &&
	mkdir -p "$TRASH_DIRECTORY/npm" && (
		cd "$TRASH_DIRECTORY/npm" && echo "{}" >package.json &&
		offline=--offline &&
		test -z "$GIT_VAULT_TEST_NPM" || offline=--prefer-offline &&
		npm_config_cache=$GIT_VAULT_BUILD_DIR/t/npm timeout 120 \
			npm install --no-audit --no-fund --ignore-scripts \
			$offline "$1" >"$T/npm" 2>&1
	)
}

test_lazy_prereq LFS 'git lfs version'
test_lazy_prereq PRECOMMIT 'pre-commit --version'
test_lazy_prereq HUSKY 'of_npm husky@9'
test_lazy_prereq LEFTHOOK 'of_npm lefthook@2 && "$modules/.bin/lefthook" version'

fresh () {
	git init -q "$TRASH_DIRECTORY/$1" && cd "$TRASH_DIRECTORY/$1" || return
}

# all of a folder of hooks, but for times
picture () {
	(
		cd "$1" && find . -printf "%P %y %m %l\n" | sort &&
		find . -type f ! -name "*.sample" | sort | xargs cat
	)
}

commit () {
	echo "$2" >"$1" && git add "$1" && git commit -q --no-verify -m "$1"
}

# a commit with a secret is refused by us, and not one without
guards () {
	echo "token: $token" >guard.yaml && git add guard.yaml &&
	test_must_fail git commit -q -m bad >$T/out 2>$T/err &&
	test_grep "guard.yaml:1: likely" $T/err &&
	git rm -q -f --cached guard.yaml && rm guard.yaml &&
	git commit -q --allow-empty -m good >$T/out 2>$T/err
}

test_expect_success LFS 'Git LFS uploads what is pushed, and we search it' '
	fresh lfs && git lfs install --local >$T/out && picture .git/hooks >$T/before &&
	git vault hooks install >$T/out &&
	test_grep "added *pre-push, after git-lfs" $T/out &&
	test_grep "added *post-checkout, after git-lfs" $T/out &&
	git lfs track "*.bin" >$T/out && git add .gitattributes &&
	head -c 100000 /dev/zero | tr "\0" x >a.bin && git add a.bin &&
	git commit -q -m large && git init -q --bare ../lfs.git &&
	git remote add origin "file://$TRASH_DIRECTORY/lfs.git" &&
	git push -q origin HEAD:refs/heads/main 2>$T/err &&
	find ../lfs.git/lfs/objects -type f >$T/stored && test_line_count = 1 $T/stored &&
	commit t.yaml "token: $token" && head -c 5000 /dev/zero >b.bin &&
	git add b.bin && git commit -q -m more &&
	test_must_fail git push -q origin HEAD:refs/heads/main 2>$T/err &&
	test_grep "t.yaml:1: likely" $T/err
'

test_expect_success LFS 'a clone by Git LFS has its files, and it has its hooks back' '
	git clone -q -b main "file://$TRASH_DIRECTORY/lfs.git" lfs-clone 2>$T/err &&
	(
		cd lfs-clone && git lfs install --local >$T/out &&
		git vault hooks install >$T/out && git lfs pull && git checkout -q -b x &&
		test "$(wc -c <a.bin)" = 100000
	) &&
	cd lfs && git vault hooks uninstall >$T/out &&
	picture .git/hooks >$T/after && test_cmp $T/before $T/after &&
	git lfs install --local >$T/out
'

husky () {
	fresh husky && node "$modules/husky/bin.js" &&
	test "$(git config core.hooksPath)" = .husky/_
}

test_expect_success HUSKY 'husky runs its own, and then ours' '
	husky && printf "echo theirs >>\"\$OUT\"" >.husky/pre-commit &&
	chmod 640 .husky/pre-commit && OUT=$T/got && export OUT &&
	printf "#!/bin/sh\ncat >\"\$OUT\"\n" >.husky/pre-push &&
	picture .husky >$T/before && git vault hooks install >$T/out 2>$T/err &&
	test_grep "added *pre-commit, after husky" $T/out &&
	test_grep "which belongs to the project: the lines" $T/err && rm -f $T/got &&
	guards && test_line_count = 2 $T/got &&
	git vault hooks status >$T/out &&
	test_grep "chained *pre-commit, after husky" $T/out &&
	test_grep "installed post-merge, of husky" $T/out
'

test_expect_success HUSKY 'both are given the input of a push' '
	cd husky && commit a a && git init -q --bare ../husky.git &&
	git push -q ../husky.git HEAD:refs/heads/main 2>$T/err &&
	id=$(git rev-parse HEAD) && zero=$(echo $id | tr 0-9a-f 0) &&
	echo "HEAD $id refs/heads/main $zero" >$T/expect &&
	test_cmp $T/expect $T/got && commit t.yaml "token: $token" &&
	test_must_fail git push -q ../husky.git HEAD:refs/heads/main 2>$T/err &&
	test_grep "t.yaml:1: likely" $T/err
'

test_expect_success HUSKY 'they stay when husky is installed anew' '
	cd husky && picture .husky >$T/during && node "$modules/husky/bin.js" &&
	picture .husky >$T/after && test_cmp $T/during $T/after &&
	guards && git vault hooks install >$T/out && test_grep ! added $T/out &&
	picture .husky >$T/after && test_cmp $T/during $T/after
'

test_expect_success HUSKY 'a failure of its own counts, and ours is not asked' '
	cd husky && cp .husky/pre-commit $T/kept && echo "exit 4" >$T/first &&
	cat $T/first $T/kept >.husky/pre-commit &&
	test_must_fail git commit -q --allow-empty -m no 2>$T/err &&
	cat $T/kept >.husky/pre-commit
'

test_expect_success HUSKY 'who has no git vault is not stopped by its lines' '
	cd husky && git add .husky && git commit -q --no-verify -m husky &&
	git clone -q . ../mate 2>$T/err && (
		cd ../mate && node "$modules/husky/bin.js" &&
		echo "token: $token" >t2.yaml && git add t2.yaml &&
		git commit -q -m mate && git vault hooks status >$T/out &&
		test_grep "foreign *pre-commit" $T/out
	)
'

test_expect_success HUSKY 'and they are taken out without a trace' '
	cd husky && git vault hooks uninstall >$T/out &&
	picture .husky >$T/after && test_cmp $T/before $T/after &&
	test_path_is_missing .git/vault/hooks/pre-commit
'

test_expect_success LEFTHOOK 'lefthook, that was there before, runs first' '
	fresh lefthook && lefthook=$modules/.bin/lefthook &&
	PATH=$modules/.bin:$PATH && export PATH && OUT=$T/got && export OUT &&
	cat >lefthook.yml <<-\END &&
	pre-commit:
	  jobs:
	    - run: echo theirs >>"$OUT"
	END
	$lefthook install >$T/out 2>&1 && picture .git/hooks >$T/before &&
	git vault hooks install >$T/out &&
	test_grep "added *pre-commit, after lefthook" $T/out && rm -f $T/got &&
	git add lefthook.yml && git commit -q -m x >$T/out 2>&1 &&
	echo theirs >$T/expect && test_cmp $T/expect $T/got && guards &&
	git vault hooks uninstall >$T/out && picture .git/hooks >$T/after &&
	test_cmp $T/before $T/after
'

test_expect_success LEFTHOOK 'lefthook, that comes later, is told of and put behind' '
	fresh lefthook2 && lefthook=$modules/.bin/lefthook &&
	PATH=$modules/.bin:$PATH && export PATH &&
	git vault hooks install >$T/out && cp ../lefthook/lefthook.yml . &&
	$lefthook install >$T/out 2>&1 && git vault hooks status >$T/out &&
	test_grep "moved *pre-commit, of lefthook: .*does not run it" $T/out &&
	git vault hooks install >$T/out && guards &&
	git vault hooks status >$T/out &&
	test_grep "chained *pre-commit, after lefthook" $T/out
'

# what the pre-commit framework runs, without a network
config () {
	cat >.pre-commit-config.yaml <<-\END
	repos:
	- repo: local
	  hooks:
	  - id: theirs
	    name: theirs
	    language: system
	    entry: sh -c 'echo theirs >>"$OUT"'
	    always_run: true
	    pass_filenames: false
	END
}

test_expect_success PRECOMMIT 'the pre-commit framework runs first' '
	fresh framework && config && OUT=$T/got && export OUT && rm -f $T/got &&
	git add . && pre-commit install >$T/out 2>&1 &&
	picture .git/hooks >$T/before && git vault hooks install >$T/out &&
	test_grep "added *pre-commit, after pre-commit" $T/out &&
	git commit -q -m x >$T/out 2>&1 && test_line_count = 1 $T/got && guards &&
	git vault hooks uninstall >$T/out && picture .git/hooks >$T/after &&
	test_cmp $T/before $T/after
'

test_expect_success PRECOMMIT 'and where it comes later it runs ours' '
	fresh framework2 && config && OUT=$T/got && export OUT && rm -f $T/got &&
	git vault hooks install >$T/out && pre-commit install >$T/out 2>&1 &&
	git vault hooks status >$T/out && test_grep "moved *pre-commit" $T/out &&
	git add . && guards && git vault hooks install >$T/out && guards &&
	git vault hooks uninstall >$T/out &&
	test_path_is_missing .git/hooks/pre-commit.legacy &&
	test_grep pre-commit.com .git/hooks/pre-commit
'

test_expect_success PRECOMMIT 'also where it came, went behind ours, and came again' '
	fresh framework3 && config && OUT=$T/got && export OUT && rm -f $T/got &&
	pre-commit install >$T/out 2>&1 && git vault hooks install >$T/out &&
	pre-commit install >$T/out 2>&1 && git add . && guards
'

test_expect_success PRECOMMIT 'and then it is taken out without a trace' '
	git vault hooks uninstall >$T/out && ls .git/hooks >$T/out &&
	test_grep ! "legacy\|before-vault" $T/out && rm -f secret &&
	git add -A && git commit -q --allow-empty -m after
'

test_expect_success LEFTHOOK 'lefthook comes again, and ours is put back again' '
	fresh again && printf "pre-commit:\n  jobs:\n    - run: echo theirs\n" \
		>lefthook.yml && git add . && lefthook install >$T/out 2>&1 &&
	git vault hooks install >$T/out && for turn in 1 2 3
	do
		lefthook install >$T/out 2>&1 && git vault hooks install >$T/out &&
			guards && test_path_is_missing .git/hooks/pre-commit.old ||
			return 1
	done && git vault hooks uninstall >$T/out &&
	test_grep lefthook .git/hooks/pre-commit &&
	test_path_is_missing .git/hooks/pre-commit.before-vault
'

test_expect_success LFS 'so does Git LFS' '
	fresh large && git lfs install --local >$T/out && for turn in 1 2
	do
		git vault hooks install >$T/out &&
			git lfs update --force >$T/out &&
			test_grep "git lfs" .git/hooks/pre-push || return 1
	done && git vault hooks install >$T/out &&
	test_grep "git-vault hook" .git/hooks/pre-push &&
	git vault hooks uninstall >$T/out && test_grep "git lfs" .git/hooks/pre-push &&
	test_path_is_missing .git/hooks/pre-push.before-vault
'

test_expect_success LFS 'but who has put more into its hook keeps that' '
	fresh mine && git lfs install --local >$T/out &&
	echo "# and mine" >>.git/hooks/pre-push && cp .git/hooks/pre-push $T/mine &&
	git vault hooks install >$T/out && git lfs update --force >$T/out &&
	test_expect_code 1 git vault hooks install >$T/out &&
	test_grep "refused *pre-push.*: .*pre-push.before-vault" $T/out &&
	test_cmp $T/mine .git/hooks/pre-push.before-vault
'

test_done
