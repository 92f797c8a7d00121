#!/bin/sh

test_description='what git said of a repository is remembered, and never out of date'
. "$(dirname "$0")/test-lib.sh"

# the harness sets it, and with it git is asked each time
unset GIT_CEILING_DIRECTORIES

test_lazy_prereq STRACE 'strace -f -o x true && ! test_have_prereq SANITIZERS'
test_have_prereq STRACE || skip_all "strace does not run here"

# gits N COMMAND…: it starts git so many times
gits () {
	want_=$1
	shift
	strace -f -qq -e trace=execve -o "$TMPDIR/calls" git-vault "$@" \
		>"$TMPDIR/out" 2>"$TMPDIR/err" || {
		cat "$TMPDIR/err"
		return 1
	}
	n_=$(grep -v ENOENT "$TMPDIR/calls" | grep -c 'execve("/[^"]*/git", ')
	test "$n_" = "$want_" || {
		echo "git was started $n_ times, not $want_, by: $*"
		return 1
	}
}

# asks COMMAND…: it asks git where it is and how it is configured
asks () {
	! gits 0 "$@" >"$TMPDIR/said" || {
		echo "git was not asked by: $*"
		return 1
	}
	test_grep "git was started" "$TMPDIR/said"
}

# Remember what is of this folder. Files count once they are older than two
# seconds.
warm () {
	for try_ in $(test_seq 80)
	do
		git-vault list >/dev/null 2>&1
		gits 0 list >/dev/null && return 0
		sleep 0.1
	done
	gits 0 list
}

# vault DIR: a repository with a snapshot
vault () {
	git init -q "$1" && (
		cd "$1" && mkdir -p sub/deeper && echo one >sub/file && git add . &&
		git commit -q -m one && git-vault snapshot -q
	)
}

test_expect_success 'set up: several, so that they grow old together' '
	for name in plain edit user include branch remote secret userinfo outside \
		copy
	do
		vault $name || return 1
	done &&
	git -C include config include.path ../absent.inc &&
	git -C branch config includeIf.onbranch:other.path ../absent.inc &&
	git -C remote config includeIf.hasconfig:remote.*.url:x.path ../absent.inc &&
	git -C userinfo config include.path ../addresses &&
	printf "[url \"https://ann:%s@example.com/\"]\n\tinsteadOf = ex:\n" hunter2-5f3K \
		>userinfo/addresses &&
	mkdir other && git config -f other/config http.extraHeader hunter2-7Jq8 &&
	git -C outside config include.path "$PWD/other/config" &&
	git -C plain worktree add -q ../linked &&
	(cd linked && git-vault snapshot -q)
'

test_expect_success 'the first command asks, the next ones do not' '
	cd plain && warm && cp "$TMPDIR/out" ../first &&
	gits 0 list && test_cmp ../first "$TMPDIR/out" &&
	gits 0 cat latest sub/file && echo one >../expect &&
	test_cmp ../expect "$TMPDIR/out" && gits 0 version
'

test_expect_success 'a folder below is another prefix of the same answer' '
	cd plain/sub/deeper && gits 0 cat latest ../file && test_cmp ../../../expect "$TMPDIR/out"
'

test_expect_success 'git -C, which leaves PWD as it was, does not ask; another name of the folder does' '
	ln -s plain other-name && cd plain &&
	(PWD=$TMPDIR && export PWD && gits 0 list) &&
	(PWD=$TMPDIR/gone && export PWD && gits 0 list) &&
	(PWD=$(cd .. && pwd -P)/other-name && export PWD && asks list)
'

test_expect_success 'a snapshot starts no git' '
	cd plain && echo two >>sub/file && gits 0 snapshot -q &&
	git cat-file blob "refs/vault/snapshots/$(cat "$TMPDIR/out"):meta/origin/repository" >../out &&
	test_grep "git-version $(git version | sed "s/git version //")" ../out
'

test_expect_success 'a linked working tree has its own' '
	cd linked && warm && gits 0 cat latest sub/file && test_cmp ../expect "$TMPDIR/out"
'

test_expect_success 'a repository that begins below is the nearer one' '
	cd plain && git init -q sub/deeper && cd sub/deeper && asks list &&
	rm -rf .git && gits 0 list
'

test_expect_success 'so may one without .git' '
	cd plain && echo "ref: refs/heads/main" >sub/HEAD &&
	(cd sub && asks list) && gits 0 list && rm sub/HEAD
'

test_expect_success 'Git'\''s variables, another home, another git: asked anew' '
	cd plain &&
	(GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.bare GIT_CONFIG_VALUE_0=false &&
		export GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_CONFIG_VALUE_0 && asks list) &&
	(HOME=$TMPDIR && export HOME && asks list) &&
	(XDG_CONFIG_HOME=$TMPDIR && export XDG_CONFIG_HOME && asks list) &&
	mkdir "$TMPDIR/bin" && cp "$(command -v git)" "$TMPDIR/bin/git" &&
	(PATH=$TMPDIR/bin:$PATH && asks list) && warm
'

test_expect_success 'a script in place of git is asked each time' '
	cd plain && mkdir "$TMPDIR/script" &&
	printf "#!/bin/sh\nexec %s \"\$@\"\n" "$(command -v git)" >"$TMPDIR/script/git" &&
	chmod +x "$TMPDIR/script/git" &&
	(PATH=$TMPDIR/script:$PATH && git-vault list >/dev/null && asks list) &&
	(PATH=relative:$PATH && asks list) && warm
'

test_expect_success 'a hook, to which git gives variables, remembers by itself' '
	cd plain && (
		GIT_DIR=.git GIT_INDEX_FILE=.git/index &&
		export GIT_DIR GIT_INDEX_FILE && warm && gits 0 list &&
		cd sub && GIT_DIR=../.git && asks list
	) && warm
'

test_expect_success 'an edit of the configuration counts at once' '
	cd edit && warm && git config user.name "Ann B" && asks list &&
	asks list && warm && git config --unset user.name && asks list
'

test_expect_success 'so does a file that was not there' '
	cd user && warm && mkdir -p "$XDG_CONFIG_HOME/git" &&
	echo "[core] quotePath = false" >"$XDG_CONFIG_HOME/git/config" && asks list &&
	rm "$XDG_CONFIG_HOME/git/config" && gits 0 list &&
	git config --global core.quotePath false && asks list && warm
'

test_expect_success 'and one that would be included; one that is, outside, is not remembered' '
	cd include && warm && echo "[core] x = 1" >absent.inc && asks list &&
	asks list && rm absent.inc && gits 0 list
'

test_expect_success 'where an include depends on the branch, HEAD counts; on remotes, git is asked' '
	cd branch && warm && git symbolic-ref HEAD refs/heads/other && asks list &&
	cd ../remote && git-vault list >/dev/null && asks list &&
	test -z "$(find .git/vault -name "discovery-*")"
'

test_expect_success 'no secret of the configuration is written down' '
	cd secret && git config --global http.extraHeader "Authorization: hunter2-7Jq8" &&
	git config --global credential.helper "!echo password=hunter2-7Jq8" && warm &&
	! grep -r hunter2 .git/vault && git config --global --remove-section http &&
	git config --global --remove-section credential &&
	for name in userinfo outside
	do
		(
			cd ../$name && git-vault list >/dev/null && asks list &&
			! grep -r hunter2 .git/vault
		) || return 1
	done
'

test_expect_success 'a file that others can write, a torn one and a moved one do not count' '
	cd copy && warm && file=$(ls .git/vault/discovery-*) &&
	chmod g+w "$file" && asks list && rm -f "$file" && warm &&
	head -c 200 "$file" >../torn && cat ../torn >"$file" && asks list && warm &&
	sed "s/core/cord/" "$file" >../torn && cat ../torn >"$file" && asks list && warm &&
	ln "$file" ../second && asks list && rm ../second && gits 0 list &&
	cd .. && cp -a copy moved && cd moved && asks list
'

test_expect_success ROOT 'a repository of somebody else is refused as git does' '
	cd copy && warm && chown -R 12345 . && test_must_fail git-vault list 2>err &&
	test_grep "dubious ownership" err && chown -R 0 .
'

test_expect_success 'a setting is read only if it may be remembered' '
	cd "$TEST_DIRECTORY/.." &&
	sed -n "/^gv_config_is_read/,/^}/p" lib/repo/config.c |
		grep -o "\"[a-z0-9]*\"" | tr -d \" | sort >"$TMPDIR/known" &&
	grep -rhoE "gv_config_(get|bool|int)\([^\"]*\"[a-z0-9]+\." lib git-vault --include="*.c" |
		sed "s/.*\"//; s/\.$//" | sort -u >"$TMPDIR/read" &&
	test_file_not_empty "$TMPDIR/read" &&
	comm -13 "$TMPDIR/known" "$TMPDIR/read" >"$TMPDIR/unknown" &&
	test_must_be_empty "$TMPDIR/unknown"
'

test_done
