#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "textindex/segment_internal.h"
#include "worktree/cache.h"

#define FILES 300

static struct gv_oid
id_of(unsigned n)
{
	struct gv_oid oid = { { (unsigned char)(n >> 8), (unsigned char)n } };

	return oid;
}

/* Lines behind a text that make it too large to share a piece with others. */
static void
fill(struct gv_buf *text)
{
	gv_buf_addstr(text, "\n");
	while (text->len < 10000)
		gv_buf_addstr(text, "----------------------------------\n");
	assert_int_equal(gv_buf_check(text), 0);
}

static void
add_doc(struct gv_segment_draft *d, unsigned n, const struct gv_buf *text)
{
	const struct gv_segment_new doc = { .oid = id_of(n),
		.size = text ? (uint32_t)text->len : 0,
		.text = text ? text->p : NULL,
		.len = text ? (uint32_t)text->len : 0 };

	assert_int_equal(gv_segment_draft_doc(d, &doc), 0);
}

/* Contents of one piece each; of every text, what is in it depends on its
 * number. */
static void
write_segment(struct gv_buf *out, unsigned from, unsigned to)
{
	struct gv_segment_draft d = { .n_docs = 0 };
	struct gv_buf text = GV_BUF_INIT;
	unsigned i;

	for (i = from; i < to; i++) {
		gv_buf_reset(&text);
		gv_buf_addf(&text, "Common_%s\nname_%05u\nab\ncd",
		    i % 3 ? "odd" : "third", i);
		fill(&text);
		add_doc(&d, i, i % 7 == 6 ? NULL : &text);
	}
	gv_buf_release(&text);
	assert_int_equal(gv_segment_draft_format(out, &d, 0), 0);
}

/* How many contents may have what the grams say. */
static size_t
count_grams(const struct gv_segment *seg, const struct gv_grams *grams)
{
	struct gv_segment_found found;
	struct gv_segment_doc doc;
	size_t i;

	assert_int_equal(gv_segment_find(&found, seg, grams), 0);
	for (i = 0; i < found.n; i++) {
		gv_segment_doc(&doc, seg, found.docs[i]);
		assert_true(doc.is_text);
		assert_true(i == 0 || found.docs[i] > found.docs[i - 1]);
	}
	free(found.docs);
	return found.n;
}

static size_t
count(const struct gv_segment *seg, const char *string)
{
	struct gv_grams grams;

	gv_gram_of_string(&grams, string, strlen(string));
	return count_grams(seg, &grams);
}

static void
finds_what_may_have_a_string(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_segment seg;
	struct gv_grams grams;

	(void)state;
	write_segment(&b, 0, FILES);
	assert_int_equal(gv_segment_parse(&seg, b.p, b.len), 0);
	assert_int_equal(seg.docs, FILES);
	assert_int_equal(count(&seg, "common"), FILES - FILES / 7);
	assert_int_equal(count(&seg, "NAME_00123"), 1);
	assert_int_equal(count(&seg, "absent"), 0);
	/* no gram goes over the end of a line */
	assert_int_equal(count(&seg, "b\ncd"), 0);
	gv_gram_of_regex(&grams, "name_00(123|211|absent)");
	assert_int_equal(count_grams(&seg, &grams), 2);
	grams.n = 0;
	assert_int_equal(count_grams(&seg, &grams), FILES - FILES / 7);
	gv_buf_release(&b);
}

static void
merged_segments_find_the_same(void **state)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT, c = GV_BUF_INIT;
	struct gv_buf whole = GV_BUF_INIT;
	struct gv_segment segs[3], seg;

	(void)state;
	write_segment(&a, 0, 150);
	/* what both have is there once */
	write_segment(&b, 100, 200);
	assert_int_equal(gv_segment_parse(&segs[0], a.p, a.len), 0);
	assert_int_equal(gv_segment_parse(&segs[1], b.p, b.len), 0);
	segs[2] = segs[0];
	assert_int_equal(gv_segment_merge(&c, segs, 3, 0), 0);
	assert_int_equal(gv_segment_parse(&seg, c.p, c.len), 0);
	assert_int_equal(seg.docs, 200);
	assert_int_equal(count(&seg, "common"), 200 - 28);
	assert_int_equal(count(&seg, "name_00103"), 1);
	assert_int_equal(count(&seg, "name_00199"), 1);
	assert_int_equal(count(&seg, "absent"), 0);
	/* as if it had been made at once */
	write_segment(&whole, 0, 200);
	assert_int_equal(c.len, whole.len);
	assert_memory_equal(c.p, whole.p, c.len);
	gv_buf_release(&a);
	gv_buf_release(&b);
	gv_buf_release(&c);
	gv_buf_release(&whole);
}

static void
add_lines(struct gv_buf *out, unsigned from, unsigned to)
{
	unsigned i;

	for (i = from; i < to; i++)
		gv_buf_addf(out, "line %u of %u\n", i * 7919 % 10007, i);
}

/* A version that differs in one line has all other pieces in common with the
 * one before, and only the pieces with a text make a content a candidate. */
static void
versions_share_pieces(void **state)
{
	struct gv_buf one = GV_BUF_INIT, two = GV_BUF_INIT, b = GV_BUF_INIT;
	struct gv_segment_draft d = { .n_docs = 0 };
	struct gv_segment_doc x, y;
	struct gv_segment seg;
	uint32_t i, k, common = 0;

	(void)state;
	add_lines(&one, 0, 6000);
	add_lines(&two, 0, 3000);
	gv_buf_addstr(&two, "inserted_here\n");
	add_lines(&two, 3000, 6000);
	add_doc(&d, 1, &one);
	add_doc(&d, 2, &two);
	assert_int_equal(gv_segment_draft_format(&b, &d, 0), 0);
	assert_int_equal(gv_segment_parse(&seg, b.p, b.len), 0);
	gv_segment_doc(&x, &seg, 0);
	gv_segment_doc(&y, &seg, 1);
	for (i = x.first; i < x.end; i++)
		for (k = y.first; k < y.end; k++)
			common += gv_segment_piece(&seg, i) ==
			    gv_segment_piece(&seg, k);
	assert_true(x.end - x.first > 5);
	assert_true(common + 2 >= x.end - x.first);
	assert_int_equal(count(&seg, "inserted_here"), 1);
	assert_int_equal(count(&seg, "of 5999"), 2);
	gv_buf_release(&one);
	gv_buf_release(&two);
	gv_buf_release(&b);
}

/* Lists of every density are read as they were written. */
static void
lists_of_any_density_are_whole(void **state)
{
	struct gv_segment_draft d = { .n_docs = 0 };
	struct gv_buf b = GV_BUF_INIT, doc = GV_BUF_INIT;
	struct gv_segment seg;
	char text[400];
	unsigned i, step;

	(void)state;
	for (i = 0; i < 2000; i++) {
		gv_buf_reset(&doc);
		gv_buf_addf(&doc, "%u#%u\n", i, i);
		for (step = 1; step <= 2000; step = step * 3 / 2 + 1)
			if (i % step == step / 2)
				gv_buf_addf(&doc, "every <%04u>\n", step);
		fill(&doc);
		add_doc(&d, i, &doc);
	}
	assert_int_equal(gv_segment_draft_format(&b, &d, 0), 0);
	assert_int_equal(gv_segment_parse(&seg, b.p, b.len), 0);
	for (step = 1; step <= 2000; step = step * 3 / 2 + 1) {
		snprintf(text, sizeof(text), "<%04u>", step);
		assert_int_equal(
		    count(&seg, text), (2000 - step / 2 + step - 1) / step);
	}
	gv_buf_release(&doc);
	gv_buf_release(&b);
}

static void
write_small(struct gv_buf *out, unsigned from, unsigned to)
{
	struct gv_segment_draft d = { .n_docs = 0 };
	struct gv_buf text = GV_BUF_INIT;
	unsigned i;

	for (i = from; i < to; i++) {
		gv_buf_reset(&text);
		gv_buf_addf(
		    &text, i % 10 == 5 ? "big<%05u>\n" : "small_%05u\n", i);
		if (i % 10 == 5)
			fill(&text);
		add_doc(&d, i, i % 10 == 7 ? NULL : &text);
	}
	assert_int_equal(gv_segment_draft_format(out, &d, 0), 0);
	gv_buf_release(&text);
}

/* Each is a candidate if one of its group is; none is lost, also when segments
 * are merged. */
static void
small_neighbours_are_one_piece(void **state)
{
	struct gv_buf a = GV_BUF_INIT, b = GV_BUF_INIT, c = GV_BUF_INIT;
	struct gv_segment segs[2], seg;
	char text[20];
	unsigned i;

	(void)state;
	write_small(&a, 0, 3000);
	write_small(&b, 3000, 3020);
	assert_int_equal(gv_segment_parse(&segs[0], a.p, a.len), 0);
	assert_int_equal(gv_segment_parse(&segs[1], b.p, b.len), 0);
	/* 300 large ones, and 2400 of 12 bytes, 18432 at most in a piece; what
	 * is left of large ones is the same for all */
	assert_in_range(segs[0].pieces, 302, 303);
	assert_int_equal(count(&segs[0], "big<00005>"), 1);
	assert_int_equal(count(&segs[1], "small_03001"), 16);
	assert_int_equal(gv_segment_merge(&c, segs, 2, 0), 0);
	assert_int_equal(gv_segment_parse(&seg, c.p, c.len), 0);
	assert_int_equal(seg.docs, 3020);
	for (i = 0; i < 3020; i += 7) {
		snprintf(text, sizeof(text),
		    i % 10 == 5 ? "big<%05u>" : "small_%05u", i);
		if (i % 10 != 7)
			assert_true(count(&seg, text) > 0);
	}
	gv_buf_release(&a);
	gv_buf_release(&b);
	gv_buf_release(&c);
}

/* As a search reads it, and as an update does. Whether that succeeds. */
static bool
ask(const struct gv_buf *b)
{
	struct gv_segment_found found;
	struct gv_segment seg;
	struct gv_grams grams;
	bool is_good;

	if (gv_segment_parse(&seg, b->p, b->len) < 0)
		return false;
	gv_gram_of_string(&grams, "common_third", 12);
	is_good = gv_segment_find(&found, &seg, &grams) == 0;
	free(found.docs);
	return is_good && gv_segment_is_intact(&seg);
}

/* A sum that is right all the same comes by no chance. */
static void
damage_is_seen_or_harmless(void **state)
{
	struct gv_buf good = GV_BUF_INIT, bad = GV_BUF_INIT;
	struct gv_segment seg;
	size_t i;

	(void)state;
	write_segment(&good, 0, 40);
	assert_true(ask(&good));
	assert_int_equal(gv_segment_parse(&seg, good.p, good.len), 0);
	for (i = 0; i < good.len; i++) {
		gv_buf_reset(&bad);
		gv_buf_add(&bad, good.p, good.len);
		bad.p[i] ^= 0x41;
		assert_false(ask(&bad));
		/* the length says where the sums are put */
		if (i < GV_CACHE_MAGIC + 16 ||
		    i >= GV_CACHE_MAGIC + SEGMENT_HEAD) {
			gv_segment_seal(&bad, 0);
			(void)ask(&bad);
		}
		gv_buf_reset(&bad);
		gv_buf_add(&bad, good.p, i);
		assert_int_equal(
		    gv_segment_parse(&seg, bad.p, bad.len), GV_ECORRUPT);
	}
	gv_buf_release(&good);
	gv_buf_release(&bad);
}

/* What is read in vain is checked in vain: a search that touches other pages
 * does not mind. */
static void
a_search_checks_what_it_reads(void **state)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_segment_found found;
	struct gv_segment seg;
	struct gv_grams grams;
	size_t i, failed = 0;

	(void)state;
	write_segment(&b, 0, FILES);
	assert_int_equal(gv_segment_parse(&seg, b.p, b.len), 0);
	gv_gram_of_string(&grams, "name_00123", 10);
	for (i = 0; i < seg.postings_len; i += SEGMENT_PAGE) {
		char *p = b.p + (seg.postings - b.p) + i;

		*p ^= 1;
		failed += gv_segment_find(&found, &seg, &grams) == GV_ECORRUPT;
		free(found.docs);
		assert_false(gv_segment_is_intact(&seg));
		*p ^= 1;
	}
	assert_in_range(failed, 1, grams.sets[0].n);
	assert_true(gv_segment_is_intact(&seg));
	gv_buf_release(&b);
}

/* Random names: nearly each gram is one of its own, which costs the most. */
static void
draft_names(struct gv_segment_draft *d)
{
	struct gv_buf text = GV_BUF_INIT;
	uint64_t x = 88172645463325252u;
	unsigned i, k;

	for (i = 0; i < 40; i++) {
		gv_buf_reset(&text);
		gv_buf_addf(&text, "needle_%02u\n", i);
		for (k = 0; k < 600; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			gv_buf_addf(&text, "%016llx\n", (unsigned long long)x);
		}
		assert_int_equal(gv_buf_check(&text), 0);
		add_doc(d, i, &text);
	}
	gv_buf_release(&text);
}

static void
a_segment_that_is_too_large_has_coarse_grams(void **state)
{
	struct gv_segment_draft d = { .n_docs = 0 };
	struct gv_buf fine = GV_BUF_INIT, small = GV_BUF_INIT;
	struct gv_buf merged = GV_BUF_INIT, other = GV_BUF_INIT;
	struct gv_segment seg, again, both[2];
	char name[16];
	uint64_t most;
	unsigned i;

	(void)state;
	draft_names(&d);
	assert_int_equal(gv_segment_draft_format(&fine, &d, 0), 0);
	assert_int_equal(gv_segment_parse(&seg, fine.p, fine.len), 0);
	assert_int_equal(seg.coarse, 0);
	most = gv_segment_text(&seg, 1) / 100 * 18;
	assert_true(fine.len > most);
	assert_int_equal(gv_segment_merge(&small, &seg, 1, 18), 0);
	assert_true(small.len <= most);
	assert_int_equal(gv_segment_parse(&seg, small.p, small.len), 0);
	assert_true(seg.coarse > 0);
	assert_int_equal(seg.docs, 40);
	/* nothing is missed */
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "needle_%02u", i);
		assert_true(count(&seg, name) >= 1);
	}
	assert_int_equal(count(&seg, "needle_"), 40);
	assert_true(count(&seg, "entirely absent words") < 10);
	assert_int_equal(gv_segment_merge(&merged, &seg, 1, 0), 0);
	assert_int_equal(gv_segment_parse(&again, merged.p, merged.len), 0);
	assert_int_equal(again.coarse, seg.coarse);
	assert_int_equal(merged.len, small.len);
	/* with one that is fine, the result is as coarse */
	both[0] = seg;
	write_segment(&other, 200, 350);
	assert_int_equal(gv_segment_parse(&both[1], other.p, other.len), 0);
	assert_int_equal(both[1].coarse, 0);
	gv_buf_reset(&merged);
	assert_int_equal(gv_segment_merge(&merged, both, 2, 0), 0);
	assert_int_equal(gv_segment_parse(&again, merged.p, merged.len), 0);
	assert_int_equal(again.coarse, seg.coarse);
	assert_int_equal(again.docs, both[0].docs + both[1].docs);
	assert_true(count(&again, "needle_07") >= 1);
	assert_true(count(&again, "name_00303") >= 1);
	assert_true(count(&again, "common") >= count(&both[1], "common"));
	gv_buf_release(&other);
	gv_buf_release(&fine);
	gv_buf_release(&small);
	gv_buf_release(&merged);
}

UNIT(segment)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_may_have_a_string),
		cmocka_unit_test(merged_segments_find_the_same),
		cmocka_unit_test(versions_share_pieces),
		cmocka_unit_test(lists_of_any_density_are_whole),
		cmocka_unit_test(small_neighbours_are_one_piece),
		cmocka_unit_test(damage_is_seen_or_harmless),
		cmocka_unit_test(a_search_checks_what_it_reads),
		cmocka_unit_test(a_segment_that_is_too_large_has_coarse_grams),
	};

	return UNIT_RUN(tests);
}
