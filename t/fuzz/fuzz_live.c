/* Reports of providers' tools: what is taken has a resource, and a sentence. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "toolstate/live.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf sentence = GV_BUF_INIT;
	struct gv_live live;
	char *copy = malloc(len + 1);
	size_t i;

	must(copy != NULL);
	memcpy(copy, data, len);
	copy[len] = '\0';
	if (gv_live_read(&live, copy, len) == 0)
		for (i = 0; i < live.n; i++) {
			const struct gv_live_change *c = &live.changes[i];

			gv_buf_reset(&sentence);
			must(live.text.p[c->resource] != '\0');
			must(c->resource < c->names &&
			    c->names <= live.text.len);
			must(gv_live_sentence(&sentence, &live, c) == 0);
		}
	gv_live_release(&live);
	gv_buf_release(&sentence);
	free(copy);
	return 0;
}
