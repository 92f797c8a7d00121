#ifndef GV_INFLATE_H
#define GV_INFLATE_H
/*
 * Opens zlib streams whose size is known, by libdeflate where the build has
 * it and by zlib elsewhere. One context a thread.
 *
 *	z = gv_inflate_new();
 *	if (!gv_inflate_run(z, out, size, packed, len)) … damaged
 *	gv_inflate_free(z);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_inflate;

/* A context; NULL with the message set when out of memory. */
struct gv_inflate *gv_inflate_new(void);

/* Free; NULL-safe. */
void gv_inflate_free(struct gv_inflate *z);

/* Open the stream at the start of `len` bytes, which may go on behind it:
 * whether it is whole, its checksum right, and exactly `out_len` bytes came
 * out. */
bool gv_inflate_run(struct gv_inflate *z, void *out, size_t out_len,
    const void *data, size_t len);

#endif
