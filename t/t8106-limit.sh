#!/bin/sh
# shellcheck disable=SC2154

test_description='a limit of what the vault takes: the oldest automatic ones go, nothing else'
. "$(dirname "$0")/test-lib.sh"

# noise FILE: 300 KB that no compression makes smaller
noise () {
	head -c 300000 /dev/urandom >"$1"
}

# at SECONDS COMMAND...: as if it were that much later
at () {
	GIT_VAULT_TEST_TIME=$((1700000000 + $1))
	export GIT_VAULT_TEST_TIME
	shift
	"$@"
	at_=$?
	unset GIT_VAULT_TEST_TIME
	return $at_
}

saves () {
	git -C p vault list --auto --id-only
}

snapshots () {
	git -C p vault list --id-only 2>/dev/null
}

fold () {
	at 90000 git -C p vault fold "$@"
}

test_expect_success 'a limit that nobody accepted, or that is none, lets nothing go' '
	git init -q p && echo one >p/f && git -C p add f && test_tick && git -C p commit -q -m one &&
	for i in 1 2 3 4 5 6
	do
		noise p/data && at $((i * 100)) git -C p vault -q snapshot --auto || return 1
	done >out && echo "snapshots: {}" >p/.gitvault.yaml && git -C p vault policy accept --yes &&
	printf "snapshots: {limit: 1MiB}\n" >p/.gitvault.yaml &&
	test_expect_code 1 git -C p vault policy diff >out && test_grep "how much space the vault may take" out &&
	fold 2>err && test_grep ! "removed" err && saves >out && test_line_count = 6 out &&
	printf "snapshots: {limit: 20}\n" >p/.gitvault.yaml &&
	test_must_fail git -C p vault policy accept --yes 2>err && test_grep "a size such as 20GiB" err
'

test_expect_success 'the oldest saves go, and what went is said' '
	printf "snapshots: {limit: 1MiB}\n" >p/.gitvault.yaml && git -C p vault policy accept --yes &&
	saves >before && fold 2>err && test_grep "removed [1-9] automatic saves, the oldest first" err &&
	test_grep "limit is 1.00 MiB" err && saves >after && test_line_count -lt 6 after &&
	test_line_count -gt 0 after && head -n "$(wc -l <after)" before >expect && test_cmp expect after &&
	git -C p vault restore "auto:now" --to ../back && cmp p/data back/data &&
	fold 2>err && test_grep ! removed err && git -C p vault verify --all >out
'

test_expect_success 'then automatic snapshots, never one that is pinned, tagged, the newest or of a person' '
	for i in 1 2 3 4 5 6
	do
		noise p/data && at $((1000 + i * 100)) git -C p vault -q snapshot --trigger hook || return 1
	done >hooks && noise p/data && at 2000 git -C p vault -q snapshot >mine && noise p/data &&
	at 2100 git -C p vault -q snapshot --trigger hook >>hooks &&
	git -C p vault pin "$(sed -n 1p hooks)" && git -C p vault tag "$(sed -n 2p hooks)" named &&
	fold 2>first && test_grep "removed .*automatic snapshot" first && snapshots >out &&
	test_grep "$(cat mine)" out && test_grep "$(sed -n 7p hooks)" out &&
	test_grep "$(sed -n 1p hooks)" out && test_grep "$(sed -n 2p hooks)" out &&
	test_grep ! "$(sed -n 3p hooks)" out && git -C p vault undelete "$(sed -n 3p hooks)" &&
	git -C p vault pin "$(sed -n 3p hooks)" &&
	git -C p vault audit list --kind prune >log && test_grep "snapshots.limit" log
'

test_expect_success 'nothing that is newer replaces the last one of this clone, an environment, or all files' '
	for r in q other
	do
		git init -q $r && echo one >$r/f && git -C $r add f && git -C $r commit -q -m one && noise $r/data || return 1
	done && git -C q config vault.limit 1MiB && at 100 git -C q vault -q snapshot --trigger ci --env prod >want &&
	noise q/data && at 200 git -C q vault -q snapshot --trigger ci --env test >>want &&
	noise q/data && at 300 git -C q vault -q snapshot --trigger hook >>want &&
	noise q/some && at 400 git -C q vault -q snapshot --trigger hook --only some >>want &&
	at 500 git -C other vault -q snapshot --trigger hook >>want &&
	git -C q fetch -q ../other "refs/vault/snapshots/*:refs/vault/snapshots/*" && at 90000 git -C q vault fold 2>err &&
	test_grep ! removed err && test_grep "its limit is" err && git -C q vault list --id-only | sort >out && test_cmp want out
'

test_expect_success 'what must stay may take more, which is reported once for each limit' '
	test_grep "warning: the vault takes .*its limit is 1.00 MiB" first && fold 2>err && test_grep ! "its limit" err &&
	fold --json >json 2>err && test_grep "\"limit\":{\"bytes\":1048576,\"exceeded\":true" json &&
	git -C p config vault.limit 1100KiB && fold 2>err && test_grep "its limit is 1.07 MiB" err &&
	fold 2>err && test_grep ! "its limit" err && git -C p config --unset vault.limit
'

test_expect_success 'the limit of the user goes before that of the policy, as a part of the disk, too' '
	git -C p config vault.limit 10% && fold --json >json && test_grep "\"exceeded\":false" json &&
	git -C p config vault.limit 10 && fold 2>err && test_grep "vault.limit is .10." err &&
	git -C p config --unset vault.limit
'

test_expect_success 'saves that could not meet the limit stay, and fold -n says what would go' '
	git init -q v && head -c 1200000 /dev/urandom >v/big && git -C v config vault.limit 1MiB && at 0 git -C v vault -q snapshot >id &&
	for i in 1 2 3
	do
		echo $i >v/w && at $((i * 100)) git -C v vault -q snapshot --auto || return 1
	done >out && git -C v vault list --auto --id-only >before && at 90000 git -C v vault fold 2>err && test_grep ! "removed" err &&
	test_grep "automatic saves stay, too" err && git -C v vault list --auto --id-only >after && test_cmp before after &&
	noise v/w && at 400 git -C v vault -q snapshot --auto >out && noise v/w && at 500 git -C v vault -q snapshot --auto >out &&
	git -C v vault list --auto --id-only >before && at 90000 git -C v vault fold -n 2>err && test_grep "would remove [1-9] automatic save" err &&
	git -C v vault list --auto --id-only >after && test_cmp before after && at 90000 git -C v vault fold 2>err && test_grep "removed [1-9] automatic save" err
'

test_done
