#ifndef RESTORE_PART_H
#define RESTORE_PART_H
/*
 * A restore of some files only: which others belong together with them, by the
 * graph of the snapshot; and of an environment, whether what it leaves has
 * references that lead nowhere. restore_part.c does this for paths,
 * restore_env.c for an environment, restore_part_out.c prints.
 *
 *	r = gv_restore_part_related(&part, &ask);
 *	opts.pathspecs = part.specs;
 *	gv_restore_part_out(&part, &ask, false);
 *	gv_restore_part_release(&part);
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "graph/depgraph_load.h"
#include "part/cover.h"
#include "part/related.h"
#include "part/tear.h"

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
	const char *env;    /* all files of this environment; NULL: the paths */
	const char *as;     /* as files of this one; NULL: as what they are */
	bool with_related;  /* what is related is restored, too */
	bool is_forced;     /* also where references would dangle */
};

struct gv_restore_part {
	struct gv_depgraph_loaded snap; /* the graph of the snapshot */
	bool *chosen;                   /* by file of it: the paths name it */
	bool *held; /* the same: a snapshot of the working tree would hold it;
		       NULL where this is no sparse checkout */
	struct gv_related related;
	/* pathspecs of all that is restored; NULL behind the last. NULL: no
	 * more than the paths */
	char **specs;
	size_t n_specs, cap_specs;
	/* of an environment: the working tree, what it would be, and what that
	 * lacks */
	struct gv_depgraph_loaded now, result;
	struct gv_cover cover;
	struct gv_tear tear;
	bool has_any;    /* of an environment: the snapshot has files of it */
	bool *goes_back; /* by file of the result */
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

/* Find the files of the environment, what is related to them, and what would
 * lead nowhere. 0; GV_ENOTFOUND where the snapshot does not know the
 * environment; as above. */
int gv_restore_env_find(
    struct gv_restore_part *part, const struct gv_restore_part_ask *ask);

/* Whether the restore is to be refused. */
bool gv_restore_part_is_torn(
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask);

/* Print why it is refused, and what to do. */
void gv_restore_part_out_refused(
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask);

/* For these parts alone: add a path to the pathspecs; find what is related to
 * the chosen files, and add that where it is restored. */
int
gv_restore_part_add(struct gv_restore_part *part, const char *path, size_t len);
int gv_restore_part_relate(
    struct gv_restore_part *part, const struct gv_restore_part_ask *ask);

/* Print what is related: with the kind of edge that says so in a dry run, else
 * a hint where it was not restored. The same as members of the document. */
void gv_restore_part_out(const struct gv_restore_part *part,
    const struct gv_restore_part_ask *ask, bool is_dry);
void gv_restore_part_out_json(struct gv_json *j,
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask);

/* Free; zeroed ok. */
void gv_restore_part_release(struct gv_restore_part *part);

#endif
