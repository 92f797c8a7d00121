#!/bin/sh

test_description='the commands of git-vault-recovery(7) bring everything out

They are taken from the manual page and run as they stand there, with git and
the tools of the system alone.'
. "$(dirname "$0")/test-lib.sh"

page=$GIT_VAULT_SRC_DIR/man/git-vault-recovery.7

# block NAME: the display of that name, as shell.
block () {
	awk -v want="$1" '
		$1 == ".\\\"" && $2 == "block" { found = $3 == want; next }
		found && /^\.Bd/ { inside = 1; next }
		inside && /^\.Ed/ { exit }
		inside { gsub(/\\e/, "\\"); print }
	' "$page" >"$TMPDIR/block" &&
	test -s "$TMPDIR/block" &&
	cat "$TMPDIR/block"
}

# run NAME: carry one out in this shell.
run () {
	block "$1" >"$TMPDIR/run" && . "$TMPDIR/run"
}

test_lazy_prereq PERL 'perl -e 1'
test_lazy_prereq AGE 'age --version'

ID=20261120T071244Z-0000002a
tab=$(printf '\t')
odd=$(printf 'tab\there "q" \\ \303\274 %%s')

# Kinds, modes, times, links below a directory.
list () {
	(cd "$1" && find . -mindepth 1 -path ./.git -prune -o \
		-printf "%y %m %T@ %P -> %l\n" | LC_ALL=C sort -k 4)
}

# What others may read, write or enter below out, or it itself.
open_to_others () {
	find out ! -type l -perm /077
}

blob () {
	git hash-object -w --stdin
}

test_expect_success 'a working tree with everything in it' '
	test_commit base &&
	git branch -M work &&
	mkdir -p live/prod src &&
	echo plain >src/plain &&
	echo staged >src/staged &&
	git add src/staged && git mv base.t moved.t &&
	echo "SECRET=1" >live/prod/.env &&
	printf "one\r\ntwo\n" >src/crlf.bat &&
	printf "\$Id\$\n" >src/ident &&
	echo left-out >src/ignored-by-archive &&
	cat >.gitattributes <<-\END &&
	*.bat text eol=crlf
	src/ident ident
	src/ignored-by-archive export-ignore
	src/staged export-subst
	END
	echo ".env" >.gitignore &&
	echo odd >"src/$odd" &&
	echo top >"m=600 x" &&
	printf "#!/bin/sh\n" >src/tool && chmod 755 src/tool &&
	echo key >live/prod/key && chmod 600 live/prod/key &&
	ln -s ../nowhere src/link &&
	mkdir -p empty/deep && chmod 700 empty/deep &&
	find . -path ./.git -prune -o -print |
		while IFS= read -r f
		do
			touch -h -d @$((1700000000 + ${#f})).123456789 "$f"
		done &&
	chmod 555 live/prod
'

# The snapshot is made as git-vault-format(5) describes it, with plain git. The
# parts are left in $TMPDIR, since the working tree is to stay as it is.
test_expect_success 'its files and what is staged' '
	git write-tree >"$TMPDIR/index" &&
	run attributes &&
	(
		GIT_INDEX_FILE=$TMPDIR/index.all &&
		export GIT_INDEX_FILE &&
		git add -f -A . &&
		git write-tree
	) >"$TMPDIR/tree" &&
	rm .git/info/attributes &&
	git cat-file blob "$(cat "$TMPDIR/tree"):src/crlf.bat" >"$TMPDIR/bat" &&
	test_cmp_bin src/crlf.bat "$TMPDIR/bat"
'

# A manifest of the directory, from find.
test_expect_success PERL 'its manifest, in three layers' '
	cat >"$TMPDIR/lines.pl" <<-\END &&
	my %usual = (f => 644, d => 755, l => 777);
	while (<STDIN>) {
		chomp;
		my ($type, $time, $mode, $path) = split / /, $_, 4;
		$time =~ s/0$//; # find prints ten digits
		$path = "." if $path eq "";
		if ($path =~ /[\x00-\x1f\x7f-\xff"\\]/ || $path =~ /^m=/) {
			$path =~ s/(["\\])/\\$1/g;
			$path =~ s/\t/\\t/g;
			$path =~ s/([\x7f-\xff])/sprintf "\\%03o", ord $1/ge;
			$path = "\"$path\"";
		}
		print "$type $time";
		print " m=$mode" if $mode != $usual{$type};
		print " u=\"odd user\" g=staff $path\n";
	}
	END
	{
		echo "git-vault manifest 1" &&
		echo "owner root \"a group\"" &&
		find . -path ./.git -prune -o -printf "%y %T@ %m %P\0" |
			perl -0 "$TMPDIR/lines.pl"
	} >"$TMPDIR/layer0" &&
	test_grep "m=600 .*live/prod/key" "$TMPDIR/layer0" &&
	test_grep "\"src/tab.there" "$TMPDIR/layer0" &&
	test_grep "\"m=600 x\"\$" "$TMPDIR/layer0" &&
	cat >"$TMPDIR/layer1" <<-END &&
	git-vault manifest 1
	owner root root
	f 1600000000.000000001 m=640 src/plain
	f 1600000000.000000002 src/gone
	x 1600000000.000000003 r="build product" node_modules
	d 1600000000.000000004 gone-dir
	END
	cat >"$TMPDIR/layer2" <<-END &&
	git-vault manifest 1
	owner root root
	- src/gone
	- gone-dir
	END
	printf "100644 blob %s\t%s\n" \
		"$(blob <"$TMPDIR/layer0")" 0000 \
		"$(blob <"$TMPDIR/layer1")" 0010 \
		"$(blob <"$TMPDIR/layer2")" 0011 | git mktree >"$TMPDIR/manifest"
'

test_expect_success PERL 'its conflicts, refs, and the commit' '
	ours=$(echo ours | blob) && theirs=$(echo theirs | blob) &&
	printf "%s\t%s\n" "100644 $ours 2" conflict "100644 $theirs 3" conflict \
		"100644 $ours 0 skip-worktree" flagged >"$TMPDIR/unmerged" &&
	unpushed=$(echo unpushed | git commit-tree HEAD^{tree} -p HEAD) &&
	echo "$unpushed refs/heads/local" >"$TMPDIR/refs" &&
	origin=$(printf "100644 blob %s\trefs\n" "$(blob <"$TMPDIR/refs")" |
		git mktree) &&
	stage2=$(printf "100644 blob $ours\tconflict\n" | git mktree) &&
	stage3=$(printf "100644 blob $theirs\tconflict\n" | git mktree) &&
	stages=$(printf "040000 tree %s\t%s\n" $stage2 2 $stage3 3 | git mktree) &&
	meta=$(printf "%s\t%s\n" \
		"100644 blob $(blob <"$TMPDIR/unmerged")" index \
		"040000 tree $(cat "$TMPDIR/manifest")" manifest \
		"040000 tree $origin" origin \
		"040000 tree $stages" stages | git mktree) &&
	root=$(printf "040000 tree %s\t%s\n" "$(cat "$TMPDIR/index")" index \
		$meta meta "$(cat "$TMPDIR/tree")" tree | git mktree) &&
	commit=$(git commit-tree -p HEAD -p $unpushed $root <<-END
	before the upgrade

	Vault-Format: 1
	Vault-Id: $ID
	Vault-Branch: work
	Vault-Tag: nightly
	END
	) &&
	git update-ref refs/vault/snapshots/$ID $commit
'

test_expect_success PERL 'the list has it, from a mirror and from a bundle' '
	FROM=$PWD &&
	(
		cd "$TMPDIR" && run mirror && run list >list &&
		echo "$ID  before the upgrade" >expect &&
		test_cmp expect list &&
		run show >shown &&
		test_grep "Vault-Tag: nightly" shown &&
		run bundle >log 2>&1 &&
		FROM=$PWD/vault.bundle && cd .. && mkdir from-bundle &&
		cd from-bundle && run mirror && run list >list &&
		test_cmp ../../rescue.git/expect list
	)
'

test_expect_success PERL 'one command brings the files out' '
	(
		cd "$TMPDIR/rescue.git" && S=refs/vault/snapshots/$ID &&
		umask 022 && run attributes && run files &&
		open_to_others >open && test_must_be_empty open && run some &&
		find some -perm /077 >open && test_must_be_empty open &&
		run one >one &&
		test_cmp "$TRASH_DIRECTORY/live/prod/.env" one &&
		test_cmp one some/live/prod/.env &&
		test_path_is_missing some/src
	) &&
	diff -r --no-dereference -x .git -x empty . "$TMPDIR/rescue.git/out"
'

test_expect_success PERL 'bytes, although attributes would change them' '
	printf "one\r\ntwo\n" >"$TMPDIR/expect" &&
	test_cmp_bin "$TMPDIR/expect" "$TMPDIR/rescue.git/out/src/crlf.bat" &&
	test_path_is_file "$TMPDIR/rescue.git/out/src/ignored-by-archive"
'

test_expect_success PERL 'modes, times and empty directories come from the manifest' '
	(
		cd "$TMPDIR/rescue.git" && S=refs/vault/snapshots/$ID &&
		run manifest &&
		test_grep "^f 1600000000.000000001 640 src/plain" manifest &&
		test_grep ! gone manifest &&
		run entry && run chunks && run apply
	) &&
	(
		cd "$TMPDIR/rescue.git/out" &&
		test_path_is_dir empty/deep &&
		test_path_is_missing gone-dir &&
		test_path_is_missing node_modules &&
		stat -c "%a %.9Y" src/plain >actual &&
		echo "640 1600000000.000000001" >expect &&
		test_cmp expect actual && rm expect actual &&
		touch -d @1700000001.123456789 . && cd ../../.. && cd trash &&
		chmod 640 src/plain && touch -d @1600000000.000000001 src/plain
	) &&
	list . >"$TMPDIR/expect" && list "$TMPDIR/rescue.git/out" >"$TMPDIR/actual" &&
	test_cmp "$TMPDIR/expect" "$TMPDIR/actual"
'

test_expect_success PERL 'a working repository with its staged work comes back' '
	git status --porcelain >"$TMPDIR/expect" &&
	git clone -q "$TMPDIR/rescue.git" "$TMPDIR/work" &&
	(
		cd "$TMPDIR/work" && S=refs/vault/snapshots/$ID BRANCH=work &&
		git fetch -q origin "refs/vault/*:refs/vault/*" &&
		cp ../rescue.git/info/attributes .git/info/ &&
		run checkout && run staged &&
		git rev-parse "HEAD^{commit}" "$S^1" | uniq >heads &&
		test_line_count = 1 heads && rm heads &&
		git diff --cached --name-status >../staged
	) &&
	git diff --cached --name-status >"$TMPDIR/expect" &&
	test_cmp "$TMPDIR/expect" "$TMPDIR/staged"
'

test_expect_success PERL 'conflicts come back with their stages' '
	(
		cd "$TMPDIR/work" && S=refs/vault/snapshots/$ID &&
		run conflicts &&
		git ls-files --stage conflict flagged >../actual
	) &&
	cat >"$TMPDIR/expect" <<-END &&
	100644 $(echo ours | git hash-object --stdin) 2${tab}conflict
	100644 $(echo theirs | git hash-object --stdin) 3${tab}conflict
	END
	test_cmp "$TMPDIR/expect" "$TMPDIR/actual"
'

test_expect_success PERL 'so does a branch that was never pushed' '
	(
		cd "$TMPDIR/work" && S=refs/vault/snapshots/$ID &&
		run refs >../refs &&
		id=$(sed -n "s, refs/heads/local,,p" ../refs) &&
		git branch rescued $id &&
		git log -1 --format=%s rescued >../actual
	) &&
	echo unpushed >"$TMPDIR/expect" &&
	test_cmp "$TMPDIR/expect" "$TMPDIR/actual"
'

# The same of a snapshot that the program took.
test_expect_success AGE 'what git vault snapshot keeps comes out in the same way' '
	test_create_repo real &&
	(
		cd real &&
		test_commit base &&
		echo ".env" >.gitignore && echo SECRET=2 >.env &&
		echo staged >staged && git add staged && echo more >>staged &&
		mkdir -p deep/empty plain && chmod 700 deep/empty &&
		printf "a\r\nb\n" >x.bat && echo "*.bat text" >.gitattributes &&
		chmod 600 .env && ln -s nowhere link &&
		touch -h -d @1600000000.987654321 link .env deep/empty deep &&
		echo "m=1" >"m=1" && echo odd >"$odd" && echo "c=1" >"c=1" &&
		git config vault.chunkThreshold 256k &&
		dd if=/dev/urandom of=large bs=1024 count=4000 2>/dev/null &&
		cp large "deep/large $odd" && chmod 600 large &&
		truncate -s 5M sparse && echo end >>sparse &&
		git vault snapshot -q &&
		first=$(git for-each-ref --format="%(refname)" refs/vault/snapshots) &&
		git cat-file blob $first:tree/large >pointer &&
		git update-ref -d $first &&
		touch -d @1600000000.987654321 deep/empty deep &&
		git vault snapshot -q &&
		git diff --cached --name-status >"$TMPDIR/expect.staged"
	) &&
	rm -rf "$TMPDIR/real" && mkdir "$TMPDIR/real" &&
	FROM=$PWD/real &&
	(
		umask 022 &&
		cd "$TMPDIR/real" && run mirror && run list >list &&
		test_line_count = 1 list &&
		ID=$(sed "s/ .*//" list) && run show >shown &&
		run attributes && run files && open_to_others >open &&
		run manifest && run entry && run chunks &&
		open_to_others >>open && KEY=$HOME/.config/git-vault/identity &&
		run value && run values && open_to_others >>open && run apply &&
		test_must_be_empty open
	) &&
	diff -r --no-dereference -x .git -x empty real \
		"$TMPDIR/real/rescue.git/out" &&
	list real >"$TMPDIR/expect" &&
	list "$TMPDIR/real/rescue.git/out" >"$TMPDIR/actual" &&
	test_cmp "$TMPDIR/expect" "$TMPDIR/actual" &&
	git clone -q "$TMPDIR/real/rescue.git" "$TMPDIR/real/work" &&
	(
		cd "$TMPDIR/real/work" && BRANCH=main &&
		git fetch -q origin "refs/vault/*:refs/vault/*" &&
		S=$(git for-each-ref --format="%(refname)" refs/vault/snapshots) &&
		run checkout && run staged &&
		git diff --cached --name-status >../../actual.staged
	) &&
	test_cmp "$TMPDIR/expect.staged" "$TMPDIR/actual.staged"
'

test_expect_success 'all stashes come back in their order' '
	test_create_repo stashes &&
	(
		cd stashes && test_commit base && git checkout -q -b topic &&
		test_commit side && git checkout -q - && test_commit ours &&
		git merge -q --no-edit topic && git branch merged &&
		for change in one two three
		do
			echo $change >base.t && test_tick &&
			git stash push -q -m "$change" || return 1
		done &&
		echo four >base.t && test_tick && git stash -q &&
		git stash list --format=%H >../before && git vault snapshot -q
	) &&
	git clone -q --mirror stashes stashes.git &&
	git clone -q stashes.git stashes.new &&
	(
		cd stashes.new && git fetch -q origin "refs/vault/*:refs/vault/*" &&
		S=$(git for-each-ref --format="%(refname)" refs/vault/snapshots) &&
		run stashes >../found &&
		while read -r id rest
		do
			git stash store -m recovered $id || return 1
		done <../found &&
		git stash list --format=%H >../after
	) &&
	test_line_count = 4 found && test_cmp before after &&
	test_grep " On .*: three\$" found && test_grep " WIP on " found
'

test_expect_success 'every display of the page is run here' '
	sed -n "s/^\.\\\\\" block //p" "$page" | sort >blocks &&
	test_line_count -gt 10 blocks &&
	while read -r name
	do
		grep -q "run $name\b" "$TEST_DIRECTORY"/t149*.sh \
			"$TEST_DIRECTORY"/t4180-*.sh || {
			echo "$name is not run"
			return 1
		}
	done <blocks
'

test_expect_success 'snapshots of repositories inside are found' '
	tree=$(git mktree </dev/null) &&
	link="20261120T071243Z-89abcdef $tree a b/net" &&
	S=$(printf "s\n\nVault-Format: 1\nVault-Id: %s\nVault-Nested: %s\n" \
		$ID "$link" | git commit-tree $tree) &&
	run nested >actual && echo "$link" >expect && test_cmp expect actual
'

test_done
