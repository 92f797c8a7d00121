#ifndef GV_DIFF_H
#define GV_DIFF_H
/*
 * What differs between two sets of files: two snapshots, or a snapshot and
 * any other tree. Contents, modes and renames are compared by git itself (so
 * that pathspecs and renames mean what they mean to git), and what trees
 * cannot say by the manifests. Text for people (patches, bar charts) is not
 * made here: git prints it from the two trees.
 *
 *	r = gv_diff_side_of(&opts.from, repo, &rec_a);
 *	r = gv_diff_side_of(&opts.to, repo, &rec_b);
 *	r = gv_diff_run(&diff, repo, &opts);
 *	for (i = 0; i < diff.n; i++) … diff.changes[i] …
 *	gv_diff_release(&diff);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "repo/oid.h"

struct gv_manifest;
struct gv_manifest_entry;
struct gv_odb;
struct gv_record;
struct gv_repo;

/* One side: the files, and the tree meta/manifest that describes them. A side
 * that has its manifest in memory (the working tree) sets `loaded`, which is
 * borrowed and comes first. */
struct gv_diff_side {
	struct gv_oid tree;     /* the empty tree's id for no files */
	struct gv_oid manifest; /* zero: trees are compared, nothing else */
	struct gv_oid partial;  /* where there is no manifest: one that tells of
				   the files in chunks and of what is not stored
				   alone, or zero */
	bool noted; /* `partial` tells of all that is not stored: where it is
		       zero, there is none */
	const struct gv_manifest *loaded; /* or NULL */
};

struct gv_diff_opts {
	struct gv_diff_side from, to;
	const char *const *paths; /* git's pathspecs, relative to the current
				     directory; NULL or NULL-terminated */
	const char *const *env;   /* for git, as gv_proc_opts: where a side's
				     objects are not in the repository yet */
	bool no_renames;          /* a rename is one removed and one added */
	const char *renames;      /* how alike a renamed file is: what stands
				     behind git's -M; NULL: git's default */
	bool sizes;               /* find out old_size and new_size */
};

/* What of a path's metadata differs. */
enum gv_diff_meta {
	GV_DIFF_MODE = 1 << 0,   /* permission bits, where trees see none */
	GV_DIFF_OWNER = 1 << 1,  /* user or group */
	GV_DIFF_XATTRS = 1 << 2, /* extended attributes */
	GV_DIFF_DIR = 1 << 3,    /* an empty directory came or went */
	GV_DIFF_TYPE = 1 << 4,   /* stored, skipped, nested repository… */
};

struct gv_diff_change {
	/* git's letters A D M T R C, or 'm': only metadata differs */
	char status;
	unsigned score; /* of R and C: how alike, in per cent */
	const char *path;
	size_t path_len;
	const char *old_path; /* of R and C, else NULL */
	size_t old_path_len;
	unsigned old_mode, new_mode;    /* as in trees; of 'm' with all bits;
					   0 where the path is missing */
	struct gv_oid old_oid, new_oid; /* zero where missing, and of 'm' */
	uint64_t old_size, new_size;    /* with opts.sizes, or where a side is
					   in chunks; 0 where missing */
	bool old_chunked, new_chunked;  /* kept in chunks */
	/* of 'm': which fields, and the lines themselves (NULL: missing) */
	unsigned meta;
	const struct gv_manifest_entry *from, *to;
};

struct gv_diff {
	struct gv_diff_change *changes; /* by path */
	size_t n;
	size_t added, removed, modified, renamed, metadata; /* how many */
	/* paths that are no changes, while to git they are some: of files that
	 * one side keeps in chunks and the other whole, and that are equal;
	 * and what is there on the second side, but is not stored */
	const char **same;
	size_t n_same, cap_same;
	/* private: what the changes point into */
	size_t cap;
	struct gv_arena arena;
	struct gv_manifest *owned[2];
};

/* An empty one, for gv_diff_parse_raw(). */
#define GV_DIFF_INIT                                                           \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* The side that a snapshot is: its tree/ and its meta/manifest. 0, or the
 * reading's failure. */
int gv_diff_side_of(struct gv_diff_side *out, struct gv_repo *repo,
    const struct gv_record *rec);

/* The side that a commit of the project is: its tree, without a manifest. 0,
 * GV_ENOTFOUND, GV_ECORRUPT. */
int gv_diff_side_of_commit(struct gv_diff_side *out, struct gv_repo *repo,
    const struct gv_oid *commit);

/* Whether git is set to seek renames (diff.renames). */
bool gv_diff_seeks_renames(const struct gv_repo *repo);

/* Compare. 0, also where nothing differs; GV_ERROR with git's words (a bad
 * pathspec, a missing object); GV_ECORRUPT or GV_ENOTFOUND for a damaged
 * manifest. The caller releases *out. */
int gv_diff_run(
    struct gv_diff *out, struct gv_repo *repo, const struct gv_diff_opts *opts);

/* The files and links that differ between two trees (NULL for no files), by
 * their objects and modes alone and without git: A, D and M. `takes` says which
 * paths are wanted; NULL: all. 0; GV_ECORRUPT, GV_ENOTFOUND; GV_ENOMEM. The
 * caller releases *out. */
int gv_diff_files(struct gv_diff *out, struct gv_repo *repo,
    const struct gv_oid *from, const struct gv_oid *to,
    bool (*takes)(void *ctx, const char *path, size_t len), void *ctx);

/* Free; NULL-safe, zeroed struct ok. */
void gv_diff_release(struct gv_diff *diff);

/* Add the changes that `git diff-tree -r -z --raw --no-abbrev` prints. 0, or
 * GV_ECORRUPT for bytes that are not of that form. */
int gv_diff_parse_raw(struct gv_diff *diff, const char *text, size_t len);

/* What is known of a side's lines: *out, or NULL. It is loaded into *owned
 * where it must be and is not yet. 0, or the reading's failure. */
int
gv_diff_side_load(const struct gv_manifest **out, struct gv_manifest **owned,
    struct gv_odb *odb, const struct gv_diff_side *side);

/* Make of what git takes to be removed, but the second side notes as there and
 * not stored, an 'm' each: of a directory that could not be read one for all
 * that is below it. To be called before gv_diff_add_metadata(). 0, or the
 * reading's failure. */
int gv_diff_mind_skipped(struct gv_diff *diff, struct gv_repo *repo,
    const struct gv_diff_opts *opts);

/* Set right what git cannot see of files in chunks, whose pointers are all it
 * has: their sizes, and equality with a file that is kept whole. 0, or the
 * reading's failure. */
int gv_diff_mind_chunked(struct gv_diff *diff, struct gv_repo *repo,
    const struct gv_diff_opts *opts);

/* Add an 'm' for each path whose lines differ and that is no change yet. The
 * manifests must live as long as `diff`. 0 or GV_ENOMEM. */
int gv_diff_add_metadata(struct gv_diff *diff, const struct gv_manifest *from,
    const struct gv_manifest *to);

/* The same of what is not stored alone: an 'm' for each path that one side
 * notes and the other does not. A manifest may be NULL: it notes nothing. */
int gv_diff_add_noted(struct gv_diff *diff, const struct gv_manifest *from,
    const struct gv_manifest *to);

/* Which fields of two lines differ (enum gv_diff_meta). Times do not count: a
 * touched file is the same file. */
unsigned gv_diff_meta(
    const struct gv_manifest_entry *a, const struct gv_manifest_entry *b);

/* The mode of a manifest's entry as in a tree, with all permission bits; 0
 * for NULL and for what has none. */
unsigned gv_diff_mode(const struct gv_manifest_entry *e);

#endif
