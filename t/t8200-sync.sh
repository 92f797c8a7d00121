#!/bin/sh
# shellcheck disable=SC2154

test_description='sync: what two clones have becomes one, by the rule of each kind'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# ids WHO: the snapshots that it lists
ids () {
	as "$1" git vault list --json | tr '{' '\n' |
		sed -n 's/^"id":"\([^"]*\)".*/\1/p' | sort
}

test_expect_success 'without a remote it says so, and what to do' '
	test_expect_code 129 git vault sync 2>err &&
	test_grep "no remote to sync with.*git remote add" err &&
	test_expect_code 129 git vault sync nowhere 2>err &&
	test_grep "no remote .nowhere." err &&
	test_expect_code 129 git vault sync --push-only --fetch-only 2>err
'

test_expect_success 'the only remote there is needs no name, of several one does' '
	git init -q --bare ../hub && git init -q ../lone && (
		cd ../lone && git commit -q --allow-empty -m one &&
		git remote add hub ../hub && git vault init -q 2>err &&
		git vault sync 2>err && test_grep "pushed 2 other refs to hub" err &&
		git checkout -q --detach && git vault sync 2>err &&
		test_grep "hub is in sync with this clone" err &&
		git remote add spoke ../hub &&
		test_expect_code 129 git vault sync 2>err &&
		test_grep "several remotes.*name the one" err &&
		git remote add origin ../hub && git vault sync 2>err &&
		test_grep "^git-vault: origin" err
	)
'

test_expect_success 'a keyring reaches the remote, and from there another clone' '
	start_team && test_grep "^pushed   keyring" alice/sync.out &&
	join bob && is_same alice bob
'

test_expect_success 'snapshots are a union, with the values that they withhold' '
	test_tick && take alice of-alice >one && test_tick &&
	take bob of-bob >two && sync alice && sync bob && sync alice &&
	is_same alice bob && ids alice >actual &&
	sort one two >expect && test_cmp expect actual &&
	on alice git vault restore "$(cat two)" --to ../back &&
	test_cmp bob/clone/.env alice/back/.env &&
	on bob git vault restore "$(cat one)" --to ../back &&
	test_cmp alice/clone/.env bob/back/.env
'

test_expect_success 'where nothing is new nothing moves' '
	sync alice && sync bob && sync alice &&
	records remote >before && sync alice && sync bob &&
	records remote >after && test_cmp before after &&
	test_must_be_empty alice/sync.out && test_must_be_empty bob/sync.out &&
	test_grep "origin is in sync with this clone" bob/sync.err
'

test_expect_success 'what is deleted on one side goes on the other, and on the remote' '
	on alice git vault -q delete "$(cat one)" >out && sync alice &&
	test_grep "^deleted  snapshots/$(cat one) on " alice/sync.out &&
	sync bob && test_grep "^deleted  snapshots/$(cat one)" bob/sync.out &&
	is_same alice bob && ids bob >actual && test_cmp two actual
'

test_expect_success 'one that is pinned elsewhere stays, and comes back' '
	on bob git vault -q pin "$(cat two)" -m audit &&
	on alice git vault -q delete "$(cat two)" >out && sync alice &&
	! records remote | grep "snapshots/$(cat two)" &&
	sync bob && sync alice && is_same alice bob &&
	ids alice >actual && test_cmp two actual &&
	on alice git vault show "$(cat two)" >out && test_grep -i pinned out
'

test_expect_success 'whoever syncs first, a pin wins over a deletion' '
	test_tick && take alice once-more >three && sync alice && sync bob &&
	on alice git vault -q delete "$(cat three)" >out &&
	on bob git vault -q pin "$(cat three)" && sync bob && sync alice &&
	sync bob && is_same alice bob && ids alice >actual &&
	sort two three >expect && test_cmp expect actual
'

test_expect_success 'after it is unpinned it can be deleted' '
	on bob git vault -q unpin "$(cat three)" &&
	on bob git vault -q delete "$(cat three)" >out &&
	sync bob && sync alice && is_same alice bob &&
	ids alice >actual && test_cmp two actual
'

test_expect_success 'a deletion is taken back from a clone of the objects' '
	test_tick && take alice regretted >four && sync alice && sync bob &&
	on alice git vault delete "$(cat four)" >deleted && sync alice && sync bob &&
	ids bob >actual && test_cmp two actual && read -r id commit <deleted &&
	mkdir again && cp alice/.gitconfig again &&
	git clone -q alice/clone again/clone && on again git update-ref \
		"refs/vault/snapshots/$id" "$commit" && on again git vault -q pin "$id" &&
	sync again && sync alice && sync bob && is_same alice bob &&
	ids alice >actual && sort two four >expect && test_cmp expect actual &&
	on alice git vault verify && on alice git vault -q unpin "$id" &&
	on alice git vault -q delete "$id" >out && sync alice && sync bob &&
	ids bob >actual && test_cmp two actual
'

test_expect_success 'tags of both sides stand, and one that was taken away stays so' '
	id=$(cat two) && on alice git vault -q tag "$id" old both >out &&
	sync alice && sync bob &&
	on alice git vault -q tag "$id" of-alice >out &&
	on alice git vault -q tag -d "$id" old >out &&
	on bob git vault -q tag "$id" of-bob >out &&
	sync alice && sync bob && sync alice && is_same alice bob &&
	as alice git cat-file -p "refs/vault/marks:tags/$id" >actual &&
	test_write_lines both of-alice of-bob >expect && test_cmp expect actual
'

test_expect_success 'states go on from each other' '
	save_state alice net 1 && sync alice && sync bob &&
	save_state bob net 2 && save_state alice db 1 &&
	sync bob && sync alice && sync bob && is_same alice bob &&
	on alice git vault state restore --env prod --stack net --to back &&
	cmp bob/net.tfstate alice/clone/back && rm alice/clone/back
'

# note WHO COMMIT LINE
note () {
	as "$1" git notes --ref=vault append -m "$3" "$2" 2>/dev/null
}

test_expect_success 'notes of both are lines of one note, sorted, each once' '
	one=$(as alice git rev-parse HEAD) && sync alice && sync bob &&
	as alice git notes --ref=vault show "$one" >expect &&
	test_grep state expect &&
	note alice "$one" "{\"kind\":\"b\"}" && sync alice && sync bob &&
	printf "{\"kind\":\"b\"}\n{\"kind\":\"c\"}\n" >text &&
	as alice git notes --ref=vault add -f -F "$top/text" "$one" 2>err &&
	printf "{\"kind\":\"a\"}\n{\"kind\":\"b\"}\n" >text &&
	as bob git notes --ref=vault add -f -F "$top/text" "$one" 2>err &&
	sync alice && sync bob && sync alice && is_same alice bob &&
	as alice git notes --ref=vault show "$one" >actual &&
	printf "{\"kind\":\"%s\"}\n" a b c >>expect && test_cmp expect actual
'

test_expect_success 'of many notes each is found by git after a merge' '
	as alice sh -c "
		for i in \$(seq 150)
		do
			git commit -q --allow-empty -m \$i || exit 1
		done && git push -q origin HEAD" &&
	as bob git pull -q && as alice git rev-list HEAD >commits &&
	while read -r commit
	do
		case $commit in
		[0-7]*) note alice $commit of-alice ;;
		[8-b]*) note bob $commit of-bob ;;
		*) note alice $commit "{\"x\":1}" && note bob $commit "{\"x\":2}" ;;
		esac || return 1
	done <commits &&
	sync alice && sync bob && sync alice && is_same alice bob &&
	while read -r commit
	do
		as bob git notes --ref=vault show $commit >note || return 1
		case $commit in
		[0-7]*) grep -q of-alice note ;;
		[8-b]*) grep -q of-bob note ;;
		*) grep -q "x.:1" note && grep -q "x.:2" note ;;
		esac || return 1
	done <commits &&
	as bob git notes --ref=vault list >list &&
	test_line_count = 151 list && test_tally 151 "notes merged"
'

test_expect_success HOSTS 'the chains of the audit reach the remote, one of each host' '
	records remote >refs && test_grep "refs/vault/audit/alice" refs
'

test_expect_success 'only what a pattern picks travels' '
	save_state alice net 3 && test_tick && take alice apart >four &&
	sync alice --refs "state/*" && test_grep "^pushed   state/prod/net" \
		alice/sync.out && test_grep ! snapshots alice/sync.out &&
	sync bob --refs refs/vault/state/prod/net &&
	test_grep "^fetched  state/prod/net" bob/sync.out &&
	sync alice && sync bob --fetch-only &&
	test_grep "^fetched  snapshots/$(cat four)" bob/sync.out &&
	sync bob && is_same alice bob
'

test_expect_success 'locks and the like stay where they are' '
	on alice git vault state lock --new --env prod --stack net >lock &&
	as alice git update-ref refs/vault/server/x HEAD && sync alice &&
	as alice git ls-remote origin >refs &&
	test_grep ! -e refs/vault/locks -e refs/vault/server refs &&
	as alice git update-ref -d refs/vault/server/x &&
	on alice git vault -q state unlock --env prod --stack net "$(cat lock)"
'

test_expect_success 'a dry run says what would move, and moves nothing of ours' '
	test_tick && take alice dry >five && test_tick && take bob dry-bob >six &&
	sync bob && records alice/clone >before && records remote >there &&
	sync alice --dry-run && test_grep "^fetched  snapshots/$(cat six)" \
		alice/sync.out &&
	test_grep "^pushed   snapshots/$(cat five)" alice/sync.out &&
	records alice/clone >after && test_cmp before after &&
	records remote >after && test_cmp there after &&
	sync alice && sync bob && is_same alice bob
'

# foretold: alice's dry run says what her sync does then
foretold () {
	sync alice --dry-run && sort alice/sync.out >expect && sync alice &&
		sort alice/sync.out >actual && test_cmp expect actual
}

test_expect_success 'also what is cleared there, and what goes behind what comes' '
	test_tick && take alice gone >gone && sync alice && sync bob &&
	on alice git vault delete "$(cat gone)" && foretold &&
	test_grep "^deleted  snapshots/$(cat gone) on " expect &&
	test_tick && take alice gone >gone && sync alice && sync bob &&
	on alice git vault delete "$(cat gone)" &&
	on bob git vault pin "$(cat six)" && sync bob && foretold &&
	test_grep "^fetched  marks" expect && test_grep "^pushed   marks" expect &&
	test_grep "^deleted  snapshots/$(cat gone) on " expect &&
	on bob git vault unpin "$(cat six)" && sync bob && sync alice &&
	is_same alice bob
'

test_expect_success 'as JSON it is one document' '
	test_tick && take alice json >seven &&
	on alice git vault sync --json >out 2>err &&
	test_grep "\"remote\":\"origin\"" out && test_grep "\"conflict\":0" out &&
	test_grep "\"ref\":\"refs/vault/snapshots/$(cat seven)\",\"action\":\"sent\"" out
'

test_expect_success 'a remote that was made anew gets everything again' '
	sync bob && records alice/clone >expect && rm -rf remote &&
	git init -q --bare remote && as alice git push -q origin HEAD &&
	sync alice && records remote >actual && test_cmp expect actual
'

test_expect_success 'the snapshots are whole on both' '
	sync bob && is_same alice bob &&
	on alice git vault verify && on bob git vault verify
'

test_expect_success 'what a remote refuses of a shallow clone comes with a hint' '
	git init -q deep && (
		cd deep && git commit -q --allow-empty -m 1 && git commit -q --allow-empty -m 2
	) && git clone -q --depth 1 "file://$PWD/deep" flat 2>/dev/null &&
	git init -q --bare none.git && (
		cd flat && git remote add none ../none.git && echo 1 >f &&
		git vault snapshot -q && test_expect_code 3 git vault sync none 2>../err
	) && test_grep "none lacks the commits before it: git fetch --unshallow && git vault sync none" err
'

test_done
