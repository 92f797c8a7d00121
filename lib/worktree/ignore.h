#ifndef GV_IGNORE_H
#define GV_IGNORE_H
/*
 * Git's ignore rules (gitignore(5)): lists of patterns that stand on each
 * other, the deeper directory's first. A level is immutable once made and may
 * be read by many threads.
 *
 *	r = gv_ignore_level_new(&root, NULL, 0, &file);
 *	v = gv_ignore_match(root, "a/b.log", 7, 2, false, &why);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_ignore_level;

enum gv_ignore_verdict {
	GV_IGNORE_UNDECIDED, /* no pattern matches: not ignored */
	GV_IGNORE_IGNORED,
	GV_IGNORE_INCLUDED, /* a pattern with '!' matches last */
};

/* Where the deciding pattern stands; all borrowed from its level. */
struct gv_ignore_why {
	const char *source;  /* ".gitignore", "a/.gitignore", … */
	unsigned line;       /* from 1 */
	const char *pattern; /* as written */
};

/* An ignore file: its bytes, and what to call it. */
struct gv_ignore_file {
	const char *text;
	size_t len;
	const char *source; /* for `why`: copied */
	bool icase;         /* core.ignoreCase */
};

/* Make a level from an ignore file that applies below a directory, on top of
 * `parent` (borrowed, must outlive it; NULL: none). `dir_len` is the length
 * of the directory's path, without a trailing '/'; 0 for the top. A byte
 * order mark is skipped; lines end with LF or CRLF as git reads them. 0 or
 * GV_ENOMEM; the caller frees it. */
int gv_ignore_level_new(struct gv_ignore_level **out,
    const struct gv_ignore_level *parent, size_t dir_len,
    const struct gv_ignore_file *file);

/* Free this level, not its parent; NULL-safe. */
void gv_ignore_level_free(struct gv_ignore_level *level);

/* Judge one path (from the top of the working tree; `name_at` is where its
 * last component begins) by the last matching pattern of the nearest level
 * that has one. Whether a parent directory is ignored is the caller's to
 * know: then nothing below can be included again. `why` may be NULL, and is
 * set only where a pattern decided. */
enum gv_ignore_verdict
gv_ignore_match(const struct gv_ignore_level *level, const char *path,
    size_t len, size_t name_at, bool is_dir, struct gv_ignore_why *why);

/* Whether a pattern with '!' may match something below a directory: by the
 * words before its first wildcard. Patterns of one name alone do not count,
 * since they would match anywhere. */
bool gv_ignore_may_include(
    const struct gv_ignore_level *level, const char *path, size_t len);

#endif
