#ifndef GV_ROLLBACK_PATHS_H
#define GV_ROLLBACK_PATHS_H
/*
 * The paths that a rollback of a scope changes: those that its plan names, and
 * so those that it touches and that its undo brings back. They are kept beside
 * its note, and with it.
 *
 *	struct gv_rollback_paths paths = GV_ROLLBACK_PATHS_INIT;
 *	r = gv_rollback_paths_add(&paths, path, len);
 *	opts.takes = gv_rollback_paths_has;
 *	r = gv_rollback_paths_save(&paths, gv_rollback_dir(job));
 *	gv_rollback_paths_release(&paths);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"

struct gv_repo;

struct gv_rollback_paths {
	struct gv_map all; /* with the directories above them */
	struct gv_arena arena;
	const char **own; /* without those, NUL behind each */
	size_t n, cap;
};

#define GV_ROLLBACK_PATHS_INIT                                                 \
	{                                                                      \
		.all = GV_MAP_INIT, .arena = GV_ARENA_INIT                     \
	}

/* Add one, which is copied; twice is once. 0 or GV_ENOMEM. */
int gv_rollback_paths_add(
    struct gv_rollback_paths *paths, const char *path, size_t len);

/* Whether it is one of them, or a directory above one: what stood in the place
 * of that belongs to it. `paths` is a struct gv_rollback_paths. */
bool gv_rollback_paths_has(void *paths, const char *path, size_t len);

/* Write them to the directory of a rollback, durably. 0; GV_ERROR; GV_ENOMEM.
 */
int
gv_rollback_paths_save(const struct gv_rollback_paths *paths, const char *dir);

/* Add those that the rollback of this id has kept. 0; GV_ECORRUPT where they
 * are not there or damaged; GV_ERROR; GV_ENOMEM. */
int gv_rollback_paths_load(struct gv_rollback_paths *paths,
    const struct gv_repo *repo, const char *id);

/* Free; zeroed ok. */
void gv_rollback_paths_release(struct gv_rollback_paths *paths);

#endif
