/*
 * Path names: quoting and unquoting gives the same bytes, and no quoted text
 * whatever makes the reader go astray.
 */
#include "fuzz.h"

#include "base/path.h"

static void
round_trip(const char *path, size_t len)
{
	struct gv_buf quoted = GV_BUF_INIT, back = GV_BUF_INIT;
	size_t used, i;

	gv_path_quote(&quoted, path, len);
	for (i = 0; i < quoted.len; i++)
		if (quoted.p[i] < 0x20 || quoted.p[i] > 0x7e)
			abort();
	if (quoted.len && quoted.p[0] == '"') {
		if (gv_path_unquote(&back, quoted.p, quoted.len, &used) < 0 ||
		    used != quoted.len || back.len != len ||
		    memcmp(back.p, path, len) != 0)
			abort();
	} else if (quoted.len != len ||
	    (len && memcmp(quoted.p, path, len) != 0)) {
		abort();
	}
	gv_buf_release(&quoted);
	gv_buf_release(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf out = GV_BUF_INIT;
	size_t used = 0;

	round_trip((const char *)data, len);
	gv_path_is_safe((const char *)data, len);
	gv_buf_addstr(&out, "before");
	if (gv_path_unquote(&out, (const char *)data, len, &used) < 0) {
		if (out.len != 6)
			abort();
	} else if (used < 2 || used > len) {
		abort();
	}
	gv_buf_release(&out);
	return 0;
}
