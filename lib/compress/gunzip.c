#include "compress/gunzip.h"

#include <limits.h>

#include <zlib.h>

#include "compress/wiped.h"

#define GZIP (15 + 16) /* zlib: a window of 32 KiB, with gzip's frame */

static void *
get(void *ctx, uInt n, uInt size)
{
	(void)ctx;
	return size && n > SIZE_MAX / size ? NULL
					   : gv_wiped_new((size_t)n * size);
}

static void
put(void *ctx, void *p)
{
	(void)ctx;
	gv_wiped_free(p);
}

int64_t
gv_gunzip(void *out, size_t max, const void *data, size_t len)
{
	z_stream z = { .zalloc = get, .zfree = put };
	int64_t n = -1;

	if (len > UINT_MAX || max > UINT_MAX || inflateInit2(&z, GZIP) != Z_OK)
		return -1;
	/* zlib's own declaration lacks the const */
	z.next_in = (unsigned char *)(size_t)data;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)max;
	if (inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0)
		n = (int64_t)(max - z.avail_out);
	inflateEnd(&z);
	return n;
}
