#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault restore: what is not asked for stays as it is'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-restore.sh"

# repo NAME: with a commit and a snapshot, whose id is in $id.
repo () {
	cd "$TRASH_DIRECTORY" && test_create_repo "$1" && cd "$1" &&
		mkdir a b && echo 1 >a/f && echo 1 >b/f && git add . &&
		git commit -q -m 1 && id=$(git vault snapshot)
}

test_expect_success '--to --delete with a path removes nothing elsewhere' '
	repo paths && git vault restore $id --to ../paths.to &&
	cd ../paths.to && mkdir a/new && echo mine >a/new/mine &&
	echo mine >b/mine && echo mine >"$(printf "a/new\nline")" &&
	mkdir empty a/empty && : >c.log && cd ../paths &&
	git vault restore $id --to ../paths.to --overwrite always --delete \
		-n a >../actual &&
	git vault restore $id --to ../paths.to --overwrite always --delete a &&
	printf "D %s\n" "\"a/new\\nline\"" a/new/mine >../expect &&
	test_cmp ../expect ../actual &&
	(cd ../paths.to && find . | LC_ALL=C sort) >../actual &&
	test_write_lines . ./a ./a/empty ./a/f ./b ./b/f ./b/mine ./c.log \
		./empty >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'it takes all magic, from where it was said' '
	cd paths && : >../paths.to/b/x.log && echo mine >../paths.to/a/mine &&
	(
		cd b && git vault restore $id --to ../../paths.to \
			--overwrite always --delete . ":!*.log"
	) &&
	test_path_is_missing ../paths.to/b/mine &&
	test_path_is_file ../paths.to/b/x.log &&
	test_path_is_file ../paths.to/a/mine &&
	mkdir ../paths.to/a/.GIT && echo mine >../paths.to/a/.GIT/mine &&
	git vault restore $id --to ../paths.to --overwrite always --delete \
		":(icase)A" &&
	test_path_is_missing ../paths.to/a/mine &&
	test_path_is_file ../paths.to/a/.GIT/mine &&
	test_path_is_file ../paths.to/c.log
'

test_expect_success '--to --delete does not empty the repository itself' '
	mkdir around && repo around/in && echo work >new &&
	for to in .. "$TRASH_DIRECTORY/around"
	do
		test_expect_code 128 git vault restore $id --to "$to" \
			--overwrite always --delete 2>../err &&
		test_grep "holds this repository" ../err &&
		test_expect_code 128 git vault restore $id --to "$to" \
			--overwrite always --delete --dry-run &&
		test_path_is_file new || return 1
	done &&
	git vault restore $id --to .. --overwrite always &&
	test_path_is_file new && test_path_is_file ../a/f
'

test_expect_success 'nor where git has its folder elsewhere' '
	mkdir apart apart/git && cd apart &&
	git init -q --separate-git-dir=git/dir tree && cd tree &&
	echo 1 >f && id=$(git vault snapshot) &&
	test_expect_code 128 git vault restore $id --to ../git \
		--overwrite always --delete && git status
'

test_expect_success '--to --delete leaves repositories inside alone' '
	repo nested && git vault restore $id --to ../nested.to &&
	git init -q ../nested.to/a/in && echo work >../nested.to/a/in/work &&
	echo x >../nested.to/x && echo x >../nested.to/a/x &&
	git vault restore $id --to ../nested.to --overwrite always --delete &&
	test_path_is_file ../nested.to/a/in/work &&
	test_path_is_missing ../nested.to/x &&
	test_path_is_missing ../nested.to/a/x
'

# plant DIR STEP…: a journal as somebody else may leave it there.
plant () {
	dir=$1 && shift && mkdir -p "$dir/.git-vault-restore/files" &&
		chmod 700 "$dir/.git-vault-restore" &&
		echo theirs >"$dir/.git-vault-restore/files/0" || return 1
	steps=$#
	for line in "root $dir" "staging $dir/.git-vault-restore/files" \
		"restore 20260101T000000Z-00000000 - 0" "$@" "end $steps"
	do
		echo "$(restore_crc "$line") $line"
	done >lines && { echo "git-vault restore 1" && cat lines; } \
		>"$dir/.git-vault-restore/journal" && rm lines
}

test_expect_success 'a journal that leads out of the directory is refused' '
	repo out && to=$TRASH_DIRECTORY/out.to && echo secret >../secret &&
	for step in "move 0 - ../escaped" "move 0 - a/../../escaped" \
		"move ../../../secret - taken" "rmdir .." "open a/.." \
		"meta 100777 -1 -1 - - ../secret" "move 0 - /escaped"
	do
		rm -rf "$to" && mkdir "$to" && plant "$to" "$step" &&
		test_expect_code 128 git vault restore $id --to ../out.to \
			--overwrite always 2>../err &&
		test_grep "line 5 of the journal is damaged" ../err &&
		test_path_is_missing ../escaped && test_path_is_file ../secret &&
		test_path_is_missing ../out.to/taken || return 1
	done
'

test_expect_success 'one that stays below is played' '
	cd out && rm -rf "$to" && mkdir "$to" &&
	plant "$to" "move 0 - ..planted" &&
	git vault restore $id --to ../out.to --overwrite always &&
	echo theirs >../expect && test_cmp ../expect ../out.to/..planted
'

# refused WORDS: with these a restore to ../others.to says what it does not play,
# and a dry run, too
refused () {
	for n_ in "" -n
	do
		test_expect_code 128 git vault restore $id --to ../others.to \
			--overwrite always $n_ 2>../err && test_grep "$1" ../err &&
			test_path_is_missing ../others.to/planted || return 1
	done
}

test_expect_success 'one that others can write to is not played' '
	repo others && mkdir ../others.to && to=../others.to/.git-vault-restore &&
	plant "$TRASH_DIRECTORY/others.to" "move 0 - planted" &&
	for mode in 770 702 777
	do
		chmod $mode $to && refused "restore is in the way: others can write" ||
			return 1
	done &&
	chmod 755 $to && chmod 777 $to/files &&
	refused "files is in the way: others can write" && chmod 755 $to/files &&
	chmod 666 $to/journal && refused "journal is in the way: others can write"
'

test_expect_success ROOT 'nor one of another user, and whose it is is said' '
	cd others && chmod 644 $to/journal && chown 65534 $to &&
	refused "restore is in the way: .* another user (uid 65534)" &&
	chown 0 $to && chown 65534 $to/journal &&
	refused "journal is in the way: .* another user (uid 65534)" &&
	chown 0 $to/journal
'

test_expect_success 'one that others can only read is' '
	cd others && chmod 644 $to/journal &&
	git vault restore $id --to ../others.to --overwrite always &&
	test_path_is_file ../others.to/planted && test_path_is_missing $to
'

test_expect_success 'no snapshot makes what a restore takes for its own' '
	repo own && mkdir .git-vault-restore &&
	echo x >.git-vault-restore/journal &&
	git add -f .git-vault-restore && git commit -q -m hostile &&
	tree=$(git rev-parse "HEAD:") &&
	commit=$(git cat-file commit refs/vault/snapshots/$id) &&
	meta=$(git rev-parse refs/vault/snapshots/$id:meta) &&
	top=$(printf "040000 tree %s\tmeta\n040000 tree %s\ttree\n" \
		$meta $tree | git mktree) &&
	git update-ref refs/vault/snapshots/$id $(echo "$commit" |
		sed "s/^tree .*/tree $top/" |
		git hash-object -t commit -w --stdin) &&
	test_expect_code 3 git vault restore $id --to ../own.to 2>../err &&
	test_grep "keeps files of its own" ../err &&
	test_path_is_missing ../own.to/.git-vault-restore &&
	test_path_is_file ../own.to/a/f
'

test_expect_success 'nor is one that stands removed' '
	cd own && test_expect_code 3 git vault restore $id --in-place --delete &&
	test_path_is_file .git-vault-restore/journal
'

test_expect_success '--index in a sparse index adds no second entry' '
	test_create_repo sparse && cd sparse &&
	mkdir in out && echo 1 >in/f && echo 1 >out/f && git add . &&
	git commit -q -m 1 && git sparse-checkout set --cone --sparse-index in &&
	echo 2 >in/f && git add in/f && id=$(git vault snapshot) &&
	git ls-files -s >../expect && git reset -q --hard &&
	git vault restore $id --in-place --index &&
	git ls-files -s >../actual && test_cmp ../expect ../actual &&
	git ls-files -t --sparse >../actual && test_grep "^S out/$" ../actual &&
	git commit -q -m 2 && git fsck --strict
'

test_expect_success '--index before the first commit stages nothing of tree/' '
	test_create_repo unborn && cd unborn && echo .env >.gitignore &&
	echo "DB_PASSWORD=s3cr3t-Zx9kQp2LmN4" >.env &&
	id=$(git vault snapshot) && git add .gitignore &&
	git vault restore $id --in-place --index &&
	git ls-files >../actual && test_must_be_empty ../actual
'

test_expect_success 'and all of it where all of it was staged' '
	test_create_repo unborn.all && cd unborn.all && echo 1 >f &&
	git add f && id=$(git vault snapshot) && git rm -q --cached f &&
	git vault restore $id --in-place --index &&
	echo f >../expect && git ls-files >../actual && test_cmp ../expect ../actual
'

test_expect_success '--index where what was to be added is gone' '
	repo gone && echo n >n && git add -N n && rm n &&
	id=$(git vault snapshot) && echo 2 >a/f && git add a/f &&
	test_expect_code 3 git vault restore $id --in-place --index 2>../err &&
	test_grep "^git-vault: warning: n is not restored: .*git add -N" ../err &&
	test_path_is_missing .git/vault/restore && git diff --cached --exit-code
'

test_expect_success '--index where what was to be added lies behind a link' '
	repo behind && mkdir c && echo n >c/n && git add -N c/n &&
	rm -r c && mkdir ../elsewhere && echo n >../elsewhere/n &&
	id=$(git vault snapshot) && ln -s ../elsewhere c &&
	test_expect_code 3 git vault restore $id --in-place --index 2>../err &&
	test_grep "c/n is not restored: .*git add -N" ../err &&
	test_path_is_missing .git/vault/restore && git diff --cached --exit-code
'

test_expect_success '--index where it lies outside of a sparse checkout' '
	test_create_repo outside && cd outside &&
	mkdir in out && echo 1 >in/f && echo 1 >out/f && git add . &&
	git commit -q -m 1 && git sparse-checkout set --cone in &&
	mkdir -p out && echo n >out/n && git add --sparse -N out/n &&
	id=$(git vault snapshot) && git status --short >../expect &&
	git rm -q --sparse --cached out/n &&
	git vault restore $id --in-place --index &&
	git status --short >../actual && test_cmp ../expect ../actual
'

# folded NAME PATH…: of the paths, which were to be added later, there is the
# snapshot $id; then the index became a sparse one of in/, and as HEAD
folded () {
	name=$1 && shift && cd "$TRASH_DIRECTORY" && test_create_repo "$name" &&
		cd "$name" && mkdir in out && echo 1 >in/a && echo 1 >out/b &&
		git add . && git commit -q -m 1 &&
		git sparse-checkout set --cone in || return 1
	for path
	do
		mkdir -p "${path%/*}" && echo new >"$path" &&
			git add --sparse -N "$path" || return 1
	done
	id=$(git vault snapshot) && git reset -q &&
		git sparse-checkout init --cone --sparse-index
}

# is_alive: git can read the index and write it, again and again
is_alive () {
	test_path_is_missing .git/index.lock && git status --short >../alive &&
		echo 2 >in/a && git add in/a && git commit -q -m 2 &&
		test_might_fail git update-index --refresh &&
		git status --short >../alive
}

test_expect_success '--index marks in a sparse index so that git lives' '
	folded folded.in in/new "in/$(printf "new\nline")" &&
	git vault restore $id --in-place --index &&
	git status --short -z | tr "\\0" "\\n" >../actual &&
	printf " A in/new\n A in/new\nline\n" >../expect &&
	test_cmp ../expect ../actual && is_alive &&
	git ls-files -t --sparse >../actual && test_grep "^S out/$" ../actual
'

test_expect_success 'and none that lies out of it' '
	folded folded.out in/new other/new &&
	test_expect_code 3 git vault restore $id --in-place --index 2>../err &&
	test_grep "other/new is not restored: .*git add -N" ../err &&
	test_grep ! in/new ../err &&
	git status --short >../actual &&
	printf " A in/new\n?? other/\n" >../expect &&
	test_cmp ../expect ../actual && is_alive
'

test_expect_success 'and none where git would die of it' '
	folded folded.none in/new out/new &&
	test_expect_code 3 git vault restore $id --in-place --index 2>../err &&
	test_grep "in/new is not restored: .*git add -N" ../err &&
	test_grep "out/new is not restored: .*git add -N" ../err &&
	git ls-files >../actual && printf "in/a\nout/b\n" >../expect &&
	test_cmp ../expect ../actual && is_alive &&
	find .git -name "choose.*" >../actual && test_must_be_empty ../actual
'

test_expect_success 'an index that git dies of is written anew' '
	folded folded.again in/new &&
	git -c index.sparse=false add -N in/new &&
	git vault restore $id --in-place --index &&
	git status --short >../actual && echo " A in/new" >../expect &&
	test_cmp ../expect ../actual && is_alive
'

test_expect_success 'that git dies of the index is said, and stops nothing' '
	repo dies && echo 2 >a/f && git add a/f && id=$(git vault snapshot) &&
	git reset -q && mkdir ../dying && cat >../dying/git <<-END &&
	#!/bin/sh
	case " \$* " in *" --refresh "*) kill -SEGV \$\$ ;; esac
	PATH=$PATH exec git "\$@"
	END
	chmod +x ../dying/git &&
	(
		PATH=$TRASH_DIRECTORY/dying:$PATH &&
		test_expect_code 128 git-vault restore $id --in-place --index \
			2>../err &&
		test_grep "git crashes (signal 11) on the index" ../err &&
		git-vault status 2>../err &&
		test_grep "except the index: git crashes (signal 11)" ../err &&
		test_path_is_missing .git/vault/restore
	)
'

# A directory under two names stands for a file system that knows no case.
test_lazy_prereq BIND '
	test "$(id -u)" = 0 && mkdir one other && mount --bind one other &&
	umount other'

test_expect_success BIND 'what the snapshot holds by another case stays' '
	repo folded && git mv a A && git commit -q -m 2 &&
	id=$(git vault snapshot) && mkdir a && mount --bind A a &&
	test_when_finished "umount \"$TRASH_DIRECTORY/folded/a\"" &&
	echo 2 >b/new &&
	git vault restore $id --in-place --delete &&
	test_path_is_file A/f && test_path_is_missing b/new
'

test_expect_success 'another name of a file goes all the same' '
	repo second && ln a/f g && git vault restore $id --in-place --delete &&
	test_path_is_missing g && test_path_is_file a/f
'

# As somebody whom locks and owners stop, in a tree that is all his but theirs/.
test_expect_success SETPRIV 'what is locked goes, too, where it has to' '
	repo locked && echo 1 >x && mkdir k && echo 1 >k/f &&
	git vault -q snapshot >../id && id=$(cat ../id) && rm x &&
	mkdir -p x/ro y/z k/l/m && echo p >x/p && echo r >x/ro/r &&
	echo n >y/z/n && echo n >k/l/m/n && echo "*.log" >.git/info/exclude &&
	mkdir ig && : >ig/a.log && echo n >ig/n &&
	chmod 555 x/ro y/z y k k/l k/l/m ig && chown -R 65534:65534 . &&
	test_as_nobody git-vault restore $id --in-place --delete &&
	test_path_is_file x && test_path_is_missing y &&
	test_path_is_missing k/l && test_path_is_file ig/a.log &&
	test_path_is_missing ig/n && test "$(stat -c %a k ig)" = "755
555"
'

# as_said WHAT…: a dry run leaves out what the run does.
as_said () {
	test_expect_code 3 test_as_nobody git-vault restore $id --in-place \
		"$@" --dry-run 2>../expect &&
	test_expect_code 3 test_as_nobody git-vault restore $id --in-place \
		"$@" 2>../actual &&
	grep warning: ../expect >../expect.warn &&
	grep warning: ../actual >../actual.warn &&
	test_cmp ../expect.warn ../actual.warn
}

test_expect_success SETPRIV 'what is of others stays whole, as a dry run says' '
	repo theirs && echo 1 >x && git vault -q snapshot >../id &&
	id=$(cat ../id) && rm x && mkdir -p x/theirs y && echo p >x/p &&
	echo r >x/theirs/r && echo n >y/n && chown -R 65534:65534 . &&
	chown -R 0:0 y x/theirs && as_said &&
	test_path_is_file x/p && test_path_is_file x/theirs/r &&
	test_grep "x is not restored: .*must not be removed" ../actual &&
	as_said --delete && test_path_is_file y/n &&
	test_grep "y/n is not restored: its directory may not be" ../actual
'

test_expect_success SETPRIV 'what was there and could not be stored stays' '
	repo unread && mkdir -p b/g/void && echo 2 >b/g/f &&
	echo 2 >a/closed && mkfifo pipe && chown -R 65534:65534 . &&
	chmod 0 a/closed b/g &&
	test_expect_code 3 test_as_nobody git vault -q snapshot >../id &&
	id=$(cat ../id) && chmod 644 a/closed && chmod 755 b/g && rm pipe &&
	echo 3 >pipe && : >a/closer && : >b/new && : >b/gg && cp -a . ../unread.to &&
	rm -rf ../unread.to/.git && test_expect_code 3 test_as_nobody \
		git-vault -v restore $id \
		--in-place --delete 2>../err && find a b pipe >../actual &&
	sort ../actual >../in-place && test_write_lines a a/closed a/f b b/f b/g \
		b/g/f b/g/void pipe >../expect && test_cmp ../expect ../in-place &&
	test_grep "a/closed is not in the snapshot: unreadable" ../err &&
	chown -R 0:0 . &&
	test_expect_code 3 git vault restore $id --to ../unread.to --overwrite always --delete &&
	cd ../unread.to && find a b pipe >../actual && sort ../actual >../to &&
	test_cmp ../expect ../to
'

test_expect_success 'names of two files that are one here are parted' '
	repo parted && cp a/f g && chmod 600 g && touch -d 2020-01-01 g &&
	ln g h && ln b/f b/g &&
	git vault -q snapshot >../id && id=$(cat ../id) &&
	cp -a . ../parted.then && ln -f a/f g && ln -f a/f h &&
	git vault restore $id --in-place &&
	(cd .. && restore_cmp parted.then parted) &&
	git vault restore $id --in-place 2>../err &&
	test_grep "nothing differs" ../err
'

# safety OPTION…: restored, sets $safety to the safety snapshot that is named
safety () {
	git vault restore $id --in-place --json "$@" >../json
	status_=$?
	safety=$(jq -r ".safety // empty" ../json)
	return $status_
}

test_expect_success 'what is tried again and again leaves one safety snapshot a day' '
	(
		test_tick && repo again && git rm -q --cached b/f &&
		echo b/f >.git/info/exclude &&
		head -c 1100000 /dev/zero >b/f && git commit -q -m 2 && git vault -q snapshot >../last &&
		test_expect_code 3 safety && first=$safety &&
		test "$first" != "$(cat ../last)" && for what in always if-changed
		do
			test_tick && test_expect_code 3 safety --overwrite $what &&
				test "$safety" = $first || exit 1
		done &&
		test_tick=$((test_tick + 86400)) && test_tick &&
		test_expect_code 3 safety && test "$safety" != $first &&
		first=$safety && echo 3 >a/f && test_expect_code 3 safety &&
		test "$safety" != $first
	)
'

# bare NAME OPTION…: like repo, then ignored files come.
bare () {
	repo "$1" && shift && printf "%s\n" .env "*.tfstate" >.gitignore &&
		git add . && git commit -q -m ignore && id=$("$@") &&
		git vault good mark prod && echo A=1 >.env &&
		echo "{}" >t.tfstate && echo new >new && echo 2 >a/f
}

test_expect_success 'what git ignores stays where the snapshot may never have had it' '
	bare pipeline git vault snapshot --trigger ci &&
	git vault restore $id --in-place --delete -n >../actual 2>../err &&
	printf "%s\n" "M a/f" "D new" >../expect && test_cmp ../expect ../actual &&
	test_grep "2 files that git ignores stay: the snapshot does not hold them" ../err &&
	git vault rollback -n prod >../actual 2>../err &&
	test_grep ! "^D [.t]" ../actual &&
	test_grep "1 file that git ignores stays: the snapshot does not hold it" ../err &&
	git vault rollback prod 2>../err &&
	test_grep "state files of tools, such as t.tfstate" ../err &&
	test_path_is_file .env && test_path_is_file t.tfstate &&
	test_path_is_missing new && test "$(cat a/f)" = 1 && rm t.tfstate &&
	git vault restore $id --in-place --delete --json >../json 2>../err &&
	test_grep "\"stays\":1" ../json && test_path_is_file .env &&
	bare here git vault snapshot &&
	git vault restore $id --in-place --delete 2>../err &&
	test_grep ! "ignores stay" ../err && test_path_is_missing .env
'

test_lazy_prereq HOSTS 'unshare -u hostname here'

test_expect_success HOSTS 'so does what another machine may never have had' '
	bare machine unshare -u sh -c "hostname other && git vault snapshot" &&
	git vault restore $id --in-place --delete 2>../err &&
	test_grep "2 files that git ignores stay" ../err &&
	test_path_is_file .env && test_path_is_missing new
'

test_expect_success 'and none where there is nothing to do' '
	repo idle && git vault -q snapshot -f && safety && test -z "$safety" &&
	git for-each-ref refs/vault/snapshots >../refs &&
	test_line_count = 2 ../refs
'

test_expect_success '--to speaks of no safety snapshot, since there is none' '
	repo safety && git vault restore $id --to ../safety.to &&
	rm ../safety.to/a/f && mkdir -p ../safety.to/a/f/d &&
	test_expect_code 3 git vault restore $id --to ../safety.to \
		--overwrite always 2>../err &&
	test_grep "a/f is not restored: .*not empty" ../err &&
	test_grep ! safety.snapshot ../err && test_path_is_dir ../safety.to/a/f/d
'

test_expect_success 'that an earlier restore to a directory is finished is said' '
	repo told && mkdir ../told.to &&
	plant "$TRASH_DIRECTORY/told.to" "move 0 - planted" &&
	git vault restore $id --to ../told.to --overwrite never 2>../err &&
	test_grep "finished the interrupted restore of snapshot 20260101T" \
		../err && test_path_is_file ../told.to/planted
'

test_done
