#ifndef GV_PARAM_GIVES_H
#define GV_PARAM_GIVES_H
/*
 * Which files give values to an environment, by their paths alone: what reads
 * layers (param.h) and what protects them (access/access_step.h) ask here, so
 * that no file is a layer for one and none for the other. A pure function of
 * the policy and the path.
 *
 *	if (gv_param_gives(policy, "prod", path, len) == GV_PARAM_GIVES_ENV)
 *		… it is a layer of prod's own
 *
 * Words of a pattern other than {env} stand for anything here, and no file has
 * to exist. Upper and lower case are the same, as some file systems have it.
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_policy;
struct gv_policy_config;

enum gv_param_gives {
	GV_PARAM_GIVES_NOTHING,
	GV_PARAM_GIVES_ALL, /* a layer of a set that names no environment */
	GV_PARAM_GIVES_ENV, /* a layer that names it */
};

/* What a file gives to an environment: as a layer of a set of the policy, or of
 * a layout that is recognised, which --layout reads next to sets, too. */
enum gv_param_gives gv_param_gives(const struct gv_policy *policy,
    const char *env, const char *path, size_t len);

/* Whether a file is a layer of a set, of any environment. */
bool gv_param_is_layer(
    const struct gv_policy_config *set, const char *path, size_t len);

#endif
