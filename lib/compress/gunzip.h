#ifndef GV_GUNZIP_H
#define GV_GUNZIP_H
/*
 * Opens a gzip file (RFC 1952) that is all in memory; what zlib worked with is
 * wiped.
 */

#include <stddef.h>
#include <stdint.h>

/* Open `len` bytes to `out`: how many came out; -1 without a message for what
 * is no whole gzip file, has another one or anything else behind it, or holds
 * more than `max` bytes. */
int64_t gv_gunzip(void *out, size_t max, const void *data, size_t len);

#endif
