#ifndef GV_BASE_H
#define GV_BASE_H
/*
 * The files of a working copy of Subversion or Mercurial that are as a revision
 * of its server has them, by what the tool itself said. With vcs.base: omit a
 * snapshot names them and stores nothing of them.
 *
 *	gv_buf_add(&base.paths, "src/a.c", 8);	with its NUL
 *	r = gv_base_index(&base);
 *	if (gv_base_vouches(&base, path, len, ctime)) ...
 *
 * Who asked the tool, and how, is foreign/working_copy.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/map.h"

struct gv_base {
	const char *tool;    /* "svn" or "hg"; NULL: nothing is omitted */
	char revision[48];   /* its number, or the id of the changeset */
	struct gv_buf paths; /* from the top, each ended by a NUL */
	int64_t stamp;       /* when the tool was asked, ns since 1970 */
	struct gv_map clean; /* the paths, once they are indexed */
};

/* Index the paths, which stay as they are from now on. 0 or GV_ENOMEM. */
int gv_base_index(struct gv_base *base);

/* Whether the file of that ctime is as the revision has it: the tool said so,
 * and it has not changed since. NULL vouches for nothing. */
bool gv_base_vouches(
    const struct gv_base *base, const char *path, size_t len, int64_t ctime);

/* Free; zeroed ok. */
void gv_base_release(struct gv_base *base);

#endif
