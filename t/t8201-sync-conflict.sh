#!/bin/sh
# shellcheck disable=SC2154

test_description='sync: two that have saved versions of one state, and what no rule merges'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

net=refs/vault/state/prod/net

tip () {
	git -C "$top/$1" rev-parse "$2"
}

# serials WHO: of all versions, the newest first
serials () {
	on "$1" git vault state log --env prod --stack net --json |
		tr ',{' '\n\n' | sed -n 's/^"serial"://p' | tr '\n' ' '
}

# given WHO SERIAL FILE: it gives that version back, byte for byte
given () {
	rm -f "$top/$1/clone/back" &&
		on "$1" git vault -q state restore --env prod --stack net \
			--to back "$2" 2>/dev/null && cmp "$3" "$top/$1/clone/back"
}

# part: alice saves 2 and 3 of net, bob 12 and 13, of the same 1
part () {
	save_state alice net 2 && save_state alice net 3 &&
		save_state bob net 12 && save_state bob net 13
}

# What one has looked at, the audit tells the other.
settle () {
	sync bob && sync alice && sync bob && is_same alice bob
}

test_expect_success 'two clones that have a state' '
	start_team && join bob && save_state alice net 1 && sync alice &&
	sync bob && is_same alice bob
'

test_expect_success 'a conflict is told with both sides, and left alone' '
	part && sync alice && before=$(tip bob/clone $net) && test_tick &&
	take bob beside >id && test_expect_code 1 sync bob &&
	test_grep "^conflict state/prod/net: .*this clone serial 13 of .*the remote serial 3 of " \
		bob/sync.out &&
	test_grep "sync --resolve ours prod/net" bob/sync.out &&
	test "$(tip bob/clone $net)" = "$before" &&
	test "$(tip remote $net)" = "$(tip alice/clone $net)"
'

test_expect_success 'all else went on beside it' '
	tip remote "refs/vault/snapshots/$(cat id)" &&
	test_grep "^pushed   snapshots/$(cat id)" bob/sync.out
'

test_expect_success 'it is told each time, and in JSON' '
	test_expect_code 1 on bob git vault sync --json >out 2>err &&
	test_grep "\"conflict\":1" out &&
	test_grep "\"action\":\"conflict\",\"local_id\":\"$(tip bob/clone $net)\",\"remote_id\":\"$(tip remote $net)\"" out
'

test_expect_success 'what is to be resolved is a state that there is' '
	test_expect_code 129 on bob git vault sync --resolve ours prod/other 2>err &&
	test_grep "no state prod/other" err &&
	test_expect_code 129 on bob git vault sync --resolve ours 2>err &&
	test_expect_code 129 on bob git vault sync --resolve both prod/net 2>err
'

test_expect_success 'ours is the newest where we say so, and all versions are there' '
	was=$(tip bob/clone $net) && theirs=$(tip remote $net) &&
	cp bob/net.tfstate 13.tfstate && cp alice/net.tfstate 3.tfstate &&
	sync bob --resolve ours prod/net &&
	test_grep "^resolved state/prod/net" bob/sync.out &&
	test "$(serials bob)" = "13 12 3 2 1 " &&
	given bob latest 13.tfstate && given bob serial:3 3.tfstate &&
	git -C bob/clone merge-base --is-ancestor $was $net &&
	git -C bob/clone merge-base --is-ancestor $theirs $net &&
	test "$(tip remote $net)" = "$(tip bob/clone $net)"
'

test_expect_success 'the state of a commit is found behind what was resolved' '
	on bob git vault state at --env prod --stack net HEAD >out 2>err &&
	test "$(cat out)" = "$(tip bob/clone $net)" && test_grep "that very commit" err
'

test_expect_success 'the other side goes on from it' '
	sync alice && test "$(serials alice)" = "13 12 3 2 1 " &&
	given alice latest 13.tfstate && save_state alice net 14 && settle
'

test_expect_success 'a version says that it was chosen' '
	on bob git vault state show --env prod --stack net latest~1 --json >out &&
	test_grep "sync --resolve ours" out
'

test_expect_success 'theirs is the newest where we say so, and all versions are there' '
	save_state alice net 15 && save_state bob net 25 && sync alice &&
	cp alice/net.tfstate 15.tfstate && cp bob/net.tfstate 25.tfstate &&
	test_expect_code 1 sync bob && sync bob --resolve theirs --remote origin prod/net &&
	settle && test "$(serials alice)" = "15 25 15 14 13 12 3 2 1 " &&
	given alice latest 15.tfstate && given alice latest~1 25.tfstate
'

test_expect_success 'verify finds all versions whole' '
	on alice git vault verify --all --deep && on bob git vault verify --all --deep &&
	on bob git vault state verify --env prod --stack net >out &&
	test_grep ! "^chain" out
'

test_expect_success 'two that begin a state apart are in conflict, too' '
	for who in alice bob
	do
		state_of 1 of-$who >$who/db.tfstate &&
			on $who git vault -q state save --new --env prod --stack db \
				"$top/$who/db.tfstate" || return 1
	done && sync alice && test_expect_code 1 sync bob &&
	test_expect_code 1 sync bob &&
	sync bob --resolve theirs prod/db && settle &&
	on alice git vault -q state restore --env prod --stack db --to db &&
	cmp alice/db.tfstate alice/clone/db
'

test_expect_success 'the same content on both sides is joined without a choice' '
	save_state alice lb 1 && sync alice && sync bob &&
	save_state alice lb 40 && save_state bob lb 39 && save_state bob lb 40 &&
	sync alice && sync bob &&
	test_grep "^resolved state/prod/lb$" bob/sync.out && settle &&
	git -C "$top/bob/clone" log -1 --format=%B refs/vault/state/prod/lb >out &&
	test_grep "both sides had this content" out
'

test_expect_success 'the command that is told is of the remote that it was' '
	git init -q --bare second && for who in alice bob
	do
		as $who git remote add second "$top/second" &&
			state_of 1 of-$who >$who/far.tfstate &&
			on $who git vault -q state save --new --env prod --stack far \
				"$top/$who/far.tfstate" || return 1
	done && on alice git vault -q sync second &&
	test_expect_code 1 on bob git vault sync second --only prod >bob/sync.out &&
	told=$(sed -n "s/.*git vault \(sync .*\) --resolve ours prod.far (or .*/\1/p" \
		bob/sync.out) &&
	test "$told" = "sync --remote second --only prod" &&
	on bob git vault -q $told --resolve theirs prod/far && sync bob && sync alice &&
	on bob git vault -q sync second && settle
'

test_expect_success 'a snapshot that was written anew on one side is told' '
	test_tick && take alice anew >id && sync alice && sync bob &&
	old=$(tip bob/clone "refs/vault/snapshots/$(cat id)") &&
	as alice git update-ref "refs/vault/snapshots/$(cat id)" HEAD &&
	test_expect_code 1 sync alice &&
	test_grep "^conflict snapshots/$(cat id): .*was rewritten" alice/sync.out &&
	test "$(tip remote "refs/vault/snapshots/$(cat id)")" = $old
'

# The N-th command that the sentence of a conflict names.
named () {
	grep -o "'[^']*'" "$1" | tr -d "'" | grep "^git $2 " >./command
}

test_expect_success 'the commands that are named take one side for both' '
	ref=refs/vault/snapshots/$(cat id) && old=$(tip remote $ref) &&
	ours=$(tip alice/clone $ref) && named alice/sync.out update-ref &&
	as alice sh ../../command && test "$(tip alice/clone $ref)" = $old &&
	sync alice && as alice git update-ref $ref $ours &&
	test_expect_code 1 sync alice && named alice/sync.out push &&
	as alice sh ../../command && test "$(tip remote $ref)" = $ours &&
	sync alice && test_expect_code 1 sync bob &&
	named bob/sync.out update-ref && as bob sh ../../command && sync bob &&
	test "$(tip bob/clone $ref)" = $ours &&
	for side in alice/clone bob/clone remote
	do
		git -C $side update-ref $ref $old || return 1
	done && sync alice && sync bob
'

test_expect_success 'a record that is made once is never exchanged' '
	as alice git update-ref refs/vault/reports/scan/1 HEAD && sync alice &&
	sync bob && as bob git commit -q --allow-empty -m two &&
	as bob git update-ref refs/vault/reports/scan/1 HEAD &&
	test_expect_code 1 sync bob &&
	test_grep "^conflict reports/scan/1: both sides have made a record" bob/sync.out &&
	as bob git update-ref refs/vault/reports/scan/1 HEAD^ && sync bob
'

test_expect_success 'what a pusher put under a name that is not of its kind is not taken' '
	blob=$(echo no commit | git -C remote hash-object -w --stdin) &&
	git -C remote update-ref refs/vault/snapshots/20200101T000000Z-0123abcd $blob &&
	git -C remote update-ref refs/vault/snapshots/odd HEAD &&
	git -C remote update-ref refs/vault/state/prod/odd $blob &&
	test_expect_code 1 sync alice &&
	test_grep "^conflict snapshots/20200101T000000Z-0123abcd: .*a blob" alice/sync.out &&
	test_grep "^conflict snapshots/odd: .*no snapshot" alice/sync.out &&
	test_must_fail as alice git rev-parse -q --verify refs/vault/snapshots/odd &&
	on alice git vault list >out &&
	git -C remote update-ref -d refs/vault/snapshots/odd &&
	git -C remote update-ref -d refs/vault/state/prod/odd &&
	git -C remote update-ref -d refs/vault/snapshots/20200101T000000Z-0123abcd &&
	sync alice
'

test_expect_success 'a list of tombstones of another form is not merged, and nothing is lost' '
	test_tick && take alice kept >id && test_tick && take alice first >first &&
	on alice git vault -q delete "$(cat first)" && settle &&
	good=$(tip remote refs/vault/deleted) &&
	tree=$(printf "100644 blob %s\t%s\n" $(echo x | git -C remote hash-object -w --stdin) 202611 |
		git -C remote mktree) &&
	bad=$(git -C remote commit-tree -m bad $tree) &&
	git -C remote update-ref refs/vault/deleted $bad &&
	test_tick && take alice gone >gone && on alice git vault -q delete "$(cat gone)" &&
	test_might_fail sync alice && on alice git vault show "$(cat id)" >out &&
	git -C remote update-ref refs/vault/deleted $good && settle
'

# tags WHO: of its known-good records
tags () {
	git -C "$top/$1/clone" for-each-ref --format="%(objectname)" \
		refs/vault/good | sort
}

test_expect_success 'records of one number are all kept, ours by another' '
	settle && on alice git vault good mark shop && sync alice && sync bob &&
	on bob git vault good mark --approver Cid late &&
	for env in shop shop till shop
	do
		on alice git vault good mark --approver Ann $env &&
			on bob git vault good mark --approver Bob $env ||
			return 1
	done && on bob git vault good mark --approver Dan shop &&
	{ tags alice && tags bob; } | sort -u >expect &&
	test_line_count = 11 expect && mine=$(tip bob/clone refs/vault/good/shop/2) &&
	for n in 2 3 4 5
	do
		tip bob/clone refs/vault/good/shop/$n || return 1
	done >order &&
	sync alice && sync bob && test_grep ! conflict bob/sync.out &&
	tags bob >actual && test_cmp expect actual &&
	test_grep "^fetched  good/shop/2" bob/sync.out &&
	test_grep "^pushed   good/shop/9" bob/sync.out &&
	test "$(tip bob/clone refs/vault/good/shop/2)" = \
		"$(tip alice/clone refs/vault/good/shop/2)" &&
	git -C bob/clone for-each-ref --points-at=$mine refs/vault/good >out &&
	test_line_count = 1 out && test_grep ! shop/2 out &&
	sync alice && tags alice >actual && test_cmp expect actual &&
	settle && on bob git vault good list >out && test_grep ! damaged out &&
	git -C bob/clone for-each-ref --sort=version:refname \
		--format="%(objectname)" refs/vault/good/shop >out &&
	tail -n 4 out >actual && test_cmp order actual
'

# goods WHO: how many of its numbers are of one record
goods () {
	git -C "$top/$1/clone" for-each-ref refs/vault/good/over >"$top/goods"
}

test_expect_success 'what is no record there has ours make no room, and is told' '
	settle && on alice git vault good mark over && sync alice && sync bob &&
	as alice git push -q -f origin HEAD:refs/vault/good/over/1 &&
	for who in alice bob
	do
		for how in --fetch-only -n "" "" --fetch-only
		do
			test_expect_code 1 sync $who $how &&
				test_grep "^conflict good/over/1: .* commit under" \
					$who/sync.out &&
				test_line_count = 1 $who/sync.out && goods $who &&
				test_line_count = 1 goods || return 1
		done
	done && on bob git vault good mark --approver Bob over &&
	test_expect_code 1 sync bob && test_expect_code 1 sync alice &&
	test_grep "^pushed   good/over/2" bob/sync.out &&
	goods alice && test_line_count = 2 goods &&
	advice=$(sed -n "s/^conflict good.*\(git push [^'\'']*\).*/\1/p" \
		alice/sync.out) && as alice $advice && sync alice && sync bob &&
	is_same alice bob
'

test_expect_success 'nor does what two remotes number differently become more' '
	settle && git clone -q --mirror remote twin.git &&
	as alice git remote add twin "$top/twin.git" &&
	as bob git remote add twin "$top/twin.git" &&
	on alice git vault good mark --approver Ann two && sync alice &&
	on bob git vault good mark --approver Bob two && sync bob twin &&
	for turn in 1 2 3 4
	do
		sync alice twin && sync bob && sync alice && sync bob twin ||
			return 1
	done && for who in alice bob
	do
		git -C $who/clone for-each-ref --format="%(objectname)" \
			refs/vault/good/two >out && test_line_count = 2 out &&
			sort -u out >expect && test_line_count = 2 expect || return 1
	done && for hub in remote twin.git
	do
		git -C $hub for-each-ref --format="%(objectname)" \
			refs/vault/good/two >out && test_line_count = 2 out &&
			sort out >actual && test_cmp expect actual || return 1
	done && settle
'

test_expect_success 'a record of several numbers is listed once' '
	settle && on alice git vault good mark often && for n in 2 3 4
	do
		git -C alice/clone update-ref refs/vault/good/often/$n \
			refs/vault/good/often/1 || return 1
	done && on alice git vault good list often >out && sed 1d out >list &&
	test_line_count = 1 list && test_grep "often *1 *verified" list &&
	on alice git vault good list --json often >out &&
	test $(grep -o "\"tag\":" out | wc -l) = 1 && settle
'

test_expect_success 'a record that is here is not taken by another number, too' '
	on alice git vault good mark once && sync alice && sync bob &&
	on alice git vault good mark --approver Ann once && sync alice &&
	git -C remote update-ref refs/vault/good/once/500 refs/vault/good/once/1 &&
	sync bob && git -C bob/clone for-each-ref --format="%(refname)" \
		refs/vault/good/once >actual &&
	printf "refs/vault/good/once/%d\n" 1 2 >expect && test_cmp expect actual &&
	sync bob && test_must_be_empty bob/sync.out &&
	on bob git vault good mark --approver Bob once && sync bob && sync alice &&
	test "$(tip bob/clone refs/vault/good/once/3)" = \
		"$(tip alice/clone refs/vault/good/once/3)"
'

test_done
