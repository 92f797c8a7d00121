#ifndef GV_INDEX_H
#define GV_INDEX_H
/*
 * Git's index, read only: versions 2, 3 and 4, straight from the mapped file;
 * a split or sparse one through `git ls-files`, since those are made of more
 * than this file. We never write it.
 *
 *	r = gv_index_open(&index, repo);
 *	e = gv_index_find(index, path, len, 0);
 *	gv_index_close(index);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "repo/oid.h"

struct gv_buf;
struct gv_repo;

enum gv_index_flags {
	GV_INDEX_ASSUME_VALID = 1 << 0,
	GV_INDEX_SKIP_WORKTREE = 1 << 1, /* sparse checkout: not there */
	GV_INDEX_INTENT_TO_ADD = 1 << 2,
	GV_INDEX_NO_STAT = 1 << 3, /* stat fields unknown: read the file */
};

struct gv_index_entry {
	const char *path; /* borrowed from the index, NUL behind it */
	uint32_t path_len;
	uint8_t stage; /* 0, or 1 to 3 in a conflict */
	uint8_t flags;
	uint32_t mode; /* as in a tree */
	struct gv_oid oid;
	/* stat data as git wrote it, each cut to 32 bits */
	uint32_t ctime_s, ctime_ns, mtime_s, mtime_ns;
	uint32_t dev, ino, uid, gid, size;
};

struct gv_index {
	struct gv_index_entry *entries; /* by path, then stage */
	size_t n;
	bool has_conflicts;
	bool has_skipped;  /* some entry is GV_INDEX_SKIP_WORKTREE */
	int64_t mtime_s;   /* of the file: an entry whose mtime is not */
	uint32_t mtime_ns; /* older may be racily clean */
	uint64_t size, ino;
	struct gv_oid checksum; /* the trailer; zero where git wrote none */
	void *owner;            /* private */
};

struct gv_index_tree {
	const char *path; /* "" for the root, no trailing '/' */
	uint32_t path_len;
	int32_t entries; /* entries below it; negative: id not valid */
	struct gv_oid oid;
};

/* Read it. A missing index is an empty one. 0, GV_ECORRUPT (no index, entry
 * cut short, order, modes; the message has the next command), GV_ERROR. The
 * checksum is not computed: it would take three times as long as all the rest,
 * and git does without it too; see gv_index_verify(). The caller closes it. */
int gv_index_open(struct gv_index **out, const struct gv_repo *repo);

/* The same from bytes, for a regular index (tests and fuzzing): `data` stays
 * the caller's and must outlive the result. GV_EREFUSED where the index is
 * split, sparse, or of a version or with an extension not known here: then
 * gv_index_open() asks git. */
int gv_index_parse(struct gv_index **out, const void *data, size_t len);

/* Append the command that moves a damaged index aside and has git make a new
 * one, of HEAD and of the files: with a path, so that a merge under way goes
 * on. 0 or GV_ENOMEM. */
int gv_index_mend(struct gv_buf *out, const struct gv_repo *repo);

/* Compare the checksum with the bytes. 0, also where there is none (an index
 * that git read for us, index.skipHash), or GV_ECORRUPT. */
int gv_index_verify(const struct gv_index *index);

/* Free; NULL-safe. */
void gv_index_close(struct gv_index *index);

/* The entry of this path and stage, or NULL. */
const struct gv_index_entry *gv_index_find(
    const struct gv_index *index, const char *path, size_t len, unsigned stage);

/* The entries below directory `dir` ("" for all): first index and count, by
 * binary search. */
void gv_index_range(const struct gv_index *index, const char *dir, size_t len,
    size_t *first, size_t *count);

/* All directories that the extension TREE of the index names, each before those
 * in it; *n is 0 where it has none, or memory is short. Borrowed. They are read
 * when they are first asked for. Thread safe. */
const struct gv_index_tree *
gv_index_trees(const struct gv_index *index, size_t *n);

/* The valid tree id that the index knows for a directory, or NULL. Borrowed. It
 * is a cache that git keeps: check that the object is there before use. Thread
 * safe. For the root, not all of them are read. */
const struct gv_oid *
gv_index_tree_of(const struct gv_index *index, const char *dir, size_t len);

#endif
