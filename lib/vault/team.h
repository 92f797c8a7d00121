#ifndef GV_TEAM_H
#define GV_TEAM_H
/*
 * What the team of a repository has decided: its policy file, read from the
 * top of the working tree, or of the commit that HEAD is at where it is not
 * there: in a bare repository, in a sparse working tree, or deleted since; and
 * reduced to what counts of it, by what somebody has accepted: consent.h.
 *
 *	r = gv_team_load(&policy, repo);
 *	gv_policy_release(&policy);
 */

#include "config/policy.h"

struct gv_odb;
struct gv_oid;
struct gv_repo;

#define GV_TEAM_POLICY ".gitvault.yaml"

/* Read it. 0, also where there is none (*out is then empty); GV_EREFUSED and
 * *out empty where it cannot be read, with the line in the message; GV_ENOMEM,
 * GV_ERROR. One that cannot be read and is committed may be anybody's, and must
 * not keep the others from saving and restoring: gv_consent_stand_in() then.
 * One that is not committed is its author's to mend. */
int gv_team_load(struct gv_policy *out, struct gv_repo *repo);

/* The same, but one that cannot be read is refused in any case: for commands
 * that delete by it. */
int gv_team_load_strict(struct gv_policy *out, struct gv_repo *repo);

/* The same as a commit has it; zero: there is none. As above, and GV_ECORRUPT
 * or GV_ENOTFOUND where the commit cannot be read. */
int gv_team_load_at(
    struct gv_policy *out, struct gv_repo *repo, const struct gv_oid *commit);

/* The same from its blob, as the file stands: nothing is taken off it, so that
 * only who keeps or refuses more for it may go by it. */
int gv_team_load_blob(
    struct gv_policy *out, struct gv_odb *odb, const struct gv_oid *blob);

#endif
