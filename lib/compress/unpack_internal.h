#ifndef GV_UNPACK_INTERNAL_H
#define GV_UNPACK_INTERNAL_H
/*
 * What the parts of the unpacker share: unpack.c has zlib's formats,
 * unpack_more.c those whose libraries are loaded when they are needed.
 */

#include <stdint.h>

#include "compress/unpack.h"

#define GV_UNPACK_PIECE ((size_t)32 * 1024)

/* A run over one file. */
struct gv_unpack {
	const unsigned char *data;
	size_t len;
	unsigned char *out; /* GV_UNPACK_PIECE bytes */
	gv_unpack_fn fn;
	void *ctx;
};

/* Unpack a file of bzip2, xz or zstd, as gv_unpack_run() does. */
int gv_unpack_more(enum gv_unpack_kind kind, const struct gv_unpack *u);

#endif
