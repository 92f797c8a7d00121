#!/bin/sh

test_description='the keyring, by hand: git, ssh-keygen, age and sha256sum'
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/keyring-tool

for program in ssh-keygen age age-keygen sha256sum
do
	command -v $program >/dev/null || {
		skip_all "$program is not installed"
	}
done

# part NAME [REV]: a file of a version
part () {
	git cat-file blob "${2:-refs/vault/keyring}:$1"
}

# sign TEXT KEY: TEXT.sig
sign () {
	rm -f "$1.sig" && ssh-keygen -q -Y sign -f "$2" -n git-vault-keyring "$1"
}

# verify REV OWNERS: whether one of OWNERS, a keyring, has signed that version
verify () {
	sed -n "s/^signer //p" "$2" >allowed &&
	part keyring "$1" >text && part keyring.sig "$1" >sig &&
	who=$(ssh-keygen -Y find-principals -f allowed -s sig) &&
	ssh-keygen -q -Y verify -f allowed -I "$who" -n git-vault-keyring \
		-s sig <text
}

test_expect_success 'there are keys' '
	for who in alice bob mallory
	do
		ssh-keygen -q -t ed25519 -N "" -C "$who of us" -f $who &&
		age-keygen -o $who.age 2>/dev/null &&
		age-keygen -y $who.age >$who.to || return 1
	done
'

test_expect_success 'ssh-keygen signs the first version, and it is taken' '
	"$tool" first alice "$(cat alice.to)" "$(cat alice.pub)" >text1 &&
	test_must_fail "$tool" save text1 alice.pub 2>err &&
	test_grep "signature is damaged" err &&
	sign text1 mallory &&
	test_must_fail "$tool" save text1 text1.sig 2>err &&
	test_grep "of none of its owners" err &&
	test_must_fail git rev-parse -q --verify refs/vault/keyring &&
	sign text1 alice &&
	"$tool" save text1 text1.sig &&
	part keyring >actual && test_cmp text1 actual &&
	part keyring.sig >actual && test_cmp text1.sig actual
'

test_expect_success 'another owner, a scope and a writer: two more versions' '
	"$tool" next scope dev add bob reader "$(cat bob.pub)" >text2 &&
	sign text2 alice && "$tool" save text2 text2.sig &&
	"$tool" next add ci writer "$(cat bob.to)" >text3 &&
	sign text3 mallory &&
	test_must_fail "$tool" save text3 text3.sig 2>err &&
	test_grep "which belongs to no owner in version 2" err &&
	test_grep "$(ssh-keygen -l -f mallory.pub | cut -d" " -f2)" err &&
	sign text3 alice && "$tool" save text3 text3.sig &&
	cat >expect <<-EOF &&
	recipient alice owner * $(cat alice.to)
	recipient bob reader * $(cut -d" " -f1,2 bob.pub)
	recipient ci writer - $(cat bob.to)
	signer alice $(cut -d" " -f1,2 alice.pub)
	EOF
	sed -n "/^recipient/,\$p" text3 >actual &&
	test_cmp expect actual
'

test_expect_success 'the chain is checked by hand as the manual says' '
	git rev-list --reverse refs/vault/keyring >versions &&
	test_line_count = 3 versions &&
	part keyring "$(head -n 1 versions)" >before &&
	for version in $(cat versions)
	do
		verify $version before || return 1
		previous=$(sed -n "s/^previous //p" text) &&
		{ test $previous = none && cmp text before ||
		test $previous = $(sha256sum <before | cut -d" " -f1); } &&
		mv text before || return 1
	done &&
	test_cmp text3 before
'

test_expect_success 'age opens the id key, for a writer too' '
	part idkey.age >idkey.age &&
	for key in alice.age bob bob.age
	do
		age -d -i $key idkey.age >actual &&
		test_line_count = 1 actual &&
		grep -q "^2a0*$" actual &&
		test $(wc -c <actual) = 65 || return 1
	done &&
	test_must_fail age -d -i mallory.age idkey.age
'

test_expect_success 'the fingerprint is that of the first text' '
	"$tool" show >actual &&
	print=$(sha256sum text1 | cut -d" " -f1 |
		python3 -c "import base64; print(base64.b64encode(
			bytes.fromhex(input())).decode().rstrip(\"=\"))") &&
	printf "version 3\nfirst SHA256:%s\n" "$print" >expect &&
	test_cmp expect actual &&
	rm .git/vault/keyring && "$tool" show >actual &&
	echo new >>expect && test_cmp expect actual
'

test_expect_success 'a clone by mirror sees the same, and is not fooled later' '
	git clone -q --mirror . mirror &&
	(cd mirror && "$tool" show >../actual) && test_cmp expect actual &&
	git -C mirror update-ref refs/vault/keyring refs/vault/keyring~ &&
	test_must_fail env GIT_DIR=mirror "$tool" show 2>err &&
	test_grep "older than version 3" err
'

test_done
