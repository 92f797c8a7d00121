#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "scan/scan_internal.h"

/* UTF-16 as Windows writes it, with its mark in front. */
bool
gv_scan_is_wide(const void *data, size_t len)
{
	return len > 3 && len % 2 == 0 &&
	    (memcmp(data, "\xff\xfe", 2) == 0 ||
		memcmp(data, "\xfe\xff", 2) == 0);
}

/* A byte for each of its units: no secret has a character that is not of
 * ASCII, and names that have one stay apart. */
static void
narrow(char *out, const unsigned char *p, size_t n, bool is_big)
{
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned unit = is_big ? (unsigned)p[2 * i] << 8 | p[2 * i + 1]
				       : (unsigned)p[2 * i + 1] << 8 | p[2 * i];

		out[i] = unit < 0x80 ? (char)unit : (char)0xff;
	}
}

int
gv_scan_wide(struct gv_scan *scan, struct gv_ruleset *set, const char *path,
    const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t n = len / 2 - 1, i;
	char *text = malloc(n);
	int r;

	if (text == NULL)
		return gv_err_nomem();
	narrow(text, p + 2, n, p[0] == 0xfe);
	r = gv_scan_run(scan, set, path, text, n);
	explicit_bzero(text, n);
	free(text);
	for (i = 0; r == 0 && i < scan->n; i++) {
		struct gv_scan_finding *f = &scan->findings[i];

		f->at = f->at * 2 + 2;
		f->len *= 2;
		f->name = f->name_len ? f->name * 2 + 2 : 0;
		f->name_len *= 2;
	}
	return r;
}
