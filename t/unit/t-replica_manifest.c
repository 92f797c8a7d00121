#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "unit.h"
#include "replica/replica_manifest.h"

#define A "1111111111111111111111111111111111111111"
#define B "2222222222222222222222222222222222222222"
#define S "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define X "0101010101010101010101010101010101010101010101010101010101010101"
#define Y "0202020202020202020202020202020202020202020202020202020202020202"

#define PACK(SUM)                                                              \
	"{\"bytes\":10,\"idx_bytes\":3,\"idx_sha256\":\"" X                    \
	"\",\"objects\":2,\"sha256\":\"" SUM "\"}"

static const char first[] =
    "{\"format\":1,\"head\":\"refs/heads/main\",\"host\":\"web-1\","
    "\"packs\":[" PACK(
	X) "],\"previous\":null,"
	   "\"refs\":[{\"id\":\"" A "\",\"ref\":\"refs/heads/main\"},"
	   "{\"id\":\"" A "\",\"ref\":\"refs/heads/old\"}],"
	   "\"seq\":1,\"store\":\"" S
	   "\",\"time\":\"2026-11-20T07:12:44Z\",\"whole\":true}\n";

static const char second[] =
    "{\"format\":1,\"head\":\"refs/heads/main\",\"host\":\"web-1\","
    "\"packs\":[" PACK(
	Y) "],\"previous\":\"" X "\","
	   "\"refs\":[{\"id\":\"" B "\",\"ref\":\"refs/heads/main\"},"
	   "{\"id\":null,\"ref\":\"refs/heads/old\"}],"
	   "\"seq\":2,\"store\":\"" S
	   "\",\"time\":\"2026-11-20T08:12:44Z\",\"whole\":false}\n";

static int
parse(struct gv_replica_manifest *m, const char *text)
{
	return gv_replica_manifest_parse(m, text, strlen(text));
}

static void
what_is_written_is_read(void **state)
{
	struct gv_replica_manifest m;
	struct gv_buf text = GV_BUF_INIT;

	(void)state;
	assert_int_equal(parse(&m, first), 0);
	assert_string_equal(m.host, "web-1");
	assert_string_equal(m.store, S);
	assert_true(m.is_whole);
	assert_int_equal(m.n_refs, 2);
	assert_int_equal(m.packs[0].objects, 2);
	assert_non_null(gv_replica_manifest_ref(&m, "refs/heads/old"));
	assert_null(gv_replica_manifest_ref(&m, "refs/heads/new"));
	assert_int_equal(gv_replica_manifest_format(&text, &m), 0);
	assert_string_equal(text.p, first);
	gv_replica_manifest_release(&m);
	gv_buf_release(&text);
	gv_replica_manifest_release(NULL);
}

/* The text with the first place of `what` replaced. */
static char *
changed(const char *text, const char *what, const char *with)
{
	const char *at = strstr(text, what);
	struct gv_buf out = GV_BUF_INIT;

	assert_non_null(at);
	gv_buf_add(&out, text, (size_t)(at - text));
	gv_buf_addstr(&out, with);
	gv_buf_addstr(&out, at + strlen(what));
	return gv_buf_take(&out);
}

static void
what_has_another_form_is_refused(void **state)
{
	static const struct {
		const char *what, *with;
		int code;
	} cases[] = {
		{ "\"format\":1", "\"format\":2", GV_EREFUSED },
		{ "\"format\":1", "\"format\": 1", GV_ECORRUPT },
		{ "\"seq\":1", "\"seq\":0", GV_ECORRUPT },
		{ "web-1", "../x", GV_ECORRUPT },
		{ "web-1", "Web", GV_ECORRUPT },
		{ S, "aa", GV_ECORRUPT },
		{ "refs/heads/main\"}", "refs/heads/a b\"}", GV_ECORRUPT },
		{ "refs/heads/main\"}", "refs/heads/z\"}", GV_ECORRUPT },
		{ "refs/heads/main\"}", "heads/main\"}", GV_ECORRUPT },
		{ "\"" A "\"", "null", GV_ECORRUPT },
		{ "\"bytes\":10", "\"bytes\":-1", GV_ECORRUPT },
		{ "\"whole\":true", "\"whole\":1", GV_ECORRUPT },
		{ "\"whole\":true}", "\"whole\":true,\"x\":1}", GV_ECORRUPT },
		{ "true}\n", "true}", GV_ECORRUPT },
		{ "2026-11-20", "2026-13-20", GV_ECORRUPT },
	};
	struct gv_replica_manifest m;
	char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		text = changed(first, cases[i].what, cases[i].with);
		assert_int_equal(parse(&m, text), cases[i].code);
		gv_replica_manifest_release(&m);
		free(text);
	}
}

static void
a_chain_leads_to_a_state(void **state)
{
	struct gv_replica_manifest m, next, diff = GV_REPLICA_MANIFEST_INIT,
					    was;
	struct gv_oid b;

	(void)state;
	assert_int_equal(gv_oid_parse(&b, B), 0);
	assert_int_equal(parse(&m, first), 0);
	assert_int_equal(gv_replica_manifest_copy(&was, &m), 0);
	assert_int_equal(parse(&next, second), 0);
	assert_int_equal(gv_replica_manifest_apply(&m, &next), 0);
	assert_int_equal(m.seq, 2);
	assert_true(m.is_whole);
	assert_int_equal(m.n_refs, 1);
	assert_true(gv_oid_equal(&m.refs[0].id, &b));
	assert_int_equal(m.n_packs, 2);
	/* and the way back to what it says */
	assert_int_equal(gv_replica_manifest_diff(&diff, &was, &m), 0);
	assert_int_equal(diff.n_refs, 2);
	assert_true(gv_oid_is_zero(&diff.refs[1].id));
	assert_int_equal(diff.n_packs, 1);
	/* twice it does not go on from there */
	assert_int_equal(gv_replica_manifest_apply(&m, &next), GV_ECORRUPT);
	gv_replica_manifest_release(&was);
	gv_replica_manifest_release(&m);
	gv_replica_manifest_release(&next);
	gv_replica_manifest_release(&diff);
}

static void
the_signature_is_of_the_text(void **state)
{
	struct gv_replica_manifest m, read;
	struct gv_secret key = GV_SECRET_INIT;
	struct gv_buf text = GV_BUF_INIT;
	unsigned char public[GV_SIGN_PUBLIC];
	struct gv_sign by;

	(void)state;
	assert_int_equal(gv_sign_new(&key), 0);
	gv_sign_public(public, &key);
	assert_int_equal(parse(&m, first), 0);
	assert_int_equal(gv_replica_manifest_seal(&text, &m, &key), 0);
	assert_int_equal(
	    gv_replica_manifest_open(&read, &by, text.p, text.len), 0);
	assert_memory_equal(by.key, public, sizeof(public));
	gv_replica_manifest_release(&read);
	/* a byte of what it says */
	*strstr(text.p, "web-1") = 'v';
	assert_int_equal(gv_replica_manifest_open(&read, &by, text.p, text.len),
	    GV_ECORRUPT);
	gv_replica_manifest_release(&read);
	/* nobody */
	assert_int_equal(
	    gv_replica_manifest_open(&read, &by, first, strlen(first)),
	    GV_EREFUSED);
	gv_replica_manifest_release(&read);
	gv_replica_manifest_release(&m);
	gv_secret_release(&key);
	gv_buf_release(&text);
}

static void
add_packs(struct gv_replica_manifest *m, size_t n, uint64_t bytes)
{
	struct gv_replica_pack pack = { .bytes = bytes };

	while (n-- > 0)
		assert_int_equal(gv_replica_manifest_add_pack(m, &pack), 0);
}

static void
all_is_packed_again_where_it_pays(void **state)
{
	static const struct {
		uint64_t base, bytes;
		size_t n;
		bool is_due;
		uint64_t whole;
	} cases[] = {
		{ 1000, 0, 0, false, 0 },
		/* small ones as large as the base, but hardly any bytes */
		{ 1000, 1000, 5, false, 0 },
		{ 100 << 20, 10 << 20, 9, false, 0 },
		{ 100 << 20, 10 << 20, 10, true, 0 },
		/* many */
		{ 1000, 10, 63, false, 0 },
		{ 1000, 10, 64, true, 0 },
		{ 1 << 30, 10, 900, false, 0 },
		{ 1 << 30, 10, 1000, true, 0 },
		/* four that were sent as they were are no small ones */
		{ 100 << 20, 100 << 20, 3, false, 400 << 20 },
		{ 100 << 20, 100 << 20, 7, true, 400 << 20 },
		{ 100 << 20, 100 << 20, 3, true, 0 },
		/* others have removed some of them */
		{ 100 << 20, 10 << 20, 9, false, 900 << 20 },
	};
	struct gv_replica_manifest m = GV_REPLICA_MANIFEST_INIT;
	size_t i;

	(void)state;
	assert_false(gv_replica_manifest_is_due(&m, 0));
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		add_packs(&m, 1, cases[i].base);
		add_packs(&m, cases[i].n, cases[i].bytes);
		assert_int_equal(gv_replica_manifest_is_due(&m, cases[i].whole),
		    cases[i].is_due);
		gv_replica_manifest_release(&m);
	}
}

UNIT(replica_manifest)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(what_has_another_form_is_refused),
		cmocka_unit_test(a_chain_leads_to_a_state),
		cmocka_unit_test(the_signature_is_of_the_text),
		cmocka_unit_test(all_is_packed_again_where_it_pays),
	};

	return UNIT_RUN(tests);
}
