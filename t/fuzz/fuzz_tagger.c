/* Read what a tagger printed about two texts: only lines that there can be. */
#include "fuzz.h"

#include "search/tagger.h"

static bool
is_any(void *ctx, const char *name, size_t len)
{
	(void)ctx;
	return memchr(name, '"', len) == NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_tagger_text texts[2];
	size_t i, k;

	memset(texts, 0, sizeof(texts));
	must(gv_tagger_read(texts, 2, (const char *)data, len, is_any, NULL) ==
	    0);
	for (i = 0; i < 2; i++) {
		must(texts[i].n == 0 || texts[i].is_known);
		for (k = 0; k < texts[i].n; k++)
			must(texts[i].lines[k] > 0);
		free(texts[i].lines);
	}
	return 0;
}
