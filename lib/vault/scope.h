#ifndef GV_SCOPE_H
#define GV_SCOPE_H
/*
 * For whom the values of a file are sealed: its scope. What the team's policy
 * says of the path comes first (secrets.scopes, then environments.NAME.paths),
 * then the environment that the path tells, under the name that the policy has
 * for it, then "shared". A pure function of the path and the policy: no other
 * file that comes or goes changes who can read a secret.
 *
 *	gv_scope_of(&policy, "envs/prod/db.tf");	"prod"
 */

#include <stdbool.h>

struct gv_policy;

#define GV_SCOPE_SHARED "shared"

/* The scope of a path, from the top of the working tree. `policy` may be NULL.
 * Never NULL; as lasting as the policy. */
const char *gv_scope_of(const struct gv_policy *policy, const char *path);

/* Whether the policy says so of the path itself, and not its name. */
bool gv_scope_is_said(const struct gv_policy *policy, const char *path);

/* What of a file is withheld. */
enum gv_scope_keep {
	GV_SCOPE_CLEAR,  /* nothing */
	GV_SCOPE_VALUES, /* what is found in it */
	GV_SCOPE_SEALED, /* all of it */
};

/* What of the file of that path is withheld, as the policy says, else by what
 * it is: what Git ignores and states of Terraform as a whole. `policy` may be
 * NULL. */
enum gv_scope_keep gv_scope_keep(
    const struct gv_policy *policy, const char *path, bool is_ignored);

#endif
