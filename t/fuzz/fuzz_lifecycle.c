/* A statement of a sealed value: what is read is written the same again, but
 * for how its texts are quoted. */
#include "fuzz.h"

#include "base/err.h"
#include "safe/lifecycle.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned kind;

	for (kind = 0; kind < GV_LIFECYCLE_KINDS; kind++) {
		struct gv_lifecycle life = { .is_rotated = false },
				    again = { .is_rotated = false };
		struct gv_buf text = GV_BUF_INIT;
		int r =
		    gv_lifecycle_parse(&life, kind, (const char *)data, len);

		must(r == 0 || r == GV_ECORRUPT || r == GV_EREFUSED);
		if (r == 0) {
			gv_lifecycle_format(&text, kind, &life);
			must(gv_lifecycle_parse(
				 &again, kind, text.p, text.len) == 0);
			must(gv_digest_equal(&life.next, &again.next));
			must(life.revoked == again.revoked);
		}
		gv_buf_release(&text);
		gv_lifecycle_release(&life);
		gv_lifecycle_release(&again);
	}
	return 0;
}
