#!/bin/sh

test_description='what is opened is told to the audit chain first'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
value=Zk3vQ9xLr7WbT2mY

ref () {
	git for-each-ref --format='%(refname)' refs/vault/audit
}

# opened [OPTION…]: the events that are more than that files were restored, or
# the keyring made
opened () {
	test -z "$(ref)" ||
		git log --invert-grep --grep='^Vault-Event: restore$' \
			--grep='^Vault-Event: key-add$' "$@" "$(ref)"
}

# events: how many there are of them
events () {
	opened --format=%H | wc -l
}

# spoil, mend: make the chain one that cannot be gone on with
spoil () {
	tip=$(git rev-parse "$(ref)") &&
	git update-ref "$(ref)" "$(git cat-file commit "$tip" |
		sed 's/^Vault-Event: .*/Vault-Event: other/' |
		git hash-object -t commit -w --stdin)"
}

mend () {
	git update-ref "$(ref)" "$tip"
}

test_expect_success 'there is a snapshot that withholds values' '
	mkdir -p envs/prod &&
	echo /.env >.gitignore &&
	printf "db_password = \"%s\"\n" $value >envs/prod/terraform.tfvars &&
	echo A=$value >.env &&
	git add .gitignore envs && git commit -q -m one &&
	git vault snapshot -q && id=$(git vault list --json |
		sed "s/.*\"id\":\"\([^\"]*\)\".*/\1/") &&
	test $(events) = 0
'

test_expect_success 'a restore that opens values says which, from where, why' '
	git vault restore $id --to "$T/one" --reason "a drill" &&
	test $(events) = 1 &&
	opened -1 --format=%B >actual &&
	test_grep "^Vault-Event: unseal$" actual &&
	test_grep "^Vault-Snapshot: $id$" actual &&
	test_grep "^Vault-Reason: a drill$" actual &&
	test_grep "^Vault-Scopes: prod shared$" actual &&
	git vault secret list --json >list &&
	for v in $(sed -n "s/^Vault-Ids: //p" actual)
	do
		test_grep "$v" list || return 1
	done &&
	test_grep "^Vault-Signature: " actual
'

test_expect_success 'one that opens nothing says nothing' '
	git vault restore $id --to "$T/two" --no-secrets &&
	git vault restore $id --to "$T/three" .gitignore &&
	git vault restore $id --in-place --dry-run &&
	mkdir "$T/nobody" &&
	test_expect_code 5 test_env HOME="$T/nobody" XDG_CONFIG_HOME= \
		git vault restore $id --to "$T/four" &&
	test $(events) = 1
'

test_expect_success 'cat and archive tell of it, too' '
	git vault cat --secrets --reason look $id envs/prod/terraform.tfvars \
		>out &&
	test_grep $value out &&
	opened -1 --format=%B >actual &&
	test_grep "^Vault-Scopes: prod$" actual &&
	test_grep "^Vault-Reason: look$" actual &&
	git vault archive --secrets $id >out.tar &&
	test $(events) = 3 &&
	git vault cat $id .env >out 2>/dev/null &&
	git vault archive $id >out.tar 2>/dev/null &&
	test $(events) = 3
'

test_expect_success 'where it cannot be told nothing is given out' '
	spoil &&
	test_must_fail git vault restore $id --to "$T/five" 2>err &&
	test_grep "nothing is opened: the audit chain .* cannot tell" err &&
	test_path_is_missing "$T/five" &&
	test_must_fail git vault cat --secrets $id .env >out 2>err &&
	test_must_be_empty out &&
	test_must_fail git vault archive --secrets $id >out 2>err &&
	test_must_be_empty out &&
	echo changed >.env &&
	test_must_fail git vault restore $id --in-place --overwrite all 2>err &&
	echo changed >expect &&
	test_cmp expect .env &&
	mend &&
	git vault restore $id --in-place
'

test_expect_success 'a value that is revoked is warned of by each restore' '
	v=$(git vault secret list | awk "/tfvars/ { print \$1 }") &&
	git vault secret revoke --reason "posted in a chat" $v &&
	test_might_fail git vault doctor >actual &&
	test_grep "1 value is revoked and still in use, such as $v in" actual &&
	test_grep "git vault secret rotate --patch $v" actual &&
	git vault restore $id --to "$T/six" 2>err &&
	test_grep "warning: value $v of scope prod is revoked: posted in" err &&
	test_grep $value "$T/six/envs/prod/terraform.tfvars" &&
	git vault restore $id --to "$T/seven" .env 2>err &&
	! grep revoked err
'

test_expect_success 'two at once are both told' '
	n=$(events) &&
	{ git vault restore $id --to "$T/eight" & } &&
	git vault restore $id --to "$T/nine" &&
	wait $! &&
	test $(events) = $((n + 2))
'

test_done
