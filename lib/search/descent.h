#ifndef GV_DESCENT_H
#define GV_DESCENT_H
/*
 * Whether a file is another one that was renamed and edited, by the prints that
 * both have in common (kin/print.h). Below half of the lines, where git sees
 * two files, code is still known by them.
 *
 *	gv_descent_init(&descent, odb);
 *	alike = gv_descent_alike(&descent, &old, "a.c", &new, "b.c");
 *	gv_descent_release(&descent);
 *
 * What cannot be read has nothing in common with anything.
 */

#include "base/buf.h"
#include "base/map.h"
#include "repo/oid.h"

struct gv_odb;

/* No more contents are read for it, and no larger ones; and no more are
 * compared. */
#define GV_DESCENT_READ    2000
#define GV_DESCENT_SIZE    ((size_t)4 * 1024 * 1024)
#define GV_DESCENT_COMPARE 20000

struct gv_descent {
	struct gv_odb *odb;
	/* private: what was read, by name */
	struct gv_map map;
	struct gv_descent_content *contents;
	size_t read, compared;
};

void gv_descent_init(struct gv_descent *d, struct gv_odb *odb);

/* How much two have in common, of 100, if one may descend from the other; else
 * 0. */
unsigned gv_descent_alike(struct gv_descent *d, const struct gv_oid *old,
    const char *old_path, const struct gv_oid *new, const char *new_path);

/* The file that became, from one tree to the next, the new file `path`: 1 with
 * *from set; 0: it is new, or was there before; as reading a tree fails. */
int gv_descent_find(struct gv_buf *from, struct gv_odb *odb,
    const struct gv_oid *before, const struct gv_oid *after, const char *path);

void gv_descent_release(struct gv_descent *d);

#endif
