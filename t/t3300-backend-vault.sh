#!/bin/sh

test_description='values and keys in HashiCorp Vault

beside a server that was written from its API documents (helper/server-vault.py)'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-backend.sh"

backend_or_skip

# A value that must turn up nowhere but where it belongs.
value='canary-5f2c9a71e6b84d03'
encoded=$(printf %s "$value" | base64)

backend_vault || exit 1

cat >policy <<'EOF'
vaults:
  team:
    kind: hashicorp
  pod:
    kind: hashicorp
    role: ci
  wrap:
    kind: transit
    key: team
  other:
    kind: transit
    key: other
  none:
    kind: transit
    key: none
  lost:
    kind: hashicorp
    mount: elsewhere
EOF

store () {
	printf %s "$1" | backend store prod "$2"
}

test_expect_success 'it says how it is, and renews a token that is half over' '
	backend health >actual &&
	echo "Vault 1.15.2 at 127.0.0.1:$port; the token was renewed" >expect &&
	test_cmp expect actual &&
	backend health >actual &&
	echo "Vault 1.15.2 at 127.0.0.1:$port; the token is good for 1000 s" \
		>expect &&
	test_cmp expect actual
'

test_expect_success 'a standby is well' '
	backend_on standby &&
	backend health
'

test_expect_success 'what is stored is fetched' '
	store "$value" id1 >actual &&
	echo 1 >expect &&
	test_cmp expect actual &&
	printf %s "$value" >expect &&
	backend fetch prod id1 >actual &&
	test_cmp expect actual &&
	backend fetch prod id1 1 >actual &&
	test_cmp expect actual
'

test_expect_success 'any bytes are, of any size' '
	: >empty &&
	printf "\000\001\377\n\"\\\\" >odd &&
	head -c 1000000 /dev/urandom >large &&
	for file in empty odd large
	do
		backend store prod $file <$file &&
		backend fetch prod $file >actual &&
		cmp $file actual || return 1
	done
'

test_expect_success 'the same value is not written again' '
	store "$value" id1 >actual &&
	echo 1 >expect &&
	test_cmp expect actual
'

test_expect_success 'another value does not replace it' '
	printf other >in &&
	test_must_fail backend store prod id1 <in 2>err &&
	test_grep "has another value at git-vault/prod/id1" err &&
	printf %s "$value" >expect &&
	backend fetch prod id1 >actual &&
	test_cmp expect actual
'

test_expect_success 'names are listed, those of one scope alone' '
	store x id2 && printf y | backend store dev id3 &&
	printf "%s\n" empty id1 id2 large odd >expect &&
	backend list prod >actual &&
	test_cmp expect actual &&
	backend list nowhere >actual &&
	test_must_be_empty actual
'

test_expect_success 'a scope has a path that stays within its own' '
	printf z | backend store "a b/c?d=e#f%2f" id &&
	printf z >expect &&
	backend fetch "a b/c?d=e#f%2f" id >actual &&
	test_cmp expect actual &&
	for scope in .. . "" a/../b /a a//b a/
	do
		backend_fails $REFUSED "cannot be part of a path" \
			backend fetch "$scope" id || return 1
	done
'

test_expect_success 'never there, no such version, deleted and destroyed differ' '
	backend_fails $NOTFOUND "has nothing at git-vault/prod/idX" \
		backend fetch prod idX &&
	backend_fails $NOTFOUND "has no version 7 of git-vault/prod/id2" \
		backend fetch prod id2 7 &&
	backend delete prod id2 &&
	backend_fails $NOTFOUND "newest version of git-vault/prod/id2 is deleted.*undelete" \
		backend fetch prod id2 &&
	backend_fails $NOTFOUND "version 1 of git-vault/prod/id2 is deleted" \
		backend fetch prod id2 1 &&
	backend delete prod id2 &&
	curl -sf -H "X-Vault-Token: test-token" -H "X-Vault-Request: true" \
		-d "{\"versions\":[1]}" \
		$VAULT_ADDR/v1/secret/destroy/git-vault/prod/id2 &&
	backend_fails $NOTFOUND "version 1 of git-vault/prod/id2 is destroyed" \
		backend fetch prod id2 1
'

test_expect_success 'what was deleted is stored as a new version' '
	store x id2 >actual &&
	echo 2 >expect &&
	test_cmp expect actual &&
	printf x >expect &&
	backend fetch prod id2 >actual &&
	test_cmp expect actual
'

test_expect_success 'a mount that is none is told from a value that is none' '
	backend_fails $NOTFOUND "no KV store of version 2 at .elsewhere." \
		backend-tool policy lost fetch prod id1 &&
	test_must_fail backend-tool policy lost store prod id1 <odd 2>err &&
	test_grep "no KV store of version 2 at .elsewhere." err
'

test_expect_success 'another version than the one that was asked for is refused' '
	backend_on other &&
	backend_fails $CORRUPT "returned another version of" backend fetch prod id1 1
'

test_expect_success 'a server that is down is named' '
	(
		VAULT_ADDR=http://127.0.0.1:1 &&
		backend_fails $ERROR "cannot reach 127.0.0.1:1:" \
			backend fetch prod id1
	)
'

test_expect_success 'a sealed one is not asked again and again' '
	backend_on sealed &&
	backend_forget &&
	backend_fails $ERROR "sealed or down" backend fetch prod id1 &&
	test "$(backend_asked GET)" = 1 &&
	backend_fails $ERROR "sealed or down" backend health
'

test_expect_success 'a busy one is asked again, but not for ever' '
	backend_on throttle 3 &&
	backend_forget &&
	printf %s "$value" >expect &&
	backend fetch prod id1 >actual &&
	test_cmp expect actual &&
	test "$(backend_asked GET)" = 4 &&
	backend_on throttle 100 &&
	backend_forget &&
	backend_fails $ERROR "has too much to do" backend fetch prod id1 &&
	test "$(backend_asked GET)" = 5
'

test_expect_success 'a token that is not known is told from a right that is missing' '
	(
		VAULT_TOKEN=wrong &&
		backend_fails $NOKEY "token is expired or not known.*VAULT_TOKEN" \
			backend fetch prod id1 &&
		test_grep ! wrong err
	) &&
	backend_on expired &&
	backend_fails $NOKEY "token is expired or not known" \
		backend fetch prod id1 &&
	test_must_fail backend store prod id1 <odd &&
	backend_fails $NOKEY "token is expired" backend health &&
	backend_off expired &&
	backend_on forbidden secret/data/git-vault/prod &&
	backend_fails $NOKEY "has no right to secret/data/git-vault/prod/id1" \
		backend fetch prod id1 &&
	printf y >expect &&
	backend fetch dev id3 >actual &&
	test_cmp expect actual
'

test_expect_success 'without a token the way to one is named' '
	(
		unset VAULT_TOKEN &&
		backend_fails $NOKEY "set VAULT_TOKEN" backend fetch prod id1
	)
'

test_expect_success 'the token of vault login is taken' '
	echo test-token >"$HOME/.vault-token" &&
	test_when_finished "rm \"$HOME/.vault-token\"" &&
	(
		unset VAULT_TOKEN &&
		backend fetch prod id1 >actual &&
		printf %s "$value" >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'AppRole lets in, and again where its token has ended' '
	backend_on expired &&
	(
		unset VAULT_TOKEN &&
		VAULT_ROLE_ID=role VAULT_SECRET_ID=s3cr3t &&
		export VAULT_ROLE_ID VAULT_SECRET_ID &&
		backend fetch prod id1 >actual &&
		printf %s "$value" >expect &&
		test_cmp expect actual &&
		test_when_finished "backend_off says" &&
		echo "GET:secret/data 403 {}" >"$server_dir_/on/says" &&
		backend store prod id1 <expect >version && test_file_not_empty version &&
		VAULT_SECRET_ID=wr0ng &&
		backend_fails $NOKEY "does not let us in by VAULT_ROLE_ID" \
			backend fetch prod id1 &&
		test_grep ! wr0ng err
	)
'

test_expect_success 'a pod of Kubernetes gets in by its own token' '
	echo pod-token >pod &&
	(
		unset VAULT_TOKEN &&
		VAULT_K8S_TOKEN_FILE=$PWD/pod &&
		export VAULT_K8S_TOKEN_FILE &&
		backend-tool policy pod fetch prod id1 >actual &&
		printf %s "$value" >expect &&
		test_cmp expect actual &&
		echo other >pod &&
		backend_fails $NOKEY "by the token of this pod" \
			backend-tool policy pod fetch prod id1 &&
		rm pod &&
		backend_fails $NOTFOUND "cannot open .*pod" \
			backend-tool policy pod fetch prod id1
	)
'

test_expect_success 'answers that make no sense are refused' '
	backend_on malformed &&
	backend_fails $CORRUPT "no JSON" backend fetch prod id1 &&
	test_grep ! "$value" err && test_grep ! "$encoded" err &&
	backend_off malformed &&
	backend_on text &&
	backend_fails $ERROR "status 502" backend fetch prod id1 &&
	backend_off text &&
	backend_on huge &&
	backend_fails $REFUSED "larger than" backend fetch prod id1
'

test_expect_success 'an answer that lacks what was asked for is refused, with its reason' '
	echo new >new && backend_input=$PWD/new &&
	get=GET:secret/data post=POST:secret/data &&
	backend_odd $CORRUPT "no value of git vault" \
		"$get 200 {\"data\":{\"metadata\":{\"version\":1}}}" backend fetch prod id1 &&
	backend_odd $CORRUPT "does not say which version" \
		"$post 200 {\"data\":{}}" backend store prod new &&
	backend_odd $ERROR "refuses .* with status 418" \
		"$post 418 {}" backend store prod new &&
	backend_odd $ERROR "refuses .* with status 418" "$post 400 {}
$get 418 {}" backend store prod new &&
	backend_odd $EEXISTS "somebody else writes" "$post 400 {}
$get 404 {\"data\":{\"metadata\":{\"version\":3}}}
$post 400 {}" backend store prod new &&
	backend_odd $ERROR "refuses .* with status 418" \
		"GET:secret/metadata 418 {}" backend list prod
'

test_expect_success 'a server that was never set up, and a token without an end, are reported' '
	backend_odd $ERROR "is not initialised" "GET:sys/health 501 {}" backend health &&
	backend_odd $ERROR "with status 418" "GET:sys/health 418 {}" backend health &&
	backend_on says "GET:auth/token/lookup-self 200 {\"data\":{\"ttl\":0}}" &&
	backend health >actual && test_grep "the token does not expire" actual
'

test_expect_success 'one that takes its time is given up' '
	backend_on slow &&
	(
		GIT_VAULT_TIMEOUT=1 &&
		export GIT_VAULT_TIMEOUT &&
		backend_fails $ERROR "did not answer completely in time" \
			backend fetch prod id1
	)
'

test_expect_success 'a redirection is not followed' '
	backend_on redirect http://127.0.0.1:$port/v1/secret/data/elsewhere &&
	backend_forget &&
	backend_fails $REFUSED "redirects to another address (status" \
		backend fetch prod id1 &&
	test "$(backend_asked GET)" = 1
'

test_expect_success 'the policy alone cannot choose who gets values and tokens' '
	sed "s|kind: hashicorp|&\n    address: http://127.0.0.1:$port/|" policy \
		>named &&
	backend-tool named team fetch prod id1 >actual &&
	printf %s "$value" >expect &&
	test_cmp expect actual &&
	backend_forget &&
	(
		VAULT_ADDR=https://vault.example.com &&
		backend_fails $REFUSED "this host trusts https://vault.example.com" \
			backend-tool named team fetch prod id1 &&
		unset VAULT_ADDR &&
		backend_fails $REFUSED "set VAULT_ADDR to http://127.0.0.1:$port/" \
			backend-tool named team fetch prod id1 &&
		backend_fails $REFUSED "set VAULT_ADDR" backend fetch prod id1
	) &&
	test "$(backend_asked GET)" = 0
'

test_expect_success 'other hosts are talked to by https only' '
	(
		for VAULT_ADDR in http://vault.example.com ftp://127.0.0.1 \
			http://127.0.0.1@example.com https:// "https://a b" \
			http://localhost.example.com https://u:p@127.0.0.1 \
			"http://[::1" http://127.0.0.1:x http://127.0.0.1:
		do
			backend_fails $REFUSED "vault team: .*://" \
				backend fetch prod id1 || exit 1
		done
	)
'

test_expect_success 'a proxy does not see what goes to this host' '
	(
		http_proxy=http://127.0.0.1:1 &&
		export http_proxy &&
		backend fetch prod id1 >actual &&
		printf %s "$value" >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'keys are wrapped and unwrapped' '
	backend-tool policy wrap health &&
	printf "\000\377AGE-SECRET-KEY-1" >key &&
	backend-tool policy wrap wrap <key >wrapped &&
	test_grep "^vault:v1:" wrapped &&
	backend-tool policy wrap unwrap "$(cat wrapped)" >actual &&
	cmp key actual &&
	head -c 4096 /dev/urandom >key &&
	backend-tool policy wrap wrap <key >wrapped &&
	backend-tool policy wrap unwrap "$(cat wrapped)" >actual &&
	cmp key actual &&
	head -c 4097 /dev/urandom >key &&
	test_must_fail backend-tool policy wrap wrap <key 2>err &&
	test_grep "too many to be wrapped" err
'

test_expect_success 'an answer without what was wrapped is refused' '
	echo new >new && backend_input=$PWD/new &&
	backend_odd $CORRUPT "returned nothing wrapped" \
		"POST:transit/encrypt 200 {\"data\":{}}" backend-tool policy wrap wrap &&
	backend_odd $CORRUPT "unwrapped nothing" \
		"POST:transit/decrypt 200 {\"data\":{}}" \
		backend-tool policy wrap unwrap "$(cat wrapped)"
'

test_expect_success 'what another key wrapped, or is damaged, is not unwrapped' '
	backend_fails $CORRUPT "key other cannot do this" \
		backend-tool policy other unwrap "$(cat wrapped)" &&
	backend_fails $CORRUPT "key team cannot do this" \
		backend-tool policy wrap unwrap "$(sed s/..../AAAA/3 wrapped)" &&
	backend_fails $CORRUPT "cannot do this: the data is of" \
		backend-tool policy none wrap
'

test_expect_success 'an identity file is wrapped and needs no policy to be opened' '
	echo "AGE-SECRET-KEY-1CANARY" >identity &&
	backend-tool policy wrap lock <identity >locked &&
	test_grep "^git-vault wrapped identity 1" locked &&
	test_grep ! CANARY locked &&
	mv policy policy.away &&
	test_when_finished "mv policy.away policy" &&
	backend-tool unlock locked >actual &&
	cmp identity actual &&
	(
		VAULT_TOKEN=wrong &&
		backend_fails $NOKEY "expired or not known" \
			backend-tool unlock locked
	) &&
	backend_on sealed &&
	backend_fails $ERROR "sealed or down" backend-tool unlock locked &&
	backend_off sealed &&
	sed "s|^kind.*|&\naddress https://vault.example.com|" locked >elsewhere &&
	backend_fails $REFUSED "but this host trusts" \
		backend-tool unlock elsewhere &&
	sed "s/^key team/key other/" locked >other &&
	backend_fails $CORRUPT "key other cannot do this" \
		backend-tool unlock other &&
	sed "/^key/d" locked >other &&
	backend_fails $CORRUPT "no wrapped identity" backend-tool unlock other
'

test_expect_success 'each kind does what it can' '
	backend_fails $REFUSED "keeps values and wraps no keys" \
		backend wrap &&
	backend_fails $REFUSED "keeps values and wraps no keys" \
		backend-tool policy team lock &&
	backend_fails $REFUSED "wraps keys and keeps no values" \
		backend-tool policy wrap fetch prod id1
'

test_expect_success 'without libcurl it is said what is missing' '
	mkdir broken &&
	echo none >broken/libcurl.so.4 &&
	echo none >broken/libcurl-gnutls.so.4 &&
	(
		LD_LIBRARY_PATH=$PWD/broken &&
		export LD_LIBRARY_PATH &&
		backend_fails $REFUSED "this needs libcurl (libcurl.so.4), which is not installed" backend fetch prod id1
	)
'

test_lazy_prereq OPENSSL 'command -v openssl'
test_expect_success OPENSSL 'a certificate must be trusted' '
	openssl req -x509 -newkey rsa:2048 -nodes -keyout tls.key -out tls.crt \
		-days 2 -subj /CN=localhost \
		-addext subjectAltName=IP:127.0.0.1 2>/dev/null &&
	openssl req -x509 -newkey rsa:2048 -nodes -keyout other.key \
		-out other.crt -days 2 -subj /CN=other 2>/dev/null &&
	backend_stop &&
	backend_start vault "$PWD/tls.crt" "$PWD/tls.key" &&
	VAULT_ADDR=https://127.0.0.1:$port &&
	backend_fails $ERROR "certificate is not trusted" backend health &&
	VAULT_CACERT=$PWD/other.crt &&
	export VAULT_CACERT &&
	backend_fails $ERROR "certificate is not trusted" backend health &&
	VAULT_CACERT=$PWD/none &&
	backend_fails $ERROR "certificate is not trusted" backend health &&
	VAULT_CACERT=$PWD/tls.crt &&
	store "$value" id1 &&
	printf %s "$value" >expect &&
	backend fetch prod id1 >actual &&
	test_cmp expect actual &&
	VAULT_ADDR=https://localhost:$port &&
	backend_fails $ERROR "certificate is not trusted" backend health
'

backend_stop
test_done
