#ifndef GV_ROLLBACK_ENV_H
#define GV_ROLLBACK_ENV_H
/*
 * Decides which paths belong to an environment, so that a rollback of prod does
 * not touch staging. A path of no environment is shared: it goes back only if
 * the record has it, and the plan lists it separately. If no path names another
 * environment, all paths belong to the environment. Files that git ignores are
 * the machine's own: they stay if another clone took the snapshot.
 *
 *	r = gv_rollback_env_open(&env, repo, &of);
 *	opts.takes = gv_rollback_env_takes;
 *	opts.takes_ctx = env;
 *	gv_rollback_env_close(env);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_record;
struct gv_repo;

enum gv_rollback_place {
	GV_ROLLBACK_OWN,    /* of the environment */
	GV_ROLLBACK_SHARED, /* of none */
	GV_ROLLBACK_OTHER,  /* of another one */
};

struct gv_rollback_env_of {
	const struct gv_record *rec; /* the snapshot that is gone back to */
	const char *env;
	bool takes_local; /* also what git ignores and another clone took */
	/* judge commits only, and neither the snapshot nor the working tree;
	 * see gv_rollback_env_note() */
	bool is_code;
};

struct gv_rollback_env;

/* Read the paths of the snapshot and of the working tree. `of` must outlive it.
 * 0; GV_EREFUSED if the policy cannot be read; GV_ERROR; GV_ENOMEM. */
int gv_rollback_env_open(struct gv_rollback_env **out, struct gv_repo *repo,
    const struct gv_rollback_env_of *of);

/* Whether all paths are the environment's own, and all go back: then nobody
 * need ask. */
bool gv_rollback_env_is_all(const struct gv_rollback_env *env);

/* Add a path to those that are present, before the first question. 0 or
 * GV_ENOMEM. */
int gv_rollback_env_note(struct gv_rollback_env *env, const char *path);

/* Where a path belongs. A NUL must follow the path. */
enum gv_rollback_place gv_rollback_env_place(
    const struct gv_rollback_env *env, const char *path, size_t len);

/* Whether a path goes back; `env` is a struct gv_rollback_env. */
bool gv_rollback_env_takes(void *env, const char *path, size_t len);

/* The other environments, which may use the shared paths as well, separated by
 * ", "; "" for none. Borrowed. */
const char *gv_rollback_env_others(const struct gv_rollback_env *env);

/* Whether any path is of the environment by its name. */
bool gv_rollback_env_is_known(const struct gv_rollback_env *env);

/* How many paths that git ignores stay since another clone took the snapshot,
 * with one of them (NULL: none); and whether one is the environment's own. */
size_t gv_rollback_env_local(
    const struct gv_rollback_env *env, const char **one, bool *is_own);

/* NULL-safe. */
void gv_rollback_env_close(struct gv_rollback_env *env);

#endif
