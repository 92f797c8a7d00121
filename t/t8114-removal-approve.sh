#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='snapshots are deleted and pruned once others have approved it

An approval is a signed event of whoever gives it, for exactly the snapshots that go,
and is used up by one deletion.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-team.sh"

# policy TEXT: alice commits it, and bob has it
policy () {
	printf "%s\n" "$1" >alice/clone/.gitvault.yaml &&
		as alice sh -c "git add .gitvault.yaml && git commit -q -m policy &&
			git push -q origin HEAD" && as bob git pull -q
}

# take N: so many snapshots of alice, whose ids are in the file ids
take () {
	for n_ in $(test_seq 1 "$1")
	do
		later 4000 && as alice sh -c "echo $now >app &&
			git vault -q snapshot" || return 1
	done && ids
}

ids () {
	as alice git for-each-ref --format="%(refname:lstrip=3)" \
		refs/vault/snapshots/ >ids
}

nth () { sed -n "$1p" ids; }

# refused WORDS ARG…: alice is refused for want of approvals, nothing goes, and the
# command by which others approve is in "ask"
refused () {
	words_=$1 && shift && ids && cp ids ids.was &&
		test_expect_code 128 as alice git vault "$@" >out 2>err &&
		test_grep "$words_" err &&
		sed -n "s/.*others approve by .\(git vault [^']*\)'.*/\1/p" err >ask &&
		ids && test_cmp ids.was ids
}

# approve WHO: by the command that the refusal named
approve () {
	share alice "$1" && later 1 && as "$1" sh -c "$(cat ask)" >out 2>err &&
		share "$1" alice
}

# uses KIND N: so many events of that kind in the chain of alice
uses () {
	as alice git vault audit list -v --kind "$1" >list 2>/dev/null
	test "$(grep -c " alice  *$1 " list)" = "$2" || { cat list && return 1; }
}

# waits N: so many approvals are wanted of deleting the snapshot two alone
waits () {
	test "$(grep -c -e "--approve $two\$" alice/clone/.git/vault/approvals-wanted)" = "$1"
}

test_expect_success 'a team whose policy asks nobody' '
	git init -q --bare remote && clone alice &&
	as alice sh -c "echo one >app && git add . && git commit -q -m one &&
		git push -q origin HEAD" &&
	as alice git config vault.auditName alice && as alice git vault init -q &&
	share alice && enlist bob && share alice bob && take 6 &&
	as alice git vault delete -n "$(nth 1)" 2>err && test_grep ! approval err &&
	test_expect_code 128 as alice git vault delete --approve "$(nth 1)" 2>err &&
	test_grep "requires no approvals to delete snapshots" err &&
	as alice git vault delete -q "$(nth 1)" && uses approval-use 0
'

test_expect_success 'a deletion is refused, with the command by which others approve it' '
	policy "{delete: {approvals: 1}, retention: {auto: true, keep-last: 1}, prune: {approvals: 1}}" &&
	ids && refused "requires 1 approval by others to delete 2 snapshots, and there are 0" \
		delete "$(nth 1)" "$(nth 2)" &&
	test_grep "^git vault delete --approve $(nth 1) $(nth 2)\$" ask &&
	as alice git vault delete -n "$(nth 1)" >out 2>err &&
	test_grep "1 approval of others is wanted, 0 are there" err
'

test_expect_success 'it goes on with the approval, which is used up' '
	approve bob && test_grep "bob approves that somebody else may delete 2 snapshots once" err &&
	one=$(nth 1) && two=$(nth 2) &&
	refused "belongs to other snapshots" delete "$one" && echo "$one" >gone && echo "$two" >>gone &&
	as alice git vault delete -n "$one" "$two" 2>err && test_grep "1 is there" err &&
	as alice git vault delete "$two" "$one" >out 2>err &&
	test_grep "this removal uses the approval of bob, so the next one needs a new one" err &&
	uses approval-use 1 && as alice git vault audit list --json --kind approval-use >json &&
	test_grep "\"delete/.* and 1 more\"" json &&
	ids && test_must_fail grep -F -f gone ids &&
	as alice git vault undelete "$one" "$two" >out 2>err &&
	refused "one approval is for one use" delete "$one" "$two"
'

test_expect_success 'an approval of the deletion is none of one for good' '
	refused "delete 1 snapshot, and" delete "$one" && approve bob &&
	refused "belongs to other snapshots" delete --no-trash "$one" &&
	test_grep "delete --approve --no-trash $one" ask && uses approval-use 1 &&
	as alice git vault delete "$one" 2>err && uses approval-use 2
'

test_expect_success 'what one approves oneself counts for nothing' '
	refused "to delete 1 snapshot" delete "$two" && waits 1 && later 1 &&
	as alice sh -c "$(cat ask)" 2>err &&
	refused "it is signed by the user who asks for it" delete "$two"
'

test_expect_success 'an emergency goes on without, and the chain says so' '
	test_expect_code 129 as alice git vault delete --without-approval "$two" 2>err &&
	as alice git vault delete --without-approval --reason "leaked" "$two" 2>err &&
	test_grep "going on without the approvals" err && waits 0 &&
	as alice git vault audit list --kind delete >list &&
	test_grep "without approval (0 of 1): leaked" list
'

test_expect_success 'an approval is for exactly the snapshots that the rules delete' '
	refused "requires 1 approval by others to prune" prune --keep-last 2 &&
	test_grep "^git vault prune --approve --keep-last 2\$" ask && approve bob &&
	take 1 && refused "it belongs to other snapshots" prune --keep-last 2 && approve bob &&
	as alice git vault prune -n --keep-last 2 2>err && test_grep "1 is there" err &&
	as alice git vault prune --keep-last 2 >out 2>err && test_grep "dropped" err &&
	test_grep "uses the approval of bob" err && ids && test_line_count = 2 ids &&
	as alice git vault audit list --kind prune >list && test_grep ! "without approval" list
'

test_expect_success 'options that contradict each other, and the default rules' '
	policy "prune: {approvals: 1, approvers: [bob]}" &&
	as alice git vault -q policy accept && take 3 &&
	for option in -n "--without-approval --reason x"
	do
		test_expect_code 129 as alice git vault prune --approve $option 2>err &&
			test_grep "does not go with" err || return 1
	done && test_expect_code 128 as alice git vault prune --approve --keep-last 50 2>err &&
	test_grep "nothing would be removed here" err
'

test_expect_success 'nothing is pruned automatically, since nobody has approved it' '
	policy "{retention: {auto: true, keep-last: 1}, prune: {approvals: 1}}" &&
	as alice git vault -q policy accept && ids && before=$(wc -l <ids) && take 2 &&
	test_line_count = $((before + 2)) ids && uses prune 1 &&
	policy "retention: {auto: true, keep-last: 1}" && as alice git vault -q policy accept &&
	take 1 && uses prune 2
'

test_expect_success 'the trash is emptied by an approval of that' '
	policy "prune: {approvals: 1}" &&
	refused "to empty the trash, and" prune --empty-trash -y &&
	test_grep "^git vault prune --approve --empty-trash\$" ask && approve bob &&
	as alice git vault list --deleted >list && test_file_not_empty list &&
	as alice git vault prune --empty-trash -y >out 2>err &&
	as alice git vault list --deleted >list 2>err && test_must_be_empty list
'

test_expect_success 'the document of an approval' '
	take 2 && share alice bob && later 1 &&
	as alice git vault prune -n --json --keep-last 1 >rules 2>/dev/null &&
	as bob git vault prune --json --approve --keep-last 1 >json &&
	python3 - json rules <<-\END
	import json, sys
	a, p = (json.load(open(f)) for f in sys.argv[1:])
	assert a["action"] == "prune" and a["actor"] == "bob" and a["wanted"] == 1, a
	goes = [s["id"] for s in p["snapshots"] if s["action"] == "drop"]
	assert a["for_good"] is False and goes and a["snapshots"] == goes, (a, goes)
	END
'

test_expect_success 'a policy that is loosened in the working tree changes nothing' '
	echo "prune: {approvals: 0}" >alice/clone/.gitvault.yaml &&
	as alice git checkout -q --detach && take 2 &&
	refused "the policy at HEAD requires 1 approval" prune --keep-last 1
'

test_expect_success 'a policy at HEAD that cannot be read removes nothing' '
	as alice git checkout -q -f - && policy "delete: {approvals: x}" && ids && cp ids ids.was &&
	test_expect_code 128 as alice git vault delete "$(nth 1)" 2>err &&
	test_grep "approvals for a delete is unknown: the policy at HEAD.*approvals must be a number" err &&
	ids && test_cmp ids.was ids && as alice git vault delete -n "$(nth 1)" 2>err &&
	as alice git vault delete --without-approval --reason full "$(nth 1)" 2>err &&
	as alice git vault audit list --kind delete >list && test_grep "without approval: full" list
'

test_expect_success 'of two deletions at once, one uses the approval' '
	policy "delete: {approvals: 1}" && ids && one=$(nth 1) &&
	refused "to delete 1 snapshot" delete "$one" && approve bob &&
	{ { as alice git vault delete "$one" 2>err.1; echo $? >code.1; } & } &&
	{ as alice git vault delete "$one" 2>err.2; echo $? >code.2; } && wait &&
	cat code.1 code.2 | sort >codes && sed -n 1p codes >first && echo 0 >want && test_cmp want first &&
	uses approval-use 5
'

test_done
