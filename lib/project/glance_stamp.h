#ifndef GV_GLANCE_STAMP_H
#define GV_GLANCE_STAMP_H
/*
 * Numbers that change with what a glance at a project depends on and watch does
 * not mind: its refs, its vault, and the user's settings. By stat data alone.
 */

#include <stdint.h>

struct gv_config;

/* The same for all projects: the files of configuration of the user and the
 * host and those that they include, ignore rules, keys, and this program. */
uint64_t gv_glance_stamp_user(const struct gv_config *config);

/* Of a project, on top of that. 0 where it is no plain repository (a linked
 * working tree, that of Subversion), where its refs and vault have more than a
 * thousand folders, or where one changed just now, so that the next change
 * might leave the stamp as it is. */
uint64_t gv_glance_stamp(const char *path, uint64_t user);

#endif
