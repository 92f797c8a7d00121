#ifndef GV_MEMBER_H
#define GV_MEMBER_H
/*
 * Bytes of a secret as a gzip file of one member and back, whole and in memory.
 * Beside gzip.h, which writes what anybody may read, this leaves nothing
 * behind: all that the library worked with is wiped. No name and no time is in
 * the file, so the same bytes give the same.
 *
 *	m = gv_member_new();
 *	n = gv_member_pack(m, out, gv_member_bound(len), data, len);
 *	gv_member_free(m);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_member;

/* What both work with; one a thread. NULL with the message set when out of
 * memory; the caller frees it. */
struct gv_member *gv_member_new(void);

/* Free; NULL-safe; wipes. */
void gv_member_free(struct gv_member *m);

/* The most bytes that `len` bytes (at most 1 GiB) can become. */
size_t gv_member_bound(size_t len);

/* Compress into at most `cap` bytes: into gv_member_bound() of them it fits. 0
 * with *used set; GV_ENOMEM; GV_ERROR where it does not fit. */
int gv_member_pack(struct gv_member *m, void *out, size_t cap, size_t *used,
    const void *data, size_t len);

/* Whether these bytes begin as a gzip file does. */
bool gv_member_is(const void *data, size_t len);

/* How many bytes such a file says that it holds. 0; GV_ECORRUPT where it is too
 * short or they are more than `most`. */
int gv_member_size(size_t *size, const void *data, size_t len, size_t most);

/* Open it into `size` bytes. 0; GV_ECORRUPT where it is not one whole file of
 * this size, and then `out` may hold some of them; GV_ENOMEM. */
int gv_member_unpack(
    struct gv_member *m, void *out, size_t size, const void *data, size_t len);

#endif
