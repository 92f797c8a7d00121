#ifndef GV_UNPACK_LIBRARY_H
#define GV_UNPACK_LIBRARY_H
/*
 * Libraries for formats that few repositories have, loaded at the first file of
 * each: a start costs nothing for them, and none of them need be installed.
 * Include it in lib/compress only.
 *
 *	const struct gv_unpack_xz *xz = gv_unpack_library_xz();
 *	if (xz == NULL) … not installed, or the build lacked its header
 */

#ifdef HAVE_BZLIB_H
#include <bzlib.h>
#endif
#ifdef HAVE_LZMA_H
#include <lzma.h>
#endif
#ifdef HAVE_ZSTD_H
#include <zstd.h>
#endif

#ifdef HAVE_BZLIB_H
struct gv_unpack_bzip2 {
	int (*init)(bz_stream *z, int verbosity, int small);
	int (*run)(bz_stream *z);
	int (*end)(bz_stream *z);
};

/* The library, or NULL if it is not installed. From any thread. */
const struct gv_unpack_bzip2 *gv_unpack_library_bzip2(void);
#endif

#ifdef HAVE_LZMA_H
struct gv_unpack_xz {
	lzma_ret (*init)(lzma_stream *z, uint64_t memory, uint32_t flags);
	lzma_ret (*run)(lzma_stream *z, lzma_action action);
	void (*end)(lzma_stream *z);
};

const struct gv_unpack_xz *gv_unpack_library_xz(void);
#endif

#ifdef HAVE_ZSTD_H
struct gv_unpack_zstd {
	ZSTD_DCtx *(*new)(void);
	size_t (*free)(ZSTD_DCtx *z);
	size_t (*run)(ZSTD_DCtx *z, ZSTD_outBuffer *out, ZSTD_inBuffer *in);
	unsigned (*is_error)(size_t code);
};

const struct gv_unpack_zstd *gv_unpack_library_zstd(void);
#endif

#endif
