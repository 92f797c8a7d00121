#ifndef GV_HISTORY_CACHE_H
#define GV_HISTORY_CACHE_H
/*
 * What stood at a path in each of many trees, of the paths that were asked for
 * last, so that who asks again opens none of them. A tree's id is its content:
 * what is here under one cannot be out of date, only missing. In the
 * repository's vault folder, shared by its working trees.
 *
 *	gv_history_cache_load(&cache, repo, "envs/prod");
 *	if (!gv_history_cache_get(&cache, &row)) … look it up …
 *	gv_history_cache_save(&cache, repo, "envs/prod", rows, n);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "repo/oid.h"

struct gv_repo;

/* What stands at the path in a tree. */
struct gv_history_row {
	struct gv_oid tree;
	unsigned mode; /* 0: nothing */
	struct gv_oid oid;
};

struct gv_history_cache {
	struct gv_buf bytes;  /* of the repository's file */
	const char *sections; /* of all paths: in these, or others */
	size_t len;
	const char *rows; /* of the path that is asked for; NULL: none */
	size_t n;
};

#define GV_HISTORY_CACHE_INIT                                                  \
	{                                                                      \
		.bytes = GV_BUF_INIT                                           \
	}

/* Look up in these bytes of a file, which stay the caller's, what is asked of
 * a path from the top. 0, also where the path is not among them; GV_ECORRUPT
 * without a message where they are no cache of this version or are damaged,
 * and `c` is as it was. */
int gv_history_cache_parse(
    struct gv_history_cache *c, const char *file, size_t len, const char *path);

/* Append the file: of this path what the rows say, which are sorted, and of
 * others what it said so far, as long as they are not too many. */
void
gv_history_cache_format(struct gv_buf *out, const struct gv_history_cache *c,
    const char *path, struct gv_history_row *rows, size_t n);

/* Read the repository's file; none, or a damaged one, gives an empty cache. 0
 * or GV_ENOMEM. */
int gv_history_cache_load(
    struct gv_history_cache *out, const struct gv_repo *repo, const char *path);

/* Write it. No failure tells: it only costs time. */
void gv_history_cache_save(const struct gv_history_cache *c,
    const struct gv_repo *repo, const char *path, struct gv_history_row *rows,
    size_t n);

/* Whether the path's row of row->tree is there, which fills in the rest. */
bool gv_history_cache_get(
    const struct gv_history_cache *c, struct gv_history_row *row);

/* Free; NULL-safe, zeroed struct ok. */
void gv_history_cache_release(struct gv_history_cache *c);

#endif
