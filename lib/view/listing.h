#ifndef GV_LISTING_H
#define GV_LISTING_H
/*
 * What lies in a directory of a snapshot: the tree's entries, each with its
 * metadata from the manifest beside it, and what the manifest alone knows:
 * empty directories, repositories without a commit, what was not stored.
 *
 *	r = gv_listing_load(&list, repo, &rec, "envs/prod", GV_LISTING_SIZES);
 *	for (i = 0; i < list.n; i++) … list.entries[i] …
 *	gv_listing_release(&list);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "repo/oid.h"

struct gv_manifest;
struct gv_manifest_entry;
struct gv_record;
struct gv_repo;

enum gv_listing_flags {
	GV_LISTING_DEEP = 1 << 0,  /* all below, too */
	GV_LISTING_SIZES = 1 << 1, /* find out sizes and links' targets */
};

enum gv_listing_kind {
	GV_LISTING_FILE,
	GV_LISTING_DIR,
	GV_LISTING_LINK,
	GV_LISTING_REPO,    /* a repository of its own: only its commit, if it
			       has one */
	GV_LISTING_SPARSE,  /* as in the index: it was not checked out */
	GV_LISTING_SKIPPED, /* not stored; meta->reason says why */
};

struct gv_listing_entry {
	const char *path; /* from the directory that was asked for */
	size_t path_len;
	enum gv_listing_kind kind;
	unsigned mode;     /* kind and all permission bits; 0 where not known */
	struct gv_oid oid; /* zero where the tree has nothing */
	uint64_t size;     /* of files and links, with GV_LISTING_SIZES */
	uint64_t values;   /* that are withheld of a file; then its size is
			      known to nobody without a key */
	const char *target;   /* of links, likewise; else NULL */
	const char *precious; /* the rule by which a file that git does not
				 track is precious, or NULL */
	const char *linked;   /* of a repository: the id of the snapshot of its
				 own that belongs to this one, or NULL */
	const struct gv_manifest_entry *meta; /* or NULL */
};

struct gv_listing {
	struct gv_listing_entry *entries; /* by path */
	size_t n, cap;
	/* why the list of what is withheld cannot be read, so that `values` is
	 * known of none; else NULL */
	const char *unread;
	/* private */
	struct gv_arena arena;
	struct gv_manifest *manifest;
};

/* Load it. `path` is from the top, "" is the top directory; of a file it is
 * that one alone, by its last name. 0; GV_ENOTFOUND with the nearest name;
 * GV_ECORRUPT. The caller releases *out. */
int gv_listing_load(struct gv_listing *out, struct gv_repo *repo,
    const struct gv_record *rec, const char *path, unsigned flags);

/* Free; NULL-safe, zeroed struct ok. */
void gv_listing_release(struct gv_listing *list);

#endif
