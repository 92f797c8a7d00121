#!/bin/sh
# shellcheck disable=SC2154 # lib-clones.sh sets $top

test_description='a rollback that others have to approve

How many, of whom and for how long says the policy of HEAD; an approval is a signed
event of the audit chain of who gives it, and what is forged counts for nothing.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-resign.sh"
. "$TEST_DIRECTORY/lib-team.sh"

# approve WHO [OPTION…]
approve () {
	approving_=$1 && shift && later 1 &&
		as "$approving_" git vault rollback --approve "$@" prod \
			>out 2>err && share "$approving_" alice
}

# refused [OPTION…]: alice cannot roll back, and nothing is touched
refused () {
	as alice git vault rollback "$@" prod >out 2>err
	test $? = 128 && test_grep "approval" err &&
		test "$(cat alice/clone/app)" = two &&
		test_path_is_missing alice/clone/.git/vault/rollback/pending
}

# there N: so many count
there () {
	as alice git vault rollback -n --json prod >json 2>err &&
		python3 - json "$1" <<-\END
		import json, sys
		a = json.load(open(sys.argv[1]))["approvals"]
		assert len(a["given"]) == int(sys.argv[2]), a
		assert a["enough"] == (len(a["given"]) >= a["wanted"]), a
		END
}

# policy TEXT: alice commits it, and all have it
policy () {
	printf "%s\n" "$1" >alice/clone/.gitvault.yaml &&
		as alice sh -c "git add .gitvault.yaml && git commit -q -m policy &&
			git push -q origin HEAD" &&
		for pulling_ in bob carol
		do
			as $pulling_ git pull -q || return 1
		done
}

test_expect_success 'a team, a record, and what came after it' '
	git init -q --bare remote && clone alice &&
	as alice sh -c "printf .env >.gitignore && echo one >app && git add . &&
		git commit -q -m one && git push -q origin HEAD" &&
	as alice git config vault.auditName alice && as alice git vault init -q &&
	share alice && enlist bob && enlist carol && share alice bob carol &&
	as alice sh -c "echo SECRET=of-alice-1 >.env && git vault -q snapshot" &&
	as alice git vault -q good mark prod && later 60 &&
	as alice git vault -q good mark prod &&
	as alice sh -c "echo two >app && git commit -q -a -m two &&
		git push -q origin HEAD" && share alice bob carol
'

test_expect_success 'without a policy nobody is asked' '
	there 0 && as alice git vault rollback prod >out &&
	test "$(cat alice/clone/app)" = one &&
	as alice git vault rollback --undo $(sed -n "s/^undo //p" out) >out &&
	test "$(cat alice/clone/app)" = two
'

test_expect_success 'the policy wants two, and says what there is and how one is given' '
	policy "environments: {prod: {approvals: 2}}" && share alice &&
	to=2 && refused --to 2 &&
	test_grep "requires 2 approvals by others for record 2 of prod, and there are 0" \
		err &&
	test_grep "git vault rollback --approve --to 2 prod" err &&
	refused --scope state,code --to 2 && refused --as-commit --to 2 &&
	as alice git vault rollback -n --to 2 prod >out 2>err &&
	test_grep "2 approvals of others are wanted, 0 are there" err &&
	test_grep "gitvault.yaml, by which .* needs 2 approvals, will not be there" \
		err && as alice git vault rollback -n --to 2 --as-commit prod \
		>out 2>err && test_grep "the policy is rolled back as well" err &&
	as alice git for-each-ref refs/heads >before
'

test_expect_success 'an expression in place of the name is no way around' '
	for how in "" "-n" "--scope state" "--as-commit" "--as-branch b"
	do
		as alice test_expect_code 129 git vault rollback $how prod~0 \
			2>err && test_grep "cannot be called .prod~0" err ||
			return 1
	done
'

test_expect_success 'one is given, and comes by sync' '
	as bob git for-each-ref --format="%(refname)" >before &&
	cp bob/clone/app app.was && approve bob --to 2 --reason "orders are lost" &&
	test_grep "bob approves that prod goes back to known-good record 2" err &&
	test_cmp app.was bob/clone/app &&
	test_path_is_missing bob/clone/.git/vault/rollback &&
	as alice git vault audit list --kind rollback-approve >out &&
	test_grep " bob " out && as alice git vault audit verify >out &&
	refused --to 2 && test_grep "there is 1 by bob" err &&
	as alice git vault rollback -n --to 2 prod >out 2>err &&
	test_grep "^approval bob 20.* bob orders are lost" out &&
	test_grep "1 is there" err
'

test_expect_success 'his own does not count' '
	approve alice --to 2 && refused --to 2 && test_grep "there is 1 by bob" err &&
	test_grep "approval .* does not count: it is signed by the user who asks" err
'

test_expect_success 'nor a second one of the same, by another host' '
	cp -a bob bob2 && as bob2 git config vault.auditName bob2 &&
	approve bob2 --to 2 && test_grep "bob approves" err &&
	as alice git show-ref --verify -q refs/vault/audit/bob2 &&
	refused --to 2 && test_grep "there is 1 by bob" err
'

test_expect_success 'nor one of another record' '
	approve carol --to 1 && refused --to 2 && test_grep "there is 1 by bob" err &&
	test_grep "of carol does not count: it belongs to another record" err
'

test_expect_success 'two others are enough, of the whole and of a scope' '
	approve carol --to 2 --reason "seen" && there 2 &&
	as alice git vault rollback --to 2 --scope code prod >out 2>err &&
	test "$(cat alice/clone/app)" = one &&
	test_grep "this rollback uses the approvals of .*, so the next one needs a new" err &&
	as alice git vault rollback --undo $(sed -n "s/^undo //p" out) >out &&
	refused --to 2 && test_grep "used it for rollback/prod/2, and one approval" err &&
	approve bob --to 2 && approve carol --to 2 &&
	as alice git vault rollback --to 2 --reason back prod >out 2>err &&
	test "$(cat alice/clone/app)" = one && sed -n "s/^undo //p" out >id
'

test_expect_success 'what was just done is taken back without, what is long ago not' '
	as alice git vault rollback --undo $(cat id) >out &&
	test "$(cat alice/clone/app)" = two &&
	approve bob --to 2 && approve carol --to 2 &&
	as alice git vault rollback --to 2 --reason back prod >out 2>err &&
	sed -n "s/^undo //p" out >id && later 90000 &&
	test_expect_code 128 as alice git vault rollback --undo $(cat id) \
		>out 2>err &&
	test_grep "is too old to undo without approvals," err && test "$(cat alice/clone/app)" = one &&
	as alice git vault rollback --undo $(cat id) --without-approval \
		--reason "it was wrong" >out 2>err &&
	test_grep "going on without the approvals that the" err &&
	test "$(cat alice/clone/app)" = two &&
	as alice git vault audit list --json --kind rollback >out &&
	test_grep "without approval: it was wrong" out
'

test_expect_success 'they are too old by then, and one of a time to come is none' '
	refused --to 2 && test_grep "there are 0" err &&
	test_grep "of bob does not count: it is too old" err && later 7200 &&
	approve bob --to 2 && later -7200 && refused --to 2 &&
	test_grep "of bob does not count: it is of a time to come" err &&
	later 7200 && there 1
'

test_expect_success 'in an emergency it goes on, and that is kept' '
	test_expect_code 129 as alice git vault rollback --without-approval prod &&
	as alice git vault rollback --without-approval --reason "all is down" \
		--to 2 prod >out 2>err &&
	test_grep "going on without the approvals that the" err &&
	test "$(cat alice/clone/app)" = one &&
	as alice git vault audit list --json --kind rollback >json &&
	test_grep "without approval (1 of 2): all is down" json &&
	n=$(sed -n "s/.*known-good record \([0-9]*\) of prod, a candidate.*/\1/p" err) &&
	as alice git vault good show prod $n --json >json &&
	test_grep "without approval (1 of 2): all is down" json &&
	as alice git vault rollback --undo $(sed -n "s/^undo //p" out) >out &&
	test "$(cat alice/clone/app)" = two
'

test_expect_success 'to take an undo back is to roll back again, and takes them' '
	head=$(as alice git rev-parse HEAD) &&
	for how in "" --as-commit
	do
		as alice git vault rollback --without-approval --reason "all is down" \
			--to 2 $how prod >out 2>err &&
		as alice git vault rollback --undo $(sed -n "s/^undo //p" out) \
			>out 2>err && id=$(sed -n "s/^undo //p" out) &&
		test "$(cat alice/clone/app)" = two &&
		as alice git vault rollback -n --json --undo $id >json 2>err &&
		test_grep "\"enough\":false" json &&
		test_expect_code 128 as alice git vault rollback --undo $id \
			>out 2>err && test_grep "so undoing it rolls back again, and" err &&
		test "$(cat alice/clone/app)" = two &&
		as alice git vault rollback --undo $id --without-approval \
			--reason "down again" >out 2>err &&
		test "$(cat alice/clone/app)" = one &&
		as alice git vault audit list --json --kind rollback >json &&
		test_grep "without approval: down again" json &&
		as alice git vault rollback --without-approval --reason back \
			--undo $(sed -n "s/^undo //p" out) >out 2>err &&
		test "$(cat alice/clone/app)" = two || return 1
	done && as alice git reset -q --hard $head
'

test_expect_success 'the policy of HEAD counts, not what stands or stood' '
	test_must_fail as alice git cat-file -e HEAD~2:.gitvault.yaml &&
	echo "rollback: {approvals: 0}" >alice/clone/.gitvault.yaml &&
	refused --to 2 && as alice git checkout -q .gitvault.yaml &&
	policy "rollback: {approvals: x}" && : >alice/clone/.gitvault.yaml &&
	refused --to 2 &&
	test_grep "the policy at HEAD.*:1: approvals must be a number" err &&
	as alice git vault rollback -n --to 2 --without-approval --reason x prod \
		>out 2>err && test_grep "would roll back" err
'

test_expect_success 'only approvers are asked, and how long one counts' '
	policy "rollback: {approvals: 1, approvers: [carol], lasts: 2h}" &&
	refused --to 2 &&
	test_grep "of bob does not count: it is by none of the approvers" err &&
	test_expect_code 128 as bob git vault rollback --approve --to 2 prod \
		2>err && test_grep "others are named" err &&
	approve carol --to 2 && there 1 && later 7300 && there 0 &&
	approve carol --to 2 && there 1
'

# ---- forged ----

# restore_chain WHO TIP: here and on the remote
restore_chain () {
	as alice git update-ref "refs/vault/audit/$1" "$2"
}

test_expect_success 'one that was changed does not count, nor any of its chain' '
	tip=$(as alice git rev-parse refs/vault/audit/carol) &&
	new=$(as alice git cat-file commit $tip | sed "s/^Vault-Target: .*/&0/" |
		as alice git hash-object -t commit -w --stdin) &&
	as alice git update-ref refs/vault/audit/carol $new && refused --to 2 &&
	test_grep "no approval in the audit chain of carol counts" err &&
	restore_chain carol $tip && there 1
'

test_expect_success 'one that is moved behind another event, or to another chain, does not' '
	tip=$(as alice git rev-parse refs/vault/audit/carol) &&
	bob=$(as alice git rev-parse refs/vault/audit/bob) &&
	new=$(as alice git cat-file commit $tip | sed "s/^parent .*/parent $bob/" |
		as alice git hash-object -t commit -w --stdin) &&
	as alice git update-ref refs/vault/audit/carol $tip^ &&
	as alice git update-ref refs/vault/audit/bob $new && refused --to 2 &&
	test_grep "in the audit chain of bob counts" err &&
	test_grep "in the audit chain of carol counts" err &&
	restore_chain carol $tip && restore_chain bob $bob && there 1
'

test_expect_success 'one that would count for nothing where it is told is not given' '
	policy "rollback: {approvals: 2}" && later 90000 &&
	approve carol --to 2 && there 1 && share bob &&
	as bob git config vault.auditName carol && later 1 &&
	carol=$(as bob git rev-parse refs/vault/audit/carol) &&
	test_expect_code 128 as bob git vault rollback --approve --to 2 prod 2>err &&
	test_grep "chain of carol, which somebody else began; .*auditName" err &&
	test "$(as bob git rev-parse refs/vault/audit/carol)" = $carol &&
	as bob git config vault.auditName bob && later 1 &&
	bob=$(as bob git rev-parse refs/vault/audit/bob) &&
	cut=$(as bob git commit-tree -m cut "$bob^{tree}" -p $bob) &&
	as bob git update-ref refs/vault/audit/bob $cut &&
	test_expect_code 128 as bob git vault rollback --approve --to 2 prod 2>err &&
	test_grep "chain of bob, which has faults; to list them: git vault audit verify; " err &&
	as bob git config vault.auditName bob.2 &&
	as bob git vault rollback --approve --to 2 prod &&
	as bob git config vault.auditName bob &&
	as bob git update-ref -d refs/vault/audit/bob.2 &&
	as bob git update-ref refs/vault/audit/bob $bob
'

# By a program that does not look at that.
test_expect_success PYTHON 'nor does one count that is put into the chain of another' '
	ssh-keygen -q -t ed25519 -N "" -f erin &&
	as alice git vault key add --name erin "$(cut -d" " -f1,2 erin.pub)" \
		>out 2>err &&
	share alice bob carol && there 1 &&
	carol=$(as alice git rev-parse refs/vault/audit/carol) &&
	as alice git cat-file commit $carol | sed "s/^parent .*/parent $carol/" |
		awk "/^Vault-Number: / { \$2++ } 1" | resign erin >event &&
	forged=$(as alice git hash-object -t commit -w --stdin <event) &&
	as alice git update-ref refs/vault/audit/carol $forged &&
	as alice git vault audit verify --host carol >out && there 1 &&
	refused --to 2 &&
	test_grep "of erin does not count: it is in a chain that somebody else began" err &&
	restore_chain carol $carol &&
	rm -f alice/clone/.git/vault/audit-end-* bob/clone/.git/vault/audit-end-*
'

test_expect_success 'a copy of a chain is no second approval' '
	approve bob --to 2 && there 2 &&
	later 90000 && approve carol --to 2 && there 1 &&
	as alice git update-ref refs/vault/audit/dave refs/vault/audit/carol &&
	there 1 && as alice git update-ref -d refs/vault/audit/dave &&
	rm -f alice/clone/.git/vault/audit-end-*dave*
'

test_expect_success 'one that says it is of bob, and nobody has signed, does not count' '
	bob=$(as alice git rev-parse refs/vault/audit/bob) &&
	number=$(as alice git cat-file commit $bob |
		sed -n "s/^Vault-Number: //p") &&
	carol=$(as alice git rev-parse refs/vault/audit/carol) &&
	new=$(as alice git cat-file commit $carol | sed -e "s/carol/bob/g" \
		-e "s/^parent .*/parent $bob/" -e "/^Vault-Signature/d" \
		-e "s/^Vault-Number: .*/Vault-Number: $((number + 1))/" |
		as alice git hash-object -t commit -w --stdin) &&
	as alice git update-ref refs/vault/audit/bob $new && there 1 &&
	refused --to 2 && test_grep "does not count: nobody has signed it" err &&
	restore_chain bob $bob && rm -f alice/clone/.git/vault/audit-end-*
'

test_expect_success 'one that is signed by a key of nobody does not count' '
	clone mallory && as mallory git config vault.auditName mallory &&
	as mallory git fetch -q origin "refs/vault/good/*:refs/vault/good/*" \
		"refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	as mallory git vault key generate >mallory.pub &&
	as mallory git vault init -q 2>err && later 1 &&
	test_expect_code 128 as mallory git vault rollback --approve --to 2 prod \
		2>err && test_grep "counts for nothing" err &&
	rm -rf mallory && clone mallory &&
	as mallory git config vault.auditName mallory &&
	as mallory git fetch -q origin "refs/vault/good/*:refs/vault/good/*" \
		"refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	as mallory git remote remove origin && as mallory git vault init -q &&
	as mallory sh -c "echo SECRET=of-mallory >.env && git vault -q snapshot" &&
	as mallory git vault rollback --approve --to 2 --allow-unsigned prod \
		>out 2>err &&
	as alice git fetch -q "$top/mallory/clone" \
		"refs/vault/audit/mallory:refs/vault/audit/mallory" &&
	there 1 && refused --to 2 &&
	test_grep "audit chain of mallory counts" err &&
	as alice git update-ref -d refs/vault/audit/mallory &&
	rm -f alice/clone/.git/vault/audit-end-*
'

test_expect_success 'none counts by a keyring that is not believed, and that is said' '
	there 1 && tip=$(as alice git rev-parse refs/vault/keyring) &&
	refs=$(as alice git for-each-ref --format="%(refname)" \
		refs/vault/keyring "refs/vault-remote/*/keyring") &&
	for ref in $refs
	do
		as alice git update-ref $ref $tip^ || return 1
	done && test_expect_code 128 as alice git vault rollback -n --to 2 prod 2>err &&
	test_grep "record 2 of prod is a candidate: the keyring is not trusted" err &&
	refused --as-commit --to 2 --allow-unsigned &&
	test_grep "no approval counts: the keyring.*is older than version" err &&
	test_grep ! "removed before" err && test_grep ! "has faults" err &&
	for ref in $refs
	do
		as alice git update-ref $ref $tip || return 1
	done && there 1
'

test_expect_success 'a write-only key approves nothing, named by the policy or not' '
	enlist job 2>/dev/null && as alice git vault key remove job >/dev/null 2>&1 &&
	as alice git vault key add --name job --role writer "$top/job.pub" \
		>/dev/null 2>&1 &&
	as alice git vault key signer job "$(sed -n 2p job.pub)" >/dev/null 2>&1 &&
	share alice job &&
	test_expect_code 128 as job git vault rollback --approve --to 2 prod 2>err &&
	test_grep "the key is write-only" err &&
	there 1 && policy "rollback: {approvals: 1, approvers: [job]}" &&
	share alice job && as job git pull -q &&
	test_expect_code 128 as job git vault rollback --approve --to 2 prod 2>err &&
	test_grep "the key is write-only" err && there 0 &&
	policy "environments: {prod: {approvals: 2}}" && share alice
'

test_expect_success 'nor does an approval that was given before the key became one' '
	there 1 && as alice git vault key remove bob >/dev/null 2>&1 &&
	as alice git vault key add --name bob --role writer "$top/bob.pub" \
		>/dev/null 2>&1 &&
	as alice git vault key signer bob "$(sed -n 2p bob.pub)" >/dev/null 2>&1 &&
	as alice git vault rollback -n --to 2 prod >out 2>err &&
	test_grep ! "by bob" err &&
	as alice git vault key remove bob >/dev/null 2>&1 &&
	as alice git vault key add --name bob --signer \
		"$(sed -n 2p bob.pub)" "$top/bob.pub" >/dev/null 2>&1 &&
	share alice bob
'

# scoped WHO [OPTION…]: in the keyring again, with these options
scoped () {
	who_=$1 && shift && as alice git vault key remove "$who_" >/dev/null 2>&1 &&
		as alice git vault key add --name "$who_" --signer \
			"$(sed -n 2p "$who_.pub")" "$@" "$top/$who_.pub" >/dev/null 2>&1 &&
		share alice "$who_"
}

test_expect_success 'who cannot read the secrets of the environment approves only by name' '
	there 1 && enlist dora 2>/dev/null && scoped dora --new-scope --scope dev &&
	test_expect_code 128 as dora git vault rollback --approve --to 2 prod 2>err &&
	test_grep "dora cannot read the secrets of prod" err && there 1 &&
	policy "rollback: {approvals: 1, approvers: [dora]}" && share alice &&
	as dora git pull -q && as dora git vault rollback --approve --to 2 prod >out 2>err &&
	share dora alice && there 1 &&
	policy "environments: {prod: {approvals: 2}}" && share alice && there 1 &&
	as alice git vault rollback -n --to 2 prod >out 2>err &&
	test_grep "of dora does not count: its signer cannot read" err &&
	scoped dora --scope shared && there 2 && scoped dora && there 2 &&
	as alice git vault key remove dora >/dev/null 2>&1 && share alice && there 1
'

test_expect_success 'one of who was taken out of the keyring does not count' '
	there 1 && later 60 && as alice git vault key remove carol >/dev/null 2>&1 &&
	there 0 && refused --to 2 &&
	test_grep "does not count: it is signed by a key that was removed" err
'

test_expect_success 'who is not known to roll back cannot: one could be his own' '
	policy "rollback: {approvals: 1}" && share alice bob && later 60 &&
	approve bob --to 2 && there 1 && share bob &&
	mkdir empty && (
		GIT_VAULT_IDENTITY=$top/empty/none && export GIT_VAULT_IDENTITY &&
		test_expect_code 128 as bob git vault rollback --to 2 \
			--scope code prod >out 2>err
	) && test_grep "your identity is unknown, so one of" err &&
	test_expect_code 128 as bob git vault rollback --to 2 prod >out 2>err &&
	test_grep "it is signed by the user who" err && test "$(cat bob/clone/app)" = two &&
	(
		GIT_VAULT_IDENTITY=$top/empty/none && export GIT_VAULT_IDENTITY &&
		test_expect_code 5 as bob git vault rollback --approve --to 2 prod \
			2>err
	) && test_grep "no identity here signs" err &&
	as alice git vault rollback --to 2 prod >out 2>err &&
	test "$(cat alice/clone/app)" = one
'

test_expect_success 'nor does one count that a named identity cannot sign: none is told' '
	as bob git rev-parse refs/vault/audit/bob >before && : >none &&
	ssh-keygen -q -t ed25519 -N "of-nobody" -f shut &&
	while read -r file why
	do
		test_expect_code 128 as bob git vault rollback --approve --to 2 \
			--identity "$top/$file" prod >out 2>err </dev/null &&
			test_grep "$why" err &&
			test_grep ! approves err || return 1
	done <<-\END &&
	none there is no identity in it
	shut has a passphrase
	not-there cannot open
	END
	as bob git rev-parse refs/vault/audit/bob >after &&
	test_cmp before after
'

# By whoever can write into his repository, for his next event to sign.
test_expect_success 'one that was put where events wait is told by nobody' '
	event=$(as bob git log -1 --format=%H \
		--grep="^Vault-Event: rollback-approve" refs/vault/audit/bob) &&
	as bob git cat-file commit $event | sed -n "/^Vault-Event: /,\$p" |
		grep -v "^Vault-\(Told\|Signature\): " >said &&
	test_grep "^Vault-Event: rollback-approve" said &&
	sed "s/^Vault-Event: \(.*\)/Vault-Event: \"\1\"/" said >quoted &&
	{ printf "Vault-Event: restore\n\n" && cat said; } >behind &&
	sed "s/^Vault-Event: .*/Vault-Event: restore/" said >restore &&
	{ cat restore && echo "Vault-Number: 1"; } >numbered &&
	{ cat restore && cat said; } >twice &&
	{ cat restore && echo "Vault-Signature: AAAA"; } >signed &&
	mkdir -p bob/clone/.git/vault/audit-queue &&
	for waits in said quoted behind numbered twice signed
	do
		cp $waits bob/clone/.git/vault/audit-queue/20200101T000000Z-1-1 &&
		as bob git rev-list --count refs/vault/audit/bob >before &&
		as bob git vault -q hooks install &&
		as bob git rev-list --count refs/vault/audit/bob >after &&
		test $(cat after) = $(($(cat before) + 1)) &&
		as bob git vault audit verify 2>err &&
		test_grep "event waits" err &&
		rm bob/clone/.git/vault/audit-queue/* &&
		as bob git vault -q hooks uninstall || return 1
	done &&
	cp restore bob/clone/.git/vault/audit-queue/20200101T000000Z-1-1 &&
	as bob git vault -q hooks install &&
	test_dir_is_empty bob/clone/.git/vault/audit-queue
'

test_expect_success 'what does not go with --approve' '
	for option in -n --as-commit --scope=code --as-branch=b \
		"--without-approval --reason x" "--undo x"
	do
		test_expect_code 129 as alice git vault rollback --approve $option \
			prod 2>err || return 1
	done && as alice git vault --json rollback --approve --to 2 prod >json &&
	test_grep "\"actor\":\"[^\"]*\"" json
'

test_expect_success 'none is given where none is wanted' '
	test_create_repo unwanted && (
		cd unwanted && echo a >f && git add f && git commit -q -m one &&
		git vault -q snapshot && git vault -q good mark prod &&
		test_expect_code 128 git vault rollback --approve prod 2>../err &&
		test_grep "requires no approvals for a rollback of prod" ../err &&
		git vault audit list --kind rollback-approve >../out &&
		test_grep ! prod ../out
	)
'

test_expect_success 'by what he signs, a reader is a signer of records, too' '
	policy "good: {signers: [bob]}" &&
	as alice git vault -q policy accept && share alice bob &&
	as bob sh -c "git vault -q snapshot && git vault -q good mark stage" \
		>out 2>err && test_grep ! "does not count" err &&
	as bob git vault good show stage >out && test_grep "^signed  *by bob," out
'

test_expect_success 'one approval that two clones used before either knew is named' '
	policy "rollback: {approvals: 1}" && as alice git vault -q policy accept &&
	share alice bob && approve bob --to 2 && test_grep "bob approves" err &&
	as alice git vault doctor >out && test_grep ! "approval .* was used by" out &&
	rm -rf alice2 && cp -a alice alice2 && as alice2 git config vault.auditName alice2 &&
	as alice git vault rollback --to 2 prod >out 2>err &&
	as alice2 git vault rollback --to 2 prod >out 2>err &&
	share alice2 alice &&
	{ as alice git vault doctor >out; true; } &&
	test_grep "approval .* was used by .* at alice2* for rollback/prod/2, and by .* at alice2* for rollback/prod/2" out &&
	test_grep "git vault audit list -v --kind approval-use" out &&
	as alice git vault audit verify >out 2>err && test_grep "approval .* was used by .* at alice" err &&
	as alice git vault >out && test_grep "^next  *git vault audit list -v --kind approval-use" out &&
	{ as alice git vault doctor --brief >out; true; } && test_grep "approval .* was used by" out
'

test_done
