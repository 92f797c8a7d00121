#!/bin/sh

test_description='values of a scope that the policy keeps in a vault of others'
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-backend.sh"

backend_or_skip

value='canary-e1d6b07a4493c25f'

backend_vault || exit 1

cat >.gitvault.yaml <<'EOF'
scopes:
  prod: { keep: vault, vault: team }
  dev: { keep: both, vault: team }
vaults:
  team:
    kind: hashicorp
EOF
cp .gitvault.yaml policy

# put SCOPE VALUE: sets $id and $object
put () {
	printf %s "$2" >in &&
	backend-tool put "$1" <in >put.out 2>put.err || return
	read -r id object <put.out
}

# gives VALUE SCOPE [OBJECT]: the safe gives it back
gives () {
	printf %s "$1" >expect &&
	backend-tool get "$2" $id $3 >actual &&
	test_cmp expect actual
}

# tree_of SCOPE: what its tree has, without the file sealed-for
tree_of () {
	git ls-tree -r --name-only refs/vault/secrets/$1 |
		sed -n "s|^../||p"
}

# in no object of the repository
nowhere () {
	git cat-file --batch-all-objects --batch --buffer >all &&
	test_grep ! -a -F "$1" all
}

test_expect_success 'what is kept in a vault is there, and git has a reference' '
	put prod "$value" &&
	echo $id.ref >expect &&
	tree_of prod >actual &&
	test_cmp expect actual &&
	cat >expect <<-EOF &&
	git-vault reference 1
	vault team
	path git-vault/prod/$id
	version 1
	EOF
	git cat-file blob $object >actual &&
	test_cmp expect actual &&
	backend fetch prod $id >actual &&
	printf %s "$value" >expect &&
	test_cmp expect actual &&
	gives "$value" prod &&
	nowhere "$value" &&
	git fsck --strict
'

test_expect_success 'the commands of git-vault-format(5) find it' '
	git cat-file blob $object | sed -n "s/^path //p" >path &&
	curl -sf -H "X-Vault-Token: test-token" -H "X-Vault-Request: true" \
		"$VAULT_ADDR/v1/secret/data/$(cat path)?version=1" |
		sed "s/.*\"value\": \"\([^\"]*\)\".*/\1/" | base64 -d >actual &&
	printf %s "$value" >expect &&
	test_cmp expect actual
'

test_expect_success 'it is given to the vault once' '
	backend_forget &&
	git rev-parse refs/vault/secrets/prod >expect &&
	put prod "$value" &&
	test "$(backend_asked .)" = 0 &&
	git rev-parse refs/vault/secrets/prod >actual &&
	test_cmp expect actual
'

test_expect_success 'more values go beside it' '
	first=$id &&
	for i in 1 2 3 4 5 6 7 8 9
	do
		put prod "$value $i" || return 1
	done &&
	tree_of prod >actual &&
	test_line_count = 10 actual &&
	gives "$value 9" prod &&
	id=$first &&
	gives "$value" prod &&
	nowhere "$value"
'

test_expect_success 'what is kept in both is in both' '
	put dev "$value" &&
	printf "%s\n" $id.age $id.ref >expect &&
	tree_of dev >actual &&
	test_cmp expect actual &&
	test_must_be_empty put.err &&
	backend fetch dev $id >actual &&
	printf %s "$value" >expect &&
	test_cmp expect actual &&
	backend_forget &&
	gives "$value" dev &&
	test "$(backend_asked .)" = 0 &&
	nowhere "$value" &&
	dev=$id
'

test_expect_success 'of both, the vault has it where no key is at hand' '
	id=$dev &&
	(
		GIT_VAULT_IDENTITY=$PWD/other &&
		export GIT_VAULT_IDENTITY &&
		age-keygen -o other 2>/dev/null &&
		gives "$value" dev &&
		VAULT_TOKEN=wrong &&
		backend_fails $NOKEY "a value of dev: .*opens it" backend-tool get dev $id
	)
'

test_expect_success 'other scopes and what is large stay in git' '
	put test "$value" &&
	echo $id.age >expect &&
	tree_of test >actual &&
	test_cmp expect actual &&
	head -c 300000 /dev/urandom >large &&
	backend-tool put prod <large >put.out &&
	read -r id object <put.out &&
	test "$(git cat-file -t $object)" = tree &&
	backend-tool get prod $id >actual &&
	cmp large actual
'

test_expect_success 'a vault that is down is named; of both, git has the value' '
	id=$first &&
	(
		VAULT_ADDR=http://127.0.0.1:1 &&
		backend_fails $ERROR "a value of prod in the vault team: cannot reach 127.0.0.1:1" \
			backend-tool get prod $id &&
		id=$dev &&
		gives "$value" dev
	)
'

test_expect_success 'while it is down nothing of its own is stored' '
	git rev-parse refs/vault/secrets/prod >expect &&
	(
		VAULT_ADDR=http://127.0.0.1:1 &&
		test_must_fail put prod "$value down" &&
		test_grep "a value of prod: cannot reach" put.err
	) &&
	git rev-parse refs/vault/secrets/prod >actual &&
	test_cmp expect actual &&
	nowhere "$value"
'

test_expect_success 'of both it is stored in git, said, and given the next time' '
	(
		VAULT_ADDR=http://127.0.0.1:1 &&
		put dev "$value down" &&
		test_grep "a value of dev: cannot reach" put.err &&
		gives "$value down" dev
	) &&
	tree_of dev >actual &&
	test_line_count = 3 actual &&
	put dev "$value down" &&
	test_must_be_empty put.err &&
	tree_of dev >actual &&
	test_line_count = 4 actual &&
	backend fetch dev $id >actual &&
	printf %s "$value down" >expect &&
	test_cmp expect actual
'

test_expect_success 'who has no right there is told so' '
	id=$first &&
	backend_on forbidden secret/data/git-vault/prod &&
	backend_fails $NOKEY "a value of prod in the vault team: .*has no right to" \
		backend-tool get prod $id &&
	(
		VAULT_TOKEN=wrong &&
		backend_fails $NOKEY "a value of prod in the vault team: .*expired or not known" \
			backend-tool get prod $id
	)
'

test_expect_success 'a version that is deleted or destroyed is told' '
	put prod "$value gone" &&
	backend delete prod $id &&
	backend_fails $NOTFOUND "version 1 of .* is deleted" \
		backend-tool get prod $id &&
	curl -sf -H "X-Vault-Token: test-token" -H "X-Vault-Request: true" \
		-d "{\"versions\":[1]}" \
		$VAULT_ADDR/v1/secret/destroy/git-vault/prod/$id &&
	backend_fails $NOTFOUND "version 1 of .* is destroyed" \
		backend-tool get prod $id
'

test_expect_success 'another value in its place is refused' '
	id=$first &&
	curl -sf -H "X-Vault-Token: test-token" -H "X-Vault-Request: true" \
		-d "{\"data\":{\"value\":\"b3RoZXI=\"}}" \
		$VAULT_ADDR/v1/secret/data/git-vault/prod/$id &&
	gives "$value" prod &&
	sed "s/version 1/version 2/" >ref <<-EOF &&
	git-vault reference 1
	vault team
	path git-vault/prod/$id
	version 1
	EOF
	object=$(git hash-object -w ref) &&
	unknown=$(printf %040d 0) &&
	sed s/$id/$unknown/ ref >ref.unknown &&
	git update-ref -d refs/vault/secrets/prod &&
	backend_fails $CORRUPT "another value at" \
		backend-tool get prod $id $object &&
	backend_fails $CORRUPT "leads to another one" \
		backend-tool get prod $unknown $object
'

test_expect_success 'the object of a snapshot may be a reference' '
	sed "s/version 2/version 1/" ref >ref.one &&
	gives "$value" prod $(git hash-object -w ref.one)
'

test_expect_success 'a vault that the policy does not have is named' '
	sed "s/vault team/vault lost/" ref.one >ref.lost &&
	backend_fails $REFUSED "stored in the vault lost, which the policy" \
		backend-tool get prod $id $(git hash-object -w ref.lost)
'

test_expect_success 'a reference that is damaged is refused' '
	{ cat ref.one && echo more; } >ref.more &&
	backend_fails $CORRUPT "no reference" \
		backend-tool get prod $id $(git hash-object -w ref.more)
'

test_expect_success 'a scope that comes back to git is sealed here' '
	put prod "$value back" &&
	back=$id &&
	sed "s/keep: vault/keep: git/" policy >.gitvault.yaml &&
	accept_policy && put prod "$value back" &&
	test "$id" = "$back" &&
	tree_of prod >actual &&
	test_grep "^$id.age" actual &&
	(
		VAULT_ADDR=http://127.0.0.1:1 &&
		gives "$value back" prod
	)
'

backend_stop
test_done
