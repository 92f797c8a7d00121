#ifndef GV_NOTE_MERGE_H
#define GV_NOTE_MERGE_H
/*
 * The notes on commits of two clones as one tree, as `git notes merge -s
 * cat_sort_uniq` makes it of two that have nothing in common, but beside no
 * working tree and guarded. What was there before the two parted is not looked
 * at: a note is a record, and what one side has taken away of it, as `git notes
 * prune` does in a shallow clone, is no reason that the other loses it.
 *
 *	r = gv_note_merge_is_in(&is_whole, odb, &ours.tree, &theirs.tree);
 *	if (r == 0 && !is_whole)
 *		r = gv_note_merge(&edit, &tree, &ours.tree, &theirs.tree);
 */

#include <stdbool.h>

#include "repo/oid.h"

struct gv_ledger_edit;
struct gv_odb;

/* Merge two trees of notes (zero: none) into *out. A note of one of them is as
 * it is there, and so is one of both of which one has all lines; else the lines
 * of both stand, sorted, each once. 0; GV_ECORRUPT; GV_EREFUSED for a note that
 * is too large; GV_ENOMEM; GV_ERROR. */
int gv_note_merge(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid *ours, const struct gv_oid *theirs);

/* Whether each line of each note of a tree is in another (zero: none), whatever
 * form they have. As above. */
int gv_note_merge_is_in(bool *out, struct gv_odb *odb, const struct gv_oid *of,
    const struct gv_oid *in);

#endif
