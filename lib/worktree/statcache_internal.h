#ifndef GV_STATCACHE_INTERNAL_H
#define GV_STATCACHE_INTERNAL_H
/*
 * What the cache and its journal share: statcache.c has the file,
 * statcache_journal.c what later snapshots changed in it. Include it nowhere
 * else.
 */

#include <sys/stat.h>

#include "worktree/statcache.h"

/* Read what is in a copy of the file from there on. */
void gv_statcache_point(struct gv_statcache *c, const void *copy);

/* Apply the journal of the cache at `path` to what was read from there. 0, also
 * without one; GV_ENOTFOUND where the result cannot be believed. */
int gv_statcache_read_journal(struct gv_statcache *c, const char *path);

/* Remove the journal of a cache that was replaced as a whole. */
void gv_statcache_end_journal(const char *path);

#endif
