#!/bin/sh
# shellcheck disable=SC2154,SC2034,SC2086

test_description='git vault state serve with many clients, slow ones, and killed in the midst'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

serve_or_skip

seed=${GIT_VAULT_TEST_SEED:-$(od -An -N 2 -tu2 /dev/urandom | tr -d " ")}
clients=50 moments=6
test -z "$GIT_VAULT_TEST_LONG" || moments=300

# one NAME: a client with a state of its own; what failed is told in bad.NAME
one () {
	mkdir -p "c.$1" && cd "c.$1" || return 1
	{
		answers 200 LOCK "prod/s$1" -d "$(info "$1")" &&
			for serial in 1 2 3
			do
				state $serial "$1" "of $1" >s &&
					answers 200 POST "prod/s$1?ID=$1" \
						--data-binary @s &&
					answers 200 GET "prod/s$1" &&
					cmp s got || return 1
			done && answers 200 UNLOCK "prod/s$1" -d "$(info "$1")"
	} >../bad.$1 2>&1 && rm ../bad.$1
}

# another NAME: one of those who add to the same state, by its lock
another () {
	mkdir -p "d.$1" && cd "d.$1" || return 1
	{
		until call LOCK prod/all -d "$(info "$1")" && test "$code" = 200
		do
			test "$code" = 423 || return 1
			sleep 0.$((RANDOM_ % 4 + 1))
		done && call GET prod/all && {
			test "$code" = 404 && n=0 ||
				n=$(sed "s/.*\"serial\":\([0-9]*\).*/\1/" got)
		} && state $((n + 1)) all "$1" >s &&
			answers 200 POST "prod/all?ID=$1" --data-binary @s &&
			answers 200 UNLOCK prod/all -d "{\"ID\":\"$1\"}"
	} >../bad.$1 2>&1 && rm ../bad.$1
}

# rival NAME: a higher serial each, half of them by the command; what was
# acknowledged is in acked.cli
rival () {
	mkdir -p "e.$1" && cd "e.$1" && state "$1" cli "$1" >s || return 1
	if test $(($1 % 2)) = 0
	then
		git vault state save --new --env prod --stack cli s >out 2>err
		status=$?
		case $status in
		0) echo "$1" >>../acked.cli ;;
		4 | 128) ;;
		*) cat err >../bad.$1 ;;
		esac
	else
		call POST prod/cli --data-binary @s
		case $code in
		200) echo "$1" >>../acked.cli ;;
		409 | 503) ;;
		*) cat got >../bad.$1 ;;
		esac
	fi
}

# together WHO: so many of them at once
together () {
	rm -f bad.* && pids= && for i in $(test_seq $clients)
	do
		(RANDOM_=$i && $1 $i) &
		pids="$pids $!"
	done && for pid in $pids
	do
		wait $pid || :
	done && for file in bad.*
	do
		test ! -e "$file" || {
			echo "$file:" && head -n 5 "$file"
			return 1
		}
	done
}

test_expect_success 'fifty clients at once, each with a state of its own' '
	test_commit base && git config gc.auto 0 && serve_start . && together one &&
	git for-each-ref refs/vault/state >out && test_line_count = $clients out &&
	for i in $(test_seq $clients)
	do
		git vault state log --env prod --stack s$i >out &&
		test_line_count = 4 out || return 1
	done && git for-each-ref refs/vault/locks >out && test_must_be_empty out
'

test_expect_success 'fifty at one state: none is lost, and none is there twice' '
	together another && git vault state log --env prod --stack all --json >out &&
	grep -o "\"serial\": *[0-9]*" out | sed "s/.*[: ]//" >actual &&
	test_seq $clients | sort -rn >expect && test_cmp expect actual &&
	for i in $(test_seq $clients)
	do
		git vault state restore --env prod --stack all serial:$i |
			sed "s/.*\"value\":\"\([0-9]*\)\".*/\1/" && echo || return 1
	done | sort -n >actual && test_seq $clients >expect &&
	test_cmp expect actual && git fsck --strict --no-dangling
'

test_expect_success 'beside them, those who use the command' '
	: >acked.cli && together rival && git fsck --strict --no-dangling && serve_stop &&
	git vault state log --env prod --stack cli --json >out &&
	grep -o "\"serial\": *[0-9]*" out | sed "s/.*[: ]//" >have &&
	sort -rnu have >expect && test_cmp expect have &&
	sort -n acked.cli >want && sort -n have >sorted && test_cmp want sorted
'

# send_slowly: for a second or so; sets $client
send_slowly () {
	(
		cd slow.d && answers 200 POST prod/slow --data-binary @../slow \
			--limit-rate 3M -H "Expect:" >../bad 2>&1
	) &
	client=$!
}

test_expect_success 'what has begun when it is told to end, ends' '
	serve_start . && {
		state 1 slow | sed "s/\],*}\$//" && printf "{\"mode\":\"managed\"," &&
		printf "\"type\":\"t\",\"name\":\"n\",\"provider\":\"p\"," &&
		printf "\"instances\":[{\"attributes\":{\"v\":\"" &&
		head -c 3000000 /dev/urandom | base64 -w 0 && printf "\"}}]}]}"
	} >slow && mkdir slow.d && send_slowly && sleep 0.7 && kill $server &&
	wait $client && wait $server &&
	test_must_fail curl -s "$url/state/prod/slow" &&
	git vault state restore --env prod --stack slow >out && test_cmp_bin slow out
'

cat >slow.py <<\END
import socket, sys, time
port, what = int(sys.argv[1]), sys.argv[2]
s = socket.create_connection(("127.0.0.1", port))
s.settimeout(30)
began = time.time()
if what == "header":
    first, each = b"GET /state/prod/all HT", b"T"
elif what == "body":
    first = (b"POST /state/prod/x HTTP/1.1\r\nHost: localhost\r\n"
             b"Content-Length: 1000\r\n\r\n{")
    each = b" "
else:
    first = b"GET /state/prod/slow HTTP/1.1\r\nHost: localhost\r\n\r\n"
    each = b""
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
s.sendall(first)
s.settimeout(0.2)
try:
    while time.time() - began < 60:
        if each:
            s.sendall(each)
            try:
                if s.recv(100) == b"":
                    break
            except socket.timeout:
                pass
        else:
            time.sleep(0.2)
            if s.recv(100) == b"":
                break
except OSError:
    pass
print(time.time() - began < 30)
END

test_expect_success PYTHON 'who is slow is cut off, however often he says something' '
	serve_start . --timeout 2 &&
	for what in header body
	do
		python3 slow.py ${url##*:} $what >out && echo True >expect &&
		test_cmp expect out || return 1
	done && answers 200 GET prod/all
'

test_expect_success PYTHON 'sixty-four of them, too, and then it is for others again' '
	pids= && for i in $(test_seq 64)
	do
		python3 slow.py ${url##*:} header >out.$i &
		pids="$pids $!"
	done && sleep 1 && answers 200 GET prod/all && wait $pids && serve_stop &&
	cat out.? out.?? >all && sort -u all >out && test_cmp expect out
'

# moment N M: milliseconds, of those of this seed
moment () {
	awk -v seed=$((seed + $1)) -v max="$2" \
		"BEGIN { srand(seed); print int(rand() * max) }"
}

# writer: save serial after serial until nobody answers; what was acknowledged
# is in acked
writer () {
	while state $n killed >s.$n && call POST prod/killed --data-binary @s.$n &&
		test "$code" = 200
	do
		echo $n >>acked
		n=$((n + 1))
	done
}

test_expect_success 'killed at any moment, it has what it said it has' '
	: >acked && n=1 && for i in $(test_seq $moments)
	do
		serve_start . -q || return 1
		{
			sleep $(moment $i 400 | awk "{ print \$1 / 1000 }")
			kill -KILL $server
		} &
		killer=$!
		writer
		wait $killer
		wait $server
		find .git/refs -name "*.lock" -exec touch -d "2 minutes ago" {} +
		# what nobody was told of may be there as well
		n=$((n + 1))
		test_tally 1 "moments of kill -9"
	done && test_file_not_empty acked && serve_start . &&
	git vault state log --env prod --stack killed --json >out &&
	grep -o "\"serial\": *[0-9]*" out | sed "s/.*[: ]//" | sort >have &&
	sort acked >want && comm -13 have want >lost && test_must_be_empty lost &&
	for serial in $(cat acked)
	do
		git vault state restore --env prod --stack killed serial:$serial >out &&
		test_cmp_bin s.$serial out || return 1
	done && answers 200 GET prod/killed && git fsck --strict --no-dangling &&
	test_tally "$(wc -l <acked)" "acknowledged versions" && serve_stop
'

test_done
