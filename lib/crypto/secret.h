#ifndef GV_SECRET_H
#define GV_SECRET_H
/*
 * Bytes that nobody else may see: kept out of the swap and of core dumps as
 * far as the system lets us, between pages that nobody can touch, wiped when
 * released. What lives longer than a call belongs here and nowhere else; a key
 * that a function needs for itself may stand on its stack if it wipes it. Each
 * takes some pages and mappings, of which a process has 65,530: for the few
 * that are in use, not for a list of all.
 *
 *	struct gv_secret s = GV_SECRET_INIT;
 *	r = gv_secret_add(&s, passphrase, len);
 *	gv_secret_release(&s);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_memory;

struct gv_secret {
	unsigned char *p; /* NULL while empty and new */
	size_t len;
	size_t cap;
};

#define GV_SECRET_INIT                                                         \
	{                                                                      \
		NULL, 0, 0                                                     \
	}

/* Make libsodium ready. Whatever needs it here calls this first; any number of
 * times, from any thread. 0, or GV_ERROR where the system gives no randomness.
 */
int gv_secret_ready(void);

/* Such memory for modules that know nothing of secrets (base/memory.h); after
 * gv_secret_ready(). */
extern const struct gv_memory gv_secret_memory;

/* Wipe and free what `s` holds and make it empty; NULL-safe, zeroed ok. */
void gv_secret_release(struct gv_secret *s);

/* Wipe the bytes, keep the memory. */
void gv_secret_reset(struct gv_secret *s);

/* Make room for `extra` more bytes; what moves is wiped where it was. 0;
 * GV_ENOMEM, GV_ERROR with `s` unchanged. */
int gv_secret_grow(struct gv_secret *s, size_t extra);

/* Append `len` bytes, which must not lie in `s`. As gv_secret_grow(). */
int gv_secret_add(struct gv_secret *s, const void *data, size_t len);

/* Append `len` random bytes of the system. As gv_secret_grow(). */
int gv_secret_add_random(struct gv_secret *s, size_t len);

/* Cut down to `len` bytes (at most the present length), wiping the rest. */
void gv_secret_truncate(struct gv_secret *s, size_t len);

/* Drop the first `len` bytes (at most all), wiping what they leave. */
void gv_secret_drop(struct gv_secret *s, size_t len);

/* Whether the bytes are these, in a time that tells only of lengths. */
bool gv_secret_is(const struct gv_secret *s, const void *data, size_t len);

#endif
