#!/bin/sh

test_description='the hooks of a server under gitolite, over ssh

sshd and gitolite run as a user made for this alone, who can log in as himself
only; so it takes root to make him.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-push.sh"

PATH=$PATH:/usr/sbin:/sbin
for program in sshd ssh-keygen gitolite useradd userdel setpriv python3
do
	command -v $program >/dev/null || skip_all "$program is not installed"
done
test "$(id -u)" = 0 || skip_all "a user is to be made, which takes root"

user=gvtest$$
home=$(TMPDIR=/tmp mktemp -d) && chmod 755 "$home"

# Who can neither reach nor run the program cannot test it.
reaches () {
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$GIT_VAULT_BUILD_DIR/git-vault/git-vault" version >/dev/null 2>&1
}
reaches || {
	rm -rf "$home"
	skip_all "others than root cannot run the program where it is"
}

sshd_=
end () {
	code=$?
	test ! -s "$home/pid" || kill "$(cat "$home/pid")"
	test -z "$sshd_" || wait "$sshd_"
	for try in 1 2 3 4 5 6 7 8 9 10
	do
		# not while a process of his is there
		userdel "$user" 2>/dev/null || sleep 0.2
		grep -q "^$user:" /etc/passwd || break
	done
	rm -rf "$home"
	return $code
}
trap 'end; at_exit_' EXIT

useradd --system --no-create-home --home-dir "$home" --shell /bin/sh "$user" ||
	skip_all "no user can be made here"
chown "$user:" "$home"

as_user () {
	setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups \
		env -i HOME="$home" USER="$user" LOGNAME="$user" \
		PATH="$GIT_VAULT_BUILD_DIR/git-vault:/usr/bin:/bin" \
		GIT_VAULT_BUILD_DIR="$GIT_VAULT_BUILD_DIR" "$@"
}

port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
url=ssh://$user@127.0.0.1:$port
GIT_SSH_COMMAND="ssh -q -F none -i $T/alice -o IdentitiesOnly=yes
	-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
GIT_SSH_COMMAND=$(echo $GIT_SSH_COMMAND)
export GIT_SSH_COMMAND
server=$home/repositories/testing.git

test_expect_success 'gitolite is set up behind sshd' '
	ssh-keygen -q -t ed25519 -N "" -C alice -f $T/alice &&
	cp $T/alice.pub $home/alice.pub && chmod 644 $home/alice.pub &&
	as_user gitolite setup -pk $home/alice.pub &&
	as_user ssh-keygen -q -t ed25519 -N "" -f $home/host &&
	cat >$home/sshd <<-END &&
	Port $port
	ListenAddress 127.0.0.1
	HostKey $home/host
	PidFile $home/pid
	UsePAM no
	StrictModes no
	AuthorizedKeysFile .ssh/authorized_keys
	END
	{ as_user /usr/sbin/sshd -D -e -f $home/sshd 2>$T/sshd 5>&- & } &&
	sshd_=$! &&
	for try in $(test_seq 100)
	do
		git ls-remote $url/testing >/dev/null 2>&1 && return 0
		sleep 0.1
	done && cat $T/sshd && false
'

test_expect_success 'ours come beside its own, which stays' '
	(cd / && as_user git -C $server vault hooks install) >$T/out &&
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

test_expect_success 'for all repositories at once, by contrib/server' '
	(cd / && as_user git -C $server vault hooks uninstall) >$T/out &&
	test_path_is_missing $server/hooks/pre-receive &&
	(cd / && as_user sh "$GIT_VAULT_SRC_DIR/contrib/server/install-hooks" gitolite) &&
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

test_done
