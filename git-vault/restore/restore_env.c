#include "git-vault/restore/restore_part.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "env/envmap.h"
#include "git-vault/front/cmd.h"
#include "graph/depgraph.h"
#include "infra/envtree.h"
#include "object/repo_odb.h"
#include "record/record.h"
#include "restore/restore.h"
#include "view/revealed.h"

/* ---- which files are of it ----------------------------------------------- */

static int
refuse_unknown(
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	const struct gv_envtree_env *const *envs;
	struct gv_buf names = GV_BUF_INIT;
	size_t i, n;
	int r;

	envs = gv_envtree_list(part->snap.map->tree, &n);
	for (i = 0; i < n; i++)
		if (envs[i]->files)
			gv_buf_addf(&names, "%s%s", names.len ? ", " : "",
			    envs[i]->name);
	if ((r = gv_buf_check(&names)) == 0 && names.len)
		r = gv_err(GV_ENOTFOUND,
		    "snapshot %s has no files of an environment '%s'; it has "
		    "files of %s",
		    ask->rec->id, ask->env, names.p);
	else if (r == 0)
		r = gv_err(GV_ENOTFOUND,
		    "snapshot %s has no files of an environment '%s', nor of "
		    "any other one; to see why: git vault env --explain PATH",
		    ask->rec->id, ask->env);
	gv_buf_release(&names);
	return r;
}

static bool
is_of(const struct gv_depgraph_file *f, const char *env)
{
	return f->env && strcmp(f->env, env) == 0;
}

static int
choose_env(struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	const struct gv_depgraph *g = &part->snap.graph;
	uint32_t i;

	part->chosen = calloc((size_t)g->n_files + 1, sizeof(bool));
	if (part->chosen == NULL)
		return gv_err_nomem();
	for (i = 0; i < g->n_files; i++) {
		part->chosen[i] = is_of(&g->files[i], ask->env);
		part->has_any |= part->chosen[i];
	}
	/* back to where it was not there: all of it goes */
	if (!part->has_any && ask->opts->delete &&ask->is_forced)
		return 0;
	return part->has_any ? 0 : refuse_unknown(part, ask);
}

/* The files of both trees; what only the working tree has is of the environment
 * if that tree says so. What no snapshot stores does not count. */
static size_t
list_files(struct gv_cover_file *out, const struct gv_restore_part *part,
    const struct gv_restore_part_ask *ask)
{
	const struct gv_depgraph *then = &part->snap.graph,
				 *now = &part->now.graph;
	uint32_t i;
	size_t n = 0;

	for (i = 0; i < then->n_files; i++)
		out[n++] = (struct gv_cover_file){ then->files[i].path,
			then->files[i].len, part->chosen[i] };
	for (i = 0; i < now->n_files; i++) {
		const struct gv_depgraph_file *f = &now->files[i];

		if (!(f->flags & (GV_DEPGRAPH_LEFT | GV_DEPGRAPH_LEFT_ALL)) &&
		    gv_depgraph_find_file(then, f->path, f->len) ==
			GV_DEPGRAPH_NONE)
			out[n++] = (struct gv_cover_file){ f->path, f->len,
				is_of(f, ask->env) };
	}
	return n;
}

/* Whether the snapshot has something at a path or below it. */
static bool
is_stored(const struct gv_depgraph *g, const struct gv_cover_item *item)
{
	return item->len == 0 ||
	    gv_depgraph_find_file(g, item->path, item->len) !=
	    GV_DEPGRAPH_NONE ||
	    gv_depgraph_find_folder(g, item->path, item->len) !=
	    GV_DEPGRAPH_NONE;
}

/* The pathspecs of the environment. */
static int
cover_env(struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	const struct gv_depgraph *g = &part->snap.graph;
	struct gv_cover_file *files = calloc(
	    (size_t)g->n_files + part->now.graph.n_files + 1, sizeof(*files));
	size_t i;
	int r;

	if (files == NULL)
		return gv_err_nomem();
	r = gv_cover_find(&part->cover, files, list_files(files, part, ask));
	for (i = 0; r == 0 && i < part->cover.n; i++) {
		struct gv_cover_item *item = &part->cover.items[i];

		if (!part->has_any || is_stored(g, item))
			r = gv_restore_part_add(part, item->path, item->len);
		else
			item->path = NULL;
	}
	if (r == 0 && part->n_specs == 0)
		r = refuse_unknown(part, ask);
	free(files);
	return r;
}

/* ---- what it would leave ------------------------------------------------- */

struct mixing {
	const struct gv_restore_part *part;
	const struct gv_restore_part_ask *ask;
	bool *goes; /* by file of the snapshot */
	struct gv_revealed *revealed;
};

static bool
takes(void *ctx, const char *path, size_t len)
{
	const struct mixing *m = ctx;
	const uint32_t i =
	    gv_depgraph_find_file(&m->part->snap.graph, path, len);

	return i != GV_DEPGRAPH_NONE && m->goes[i];
}

static bool
is_covered(const struct gv_cover *cover, const char *path, size_t len)
{
	size_t i;

	for (i = 0; i < cover->n; i++)
		if (cover->items[i].path &&
		    gv_path_is_below(
			path, len, cover->items[i].path, cover->items[i].len))
			return true;
	return false;
}

static bool
drops(void *ctx, const char *path, size_t len)
{
	const struct mixing *m = ctx;
	const uint32_t i =
	    gv_depgraph_find_file(&m->part->snap.graph, path, len);

	if (i != GV_DEPGRAPH_NONE)
		return m->goes[i];
	return m->ask->opts->delete &&is_covered(&m->part->cover, path, len);
}

static bool
is_opaque(void *ctx, const char *path, size_t len)
{
	const struct mixing *m = ctx;

	return gv_revealed_find(m->revealed, path, len) != NULL;
}

static int
find_tear(struct gv_restore_part *part, struct mixing *m)
{
	const struct gv_depgraph *g = &part->result.graph;
	const struct gv_tear_trees trees = { .result = g,
		.goes_back = part->goes_back,
		.target = &part->snap.graph,
		.now = m->ask->opts->to ? NULL : &part->now.graph,
		.is_opaque = is_opaque,
		.ctx = m };
	uint32_t i;

	for (i = 0; i < g->n_files; i++)
		part->goes_back[i] =
		    takes(m, g->files[i].path, g->files[i].len);
	return gv_tear_find(&part->tear, &trees);
}

static int
look_at_result(
    struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	const uint32_t n = part->snap.graph.n_files;
	struct mixing m = { .part = part, .ask = ask };
	const struct gv_depgraph_mix mix = { .tree = &ask->rec->tree,
		.takes = takes,
		.drops = ask->opts->to ? NULL : drops,
		.ctx = &m };
	struct gv_odb *odb;
	size_t i;
	int r;

	m.goes = calloc((size_t)n + 1, sizeof(*m.goes));
	if (m.goes == NULL)
		return gv_err_nomem();
	memcpy(m.goes, part->chosen, n * sizeof(*m.goes));
	for (i = 0; ask->with_related && i < part->related.n; i++)
		m.goes[part->related.items[i].file] = true;
	if ((r = gv_repo_odb(ask->ctx->repo, &odb)) < 0 ||
	    (r = gv_revealed_load(
		 &m.revealed, odb, ask->rec, GV_REVEALED_TREE)) < 0 ||
	    (r = gv_depgraph_load_mixed(
		 &part->result, ask->ctx->repo, &mix, ask->opts->threads)) < 0)
		goto out;
	part->goes_back =
	    calloc((size_t)part->result.graph.n_files + 1, sizeof(bool));
	r = part->goes_back ? find_tear(part, &m) : gv_err_nomem();
out:
	gv_revealed_free(m.revealed);
	free(m.goes);
	return r;
}

int
gv_restore_env_find(
    struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	struct gv_repo *repo = ask->ctx->repo;
	const int threads = ask->opts->threads;
	int r;

	if ((r = gv_depgraph_load(
		 &part->snap, repo, &ask->rec->tree, threads)) < 0 ||
	    (r = choose_env(part, ask)) < 0 ||
	    (ask->opts->to == NULL &&
		(r = gv_depgraph_load(&part->now, repo, NULL, threads)) < 0) ||
	    (r = cover_env(part, ask)) < 0 ||
	    (r = gv_restore_part_relate(part, ask)) < 0)
		return r;
	return look_at_result(part, ask);
}
