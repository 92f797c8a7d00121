/* Read a part of the index for searches, and ask it for a string. Merged with
 * itself it has the same contents, and finds no less. */
#include "fuzz.h"

#include "textindex/segment.h"

static size_t
ask(const struct gv_segment *seg)
{
	bool *may_have = calloc((size_t)seg->pieces + 1, sizeof(*may_have));
	struct gv_segment_doc doc;
	struct gv_grams grams;
	uint32_t k;
	size_t i, n = 0;

	must(may_have != NULL);
	gv_gram_of_string(&grams, "name_", 5);
	must(gv_segment_find(may_have, seg, &grams) == 0);
	for (i = 0; i < seg->docs; i++) {
		gv_segment_doc(&doc, seg, (uint32_t)i);
		for (k = doc.first; k < doc.end; k++)
			n += may_have[gv_segment_piece(seg, k)];
	}
	free(may_have);
	return n;
}

static void
read_segment(const char *data, size_t len)
{
	struct gv_segment segs[2], again, twice;
	struct gv_buf b = GV_BUF_INIT, c = GV_BUF_INIT;
	size_t found;

	if (gv_segment_parse(&segs[0], data, len) < 0)
		return;
	segs[1] = segs[0];
	must(gv_segment_merge(&b, segs, 2, 0) == 0);
	must(gv_segment_parse(&again, b.p, b.len) == 0);
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_sealed(data, len, read_segment);
	return 0;
}
