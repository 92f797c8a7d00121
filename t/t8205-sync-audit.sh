#!/bin/sh
# shellcheck disable=SC2154

test_description='clones on one host each have a chain of the audit of their own'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

own_hosts=''

# As all others call it, but nothing of the audit is taken away before.
sync () {
	as "$1" git vault sync >"$top/$1/sync.out" 2>"$top/$1/sync.err"
}

# tell WHO: an event, by looking at values
tell () {
	as "$1" git vault restore latest --to "$top/$1/out" >/dev/null 2>&1 &&
		rm -rf "${top:?}/$1/out"
}

# is_whole WHO [OPTION…]: nothing of any chain is missing or was changed, and
# somebody of the keyring has signed all of it
is_whole () {
	whose_=$1
	shift
	as "$whose_" git vault audit verify --signed "$@" >whole.out 2>whole.err
}

# chain_of WHO: the ref that it writes
chain_of () {
	as "$1" sh -c 'echo "refs/vault/audit/$(git config vault.auditName ||
		hostname | sed "s/[^a-zA-Z0-9_.]/-/g")"'
}

test_expect_success 'three clones on one host, of which each tells of something' '
	start_team && join bob cid && for who in bob cid
	do
		as alice git vault key signer $who \
			"$(sed -n 2p $who.pub)" >/dev/null || return 1
	done && test_tick && take alice one >id &&
	sync alice && sync bob && sync cid && tell alice && tell bob && tell cid
'

test_expect_success 'each has a chain of its own in the end, and that is no conflict' '
	for who in alice bob cid alice bob cid
	do
		sync $who && test_grep " 0 in conflict\|nothing else" $who/sync.err ||
			return 1
	done &&
	for who in alice bob cid
	do
		chain_of $who || return 1
	done >chains && sort -u chains >different && test_line_count = 3 different
'

test_expect_success 'all of them are everywhere, whole, and nothing was lost' '
	is_same alice bob cid && records alice/clone >refs &&
	while read -r chain
	do
		test_grep "^$chain " refs || return 1
	done <different &&
	for who in alice bob cid
	do
		is_whole $who && is_whole $who --remote origin || return 1
	done &&
	as alice git vault audit list >out &&
	test "$(grep -c " unseal " out)" -ge 3
'

test_expect_success 'from then on each goes on with its own' '
	before=$(as bob git rev-parse $(chain_of bob)) && chain_of bob >name &&
	tell bob && tell alice && sync bob && sync alice && sync bob &&
	test $before != $(as bob git rev-parse $(chain_of bob)) &&
	chain_of bob >now && test_cmp name now &&
	is_whole alice && is_whole bob
'

test_expect_success 'an end that was seen on the remote and is cut off is told' '
	sync cid && sync alice && sync bob &&
	for who in alice bob cid
	do
		as $who git config vault.auditName || echo $who
	done | grep "^[a-z]*\$" >first && first=$(cat first) && ref=$(chain_of $first) &&
	is_whole $first --remote origin &&
	ours=$(as $first git rev-parse $ref) && tell $first &&
	new=$(as $first git rev-parse $ref) &&
	other=$(as $first git commit-tree -m forged -p $ours~1 $ours^{tree}) &&
	as $first git push -q -f origin $other:$ref &&
	test_expect_code 1 as $first git vault sync >out 2>err &&
	test_grep "^conflict ${ref#refs/vault/}" out &&
	test $new = $(as $first git rev-parse $ref) &&
	chain_of $first >now && test "$(cat now)" = $ref
'

test_done
