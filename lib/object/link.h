#ifndef GV_LINK_H
#define GV_LINK_H
/*
 * What objects of history point at: a tag at what it is of, a commit at its
 * parents. As they are stored: git's shallow and replaced parents do not count.
 *
 *	r = gv_link_peel(&id, &type, odb);
 *	r = gv_link_parents(&list, odb, &commit, add_parent);
 */

#include <stdbool.h>
#include <stdint.h>

#include "object/odb.h"

/* Go from a tag to what it is of, and on where that is a tag again; *type is
 * what *id is in the end. 0; GV_ECORRUPT also where more tags stand on one
 * another than anybody makes; GV_ENOTFOUND; GV_ENOMEM. */
int gv_link_peel(struct gv_oid *id, enum gv_otype *type, struct gv_odb *odb);

/* The tree that a commit names, of which this is what it consists of; false
 * where it does not begin with one. */
bool gv_link_tree(struct gv_oid *out, const struct gv_object *commit);

/* When such a commit was made, by its committer; false where it does not say
 * so, and *time is as before. */
bool gv_link_time(int64_t *time, const struct gv_object *commit);

/* Hand each parent that such a commit names to `each`, in order, as long as
 * that returns 0. What it returned. */
int gv_link_named(void *to, const struct gv_object *commit,
    int (*each)(void *to, const struct gv_oid *parent));

/* The same of a commit that is to be read; or the reading's failure. */
int gv_link_parents(void *to, struct gv_odb *odb, const struct gv_oid *commit,
    int (*each)(void *to, const struct gv_oid *parent));

#endif
