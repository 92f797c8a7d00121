#!/bin/sh
# shellcheck disable=SC2154 # the first test sets them

test_description='what the audit is told of: records of good, hooks, keys'
. "$(dirname "$0")/test-lib.sh"

ref () {
	git for-each-ref --format='%(refname)' refs/vault/audit
}

# count: of events that there are
count () {
	git rev-list --count --glob=refs/vault/audit
}

# field NAME [OPTION…]: of the newest event
field () {
	field_=$1 && shift &&
		git vault audit list --json -n 1 "$@" >list.json &&
		python3 -c "
import json
v = json.load(open('list.json'))['events'][0]['$field_']
print(' '.join(v) if isinstance(v, list) else v)"
}

# one COMMAND…: it succeeds, and is one event, signed by an owner
one () {
	before_=$(count) &&
		"$@" >out 2>err &&
		test "$(count)" = $((before_ + 1)) &&
		test "$(field signer_is)" = keyring
}

# none STATUS COMMAND…: it ends so, and is no event
none () {
	before_=$(count) &&
		test_expect_code "$@" >out 2>err &&
		test "$(count)" = "$before_"
}

test_expect_success 'a repository with a keyring and a snapshot' '
	test_tick && echo "*.env" >.gitignore && echo one >file &&
	mkdir prod && echo "A=Zk3vQ9xLr7WbT2mY" >prod/.env &&
	git add .gitignore file && git commit -q -m one &&
	git vault snapshot -q && id=$(git vault list --id-only)
'

test_expect_success 'the first keyring, whose owner signs for it' '
	test "$(count)" = 1 && test "$(field kind)" = key-add &&
	test "$(field signer_is)" = keyring && test "$(field result)" = done &&
	git vault key list --json >keys.json && name=$(python3 -c "
import json
print(json.load(open(\"keys.json\"))[\"recipients\"][0][\"name\"])") &&
	test "$(field reason)" = "$name" &&
	git vault audit verify --signed >out 2>err
'

test_expect_success 'so is that of init, once' '
	test_create_repo other && (
		cd other && git vault init -q && test "$(count)" = 1 &&
		test "$(field kind)" = key-add && git vault init -q &&
		test "$(count)" = 1
	)
'

test_expect_success 'one that cannot be told is there all the same, and is told with the next' '
	test_create_repo third && (
		cd third && git config vault.auditName x && chain=refs/vault/audit/x &&
		git update-ref $chain $(git commit-tree -m "no event" \
			4b825dc642cb6eb9a060e54bf8d69288fbee4904 </dev/null) &&
		git vault init -q 2>err && git rev-parse refs/vault/keyring &&
		test_grep "the keyring was made, but the event waits" err &&
		git update-ref -d $chain && git commit -q --allow-empty -m one &&
		git vault good mark dev --status candidate --reason x >out 2>err &&
		test "$(count)" = 2 &&
		git vault audit list --json >list.json && test_grep key-add list.json
	)
'

test_expect_success 'a record that is made, of what, for which environment and why' '
	test_tick && one git vault good mark prod --without-snapshot --status candidate \
		--reason "the night build" &&
	test "$(field kind)" = good-mark &&
	test "$(field scopes)" = prod &&
	test "$(field snapshot)" = "$id" &&
	test "$(field target)" = refs/vault/good/prod/1 &&
	test "$(field result)" = done &&
	test "$(field reason)" = "the night build" &&
	git rev-parse -q --verify refs/vault/good/prod/1
'

test_expect_success 'a candidate that its checks promote; checks alone are no event' '
	test_tick && one git vault good verify prod 1 &&
	test "$(field kind)" = good-promote &&
	test "$(field target)" = refs/vault/good/prod/2 &&
	test_tick && none 0 git vault good verify prod 1 &&
	none 0 git vault good verify prod 2 &&
	none 0 git vault good list && none 0 git vault good show prod 1
'

test_expect_success 'a record that is revoked, and why' '
	test_tick && one git vault good revoke prod 2 --reason "it leaks" &&
	test "$(field kind)" = good-revoke &&
	test "$(field target)" = refs/vault/good/prod/3 &&
	test "$(field reason)" = "it leaks" &&
	none 128 git vault good revoke prod 2 --reason again &&
	none 128 git vault good revoke prod 9 --reason none &&
	none 128 git vault good mark prod &&
	none 129 git vault good revoke prod 1
'

test_expect_success 'hooks that come and go, where, and signed' '
	test_tick && one git vault hooks install --only pre-push &&
	test "$(field kind)" = hooks-install &&
	test "$(field target)" = "$PWD/.git/hooks" &&
	test "$(field reason)" = pre-push &&
	none 0 git vault hooks install --only pre-push &&
	none 0 git vault hooks status &&
	test_tick && one git vault hooks uninstall &&
	test "$(field kind)" = hooks-uninstall
'

test_expect_success 'an escrow that is recovered, and is known by what it signs' '
	echo correct horse battery >phrase && test_tick &&
	one git vault key escrow --passphrase-file phrase -o paper &&
	test "$(field kind)" = key-escrow &&
	test_tick && one git vault key recover --passphrase-file phrase \
		-o "$TMPDIR/back" paper &&
	test "$(field kind)" = key-recover && test "$(field result)" = done &&
	test "$(field target)" = "$TMPDIR/back" &&
	none 5 git vault key recover --passphrase-file file -o "$TMPDIR/x" paper &&
	test_path_is_missing "$TMPDIR/x" &&
	mkdir "$TMPDIR/outside" && cp paper phrase "$TMPDIR/outside" &&
	(cd "$TMPDIR/outside" &&
		git vault key recover --passphrase-file phrase -o back paper) &&
	GIT_VAULT_IDENTITY=$TMPDIR/back && export GIT_VAULT_IDENTITY &&
	test_tick && git vault restore "$id" --to "$TMPDIR/all" &&
	unset GIT_VAULT_IDENTITY && test "$(field signer)" = escrow &&
	test "$(field signer --kind unseal)" = escrow
'

# behind: bob is taken out, and what he read is sealed for him still
behind () {
	git vault key add --name bob them.pub >/dev/null &&
		git update-ref refs/was "$(git rev-parse refs/vault/secrets/prod)" &&
		git vault key remove bob >/dev/null &&
		git update-ref refs/vault/secrets/prod refs/was &&
		git update-ref -d refs/was
}

test_expect_success 'values that a reseal opens and seals anew, which, and only then' '
	git vault key generate -o them >them.pub && behind &&
	test_tick && one git vault key reseal && test_grep "re-encrypted 1 secret" out &&
	test "$(field kind)" = reseal && test "$(field scopes)" = prod &&
	test "$(field result)" = done &&
	git ls-tree -r --name-only refs/vault/secrets/prod >names &&
	test "$(field ids)" = "$(sed -n "s|^../\(.*\)\.age$|\1|p" names)" &&
	none 0 git vault key reseal
'

test_expect_success 'what a reseal did is told also where something was left' '
	echo "B=mW4tR8zKc6Yp1NqJ" >>prod/.env && git vault snapshot -q &&
	behind && last=$(git ls-tree -r --name-only refs/vault/secrets/prod |
		grep "age$" | tail -n 1) &&
	tree=$(GIT_INDEX_FILE=$PWD/index-of && export GIT_INDEX_FILE &&
		git read-tree refs/vault/secrets/prod && git update-index \
		--cacheinfo "100644,$(echo no | git hash-object -w --stdin),$last" &&
		git write-tree) &&
	was=$(git rev-parse refs/vault/secrets/prod) &&
	git update-ref refs/vault/secrets/prod "$(git commit-tree -p "$was" \
		-m damaged "$tree")" &&
	test_tick && one git vault key reseal &&
	test_grep "1 encrypted secrets are damaged" err &&
	test "$(field kind)" = reseal && test "$(field result)" = part &&
	last=${last##*/} && test "$(field ids)" != "${last%.age}" &&
	test "$(field ids | wc -w)" = 1 &&
	git update-ref refs/vault/secrets/prod "$was" && git vault key reseal
'

test_expect_success 'all that was told is whole, and signed by whom the keyring names' '
	git vault audit verify --signed >out 2>err && test_must_be_empty err &&
	git vault audit list >out && test_grep "escrow  " out
'

test_expect_success 'where the chain is damaged it is done, said, and told later' '
	tip=$(git rev-parse "$(ref)") && host=$(ref) && host=${host##*/} &&
	git update-ref "$(ref)" "$(git cat-file commit "$tip" |
		sed "s/^Vault-Event: .*/Vault-Event: other/" |
		git hash-object -t commit -w --stdin)" &&
	git vault good mark dev 2>err &&
	test_grep "warning: record 1 of dev is made, but the event waits in" err &&
	git vault good list dev >out && test_grep "dev  *1  verified" out &&
	git vault hooks install --only pre-push >out 2>err &&
	test_grep "warning: the hooks are changed, but the event waits in" err &&
	test_path_is_file .git/hooks/pre-push &&
	test $(ls .git/vault/audit-queue | wc -l) = 2 &&
	git update-ref "$(ref)" $tip && n=$(count) &&
	git vault good mark dev --reason more 2>err && ! grep waits err &&
	test "$(count)" = $((n + 3)) &&
	git vault audit list -n 3 >out && test_grep "good-mark .*more" out &&
	test_grep "hooks-install" out &&
	test "$(ls .git/vault/audit-queue)" = "" &&
	git vault audit verify --signed
'

test_expect_success 'from inside a push that is not taken yet it is done, and said to be nowhere' '
	n=$(count) &&
	env GIT_QUARANTINE_PATH="$PWD/.git/objects" git vault hooks uninstall \
		>out 2>err &&
	test_path_is_missing .git/hooks/pre-push &&
	test_grep "cannot be stored for later either .*: note elsewhere" err &&
	test "$(count)" = "$n" &&
	test_expect_code 128 env GIT_QUARANTINE_PATH="$PWD/.git/objects" \
		git vault good mark dev 2>err &&
	test "$(count)" = "$n"
'

test_expect_success 'who has no key tells it without a signature' '
	GIT_VAULT_IDENTITY=$TMPDIR/none && export GIT_VAULT_IDENTITY &&
	git vault good mark qa 2>err && unset GIT_VAULT_IDENTITY &&
	test "$(field kind)" = good-mark && test "$(field fingerprint)" = None &&
	test "$(field signer_is)" = None
'

# Its check is a command that is told of before the record that it promotes.
test_expect_success 'what takes its time has both times, and none runs backwards' '
	unset GIT_VAULT_TEST_TIME && git vault hooks uninstall -q &&
	cat >.gitvault.yaml <<-\END &&
	good:
	  checks:
	    slow: sleep 1.1 && git vault -q hooks install --only pre-push
	END
	git add .gitvault.yaml && git commit -q -m slow && accept_policy && git vault -q snapshot &&
	git vault -q good mark dev --status candidate && sleep 1 &&
	one_more=$(($(count) + 2)) && git vault -q good verify dev >out &&
	test "$(count)" = $one_more && test "$(field kind)" = good-promote &&
	test "$(field stored_time)" != None && test "$(field stored_time)" \> "$(field time)" &&
	git vault audit verify >out 2>err && test_grep ! backwards err
'

test_done
