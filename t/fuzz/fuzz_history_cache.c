/* Read the cache of paths, asked for "a". What it says is written again; read
 * from there it is the same, and all trees' rows are found. */
#include "fuzz.h"

#include "view/history_cache.h"

#define ROW 44

static struct gv_history_row *
rows_of(const struct gv_history_cache *c)
{
	struct gv_history_row *rows = calloc(c->n + 1, sizeof(*rows));
	size_t i;

	must(rows != NULL);
	for (i = 0; i < c->n; i++) {
		memcpy(rows[i].tree.id, c->rows + i * ROW, GV_OID_RAW);
		must(gv_history_cache_get(c, &rows[i]));
	}
	return rows;
}

static void
read_cache(const char *data, size_t len)
{
	struct gv_history_cache c = GV_HISTORY_CACHE_INIT,
				again = GV_HISTORY_CACHE_INIT;
	struct gv_buf back = GV_BUF_INIT;
	struct gv_history_row *rows;

	if (gv_history_cache_parse(&c, data, len, "a") < 0) {
		must(c.n == 0 && c.sections == NULL && c.rows == NULL);
		return;
	}
	rows = rows_of(&c);
	gv_history_cache_format(&back, &c, "a", rows, c.n);
	must(gv_history_cache_parse(&again, back.p, back.len, "a") == 0);
	must(again.n == c.n &&
	    (c.n == 0 || memcmp(again.rows, c.rows, c.n * ROW) == 0));
	gv_buf_release(&back);
	free(rows);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	fuzz_sealed(data, len, read_cache);
	return 0;
}
