#include "store/deflate.h"

#include <stdlib.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#include "base/err.h"

#ifdef HAVE_LIBDEFLATE

struct gv_deflate {
	struct libdeflate_compressor *c;
};

struct gv_deflate *
gv_deflate_new(int level)
{
	struct gv_deflate *z = calloc(1, sizeof(*z));

	if (z)
		z->c = libdeflate_alloc_compressor(level);
	if (z && z->c)
		return z;
	free(z);
	gv_err_nomem();
	return NULL;
}

void
gv_deflate_free(struct gv_deflate *z)
{
	if (z == NULL)
		return;
	libdeflate_free_compressor(z->c);
	free(z);
}

size_t
gv_deflate_bound(struct gv_deflate *z, size_t len)
{
	return libdeflate_zlib_compress_bound(z->c, len);
}

size_t
gv_deflate_run(
    struct gv_deflate *z, void *out, size_t cap, const void *data, size_t len)
{
	return libdeflate_zlib_compress(z->c, data, len, out, cap);
}

uint32_t
gv_deflate_crc32(uint32_t crc, const void *data, size_t len)
{
	return libdeflate_crc32(crc, data, len);
}

#else

struct gv_deflate {
	z_stream s;
};

struct gv_deflate *
gv_deflate_new(int level)
{
	struct gv_deflate *z = calloc(1, sizeof(*z));

	if (z && deflateInit(&z->s, level) == Z_OK)
		return z;
	free(z);
	gv_err_nomem();
	return NULL;
}

void
gv_deflate_free(struct gv_deflate *z)
{
	if (z == NULL)
		return;
	deflateEnd(&z->s);
	free(z);
}

size_t
gv_deflate_bound(struct gv_deflate *z, size_t len)
{
	return deflateBound(&z->s, len);
}

/* Callers hand in whole objects of at most a megabyte, so one call does. */
size_t
gv_deflate_run(
    struct gv_deflate *z, void *out, size_t cap, const void *data, size_t len)
{
	deflateReset(&z->s);
	z->s.next_in = (Bytef *)data;
	z->s.avail_in = (uInt)len;
	z->s.next_out = out;
	z->s.avail_out = (uInt)cap;
	if (deflate(&z->s, Z_FINISH) != Z_STREAM_END)
		return 0;
	return cap - z->s.avail_out;
}

uint32_t
gv_deflate_crc32(uint32_t crc, const void *data, size_t len)
{
	return (uint32_t)crc32_z(crc, data, len);
}

#endif
