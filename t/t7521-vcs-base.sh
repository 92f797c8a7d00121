#!/bin/sh
# shellcheck disable=SC2154

test_description='vcs.base: omit names what a server has, stores the rest, and restore --with-base joins both'
. "$(dirname "$0")/test-lib.sh"

test_lazy_prereq SVN 'svn --version -q >/dev/null 2>&1 && svnadmin --version -q >/dev/null 2>&1'
test_lazy_prereq HG 'hg --version -q >/dev/null 2>&1'

HGUSER=t@example.com
export HGUSER

# A start of hg takes as long as most cases here: what the script itself asks is
# answered by one process of it, with the same output. git-vault starts hg.
hg_=$(command -v hg)
if command -v chg >/dev/null
then
	CHGSOCKNAME=$TMPDIR/chg
	export CHGSOCKNAME
	printf "[chgserver]\nidletimeout = 60\n" >"$HOME/.hgrc"
	hg () {
		chg "$@"
	}
fi

# not in a repository of git
rm -rf .git

# v DIR WORD...: there
v () {
	(cd "$1" && shift && git vault "$@")
}

# shellcheck disable=SC2329
later () {
	perl -e 'select undef, undef, undef, 0.1'
}

# spied COMMAND...: with the spy in place of the tool, for this command alone: a
# spy that finds itself in PATH runs without end
# shellcheck disable=SC2329
spied () {
	(PATH=$PWD/spy:$PATH && export PATH && "$@")
}

# await COMMAND...: at most ten seconds
# shellcheck disable=SC2329
await () {
	tries=0
	until "$@"
	do
		tries=$((tries + 1))
		test $tries -lt 100 && later || return 1
	done
}

# the server is there, and wants a password
# shellcheck disable=SC2329
asks () {
	svn info --non-interactive "$from" 2>&1 | grep -q E170001
}

# a working copy in which everything is committed, but for what it is to show
test_expect_success SVN 'a policy that came with the working copy omits nothing before it is accepted' '
	svnadmin create srv && svn -q co "file://$PWD/srv" wc && mkdir -p wc/a/b &&
	for i in 1 2 3 4 5
	do
		echo "$i" >wc/a/f$i && echo "$i" >wc/a/b/g$i || return 1
	done &&
	printf "vcs: {base: omit}\n" >wc/.gitvault.yaml &&
	(cd wc && svn -q add a .gitvault.yaml && svn -q ci -m one && svn -q up) &&
	v wc init -q && v wc snapshot >id 2>err && test_grep "vcs.base is not accepted" err &&
	v wc show latest >out && test_grep "Holds: *11 files" out && test_grep ! Without: out &&
	test_expect_code 1 v wc policy diff >out && test_grep "server of Subversion" out
'

test_expect_success SVN 'what is not committed is stored, and a look never lacks the word that the rest is not' '
	v wc policy accept --yes 2>err && later && echo mod >>wc/a/f1 && echo new >wc/new &&
	(cd wc && svn -q rm a/f2 && svn -q mv a/b/g1 a/moved && svn -q add new && svn -q propset svn:ignore "*.o" a &&
	svn -q changelist work a/f3) && v wc snapshot >id 2>err &&
	test_grep "not stored: 7 files that are as the revision checked out" err &&
	v wc show latest >out && test_grep "Without: *7 files, as in revision 1 of Subversion" out &&
	test_grep "Holds: *4 files" out && v wc list >out && test_grep " 4+7 " out &&
	v wc list --oneline >out && test_grep "without its base" out &&
	v wc ls -R >out 2>err && test_grep "^a/f4 .*base" out && test_grep ! "^a/f2" out && test_grep "without its base" err &&
	v wc status >out && test_grep "Without: 7 files" out && test_grep "Nothing changed" out &&
	v wc status --explain a/f4 >out && test_grep "vcs.base: omit" out &&
	test_expect_code 1 v wc diff latest~1 latest >out 2>err && test_grep "without its base" err &&
	v wc verify >out 2>err && test_grep "all intact" out && test_grep "without its base" err &&
	v wc list --json >json && test_grep "\"omits\":\"7 svn 1\"" json && v wc -q snapshot >again && test_cmp id again
'

test_expect_success SVN 'without the base a restore names what is missing, with it files and status are as they were' '
	test_expect_code 3 v wc restore latest --to ../plain 2>err && test_grep "7 files are not restored" err &&
	test_grep "hint: .*--with-base --to" err && test_path_is_missing plain/a/f4 && test_path_is_file plain/a/moved &&
	v wc restore latest --to ../full --with-base 2>err && test_grep "checking out revision 1 of file://" err &&
	diff -r -x .svn wc full && (cd wc && svn status | sed "/moved/d") >expect &&
	(cd full && svn status | sed "/moved/d") >out && test_cmp expect out &&
	(cd wc && svn proplist -v -R) >expect && (cd full && svn proplist -v -R) >out && test_cmp expect out &&
	test_must_fail v wc restore latest --to ../full --with-base 2>err && test_grep "has to be new" err &&
	test_must_fail v wc restore latest --in-place --with-base 2>err && ls -A . >out && test_grep ! "git-vault-base" out
'

test_expect_success SVN 'in place, what changed since is named and stays, and nothing of the base is deleted' '
	echo broken >wc/a/f4 && cp -R wc keep && test_expect_code 3 v wc restore latest --in-place --delete 2>err &&
	test_grep "a/f4 is not restored" err && test_grep ! "a/f5" err && diff -r -x .svn keep wc &&
	v wc status >out && test_grep "a/f4" out && v wc -q snapshot >id && v wc show latest >out && test_grep "Without: *6 files" out &&
	(cd wc && svn -q revert a/f4) && later && v wc -q snapshot >id && v wc show latest >out && test_grep "Without: *7 files" out
'

test_expect_success SVN 'a commit leaves mixed revisions: what is of another one is stored' '
	(cd wc && svn -q ci -m two a/f1 new) && later && v wc -q snapshot >id && v wc show latest >out &&
	test_grep "Without: *7 files, as in revision 1 " out && rm -rf full && v wc restore latest --to ../full --with-base 2>err &&
	diff -r -x .svn wc full
'

test_lazy_prereq SHELF 'SVN_EXPERIMENTAL_COMMANDS=shelf3 svn help x-shelve >/dev/null 2>&1'

test_expect_success SVN,SHELF 'shelves come back, and svn takes them' '
	svn -q co "file://$PWD/srv" shelf && v shelf init -q && echo shelved >>shelf/a/f3 &&
	(SVN_EXPERIMENTAL_COMMANDS=shelf3 && export SVN_EXPERIMENTAL_COMMANDS &&
	(cd shelf && svn x-shelve later a/f3 && git vault -q snapshot && svn x-unshelve later && svn diff) >expect &&
	v shelf restore latest --to ../unshelf --with-base && (cd unshelf && svn x-unshelve later && svn diff) >out) &&
	sed -n "/^Index/,\$p" expect >want && sed -n "/^Index/,\$p" out >got && test_cmp want got && test_grep "+shelved" got
'

test_expect_success SVN 'the tool is asked for the list only if its database moved' '
	mkdir spy && printf "#!/bin/sh\necho \"\$*\" >>\"%s/asked\"\nexec \"%s\" \"\$@\"\n" "$PWD" "$(command -v svn)" >spy/svn &&
	chmod +x spy/svn && later && v wc -q snapshot >id && echo more >>wc/new &&
	(PATH=$PWD/spy:$PATH && export PATH && cd wc && git vault -q snapshot) >out && test_must_fail cmp id out &&
	test_grep ! "^status.*-v" asked && v wc show latest >out && test_grep "Without: *7 files" out
'

test_expect_success SVN 'without the tool, or with a damaged database, everything is stored' '
	mkdir no-svn &&
	for tool in git git-vault sh
	do
		ln -s "$(command -v $tool)" no-svn/$tool || return 1
	done &&
	later && (cd wc && svn -q propset x y a/f3) && (PATH=$PWD/no-svn && export PATH && cd wc && git vault snapshot) >id 2>err &&
	test_grep "vcs.base: omit does not apply" err && v wc show latest >out && test_grep "Holds: *11 files" out &&
	echo junk >wc/.svn/wc.db && v wc snapshot --force >id 2>err && test_grep "vcs.base: omit does not apply" err
'

test_expect_success SVN 'an address that a program could take for an option is not given to svn' '
	svn -q co "file://$PWD/srv" odd && printf "vcs: {base: omit}\n" >odd/.gitvault.yaml && v odd init -q && v odd policy accept --yes &&
	later && printf "#!/bin/sh\nexec \"%s\" \"\$@\" | sed \"s,<url>.*</url>,<url>svn+ssh://-oProxyCommand=x/</url>,\"\n" "$(command -v svn)" >spy/svn &&
	(PATH=$PWD/spy:$PATH && export PATH && cd odd && git vault -q snapshot) >id &&
	test_must_fail v odd restore latest --to ../odd-back --with-base 2>err && test_grep "address of its base" err &&
	test_path_is_missing odd-back
'

# at SECONDS WORD...: that long after a fixed time
at () {
	(GIT_VAULT_TEST_TIME=$((1796000000 + $1)) && export GIT_VAULT_TEST_TIME && shift && "$@")
}

test_expect_success SVN 'a base is left out only while its server has it, and no save but one asks' '
	svnadmin create gone && svn -q co "file://$PWD/gone" lost && mkdir lost/ä && echo a >lost/ä/ö && echo b >lost/b &&
	printf "vcs: {base: omit}\n" >lost/.gitvault.yaml &&
	(cd lost && LC_ALL=C.UTF-8 && export LC_ALL && svn -q add ä b .gitvault.yaml && svn -q ci -m one && svn -q up && svn lock b) >out &&
	v lost init -q && v lost policy accept --yes && later && rm -f asked &&
	printf "#!/bin/sh\necho \"\$*\" >>\"%s/asked\"\nexec \"%s\" \"\$@\"\n" "$PWD" "$(command -v svn)" >spy/svn &&
	spied at 0 v lost -q snapshot >id && v lost show latest >out && test_grep "Without: *2 files" out &&
	grep -c "^info .*@1$" asked >n && test "$(cat n)" = 1 && echo more >lost/new && spied at 60 v lost -q snapshot >id &&
	grep -c "^info .*@1$" asked >n && test "$(cat n)" = 1 && spied at 90000 v lost -q snapshot --force >id &&
	grep -c "^info .*@1$" asked >n && test "$(cat n)" = 2 && v lost restore latest --to ../lost-full --with-base 2>err &&
	test_grep "1 file was locked" err && test_grep "hint: .*svn status -u ../lost-full" err &&
	test_grep "hint: .*svn lock --force ../lost-full/b" err && (cd lost && LC_ALL=C.UTF-8 svn lock --force ../lost-full/b) >out &&
	mv gone away && at 90060 v lost snapshot >id 2>err && test_grep "did not give revision 1 when it was asked.*svn info -r 1" err &&
	test_line_count = 2 err && v lost show latest >out && test_grep "Holds: *4 files" out &&
	test_must_fail v lost restore latest~1 --to ../lost-no --with-base 2>err && test_grep "svn checkout failed" err &&
	test_grep "hint: .*git vault restore .* --to ../lost-no$" err && test_grep "hint: .*git vault list" err &&
	v lost status >out 2>err && test_grep ! "Without:" out
'

test_expect_success SVN 'a server that was made again at the same address is another one' '
	svnadmin create gone && svn -q mkdir -m x "file://$PWD/gone/x" && at 99000 v lost snapshot --force >id 2>err &&
	test_grep "another repository or revision 1 now" err && rm -r gone && mv away gone && at 99100 v lost -q snapshot --force >id &&
	v lost show latest >out && test_grep "Without: *2 files" out
'

test_expect_success HG 'a changeset that was only called public is not left out' '
	hg init -q far && hg clone -q far near && echo a >near/a && printf "vcs: {base: omit}\n" >near/.gitvault.yaml &&
	(cd near && hg ci -q -A -m one && hg push -q && echo b >b && hg ci -q -A -m two) && v near init -q &&
	v near policy accept --yes && later && at 0 v near -q snapshot >id && v near show latest >out && test_grep "Without: *1 file," out &&
	(cd near && hg phase --public --force .) && later && at 60 v near snapshot >id 2>err && test_grep "did not give revision" err &&
	v near show latest >out && test_grep "Holds: *3 files" out && (cd near && hg push -q) && later && at 1000 v near -q snapshot >id &&
	v near show latest >out && test_grep "Without: *2 files" out && mv far away-far && at 1060 v near snapshot >id 2>err &&
	test_grep "did not give revision" err && v near show latest >out && test_grep "Holds: *3 files" out
'

test_expect_success SVN 'a server in the working copy itself is no place for what is left out' '
	mkdir inside && svnadmin create inside/srv && svn -q co "file://$PWD/inside/srv" inside && echo a >inside/a &&
	printf "vcs: {base: omit}\n" >inside/.gitvault.yaml && (cd inside && svn -q add a .gitvault.yaml && svn -q ci -m one && svn -q up) &&
	v inside init -q && v inside policy accept --yes && later && v inside snapshot >id 2>err &&
	test_grep "its server lies in the working copy itself" err && v inside show latest >out && test_grep ! "Without:" out
'

test_expect_success HG 'nor is the working copy, and a password in an address is no argument' '
	hg init -q own && echo a >own/a && printf "vcs: {base: omit}\n" >own/.gitvault.yaml && (cd own && hg ci -q -A -m one && hg phase --public .) &&
	ln -s own to-own && printf "[paths]\ndefault = %s/to-own\n" "$PWD" >own/.hg/hgrc && v own init -q && v own policy accept --yes && later &&
	v own snapshot >id 2>err && test_grep "its server lies in the working copy itself" err && v own show latest >out && test_grep ! "Without:" out &&
	mkdir -p spy && printf "#!/bin/sh\necho \"\$*\" >>\"%s/asked-hg\"\nexec \"%s\" \"\$@\"\n" "$PWD" "$hg_" >spy/hg && chmod +x spy/hg &&
	printf "[paths]\ndefault = http://me:t0ken@127.0.0.1:1/r\n" >own/.hg/hgrc && later && (PATH=$PWD/spy:$PATH && export PATH && v own snapshot --force) >id 2>err &&
	test_grep "did not give revision" err && test_grep serve asked-hg && test_grep ! t0ken asked-hg err
'

test_expect_success HG 'a restore gives hg the password of an address through a pipe, and shows it nowhere' '
	cat >server.py <<-\END &&
	import base64, sys
	from wsgiref.simple_server import make_server
	from mercurial.hgweb import hgweb
	app, want = hgweb(sys.argv[1].encode()), base64.b64encode(b"me:t0k/en").decode()
	def checked(env, start):
	    if env.get("HTTP_AUTHORIZATION") != "Basic " + want:
	        start("401 no", [("WWW-Authenticate", "Basic realm=x"), ("Content-Length", "0")])
	        return [b""]
	    return app(env, start)
	s = make_server("127.0.0.1", 0, checked)
	print(s.server_port, flush=True)
	s.serve_forever()
	END
	hg init -q pub && hg clone -q pub sub && echo a >sub/a && printf "vcs: {base: omit}\n" >sub/.gitvault.yaml &&
	(cd sub && hg ci -q -A -m one && hg push -q) &&
	{ "$(hg debuginstall -T "{pythonexe}")" server.py pub >port 2>web.log & web=$!; } &&
	test_when_finished "kill $web || :" && await test -s port &&
	printf "[paths]\ndefault = http://me:t0k%%2fen@127.0.0.1:%s/\n" "$(cat port)" >sub/.hg/hgrc &&
	v sub init -q && v sub policy accept --yes && later && v sub -q snapshot >id 2>err &&
	v sub show latest >out && test_grep "Without: *1 file," out && rm -f asked-hg && (PATH=$PWD/spy:$PATH && export PATH &&
	v sub restore latest --to ../sub-full --with-base) 2>err && diff -r -x .hg sub sub-full && test_grep serve asked-hg &&
	test_grep "of http://.*127.0.0.1" err && test_grep ! t0k asked-hg err sub-full/.hg/hgrc && kill $web && { wait $web || :; } &&
	test_must_fail v sub restore latest --to ../sub-no --with-base 2>err && test_grep "hg clone failed" err && test_grep ! t0k err
'

test_lazy_prereq SVNSERVE 'svnserve --version -q >/dev/null 2>&1'

test_expect_success SVN,SVNSERVE 'svn reads the password of an address from its input' '
	svnadmin create closed && printf "[general]\nanon-access = none\nauth-access = write\npassword-db = passwd\n" >closed/conf/svnserve.conf &&
	printf "[users]\nme = t0k/en\n" >closed/conf/passwd &&
	port=$(python3 -c "import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])") &&
	{ svnserve -d --foreground --listen-host 127.0.0.1 --listen-port "$port" -r "$PWD/closed" & web=$!; } && test_when_finished "kill $web || :" &&
	from=svn://127.0.0.1:$port && await asks &&
	auth="--non-interactive --no-auth-cache --username me --password t0k/en" && svn -q co $auth "$from" shut && echo a >shut/a &&
	printf "vcs: {base: omit}\n" >shut/.gitvault.yaml && (cd shut && svn -q add a .gitvault.yaml && svn -q ci $auth -m one && svn -q up $auth) &&
	v shut init -q && v shut policy accept --yes && later &&
	mkdir -p spy && printf "#!/bin/sh\necho \"\$*\" >>\"%s/asked\"\n\"%s\" \"\$@\" >\"%s/said\" || exit\nsed s,svn://127,svn://me:t0k%%2Fen@127, \"%s/said\"\n" \
		"$PWD" "$(command -v svn)" "$PWD" "$PWD" >spy/svn && chmod +x spy/svn && rm -f asked &&
	(PATH=$PWD/spy:$PATH && export PATH && at 0 v shut snapshot >id && v shut restore latest --to ../shut-full --with-base) 2>err &&
	v shut show latest >out && test_grep "Without: *1 file" out && diff -r -x .svn shut shut-full &&
	grep -c "password-from-stdin.*svn://me@" asked >n && test "$(cat n)" = 2 && test_grep ! t0k asked err
'

test_expect_success SVN,SVNSERVE 'what a server said counts for a day while it is silent; one that was filled again is named' '
	serve () {
		svnserve -d --foreground --listen-host 127.0.0.1 --listen-port "$port" -r "$PWD/closed" & web=$!
		await asks
	} && spied at 3700 v shut -q snapshot --force >id && v shut show latest >out && test_grep "Without: *1 file" out &&
	spied at 90000 v shut snapshot --force >id 2>err && test_grep "did not give revision 1" err && v shut show latest >out && test_grep "Holds: *2 files" out &&
	svnadmin create refilled && svnadmin setuuid refilled "$(svnlook uuid closed)" && cp closed/conf/* refilled/conf && svn -q mkdir -m other "file://$PWD/refilled/x" &&
	mv closed was && mv refilled closed && serve && spied at 91000 v shut snapshot --force >id 2>err && kill $web &&
	test_grep "another repository or revision 1 now" err && v shut show latest >out && test_grep "Holds: *2 files" out &&
	rm -r closed && mv was closed && serve && spied at 92000 v shut -q snapshot --force >id && kill $web && v shut show latest >out && test_grep "Without: *1 file" out
'

# alter FILE: other content of the same size, under the same time
# shellcheck disable=SC2329
alter () {
	touch -r "$1" time && tr 1-9 a-i <"$1" >altered && cat altered >"$1" && touch -r time "$1"
}

test_lazy_prereq STRACE 'strace -f -o x true && ! test_have_prereq SANITIZERS'

# hg believes a time only once its second is over
# shellcheck disable=SC2329
at_new_second () {
	test "$(date +%s)" -gt "$(date -r "$1" +%s)"
}

test_expect_success SVN 'a file that changed under its old size and time, which svn overlooks, is stored' '
	svnadmin create proof && svn -q co "file://$PWD/proof" same && echo 1 >same/a && echo 2 >same/b && echo 3 >same/c && echo "\$Id\$" >same/kw &&
	ln -s one same/link && ln -s two same/other && printf "vcs: {base: omit}\n" >same/.gitvault.yaml &&
	(cd same && svn -q add a b c kw link other .gitvault.yaml && svn -q ps svn:executable x c && svn -q ps svn:keywords Id kw && svn -q ci -m one && svn -q up) &&
	v same init -q && v same policy accept --yes && alter same/b && touch -hr same/other time && ln -sf owt same/other && touch -hr time same/other &&
	(cd same && svn -q up && svn status) >out && test_line_count = 0 out && later && v same -q snapshot >id &&
	v same show latest >out && test_grep "Without: *3 files" out && v same cat latest b >out && echo b >expect && test_cmp expect out &&
	v same restore latest --to ../same-full --with-base && diff -r --no-dereference -x .svn same same-full
'

test_expect_success LINUX,SVN,STRACE 'a file is hashed once for each state of it' '
	hashed () {
		echo "$1" >same/new && (cd same && strace -f -o ../trace -e trace=openat,openat2 git vault -q snapshot) >id &&
		grep "openat2*([0-9]*, \"[abc]\"" trace >opened || :
	} && later && hashed 1 && test_line_count = 0 opened && touch same/c && (cd same && svn -q ps y z kw) && later &&
	hashed 2 && test_line_count = 1 opened && later && hashed 3 && test_line_count = 0 opened &&
	alter same/a && (cd same && svn -q ps y zz kw) && later && hashed 4 && test_line_count = 2 opened && later && hashed 5 && test_line_count = 0 opened &&
	v same cat latest a >out && echo a >expect && test_cmp expect out
'

test_expect_success HG 'nor is one left out that Mercurial overlooks' '
	hg init -q proof-hg && hg clone -q proof-hg same-hg && echo 1 >same-hg/a && echo 2 >same-hg/b && echo 3 >same-hg/c &&
	printf "vcs: {base: omit}\n" >same-hg/.gitvault.yaml && (cd same-hg && hg ci -q -A -m one && hg push -q) && v same-hg init -q &&
	v same-hg policy accept --yes && await at_new_second same-hg/c && (cd same-hg && hg status) && alter same-hg/b && (cd same-hg && hg status) >out && test_line_count = 0 out &&
	later && v same-hg -q snapshot >id && v same-hg show latest >out && test_grep "Without: *2 files" out && v same-hg cat latest b >out && echo b >expect && test_cmp expect out
'

test_expect_success SVN 'a folder that was filled again, or with an older copy, is looked at by each save' '
	svnadmin create dir && svn -q co "file://$PWD/dir" of && echo a >of/a && printf "vcs: {base: omit}\n" >of/.gitvault.yaml &&
	(cd of && svn -q add a .gitvault.yaml && svn -q ci -m one) && cp -R dir older && echo b >of/a && (cd of && svn -q ci -m two && svn -q up) &&
	cp -R dir newest && v of init -q && v of policy accept --yes && later && at 0 v of -q snapshot >id && v of show latest >out && test_grep "Without: *1 file" out &&
	fill () { rm -r dir/* && cp -R "$1"/* dir; } && fill older && at 60 v of snapshot --force >id 2>err && test_grep "did not give revision 2" err &&
	fill newest && at 1000 v of -q snapshot --force >id && v of show latest >out && test_grep "Without: *1 file" out &&
	fill older && svn -q mkdir -m other "file://$PWD/dir/x" && at 1060 v of snapshot --force >id 2>err &&
	test_grep "another repository or revision 2 now" err && v of show latest >out && test_grep "Holds: *2 files" out
'

test_expect_success SVN 'properties that are large, binary, empty, of many lines or gone are as they were' '
	svnadmin create has && svn -q co "file://$PWD/has" prop && mkdir prop/d && echo 1 >prop/f && echo 2 >"prop/d/g@2" &&
	(cd prop && svn -q add f d && svn -q ps gone x f && svn -q ps stays y f && svn -q ci -m one && svn -q up && svn -q pd gone f) &&
	v prop init -q && seq 200000 >large && printf "\000\001\n\r\377\000" >binary && : >empty &&
	printf "\n\nProperty changes on: f\n## -0,0 +1 ##\n+x\nIndex: /etc/passwd\n\\\\ No newline at end of property" >lines &&
	printf "^/a@1 ext/a\n# comment\n\"^/a b\" \"c d\"\n" >svn:externals && printf "<a>&amp;]]> GITVAULT[x:1]\r" >marks &&
	for file in f d/g@2@
	do
		for name in large binary empty lines marks
		do
			(cd prop && svn -q ps $name -F ../$name $file) || return 1
		done
	done && (cd prop && svn -q ps svn:externals -F ../svn:externals d) && v prop -q snapshot >id &&
	v prop restore latest --to ../prop-back --with-base 2>err && test_grep ! "propert" err &&
	for file in f d/g@2@
	do
		for name in large binary empty lines marks
		do
			(cd prop-back && svn pg --strict $name $file) >out && cmp $name out || return 1
		done
	done && (cd prop-back && svn pg --strict svn:externals d) >out && cmp svn:externals out &&
	(cd prop && svn proplist -R | sort) >expect && (cd prop-back && svn proplist -R | sort) >out && test_cmp expect out &&
	test_grep stays out && test_grep ! gone out
'

test_expect_success HG 'Mercurial: the last published changeset is the base; drafts, shelves and bookmarks come back' '
	hg init -q up && hg clone -q up h && mkdir h/d &&
	for i in 1 2 3 4 5
	do
		echo "$i" >h/d/f$i || return 1
	done &&
	printf "vcs: {base: omit}\n" >h/.gitvault.yaml && (cd h && hg ci -q -A -m one) && v h init -q &&
	v h policy accept --yes && v h snapshot >id 2>err && test_grep "no changeset of it is public" err &&
	(cd h && hg push -q && echo draft >>d/f1 && hg ci -q -m draft && hg bookmark -q mine && echo shelf >>d/f2 &&
	hg --config extensions.shelve= shelve -q -n kept && echo work >>d/f3 && hg rm -q d/f4 && hg mv -q d/f5 d/f6 && echo new >new) &&
	later && v h snapshot >id 2>err && test_grep "not stored: 1 file " err && v h status >out && test_grep "changeset [0-9a-f]\{12\} of" out &&
	v h restore latest --to ../h-full --with-base 2>err && diff -r -x .hg h h-full &&
	for ask in status "log -T {node}{phase}{bookmarks}\n" "--config extensions.shelve= shelve -l -q"
	do
		(cd h && hg $ask) >expect && (cd h-full && hg $ask) >out &&
		test_cmp expect out || return 1
	done
'

test_expect_success HG 'hooks, extensions and aliases that a working copy brought along do not run' '
	printf "raise SystemExit(open(\"%s/ran\", \"w\").write(\"x\"))\n" "$PWD" >evil.py &&
	printf "[extensions]\nevil = %s/evil.py\n[hooks]\npre-status = touch %s/ran\n[alias]\nlog = !touch %s/ran\n" "$PWD" "$PWD" "$PWD" >>h/.hg/hgrc &&
	echo again >>h/new && v h snapshot >id 2>err && test_path_is_missing ran &&
	test_grep ! "only the files" err && test_grep "not stored: 1 file" err
'

# all_stored DIR TOOL: with that program in place of the tool, no file is left out, and one line says so
# shellcheck disable=SC2329
all_stored () {
	date +%s.%N >"$1/new" && rm -rf broken && mkdir broken && (cd no-tool && cp -P . ../broken -R) && { test -z "$2" || cp "$2" "broken/$3"; } &&
	(broken=$PWD/broken && cd "$1" && env PATH="$broken" git vault snapshot) >id 2>err &&
	grep -c "vcs.base: omit does not apply, and all files" err >n && test "$(cat n)" = 1 && v "$1" show latest >out && test_grep ! Without: out &&
	v "$1" -q snapshot --force >id && v "$1" show latest >out && test_grep Without: out
}

test_expect_success HG,SVN 'where the tool fails, nothing stays left out that it named earlier' '
	mkdir no-tool && for tool in git git-vault sh
	do
		ln -s "$(command -v $tool)" no-tool/$tool || return 1
	done &&
	printf "#!/bin/sh\necho abort: repository store is damaged >&2\nexit 255\n" >fails && printf "#!/bin/sh\nkill -9 \$\$\n" >dies &&
	chmod +x fails dies && svn -q revert -R same && later && for tool in svn hg
	do
		test $tool = svn && wc=same || wc=h
		later && v $wc -q snapshot >id && v $wc show latest >out && test_grep Without: out &&
		all_stored $wc "" && all_stored $wc fails $tool && all_stored $wc dies $tool || return 1
	done
'

test_expect_success HG 'a damaged store of Mercurial that its stamps do not show leaves nothing out' '
	cp h/.hg/store/00manifest.i manifest && printf junk >h/.hg/store/00manifest.i && echo 1 >h/new && v h snapshot >id 2>err &&
	mv manifest h/.hg/store/00manifest.i && test_grep "vcs.base: omit does not apply" err && v h show latest >out && test_grep ! Without: out
'

test_expect_success HG 'a repository of a newer format is named, and all files are stored' '
	echo newer-than-this >>h/.hg/requires && v h snapshot --force >id 2>err &&
	test_grep "only the files of this Mercurial working copy are stored: .*newer-than-this" err && v h show latest >out &&
	test_grep ! Without: out
'

test_expect_success SVN 'a snapshot of all files is checked out at its revision, and a conflict is named' '
	svnadmin create team && svn -q co "file://$PWD/team" mine && svn -q co "file://$PWD/team" theirs &&
	(cd mine && echo one >f && echo x >g && echo c >c && svn -q add f g c && svn -q ci -m 1 && svn -q up && echo work >>g) &&
	(cd theirs && svn -q up && echo other >c && svn -q ci -m 2) && v mine init -q && v mine snapshot -q >id &&
	(cd theirs && echo colleague >>f && svn -q ci -m 3) && v mine restore latest --to ../mine-2 --with-base 2>err &&
	test_grep "revision 1 of" err && (cd mine-2 && svn status -q) >out && echo "M       g" >expect && test_cmp expect out &&
	(cd mine && echo me >c && svn -q up -r 2 --accept postpone) && v mine snapshot -q >id &&
	{ v mine restore latest --to ../mine-3 --with-base 2>err; test $? = 3; } && test_grep "svn does not know any more that c is in conflict" err
'

test_expect_success HG 'secret changesets stay secret, a merge under way has both parents, and a conflict is named' '
	hg init -q sec && (cd sec && echo a >a && hg add -q && hg ci -q -m 1 && hg phase -p .) && hg clone -q sec hid &&
	(cd hid && echo k >k && hg add -q k && hg ci -q -m private && hg phase -fs . && hg up -q 0 && echo h >h && hg add -q h && hg ci -q -m draft && hg merge -q 1) &&
	v hid init -q && v hid snapshot -q >id && v hid restore latest --to ../hid-2 --with-base 2>err && hg -R hid-2 log -T "{desc} {phase}\n" >out &&
	test_grep "private secret" out && test_grep "draft draft" out && hg -R hid parents -T "{node}\n" >expect && hg -R hid-2 parents -T "{node}\n" >out &&
	test_cmp expect out && (cd hid && hg files) >expect && (cd hid-2 && hg files) >out && test_cmp expect out &&
	(cd hid && hg up -q -C 0 && echo b >a && hg ci -q -m b && hg up -q 0 && echo c >a && hg ci -q -m c && { hg merge -q -t :fail tip~1 || hg merge -q -t :fail "desc(b)" || :; }) &&
	v hid snapshot -q >id && { v hid restore latest --to ../hid-3 --with-base 2>err; test $? = 3; } && test_grep "hg does not know any more that a is in conflict" err
'

test_lazy_prereq LARGE 'hg --config extensions.largefiles= help largefiles >/dev/null 2>&1'

test_expect_success HG,LARGE 'files in a store of their own are stored whatever the policy says, and drafts next to them come back' '
	{ cp "$HOME/.hgrc" hgrc.was || : >hgrc.was; } && test_when_finished "mv hgrc.was \"\$HOME/.hgrc\"" &&
	printf "[extensions]\nlargefiles=\n" >>"$HOME/.hgrc" && hg init -q big && (cd big && echo a >a && seq 1000 >big.bin &&
	hg add -q a && hg add -q --large big.bin && hg ci -q -m 1 && hg phase -p .) && hg clone -q big big-wc &&
	printf "vcs: {base: omit}\n" >big-wc/.gitvault.yaml && (cd big-wc && echo d >draft && hg add -q draft && hg ci -q -m draft draft) &&
	v big-wc init -q && v big-wc policy accept --yes && later && v big-wc snapshot >id 2>err && test_grep "in a store of their own" err &&
	v big-wc restore latest --to ../big-2 && cmp big-wc/big.bin big-2/big.bin && v big-wc restore latest --to ../big-3 --with-base &&
	cmp big-wc/big.bin big-3/big.bin && hg -R big-3 log -T "{desc}\n" >out && test_grep draft out
'

test -z "$CHGSOCKNAME" || chg --kill-chg-daemon || :

test_done
