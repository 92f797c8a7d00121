#ifndef GV_CANDIDATE_H
#define GV_CANDIDATE_H
/*
 * Candidates for known-good records (good.h) of what came to a branch, where
 * the team's policy says which environment that is deployed to. Nobody has
 * looked at it yet, so it is no record that anything goes back to.
 *
 *	r = gv_candidate_policy(&policy, repo, NULL);
 *	if (gv_candidate_is_wanted(&policy, "main"))
 *		r = gv_candidate_make(repo, &what);
 *	gv_policy_release(&policy);
 */

#include <stdbool.h>
#include <stdint.h>

#include "config/policy.h"
#include "repo/oid.h"

struct gv_good;
struct gv_repo;

/* The policy that a server goes by: of `file`, or where that is NULL, of the
 * commit that HEAD is, since who pushes to another branch has no say in it. 0,
 * also where there is none, and *out is empty then; GV_EREFUSED where it cannot
 * be read; GV_ENOTFOUND for a file that is not there; GV_ECORRUPT; GV_ERROR;
 * GV_ENOMEM. The caller releases *out after success. */
int gv_candidate_policy(
    struct gv_policy *out, struct gv_repo *repo, const char *file);

/* Whether a branch, without refs/heads/, is one of an environment. */
bool gv_candidate_is_wanted(const struct gv_policy *policy, const char *branch);

/* Whether the policy in a commit of the branch would make it a candidate. If no
 * policy counts, that is reported, and this one decides nothing. No if the
 * commit has no policy, or it cannot be read. */
bool gv_candidate_is_meant(
    struct gv_repo *repo, const char *branch, const struct gv_oid *commit);

struct gv_candidate_what {
	const struct gv_policy *policy;
	const char *branch; /* without refs/heads/ */
	struct gv_oid commit;
	int64_t now; /* seconds since 1970 */
	/* told of each that was made; may be NULL */
	void (*made)(void *ctx, const struct gv_good *good);
	void *ctx;
};

/* Make a candidate of the commit in each environment of its branch that has no
 * record of it yet, whatever that says; signed by the first identity at hand
 * that can. 0; as gv_good_mark(), for the first that was not made, and those of
 * the others stand. */
int
gv_candidate_make(struct gv_repo *repo, const struct gv_candidate_what *what);

#endif
