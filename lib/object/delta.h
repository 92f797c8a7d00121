#ifndef GV_DELTA_H
#define GV_DELTA_H
/*
 * Git's binary deltas: an object told as copies from a base and new bytes.
 * The encoder is built for speed on near copies of small files (sister
 * environments); it keeps its tables between bases. One a thread.
 *
 *	r = gv_delta_index(d, base, base_len);
 *	n = gv_delta_encode(d, out, cap, data, len);
 *	ok = gv_delta_apply(data, len, base, base_len, out, n);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_delta;

#define GV_DELTA_MAX (16u << 20) /* the longest base and result it takes */

/* An encoder; NULL with the message set when out of memory. */
struct gv_delta *gv_delta_new(void);

/* Free; NULL-safe. */
void gv_delta_free(struct gv_delta *d);

/* Take `base` (borrowed, at most GV_DELTA_MAX bytes) as what the next deltas
 * stand on. 0 or GV_ENOMEM. */
int gv_delta_index(struct gv_delta *d, const void *base, size_t len);

/* Write the delta that makes `data` from the base; its length, or 0 where it
 * would be longer than `cap`. */
size_t gv_delta_encode(const struct gv_delta *d, void *out, size_t cap,
    const void *data, size_t len);

/* Read a delta's head: the sizes of its base and result. The head's length,
 * or 0 where it is invalid. */
size_t gv_delta_head(
    const void *delta, size_t len, uint64_t *base_len, uint64_t *result_len);

/* Make the result, which must be exactly `out_len` bytes long. Whether the
 * delta is one for a base of that length and stays inside both. */
bool gv_delta_apply(void *out, size_t out_len, const void *base,
    size_t base_len, const void *delta, size_t len);

#endif
