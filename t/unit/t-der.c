/* lib/scan/der: which bytes are a key, and what of one is none. */
#include "unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "format/der.h"

static const unsigned char ed25519[] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30,
	0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20, 1, 2, 3, 4,
	5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
	24, 25, 26, 27, 28, 29, 30, 31, 32 };

/* Its key and nothing about its curve, which is at least in version 1. */
static const unsigned char ec[] = { 0x30, 0x25, 0x02, 0x01, 0x01, 0x04, 0x20, 1,
	2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
	22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32 };

static const unsigned char rsa[] = { 0x30, 0x1b, 0x02, 0x01, 0x00, 0x02, 0x01,
	0x23, 0x02, 0x01, 0x03, 0x02, 0x01, 0x0b, 0x02, 0x01, 0x05, 0x02, 0x01,
	0x07, 0x02, 0x01, 0x03, 0x02, 0x01, 0x03, 0x02, 0x01, 0x03 };

static const unsigned char java[40] = { 0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2 };

/* Bytes without one behind them, so that memory checkers see each read there.
 */
static const char *
rule_of(const unsigned char *p, size_t len)
{
	unsigned char *copy = malloc(len ? len : 1);
	const char *id;

	assert_non_null(copy);
	memcpy(copy, p, len);
	id = gv_der_rule(copy, len);
	free(copy);
	return id ? id : "none";
}

static void
test_keys_are_told_by_their_structure(void **state)
{
	(void)state;
	assert_string_equal(rule_of(ed25519, sizeof(ed25519)), "pem-pkcs8");
	assert_string_equal(rule_of(ec, sizeof(ec)), "pem-ec");
	assert_string_equal(rule_of(rsa, sizeof(rsa)), "pem-rsa");
	assert_string_equal(rule_of(java, sizeof(java)), "keystore-java");
}

static void
test_what_is_cut_or_goes_on_is_none(void **state)
{
	unsigned char more[sizeof(ed25519) + 2] = { 0 };
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(ed25519); n++)
		assert_string_equal(rule_of(ed25519, n), "none");
	memcpy(more, ed25519, sizeof(ed25519));
	assert_string_equal(rule_of(more, sizeof(more) - 1), "pem-pkcs8");
	assert_string_equal(rule_of(more, sizeof(more)), "none");
}

/* Whatever length a byte says, nothing is read behind the end. */
static void
test_any_byte_may_be_wrong(void **state)
{
	unsigned char changed[sizeof(rsa)];
	size_t i;
	int v;

	(void)state;
	for (i = 0; i < sizeof(rsa); i++)
		for (v = 0; v < 256; v++) {
			memcpy(changed, rsa, sizeof(rsa));
			changed[i] = (unsigned char)v;
			(void)rule_of(changed, sizeof(changed));
		}
	changed[1]++;
	assert_string_equal(rule_of(changed, sizeof(changed)), "none");
}

/* Of a keystore of Java its head, and an entry: the tag, the name, the date; of
 * a certificate its kind and its bytes. */
static void
test_a_keystore_of_certificates_alone_is_public(void **state)
{
	static const unsigned char trusted[] = { 0xfe, 0xed, 0xfe, 0xed, 0, 0,
		0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 2, 'c', 'a', 0, 0, 0, 0, 0, 0,
		0, 0, 0, 5, 'X', '.', '5', '0', '9', 0, 0, 0, 2, 0x30, 0 };
	unsigned char changed[sizeof(trusted)];
	size_t n;

	(void)state;
	assert_true(gv_der_is_truststore(trusted, sizeof(trusted)));
	assert_string_equal(rule_of(trusted, sizeof(trusted)), "none");
	for (n = 0; n < sizeof(trusted); n++)
		assert_false(gv_der_is_truststore(trusted, n));
	memcpy(changed, trusted, sizeof(trusted));
	changed[15] = 1; /* a key */
	assert_false(gv_der_is_truststore(changed, sizeof(changed)));
	assert_string_equal(rule_of(changed, sizeof(changed)), "keystore-java");
	memcpy(changed, trusted, sizeof(trusted));
	changed[11] = 2; /* what the second entry is, nobody knows */
	assert_string_equal(rule_of(changed, sizeof(changed)), "keystore-java");
	memcpy(changed, trusted, sizeof(trusted));
	changed[11] = 0;
	assert_string_equal(rule_of(changed, sizeof(changed)), "keystore-java");
}

/* Of PKCS 12 the certificates are encrypted as a whole, and a key by itself in
 * what is data: 1 at the end of the type of one, 6 of the other. */
static void
test_a_pfx_of_certificates_alone_is_public(void **state)
{
	enum { TYPE = 36 };
	static const unsigned char trusted[] = { 0x30, 0x28, 2, 1, 3, 0x30,
		0x20, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1, 0xa0,
		0x13, 4, 0x11, 0x30, 0x0f, 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 1, 7, 6, 0xa0, 0, 2, 1, 0 };
	unsigned char changed[sizeof(trusted)];
	size_t n;

	(void)state;
	assert_true(gv_der_is_truststore(trusted, sizeof(trusted)));
	assert_string_equal(rule_of(trusted, sizeof(trusted)), "none");
	for (n = 0; n < sizeof(trusted); n++)
		assert_false(gv_der_is_truststore(trusted, n));
	memcpy(changed, trusted, sizeof(trusted));
	assert_int_equal(changed[TYPE], 6);
	changed[TYPE] = 1; /* data, which a key may be among */
	assert_false(gv_der_is_truststore(changed, sizeof(changed)));
	assert_string_equal(
	    rule_of(changed, sizeof(changed)), "keystore-pkcs12");
}

UNIT(der)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys_are_told_by_their_structure),
		cmocka_unit_test(test_what_is_cut_or_goes_on_is_none),
		cmocka_unit_test(test_any_byte_may_be_wrong),
		cmocka_unit_test(
		    test_a_keystore_of_certificates_alone_is_public),
		cmocka_unit_test(test_a_pfx_of_certificates_alone_is_public),
	};

	return UNIT_RUN(tests);
}
