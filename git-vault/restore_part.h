#ifndef RESTORE_PART_H
#define RESTORE_PART_H
/*
 * A restore of some files only: which others belong together with them, by the
 * graph of the snapshot.
 *
 *	r = gv_restore_part_related(&part, &ask);
 *	opts.pathspecs = part.specs;
 *	gv_restore_part_out(ctx, &part, &ask);
 *	gv_restore_part_release(&part);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "graph/depgraph_load.h"
#include "part/related.h"

struct gv_ctx;
struct gv_json;
struct gv_opt_list;
struct gv_record;
struct gv_restore_opts;

struct gv_restore_part_ask {
	struct gv_ctx *ctx;
	const struct gv_record *rec;
	const struct gv_restore_opts *opts; /* of the restore */
	const struct gv_opt_list *identities;
	char *const *paths; /* as they were typed, NULL behind the last */
	bool with_related;  /* what is related is restored, too */
};

struct gv_restore_part {
	struct gv_depgraph_loaded snap; /* the graph of the snapshot */
	bool *chosen;                   /* by file of it: the paths name it */
	bool *held; /* the same: a snapshot of the working tree would hold it;
		       NULL where this is no sparse checkout */
	struct gv_related related;
	/* the paths, with what is related where that is restored; NULL behind
	 * the last. NULL: no more than the paths */
	char **specs;
	size_t n_specs;
	struct gv_arena arena;
};

#define GV_RESTORE_PART_INIT                                                   \
	{                                                                      \
		.arena = GV_ARENA_INIT                                         \
	}

/* Find what is related to the paths. 0; as gv_depgraph_load() and
 * gv_restore_run(). To be released in any case. */
int gv_restore_part_related(
    struct gv_restore_part *part, const struct gv_restore_part_ask *ask);

/* Print what is related: with the kind of edge that says so in a dry run, else
 * a hint where it was not restored. The same as members of the document. */
void gv_restore_part_out(const struct gv_restore_part *part,
    const struct gv_restore_part_ask *ask, bool is_dry);
void gv_restore_part_json(struct gv_json *j, const struct gv_restore_part *part,
    const struct gv_restore_part_ask *ask);

/* Free; zeroed ok. */
void gv_restore_part_release(struct gv_restore_part *part);

#endif
