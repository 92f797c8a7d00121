#!/bin/sh
# shellcheck disable=SC2154

test_description='objects in a folder by SFTP, beside a real server and others'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-store.sh"

store_sftp_start || skip_all "sshd cannot be run here"
root=$store_dir/root

test_expect_success 'a server has files' '
	printf one >one && printf two >two && head -c 3000000 /dev/urandom >large
'

test_expect_success 'it stores, reads, looks, lists and deletes' '
	store put packs/a one && store get packs/a >out && test_cmp one out &&
	store put packs/b large && store get packs/b >out && cmp large out &&
	cmp large "$root/packs/b" &&
	store put packs/empty /dev/null && store get packs/empty >out &&
	test_must_be_empty out &&
	store get packs/a 1 1 >out && printf n >expect && test_cmp expect out &&
	store get packs/a 3 >out && test_must_be_empty out &&
	store get packs/b 1000000 900001 >out && test $(wc -c <out) = 900001 &&
	store stat packs/b >out && grep "^3000000 " out &&
	store put manifests/h/1 one && store put heads-x two &&
	store list >out && cat >expect <<-\END && test_cmp expect out &&
	3 heads-x
	3 manifests/h/1
	3 packs/a
	3000000 packs/b
	0 packs/empty
	END
	store list packs/ packs/a >out && sed 1,3d expect >rest &&
	test_cmp rest out && store list nothing/ >out && test_must_be_empty out &&
	store delete packs/a && store delete packs/a &&
	store_fails $NOTFOUND "does not have packs/a" get packs/a &&
	store_fails $NOTFOUND "does not have packs/a" stat packs/a
'

test_expect_success 'what exists is not replaced, other than when that is meant' '
	store promises >out && grep creates out &&
	store put n one new && store_fails $EEXISTS "already" put n two new &&
	store get n >out && test_cmp one out &&
	store put n two && store get n >out && test_cmp two out &&
	store_fails $REFUSED "which version of it" put n one same "" &&
	test -z "$(find "$root" -name ".put-*")"
'

test_expect_success 'a server that does not let this user delete is named' '
	store put stays one && cp "$store_dir/sshd.conf" conf &&
	sed "s/internal-sftp/& -P remove/" conf >"$store_dir/sshd.conf" &&
	store_fails $NOKEY "cannot delete" delete stays &&
	cp conf "$store_dir/sshd.conf" && store get stays >out &&
	test_cmp one out && store delete stays
'

test_expect_success 'of ten writers of one name one has it' '
	store_race && cmp "$root/race" winner
'

test_expect_success 'what a killed writer left is no object, and is removed' '
	: >"$root/.put-old" && touch -d "2 days ago" "$root/.put-old" &&
	: >"$root/.put-new" && store list >out && ! grep put- out &&
	store delete nothing && test ! -e "$root/.put-old" &&
	test -e "$root/.put-new"
'

test_expect_success 'links and names of others are passed over' '
	ln -s /etc/passwd "$root/packs/link" && : >"$root/packs/UPPER" &&
	: >"$root/packs/a b" && store list packs/ >out &&
	! grep -e link -e UPPER -e " b" out &&
	store_fails $REFUSED "is not a file" stat packs/link
'

test_expect_success 'a folder that is not there is named' '
	store_url=sftp://vault.test$root/none &&
	store_fails $REFUSED "is its disk mounted" put n one &&
	store_fails $REFUSED "there is no folder" list &&
	store_fails $REFUSED "there is no folder" list packs/ &&
	store_url=sftp://vault.test$root
'

test_expect_success 'a folder is no object, and is not deleted' '
	mkdir -p "$root/folder/in" && store_fails $REFUSED "folder in $store_url is not a file" stat folder &&
	store_fails $ERROR "cannot delete folder in $store_url: the server reports failure 4" delete folder &&
	test -d "$root/folder"
'

test_expect_success 'addresses reach ssh as what they are' '
	for bad in sftp://-oProxyCommand=x/p sftp://-l@h/p sftp://h:-p/p \
		"sftp://h;x/p" sftp://h sftp://@h/p "sftp://h/%0"
	do
		(
			store_url=$bad &&
			store_fails $REFUSED "sftp://USER@HOST:PORT/PATH" list
		) || return 1
	done &&
	(
		store_url=sftp://root@vault.test:2222$root &&
		store list >out 2>err
		sed -n "/^-p/,\$p" "$store_dir/argv" >argv
	) && printf "%s\n" -p 2222 -l root -s -- vault.test sftp >expect &&
	test_cmp expect argv && grep -x BatchMode=yes "$store_dir/argv"
'

test_expect_success 'a host key that changed is no failure to pass over' '
	cp "$store_dir/known" known && sed -i "s/ AAAA.*/ $(ssh-keygen -q \
		-t ed25519 -N "" -f other && cut -d" " -f2 other.pub |
		sed "s,/,\\\\/,g")/" "$store_dir/known" &&
	store_fails $NOKEY "its host key is not known, or has changed" list &&
	cp known "$store_dir/known" &&
	: >"$store_dir/keys" &&
	store_fails $NOKEY "Permission denied" list &&
	cp "$store_dir/user.pub" "$store_dir/keys"
'

# server TEXT: ssh is a program that does that
server () {
	printf "#!/bin/sh\n%s\n" "$1" >"$store_bin_/ssh" &&
	chmod +x "$store_bin_/ssh"
}

test_expect_success 'servers that say something else, or nothing, are named' '
	server "echo welcome to this host" &&
	store_fails $CORRUPT "does its shell print something" list &&
	server "printf \"\\0\\0\\0\\005\\002\\0\\0\\0\\001\"; cat >/dev/null" &&
	store_fails $CORRUPT "does not answer by SFTP" list &&
	server "printf \"\\0\\0\\0\\005\\002\\0\\0\\0\\003\"; cat /dev/zero" &&
	store_fails $CORRUPT "" list &&
	server "exec sleep 100" &&
	store_fails $ERROR "did not answer in time" -o stall=1 list &&
	server "exit 255" && store_fails $ERROR "closed the connection" list
'

# It answers all that it is to read as if it was the second piece.
test_expect_success 'a server that answers one request for ever is named' '
	cat >lies.py <<-\END &&
	import os, struct
	def take(n):
	    data = b""
	    while len(data) < n:
	        more = os.read(0, n - len(data))
	        if not more: os._exit(0)
	        data += more
	    return data
	def say(kind, id, rest):
	    body = struct.pack(">BI", kind, id) + rest
	    os.write(1, struct.pack(">I", len(body)) + body)
	text = lambda data: struct.pack(">I", len(data)) + data
	while True:
	    body = take(struct.unpack(">I", take(4))[0])
	    kind, id = struct.unpack(">BI", body[:5])
	    if kind == 1: say(2, 3, b"")
	    elif kind == 3: say(102, id, text(b"h"))
	    elif kind == 5:
	        if body[10:18] == bytes(8): second = id + 1
	        say(103, second, text(b"x" * 32768))
	    else: say(101, id, struct.pack(">I", 0) + text(b"") + text(b""))
	END
	server "exec timeout 20 python3 $PWD/lies.py" &&
	store_fails $CORRUPT "makes no sense" get a 0 100000
'

# The server that ssh would start, and an end after 1,000,000 bytes, twice.
test_expect_success 'a connection that breaks is made again' '
	server=$(ls /usr/lib/openssh/sftp-server /usr/libexec/sftp-server \
		/usr/lib/ssh/sftp-server 2>/dev/null | head -n1) &&
	test -n "$server" && cat >cut.py <<-END &&
	import os, subprocess
	left = int(open("$PWD/left").read())
	if left == 0:
	    os.execv("$server", ["$server"])
	print(left - 1, file=open("$PWD/left", "w"))
	p = subprocess.Popen(["$server"], stdin=subprocess.PIPE)
	n = 0
	while n < 1000000:
	    data = os.read(0, 65536)
	    n += len(data)
	    p.stdin.write(data)
	    p.stdin.flush()
	p.kill()
	p.wait()
	END
	server "exec python3 $PWD/cut.py" && echo 2 >left &&
	store put again large new && cmp large "$root/again" &&
	echo 0 | test_cmp - left
'

test_done
