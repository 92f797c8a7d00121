#!/bin/sh

test_description='snapshots of files whose values a vault of others keeps'
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-take.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-backend.sh"

backend_or_skip

value='canary-7be02f94d1a83c56'

backend_vault || exit 1

# nowhere TEXT: in no object of the repository
nowhere () {
	git cat-file --batch-all-objects --batch --buffer >../all &&
	test_grep ! -a -F "$1" ../all
}

test_expect_success 'there is a repository with secrets of two environments' '
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
	echo "DB=$value dev" >envs/dev/.env
'

test_expect_success 'a snapshot gives them to the vault, and has none in clear' '
	take &&
	nowhere "$value" &&
	git show $snap:meta/secrets >lines &&
	test_grep "^f 0 .* prod file " lines &&
	prod=$(sed -n "s/^f 0 [0-9]* prod file \([0-9a-f]*\) .*/\1/p" lines) &&
	dev=$(sed -n "s/^f 0 [0-9]* dev file \([0-9a-f]*\) .*/\1/p" lines) &&
	backend-tool ../policy team fetch prod $prod >actual &&
	test_cmp envs/prod/.env actual &&
	backend-tool ../policy team fetch dev $dev >actual &&
	test_cmp envs/dev/.env actual &&
	rm lines actual
'

test_expect_success 'the safe gives back what the lines of the snapshot name' '
	git show $snap:meta/secrets >../lines &&
	while read -r kind at len scope rule id object path
	do
		test "$kind" = f || continue
		backend-tool get $scope $id $object >../actual &&
		test_cmp "$path" ../actual || return 1
	done <../lines
'

test_expect_success 'where nothing has changed the vault is not asked' '
	backend_forget &&
	take &&
	take --force &&
	test "$(backend_asked .)" = 0
'

test_expect_success 'a vault that is down keeps no value of both from git' '
	echo "DB=$value dev two" >envs/dev/.env &&
	(
		VAULT_ADDR=http://127.0.0.1:1 &&
		take &&
		test_grep "a value of dev: cannot reach" "$TMPDIR/err"
	) &&
	nowhere "$value"
'

test_expect_success 'of the vault alone nothing is stored while it is down' '
	git for-each-ref refs/vault >../expect &&
	echo "DB=$value prod two" >envs/prod/.env &&
	(
		VAULT_ADDR=http://127.0.0.1:1 &&
		test_must_fail git vault snapshot 2>../err &&
		test_grep "envs/prod/.env: a value of prod: cannot reach" ../err
	) &&
	git for-each-ref refs/vault >../actual &&
	test_cmp ../expect ../actual &&
	take &&
	nowhere "$value"
'

test_expect_success 'a restore gives the files back, byte by byte' '
	git vault restore latest --to ../restored &&
	for file in envs/prod/.env envs/dev/.env
	do
		test_cmp $file ../restored/$file || return 1
	done
'

test_expect_success 'who has no right there gets placeholders' '
	(
		VAULT_TOKEN=wrong &&
		test_expect_code 5 git vault restore latest --to ../without \
			2>../err
	) &&
	test_grep "envs/prod/.env is incomplete: 1 secret of scope prod stays encrypted" ../err &&
	test_grep "warning: a value of prod in the vault team: .*the token is expired or not known.*VAULT_TOKEN" ../err &&
	test_grep "^GITVAULT\[file:" ../without/envs/prod/.env &&
	test_cmp envs/dev/.env ../without/envs/dev/.env
'

test_expect_success 'while the vault is down it is all or nothing' '
	(
		VAULT_ADDR=http://127.0.0.1:1 &&
		test_expect_code 128 git vault restore latest --to ../down \
			2>../err &&
		test_grep "envs/prod/.env: a value of prod in the vault team: cannot reach.*try again when" \
			../err &&
		test_path_is_missing ../down &&
		git vault restore latest --no-secrets --to ../down &&
		test_grep "^GITVAULT\[file:" ../down/envs/prod/.env
	)
'

backend_stop
test_done
