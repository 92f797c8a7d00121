#include "walk/base.h"

#include <string.h>

#include "base/err.h"
#include "walk/census.h"

void
gv_base_add(struct gv_base *base, const char *path, size_t len,
    const struct gv_oid *sum)
{
	static const struct gv_oid none;
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, sum ? sum : &none);
	gv_buf_add(&base->files, hex, GV_OID_HEX);
	gv_buf_add(&base->files, path, len);
	gv_buf_addch(&base->files, '\0');
}

int
gv_base_index(struct gv_base *base)
{
	char *p = base->files.p, *end = p ? p + base->files.len : p;
	struct gv_oid sum;
	int r = gv_buf_check(&base->files);

	for (; r == 0 && p < end; p += strlen(p) + 1)
		r = strlen(p) > GV_OID_HEX && gv_oid_parse(&sum, p) == 0
		    ? gv_map_put(&base->clean, p + GV_OID_HEX,
			  strlen(p + GV_OID_HEX), p)
		    : GV_ECORRUPT;
	return r;
}

void
gv_base_set(struct gv_base *base, const char *path, size_t len,
    const struct gv_oid *sum)
{
	char *at = gv_map_get(&base->clean, path, len), hex[GV_OID_HEX + 1];

	if (at == NULL)
		return;
	gv_oid_format(hex, sum);
	memcpy(at, hex, GV_OID_HEX);
}

bool
gv_base_find(struct gv_oid *sum, const struct gv_base *base, const char *path,
    size_t len, int64_t ctime)
{
	const char *at =
	    base && base->tool && gv_census_is_settled(ctime, base->stamp)
	    ? gv_map_get(&base->clean, path, len)
	    : NULL;

	return at && gv_oid_parse(sum, at) == 0;
}

void
gv_base_release(struct gv_base *base)
{
	gv_map_release(&base->clean);
	gv_buf_release(&base->files);
	memset(base, 0, sizeof(*base));
}
