#ifndef GV_NOTE_MERGE_H
#define GV_NOTE_MERGE_H
/*
 * The notes on commits of two clones as one tree, as `git notes merge -s
 * cat_sort_uniq` makes it, but beside no working tree and guarded.
 *
 *	r = gv_note_merge(&edit, &tree, trees);
 */

#include "store/oid.h"

struct gv_ledger_edit;

/* Merge three trees of notes, those of the base, ours and theirs (zero: none),
 * into *out. A note that one side has changed is as it is there; of one that
 * both have changed the lines of both stand, sorted, each once; one that is
 * taken away on one side and changed on the other stays. 0; GV_ECORRUPT;
 * GV_EREFUSED for a note that is too large; GV_ENOMEM; GV_ERROR. */
int gv_note_merge(struct gv_ledger_edit *edit, struct gv_oid *out,
    const struct gv_oid trees[3]);

#endif
