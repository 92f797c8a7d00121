#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='git vault state serve on two machines that share a remote

Each has a clone, a key and a server of its own; curl is Terraform on both.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

serve_or_skip

moments=5 rounds=4
test -z "$GIT_VAULT_TEST_LONG" || moments=100 rounds=40
ref=refs/vault/state/prod/net

# begin WHO: a server on the machine of somebody; $WHO_url, $WHO_server
begin () {
	home_=$HOME config_=$XDG_CONFIG_HOME
	HOME=$top/$1 XDG_CONFIG_HOME=$top/$1/.config
	export HOME XDG_CONFIG_HOME
	serve_start "$top/$1/clone" --remote origin
	status_=$?
	HOME=$home_ XDG_CONFIG_HOME=$config_
	eval "$1_url=\$url $1_server=\$server"
	return $status_
}

# at WHO COMMAND…: with the server of that machine, in a folder of its own
at () {
	eval "url=\$$1_url server=\$$1_server"
	mkdir -p "$top/$1/at" && cd "$top/$1/at" || return 1
	shift
	"$@"
	status_=$?
	cd "$top" && return $status_
}

# version WHO: the newest of prod/net there
version () {
	if test "$1" = remote
	then
		git -C "$top/remote" rev-parse $ref
	else
		as "$1" git rev-parse $ref
	fi
}

are_same () {
	version remote >expect && for who_ in "$@"
	do
		version "$who_" >actual && test_cmp expect actual || return 1
	done
}

# lock WHO CODE, unlock WHO CODE: of prod/net, by the name of that machine
lock () {
	info "$1" >"$top/lock.$1" &&
		at "$1" answers "$2" LOCK prod/net --data-binary @"$top/lock.$1"
}

unlock () {
	at "$1" answers "$2" UNLOCK prod/net --data-binary @"$top/lock.$1"
}

# send WHO CODE FILE [ID]
send () {
	at "$1" answers "$2" POST "prod/net${4:+?ID=$4}" --data-binary @"$top/$3"
}

# change WHO SERIAL [CODE]: lock, get, post, unlock
change () {
	state "$2" net "$1" >"$top/s.$2" && lock "$1" 200 &&
		at "$1" answers "${3:-200}" GET prod/net &&
		send "$1" 200 "s.$2" "$1" && unlock "$1" 200
}

# has WHO SERIAL: that is what it gives out
has () {
	at "$1" answers 200 GET prod/net && test_cmp_bin "s.$2" "$1/at/got"
}

test_expect_success 'two machines, and a remote between them' '
	start_team && join bob && begin alice && begin bob &&
	at bob answers 404 GET prod/net
'

test_expect_success 'what one saves, the other one has' '
	change alice 1 404 && are_same alice && has bob 1 && are_same bob
'

test_expect_success 'and goes on from' '
	change bob 2 && has alice 2 && are_same alice bob &&
	as alice git vault state log --env prod --stack net >out &&
	test_line_count = 3 out
'

test_expect_success 'also where nobody has read it before' '
	state 3 net alice >s.3 && send alice 200 s.3 &&
	state 3 net bob >s.3b && send bob 409 s.3b &&
	test_grep "^serial 3 " bob/at/got && has bob 3 && are_same alice bob
'

test_expect_success 'a lock of one keeps the other one out' '
	lock alice 200 &&
	lock bob 423 &&
	test_cmp lock.alice bob/at/got && state 4 net bob >s.4 &&
	send bob 423 s.4 bob && test_cmp lock.alice bob/at/got &&
	unlock alice 200
'

test_expect_success 'nothing else travels' '
	as alice git vault snapshot --force -q && change alice 4 && has bob 4 &&
	git -C remote for-each-ref --format="%(refname)" refs/vault/snapshots >out &&
	test_must_be_empty out
'

test_expect_success 'a remote that is gone: nothing old is given out' '
	mv remote away && at bob answers 500 GET prod/net &&
	test_grep "origin" bob/at/got
'

test_expect_success 'and nothing is taken that it would not have' '
	version alice >before && state 5 net alice >s.5 &&
	send alice 500 s.5 &&
	version alice >after && test_cmp before after && mv away remote
'

# A hook that refuses versions while there is such a file.
refuse_states () {
	cat >remote/hooks/pre-receive <<-\END &&
	#!/bin/sh
	! test -e refuse || ! grep -q refs/vault/state || {
		echo "no states today"
		exit 1
	}
	END
	chmod +x remote/hooks/pre-receive && : >remote/refuse
}

test_expect_success 'what the remote refuses is not acknowledged, but kept' '
	refuse_states && lock alice 200 &&
	send alice 409 s.5 alice &&
	test_grep "no states today" alice/at/got &&
	test_grep "saved here, but the remote .origin. does not have it" alice/at/got &&
	as alice git vault state restore --env prod --stack net >out &&
	test_cmp_bin s.5 out && test_must_fail are_same alice && has bob 4
'

test_expect_success 'its lock is not let go of before it is shared' '
	unlock alice 409 &&
	lock bob 423
'

test_expect_success 'sent again it is no new one, and goes there' '
	rm remote/refuse && send alice 200 s.5 alice && test_grep "has it already" alice/at/got &&
	are_same alice && has bob 5 &&
	unlock alice 200
'

test_expect_success 'or by the unlock itself' '
	: >remote/refuse && lock alice 200 &&
	state 6 net alice >s.6 &&
	send alice 409 s.6 alice &&
	rm remote/refuse &&
	unlock alice 200 &&
	are_same alice && has bob 6
'

test_expect_success 'a forced unlock waits for nothing' '
	: >remote/refuse && lock alice 200 &&
	state 7 net alice >s.7 &&
	send alice 409 s.7 alice &&
	at bob answers 200 UNLOCK prod/net && rm remote/refuse &&
	git -C remote for-each-ref refs/vault/locks >out && test_must_be_empty out
'

test_expect_success 'where both have gone on, both are told, and nothing is lost' '
	state 7 net bob >s.7b && send bob 200 s.7b &&
	at alice answers 409 GET prod/net &&
	test_grep "both sides have saved versions" alice/at/got &&
	test_grep "git vault sync --resolve" alice/at/got && state 8 net alice >s.8 &&
	send alice 409 s.8 &&
	as alice git vault state restore --env prod --stack net >out &&
	test_cmp_bin s.7 out && has bob 7b
'

test_expect_success 'until one of them is the newest' '
	sync alice --resolve theirs prod/net && has alice 7b && has bob 7b &&
	are_same alice bob &&
	as alice git vault state log --env prod --stack net --json >out &&
	test_grep "\"serial\": *7" out && change alice 8 && has bob 8
'

test_expect_success 'what is deleted is so on both' '
	at bob answers 200 DELETE prod/net && at alice answers 404 GET prod/net &&
	are_same alice bob && change alice 9 404 && has bob 9
'

# add WHO ROUND: one more, whenever it gets the lock
add () {
	url=$(eval echo "\$$1_url") && mkdir -p "$top/add.$1.$2" &&
		cd "$top/add.$1.$2" || return 1
	until call LOCK prod/all -d "$(info "$1$2" "$1@$1")" && test "$code" = 200
	do
		case $code in
		423 | 503) sleep 0.2 ;;
		*) cat got && return 1 ;;
		esac
	done
	call GET prod/all
	case $code in
	404) n=0 ;;
	200) n=$(sed "s/.*\"serial\":\([0-9]*\).*/\1/" got) ;;
	*) cat got && return 1 ;;
	esac
	state $((n + 1)) all "$1" >s &&
		answers 200 POST "prod/all?ID=$1$2" --data-binary @s &&
		answers 200 UNLOCK prod/all -d "{\"ID\":\"$1$2\"}"
}

# adds WHO: and again
adds () {
	for round in $(test_seq $rounds)
	do
		add "$1" "$round" || return 1
	done >"$top/adds.$1" 2>&1
}

both_add () {
	adds alice &
	one=$!
	adds bob &
	two=$!
	wait $one
	first=$?
	wait $two
	second=$?
	cat adds.alice adds.bob && test $first = 0 && test $second = 0
}

test_expect_success 'both at one state: none is lost, and none is there twice' '
	both_add &&
	at bob answers 200 GET prod/all && at alice answers 200 GET prod/all &&
	test_seq $((2 * rounds)) | sort -rn >expect && for who in alice bob
	do
		as $who git vault state log --env prod --stack all --json >out &&
		grep -o "\"serial\": *[0-9]*" out | sed "s/.*[: ]//" >actual &&
		test_cmp expect actual || return 1
	done
'

seed=${GIT_VAULT_TEST_SEED:-$(od -An -N 2 -tu2 /dev/urandom | tr -d " ")}

# kill_at MOMENT: alice's server, in the midst of a post, at a random time
kill_at () {
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	state "$1" kill "of $1" >"$top/k.$1" && {
		at alice call POST prod/kill --data-binary @"$top/k.$1" &
		client=$!
		sleep "$(printf "0.%03d" $((seed / 65536 % 120)))"
		kill -9 "$alice_server"
		wait "$alice_server" 2>/dev/null
		wait $client
		begin alice
	}
}

# What bob is given is one of those that were sent, and none older than what was
# acknowledged.
test_expect_success "killed in the midst of a post, $moments times: what was acknowledged is shared" '
	serial=0 && for moment in $(test_seq $moments)
	do
		kill_at $((serial + 1)) &&
		state $((serial + 2)) kill "of $((serial + 2))" \
			>k.$((serial + 2)) &&
		at alice answers 200 POST prod/kill --data-binary @"$top/k.$((serial + 2))" &&
		serial=$((serial + 2)) && at bob answers 200 GET prod/kill &&
		test_cmp_bin k.$serial bob/at/got || return 1
	done && as bob git vault state verify --env prod --stack kill &&
	git -C remote fsck --strict --no-dangling
'

test_expect_success 'a remote that takes branches and tags alone' '
	server=$alice_server && serve_stop && server=$bob_server && serve_stop &&
	for who in alice bob
	do
		as $who git config vault.origin.prefix refs/heads/v/ &&
		begin $who || return 1
	done && change alice 10 && has bob 10 && change bob 11 && has alice 11 &&
	git -C remote rev-parse refs/heads/v/state/prod/net >expect &&
	version alice >actual && test_cmp expect actual
'

test_expect_success 'a remote that is none is told of at the start' '
	test_expect_code 129 as alice git vault state serve --remote nowhere \
		--listen 127.0.0.1:0 2>err && test_grep "no remote .nowhere." err
'

test_expect_success 'it ends' '
	server=$alice_server && serve_stop && server=$bob_server && serve_stop
'

test_done
