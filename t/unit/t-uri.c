/* lib/schema/uri: references are resolved as RFC 3986 says. */
#include "unit.h"

#include <string.h>

#include "base/buf.h"
#include "schema/uri.h"

static void
resolves(const char *base, const char *ref, const char *want)
{
	struct gv_buf out = GV_BUF_INIT;

	gv_uri_resolve(&out, base, ref, strlen(ref));
	assert_int_equal(gv_buf_check(&out), 0);
	assert_string_equal(out.p, want);
	gv_buf_release(&out);
}

/* Section 5.4, and what it leaves out. */
static void
a_reference_is_read_at_its_base(void **state)
{
	static const char base[] = "http://a/b/c/d;p?q";

	(void)state;
	resolves(base, "g:h", "g:h");
	resolves(base, "g", "http://a/b/c/g");
	resolves(base, "./g/", "http://a/b/c/g/");
	resolves(base, "/g", "http://a/g");
	resolves(base, "//g", "http://g");
	resolves(base, "?y", "http://a/b/c/d;p?y");
	resolves(base, "g?y#s", "http://a/b/c/g?y#s");
	resolves(base, "#s", "http://a/b/c/d;p?q#s");
	resolves(base, "", "http://a/b/c/d;p?q");
	resolves(base, ".", "http://a/b/c/");
	resolves(base, "..", "http://a/b/");
	resolves(base, "../../g", "http://a/g");
	resolves(base, "../../../g", "http://a/g");
	resolves(base, "/./g/..", "http://a/");
	resolves(base, "g/.", "http://a/b/c/g/");
	resolves("http://a", "g", "http://a/g");
	resolves("http://a", "g#s", "http://a/g#s");
	resolves("b/c", "g", "b/g");
}

static void
what_is_escaped_is_read(void **state)
{
	struct gv_buf out = GV_BUF_INIT;

	(void)state;
	assert_true(gv_uri_decode(&out, "a%2Fb%c3%a4", 11));
	assert_string_equal(out.p, "a/b\303\244");
	assert_false(gv_uri_decode(&out, "%zz", 3));
	assert_false(gv_uri_decode(&out, "%2", 2));
	gv_buf_release(&out);
}

static void
a_uri_has_its_parts(void **state)
{
	static const struct {
		const char *text;
		bool is_right;
	} uris[] = { { "http://x.example:80/a?b#c", true },
		{ "http://u:p@x.example/", true }, { "http://[::1]:8/", true },
		{ "http://[v1.a:b]", true }, { "urn:a:b", true },
		{ "http://x:8a/", false }, { "http://[::1]8", false },
		{ "http://[::1", false }, { "http://a b/", false },
		{ "http://u\"@x/", false }, { "/a", false },
		{ "http://x/%zz", false } };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++)
		assert_int_equal(gv_uri_is_valid(uris[i].text,
				     strlen(uris[i].text), false, false),
		    uris[i].is_right);
}

UNIT(uri)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_is_read_at_its_base),
		cmocka_unit_test(what_is_escaped_is_read),
		cmocka_unit_test(a_uri_has_its_parts),
	};

	return UNIT_RUN(tests);
}
