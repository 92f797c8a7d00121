#ifndef GV_LABELS_H
#define GV_LABELS_H
/*
 * The names that refs of a repository have: environments, stacks, scopes of
 * secrets, branches. Nothing but the refs is read, so a name says only that
 * something is called so.
 *
 *	r = gv_labels_each(repo, GV_LABELS_STACKS, "prod", add_name, ctx);
 */

#include <stddef.h>

struct gv_repo;

enum gv_labels_of {
	GV_LABELS_ENVIRONMENTS, /* of states and known-good records */
	GV_LABELS_STACKS,       /* of the states of an environment, or of all */
	GV_LABELS_GOOD,         /* environments of known-good records */
	GV_LABELS_SCOPES,       /* of encrypted secrets */
	GV_LABELS_BRANCHES,     /* branches, tags, and those of remotes */
};

/* Visit each name once, in the order of the refs: fn(ctx, name, len). `env`
 * counts for stacks only; NULL: any. 0; the first negative value of fn; as
 * gv_ref_list(). */
int gv_labels_each(struct gv_repo *repo, enum gv_labels_of of, const char *env,
    int (*fn)(void *ctx, const char *name, size_t len), void *ctx);

#endif
