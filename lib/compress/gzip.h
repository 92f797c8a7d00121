#ifndef GV_GZIP_H
#define GV_GZIP_H
/*
 * A stream of bytes as a gzip file, written as it comes; the same bytes give
 * the same file, since no name and no time stand in it.
 *
 *	r = gv_gzip_open(&z, write_it, ctx);
 *	r = gv_gzip_write(z, data, len);
 *	r = gv_gzip_finish(z);
 *	gv_gzip_free(z);
 */

#include <stddef.h>

struct gv_gzip;

/* Begin; what comes out is given to fn in pieces. 0 or GV_ENOMEM. */
int gv_gzip_open(struct gv_gzip **out,
    int (*fn)(void *ctx, const void *data, size_t len), void *ctx);

/* Take in more bytes. 0, or fn's first negative value. */
int gv_gzip_write(struct gv_gzip *z, const void *data, size_t len);

/* Write what is left, and the end. As above; still to be freed. */
int gv_gzip_finish(struct gv_gzip *z);

/* Free; NULL-safe. */
void gv_gzip_free(struct gv_gzip *z);

#endif
