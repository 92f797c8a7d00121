# shellcheck shell=sh disable=SC2034,SC2154
# Snapshots at chosen times, and what becomes of them. Source this after
# test-lib.sh and lib-snapshot.sh.
#
#	at '2026-03-01 10:00' -t prod && march=$snapshot
#	now_is '2026-03-02 00:00' && kept --keep-last 1

# at TIME [OPTION…]: a snapshot at that time, which names none as its previous;
# options as of snapshot_take.
at () {
	snapshot_previous=
	then_at "$@"
}

# The same, taken after the last one.
then_at () {
	test_tick=$(($(date -u -d "$1" +%s) - 60)) || return 1
	shift
	snapshot_take "$@"
}

# now_is TIME: what git-vault takes for the present from here on.
now_is () {
	GIT_VAULT_TEST_TIME=$(date -u -d "$1" +%s)
	export GIT_VAULT_TEST_TIME
}

# The ids that there are, the newest first.
listed () {
	git vault list --json | tr , '\n' |
		sed -n 's/.*"id": *"\([^"]*\)".*/\1/p'
}

# judged keep|drop [RULE…]: the ids with that verdict in a dry run.
judged () {
	verdict_=$1
	shift
	git vault prune -n "$@" >judged.out 2>judged.err || return
	awk -v verdict="$verdict_" '$1 == verdict { print $2 }' judged.out
}

# reasons ID [RULE…]: why, in a dry run.
reasons () {
	id_=$1
	shift
	git vault prune -n "$@" >reasons.out 2>reasons.err || return
	awk -v id="$id_" 'NR == 1 { at = index($0, "REASON") }
		$2 == id { print substr($0, at) }' reasons.out
}

# expect_kept ID… -- [RULE…]: exactly these stay, in this order.
expect_kept () {
	: >expect_kept
	while test $# != 0 && test "$1" != --
	do
		echo "$1" >>expect_kept
		shift
	done
	test $# = 0 || shift
	judged keep "$@" >actual_kept && test_cmp expect_kept actual_kept
}
