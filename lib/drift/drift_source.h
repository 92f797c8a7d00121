#ifndef GV_DRIFT_SOURCE_H
#define GV_DRIFT_SOURCE_H
/*
 * The files of a repository's environments for drift.h: those of the working
 * tree that a snapshot would hold, ignored ones among them.
 *
 *	r = gv_drift_source_open(&source, repo);
 *	r = gv_drift_source_find(&left, source, "staging");
 *	r = gv_drift_compare(&report, source->drift, left, right);
 *	gv_drift_source_close(source);
 */

#include <stddef.h>

#include "drift/drift.h"

struct gv_repo;

struct gv_drift_source {
	const struct gv_drift_env *envs; /* in the order of promotion */
	size_t n_envs;
	struct gv_drift *drift;
	struct gv_drift_source_private *private;
};

/* Open it: files are listed, and read once they are compared. 0; GV_EREFUSED
 * where the policy cannot be read; GV_ECANCELED, GV_ECORRUPT, GV_ENOMEM,
 * GV_ERROR. */
int gv_drift_source_open(struct gv_drift_source **out, struct gv_repo *repo);

/* NULL-safe; wipes what was read. */
void gv_drift_source_close(struct gv_drift_source *source);

/* The index of the environment that a word names. 0; GV_ENOTFOUND with the
 * names that there are; GV_ENOMEM. */
int gv_drift_source_find(
    unsigned *out, struct gv_drift_source *source, const char *word);

#endif
