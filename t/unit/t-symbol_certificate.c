/* lib/symbol/symbol_certificate, symbol_der: until when one is valid. */
#include "unit.h"

#include "symbol_told.h"

#include "base/enc.h"
#include "symbol/symbol_der.h"

/* Both signed by themselves; the second one is valid until a year that needs
 * the longer form of a time, and has no common name. */
static const char named[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBmTCCAT+gAwIBAgIUZTtmyH++XwRlqZ9/yFz70gLFH44wCgYIKoZIzj0EAwIw\n"
    "IjENMAsGA1UECgwEVGVzdDERMA8GA1UEAwwId3d3LnRlc3QwHhcNMjYxMTI4MTUy\n"
    "MzA4WhcNMjcxMTI4MTUyMzA4WjAiMQ0wCwYDVQQKDARUZXN0MREwDwYDVQQDDAh3\n"
    "d3cudGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBzZqGPffmeTWwvtOJvk\n"
    "KoYGTkT1bfwE/pUl5ahoSkU5e77k2Y9sfSH+q8xA3MonfMiywRSYU4aP8q5NMlW9\n"
    "jVqjUzBRMB0GA1UdDgQWBBRHfRJ2uMuGMTKxsgS+Lk3d/Ic4ZjAfBgNVHSMEGDAW\n"
    "gBRHfRJ2uMuGMTKxsgS+Lk3d/Ic4ZjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49\n"
    "BAMCA0gAMEUCIQCyNHCMs/Cj2J3cKFGFg83OT8weVyUNr+Sap6yV1p1VAAIgYV7/\n"
    "YzbLKYxb3QTxIBtuGzrIm8B+LdD0FeuoZAyrDrY=\n"
    "-----END CERTIFICATE-----\n";
static const char nameless[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBeTCCAR+gAwIBAgIUAd+Cf2ywZOEMxL3EAt2/bTPcH78wCgYIKoZIzj0EAwIw\n"
    "ETEPMA0GA1UECgwGTm9ib2R5MCAXDTI2MTEyODE1MjMwOVoYDzIxMjYxMTA0MTUy\n"
    "MzA5WjARMQ8wDQYDVQQKDAZOb2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
    "AAQ0zV9PEGgU0KL5Rsq0UGGQuj6va/t5ePqAmExGC2O7D21C05h+MEaavKpFhpoQ\n"
    "f6cEuBT9zDPEuxg9AIKxJG9io1MwUTAdBgNVHQ4EFgQUZ4vdCdhrlYIuHl+/s9mF\n"
    "bJdhwWQwHwYDVR0jBBgwFoAUZ4vdCdhrlYIuHl+/s9mFbJdhwWQwDwYDVR0TAQH/\n"
    "BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiBvc71o4O6NiIygjrK937vbR3WLbRyN\n"
    "fbp/a9e2C8V6KgIhALqRyOD4ZOdGgiKCIZhypR3uaIMEA2mijt4hb+UR/UlX\n"
    "-----END CERTIFICATE-----\n";

/* The bytes of the first one. */
static void
decode(struct gv_buf *out)
{
	const char *from = strchr(named, '\n') + 1;
	const char *end = strstr(from, "-----END");
	struct gv_buf text = GV_BUF_INIT;

	for (; from < end; from++)
		if (*from != '\n')
			gv_buf_addch(&text, *from);
	assert_int_equal(gv_enc_unbase64(out, text.p, text.len), 0);
	gv_buf_release(&text);
}

static void
each_certificate_has_its_end(void **state)
{
	struct gv_buf all = GV_BUF_INIT;

	(void)state;
	gv_buf_addstr(&all, "bag attributes\n");
	gv_buf_addstr(&all, named);
	gv_buf_addstr(&all, nameless);
	assert_symbols("tls/chain.pem", all.p,
	    "2 certificate www.test\n"
	    "2 www.test> =expiry www.test=1827415388\n"
	    "13 certificate \n"
	    "13 > =expiry =4949479389\n");
	gv_buf_release(&all);
}

static void
what_is_damaged_is_passed_over(void **state)
{
	(void)state;
	assert_symbols("a.pem",
	    "-----BEGIN CERTIFICATE-----\nnot base64\n"
	    "-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMIIB\n",
	    "");
	assert_symbols("a.crt", "", "");
}

static void
der_is_read_by_itself(void **state)
{
	struct gv_symbol_certificate c;
	struct gv_symbols symbols;
	struct gv_buf der = GV_BUF_INIT;

	(void)state;
	decode(&der);
	assert_true(gv_symbol_der_certificate(
	    &c, (const unsigned char *)der.p, der.len));
	assert_int_equal(c.not_after, 1827415388);
	assert_int_equal(gv_symbols_read(&symbols,
			     GV_SYMBOL_DIALECT_CERTIFICATE, der.p, der.len),
	    0);
	assert_int_equal(symbols.n, 2);
	gv_symbols_release(&symbols);
	gv_buf_release(&der);
}

/* malloc'd copies, so that a sanitizer sees each byte read too far */
static void
cut_and_changed_bytes_are_bounded(void **state)
{
	struct gv_symbol_certificate c;
	struct gv_buf der = GV_BUF_INIT;
	unsigned char *copy;
	size_t n, bit;

	(void)state;
	decode(&der);
	for (n = 0; n < der.len; n++) {
		copy = malloc(n ? n : 1);
		assert_non_null(copy);
		memcpy(copy, der.p, n);
		assert_false(gv_symbol_der_certificate(&c, copy, n));
		free(copy);
	}
	for (n = 0; n < der.len; n++)
		for (bit = 1; bit < 256; bit <<= 1) {
			copy = malloc(der.len);
			assert_non_null(copy);
			memcpy(copy, der.p, der.len);
			copy[n] ^= (unsigned char)bit;
			(void)gv_symbol_der_certificate(&c, copy, der.len);
			free(copy);
		}
	gv_buf_release(&der);
}

UNIT(symbol_certificate)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_certificate_has_its_end),
		cmocka_unit_test(what_is_damaged_is_passed_over),
		cmocka_unit_test(der_is_read_by_itself),
		cmocka_unit_test(cut_and_changed_bytes_are_bounded),
	};

	return UNIT_RUN(tests);
}
