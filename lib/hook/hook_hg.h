#ifndef GV_HOOK_HG_H
#define GV_HOOK_HG_H
/*
 * The hooks of a Mercurial working copy: lines in its .hg/hgrc by which commit
 * and update take a snapshot. They stand between two comments, and nothing else
 * of the file is changed.
 *
 *	r = gv_hook_hg_set(&changed, git_dir, program);
 */

#include <stdbool.h>

#include "base/buf.h"

/* The text of the file with the lines for a program, or with NULL without them.
 * A pure function. 0; GV_EREFUSED where a comment that begins them has no end;
 * GV_ENOMEM. */
int gv_hook_hg_edit(
    struct gv_buf *out, const char *text, size_t len, const char *program);

/* Have the file that belongs to the vault `git_dir` say so. 0; GV_EREFUSED;
 * GV_ERROR; GV_ENOMEM. */
int gv_hook_hg_set(bool *changed, const char *git_dir, const char *program);

/* Whether it has the lines. 0 or GV_ENOMEM. */
int gv_hook_hg_is(bool *is, const char *git_dir);

#endif
