#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "unit.h"
#include "sync/bundle_manifest.h"

#define A "1111111111111111111111111111111111111111"
#define B "2222222222222222222222222222222222222222"
#define C "3333333333333333333333333333333333333333"

static const char whole[] =
    "{\"actor\":\"A <a@b>\",\"basis\":\"" A
    "\",\"filtered\":true,\"format\":1,\"host\":\"h\","
    "\"keyring\":null,\"needs\":[\"" A "\",\"" B "\"],"
    "\"refs\":[{\"id\":\"" B "\",\"in\":false,\"ref\":\"refs/vault/a\"},"
    "{\"id\":\"" C "\",\"in\":true,\"ref\":\"refs/vault/b\"}],"
    "\"roots\":[],\"snapshots\":7,\"time\":\"2026-11-20T07:12:44Z\"}\n";

static int
parse(struct gv_bundle_manifest *m, const char *text)
{
	return gv_bundle_manifest_parse(m, text, strlen(text));
}

static struct gv_oid
id(const char *hex)
{
	struct gv_oid oid;

	assert_int_equal(gv_oid_parse(&oid, hex), 0);
	return oid;
}

static void
what_is_written_is_read(void **state)
{
	struct gv_bundle_manifest m;
	const struct gv_bundle_ref *ref;
	struct gv_oid c = id(C);

	(void)state;
	assert_int_equal(parse(&m, whole), 0);
	assert_string_equal(m.actor, "A <a@b>");
	assert_string_equal(m.host, "h");
	assert_null(m.keyring);
	assert_true(m.is_filtered);
	assert_int_equal(m.needs.n, 2);
	assert_int_equal(m.roots.n, 0);
	assert_int_equal(m.snapshots, 7);
	assert_int_equal(m.time, 1795158764);
	ref = gv_bundle_manifest_find(&m, "refs/vault/b");
	assert_non_null(ref);
	assert_true(ref->is_in);
	assert_true(gv_oid_equal(&ref->id, &c));
	assert_false(gv_bundle_manifest_find(&m, "refs/vault/a")->is_in);
	assert_null(gv_bundle_manifest_find(&m, "refs/vault/c"));
	gv_bundle_manifest_release(&m);
	gv_bundle_manifest_release(NULL);
}

static void
it_is_sorted_and_has_each_id_once(void **state)
{
	struct gv_bundle_manifest m = GV_BUNDLE_MANIFEST_INIT;
	struct gv_buf text = GV_BUF_INIT;
	struct gv_oid a = id(A), b = id(B), c = id(C);

	(void)state;
	m.actor = "A <a@b>";
	m.host = "h";
	m.basis = a;
	m.is_filtered = true;
	m.snapshots = 7;
	m.time = 1795158764;
	assert_int_equal(gv_bundle_manifest_add_id(&m.needs, &b), 0);
	assert_int_equal(gv_bundle_manifest_add_id(&m.needs, &a), 0);
	assert_int_equal(gv_bundle_manifest_add_id(&m.needs, &b), 0);
	assert_int_equal(
	    gv_bundle_manifest_add(&m, "refs/vault/b", &c, true), 0);
	assert_int_equal(
	    gv_bundle_manifest_add(&m, "refs/vault/a", &b, false), 0);
	assert_int_equal(gv_bundle_manifest_format(&text, &m), 0);
	assert_string_equal(text.p, whole);
	gv_bundle_manifest_release(&m);
	gv_buf_release(&text);
}

/* The text with its first `from` in place of `to`. */
static int
parse_with(const char *from, const char *to)
{
	struct gv_bundle_manifest m;
	struct gv_buf text = GV_BUF_INIT;
	const char *at = strstr(whole, from);
	int r;

	assert_non_null(at);
	gv_buf_add(&text, whole, (size_t)(at - whole));
	gv_buf_addstr(&text, to);
	gv_buf_addstr(&text, at + strlen(from));
	r = parse(&m, text.p);
	gv_bundle_manifest_release(&m);
	gv_buf_release(&text);
	return r;
}

static void
another_form_of_the_same_is_refused(void **state)
{
	static const char *const changes[][2] = {
		{ "{\"actor\"", "{ \"actor\"" },
		{ "\"host\":\"h\",", "" },
		{ "\"host\"", "\"extra\":1,\"host\"" },
		{ "\"snapshots\":7", "\"snapshots\":07" },
		{ "07:12:44Z", "08:12:44+01:00" },
		{ "}\n", "}" },
		{ "\"" A "\",\"" B "\"]", "\"" B "\",\"" A "\"]" },
		{ "refs/vault/a", "refs/vault/z" },
		{ "refs/vault/a", "refs/vault/b" },
		{ "\"in\":false", "\"in\":null" },
		{ "\"id\":\"" C, "\"id\":\"3" },
		{ "\"time\"", "\"times\"" },
		{ "\"snapshots\":7", "\"snapshots\":-7" },
		{ "\"refs\":[", "\"refs\":[7," },
		{ "\"roots\":[]", "\"roots\":[[]]" },
		{ "\",\"" B, "\",\"" A },
		{ "\"format\":1", "\"format\":0" },
		{ "{", "[" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		assert_int_equal(
		    parse_with(changes[i][0], changes[i][1]), GV_ECORRUPT);
		assert_message("its manifest");
	}
}

static void
a_newer_format_is_told(void **state)
{
	(void)state;
	assert_int_equal(
	    parse_with("\"format\":1", "\"format\":2"), GV_EREFUSED);
	assert_message("a newer git-vault is needed");
}

/* Every beginning of it, and every text with one byte changed, is refused or
 * read whole. */
static void
a_cut_or_changed_text_does_no_harm(void **state)
{
	struct gv_bundle_manifest m;
	char text[sizeof(whole)];
	size_t i, refused = 0;
	int r;

	(void)state;
	for (i = 0; i < sizeof(whole) - 1; i++) {
		memcpy(text, whole, sizeof(whole));
		assert_true(gv_bundle_manifest_parse(&m, text, i) < 0);
		gv_bundle_manifest_release(&m);
		text[i] ^= 0x10;
		r = gv_bundle_manifest_parse(&m, text, sizeof(whole) - 1);
		refused += r < 0;
		gv_bundle_manifest_release(&m);
	}
	assert_true(refused > sizeof(whole) / 2);
}

UNIT(bundle_manifest)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(it_is_sorted_and_has_each_id_once),
		cmocka_unit_test(another_form_of_the_same_is_refused),
		cmocka_unit_test(a_newer_format_is_told),
		cmocka_unit_test(a_cut_or_changed_text_does_no_harm),
	};

	return UNIT_RUN(tests);
}
