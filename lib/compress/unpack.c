#include "compress/unpack_internal.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/err.h"

#define PIECE GV_UNPACK_PIECE
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

static int
run_zlib(enum gv_unpack_kind kind, const struct gv_unpack *u)
{
	z_stream z = { 0 };
	int r;

	if (inflateInit2(&z, kind == GV_UNPACK_GZIP ? GZIP : RAW) != Z_OK)
		return gv_err_nomem();
	/* zlib's own declaration lacks the const */
	z.next_in = (unsigned char *)(uintptr_t)u->data;
	z.avail_in = (unsigned)u->len;
	r = run(&z, kind, u->out, u->fn, u->ctx);
	inflateEnd(&z);
	return r;
}

/* The first bytes of each kind; of bzip2 its level stands between. */
bool
gv_unpack_is(enum gv_unpack_kind *kind, const void *data, size_t len)
{
	const unsigned char *p = data;

	if (len > 18 && memcmp(p, "\x1f\x8b\x08", 3) == 0)
		*kind = GV_UNPACK_GZIP;
	else if (len >= 14 && memcmp(p, "BZh", 3) == 0 && p[3] >= '1' &&
	    p[3] <= '9' &&
	    (memcmp(p + 4, "1AY&SY", 6) == 0 ||
		memcmp(p + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0))
		*kind = GV_UNPACK_BZIP2;
	else if (len >= 24 &&
	    memcmp(p,
		"\xfd"
		"7zXZ",
		6) == 0)
		*kind = GV_UNPACK_XZ;
	else if (len >= 9 && memcmp(p, "\x28\xb5\x2f\xfd", 4) == 0)
		*kind = GV_UNPACK_ZSTD;
	else
		return false;
	return true;
}

int
gv_unpack_run(enum gv_unpack_kind kind, const void *data, size_t len,
    gv_unpack_fn fn, void *ctx)
{
	struct gv_unpack u = { data, len, NULL, fn, ctx };
	int r;

	if (len > UINT_MAX)
		return GV_ECORRUPT;
	u.out = malloc(PIECE);
	if (u.out == NULL)
		return gv_err_nomem();
	r = kind == GV_UNPACK_GZIP || kind == GV_UNPACK_RAW
	    ? run_zlib(kind, &u)
	    : gv_unpack_more(kind, &u);
	explicit_bzero(u.out, PIECE);
	free(u.out);
	return r;
}
