#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "search/segment.h"
#include "worktree/cache.h"

#define FILES 300

static struct gv_oid
id_of(unsigned n)
{
	struct gv_oid oid = { { (unsigned char)(n >> 8), (unsigned char)n } };

	return oid;
}

/* Files of versions each; of every text, who is in it depends on its number. */
static void
write_segment(struct gv_buf *out, unsigned from, unsigned to, uint64_t path)
{
	struct gv_segment_draft d = { .n_docs = 0 };
	char text[100];
	unsigned i;

	for (i = from; i < to; i++) {
		const struct gv_oid oid = id_of(i);

		assert_int_equal(gv_segment_draft_family(&d, path + i / 2), 0);
		snprintf(text, sizeof(text), "Common_%s\nname_%05u\nab\ncd",
		    i % 3 ? "odd" : "third", i);
		assert_int_equal(
		    gv_segment_draft_doc(&d, &oid, i % 7 == 6 ? NULL : text,
			(uint32_t)strlen(text)),
		    0);
	}
	assert_int_equal(gv_segment_draft_format(out, &d), 0);
}

/* How many contents may have a string. */
static size_t
count(const struct gv_segment *seg, const char *string)
{
	struct gv_segment_doc doc = { .len = 0 };
	uint8_t *seen = calloc(seg->families, 1);
	struct gv_grams grams;
	uint32_t i;
	size_t n = 0;

	assert_non_null(seen);
	gv_gram_of_string(&grams, string, strlen(string));
	gv_segment_find(seen, seg, &grams);
	for (i = 0; i < seg->docs; i++) {
		gv_segment_doc(&doc, seg, i);
		n += doc.is_text && seen[doc.family] == grams.n;
	}
	free(seen);
	return n;
}

static void
finds_what_may_have_a_string(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_segment seg;

	(void)state;
	write_segment(&b, 0, FILES, 1000);
	assert_int_equal(gv_segment_parse(&seg, b.p, b.len), 0);
	assert_int_equal(seg.docs, FILES);
	assert_int_equal(count(&seg, "common"), FILES - FILES / 7);
	assert_int_equal(count(&seg, "NAME_00123"), 1);
	assert_int_equal(count(&seg, "absent"), 0);
	/* no gram goes over the end of a line */
	assert_int_equal(count(&seg, "b\ncd"), 0);
	gv_buf_release(&b);
}

static void
merged_families_of_a_path_are_one(void **state)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT, c = GV_BUF_INIT;
	struct gv_segment_draft d = { .n_docs = 0 };
	struct gv_segment segs[2], seg;

	(void)state;
	write_segment(&a, 0, 100, 0);
	write_segment(&b, 100, 200, (uint64_t)-50);
	assert_int_equal(gv_segment_parse(&segs[0], a.p, a.len), 0);
	assert_int_equal(gv_segment_parse(&segs[1], b.p, b.len), 0);
	assert_int_equal(gv_segment_draft_merge(&d, segs, 2), 0);
	assert_int_equal(gv_segment_draft_format(&c, &d), 0);
	assert_int_equal(gv_segment_parse(&seg, c.p, c.len), 0);
	assert_int_equal(seg.docs, 200);
	assert_int_equal(seg.families, 50);
	assert_int_equal(count(&seg, "common"), 200 - 28);
	/* all versions of its path: 2 of each segment, none of them binary */
	assert_int_equal(count(&seg, "name_00103"), 4);
	assert_int_equal(count(&seg, "absent"), 0);
	gv_buf_release(&a);
	gv_buf_release(&b);
	gv_buf_release(&c);
}

/* With a sum that is right, as no chance makes it. */
static void
damage_is_seen_or_harmless(void **state)
{
	struct gv_buf good = GV_BUF_INIT, bad = GV_BUF_INIT;
	struct gv_segment seg;
	size_t i;

	(void)state;
	write_segment(&good, 0, 40, 1);
	for (i = 0; i < good.len; i++) {
		gv_buf_reset(&bad);
		gv_buf_add(&bad, good.p, good.len);
		bad.p[i] ^= 0x41;
		assert_int_equal(
		    gv_segment_parse(&seg, bad.p, bad.len), GV_ECORRUPT);
		gv_buf_truncate(&bad, bad.len - GV_CACHE_SUM);
		gv_cache_seal(&bad, 0);
		if (gv_segment_parse(&seg, bad.p, bad.len) == 0)
			(void)count(&seg, "common_third");
		gv_buf_reset(&bad);
		gv_buf_add(&bad, good.p, i);
		assert_int_equal(
		    gv_segment_parse(&seg, bad.p, bad.len), GV_ECORRUPT);
	}
	gv_buf_release(&good);
	gv_buf_release(&bad);
}

UNIT(segment)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_may_have_a_string),
		cmocka_unit_test(merged_families_of_a_path_are_one),
		cmocka_unit_test(damage_is_seen_or_harmless),
	};

	return UNIT_RUN(tests);
}
