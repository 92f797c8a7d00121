/* Read a part of the index for searches, and ask it for a string. Merged with
 * itself it has the same contents, and finds no less. */
#include "fuzz.h"

#include "search/segment.h"

static size_t
ask(const struct gv_segment *seg)
{
	struct gv_segment_doc doc = { .len = 0 };
	uint8_t *seen = calloc(seg->families, 1);
	struct gv_grams grams;
	size_t i, n = 0;

	must(seen != NULL);
	gv_gram_of_string(&grams, "name_", 5);
	gv_segment_find(seen, seg, &grams);
	for (i = 0; i < seg->docs; i++) {
		gv_segment_doc(&doc, seg, (uint32_t)i);
		must(doc.family < seg->families);
		n += seen[doc.family] == grams.n;
	}
	free(seen);
	return n;
}

static void
read_segment(const char *data, size_t len)
{
	struct gv_segment_draft d = { .n_docs = 0 };
	struct gv_segment seg, again;
	struct gv_buf b = GV_BUF_INIT;
	size_t found;

	if (gv_segment_parse(&seg, data, len) < 0)
		return;
	found = ask(&seg);
	must(gv_segment_draft_merge(&d, &seg, 1) == 0);
	must(gv_segment_draft_format(&b, &d) == 0);
	must(gv_segment_parse(&again, b.p, b.len) == 0);
	must(again.docs == seg.docs && ask(&again) >= found);
	gv_buf_release(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_sealed(data, len, read_segment);
	return 0;
}
