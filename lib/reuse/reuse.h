#ifndef GV_REUSE_H
#define GV_REUSE_H
/*
 * Which code of some projects is in others, too: files with the same content,
 * files of one name that differ, and runs of code that were copied. Of each
 * project, its newest snapshot is looked at, or HEAD; git reads it, in a
 * process that refuses a repository of somebody else. Nothing is stored.
 *
 *	gv_reuse_init(&reuse);
 *	r = gv_reuse_add(&reuse, "shop", "/home/ann/shop");	… of each
 *	r = gv_reuse_list(&reuse);
 *	r = gv_reuse_copies(&reuse);
 *	gv_reuse_release(&reuse);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "kin/kin.h"
#include "repo/oid.h"

/* A larger file is not looked at, nor a smaller one. */
#define GV_REUSE_MOST  ((uint64_t)4 * 1024 * 1024)
#define GV_REUSE_LEAST 64

struct gv_reuse_project {
	const char *name, *path;
	const char
	    *tree; /* what of it is looked at, as git names it; NULL: nothing */
	int64_t time;       /* of its snapshot; 0: it is HEAD */
	const char *folder; /* only what is below it; NULL: all */
};

/* Source code that is neither generated nor of others. */
struct gv_reuse_file {
	uint32_t project;
	const char *path;
	struct gv_oid oid;
	uint64_t size;
};

/* A file that is in several projects. */
struct gv_reuse_copy {
	uint32_t file;
	uint32_t group;  /* copies of one file follow each other */
	int64_t time;    /* when it changed last; 0: not known */
	bool is_newest;  /* of its group, if it has a time: the first */
	bool is_same;    /* as the newest */
	unsigned behind; /* lines that the newest has and this one lacks */
	unsigned ahead;  /* lines that this one has alone */
};

enum gv_reuse_kind {
	GV_REUSE_SAME,    /* the whole file */
	GV_REUSE_COPIED,  /* some lines */
	GV_REUSE_RENAMED, /* but for names, numbers or strings */
};

/* "same", "copied", "renamed" */
extern const char *const gv_reuse_words[];

struct gv_reuse_match {
	enum gv_reuse_kind kind;
	uint32_t from; /* a file; GV_REUSE_TEXT: the text that was given */
	uint32_t to;   /* a file */
	uint32_t from_first, from_last, to_first, to_last; /* lines */
	uint32_t tokens;
	unsigned alike; /* of 100 */
};

#define GV_REUSE_TEXT UINT32_MAX

/* A text that is looked for. */
struct gv_reuse_text {
	const char *path; /* absolute: where it is, which is no copy of it */
	const char *text;
	size_t len;
	uint32_t first, last; /* lines; 0: all */
};

struct gv_reuse {
	struct gv_reuse_project *projects;
	size_t n_projects, cap_projects;
	struct gv_reuse_file *files; /* by project */
	size_t n_files, cap_files;
	struct gv_reuse_copy *copies;
	size_t n_copies, cap_copies;
	struct gv_reuse_match *matches; /* the longest first */
	size_t n_matches, cap_matches;
	struct gv_buf unread; /* sentences about projects, a line each */
	/* private */
	struct gv_arena arena;
};

void gv_reuse_init(struct gv_reuse *r);

/* Add a project; `path` is absolute. 0 or GV_ENOMEM. */
int gv_reuse_add(struct gv_reuse *r, const char *name, const char *path);

/* Add a part of a project: what is below a folder (NULL: all), as a branch has
 * it (NULL: as above). 0 or GV_ENOMEM. */
int gv_reuse_add_part(struct gv_reuse *r, const char *name, const char *path,
    const char *folder, const char *branch);

/* List the files of all. What cannot be read is named in `unread`. 0;
 * GV_ECANCELED; GV_ENOMEM. */
int gv_reuse_list(struct gv_reuse *r);

/* Find the files that are in several projects. As gv_reuse_list(). */
int gv_reuse_copies(struct gv_reuse *r);

/* Find where a text is, in all files. As gv_reuse_list(). */
int gv_reuse_find(struct gv_reuse *r, const struct gv_reuse_text *text);

/* Find what the first two projects have in common. As gv_reuse_list(). */
int gv_reuse_between(struct gv_reuse *r);

/* No more text of one project than that is read for it, in bytes. */
#define GV_REUSE_JOINED ((uint64_t)128 * 1024 * 1024)

/* Find out which file of the second project was written again from which one
 * of the first (kin.h); the numbers are of `files`. *is_cut says that there was
 * too much text, and some was not looked at. As gv_reuse_list(); *out is freed
 * with free(out->items). */
int gv_reuse_join(struct gv_kin_pairs *out, bool *is_cut, struct gv_reuse *r);

void gv_reuse_release(struct gv_reuse *r);

#endif
