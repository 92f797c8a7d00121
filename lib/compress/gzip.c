#include "compress/gzip.h"

#include <limits.h>
#include <stdlib.h>

#include <zlib.h>

#include "base/err.h"

#define LEVEL 6
#define GZIP  (15 + 16) /* zlib: a window of 32 KiB, with gzip's frame */

struct gv_gzip {
	z_stream z;
	int (*fn)(void *ctx, const void *data, size_t len);
	void *ctx;
	unsigned char out[64 << 10];
};

int
gv_gzip_open(struct gv_gzip **out,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx)
{
	struct gv_gzip *z = calloc(1, sizeof(*z));

	if (z == NULL ||
	    deflateInit2(&z->z, LEVEL, Z_DEFLATED, GZIP, 8,
		Z_DEFAULT_STRATEGY) != Z_OK) {
		free(z);
		return gv_err_nomem();
	}
	z->fn = fn;
	z->ctx = ctx;
	*out = z;
	return 0;
}

/* Have zlib work until it asks for more, or is at its end. */
static int
run(struct gv_gzip *z, int flush)
{
	size_t n;
	int r = 0;

	do {
		z->z.next_out = z->out;
		z->z.avail_out = sizeof(z->out);
		if (deflate(&z->z, flush) == Z_STREAM_ERROR)
			return gv_err(GV_ERROR, "zlib failed to compress");
		n = sizeof(z->out) - z->z.avail_out;
		if (n)
			r = z->fn(z->ctx, z->out, n);
	} while (r >= 0 && z->z.avail_out == 0);
	return r < 0 ? r : 0;
}

int
gv_gzip_write(struct gv_gzip *z, const void *data, size_t len)
{
	const unsigned char *p = data;
	int r = 0;

	while (r == 0 && len > 0) {
		uInt n = len < UINT_MAX ? (uInt)len : UINT_MAX;

		/* zlib's own declaration lacks the const */
		z->z.next_in = (unsigned char *)(size_t)p;
		z->z.avail_in = n;
		r = run(z, Z_NO_FLUSH);
		p += n;
		len -= n;
	}
	return r;
}

int
gv_gzip_finish(struct gv_gzip *z)
{
	z->z.next_in = NULL;
	z->z.avail_in = 0;
	return run(z, Z_FINISH);
}

void
gv_gzip_free(struct gv_gzip *z)
{
	if (z == NULL)
		return;
	deflateEnd(&z->z);
	free(z);
}
