#!/bin/sh
# shellcheck disable=SC2154

test_description='state serve takes no request that two readers read in two ways

And it keeps places for those that may ask.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"
serve_or_skip
test_have_prereq PYTHON || skip_all "python3 is not installed"

# ask ADDRESS: sends each line of stdin, in which \r and \n are read, @H is the
# header Host and @N another request; prints the first status, how many answers
# came, and whether the connection was ended
cat >"$TMPDIR/ask" <<\EOF
import socket, sys
host, port = sys.argv[1].split(':')
for line in sys.stdin:
    text = line.rstrip('\n').replace('@N', 'GET /state/p/x HTTP/1.1\\r\\n@H\\r\\n\\r\\n')
    text = text.replace('@P', 'POST /state/p/x HTTP/1.1\\r\\n@H')
    text = text.replace('@H', 'Host: ' + sys.argv[1])
    s = socket.create_connection((host, int(port)))
    s.settimeout(3)
    s.sendall(text.encode().decode('unicode_escape').encode('latin1'))
    got, end = b'', 'ended'
    try:
        while True:
            more = s.recv(65536)
            if not more:
                break
            got += more
    except ConnectionResetError:
        pass
    except OSError:
        end = 'open'
    print(got[9:12].decode(), got.count(b'HTTP/1.1 '), end)
EOF

# crowd ADDRESS N: connects so often, begins requests, and holds all of them
cat >"$TMPDIR/crowd" <<\EOF
import socket, sys
host, port = sys.argv[1].split(':')
held = []
for i in range(int(sys.argv[2])):
    s = socket.create_connection((host, int(port)))
    s.sendall(b'GET /state/prod/x HTTP/1.1\r\nX-Slow: ')
    held.append(s)
print('held', flush=True)
sys.stdin.read()
EOF

ask () {
	python3 "$TMPDIR/ask" "${url#http://}"
}

test_expect_success 'without credentials it says who can read' '
	serve_start . && call GET p/none && test_grep "every user of this host can read" log &&
	serve_stop && rm -f "$TMPDIR/s" && serve_start . --listen "unix:$TMPDIR/s" &&
	test_grep ! "every user of this host" log && serve_stop
'

test_expect_success 'two lengths or two framings are 400 and the end' '
	serve_start . && cat >forms <<-\EOF &&
	@P\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\nabcd@N
	@P\r\nContent-Length: 4\r\ncontent-length: 4\r\n\r\nabcd@N
	@P\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n@N
	@P\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n@N
	@P\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n@N
	@P\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n@N
	@P\r\nTransfer-Encoding: identity\r\n\r\n@N
	@P\r\nTransfer-Encoding : chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n@N
	@P\r\nX: a\rContent-Length: 40\r\nContent-Length: 4\r\n\r\nabcd@N
	@P\r\n@H\r\nContent-Length: 4\r\n\r\nabcd@N
	EOF
	ask <forms >actual && test_line_count = 10 actual &&
	sed "/^400 1 ended\$/d" actual >others && test_must_be_empty others
'

test_expect_success 'a length that is no number is refused, and ends it' '
	cat >forms <<-\EOF &&
	@P\r\nContent-Length: 4, 4\r\n\r\nabcd
	@P\r\nContent-Length: +4\r\n\r\nabcd
	@P\r\nContent-Length: -4\r\n\r\nabcd
	@P\r\nContent-Length: 0x4\r\n\r\nabcd
	@P\r\nContent-Length: 99999999999999999999999\r\n\r\nabcd
	@P\r\nTransfer-Encoding: chunked\r\n\r\n0x4\r\nabcd\r\n0\r\n\r\n
	@P\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcdXX0\r\n\r\n
	@P\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000004\r\nabcd\r\n0\r\n\r\n
	EOF
	ask <forms >actual && test_line_count = 8 actual &&
	sed "/^4[01][03] [0-9]* ended\$/d" actual >others &&
	test_must_be_empty others &&
	git vault state list >actual 2>&1 && test_grep ! "p/x" actual
'

test_expect_success 'plain requests are answered as before' '
	state 1 >one && call POST p/y --data-binary @one && test "$code" = 200 &&
	call GET p/y && test "$code" = 200 &&
	call POST p/z -H "Transfer-Encoding: chunked" --data-binary @one &&
	test "$code" = 200
'

# crowd N: they are there, until let_go
crowd () {
	rm -f hold held && mkfifo hold && {
		python3 "$TMPDIR/crowd" "${url#http://}" "$1" <hold >held &
	} && crowd=$! && exec 8>hold || return 1
	for try in $(test_seq 200)
	do
		test -s held && return 0
		sleep 0.1
	done
	return 1
}

let_go () {
	exec 8>&- && wait "$crowd"
}

test_expect_success 'a crowd that asks nothing keeps nobody out' '
	crowd 300 && call GET p/y && test "$code" = 200 &&
	call POST p/y --data-binary @one && test "$code" = 200 &&
	let_go && serve_stop
'

test_done
