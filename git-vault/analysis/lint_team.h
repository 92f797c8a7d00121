#ifndef LINT_TEAM_H
#define LINT_TEAM_H
/*
 * What a team says of `git vault check`, as a run of it takes that: the policy
 * that counts, and the baselines.
 *
 *	struct gv_lint_team team = GV_LINT_TEAM_INIT;
 *	r = gv_lint_team_load(&team, ctx, NULL);
 *	r = gv_lint_team_add_baseline(&team, ctx, NULL);
 *	r = gv_lint_team_add_file(&team, "check.baseline");
 *	gv_lint_team_apply(&opts, &team, NULL);
 *	gv_lint_team_release(&team);
 */

#include "base/buf.h"
#include "lint/lint.h"
#include "policy/team.h"

#define GV_LINT_TEAM_HEAD "# git-vault check baseline 1"

struct gv_ctx;
struct gv_oid;
struct gv_repo;

struct gv_lint_team {
	struct gv_policy policy;
	const struct gv_policy_lint *policies[2];
	size_t n_policies;
	struct gv_buf own, given; /* baselines, cut into words */
	struct gv_lint_ignore *ignores;
	size_t n_ignores, cap_ignores;
	struct gv_repo *repo;
	const struct gv_oid
	    *tree; /* that is checked; NULL: files as they are */
};

#define GV_LINT_TEAM_INIT                                                      \
	{                                                                      \
		.policy = GV_POLICY_INIT, .own = GV_BUF_INIT,                  \
		.given = GV_BUF_INIT                                           \
	}

/* Load the policy that counts, of the working tree, or of a commit. A committed
 * one that cannot be read counts as the accepted one. 0; GV_EREFUSED where it
 * cannot be read; GV_ENOMEM, GV_ERROR. `team` is to be released in any case. */
int gv_lint_team_load(
    struct gv_lint_team *team, struct gv_ctx *ctx, const struct gv_oid *commit);

/* The same by a policy that the caller has put into team->policy. */
void gv_lint_team_settle(struct gv_lint_team *team, struct gv_ctx *ctx);

/* Warn of names in it that no rule has. */
void
gv_lint_team_warn(const struct gv_lint_team *team, const struct gv_ctx *ctx);

/* Add the baseline that the policy names, of the working tree, or of a commit;
 * it warns of lines that nobody accepted. 0, also where there is none; as
 * gv_lint_team_load(). */
int gv_lint_team_add_baseline(
    struct gv_lint_team *team, struct gv_ctx *ctx, const struct gv_oid *commit);

/* Add a baseline that the user names, whoever wrote it. Once. */
int gv_lint_team_add_file(struct gv_lint_team *team, const char *path);

/* Have a run over a tree go by it (NULL: the working tree); both must outlive
 * that. */
void gv_lint_team_apply(struct gv_lint_opts *opts, struct gv_lint_team *team,
    const struct gv_oid *tree);

void gv_lint_team_release(struct gv_lint_team *team);

#endif
