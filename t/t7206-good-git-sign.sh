#!/bin/sh

test_description='signatures of git on known-good records

The program and key that git is set to sign the tag of a record, as git tag -s
does: git verify-tag checks it, and so do good show and good list. Who changes the
record, or the signature, is seen; a policy that names signers passes over what
they have not signed.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

test_lazy_prereq GPG '
	command -v gpg && command -v gpg-agent
'

test_lazy_prereq GPGSM '
	command -v gpgsm && command -v gpg-agent
'

# verify N: by git itself
verify () {
	git verify-tag "refs/vault/good/prod/$1" 2>.git/verified
}

# status N: what the JSON says of git's signature
status () {
	git vault good show --json prod "$1" |
		jq -r '.git_signature | .status + " " + (.signer // "-")'
}

# listed N: the same in the list
listed () {
	git vault good list --json prod |
		jq -r ".records[] | select(.record == $1) | .git_signature.status"
}

# forge N FILE: a record of these bytes
forge () {
	tag=$(git hash-object -t tag -w --literally "$2") &&
		git update-ref "refs/vault/good/prod/$1" "$tag"
}

key_of () {
	ssh-keygen -lf "$1" | cut -d " " -f 2
}

test_expect_success 'nothing is signed where nobody asks for it' '
	test_commit one && rm -rf .ssh && mkdir .ssh &&
	for key in ann bob eve
	do
		ssh-keygen -q -t ed25519 -N "" -C "" -f .ssh/$key || return 1
	done && echo .ssh >.gitignore &&
	git vault -q good mark --without-snapshot prod && test_must_fail verify 1 &&
	test "$(status 1)" = "none -" && test "$(listed 1)" = none
'

test_expect_success 'tag.gpgSign signs by ssh, and git says whose it is' '
	git config gpg.format ssh && git config tag.gpgSign true &&
	git config user.signingKey "$PWD/.ssh/ann.pub" &&
	echo "ann@example.com,x@y $(cat .ssh/ann.pub)" >.ssh/allowed &&
	git config gpg.ssh.allowedSignersFile "$PWD/.ssh/allowed" &&
	git vault good mark --without-snapshot prod 2>err && test_grep "signed.* as git does" err &&
	verify 2 && test_grep "Good .git. signature for ann@example.com" .git/verified &&
	test "$(status 2)" = "good ann@example.com" && test "$(listed 2)" = good &&
	git vault good show prod 2 >out &&
	test_grep "^git *good, by ann@example.com, $(key_of .ssh/ann.pub)$" out &&
	test_path_is_missing .git/vault/sign-* && git fsck --strict
'

test_expect_success 'what it says is what it said, and the note moved with it' '
	git cat-file tag refs/vault/good/prod/2 >tag &&
	sed -n "/^{/p" tag >line && test_line_count = 1 line &&
	sed "/^{/q" tag >payload && test_grep "^object " payload &&
	git notes --ref=vault show HEAD >note &&
	test_grep "$(git rev-parse refs/vault/good/prod/2)" note &&
	git vault good export prod 2 | python3 -c "import json, sys; json.load(sys.stdin)"
'

test_expect_success 'options and vault.signGood go before tag.gpgSign' '
	git vault -q good mark --without-snapshot --no-sign prod && test_must_fail verify 3 &&
	git -c vault.signGood=false vault -q good mark --without-snapshot prod && test_must_fail verify 4 &&
	git -c tag.gpgSign=false -c vault.signGood=true vault -q good mark --without-snapshot prod && verify 5 &&
	git -c tag.gpgSign=false vault -q good mark --without-snapshot --sign prod && verify 6 &&
	git vault -q good mark --without-snapshot --sign="$PWD/.ssh/bob" prod && test_must_fail verify 7 &&
	test "$(status 7)" = "unknown-key -" &&
	test_expect_code 129 git vault good list --sign prod
'

test_expect_success 'revocations and promotions are signed as well' '
	git vault -q good mark --without-snapshot --status candidate stage &&
	git vault -q good verify stage &&
	git vault -q good revoke --reason "it broke" stage 2 &&
	for n in 1 2 3
	do
		git verify-tag refs/vault/good/stage/$n || return 1
	done
'

test_expect_success 'without a list of signers the key is told' '
	git config --unset gpg.ssh.allowedSignersFile &&
	test "$(status 2)" = "unknown-key -" &&
	git vault good show prod 2 >out && test_grep "$(key_of .ssh/ann.pub)" out &&
	git config gpg.ssh.allowedSignersFile "$PWD/.ssh/allowed"
'

test_expect_success 'another signature on it is bad' '
	git cat-file tag refs/vault/good/prod/2 >tag &&
	git cat-file tag refs/vault/good/prod/5 >other &&
	sed "/^{/q" tag >mixed && sed "1,/^{/d" other >>mixed && forge 8 mixed &&
	test "$(status 8)" = "bad -" && test "$(listed 8)" = bad &&
	git vault good show prod 8 >out && test_grep "^git *bad: it is of something else" out
'

test_expect_success 'a signature of a revoked key is not good' '
	cp .ssh/ann.pub .ssh/revoked &&
	git config gpg.ssh.revocationFile "$PWD/.ssh/revoked" &&
	test "$(status 2)" = "bad -" && git config --unset gpg.ssh.revocationFile
'

test_expect_success 'nothing but one signature may stand behind a record' '
	{ cat tag && echo "and more"; } >odd-1 &&
	{ cat tag && sed "1,/^{/d" tag; } >odd-2 &&
	sed "/^-----END/d" tag >odd-3 &&
	sed "s/^-----END.*/& /" tag >odd-4 &&
	sed "s/^-----BEGIN.*/&x/" tag >odd-5 &&
	{ sed "/^-----BEGIN/q" tag && printf "\tx\n" && sed "1,/^-----BEGIN/d" tag; } >odd-6 &&
	{ sed "/^-----BEGIN/q" tag && for i in 1 2 3 4; do
		seq 100000 104000; done && sed "1,/^-----BEGIN/d" tag; } >odd-7 &&
	{ sed "/^-----BEGIN/q" tag && echo "-----BEGIN PGP SIGNATURE-----" &&
		sed "1,/^-----BEGIN/d" tag; } >odd-8 &&
	printf %s "$(cat tag)" >odd-9 &&
	for i in 1 2 3 4 5 6 7 8 9
	do
		forge 8 odd-$i &&
		test_expect_code 128 git vault good show prod 8 2>err &&
		test_grep "record 8 of prod is damaged: it is not followed by a signature" err ||
			return 1
	done && git update-ref -d refs/vault/good/prod/8
'

test_expect_success 'a record that cannot be signed is none' '
	git for-each-ref refs/vault refs/notes >before &&
	test_expect_code 128 git vault good mark --without-snapshot --sign=/nowhere prod 2>err &&
	test_grep "ssh-keygen did not sign the record: .*nowhere" err &&
	test_expect_code 128 git -c user.signingKey= vault good mark --without-snapshot prod 2>err &&
	test_grep "only a key that is named signs" err &&
	test_expect_code 128 git -c gpg.ssh.program=true vault good mark --without-snapshot prod 2>err &&
	test_expect_code 128 git -c gpg.ssh.program=/no/such vault good mark --without-snapshot prod 2>err &&
	test_grep "/no/such" err &&
	test_expect_code 128 git -c gpg.format=smoke vault good mark --without-snapshot prod 2>err &&
	test_grep "gpg.format is .smoke., and git knows" err &&
	cat >.ssh/liar <<-\END &&
	#!/bin/sh
	for text; do :; done
	echo "no signature" >"$text.sig"
	END
	chmod +x .ssh/liar &&
	test_expect_code 128 git -c gpg.ssh.program="$PWD/.ssh/liar" vault good mark --without-snapshot prod 2>err &&
	test_grep "liar did not sign the record: its output is not a signature" err &&
	git for-each-ref refs/vault refs/notes >after && test_cmp before after &&
	test_path_is_missing .git/vault/sign-*
'

test_expect_success 'a key itself is for the agent to sign by' '
	eval "$(ssh-agent -s)" && test_when_finished "kill $SSH_AGENT_PID" &&
	ssh-add -q .ssh/ann && mv .ssh/ann .ssh/away &&
	git -c user.signingKey="key::$(cat .ssh/ann.pub)" vault -q good mark --without-snapshot other &&
	git verify-tag refs/vault/good/other/1 &&
	git -c user.signingKey= -c gpg.ssh.defaultKeyCommand="ssh-add -L" \
		vault -q good mark --without-snapshot other && git verify-tag refs/vault/good/other/2 &&
	mv .ssh/away .ssh/ann
'

# ---- the policy ----

# policy LINE…: the section good
policy () {
	echo "good:" >.gitvault.yaml && for word
	do
		echo "  $word" >>.gitvault.yaml
	done
	# one that cannot be read cannot be accepted
	test_might_fail accept_policy 2>/dev/null
}

# good: which record good:prod is
good () {
	git vault good show --json prod | jq ".record // empty"
}

test_expect_success 'a policy that asks for signatures passes over what has none' '
	git config tag.gpgSign false && rm -f .git/config.lock &&
	git vault -q good mark --without-snapshot team && git vault good mark --without-snapshot team 2>err &&
	test_grep ! "does not count" err && policy "signed: required" &&
	test_expect_code 128 git vault good show team 2>err &&
	test_grep "not trusted: 2, the newest since it is not signed" err &&
	git vault good list team >out && test_grep "untrusted .*it is not signed" out &&
	test_tick && git vault good mark --without-snapshot team 2>err &&
	test_grep "record 3 does not count for good:team: it is not signed" err &&
	git vault -q good mark --without-snapshot --sign team 2>err && test_grep ! "does not count" err &&
	git vault good show team >out && test_grep "^team/4" out &&
	git vault -q good mark --without-snapshot --sign="$PWD/.ssh/eve" team 2>err &&
	test_grep "no signer of the policy signed it" err &&
	git vault good show team >out && test_grep "^team/4" out
'

test_expect_success 'by a fingerprint, a key or a name: whoever it names counts' '
	git vault -q good mark --without-snapshot --sign="$PWD/.ssh/bob" team &&
	policy "signers: [$(key_of .ssh/ann.pub)]" &&
	git vault good show team >out && test_grep "^team/4" out &&
	policy "signers: [\"$(cat .ssh/eve.pub)\"]" &&
	git vault good show team >out && test_grep "^team/5" out &&
	policy "signers:" "- $(key_of .ssh/bob.pub)" "- $(key_of .ssh/ann.pub)" \
		"signed: required" &&
	git vault good show team >out && test_grep "^team/6" out &&
	git vault good show --json team~1 | jq -e ".record == 4" &&
	policy "signers: [nobody]" && test_expect_code 128 git vault good show team 2>err &&
	test_grep "not trusted: 6" err
'

test_expect_success 'an identity that the keyring names signs as that name' '
	git vault -q init 2>/dev/null && git vault -q good mark --without-snapshot team &&
	git vault good show --json team 7 >out && name=$(jq -r .signer out) &&
	policy "signers: [$name]" &&
	git vault good show team >out && test_grep "^team/7" out &&
	policy "signed: required" &&
	git vault good show team >out && test_grep "^team/7" out
'

test_expect_success 'a key that has expired, or may have been revoked, does not count' '
	git init -q ../void && (
		cd ../void && test_commit one && git config gpg.format ssh &&
		ssh-keygen -q -t ed25519 -N "" -f ../void.key &&
		git config user.signingKey "$PWD/../void.key.pub" &&
		git vault -q good mark --without-snapshot --sign prod &&
		printf "good:\n  signers: [\"%s\"]\n" \
			"$(cut -d" " -f1,2 ../void.key.pub)" >.gitvault.yaml &&
		git vault good list >out && test_grep "1 *verified" out &&
		echo "ann@example.com valid-before=\"20000101\" $(cat ../void.key.pub)" \
			>../signers &&
		git config gpg.ssh.allowedSignersFile "$PWD/../signers" &&
		git vault good list >out && test_grep "1 *untrusted" out &&
		git vault good show prod 1 >out &&
		test_grep "^git *bad, .*its key has expired" out &&
		echo "ann@example.com valid-after=\"20990101\" $(cat ../void.key.pub)" \
			>../signers &&
		git vault good list >out && test_grep "1 *untrusted" out &&
		git config --unset gpg.ssh.allowedSignersFile &&
		cp ../void.key.pub ../revoked &&
		git config gpg.ssh.revocationFile "$PWD/../revoked" &&
		git vault good list >out && test_grep "1 *untrusted" out
	)
'

# made NAME: a repository whose record 1 git signed, and whose key is gone then
made () {
	git init -q "../$1" && (
		cd "../$1" && test_commit one && git config gpg.format ssh &&
		git config tag.gpgSign true &&
		ssh-keygen -q -t ed25519 -N "" -f "../$1.key" &&
		git config user.signingKey "$PWD/../$1.key" &&
		git vault -q snapshot && git vault -q good mark --without-snapshot prod &&
		git cat-file tag refs/vault/good/prod/1 >../tag &&
		test_grep "BEGIN SSH SIGNATURE" ../tag && rm "../$1.key"
	)
}

test_expect_success 'a rollback has its record also where git does not sign it' '
	made back && (
		cd ../back && echo bad >one.t && git commit -q -a -m bad &&
		test_expect_code 128 git vault good mark --without-snapshot prod 2>../err &&
		test_grep "ssh-keygen did not sign the record: [^\\\\]*;" ../err &&
		git vault rollback prod 2>../err &&
		test_grep "is done, but its record 2 of prod is not signed by git: ssh" ../err &&
		test_grep "made known-good record 2 of prod" ../err &&
		git cat-file tag refs/vault/good/prod/2 >../tag && test_grep ! "SSH SIG" ../tag &&
		test_path_is_missing .git/vault/rollback/played &&
		git vault audit list >../out && test_grep "rollback" ../out &&
		git vault status 2>../err && test_grep ! "interrupted" ../err &&
		git for-each-ref refs/vault/good >../refs && test_line_count = 2 ../refs
	)
'

test_expect_success 'and so has what a hook makes, unless somebody asked for it' '
	made hook && (
		cd ../hook && printf "environments:\n  stage: {branches: main}\n" >.gitvault.yaml &&
		git add .gitvault.yaml && git commit -q -m policy &&
		git vault -q hooks install && git checkout -q -b topic &&
		git commit -q --allow-empty -m t && git checkout -q main &&
		git merge -q --no-ff -m merged topic 2>../err &&
		test_grep "record 1 of stage: the merge is a candidate" ../err &&
		test_grep "record 1 of stage is not signed by git: ssh-keygen" ../err &&
		test_expect_code 128 git vault good verify stage 2>../err &&
		test_grep "did not sign" ../err && git vault good verify --no-sign stage
	)
'

test_expect_success 'a rollback goes back to none that is not trusted' '
	policy "signers: [$(key_of .ssh/ann.pub)]" &&
	test_expect_code 128 git vault rollback --dry-run --to 5 team 2>err &&
	test_grep "record 5 of team: it is signed\|git.s signature" err &&
	test_expect_code 128 git vault rollback --dry-run --to good:team~1 team 2>err &&
	test_grep "so ~0 is the oldest.*not trusted: 6" err
'

test_expect_success 'what is not signed is not promoted' '
	git vault -q good mark --without-snapshot --no-sign --status candidate promo &&
	test_expect_code 128 git vault good verify promo 1 2>err &&
	test_grep "record 1 of promo is not verified, since it makes nothing good" err &&
	test_expect_code 128 git vault good verify promo 2>err &&
	test_grep "record 1 of promo is passed over" err &&
	git vault -q good mark --without-snapshot --sign --status candidate promo &&
	git vault -q good verify --sign promo &&
	git vault good show promo >out && test_grep "^promo/3" out
'

test_expect_success 'who is not trusted revokes, and does not take that back' '
	git vault -q good revoke --no-sign --reason broken promo 3 &&
	test_expect_code 128 git vault good show promo 2>err && test_grep "revoked: " err &&
	git vault -q good mark --without-snapshot --no-sign --reason "it was not" promo &&
	git vault -q good mark --without-snapshot --no-sign --reason again promo &&
	test_expect_code 128 git vault good show promo 2>err && test_grep "revoked: " err &&
	test_expect_code 128 git vault good mark --without-snapshot --sign promo 2>err &&
	test_grep "was revoked for promo" err &&
	git vault -q good mark --without-snapshot --sign --reason "it was not" promo &&
	git vault good show promo >out && test_grep "^promo/7" out
'

test_expect_success 'a policy that cannot be read trusts nothing' '
	for line in "signers: []" "signers: all" "signed: maybe" "signed: [a]" \
		"signers: [0xDEADBEEF]" "signers: [DEADBEEF]" "signers: [a b]" "signer: [a]"
	do
		policy "$line" && test_expect_code 128 git vault good show team 2>err &&
		test_grep "not trusted: 7, the newest since .gitvault.yaml:2: " err || return 1
	done && policy "signers: [a]" "signed: optional" &&
	test_expect_code 128 git vault good show team 2>err &&
	test_grep "signed: optional. contradicts that" err &&
	git vault good list team >out && test_grep "untrusted" out && rm .gitvault.yaml &&
	accept_policy &&
	git vault good show team >out && test_grep "^team/7" out
'

# ---- OpenPGP and X.509 ----

test_expect_success GPG 'gpg signs, and git says good, unknown, bad and expired' '
	GNUPGHOME=$(TMPDIR=/tmp mktemp -d) && export GNUPGHOME &&
	test_when_finished "gpgconf --kill all; rm -rf $GNUPGHOME; unset GNUPGHOME" &&
	gpg --batch -q --passphrase "" --quick-gen-key "Ann Example <ann@example.com>" \
		ed25519 sign 2>/dev/null &&
	git config gpg.format openpgp && git config user.signingKey ann@example.com &&
	git vault -q good mark --without-snapshot --sign pgp && git verify-tag refs/vault/good/pgp/1 &&
	print=$(gpg --with-colons -K 2>/dev/null | sed -n "s/^fpr:::::::::\([^:]*\):/\1/p") &&
	git vault good show pgp >out &&
	test_grep "^git *good, by Ann Example <ann@example.com>, $print$" out &&
	policy "signers: [$(echo $print | tr A-F a-f)]" &&
	git vault good show pgp >out && test_grep "^pgp/1" out &&
	policy "signers: [$(printf %040d 7)]" &&
	test_expect_code 128 git vault good show pgp 2>err && rm .gitvault.yaml &&
	accept_policy &&
	git cat-file tag refs/vault/good/pgp/1 | sed "s/^tagger .* </tagger Eve </" >tag &&
	git update-ref refs/vault/good/pgp/2 $(git hash-object -t tag -w tag) &&
	git vault good show pgp 2 >out &&
	test_grep "^git *bad, by Ann Example <ann@example.com>: it is of something else" out &&
	git update-ref -d refs/vault/good/pgp/2 &&
	empty=$(TMPDIR=/tmp mktemp -d) && GNUPGHOME=$empty git vault good show pgp 1 >out &&
	rm -rf "$empty" && test_grep "^git *unknown-key: its key is not here" out &&
	gpg --batch -q --passphrase "" --quick-set-expire "$print" seconds=1 &&
	sleep 2 && git vault good show pgp 1 >out &&
	test_grep "^git *bad, by Ann.*: its key has expired" out &&
	test_expect_code 128 git vault good mark --without-snapshot --sign=nobody@nowhere pgp 2>err &&
	test_grep "gpg did not sign the record: gpg: " err &&
	test_expect_code 128 git -c gpg.program=/no/such vault good mark --without-snapshot --sign pgp 2>err &&
	test_grep "/no/such" err
'

test_expect_success GPGSM 'gpgsm signs by a certificate' '
	GNUPGHOME=$(TMPDIR=/tmp mktemp -d) && export GNUPGHOME &&
	test_when_finished "gpgconf --kill all; rm -rf $GNUPGHOME; unset GNUPGHOME" &&
	printf "Key-Type: RSA\nKey-Length: 2048\nKey-Usage: sign\nSerial: random\n" >.ssh/ask &&
	printf "Name-DN: CN=Ann\nName-Email: ann@example.com\n" >>.ssh/ask &&
	gpgsm --batch -q --pinentry-mode loopback --passphrase-fd 0 --gen-key \
		--output .ssh/crt .ssh/ask </dev/null 2>err &&
	gpgsm --batch -q --import .ssh/crt 2>err &&
	id=$(gpgsm --with-colons -K 2>/dev/null | sed -n "s/^fpr:::::::::\([^:]*\):.*/\1/p") &&
	echo "$id S relax" >"$GNUPGHOME/trustlist.txt" &&
	echo "disable-crl-checks" >"$GNUPGHOME/gpgsm.conf" && gpgconf --kill all &&
	git config gpg.format x509 && git config user.signingKey "$id" &&
	git vault -q good mark --without-snapshot --sign x509 && git verify-tag refs/vault/good/x509/1 &&
	git vault good show x509 >out && test_grep "^git *good, by .*Ann.*, $id$" out
'

test_done
