#include "compress/unpack_internal.h"
#include "compress/unpack_library.h"

#include <string.h>

#include "base/err.h"

#define MEMORY_MAX ((uint64_t)96 << 20) /* of xz; its level 9 takes 65 MiB */

#ifdef HAVE_BZLIB_H
/* Whether all that is left of a file fills it up. */
static bool
is_filled_up(const char *p, size_t n)
{
	while (n && p[n - 1] == '\0')
		n--;
	return n == 0;
}

/* One stream of maybe several. 0 with the stream behind its end. */
static int
read_stream(
    const struct gv_unpack_bzip2 *lib, bz_stream *z, const struct gv_unpack *u)
{
	int r = 0, status = BZ_OK;

	while (r == 0 && status == BZ_OK) {
		z->next_out = (char *)u->out;
		z->avail_out = GV_UNPACK_PIECE;
		while (status == BZ_OK && z->avail_in && z->avail_out)
			status = lib->run(z);
		if (z->avail_out < GV_UNPACK_PIECE)
			r = u->fn(
			    u->ctx, u->out, GV_UNPACK_PIECE - z->avail_out);
		/* it ends early, and nothing more is to come */
		if (status == BZ_OK && z->avail_in == 0 && z->avail_out)
			break;
	}
	return r ? r : status == BZ_STREAM_END ? 0 : GV_ECORRUPT;
}

static int
read_bzip2(const struct gv_unpack *u)
{
	const struct gv_unpack_bzip2 *lib = gv_unpack_library_bzip2();
	/* the library's declaration lacks the const */
	char *at = (char *)(uintptr_t)u->data;
	unsigned left = (unsigned)u->len;
	int r = lib ? 0 : GV_ENOTFOUND;

	while (r == 0 && !is_filled_up(at, left)) {
		bz_stream z = { .next_in = at, .avail_in = left };

		if (lib->init(&z, 0, 0) != BZ_OK)
			return gv_err_nomem();
		r = read_stream(lib, &z, u);
		at = z.next_in;
		left = z.avail_in;
		lib->end(&z);
	}
	return r;
}
#endif

#ifdef HAVE_LZMA_H
static int
read_xz(const struct gv_unpack *u)
{
	const struct gv_unpack_xz *lib = gv_unpack_library_xz();
	lzma_stream z = LZMA_STREAM_INIT;
	lzma_ret status = LZMA_OK;
	int r = 0;

	if (lib == NULL)
		return GV_ENOTFOUND;
	if (lib->init(&z, MEMORY_MAX, LZMA_CONCATENATED) != LZMA_OK)
		return gv_err_nomem();
	z.next_in = u->data;
	z.avail_in = u->len;
	while (r == 0 && status == LZMA_OK) {
		z.next_out = u->out;
		z.avail_out = GV_UNPACK_PIECE;
		while (status == LZMA_OK && z.avail_out)
			status = lib->run(&z, LZMA_FINISH);
		if (z.avail_out < GV_UNPACK_PIECE)
			r = u->fn(
			    u->ctx, u->out, GV_UNPACK_PIECE - z.avail_out);
	}
	lib->end(&z);
	if (r || status == LZMA_STREAM_END)
		return r;
	return status == LZMA_MEMLIMIT_ERROR ? GV_ENOTFOUND
	    : status == LZMA_MEM_ERROR       ? gv_err_nomem()
					     : GV_ECORRUPT;
}
#endif

#ifdef HAVE_ZSTD_H
static int
read_zstd(const struct gv_unpack *u)
{
	const struct gv_unpack_zstd *lib = gv_unpack_library_zstd();
	ZSTD_inBuffer in = { u->data, u->len, 0 };
	ZSTD_DCtx *z;
	size_t status = 1;
	int r = 0;

	if (lib == NULL)
		return GV_ENOTFOUND;
	z = lib->new ();
	if (z == NULL)
		return gv_err_nomem();
	for (;;) {
		ZSTD_outBuffer out = { u->out, GV_UNPACK_PIECE, 0 };

		/* 0 at the end of a frame, behind which another may begin */
		status = lib->run(z, &out, &in);
		if (out.pos)
			r = u->fn(u->ctx, u->out, out.pos);
		if (r || lib->is_error(status) ||
		    (in.pos == in.size && out.pos < out.size))
			break;
	}
	lib->free(z);
	return r ? r : status == 0 ? 0 : GV_ECORRUPT;
}
#endif

int
gv_unpack_more(enum gv_unpack_kind kind, const struct gv_unpack *u)
{
	switch (kind) {
#ifdef HAVE_BZLIB_H
	case GV_UNPACK_BZIP2:
		return read_bzip2(u);
#endif
#ifdef HAVE_LZMA_H
	case GV_UNPACK_XZ:
		return read_xz(u);
#endif
#ifdef HAVE_ZSTD_H
	case GV_UNPACK_ZSTD:
		return read_zstd(u);
#endif
	default:
		(void)u;
		return GV_ENOTFOUND;
	}
}

bool
gv_unpack_has(enum gv_unpack_kind kind)
{
	switch (kind) {
	case GV_UNPACK_GZIP:
	case GV_UNPACK_RAW:
		return true;
#ifdef HAVE_BZLIB_H
	case GV_UNPACK_BZIP2:
		return gv_unpack_library_bzip2() != NULL;
#endif
#ifdef HAVE_LZMA_H
	case GV_UNPACK_XZ:
		return gv_unpack_library_xz() != NULL;
#endif
#ifdef HAVE_ZSTD_H
	case GV_UNPACK_ZSTD:
		return gv_unpack_library_zstd() != NULL;
#endif
	default:
		return false;
	}
}
