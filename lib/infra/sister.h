#ifndef GV_SISTER_H
#define GV_SISTER_H
/*
 * Sister files: the same file in several environments, whose paths differ in
 * the environment's name only. Pure functions of paths.
 *
 *	gv_sister_fold(&key, "live/prod/vpc.tf", 16);	"live/\1/vpc.tf"
 *
 *	gv_sister_begin(&move, "prod", "staging");
 *	gv_sister_learn(&move, "k8s/values-stg.yaml", 19);
 *	gv_sister_path(&out, &move, "k8s/values-prod.yaml", 20);
 *	gv_sister_release(&move);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/map.h"

struct gv_buf;

/* Append the path with every word of environments (gv_environment_is_word) that
 * stands alone between separators ('/', '.', '-', '_') folded to one byte:
 * sisters fold to equal keys. */
void gv_sister_fold(struct gv_buf *out, const char *path, size_t len);

/* How files of one environment are named in another one. */
struct gv_sister_move {
	const char *from, *to; /* borrowed */
	/* how `to` is spelled, by the name around it, and how often */
	struct gv_map places, spellings;
	const char *usual; /* the spelling that most places have; or NULL */
	struct gv_arena arena;
};

void
gv_sister_begin(struct gv_sister_move *move, const char *from, const char *to);
void gv_sister_release(struct gv_sister_move *move);

/* Learn from a path that exists how `to` is spelled. 0 or GV_ENOMEM. */
int gv_sister_learn(struct gv_sister_move *move, const char *path, size_t len);

/* Append the path that a file or folder of `from` has in `to`. Every word that
 * names `from` becomes the one that `to` has there, else its usual one, else
 * its name. Of a name with other meanings ("test"), only the folder and the
 * files of settings that are named so are renamed. A path without such a word
 * is appended as it is. 0 or GV_ENOMEM. */
int gv_sister_path(struct gv_buf *out, const struct gv_sister_move *move,
    const char *path, size_t len);

/* Whether a text has a word that names `from`; one with other meanings only
 * where it stands alone: "test", not "test-runner". */
bool gv_sister_is_named(
    const struct gv_sister_move *move, const char *text, size_t len);

#endif
