/* Read what was last seen of all projects; written again it is the same. */
#include "fuzz.h"

#include "project/glance.h"

static void
read_glances(const char *data, size_t len)
{
	struct gv_buf b = GV_BUF_INIT;
	struct gv_glance *items;
	size_t n;

	if (gv_glance_parse(&items, &n, data, len) < 0)
		return;
	must(gv_glance_format(&b, items, n) == 0);
	must_be(&b, data, len);
	free(items);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_sealed(data, len, read_glances);
	return 0;
}
