#!/bin/sh
# shellcheck disable=SC2154

test_description='a working copy of Subversion or Mercurial has a vault in the folder of its tool'
. "$(dirname "$0")/test-lib.sh"

test_lazy_prereq SVN 'svn --version -q >/dev/null 2>&1 && svnadmin --version -q >/dev/null 2>&1'
test_lazy_prereq HG 'hg --version -q >/dev/null 2>&1'

HGUSER=t@example.com
export HGUSER

# not in a repository of git
rm -rf .git

# v DIR WORD...: there
v () {
	(cd "$1" && shift && git vault "$@")
}

# origin DIR: the names of what the tool said, in the newest snapshot
origin () {
	dir=$(echo "$1"/.[sh]*/git-vault)
	ref=$(git --git-dir "$dir" for-each-ref --sort=-refname --count=1 --format="%(refname)" refs/vault/snapshots)
	git --git-dir "$dir" ls-tree -r --name-only "$ref" meta/origin/working-copy/ | sed "s,.*/,,"
}

test_expect_success 'a folder that looks like such a vault, but belongs to a repository of git, is not opened' '
	git init -q outer && mkdir -p outer/in/.svn/git-vault/objects outer/in/.svn/git-vault/refs &&
	echo "ref: refs/heads/x" >outer/in/.svn/git-vault/HEAD && : >outer/in/.svn/wc.db &&
	printf "[core]\n\tworktree = ../..\n\tfsmonitor = \"touch %s/ran\"\n" "$PWD" >outer/in/.svn/git-vault/config &&
	v outer/in status >out && test_path_is_missing ran && v outer/in init -n --json >json &&
	test_grep "\"git_dir\":\"$PWD/outer/.git\"" json
'

# hostile DIR: a vault in .svn that would run a program with the next snapshot
hostile () {
	mkdir -p "$1/.svn" && : >"$1/.svn/wc.db" && git init -q --bare "$1/.svn/git-vault" && echo x >"$1/f" &&
	git --git-dir "$1/.svn/git-vault" config core.bare false && git --git-dir "$1/.svn/git-vault" config core.worktree ../.. &&
	git --git-dir "$1/.svn/git-vault" config core.hooksPath "$PWD/hostile"
}

test_expect_success 'a working copy of an old Subversion is named, with what to do' '
	mkdir -p old/d/.svn old/.svn && printf "10\n\ndir\n" >old/.svn/entries && cp old/.svn/entries old/d/.svn &&
	for word in init status snapshot
	do
		test_must_fail v old/d $word 2>err && test_grep "/old is a working copy of Subversion of a format before 1.7" err &&
		test_grep "hint: svn upgrade" err || return 1
	done
'

test_expect_success 'nor is one that the other tool may have fetched, in its top or below, also where a root has it' '
	mkdir -p hostile both/.hg fetched/.hg && : >both/.hg/requires && : >fetched/.hg/requires &&
	printf "#!/bin/sh\ntouch \"%s/ran\"\n" "$PWD" >hostile/reference-transaction && chmod +x hostile/reference-transaction &&
	hostile lone && hostile both && hostile fetched/deep/in && v lone -q snapshot >out && rm ran &&
	test_must_fail v both -q snapshot 2>err && test_must_fail v fetched/deep/in -q snapshot 2>err &&
	test_grep "fetched is a working copy of Mercurial without a vault" err &&
	git config --global vault.projectRoot "$PWD" && git vault project >out && test_grep "/lone" out &&
	test_grep ! "both\|fetched" out && git config --global --unset vault.projectRoot && test_path_is_missing ran &&
	rm -r lone both fetched
'

test_expect_success 'hooks install leaves who can read .hg/hgrc as it was, and a link a link' '
	mkdir -p secret/.hg && : >secret/.hg/requires && v secret init -q && echo "[auth]" >secret/.hg/hgrc &&
	chmod 600 secret/.hg/hgrc && v secret hooks install >out && ls -l secret/.hg/hgrc >out && test_grep "^-rw------- " out &&
	mv secret/.hg/hgrc mine && ln -s ../../mine secret/.hg/hgrc && v secret hooks uninstall >out &&
	echo "[auth]" >expect && test_cmp expect mine && test -h secret/.hg/hgrc
'

test_expect_success ROOT 'nor is the vault of another user' '
	mkdir -p theirs/.svn && : >theirs/.svn/wc.db && v theirs init -q && v theirs status >out &&
	chown -R 12345 theirs/.svn/git-vault && test_must_fail v theirs status 2>err &&
	test_grep "belongs to another user" err
'

test_expect_success 'without the tool the files are stored, and a line says so' '
	mkdir -p bare/.svn no-svn && : >bare/.svn/wc.db && echo one >bare/f && v bare init -q &&
	for tool in git git-vault sh
	do
		ln -s "$(command -v $tool)" no-svn/$tool || return 1
	done &&
	(PATH=$PWD/no-svn && export PATH && cd bare && git vault snapshot) >id 2>err &&
	test_grep "only the files of this Subversion working copy are stored" err &&
	v bare restore latest --to ../bare-back && test "$(ls -A bare-back)" = f
'

test_expect_success SVN 'Subversion: found everywhere, whole, and nothing of .svn is stored' '
	svnadmin create srv && svn -q co "file://$PWD/srv" wc && mkdir -p wc/src/deep && echo one >wc/src/a.c &&
	echo two >wc/src/deep/b.c && (cd wc && svn -q add src && svn -q ci -m one) && echo changed >>wc/src/a.c &&
	echo new >wc/src/new.c && (cd wc && svn -q propset svn:ignore "*.o" src) && echo obj >wc/src/x.o &&
	mkdir -p wc/src/ext/.svn && echo theirs >wc/src/ext/.svn/wc.db && echo external >wc/src/ext/e.c &&
	test_must_fail v wc/src status 2>err && test_grep "working copy of Subversion without a vault" err &&
	test_grep "hint: git vault init" err && v wc/src init -n 2>err && test_grep "would make" err &&
	test_path_is_missing wc/.svn/git-vault && v wc/src init >out 2>err && test_grep "made the vault" err &&
	v wc/src/deep -q snapshot >id && v wc list --id-only >out && test_cmp id out &&
	origin wc >out && printf "%s\n" info.xml properties.diff properties.xml status.xml >expect && test_cmp expect out &&
	v wc restore latest --to ../back && test "$(ls -A back)" = src && diff -r -x .svn -x x.o wc/src back/src &&
	test_path_is_missing back/src/ext/.svn &&
	(cd wc && svn status) >out && test_grep ! git-vault out && test_grep "^ *M *src$" out
'

test_expect_success SVN 'a property alone is a change; unchanged, the tool is not asked' '
	mkdir spy && printf "#!/bin/sh\necho asked >>\"%s/asked\"\nexec \"%s\" \"\$@\"\n" "$PWD" "$(command -v svn)" >spy/svn &&
	chmod +x spy/svn && (PATH=$PWD/spy:$PATH && export PATH && cd wc && git vault -q snapshot) >out &&
	test_cmp id out && test_path_is_missing asked && (cd wc && svn -q propset license MIT src/a.c) &&
	(PATH=$PWD/spy:$PATH && export PATH && cd wc && git vault -q snapshot) >second && test_must_fail cmp id second &&
	test_line_count = 6 asked && v wc verify >out && test_grep "2 snapshots verified" out
'

# sealed DIR FILE...: each is stored encrypted
sealed () {
	in=$1 && shift
	for file
	do
		v "$in" cat latest "$file" --no-secrets >out && test_grep "^GITVAULT\[file:" out || return 1
	done
}

test_expect_success SVN 'what Subversion ignores is stored encrypted, and what it tracks is not ignored' '
	svnadmin create ign-srv && svn -q co "file://$PWD/ign-srv" ign && mkdir -p ign/d/in && echo 1 >ign/d/kept.log && echo A=1 >ign/.env &&
	(cd ign && svn -q add d && svn -q propset svn:ignore "*.log" d && svn -q propset svn:global-ignores ".env*" .) &&
	echo A=2 >ign/d/in/.env.prod && echo 3 >ign/d/x.log && echo 4 >ign/d/in/y.log && v ign init -q && v ign snapshot -q >out &&
	sealed ign .env d/in/.env.prod d/x.log && v ign cat latest d/kept.log >out && test_cmp ign/d/kept.log out &&
	v ign cat latest d/in/y.log --no-secrets >out && test_cmp ign/d/in/y.log out &&
	v ign status --explain .env >out && test_grep "saved although it is ignored.*[.]env" out &&
	v ign status --explain d/kept.log >out && test_grep "saved: svn tracks it" out &&
	v ign restore latest --to ../ign-back && diff -r -x .svn ign ign-back &&
	echo B=1 >ign/new.env && (cd ign && svn -q propset svn:ignore new.env .) && v ign snapshot -q >out && sealed ign new.env
'

test_expect_success SVN 'the command of doctor for a second copy works there' '
	git init -q --bare second.git && test_expect_code 1 v ign doctor >out && sed -n "s|^ *\(git .*\)URL\(.*\)|\1$PWD/second.git\2|p" out >cmd && test_line_count = 1 cmd &&
	(cd ign && sh ../cmd) && git --git-dir second.git for-each-ref >out && test_grep refs/vault/snapshots out
'

test_expect_success SVN 'without svn, what may be ignored is stored encrypted, and nothing is left out' '
	rm ign/.svn/git-vault/vault/working-copy-rules && echo more >>ign/d/x.log && (PATH=$PWD/no-svn && export PATH && cd ign && git vault snapshot) >out 2>err &&
	test_grep "what Subversion ignores is not known, so files that may be ignored are stored encrypted" err &&
	sealed ign .env && v ign restore latest --to ../ign-blind && diff -r -x .svn ign ign-blind
'

test_expect_success SVN 'a tool that the working copy has itself is not run' '
	rm asked && cp -R wc own && mkdir own/bin && cp spy/svn own/bin && (cd own && svn -q propset license BSD src/a.c) &&
	(PATH=$PWD/own/bin:$PATH && export PATH && cd own && git vault -q snapshot) >out && test_path_is_missing asked &&
	origin own >out && test_grep status.xml out && rm -r own
'

test_expect_success SVN 'a damaged database is named, and the files are stored' '
	cp -R wc hurt && echo junk >hurt/.svn/wc.db && v hurt snapshot >out 2>err &&
	test_grep "only the files of this Subversion" err && v hurt restore latest --to ../hurt-back &&
	diff -r -x .svn -x x.o hurt/src hurt-back/src
'

# svn waits ten seconds itself
test -z "$GIT_VAULT_TEST_LONG" || test_set_prereq LONG

test_expect_success LONG,SVN 'a database that another process has locked is named, in bounded time' '
	cat >hold.py <<-\END &&
	import sqlite3, time
	c = sqlite3.connect("busy/.svn/wc.db", isolation_level=None)
	c.execute("BEGIN EXCLUSIVE")
	open("held", "w").close()
	time.sleep(120)
	END
	cp -R wc busy && { python3 hold.py & lock=$!; } && test_when_finished "kill $lock || :" &&
	for try in 1 2 3 4 5 6 7 8 9
	do
		test -e held || sleep 1
	done &&
	(cd busy && echo 1 >new && timeout 60 git vault snapshot) >id 2>err && test_grep "another process has locked its database" err &&
	v busy cat latest:new >out && test "$(cat out)" = 1
'

test_expect_success SVN 'what takes the place of the database is not believed' '
	for way in "ln -s /etc/passwd" mkfifo "mkdir -p" "truncate -s 1G"
	do
		rm -rf odd && cp -R wc odd && rm odd/.svn/wc.db && $way odd/.svn/wc.db && v odd snapshot --force >id 2>err &&
		test_grep "only the files of this Subversion" err || return 1
	done
'

test_expect_success SVN 'a project like others: registered, watched, moved; hooks name watch' '
	test_must_fail v wc hooks install 2>err && test_grep "git vault watch start" err &&
	v wc hooks status 2>err && test_grep "git vault watch start" err && v wc hooks uninstall 2>err &&
	v wc hooks status --json >json && test_grep "\"name\":\"post-commit\",\"side\":\"server\",\"state\":\"absent\"" json &&
	git vault project add wc/src >out && echo "$PWD/wc" >expect && test_cmp expect out &&
	git vault projects --json >json && test_grep "\"name\":\"wc\"" json && git vault --project wc list >out &&
	mkdir moved && mv wc moved/wc2 && git vault project --json >json && test_grep "moved/wc2" json &&
	git config --global vault.projectRoot "$PWD/moved" && git config --global --unset-all vault.project &&
	git vault project >out && test_grep "moved/wc2" out && git config --global --unset vault.projectRoot
'

test_expect_success HG 'Mercurial: drafts, shelves and patches are stored, and hooks take snapshots' '
	hg init -q h && echo one >h/f && hg -R h add -q h/f && hg -R h ci -q -m one && hg -R h phase -q -p 0 &&
	echo two >>h/f && hg -R h ci -q -m two && echo shelf >>h/f &&
	hg -R h --config extensions.shelve= shelve -q -n mine && echo work >>h/f &&
	v h init >out 2>err && test_grep "made the vault of this Mercurial" err && v h -q snapshot >id &&
	origin h >out && test_grep "^drafts.hg$" out && test_grep "^status$" out && test_grep "^shelved-mine" out &&
	v h -q snapshot >again && test_cmp id again && v h restore latest --to ../h-back && test "$(ls -A h-back)" = f &&
	v h hooks install >out && test_grep "added *commit" out && v h hooks status >out && test_grep "installed *commit" out &&
	v h hooks install >out && test_grep "installed *commit" out && hg -R h ci -q -m three &&
	v h list --id-only >out && test_line_count = 2 out &&
	printf "[ui]\nquiet = no\n" >>h/.hg/hgrc && v h hooks uninstall && printf "[ui]\nquiet = no\n" >expect &&
	test_cmp expect h/.hg/hgrc && hg -R h status >out && test_grep ! git-vault out
'

test_expect_success HG 'what Mercurial ignores is stored encrypted, and what it tracks is not ignored' '
	hg init -q hign && printf "syntax: glob\n.env\nbuild\nsubinclude:sub/ign\n" >hign/.hgignore && mkdir -p hign/build hign/sub/x && echo "rootglob:x/*.k" >hign/sub/ign &&
	echo 1 >hign/build/kept.c && echo A=1 >hign/.env && echo 2 >hign/build/o.c && echo 3 >hign/sub/x/a.k && echo 4 >hign/new.txt && (cd hign && hg add -q .hgignore build/kept.c) &&
	v hign init -q && v hign snapshot -q >out && sealed hign .env build/o.c sub/x/a.k && v hign cat latest build/kept.c >out && test_cmp hign/build/kept.c out &&
	v hign cat latest new.txt --no-secrets >out && test_cmp hign/new.txt out && v hign status --explain .env >out && test_grep "ignored (.hgignore:2: .env)" out &&
	v hign status --explain new.txt >out && test_grep "hg neither tracks nor ignores it" out &&
	echo new.txt >>hign/.hgignore && v hign snapshot -q >out && sealed hign new.txt && v hign restore latest --to ../hign-back && diff -r -x .hg hign hign-back &&
	printf "(?<=a)b\n" >hign/.hgignore && v hign snapshot 2>err && test_grep "a rule of .hgignore is not understood" err && sealed hign .env new.txt &&
	for rules in "include:.hgignore\ninclude:.hgignore\nglob:x" "include:$PWD/hg-elsewhere"
	do
		printf "$rules\n" >hign/.hgignore && v hign snapshot 2>err && test_grep "was not read" err && sealed hign .env new.txt || return 1
	done && rm hign/.hgignore && ln -s ../hg-elsewhere hign/.hgignore && echo "glob:new.txt" >hg-elsewhere &&
	v hign snapshot 2>err && test_grep "was not read" err && sealed hign new.txt && rm hign/.hgignore &&
	printf "[ui]\nignore = ../hg-elsewhere\n" >>hign/.hg/hgrc && v hign snapshot 2>err && test_grep "was not read" err && sealed hign new.txt
'

test_expect_success HG 'hg, which deletes what it could not write, is given no name of /dev that root could lose' '
	printf "#!/bin/sh\necho \"\$*\" >>\"%s/hg-asked\"\nexec \"%s\" \"\$@\"\n" "$PWD" "$(command -v hg)" >spy/hg && chmod +x spy/hg &&
	cp -R h again.d && echo again >>again.d/f && (PATH=$PWD/spy:$PATH && export PATH && cd again.d && git vault -q snapshot) >out &&
	test_grep "^bundle" hg-asked && test_grep ! "/dev/std" hg-asked && rm -r again.d
'

test_expect_success HG 'a lock that is held, a damaged dirstate and a hostile requirement are named, and the files stored' '
	cp -R h bad && ln -s elsewhere:1 bad/.hg/wlock && echo 1 >>bad/f && v bad snapshot >bad-id 2>err &&
	test_grep ! "only the files" err && rm bad/.hg/wlock && truncate -s 30 bad/.hg/dirstate && echo 2 >>bad/f && v bad snapshot >bad-id 2>err &&
	test_grep "only the files of this Mercurial.*damaged" err && printf "e\033]0;x\007vil\n" >>bad/.hg/requires && echo 3 >>bad/f &&
	v bad snapshot >bad-id 2>err && test_grep "only the files of this Mercurial.*unknown" err && test_grep ! "$(printf "\033")" err &&
	v bad cat latest:f >out && test_cmp bad/f out
'

test_expect_success HG 'what hg said is stored encrypted, and verified' '
	id=$(sed -n 1p id) && commit=$(git --git-dir h/.hg/git-vault rev-parse "refs/vault/snapshots/$id") &&
	git --git-dir h/.hg/git-vault cat-file -p "$commit:meta/origin/working-copy/drafts.hg" >sealed &&
	test_grep "GITVAULT" sealed && v h verify >out && test_grep "all intact" out
'

test_expect_success HG 'a snapshot that somebody forged brings no configuration of the tool' '
	hg init -q forged && echo one >forged/f && v forged init >out 2>&1 && v forged -q snapshot >id &&
	dir=forged/.hg/git-vault && g () { git --git-dir $dir "$@"; } &&
	ref=refs/vault/snapshots/$(cat id) && printf "[hooks]\nupdate = touch pwned\n" >rc &&
	inner=$(printf "100644 blob %s\thgrc\n" $(g hash-object -w rc) | g mktree) &&
	tree=$( { g ls-tree $ref:tree && printf "040000 tree %s\t.hg\n" $inner; } | g mktree) &&
	root=$(g ls-tree $ref | sed "s/[0-9a-f]\{40\}	tree\$/$tree	tree/" | g mktree) &&
	g update-ref $ref $(g cat-file commit $ref | sed "s/^tree .*/tree $root/" | g hash-object -t commit -w --stdin) &&
	rm forged/f && { v forged restore latest --in-place 2>err; test $? = 3; } && test_path_is_file forged/f &&
	test_path_is_missing forged/.hg/hgrc && test_grep "[.]hg is not restored: a folder of this name could do harm" err &&
	{ v forged restore latest --to ../forged-out 2>err; test $? = 3; } && test "$(ls -A forged-out)" = f
'

test_expect_success HG 'a base without an address is not fetched, and what to do is said' '
	hg init -q alone && echo a >alone/a && hg -R alone add -q alone/a && hg -R alone commit -q -m a && v alone init >out 2>&1 &&
	v alone -q snapshot >id 2>err && { v alone restore latest --with-base --to ../alone-out 2>err; test $? = 128; } &&
	test_grep "snapshot $(cat id) has no address of its base; check it out yourself, then restore over it with" err &&
	test_path_is_missing alone-out
'

test_done
