/* Signatures of git on a tag: what is split stays in bounds and is split again
 * alike; what git says is one of the verdicts, and good only where it passed.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "key/gitsign.h"

static void
fuzz_split(const char *text, size_t len)
{
	size_t payload, again;
	int r = gv_gitsign_split(&payload, text, len);

	must(r == 0 || r == GV_ECORRUPT);
	must(payload <= len);
	if (r < 0)
		return;
	must(len - payload <= GV_GITSIGN_MAX);
	must(payload == len || text[len - 1] == '\n');
	must(gv_gitsign_split(&again, text, payload) == 0);
	must(again == payload);
}

static void
fuzz_answer(const char *said, bool passed)
{
	struct gv_gitsign seen;

	must(gv_gitsign_read(&seen, said, passed) == 0);
	must(seen.verdict > GV_GITSIGN_NONE);
	must(seen.verdict < GV_GITSIGN_VERDICTS);
	must(passed || seen.verdict != GV_GITSIGN_GOOD);
	must(!seen.is_whole || seen.print);
	must(!seen.is_whole || seen.verdict == GV_GITSIGN_GOOD ||
	    seen.verdict == GV_GITSIGN_UNKNOWN);
	must(seen.verdict == GV_GITSIGN_GOOD || seen.why);
	gv_gitsign_release(&seen);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *copy = malloc(len + 1);

	must(copy != NULL);
	memcpy(copy, data, len);
	copy[len] = '\0';
	fuzz_split((const char *)data, len);
	fuzz_answer(copy, true);
	fuzz_answer(copy, false);
	free(copy);
	return 0;
}
