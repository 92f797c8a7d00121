# shellcheck shell=sh disable=SC2034,SC2154
# Repositories behind HTTP on 127.0.0.1, as teams have them: nginx in front of
# git http-backend. Source this after test-lib.sh.
#
#	http_or_skip
#	http_start DIR [USER]		what is in it is at $http_url; as whom
#	http_stop
# Names that end in _ are private to this file.

unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

http_or_skip () {
	for program_ in nginx fcgiwrap python3 setsid
	do
		command -v $program_ >/dev/null || PATH=$PATH:/usr/sbin
		command -v $program_ >/dev/null ||
			skip_all "$program_ is not installed"
	done
}

# One that a test that failed has left does not outlive the script. What fcgiwrap
# has forked outlives it, and sees no hangup: all of its group are ended.
http_nginx_= http_cgi_= http_short_=
http_stop () {
	for pid_ in $http_nginx_ ${http_cgi_:+"-$http_cgi_"}
	do
		kill -- "$pid_" 2>/dev/null && wait "${pid_#-}" 2>/dev/null
	done
	test -z "$http_short_" || rm -rf "$http_short_"
	http_nginx_= http_cgi_= http_short_=
	return 0
}
http_end_ () {
	code_=$?
	http_stop
	return $code_
}
trap 'http_end_; at_exit_' EXIT

http_conf_ () {
	user_=
	test "$(id -u)" != 0 || user_='user root;'
	cat <<-END
	daemon off; worker_processes 1; pid $http_dir_/pid; $user_
	events {}
	http {
		access_log off; error_log $http_dir_/error;
		client_max_body_size 0;
		client_body_temp_path $http_dir_/body;
		proxy_temp_path $http_dir_/proxy;
		fastcgi_temp_path $http_dir_/fastcgi;
		uwsgi_temp_path $http_dir_/uwsgi;
		scgi_temp_path $http_dir_/scgi;
		server {
			listen 127.0.0.1:$http_port_;
			location / {
				fastcgi_pass unix:$http_socket_;
				fastcgi_param SCRIPT_FILENAME $(git --exec-path)/git-http-backend;
				fastcgi_param GIT_PROJECT_ROOT $1;
				fastcgi_param GIT_HTTP_EXPORT_ALL 1;
				fastcgi_param GIT_PROTOCOL \$http_git_protocol;
				fastcgi_param PATH_INFO \$uri;
				fastcgi_param QUERY_STRING \$query_string;
				fastcgi_param REQUEST_METHOD \$request_method;
				fastcgi_param CONTENT_TYPE \$content_type;
				fastcgi_param CONTENT_LENGTH \$content_length;
				fastcgi_param REMOTE_USER $2;
			}
		}
	}
	END
}

http_start () {
	http_dir_=$TMPDIR/http
	# its path has room for a hundred bytes only
	http_short_=$(TMPDIR=/tmp mktemp -d) && http_socket_=$http_short_/cgi &&
		mkdir -p "$http_dir_" || return 1
	http_port_=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')
	http_conf_ "$1" "${2:-carol}" >"$http_dir_/conf"
	setsid fcgiwrap -c 4 -f -s "unix:$http_socket_" 2>"$http_dir_/cgi.err" 5>&- &
	http_cgi_=$!
	nginx -e "$http_dir_/error" -c "$http_dir_/conf" 5>&- &
	http_nginx_=$!
	http_url=http://127.0.0.1:$http_port_
	for try_ in $(test_seq 100)
	do
		test -S "$http_socket_" && python3 -c 'import socket, sys
socket.create_connection(("127.0.0.1", int(sys.argv[1])))' \
			"$http_port_" 2>/dev/null && return 0
		sleep 0.1
	done
	cat "$http_dir_/error" >&2
	return 1
}
