#!/bin/sh
# shellcheck disable=SC2154

test_description='receipts of a server are read: by sync, list, doctor and prune

The server is a bare repository with our hooks, which signs by a key of its own.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-push.sh"

server_ref=refs/vault/server/git.example
chain=refs/vault-remote/origin/server/git.example

# The hooks run in the environment of who pushes, so it is the server's key that
# is named here, and the clone has none.
synced () {
	GIT_VAULT_IDENTITY=$signer git vault sync "$@" >"$T/out" 2>"$T/err"
}

# snap: a snapshot, its id
snap () {
	test_tick && GIT_VAULT_IDENTITY= git vault -q snapshot --force | tail -n 1
}

# field ID PROGRAM: of what list says of a snapshot
field () {
	git vault list --json >"$T/json" 2>"$T/err" &&
		jq -r --arg id "$1" ".snapshots[] | select(.id == \$id) | $2" \
			"$T/json"
}

# receipt_of ID: the file on the server's chain
receipt_of () {
	echo "$(echo "$1" | cut -c1-6)/$1"
}

# replace_receipt ID -S | --no-gpg-sign: by $T/receipt, in a commit so signed
replace_receipt () {
	(
		cd "$server" && GIT_INDEX_FILE=$T/index && export GIT_INDEX_FILE &&
		rm -f "$T/index" && git read-tree "$server_ref" &&
		git update-index --add --cacheinfo \
			"100644,$(git hash-object -w "$T/receipt"),$(receipt_of "$1")" &&
		tree=$(git write-tree) &&
		commit=$(git -c gpg.format=ssh -c user.signingKey="$signer" \
			commit-tree "$2" -p "$server_ref" -m receipts "$tree") &&
		git update-ref "$server_ref" "$commit"
	)
}

test_expect_success 'a server with hooks and a key, and a clone that syncs' '
	signer=$T/server && ssh-keygen -q -t ed25519 -N "" -C server -f "$signer" &&
	push_server srv.git && git -C srv.git config vault.receive.name git.example &&
	push_clone srv.git c && cd c && snap >$T/one && synced &&
	test_grep "^pushed   snapshots/$(cat $T/one)" $T/out &&
	git -C "$server" rev-parse "$server_ref"
'

test_expect_success 'what was sent is known to be there at once' '
	cd c && git vault list --on origin --id-only >actual &&
	test_cmp $T/one actual && git vault list --not-on origin --id-only >actual &&
	test_must_be_empty actual && id=$(cat $T/one) &&
	test "$(field $id ".remotes[0].name")" = origin &&
	test "$(field $id ".remotes[0].time")" = null
'

test_expect_success 'a sync brings the receipts, and does not merge or push them' '
	cd c && synced && git rev-parse "$chain" &&
	test_must_fail git rev-parse -q --verify "$server_ref" &&
	test_grep "is in sync with this clone" $T/err && id=$(cat $T/one) &&
	field $id .remotes >actual && test_grep "\"server\": \"git.example\"" actual &&
	test "$(field $id ".remotes[0].time")" = \
		"$(git cat-file -p "$chain:$(receipt_of $id)" | sed -n "s/^time //p")" &&
	test "$(field $id ".remotes[0].signed")" = unknown
'

test_expect_success 'they come along whatever refs a sync is for' '
	cd c && snap >$T/two && synced --refs "snapshots/*" && synced --refs "state/*" &&
	test "$(field $(cat $T/two) ".remotes[0].signed")" = unknown
'

test_expect_success 'doctor says by what to believe the key, and that is believed' '
	cd c && git config core.fsync committed,reference &&
	test_might_fail git vault doctor --json >$T/json &&
	command=$(jq -r ".findings[] | select(.kind == \"receipts_unknown\").command" \
		$T/json) && print=$(ssh-keygen -lf "$signer.pub" | cut -d" " -f2) &&
	jq -r ".findings[] | select(.kind == \"receipts_unknown\").message" $T/json >out &&
	test_grep -F "$print" out && eval "$command" &&
	test "$(git config vault.receiptSigner)" = \
		"$(cut -d" " -f1,2 "$signer.pub")" &&
	test "$(field $(cat $T/one) ".remotes[0].signed")" = known &&
	test_might_fail git vault doctor --json >$T/json &&
	test "$(jq ".findings[] | select(.kind | startswith(\"receipts\"))" $T/json)" = ""
'

test_expect_success 'a word that is no key is told, and nothing is decided by it' '
	cd c && test_expect_code 128 git -c vault.receiptSigner="age1xyz" \
		vault prune -n 2>err && test_grep "vault.receiptSigner" err &&
	test_might_fail git -c vault.receiptSigner="age1xyz" vault doctor >out &&
	test_grep "vault.receiptSigner" out &&
	git -c vault.receiptSigner="age1xyz" vault list --json >out 2>err &&
	test_grep "warning: vault.receiptSigner" err && test_grep "$(cat $T/two)" out
'

test_expect_success 'doctor says how many are there, and since when' '
	cd c && test_might_fail git vault doctor --json >$T/json &&
	test "$(jq -r ".remotes[0] | .name, .snapshots, .newest, .signed" $T/json |
		tr "\n" " ")" = "origin 2 $(cat $T/two) known " &&
	test_might_fail git vault doctor -v >out &&
	test_grep "^on origin *2 of them, .*$(cat $T/two), received .* (known)" out
'

# unsent GRADE
unsent () {
	test_might_fail git vault doctor --json >"$T/json" &&
		test "$(jq -r '.findings[] | select(.kind == "snapshots_unsent").grade' \
			"$T/json")" = "$1"
}

test_expect_success 'what is on no remote is told after a day' '
	cd c && unsent "" && snap >$T/three && git vault list --not-on origin --id-only >actual &&
	test_cmp $T/three actual && unsent "" &&
	later=$((test_tick + 90000)) && (
		GIT_VAULT_TEST_TIME=$later && export GIT_VAULT_TEST_TIME &&
			unsent warning && test_expect_code 1 git vault doctor >out
	) && test_grep "no remote has the newest 1 of 3 snapshots" out &&
	test_grep "^    git vault sync origin$" out && synced && unsent ""
'

test_expect_success 'list -v names the remotes' '
	cd c && git init -q --bare ../other.git && git remote add other ../other.git &&
	git vault list -v >out && test_grep "VERIFIED *ON *BRANCH" out &&
	test_grep "$(cat $T/two) .* origin " out &&
	git vault list --on other 2>err &&
	test_grep "no snapshot was seen on other yet; to fetch its snapshots: git vault sync other" err &&
	synced other && git vault list -v >out &&
	test_grep "$(cat $T/two) .* origin,other " out &&
	git vault list >out && test_grep ! " ON " out &&
	test_expect_code 129 git vault list --on nowhere 2>err &&
	test_grep "no remote .nowhere." err && git remote remove other
'

test_expect_success 'where there is no remote nothing is said of any' '
	test_create_repo alone && (
		cd alone && echo x >f && git vault -q snapshot &&
		git vault list -v >out && test_grep ! " ON " out &&
		git vault list --json | jq ".snapshots[0].remotes" >out &&
		echo "[]" >expect && test_cmp expect out
	)
'

# ---- retention ----

# at SECONDS COMMAND…: with the clock so far from the last tick
at () {
	at_=$(($1 + test_tick)) && shift && (
		GIT_VAULT_TEST_TIME=$at_ && export GIT_VAULT_TEST_TIME && "$@"
	)
}

# snap_at SECONDS: a snapshot of a clock that is ahead by so much
snap_at () {
	test_tick && at "$1" env GIT_VAULT_IDENTITY= \
		git vault -q snapshot --force | tail -n 1
}

# why ID: what prune says of it
why () {
	git vault prune -n --keep-last 1 --json >"$T/json" 2>"$T/err" &&
		jq -r --arg id "$1" '.snapshots[] | select(.id == $id) |
			"\(.action) \(.reasons | join("; "))"' "$T/json"
}

test_expect_success 'a clock that is ahead is known by the receipt' '
	git -C "$server" config vault.receive.maxAhead 900d && cd c &&
	snap_at 31536000 >$T/a && snap_at 31536060 >$T/b && synced && synced &&
	a=$(cat $T/a) && snap >$T/now && time=$(field $a ".remotes[0].time") &&
	echo "drop last: 1 newer one; time by receipt: $time" >expect &&
	why $a >actual && test_cmp expect actual &&
	why $(cat $T/b) >out && test_grep "^keep newest of its group" out &&
	test_grep "time by receipt: $time" out &&
	why $(cat $T/now) >out && test_grep "^keep last 1 of 1" out &&
	test_grep ! "by receipt" out
'

test_expect_success 'where no key is believed, or another one, nothing is taken' '
	cd c && ssh-keygen -q -t ed25519 -N "" -f $T/other && rm -f $T/said &&
	for key in "$T/other.pub" ""
	do
		test_might_fail git config --unset-all vault.receiptSigner &&
		{
			test -z "$key" || git config vault.receiptSigner "$key"
		} && why $(cat $T/a) >>$T/said || return 1
	done && git config vault.receiptSigner "$signer.pub" &&
	printf "%s\n" "keep from the future" "keep from the future" >expect &&
	test_cmp expect $T/said
'

test_expect_success 'a pinned one stays, whatever its receipt says' '
	cd c && git vault -q pin $(cat $T/a) && why $(cat $T/a) >out &&
	test_grep "^keep pinned; time by receipt" out &&
	git vault -q unpin $(cat $T/a)
'

test_expect_success 'a server prunes by its own chain' '
	git -C "$server" config vault.receiptSigner "$signer.pub" && (
		cd "$server" && why $(cat $T/a) >$T/out &&
		test_grep "time by receipt" $T/out
	)
'

test_expect_success 'the prune does what it said' '
	cd c && git vault prune --keep-last 1 --json >$T/json &&
	jq -r ".snapshots[] | select(.action == \"drop\").id" $T/json >$T/ids &&
	sort $T/ids >actual && sort $T/one $T/two $T/three $T/a >expect &&
	test_cmp expect actual && git vault list --id-only >$T/ids &&
	sort $T/ids >actual && sort $T/now $T/b >expect && test_cmp expect actual
'

# ---- what is not as it should be ----

test_expect_success 'a receipt of another commit is told, and counts as none' '
	cd c && snap >$T/four && id=$(cat $T/four) && synced && synced &&
	test "$(field $id ".remotes[0].signed")" = known &&
	git -C "$server" cat-file -p "$server_ref:$(receipt_of $id)" |
		sed "s/^commit .*/commit $(git rev-parse HEAD)/" >$T/receipt &&
	replace_receipt $id -S && synced &&
	test "$(field $id ".remotes[0].time")" = null &&
	test_grep "receipt of git.example on origin names a different commit" $T/err &&
	test_expect_code 1 git vault doctor >out &&
	test_grep "1 receipts of .origin. name other commits" out
'

test_expect_success 'what comes behind the last signed commit is not signed' '
	cd c && id=$(cat $T/b) && why $id >out && test_grep "by receipt" out &&
	git -C "$server" cat-file -p "$server_ref:$(receipt_of $id)" |
		sed "s/^time .*/time 2001-01-01T00:00:00Z/" >$T/receipt &&
	replace_receipt $id --no-gpg-sign && synced &&
	test "$(field $id ".remotes[0].signed")" = unsigned &&
	test "$(field $(cat $T/now) ".remotes[0].signed")" = known &&
	why $id >out && test_grep ! "by receipt" out &&
	test_expect_code 1 git vault doctor >out &&
	test_grep "newest receipts of git.example on .origin. are not signed" out
'

test_expect_success 'a signature of something else is told' '
	cd c && (
		cd "$server" && git cat-file commit "$server_ref~1" |
			sed "s/^receipts$/others/" >$T/commit &&
		git update-ref "$server_ref" \
			"$(git hash-object -t commit -w $T/commit)"
	) && test_expect_code 1 synced && test_expect_code 1 git vault doctor >out &&
	test_grep "do not match their signature: they were" out &&
	test "$(field $(cat $T/b) ".remotes[0].signed")" = known
'

test_expect_success 'a chain that was written anew is told until that is accepted' '
	cd c && test_expect_code 1 synced && test_grep \
		"^conflict server/git.example: .*lost or rewritten them" $T/out &&
	snap >$T/five && test_expect_code 1 synced &&
	test_grep "remove .*/.git/vault/receipts-seen" $T/out &&
	git -C "$server" rev-parse refs/vault/snapshots/$(cat $T/five) &&
	rm .git/vault/receipts-seen && synced && synced
'

test_expect_success 'one that is gone is told as well' '
	cd c && tip=$(git -C "$server" rev-parse "$server_ref") &&
	git -C "$server" update-ref -d "$server_ref" &&
	test_expect_code 1 synced && test_grep "has none of them any more" $T/out &&
	test_must_fail git rev-parse -q --verify "$chain" &&
	git -C "$server" update-ref "$server_ref" $tip && synced
'

test_expect_success 'a sync of what is young brings them, and misses them, too' '
	cd c && snap >$T/young && synced && tip=$(git -C "$server" rev-parse "$server_ref") &&
	test "$(git rev-parse "$chain")" != "$tip" && synced --since 2001-01-01 &&
	test "$(git rev-parse "$chain")" = "$tip" &&
	git -C "$server" update-ref -d "$server_ref" &&
	test_expect_code 1 synced --since 2001-01-01 &&
	test_grep "has none of them any more" $T/out &&
	test_must_fail git rev-parse -q --verify "$chain" &&
	git -C "$server" update-ref "$server_ref" $tip &&
	synced --since 2001-01-01 && synced
'

test_expect_success 'a clone that lacks what is between accuses nobody' '
	git clone -q --depth 1 "file://$server" short && (
		cd short && git config vault.auditName short &&
		git vault -q init 2>$T/err && git vault sync >$T/out
	) && for n in 1 2 3
	do
		(cd c && snap >$T/more && synced) || return 1
	done && cd short && git fetch -q --depth 1 &&
	git vault sync >$T/out && test_grep ! "rewritten" $T/out &&
	git fetch -q --unshallow && git vault sync >$T/out
'

test_expect_success 'what cannot be read is named, and the rest stands' '
	cd c && printf "no receipt\n" >$T/receipt && id=$(cat $T/b) &&
	replace_receipt $id -S && synced && field $id .id >out &&
	test_grep "receipt is damaged" $T/err &&
	test_expect_code 3 git vault prune -n --keep-last 1 >out 2>err &&
	test_grep "no receipt of a snapshot" err &&
	test_expect_code 1 git vault doctor >out &&
	test_grep "1 receipts of .origin. cannot be read" out &&
	(
		cd "$server" && git update-ref refs/vault/server/none \
			"$(git rev-parse "$server_ref:$(receipt_of $id)")"
	) && synced && test_expect_code 3 git vault list --json >$T/json 2>$T/err &&
	test_grep "server/none" $T/err && git vault list >out
'

test_done
