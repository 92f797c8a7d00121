#ifndef GV_SHARED_H
#define GV_SHARED_H
/*
 * An object that many threads read while one thread replaces it. Readers take
 * no lock: they count themselves in, and the last one frees the object.
 *
 *	struct image { struct gv_share share; … };
 *	gv_shared_swap(&shared, &image->share);		the writer
 *	share = gv_shared_get(&shared);			any reader
 *	gv_shared_put(share);
 */

#include <stdatomic.h>

/* The head of an object. It is never changed once readers can see it. */
struct gv_share {
	atomic_uint refs;
	void (*drop)(struct gv_share *share); /* frees the whole object */
};

struct gv_shared {
	_Atomic(struct gv_share *) now;
	atomic_uint entering; /* readers between loading `now` and counting */
};

/* Begin with one reference, the caller's. */
void
gv_shared_init(struct gv_share *share, void (*drop)(struct gv_share *share));

/* One reference more; the caller has one. */
void gv_shared_hold(struct gv_share *share);

/* One less; the last one frees. NULL-safe. From any thread. */
void gv_shared_put(struct gv_share *share);

/* The present object with a reference for the caller; NULL if there is none.
 * From any thread, without waiting. */
struct gv_share *gv_shared_get(struct gv_shared *shared);

/* Replace the object: the caller's reference to `with` (may be NULL) goes over,
 * and that to the old one is given up. One thread at a time. Waits for readers
 * that are just counting themselves in, and for nobody else. */
void gv_shared_swap(struct gv_shared *shared, struct gv_share *with);

#endif
