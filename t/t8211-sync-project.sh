#!/bin/sh
# shellcheck disable=SC2154

test_description='the vault of another project is not made one with ours'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

# offline WHO: set up where no other keyring is to be seen
offline () {
	url_=$(as "$1" git config remote.origin.url) &&
		as "$1" git remote set-url origin "$top/nowhere" &&
		on "$1" git vault init -q 2>"$top/$1/init.err" &&
		as "$1" git remote set-url origin "$url_"
}

# is_foreign WHO [OPTION…]: sync refuses, and nothing moves on either side
is_foreign () {
	records remote >remote.before && records two/remote >two.before &&
		records "$1/clone" >clone.before &&
		test_expect_code 128 sync "$@" &&
		test_grep "has the vault of another project" "$1/sync.err" &&
		records remote >actual && test_cmp remote.before actual &&
		records two/remote >actual && test_cmp two.before actual &&
		records "$1/clone" >actual && test_cmp clone.before actual
}

# plain WHO TEXT: a snapshot without a secret, since a clone with a keyring of
# its own holds back what names one; its id
plain () {
	on "$1" sh -c 'echo "$1" >notes && git vault -q snapshot --force' - "$2" |
		tail -n 1
}

# meets WHO: sync does all but for the keyring, which is told
meets () {
	test_expect_code 1 sync "$1" &&
		test_grep "^conflict keyring: .*it is a different keyring" \
			"$1/sync.out" &&
		git -C remote rev-parse -q --verify \
			"refs/vault/snapshots/$(cat "$1/id")"
}

test_expect_success 'two projects' '
	test_tick && start_team && take alice first && save_state alice db 1 &&
	sync alice && mkdir two && test_tick && (
		top=$top/two && start_team && take alice other &&
		save_state alice db 7 two && sync alice
	) && ! git -C two/remote cat-file -e "$(git -C remote rev-parse HEAD)"
'

test_expect_success 'a wrong address merges nothing, also where it was fetched from' '
	as alice git remote set-url origin "$top/two/remote" &&
	is_foreign alice && print=$(as two/alice git vault key list |
		sed -n "1s/.* //p") &&
	test_grep "its keyring, $print, differs" alice/sync.err &&
	is_foreign alice --fetch-only &&
	is_foreign alice --dry-run && as alice git fetch -q &&
	is_foreign alice && as alice git remote set-url origin "$top/remote" &&
	sync alice && is_same alice && on alice git vault verify --all
'

test_expect_success 'also where its keyring cannot be read here' '
	was=$(git -C two/remote rev-parse refs/vault/keyring) &&
	git -C two/remote update-ref refs/vault/keyring "$(git -C two/remote \
		commit-tree -m new "$(git -C two/remote mktree </dev/null)")" &&
	as alice git remote set-url origin "$top/two/remote" &&
	is_foreign alice &&
	test_grep "its keyring, which cannot be read, differs" \
		alice/sync.err &&
	git -C two/remote update-ref refs/vault/keyring $was &&
	as alice git remote set-url origin "$top/remote" && sync alice
'

test_expect_success 'who set up a clone by himself is of the project' '
	clone bob && offline bob && plain bob second >bob/id && meets bob &&
	meets bob && sync alice
'

test_expect_success 'so is one that is shallow, or has no blobs' '
	git -C remote config uploadpack.allowFilter true &&
	as alice git commit -q --allow-empty -m two &&
	as alice git push -q origin HEAD && for how in --depth=1 \
		--filter=blob:none
	do
		rm -rf sam && mkdir sam && cp "$HOME/.gitconfig" sam/ || return 1
		git clone -q $how "file://$top/remote" sam/clone &&
			offline sam && plain sam "$how" >sam/id &&
			meets sam || return 1
	done && sync alice
'

test_expect_success 'and one on a branch that begins by itself' '
	clone eve && offline eve && as eve sh -c "
		git checkout -q --orphan pages && git commit -q -m pages" &&
	plain eve pages >eve/id && meets eve && sync alice &&
	as eve git push -q origin pages && mkdir pat &&
	cp "$HOME/.gitconfig" pat/ && git clone -q --single-branch -b pages \
		"$top/remote" pat/clone &&
	git -C remote update-ref -d "refs/vault/snapshots/$(cat eve/id)" &&
	offline pat && plain pat pages >pat/id && meets pat && sync alice
'

test_expect_success 'nothing is said of what has no history to be seen by' '
	git init -q --bare three && mkdir dan && cp "$HOME/.gitconfig" dan/ &&
	git init -q dan/clone && as dan git remote add origin "$top/three" &&
	on dan git vault init -q && sync dan && as alice git remote set-url \
		origin "$top/three" && test_expect_code 3 sync alice &&
	sync dan && as alice git remote set-url origin \
		"$top/remote" && sync alice
'

test_expect_success 'nor of snapshots that were taken before the first commit' '
	as dan git remote set-url origin "$top/remote" &&
	plain dan early >dan/id && meets dan &&
	as alice git remote set-url origin "$top/three" &&
	as dan git push -q "$top/three" "refs/vault/snapshots/$(cat dan/id)" &&
	git -C remote update-ref -d "refs/vault/snapshots/$(cat dan/id)" &&
	git -C three for-each-ref --format="delete %(refname)" \
		refs/vault/snapshots | grep -v "$(cat dan/id)" >gone &&
	git -C three update-ref --stdin <gone &&
	test_expect_code 3 sync alice && as alice git remote set-url origin \
		"$top/remote" && sync alice
'

test_expect_success 'a remote that was set back is ours' '
	cp -a remote back && clone max && on max git vault key generate >max.pub &&
	on alice git vault key add --name max "$top/max.pub" >/dev/null &&
	sync alice && as alice git remote set-url origin "$top/back" &&
	sync alice && as alice git remote set-url origin "$top/remote"
'

test_expect_success 'who knows better says so by a branch' '
	as alice git remote set-url origin "$top/two/remote" &&
	is_foreign alice && branch=$(sed -n \
		"s/.*: git branch [^ ]* \([0-9a-f]*\).*/\1/p" alice/sync.err) &&
	as alice git branch same $branch && test_expect_code 3 sync alice &&
	test_grep "^conflict keyring" alice/sync.out &&
	test_grep "^fetched  *snapshots" alice/sync.out
'

test_done
