#ifndef PROJECT_KIN_H
#define PROJECT_KIN_H
/*
 * Which files of a project were rewritten from those of the project before, or
 * as those of the one after, by what they have in common (kin.h).
 *
 *	r = gv_project_kin_find(&kins, &line);
 *	kin = gv_project_kin_of(&kins, "src/order.rs", NULL);
 *	gv_project_kin_release(&kins);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

struct gv_ctx;
struct gv_lineage_link;
struct gv_project_line;

struct gv_project_kin {
	const char *here, *there; /* paths */
	const char *project;      /* of the other one: its name */
	bool is_heir;             /* that is the one after */
	unsigned alike;           /* of 100 */
};

struct gv_project_kins {
	struct gv_project_kin *items; /* by `here`, the predecessor first */
	size_t n, cap;
	struct gv_arena arena;
	struct gv_buf unread; /* sentences about projects, a line each */
};

#define GV_PROJECT_KINS_INIT                                                   \
	{                                                                      \
		.unread = GV_BUF_INIT                                          \
	}

/* Compare the files of this project with those of each that a link joins it
 * with. 0; GV_ECANCELED; GV_ENOMEM. To be released in any case. */
int gv_project_kin_find(
    struct gv_project_kins *out, const struct gv_project_line *line);

/* The same for the two ends of one link: `here` is the file of the newer one.
 */
int gv_project_kin_of_link(
    struct gv_project_kins *out, const struct gv_lineage_link *link);

/* The first kin of a path, or with `after` the next one; NULL: no more. */
const struct gv_project_kin *
gv_project_kin_of(const struct gv_project_kins *kins, const char *path,
    const struct gv_project_kin *after);

void gv_project_kin_release(struct gv_project_kins *kins);

#endif
