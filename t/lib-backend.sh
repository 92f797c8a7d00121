# shellcheck shell=sh disable=SC2034,SC2154
# Servers that speak as the vaults of others do, on 127.0.0.1, with failures
# that can be switched on. Source this after test-lib.sh.
#
#	backend_start vault
#	printf value | backend store prod id >version
#	backend_on throttle 2
#	backend_stop
# Names that end in _ are private to this file.

# The codes of enum gv_err, with which backend-tool exits.
ERROR=1 NOTFOUND=2 EEXISTS=3 CORRUPT=5 REFUSED=6 NOKEY=7

unset http_proxy https_proxy HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

# backend_or_skip: the servers are python, and what came is looked at by hand
backend_or_skip () {
	for program_ in python3 age-keygen curl
	do
		command -v $program_ >/dev/null && continue
		skip_all "$program_ is not installed"
	done
}

# backend_start KIND [ARGUMENT…]: sets $port; what is in use is the policy file
# "policy" and the vault "team" of it.
backend_start () {
	server_dir_=$TRASH_DIRECTORY/server.$1
	rm -rf "$server_dir_" && mkdir -p "$server_dir_/on" || return 1
	kind_=$1
	shift
	python3 "$GIT_VAULT_SRC_DIR/t/helper/server-$kind_.py" "$server_dir_" \
		"$@" >"$server_dir_/out" 2>&1 &
	server_=$!
	tries_=0
	until test -f "$server_dir_/port"
	do
		tries_=$((tries_ + 1))
		if test $tries_ = 300
		then
			cat "$server_dir_/out" >&2
			return 1
		fi
		sleep 0.1
	done
	port=$(cat "$server_dir_/port")
}

# backend_vault: the same of HashiCorp's, and its token in the environment
backend_vault () {
	backend_start vault || return 1
	unset VAULT_NAMESPACE VAULT_ROLE_ID VAULT_SECRET_ID VAULT_CACERT
	unset VAULT_K8S_TOKEN_FILE
	VAULT_ADDR=http://127.0.0.1:$port VAULT_TOKEN=test-token
	export VAULT_ADDR VAULT_TOKEN
}

# backend_aws: the same of Amazon's, and its keys
backend_aws () {
	backend_start aws || return 1
	unset AWS_SESSION_TOKEN AWS_PROFILE AWS_SHARED_CREDENTIALS_FILE
	unset AWS_REGION AWS_DEFAULT_REGION AWS_CA_BUNDLE
	unset AWS_ENDPOINT_URL_KMS AWS_ENDPOINT_URL_SECRETS_MANAGER
	AWS_ENDPOINT_URL=http://127.0.0.1:$port
	AWS_ACCESS_KEY_ID=AKIDTEST AWS_SECRET_ACCESS_KEY=test/secret+key
	export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
}

backend_stop () {
	kill "$server_" 2>/dev/null
	wait "$server_" 2>/dev/null
	return 0
}

# backend_on NAME [VALUE], backend_off NAME: switches of the server's text
backend_on () {
	echo "${2:-on}" >"$server_dir_/on/$1" &&
		test_when_finished "backend_off $1"
}

backend_off () {
	rm -f "$server_dir_/on/$1"
}

# backend_odd CODE WORDS LINES COMMAND…: as backend_fails, where the server answers by
# the lines of its switch "says"
backend_odd () {
	code_=$1 words_=$2
	printf "%s\n" "$3" >"$server_dir_/on/says"
	shift 3
	backend_fails "$code_" "$words_" "$@"
	status_=$?
	backend_off says
	return $status_
}

# backend_asked PATTERN: how many requests the server's log has of it
backend_asked () {
	grep -c -e "$1" "$server_dir_/log" || :
}

backend_forget () {
	: >"$server_dir_/log"
}

backend () {
	backend-tool policy team "$@"
}

# backend_fails CODE WORDS COMMAND…: by that code, with these words in the one
# line of stderr, and nothing on stdout; its input is the file $backend_input
backend_fails () {
	code_=$1 words_=$2 status_=0
	shift 2
	"$@" >out 2>err <"${backend_input:-/dev/null}" || status_=$?
	test "$status_" = "$code_" || {
		echo "exit code $status_, not $code_: $(cat err)" >&2
		return 1
	}
	test_line_count -eq 1 err &&
		test_grep "$words_" err &&
		test_must_be_empty out
}
