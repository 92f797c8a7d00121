#!/bin/sh
# shellcheck disable=SC2154,SC2034

test_description='git vault state serve: the HTTP backend of Terraform

curl sends what Terraform and OpenTofu send.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

serve_or_skip
test_lazy_prereq OPENSSL 'command -v openssl'

test_expect_success 'it says where it listens, also where any port will do' '
	test_commit base && serve_start . && test_line_count = 1 url &&
	grep -E "^http://127\.0\.0\.1:[0-9]+$" url
'

test_expect_success 'a state that was never saved is none' '
	answers 404 GET prod/net && test_grep "prod/net has no state" got
'

test_expect_success 'a lock is taken, and its record is kept byte for byte' '
	info one >one && answers 200 LOCK prod/net --data-binary @one &&
	git cat-file blob refs/vault/locks/prod/net >actual && test_cmp one actual
'

test_expect_success 'who comes second gets the record of its holder' '
	answers 423 LOCK prod/net -d "$(info two bob@web2)" && test_cmp one got &&
	test_grep -i "content-type: application/json" head &&
	answers 423 LOCK prod/net/lock -d "$(info two)" && test_cmp one got
'

test_expect_success 'also where it says the same ID: held is held' '
	answers 423 LOCK prod/net --data-binary @one && test_cmp one got
'

test_expect_success 'a lock of the command is the same lock' '
	git vault state locks >out && test_grep "prod  *net  *ann@web1 .* one *$" out &&
	git vault state lock --new --env prod --stack app >id &&
	answers 423 LOCK prod/app --data-binary @one &&
	test_grep "\"ID\":\"$(cat id)\"" got &&
	git vault state unlock --env prod --stack app
'

test_expect_success 'without its ID nothing is saved' '
	state 1 >s1 && answers 423 POST prod/net --data-binary @s1 &&
	test_cmp one got && answers 423 POST "prod/net?ID=two" --data-binary @s1 &&
	test_cmp one got && answers 423 DELETE prod/net &&
	git for-each-ref refs/vault/state >out && test_must_be_empty out
'

test_expect_success 'with it a version is saved, of the commit that is checked out' '
	answers 200 POST "prod/net?ID=one" --data-binary @s1 &&
	git rev-parse refs/vault/state/prod/net >expect && test_cmp expect got &&
	git vault state log --env prod --stack net --json >out &&
	test_grep "\"commit\": *\"$(git rev-parse HEAD)\"" out &&
	test_grep "\"serial\": *1" out
'

test_expect_success 'and is given back byte for byte' '
	answers 200 GET prod/net && test_cmp_bin s1 got &&
	test_grep -i "content-type: application/json" head
'

test_expect_success OPENSSL 'with the sum of it' '
	test_grep -i "content-md5: $(md5_of <s1)" head
'

test_expect_success 'what equals the last version is no new one' '
	answers 200 POST "prod/net?ID=one" --data-binary @s1 &&
	test_grep "has it already" got &&
	git vault state log --env prod --stack net >out && test_line_count = 2 out
'

test_expect_success OPENSSL 'what was damaged on the way is refused' '
	state 2 >s2 && answers 400 POST "prod/net?ID=one" --data-binary @s2 \
		-H "Content-MD5: $(md5_of <s1)" && test_grep "damaged on the way" got &&
	answers 200 POST "prod/net?ID=one" --data-binary @s2 \
		-H "Content-MD5: $(md5_of <s2)" &&
	answers 200 GET prod/net && test_cmp_bin s2 got
'

test_expect_success 'the guards are those of state save' '
	state 2 >s2 && answers 200 POST "prod/net?ID=one" --data-binary @s2 &&
	answers 409 POST "prod/net?ID=one" --data-binary @s1 &&
	test_grep "it is older" got && state 2 one other >s2b &&
	answers 409 POST "prod/net?ID=one" --data-binary @s2b &&
	test_grep "with different content" got && state 3 two >s3 &&
	answers 409 POST "prod/net?ID=one" --data-binary @s3 &&
	test_grep "its lineage is two" got &&
	answers 400 POST "prod/net?ID=one" --data-binary "" &&
	answers 200 GET prod/net && test_cmp_bin s2 got
'

# names_near NAME NEAR: by the log
names_near () {
	for try_ in $(test_seq 50)
	do
		! grep "^git-vault: [A-Z]* /state/$1 200 .*: a new state, with a name like $2$" \
			log || return 0
		sleep 0.1
	done
	cat log
	return 1
}

test_expect_success 'a new name starts a state, and one that is like another is logged' '
	state 1 >s1 && for name in prod/nte prod/nett prdo/net production/net
	do
		answers 200 LOCK $name --data-binary @one && names_near $name prod/net &&
		answers 200 POST "$name?ID=one" --data-binary @s1 &&
		answers 200 UNLOCK $name --data-binary @one || return 1
	done && answers 200 POST staging/database --data-binary @s1 &&
	answers 200 POST prod/nett --data-binary @s1 &&
	test "$(grep -c "a new state" log)" = 4 &&
	git for-each-ref refs/vault/state >out && test_line_count = 6 out
'

test_expect_success 'what looks like a secret is the name of none' '
	token=ghp_$(printf x | sha256sum | cut -c1-36) && state 1 >s1 &&
	answers 409 POST "prod/$token" --data-binary @s1 &&
	test_grep "the name of a stack has a possible secret" got &&
	answers 409 PUT "$token/net/lock" --data-binary "{\"ID\":\"one\"}" &&
	test_grep "the name of an environment has a possible secret" got &&
	git for-each-ref >refs && test_grep ! "$token" refs
'

# logged METHOD STATUS WORDS: a line that says so and no name, once it is there
logged () {
	for try_ in $(test_seq 50)
	do
		! grep "^git-vault: $1 (a name that looks like a secret) $2 [0-9]* ms$3" \
			log || return 0
		sleep 0.1
	done
	return 1
}

test_expect_success 'such a name stands in no line of the log, whatever is answered' '
	answers 404 GET "prod/$token" && answers 200 DELETE "prod/$token" &&
	answers 200 UNLOCK "prod/$token" && answers 200 GET prod/net &&
	logged POST 409 ": the name of a stack has a possible secret" &&
	logged PUT 409 ": the name of an environment has a possible secret" &&
	logged GET 404 && logged DELETE 200 && logged UNLOCK 200 &&
	test_grep ! "$token" log && told "GET /state/prod/net 200 "
'

test_expect_success 'a lock is let go of by its ID only' '
	answers 423 UNLOCK prod/net -d "$(info two)" && test_cmp one got &&
	answers 423 UNLOCK prod/net -d "{\"ID\":\"two\"}" && test_cmp one got &&
	answers 400 UNLOCK prod/net -d "{}" && answers 400 UNLOCK prod/net -d "one" &&
	answers 200 UNLOCK prod/net --data-binary @one &&
	git for-each-ref refs/vault/locks >out && test_must_be_empty out
'

test_expect_success 'what is not locked is let go of as well' '
	answers 200 UNLOCK prod/net --data-binary @one && test_grep "was not locked" got &&
	answers 200 UNLOCK prod/net && test_grep "was not locked" got
'

test_expect_success 'a state that nobody has locked is saved without an ID' '
	state 4 >s4 && answers 200 PUT prod/net --data-binary @s4
'

test_expect_success 'but not with one: that lock was taken away' '
	state 5 >s5 && answers 409 POST "prod/net?ID=one" --data-binary @s5 &&
	test_grep "not locked any more" got && answers 200 GET prod/net &&
	test_cmp_bin s4 got
'

test_expect_success 'an unlock that names no ID is one by force, and is told' '
	answers 200 LOCK prod/net --data-binary @one && answers 200 UNLOCK prod/net &&
	git for-each-ref refs/vault/locks >out && test_must_be_empty out &&
	git log -1 --format=%B "$(git for-each-ref --format="%(refname)" \
		refs/vault/audit)" >event &&
	test_grep "^Vault-Event: state-unlock$" event &&
	test_grep "locked by ann on the host web1 .*: by force over HTTP" event
'

test_expect_success 'other clients lock by PUT and DELETE of an address of its own' '
	answers 200 PUT prod/net/lock --data-binary @one &&
	answers 423 POST prod/net/lock -d "$(info two)" && test_cmp one got &&
	answers 200 DELETE prod/net/lock --data-binary @one &&
	answers 200 POST prod/net/lock --data-binary @one &&
	answers 200 UNLOCK prod/net/lock -d "{\"ID\":\"one\"}"
'

test_expect_success 'what is given out is told to the audit chain' '
	git vault state restore --env prod --stack net >expect &&
	answers 200 GET prod/net && test_cmp_bin expect got &&
	git log -1 --format=%B "$(git for-each-ref --format="%(refname)" \
		refs/vault/audit)" >event &&
	test_grep "^Vault-Event: state-restore$" event &&
	test_grep "prod/net over HTTP, asked for by somebody on this host" event
'

test_expect_success 'a version is of the commit that is said' '
	first=$(git rev-parse HEAD) && test_commit next && test_commit more &&
	state 6 >s6 && answers 200 POST prod/net --data-binary @s6 &&
	git vault state log --env prod --stack net --json -n 1 >out &&
	test_grep "\"commit\": *\"$(git rev-parse HEAD)\"" out &&
	state 7 >s7 && answers 200 POST "prod/net?commit=$first" --data-binary @s7 &&
	git vault state log --env prod --stack net --json -n 1 >out &&
	test_grep "\"commit\": *\"$first\"" out && state 8 >s8 &&
	answers 200 POST prod/net --data-binary @s8 \
		-H "X-Git-Commit: $(git rev-parse HEAD~1)" &&
	git vault state log --env prod --stack net --json -n 1 >out &&
	test_grep "\"commit\": *\"$(git rev-parse HEAD~1)\"" out &&
	answers 400 POST "prod/net?commit=main" --data-binary @s8 &&
	test_grep "all 40 digits" got
'

test_expect_success 'one that nobody has fetched yet loses no state' '
	state 9 >s9 && answers 200 POST prod/net --data-binary @s9 \
		-H "X-Git-Commit: 1111111111111111111111111111111111111111" &&
	test_grep "is not in this repository" got &&
	git vault state log --env prod --stack net --json -n 1 >out &&
	test_grep "\"commit\": *null" out && answers 200 GET prod/net &&
	test_cmp_bin s9 got
'

test_expect_success 'what is deleted is gone, and kept' '
	answers 200 DELETE prod/net && answers 404 GET prod/net &&
	answers 200 DELETE prod/net && answers 200 DELETE prod/never &&
	git vault state restore --env prod --stack net latest~1 >out &&
	test_cmp_bin s9 out &&
	git vault state show --env prod --stack net --json >out &&
	test_grep "deleted over HTTP by somebody on this host" out &&
	state 1 three >new && answers 200 POST prod/net --data-binary @new &&
	answers 200 GET prod/net && test_cmp_bin new got &&
	git vault state verify --env prod --stack net
'

test_expect_success 'what is elsewhere, or is no request of these' '
	answers 404 GET prod && answers 404 GET prod/net/x && answers 404 GET prod//net &&
	answers 404 GET "prod/a%2fb" && answers 404 GET "-x/net" &&
	answers 404 GET "prod/a.lock" && answers 404 GET "prod/net/lock/" &&
	answers 405 PATCH prod/net && test_grep -i "^allow: GET, POST" head &&
	answers 405 GET prod/net/lock && answers 400 LOCK prod/net -d nonsense &&
	answers 400 LOCK prod/net && answers 400 LOCK prod/net -d "{\"ID\":\"\"}" &&
	url=${url%/state} && code=$(curl -s -o got -w "%{http_code}" "$url/") &&
	test "$code" = 404 && test_grep "there is nothing here" got
'

test_expect_success 'a page in a browser is no tool' '
	answers 403 POST prod/net --data-binary @new -H "Origin: http://x.example" &&
	answers 403 GET prod/net -H "Sec-Fetch-Site: cross-site" &&
	answers 403 GET prod/net -H "Host: x.example:80" &&
	answers 403 GET prod/net -H "Host: 127.0.0.1.x.example" &&
	answers 200 GET prod/net -H "Host: localhost:80" &&
	answers 200 GET prod/net -H "Host: [::1]:80"
'

test_expect_success 'a line of each request, without its body or query' '
	grep -E "^git-vault: POST /state/prod/net 200 [0-9]+ ms$" log &&
	grep -E "POST /state/prod/net 409 [0-9]+ ms: its serial is 1, " log &&
	test_grep ! "ID=" log && test_grep ! lineage..: log
'

test_expect_success 'it ends when it is told to' '
	serve_stop && test_must_fail curl -s "$url/state/prod/net"
'

test_expect_success 'more than is allowed is not taken' '
	serve_start . --max-body 1k -q && head -c 1024 /dev/zero | tr "\0" x >fits &&
	echo x | cat fits - >large && answers 200 POST prod/large --data-binary @fits &&
	answers 413 POST prod/large --data-binary @large &&
	test_grep "more than the 1024 bytes" got &&
	answers 413 POST prod/large --data-binary @large -H "Transfer-Encoding: chunked" &&
	answers 413 POST prod/large --data-binary @large -H "Expect: 100-continue" &&
	answers 200 GET prod/large && test_cmp_bin fits got &&
	head -c 70000 /dev/zero | tr "\0" " " >long && info x >>long &&
	answers 413 LOCK prod/large --data-binary @long &&
	serve_stop INT && test_must_be_empty log
'

test_expect_success 'in pieces, a large one, and larger than what it has set aside' '
	serve_start . && {
		state 1 large | sed "s/\],*}\$//" && printf "{\"mode\":\"managed\"," &&
		printf "\"type\":\"t\",\"name\":\"n\",\"provider\":\"p\"," &&
		printf "\"instances\":[{\"attributes\":{\"v\":\"" &&
		head -c 9000000 /dev/urandom | base64 -w 0 && printf "\"}}]}]}"
	} >big && answers 200 POST prod/big --data-binary @big \
		-H "Transfer-Encoding: chunked" &&
	answers 200 GET prod/big && test_cmp_bin big got && serve_stop
'

test_expect_success 'a socket of this host, for its owner only' '
	serve_start . --listen "unix:$TRASH_DIRECTORY/sock" &&
	test "$url" = "unix:$TRASH_DIRECTORY/sock" &&
	test "$(stat -c %a sock)" = 600 && at="--unix-socket $TRASH_DIRECTORY/sock" &&
	url=http://x && answers 200 GET prod/net $at && test_cmp_bin new got &&
	test_expect_code 128 git vault state serve --listen "unix:sock" 2>err &&
	test_grep "unix:sock is in use already" err && serve_stop &&
	test_path_is_missing sock
'

test_expect_success 'what one that was killed has left is in nobodys way' '
	serve_start . --listen "unix:sock" && { serve_stop KILL || :; } &&
	test_path_exists sock && serve_start . --listen unix:sock && serve_stop &&
	echo mine >sock && test_expect_code 128 git vault state serve \
		--listen unix:sock 2>err && test_grep "is in use already" err &&
	test "$(cat sock)" = mine
'

test_expect_success 'two of one port are one too many' '
	serve_start . && test_expect_code 128 git vault state serve \
		--listen "${url#http://}" 2>err && test_grep "is in use already; name another address" err && serve_stop
'

test_expect_success 'where others reach it, it takes credentials and TLS' '
	for at in 0.0.0.0:0 [::]:0 10.1.2.3:0
	do
		test_expect_code 128 git vault state serve --listen $at 2>err &&
		test_grep "is reachable by others, so credentials are" err || return 1
	done && secret=0123456789abcdef0123456789abcdef &&
	printf "# all\n\n* ann %s\nprod ci %s\n" \
		"$(printf $secret | sha256sum | cut -c1-64)" \
		"$(printf ci$secret | sha256sum | cut -c1-64)" >people &&
	chmod 600 people && test_expect_code 128 git vault state serve \
		--listen 0.0.0.0:0 --credentials people 2>err &&
	test_grep "in plaintext" err
'

test_expect_success 'addresses and files that are none' '
	for at in "" x 127.0.0.1 127.0.0.1: 127.0.0.1:x 127.0.0.1:70000 ::1:80 \
		"[::1" "[::1]" "[::1]80" "[x]:1" unix: localhost:80 1.2.3:80 \
		"unix:$(printf "%0200d" 1)"
	do
		test_expect_code 129 git vault state serve --listen "$at" 2>err ||
			return 1
	done && test_expect_code 129 git vault state serve --tls-cert x 2>err &&
	test_grep "go together" err &&
	chmod 644 people && test_expect_code 128 git vault state serve \
		--listen 127.0.0.1:0 --credentials people 2>err &&
	test_grep "others can read people.*chmod 600" err && chmod 600 people &&
	printf "prod ann\n" >bad && chmod 600 bad && test_expect_code 129 \
		git vault state serve --credentials bad 2>err &&
	test_grep "bad: line 1 of the credentials: it does not have three words" err &&
	: >bad && test_expect_code 129 git vault state serve --credentials bad 2>err &&
	test_grep "lets nobody in" err &&
	test_expect_code 129 git vault state serve --max-body 0 2>err &&
	test_expect_code 129 git vault state serve --timeout 0 2>err &&
	test_expect_code 129 git vault state serve --json 2>err
'

test_expect_success 'who is unknown is asked who he is' '
	serve_start . --credentials people && answers 401 GET prod/net &&
	test_grep -i "^www-authenticate: Basic realm" head &&
	answers 401 GET prod/net -u ann:wrong-0123456789abcdef &&
	answers 401 GET prod/net -u bob:$secret &&
	answers 401 GET prod/net -H "Authorization: Bearer $secret.x" &&
	answers 401 GET prod/net -H "Authorization: Basic %%%" &&
	answers 401 GET prod/net -H "Authorization: $secret" &&
	answers 401 POST prod/net --data-binary @new
'

test_expect_success 'by password, or by token, within his environment' '
	answers 200 GET prod/net -u ann:$secret && test_cmp_bin new got &&
	answers 404 GET dev/net -u ann:$secret &&
	answers 200 GET prod/net -H "Authorization: Bearer $secret" &&
	answers 200 GET prod/net -u ci:ci$secret &&
	answers 403 GET dev/net -u ci:ci$secret && test_grep "ci may not use .*dev" got &&
	answers 403 LOCK dev/net -u ci:ci$secret --data-binary @one &&
	answers 200 GET prod/net -u ci:ci$secret -H "Host: states.example" &&
	told "GET /state/prod/net 200 [0-9]* ms (ann)" &&
	test_grep ! "$secret" log && git log -1 --format=%B "$(git for-each-ref \
		--format="%(refname)" refs/vault/audit)" >event &&
	test_grep "asked for by ci" event && serve_stop
'

test_expect_success OPENSSL 'with TLS' '
	openssl req -x509 -newkey ed25519 -nodes -keyout key.pem -out cert.pem \
		-days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
		2>err && chmod 644 key.pem && test_expect_code 128 git vault state \
		serve --tls-cert cert.pem --tls-key key.pem 2>err &&
	test_grep "others can read key.pem" err && chmod 600 key.pem &&
	serve_start . --tls-cert cert.pem --tls-key key.pem --credentials people \
		--listen 0.0.0.0:0 &&
	url=https://127.0.0.1:${url##*:} &&
	answers 200 GET prod/net --cacert cert.pem -u ann:$secret &&
	test_cmp_bin new got && answers 200 POST prod/tls --data-binary @big \
		--cacert cert.pem -u ann:$secret &&
	answers 200 GET prod/tls --cacert cert.pem -u ann:$secret &&
	test_cmp_bin big got && serve_stop &&
	test_expect_code 128 git vault state serve --tls-cert cert.pem \
		--tls-key people --listen 127.0.0.1:0 2>err &&
	test_grep "in PEM" err
'

test_expect_success 'with a remote locks are taken there, too, and versions go there' '
	git init -q --bare ../remote.git && git remote add origin "$PWD/../remote.git" &&
	serve_start . --remote origin && answers 200 LOCK prod/far --data-binary @one &&
	git -C ../remote.git cat-file blob refs/vault/locks/prod/far >actual &&
	test_cmp one actual && state 1 far >far &&
	answers 423 POST prod/far --data-binary @far &&
	answers 200 POST "prod/far?ID=one" --data-binary @far &&
	answers 200 UNLOCK prod/far --data-binary @one &&
	git -C ../remote.git for-each-ref refs/vault/locks >out && test_must_be_empty out &&
	git -C ../remote.git rev-parse refs/vault/state/prod/far >actual &&
	git rev-parse refs/vault/state/prod/far >expect && test_cmp expect actual &&
	blob=$(info two bob@web2 | git -C ../remote.git hash-object -w --stdin) &&
	git -C ../remote.git update-ref refs/vault/locks/prod/far $blob &&
	state 2 far >far2 && answers 423 POST prod/far --data-binary @far2 &&
	info two bob@web2 >two && test_cmp two got &&
	answers 423 LOCK prod/far --data-binary @one && test_cmp two got &&
	answers 200 UNLOCK prod/far &&
	git -C ../remote.git for-each-ref refs/vault/locks >out &&
	test_must_be_empty out && serve_stop
'

test_expect_success 'who is taken off the keyring reads nothing that comes after' '
	git vault key generate -o bob.key >bob.pub && git vault key add --name bob bob.pub &&
	serve_start . && state 1 k >k1 && answers 200 POST prod/k --data-binary @k1 &&
	git vault state restore --env prod --stack k --identity bob.key >out &&
	test_cmp_bin k1 out && git vault key remove bob && state 2 k >k2 &&
	answers 200 POST prod/k --data-binary @k2 && answers 200 GET prod/k &&
	test_cmp_bin k2 got &&
	test_expect_code 5 git vault state restore --env prod --stack k \
		--identity bob.key && serve_stop
'

test_expect_success 'what others save meanwhile, and pack, it sees' '
	serve_start . && state 3 k >k3 &&
	git vault state save --new --env prod --stack k k3 && answers 200 GET prod/k &&
	test_cmp_bin k3 got && answers 409 POST prod/k --data-binary @k2 &&
	git gc -q && answers 200 GET prod/k && test_cmp_bin k3 got && state 4 k >k4 &&
	answers 200 POST prod/k --data-binary @k4 && serve_stop && git fsck
'

test_expect_success 'what is damaged is not taken for nothing' '
	serve_start . && state 1 d >d1 && answers 200 POST prod/d --data-binary @d1 &&
	git rev-parse refs/vault/state/prod/d >id && ref=.git/refs/vault/state/prod/d &&
	echo damage >$ref && answers 500 GET prod/d && state 2 d >d2 &&
	{ call POST prod/d --data-binary @d2 && test "$code" != 200; } &&
	{ call DELETE prod/d && test "$code" != 200; } && test "$(cat $ref)" = damage &&
	: >$ref && answers 500 GET prod/d &&
	echo 1111111111111111111111111111111111111111 >$ref &&
	answers 500 GET prod/d && { call DELETE prod/d && test "$code" != 200; } &&
	{ call POST prod/d --data-binary @d2 && test "$code" != 200; } &&
	cp id $ref && answers 200 GET prod/d && test_cmp_bin d1 got && serve_stop
'

# replay SED…: the version before the newest of prod/r, changed, behind it
replay () {
	tip=$(git rev-parse refs/vault/state/prod/r) &&
		git cat-file commit $tip^ | sed -e "s/^parent .*/parent $tip/" \
			-e "s/^Vault-Previous: .*/Vault-Previous: $tip/" "$@"
}

# newest: what stdin has is
newest () {
	git update-ref refs/vault/state/prod/r \
		"$(git hash-object -t commit -w --stdin)"
}

test_expect_success 'a version that was replayed is never given out' '
	serve_start . && for n in 1 2 3
	do
		state $n r >r$n && answers 200 POST prod/r --data-binary @r$n || return 1
	done && good=$(git rev-parse refs/vault/state/prod/r) &&
	replay -e "s/^Vault-Serial: .*/Vault-Serial: 4/" | newest &&
	answers 500 GET prod/r && test_grep ! lineage got &&
	told "it is refused: its binding does not match" &&
	state 4 r >r4 && answers 200 POST prod/r --data-binary @r4 &&
	answers 200 GET prod/r && test_cmp_bin r4 got &&
	git update-ref refs/vault/state/prod/r $good &&
	replay -e "/^Vault-Binding/d" | newest && answers 500 GET prod/r &&
	told "it has no binding" &&
	git update-ref refs/vault/state/prod/r $good && answers 200 GET prod/r &&
	test_cmp_bin r3 got && serve_stop
'

test_done
