#ifndef GV_PACK_DROP_H
#define GV_PACK_DROP_H
/*
 * Removes packs that are not needed, or whose objects are in other packs as
 * well. First it hides them by moving their indexes aside, which can be undone;
 * then it removes the rest. After a crash, the sweep of the packs
 * (object/pack.h) puts back packs that were only hidden, and finishes a removal
 * that had begun.
 *
 *	r = gv_pack_drop_open(&d, objects_dir);
 *	r = gv_pack_drop_add(d, name);		one a pack
 *	r = gv_pack_drop_commit(d);
 *	gv_pack_drop_close(d);
 */

struct gv_pack_drop;

int gv_pack_drop_open(struct gv_pack_drop **out, const char *objects_dir);

/* Hide the pack of that name (40 digits). 0, also where it has gone; GV_ERROR
 * and it is not hidden. */
int gv_pack_drop_add(struct gv_pack_drop *d, const char *name);

/* Remove all that were added. 0, or GV_ERROR where one could not be removed
 * (all are tried, none comes back). */
int gv_pack_drop_commit(struct gv_pack_drop *d);

/* Free; what was hidden and not removed is put back, and counts as used just
 * now. NULL-safe. */
void gv_pack_drop_close(struct gv_pack_drop *d);

#endif
