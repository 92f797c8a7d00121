#ifndef GV_RECORD_CACHE_H
#define GV_RECORD_CACHE_H
/*
 * What the commits of snapshots said when they were last read, so that a list
 * of a thousand opens none of them. A commit's id is its content: what is
 * here under one cannot be out of date, only missing. Which snapshots there
 * are the refs say, whether one is whole a verification; what is deleted or
 * restored is decided by the commits themselves, never by this. In the
 * repository's vault folder, shared by its working trees.
 *
 *	r = gv_record_cache_load(&cache, repo);
 *	if (gv_record_cache_get(&cache, &rec, commit) == 0) … read it …
 *		gv_record_cache_add(&cache, &rec);
 *	gv_record_cache_save(&cache, repo, &refs);
 */

#include "worktree/table.h"

struct gv_record;
struct gv_refs;
struct gv_repo;

struct gv_record_cache {
	struct gv_table table;
	size_t n;            /* how many records are in the repository's file */
	struct gv_buf bytes; /* private: of the record that is added */
};

#define GV_RECORD_CACHE_INIT                                                   \
	{                                                                      \
		.table = GV_TABLE_INIT("GVRECOR4", GV_OID_RAW),                \
		.bytes = GV_BUF_INIT                                           \
	}

/* Read the repository's file; none, or a damaged one, gives an empty cache. 0
 * or GV_ENOMEM. */
int
gv_record_cache_load(struct gv_record_cache *out, const struct gv_repo *repo);

/* Write it for these refs, where enough was added or too much is left over:
 * what has no ref goes. No failure tells: it only costs time. */
void gv_record_cache_save(struct gv_record_cache *c, const struct gv_repo *repo,
    const struct gv_refs *refs);

/* The record of a commit: 1 with *out as gv_record_load() gives it; 0 where
 * the file has none; GV_ENOMEM. Thread safe. */
int gv_record_cache_get(const struct gv_record_cache *c, struct gv_record *out,
    const struct gv_oid *commit);

/* Add a record that was read whole, without its marks. 0 or GV_ENOMEM. */
int gv_record_cache_add(struct gv_record_cache *c, const struct gv_record *rec);

/* Free; NULL-safe, zeroed struct ok. */
void gv_record_cache_release(struct gv_record_cache *c);

#endif
