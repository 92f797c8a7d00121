#ifndef GV_SYMBOL_GITLAB_H
#define GV_SYMBOL_GITLAB_H
/*
 * The variables that jobs of GitLab read. Those of `variables:` are
 * definitions. What a script sets itself, or a job alone, is no variable of
 * others. All the rest comes from an included file, or from the settings of the
 * project, which no file has: such a reference is ELSEWHERE, and never missing.
 *
 *	gv_symbol_gitlab_begin(&vars, &w, root);
 *	gv_symbol_gitlab_read(&vars, &w, job);		for each job
 *	gv_symbol_gitlab_end(&vars);
 */

#include "base/arena.h"
#include "base/map.h"
#include "symbol/symbol_writer.h"

struct gv_symbol_gitlab {
	struct gv_map set; /* by name: whether `variables:` at the top has it */
	struct gv_map seen; /* by name: the last job that reads it, + 2 */
	struct gv_arena arena;
};

/* Find what the file sets, and define the variables at its top. */
void gv_symbol_gitlab_begin(
    struct gv_symbol_gitlab *vars, struct gv_symbol_writer *w, uint32_t root);

/* Add the variables and secrets that a job reads, or the top of the file. */
void gv_symbol_gitlab_read(
    struct gv_symbol_gitlab *vars, struct gv_symbol_writer *w, uint32_t map);

/* Free; memory that ran out is kept in w->out->failed. */
void gv_symbol_gitlab_end(struct gv_symbol_gitlab *vars);

#endif
