/* Read a part of the index for searches, with sums that are right, and ask it
 * for a string. Merged with itself it has the same contents, and finds no less.
 */
#include "fuzz.h"

#include "textindex/segment_internal.h"

#define HEAD (GV_CACHE_MAGIC + SEGMENT_HEAD) /* up to the sums */

static size_t
ask(const struct gv_segment *seg)
{
	struct gv_segment_found found;
	struct gv_grams grams;
	size_t n;

	gv_gram_of_string(&grams, "name_", 5);
	must(gv_segment_find(&found, seg, &grams) == 0);
	n = found.n;
	free(found.docs);
	return n;
}

static void
read_segment(const char *data, size_t len)
{
	struct gv_segment segs[2], again, twice;
	struct gv_buf b = GV_BUF_INIT, c = GV_BUF_INIT;
	size_t found;

	if (gv_segment_parse(&segs[0], data, len) < 0 ||
	    !gv_segment_is_intact(&segs[0]))
		return;
	segs[1] = segs[0];
	must(gv_segment_merge(&b, segs, 2, 0) == 0);
	must(gv_segment_parse(&again, b.p, b.len) == 0);
	must(gv_segment_is_intact(&again));
	must(again.docs <= segs[0].docs && again.pieces <= segs[0].pieces);
	/* in order it stays as it is */
	found = ask(&again);
	must(gv_segment_merge(&c, &again, 1, 0) == 0);
	must(gv_segment_parse(&twice, c.p, c.len) == 0);
	must(twice.docs == again.docs && ask(&twice) == found);
	(void)ask(&segs[0]);
	gv_buf_release(&b);
	gv_buf_release(&c);
}

/* As many sums as there is room for, and right. */
static void
seal(struct gv_buf *b)
{
	size_t sums = 0, len;

	for (len = b->len; len > HEAD + SEGMENT_SUM * (sums + 1); sums++)
		if (gv_segment_sums(len - HEAD - SEGMENT_SUM * (sums + 1)) ==
		    sums)
			break;
	if (len < HEAD + SEGMENT_SUM * (sums + 1))
		return;
	len -= HEAD + SEGMENT_SUM * (sums + 1);
	if (gv_segment_sums(len) != sums)
		return;
	b->p[HEAD - 4] = (char)(len >> 24);
	b->p[HEAD - 3] = (char)(len >> 16);
	b->p[HEAD - 2] = (char)(len >> 8);
	b->p[HEAD - 1] = (char)len;
	gv_segment_seal(b, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf b = GV_BUF_INIT;

	read_segment((const char *)data, len);
	gv_buf_add(&b, data, len);
	seal(&b);
	if (b.len)
		read_segment(b.p, b.len);
	gv_buf_release(&b);
	return 0;
}
