#include "compress/inflate.h"

#include <stdlib.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#include "base/err.h"
#include "compress/wiped.h"

#ifdef HAVE_LIBDEFLATE

struct gv_inflate {
	struct libdeflate_decompressor *d;
};

struct gv_inflate *
gv_inflate_new(void)
{
	struct gv_inflate *z = calloc(1, sizeof(*z));

	gv_wiped_ready();
	if (z)
		z->d = libdeflate_alloc_decompressor();
	if (z && z->d)
		return z;
	free(z);
	gv_err_nomem();
	return NULL;
}

void
gv_inflate_free(struct gv_inflate *z)
{
	if (z == NULL)
		return;
	libdeflate_free_decompressor(z->d);
	free(z);
}

bool
gv_inflate_run(struct gv_inflate *z, void *out, size_t out_len,
    const void *data, size_t len)
{
	size_t used;

	return libdeflate_zlib_decompress_ex(z->d, data, len, out, out_len,
		   &used, NULL) == LIBDEFLATE_SUCCESS;
}

#else

struct gv_inflate {
	z_stream s;
};

struct gv_inflate *
gv_inflate_new(void)
{
	struct gv_inflate *z = calloc(1, sizeof(*z));

	if (z && inflateInit(&z->s) == Z_OK)
		return z;
	free(z);
	gv_err_nomem();
	return NULL;
}

void
gv_inflate_free(struct gv_inflate *z)
{
	if (z == NULL)
		return;
	inflateEnd(&z->s);
	free(z);
}

bool
gv_inflate_run(struct gv_inflate *z, void *out, size_t out_len,
    const void *data, size_t len)
{
	inflateReset(&z->s);
	z->s.next_in = (Bytef *)data;
	z->s.avail_in = (uInt)len;
	z->s.next_out = out;
	z->s.avail_out = (uInt)out_len;
	return inflate(&z->s, Z_FINISH) == Z_STREAM_END && z->s.avail_out == 0;
}

#endif
