#ifndef GV_PARAM_TARGET_H
#define GV_PARAM_TARGET_H
/*
 * Which environments, services and providers a configuration has: those that
 * the policy names, and those whose layers Git tracks.
 *
 *	r = gv_param_targets(&targets, pool, "shop");
 *	for (i = 0; i < targets.n[GV_PARAM_ENVS]; i++)
 *		… targets.names[GV_PARAM_ENVS][i] …
 *	gv_param_targets_release(&targets);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct gv_buf;
struct gv_param_pool;

enum gv_param_target {
	GV_PARAM_ENVS,
	GV_PARAM_SERVICES,
	GV_PARAM_PROVIDERS,
	GV_PARAM_TARGETS
};

struct gv_param_targets {
	const char **names[GV_PARAM_TARGETS]; /* in order */
	size_t n[GV_PARAM_TARGETS], cap[GV_PARAM_TARGETS];
	/* services are those whose layers were found: a configuration without
	 * one is a whole of its own */
	bool are_guessed;
	struct gv_arena arena;
};

/* Find those of a set or layout (NULL: the one that fits). Where no set says
 * which services there are, they are those that have layers. 0; GV_ENOTFOUND
 * if there is no configuration; GV_EREFUSED for too many services; failures to
 * read.
 * Release it in any case. */
int gv_param_targets(struct gv_param_targets *out, struct gv_param_pool *pool,
    const char *layout);

/* Append to the text of a policy the section `config` with one set that has the
 * layers of the layout that is recognised, and merges them in the same way. 0;
 * GV_ENOTFOUND where there is none; GV_EREFUSED where a set cannot say it, the
 * policy has sets, or the whole is no policy; failures to read. */
int gv_param_describe(
    struct gv_buf *out, struct gv_param_pool *pool, const char *layout);

/* Whether a path has a name as a step, or at the beginning or end of one:
 * config/prod.yaml, values-prod.yaml. */
bool gv_param_path_has(const char *path, const char *name);

void gv_param_targets_release(struct gv_param_targets *targets);

#endif
