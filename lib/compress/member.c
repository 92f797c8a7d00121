#include "compress/member.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#include "base/err.h"
#include "compress/wiped.h"

#define SMALLEST 18 /* bytes: the frame alone */

/* ---- what is the same with either library -------------------------------- */

bool
gv_member_is(const void *data, size_t len)
{
	return len >= 2 && memcmp(data, "\037\213", 2) == 0;
}

int
gv_member_size(size_t *size, const void *data, size_t len, size_t most)
{
	const unsigned char *end = (const unsigned char *)data + len;
	uint32_t n;

	if (len < SMALLEST)
		return gv_err(GV_ECORRUPT, "its gzip data is cut off");
	/* the last four bytes, low first */
	n = (uint32_t)end[-1] << 24 | (uint32_t)end[-2] << 16 |
	    (uint32_t)end[-3] << 8 | end[-4];
	if (n > most)
		return gv_err(GV_ECORRUPT,
		    "its gzip data claims %u bytes, more than the limit of %zu",
		    n, most);
	*size = n;
	return 0;
}

#ifdef HAVE_LIBDEFLATE

#define LEVEL 1

/* Both allocate by the functions of wiped.h. */
struct gv_member {
	struct libdeflate_compressor *packer;
	struct libdeflate_decompressor *unpacker;
};

struct gv_member *
gv_member_new(void)
{
	struct gv_member *m = calloc(1, sizeof(*m));

	gv_wiped_ready();
	if (m == NULL)
		gv_err_nomem();
	return m;
}

void
gv_member_free(struct gv_member *m)
{
	if (m == NULL)
		return;
	libdeflate_free_compressor(m->packer);
	libdeflate_free_decompressor(m->unpacker);
	free(m);
}

size_t
gv_member_bound(size_t len)
{
	return libdeflate_gzip_compress_bound(NULL, len);
}

int
gv_member_pack(struct gv_member *m, void *out, size_t cap, size_t *used,
    const void *data, size_t len)
{
	/* not before it is needed: most values are too small for it */
	if (m->packer == NULL)
		m->packer = libdeflate_alloc_compressor(LEVEL);
	if (m->packer == NULL)
		return gv_err_nomem();
	*used = libdeflate_gzip_compress(m->packer, data, len, out, cap);
	return *used ? 0 : gv_err(GV_ERROR, "libdeflate failed to compress");
}

int
gv_member_unpack(
    struct gv_member *m, void *out, size_t size, const void *data, size_t len)
{
	enum libdeflate_result result;
	size_t taken = 0;
	char nothing;

	if (m->unpacker == NULL)
		m->unpacker = libdeflate_alloc_decompressor();
	if (m->unpacker == NULL)
		return gv_err_nomem();
	result = libdeflate_gzip_decompress_ex(
	    m->unpacker, data, len, size ? out : &nothing, size, &taken, NULL);
	return result == LIBDEFLATE_SUCCESS && taken == len
	    ? 0
	    : gv_err(GV_ECORRUPT, "its gzip data is damaged");
}

#else

#define LEVEL 6
#define GZIP  (15 + 16) /* zlib: a window of 32 KiB, with gzip's frame */

struct gv_member {
	z_stream packer, unpacker;
	bool has_packer, has_unpacker;
};

static void *
give(void *ctx, unsigned n, unsigned size)
{
	(void)ctx;
	return size && n > SIZE_MAX / size ? NULL
					   : gv_wiped_new((size_t)n * size);
}

static void
take_back(void *ctx, void *p)
{
	(void)ctx;
	gv_wiped_free(p);
}

struct gv_member *
gv_member_new(void)
{
	struct gv_member *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		gv_err_nomem();
		return NULL;
	}
	m->packer.zalloc = m->unpacker.zalloc = give;
	m->packer.zfree = m->unpacker.zfree = take_back;
	return m;
}

void
gv_member_free(struct gv_member *m)
{
	if (m == NULL)
		return;
	if (m->has_packer)
		deflateEnd(&m->packer);
	if (m->has_unpacker)
		inflateEnd(&m->unpacker);
	free(m);
}

/* Of bytes that cannot be compressed blocks of at most 16 KiB are stored, with
 * five bytes each. */
size_t
gv_member_bound(size_t len)
{
	return len + (len >> 12) + (len >> 14) + (len >> 25) + 13 + SMALLEST;
}

/* Not before they are needed: most values are too small to be compressed. */
static int
get_packer(struct gv_member *m)
{
	if (m->has_packer)
		return deflateReset(&m->packer) == Z_OK
		    ? 0
		    : gv_err(GV_ERROR, "zlib failed to compress");
	if (deflateInit2(&m->packer, LEVEL, Z_DEFLATED, GZIP, 8,
		Z_DEFAULT_STRATEGY) != Z_OK)
		return gv_err_nomem();
	m->has_packer = true;
	return 0;
}

static int
get_unpacker(struct gv_member *m)
{
	if (m->has_unpacker)
		return inflateReset(&m->unpacker) == Z_OK
		    ? 0
		    : gv_err(GV_ERROR, "zlib failed to decompress");
	if (inflateInit2(&m->unpacker, GZIP) != Z_OK)
		return gv_err_nomem();
	m->has_unpacker = true;
	return 0;
}

/* zlib's own declarations lack the const. */
static void
set(z_stream *z, void *out, size_t cap, const void *data, size_t len)
{
	z->next_in = (unsigned char *)(size_t)data;
	z->avail_in = (uInt)len;
	z->next_out = out;
	z->avail_out = (uInt)cap;
}

int
gv_member_pack(struct gv_member *m, void *out, size_t cap, size_t *used,
    const void *data, size_t len)
{
	int r = len > UINT32_MAX || cap > UINT32_MAX
	    ? gv_err(GV_ERROR, "it is too large to be compressed at once")
	    : get_packer(m);

	if (r < 0)
		return r;
	set(&m->packer, out, cap, data, len);
	if (deflate(&m->packer, Z_FINISH) != Z_STREAM_END)
		return gv_err(GV_ERROR, "zlib failed to compress");
	*used = cap - m->packer.avail_out;
	return 0;
}

int
gv_member_unpack(
    struct gv_member *m, void *out, size_t size, const void *data, size_t len)
{
	unsigned char nothing;
	int r = len > UINT32_MAX || size > UINT32_MAX
	    ? gv_err(GV_ECORRUPT, "its gzip data is too large")
	    : get_unpacker(m);

	if (r < 0)
		return r;
	/* of nothing, zlib wants a place for it nevertheless */
	set(&m->unpacker, size ? out : &nothing, size, data, len);
	r = inflate(&m->unpacker, Z_FINISH);
	if (r == Z_MEM_ERROR)
		return gv_err_nomem();
	if (r != Z_STREAM_END || m->unpacker.avail_out || m->unpacker.avail_in)
		return gv_err(GV_ECORRUPT, "its gzip data is damaged");
	return 0;
}

#endif
