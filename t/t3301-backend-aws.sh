#!/bin/sh

test_description='values and keys at Amazon: Secrets Manager and KMS

beside a server that was written from the API references and checks signatures
(helper/server-aws.py)'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-backend.sh"

backend_or_skip

value='canary-0b7d44f1c92e6a35'
encoded=$(printf %s "$value" | base64)

backend_aws || exit 1

cat >policy <<'EOF'
vaults:
  team:
    kind: aws
    region: eu-central-1
  nowhere:
    kind: aws
  wrap:
    kind: kms
    region: eu-central-1
    key: alias/team
  other:
    kind: kms
    region: eu-central-1
    key: alias/other
  none:
    kind: kms
    region: eu-central-1
    key: alias/none
EOF

store () {
	printf %s "$1" | backend store prod "$2"
}

test_expect_success 'it says how it is' '
	backend health >actual &&
	echo "Secrets Manager of eu-central-1 at 127.0.0.1:$port" >expect &&
	test_cmp expect actual
'

test_expect_success 'what is stored is fetched, the newest and by version' '
	store "$value" id1 >version &&
	printf %s "$value" >expect &&
	backend fetch prod id1 >actual &&
	test_cmp expect actual &&
	backend fetch prod id1 "$(cat version)" >actual &&
	test_cmp expect actual
'

test_expect_success 'any bytes are, up to 65536' '
	printf "\000\001\377\n\"\\\\" >odd &&
	head -c 65536 /dev/urandom >large &&
	head -c 65537 /dev/urandom >larger &&
	: >empty &&
	for file in odd large
	do
		backend store prod $file <$file &&
		backend fetch prod $file >actual &&
		cmp $file actual || return 1
	done &&
	for file in larger empty
	do
		test_expect_code $REFUSED backend store prod $file <$file \
			2>err &&
		test_grep "takes 1 to 65536" err || return 1
	done
'

test_expect_success 'the same value is not written again, another one not over it' '
	store "$value" id1 >actual &&
	test_cmp version actual &&
	printf other >in &&
	test_expect_code $EEXISTS backend store prod id1 <in 2>err &&
	test_grep "has another value at git-vault/prod/id1" err
'

test_expect_success 'names are listed over all pages, those of one scope alone' '
	for i in 1 2 3 4 5 6 7
	do
		printf $i | backend store many id$i || return 1
	done &&
	printf x | backend store many-more id8 &&
	printf x | backend store many/below id9 &&
	backend_on page 2 &&
	backend_forget &&
	printf "id%s\n" 1 2 3 4 5 6 7 >expect &&
	backend list many >actual &&
	test_cmp expect actual &&
	test "$(backend_asked ListSecrets)" = 4 &&
	backend list nowhere >actual &&
	test_must_be_empty actual
'

test_expect_success 'never there, no such version and deleted differ' '
	backend_fails $NOTFOUND "has nothing at git-vault/prod/idX" \
		backend fetch prod idX &&
	backend_fails $NOTFOUND "has no version abc of git-vault/prod/id1" \
		backend fetch prod id1 abc &&
	backend_fails $NOTFOUND "has nothing at git-vault/prod/idX" \
		backend delete prod idX &&
	backend delete prod id1 &&
	backend delete prod id1 &&
	backend_fails $NOTFOUND "id1 is deleted.*restore-secret" \
		backend fetch prod id1
'

test_expect_success 'what was deleted is brought back by storing it' '
	store "$value" id1 >actual &&
	test_cmp version actual &&
	backend delete prod id1 &&
	store "not $value" id1 >actual &&
	! cmp version actual &&
	printf %s "not $value" >expect &&
	backend fetch prod id1 >actual &&
	test_cmp expect actual &&
	printf %s "$value" >expect &&
	backend fetch prod id1 "$(cat version)" >actual &&
	test_cmp expect actual
'

test_expect_success 'another version than the one that was asked for is refused' '
	backend_on other &&
	backend_fails $CORRUPT "returned another version of" \
		backend fetch prod id1 "$(cat version)"
'

test_expect_success 'a signature by another key is not taken' '
	(
		AWS_SECRET_ACCESS_KEY=wrong &&
		backend_fails $NOKEY "not with this secret.*InvalidSignature" \
			backend fetch prod id1 &&
		test_grep ! wrong err &&
		AWS_ACCESS_KEY_ID=AKIDOTHER &&
		backend_fails $NOKEY "does not know the access key" \
			backend fetch prod id1
	)
'

test_expect_success 'nor one of yesterday' '
	(
		GIT_VAULT_TEST_TIME=$(($(date +%s) - 86400)) &&
		export GIT_VAULT_TEST_TIME &&
		backend_fails $NOKEY "clock is off" backend fetch prod id1
	)
'

test_expect_success 'a session has a token, which ends' '
	backend_on session "t0ken/of+session==" &&
	backend_fails $NOKEY "UnrecognizedClient" backend fetch prod id1 &&
	(
		AWS_SESSION_TOKEN="t0ken/of+session==" &&
		export AWS_SESSION_TOKEN &&
		backend fetch prod odd >actual &&
		cmp odd actual
	) &&
	backend_on expired &&
	(
		AWS_SESSION_TOKEN="t0ken/of+session==" &&
		export AWS_SESSION_TOKEN &&
		backend_fails $NOKEY "session is expired" \
			backend fetch prod odd &&
		test_grep ! t0ken err
	)
'

test_expect_success 'a right that is missing is named' '
	backend_on forbidden secretsmanager.GetSecretValue &&
	backend_fails $NOKEY "has no right to git-vault/prod/odd" \
		backend fetch prod odd
'

test_expect_success 'credentials come from a profile, too' '
	mkdir "$HOME/.aws" &&
	cat >"$HOME/.aws/credentials" <<-\EOF &&
	# of tests
	[other]
	aws_access_key_id = AKIDTEST
	aws_secret_access_key=test/secret+key
	[default]
	aws_access_key_id = AKIDOTHER
	aws_secret_access_key = x
	EOF
	(
		unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY &&
		backend_fails $NOKEY "does not know the access key" \
			backend fetch prod odd &&
		AWS_PROFILE=other &&
		export AWS_PROFILE &&
		backend fetch prod odd >actual &&
		cmp odd actual &&
		AWS_PROFILE=lost &&
		backend_fails $NOKEY "or have the profile lost in .*credentials" \
			backend fetch prod odd &&
		AWS_SHARED_CREDENTIALS_FILE=$PWD/none &&
		export AWS_SHARED_CREDENTIALS_FILE &&
		backend_fails $NOKEY "set AWS_ACCESS_KEY_ID" \
			backend fetch prod odd
	)
'

test_expect_success 'a busy service is asked again, but not for ever' '
	backend_on throttle 3 &&
	backend_forget &&
	backend fetch prod odd >actual &&
	cmp odd actual &&
	test "$(backend_asked Get)" = 4 &&
	backend_on busy &&
	backend_forget &&
	backend_fails $ERROR "has too much to do or is down" \
		backend fetch prod odd &&
	test "$(backend_asked Get)" = 5
'

test_expect_success 'a service that is down is named' '
	(
		AWS_ENDPOINT_URL=http://127.0.0.1:1 &&
		backend_fails $ERROR "cannot reach 127.0.0.1:1:" \
			backend fetch prod odd
	)
'

test_expect_success 'an answer that makes no sense is refused' '
	backend_on malformed &&
	backend_fails $CORRUPT "no JSON" backend fetch prod id1 &&
	test_grep ! "$value" err && test_grep ! "$encoded" err
'

test_expect_success 'an answer that lacks what was asked for is refused, with its reason' '
	echo new >new && backend_input=$PWD/new &&
	get=GetSecretValue create=CreateSecret gone="{\"__type\":\"#InvalidRequestException\"}" &&
	backend_odd $CORRUPT "value that is not base64" \
		"$get 200 {\"VersionId\":\"a\",\"SecretBinary\":\"*\"}" backend fetch prod id1 &&
	backend_odd $CORRUPT "does not say which version" \
		"$get 200 {\"SecretBinary\":\"QQ==\"}" backend fetch prod id1 &&
	backend_odd $CORRUPT "no value of git vault" \
		"$get 200 {\"VersionId\":\"a\"}" backend fetch prod id1 &&
	backend_odd $REFUSED "redirects to another address (status 307)" \
		"$get 307 {}" backend fetch prod id1 &&
	backend_odd $ERROR "refuses .* with status 400: Other" \
		"$create 400 {\"__type\":\"a#Other\"}" backend store prod new &&
	backend_odd $NOKEY "has no right" "$create 400 $gone
		RestoreSecret 400 {\"__type\":\"#AccessDeniedException\"}" \
		backend store prod new &&
	backend_odd $ERROR "with status 400: unknown" "$create 400 $gone
RestoreSecret 200 {}
$get 200 {\"VersionId\":\"a\",\"SecretBinary\":\"QQ==\"}
PutSecretValue 400 {\"__type\":\"#1\"}" backend store prod new &&
	backend_odd $NOKEY "has no right" \
		"DeleteSecret 403 {}" backend delete prod id1 &&
	backend_odd $ERROR "with status 404" "ListSecrets 404 {}" backend list prod &&
	backend_odd $NOKEY "no right to the list of secrets" \
		"ListSecrets 403 {}" backend health
'

test_expect_success 'a region must be known' '
	backend_fails $REFUSED "nothing says its region" \
		backend-tool policy nowhere health &&
	(
		AWS_REGION=eu-central-1 &&
		export AWS_REGION &&
		backend-tool policy nowhere health &&
		AWS_REGION=evil.example.com/ &&
		backend_fails $REFUSED "nothing says its region" \
			backend-tool policy nowhere health
	)
'

test_expect_success 'the policy alone cannot choose another address' '
	sed "s|kind: .*|&\n    address: http://127.0.0.1:$port|" policy >named &&
	backend-tool named team fetch prod odd >actual &&
	cmp odd actual &&
	backend_forget &&
	(
		unset AWS_ENDPOINT_URL &&
		backend_fails $REFUSED \
			"trusts https://secretsmanager.eu-central-1.amazonaws.com" \
			backend-tool named team fetch prod odd &&
		backend_fails $REFUSED \
			"trusts https://kms.eu-central-1.amazonaws.com" \
			backend-tool named wrap health
	) &&
	test "$(backend_asked .)" = 0
'

test_expect_success 'keys are wrapped and unwrapped' '
	backend-tool policy wrap health >actual &&
	test_grep "key alias/team" actual &&
	head -c 4096 /dev/urandom >key &&
	backend-tool policy wrap wrap <key >wrapped &&
	backend-tool policy wrap unwrap "$(cat wrapped)" >actual &&
	cmp key actual &&
	head -c 4097 /dev/urandom >key &&
	test_must_fail backend-tool policy wrap wrap <key 2>err &&
	test_grep "too many to be wrapped" err
'

test_expect_success 'an identity file is wrapped and needs no policy to be opened' '
	echo "AGE-SECRET-KEY-1CANARY" >identity &&
	backend-tool policy wrap lock <identity >locked &&
	test_grep ! CANARY locked &&
	backend-tool unlock locked >actual &&
	cmp identity actual &&
	(
		AWS_SECRET_ACCESS_KEY=wrong &&
		backend_fails $NOKEY "not with this secret" \
			backend-tool unlock locked
	)
'

test_expect_success 'a key that is switched off, or wraps nothing, is named' '
	echo new >new && backend_input=$PWD/new &&
	backend_odd $NOKEY "the key alias/team is switched off" \
		"Decrypt 400 {\"__type\":\"#DisabledException\"}" \
		backend-tool policy wrap unwrap "$(cat wrapped)" &&
	backend_odd $CORRUPT "returned nothing wrapped" "Encrypt 200 {}" \
		backend-tool policy wrap wrap
'

test_expect_success 'what another key wrapped, or is damaged, is not unwrapped' '
	backend_fails $CORRUPT "key alias/other did not wrap this" \
		backend-tool policy other unwrap "$(cat wrapped)" &&
	backend_fails $CORRUPT "or it is damaged" \
		backend-tool policy wrap unwrap "$(sed s/..../AAAA/3 wrapped)" &&
	backend_fails $NOTFOUND "has nothing at alias/none" \
		backend-tool policy none health
'

backend_stop
test_done
