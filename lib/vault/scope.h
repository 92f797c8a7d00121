#ifndef GV_SCOPE_H
#define GV_SCOPE_H
/*
 * For whom the values of a file are sealed: its scope. What the team's policy
 * says of the path comes first, then the environment that the path tells, then
 * "shared". A pure function of the path and the policy.
 *
 *	gv_scope_of(&policy, "envs/prod/db.tf");	"prod"
 */

struct gv_policy;

#define GV_SCOPE_SHARED "shared"

/* The scope of a path, from the top of the working tree. `policy` may be NULL.
 * Never NULL; as lasting as the policy. */
const char *gv_scope_of(const struct gv_policy *policy, const char *path);

#endif
