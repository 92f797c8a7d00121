#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault secret list, show, history, revoke

Over snapshots that are made by hand, so that nothing of what takes them is
needed.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-snapshot.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/seal-tool

if ! command -v age-keygen >/dev/null
then
	skip_all 'age is not installed'
fi

T=$TMPDIR

# What is withheld goes to meta/, too.
snapshot_root () {
	list_=$(git hash-object -w "$T/list") &&
	{
		git ls-tree "$meta_" &&
		printf '100644 blob %s\tsecrets\n' "$list_"
	} | git mktree
}

# take: a snapshot with the files of the working tree redacted by *.spans
take () {
	test_tick &&
	snapshot_count=$((snapshot_count + 1)) &&
	snapshot=$(date -u -d "@$test_tick" +%Y%m%dT%H%M%SZ)-$(printf %08x \
		"$snapshot_count") &&
	branch_=main host_=fixture message_=one tags_= envs_= more_= &&
	meta_=$(snapshot_meta) &&
	"$tool" redact -R "$T/to" "$T/list" "$@" &&
	meta_=$(snapshot_root) &&
	tree_=$(snapshot_tree) &&
	root_=$(printf '040000 tree %s\tmeta\n040000 tree %s\ttree\n' \
		"$meta_" "$tree_" | git mktree) &&
	snapshot_commit "$root_" &&
	cp "$T/list" "$T/list-$snapshot_count"
}

# scope: all that was sealed, as refs/vault/secrets/prod
scope () {
	cat "$T"/list-* | awk '/^[sf] / { print $6, $7 }' | sort -u -k1,1 >"$T/ids" &&
	while read -r id object
	do
		aa=$(printf %s "$id" | cut -c1-2) &&
		file=$(printf '%s %s %s\t%s.age' 100644 blob "$object" "$id") &&
		dir=$(printf '%s\n' "$file" | git mktree) &&
		printf '040000 tree %s\t%s\n' "$dir" "$aa" || return 1
	done <"$T/ids" | git mktree >"$T/tree" &&
	git update-ref refs/vault/secrets/prod \
		"$(git commit-tree -m sealed "$(cat "$T/tree")")"
}

test_expect_success 'there are three snapshots' '
	age-keygen 2>/dev/null >"$T/key" &&
	age-keygen -y "$T/key" >"$T/to" &&
	test_commit one &&
	mkdir -p envs/prod envs/dev &&
	printf "a=first-value-is-it\nb=second-value-it\n" >envs/prod/settings &&
	printf "2 17 aws-key\n22 15 private-key\n" >envs/prod/settings.spans &&
	printf "a=first-value-is-it\n" >envs/dev/settings &&
	printf "2 17 aws-key\n" >envs/dev/settings.spans &&
	take envs/prod/settings envs/dev/settings &&
	printf "a=third-value-is-it\nb=second-value-it\n" >envs/prod/settings &&
	printf "a=first-value-is-it\n" >envs/dev/settings &&
	take envs/prod/settings envs/dev/settings &&
	printf "b=second-value-it\n" >envs/prod/settings &&
	printf "2 15 private-key\n" >envs/prod/settings.spans &&
	take envs/prod/settings &&
	scope
'

test_expect_success 'each value is listed once, with what it is and where' '
	git vault secret list >actual &&
	test_line_count -eq 4 actual &&
	grep -c "ok  *prod  *aws-key" actual >count &&
	echo 2 >expect &&
	test_cmp expect count &&
	test_grep "private-key  *1  *now  *envs/prod/settings" actual &&
	! grep -e first-value -e second-value actual
'

test_expect_success JQ 'and the same as JSON' '
	git vault --json secret list >out &&
	jq -r ".secrets[] | [.state, .rule, .files, .current,
		(.first_snapshot | .[17:]), (.last_snapshot | .[17:]),
		(.environments | join(\",\"))] | join(\" \")" out |
		sort >actual &&
	cat >expect <<-\EOF &&
	ok aws-key 1 false 00000002 00000002 prod
	ok aws-key 1 false 00000001 00000002 dev
	ok private-key 1 true 00000001 00000003 prod
	EOF
	sort expect >sorted &&
	test_cmp sorted actual
'

test_expect_success JQ 'the places are those of the newest snapshot' '
	jq -r ".secrets[] | select(.rule == \"private-key\") | .places[] |
		[.path, .offset, .whole_file, .staged] | join(\" \")" \
		out >actual &&
	echo "envs/prod/settings 2 false false" >expect &&
	test_cmp expect actual
'

test_expect_success 'a scope and an environment choose' '
	git vault secret list --scope dev >actual &&
	test_must_be_empty actual &&
	git vault secret list --scope dev --scope prod >actual &&
	test_line_count -eq 4 actual &&
	git vault secret list --env dev >actual &&
	test_line_count -eq 2 actual
'

test_expect_success 'show takes the first digits of an id' '
	id=$(git vault secret list | awk "/private-key/ { print \$1 }") &&
	git vault secret show $id >actual &&
	test_grep "^$id" actual &&
	test_grep "^place  *envs/prod/settings at 2$" actual &&
	test_grep "^environment prod$" actual &&
	test_must_fail git vault secret show 000 2>err &&
	test_grep "4 or more" err &&
	test_must_fail git vault secret show ffffffffff 2>err &&
	test_grep "no secret .ffffffffff." err
'

test_expect_success 'a value that is revoked says so from then on' '
	git vault secret revoke --reason "it was in a ticket" $id >actual &&
	test_grep "$id is revoked; files still use it" actual &&
	git vault secret list >actual &&
	test_grep "$id  *revoked" actual &&
	git vault secret show $id >actual &&
	test_grep "^revoked  *2.*Z: it was in a ticket$" actual
'

test_expect_success 'that is said in its scope, beside the value' '
	full=$(git vault secret show $id | head -n 1) &&
	aa=$(printf %s $full | cut -c1-2) &&
	git show refs/vault/secrets/prod:$aa/$full.revoked >actual &&
	test_grep "^git-vault revocation 1$" actual &&
	test_grep "^reason: it was in a ticket$" actual &&
	git cat-file -e refs/vault/secrets/prod:$aa/$full.age &&
	git ls-tree -r refs/vault/secrets/prod >actual &&
	test_line_count -eq 4 actual
'

test_expect_success 'and in the audit chain' '
	git for-each-ref --format="%(refname)" refs/vault/audit >refs &&
	test_line_count -eq 1 refs &&
	git log -1 --format=%B $(cat refs) >actual &&
	test_grep "^Vault-Event: revoke$" actual &&
	test_grep "^Vault-Ids: $full$" actual &&
	test_grep "^Vault-Scopes: prod$" actual &&
	test_grep "^Vault-Reason: it was in a ticket$" actual &&
	test_grep "^Vault-Actor: A U Thor <author@example.com>$" actual
'

test_expect_success 'several at once, of which one is none, are none' '
	git rev-parse refs/vault/secrets/prod >before &&
	test_must_fail git vault secret revoke $id ffffffff 2>err &&
	git rev-parse refs/vault/secrets/prod >after &&
	test_cmp before after
'

test_expect_success 'where the audit chain cannot be written nothing is done' '
	test_must_fail test_env GIT_QUARANTINE_PATH=/x \
		git vault secret revoke $id 2>err &&
	test_grep "nothing is done" err &&
	git rev-parse refs/vault/secrets/prod >after &&
	test_cmp before after
'

test_expect_success 'what no snapshot uses any more is listed, too' '
	git update-ref -d "$(git for-each-ref --format="%(refname)" \
		refs/vault/snapshots | grep 00000002)" &&
	git update-ref -d "$(git for-each-ref --format="%(refname)" \
		refs/vault/snapshots | grep 00000001)" &&
	git vault secret list >actual &&
	test_grep "unreferenced" actual
'

test_expect_success 'a damaged list is named, and the others are read' '
	printf "%s\n" "git-vault secrets 1" "s x" >"$T/list" &&
	printf "c=another-value-it\n" >envs/dev/settings &&
	cp "$T/list" "$T/broken" &&
	meta_=$(git rev-parse refs/vault/snapshots/$snapshot:meta) &&
	list_=$(git hash-object -w "$T/broken") &&
	meta_=$(git ls-tree $meta_ |
		sed "s/blob [0-9a-f]*	secrets/blob $list_	secrets/" |
		git mktree) &&
	root_=$(printf "040000 tree %s\tmeta\n040000 tree %s\ttree\n" $meta_ \
		$tree_ | git mktree) &&
	test_tick && snapshot_count=9 &&
	snapshot=$(date -u -d "@$test_tick" +%Y%m%dT%H%M%SZ)-00000009 &&
	snapshot_commit $root_ &&
	test_expect_code 3 git vault secret list >actual 2>err &&
	test_grep "warning: $snapshot: " err &&
	test_grep private-key actual
'

test_expect_success 'options of other verbs are refused' '
	test_expect_code 129 git vault secret list --patch 2>err &&
	test_grep "does not take --patch" err &&
	test_expect_code 129 git vault secret frobnicate 2>err &&
	test_expect_code 129 git vault secret show 2>err
'

test_done
