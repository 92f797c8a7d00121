#!/bin/sh

test_description='the hooks of a server under gitolite, over ssh

sshd and gitolite run as a user made for this alone, who can log in as himself
only; so it takes root to make him.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-gitolite.sh"
. "$TEST_DIRECTORY/lib-push.sh"

! why=$(gitolite_why_not) || skip_all "$why"

end () {
	code=$?
	gitolite_stop
	return $code
}
trap 'end; at_exit_' EXIT

gitolite_make || skip_all "no user can be made here"
# shellcheck disable=SC2154 # of lib-gitolite.sh
home=$gitolite_home
GIT_SSH_COMMAND=$(gitolite_key $T/alice)
export GIT_SSH_COMMAND
server=$home/repositories/testing.git

test_expect_success 'gitolite is set up behind sshd' '
	ssh-keygen -q -t ed25519 -N "" -C alice -f $T/alice &&
	gitolite_start $T/alice.pub && url=$gitolite_url
'

test_expect_success 'ours come beside its own, which stays' '
	(cd / && gitolite_as git -C $server vault hooks install) >$T/out &&
	test_grep "^added *pre-receive$" $T/out &&
	test_path_is_executable $server/hooks/pre-receive &&
	test_path_is_symlink $server/hooks/update &&
	git config --global --add safe.directory $server &&
	push_clone $url/testing c
'

test_expect_success 'a planted secret is refused: file, line, rule, commit' '
	(
		cd c && git checkout -q -b bad &&
		commit_as deploy/prod.env "# prod" "API=$token" &&
		bad=$(git rev-parse HEAD) && commit_as a three &&
		refused git push origin bad &&
		test_grep "deploy/prod.env:2: github-pat, ghp_.*(40 bytes), in commit $bad" $T/err
	) && copies
'

test_expect_success 'a clean push is taken, a snapshot with a receipt of who pushed' '
	(
		cd c && git checkout -q main && git branch -q -D bad &&
		commit_as b b && taken git push origin main &&
		echo more >>a && id=$(git vault snapshot --json | jq -r .id) &&
		taken git push origin refs/vault/snapshots/$id &&
		test_grep "1 snapshot received" $T/err &&
		ref=$(git -C $server for-each-ref --format="%(refname)" refs/vault/server) &&
		git -C $server cat-file -p $ref:$(echo $id | cut -c1-6)/$id >$T/receipt &&
		test_grep "^pusher alice$" $T/receipt &&
		refused git push origin :refs/vault/snapshots/$id
	) && copies
'

test_expect_success 'what gitolite itself refuses is refused as before' '
	ssh-keygen -q -t ed25519 -N "" -C mallory -f $T/mallory &&
	(
		GIT_SSH_COMMAND=$(echo "$GIT_SSH_COMMAND" | sed "s,/alice ,/mallory ,") &&
		cd c && test_must_fail git push origin main:refs/heads/x
	) &&
	test_must_fail git -C c push $url/other main 2>$T/err &&
	test_grep "DENIED\|denied" $T/err
'

common=$home/.gitolite/hooks/common
installer=$GIT_VAULT_SRC_DIR/contrib/server/install-hooks

# all_at_once [NAME=VALUE…]: for all repositories, by contrib/server
all_at_once () {
	(cd / && gitolite_as "$@" sh "$installer" gitolite)
}

# … which nothing comes of
left_alone () {
	test_expect_code 1 all_at_once "$@" >$T/out 2>$T/err &&
		test_path_is_missing $common/pre-receive &&
		test_path_is_missing $common/post-receive
}

test_expect_success 'where gitolite is not set up, that is said, and nothing made' '
	gitolite_as mkdir $home/none && left_alone HOME=$home/none &&
	test_grep "gitolite is not set up for $gitolite_user, whose home is" $T/err &&
	test_path_is_missing $home/none/.gitolite/hooks
'

# gitolite would take it away without a word.
test_expect_success 'a hook that a repository has of its own stays' '
	(cd / && gitolite_as git -C $server vault hooks uninstall) >$T/out &&
	printf "#!/bin/sh\ncat\n" >$T/own && chmod 755 $T/own &&
	cp $T/own $server/hooks/post-receive && left_alone &&
	test_grep "$server/hooks/post-receive is another.s, and gitolite would" $T/err &&
	test_grep "install-hooks plain $home/repositories" $T/err &&
	test_cmp $T/own $server/hooks/post-receive &&
	rm $server/hooks/post-receive
'

test_expect_success 'and so does one that gitolite links into all of them' '
	test_when_finished "sed -i /git-vault/d $home/.gitolite.rc" &&
	sed -i "s,^%RC = (,&\n    LOCAL_CODE => \"$home/local\"\, # git-vault," \
		$home/.gitolite.rc &&
	gitolite_as mkdir -p $home/local/hooks/common &&
	cp $T/own $home/local/hooks/common/pre-receive && left_alone &&
	test_grep "$home/local/hooks/common/pre-receive is another.s: have it call" \
		$T/err
'

test_expect_success 'for all repositories at once, by contrib/server' '
	all_at_once && all_at_once &&
	test_path_is_symlink $server/hooks/pre-receive &&
	(
		cd c && git checkout -q -b late main && commit_as late "t=$token" &&
		refused git push origin late && test_grep "late:1: github-pat" $T/err &&
		git checkout -q main && commit_as fine fine &&
		taken git push origin main &&
		test_must_fail git push origin main:refs/vault/server/x 2>$T/err &&
		test_grep "hidden ref" $T/err
	) && copies
'

# The rule is that of the manual.
test_expect_success 'a repository made later has them, and a rule lets ours through' '
	git clone -q $url/gitolite-admin admin 2>$T/err &&
	sed -n "/^repo infra/,/^\.Ed/{/^\.Ed/d;s/@team/alice/;p;}" \
		"$GIT_VAULT_SRC_DIR/man/git-vault-hooks.1" >$T/rules &&
	test_line_count = 3 $T/rules &&
	(
		cd admin && cat $T/rules >>conf/gitolite.conf &&
		git commit -q -a -m infra && taken git push
	) &&
	server=$home/repositories/infra.git &&
	git config --global --add safe.directory $server &&
	push_clone $url/infra i &&
	(
		cd i && git vault init && git vault snapshot && git vault sync &&
		git vault good mark prod && git vault sync && git ls-remote >$T/refs &&
		test_grep "refs/vault/snapshots/" $T/refs &&
		test_grep "refs/notes/vault$" $T/refs &&
		test_must_fail git push origin main:other 2>$T/err &&
		test_grep "DENIED" $T/err &&
		commit_as late "t=$token" && refused git push origin main
	)
'

test_done
