#ifndef GV_UNPACK_H
#define GV_UNPACK_H
/*
 * Unpacks what others packed, gzip files and the members of zip files, piece by
 * piece: nothing of it is held, and who takes the pieces says when it is too
 * much.
 *
 *	r = gv_unpack_run(GV_UNPACK_GZIP, data, len, on_piece, ctx);
 */

#include <stddef.h>

enum gv_unpack_kind {
	GV_UNPACK_GZIP, /* RFC 1952, several behind each other */
	GV_UNPACK_RAW,  /* RFC 1951 without a frame */
};

/* Not 0 ends it. All pieces but the last have 32 KiB. */
typedef int (*gv_unpack_fn)(void *ctx, const void *p, size_t n);

/* Unpack all of it. 0; what `fn` returned; GV_ECORRUPT without a message where
 * it is damaged or ends early, after all that came before; GV_ENOMEM. */
int gv_unpack_run(enum gv_unpack_kind kind, const void *data, size_t len,
    gv_unpack_fn fn, void *ctx);

#endif
