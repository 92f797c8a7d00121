#ifndef GV_SNAPSHOT_ADOPT_H
#define GV_SNAPSHOT_ADOPT_H
/*
 * Makes an automatic save a snapshot of its own: a ref to the same commit, with
 * the same id. The save stays a save as well, until it is thinned.
 *
 *	r = gv_snapshot_adopt(repo, rec.id);
 */

struct gv_repo;

/* 1; 0 where no save of this working tree has the id, or a snapshot has it
 * already; GV_ENOTFOUND where that snapshot is in the trash, which the
 * message says; GV_ELOCKED; GV_EREFUSED inside a push's quarantine; GV_EEXISTS
 * where another process was faster; GV_ERROR, GV_ENOMEM. */
int gv_snapshot_adopt(struct gv_repo *repo, const char *id);

#endif
