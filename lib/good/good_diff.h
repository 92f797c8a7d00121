#ifndef GV_GOOD_DIFF_H
#define GV_GOOD_DIFF_H
/*
 * Which secrets one record's snapshot has and another's lacks, by their names
 * under the key of ids: anybody can see that a secret changed, and nobody to
 * what. diff.h and track_diff.h find all else in which two records differ.
 *
 *	r = gv_good_diff_secrets(repo, &a, &b, print, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_good;
struct gv_repo;

struct gv_good_secret {
	bool added; /* else removed */
	const char *scope, *rule;
	const char *id;   /* in digits */
	const char *path; /* as in tree/; NUL behind it */
	size_t path_len;
};

/* fn(ctx, secret) for each value at a path that only one of both snapshots has,
 * by path; it lasts for the call. A record without a snapshot has none. 0; fn's
 * negative value; GV_ECORRUPT, GV_ENOTFOUND; GV_ENOMEM. */
int gv_good_diff_secrets(struct gv_repo *repo, const struct gv_good *a,
    const struct gv_good *b,
    int (*fn)(void *ctx, const struct gv_good_secret *secret), void *ctx);

#endif
