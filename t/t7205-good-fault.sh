#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault good, struck in the midst, leaves nothing half

A record and the line in the note of its commit are there both or neither; a ref
names nothing that is not there; the next mark works.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

T=$TMPDIR

test_expect_success 'set up' '
	git config gc.auto 0 && test_commit one && git vault -q snapshot &&
	git vault -q good mark prod && echo more >more &&
	git vault -q snapshot && cp -R . "$T/template"
'

fresh () {
	cd "$TRASH_DIRECTORY" && rm -rf work && cp -R "$T/template" work &&
		cd work || return 1
}

# whole: as many lines as records, and all that is named is there
whole () {
	cd "$TRASH_DIRECTORY/work" &&
		git fsck --strict --no-dangling --no-reflogs --no-progress \
			>"$T/fsck" 2>&1 &&
		test_must_be_empty "$T/fsck" &&
		git for-each-ref --format="%(objectname)" refs/vault/good |
		sort >"$T/tags" &&
		git notes --ref=vault show |
		sed -n "s/.*\"tag\":\"\([0-9a-f]*\)\".*/\1/p" |
			sort >"$T/noted" &&
		test_cmp "$T/tags" "$T/noted" &&
		git vault good list >"$T/list" && test_grep ! damaged "$T/list"
}

# done_or_not N: that many records where it said so, else that or one less
done_or_not () {
	n=$(wc -l <"$T/tags") &&
		if test "$fault_status" = 0
		then
			test $n = $1
		else
			test $n = $1 || test $n = $(($1 - 1))
		fi
}

mark='fresh && git vault -q good mark prod >/dev/null 2>&1'
revoke='fresh && git vault -q good revoke --reason r prod 1 >/dev/null 2>&1'
check='whole && done_or_not 2 && rm -f .git/refs/vault/*.lock .git/*.lock &&
	git vault -q good mark --reason again prod >/dev/null && whole'

for kind in kill eio enospc
do
	test_expect_success "a mark struck by $kind" '
		for_each_fault $kind "$mark" "$check"
	'
done

test_expect_success 'a revocation that is killed' '
	for_each_fault kill "$revoke" "$check"
'

test_done
