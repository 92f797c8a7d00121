#ifndef PROJECT_LINE_H
#define PROJECT_LINE_H
/*
 * The line of a project: what it was rewritten from (lineage.h), and what was
 * rewritten from it. A command goes on in the projects before, a process each.
 *
 *	r = gv_project_line_open(&line, ctx);
 *	r = gv_project_line_go_on(&line, ctx);
 *	gv_project_line_close(&line);
 *
 * Without a link of the user's, this costs a look at the configuration.
 */

#include <stdbool.h>
#include <stddef.h>

#include "project/lineage.h"
#include "project/registry.h"

struct gv_ctx;

struct gv_project_line {
	struct gv_registry registry;
	struct gv_lineage lineage;
	struct gv_lineage_end here; /* its project is NULL without a line */
	const struct gv_lineage_link *back[GV_LINEAGE_MOST];
	size_t n;
};

/* Read it; with --alone, it goes back to nothing. 0;
 * GV_ERROR; GV_ENOMEM. To be closed in any case. */
int gv_project_line_open(struct gv_project_line *out, const struct gv_ctx *ctx);

void gv_project_line_close(struct gv_project_line *line);

/* Whether it goes back to another project. */
bool gv_project_line_leads_back(const struct gv_project_line *line);

/* Whether this project has a link, or one leads to it. */
bool gv_project_line_is_any(const struct gv_project_line *line);

/* Run the command of `ctx` in each other project that this one goes back to,
 * the nearest first, and print what it prints, below its own; with JSON, as the
 * list `before` of the object at hand. What is missing is named. 0; 1 and
 * above: the worst exit code; a negative failure. */
int
gv_project_line_go_on(const struct gv_project_line *line, struct gv_ctx *ctx);

/* The same in one project, with another path in place of the arguments. */
int gv_project_line_go_on_at(const struct gv_project_line *line,
    struct gv_ctx *ctx, const struct gv_lineage_end *end, const char *path);

/* Whether a snapshot that this project does not have is one of those before:
 * 1, with *out borrowed from `line`; 0; a negative failure. */
int gv_project_line_has(const struct gv_registered **out,
    const struct gv_project_line *line, struct gv_ctx *ctx, const char *snap);

#endif
