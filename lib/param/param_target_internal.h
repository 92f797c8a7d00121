#ifndef GV_PARAM_TARGET_INTERNAL_H
#define GV_PARAM_TARGET_INTERNAL_H
/*
 * What the parts of param_target.h share. Include it nowhere else.
 */

#include "param/param_internal.h"
#include "param/param_target.h"

/* Names that are looked for in the paths of one layout. */
struct gv_param_search {
	struct gv_param_targets *out;
	const struct gv_param_private *p;
	const struct gv_policy_config *set; /* NULL: a layout */
	const char *dir;                    /* that {dir} is */
	/* names that are of environments or of services: either pattern fits */
	struct gv_param_targets either;
};

/* Add a name, once. 0 or GV_ENOMEM. */
int gv_param_target_add(struct gv_param_targets *out, enum gv_param_target of,
    const char *name, size_t len);

bool gv_param_target_has(const struct gv_param_targets *out,
    enum gv_param_target of, const char *name, size_t len);

/* Whether no environment is meant, but a tier, a region or a provider that has
 * layers, too. */
bool gv_param_target_is_other(
    const struct gv_param_search *s, const char *name, size_t len);

/* Add what a path says; `ctx` is a search. 0 or GV_ENOMEM. */
int gv_param_target_learn(void *ctx, const char *path);

/* Have the paths of hiera.yaml be the patterns of its layout; others have
 * theirs. 0; as gv_param_hierarchy(). */
int gv_param_target_patterns(struct gv_param_private *p);

/* Whether services are known by their layers: nothing declares them. */
bool gv_param_may_guess(const struct gv_param_pool *pool, const char *layout);

/* Add the services that have layers of a layout (NULL: of any) which is known
 * by the names of its files, and the environments of these. 0; GV_EREFUSED for
 * too many; failures to read. */
int gv_param_guess(struct gv_param_targets *out, struct gv_param_pool *pool,
    const char *layout);

#endif
