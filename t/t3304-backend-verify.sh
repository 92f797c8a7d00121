#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault verify: values that a vault of others keeps'
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-take.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-backend.sh"

backend_or_skip

value='canary-5d19b4c80e3f72a6'

backend_vault || exit 1

# id_of SCOPE: of the value that the last snapshot has
id_of () {
	git show $snap:meta/secrets |
		sed -n "s/^f 0 [0-9]* $1 file \([0-9a-f]*\) .*/\1/p"
}

# there SCOPE ID VERB: have the vault delete or destroy version 1
there () {
	curl -fsS -H "X-Vault-Token: $VAULT_TOKEN" -X POST \
		-H "X-Vault-Request: true" \
		-d "{\"versions\":[1]}" \
		"$VAULT_ADDR/v1/secret/$3/git-vault/$1/$2"
}

test_expect_success 'a snapshot with values of two scopes' '
	mkdir -p envs/prod envs/dev &&
	cat >.gitvault.yaml <<-\EOF &&
	scopes:
	  prod: { keep: vault, vault: team }
	  dev: { keep: both, vault: team }
	vaults:
	  team: { kind: hashicorp }
	EOF
	cp .gitvault.yaml ../policy &&
	echo ".env" >.gitignore &&
	git add . && git commit -q -m first &&
	echo "DB=$value prod" >envs/prod/.env &&
	echo "DB=$value dev" >envs/dev/.env &&
	take && prod=$(id_of prod) && dev=$(id_of dev)
'

test_expect_success 'without --deep references are read, and nobody is asked' '
	backend_forget &&
	git vault verify >../out 2>../err && test_grep "verified, all intact" ../out &&
	test "$(backend_asked .)" = 0 && test_must_be_empty ../err
'

test_expect_success 'with it the vault is asked for both' '
	backend_forget &&
	git vault verify --deep >../out 2>../err && test_grep "verified, all intact" ../out &&
	test_must_be_empty ../err &&
	test "$(backend_asked "GET.*$prod")" -ge 1 &&
	test "$(backend_asked "GET.*$dev")" = 1 &&
	test_grep ! "$value" ../out
'

test_expect_success 'a vault that is down is told of, and is no fault' '
	(
		VAULT_ADDR=http://127.0.0.1:1 &&
		git vault verify --deep >../out 2>../err &&
		git vault --json verify --deep >../json
	) &&
	test_grep "verified, all intact" ../out &&
	test_grep "2 values of the vault team not checked: cannot reach" ../err &&
	test_grep "\"unasked\":.*\"team\"" ../json &&
	test_grep "\"secrets\": *2" ../json
'

test_expect_success 'so is a token that is not known, and a policy without it' '
	(
		VAULT_TOKEN=wrong &&
		git vault verify --deep >../out 2>../err
	) &&
	test_grep "verified, all intact" ../out &&
	test_grep "2 values of the vault team not checked" ../err &&
	mv .gitvault.yaml ../aside && : >.gitvault.yaml && accept_policy &&
	git vault verify --deep >../out 2>../err &&
	mv ../aside .gitvault.yaml && accept_policy &&
	test_grep "not checked: the policy does not have it" ../err
'

test_expect_success 'a version that is destroyed is a fault of the file' '
	there prod $prod destroy &&
	git vault verify >../out && test_grep "verified, all intact" ../out &&
	test_expect_code 1 git vault verify --deep >../out 2>../err &&
	test_grep "$(git vault list -n 1 | sed -n "2s/ .*//p").*tree/envs/prod/.env: .*destroyed" ../out &&
	test_grep ! "envs/dev" ../out
'

test_expect_success 'also where the value is sealed here as well' '
	there dev $dev destroy &&
	test_expect_code 1 git vault verify --deep >../out 2>../err &&
	test_grep "tree/envs/dev/.env: .*destroyed" ../out &&
	git vault restore latest --to ../back envs/dev/.env &&
	test_cmp envs/dev/.env ../back/envs/dev/.env
'

test_expect_success 'a reference that leads elsewhere, or is none, is one' '
	cp -a . ../hurt && cd ../hurt &&
	path=$(printf %.2s $prod)/$prod.ref &&
	git cat-file blob refs/vault/secrets/prod:$path >../ref &&
	for change in "s|/prod/|/dev/|" "2d"
	do
		blob=$(sed "$change" ../ref | git hash-object -w --stdin) &&
		GIT_INDEX_FILE=../index git read-tree refs/vault/secrets/prod &&
		GIT_INDEX_FILE=../index git update-index --cacheinfo \
			100644,$blob,$path &&
		commit=$(git commit-tree -m x \
			$(GIT_INDEX_FILE=../index git write-tree)) &&
		git update-ref refs/vault/secrets/prod $commit &&
		test_expect_code 1 git vault verify --deep >../out 2>../err &&
		test_grep "envs/prod/.env: " ../out || return 1
	done && cd "$OLDPWD"
'

test_expect_success 'repair mends both, and then verify finds nothing' '
	git vault repair >../out && test_grep "2 objects repaired" ../out &&
	git vault verify --deep >../out && test_grep "verified, all intact" ../out &&
	git vault secret migrate
'

test_expect_success 'doctor asks each vault how it is, and names unknown ones' '
	test_might_fail git vault doctor >../out &&
	test_grep ! "vault team\|that the policy does not name" ../out &&
	(
		VAULT_ADDR=http://127.0.0.1:1 &&
		test_expect_code 1 git vault doctor >../out
	) &&
	test_grep "the vault team, .* cannot be used here: cannot reach" ../out &&
	mv .gitvault.yaml ../aside && : >.gitvault.yaml && accept_policy &&
	test_expect_code 1 git vault doctor >../out &&
	mv ../aside .gitvault.yaml && accept_policy &&
	test_grep "2 secrets are stored in a vault that the policy does not name, such as team" \
		../out
'

backend_stop
test_done
