#!/bin/sh
# shellcheck disable=SC2154

test_description='no sync lets a line of a note go, whoever has taken it away'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# made WHO NAME: an artifact of HEAD is noted
made () {
	as "$1" git vault -q artifact record \
		"$2=sha256:$(printf "$2" | sha256sum | cut -c1-64)"
}

# finds WHO NAME…: each of them is found
finds () {
	whose_=$1
	shift
	for made_ in "$@"
	do
		as "$whose_" git vault artifact find "$made_" >out &&
			test_grep "^$made_ " out || return 1
	done
}

# all_find NAME…: wherever it is looked for, once each has synced
all_find () {
	for clone_ in alice bob alice
	do
		sync "$clone_" || return 1
	done && is_same alice bob && finds alice "$@" && finds bob "$@"
}

# let_go WHO: all notes but that of HEAD, as git does in a clone without the rest
let_go () {
	as "$1" sh -c 'git notes --ref=vault list | cut -d" " -f2 |
		grep -v "$(git rev-parse HEAD)" |
		git notes --ref=vault remove --stdin 2>/dev/null'
}

test_expect_success 'two clones, and notes on two commits' '
	start_team && clone bob && made alice old &&
	as alice sh -c "git commit -q --allow-empty -m two &&
		git push -q origin HEAD" && as bob git pull -q &&
	made alice new && all_find old new
'

test_expect_success 'what git notes prune takes away in a shallow clone comes back' '
	git clone -q --depth 1 "file://$top/remote" shallow &&
	git -C shallow vault sync --refs notes/vault >out &&
	git -C shallow notes --ref=vault prune &&
	git -C shallow notes --ref=vault list >list && test_line_count = 1 list &&
	git -C shallow vault sync -n --refs notes/vault >out &&
	test_grep "merged  *notes/vault" out &&
	git -C shallow notes --ref=vault list >list && test_line_count = 1 list &&
	git -C shallow vault sync --refs notes/vault >out &&
	test_grep "^merged   notes/vault" out &&
	git -C shallow notes --ref=vault list >list && test_line_count = 2 list &&
	all_find old new
'

test_expect_success 'and from a remote where it was pushed without' '
	let_go bob && as bob git push -q origin refs/notes/vault &&
	as bob git notes --ref=vault list >list && test_line_count = 1 list &&
	sync alice && test_grep "^merged   notes/vault" alice/sync.out &&
	test_grep "^pushed   notes/vault" alice/sync.out && all_find old new
'

test_expect_success 'also where others have noted more meanwhile' '
	let_go bob && made alice more && sync alice &&
	as bob git notes --ref=vault list >list && test_line_count = 1 list &&
	sync bob && test_grep "^merged   notes/vault" bob/sync.out &&
	all_find old new more
'

test_expect_success 'a line of a note that stays, too' '
	as bob sh -c "git notes --ref=vault show | grep -v more |
		git notes --ref=vault add -f -F - 2>/dev/null &&
		git push -q origin refs/notes/vault" && made bob last &&
	all_find old new more last
'

test_expect_success 'what goes on from ours with all of it is taken as it is' '
	printf "\nsaid by hand,\nin no order\n" >text &&
	as bob git notes --ref=vault append -F "$top/text" 2>/dev/null &&
	tip=$(as bob git rev-parse refs/notes/vault) && sync bob && sync alice &&
	test_grep "^fetched  notes/vault" alice/sync.out &&
	test "$(as alice git rev-parse refs/notes/vault)" = $tip && is_same alice bob
'

test_expect_success 'and stays so where others note something of another commit' '
	as alice git notes --ref=vault show >expect &&
	as alice sh -c "git commit -q --allow-empty -m three" && made alice three &&
	as bob git notes --ref=vault append -m "one more" 2>/dev/null &&
	as bob git notes --ref=vault show >expect && sync bob && sync alice &&
	test_grep "^merged   notes/vault" alice/sync.out &&
	as alice git notes --ref=vault show HEAD~1 >actual &&
	test_cmp expect actual && finds alice three && sync bob && is_same alice bob
'

test_expect_success 'trees of another form are no loss' '
	tip=$(as bob git rev-parse refs/notes/vault) && as bob sh -c "
		export GIT_INDEX_FILE=.git/index.notes && git ls-tree -r $tip |
			sed \"s,	\(..\),	\1/,\" |
			git update-index --add --index-info &&
		git update-ref refs/notes/vault \$(git commit-tree -m anew -p $tip \
			\$(git write-tree)) && git push -q origin refs/notes/vault" &&
	test "$(as bob git rev-parse $tip^{tree})" != \
		"$(as bob git rev-parse refs/notes/vault^{tree})" && sync alice &&
	test_grep "^fetched  notes/vault" alice/sync.out && is_same alice bob
'

test_done
