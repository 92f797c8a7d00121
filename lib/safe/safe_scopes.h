#ifndef GV_SAFE_SCOPES_H
#define GV_SAFE_SCOPES_H
/*
 * The scopes that a safe (safe.h) has values of, and whether all are here.
 *
 *	r = gv_safe_scopes(&names, &n, safe);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_repo;
struct gv_safe;

/* Whether GV_SETTING_NARROWED says that snapshots and values may be missing
 * here. */
bool gv_safe_is_partial(const struct gv_repo *repo);

/* Whether nothing of a scope is here, for that reason. */
bool gv_safe_is_absent(const struct gv_repo *repo, const char *scope);

/* The names of the scopes that have values; the array is the safe's until the
 * next call. 0 or a failure. */
int gv_safe_scopes(const char *const **names, size_t *n, struct gv_safe *safe);

#endif
