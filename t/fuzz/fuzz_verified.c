/* Read the three files that verify remembers by: as they are, and once more
 * with a checksum that is right, which no chance would find. What is accepted
 * is written again byte for byte. */
#include "fuzz.h"

#include <stdio.h>

#include "verify/faulty.h"
#include "verify/verified.h"
#include "verify/verify_cursor.h"

static void
read_dates(const char *text, size_t len)
{
	struct gv_verified v;
	struct gv_buf back = GV_BUF_INIT;

	if (gv_verified_parse(&v, text, len) < 0) {
		must(v.n == 0 && v.entries == NULL);
		return;
	}
	gv_verified_format(&back, &v);
	must_be(&back, text, len);
	gv_verified_release(&v);
}

static void
read_faulty(const char *text, size_t len)
{
	struct gv_faulty f;
	struct gv_buf back = GV_BUF_INIT;

	if (gv_faulty_parse(&f, text, len) < 0) {
		must(f.n == 0 && f.entries == NULL);
		return;
	}
	gv_faulty_format(&back, &f);
	must_be(&back, text, len);
	gv_faulty_release(&f);
}

static void
read_cursor(const char *data, size_t len)
{
	struct gv_verify_cursor c;
	struct gv_buf back = GV_BUF_INIT;

	if (gv_verify_cursor_parse(&c, data, len) < 0) {
		must(c.n == 0 && c.keys == NULL);
		return;
	}
	gv_verify_cursor_format(&back, &c);
	must_be(&back, data, len);
	gv_verify_cursor_release(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_buf b = GV_BUF_INIT;

	fuzz_sealed(data, len, read_cursor);
	read_dates((const char *)data, len);
	read_faulty((const char *)data, len);
	gv_buf_add(&b, data, len);
	gv_cache_seal_text(&b, 0);
	read_dates(b.p, b.len);
	read_faulty(b.p, b.len);
	gv_buf_release(&b);
	return 0;
}
