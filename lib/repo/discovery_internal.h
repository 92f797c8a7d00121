#ifndef GV_DISCOVERY_INTERNAL_H
#define GV_DISCOVERY_INTERNAL_H
/*
 * What the parts of discovery share: discovery.c recalls and remembers,
 * discovery_place.c finds `.git` and names the circumstances,
 * discovery_stamp.c tells whether files are as they were, discovery_text.c
 * reads and writes what is remembered.
 */

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "base/buf.h"
#include "repo/discovery.h"
#include "repo/oid.h"

/* The answers as they are remembered. "" where git has none. */
struct gv_discovery_text {
	const char *git_dir, *common_dir, *objects_dir, *index_file;
	const char *worktree, *prefix, *git_version;
	const char *config; /* `git config --list -z --show-scope
			       --show-origin` */
	size_t config_len;
};

/* ---- discovery_place.c ---- */

/* Where git would look, and under which circumstances. */
struct gv_discovery_place {
	char *git_dir;  /* real path */
	char *git_file; /* the file `.git` that names it; NULL: a folder */
	char *worktree; /* the folder of `.git`; NULL: GIT_DIR is set */
	char *prefix;   /* of the current directory in it: "" or "a/" */
	char *git;      /* the program */
	/* of user, environment and program; also of the current directory if
	 * Git's variables are set, since they may be relative to it */
	struct gv_oid key;
	bool has_git_env;
};

/* Find it without git. False where that is in doubt. */
bool gv_discovery_find(struct gv_discovery_place *out);
void gv_discovery_place_release(struct gv_discovery_place *place);

/* ---- discovery_stamp.c ---- */

/* The files that an answer rests on: path, NUL, stamp, NUL for each. */
struct gv_discovery_stamps {
	struct gv_buf text;
	size_t n;
	struct timespec began; /* no file may be younger than that, less 2 s */
	bool is_doubtful;      /* no answer may be remembered */
};

/* Add a file that is read if it is there. */
void gv_discovery_stamp(struct gv_discovery_stamps *s, const char *path);

/* Add a folder that must be there. */
void gv_discovery_stamp_dir(struct gv_discovery_stamps *s, const char *path);

/* Whether all are as they were. `p` holds `n` paths and stamps. */
bool gv_discovery_is_unchanged(const char *p, size_t n);

/* Add all that git read, or would have read, for its configuration. */
void gv_discovery_stamp_config(
    struct gv_discovery_stamps *s, const struct gv_discovery *found);

/* Whether an entry stands in one of the two files of the repository itself,
 * which have it in clear beside what is written here. */
bool gv_discovery_is_own(
    const struct gv_config_entry *e, const struct gv_discovery *found);

/* ---- discovery_text.c ---- */

/* Append what is remembered. */
void gv_discovery_format(struct gv_buf *out, const struct gv_oid *key,
    const struct gv_discovery_text *d, const struct gv_discovery_stamps *s);

/* Read it. False where it is damaged, or of another key. What is filled points
 * into `text`. */
bool gv_discovery_parse(struct gv_discovery_text *out, const char **stamps,
    size_t *n_stamps, const char *text, size_t len, const struct gv_oid *key);

#endif
