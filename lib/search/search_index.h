#ifndef GV_SEARCH_INDEX_H
#define GV_SEARCH_INDEX_H
/*
 * The index of what snapshots and automatic saves hold, in .git/vault/search/:
 * with it, a search reads only those contents that may have the text. It is
 * derived from them and may be deleted at any time. What it does not have is
 * read.
 *
 *	r = gv_search_index_update(&res, repo, false);
 *	gv_search_index_remove(repo);
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_repo;

struct gv_search_indexed {
	uint64_t added; /* contents that are new in it */
	uint64_t bytes; /* of them */
	uint64_t size;  /* of the whole index, in bytes */
};

/* Index what is new. Only what they store is read, without the secrets
 * that they encrypt. A part of which most contents are gone is made again;
 * `strict`: each part of which one is. 0, also where there is nothing;
 * GV_ELOCKED where another process is at it, and GV_EREFUSED inside a push's
 * quarantine, both without a message; GV_ERROR; GV_ECANCELED; GV_ENOMEM. */
int gv_search_index_update(
    struct gv_search_indexed *out, struct gv_repo *repo, bool strict);

/* Remove it. No failure tells. */
void gv_search_index_remove(const struct gv_repo *repo);

#endif
