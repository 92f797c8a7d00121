# shellcheck shell=sh disable=SC2034,SC2154
# `git vault state serve`, and curl in Terraform's place; or another server, and
# curl in the place of its clients. Source this after test-lib.sh.
#
#	serve_or_skip
#	serve_start repo [OPTION…]	sets $url, $server
#	call LOCK prod/net -d "$(info one)"	sets $code; got, head
#	serve_as=serve				other words than "state serve"
#	ask /v1/config/prod/web [OPTION…]	the same by GET of any path
#	serve_stop
# Names that end in _ are private to this file.

unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

# One that a test that failed has left does not outlive the script.
servers_=
end_servers_ () {
	code_=$?
	for server_ in $servers_
	do
		kill -KILL "$server_" 2>/dev/null
	done
	return $code_
}
trap 'end_servers_; at_exit_' EXIT

serve_or_skip () {
	command -v curl >/dev/null || skip_all "curl is not installed"
	grep -q "^MICROHTTPD_LIBS = ." "$GIT_VAULT_BUILD_DIR/Makefile" ||
		skip_all "it was built without libmicrohttpd"
}

# serve_start DIR [OPTION…]: in that repository, on a port that is free
serve_start () {
	in_=$1
	shift
	case " $* " in
	*" --listen "*) ;;
	*) set -- "$@" --listen 127.0.0.1:0 ;;
	esac
	rm -f "$TRASH_DIRECTORY/url"
	(
		cd "$in_" && exec git-vault ${serve_as:-state serve} "$@" \
			>"$TRASH_DIRECTORY/url" 2>"$TRASH_DIRECTORY/log" 5>&-
	) &
	server=$! servers_="$servers_ $!"
	for try_ in $(test_seq 300)
	do
		if test -s "$TRASH_DIRECTORY/url"
		then
			url=$(cat "$TRASH_DIRECTORY/url")
			return 0
		fi
		kill -0 $server 2>/dev/null || break
		sleep 0.1
	done
	cat "$TRASH_DIRECTORY/log" >&2
	return 1
}

# serve_stop [SIGNAL]: its status
serve_stop () {
	kill "-${1:-TERM}" "$server" && wait "$server"
}

# info ID [WHO]: the info of a lock, with white space that no writer of JSON
# would make
info () {
	printf '{ "ID":"%s", "Operation":"OperationTypeApply","Info":"",' "$1"
	printf '"Who":"%s","Version":"1.9.8",' "${2:-ann@web1}"
	printf '"Created":"2005-04-07T06:12:44.25Z","Path":""}\n'
}

# state SERIAL [LINEAGE [MORE]]: of Terraform
state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%s,' "$1"
	printf '"lineage":"%s","outputs":{"x":{"value":"%s","type":"string"}},' \
		"${2:-one}" "$3"
	printf '"resources":[]}'
}

# call METHOD ENV/STACK[?QUERY] [OPTION OF CURL…]: the answer in got and head
call () {
	method_=$1 path_=$2
	shift 2
	code=$(curl -s --max-time 60 -o got -D head -w "%{http_code}" \
		-X "$method_" "$@" "$url/state/$path_")
}

# answers CODE METHOD …: that this is what it comes to
answers () {
	want_=$1
	shift
	: >got
	call "$@"
	test "$code" = "$want_" || {
		echo "$*: $code, not $want_:"
		cat got "$TRASH_DIRECTORY/log"
		return 1
	}
}

# ask PATH [OPTION OF CURL…]: the answer in got and head
ask () {
	path_=$1
	shift
	code=$(curl -s --path-as-is --max-time 60 -o got -D head \
		-w "%{http_code}" "$@" "$url$path_")
}

# gives CODE PATH [OPTION…]: that this is what it comes to
gives () {
	want_=$1
	shift
	: >got
	ask "$@"
	test "$code" = "$want_" || {
		echo "$*: $code, not $want_:"
		cat got "$TRASH_DIRECTORY/log"
		return 1
	}
}

# header NAME: of the last answer
header () {
	tr -d '\r' <"head" | sed -n "s/^$1: //p"
}

# told WORDS: the log says so, which it does after the answer
told () {
	for try_ in $(test_seq 50)
	do
		! grep "$1" "$TRASH_DIRECTORY/log" || return 0
		sleep 0.1
	done
	echo "the log does not say: $1"
	return 1
}

md5_of () {
	openssl md5 -binary | base64
}
