#ifndef GV_FACT_H
#define GV_FACT_H
/*
 * What was found out of a blob, kept by its id, so that nobody computes it
 * again: a record of bytes, whose form is its writer's. As the same bytes may
 * mean something else in a file of another kind, the kind is part of the key;
 * and all of a file is of one version of who finds out. Losing it costs time
 * only.
 *
 *	r = gv_fact_load(&facts, repo, &version);
 *	if (!gv_fact_get(&facts, &id, kind, &p, &len))
 *		gv_fact_add(&facts, &id, kind, p, len);
 *	gv_fact_save(&facts, repo);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "store/oid.h"

struct gv_repo;

/* A record that was added: it ends there in `added`. */
struct gv_fact_row {
	struct gv_oid blob;
	uint64_t kind;
	size_t at, len;
};

struct gv_fact_cache {
	struct gv_oid version;
	struct gv_buf bytes; /* of the file that was loaded */
	const char *file;    /* what is looked up in: these, or others */
	size_t len, n;       /* its length, how many records are in it */
	struct gv_buf added;
	struct gv_fact_row *rows; /* of what was added */
	size_t n_rows, cap_rows;
};

#define GV_FACT_CACHE_INIT                                                     \
	{                                                                      \
		.bytes = GV_BUF_INIT, .added = GV_BUF_INIT                     \
	}

/* Look up in these bytes of a file, which stay the caller's. 0; GV_ECORRUPT
 * without a message where they are no cache of this version or are damaged, and
 * `c` is as it was. */
int gv_fact_parse(struct gv_fact_cache *c, const char *file, size_t len);

/* Append the file of all that it has and that was added; of two records of one
 * key the added one. Sorts what was added. */
void gv_fact_format(struct gv_buf *out, struct gv_fact_cache *c);

/* Read the repository's file; none, a damaged one or one of another version
 * gives an empty cache. 0 or GV_ENOMEM. */
int gv_fact_load(struct gv_fact_cache *out, const struct gv_repo *repo,
    const struct gv_oid *version);

/* Write it, where something was added; what was added is then forgotten. One
 * that has become too large is begun anew with it. No failure tells. */
void gv_fact_save(struct gv_fact_cache *c, const struct gv_repo *repo);

/* The record of a blob in the file, borrowed; false where there is none. Safe
 * in threads. */
bool gv_fact_get(const struct gv_fact_cache *c, const struct gv_oid *blob,
    uint64_t kind, const char **p, size_t *len);

/* Add a record, of as many bytes as there may be: none, too. 0 or GV_ENOMEM. */
int gv_fact_add(struct gv_fact_cache *c, const struct gv_oid *blob,
    uint64_t kind, const void *p, size_t len);

/* Free; NULL-safe, zeroed struct ok. */
void gv_fact_release(struct gv_fact_cache *c);

#endif
