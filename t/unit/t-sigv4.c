/*
 * By the examples that AWS has published: its test suite of Signature Version 4
 * (names as there), ListUsers of IAM, and GetObject of S3.
 */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "net/sigv4.h"

#define SECRET "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define HOST                                                                   \
	{                                                                      \
		"host", "example.amazonaws.com"                                \
	}
#define DATE                                                                   \
	{                                                                      \
		"x-amz-date", "20150830T123600Z"                               \
	}

static const int64_t now = 1440938160;

/* The signature, and the names before it. */
static void
assert_signed(const struct gv_sigv4 *what, const char *names, const char *hex)
{
	const struct gv_sigv4_key key = { "AKIDEXAMPLE", SECRET,
		strlen(SECRET) };
	struct gv_buf b = GV_BUF_INIT, expect = GV_BUF_INIT;

	gv_buf_addf(&expect,
	    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/%s/%s/"
	    "aws4_request, SignedHeaders=%s, Signature=%s",
	    what->region, what->service, names, hex);
	assert_int_equal(gv_sigv4_authorize(&b, what, &key), 0);
	assert_string_equal(b.p, expect.p);
	gv_buf_release(&b);
	gv_buf_release(&expect);
}

static struct gv_sigv4
request(const char *method, const struct gv_sigv4_field *fields, size_t n)
{
	return (struct gv_sigv4){ .method = method,
		.path = "/",
		.query = "",
		.region = "us-east-1",
		.service = "service",
		.now = now,
		.fields = fields,
		.n = n,
		.body = "" };
}

static void
get_vanilla(void **state)
{
	const struct gv_sigv4_field f[] = { HOST, DATE };
	struct gv_sigv4 what = request("GET", f, 2);

	(void)state;
	assert_signed(&what, "host;x-amz-date",
	    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

static void
post_vanilla(void **state)
{
	const struct gv_sigv4_field f[] = { DATE, HOST };
	struct gv_sigv4 what = request("POST", f, 2);

	(void)state;
	assert_signed(&what, "host;x-amz-date",
	    "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

static void
get_vanilla_query_order_key_case(void **state)
{
	const struct gv_sigv4_field f[] = { HOST, DATE };
	struct gv_sigv4 what = request("GET", f, 2);

	(void)state;
	what.query = "Param2=value2&Param1=value1";
	assert_signed(&what, "host;x-amz-date",
	    "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

static void
get_header_value_trim(void **state)
{
	const struct gv_sigv4_field f[] = { HOST, DATE,
		{ "my-header1", " value1" },
		{ "my-header2", " \"a   b   c\"" } };
	struct gv_sigv4 what = request("GET", f, 4);

	(void)state;
	assert_signed(&what, "host;my-header1;my-header2;x-amz-date",
	    "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

static void
post_x_www_form_urlencoded(void **state)
{
	const struct gv_sigv4_field f[] = {
		{ "content-type", "application/x-www-form-urlencoded" }, HOST,
		DATE
	};
	struct gv_sigv4 what = request("POST", f, 3);

	(void)state;
	what.body = "Param1=value1";
	what.len = strlen(what.body);
	assert_signed(&what, "content-type;host;x-amz-date",
	    "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

static void
list_users_of_iam(void **state)
{
	const struct gv_sigv4_field f[] = { { "content-type",
						"application/"
						"x-www-form-urlencoded; "
						"charset=utf-8" },
		{ "host", "iam.amazonaws.com" }, DATE };
	struct gv_sigv4 what = request("GET", f, 3);

	(void)state;
	what.query = "Action=ListUsers&Version=2010-05-08";
	what.service = "iam";
	assert_signed(&what, "content-type;host;x-amz-date",
	    "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

static void
get_object_of_s3(void **state)
{
	static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb924"
				    "27ae41e4649b934ca495991b7852b855";
	static const char secret[] = "wJalrXUtnFEMI/K7MDENG/"
				     "bPxRfiCYEXAMPLEKEY";
	const struct gv_sigv4_field f[] = { { "host",
						"examplebucket.s3.amazonaws."
						"com" },
		{ "range", "bytes=0-9" }, { "x-amz-content-sha256", empty },
		{ "x-amz-date", "20130524T000000Z" } };
	const struct gv_sigv4_key key = { "AKIAIOSFODNN7EXAMPLE", secret,
		strlen(secret) };
	struct gv_sigv4 what = request("GET", f, 4);
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	what.path = "/test.txt";
	what.service = "s3";
	what.now = 1369353600;
	assert_int_equal(gv_sigv4_authorize(&b, &what, &key), 0);
	assert_non_null(strstr(b.p,
	    "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039"
	    "c6036bdb41"));
	gv_buf_release(&b);
}

/* Names go before values, whatever '=' sorts as; none is a name with "". */
static void
parameters_are_sorted_by_name_then_value(void **state)
{
	const struct gv_sigv4_field f[] = { HOST, DATE };
	struct gv_sigv4 a = request("GET", f, 2), b = a;
	const struct gv_sigv4_key key = { "K", SECRET, strlen(SECRET) };
	struct gv_buf x = GV_BUF_INIT, y = GV_BUF_INIT;

	(void)state;
	a.query = "a-b=1&a=2&a=1&c";
	b.query = "c=&a=1&a-b=1&&a=2";
	assert_int_equal(gv_sigv4_authorize(&x, &a, &key), 0);
	assert_int_equal(gv_sigv4_authorize(&y, &b, &key), 0);
	assert_string_equal(x.p, y.p);
	gv_buf_release(&x);
	gv_buf_release(&y);
}

static void
too_many_fields_are_refused(void **state)
{
	const struct gv_sigv4_field f[GV_SIGV4_FIELDS_MAX + 1] = { { NULL,
	    NULL } };
	struct gv_sigv4 what = request("GET", f, GV_SIGV4_FIELDS_MAX + 1);
	const struct gv_sigv4_key key = { "K", SECRET, strlen(SECRET) };
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	assert_int_equal(gv_sigv4_authorize(&b, &what, &key), GV_EREFUSED);
	assert_int_equal(b.len, 0);
}

/* The example of Amazon's for an upload, whose body is not at hand. */
static void
a_sum_stands_for_a_body(void **state)
{
	static const char secret[] = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
	static const char sum[] = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e"
				  "99e42034a8b803f8b072";
	const struct gv_sigv4_field f[] = {
		{ "date", "Fri, 24 May 2013 00:00:00 GMT" },
		{ "host", "examplebucket.s3.amazonaws.com" },
		{ "x-amz-content-sha256", sum },
		{ "x-amz-date", "20130524T000000Z" },
		{ "x-amz-storage-class", "REDUCED_REDUNDANCY" }
	};
	const struct gv_sigv4_key key = { "AKIAIOSFODNN7EXAMPLE", secret,
		sizeof(secret) - 1 };
	struct gv_sigv4 what = request("PUT", f, 5);
	struct gv_buf b = GV_BUF_INIT;

	(void)state;
	what.path = "/test%24file.text";
	what.region = "us-east-1";
	what.service = "s3";
	what.now = 1369353600;
	what.sum = sum;
	assert_int_equal(gv_sigv4_authorize(&b, &what, &key), 0);
	assert_non_null(strstr(b.p,
	    "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0"
	    "ece108bd"));
	gv_buf_reset(&b);
	what.is_google = true;
	assert_int_equal(gv_sigv4_authorize(&b, &what, &key), 0);
	assert_non_null(strstr(b.p, "GOOG4-HMAC-SHA256 Credential="));
	assert_non_null(strstr(b.p, "/us-east-1/s3/goog4_request, "));
	gv_buf_release(&b);
}

UNIT(sigv4)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(get_vanilla),
		cmocka_unit_test(post_vanilla),
		cmocka_unit_test(get_vanilla_query_order_key_case),
		cmocka_unit_test(get_header_value_trim),
		cmocka_unit_test(post_x_www_form_urlencoded),
		cmocka_unit_test(list_users_of_iam),
		cmocka_unit_test(get_object_of_s3),
		cmocka_unit_test(parameters_are_sorted_by_name_then_value),
		cmocka_unit_test(too_many_fields_are_refused),
		cmocka_unit_test(a_sum_stands_for_a_body),
	};

	if (gv_secret_ready() < 0)
		return 99;
	return UNIT_RUN(tests);
}
