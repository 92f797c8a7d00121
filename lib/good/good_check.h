#ifndef GV_GOOD_CHECK_H
#define GV_GOOD_CHECK_H
/*
 * The checks of a known-good record, before a candidate is promoted: its
 * snapshot is whole, the versions of its states are, nothing in what was
 * deployed is a secret, and the commands of the team's policy say yes. Nothing
 * is written here.
 *
 *	struct gv_good_checks checks = GV_GOOD_CHECKS_INIT;
 *	r = gv_good_check_run(&checks, &opts);
 *	if (r == 0 && checks.failed == 0)
 *		… gv_good_mark() with them …
 *	gv_good_check_release(&checks);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "record/good.h"

struct gv_repo;
struct gv_safe;

struct gv_good_checks {
	struct gv_good_check *all; /* in the order they were made */
	size_t n, cap;
	size_t failed; /* how many of them */
	struct gv_arena arena;
};

#define GV_GOOD_CHECKS_INIT                                                    \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

struct gv_good_check_opts {
	struct gv_repo *repo;
	struct gv_safe *safe; /* what opens states; may be NULL */
	const struct gv_good *good;
	int64_t now; /* seconds since 1970 */
	/* told of each when it was made, and what a command that failed wrote
	 * last, which is for nobody but who runs it; or NULL */
	void (*told)(
	    void *ctx, const struct gv_good_check *check, const char *words);
	void *ctx;
};

/* Make them all. 0, whatever they say; GV_EREFUSED where the policy cannot be
 * read; GV_ECANCELED; GV_ENOMEM; GV_ERROR. The caller releases *out. */
int gv_good_check_run(
    struct gv_good_checks *out, const struct gv_good_check_opts *opts);

/* Add one that the caller made. 0 or GV_ENOMEM. */
int gv_good_check_add(struct gv_good_checks *checks, const char *name,
    bool passed, const char *detail);

/* NULL-safe. */
void gv_good_check_release(struct gv_good_checks *checks);

#endif
