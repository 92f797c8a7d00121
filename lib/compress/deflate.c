#include "compress/deflate.h"

#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#include "base/err.h"
#include "compress/wiped.h"

#define STORED_HEAD ((size_t)5) /* bytes before a stored block */
#define STORED_MOST ((size_t)0xffff)

#define RUN    ((size_t)64) /* bytes in a row that a sample takes, */
#define RUNS   ((size_t)64) /* and how often */
#define HIGH   12           /* of 32 high bytes in a run: less is no chance */
#define UNEVEN 72000        /* sum of squares; of noise 69,616 +- 362 */

#ifdef HAVE_LIBDEFLATE

struct gv_deflate {
	struct libdeflate_compressor *c;
};

struct gv_deflate *
gv_deflate_new(int level)
{
	struct gv_deflate *z = calloc(1, sizeof(*z));

	gv_wiped_ready();
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
	return libdeflate_zlib_compress_bound(z ? z->c : NULL, len);
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

uint32_t
gv_deflate_adler32(const void *data, size_t len)
{
	return libdeflate_adler32(1, data, len);
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
	return deflateBound(z ? &z->s : NULL, len);
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

uint32_t
gv_deflate_adler32(const void *data, size_t len)
{
	return (uint32_t)adler32_z(1, data, len);
}

#endif

/* Whether a run has as many high bytes as noise has; text has none. */
static bool
has_high(const unsigned char *p)
{
	size_t i, n = 0;

	for (i = 0; i < RUN; i++)
		n += p[i] >> 7;
	return n >= HIGH;
}

bool
gv_deflate_is_noise(const void *data, size_t len)
{
	const unsigned char *p = data;
	unsigned count[256] = { 0 };
	size_t step, i, k;
	uint64_t sum = 0;

	/* its head may be plain: names, sizes */
	if (len < RUN * RUNS || !has_high(p + len / 2))
		return false;
	step = (len - RUN) / (RUNS - 1);
	for (i = 0; i < RUNS; i++)
		for (k = 0; k < RUN; k++)
			count[p[i * step + k]]++;
	for (i = 0; i < 256; i++)
		sum += (uint64_t)count[i] * count[i];
	return sum < UNEVEN;
}

/* RFC 1950 around stored blocks of RFC 1951. */
size_t
gv_deflate_store(void *out, size_t cap, const void *data, size_t len)
{
	const unsigned char *in = len ? data : out; /* data may be NULL */
	unsigned char *p = out;
	uint32_t sum = gv_deflate_adler32(data, len);
	size_t left = len, n, i;

	if (cap < len + STORED_HEAD * (len / STORED_MOST + 1) + 2 + 4)
		return 0;
	*p++ = 0x78; /* deflate, a window of 32 KiB */
	*p++ = 0x01; /* packed in haste */
	do {
		n = left < STORED_MOST ? left : STORED_MOST;
		left -= n;
		*p++ = left == 0; /* the last one? */
		*p++ = (unsigned char)n;
		*p++ = (unsigned char)(n >> 8);
		*p++ = (unsigned char)~n;
		*p++ = (unsigned char)(~n >> 8);
		memcpy(p, in, n);
		p += n;
		in += n;
	} while (left);
	for (i = 0; i < 4; i++)
		*p++ = (unsigned char)(sum >> (24 - 8 * i));
	return (size_t)(p - (unsigned char *)out);
}
