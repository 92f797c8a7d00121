#ifndef GV_PARAM_NAME_H
#define GV_PARAM_NAME_H
/*
 * Names for versions of the configuration: an annotated tag of a commit, below
 * refs/vault/config/, which sync brings to others and which never changes. It
 * is not signed, so it says no more than that somebody who may push gave it.
 *
 *	r = gv_param_name_add(repo, "2026-w48", &commit, now);
 *	r = gv_param_name_find(&commit, repo, "2026-w48");
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "repo/oid.h"

struct gv_repo;

struct gv_param_name {
	const char *name, *author; /* "" where the tag does not say it */
	struct gv_oid commit;
	int64_t time;
};

struct gv_param_names {
	struct gv_param_name *items; /* by name */
	size_t n;
	struct gv_arena arena;
};

/* List them; a ref that is no such tag is left out. 0, and the caller releases
 * *out; a failure. */
int gv_param_names(struct gv_param_names *out, struct gv_repo *repo);

void gv_param_names_release(struct gv_param_names *names);

/* The commit of a name. 0; GV_ENOTFOUND without a message where there is none;
 * GV_ECORRUPT where its ref is no such tag; a failure. */
int gv_param_name_find(
    struct gv_oid *commit, struct gv_repo *repo, const char *name);

/* Give a name to a commit. 0; GV_EUSAGE for what can be no name; GV_EEXISTS;
 * GV_ENOMEM, GV_ERROR. */
int gv_param_name_add(struct gv_repo *repo, const char *name,
    const struct gv_oid *commit, int64_t now);

/* Take a name away, here. 0; GV_ENOTFOUND; GV_ERROR. */
int gv_param_name_drop(struct gv_repo *repo, const char *name);

#endif
