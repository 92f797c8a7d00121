#include "git-vault/good/rollback.h"

#include <stdlib.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/restore/tear_out.h"
#include "graph/depgraph.h"
#include "graph/depgraph_load.h"
#include "object/repo_odb.h"
#include "part/tear.h"
#include "restore/restore.h"
#include "view/revealed.h"

/*
 * Whether a rollback of some files would leave references that lead nowhere, by
 * the decision that a restore of an environment makes, too.
 */

struct mixing {
	const struct gv_restore_opts *opts; /* of the rollback */
	struct gv_revealed *revealed;
};

static bool
goes_back(void *ctx, const char *path, size_t len)
{
	const struct gv_restore_opts *o = ((const struct mixing *)ctx)->opts;

	return !(o->stays && o->stays(o->stays_ctx, path, len)) &&
	    o->takes(o->takes_ctx, path, len);
}

static bool
is_opaque(void *ctx, const char *path, size_t len)
{
	const struct mixing *m = ctx;

	return gv_revealed_find(m->revealed, path, len) != NULL;
}

static int
find(struct gv_rollback_run *w, struct mixing *m,
    const struct gv_depgraph *target, const struct gv_depgraph *now)
{
	const struct gv_depgraph *g = &w->result.graph;
	bool *goes = calloc((size_t)g->n_files + 1, sizeof(*goes));
	const struct gv_tear_trees trees = { .result = g,
		.goes_back = goes,
		.target = target,
		.now = now,
		.is_opaque = is_opaque,
		.ctx = m };
	uint32_t i;
	int r;

	if (goes == NULL)
		return gv_err_nomem();
	for (i = 0; i < g->n_files; i++)
		goes[i] = goes_back(m, g->files[i].path, g->files[i].len);
	r = gv_tear_find(&w->tear, &trees);
	free(goes);
	return r;
}

static int
look(struct gv_rollback_run *w, struct mixing *m)
{
	struct gv_repo *repo = w->ctx->repo;
	struct gv_depgraph_loaded target = { .map = NULL };
	struct gv_depgraph_loaded now = { .map = NULL };
	const struct gv_depgraph_mix mix = { .tree = &w->rec.tree,
		.takes = goes_back,
		.drops = goes_back,
		.ctx = m };
	struct gv_odb *odb;
	int r;

	if ((r = gv_repo_odb(repo, &odb)) < 0 ||
	    (r = gv_revealed_load(
		 &m->revealed, odb, &w->rec, GV_REVEALED_TREE)) < 0 ||
	    (r = gv_depgraph_load(&target, repo, &w->rec.tree, 0)) < 0 ||
	    (r = gv_depgraph_load(&now, repo, NULL, 0)) < 0 ||
	    (r = gv_depgraph_load_mixed(&w->result, repo, &mix, 0)) < 0)
		goto out;
	r = find(w, m, &target.graph, &now.graph);
out:
	gv_depgraph_unload(&target);
	gv_depgraph_unload(&now);
	return r;
}

int
gv_rollback_tear_find(
    struct gv_rollback_run *w, const struct gv_restore_opts *opts)
{
	struct mixing m = { .opts = opts };
	int r;

	/* all goes back, or all that was there before, or nothing */
	if (opts->takes == NULL || w->undone.id[0] || w->n_changes == 0)
		return 0;
	r = look(w, &m);
	gv_revealed_free(m.revealed);
	if (r == 0 || r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	gv_out_warn(w->ctx->out,
	    "cannot tell whether references would lead nowhere afterwards: %s",
	    gv_err_message());
	return 0;
}

int
gv_rollback_tear_check(const struct gv_rollback_run *w)
{
	const size_t n = w->tear.n_torn;

	if (n == 0)
		return 0;
	if (!w->ctx->json)
		gv_tear_out(w->ctx->out, &w->tear, &w->result.graph);
	if (w->o->force) {
		gv_out_warn(w->ctx->out,
		    "%zu reference%s dangle%s after this rollback of %s", n,
		    n == 1 ? "" : "s", n == 1 ? "s" : "", w->env);
		return 0;
	}
	return gv_err(GV_EREFUSED,
	    "a rollback of %s alone would leave %zu reference%s dangling, so "
	    "nothing was changed; to roll back all files, add --scope all; to "
	    "roll back %s all the same, add --force",
	    w->env, n, n == 1 ? "" : "s", w->env);
}
