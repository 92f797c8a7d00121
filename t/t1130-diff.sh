#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault diff'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

# What is printed goes below .git, so that it is in no snapshot.

test_expect_success 'set up' '
	mkdir -p envs/prod envs/dev &&
	test_seq 20 >envs/prod/main.tf &&
	test_seq 30 60 >moved &&
	echo gone >gone &&
	echo same >same && echo "*" >envs/dev/all && echo tool >tool &&
	echo secret >.env && echo .env >.gitignore &&
	git add . && test_tick && git commit -q -m first &&
	snapshot_take && one=$snapshot &&
	echo 21 >>envs/prod/main.tf &&
	mv moved envs/dev/moved &&
	rm gone && echo new >"new file" &&
	chmod +x tool && rm envs/dev/all && ln -s x envs/dev/all &&
	echo other >.env &&
	snapshot_take && two=$snapshot
'

test_expect_success 'equal snapshots: nothing, and exit status 0' '
	git vault diff $one $one >.git/out &&
	test_must_be_empty .git/out &&
	git vault diff --json $one $one >.git/out &&
	test_grep "\"changes\": *\[\]" .git/out &&
	snapshot_take && git vault diff $two $snapshot >.git/out &&
	test_must_be_empty .git/out
'

test_expect_success 'each path and what happened to it' '
	cat >.git/expect <<-END &&
	M	.env
	T	envs/dev/all
	R100	moved	envs/dev/moved
	M	envs/prod/main.tf
	D	gone
	A	new file
	M	tool
	END
	test_expect_code 1 git vault diff --name-status $one $two >.git/actual &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --name-only $one $two >.git/actual &&
	sed "s/.*	//" .git/expect >.git/names &&
	test_cmp .git/names .git/actual
'

test_expect_success 'the patch and the chart are those of git' '
	test_expect_code 1 git vault diff $one $two >.git/actual &&
	git diff -M refs/vault/snapshots/$one:tree \
		refs/vault/snapshots/$two:tree >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_grep "^+21" .git/actual &&
	test_expect_code 1 git vault diff -p $one $two >.git/actual &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --stat $one $two >.git/actual &&
	git diff -M --stat refs/vault/snapshots/$one:tree \
		refs/vault/snapshots/$two:tree >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --stat --name-only $one $two \
		>.git/actual &&
	test_line_count = 7 .git/actual
'

test_expect_success 'colours as asked' '
	test_expect_code 1 git vault diff --color=always $one $two >.git/out &&
	test_grep "$(printf "\033")\[32m+.*21" .git/out
'

test_lazy_prereq PTY 'script -qec true /dev/null'

test_expect_success PTY 'through a pager the chart is as wide as the terminal' '
	long=$(printf "%090d" 1) && mkdir $long && echo 1 >$long/main.tf &&
	snapshot_take && long=$snapshot && rm -r 0* &&
	test_expect_code 1 test_env TERM=xterm GIT_PAGER="cat -u" script -qec \
		"stty cols 160; git vault diff --stat $two $long" /dev/null \
		</dev/null >.git/out &&
	test_grep "^ 00*1/main.tf " .git/out
'

# colors YES-OR-NO ARGUMENTS…: whether git with these colours on a terminal
colors () {
	wants=$1 && shift && TERM=xterm GIT_PAGER=cat script -qec \
		"git $* $one $two" /dev/null </dev/null >.git/out
	test_grep "diff --git a/moved" .git/out &&
	if test $wants = yes
	then
		test_grep "$(printf "\033")\[32m+" .git/out
	else
		test_grep ! "$(printf "\033")\[32m+" .git/out
	fi
}

test_expect_success PTY 'whether the patch has colours the configuration of git says' '
	colors yes vault diff && colors no -c color.diff=false vault diff &&
	colors no -c color.diff=never -c color.ui=always vault diff &&
	colors yes -c color.diff=false vault diff --color &&
	colors yes -c color.ui=false -c color.diff=auto vault diff &&
	colors no -c color.vault=false vault diff &&
	colors no vault diff --no-color &&
	colors yes -c color.diff=always -c color.vault=false vault diff &&
	test_expect_code 1 git -c color.diff=true vault diff $one $two >.git/out &&
	test_grep ! "$(printf "\033")" .git/out &&
	test_expect_code 1 git -c color.diff=always vault diff $one $two \
		>.git/out && test_grep "$(printf "\033")\[32m+" .git/out
'

test_expect_success 'the diff drivers and attributes of the user count' '
	test_config diff.upper.textconv "tr a-z A-Z <" &&
	test_when_finished "rm -f .git/info/attributes" &&
	mkdir -p .git/info && echo "* diff=upper" >.git/info/attributes &&
	test_expect_code 1 git vault diff $one $two -- .env >.git/out &&
	test_grep "^-SECRET" .git/out &&
	test_grep "^+OTHER" .git/out
'

test_expect_success JQ 'the JSON document' '
	test_expect_code 1 git vault diff --json $one $two >.git/out &&
	jq -r ".from, .to" .git/out >.git/actual &&
	test_write_lines $one $two >.git/expect &&
	test_cmp .git/expect .git/actual &&
	jq -c ".changes[] | [.path, .change, .old_path, .old_mode, .new_mode, .old_bytes, .new_bytes]" \
		.git/out >.git/actual &&
	cat >.git/expect <<-\END &&
	[".env","changed",null,"100644","100644",7,6]
	["envs/dev/all","type",null,"100644","120000",2,1]
	["envs/dev/moved","renamed","moved","100644","100644",93,93]
	["envs/prod/main.tf","changed",null,"100644","100644",51,54]
	["gone","removed",null,"100644",null,5,null]
	["new file","added",null,null,"100644",null,4]
	["tool","changed",null,"100644","100755",5,5]
	END
	test_cmp .git/expect .git/actual &&
	jq -c .totals .git/out >.git/actual &&
	echo "{\"added\":1,\"removed\":1,\"changed\":4,\"renamed\":1,\"metadata\":0}" \
		>.git/expect &&
	test_cmp .git/expect .git/actual
'

test_expect_success 'pathspecs mean what they mean to git' '
	test_expect_code 1 git vault diff --name-only $one $two -- envs \
		>.git/actual &&
	test_write_lines envs/dev/all envs/dev/moved envs/prod/main.tf \
		>.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --name-only $one $two \
		"*.tf" ":(exclude)same" >.git/actual &&
	echo envs/prod/main.tf >.git/expect &&
	test_cmp .git/expect .git/actual &&
	git vault diff --name-only $one $two -- same >.git/actual &&
	test_must_be_empty .git/actual &&
	(
		cd envs &&
		test_expect_code 1 git vault diff --name-only $one $two \
			-- prod >../.git/actual &&
		test_cmp ../.git/expect ../.git/actual &&
		test_expect_code 1 git vault diff --stat $one $two \
			-- prod >../.git/actual &&
		test_grep "^ envs/prod/main.tf" ../.git/actual &&
		test_expect_code 1 git vault diff --name-only $one $two \
			:/gone >../.git/actual
	) &&
	echo gone >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 128 git vault diff --stat $one $two -- ":(nonsense)x" \
		2>.git/err &&
	test_grep "nonsense" .git/err
'

test_expect_success 'set up differences that trees do not hold' '
	mkdir kept-empty && snapshot_take && three=$snapshot &&
	chmod 600 .env && chmod 700 envs/prod && rmdir kept-empty &&
	mkdir -p void/inner && mkfifo envs/pipe && touch same &&
	echo 22 >>envs/prod/main.tf && chmod 640 envs/prod/main.tf &&
	snapshot_take && four=$snapshot
'

test_expect_success 'metadata alone is a change of its own kind' '
	cat >.git/expect <<-END &&
	m	.env
	m	envs/pipe
	m	envs/prod
	M	envs/prod/main.tf
	m	kept-empty
	m	void/inner
	END
	test_expect_code 1 git vault diff --name-status $three $four \
		>.git/actual &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --stat $three $four >.git/actual &&
	cat >.git/expect <<-END &&
	 envs/prod/main.tf | 1 +
	 1 file changed, 1 insertion(+)
	metadata only:
	 .env: mode 0644 -> 0600
	 envs/pipe: new, not stored: fifo
	 envs/prod: mode 0755 -> 0700
	 kept-empty: empty directory gone
	 void/inner: empty directory new
	END
	test_cmp .git/expect .git/actual
'

test_expect_success JQ 'metadata in the JSON document' '
	test_expect_code 1 git vault diff --json $three $four >.git/out &&
	jq -c ".changes[] | select(.change == \"metadata\") | [.path, .metadata, .old_mode, .new_mode]" \
		.git/out >.git/actual &&
	cat >.git/expect <<-\END &&
	[".env",["mode"],"100644","100600"]
	["envs/pipe",["type"],null,null]
	["envs/prod",["mode"],"040755","040700"]
	["kept-empty",["directory"],"040755",null]
	["void/inner",["directory"],null,"040755"]
	END
	test_cmp .git/expect .git/actual &&
	jq .totals.metadata .git/out >.git/actual &&
	echo 5 >.git/expect &&
	test_cmp .git/expect .git/actual
'

test_expect_success 'metadata alone makes snapshots differ' '
	rm envs/pipe && snapshot_take && five=$snapshot &&
	chmod 644 .env && snapshot_take && six=$snapshot &&
	test_expect_code 1 git vault diff $five $six >.git/actual &&
	test_write_lines "metadata only:" " .env: mode 0600 -> 0644" \
		>.git/expect &&
	test_cmp .git/expect .git/actual
'

test_expect_success 'pathspecs choose among metadata too' '
	test_expect_code 1 git vault diff --name-status $three $four -- .env \
		>.git/actual &&
	echo "m	.env" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --name-status $three $four -- void \
		>.git/actual &&
	echo "m	void/inner" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --name-status $three $four -- \
		"*/main.tf" >.git/actual &&
	test_write_lines "m	envs/prod" "M	envs/prod/main.tf" \
		>.git/expect &&
	test_cmp .git/expect .git/actual &&
	(cd envs && git vault diff $three $four -- same) &&
	test_expect_code 1 git vault diff --name-status $three $four -- \
		envs void ":!envs/prod" >.git/actual &&
	test_write_lines "m	envs/pipe" "m	void/inner" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --name-status $three $four -- \
		":(exclude)envs" ":^.env" >.git/actual &&
	test_write_lines "m	kept-empty" "m	void/inner" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	git vault diff $three $four -- envs void ":(exclude)void/inner" \
		":!envs/prod" ":!envs/pipe" &&
	git vault diff $three $four -- same
'

test_expect_success ROOT 'an owner that changes' '
	chown 12345:54321 same && snapshot_take && seven=$snapshot &&
	test_expect_code 1 git vault diff $six $seven >.git/actual &&
	test_write_lines "metadata only:" \
		" same: owner $(id -un):$(id -gn) -> 12345:54321" >.git/expect &&
	test_cmp .git/expect .git/actual
'

test_expect_success 'paths of odd bytes are quoted, and whole in JSON' '
	snapshot_take && last=$snapshot &&
	odd=$(printf "tab\there\n\"\377") && echo x >"$odd" &&
	tree=$(snapshot_tree) && rm "$odd" &&
	snapshot_take && eight=$snapshot &&
	root=$(git ls-tree refs/vault/snapshots/$eight |
		sed "s/[0-9a-f]\{40\}	tree$/$tree	tree/" | git mktree) &&
	commit=$(git cat-file commit refs/vault/snapshots/$eight |
		sed "s/^tree .*/tree $root/" |
		git hash-object -t commit -w --stdin) &&
	git update-ref refs/vault/snapshots/$eight $commit &&
	test_expect_code 1 git vault diff --name-status $last $eight \
		>.git/actual &&
	printf "A\t%s\n" "\"tab\\there\\n\\\"\\377\"" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --json $last $eight >.git/actual &&
	test_grep -a "path_base64.*$(printf "tab\there\n\"\377" | base64)" \
		.git/actual
'

test_expect_success 'a damaged manifest is told' '
	git ls-tree refs/vault/snapshots/$one:meta >.git/meta &&
	meta=$(grep -v manifest .git/meta | git mktree) &&
	root=$(git ls-tree refs/vault/snapshots/$one |
		sed "s/[0-9a-f]\{40\}	meta$/$meta	meta/" | git mktree) &&
	git update-ref refs/vault/snapshots/$one \
		$(git cat-file commit refs/vault/snapshots/$one |
		sed "s/^tree .*/tree $root/" |
		git hash-object -t commit -w --stdin) &&
	test_expect_code 128 git vault diff $one $two 2>.git/err &&
	test_grep "snapshot $one is damaged: its meta/manifest is not there" \
		.git/err
'

test_expect_success 'every form is what git prints for the same trees' '
	test_write_lines alpha beta gamma delta one two three four >words &&
	test_seq 40 >big && snapshot_take && left=$snapshot &&
	test_write_lines alpha "beta  x" gamma "del ta" one two three five \
		>words &&
	mv big big2 &&
	echo 41 >>big2 && chmod +x words && snapshot_take && right=$snapshot &&
	a=refs/vault/snapshots/$left:tree b=refs/vault/snapshots/$right:tree &&
	while read -r form
	do
		test_expect_code 1 git vault diff $form $left $right \
			>.git/actual &&
		git diff -M $form $a $b >.git/expect &&
		test_file_not_empty .git/expect &&
		test_cmp .git/expect .git/actual || return 1
	done <<-\END
	-p
	--stat
	--numstat
	--shortstat
	--name-status
	--name-only
	-R
	-R --name-status
	--no-renames
	--no-renames --name-status
	--no-renames --stat
	-M100%
	-M100% --name-status
	--find-renames=30% --numstat
	--word-diff
	--word-diff=porcelain
	--word-diff=color --color=always
	--color=always
	-U0
	--unified=1
	-w
	-b --stat
	-R --numstat
	END
'

test_expect_success 'the words of the configuration count' '
	test_config diff.noprefix true && test_config color.diff.new magenta &&
	test_config core.quotePath false &&
	test_expect_code 1 git vault diff --color=always $left $right \
		>.git/actual &&
	git diff -M --color=always $a $b >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_grep "diff --git words words" .git/actual
'

test_expect_success 'an external diff program, and none where that is asked' '
	test_when_finished "rm -f .git/info/attributes" &&
	test_config diff.mine.command "echo external" &&
	test_config diff.mine.textconv "sed s/alpha/ALPHA/" &&
	echo "words diff=mine" >.git/info/attributes &&
	test_expect_code 1 git vault diff $left $right -- words >.git/actual &&
	test_grep "^external words" .git/actual &&
	test_expect_code 1 git vault diff --no-ext-diff $left $right -- words \
		>.git/actual &&
	test_grep "^ ALPHA" .git/actual &&
	test_expect_code 1 git vault diff --no-ext-diff --no-textconv $left \
		$right -- words >.git/actual &&
	test_grep "^ alpha" .git/actual
'

test_expect_success 'a commit, a branch and a tag stand for their own files' '
	git branch side && git tag -a -m x v1 side && first=$(git rev-parse side) &&
	test_tick && git commit -q -a -m second &&
	for rev in side v1 refs/heads/side $first HEAD^
	do
		test_expect_code 1 git vault diff --name-status $left $rev \
			>.git/actual &&
		git diff -M --name-status $a $first >.git/expect &&
		test_cmp .git/expect .git/actual &&
		test_expect_code 1 git vault diff -p $rev $right >.git/actual &&
		git diff -M $first $b >.git/expect &&
		test_cmp .git/expect .git/actual || return 1
	done &&
	test_expect_code 1 git vault diff --stat side HEAD >.git/actual &&
	git diff -M --stat side HEAD >.git/expect &&
	test_cmp .git/expect .git/actual &&
	git vault diff side v1 >.git/actual && test_must_be_empty .git/actual &&
	git vault diff $right refs/vault/snapshots/$right >.git/actual &&
	test_must_be_empty .git/actual &&
	test_expect_code 1 git vault diff --json side $right >.git/actual &&
	test_grep "\"from\":null,\"from_commit\":\"$first\",\"to\":\"$right\",\"to_commit\":null" \
		.git/actual
'

test_expect_success 'a commit and the working tree, either way around' '
	echo x >fresh &&
	test_expect_code 1 git vault diff --name-status side -- fresh words \
		>.git/actual &&
	test_write_lines "A	fresh" "A	words" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff -R --name-status side -- fresh words \
		>.git/actual &&
	test_write_lines "D	fresh" "D	words" >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff -R --json side -- fresh >.git/actual &&
	test_grep "\"from\":null,\"from_commit\":null,\"to\":null,\"to_commit\":\"$first\"" \
		.git/actual && rm fresh
'

test_expect_success 'three snapshots are too many, and one must exist' '
	test_expect_code 129 git vault diff $two $two $two -- 2>.git/err &&
	test_grep "two snapshots, not 3" .git/err &&
	test_expect_code 128 git vault diff $two nothing 2>.git/err &&
	test_grep "no snapshot is .nothing." .git/err &&
	test_expect_code 128 git vault diff same -- same 2>.git/err &&
	test_grep "no snapshot is .same." .git/err
'

test_expect_success 'with one snapshot or none, the working tree is compared' '
	git vault snapshot --force >.git/id &&
	git vault diff >.git/out &&
	test_must_be_empty .git/out &&
	echo 22 >>envs/prod/main.tf && echo more >more &&
	test_expect_code 1 git vault diff --name-status >.git/actual &&
	cat >.git/expect <<-END &&
	M	envs/prod/main.tf
	A	more
	END
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --name-only $(cat .git/id) -- more \
		>.git/actual &&
	echo more >.git/expect &&
	test_cmp .git/expect .git/actual &&
	test_expect_code 1 git vault diff --json >.git/out &&
	test_grep "\"to\": *null" .git/out
'

test_expect_success 'without one it is the last of this tree and of all its files' '
	git init -q ../last && (
		cd ../last && mkdir d && echo a >a && echo b >d/b && test_tick &&
		git add . && git commit -q -m a && git vault -q snapshot >../full &&
		test_tick && git vault -q snapshot --only d && git vault diff &&
		git worktree add -q -b other ../elsewhere && (
			cd ../elsewhere && test_tick && echo c >c &&
			git vault -q snapshot >../theirs && git vault diff
		) && git vault diff && echo more >>a &&
		test_expect_code 1 git vault diff --json >../actual &&
		test_grep "\"from\":\"$(cat ../full)\"" ../actual &&
		git vault status --json >../actual &&
		test_grep "\"last\":\"$(cat ../full)\"" ../actual &&
		test_tick && git vault -q snapshot --only d && rm .git/vault/index &&
		git vault status --json >../actual &&
		test_grep "\"last\":\"$(cat ../full)\"" ../actual &&
		test_expect_code 1 git vault diff --json >../actual &&
		test_grep "\"from\":\"$(cat ../full)\"" ../actual
	)
'

test_expect_success 'a submodule that git is told to ignore differs all the same' '
	git init -q ../ignoring && (
		cd ../ignoring && test_commit one && test_tick && git clone -q . mod &&
		printf "[submodule \"mod\"]\n\tpath = mod\n\tignore = all\n" \
			>.gitmodules && git config diff.ignoreSubmodules all &&
		git vault -q snapshot >../one && test_tick &&
		git -C mod commit -q --allow-empty -m more &&
		git vault -q snapshot >../two && one=$(cat ../one) &&
		two=$(cat ../two) && echo "M	mod" >../expect &&
		test_expect_code 1 git vault diff --name-status $one $two >../actual &&
		test_cmp ../expect ../actual &&
		test_expect_code 1 git vault diff $one $two >../actual &&
		test_grep "^+Subproject commit $(git -C mod rev-parse HEAD)" ../actual &&
		git vault list --id-only --path "mo*" >../actual &&
		cat ../two ../one >../expect && test_cmp ../expect ../actual
	)
'

test_expect_success 'the working tree leaves nothing behind, and a kill little' '
	git init -q ../clean && (
		cd ../clean && test_commit one && echo a >file && git vault -q snapshot &&
		echo b >file && echo new >other && mkdir sub && date >sub/when &&
		find .git/objects -type f | sort >../before &&
		test_expect_code 1 git vault diff >../out && test_grep "^+b$" ../out &&
		(
			cd sub && GIT_OBJECT_DIRECTORY=$PWD/../.git/objects &&
			export GIT_OBJECT_DIRECTORY &&
			test_expect_code 1 git vault diff --name-only >../../out &&
			test_expect_code 1 git vault diff -R --stat -- :/file >../../out
		) && test_grep "file | 2 +-" ../out &&
		find .git/objects -type f | sort >../after && test_cmp ../before ../after &&
		mkdir -p .git/vault/scratch-killed/objects &&
		touch -d "1 hour ago" .git/vault/scratch-killed &&
		test_expect_code 1 git vault diff >../out &&
		find .git -name "scratch-*" >../left && test_must_be_empty ../left &&
		git vault -q snapshot && git vault verify && git vault diff &&
		git fsck --strict
	)
'

test_expect_success 'nor does what git keeps of a conversion lead to what is gone' '
	(
		cd ../clean && echo "file diff=upper" >.gitattributes &&
		git config diff.upper.textconv "tr a-z A-Z <" &&
		git config diff.upper.cachetextconv true && echo c >file &&
		test_expect_code 1 git vault diff >../out && test_grep "^+C$" ../out &&
		git fsck --strict && git gc -q &&
		test_must_fail git rev-parse -q --verify refs/notes/textconv/upper &&
		old=$(git vault list --id-only -n 1) && new=$(git vault snapshot) &&
		test_expect_code 1 git vault diff $old $new >../out &&
		test_grep "^+C$" ../out && git fsck --strict
	)
'

# as_other COMMAND…: as somebody for whom permissions mean something.
as_other () {
	if test_have_prereq SETPRIV
	then
		test_as_nobody "$@"
	else
		env "$@"
	fi
}

test_expect_success 'where nothing can be written to .git it is kept elsewhere' '
	git init -q ../closed && test_when_finished "chmod -R u+w ../closed" && (
		cd ../closed && test_commit one && echo "*.key" >.gitignore &&
		echo a >file && echo secret >my.key && git vault -q snapshot &&
		echo b >file && echo other >my.key &&
		test_expect_code 1 git vault diff -- file >../expect &&
		test_expect_code 1 git vault diff --stat >>../expect &&
		tmp=$PWD/.git/tmp old=git-vault-scratch-old new=git-vault-scratch-new &&
		mkdir $tmp && chmod 1777 $tmp && mkdir -m 700 $tmp/$old $tmp/$new &&
		touch -d "1 hour ago" $tmp/$old && echo $new >../left &&
		if test_have_prereq SETPRIV
		then
			chown -R 65534 . && mkdir -m 777 $tmp/$old-root &&
			touch -d "1 hour ago" $tmp/$old-root && echo $old-root >>../left
		fi && chmod a-w .git .git/vault .git/objects &&
		test_must_fail as_other mkdir .git/vault/x &&
		test_expect_code 1 as_other TMPDIR=$tmp git vault diff -- file \
			>../actual &&
		test_expect_code 1 as_other TMPDIR=$tmp git vault diff --stat \
			>>../actual && test_cmp ../expect ../actual &&
		ls $tmp >../actual && test_cmp ../left ../actual &&
		test_expect_code 128 as_other TMPDIR=$tmp/none git vault diff 2>../err &&
		test_grep "cannot make a folder in $tmp/none" ../err
	)
'

# both FORM...: of two snapshots it is what git prints of the files that are whole,
# and behind it of those in chunks, as if there were no attributes.
both () {
	test_expect_code 1 git vault diff "$@" $one $two >.git/actual &&
	git diff -M "$@" $a $b -- . ":!big*" ":!*/big*" >.git/expect &&
	mv .git/info/attributes .git/off &&
	git diff -M "$@" $a $b -- "big*" "*/big*" >.git/binary &&
	mv .git/off .git/info/attributes &&
	test_file_not_empty .git/expect && test_grep "^Binary" .git/binary &&
	cat .git/binary >>.git/expect && test_cmp .git/expect .git/actual
}

test_expect_success 'diff.renames says whether renames are sought' '
	git init -q ../renames && (
		cd ../renames && test_seq 1 40 >old && one=$(git vault snapshot) &&
		mv old new && two=$(git vault snapshot) &&
		git config diff.renames false &&
		test_expect_code 1 git vault diff --name-status $one $two >.git/out &&
		printf "%s\t%s\n" A new D old >.git/expect &&
		test_cmp .git/expect .git/out &&
		test_expect_code 1 git vault diff --stat $one $two >.git/out &&
		test_grep "2 files changed" .git/out &&
		test_expect_code 1 git vault diff -M --name-status $one $two >.git/out &&
		printf "R100\told\tnew\n" >.git/expect && test_cmp .git/expect .git/out &&
		test_expect_code 1 git vault diff --json $one $two >.git/out &&
		test_grep "\"change\":\"renamed\"" .git/out &&
		git config diff.renames copies &&
		test_expect_code 1 git vault diff --name-status $one $two >.git/out &&
		test_cmp .git/expect .git/out
	)
'

test_expect_success 'no attribute makes text of what is in chunks' '
	git init -q ../chunks && (
		cd ../chunks && git config vault.chunkThreshold 64k && mkdir -p d .git/info &&
		for f in big.tc "big b.txt" d/big.ext d/big.none big.gone big.old.tc \
			big.cut.txt
		do
			test_seq 1 30000 >"$f" && echo "$f" >>"$f" || exit 1
		done && echo "{}" >small.tc && echo s >small.txt && echo s >d/small.ext &&
		git vault -q snapshot >.git/one &&
		for f in big.tc "big b.txt" d/big.ext d/big.none
		do
			echo more >>"$f" || exit 1
		done && rm big.gone && mv big.old.tc d/big.new.tc &&
		test_seq 3 30000 >"$(printf "big\ttab.txt")" && chmod +x d/big.ext &&
		echo one two >big.cut.txt && echo "{1}" >small.tc && echo t >small.txt &&
		echo t >d/small.ext && git vault -q snapshot >.git/two &&
		one=$(cat .git/one) && two=$(cat .git/two) &&
		a=refs/vault/snapshots/$one:tree b=refs/vault/snapshots/$two:tree &&
		git config diff.tc.textconv "grep {" &&
		git config diff.ext.command "echo external; true" &&
		test_write_lines "*.tc diff=tc" "*.txt diff" "*.ext diff=ext" \
			"*.gone diff=unknown" >.git/info/attributes &&
		both && both -R && both -p --no-renames && both --no-ext-diff &&
		both --color=always && both -w && both -U0 &&
		git config diff.noprefix true && both && git config --unset diff.noprefix &&
		for form in --word-diff --word-diff=color --no-textconv
		do
			test_expect_code 1 git vault diff $form $one $two >.git/actual &&
			test_grep "^external$" .git/actual &&
			test_grep ! -a "git-vault chunks" .git/actual &&
			grep "^Binary" .git/actual >.git/told &&
			test_line_count = 7 .git/told || exit 1
		done && test_expect_code 1 git --literal-pathspecs vault diff $one $two \
			-- "big b.txt" small.txt >.git/actual &&
		test_grep "^+t$" .git/actual &&
		test_grep "^Binary files a/big b.txt and b/big b.txt differ$" \
			.git/actual && test_line_count = 10 .git/actual && cd d &&
		test_expect_code 1 git vault diff $one $two -- "*.ext" >../.git/actual &&
		grep -c "^external" ../.git/actual >../.git/told && echo 1 >../.git/expect &&
		test_cmp ../.git/expect ../.git/told &&
		test_grep "^Binary files a/d/big.ext and b/d/big.ext" ../.git/actual &&
		test_grep ! txt ../.git/actual && rm ../.git/info/attributes &&
		test_expect_code 1 test_env GIT_EXTERNAL_DIFF="echo everything" \
			git vault diff $one $two >../.git/actual &&
		test_grep "^everything small.txt" ../.git/actual &&
		test_grep ! "^everything.*big" ../.git/actual &&
		test_expect_code 1 git vault diff $one $two >../.git/actual &&
		git diff -M $a $b >../.git/expect &&
		test_cmp ../.git/expect ../.git/actual
	)
'

test_expect_success 'nor where it became a link or a folder, which are told in full' '
	(
		cd ../chunks && echo "* diff" >.git/info/attributes &&
		ln -s elsewhere link.txt && mkdir "to be.txt" &&
		echo inside >"to be.txt/file" && git vault -q snapshot -f >.git/two &&
		rm -r link.txt "to be.txt" && test_seq 30000 >link.txt &&
		test_seq 40000 >"to be.txt" && git vault -q snapshot >.git/one &&
		test_expect_code 1 git vault diff --no-renames $(cat .git/one) \
			$(cat .git/two) >.git/actual &&
		grep -e "^[-+B]" .git/actual >.git/told && cat >.git/expect <<-\END &&
		Binary files a/link.txt and /dev/null differ
		--- /dev/null
		+++ b/link.txt
		+elsewhere
		Binary files a/to be.txt and /dev/null differ
		--- /dev/null
		+++ b/to be.txt/file
		+inside
		END
		sed "s/	$//" .git/told >.git/bare && test_cmp .git/expect .git/bare &&
		test_expect_code 1 git vault diff $(cat .git/one) $(cat .git/two) \
			-- "*.txt" >.git/actual &&
		test_grep ! inside .git/actual &&
		test_grep "^Binary files a/to be.txt and /dev/null" .git/actual
	)
'

test_expect_success !SANITIZERS 'more of these than arguments may be are refused' '
	git init -q ../crowd && (
		cd ../crowd && git config vault.chunkThreshold 1k &&
		long=$(printf "%0200d" 0) && noise=$(printf "%01100d" 1) &&
		for i in $(test_seq 300)
		do
			echo "$noise" >$long.$i || exit 1
		done && test_tick && git vault -q snapshot >../one &&
		for i in $(test_seq 300)
		do
			echo "$i" >>$long.$i || exit 1
		done && test_tick && git vault -q snapshot >../two &&
		mkdir -p .git/info && echo "* diff" >.git/info/attributes &&
		ulimit -s 256 &&
		test_expect_code 128 git vault diff $(cat ../one) $(cat ../two) \
			>../actual 2>../err && test_must_be_empty ../actual &&
		test_grep "more files in chunks .* name fewer paths$" ../err &&
		test_expect_code 1 git vault diff $(cat ../one) $(cat ../two) \
			-- "*.7" >../actual && test_grep "^Binary" ../actual
	)
'

test_expect_success !SANITIZERS 'so are more that only one side has in chunks, by their own name' '
	(
		cd ../crowd && git config vault.chunkThreshold 1g && echo x >small &&
		rm .git/vault/index && test_tick && test_tick && test_tick &&
		git vault -q snapshot >../three &&
		test_expect_code 1 git vault diff --name-only $(cat ../two) \
			$(cat ../three) >../actual &&
		echo small >../expect && test_cmp ../expect ../actual &&
		ulimit -s 256 &&
		test_expect_code 128 git vault diff --stat $(cat ../two) \
			$(cat ../three) >../actual 2>../err &&
		test_must_be_empty ../actual &&
		test_grep "more files that are no change, being in chunks or not stored on one side only, than fit into one git command; name fewer paths$" \
			../err &&
		test_expect_code 3 git vault log --stat . >../actual 2>../err &&
		test_grep "not every change in snapshot $(cat ../three) is printed: more files that are no change" \
			../err && test_line_count -eq 1 ../err &&
		grep "files changed" ../actual >../changed &&
		test_line_count -eq 2 ../changed
	)
'

# differs WHAT [WITH…]: so by name, as the lines of stdin; and nothing is deleted.
differs () {
	cat >../expect &&
	test_expect_code 1 test_as_nobody git vault diff --name-status "$@" >../actual &&
	test_cmp ../expect ../actual &&
	test_expect_code 1 test_as_nobody git vault diff "$@" >../actual &&
	test_grep ! "deleted file" ../actual
}

test_expect_success SETPRIV 'what was there and could not be stored is not removed' '
	git init -q ../unread && (
		cd ../unread && mkdir -p d/e/void && echo a >a && echo b >b &&
		echo 1 >d/f && echo 2 >d/e/f && echo c >c && git add . &&
		git commit -q -m one && chown -R 65534:65534 . &&
		one=$(test_as_nobody git vault snapshot) && chmod 0 a d && cp -p b e &&
		echo a >new && rm c && chown 65534:65534 new &&
		test_write_lines "m	a" "D	c" "m	d" "A	e" "A	new" >../want &&
		sed /c/d ../want >../less &&
		differs $one -- . ":!c" <../less && differs HEAD -- . ":!c" <../less &&
		test_expect_code 3 test_as_nobody git vault snapshot >../two &&
		two=$(cat ../two) && differs $one $two -- . ":!c" <../less &&
		differs HEAD $two -- a <<-\END && differs $one $two -- d/e <<-\END2 &&
		m	a
		END
		m	d
		END2
		test_expect_code 1 test_as_nobody git vault diff --name-status \
			$one $two >../actual && test_cmp ../want ../actual &&
		test_expect_code 1 test_as_nobody git vault diff $one $two >../actual &&
		test_grep "^ a: now, not stored: unreadable$" ../actual &&
		test_grep "^ d: now, not stored: unreadable$" ../actual &&
		test_grep ! void ../actual &&
		test_as_nobody git vault show $two >../actual &&
		test_grep "  2 added, 1 removed, 2 in metadata only" ../actual &&
		test_expect_code 1 test_as_nobody git vault diff $two $one >../actual &&
		test_grep "^ d: now, stored$" ../actual && test_grep "^+1$" ../actual
	)
'

test_expect_success 'what is noted alone came, or went, in the working tree' '
	test_create_repo noted && (
		cd noted && echo a >a && git add a && git commit -q -m a && mkfifo old &&
		git vault -q snapshot && rm old && mkfifo new && echo k >a &&
		test_expect_code 1 git vault diff --name-status >.git/out &&
		printf "%s\t%s\n" M a m new m old >.git/expect &&
		test_cmp .git/expect .git/out &&
		test_expect_code 1 git vault diff -R --name-status >.git/out &&
		test_cmp .git/expect .git/out && git checkout -q a && rm new &&
		test_expect_code 1 git vault diff >.git/out &&
		test_grep "^ old: gone, not stored: fifo$" .git/out &&
		test_expect_code 0 git vault diff -- a && test_expect_code 0 git vault diff HEAD
	)
'

test_expect_success 'a file needs no dashes, as long as no snapshot has its name' '
	test_create_repo named && (
		cd named && echo a >a && echo b >b && git add . && git commit -q -m a &&
		id=$(git vault snapshot) && echo c >a && echo c >b &&
		test_expect_code 1 git vault diff --name-only a >.git/out &&
		echo a >.git/expect && test_cmp .git/expect .git/out &&
		test_expect_code 1 git vault diff --name-only $id b a >.git/out &&
		test_write_lines a b >.git/expect && test_cmp .git/expect .git/out &&
		rm a && test_expect_code 128 git vault diff a 2>.git/err &&
		test_grep "no snapshot is .a." .git/err
	)
'

test_expect_success 'SNAP:PATH is one path of two snapshots, or of one and the disk' '
	test_create_repo placed && (
		cd placed && mkdir d && echo a >d/a && echo b >b && git add . &&
		git commit -q -m a && git vault -q snapshot && echo c >d/a &&
		echo c >b && id=$(git vault snapshot) && echo d >d/a && echo d >b &&
		test_expect_code 1 git vault diff latest~1:d/a latest:d/a >.git/out &&
		test_grep "^-a$" .git/out && test_grep "^+c$" .git/out &&
		! grep "b/b$" .git/out && cd d &&
		test_expect_code 1 git vault diff $id:d/a >../.git/out &&
		test_grep "^-c$" ../.git/out && test_grep "^+d$" ../.git/out &&
		! grep "b/b$" ../.git/out &&
		test_expect_code 1 git vault diff --name-only $id:./a a >../.git/out &&
		echo d/a >../.git/expect && test_cmp ../.git/expect ../.git/out &&
		test_expect_code 129 git vault diff $id:d/a latest:b 2>../.git/err &&
		test_grep "compares one path of two .*diff <(git vault cat" ../.git/err &&
		test_expect_code 128 git vault diff $id:d/x 2>../.git/err &&
		test_grep "holds no .d/x." ../.git/err &&
		cd .. && git vault -q tag $id with:b &&
		test_expect_code 1 git vault diff --name-only with:b >.git/out &&
		test_write_lines b d/a >.git/expect && test_cmp .git/expect .git/out
	)
'

test_expect_success '-b does not look at how much white space there is' '
	cd "$TRASH_DIRECTORY" && git init -q white && cd white && printf "a  b\nc\n" >spaced && git vault -q snapshot &&
	printf "a b\nc\n" >spaced && git vault -q snapshot && test_expect_code 1 git vault diff latest~1 latest >out &&
	test_grep "^+a b" out && { git vault diff -b latest~1 latest >out || test $? = 1; } && test_must_be_empty out &&
	echo d >>spaced && { git vault diff --ignore-space-change latest~1 >out || test $? = 1; } && test_grep "^+d" out &&
	test_grep ! "^+a b" out
'

test_done
