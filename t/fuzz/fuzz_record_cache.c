/* Read what the cache of records has of a commit. What is accepted is an id's,
 * and is written again byte for byte. */
#include "fuzz.h"

#include "record/record.h"
#include "record/record_cache.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct gv_oid commit = { { 1 } };
	struct gv_record_cache c = GV_RECORD_CACHE_INIT,
			       copy = GV_RECORD_CACHE_INIT;
	struct gv_buf file = GV_BUF_INIT, again = GV_BUF_INIT;
	struct gv_record rec;

	must(gv_table_add(&c.table, commit.id, data, len) == 0);
	gv_table_format(&file, &c.table, NULL, NULL);
	must(gv_table_parse(&c.table, file.p, file.len) == 0);
	if (gv_record_cache_get(&c, &rec, &commit) == 1) {
		must(strlen(rec.id) == GV_RECORD_ID_LEN);
		must(gv_record_cache_add(&copy, &rec) == 0);
		gv_table_format(&again, &copy.table, NULL, NULL);
		must_be(&again, file.p, file.len);
		gv_record_release(&rec);
	}
	gv_record_cache_release(&c);
	gv_record_cache_release(&copy);
	gv_buf_release(&file);
	return 0;
}
