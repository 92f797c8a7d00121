#ifndef GV_LIMIT_H
#define GV_LIMIT_H
/*
 * How much space the vault may take: snapshots.limit of the policy, or
 * vault.limit of git's configuration. Where it takes more, automatic saves of
 * this working tree go, the oldest first, then snapshots that hooks, pipelines,
 * a schedule or watch took here, until it fits. What nothing newer of this
 * clone replaces stays, and so does what is pinned, which known-good records
 * are, or has a tag, and all that people took.
 *
 *	r = gv_limit_apply(&limit, repo, now, false);	1: it was too large
 *
 * What is counted are the objects that nothing but the vault needs, as git
 * rev-list --disk-usage does. Snapshots that go are in the trash until they
 * expire there, and git frees the space of what is gone with its next gc.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_record;
struct gv_repo;

struct gv_limit {
	uint64_t limit;              /* bytes; 0: no limit */
	uint64_t used, left;         /* what was taken before, and is after */
	size_t n_saves, n_snapshots; /* that went */
	bool is_over;                /* still, with all gone that may go */
	bool is_told;                /* which was reported before */
};

/* The limit in force in bytes; 0: no limit. 0; GV_EREFUSED where it cannot be
 * read; a failure. */
int gv_limit_get(uint64_t *out, struct gv_repo *repo);

/* Measure, and let go what has to, or with `is_dry` only count it. 1 where it
 * took more than it may; 0 where it fits, or there is no limit; GV_ELOCKED
 * where somebody else writes; a failure. */
int gv_limit_apply(
    struct gv_limit *out, struct gv_repo *repo, int64_t now, bool is_dry);

/* Whether a newer snapshot has what makes an older one worth its space: it is
 * of the same branch and trigger, of all its environments, and of the same
 * files; and if it lacks files that could not be read, so does the other. A
 * pure function. */
bool
gv_limit_replaces(const struct gv_record *newer, const struct gv_record *rec);

/* What the vault may take where all that may not go takes `least`: the limit;
 * or, where that cannot be met, a tenth more than `least`. The history of a
 * vault that is too large anyhow would be removed in vain, but must not grow
 * without bound. A pure function. (limit_least.c) */
uint64_t gv_limit_goal(uint64_t limit, uint64_t least);

/* How many of `n`, the first first, have to go for measure(ctx, k, &bytes),
 * which says what is taken without the first k, to be at most `limit`: the
 * least, or all where that does not suffice. 0 or the failure of measure(). A
 * pure function. (limit_least.c) */
int gv_limit_least(size_t *k, size_t n, uint64_t limit,
    int (*measure)(void *ctx, size_t k, uint64_t *bytes), void *ctx);

#endif
