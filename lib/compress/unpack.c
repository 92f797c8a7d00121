#include "compress/unpack.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/err.h"

#define PIECE ((size_t)32 * 1024)
#define GZIP  (15 + 16) /* zlib: a window of 32 KiB, with gzip's frame */
#define RAW   (-15)     /* … without any frame */

/* Behind the end of a gzip file another may begin, and zero bytes that fill it
 * up; all else is not of it. */
static bool
begins_again(z_stream *z, enum gv_unpack_kind kind)
{
	return kind == GV_UNPACK_GZIP && z->avail_in > 2 &&
	    z->next_in[0] == 0x1f && z->next_in[1] == 0x8b &&
	    inflateReset(z) == Z_OK;
}

static bool
is_filled_up(const z_stream *z)
{
	unsigned i;

	for (i = 0; i < z->avail_in; i++)
		if (z->next_in[i])
			return false;
	return true;
}

static int
run(z_stream *z, enum gv_unpack_kind kind, unsigned char *out, gv_unpack_fn fn,
    void *ctx)
{
	bool is_over = false;
	int r = 0, status = Z_OK;

	while (r == 0 && !is_over) {
		z->next_out = out;
		z->avail_out = PIECE;
		do {
			status = inflate(z, Z_NO_FLUSH);
			if (status == Z_STREAM_END && begins_again(z, kind))
				status = Z_OK;
		} while (status == Z_OK && z->avail_out && z->avail_in);
		is_over = status != Z_OK || z->avail_out;
		if (z->avail_out < PIECE)
			r = fn(ctx, out, PIECE - z->avail_out);
	}
	if (r == 0 && !is_filled_up(z))
		r = GV_ECORRUPT;
	return r ? r : status == Z_STREAM_END ? 0 : GV_ECORRUPT;
}

int
gv_unpack_run(enum gv_unpack_kind kind, const void *data, size_t len,
    gv_unpack_fn fn, void *ctx)
{
	z_stream z = { 0 };
	unsigned char *out;
	int r;

	if (len > UINT_MAX)
		return GV_ECORRUPT;
	out = malloc(PIECE);
	if (out == NULL ||
	    inflateInit2(&z, kind == GV_UNPACK_GZIP ? GZIP : RAW) != Z_OK) {
		free(out);
		return gv_err_nomem();
	}
	/* zlib's own declaration lacks the const */
	z.next_in = (unsigned char *)(uintptr_t)data;
	z.avail_in = (unsigned)len;
	r = run(&z, kind, out, fn, ctx);
	inflateEnd(&z);
	explicit_bzero(out, PIECE);
	free(out);
	return r;
}
