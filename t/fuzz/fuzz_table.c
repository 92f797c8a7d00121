/* Read a cache that is a table. What is accepted is written again byte for
 * byte, and each record is found under its key. */
#include "fuzz.h"

#include "worktree/table.h"

static void
read_table(const char *data, size_t len)
{
	struct gv_table t = GV_TABLE_INIT("GVRECOR2", GV_OID_RAW);
	struct gv_buf back = GV_BUF_INIT;
	size_t i, all = 0, n;

	if (len >= GV_CACHE_MAGIC + GV_OID_RAW)
		memcpy(t.stamp.id, data + GV_CACHE_MAGIC, GV_OID_RAW);
	if (gv_table_parse(&t, data, len) < 0) {
		must(t.n == 0 && t.file == NULL);
		return;
	}
	for (i = 0; i < t.n; i++) {
		must(gv_table_get(&t, gv_table_key(&t, i), &n) ==
		    gv_table_key(&t, t.n) + all);
		all += n;
	}
	gv_table_format(&back, &t, NULL, NULL);
	must_be(&back, data, len);
	gv_table_release(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_sealed(data, len, read_table);
	return 0;
}
