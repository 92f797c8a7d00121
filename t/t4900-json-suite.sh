#!/bin/sh

test_description='the public test suite of JSON

GIT_VAULT_TEST_JSON names the folder test_parsing/ of it (nst/JSONTestSuite).
t/conformance/json/README says what has to come out.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"

tool=$GIT_VAULT_BUILD_DIR/t/helper/json-tool
suite=${GIT_VAULT_TEST_JSON:-$GIT_VAULT_SRC_DIR/../shared/vectors/json/test_parsing}

test -f "$suite/y_object.json" ||
	skip_all 'the test suite of JSON is not here'

# results KIND: of the files that begin with KIND_, "accepted|refused NAME"
results () {
	"$tool" check "$suite/$1"_*
}

test_expect_success 'what has to be accepted is' '
	results y >y &&
	test_grep ! -v "^accepted " y &&
	test_line_count = 95 y &&
	test_tally 95 "accepted that have to be"
'

test_expect_success 'what has to be refused is' '
	results n >n &&
	test_grep ! -v "^refused " n &&
	test_line_count = 188 n &&
	test_tally 188 "refused that have to be"
'

# Whatever is no UTF-8 is refused; half a character by \u and a number of any
# size stand as they are, since no number is computed with.
test_expect_success 'what is free to either is as our rules say' '
	results i >i &&
	test_line_count = 35 i &&
	sed -n "s/^refused //p" i >refused &&
	cat >expect <<-\END &&
	i_string_UTF-16LE_with_BOM.json
	i_string_UTF-8_invalid_sequence.json
	i_string_UTF8_surrogate_U+D800.json
	i_string_invalid_utf-8.json
	i_string_iso_latin_1.json
	i_string_lone_utf8_continuation_byte.json
	i_string_not_in_unicode_range.json
	i_string_overlong_sequence_2_bytes.json
	i_string_overlong_sequence_6_bytes.json
	i_string_overlong_sequence_6_bytes_null.json
	i_string_truncated-utf-8.json
	i_string_utf16BE_no_BOM.json
	i_string_utf16LE_no_BOM.json
	i_structure_UTF-8_BOM_empty_object.json
	END
	LC_ALL=C sort refused >actual &&
	test_cmp expect actual
'

test_done
