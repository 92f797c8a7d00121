#ifndef GV_ODB_SKIM_H
#define GV_ODB_SKIM_H
/*
 * Objects for those who look for something in many of them and then show a few:
 * read without the check of their names, which takes longer than all else.
 *
 *	r = gv_odb_skim(odb, &obj, &id);
 *	if (r == 0 && has_it(&obj) && !gv_odb_is_intact(odb, &obj, &id))
 *		… gv_odb_read()
 */

#include <stdbool.h>

struct gv_object;
struct gv_odb;
struct gv_oid;

/* As gv_odb_read(), but the bytes may be those of another object. Damage that a
 * sum of the compressed bytes tells is found all the same. */
int
gv_odb_skim(struct gv_odb *odb, struct gv_object *out, const struct gv_oid *id);

/* Whether the bytes of an object are those of the name. */
bool gv_odb_is_intact(const struct gv_odb *odb, const struct gv_object *obj,
    const struct gv_oid *id);

#endif
