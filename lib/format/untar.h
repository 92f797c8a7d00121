#ifndef GV_UNTAR_H
#define GV_UNTAR_H
/*
 * Reads a tar stream as it comes, in pieces of any size: the files in it, and
 * what they hold. Names are only names: nothing is written anywhere. POSIX's
 * ustar and pax, and the long names of GNU.
 *
 *	struct gv_untar tar = { .begin = …, .data = …, .end = …, .ctx = … };
 *	r = gv_untar_feed(&tar, p, n);
 *	r = gv_untar_end(&tar);
 *	gv_untar_release(&tar);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define GV_UNTAR_BLOCK 512

struct gv_untar {
	/* of each file; not 0 ends it */
	int (*begin)(void *ctx, const char *name, size_t len);
	int (*data)(void *ctx, const void *p, size_t n);
	int (*end)(void *ctx);
	void *ctx;
	/* own */
	unsigned char head[GV_UNTAR_BLOCK];
	size_t have;        /* of it */
	uint64_t left, pad; /* of what is read now */
	uint64_t size;      /* of the next file, where pax says it */
	char type;
	bool has_size;
	bool is_odd;               /* something stands behind a member */
	struct gv_buf name, extra; /* extra: a long name, or what pax says */
};

/* Whether it begins as one. */
bool gv_untar_is(const void *data, size_t len);

/* Read on. 0; what a callback returned; GV_ECORRUPT without a message where
 * this is no tar; GV_ENOMEM. */
int gv_untar_feed(struct gv_untar *tar, const void *p, size_t n);

/* It ends: 0, or GV_ECORRUPT without a message where it does too early, or
 * something stood behind a member. */
int gv_untar_end(const struct gv_untar *tar);

/* Free; NULL-safe. */
void gv_untar_release(struct gv_untar *tar);

#endif
