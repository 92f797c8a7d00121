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
		sync $who && test_grep ! "in conflict" $who/sync.err ||
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

# first_of: who writes the chain that has the name of the host alone
first_of () {
	for who in alice bob cid
	do
		as $who git config vault.auditName >out || echo $who
	done | grep "^[a-z]*$"
}

# is_forgery_told WHO REMOTE: of what was seen there by a verify, the last event
# is written anew there: that is told, and ours stays
is_forgery_told () {
	ref=$(chain_of $1) && is_whole $1 --remote "$2" &&
	ours=$(as $1 git rev-parse $ref) && tell $1 &&
	new=$(as $1 git rev-parse $ref) &&
	other=$(as $1 git commit-tree -m forged -p "$ours~1" "$ours^{tree}") &&
	as $1 git push -q -f "$2" $other:$ref &&
	test_expect_code 1 as $1 git vault sync "$2" >out 2>err &&
	test_grep "^conflict ${ref#refs/vault/}" out &&
	test "$new" = "$(as $1 git rev-parse $ref)" &&
	chain_of $1 >now && test "$(cat now)" = $ref
}

test_expect_success 'an end that was seen on the remote and is cut off is told' '
	sync cid && sync alice && sync bob && first=$(first_of) &&
	is_forgery_told $first origin
'

test_expect_success 'whatever the remote is called' '
	long=$(printf "%041d" 7) &&
	for name in team/o $long
	do
		git init -q --bare "$name" && as $first git remote add "$name" \
			"$top/$name" && as $first git vault sync "$name" &&
		is_forgery_told $first "$name" || return 1
	done
'

# stray WHO COMMIT: what stands on the remote as the chain that WHO writes
stray () {
	as $1 git push -q -f origin "$2:$(chain_of $1)"
}

# goes_on WHO: its chain is whole, and more is told
goes_on () {
	ref_=$(chain_of $1) && host_=${ref_#refs/vault/audit/} &&
	tip_=$(as $1 git rev-parse "$ref_") && is_whole $1 --host "$host_" &&
	tell $1 && test "$(as $1 git rev-parse "$ref_")" != $tip_ &&
	as $1 git merge-base --is-ancestor $tip_ "$ref_" &&
	is_whole $1 --host "$host_"
}

test_expect_success 'what is no event is not taken, and the chain goes on' '
	as $first git push -q -f origin $(chain_of $first) && sync $first &&
	ref=$(chain_of $first) && tip=$(as $first git rev-parse $ref) &&
	for commit in $(as $first git commit-tree -m none -p $tip "$tip^{tree}") \
		$(as $first git commit-tree -m none "$tip^{tree}") \
		$(as $first git rev-parse HEAD)
	do
		stray $first $commit && goes_on $first &&
		test_expect_code 1 sync $first &&
		test_grep "^conflict ${ref#refs/vault/}: .*not one of its events\|another clone" \
			$first/sync.out &&
		test "$(chain_of $first)" = $ref && goes_on $first || return 1
	done &&
	as $first git push -q origin +$ref && sync $first
'

test_expect_success 'of a chain that is not here it is told how it goes away there' '
	as $first git push -q origin HEAD:refs/vault/audit/ghost &&
	test_expect_code 1 sync $first &&
	$(sed -n "s/^conflict audit.ghost: .*to delete it: \(git push origin :[^ ]*\).*/as $first \1/p" \
		$first/sync.out) && sync $first
'

test_expect_success 'nor is one that nobody in the keyring has signed, on our own' '
	tip=$(as $first git rev-parse $ref) &&
	forged=$(as $first git cat-file commit $tip |
		sed "/^Vault-Signature:/d; s/^parent .*/parent $tip/" |
		as $first git hash-object -t commit -w --stdin) &&
	stray $first $forged && test_expect_code 1 sync $first &&
	test_grep "is signed by nobody of the keyring" $first/sync.out &&
	newer=$(as $first git cat-file commit $forged |
		sed "s/^Vault-Format: .*/Vault-Format: 99/" |
		as $first git hash-object -t commit -w --stdin) &&
	stray $first $newer && test_expect_code 1 sync $first &&
	test_grep "^conflict ${ref#refs/vault/}" $first/sync.out &&
	goes_on $first && as $first git push -q origin +$ref && sync $first
'

# named WHO: whether it goes by a name of its own
named () {
	as "$1" git config vault.auditName >name.out
}

# marks WHO ENV: an event that anybody can tell
marks () {
	as "$1" git vault -q good mark --reason "by $1" "$2" >mark.out
}

# again WHO: its clone is made anew
again () {
	rm -rf "${top:?}/$1/clone" &&
		git clone -q "$top/remote" "$top/$1/clone"
}

test_expect_success 'a clone with another key or none begins one of its own' '
	host=$(hostname | sed "s/[^a-zA-Z0-9_.]/-/g") && clone dan && again cid &&
	tip=$(git -C remote rev-parse refs/vault/audit/$host) &&
	as $first git rev-parse refs/vault/audit/$host >expect &&
	for who in dan cid
	do
		sync $who && named $who && marks $who prod && sync $who &&
		sync $first && sync $who &&
		test "$(as $who git rev-parse refs/vault/audit/$host)" = $tip &&
		is_same $first $who || return 1
	done && as $first git vault audit list >out && grep -c "good-mark" out >n &&
	test "$(cat n)" = 2 && as $first git rev-parse refs/vault/audit/$host >actual &&
	test_cmp expect actual && is_whole $first --host $host
'

test_expect_success 'a dry run names nothing' '
	again dan && as dan git vault sync -n >out && ! named dan
'

test_expect_success 'a clone by whose key it ends goes on with it, made anew as well' '
	again $first && sync $first && ! named $first && goes_on $first &&
	sync $first && is_whole $first --remote origin --host $host
'

test_expect_success 'nor is anything lost with what is kept beside the refs' '
	rm -r "$first/clone/.git/vault" && goes_on $first && sync $first &&
	! named $first && is_whole $first --remote origin --host $host
'

# falls_in WHO: it tells of something in the chain that another one writes
falls_in () {
	again "$1" && sync "$1" && as "$1" git config --unset vault.auditName &&
		marks "$1" "$1" && sync "$1"
}

# in_list WHO WORD…: events that say so are there
in_list () {
	whose_=$1
	shift
	as "$whose_" git vault audit list --json >list.out && for word_ in "$@"
	do
		test_grep "\"$word_\"" list.out || return 1
	done
}

test_expect_success 'where two have told in one, what is advised loses nothing of either' '
	falls_in dan && for attempt in 1 2
	do
		test_expect_code 1 sync $first || return 1
	done &&
	test_grep "^conflict audit/$host: .*signed by nobody of the keyring" \
		$first/sync.out && test_grep ! "git push" $first/sync.out &&
	advice=$(sed -n "s/^conflict audit.*: \(git config --local vault.auditName\) .*/\1/p" \
		$first/sync.out) && as $first $advice mine &&
	sync $first && marks $first mine && sync $first && again dan && sync dan &&
	for who in $first dan
	do
		in_list $who "by dan" "by $first" || return 1
	done && test "$(git -C remote for-each-ref refs/vault/audit/mine)" &&
	is_same $first dan && is_whole $first --host mine
'

# warned WHO WORDS: its sync tells of the chain of the first, and sends it
warned () {
	sync "$1" && test_grep "warning: the remote .origin. had the audit chain $host \
up to [0-9a-f]*, and has $2" "$1/sync.err" &&
		test_grep "^pushed   audit/$host$" "$1/sync.out" &&
		sync "$1" && test_grep ! warning "$1/sync.err"
}

test_expect_success 'what the remote has lost of a chain is said when it comes back' '
	tip=$(git -C remote rev-parse refs/vault/audit/mine) && host=mine &&
	marks $first lost && sync $first && test_grep ! warning $first/sync.err &&
	marks $first lost && sync $first && test_grep ! warning $first/sync.err &&
	sync dan && test_grep ! warning dan/sync.err &&
	for who in $first dan
	do
		for way in plain fetched
		do
			git -C remote update-ref refs/vault/audit/mine $tip &&
			{ test $way = plain || as $who git fetch -q origin \
				+refs/vault/audit/*:refs/vault-remote/origin/audit/*; } &&
			test_expect_code 1 as $who git vault audit verify --remote origin \
				--host mine >out && test_grep "has lost or rewritten it" out &&
			warned $who "lost its end" || return 1
		done &&
		git -C remote update-ref -d refs/vault/audit/mine &&
		warned $who "none of it any more" || return 1
	done &&
	git -C remote update-ref refs/vault/audit/mine $tip &&
	as $first git vault sync -n >out 2>err && test_grep "lost its end" err &&
	as $first git vault sync --push-only >out 2>err && test_grep "lost its end" err
'

test_expect_success 'a remote that has nothing is a new one' '
	git init -q --bare fresh && as $first git remote set-url origin "$top/fresh" &&
	sync $first && test_grep ! warning $first/sync.err &&
	as $first git remote set-url origin "$top/remote"
'

test_expect_success 'pipelines without a key go on in one, a clone each' '
	rm -rf remote && git init -q --bare remote && clone eve && as eve sh -c "
		git commit -q --allow-empty -m one && git push -q origin HEAD" &&
	for n in 1 2 3
	do
		again eve && sync eve && marks eve prod && sync eve && ! named eve ||
			return 1
	done && git -C remote for-each-ref refs/vault/audit >refs &&
	test_line_count = 1 refs && as eve git vault audit list >out &&
	test "$(grep -c good-mark out)" = 3
'

# shallowly WHO…: clones of what the remote has now, without what was before
shallowly () {
	for who in "$@"
	do
		rm -rf "$top/$who/clone" && git clone -q --depth 1 \
			"file://$top/remote" "$top/$who/clone" || return 1
	done
}

test_expect_success 'that a clone is shallow makes no conflict of two whole chains' '
	rm -rf remote && git init -q --bare remote && again eve && as eve sh -c "
		git commit -q --allow-empty -m one &&
		git commit -q --allow-empty -m two && git push -q origin HEAD" &&
	shallowly dan eve && marks dan prod && sync dan &&
	marks eve stage && sync eve && test_grep "^merged   audit/" eve/sync.out &&
	named eve && sync dan && is_same dan eve &&
	as dan git vault audit list >out && test "$(grep -c good-mark out)" = 2
'

test_expect_success 'one that is cut itself does, until the rest is fetched' '
	shallowly dan && sync dan && marks eve stage && sync eve &&
	marks eve stage && sync eve && ref=$(chain_of eve) &&
	as dan git update-ref -d $ref && as dan git fetch -q --depth 1 origin \
		"+refs/vault/*:refs/vault-remote/origin/*" &&
	as dan git update-ref $ref $(as dan git commit-tree -m odd \
		$(as dan git rev-parse "HEAD^{tree}")) &&
	test_expect_code 1 sync dan && test_grep \
		"^conflict ${ref#refs/vault/}: .*git fetch --unshallow" dan/sync.out &&
	as dan git fetch -q --unshallow && test_expect_code 1 sync dan &&
	test_grep ! shallow dan/sync.out
'

test_done
