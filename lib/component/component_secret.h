#ifndef GV_COMPONENT_SECRET_H
#define GV_COMPONENT_SECRET_H
/*
 * The credentials of a component, as its programs take them: a file, whose name
 * an argument or a variable has, or variables of the environment. They
 * come from a file that git's configuration of this host names
 * (vault.component.NAME.credentials), or from an encrypted secret, which the
 * policy names by its id. A secret that has to be a file is one in memory.
 *
 *	r = gv_component_secret_open(&secret, repo, safe, component);
 *	... secret.file
 *	r = gv_component_secret_env(&secret, kind, variable);
 *	... secret.env
 *	gv_component_secret_close(&secret);
 */

#include <stddef.h>

#include "base/buf.h"
#include "component/component_recipe.h"
#include "crypto/secret.h"

struct gv_policy_component;
struct gv_repo;
struct gv_safe;

#define GV_COMPONENT_ENV 32 /* variables at most */

struct gv_component_secret {
	const char *file; /* NULL: there are no credentials */
	const char *env[GV_COMPONENT_ENV + 1];
	/* private */
	struct gv_buf dir, path;
	struct gv_secret text; /* what env points into */
};

/* Find them; none is fine. 0; GV_EREFUSED for a file that others can read, or
 * where no file can be in memory; GV_ENOTFOUND; GV_ENOKEY; a failure. Close it
 * in any case. */
int
gv_component_secret_open(struct gv_component_secret *out, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_policy_component *component);

/* Make the variables that a recipe wants. 0; GV_EREFUSED where a line is not
 * NAME=value; a failure. */
int gv_component_secret_env(struct gv_component_secret *secret,
    enum gv_component_secret_kind kind, const char *variable);

/* Wipes; zeroed ok. */
void gv_component_secret_close(struct gv_component_secret *secret);

#endif
