#ifndef GV_DEFLATE_H
#define GV_DEFLATE_H
/*
 * Compresses whole buffers as zlib streams, by libdeflate where the build has
 * it and by zlib elsewhere, and CRC-32 by the same library. One context a
 * thread. What does not fit in memory goes through zlib where it is read.
 *
 *	z = gv_deflate_new(1);
 *	n = gv_deflate_run(z, out, gv_deflate_bound(z, len), data, len);
 *	gv_deflate_free(z);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_deflate;

/* A context for this level (1 to 9); NULL with the message set when out of
 * memory. The caller frees it. */
struct gv_deflate *gv_deflate_new(int level);

/* Free; NULL-safe. */
void gv_deflate_free(struct gv_deflate *z);

/* The most bytes that `len` bytes can become; z NULL: in any context. */
size_t gv_deflate_bound(struct gv_deflate *z, size_t len);

/* Compress `len` bytes into at most `cap`; the size, or 0 where that does not
 * fit (never with gv_deflate_bound() bytes of room). */
size_t gv_deflate_run(
    struct gv_deflate *z, void *out, size_t cap, const void *data, size_t len);

/* Whether the bytes look random, as what is compressed or encrypted does: by a
 * sample of 4096 of them, so that fewer never do. To compress them takes three
 * times as long as text does, and gains nothing. */
bool gv_deflate_is_noise(const void *data, size_t len);

/* The same as gv_deflate_run() without compressing them. */
size_t gv_deflate_store(void *out, size_t cap, const void *data, size_t len);

/* Adler-32 of bytes, as a zlib stream ends with it. */
uint32_t gv_deflate_adler32(const void *data, size_t len);

/* CRC-32 of more bytes; starts at 0. */
uint32_t gv_deflate_crc32(uint32_t crc, const void *data, size_t len);

#endif
