# shellcheck shell=sh disable=SC2034,SC2154
# Repositories behind HTTP and ssh on 127.0.0.1, as teams have them: nginx in
# front of git http-backend, and sshd. Source it after lib-bench.sh.
# Names that end in _ are private to this file.

port_free_ () {
	python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}

# server_start DIRECTORY: serve what is in it at $server_url, and with TLS at
# $server_tls_url, whose certificate git trusts from then on; that is empty where
# openssl is missing. False where another program is.
server_start () {
	has nginx && has fcgiwrap || return 1
	server_dir_=$bench_dir/server
	mkdir -p "$server_dir_" || die "cannot make $server_dir_"
	port_=$(port_free_) tls_port_= server_tls_url=
	if has openssl && certify_
	then
		tls_port_=$(port_free_)
		server_tls_url=https://127.0.0.1:$tls_port_
	fi
	server_conf_ "$1" >"$server_dir_/conf"
	fcgiwrap -f -s "unix:$server_dir_/cgi" 2>"$server_dir_/cgi.err" &
	cgi_=$!
	nginx -e "$server_dir_/error" -c "$server_dir_/conf" &
	nginx_=$!
	servers="$servers $cgi_ $nginx_"
	server_url=http://127.0.0.1:$port_
	server_wait_
}

# A certificate of our own. git reads those of all authorities for each
# connection, so it has to here.
certify_ () {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$server_dir_/key" -out "$server_dir_/certificate" \
		-days 2 -subj /CN=127.0.0.1 \
		-addext subjectAltName=IP:127.0.0.1 2>"$server_dir_/openssl" ||
		return 1
	for file_ in /etc/ssl/certs/ca-certificates.crt \
		"$server_dir_/certificate"
	do
		test ! -f "$file_" || cat "$file_"
	done >"$server_dir_/trusted"
	GIT_SSL_CAINFO=$server_dir_/trusted
	export GIT_SSL_CAINFO
}

server_conf_ () {
	user_= tls_=
	test "$(id -u)" != 0 || user_='user root;'
	test -z "$tls_port_" || tls_="listen 127.0.0.1:$tls_port_ ssl;
			ssl_certificate $server_dir_/certificate;
			ssl_certificate_key $server_dir_/key;"
	cat <<-EOF
	daemon off; worker_processes 1; pid $server_dir_/pid; $user_
	events {}
	http {
		client_max_body_size 0;
		access_log off; error_log $server_dir_/error;
		client_body_temp_path $server_dir_/body;
		proxy_temp_path $server_dir_/proxy;
		fastcgi_temp_path $server_dir_/fastcgi;
		uwsgi_temp_path $server_dir_/uwsgi;
		scgi_temp_path $server_dir_/scgi;
		server {
			listen 127.0.0.1:$port_; $tls_
			location / {
				fastcgi_pass unix:$server_dir_/cgi;
				fastcgi_param SCRIPT_FILENAME $(git --exec-path)/git-http-backend;
				fastcgi_param GIT_PROJECT_ROOT $1;
				fastcgi_param GIT_HTTP_EXPORT_ALL 1;
				fastcgi_param GIT_PROTOCOL \$http_git_protocol;
				fastcgi_param PATH_INFO \$uri;
				fastcgi_param QUERY_STRING \$query_string;
				fastcgi_param REQUEST_METHOD \$request_method;
				fastcgi_param CONTENT_TYPE \$content_type;
				fastcgi_param CONTENT_LENGTH \$content_length;
			}
		}
	}
	EOF
}

# Both must answer before anything is measured.
server_wait_ () {
	tries_=0
	until test -S "$server_dir_/cgi" && python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])))' "$port_" 2>/dev/null
	do
		tries_=$((tries_ + 1))
		test $tries_ -lt 100 ||
			die "nginx does not answer: $(cat "$server_dir_/error")"
		sleep 0.1
	done
}

server_stop () {
	kill "$nginx_" "$cgi_" 2>/dev/null
	wait "$nginx_" "$cgi_" 2>/dev/null
	return 0
}

# ---- ssh --------------------------------------------------------------------

# sshd_start DIRECTORY: what is in it is at $ssh_url for who has $ssh_key, as git
# here has from then on; false where a program for it is missing.
sshd_start () {
	has ssh-keygen && test -x /usr/sbin/sshd || return 1
	ssh_dir_=$bench_dir/ssh
	ssh_key=$ssh_dir_/user
	mkdir -p "$ssh_dir_" && chmod 700 "$ssh_dir_" &&
	ssh-keygen -q -t ed25519 -N '' -f "$ssh_dir_/host" &&
	ssh-keygen -q -t ed25519 -N '' -f "$ssh_key" &&
	cp "$ssh_key.pub" "$ssh_dir_/authorized" || return 1
	ssh_port_=$(port_free_)
	cat >"$ssh_dir_/config" <<-EOF
	Port $ssh_port_
	ListenAddress 127.0.0.1
	HostKey $ssh_dir_/host
	AuthorizedKeysFile $ssh_dir_/authorized
	StrictModes no
	UsePAM no
	PidFile $ssh_dir_/pid
	SetEnv PATH=$PATH HOME=$HOME
	EOF
	mkdir -p /run/sshd 2>/dev/null
	/usr/sbin/sshd -D -f "$ssh_dir_/config" 2>"$ssh_dir_/err" &
	sshd_=$!
	servers="$servers $sshd_"
	tries_=0
	until test -s "$ssh_dir_/pid"
	do
		# it writes that when it listens
		tries_=$((tries_ + 1))
		test $tries_ -lt 100 || return 1
		sleep 0.1
	done
	GIT_SSH_COMMAND="ssh -q -F none -i $ssh_key -o IdentitiesOnly=yes"
	GIT_SSH_COMMAND="$GIT_SSH_COMMAND -o StrictHostKeyChecking=no"
	GIT_SSH_COMMAND="$GIT_SSH_COMMAND -o UserKnownHostsFile=/dev/null"
	export GIT_SSH_COMMAND
	ssh_url=ssh://$(id -un)@127.0.0.1:$ssh_port_$1
}

sshd_stop () {
	kill "$sshd_" 2>/dev/null
	wait "$sshd_" 2>/dev/null
	return 0
}
