#!/bin/sh

test_description='contrib/server/install-hooks, for all repositories of a server'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-push.sh"

script=$GIT_VAULT_SRC_DIR/contrib/server/install-hooks

test_lazy_prereq SYSTEMD 'systemd-analyze --version'

test_expect_success 'each bare repository below a directory, however it is called' '
	mkdir -p "srv/team a" &&
	git init -q --bare srv/one.git &&
	git init -q --bare "srv/team a/two.git" &&
	"$script" plain srv >$T/out &&
	for repo in srv/one.git "srv/team a/two.git"
	do
		test_path_is_executable "$repo/hooks/pre-receive" &&
		test_path_is_executable "$repo/hooks/post-receive" || return 1
	done &&
	server=$PWD/srv/one.git && push_clone "$server" c &&
	(cd c && commit_as x "t=$token" && refused git push origin main) &&
	"$script" plain srv >$T/out && test_grep ! added $T/out
'

test_expect_success 'also by a link to it, and where one is called as parts of one are' '
	mkdir -p far/team/objects && git init -q --bare far/objects &&
	git init -q --bare far/team/objects/x.git && ln -s far near &&
	git init -q far/tree && "$script" plain near >$T/out &&
	test_path_is_missing far/tree/.git/hooks/pre-receive &&
	test_path_is_executable far/objects/hooks/pre-receive &&
	test_path_is_executable far/team/objects/x.git/hooks/pre-receive &&
	mkdir empty && "$script" plain empty 2>$T/err &&
	test_grep "there is no repository below empty" $T/err
'

test_expect_success 'the push that the manual has one try shows whether there are any' '
	git init -q --bare without.git &&
	(
		cd c && refused git push origin HEAD:refs/vault/snapshots/try &&
		test_grep "remote: .*refs/vault/snapshots/try" $T/err &&
		taken git push ../without.git HEAD:refs/vault/snapshots/try &&
		taken git push ../without.git :refs/vault/snapshots/try
	)
'

test_expect_success 'in the layouts of Gitea and GitLab' '
	git init -q --bare gitea/x.git && mkdir gitea/x.git/hooks/pre-receive.d &&
	"$script" gitea gitea >$T/out &&
	test_path_is_executable gitea/x.git/hooks/pre-receive.d/vault &&
	git init -q --bare lab/x.git && "$script" gitlab lab >$T/out &&
	test_path_is_executable lab/x.git/custom_hooks/post-receive.d/vault
'

# Gitaly reads no gitconfig but the repository's.
test_expect_success 'once for all of GitLab, which is told what to hide' '
	"$script" gitlab-global global >$T/out &&
	"$script" gitlab-global global &&
	test_path_is_executable global/pre-receive.d/vault &&
	test_grep "^key = \"receive.hideRefs\"$" $T/out &&
	test_grep "^value = \"refs/vault/server\"$" $T/out &&
	test_expect_code 1 git config --global --get-all receive.hideRefs &&
	git init -q --bare g.git && server=$PWD/g.git &&
	cat >g.git/hooks/pre-receive <<-END &&
	#!/bin/sh
	exec "$PWD/global/pre-receive.d/vault"
	END
	chmod +x g.git/hooks/pre-receive && push_clone "$server" g &&
	(
		cd g && commit_as x "t=$token" && refused git push origin main &&
		test_grep "x:1: github-pat" $T/err
	)
'

test_expect_success 'but not over what another has put there' '
	mkdir -p theirs/post-receive.d && echo theirs >expect &&
	cp expect theirs/post-receive.d/vault &&
	test_expect_code 1 "$script" gitlab-global theirs 2>$T/err &&
	test_grep "theirs/post-receive.d/vault is another.s" $T/err &&
	test_cmp expect theirs/post-receive.d/vault &&
	test_path_is_missing theirs/pre-receive.d/vault
'

test_expect_success 'as the archive that gitaly hooks set reads' '
	"$script" gitlab-archive >$T/tar && tar -tf $T/tar | grep -v "/$" | sort >actual &&
	cat >expect <<-\END &&
	custom_hooks/post-receive.d/vault
	custom_hooks/pre-receive.d/vault
	END
	test_cmp expect actual &&
	git init -q --bare set.git && server=$PWD/set.git &&
	tar -xf $T/tar -C set.git &&
	cat >set.git/hooks/pre-receive <<-\END &&
	#!/bin/sh
	exec custom_hooks/pre-receive.d/vault
	END
	chmod +x set.git/hooks/pre-receive && push_clone "$server" s &&
	(
		cd s && commit_as x "t=$token" && refused git push origin main &&
		test_grep "x:1: github-pat" $T/err
	)
'

# Who is root may write anywhere, and what he leaves the server cannot write.
test_expect_success ROOT 'not in a repository of another user, who is named' '
	git init -q --bare owned/a.git && git init -q --bare owned/b.git &&
	chown -R 65534 owned/a.git &&
	find owned/a.git -printf "%p %u %T@\n" | sort >expect &&
	test_expect_code 1 "$script" plain owned >$T/out 2>$T/err &&
	test_grep "owned/a.git is $(id -un 65534).s, not $(id -un).s" $T/err &&
	find owned/a.git -printf "%p %u %T@\n" | sort >actual &&
	test_cmp expect actual &&
	test_path_is_executable owned/b.git/hooks/pre-receive &&
	git --git-dir=owned/a.git config core.sharedRepository group &&
	"$script" plain owned && test_path_is_executable owned/a.git/hooks/pre-receive
'

# … and what it runs is the script, with words that the script knows.
test_expect_success SYSTEMD 'the units that do so for new repositories are such' '
	for unit in service timer
	do
		sed "/^Documentation=man:/d; s,/usr/share/git-vault/server/,${script%/*}/," \
			"${script%/*}/git-vault-hooks.$unit" >git-vault-hooks.$unit ||
			return 1
	done && systemd-analyze verify --man=no ./git-vault-hooks.service \
		./git-vault-hooks.timer >out 2>&1 && test_must_be_empty out &&
	git init -q --bare new/made.git &&
	$(sed -n "s,/srv/git,new,; s/^ExecStart=//p" git-vault-hooks.service) &&
	test_path_is_executable new/made.git/hooks/pre-receive
'

test_expect_success 'what is not there, or not known, is told\' '
	test_expect_code 1 "$script" plain nowhere 2>$T/err &&
	test_grep "there is no directory nowhere" $T/err &&
	test_expect_code 129 "$script" 2>$T/err &&
	test_grep "install-hooks gitolite" $T/err &&
	mkdir bin && printf "#!/bin/sh\nexit 1\n" >bin/git-vault &&
	chmod +x bin/git-vault &&
	for what in "plain srv" "gitlab-global none" gitlab-archive
	do
		PATH=$PWD/bin:$PATH test_expect_code 1 "$script" $what >$T/out 2>$T/err &&
		test_grep "there is no git-vault in PATH" $T/err &&
		test_line_count = 1 $T/err && test_must_be_empty $T/out || return 1
	done && test_path_is_missing none
'

test_done
