/* The tag of a known-good record: what is read has all that must be said, and
 * is written again as the same bytes. */
#include "fuzz.h"

#include <string.h>

#include "base/err.h"
#include "record/good_internal.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_good good = GV_GOOD_INIT;
	int r = gv_good_tag_parse(&good, data, len);

	must(r == 0 || r == GV_ECORRUPT || r == GV_EREFUSED);
	if (r == 0) {
		struct gv_buf was = good.statement;

		must(good.env && good.actor && !gv_oid_is_zero(&good.target));
		must(good.is_signed == (good.envelope.len > 0));
		good.statement = (struct gv_buf)GV_BUF_INIT;
		must(gv_good_format(&good) == 0);
		must(was.len == good.statement.len &&
		    memcmp(was.p, good.statement.p, was.len) == 0);
		gv_buf_release(&was);
	}
	gv_good_release(&good);
	return 0;
}
