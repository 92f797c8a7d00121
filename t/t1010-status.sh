#!/bin/sh
test_description='git vault status: what no snapshot holds yet'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"

# status_is LINE…
status_is () {
	git vault status --porcelain >../actual &&
		if test $# = 0
		then
			test_must_be_empty ../actual
		else
			test_write_lines "$@" >../expect && test_cmp ../expect ../actual
		fi
}

# the same without the cache, where nobody knows of what went what it was
status_without_cache_is () {
	mv .git/vault/index ../saved && status_is "$@"
	code=$?
	mv ../saved .git/vault/index
	return $code
}

json () {
	git vault --json status "$@" >"$TMPDIR/json"
}

test_expect_success 'before the first snapshot all is new' '
	mkdir d && echo 1 >d/f && echo 2 >t && echo K=1 >.env && echo .env >.gitignore &&
	git add . && git commit -q -m start && echo u >u &&
	status_is "Ap .env" "At .gitignore" "At d/f" "At t" "Au u" &&
	git vault status >../actual && test_grep "No snapshot yet" ../actual &&
	test_grep "^A snapshot would hold 5 files (.*), 1 of them ignored by git" ../actual &&
	test_line_count = 2 ../actual && git vault status -v >../actual &&
	test_grep "^  new *d/f$" ../actual && test_grep "^  new *u$" ../actual &&
	mkdir node_modules && echo x >node_modules/x && echo "{}" >package.json &&
	echo node_modules >>.gitignore && git vault status >../actual &&
	test_line_count = 3 ../actual && test_grep "^Left out: 1 build product" ../actual &&
	rm -r node_modules package.json && echo .env >.gitignore
'

test_expect_success 'right after one nothing is' '
	take && status_is && status_without_cache_is && git vault status >../actual &&
	test_grep "^Last snapshot $id" ../actual && test_grep "^Nothing changed since" ../actual
'

test_expect_success 'it writes nothing' '
	find .git -type f -exec cksum {} + | sort >../before && echo x >>t &&
	git vault status && find .git -type f -exec cksum {} + | sort >../after &&
	test_cmp ../before ../after
'

test_expect_success 'each kind of change, by path' '
	echo more >>t && rm d/f && echo new >n && echo K=2 >.env && touch -d 2001-01-01 u &&
	mkdir e && echo deep >e/g && status_is "Mp .env" "Dt d/f" "Au e/g" "Au n" "Mt t" "mu u" &&
	take && status_is
'

test_expect_success 'also without the cache' '
	echo more >>t && rm n && echo new >n2 && echo K=3 >.env && chmod +x u &&
	status_without_cache_is "Mp .env" "Dt n" "Au n2" "Mt t" "mu u" &&
	status_is "Mp .env" "Du n" "Au n2" "Mt t" "mu u" && take
'

test_expect_success 'content that changed and came back is no change of content' '
	cp -p t ../t && echo x >>t && status_is "Mt t" && cat ../t >t && status_is "mt t" &&
	take
'

test_expect_success 'same size and time' '
	cp -p t ../t && tr a-z A-Z <../t >t && touch -r ../t t &&
	if cmp -s t ../t; then status_is; else status_is "Mt t"; fi && take
'

test_expect_success 'a folder that went, one that came, and what changes its kind' '
	mkdir -p x/y && echo 1 >x/y/1 && echo 2 >x/2 && echo f >k && take && rm -r x &&
	rm k && mkdir k && echo in >k/in && status_is "Du k" "Au k/in" "Du x/2" "Du x/y/1" &&
	take && rm -r k && ln -s t k && status_is "Au k" "Du k/in" && rm k && mkfifo k &&
	status_is "mu k" "Du k/in" && take && rm k
'

test_expect_success 'what is ignored from now on goes, what is not comes' '
	echo i >i.pyc && take && echo "*.pyc" >>.gitignore &&
	status_is "Mt .gitignore" "Du i.pyc" && take && status_is &&
	echo .env >.gitignore && status_is "Mt .gitignore" "Au i.pyc" && take &&
	echo i >i.tmp && take && echo "*.tmp" >>.gitignore &&
	take && git cat-file blob "$snap:tree/i.tmp" >../actual &&
	test_grep ^GITVAULT ../actual && status_is && status_without_cache_is &&
	echo .env >.gitignore && take && git cat-file blob "$snap:tree/i.tmp" >../actual &&
	test_cmp i.tmp ../actual
'

test_expect_success 'names are quoted, or not with -z' '
	echo 1 >"odd
name" && status_is "Au \"odd\\nname\"" && git vault status -z >../actual &&
	printf "Au odd\nname\0" >../expect && test_cmp_bin ../expect ../actual && take
'

test_expect_success 'JSON' '
	echo x >>.env && echo 1 >new && json &&
	tr "," "\n" <"$TMPDIR/json" | sed -n "s/^{*\"\([a-z_]*\)\":.*/\1/p" | head -n 13 >../actual &&
	test_write_lines schema last last_time files bytes precious ignored_stored precious_unheld \
		build_products ignored left_out sealed_for_one changes >../expect && test_cmp ../expect ../actual &&
	test "$(field last)" = "$id" && test "$(field precious)" = 1 &&
	test_grep "\"changes\":\[{\"path\":\".env\",\"change\":\"changed\",\"kind\":\"precious\",\"bytes\":6,\"unheld\":false,\"left_out\":false},{\"path\":\"new\",\"change\":\"added\",\"kind\":\"untracked\",\"bytes\":2,\"unheld\":false,\"left_out\":false}\]" \
		"$TMPDIR/json" && git init -q ../none && cd ../none && json &&
	test "$(field last)" = null && test_grep "\"changes\":\[\]" "$TMPDIR/json"
'

test_expect_success 'it counts what a snapshot would hold' '
	take && json && git -c core.quotePath=false ls-tree -r -z --name-only "$snap:tree" >../names &&
	echo "$(tr -dc "\0" <../names | wc -c) $(xargs -0 cat <../names | wc -c)" >../expect &&
	echo "$(field files) $(field bytes)" >../actual && test_cmp ../expect ../actual
'

test_expect_success 'one path' '
	git vault status --porcelain t >../actual && echo "=t t" >../expect &&
	test_cmp ../expect ../actual && echo x >>t && git vault status --porcelain t >../actual &&
	echo "Mt t" >../expect && test_cmp ../expect ../actual && touch -d 2002-02-02 u &&
	git vault status --porcelain u >../actual && echo "mu u" >../expect &&
	test_cmp ../expect ../actual && chmod 600 u &&
	git vault status --porcelain u >../actual && test_cmp ../expect ../actual && mv t ../t &&
	git vault status --porcelain t >../actual && echo "Dt t" >../expect &&
	test_cmp ../expect ../actual && mv ../t t
'

test_expect_success 'one path from below, absolute, or a folder' '
	mkdir -p d && echo 9 >d/f && (cd d && git vault status --porcelain f >../../actual) &&
	echo "At d/f" >../expect && test_cmp ../expect ../actual &&
	git vault status --porcelain "$PWD/d/f" >../actual && test_cmp ../expect ../actual &&
	git vault status --porcelain d >../actual && test_cmp ../expect ../actual &&
	(cd d && git vault status --porcelain ../d/./f >../../actual) &&
	test_cmp ../expect ../actual
'

test_expect_success 'a path that is nowhere, or outside' '
	test_expect_code 128 git vault status nowhere >../out 2>../err &&
	test_must_be_empty ../out && test_grep "there is no nowhere" ../err &&
	test_expect_code 129 git vault status ../outside 2>../err &&
	test_grep "outside the working tree" ../err &&
	test_expect_code 129 git vault status /etc/passwd 2>../err &&
	test_grep "not in the working tree" ../err
'

test_expect_success 'one path that only the whole look can tell of' '
	ln -s t link && take && git vault status --porcelain link >../actual &&
	echo "=u link" >../expect && test_cmp ../expect ../actual &&
	ln -sf u link && git vault status --porcelain link >../actual &&
	echo "Mu link" >../expect && test_cmp ../expect ../actual &&
	rm link && git vault status --porcelain link >../actual &&
	echo "Du link" >../expect && test_cmp ../expect ../actual
'

test_expect_success 'one path behind a link is none of a file next to the link' '
	mkdir far && echo 1 >far/n && echo 2 >n && ln -s far behind && take && echo 3 >far/m && echo 4 >m &&
	git vault status --porcelain behind/m >../actual && test_must_be_empty ../actual &&
	git vault status behind/m >../actual && test_grep "^behind/m: behind is a symbolic link: it is saved as a link" ../actual &&
	test_expect_code 128 git vault status n/m 2>../err && test_grep "there is no n/m" ../err &&
	rm -r far n m behind
'

test_expect_success 'one path that no snapshot holds' '
	echo "*.pyc" >.git/info/exclude && echo 1 >x.pyc && take &&
	echo 2 >x.pyc && git vault status x.pyc >../actual &&
	test_grep "^x.pyc: not saved: a build product" ../actual &&
	test_grep ! "Nothing changed" ../actual && rm x.pyc &&
	take && git vault status d >../actual &&
	test_grep "Nothing changed" ../actual
'

# whole_says PATH...: of each path alone the same as among all
whole_says () {
	git vault status --porcelain >../whole && for p
	do
		git vault status --porcelain "$p" >../one && sed "/^= *. /d" ../one >../actual &&
		sed -nE "\\%^.. $p(/|\$)%p" ../whole >../expect && test_cmp ../expect ../actual || return 1
	done
}

test_expect_success 'one path is what the whole look has of it, also where the limits of ignored files decide' '
	git init -q ../each && cd ../each && mkdir -p a m z && printf "%s\n" "*.log" "*.pyc" node_modules .env >.gitignore &&
	echo "*.bak" >.vaultignore && seq 1980 | split -l 1 -a 3 --additional-suffix=.log - m/l && echo 1 >t && git add t .gitignore &&
	for f in u a/old.log a/same.log gone.log gone.pyc left.pyc
	do
		echo 1 >$f || return 1
	done && take && seq 30 | split -l 1 -a 3 --additional-suffix=.log - m/n && mkdir node_modules node_modules/d &&
	for f in a/new.log m/a.log z/behind.log x.pyc node_modules/d/f new .env b.bak a/b.bak
	do
		echo 1 >$f || return 1
	done && echo 2 >>a/old.log && rm gone.log gone.pyc && head -c 1100000 /dev/zero >a/large.log && ln -s t link && mkfifo fifo &&
	every="t u a/old.log a/same.log gone.log gone.pyc left.pyc a/new.log m/a.log z/behind.log x.pyc new .env b.bak a/b.bak
		node_modules node_modules/d/f a/large.log link fifo a m" && whole_says $every &&
	test_grep "^Ai m/a.log" ../whole && test_grep ! behind ../whole && git vault status z/behind.log >../actual &&
	test_grep "^z/behind.log: not kept: .* and beyond the first 2,000" ../actual &&
	git vault status --explain m/a.log >../actual && test_grep "within the bounds" ../actual &&
	rm m/l* && whole_says $every && test_grep "^Ai z/behind.log" ../whole && echo "*.new" >>.gitignore && echo 1 >z/z.new &&
	whole_says $every z/z.new && test_grep "^Ai z/z.new" ../whole && rm .git/vault/index && whole_says $every &&
	echo "u" >.git/info/exclude && whole_says $every
'

test_expect_success 'one path of a sparse checkout is not gone' '
	git init -q ../sparse && cd ../sparse && mkdir a b && echo 1 >a/f && echo 2 >b/f &&
	git add . && git commit -q -m x && git sparse-checkout set a && take && status_is &&
	git vault status --porcelain b/f >../actual && test_grep ! "^D" ../actual
'

# ---- --explain --------------------------------------------------------------

explains () {
	git vault status --explain "$1" >../actual && test_grep "$2" ../actual
}

test_expect_success '--explain says which rule decides' '
	git init -q ../explain && cd ../explain && mkdir -p node_modules/x ig/sub d &&
	echo "{}" >package.json && echo 1 >node_modules/x/f && echo 1 >ig/f &&
	printf "%s\n" "# rules" "ig/" "*.log" .env >.gitignore && echo 1 >a.log &&
	echo K=1 >.env && echo 1 >tracked && git add tracked && echo 1 >untracked &&
	mkfifo fifo && test_create_repo sub && test_commit -C sub one && echo 1 >ig/terraform.tfstate &&
	explains tracked "kept: git tracks it" &&
	explains untracked "saved: neither tracked nor ignored" &&
	explains a.log "saved although it is ignored (.gitignore:3: \*.log): it is not a build" &&
	explains .env "saved although it is ignored (.gitignore:4: .env): it is of a kind that is saved" &&
	explains node_modules "not saved: a build product" &&
	explains node_modules/x/f "node_modules is not saved: a build product" &&
	explains fifo "not saved: a FIFO has no content" &&
	explains sub "is a repository of its own" && explains sub/one.t "is a repository of its own" &&
	explains d "saved" && explains .git/config "git.s own folder" &&
	explains ig/terraform.tfstate "saved although it is ignored"
'

test_expect_success '--explain of what is not there' '
	cd ../explain &&
	test_expect_code 128 git vault status --explain nowhere 2>../err &&
	test_grep "there is no nowhere" ../err
'

test_expect_success '--explain in JSON' '
	cd ../explain && git vault --json status --explain a.log >../actual &&
	test_grep "^{\"schema\":1,\"path\":\"a.log\",\"kept\":true,\"reason\":\"saved although it is ignored" ../actual &&
	git vault --json status --explain .env >../actual && test_grep "\"kept\":true" ../actual &&
	mkdir -p kept/node_modules && echo 1 >kept/node_modules/f &&
	git vault --json status --explain kept/node_modules/f >../actual &&
	rm -r kept && test_grep "\"kept\":false,\"reason\":\"kept/node" ../actual
'

test_expect_success '--explain agrees with what a snapshot keeps' '
	cd ../explain && echo "git~1" >"git~1" && test_expect_code 3 take &&
	git ls-tree -r --name-only "$snap:tree" >../kept &&
	for p in tracked untracked a.log .env node_modules/x/f fifo ig/f ig/terraform.tfstate "git~1"
	do
		git vault --json status --explain "$p" >../actual || return 1
		if grep -qxF "$p" ../kept
		then
			test_grep "\"kept\":true" ../actual || return 1
		else
			test_grep "\"kept\":false" ../actual || return 1
		fi
	done && explains "git~1" "not saved: git does not allow this name"
'

test_expect_success 'of ten thousand snapshots git lists the last, and a status asks no git' '
	test_create_repo ../many && cd ../many && echo a >a && git add a &&
	git commit -q -m a && take &&
	git update-ref refs/vault/snapshots/20200101T000000Z-00000000 HEAD &&
	echo b >a && GIT_TRACE=$PWD/../trace status_is "Mt a" &&
	test_must_fail grep for-each-ref ../trace &&
	GIT_TRACE=$PWD/../trace git vault snapshot >../out &&
	test_must_fail grep for-each-ref ../trace && id=$(cat ../out) &&
	: "an odd name is for git to judge" && git branch o,d && echo c >a &&
	GIT_TRACE=$PWD/../trace git vault snapshot >../out &&
	grep for-each-ref ../trace >../asked &&
	test_grep " refs/heads .* refs/vault/snapshots/$id\$" ../asked &&
	test_must_fail grep 20200101T000000Z ../asked
'

test_expect_success 'what is gone comes back by the hint, from any directory' '
	test_create_repo ../gone && (
		cd ../gone && mkdir d && echo a >"d/a [1]" && echo b >b && git add . &&
		git commit -q -m one && git vault -q snapshot && rm "d/a [1]" b &&
		git vault status >out 2>err && rm out &&
		eval "$(sed -n "s/^git-vault: hint: //p" err)" >../out 2>&1 && rm err &&
		test_path_is_file "d/a [1]" && rm b && cd d && git vault status 2>../../err &&
		eval "$(sed -n "s/^git-vault: hint: //p" ../../err)" >../../out 2>&1 &&
		test_path_is_file ../b && git vault status 2>../../err &&
		test_must_be_empty ../../err
	)
'

test_expect_success 'a directory whose mode is another' '
	test_create_repo ../modes && (
		cd ../modes && mkdir keys other && echo k >keys/k && echo o >other/o &&
		git add . && git commit -q -m one && git vault -q snapshot &&
		chmod 700 keys && touch other && git vault status --porcelain >.git/out &&
		echo "mt keys" >.git/expect && test_cmp .git/expect .git/out &&
		git vault status keys >.git/out && test_grep "metadata *keys$" .git/out &&
		git vault -q snapshot >.git/id && chmod 711 . &&
		git vault status --porcelain >.git/out && echo "mt ." >.git/expect &&
		test_cmp .git/expect .git/out &&
		git vault list --id-only >.git/out && test_line_count = 2 .git/out
	)
'

# both_are LINE…: with the cache, and without it: the same but for the letter of
# a path that went
both_are () {
	status_is "$@" && mv .git/vault/index ../saved &&
		git vault status --porcelain | sed "s/^D./D-/" >../actual &&
		mv ../saved .git/vault/index &&
		{ test $# = 0 || test_write_lines "$@"; } | sed "s/^D./D-/" >../expect &&
		test_cmp ../expect ../actual
}

test_expect_success 'times, modes and attributes are told without the cache, too' '
	test_create_repo ../bare-eyes && cd ../bare-eyes && mkdir d && echo a >a &&
	echo b >b && echo c >d/c && git add . && git commit -q -m one && take && both_are &&
	chmod 600 a && touch -d yesterday b && chmod 700 d && both_are "mt a" "mt b" "mt d" &&
	take && both_are && ln a a2 && both_are "mt a" "Au a2" && take && both_are &&
	printf damaged >.git/vault/index && touch -d yesterday a && status_is "mt a" "mu a2" &&
	rm .git/vault/index && take && both_are
'

test_expect_success ROOT 'so are owners, but not those of another machine' '
	cd ../bare-eyes && chown 1234:4321 b && both_are "mt b" && touch -d 2001-01-01 b && chmod 640 a &&
	rm .git/vault/index && git cat-file commit "$snap" >../commit &&
	sed "s/^Vault-Host: .*/Vault-Host: elsewhere/" ../commit >../other &&
	other=$(git hash-object -t commit -w ../other) &&
	git update-ref "refs/vault/snapshots/$id" "$other" &&
	echo "$id $other main" >>.git/vault/own && status_is "mt a" "mu a2" &&
	take && both_are
'

test_expect_success XATTR 'and extended attributes' '
	cd ../bare-eyes && setfattr -n user.x -v 1 b && both_are "mt b" && take && both_are
'

test_expect_success 'an empty directory that came or went' '
	cd ../bare-eyes && mkdir -p e/f/g && both_are "Au e/f/g" && take && both_are && echo h >e/f/g/h &&
	both_are "Au e/f/g/h" && take && rm -r e/f/g && both_are "Du e/f/g/h" && take &&
	rm -r e && both_are "Du e/f" && git vault status >../actual &&
	test_grep "^  gone  *e/f$" ../actual && take && both_are && mkdir was-dir && take &&
	rmdir was-dir && echo f >was-dir && both_are "Du was-dir" "Au was-dir" && take &&
	rm was-dir && take
'

test_expect_success 'what is not stored is noted, and so are its comings and goings' '
	cd ../bare-eyes && mkfifo fifo && mkdir node_modules && echo 1 >node_modules/x && echo "{}" >package.json &&
	both_are "mu fifo" "mu node_modules" "Au package.json" && git vault status >../actual &&
	test_grep ! "^  left out" ../actual && test_grep "^1 change since" ../actual &&
	test_grep "^Left out: 1 build product, 1 socket" ../actual && git vault status -v >../actual &&
	test_grep "^  left out  *fifo$" ../actual && test_grep "^  left out  *node_modules$" ../actual &&
	test_grep "^  new  *package.json$" ../actual && test_grep ! "metadata" ../actual &&
	git vault status --json >../actual &&
	test_grep "\"node_modules\",\"change\":\"metadata\",[^}]*\"left_out\":true}" ../actual && take && both_are &&
	rm fifo && echo f >fifo && rm -r node_modules &&
	git vault status --porcelain | sed "s/^m./m-/" >../actual &&
	printf "%s\n" "Au fifo" "m- node_modules" >../expect && test_cmp ../expect ../actual &&
	git vault status -v >../with && mv .git/vault/index ../saved && git vault status -v >../without &&
	git vault status --porcelain | sed "s/^m./m-/" >../actual &&
	mv ../saved .git/vault/index && test_cmp ../expect ../actual &&
	test_grep "^  left out  *node_modules$" ../with && test_grep "^  left out  *node_modules$" ../without &&
	take && both_are
'

test_expect_success 'what was excluded since is not gone' '
	cd ../bare-eyes && mkdir -p out/deep && echo 1 >out/deep/a && echo 2 >out/b && echo 3 >lone &&
	take && printf "%s\n" out/deep lone >.vaultignore && git vault status >../actual 2>../err &&
	test_grep "^  excluded  *out/deep/a$" ../actual && test_grep "^  excluded  *lone$" ../actual &&
	test_grep ! "^  gone" ../actual && test_grep ! restore ../err && both_are "Au .vaultignore" "Du lone" "Du out/deep/a" &&
	git vault status --json >../actual &&
	test_grep "\"lone\",\"change\":\"removed\",[^}]*\"left_out\":true}" ../actual &&
	git vault >../actual && test_grep "^changes  *1 new$" ../actual && rm lone && git vault status >../actual &&
	test_grep "^  gone  *lone$" ../actual && rm -r .vaultignore out && take && both_are
'

test_expect_success 'of an ignored directory only what is kept in it is told' '
	cd ../bare-eyes && echo /ig/ >.gitignore && take && mkdir -p ig/sub && echo 1 >ig/sub/x.pyc && both_are "mu ig/sub/x.pyc" &&
	echo K=1 >ig/sub/.env && echo n >ig/sub/x &&
	both_are "Ap ig/sub/.env" "Ai ig/sub/x" "mu ig/sub/x.pyc" && rm -r ig && both_are && take
'

test_expect_success 'a submodule or other repository inside that came, moved or went' '
	cd ../bare-eyes && test_create_repo ../module && test_commit -C ../module m1 &&
	git -c protocol.file.allow=always submodule --quiet add ../module mod &&
	test_create_repo nest && both_are "At .gitmodules" "At mod" "Au nest" &&
	git commit -q -m modules && take && both_are &&
	git -C mod commit -q --allow-empty -m m2 && test_commit -C nest n1 &&
	both_are "Mt mod" "Mu nest" &&
	test_expect_code 1 git vault diff --name-status >../actual && test_grep "^M	mod$" ../actual && git vault status mod >../actual &&
	test_grep "^  changed  *mod$" ../actual && take && both_are &&
	git -C nest commit -q --allow-empty -m n2 && both_are "Mu nest" && take &&
	rm -rf nest && both_are "Du nest" && take && both_are && mkdir turns && take &&
	test_create_repo turns && both_are "Au turns" && take && rm -rf turns/.git &&
	both_are "Du turns" && take && both_are
'

test_expect_success 'files of which only metadata changed are one line' '
	test_create_repo modes && (
		cd modes && mkdir d && echo 1 >d/a && echo 2 >d/b && echo 3 >d/c && echo 4 >e && git add . &&
		git vault snapshot -q && chmod 600 d/a && git vault status >../actual &&
		test_grep "^  metadata *d/a$" ../actual && chmod 600 d/* && echo 5 >e &&
		git vault status >../actual && test_grep "^  changed *e$" ../actual &&
		test_grep "^  metadata *3 files, such as d/a; to list them: git vault status -v$" ../actual &&
		test_grep "^4 changes since" ../actual &&
		git vault status -v >../actual && test_grep "^  metadata *d/c$" ../actual &&
		git vault status --porcelain >../actual && test_line_count = 4 ../actual
	)
'

test_expect_success 'names of one file that a restore makes anew are no change' '
	test_create_repo linked && (
		cd linked && mkdir d && echo 1 >d/a && ln d/a d/b && echo 1 >c &&
		ln c e && git vault snapshot -q && rm d/a &&
		git vault restore latest --in-place >/dev/null 2>&1 &&
		git vault status >../actual && test_grep "Nothing changed since" ../actual &&
		rm c e d/b && git vault restore latest --in-place >/dev/null 2>&1 &&
		git vault status >../actual && test_grep "Nothing changed since" ../actual &&
		cp -p c x && ln -f x e && rm x && test_might_fail git vault status -v >../actual &&
		test_grep "metadata *[ce]$" ../actual &&
		ln -f c e && ln -f d/a e && test_might_fail git vault status -v >../actual &&
		test_grep "metadata *\(e\|d/[ab]\)$" ../actual
	)
'

test_done
