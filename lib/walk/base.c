#include "walk/base.h"

#include <string.h>

#include "walk/census.h"

int
gv_base_index(struct gv_base *base)
{
	const char *p = base->paths.p, *end = p ? p + base->paths.len : p;
	int r = gv_buf_check(&base->paths);

	for (; r == 0 && p < end; p += strlen(p) + 1)
		r = gv_map_put(&base->clean, p, strlen(p), base);
	return r;
}

bool
gv_base_vouches(
    const struct gv_base *base, const char *path, size_t len, int64_t ctime)
{
	return base && base->tool && gv_census_is_settled(ctime, base->stamp) &&
	    gv_map_get(&base->clean, path, len) != NULL;
}

void
gv_base_release(struct gv_base *base)
{
	gv_map_release(&base->clean);
	gv_buf_release(&base->paths);
	memset(base, 0, sizeof(*base));
}
