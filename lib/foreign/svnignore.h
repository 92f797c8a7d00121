#ifndef GV_SVNIGNORE_H
#define GV_SVNIGNORE_H
/*
 * Subversion's ignore rules, as the patterns of gitignore(5): the properties
 * svn:ignore, for the folder that has it, and svn:global-ignores, for all below
 * it, too; and what the user's configuration ignores everywhere. Pure
 * functions.
 *
 *	r = gv_svnignore_global(&rules, config, len);
 *	if (r == 0)
 *		r = gv_svnignore_properties(&rules, xml, len);
 */

#include <stddef.h>

#include "base/buf.h"

/* Append the rules of ~/.subversion/config, or what svn ignores where that has
 * none. 0 or GV_ENOMEM. */
int gv_svnignore_global(struct gv_buf *out, const char *config, size_t len);

/* Append the rules of `svn proplist -v -R --xml`. 0; GV_ECORRUPT; GV_ENOMEM. */
int gv_svnignore_properties(struct gv_buf *out, const char *xml, size_t len);

/* Append the paths of `svn status -v --xml` that are under version control,
 * each with its NUL. As above. */
int gv_svnignore_tracked(struct gv_buf *out, const char *xml, size_t len);

#endif
