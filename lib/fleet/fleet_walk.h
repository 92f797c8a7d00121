#ifndef GV_FLEET_WALK_H
#define GV_FLEET_WALK_H
/*
 * The repositories below a folder, one after the other: bare ones and working
 * trees, in the order of names. No symbolic link is followed, and below a
 * repository nothing is sought.
 *
 *	r = gv_fleet_walk_open(&walk, "/srv/git");
 *	while ((r = gv_fleet_walk_next(&path, walk)) > 0)
 */

/* Levels of folders below the first. */
#define GV_FLEET_DEPTH 64

struct gv_fleet_walk;

/* 0; GV_ENOTFOUND where there is no such folder; GV_ENOMEM. */
int gv_fleet_walk_open(struct gv_fleet_walk **out, const char *dir);

/* The next one, borrowed until the next call. 1; 0 at the end; GV_ENOMEM. A
 * folder that cannot be read is given, too: who looks at it says why. */
int gv_fleet_walk_next(const char **path, struct gv_fleet_walk *walk);

/* NULL-safe. */
void gv_fleet_walk_close(struct gv_fleet_walk *walk);

#endif
