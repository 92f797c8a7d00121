#ifndef GV_TEAM_H
#define GV_TEAM_H
/*
 * What the team of a repository has decided: its policy file, read from the
 * top of the working tree, or of the commit that HEAD is at where it is not
 * there: in a bare repository, in a sparse working tree, or deleted since. Only
 * what counts of the file is returned: what it loosens has to be accepted
 * first, see consent.h.
 *
 *	r = gv_team_load(&policy, repo);
 *	gv_policy_release(&policy);
 */

#include "config/policy.h"

struct gv_odb;
struct gv_oid;
struct gv_repo;

#define GV_TEAM_POLICY ".gitvault.yaml"

/* Read the policy. 0, also where there is no file (*out is then empty);
 * GV_EREFUSED and *out empty where it cannot be read, with the line in the
 * message; GV_ENOMEM, GV_ERROR. A committed file that cannot be read must not
 * keep a whole team from saving and restoring, so gv_consent_stand_in() takes
 * its place. Before it is committed its author can mend it, so it is refused.
 */
int gv_team_load(struct gv_policy *out, struct gv_repo *repo);

/* Let gv_team_load() of this repository go on with the policy that could be
 * read last, or the defaults, where the file cannot be read: for automatic
 * saves, whose failure nobody sees at once. A notice of the repository says so.
 * 0 or GV_ENOMEM. (team_last.c) */
int gv_team_go_on(struct gv_repo *repo);

/* The same, but a policy that cannot be read is refused even if it is
 * committed: for commands that delete by it. */
int gv_team_load_strict(struct gv_policy *out, struct gv_repo *repo);

/* The same as a commit has it; zero: there is none. As above, and GV_ECORRUPT
 * or GV_ENOTFOUND where the commit cannot be read. */
int gv_team_load_at(
    struct gv_policy *out, struct gv_repo *repo, const struct gv_oid *commit);

/* The same of a tree. */
int gv_team_load_tree(
    struct gv_policy *out, struct gv_repo *repo, const struct gv_oid *tree);

/* The same from its blob, without regard to what is accepted: callers must use
 * the result only to keep more, or to refuse more. */
int gv_team_load_blob(
    struct gv_policy *out, struct gv_odb *odb, const struct gv_oid *blob);

#endif
