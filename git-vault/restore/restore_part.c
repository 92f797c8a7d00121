#include "git-vault/restore/restore_part.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/place.h"
#include "graph/depgraph.h"
#include "infra/envtree.h"
#include "record/record.h"
#include "repo/repo.h"
#include "restore/restore.h"
#include "snapshot/survey.h"

#define LITERAL ":(top,literal)"

/* ---- which files the paths name ------------------------------------------ */

static void
choose_below(struct gv_restore_part *part, const char *path, size_t len)
{
	const struct gv_depgraph *g = &part->snap.graph;
	uint32_t i;

	for (i = 0; i < g->n_files; i++)
		if (len == 0 ||
		    gv_path_is_below(
			g->files[i].path, g->files[i].len, path, len))
			part->chosen[i] = true;
}

/* A path without magic or wildcards is one from the current directory. Whether
 * it is such a path. */
static bool
choose_plain(struct gv_restore_part *part,
    const struct gv_restore_part_ask *ask, const char *text)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is_plain = false;

	if (strncmp(text, LITERAL, strlen(LITERAL)) == 0)
		gv_buf_addstr(&path, text + strlen(LITERAL));
	else if (*text == ':' || strpbrk(text, "*?[\\") ||
	    gv_place_from_top(&path, ask->ctx->repo, text) < 0)
		goto out;
	if (gv_buf_check(&path) < 0)
		goto out;
	choose_below(part, path.p ? path.p : "", path.len);
	is_plain = true;
out:
	gv_buf_release(&path);
	return is_plain;
}

/* What a restore asks of each path that its pathspecs take. */
static bool
note_chosen(void *ctx, const char *path, size_t len)
{
	struct gv_restore_part *part = ctx;
	const uint32_t i = gv_depgraph_find_file(&part->snap.graph, path, len);

	if (i != GV_DEPGRAPH_NONE)
		part->chosen[i] = true;
	return false;
}

/* A restore that only looks, and says nothing. */
static int
look(const struct gv_restore_part_ask *ask, struct gv_restore_opts *opts)
{
	struct gv_restore_result res;

	opts->dry_run = true;
	opts->delete = opts->index = false;
	opts->revoked = NULL;
	opts->recovered = NULL;
	opts->take_safety = NULL;
	opts->may_retake = false;
	opts->begin = NULL;
	opts->add = NULL;
	return gv_restore_run(&res, ask->ctx->repo, ask->rec, opts);
}

static int
choose(struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	struct gv_restore_opts opts = *ask->opts;
	char *const *path;

	part->chosen =
	    calloc((size_t)part->snap.graph.n_files + 1, sizeof(bool));
	if (part->chosen == NULL)
		return gv_err_nomem();
	for (path = ask->paths; *path; path++)
		if (!choose_plain(part, ask, *path))
			break;
	if (*path == NULL)
		return 0;
	opts.each = NULL;
	opts.takes = note_chosen;
	opts.takes_ctx = part;
	return look(ask, &opts);
}

/* ---- what differs -------------------------------------------------------- */

struct differing {
	const struct gv_restore_part *part;
	const struct gv_restore_part_ask *ask;
	const uint32_t *files; /* sorted */
	uint32_t n;
	bool *differs;
};

static int
compare(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static const uint32_t *
find(const struct differing *d, const char *path, size_t len)
{
	const uint32_t file =
	    gv_depgraph_find_file(&d->part->snap.graph, path, len);

	return file == GV_DEPGRAPH_NONE
	    ? NULL
	    : bsearch(&file, d->files, d->n, sizeof(file), compare);
}

static bool
is_wanted(void *ctx, const char *path, size_t len)
{
	return find(ctx, path, len) != NULL;
}

static void
note_change(void *ctx, const struct gv_restore_change *c)
{
	struct differing *d = ctx;
	const uint32_t *at;

	if (c->action != GV_RESTORE_CREATE && c->action != GV_RESTORE_CHANGE)
		return;
	at = find(d, c->path, c->len);
	/* a sparse checkout has left it out, and so does who works in it */
	if (at &&
	    (c->action == GV_RESTORE_CHANGE || d->part->held == NULL ||
		!d->part->held[*at]))
		d->differs[at - d->files] = true;
}

struct asking {
	struct gv_restore_part *part;
	const struct gv_restore_part_ask *ask;
};

/* By the comparison that the restore itself makes, secrets included. */
static int
differ(void *ctx, bool *differs, const uint32_t *files, uint32_t n)
{
	const struct asking *a = ctx;
	struct differing d = { a->part, a->ask, files, n, differs };
	struct gv_restore_opts opts = *a->ask->opts;

	opts.pathspecs = NULL;
	opts.n_pathspecs = 0;
	opts.takes = is_wanted;
	opts.takes_ctx = &d;
	opts.each = note_change;
	opts.each_ctx = &d;
	return look(a->ask, &opts);
}

static int
note_held(void *ctx, const char *path, size_t len, const struct gv_oid *pointer)
{
	struct gv_restore_part *part = ctx;
	const uint32_t i = gv_depgraph_find_file(&part->snap.graph, path, len);

	(void)pointer;
	if (i != GV_DEPGRAPH_NONE)
		part->held[i] = true;
	return 0;
}

static int
look_held(struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	struct gv_repo *repo = ask->ctx->repo;

	if (ask->opts->to ||
	    !gv_config_bool(&repo->config, "core.sparsecheckout", false))
		return 0;
	part->held = calloc((size_t)part->snap.graph.n_files + 1, sizeof(bool));
	if (part->held == NULL)
		return gv_err_nomem();
	return gv_survey_each_held(repo, note_held, part);
}

/* ---- all ----------------------------------------------------------------- */

static int
add_spec(struct gv_restore_part *part, char *spec)
{
	if (spec == NULL ||
	    gv_vec_grow((void **)&part->specs, &part->cap_specs,
		part->n_specs + 2, sizeof(*part->specs)) < 0)
		return gv_err_nomem();
	part->specs[part->n_specs++] = spec;
	part->specs[part->n_specs] = NULL;
	return 0;
}

int
gv_restore_part_add(struct gv_restore_part *part, const char *path, size_t len)
{
	const size_t n = strlen(LITERAL);
	char *spec = gv_arena_alloc(&part->arena, n + len + 1);

	if (spec) {
		memcpy(spec, LITERAL, n);
		memcpy(spec + n, path, len);
		spec[n + len] = '\0';
	}
	return add_spec(part, spec);
}

int
gv_restore_part_relate(
    struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	const struct gv_depgraph *g = &part->snap.graph;
	struct asking asking = { part, ask };
	const struct gv_related_opts opts = { .chosen = part->chosen,
		/* a new directory has nothing yet */
		.differ = ask->opts->to ? NULL : differ,
		.ctx = &asking,
		.env = ask->env,
		.steps = ask->with_related ? 0 : 1 };
	size_t i;
	int r;

	if ((r = look_held(part, ask)) < 0 ||
	    (r = gv_related_find(&part->related, g, &opts)) < 0)
		return r;
	for (i = 0; r == 0 && ask->with_related && i < part->related.n; i++) {
		const struct gv_depgraph_file *f =
		    &g->files[part->related.items[i].file];

		r = gv_restore_part_add(part, f->path, f->len);
	}
	return r;
}

int
gv_restore_part_related(
    struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	char *const *path;
	int r;

	if ((r = gv_depgraph_load(&part->snap, ask->ctx->repo, &ask->rec->tree,
		 ask->opts->threads)) < 0 ||
	    (r = choose(part, ask)) < 0)
		return r;
	for (path = ask->paths; *path && ask->with_related; path++)
		if ((r = add_spec(part, *path)) < 0)
			return r;
	return gv_restore_part_relate(part, ask);
}

void
gv_restore_part_release(struct gv_restore_part *part)
{
	gv_related_release(&part->related);
	gv_tear_release(&part->tear);
	gv_cover_release(&part->cover);
	gv_depgraph_unload(&part->snap);
	gv_depgraph_unload(&part->now);
	gv_depgraph_unload(&part->result);
	gv_arena_release(&part->arena);
	free(part->specs);
	free(part->chosen);
	free(part->held);
	free(part->goes_back);
	memset(part, 0, sizeof(*part));
}
