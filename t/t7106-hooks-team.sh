#!/bin/sh
# shellcheck disable=SC2154

test_description='a server with hooks takes what a team makes

An accepted policy, bound states, deletions and what undoes them come by sync;
files beside them do not.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-push.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# state SERIAL: the text of a state
state () {
	printf '{"version":4,"serial":%d,"lineage":"x","resources":[],"outputs":{"t":{"value":"%s","type":"string","sensitive":true}}}' \
		"$1" "$token"
}

# synced REF…: sync is taken, and the server has what the clone has there
synced () {
	taken git vault sync && test_grep ! "^refused" "$T/out" &&
	for ref
	do
		git rev-parse "refs/vault/$ref" >"$T/here" &&
		git -C "$server" rev-parse "refs/vault/$ref" >"$T/there" &&
		test_cmp "$T/here" "$T/there" || return 1
	done
}

# on_top REF PATH TEXT: a commit of ours on top of that ref, with one more file
on_top () {
	GIT_INDEX_FILE=$T/index
	export GIT_INDEX_FILE
	rm -f "$T/index"
	git read-tree "refs/vault/$1" &&
	blob_=$(printf "%s\n" "$3" | git hash-object -w --stdin) &&
	git update-index --add --cacheinfo "100644,$blob_,$2" &&
	git commit-tree -p "refs/vault/$1" -m m -m "Vault-Format: 1" \
		"$(git write-tree)"
	unset GIT_INDEX_FILE
}

test_expect_success 'set up' '
	push_server srv.git && push_clone "$PWD/srv.git" c &&
	(
		cd c && git vault init >"$T/out" 2>&1 &&
		git vault snapshot >"$T/first" 2>"$T/err" && synced keyring
	)
'

test_expect_success 'a keyring with an accepted policy is taken' '
	(
		cd c &&
		printf "secrets:\n  paths:\n    - {path: doc/**, keep: clear}\n" \
			>.gitvault.yaml &&
		echo "*.tmp" >.vaultignore && git add . && git commit -q -m policy &&
		git push -q origin main &&
		git vault policy accept >"$T/out" 2>&1 &&
		git ls-tree --name-only refs/vault/keyring >"$T/files" &&
		test_grep "^policy" "$T/files" &&
		synced keyring
	) && copies
'

test_expect_success 'one with a baseline, plans and schemas is taken' '
	(
		cd c &&
		mkdir -p .gitvault/plans &&
		cp .gitvault.yaml "$T/policy" &&
		cat >>.gitvault.yaml <<-\EOF &&
		check: {baseline: base.json}
		config:
		  app: {layers: [app.yaml], schema: app.json}
		EOF
		echo "port: 1" >app.yaml && echo "{\"type\": \"object\"}" >app.json &&
		git vault check --write-baseline base.json >"$T/out" 2>&1 &&
		mkdir -p environments/prod && echo "a: 1" >environments/prod/a.yaml &&
		git vault plan new --template account-lost --env prod >"$T/out" 2>&1 &&
		git add . && git commit -q -m more && git push -q origin main &&
		git vault policy accept >"$T/out" 2>&1 &&
		git ls-tree --name-only refs/vault/keyring >"$T/files" &&
		test_grep "^policy.check-baseline" "$T/files" &&
		test_grep "^policy.gitvault-plans" "$T/files" &&
		test_grep "^policy.gitvault-schemas" "$T/files" &&
		synced keyring &&
		cp "$T/policy" .gitvault.yaml && git commit -q -a -m "as before" &&
		git vault policy accept >"$T/out" 2>&1 && synced keyring
	)
'

test_expect_success 'so is a later policy, and one file less' '
	(
		cd c && echo "*.log" >>.vaultignore && git commit -q -a -m more &&
		git vault policy accept >"$T/out" 2>&1 && synced keyring &&
		git rm -q .vaultignore && git commit -q -m less &&
		git vault policy accept >"$T/out" 2>&1 && synced keyring
	)
'

test_expect_success 'states that are bound are taken, one on another' '
	(
		cd c && git push -q origin main &&
		state 1 >"$T/s" && git vault state save --new --env prod --stack net "$T/s" \
			>"$T/out" 2>&1 &&
		git cat-file commit refs/vault/state/prod/net >"$T/text" &&
		test_grep "^Vault-Binding: " "$T/text" && synced state/prod/net &&
		state 2 >"$T/s" && git vault state save --new --env prod --stack net "$T/s" \
			>"$T/out" 2>&1 && synced state/prod/net &&
		state 1 >"$T/s" && git vault state save --new --env prod --stack deeper \
			"$T/s" >"$T/out" 2>&1 && synced state/prod/deeper
	) && copies
'

test_expect_success 'deletions, and what undoes them, are taken' '
	(
		cd c && git vault snapshot --force >"$T/id" 2>"$T/err" &&
		id=$(cat "$T/id") && synced snapshots/$id &&
		git vault delete $id >"$T/out" 2>&1 &&
		synced deleted &&
		test_must_fail git -C "$server" rev-parse -q --verify \
			refs/vault/snapshots/$id &&
		git vault undelete $id >"$T/out" 2>&1 &&
		synced deleted snapshots/$id &&
		git vault delete $id >"$T/out" 2>&1 && synced deleted &&
		git ls-remote origin >"$T/refs" &&
		test_grep ! vault-trash "$T/refs"
	) && copies
'

test_expect_success 'marks, records, notes and the audit are taken' '
	(
		cd c && git vault snapshot --force >"$T/id" 2>"$T/err" &&
		id=$(cat "$T/id") && git vault pin -m why $id >"$T/out" 2>&1 &&
		git vault tag $id name >"$T/out" 2>&1 &&
		git vault good mark --reason works prod >"$T/out" 2>&1 &&
		git vault good revoke --reason broken prod 1 >"$T/out" 2>&1 &&
		synced marks good/prod/2 snapshots/$id
	)
'

test_expect_success 'another clone takes all, changes it, and is taken' '
	git clone -q srv.git d &&
	(
		cd d && taken git vault sync && git vault policy diff &&
		state 3 >"$T/s" && git vault state save --new --env prod --stack net "$T/s" \
			>"$T/out" 2>&1 && synced state/prod/net
	) && (cd c && synced state/prod/net)
'

test_expect_success 'a file beside them is refused' '
	(
		cd c &&
		refused git push origin $(on_top keyring more x):refs/vault/keyring &&
		refused git push origin \
			$(on_top keyring policy/x/y x):refs/vault/keyring &&
		refused git push origin $(on_top deleted 202611/x/y x):refs/vault/deleted &&
		refused git push origin \
			$(on_top state/prod/net bindings x):refs/vault/state/prod/net &&
		refused git push origin $(on_top marks good/x x):refs/vault/marks
	)
'

test_expect_success 'what a clone keeps of deletions is not taken' '
	(
		cd c && git vault snapshot --force >"$T/id" 2>"$T/err" &&
		id=$(cat "$T/id") && git vault delete $id >"$T/out" 2>&1 &&
		trash=$(git for-each-ref --format="%(refname)" refs/vault-trash | head -n 1) &&
		test -n "$trash" && git update-ref refs/heads/kept $trash &&
		for spec in $trash "refs/vault-trash/*:refs/vault-trash/*" \
			kept:refs/vault-trash/x main:refs/vault-trash/a/b \
			$(git hash-object -w /dev/null):refs/vault-trash/b
		do
			refused git push origin "$spec" &&
			test_grep "refs/vault-trash/.*stays in its clone" "$T/err" || return 1
		done && git update-ref -d refs/heads/kept &&
		git -C "$server" update-ref refs/vault-trash/old main &&
		taken git push origin :refs/vault-trash/old
	) && copies
'

# with_file PATH TEXT: the newest keyring once more, with another file in its tree
with_file () {
	on_top keyring "$1" "$2" >"$T/made" &&
	printf "tree %s\n" "$(git rev-parse "$(cat "$T/made")^{tree}")" >"$T/commit" &&
	git cat-file commit refs/vault/keyring | sed 1d >>"$T/commit" &&
	git hash-object -t commit -w "$T/commit"
}

test_expect_success 'a keyring with a policy file that nobody knows is refused' '
	(
		cd c && echo "*.bak" >.vaultignore && git add . && git commit -q -m again &&
		git push -q origin main && git vault policy accept >"$T/out" 2>&1 &&
		for name in policy.x policy.gitvault.yml policy.gitvault.yaml.orig \
			policy..gitvault.yaml policy. policy.vaultignore.d/x
		do
			refused git push origin "$(with_file $name x):refs/vault/keyring" &&
			test_grep "1 file that git vault never makes" "$T/err" || return 1
		done && synced keyring
	) && copies
'

test_done
