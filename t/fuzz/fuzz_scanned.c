/* What a scan of history remembers, as it is and with a checksum that is right,
 * which no chance would find. What is accepted is written and read again to the
 * same. */
#include "fuzz.h"

#include "detect/scanned.h"

static void
read_it(const char *text, size_t len)
{
	struct gv_scanned s, again;
	struct gv_buf one = GV_BUF_INIT, two = GV_BUF_INIT;

	if (gv_scanned_parse(&s, text, len) < 0)
		return;
	gv_scanned_format(&one, &s);
	must(gv_scanned_parse(&again, one.p, one.len) == 0);
	gv_scanned_format(&two, &again);
	must_be(&two, one.p, one.len);
	gv_scanned_release(&s);
	gv_scanned_release(&again);
	gv_buf_release(&one);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf b = GV_BUF_INIT;

	read_it((const char *)data, len);
	gv_buf_addstr(&b, "git-vault scanned 3\n");
	gv_buf_add(&b, data, len);
	gv_cache_seal_text(&b, 0);
	read_it(b.p, b.len);
	gv_buf_release(&b);
	return 0;
}
