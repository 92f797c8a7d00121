#ifndef GV_FACT_H
#define GV_FACT_H
/*
 * What was found out of a blob, kept by its id, so that nobody computes it
 * again: a record of bytes, whose form is its writer's. As the same bytes may
 * mean something else in a file of another kind, the kind is part of the key;
 * and all of a file is of one version of who finds out. Losing it costs time
 * only. Each analysis has a file of its own.
 *
 *	r = gv_fact_load(&facts, repo, GV_FACT_SCAN, &version);
 *	p = gv_fact_get(&facts, &id, kind, &len);
 *	if (p == NULL)
 *		gv_fact_add(&facts, &id, kind, p, len);
 *	gv_fact_save(&facts, repo, GV_FACT_SCAN);
 */

#include <stddef.h>
#include <stdint.h>

#include "worktree/table.h"

/* All that is in the file, and what was added since that was written: in a
 * file beside it, NAME-recent, of the same form, so that who adds a little to a
 * large one writes little. */
struct gv_fact {
	struct gv_table old, recent;
};

#define GV_FACT_TABLE GV_TABLE_INIT("GVFACTS2", GV_OID_RAW + 8)
#define GV_FACT_INIT                                                           \
	{                                                                      \
		.old = GV_FACT_TABLE, .recent = GV_FACT_TABLE                  \
	}
#define GV_FACT_RECENT "-recent"

/* The files: what the scanner found, and what code defines and refers to. */
#define GV_FACT_SCAN    "facts"
#define GV_FACT_SYMBOLS "symbols"

/* Two files of other forms, with what follows from all facts of a tree: its
 * relations, and the findings of a check. */
#define GV_FACT_GRAPH       "graph"
#define GV_FACT_GRAPH_MAGIC "GVGRAPH1"
#define GV_FACT_CHECK       "check"
#define GV_FACT_CHECK_MAGIC "GVCHECK1"

/* Read the repository's files of that name; none, a damaged one or one of
 * another version gives an empty table. 0 or GV_ENOMEM. */
int gv_fact_load(struct gv_fact *out, const struct gv_repo *repo,
    const char *name, const struct gv_oid *version);

/* Write it, where something was added. No failure tells. */
void gv_fact_save(
    struct gv_fact *facts, const struct gv_repo *repo, const char *name);

/* The record of a blob in the file, borrowed; NULL where there is none. Safe
 * in threads. */
const char *gv_fact_get(const struct gv_fact *facts, const struct gv_oid *blob,
    uint64_t kind, size_t *len);

/* Add a record, of as many bytes as there may be: none, too. 0 or GV_ENOMEM. */
int gv_fact_add(struct gv_fact *facts, const struct gv_oid *blob, uint64_t kind,
    const void *p, size_t len);

/* Free; zeroed struct ok. */
void gv_fact_release(struct gv_fact *facts);

#endif
