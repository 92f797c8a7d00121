#ifndef GV_BASE_H
#define GV_BASE_H
/*
 * The files of a working copy of Subversion or Mercurial that are as a revision
 * of its server has them, by what the tool itself said. With vcs.base: omit a
 * snapshot names them and stores nothing of them.
 *
 *	gv_base_add(&base, "src/a.c", 7, &sum);
 *	r = gv_base_index(&base);
 *	if (gv_base_find(&sum, &base, path, len, ctime)) ...
 *
 * The tools compare sizes and times only, so their word is no proof. That is
 * the SHA-1 of the content, where the tool has it (walk/census_base.c). Who
 * asked the tool, and how, is foreign/working_copy.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/map.h"
#include "repo/oid.h"

struct gv_base {
	const char *tool;    /* "svn" or "hg"; NULL: nothing is omitted */
	char revision[48];   /* its number, or the id of the changeset */
	struct gv_buf files; /* of each the 40 digits of its SHA-1, zeros where
				the tool has none, then its path and a NUL */
	int64_t stamp;       /* when the tool was asked, ns since 1970 */
	struct gv_map clean; /* the paths, once they are indexed */
};

/* Add a file; sum NULL: the tool has none. That memory failed is kept in
 * base->files. */
void gv_base_add(struct gv_base *base, const char *path, size_t len,
    const struct gv_oid *sum);

/* Index the files, whose list stays as it is from now on. 0; GV_ECORRUPT,
 * without a message, where it is damaged; GV_ENOMEM. */
int gv_base_index(struct gv_base *base);

/* Set the SHA-1 of a file that is in the index; of any other nothing happens.
 */
void gv_base_set(struct gv_base *base, const char *path, size_t len,
    const struct gv_oid *sum);

/* Whether the tool said that the file of that ctime is as the revision has it,
 * and it has not changed since. *sum is its SHA-1, zero where the tool has
 * none. NULL knows no file. */
bool gv_base_find(struct gv_oid *sum, const struct gv_base *base,
    const char *path, size_t len, int64_t ctime);

/* Free; zeroed ok. */
void gv_base_release(struct gv_base *base);

#endif
