# shellcheck shell=sh disable=SC2034,SC2154
# gitolite behind sshd on 127.0.0.1, both of which run as a user made for this
# alone, who can log in as himself only; so it takes root to make him. For tests
# and benches: it needs nothing of theirs but $GIT_VAULT_BUILD_DIR.
#
#	gitolite_why_not		say why there can be none here; false
#					where there can be
#	gitolite_make [DIR]		make the user, with a home below DIR (/tmp)
#	gitolite_start PUB		have gitolite with that key as its first
#					user's, and $gitolite_url
#	gitolite_as COMMAND…		as the user: $gitolite_user, whose home is
#					$gitolite_home
#	gitolite_key FILE		how git is to call ssh, to be that key's
#	gitolite_stop			all of it is away
# The caller's trap calls gitolite_stop; should it be killed before, that is done
# by a process that looks whether it is there.
# Names that end in _ are private to this file.

# where sshd is, and what makes users
PATH=$PATH:/usr/sbin:/sbin

gitolite_user= gitolite_home= gitolite_sshd_= gitolite_guard_=

gitolite_why_not () {
	for program_ in sshd ssh-keygen gitolite useradd userdel setpriv setsid \
		python3
	do
		command -v $program_ >/dev/null || {
			echo "$program_ is not installed"
			return
		}
	done
	test "$(id -u)" = 0 || {
		echo "a user is to be made, which takes root"
		return
	}
	# who can neither reach nor run the program cannot test it
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		"$GIT_VAULT_BUILD_DIR/git-vault/git-vault" version \
		>/dev/null 2>&1 || {
		echo "others than root cannot run the program where it is"
		return
	}
	return 1
}

# In a shell of its own, since it is to run once this one is killed, too: $1 is the
# home, $2 the user. He stays while a process of his is there, and one that serves
# a push ends with it.
# shellcheck disable=SC2016
gitolite_clear_='
	test ! -s "$1/pid" || kill "$(cat "$1/pid")"
	tries=0
	while grep -q "^$2:" /etc/passwd && ! userdel "$2" && test $tries -lt 150
	do
		tries=$((tries + 1))
		sleep 0.2
	done 2>/dev/null
	rm -rf "$1"
	! grep "^$2:" /etc/passwd >&2
'

# shellcheck disable=SC2016
gitolite_watch_='
	while kill -0 "$3" 2>/dev/null
	do
		sleep 1
	done
'

gitolite_make () {
	gitolite_user=gvtest$$
	gitolite_home=$(TMPDIR=${1:-/tmp} mktemp -d) &&
		chmod 755 "$gitolite_home" || return 1
	setsid sh -c "$gitolite_watch_ $gitolite_clear_" sh "$gitolite_home" \
		"$gitolite_user" $$ </dev/null >/dev/null 2>&1 5>&- &
	gitolite_guard_=$!
	useradd --system --no-create-home --home-dir "$gitolite_home" \
		--shell /bin/sh "$gitolite_user" &&
		chown "$gitolite_user:" "$gitolite_home"
}

gitolite_as () {
	setpriv --reuid="$gitolite_user" --regid="$(id -g "$gitolite_user")" \
		--clear-groups env -i HOME="$gitolite_home" \
		USER="$gitolite_user" LOGNAME="$gitolite_user" \
		PATH="$GIT_VAULT_BUILD_DIR/git-vault:/usr/bin:/bin" \
		GIT_VAULT_BUILD_DIR="$GIT_VAULT_BUILD_DIR" "$@"
}

gitolite_key () {
	echo "ssh -q -F none -i $1 -o IdentitiesOnly=yes" \
		"-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
}

gitolite_conf_ () {
	cat <<-END
	Port $gitolite_port_
	ListenAddress 127.0.0.1
	HostKey $gitolite_home/host
	PidFile $gitolite_home/pid
	UsePAM no
	StrictModes no
	AuthorizedKeysFile .ssh/authorized_keys
	END
}

gitolite_start () {
	admin_=$gitolite_home/$(basename "$1")
	cp "$1" "$admin_" && chmod 644 "$admin_" &&
		(cd / && gitolite_as gitolite setup -pk "$admin_") &&
		gitolite_as ssh-keygen -q -t ed25519 -N '' \
			-f "$gitolite_home/host" || return 1
	gitolite_port_=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	gitolite_conf_ >"$gitolite_home/sshd" || return 1
	gitolite_url=ssh://$gitolite_user@127.0.0.1:$gitolite_port_
	gitolite_as /usr/sbin/sshd -D -e -f "$gitolite_home/sshd" \
		2>"$gitolite_home/said" 5>&- &
	gitolite_sshd_=$!
	tries_=0
	until GIT_SSH_COMMAND=$(gitolite_key "${1%.pub}") \
		git ls-remote "$gitolite_url/testing" >/dev/null 2>&1
	do
		tries_=$((tries_ + 1))
		test $tries_ -lt 100 || {
			cat "$gitolite_home/said" >&2
			return 1
		}
		sleep 0.1
	done
}

gitolite_stop () {
	test -n "$gitolite_home" || return 0
	test -z "$gitolite_guard_" || kill "$gitolite_guard_" 2>/dev/null
	sh -c "$gitolite_clear_" sh "$gitolite_home" "$gitolite_user" ||
		echo "the user of that line is still there: userdel $gitolite_user" >&2
	test -z "$gitolite_sshd_" || wait "$gitolite_sshd_" 2>/dev/null
	gitolite_home= gitolite_user= gitolite_sshd_= gitolite_guard_=
	return 0
}
