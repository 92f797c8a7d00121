#ifndef GV_UNPACK_H
#define GV_UNPACK_H
/*
 * Unpacks what others packed, members of zip files and files of gzip, bzip2, xz
 * and zstd, piece by piece: nothing of it is held, and the caller's function
 * says when it is too much. Libraries of the last three may be missing.
 *
 *	r = gv_unpack_run(GV_UNPACK_GZIP, data, len, on_piece, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

enum gv_unpack_kind {
	GV_UNPACK_GZIP, /* RFC 1952, several behind each other */
	GV_UNPACK_RAW,  /* RFC 1951 without a frame */
	GV_UNPACK_BZIP2,
	GV_UNPACK_XZ,
	GV_UNPACK_ZSTD, /* RFC 8878 */
};

/* Whether what these bytes begin is packed so, one of the kinds that have a
 * frame; then *kind is which. */
bool gv_unpack_is(enum gv_unpack_kind *kind, const void *data, size_t len);

/* Whether this kind can be unpacked here, which may load its library. */
bool gv_unpack_has(enum gv_unpack_kind kind);

/* Not 0 ends it. No piece has more than 32 KiB, and of gzip all but the last
 * have as much. */
typedef int (*gv_unpack_fn)(void *ctx, const void *p, size_t n);

/* Unpack all of it. 0; what `fn` returned; GV_ECORRUPT without a message where
 * it is damaged or ends early, after all that came before; GV_ENOTFOUND without
 * a message where it cannot be unpacked here: gv_unpack_has() is false, or it
 * takes more memory than is given to a file; GV_ENOMEM. */
int gv_unpack_run(enum gv_unpack_kind kind, const void *data, size_t len,
    gv_unpack_fn fn, void *ctx);

#endif
