#ifndef GV_SAFE_MIGRATED_H
#define GV_SAFE_MIGRATED_H
/*
 * After a change of where values are kept: they are brought to where the team's
 * policy keeps them.
 *
 *	r = gv_safe_migrate(&migrated, safe, "prod", &opts);
 *	gv_safe_migrated_release(&migrated);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/digest.h"

struct gv_safe;

/* Visit the values of a scope that lie elsewhere than the team's policy says,
 * in the order of ids: fn(ctx, id). Nothing is opened, no vault is asked, and
 * what is in chunks is where it is to be. Nobody has a writer. 0; fn's negative
 * value; GV_ECORRUPT and others for a damaged scope; as gv_team_load(). */
int gv_safe_each_astray(struct gv_safe *safe, const char *scope,
    int (*fn)(void *ctx, const struct gv_digest *id), void *ctx);

/* What became of the values of a scope, by a vault that they went to or came
 * from. Names live as long as the safe. */
struct gv_safe_move {
	const char *scope, *vault;
	uint64_t given;    /* the vault got them */
	uint64_t taken;    /* it had them alone; they are sealed here now */
	uint64_t unsealed; /* it has them alone now */
	uint64_t released; /* nothing here leads to it any more; it still has
			      them */
};

struct gv_safe_migrated {
	struct gv_safe_move *moves;
	size_t n, cap;
	uint64_t values;   /* that were moved */
	uint64_t unopened; /* that no identity here opens */
	uint64_t unfit;    /* of a size that the vault does not take */
	const char *unfit_why;
	uint64_t left; /* missing, damaged, or not to be had there */
	const char *left_why;
};

struct gv_safe_migrate_opts {
	bool dry_run; /* only say what would be moved */
	/* told of progress; may be NULL */
	void (*on_add)(void *ctx, uint64_t n, uint64_t bytes);
	void *ctx;
};

/* Bring the values of a scope to where the policy keeps them. A vault has given
 * back what it was given before anything here goes; nothing is deleted there.
 * What is done stays done: killed in between, the next call goes on where this
 * one was. `scope` must live as long as *out, to which is added, always. Nobody
 * has a writer or a reader. 0, also where some were left; GV_ENOKEY without the
 * key of ids, or where a vault lets nobody in; GV_ELOCKED; GV_EREFUSED;
 * GV_ECANCELED; GV_ERROR where a vault does not answer; GV_ENOMEM. */
int gv_safe_migrate(struct gv_safe_migrated *out, struct gv_safe *safe,
    const char *scope, const struct gv_safe_migrate_opts *opts);

/* Free; zeroed ok. */
void gv_safe_migrated_release(struct gv_safe_migrated *out);

#endif
