#!/bin/sh
# shellcheck disable=SC2154

test_description='objects in a folder by WebDAV, beside Apache and servers that lie'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-store.sh"

store_dav_start || skip_all "Apache cannot be run here"
root=$store_dir/root/v

test_expect_success 'there are files' '
	printf one >one && printf two >two && head -c 3000000 /dev/urandom >large
'

test_expect_success 'it stores, reads, looks, lists and deletes' '
	store put packs/a one && store get packs/a >out && test_cmp one out &&
	store put packs/b large new && store get packs/b >out &&
	cmp large out && cmp large "$root/packs/b" &&
	store put packs/empty /dev/null && store get packs/empty >out &&
	test_must_be_empty out &&
	store get packs/a 1 1 >out && printf n >expect && test_cmp expect out &&
	store stat packs/b >out && grep "^3000000 " out &&
	store put manifests/h/1 one new && store put heads-x two &&
	store list >out && cat >expect <<-\END && test_cmp expect out &&
	3 heads-x
	3 manifests/h/1
	3 packs/a
	3000000 packs/b
	0 packs/empty
	73 probe
	END
	store list packs/ packs/a >out && sed "1,3d; \$d" expect >rest &&
	test_cmp rest out && store list nothing/ >out && test_must_be_empty out &&
	store delete packs/a && store delete packs/a &&
	store_fails $NOTFOUND "does not have packs/a" get packs/a &&
	store_fails $NOTFOUND "does not have packs/a" stat packs/a
'

test_expect_success 'what exists is not replaced, other than when that is meant' '
	store promises >out && grep creates out &&
	store put n one new && store_fails $EEXISTS already put n two new &&
	store get n >out && test_cmp one out &&
	store put n two && store get n >out && test_cmp two out &&
	test -z "$(find "$root" -name ".put-*")"
'

# An ETag of a file that has just changed is a weak one.
test_expect_success 'what is the same is replaced' '
	touch -d "1 hour ago" "$root/n" && etag=$(store stat n) &&
	etag=${etag#* } && test -n "$etag" && store put n one same "$etag" &&
	touch -d "2 hours ago" "$root/n" &&
	store_fails $EEXISTS n put n two same "$etag" &&
	store get n >out && test_cmp one out
'

test_expect_success 'of ten writers of one name one has it' '
	store_race && cmp "$root/race" winner
'

test_expect_success 'what a killed writer left is no object, and is removed' '
	: >"$root/packs/.put-old" && touch -d "2 days ago" "$root/packs/.put-old" &&
	: >"$root/packs/.put-new" && store list >out && ! grep put- out &&
	store delete packs/none && test ! -e "$root/packs/.put-old" &&
	test -e "$root/packs/.put-new"
'

test_expect_success 'a folder that is not there is named' '
	store_url=https+webdav://dav.test/none &&
	store_fails $REFUSED "there is no folder" put n one &&
	store_fails $REFUSED "there is no folder" put n one new &&
	store_fails $REFUSED "there is no folder" list &&
	store_fails $REFUSED "there is no folder" list packs/ &&
	store_url=https+webdav://dav.test/v
'

test_expect_success 'a password that is wrong, or missing, is named and not shown' '
	git config --global --unset credential.helper &&
	store_fails $NOKEY "401; store the name and password" list &&
	git config --global credential.helper \
		"!f () { printf \"username=vault\npassword=notthesecret\n\"; }; f" &&
	store_fails $NOKEY "401; store the name and password" list &&
	! grep notthesecret err &&
	git config --global credential.helper "$TRASH_DIRECTORY/helper"
'

test_expect_success 'passwords go to this host only without TLS' '
	store_fails $REFUSED "by https:// only" \
		-o endpoint=http://dav.example list
'

test_expect_success 'addresses that are none are refused' '
	for bad in https+webdav:// https+webdav://h/../x "https+webdav://h/a%b" \
		"https+webdav://h/a?b"
	do
		(
			store_url=$bad &&
			store_fails $REFUSED "USER@HOST:PORT/PATH" list
		) || return 1
	done
'

test_expect_success 'the server stops' 'store_dav_stop'

# wait_for_port FILE: sets $endpoint to the server that writes its port there
wait_for_port () {
	tries_=0
	until test -f "$1"
	do
		tries_=$((tries_ + 1))
		test $tries_ -lt 300 || return 1
		sleep 0.1
	done
	endpoint=http://127.0.0.1:$(cat "$1")
}

# lies LIST: another server, which answers PROPFIND by that file
lies () {
	cat >lies.py <<-\END
	import http.server, sys
	class Lies(http.server.BaseHTTPRequestHandler):
	    protocol_version = "HTTP/1.1"
	    def log_message(self, *a): pass
	    def do_PROPFIND(self):
	        self.rfile.read(int(self.headers["content-length"]))
	        body = open("list", "rb").read().replace(
	            b"PATH", self.path.encode())
	        self.send_response(207)
	        self.send_header("Content-Length", str(len(body)))
	        self.end_headers()
	        self.wfile.write(body)
	server = http.server.HTTPServer(("127.0.0.1", 0), Lies)
	with open("lies.new", "w") as f: print(server.server_port, file=f)
	import os; os.rename("lies.new", "lies.port")
	server.serve_forever()
	END
	rm -f lies.port
	python3 lies.py &
	store_pid_=$!
	wait_for_port lies.port
}

# entry HREF [folder]
entry () {
	echo "<response><href>$1</href><propstat><prop><resourcetype>${2:+<collection/>}"
	echo "</resourcetype><getcontentlength>1</getcontentlength></prop>"
	echo "<status>HTTP/1.1 200 OK</status></propstat></response>"
}

test_expect_success 'what a list says of other places is passed over' '
	lies && {
		echo "<multistatus xmlns=\"DAV:\">" && entry /v/ folder &&
		entry /v/a && entry http://127.0.0.1/v/b && entry /v/%2e%2e/c &&
		entry /etc/d && entry /v/e/f && entry "/v/.g" &&
		echo "</multistatus>"
	} >list && store list >out && printf "1 a\n1 b\n" >expect &&
	test_cmp expect out
'

test_expect_success 'a list that is cut off, or twice the same, is refused' '
	cp list whole && head -c 300 whole >list &&
	store_fails $CORRUPT "damaged or cut off" list && {
		echo "<multistatus xmlns=\"DAV:\">" && entry /v/a && entry /v/a &&
		echo "</multistatus>"
	} >list && store_fails $CORRUPT "lists an object twice" list
'

test_expect_success 'a list of another place than was asked for is no empty folder' '
	for place in "" /dav/v/ /v /other/v/packs/
	do
		{
			echo "<multistatus xmlns=\"DAV:\">" &&
			if test -n "$place"; then entry "$place"; fi &&
			echo "</multistatus>"
		} >list && store_fails $CORRUPT "lists another place" list || return 1
	done && {
		echo "<multistatus xmlns=\"DAV:\">" && entry /v/ folder &&
		echo "</multistatus>"
	} >list && store list >out && test_must_be_empty out
'

test_expect_success 'folders in folders for ever have an end' '
	{
		echo "<multistatus xmlns=\"DAV:\">" && entry PATHa/ folder &&
		entry PATHb && echo "</multistatus>"
	} >list && store list >out && tail -n1 out | grep "^1 b" &&
	test "$(wc -l <out)" -lt 130
'

test_expect_success 'the other server stops' 'store_stop'

# ---- a server that looks whether the target is there, and then renames ----

# looks: starts it
looks () {
	store_dir=$TRASH_DIRECTORY/looks
	rm -rf "$store_dir" && mkdir "$store_dir" || return 1
	python3 "$TEST_DIRECTORY/helper/server-dav.py" "$store_dir" &
	store_pid_=$!
	wait_for_port "$store_dir/port" || return 1
	root=$store_dir/v
}

# two OPTION…: two writers of the object "both" at once; who has it is in "won"
two () {
	rm -f "$root/both" won.* one.err two.err
	for i_ in one two
	do
		{
			store -o probed=1 "$@" put both $i_ new >$i_.out 2>$i_.err &&
			echo $i_ >won.$i_
		} &
		eval "pid_$i_=\$!"
	done
	# shellcheck disable=SC2154
	wait "$pid_one" "$pid_two" || :
	cat won.* >won
}

one_has_it () {
	test "$(wc -l <won)" = 1 && cmp "$root/both" "$(cat won)" &&
	cat one.err two.err >err && grep -q "already" err &&
	test "$(ls -A "$root")" = both
}

test_expect_success 'two that move at the same moment both have what is alike' '
	looks && store_on gate 60 && two -o alike=1 && test "$(wc -l <won)" = 2
'

test_expect_success 'of what is not, one has it' '
	store_on gate 1 && two && one_has_it
'

test_expect_success 'one has it also where a folder is made twice' '
	store_on gate 60 && store_on twice && two && one_has_it && store_off
'

test_expect_success 'what tells its content needs no more than two requests' '
	store_log >out && store -o probed=1 -o alike=1 put a one new &&
	store_log >log && test "$(wc -l <log)" = 2 &&
	store -o probed=1 put b one new && store_log >log &&
	cut -d" " -f1 log >out && cat >expect <<-\END && test_cmp expect out
	PUT
	MKCOL
	MOVE
	GET
	DELETE
	END
'

test_expect_success 'a writer that was killed keeps the name for a time only' '
	mkdir "$root/.put-new-c" && store_give_up=1 &&
	store -o probed=1 put c one new && cmp one "$root/c" &&
	test ! -e "$root/.put-new-c" && mkdir "$root/.put-new-c" &&
	store_fails $EEXISTS already -o probed=1 put c two new &&
	cmp one "$root/c" && rmdir "$root/.put-new-c" && store_give_up=60
'

test_expect_success 'a server that makes no folders keeps nobody waiting' '
	store_on never && store_log >out && store -o probed=1 put d one new &&
	cmp one "$root/d" && store_log >log &&
	test "$(grep -c MKCOL log)" = 3 && store_off
'

test_expect_success 'another writer may be quicker to make the folders' '
	store_on taken && store -o probed=1 -o alike=1 put e/f/g one new &&
	cmp one "$root/e/f/g" && store_off
'

test_expect_success 'the folder that claims a name is removed, however a server wants that' '
	for way in slash bare
	do
		store_on $way && store -o probed=1 put h-$way one new && store_off &&
		cmp one "$root/h-$way" && test -z "$(find "$root" -name ".put-*")" || return 1
	done
'

# At most 6 requests fit into the two seconds, and at least 9 into the thirty.
test_expect_success 'a claim whose answer was lost is not waited for as that of another writer' '
	store_log >out && store_on lost && store -o probed=1 put i one new && cmp one "$root/i" &&
	store_log >log && test "$(grep -c MKCOL log)" -le 6 && test -z "$(find "$root" -name ".put-*")"
'

test_expect_success 'what is refused is named with its own reason' '
	for status in 507 413 423
	do
		store_on put $status &&
		store_fails $ERROR "cannot store j in $store_url: ${endpoint#http://} answers $status" put j one &&
		store_fails $ERROR "cannot store j in $store_url: ${endpoint#http://} answers $status" -o probed=1 put j one new || return 1
	done &&
	store_on put 403 && store_fails $NOKEY "403" put j one && store_off && store_on mkcol 507 &&
	store_fails $ERROR "cannot make k in $store_url: ${endpoint#http://} answers 507" put k/l one &&
	store_on mkcol 403 && store_fails $NOKEY "cannot make k in" put k/l one &&
	store_on mkcol 405 && store_fails $REFUSED "there is no folder" put k/l one && store_off
'

test_expect_success 'that server stops' 'store_stop'

test_done
