#!/bin/sh

# shellcheck disable=SC2154
test_description='whose word makes a record known-good where there is a keyring

Anybody who can push can put a record under refs/vault/good. Only those that a
member of the keyring signed are used; all others are candidates, which are listed
with their signer and used when a person names them. A signed record falls to a
signed revocation alone.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# by WHO COMMAND: with that one's identity, and no other
by () {
	who_=$1 && shift && GIT_VAULT_IDENTITY=$TRASH_DIRECTORY/../$who_.key "$@"
}

# mark WHO ENV [OPTION…]; back WHO ENV N
mark () {
	who_=$1 env_=$2 && shift 2 && test_tick &&
		GIT_VAULT_TEST_TIME=$test_tick by $who_ git vault -q good mark --without-snapshot "$@" \
			$env_ 2>err
}

back () {
	test_tick && GIT_VAULT_TEST_TIME=$test_tick \
		by "$1" git vault good revoke --reason "$1 says so" "$2" "$3" 2>err
}

# good ENV: the number of the record that good:ENV is, or none
good () {
	git vault good show --json "$1" 2>.git/why | jq ".record // empty"
}

# row ENV N: status, signer and whether it is a candidate
row () {
	git vault good list --json "$1" | jq -r ".records[] |
		select(.record == $2) | \"\(.status) \(.signed_by) \(.candidate)\""
}

# signers NAME: the policy names that one, and an owner accepts it
signers () {
	printf "good:\n  signers: [%s]\n" "$1" >.gitvault.yaml &&
		by owner git vault policy accept >.git/accepted 2>&1
}

key_of () {
	sed -n "s/.*\(ssh-ed25519 [^ ]*\).*/\1/p" "../$1.pub"
}

test_expect_success 'a team: an owner, a reader, a job, and others' '
	test_commit one && for who in owner reader job bob eve
	do
		git vault key generate -o ../$who.key >../$who.pub 2>/dev/null || return 1
	done && cp ../owner.key ../none.key && : >../none.key &&
	by owner git vault -q init 2>/dev/null &&
	by owner git vault key add --name reader "$(sed -n 1p ../reader.pub)" 2>err &&
	by owner git vault key add --name job --role writer "$(sed -n 1p ../job.pub)" 2>err &&
	by owner git vault key add --name bob "$(sed -n 1p ../bob.pub)" 2>err &&
	by owner git vault key signer job "$(key_of job)" 2>err &&
	by owner git vault key signer bob "$(key_of bob)" 2>err &&
	by owner git vault -q snapshot && mark owner prod && test "$(good prod)" = 1 &&
	test "$(row prod 1)" = "verified $(row prod 1 | cut -d" " -f2) false"
'

test_expect_success 'one that nobody signed, that a stranger or a job signed' '
	name=$(row prod 1 | cut -d" " -f2) &&
	by none git vault -q good mark --without-snapshot prod 2>err && test "$(good prod)" = 1 &&
	test_grep "record 2 does not count for good:prod: nobody signed it" err &&
	mark eve prod && test "$(good prod)" = 1 &&
	test_grep "it is signed by SHA256:.*, which the keyring does not list" err &&
	mark job prod && test "$(good prod)" = 1 &&
	test_grep "job signed it with a write-only key" err &&
	test "$(row prod 2)" = "candidate null true" &&
	test "$(row prod 3)" = "candidate null true" &&
	test "$(row prod 4)" = "candidate job true" &&
	git vault good list prod >out && test_grep "SIGNED BY" out &&
	test_grep "prod *4 *candidate *job .*write-only" out &&
	test_grep "prod *1 *verified *$name " out
'

test_expect_success 'a reader whose signing key nobody has listed is told how' '
	mark reader prod && test "$(good prod)" = 1 &&
	by reader git vault good mark --without-snapshot prod 2>err &&
	test_grep "an owner runs: git vault key signer reader .$(key_of reader)." err &&
	test_grep "git vault good verify prod 6" err &&
	by owner git vault key signer reader "$(key_of reader)" 2>err &&
	test "$(good prod)" = 6 && test "$(row prod 5)" = "verified reader false"
'

test_expect_success 'no expression means one, and a number does by two options' '
	by none git vault -q good mark --without-snapshot prod 2>err && git vault good show prod >out &&
	test_grep "^prod/6" out && git vault show good:prod >/dev/null &&
	git vault rollback -n prod 2>err && test_grep "record 6" err &&
	test_expect_code 128 git vault rollback -n --to 7 prod 2>err &&
	test_grep "record 7 of prod is a candidate: nobody signed it" err &&
	test_grep "good verify prod 7" err && test_grep "allow-unsigned" err &&
	git vault rollback -n --to 7 --allow-unsigned prod 2>err &&
	test_grep "warning: record 7 of prod is a candidate (nobody signed it)" err &&
	test_expect_code 129 git vault rollback -n --allow-unsigned prod &&
	test_expect_code 129 git vault rollback -n --to good:prod --allow-unsigned prod &&
	git vault good show prod 7 >out && test_grep "^candidate *nobody signed it$" out
'

test_expect_success 'a signed record without its envelope, or as another one, is none' '
	{
		git cat-file tag refs/vault/good/prod/6 | sed "\$d" &&
		git cat-file tag refs/vault/good/prod/6 | tail -n 1 |
			jq -r .payload | base64 -d && echo
	} >../tag && git update-ref refs/vault/good/prod/8 \
		$(git hash-object -t tag -w ../tag) &&
	test "$(row prod 8)" = "candidate null true" && test "$(good prod)" = 6 &&
	git update-ref refs/vault/good/stage/1 refs/vault/good/prod/6 &&
	test "$(row stage 1)" = "damaged null false" && test "$(good stage)" = "" &&
	git update-ref -d refs/vault/good/stage/1 &&
	git update-ref -d refs/vault/good/prod/8
'

test_expect_success 'a revocation that nobody signed who may is a request' '
	for who in none eve job
	do
		back $who prod 6 && test "$(good prod)" = 6 &&
		test_grep "the record stays valid until a member" err || return 1
	done && git vault good list --json prod >out &&
	jq -e "[.records[] | select(.status == \"request\")] | length == 3" out &&
	jq -e "[.records[] | select(.status == \"revoked\")] | length == 0" out &&
	git vault good check prod HEAD && git vault rollback -n prod 2>err &&
	test_grep "record 6" err
'

test_expect_success 'a member revokes, and nobody else says that it is good again' '
	back reader prod 6 && test "$(good prod)" = "" &&
	test_expect_code 1 git vault good check prod HEAD &&
	mark none prod --reason "fine again" && test "$(good prod)" = "" &&
	mark job prod --reason "fine again" && test "$(good prod)" = "" &&
	test_expect_code 1 git vault good check prod HEAD &&
	mark owner prod --reason "it was the network" &&
	git vault good check prod HEAD && test -n "$(good prod)"
'

test_expect_success 'the policy asks for more, and never for less' '
	mark reader stage && test "$(good stage)" = 1 &&
	mark none stage && printf "good:\n  signed: optional\n" >.gitvault.yaml &&
	test "$(good stage)" = 1 && test "$(row stage 2)" = "candidate null true" &&
	signers bob &&
	test "$(good stage)" = "" && test "$(row stage 1)" = "untrusted reader false" &&
	test "$(row stage 2)" = "untrusted null false" &&
	test_expect_code 128 git vault rollback -n --to 2 --allow-unsigned stage &&
	mark bob stage && test "$(good stage)" = 3 &&
	back reader stage 3 && test "$(good stage)" = "" &&
	signers job &&
	mark job stage --reason "named by the policy" && test "$(good stage)" = 5 &&
	rm .gitvault.yaml &&
	by owner git vault policy accept >.git/accepted 2>&1 &&
	test "$(row stage 5)" = "candidate job true"
'

# enlist WHO [OPTION…]: a key of that name for the keyring
enlist () {
	who_=$1 && shift && { test -e ../$who_.key ||
		git vault key generate -o ../$who_.key >../$who_.pub 2>/dev/null; } &&
	by owner git vault key add --name "$who_" "$@" "$(sed -n 1p ../$who_.pub)" \
		>/dev/null 2>err
}

test_expect_success 'who cannot read the secrets of an environment decides nothing about it' '
	enlist lee --new-scope --scope dev && enlist sam --new-scope --scope pay &&
	by owner git vault key signer lee "$(key_of lee)" 2>err &&
	mark owner pay && mark lee pay && test "$(good pay)" = 1 &&
	test "$(row pay 2)" = "candidate lee true" &&
	test_grep "its signer lee cannot read secrets of pay" err &&
	back lee pay 1 && test "$(good pay)" = 1 && test "$(row pay 3)" = "request lee true" &&
	git vault good check pay HEAD && mark lee dev && test "$(good dev)" = 1 &&
	test "$(row dev 1)" = "verified lee false" &&
	back lee dev 1 && test "$(good dev)" = "" &&
	mark lee dev --reason "it was the network" && test "$(good dev)" = 3 &&
	mark lee pay --status candidate && test "$(row pay 4)" = "candidate lee true"
'

test_expect_success 'an environment without a scope of its own goes by shared' '
	mark lee nowhere && test "$(good nowhere)" = "" &&
	enlist max --scope shared && by owner git vault key signer max "$(key_of max)" 2>err &&
	mark max nowhere && test "$(good nowhere)" = 2 && mark max pay &&
	test "$(row pay 5)" = "candidate max true" && test "$(good pay)" = 1
'

test_expect_success 'an owner counts, and whom an owner names' '
	signers lee && mark lee pay --reason "an owner names lee" && test "$(good pay)" = 6 &&
	rm .gitvault.yaml && by owner git vault policy accept >.git/accepted 2>&1 &&
	test "$(good pay)" = 1 &&
	git vault key generate -o ../boss.key >../boss.pub 2>/dev/null &&
	enlist boss --role owner --scope dev --signer "$(key_of boss)" &&
	mark boss pay && test "$(good pay)" = 7
'

test_expect_success 'one who is given other scopes no longer counts, and who left neither' '
	by owner git vault key remove lee >/dev/null 2>err &&
	enlist lee --scope pay && by owner git vault key signer lee "$(key_of lee)" 2>err &&
	test "$(row dev 3)" = "candidate lee true" && test "$(good dev)" = "" &&
	mark lee pay && test "$(good pay)" = 8 &&
	by owner git vault key remove lee >/dev/null 2>err && mark owner dev &&
	test "$(good pay)" = 7 && test "$(good dev)" = 4
'

test_expect_success 'verify takes the newest that counts, and another by its number' '
	mark owner test --status candidate && mark none test --status candidate &&
	by owner git vault good verify test >out 2>err &&
	test_grep "record 2 of test is passed over: nobody signed it" err &&
	test_grep "git vault good verify test 2" err &&
	test_grep "record 3 makes candidate 1 good" err && test "$(good test)" = 3 &&
	mark none test && test "$(good test)" = 3 && test_tick &&
	by owner git vault good verify test 4 >out 2>err &&
	test_grep "record 4 of test is a candidate: nobody signed it" err &&
	test_grep "record 5 makes candidate 4 good" err && test "$(good test)" = 5 &&
	mark job test --status candidate && by owner git vault good verify test >out 2>err &&
	test_grep "record 7 makes candidate 6 good" err
'

test_expect_success 'who left: what a member has built on counts, and nothing else' '
	mark bob left && mark owner left && mark bob left && test "$(good left)" = 3 &&
	mark owner other && mark bob other &&
	mark owner third && mark bob third --status candidate &&
	by owner git vault good verify third >out 2>err &&
	mark owner back && back bob back 1 && test "$(good back)" = "" &&
	by owner git vault key remove bob >/dev/null 2>err &&
	test_grep "record 3 of left no longer counts; .* good verify left 3$" err &&
	test_grep "record 2 of back no longer revokes record 1; .* TEXT back 1$" err &&
	test_grep ! "record 1 of left" err &&
	back owner back 1 && test "$(good back)" = "" &&
	git vault good list --json left >out &&
	test "$(row left 1)" = "verified bob false" &&
	test "$(row left 3)" = "candidate bob true" && test "$(good left)" = 2 &&
	test "$(good other)" = 1 && test "$(row other 2)" = "candidate bob true" &&
	git vault good show other 2 >out &&
	test_grep "its signer bob left the keyring on 20..-..-.., and no" out &&
	test "$(row third 2)" = "candidate bob true" && test "$(good third)" = 3 &&
	by owner git vault good verify other 2 2>err && test "$(good other)" = 3
'

test_expect_success 'a date of yesterday helps nobody who left' '
	GIT_VAULT_TEST_TIME=1100000000 by bob git vault -q good mark --without-snapshot other 2>err &&
	test "$(good other)" = 3 && back bob other 1 && test "$(good other)" = 3 &&
	test "$(row other 5)" = "request bob true"
'

test_expect_success 'git signs by the key of a member, or by one of nobody' '
	mkdir ../.ssh && ssh-keygen -q -t ed25519 -N "" -C "" -f ../.ssh/ann &&
	ssh-keygen -q -t ed25519 -N "" -C "" -f ../.ssh/mal &&
	git config gpg.format ssh &&
	by owner git vault key add --name ann "$(cat ../.ssh/ann.pub)" 2>err &&
	mark owner git && mark none git --sign="$PWD/../.ssh/mal" &&
	echo "x@y $(cat ../.ssh/mal.pub)" >../allowed &&
	git config gpg.ssh.allowedSignersFile "$PWD/../allowed" &&
	test "$(good git)" = 1 && test "$(row git 2)" = "candidate null true" &&
	mark none git --sign="$PWD/../.ssh/ann" && test "$(good git)" = 3 &&
	test "$(row git 3)" = "verified ann false"
'

# The owner has a second vault, of which anybody may read all.
test_expect_success 'a signed record of another vault counts nowhere, and revokes nothing' '
	owner=$(by owner git vault key list | sed -n 2p | cut -d" " -f1) &&
	git init -q ../b && (cd ../b && test_commit other && by owner git vault -q init 2>err &&
		by owner git vault -q snapshot && mark owner far && mark owner main && back owner main 1) &&
	mark owner far && test "$(good far)" = 1 &&
	git fetch -q ../b refs/vault/good/far/1:refs/vault/good/far/2 \
		refs/vault/good/main/2:refs/vault/good/main/2 "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	test "$(good far)" = 1 && test "$(row far 2 | cut -d" " -f1,3)" = "candidate true" &&
	test "$(row main 2 | cut -d" " -f1,3)" = "request true" &&
	git vault good list far >out && test_grep "far *2 *candidate .*another vault: it names the keyring SHA256" out &&
	by owner git vault good verify far >out 2>err && test_grep "record 2 of far is passed over" err &&
	test_grep ! "good verify far 2" err &&
	test_expect_code 128 git vault recover --yes --to 2 far 2>err && test_grep "another vault" err &&
	mark owner far && test "$(good far)" = 3 && test "$(row far 2 | cut -d" " -f1)" = candidate
'

test_expect_success 'what a clone marked before it adopted the keyring counts, here and once it is built on' '
	print=$(git vault key list | sed -n "1s/.* //p") &&
	(cd ../b && mark owner near && git remote add team ../trash && git fetch -q team "+refs/vault/*:refs/vault-remote/team/*" &&
		by owner git vault key adopt "$print" >out 2>err && test "$(good near)" = 1 && mark owner near) &&
	git fetch -q ../b refs/vault/good/near/1:refs/vault/good/near/1 && test "$(good near)" = "" &&
	git fetch -q ../b refs/vault/good/near/2:refs/vault/good/near/2 && test "$(good near)" = 2 &&
	test "$(row near 1 | cut -d" " -f1,3)" = "verified false"
'

test_expect_success 'other commands go by the same' '
	mark none lone --artifact shop=sha256:$(printf %064d 5) &&
	git vault artifact find shop >out && test_grep ! "1, verified" out &&
	git vault good export --format slsa-vsa lone 1 >out &&
	test_grep "\"verificationResult\":\"FAILED\"" out &&
	test_expect_code 128 git vault good export lone 2>err &&
	test_expect_code 128 git vault show good:lone 2>err &&
	test_grep "not trusted: 1, the newest since nobody signed it.*git vault good verify" err
'

test_done
