/* Armor: what is read, written and read again is the same bytes; any bytes
 * come back. */
#include "fuzz.h"

#include "base/buf.h"
#include "crypto/armor.h"

static void
must_come_back(const void *data, size_t len)
{
	struct gv_buf text = GV_BUF_INIT, back = GV_BUF_INIT;

	if (gv_armor_add(&text, data, len) < 0 ||
	    !gv_armor_is(text.p, text.len) ||
	    gv_armor_read(&back, text.p, text.len) < 0 || back.len != len ||
	    (len && memcmp(back.p, data, len) != 0))
		abort();
	gv_buf_release(&text);
	gv_buf_release(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf out = GV_BUF_INIT;

	if (gv_armor_read(&out, data, len) == 0) {
		if (!gv_armor_is(data, len))
			abort();
		must_come_back(out.p, out.len);
	} else if (out.len) {
		abort();
	}
	gv_buf_release(&out);
	must_come_back(data, len);
	return 0;
}
