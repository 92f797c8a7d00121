#ifndef GV_STANDING_H
#define GV_STANDING_H
/*
 * How each environment stands, and each of its components: what could be got
 * back now. Components are directories with code of a tool (stacks, charts,
 * services) and the saved states. Nobody is asked, and nothing is changed.
 *
 *	r = gv_standing_get(&standing, repo, safe);
 *	… standing.envs[i].has_snapshot, standing.components[k].serial …
 *	gv_standing_release(&standing);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "env/envmap.h"
#include "record/record.h"
#include "whole/whole.h"

struct gv_repo;
struct gv_safe;

enum gv_standing_kind {
	GV_STANDING_STACK,   /* Terraform, Terragrunt, Pulumi */
	GV_STANDING_CHART,   /* Helm */
	GV_STANDING_SERVICE, /* Compose, Kustomize */
	GV_STANDING_STATE,   /* a saved state without code in the tree */
	GV_STANDING_KINDS
};

/* "stack" … */
extern const char *const gv_standing_kinds[GV_STANDING_KINDS];

struct gv_standing_component {
	const char *env;
	enum gv_standing_kind kind;
	const char *path;  /* its directory, "" for the top; of a state alone
			      NULL */
	const char *stack; /* of its state, or NULL */
	uint64_t files;    /* of the environment, in the directory itself */
	uint64_t left;     /* of them: what snapshots leave out */
	bool is_held;      /* the last whole snapshot has the directory */
	bool has_serial, is_damaged, is_locked;
	uint64_t serial;
	int64_t state_time;
	size_t order; /* of its environment */
};

struct gv_standing_env {
	const struct gv_envtree_env *env; /* NULL: only a state has it */
	const char *name;
	uint64_t left; /* files that snapshots leave out */
	size_t components;
	int opens; /* whether this clone opens its secrets; -1: no
		      keyring says */
	/* the newest whole snapshot in which its states had settled; NULL: none
	 * of the last GV_STANDING_MOST */
	const char *settled;
};

#define GV_STANDING_MOST 100 /* whole snapshots that are looked at */

struct gv_standing {
	struct gv_envmap *map;
	struct gv_record last;  /* the last whole snapshot; id "": none */
	bool is_newest;         /* no newer one is incomplete */
	struct gv_whole whole;  /* which environments had settled states in
				   it */
	size_t copies, remotes; /* remotes with a vault that have it; all */
	struct gv_standing_env *envs; /* in the order of promotion */
	size_t n_envs, cap_envs;
	struct gv_standing_component
	    *components; /* by environment, in that order, and path */
	size_t n, cap;
	/* private */
	struct gv_arena arena;
	struct gv_map kinds, places, states;
};

/* Look. `safe` may be NULL: then `opens` is -1. 0; as gv_envmap_load();
 * GV_ERROR, GV_ECANCELED, GV_ENOMEM. To be released in any case. */
int gv_standing_get(
    struct gv_standing *out, struct gv_repo *repo, struct gv_safe *safe);

/* Whether the last whole snapshot is older than the policy wants for an
 * environment (`every`, `rpo`), or there is none; on fewer remotes than it
 * wants (`copies`). 1 or 0; -1: it does not say. */
int gv_standing_is_late(
    const struct gv_standing *standing, const char *env, int64_t now);
int gv_standing_is_short(const struct gv_standing *standing, const char *env);

void gv_standing_release(struct gv_standing *standing);

#endif
