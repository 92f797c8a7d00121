#!/bin/sh

test_description='hooks are put in beside those that are there, and taken out

What was there runs first, with the same arguments and input, and comes back as
the file that it was.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
token=ghp_$(printf x | sha256sum | cut -c1-36)

# a new repository, and in it
fresh () {
	rm -rf "$TRASH_DIRECTORY/repo" && git init -q "$TRASH_DIRECTORY/repo" &&
	cd "$TRASH_DIRECTORY/repo" && mkdir -p .git/hooks
}

# in it again
again () {
	cd "$TRASH_DIRECTORY/repo" || return
}

# a hook on stdin that was there before: hook NAME [MODE]
hook () {
	cat >".git/hooks/$1" && chmod "${2:-755}" ".git/hooks/$1"
}

# all that there is of hooks: what they are, whose, when made, and their bytes
picture () {
	(
		cd "${1:-.git/hooks}" &&
		find . ! -name . -printf "%P %y %m %i %T@ %l\n" | sort &&
		find . -type f ! -name "*.sample" -print0 | sort -z |
			xargs -0 -r cat
	)
}

test_expect_success 'all that are not optional are put in, and found again' '
	fresh && git vault hooks status >$T/out && test_grep ! installed $T/out &&
	git vault hooks install >$T/out &&
	cat >$T/expect <<-\END &&
	added     merge driver for configuration
	added     pre-commit
	added     pre-push
	added     post-merge
	added     post-checkout
	added     post-rewrite
	END
	test_cmp $T/expect $T/out &&
	git vault hooks status >$T/out &&
	sed "s/added    /installed/" $T/expect >$T/want &&
	echo "absent    post-commit" >>$T/want && test_cmp $T/want $T/out &&
	for name in pre-commit pre-push post-merge post-checkout post-rewrite
	do
		test_path_is_executable .git/hooks/$name || return 1
	done
'

test_expect_success 'doing it again changes nothing' '
	again && picture >$T/before && git vault hooks install >$T/out &&
	test_grep ! added $T/out && picture >$T/after &&
	test_cmp $T/before $T/after &&
	echo "# of an older version" >>.git/hooks/pre-push &&
	git vault hooks install >$T/out && test_grep "^added *pre-push" $T/out &&
	test_line_count = 5 $T/out && test_grep ! older .git/hooks/pre-push
'

test_expect_success 'what is taken out leaves nothing behind' '
	again && git vault hooks uninstall >$T/out && test_grep "^removed *pre-push" $T/out &&
	ls .git/hooks >$T/out && test_might_fail grep -v sample $T/out >$T/left &&
	test_must_be_empty $T/left &&
	git vault hooks uninstall >$T/out && test_grep ! removed $T/out
'

test_expect_success 'names are chosen, and one that there is not is refused' '
	fresh && git vault hooks install --only post-commit --only pre-push >$T/out &&
	test_write_lines "added     pre-push" "added     post-commit" >$T/expect &&
	test_cmp $T/expect $T/out &&
	git vault hooks uninstall --only pre-push >$T/out &&
	git vault hooks status >$T/out &&
	test_grep "installed post-commit" $T/out &&
	test_grep "absent *pre-push" $T/out &&
	test_expect_code 129 git vault hooks install --only pre-comit 2>$T/err &&
	test_grep "no hook .pre-comit" $T/err &&
	test_expect_code 129 git vault hooks run pre-comit 2>$T/err &&
	test_expect_code 129 git vault hooks status --only pre-push 2>$T/err &&
	test_expect_code 129 git vault hooks frob 2>$T/err
'

test_expect_success 'those of one side are taken out alone where it is named' '
	fresh && git vault hooks install >$T/out && for side in server client
	do
		git vault hooks install --server --only update --only pre-receive >$T/out &&
		git vault hooks install --$side >$T/out &&
		git vault hooks uninstall --$side >$T/out &&
		test_grep "^removed" $T/out && git vault hooks status >$T/out &&
		test_grep "installed" $T/out || return 1
	done &&
	test_grep "^installed update" $T/out && test_grep "^absent *pre-push" $T/out &&
	test_expect_code 129 git vault hooks uninstall --client --server 2>$T/err &&
	git vault hooks uninstall >$T/out && git vault hooks status >$T/out &&
	test_grep ! installed $T/out
'

test_expect_success 'one that was there runs first, with its arguments and input' '
	fresh && git init -q --bare ../to.git && git commit -q --allow-empty -m x &&
	hook pre-push <<-\END &&
	#!/bin/sh
	{ echo "$@" && cat; } >"$OUT"
	END
	hook pre-commit 700 <<-\END &&
	#!/bin/sh
	echo theirs >>"$OUT"
	! test -e stop
	END
	picture >$T/before && git vault hooks install >$T/out &&
	test_grep "added *pre-push, after" $T/out &&
	OUT=$T/got && export OUT &&
	git push -q ../to.git HEAD:refs/heads/main HEAD:refs/heads/b &&
	id=$(git rev-parse HEAD) && zero=$(echo $id | tr 0-9a-f 0) &&
	test_write_lines "../to.git ../to.git" \
		"HEAD $id refs/heads/main $zero" "HEAD $id refs/heads/b $zero" \
		>$T/expect && test_cmp $T/expect $T/got
'

test_expect_success 'its failure counts, and so does ours behind it' '
	again && >stop && rm $T/got && echo a >a && git add a &&
	test_must_fail git commit -q -m no 2>$T/err && test_must_be_empty $T/err &&
	echo theirs >$T/expect && test_cmp $T/expect $T/got && rm stop &&
	echo "token: $token" >t.yaml && git add t.yaml &&
	test_must_fail git commit -q -m no 2>$T/err &&
	test_grep "t.yaml:1: likely" $T/err && test_line_count = 2 $T/got &&
	git rm -q -f --cached t.yaml && git commit -q -m yes &&
	test_line_count = 3 $T/got
'

test_expect_success 'both are given the input where both read it' '
	again && rm -f $T/got && git add t.yaml && git commit -q --no-verify -m bad &&
	test_must_fail git push -q ../to.git HEAD:refs/heads/main 2>$T/err &&
	test_grep "t.yaml:1: likely" $T/err && test_line_count = 2 $T/got &&
	hook pre-push.before-vault <<-\END &&
	#!/bin/sh
	exit 7
	END
	git reset -q --hard HEAD~ &&
	test_must_fail git push -q ../to.git HEAD:refs/heads/main 2>$T/err &&
	test_grep ! t.yaml $T/err
'

test_expect_success 'one that is later than it may be fails what it can' '
	again && hook post-checkout <<-\END &&
	#!/bin/sh
	exit 3
	END
	git vault hooks install --only post-checkout >$T/out &&
	test_must_fail git checkout -q -b new
'

test_expect_success 'they come back as they were: files, links, modes, times' '
	fresh && hook pre-push <<-\END && hook pre-commit 750 <<-\END2 &&
	#!/bin/sh
	END
	no line at its end
	END2
	printf "#!/bin/sh\n# no line feed" >elsewhere && chmod 755 elsewhere &&
	ln -s ../../elsewhere .git/hooks/post-merge &&
	hook post-rewrite 644 <<-\END && touch -d "2001-02-03 04:05:06" .git/hooks/* &&
	not executable
	END
	picture >$T/before && git vault hooks install >$T/out &&
	test_grep "added *post-merge, after" $T/out && picture >$T/during &&
	! cmp -s $T/before $T/during && git vault hooks install >$T/out &&
	git vault hooks uninstall >$T/out && picture >$T/after &&
	test_cmp $T/before $T/after
'

test_expect_success 'one that git does not run is not run by ours' '
	fresh && hook post-commit 644 <<-\END && hook pre-commit 644 <<-\END2 &&
	#!/bin/sh
	echo ran >"$OUT"
	END
	#!/bin/sh
	echo ran >"$OUT"
	END2
	git vault hooks install --only pre-commit >$T/out && rm -f $T/got &&
	git commit -q --allow-empty -m x && test_path_is_missing $T/got
'

test_expect_success 'a newer one of another is not taken for the kept one' '
	fresh && hook pre-push <<-\END && git vault hooks install >$T/out &&
	#!/bin/sh
	exit 0
	END
	hook pre-push <<-\END && picture >$T/before &&
	#!/bin/sh
	exit 1
	END
	test_expect_code 1 git vault hooks install >$T/out &&
	test_grep "refused *pre-push: .*pre-push.before-vault" $T/out &&
	picture >$T/after && test_cmp $T/before $T/after
'

test_expect_success 'who takes ours for the one before and calls it goes no round' '
	fresh && hook pre-commit <<-\END && git vault hooks install >$T/out &&
	#!/bin/sh
	echo framework >>"$OUT"
	test ! -x "$0.legacy" && test ! -x .git/hooks/pre-commit.legacy ||
		.git/hooks/pre-commit.legacy "$@"
	END
	mv .git/hooks/pre-commit .git/hooks/pre-commit.legacy &&
	cp .git/hooks/pre-commit.before-vault .git/hooks/pre-commit &&
	git vault hooks status >$T/out && test_grep "moved *pre-commit" $T/out &&
	rm -f $T/got && echo x >x && git add x &&
	timeout 20 git commit -q -m x && test_line_count = 2 $T/got &&
	echo "token: $token" >t.yaml && git add t.yaml &&
	test_must_fail timeout 20 git commit -q -m bad 2>$T/err &&
	test_grep "t.yaml:1" $T/err
'

test_expect_success 'one that was put aside and runs no more is put back' '
	fresh && git vault hooks install >$T/out &&
	mv .git/hooks/pre-commit .git/hooks/pre-commit.old &&
	hook pre-commit <<-\END &&
	#!/bin/sh
	# lefthook run pre-commit
	END
	git vault hooks status >$T/out &&
	test_grep "moved *pre-commit, of lefthook: .*does not run it" $T/out &&
	git vault hooks install >$T/out &&
	git vault hooks status >$T/out &&
	test_grep "chained *pre-commit, after lefthook" $T/out &&
	git vault hooks uninstall >$T/out &&
	test_path_is_missing .git/hooks/pre-commit.old &&
	test_grep lefthook .git/hooks/pre-commit
'

test_expect_success 'what git cannot run is not put aside for it' '
	fresh && rm -rf .git/vault && mkdir .git/hooks/pre-commit &&
	>.git/hooks/pre-commit/theirs && mkfifo .git/hooks/pre-push &&
	picture >$T/before && test_expect_code 1 timeout 20 git vault hooks \
		install --only pre-commit --only pre-push >$T/out 2>$T/err &&
	test_grep "^refused *pre-commit: something other than an executable file is there" $T/out &&
	test_grep "^refused *pre-push: something other than an executable file is there" $T/out &&
	test_must_be_empty $T/err && picture >$T/after && test_cmp $T/before $T/after &&
	git for-each-ref refs/vault >$T/out && test_must_be_empty $T/out &&
	git vault hooks uninstall >$T/out && picture >$T/after &&
	test_cmp $T/before $T/after
'

# event N: the N-th newest of the audit chain, its kind and reason
event () {
	git log -1 --skip="$1" --format=%B "$(git for-each-ref \
		--format="%(refname)" refs/vault/audit)"
}

test_expect_success 'each change is an event of the audit chain' '
	fresh && git vault hooks install --only pre-push >$T/out &&
	git vault hooks install >$T/out && git vault hooks install >$T/out &&
	git vault hooks uninstall --only pre-push >$T/out &&
	git vault hooks status >$T/out && event 0 >$T/last && event 1 >$T/more &&
	test_grep hooks-uninstall $T/last && test_grep "pre-push" $T/last &&
	test_grep hooks-install $T/more && test_grep "pre-commit, post-merge" $T/more &&
	test "$(git rev-list --count --glob=refs/vault/audit)" = 3
'

test_expect_success 'one that fails says why, and the event says how far it came' '
	fresh && git vault hooks install >$T/out &&
	mkdir .git/hooks/pre-commit.before-vault &&
	test_expect_code 128 git vault hooks uninstall 2>$T/err &&
	test_line_count = 1 $T/err &&
	test_grep "pre-commit.before-vault, .*is no file: move it away" $T/err &&
	test_path_is_executable .git/hooks/pre-commit &&
	event 0 >$T/last && test_grep hooks-install $T/last &&
	rmdir .git/hooks/pre-commit.before-vault &&
	mkdir .git/hooks/pre-push.before-vault &&
	test_expect_code 128 git vault hooks uninstall 2>$T/err &&
	test_grep "pre-push.before-vault" $T/err && event 0 >$T/last &&
	test_grep hooks-uninstall $T/last && test_grep pre-commit $T/last &&
	test_grep ! pre-push $T/last && test_grep "part" $T/last
'

# the environment of a program with windows: next to none
bare () {
	env -i HOME="$HOME" GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a \
		GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a \
		GIT_COMMITTER_EMAIL=a@example.com "$@"
}

test_expect_success 'without PATH the program is found where it was' '
	fresh && git vault hooks install >$T/out && git=$(command -v git) &&
	echo a >a && bare "$git" add a &&
	bare "$git" commit -q -m first 2>$T/err && test_must_be_empty $T/err &&
	echo "token: $token" >t.yaml && bare "$git" add t.yaml &&
	test_must_fail bare "$git" commit -q -m bad 2>$T/err &&
	test_grep "t.yaml:1: likely" $T/err &&
	test_must_fail bare PATH=/nowhere "$git" commit -q -m bad 2>$T/err &&
	test_grep "t.yaml:1: likely" $T/err
'

# the program is not where it was
lose () {
	sed "s|^program=.*|program=/nowhere/git-vault|" .git/hooks/$1 >$T/hook &&
	cat $T/hook >.git/hooks/$1
}

test_expect_success 'one that has moved is found by PATH' '
	again && lose pre-commit && test_must_fail git commit -q -m bad 2>$T/err &&
	test_grep "t.yaml:1: likely" $T/err
'

test_expect_success 'without it one line is said, and the work goes on' '
	again && test_must_fail bare git -c vault.hooksRequired=true commit -q -m no \
		2>$T/err && test_grep "git-vault is not where" $T/err &&
	bare git commit -q -m bad 2>$T/err && test_line_count = 1 $T/err &&
	test_grep "pre-commit: git-vault is not where" $T/err &&
	sed "s/.*or run: //" $T/err >$T/command && sh $T/command &&
	test_path_is_missing .git/hooks/pre-commit
'

test_expect_success 'and what was there before comes back by what it says' '
	fresh && hook pre-commit <<-\END &&
	#!/bin/sh
	echo mine >&2
	END
	git vault hooks install >$T/out && lose pre-commit &&
	bare git commit -q --allow-empty -m one 2>$T/err &&
	sed -n "s/.*or run: //p" $T/err >$T/command && sh $T/command &&
	git commit -q --allow-empty -m two 2>$T/err && echo mine >expect &&
	test_cmp expect $T/err && git vault hooks status >$T/out &&
	test_grep "^foreign *pre-commit" $T/out
'

test_expect_success 'what was there before runs also then' '
	fresh && hook pre-commit <<-\END &&
	#!/bin/sh
	exit 1
	END
	git vault hooks install >$T/out && lose pre-commit &&
	test_must_fail bare git commit -q --allow-empty -m no 2>$T/err &&
	test_must_be_empty $T/err
'

test_expect_success 'linked working trees share them' '
	fresh && git commit -q --allow-empty -m x && rm -rf ../linked &&
	git worktree add -q ../linked && (
		cd ../linked && git vault hooks install >$T/out &&
		test_grep "added *pre-commit" $T/out
	) && test_path_is_executable .git/hooks/pre-commit &&
	git vault hooks status --json >$T/out &&
	test_grep "\"directory\":\"$TRASH_DIRECTORY/repo/.git/hooks\"" $T/out &&
	test_grep "\"name\":\"pre-commit\",\"side\":\"client\",\"state\":\"installed\"" $T/out
'

test_expect_success 'in a working tree of a bare repository they are those of a client' '
	(
		fresh && git commit -q --allow-empty -m one &&
		git clone -q --bare . ../bare.git && cd ../bare.git &&
		git worktree add -q ../of-bare main && cd ../of-bare &&
		git vault hooks install >$T/out && test_grep "pre-commit$" $T/out &&
		test_grep ! pre-receive $T/out && git vault hooks status >$T/out &&
		test_grep pre-commit $T/out && echo "token: $token" >t.yaml &&
		git add t.yaml && test_must_fail git commit -q -m bad 2>$T/err &&
		test_grep "t.yaml:1" $T/err
	)
'

test_expect_success 'a folder in the working tree is the repository'\''s own' '
	fresh && mkdir .githooks && git config core.hooksPath .githooks &&
	git vault hooks install >$T/out 2>$T/err &&
	test_grep "in the working tree" $T/err &&
	test_path_is_executable .githooks/pre-commit &&
	test_path_is_missing .git/hooks/pre-commit &&
	echo "token: $token" >t.yaml && git add t.yaml &&
	test_must_fail git commit -q -m bad 2>$T/err &&
	git vault hooks uninstall >$T/out 2>$T/err &&
	test_must_be_empty $T/err && test_dir_is_empty .githooks
'

test_expect_success 'one there that git tracks stays as it is, with the line to add' '
	fresh && mkdir -p deep .githooks && test_write_lines "#!/bin/sh" "echo TEAM" \
		>.githooks/pre-commit && chmod 755 .githooks/pre-commit &&
	test_write_lines "#!/bin/sh" "echo MINE" >.githooks/post-merge &&
	chmod 755 .githooks/post-merge && git add .githooks/pre-commit &&
	git commit -q -m one && git config core.hooksPath .githooks &&
	picture .githooks >$T/before &&
	(cd deep && test_expect_code 1 git vault hooks install --only pre-commit) \
		>$T/out 2>$T/err &&
	test_grep "^refused *pre-commit: git tracks .* the line: git vault hooks run -- pre-commit " \
		$T/out && picture .githooks >$T/after && test_cmp $T/before $T/after &&
	test_expect_code 1 git vault hooks install >$T/out 2>$T/err &&
	test_line_count = 6 $T/out && test_grep "^refused *pre-commit:" $T/out &&
	test_grep "^added *post-merge, after" $T/out &&
	test_grep "^added *pre-push" $T/out && git diff --exit-code &&
	test_path_is_missing .githooks/pre-commit.before-vault &&
	sed -n "s/^refused.* the line: //p" $T/out >>.githooks/pre-commit &&
	git vault hooks install >$T/out 2>$T/err &&
	test_grep "^foreign *pre-commit: a line of it runs" $T/out &&
	git vault hooks status >$T/out && test_grep "pre-commit: a line of" $T/out &&
	git commit -q -a -m two >$T/out 2>&1 && test_grep TEAM $T/out &&
	echo "token: $token" >t.yaml && git add t.yaml &&
	test_must_fail git commit -q -m bad >$T/out 2>&1 &&
	test_grep TEAM $T/out && test_grep t.yaml:1 $T/out &&
	git vault hooks uninstall >$T/out && git diff --exit-code &&
	test_path_is_missing .githooks/pre-push
'

test_expect_success 'so it does in a linked working tree, and in the middle of a conflict' '
	fresh && mkdir .githooks && echo "#!/bin/sh" >.githooks/pre-push &&
	git add . && git commit -q -m one && git branch other &&
	git config core.hooksPath .githooks && rm -rf ../linked &&
	git worktree add -q ../linked && (
		cd ../linked &&
		test_expect_code 1 git vault hooks install --only pre-push >$T/out &&
		test_grep "^refused *pre-push: git tracks" $T/out
	) && echo "# a" >>.githooks/pre-push && git commit -q -a -m a &&
	git checkout -q other && echo "# b" >>.githooks/pre-push &&
	git commit -q -a -m b && test_must_fail git merge -q main >$T/out 2>&1 &&
	test_expect_code 1 git vault hooks install --only pre-push >$T/out &&
	test_grep "^refused *pre-push: git tracks" $T/out &&
	rm -rf ../linked && git worktree prune
'

test_expect_success 'one of each working tree is for that one alone, and the others are told' '
	fresh && mkdir .githooks && echo "/.githooks" >.git/info/exclude &&
	git config core.hooksPath .githooks && git commit -q --allow-empty -m x &&
	git vault hooks install >$T/out 2>$T/err && test_grep ! "working tree /" $T/err &&
	rm -rf ../linked && git worktree add -q ../linked &&
	top=$TRASH_DIRECTORY/linked && for where in . ../linked
	do
		git -C $where vault hooks status >$T/out 2>$T/err &&
		test_grep "no hook of git vault runs in the working tree $top," $T/err &&
		{ git -C $where vault doctor >$T/out || :; } &&
		test_grep "^warning: no hook .* in the working tree $top: .* .githooks," \
			$T/out || return 1
	done &&
	git vault hooks install >$T/out 2>$T/err &&
	test_grep "vault hooks install. puts them in" $T/err &&
	{ git vault doctor >$T/out || :; } &&
	sed -n "s/^    \(git -C\)/\1/p" $T/out >$T/command && sh $T/command >$T/out 2>&1 &&
	test_path_is_executable ../linked/.githooks/pre-commit &&
	git vault hooks status >$T/out 2>$T/err && test_must_be_empty $T/err &&
	echo "token: $token" >../linked/t.yaml && git -C ../linked add t.yaml &&
	test_must_fail git -C ../linked commit -q -m bad 2>$T/err &&
	git vault hooks uninstall >$T/out 2>$T/err &&
	git -C ../linked vault hooks status >$T/out 2>$T/err &&
	test_grep "working tree $TRASH_DIRECTORY/repo," $T/err &&
	rm -rf ../linked && git vault hooks install >$T/out 2>$T/err &&
	test_grep ! "working tree /" $T/err
'

test_expect_success 'what it leaves in the folder of before is said, with what takes it out' '
	fresh && hook pre-push <<-\END && chmod 755 .git/hooks/pre-push &&
	#!/bin/sh
	END
	picture >$T/before && git vault hooks install >$T/out &&
	git config core.hooksPath .githooks && git vault hooks install >$T/out &&
	git vault hooks uninstall --only pre-push >$T/out 2>$T/err &&
	test_must_be_empty $T/err &&
	git vault hooks uninstall >$T/out 2>$T/err &&
	test_dir_is_empty .githooks &&
	test_grep "are also in .*/.git/hooks .*: pre-commit, pre-push, " $T/err &&
	way=$(sed -n "s/.*; to remove them: git \(-c .*uninstall\)$/\1/p" $T/err) &&
	mkdir -p deep && (cd deep && eval "git $way" >$T/out 2>$T/err) &&
	test_must_be_empty $T/err && picture >$T/after &&
	test_cmp $T/before $T/after &&
	git config --unset core.hooksPath && git vault hooks status >$T/out &&
	test_grep ! "installed\|chained" $T/out && git vault hooks install >$T/out &&
	mkdir -p ../shared && git config core.hooksPath ../shared &&
	test_expect_code 128 git vault hooks uninstall >$T/out 2>$T/err &&
	test_grep "outside of this repository" $T/err &&
	test_grep "are also in .*/.git/hooks " $T/err
'

test_expect_success 'one that is not is left alone, and the line to add is said' '
	fresh && mkdir -p ../shared && git config core.hooksPath ../shared &&
	test_expect_code 128 git vault hooks install 2>$T/err &&
	test_grep "outside of this repository" $T/err &&
	test_grep "git vault hooks run -- pre-commit" $T/err &&
	test_dir_is_empty ../shared && git vault hooks status >$T/out 2>$T/err &&
	test_grep "outside" $T/err &&
	cat >../shared/pre-commit <<-\END && chmod 755 ../shared/pre-commit &&
	#!/bin/sh
	git vault hooks run -- pre-commit "$@" || exit
	END
	echo "token: $token" >t.yaml && git add t.yaml &&
	test_must_fail git commit -q -m bad 2>$T/err && test_grep t.yaml:1 $T/err &&
	git vault hooks status >$T/out 2>$T/err &&
	test_grep "foreign *pre-commit: a line of it runs" $T/out &&
	test_grep "such as pre-push, the line: .* -- pre-push " $T/err &&
	for name in pre-push post-merge post-checkout post-rewrite
	do
		echo "git-vault hooks run $name" >../shared/$name || return 1
	done && echo "# git vault hooks run -- post-merge" >../shared/post-merge &&
	git vault hooks status >$T/out 2>$T/err &&
	test_grep "foreign *post-rewrite: a line of it runs" $T/out &&
	test_grep "such as post-merge, the line" $T/err &&
	echo "exec git vault hooks run -- post-merge" >../shared/post-merge &&
	git vault hooks status >$T/out 2>$T/err && test_grep ! "such as" $T/err &&
	test_grep "outside .*; lines in its hook files run those of git vault" \
		$T/err
'

test_expect_success 'who has no hooks at all has none of ours' '
	fresh && git config core.hooksPath /dev/null &&
	git vault hooks status >$T/out 2>$T/err && test_grep ! installed $T/out &&
	test_expect_code 128 git vault hooks install 2>$T/err &&
	test_expect_code 128 git vault hooks uninstall 2>$T/err &&
	test_might_fail git vault doctor >$T/out &&
	test_grep ! "hooks of git vault do not run" $T/out && >here &&
	git config core.hooksPath here &&
	test_expect_code 128 git vault hooks install 2>$T/err &&
	test_grep "where hooks come from, cannot be written" $T/err
'

test_expect_success 'so is one that is set for all repositories, within this one' '
	fresh && mkdir hooks &&
	git config --global core.hooksPath "$TRASH_DIRECTORY/repo/hooks" &&
	test_when_finished "git config --global --unset core.hooksPath" &&
	test_expect_code 128 git vault hooks install 2>$T/err &&
	test_grep "for all repositories" $T/err && test_dir_is_empty hooks &&
	git config core.hooksPath .git/hooks && git vault hooks install >$T/out &&
	test_path_is_executable .git/hooks/pre-commit
'

test_expect_success SETPRIV 'one that cannot be written is left as it is' '
	fresh && hook pre-commit <<-\END && chmod 755 .git/hooks && picture >$T/before &&
	#!/bin/sh
	END
	test_expect_code 128 test_as_nobody git -c safe.directory="*" vault \
		hooks install >$T/out 2>$T/err &&
	test_grep "cannot be written" $T/err && picture >$T/after &&
	test_cmp $T/before $T/after
'

test_expect_success 'one that can be no folder is no trouble to the rest' '
	fresh && test_commit one && git worktree add -q ../beside &&
	for set in .git/hooks "" one.t/hooks
	do
		git config core.hooksPath "$set" && (
			cd ../beside && echo more >>file && git vault snapshot -q &&
			git vault list >$T/out && git vault status >$T/out &&
			test_expect_code 128 git vault hooks status 2>$T/err &&
			test_grep "core.hooksPath is .$set.; git config" $T/err &&
			test_expect_code 1 git vault doctor >$T/out &&
			test_grep "no folder of hooks: core.hooksPath is" $T/out
		) || return 1
	done
'

test_expect_success 'a path with blanks and quotes in it is no trouble' '
	fresh && there="$TRASH_DIRECTORY/it'\''s \$a place" && mkdir "$there" &&
	cp "$GIT_VAULT_BUILD_DIR/git-vault/git-vault" "$there" &&
	"$there/git-vault" hooks install >$T/out &&
	echo "token: $token" >t.yaml && git add t.yaml &&
	test_must_fail bare git commit -q -m bad 2>$T/err && test_grep t.yaml:1 $T/err
'

test_expect_success 'what husky runs by another program gets no lines of sh' '
	git init -q husk && (
		cd husk && mkdir -p .husky/_ && echo : >.husky/_/husky.sh &&
		git config core.hooksPath .husky &&
		printf "#!/usr/bin/env node\nconsole.log(1)\n" >.husky/pre-commit &&
		cp .husky/pre-commit expect &&
		test_expect_code 1 git vault hooks install --only pre-commit >out &&
		test_grep "it is no script of sh" out &&
		test_cmp expect .husky/pre-commit &&
		printf "#!/usr/bin/env sh\n:\n" >.husky/pre-commit &&
		git vault hooks install --only pre-commit >out &&
		test_grep "added *pre-commit, after husky$" out &&
		printf "#!/bin/sh\nexec 3>&1\nif :\nthen\n\t:\nfi\nexit 0\n" \
			>.husky/pre-commit &&
		git vault hooks install --only pre-commit >out &&
		test_grep "after husky: a line ends it by exit or exec" out &&
		git vault hooks status >out &&
		test_grep "chained *pre-commit, after husky: a line ends it by exit or exec" out &&
		printf "exec 3>&1\n" >.husky/pre-commit && cp .husky/pre-commit expect &&
		git vault hooks install --only pre-commit >out &&
		test_grep "added *pre-commit, after husky$" out &&
		git vault hooks install --only pre-push >out && test_grep "added *pre-push" out &&
		git vault hooks uninstall >out && test_cmp expect .husky/pre-commit &&
		test_path_is_missing .husky/pre-push &&
		test_path_is_missing .git/vault/hooks/pre-commit &&
		test_path_is_missing .git/vault/hooks/pre-push && git vault hooks uninstall >out &&
		test_cmp expect .husky/pre-commit
	)
'

test_expect_success 'nothing is put in from inside a push that is not taken yet' '
	fresh && picture >$T/before &&
	test_expect_code 128 env GIT_QUARANTINE_PATH="$PWD/.git/objects/q" \
		git vault hooks install 2>$T/err &&
	test_grep "a push is being received and may still be refused" $T/err &&
	mkdir .git/objects/quarantine-1 &&
	test_expect_code 128 env GIT_OBJECT_DIRECTORY="$PWD/.git/objects/quarantine-1" \
		git vault hooks install --server 2>$T/err &&
	test_grep "a push is being received" $T/err &&
	picture >$T/after && test_cmp $T/before $T/after &&
	test -z "$(git for-each-ref refs/vault)" && test_path_is_missing .git/vault
'

test_expect_success 'what a killed one left goes with the next' '
	fresh && for how in install uninstall
	do
		pid=$(sh -c "echo \$\$") && : >.git/hooks/pre-push.$pid.tmp &&
		: >.git/hooks/mine.$pid.tmp && : >.git/hooks/update.$$.tmp &&
		git vault hooks $how >$T/out && ls .git/hooks >$T/names &&
		test_grep ! "pre-push.*tmp" $T/names &&
		test_path_is_file .git/hooks/mine.$pid.tmp &&
		test_path_is_file .git/hooks/update.$$.tmp || return 1
	done
'

test_expect_success 'also where every file of a folder is run, and in those of husky' '
	pid=$(sh -c "echo \$\$") && cd "$TRASH_DIRECTORY" && rm -rf husk &&
	git init -q --bare tea.git && mkdir -p tea.git/hooks/pre-receive.d &&
	: >tea.git/hooks/pre-receive.d/vault.$pid.tmp &&
	: >tea.git/hooks/pre-receive.d/theirs.$pid.tmp &&
	git -C tea.git vault hooks uninstall >$T/out &&
	ls tea.git/hooks/pre-receive.d >$T/names &&
	echo theirs.$pid.tmp >$T/expect && test_cmp $T/expect $T/names &&
	git init -q husk && cd husk && mkdir -p .husky/_ .git/vault/hooks &&
	echo : >.husky/_/husky.sh && git config core.hooksPath .husky &&
	: >.husky/pre-commit.$pid.tmp && : >.git/vault/hooks/pre-push.$pid.tmp &&
	test_expect_code 1 git vault doctor --json >$T/out &&
	test_grep "husky/pre-commit.$pid.tmp was left by" $T/out &&
	test_grep "hooks/pre-push.$pid.tmp was left by" $T/out &&
	git vault hooks install >$T/out &&
	find . -name "*.tmp" >$T/names && test_must_be_empty $T/names
'

test_done
