# shellcheck shell=sh disable=SC2034,SC2154
# A server that speaks as object stores do, on 127.0.0.1, with faults that can
# be switched on. Source this after test-lib.sh.
#
#	store_start s3
#	store put name file new
#	store_on busy 2
#	store_stop
# Names that end in _ are private to this file.

# The codes of enum gv_err, with which store-tool exits.
ERROR=1 NOTFOUND=2 EEXISTS=3 CORRUPT=5 REFUSED=6 NOKEY=7

unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY
unset AWS_PROFILE AWS_REGION AWS_DEFAULT_REGION AWS_SESSION_TOKEN
unset AWS_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_CA_BUNDLE AWS_ROLE_ARN
unset AWS_WEB_IDENTITY_TOKEN_FILE AWS_CONTAINER_CREDENTIALS_FULL_URI
unset AWS_CONTAINER_CREDENTIALS_RELATIVE_URI AWS_SHARED_CREDENTIALS_FILE
unset AWS_CONFIG_FILE AZURE_STORAGE_CONNECTION_STRING AZURE_STORAGE_SAS_TOKEN
AWS_EC2_METADATA_DISABLED=true
export AWS_EC2_METADATA_DISABLED
store_tool=$GIT_VAULT_BUILD_DIR/t/helper/store-tool

# store_start KIND: sets $port, and the credentials that the server wants
store_start () {
	store_dir=$TRASH_DIRECTORY/store.$1
	rm -rf "$store_dir" && mkdir -p "$store_dir/on" || return 1
	"$GIT_VAULT_BUILD_DIR/t/helper/store-mock" "$1" "$store_dir" \
		>"$store_dir/out" 2>&1 &
	store_pid_=$!
	tries_=0
	until test -f "$store_dir/port"
	do
		tries_=$((tries_ + 1))
		if test $tries_ = 300
		then
			cat "$store_dir/out" >&2
			return 1
		fi
		sleep 0.1
	done
	port=$(cat "$store_dir/port")
	case $1 in
	s3)
		AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=test/secret+key
		export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
		store_url=s3://vault/p endpoint=http://127.0.0.1:$port
		;;
	azure)
		AZURE_STORAGE_ACCOUNT=vaulttest
		AZURE_STORAGE_KEY="dGhlIGtleSBvZiB0ZXN0cywgYW5kIG9mIG5vdGhpbmcgZWxzZQ=="
		export AZURE_STORAGE_ACCOUNT AZURE_STORAGE_KEY
		store_url=azure://vaulttest/box/p
		endpoint=http://127.0.0.1:$port/vaulttest
		;;
	esac
}

store_stop () {
	kill "$store_pid_"
	wait "$store_pid_" 2>/dev/null || :
}

# store [-o NAME=VALUE]… COMMAND ARGUMENT…
store () {
	set -- -o "stall=${store_stall:-1}" -o "give_up=${store_give_up:-5}" "$@"
	test -z "$endpoint" || set -- -o "endpoint=$endpoint" "$@"
	options_=
	while test "$1" = -o
	do
		options_="$options_ -o $2"
		shift 2
	done
	command_=$1
	shift
	# shellcheck disable=SC2086
	"$store_tool" $options_ "$command_" "$store_url" "$@"
}

# store_fails CODE TEXT COMMAND…: with that code, and a sentence with that text
store_fails () {
	code_=$1 text_=$2
	shift 2
	status_=0
	store "$@" >out 2>err || status_=$?
	if test $status_ != "$code_" || ! grep -qF -e "$text_" err
	then
		echo "exit $status_, not $code_ with: $text_" >&2
		cat err >&2
		return 1
	fi
}

# store_race: ten writers store the object "race" at once, and one of them does;
# what it wrote is in the file "winner"
store_race () {
	pids_=
	for i_ in 0 1 2 3 4 5 6 7 8 9
	do
		(
			echo $i_ >race.$i_ &&
			store -o probed=1 put race race.$i_ new >/dev/null 2>&1 &&
			echo $i_ >won.$i_
		) &
		pids_="$pids_ $!"
	done
	# shellcheck disable=SC2086
	wait $pids_ || :
	ls won.* >won && test "$(wc -l <won)" = 1 && cp "$(cat won)" winner
}

# store_on NAME [VALUE], store_off
store_on () {
	echo "${2-}" >"$store_dir/on/$1"
}

store_off () {
	rm -f "$store_dir/on/"*
}

# What was asked since the last call.
store_log () {
	cat "$store_dir/log" 2>/dev/null
	: >"$store_dir/log"
}

# ---- real servers of other kinds ----

# store_sftp_start: a folder behind sshd and its own sftp server, to which each
# connection starts one, in a group of its own: who ends ssh need not wait until
# it is reaped. No port is opened. Sets $store_url. False where sshd cannot run
# here.
store_sftp_start () {
	command -v ssh >/dev/null && test -x /usr/sbin/sshd &&
	command -v setsid >/dev/null || return 1
	# sshd wants this folder, which its service makes at the start of the system
	mkdir -p /run/sshd 2>/dev/null
	store_dir=$TRASH_DIRECTORY/store.sftp store_bin_=$TRASH_DIRECTORY/bin
	mkdir -p "$store_dir/root" "$store_bin_" || return 1
	ssh-keygen -q -t ed25519 -N '' -f "$store_dir/host" &&
	ssh-keygen -q -t ed25519 -N '' -f "$store_dir/user" || return 1
	cp "$store_dir/user.pub" "$store_dir/keys"
	printf 'vault.test %s\n' "$(cut -d' ' -f1-2 "$store_dir/host.pub")" \
		>"$store_dir/known"
	cat >"$store_dir/sshd.conf" <<-END
	HostKey $store_dir/host
	AuthorizedKeysFile $store_dir/keys
	StrictModes no
	UsePAM no
	PermitRootLogin yes
	PidFile none
	Subsystem sftp internal-sftp
	END
	cat >"$store_dir/ssh.conf" <<-END
	Host *
	HostKeyAlias vault.test
	IdentityFile $store_dir/user
	IdentitiesOnly yes
	IdentityAgent none
	UserKnownHostsFile $store_dir/known
	GlobalKnownHostsFile /dev/null
	ProxyCommand setsid /usr/sbin/sshd -i -e -f $store_dir/sshd.conf 2>>$store_dir/out
	END
	cat >"$store_bin_/ssh" <<-END
	#!/bin/sh
	printf '%s\n' "\$@" >$store_dir/argv
	exec /usr/bin/ssh -F $store_dir/ssh.conf "\$@"
	END
	chmod +x "$store_bin_/ssh"
	PATH=$store_bin_:$PATH
	store_url=sftp://vault.test$store_dir/root endpoint=
	# each command begins with a handshake
	store_stall=60 store_give_up=60
	ssh -o BatchMode=yes -- vault.test true 2>/dev/null
}

# store_dav_start: a folder behind Apache's mod_dav, which wants a password.
# Sets $store_url and $endpoint; git has the password by a helper. False where
# there is no Apache.
store_dav_start () {
	command -v apache2 >/dev/null && command -v setsid >/dev/null || return 1
	# Apache runs as another user than root, who could not enter a home
	store_dir=$(mktemp -d "${TMPDIR:-/tmp}/store-dav.XXXXXX") &&
	chmod 755 "$store_dir" && mkdir -p "$store_dir/root/v" || return 1
	modules_=/usr/lib/apache2/modules
	printf 'vault:%s\n' "$(openssl passwd -apr1 'pass:word')" \
		>"$store_dir/users" || return 1
	test "$(id -u)" != 0 || chown -R nobody "$store_dir" || return 1
	tries_=0
	until test -s "$store_dir/pid"
	do
		tries_=$((tries_ + 1))
		test $tries_ -lt 20 || return 1
		port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
		store_dav_conf_ >"$store_dir/conf"
		# it ends all processes of its group
		setsid apache2 -f "$store_dir/conf" -DFOREGROUND \
			>>"$store_dir/out" 2>&1 &
		store_pid_=$!
		store_dav_wait_ && break
		kill "$store_pid_" 2>/dev/null
	done
	store_stall=60 store_give_up=60
	endpoint=http://127.0.0.1:$port store_url=https+webdav://dav.test/v
	cat >"$TRASH_DIRECTORY/helper" <<-\END
	#!/bin/sh
	test "$1" != get || printf 'username=vault\npassword=pass:word\n'
	END
	chmod +x "$TRASH_DIRECTORY/helper"
	git config --global credential.helper "$TRASH_DIRECTORY/helper"
}

store_dav_wait_ () {
	waited_=0
	until test -s "$store_dir/pid" &&
		curl -s -o /dev/null "http://127.0.0.1:$port/"
	do
		waited_=$((waited_ + 1))
		test $waited_ -lt 100 || return 1
		sleep 0.1
	done
}

store_dav_conf_ () {
	cat <<-END
	ServerRoot $store_dir
	ServerName dav.test
	PidFile $store_dir/pid
	Listen 127.0.0.1:$port
	ErrorLog $store_dir/error
	LoadModule mpm_prefork_module $modules_/mod_mpm_prefork.so
	LoadModule authn_core_module $modules_/mod_authn_core.so
	LoadModule authn_file_module $modules_/mod_authn_file.so
	LoadModule auth_basic_module $modules_/mod_auth_basic.so
	LoadModule authz_core_module $modules_/mod_authz_core.so
	LoadModule authz_user_module $modules_/mod_authz_user.so
	LoadModule dav_module $modules_/mod_dav.so
	LoadModule dav_fs_module $modules_/mod_dav_fs.so
	LoadModule dav_lock_module $modules_/mod_dav_lock.so
	DAVLockDB $store_dir/locks
	LogFormat "%m %U %>s" store
	CustomLog $store_dir/log store
	StartServers 2
	DocumentRoot $store_dir/root
	<Location />
		Dav On
		AuthType Basic
		AuthName vault
		AuthUserFile $store_dir/users
		Require valid-user
	</Location>
	END
	test "$(id -u)" != 0 || echo "User nobody"
	test "$(id -u)" != 0 || echo "Group nogroup"
}

store_dav_stop () {
	store_stop
	rm -rf "$store_dir"
}

# store_rclone_start: a folder by rclone, if it is there
store_rclone_start () {
	command -v rclone >/dev/null || return 1
	store_dir=$TRASH_DIRECTORY/store.rclone endpoint=
	mkdir -p "$store_dir/root" &&
	printf '[here]\ntype = local\n' >"$store_dir/conf" || return 1
	RCLONE_CONFIG=$store_dir/conf
	export RCLONE_CONFIG
	store_url=rclone:here:$store_dir/root store_stall=60
}
