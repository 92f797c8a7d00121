#ifndef GV_TOMBSTONE_INTERNAL_H
#define GV_TOMBSTONE_INTERNAL_H
/*
 * What the files of tombstones share: tombstone.c reads them, tombstone_write.c
 * writes. Include it nowhere else.
 */

#include "record/tombstone.h"

#define GV_TOMBSTONE_MONTH 6  /* of an id: YYYYMM */
#define GV_TOMBSTONE_ENTRY 17 /* YYYYMMDDT000000Z and LF */

struct gv_tree_entry;

/* Whether it is a folder that is named YYYYMM: no other has an id that there
 * can be. */
bool gv_tombstone_is_month(const struct gv_tree_entry *e);

/* A failure that says that the list is damaged, unless it is of the machine. */
int gv_tombstone_damaged(int r);

#endif
