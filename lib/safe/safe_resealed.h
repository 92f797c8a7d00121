#ifndef GV_SAFE_RESEALED_H
#define GV_SAFE_RESEALED_H
/*
 * After a change of who reads a scope: its values are sealed again for those
 * who read it now.
 *
 *	r = gv_safe_reseal(&resealed, safe, "prod", NULL, NULL);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"

struct gv_safe;
struct gv_seal_reader;
struct gv_secret;

/* What became of a scope. */
struct gv_safe_resealed {
	uint64_t values;   /* that were sealed again */
	uint64_t unopened; /* that no identity here opens */
	uint64_t damaged;  /* that are missing, or not as they were sealed */
	struct gv_digest *ids; /* of the former, the caller frees them: */
	size_t n_ids, cap_ids; /* those that are published */
};

/* Seal again all values of a scope that are not sealed for its readers now, on
 * all processors. What is done stays done: killed in between, the next call
 * goes on where this one was. on_add (may be NULL) hears of progress. 0, also
 * where nothing was to do; GV_ENOKEY where some could not be opened, and these
 * are left; GV_ELOCKED; GV_ECANCELED and others. *out is counted up always. */
int gv_safe_reseal(struct gv_safe_resealed *out, struct gv_safe *safe,
    const char *scope, void (*on_add)(void *ctx, uint64_t n, uint64_t bytes),
    void *ctx);

/* A part of a state that is to be encrypted again. */
struct gv_safe_part {
	struct gv_digest id;
	const void *what; /* the caller's own: where to read it from */
	bool is_done;     /* the scope has it for its present readers */
};

struct gv_safe_parts {
	struct gv_safe_part *list;
	size_t n;
	/* append the bytes of a part, checked against its id, with this
	 * thread's reader: as gv_seal_read() */
	int (*open)(void *ctx, struct gv_secret *out,
	    struct gv_seal_reader *reader, const struct gv_safe_part *part);
	void *ctx;
};

/* Store these parts in a scope, encrypted for its present readers, unless the
 * scope has them already. Sets is_done of each. After a failure the next call
 * continues where this one stopped. As gv_safe_reseal(). */
int gv_safe_reseal_parts(struct gv_safe_resealed *out, struct gv_safe *safe,
    const char *scope, struct gv_safe_parts *parts,
    void (*on_add)(void *ctx, uint64_t n, uint64_t bytes), void *ctx);

/* Whether all values of a scope are sealed for who reads it now. 0 with the
 * answer, or a failure. */
int gv_safe_is_current(bool *out, struct gv_safe *safe, const char *scope);

#endif
