/* Read a list of own snapshots; what was read must come back the same when it
 * is written and read again. */
#include "fuzz.h"

#include "record/own.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_own own, back;
	size_t i;

	must(gv_own_parse(&own, (const char *)data, len) == 0);
	for (i = 0; i < own.n; i++) {
		must(gv_own_has(&own, &own.entries[i].commit));
		gv_own_format(&text, &own.entries[i]);
	}
	must(gv_own_parse(&back, text.p, text.len) == 0);
	must(back.n == own.n && back.damaged == 0);
	for (i = 0; i < own.n; i++)
		must(gv_own_has(&back, &own.entries[i].commit));
	gv_own_release(&own);
	gv_own_release(&back);
	gv_buf_release(&text);
	return 0;
}
