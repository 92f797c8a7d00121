#!/bin/sh

test_description='signatures are exchanged with ssh-keygen, both ways'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/sign-tool

if ! command -v ssh-keygen >/dev/null
then
	skip_all 'ssh-keygen is not installed'
fi

# verify SPACE <data: what ssh-keygen says to the file sig
verify () {
	ssh-keygen -q -Y verify -f allowed -I us -n "$1" -s sig
}

test_expect_success 'there is a key' '
	ssh-keygen -q -t ed25519 -N "" -C us -f key &&
	echo "us $(cut -d" " -f1,2 key.pub)" >allowed &&
	cut -d" " -f1,2 key.pub >pub
'

test_expect_success 'ssh-keygen takes ours, of any size' '
	for size in 0 1 1000 100000
	do
		head -c $size /dev/urandom >data &&
		"$tool" sign key git-vault <data >sig &&
		verify git-vault <data &&
		ssh-keygen -q -Y sign -f key -n git-vault <data >theirs &&
		test_cmp theirs sig || return 1
	done
'

test_expect_success 'we take those of ssh-keygen, and tell whose they are' '
	ssh-keygen -q -Y sign -f key -n git-vault <data >sig &&
	"$tool" check sig git-vault <data >actual &&
	test_cmp pub actual
'

test_expect_success 'another purpose, hash, kind or text is refused' '
	test_must_fail "$tool" check sig git <data 2>err &&
	test_grep "for .git. over" err &&
	echo more >>data &&
	test_must_fail "$tool" check sig git-vault <data 2>err &&
	test_grep "the signature does not match its data," err &&
	! verify git-vault <data &&
	ssh-keygen -q -Y sign -f key -n git-vault -O hashalg=sha256 \
		<data >sig &&
	test_must_fail "$tool" check sig git-vault <data 2>err &&
	test_grep "SHA-512" err &&
	ssh-keygen -q -t ecdsa -N "" -f other &&
	ssh-keygen -q -Y sign -f other -n git-vault <data >sig &&
	test_must_fail "$tool" check sig git-vault <data 2>err &&
	test_grep "not one of ssh-ed25519" err
'

test_done
