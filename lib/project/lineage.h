#ifndef GV_LINEAGE_H
#define GV_LINEAGE_H
/*
 * Which project another one was rewritten from: links that the user made, each
 * between a project or a folder of it and an older one, which may be a branch.
 * They are values of vault.<path>.from in the user's own git configuration,
 * which name the older project by its id, so that it may be moved.
 *
 *	r = gv_lineage_load(&lineage, &registry);
 *	n = gv_lineage_back(back, &lineage, one);
 *	… back[i]->old.project->name …
 *	gv_lineage_release(&lineage);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"

struct gv_config;
struct gv_registered;
struct gv_registry;

/* A line goes back over at most that many links. */
#define GV_LINEAGE_MOST 16

/* That much of an id names a project that is not listed. */
#define GV_LINEAGE_ID 8

struct gv_lineage_end {
	const struct gv_registered *project; /* NULL: none has the id */
	const char *id;
	const char *folder; /* below its top; NULL: all of it */
	const char *branch; /* NULL: as it is */
};

struct gv_lineage_link {
	struct gv_lineage_end new, old;
	const char *value; /* as git has it */
};

struct gv_lineage {
	struct gv_lineage_link *links;
	size_t n, cap;
	struct gv_arena arena; /* private */
};

/* Whether the user's configuration has any link at all; cheap. */
bool gv_lineage_is_any(const struct gv_config *config);

/* Read all links; a value of another form is passed over. The registry stays
 * with the caller, who needs it for as long. 0 or GV_ENOMEM. To be released in
 * any case. */
int gv_lineage_load(struct gv_lineage *out, const struct gv_registry *registry);

void gv_lineage_release(struct gv_lineage *lineage);

/* The links that lead back from a project, or a folder of it, to what it was
 * rewritten from, and from there on, each once; how many there are. */
size_t gv_lineage_back(const struct gv_lineage_link *out[GV_LINEAGE_MOST],
    const struct gv_lineage *lineage, const struct gv_lineage_end *from);

/* Find what "NAME[/FOLDER][@BRANCH]" is; texts are kept in `lineage`. 0;
 * failures as of gv_registry_find(). */
int gv_lineage_find(struct gv_lineage_end *out, struct gv_lineage *lineage,
    const struct gv_registry *registry, const char *text);

/* Append "NAME[/FOLDER][@BRANCH]". */
void gv_lineage_add_name(struct gv_buf *out, const struct gv_lineage_end *end);

/* Link: `new` was rewritten from `old`, both of projects that the list has. 0,
 * also where they are linked already; GV_EREFUSED where that would be a circle,
 * or one is not listed; GV_ERROR; GV_ENOMEM. */
int gv_lineage_join(const struct gv_lineage *lineage,
    const struct gv_lineage_end *new, const struct gv_lineage_end *old);

/* Take a link away. 0; GV_ERROR; GV_ENOMEM. */
int gv_lineage_part(const struct gv_lineage_link *link);

#endif
