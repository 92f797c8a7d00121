#!/bin/sh

test_description='contrib/server/install-hooks, for all repositories of a server'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-push.sh"

script=$GIT_VAULT_SRC_DIR/contrib/server/install-hooks

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

test_expect_success 'in the layouts of Gitea and GitLab' '
	git init -q --bare gitea/x.git && mkdir gitea/x.git/hooks/pre-receive.d &&
	"$script" gitea gitea >$T/out &&
	test_path_is_executable gitea/x.git/hooks/pre-receive.d/vault &&
	git init -q --bare lab/x.git && "$script" gitlab lab >$T/out &&
	test_path_is_executable lab/x.git/custom_hooks/post-receive.d/vault
'

test_expect_success 'once for all of GitLab' '
	test_when_finished "git config --global --unset-all receive.hideRefs" &&
	"$script" gitlab-global global && "$script" gitlab-global global &&
	test_path_is_executable global/pre-receive.d/vault &&
	echo refs/vault/server >expect &&
	git config --global --get-all receive.hideRefs >actual &&
	test_cmp expect actual &&
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

test_expect_success 'what is not there, or not known, is told' '
	test_expect_code 1 "$script" plain nowhere 2>$T/err &&
	test_grep "there is no directory nowhere" $T/err &&
	test_expect_code 129 "$script" 2>$T/err &&
	test_grep "install-hooks gitolite" $T/err
'

test_done
