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
	set -- -o stall=1 -o give_up=5 -o "endpoint=$endpoint" "$@"
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
