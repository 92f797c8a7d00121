#!/bin/sh

test_description='the public test vectors of age

GIT_VAULT_TEST_AGE_VECTORS names the folder testdata/ of them (C2SP/CCTV, age/).
t/conformance/age/README says which ones there are.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/age-tool
vectors=${GIT_VAULT_TEST_AGE_VECTORS:-$GIT_VAULT_SRC_DIR/../shared/vectors/age/testdata}

test -f "$vectors/x25519" || {
	skip_all 'the test vectors of age are not here'
}

test_expect_success 'all are read, and each opens or fails as it says' '
	ls "$vectors" >all &&
	test_line_count = 143 all &&
	"$tool" vector "$vectors"/* >results &&
	grep "^right " results >right &&
	test_line_count = 124 right &&
	test_grep ! "^wrong" results &&
	test_tally 124 "vectors as they say"
'

test_expect_success 'post-quantum keys are refused, and said to be such' '
	grep "^refused [a-z0-9_]*hybrid.*of a post-quantum kind" results \
		>refused &&
	test_line_count = 19 refused &&
	test_line_count = 143 results &&
	test_tally 19 "vectors refused for their post-quantum keys"
'

test_expect_success 'a vector that does not hold is found' '
	sed "s/^expect: success/expect: no match/" "$vectors/x25519" >x25519 &&
	sed "s/^payload: ./payload: g/" "$vectors/scrypt" >scrypt &&
	sed "s/^identity: .*//" "$vectors/stream_two_chunks" >nobody &&
	for vector in x25519 scrypt nobody
	do
		test_expect_code 1 "$tool" vector $vector >out &&
		test_grep "^wrong $vector: wants" out || return 1
	done
'

test_done
