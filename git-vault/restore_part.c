#include "restore_part.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/shell.h"
#include "cmd.h"
#include "json.h"
#include "out.h"
#include "place.h"
#include "graph/depgraph.h"
#include "infra/envtree.h"
#include "record/record.h"
#include "repo/repo.h"
#include "restore/restore.h"
#include "snapshot/survey.h"

#define LITERAL ":(top,literal)"
#define SHOWN   3 /* paths that a hint names */

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

static char *
literal(struct gv_restore_part *part, const struct gv_depgraph_file *file)
{
	const size_t n = strlen(LITERAL);
	char *spec = gv_arena_alloc(&part->arena, n + file->len + 1);

	if (spec) {
		memcpy(spec, LITERAL, n);
		memcpy(spec + n, file->path, (size_t)file->len + 1);
	}
	return spec;
}

static int
add_specs(struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	const struct gv_depgraph *g = &part->snap.graph;
	size_t i, n = 0;

	while (ask->paths[n])
		n++;
	part->specs = calloc(n + part->related.n + 1, sizeof(*part->specs));
	if (part->specs == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++)
		part->specs[i] = ask->paths[i];
	for (i = 0; i < part->related.n; i++)
		if ((part->specs[n + i] = literal(
			 part, &g->files[part->related.items[i].file])) == NULL)
			return gv_err_nomem();
	part->n_specs = n + part->related.n;
	return 0;
}

int
gv_restore_part_related(
    struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	struct asking asking = { part, ask };
	struct gv_related_opts opts = { .ctx = &asking,
		.steps = ask->with_related ? 0 : 1 };
	int r;

	if ((r = gv_depgraph_load_slim(&part->snap, ask->ctx->repo,
		 &ask->rec->tree, ask->opts->threads)) < 0 ||
	    (r = choose(part, ask)) < 0 || (r = look_held(part, ask)) < 0)
		return r;
	opts.chosen = part->chosen;
	/* a new directory has nothing yet */
	opts.differ = ask->opts->to ? NULL : differ;
	if ((r = gv_related_find(&part->related, &part->snap.graph, &opts)) < 0)
		return r;
	return ask->with_related && part->related.n ? add_specs(part, ask) : 0;
}

void
gv_restore_part_release(struct gv_restore_part *part)
{
	gv_related_release(&part->related);
	gv_depgraph_unload(&part->snap);
	gv_arena_release(&part->arena);
	free(part->specs);
	free(part->chosen);
	free(part->held);
	memset(part, 0, sizeof(*part));
}

/* ---- output -------------------------------------------------------------- */

static const char *
kind_of(const struct gv_restore_part *part, const struct gv_related_item *item)
{
	return gv_symbol_edges[part->snap.graph.edges[item->edge].kind];
}

static const struct gv_depgraph_file *
file_of(const struct gv_restore_part *part, uint32_t file)
{
	return &part->snap.graph.files[file];
}

/* "modules/net/main.tf  tf.module of live/prod/main.tf:3" */
static void
print_list(
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	struct gv_out *out = ask->ctx->out;
	size_t i;

	for (i = 0; i < part->related.n; i++) {
		const struct gv_related_item *item = &part->related.items[i];
		const struct gv_depgraph_file *of = file_of(part, item->of);

		gv_out_printf(out, "related: ");
		gv_out_path(out, file_of(part, item->file)->path,
		    file_of(part, item->file)->len);
		gv_out_printf(out, " (%s %s ", kind_of(part, item),
		    item->is_needed ? "of" : "on");
		gv_out_path(out, of->path, of->len);
		gv_out_printf(out, ")\n");
	}
}

static void
add_names(struct gv_buf *out, const struct gv_restore_part *part)
{
	size_t i;

	for (i = 0; i < part->related.n && i < SHOWN; i++) {
		const struct gv_related_item *item = &part->related.items[i];
		const struct gv_depgraph_file *f = file_of(part, item->file);

		gv_buf_addstr(out, i ? ", " : "");
		gv_path_quote(out, f->path, f->len);
		gv_buf_addf(out, " (%s)", kind_of(part, item));
	}
	if (part->related.n > SHOWN)
		gv_buf_addf(out, " and %zu more", part->related.n - SHOWN);
}

static void
print_hint(
    const struct gv_restore_part *part, const struct gv_restore_part_ask *ask)
{
	struct gv_buf names = GV_BUF_INIT, paste = GV_BUF_INIT;
	const size_t n = part->related.n;
	size_t i;

	add_names(&names, part);
	gv_cmd_paste(&paste, ask->ctx);
	gv_buf_addf(
	    &paste, " restore %s --in-place --with-related", ask->rec->id);
	for (i = 0; i < ask->identities->n; i++) {
		gv_buf_addstr(&paste, " --identity");
		gv_shell_word(&paste, ask->identities->items[i]);
	}
	gv_buf_addstr(&paste, " --");
	for (i = 0; ask->paths[i]; i++)
		gv_shell_word(&paste, ask->paths[i]);
	if (gv_buf_check(&names) == 0 && gv_buf_check(&paste) == 0) {
		gv_out_say(ask->ctx->out,
		    "%zu file%s that belong%s with %s also differ%s from the "
		    "snapshot: %s",
		    n, n == 1 ? "" : "s", n == 1 ? "s" : "",
		    ask->paths[1] ? "these paths" : "this path",
		    n == 1 ? "s" : "", names.p);
		gv_out_say(ask->ctx->out, "to restore %s too: %s",
		    n == 1 ? "it" : "them", paste.p);
	}
	gv_buf_release(&names);
	gv_buf_release(&paste);
}

void
gv_restore_part_out(const struct gv_restore_part *part,
    const struct gv_restore_part_ask *ask, bool is_dry)
{
	if (part->related.n == 0)
		return;
	if (is_dry)
		print_list(part, ask);
	if (!ask->with_related)
		print_hint(part, ask);
	else if (part->related.is_cut)
		gv_out_warn(ask->ctx->out,
		    "more than %zu files are related to these paths, and the "
		    "others are not restored; for all files, name no path",
		    part->related.n);
}

void
gv_restore_part_json(struct gv_json *j, const struct gv_restore_part *part,
    const struct gv_restore_part_ask *ask)
{
	size_t i;

	gv_json_array(j, "related");
	for (i = 0; i < part->related.n; i++) {
		const struct gv_related_item *item = &part->related.items[i];
		const struct gv_depgraph_file *f = file_of(part, item->file),
					      *of = file_of(part, item->of);
		const uint32_t line = gv_depgraph_line(
		    &part->snap.graph, &part->snap.graph.edges[item->edge]);

		gv_json_object(j, NULL);
		gv_json_path(j, "path", f->path, f->len);
		gv_json_string(j, "kind", kind_of(part, item));
		gv_json_path(j, "of", of->path, of->len);
		gv_json_bool(j, "needed", item->is_needed);
		if (line)
			gv_json_uint(j, "line", line);
		else
			gv_json_null(j, "line");
		gv_json_bool(j, "restored", ask->with_related);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_bool(j, "related_cut", part->related.is_cut);
}
