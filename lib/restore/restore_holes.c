#include "restore/restore_holes.h"

#include <string.h>

#include "record/manifest.h"

static bool
is_zero(const char *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

/* The next run of data; behind the last all is a hole. */
static void
next_run(struct gv_restore_holes *holes)
{
	uint64_t at, len;
	int r = gv_manifest_next_extent(&holes->list, &at, &len);

	holes->begin = r > 0 ? at : UINT64_MAX;
	holes->end = r > 0 ? at + len : UINT64_MAX;
	if (r < 0)
		holes->list = NULL;
}

#define BLOCK 4096u

/* How many of the bytes are of blocks that are zero, or not zero, as far as
 * they are here. */
static size_t
cut_zeros(uint64_t at, const char *p, size_t len, bool *is_hole)
{
	size_t n = 0, part;

	while (n < len) {
		part = BLOCK - (size_t)((at + n) % BLOCK);
		part = part < len - n ? part : len - n;
		if (n == 0)
			*is_hole = is_zero(p, part);
		else if (is_zero(p + n, part) != *is_hole)
			break;
		n += part;
	}
	return n;
}

size_t
gv_restore_holes_next(struct gv_restore_holes *holes, uint64_t at,
    const char *p, size_t len, bool *is_hole)
{
	uint64_t until;

	*is_hole = false;
	if (holes->list && strcmp(holes->list, GV_MANIFEST_HOLES_UNSAID) == 0)
		return cut_zeros(at, p, len, is_hole);
	while (holes->list && at >= holes->end)
		next_run(holes);
	if (holes->list == NULL)
		return len;
	until = at < holes->begin ? holes->begin : holes->end;
	if (until - at < len)
		len = (size_t)(until - at);
	*is_hole = at < holes->begin && is_zero(p, len);
	return len;
}
