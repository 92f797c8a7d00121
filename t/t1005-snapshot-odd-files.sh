#!/bin/sh
# shellcheck disable=SC2154 # lib-take.sh sets them
test_description='snapshots of trees that are odd, moving, or out of reach'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"

# As somebody to whom permission bits mean something.
test_lazy_prereq UNPRIVILEGED '
	test "$(id -u)" != 0 || setpriv --reuid=65534 --regid=65534 \
		--clear-groups true'
if test "$(id -u)" = 0
then
	chmod -R a+rwX "$test_root_"
	as_nobody () {
		test_as_nobody "$@"
	}
else
	as_nobody () {
		"$@"
	}
fi

# take_as_nobody [OPTION…], in a repository that is theirs
take_as_nobody () {
	as_nobody git vault --json snapshot "$@" >"$TMPDIR/json" 2>"$TMPDIR/err"
	code=$?
	id=$(field id) snap=refs/vault/snapshots/$id
	return $code
}

own_repo () {
	test_create_repo "$1" && cd "$1" && git config --global safe.directory "*" &&
	echo readable >f && mkdir d && echo in >d/g && git add . &&
	git commit -q -m start && chmod 755 . && set_owner
}

set_owner () {
	test "$(id -u)" != 0 || chown -R 65534:65534 .
}

test_expect_success 'names of any bytes' '
	for n in "tab	x" "new
line" "quo\"te" "back\\slash" " lead" "trail " "-dash" "star*" "[a]" "#hash" \
		"!bang" "m=644 x" "$(printf "\377\376")" "é" "$(printf "\001")" \
		"{a,b}" "a:b" "..." "con" "~" "\$HOME"
	do
		echo "$n" >"$n" && mkdir "d$n" && echo "$n" >"d$n/$n" || return 1
	done && expect=$(tree_of_all) && take && test_cmp_rev "$snap:tree" "$expect" &&
	take && test "$(field created)" = false && take_is_as_fresh &&
	git fsck --full --strict
'

test_expect_success 'and their JSON is JSON' '
	echo x >>"new
line" && take -n && test_grep "\"path\":\"new\\\\nline\"" "$TMPDIR/json"
'

test_expect_success 'a name of 255 bytes, and a path of 4,000' '
	n=$(printf %0255d 0) && (
		for i in 0 1 2 3 4 5 6 7 8 9 a b c d e
		do
			mkdir $n && cd $n || exit 1
		done && echo deep >$n && ln -s $n l
	) && take && git ls-tree -r --name-only "$snap:tree" >../all &&
	test "$(grep 000000 ../all | tail -n 1 | wc -c)" -gt 3800 &&
	take && test "$(field created)" = false && (
		for i in 0 1 2 3 4 5 6 7 8 9 a b c d e
		do
			cd $n || exit 1
		done && echo more >>$n
	) && take && test "$(field stored_files)" = 1 && take_is_as_fresh &&
	rm -rf $n
'

test_expect_success PYTHON 'a tree deeper than any path is long' '
	python3 -c "
import os
for i in range(2500):
    os.mkdir(\"d\"); os.chdir(\"d\")
open(\"f\", \"w\").write(\"bottom\")
os.symlink(\"f\", \"l\")" && take && blob=$(printf bottom | git hash-object --stdin) &&
	git ls-tree -r "$snap:tree" >../all && test_grep "$blob" ../all &&
	take && test "$(field created)" = false && python3 -c "
import os
for i in range(2500):
    os.chdir(\"d\")
open(\"f\", \"w\").write(\"changed\")
open(\"new\", \"w\").write(\"new\")
os.mkfifo(\"fifo\")" && take && test "$(field stored_files)" = 2 &&
	blob=$(printf changed | git hash-object --stdin) &&
	git ls-tree -r "$snap:tree" >../all && test_grep "$blob" ../all &&
	take_is_as_fresh && rm -rf d && take && test "$(field created)" = true
'

test_expect_success 'a name that git refuses is left out, and said' '
	mkdir .GIT .Git2 && echo x >.GIT/f && echo y >"git~1" && echo z >.Git2/f &&
	test_expect_code 3 take && git fsck --full --strict &&
	test "$(note_of .GIT)" = "unreadable: git lets nothing have this name" &&
	test "$(note_of git~1)" = "unreadable: git lets nothing have this name" &&
	line_of .GIT >../actual && test_grep "^x .* r=forbidden name " ../actual &&
	git cat-file -e "$snap:tree/.Git2/f" && test_expect_code 3 take &&
	test "$(field created)" = false && rm -rf .GIT "git~1" && take
'

test_expect_success UNPRIVILEGED 'an unreadable file: 3, named, and the rest stored' '
	own_repo ../locked && echo secret >s && echo other >o && set_owner && take_as_nobody &&
	chmod 0 s && echo more >>o && set_owner && test_expect_code 3 take_as_nobody &&
	test "$(note_of s)" = "unreadable: Permission denied" &&
	test_grep "s is not stored: Permission denied" "$TMPDIR/err" &&
	line_of s >../actual && test_grep "^x .* m=0 .* r=unreadable s$" ../actual &&
	test_must_fail git cat-file -e "$snap:tree/s" &&
	git cat-file blob "$snap:tree/o" >../actual && test_cmp o ../actual &&
	test "$(field files)" = "$(git ls-tree -r "$snap:tree" | wc -l)"
'

test_expect_success UNPRIVILEGED 'it is named again, but makes no other snapshot' '
	cd ../locked && last=$id && test_expect_code 3 take_as_nobody &&
	test "$(field created)" = false && test "$id" = "$last" &&
	test -n "$(note_of s)" && as_nobody chmod 600 s && take_as_nobody &&
	test "$(field created)" = true && git cat-file -e "$snap:tree/s" &&
	line_of s >../actual && test_grep "^f .* m=600 " ../actual &&
	take_as_nobody && test "$(field created)" = false
'

test_expect_success UNPRIVILEGED 'unreadable directories, of both kinds' '
	cd ../locked && chmod 0 d && test_expect_code 3 take_as_nobody &&
	test "$(note_of d)" = "unreadable: Permission denied" &&
	line_of d >../actual && test_grep "^x .* r=unreadable d$" ../actual &&
	line_of d/g >../actual && test_must_be_empty ../actual &&
	test_expect_code 3 take_as_nobody && test "$(field created)" = false &&
	test_expect_code 3 as_nobody git vault status --porcelain >../actual &&
	echo "Xt d" >../expect && test_cmp ../expect ../actual &&
	chmod 755 d && take_as_nobody && git cat-file -e "$snap:tree/d/g" &&
	line_of d >../actual && test_grep "^d " ../actual &&
	chmod 444 d && test_expect_code 3 take_as_nobody &&
	test "$(note_of d/g)" = "unreadable: Permission denied" &&
	line_of d/g >../actual && test_grep "^x .* r=unreadable d/g$" ../actual &&
	test_expect_code 3 take_as_nobody && test "$(field created)" = false &&
	chmod 755 d && take_as_nobody && git cat-file -e "$snap:tree/d/g" &&
	chmod 311 d && test_expect_code 3 take_as_nobody && chmod 755 d &&
	take_as_nobody
'

test_expect_success UNPRIVILEGED 'a directory below one that cannot be entered any more' '
	cd ../locked && mkdir -p d/e/f && echo 1 >d/e/f/h && set_owner && take_as_nobody &&
	chmod 644 d && test_expect_code 3 take_as_nobody &&
	git ls-tree -r --name-only "$snap:tree" >../actual && test_grep ! "^d/" ../actual &&
	manifest >../all && test_grep ! "d/e/f/h$" ../all && chmod 755 d &&
	take_as_nobody && git cat-file -e "$snap:tree/d/e/f/h" &&
	manifest >../all && test_grep "^f .*d/e/f/h$" ../all
'

test_expect_success UNPRIVILEGED 'an ignore file that cannot be read ignores nothing' '
	cd ../locked && echo "*.pyc" >.gitignore && echo 1 >a.pyc && set_owner && chmod 0 .gitignore &&
	test_expect_code 3 take_as_nobody && git cat-file -e "$snap:tree/a.pyc" &&
	chmod 644 .gitignore && take_as_nobody &&
	test_must_fail git cat-file -e "$snap:tree/a.pyc"
'

test_expect_success UNPRIVILEGED 'a read-only repository: a sentence, 128, nothing done' '
	own_repo ../readonly && chmod -R a-w .git && test_expect_code 128 take_as_nobody &&
	test_must_be_empty "$TMPDIR/err" && test_line_count = 1 "$TMPDIR/json" &&
	test_grep "\"code\":\"error\".*Permission denied" "$TMPDIR/json" &&
	as_nobody git vault status && as_nobody git vault snapshot -n && chmod -R u+w .git
'

# ---- what moves -------------------------------------------------------------

# writing COMMANDS: over and over in the background, until stop_writing
writing () {
	rm -f ../stop
	(
		while test ! -e ../stop
		do
			eval "$1"
		done
	) >/dev/null 2>&1 &
	writer=$!
}

stop_writing () {
	: >../stop
	wait $writer
	rm ../stop
}

# take_times N: take so many; each must succeed
take_times () {
	n_=0
	while test $n_ -lt "$1"
	do
		take || return 1
		n_=$((n_ + 1))
	done
}

# Lines of eight bytes: one that goes over the end of a page may be read by half.
test_expect_success 'a file that grows all the time is stored as it was read last' '
	git init -q ../moving && cd ../moving && echo still >still && : >log &&
	test_when_finished stop_writing && writing "echo oneline >>log" &&
	for i in 1 2 3 4 5 6 7 8 9 10
	do
		take && git cat-file blob "$snap:tree/log" >../actual &&
		test_grep ! -v "^oneline$" ../actual || return 1
	done
'

test_expect_success 'and whole once it is still' '
	cd ../moving && take && take_is_as_fresh &&
	git cat-file blob "$snap:tree/log" >../actual && test_cmp log ../actual &&
	line_of log >../actual && test_grep "r= log" ../actual
'

test_expect_success 'a large one too' '
	cd ../moving && head -c 12000000 /dev/zero | tr "\0" x >big &&
	test_when_finished stop_writing && writing "printf y >>big" &&
	take && size=$(git cat-file -s "$snap:tree/big") &&
	test $size -ge 12000000 && head -c $size big >../expect &&
	git cat-file blob "$snap:tree/big" >../actual && cmp ../expect ../actual
'

test_expect_success 'one that keeps changing is flagged until it is still' '
	cd ../moving && rm big && take && take_is_as_fresh && echo 0 >busy && (
		# one that is another each time that it is looked at
		writing "echo \$RANDOM \$i >>busy" && take_times 5
		code=$?
		stop_writing
		exit $code
	) && take && line_of busy >../actual && test_grep "r= busy" ../actual &&
	take && test "$(field created)" = false
'

test_expect_success 'files and folders that come and go' '
	cd ../moving && (
		writing "
		mkdir -p gone/a/b && >gone/f && >gone/a/g && >gone/a/b/h &&
		mkdir other && mv gone other/x && rm -rf other &&
		echo >swap && mv swap swapped && mkdir swap && rmdir swap &&
		ln -s x swap && rm swap" && take_times 40
		code=$?
		stop_writing
		exit $code
	) && rm -rf gone other swap swapped && take && take_is_as_fresh &&
	git fsck --full --strict
'

test_expect_success 'a repository that is written to all the time' '
	cd ../moving && (
		writing "echo x >>tracked && git add tracked && git commit -q -m x
			git rm -q --cached tracked && git reset -q" && take_times 15
		code=$?
		stop_writing
		exit $code
	) && take && take_is_as_fresh && git fsck --full --strict
'

# ---- rules ------------------------------------------------------------------

test_expect_success 'a rule that changes together with a folder below' '
	git init -q ../rules && cd ../rules && mkdir -p a/b c/d &&
	for p in a/f.pyc a/b/f.pyc c/f.pyc c/d/f.pyc; do echo $p >$p; done &&
	echo "*.y" >.gitignore && take && take &&
	echo "*.pyc" >.gitignore && >c/d/new && take &&
	git ls-tree -r --name-only "$snap:tree" >../actual &&
	test_write_lines .gitignore c/d/new >../expect &&
	test_cmp ../expect ../actual && take_is_as_fresh &&
	>.gitignore && >a/b/new && take &&
	git ls-tree -r --name-only "$snap:tree" >../actual &&
	test_line_count = 7 ../actual && take_is_as_fresh
'

test_expect_success 'a rule of a folder, changed in place' '
	cd ../rules && echo "f.pyc" >c/.gitignore && take && take &&
	echo "g.pyc" >c/.gitignore && take && git cat-file -e "$snap:tree/c/d/f.pyc" &&
	take_is_as_fresh && echo "f.pyc" >c/.gitignore && take &&
	test_must_fail git cat-file -e "$snap:tree/c/d/f.pyc" && take_is_as_fresh &&
	rm c/.gitignore && take && git cat-file -e "$snap:tree/c/d/f.pyc" && take_is_as_fresh
'

test_expect_success 'an ignore file that is ignored itself' '
	cd ../rules && printf "*\n" >c/.gitignore && take && take &&
	test_must_fail git cat-file -e "$snap:tree/c/d/f.pyc" &&
	printf ".gitignore\n" >c/.gitignore && take && git cat-file -e "$snap:tree/c/d/f.pyc" &&
	git cat-file blob "$snap:tree/c/.gitignore" >../actual &&
	test_grep "^GITVAULT" ../actual && take_is_as_fresh &&
	rm c/.gitignore
'

test_expect_success 'rules outside the tree' '
	cd ../rules && take && echo "f.pyc" >.git/info/exclude && take &&
	test_must_fail git cat-file -e "$snap:tree/a/f.pyc" && take_is_as_fresh &&
	>.git/info/exclude && take && git cat-file -e "$snap:tree/a/f.pyc" &&
	echo "/a/" >../my-rules && git config core.excludesFile "$PWD/../my-rules" && take &&
	test_must_fail git cat-file -e "$snap:tree/a/f.pyc" && take_is_as_fresh &&
	git config --unset core.excludesFile && take && git cat-file -e "$snap:tree/a/f.pyc"
'

test_expect_success 'hostile ignore files' '
	cd ../rules && head -c 300000 /dev/urandom >a/.gitignore &&
	{ printf "\0\0\n\n!!!\n[[[\n"; printf "%0100000d\n" 0
	  test_seq 1 20000 | sed "s/.*/*a*b*c*d&*/"; } >.gitignore && take &&
	git cat-file -e "$snap:tree/c/d/f.pyc" && mkdir -p a/x && rm a/.gitignore &&
	mkdir a/.gitignore && rm .gitignore && mkfifo .gitignore && take &&
	rm .gitignore && ln -s c/f.pyc .gitignore && take && take_is_as_fresh &&
	rm -r .gitignore a/.gitignore
'

test_expect_success 'repositories inside ignored folders' '
	cd ../rules && echo "ig/" >.gitignore && test_create_repo ig/repo &&
	test_commit -C ig/repo x && echo 1 >ig/repo/f && echo K=1 >ig/repo/.env && echo 1 >ig/f && take &&
	git cat-file -e "$snap:tree/ig/f" && take_is_as_fresh &&
	test_must_fail git cat-file -e "$snap:tree/ig/repo/f" &&
	rm -rf ig/repo/.git && take && git cat-file -e "$snap:tree/ig/repo/f" &&
	take_is_as_fresh && mkdir ig/repo/.git && echo "not a repository" >ig/repo/.git/HEAD &&
	take && take_is_as_fresh && rm -rf ig .gitignore
'

test_expect_success 'what only looks like a repository is kept whole' '
	cd ../rules && git commit -q --allow-empty -m x && mkdir -p fake/.git && echo "ref: refs/heads/x" >fake/.git/HEAD && echo mine >fake/f &&
	mkdir fake2 && echo "gitdir: /nonexistent" >fake2/.git && echo mine >fake2/f && take &&
	git cat-file -e "$snap:tree/fake/f" && git cat-file -e "$snap:tree/fake2/f" &&
	git init -q real && echo mine >real/f && git -C real pack-refs --all && take &&
	test "$(note_of real)" = "repository: a repository of its own, without a commit yet: its files are not saved" &&
	test_commit -C real one && git -C real pack-refs --all && take &&
	test "$(git rev-parse "$snap:tree/real")" = "$(git -C real rev-parse HEAD)" &&
	git -C real checkout -q --detach && take &&
	test "$(git rev-parse "$snap:tree/real")" = "$(git -C real rev-parse HEAD)" &&
	take && test "$(field created)" = false && rm real/.git/HEAD && take &&
	git cat-file -e "$snap:tree/real/f" && take_is_as_fresh && rm -rf fake fake2 real
'

test_expect_success 'git'\''s own folder under another name is not kept' '
	git init -q ../renamed && cd ../renamed && mv .git repo.data && mkdir sub && echo 1 >sub/f &&
	GIT_DIR=$PWD/repo.data GIT_WORK_TREE=$PWD git vault --json snapshot >"$TMPDIR/json" &&
	id=$(field id) && git --git-dir=repo.data ls-tree -r --name-only \
		refs/vault/snapshots/$id:tree >../actual &&
	echo sub/f >../expect && test_cmp ../expect ../actual
'

test_expect_success 'GIT_DIR and GIT_WORK_TREE relative, from below' '
	cd ../renamed && echo "*.x filter=foo" >.gitattributes && echo 1 >g.x &&
	GIT_DIR=repo.data GIT_WORK_TREE=. git add .gitattributes g.x sub && cd sub &&
	GIT_DIR=../repo.data GIT_WORK_TREE=.. git vault snapshot --only . -q >../../id &&
	GIT_DIR=../repo.data GIT_WORK_TREE=.. git vault snapshot -q >../../id &&
	git --git-dir=../repo.data cat-file -e "refs/vault/snapshots/$(cat ../../id):tree/g.x"
'

# ---- the cache --------------------------------------------------------------

test_expect_success 'without its cache, or with a damaged one, all is as well' '
	git init -q ../cache && cd ../cache && mkdir -p a/b && echo 1 >a/b/c && echo 2 >d && take &&
	good=$(git rev-parse "$snap:tree") && cp .git/vault/index ../good-cache &&
	for damage in "rm -f" "truncate -s 0" "truncate -s 100" "truncate -s -1" \
		"truncate -s +1" "chmod 0"
	do
		cp -f ../good-cache .git/vault/index && $damage .git/vault/index &&
		take --force && test "$good" = "$(git rev-parse "$snap:tree")" || return 1
	done && rm -rf .git/vault/index && mkdir .git/vault/index && take --force &&
	test "$good" = "$(git rev-parse "$snap:tree")" && rmdir .git/vault/index
'

test_expect_success PYTHON 'damaged at any byte' '
	cd ../cache && take && cp .git/vault/index ../good-cache && python3 - <<-\END &&
	import os, random, subprocess
	good = open("../good-cache", "rb").read()
	random.seed(7)
	for at in [0, 6, 7, 8, 12, 16, 24, 32, 40] + random.sample(range(len(good)), 40):
	    bad = bytearray(good)
	    bad[at] ^= 1 << random.randrange(8)
	    open(".git/vault/index", "wb").write(bad)
	    r = subprocess.run(["git", "vault", "status", "--porcelain"],
	        capture_output=True)
	    assert r.returncode == 0 and not r.stdout, (at, r)
	END
	take && test "$(field created)" = true && take_is_as_fresh
'

test_expect_success 'the cache of a snapshot that was deleted is not used' '
	cd ../cache && take && git update-ref -d "$snap" && git gc -q --prune=now &&
	echo 3 >e && take && git fsck --full --strict && test "$good" != x &&
	git cat-file -e "$snap:tree/a/b/c" && take_is_as_fresh
'

test_expect_success 'gc between snapshots takes nothing away' '
	cd ../cache && for i in 1 2 3
	do
		echo $i >a/b/c && take && git gc -q --prune=now &&
		git fsck --full --strict && take_is_as_fresh || return 1
	done
'

test_expect_success 'a tree that was copied does not believe the cache it came with' '
	cp -a ../cache ../copied && cd ../copied && echo 9 >a/b/c && take &&
	git cat-file blob "$snap:tree/a/b/c" >../actual && test_cmp a/b/c ../actual &&
	take_is_as_fresh
'

test_done
