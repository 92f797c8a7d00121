#ifndef GV_SHA1DC_H
#define GV_SHA1DC_H
/*
 * SHA-1 that detects collision attacks, taken into the program out of libgit2's
 * static library, so that naming an object loads nothing. Where that library is
 * missing when git-vault is built, libgit2 is loaded instead: repo/hash.h and
 * repo/oid.h know which one to use, and nobody else calls this.
 *
 *	struct gv_sha1dc ctx;
 *	gv_sha1dc_init(&ctx);
 *	gv_sha1dc_update(&ctx, data, len);
 *	if (!gv_sha1dc_finish(&ctx, id)) … refuse
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_SHA1DC_LEN 20 /* bytes of a digest */

/* More than the state of libgit2's has, which is 2.4 KiB in all versions and is
 * in no public header. */
struct gv_sha1dc {
	uint64_t state[512]; /* private */
};

/* Whether it was taken in. Otherwise the others must not be called. */
bool gv_sha1dc_is_here(void);

void gv_sha1dc_init(struct gv_sha1dc *ctx);
void gv_sha1dc_update(struct gv_sha1dc *ctx, const void *data, size_t len);

/* The digest; false, and `out` is not to be used, where the bytes are a known
 * collision attack. Wipes the state in any case. */
bool gv_sha1dc_finish(struct gv_sha1dc *ctx, unsigned char out[GV_SHA1DC_LEN]);

#endif
