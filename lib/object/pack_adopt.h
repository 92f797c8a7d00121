#ifndef GV_PACK_ADOPT_H
#define GV_PACK_ADOPT_H
/*
 * Takes a pack that `git pack-objects` wrote into the repository in the same
 * order as our own: flushed, kept by a .keep, the pack before its index, and
 * taken away again unless it is accepted.
 *
 *	r = gv_pack_adopt_open(&a, objects_dir);
 *	... git pack-objects gv_pack_adopt_base(a), which prints the hash ...
 *	r = gv_pack_adopt_seek(a, hash);	gv_pack_adopt_stem(a)
 *	r = gv_pack_adopt_place(a);
 *	gv_pack_adopt_accept(a);
 *	gv_pack_adopt_close(a);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_pack_adopt;

/* Think of a name, and hold a file of that name until the end. 0, GV_ENOMEM or
 * GV_ERROR. */
int gv_pack_adopt_open(struct gv_pack_adopt **out, const char *objects_dir);

/* The base name to give to git pack-objects. Borrowed. */
const char *gv_pack_adopt_base(const struct gv_pack_adopt *a);

/* Find the pack that git says it wrote (what it printed). 0; GV_ERROR where
 * it is not there, or is not one pack. */
int gv_pack_adopt_seek(struct gv_pack_adopt *a, const char *printed);

/* Where it is now: the path without the extension. Borrowed. */
const char *gv_pack_adopt_stem(const struct gv_pack_adopt *a);

/* Its name, and the bytes of both files. */
const char *gv_pack_adopt_name(const struct gv_pack_adopt *a);
uint64_t gv_pack_adopt_bytes(const struct gv_pack_adopt *a);

/* Make it a cruft pack when it is placed: one time for each row of its index.
 * 0, GV_ENOMEM or GV_ERROR. */
int gv_pack_adopt_age(struct gv_pack_adopt *a, const int64_t *mtimes, size_t n);

/* Put it in place, durably, with a .keep. 0 (also where a pack of just these
 * bytes stands there already); GV_ELOCKED where somebody keeps that one;
 * GV_ERROR. */
int gv_pack_adopt_place(struct gv_pack_adopt *a);

/* It is to stay: its .keep goes. */
void gv_pack_adopt_accept(struct gv_pack_adopt *a);

/* Free; what was not accepted is removed. NULL-safe. */
void gv_pack_adopt_close(struct gv_pack_adopt *a);

#endif
