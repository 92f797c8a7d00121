/* The record of a lock: read without going astray, and what was read, written
 * anew, is read as the same. */
#include "fuzz.h"

#include "base/err.h"
#include "statelock/statelock.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_statelock_record rec, again;
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_statelock_parse(&rec, (const char *)data, len);

	must(r == 0 || (r == GV_ECORRUPT && *gv_err_message()));
	if (r == 0) {
		must(*rec.id != '\0');
		gv_statelock_format(&text, &rec);
		/* what is escaped may outgrow what a record can have */
		if (text.len <= GV_STATELOCK_MAX) {
			must(gv_statelock_parse(&again, text.p, text.len) == 0);
			must(strcmp(rec.id, again.id) == 0);
			must(strcmp(rec.info, again.info) == 0);
			must(strcmp(rec.path, again.path) == 0);
			must(rec.has_time == again.has_time &&
			    rec.time == again.time);
			gv_statelock_record_release(&again);
		}
	}
	gv_buf_release(&text);
	gv_statelock_record_release(&rec);
	return 0;
}
