#include "git-vault/front/project_line.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/project_all.h"
#include "project/crew.h"
#include "record/record_resolve.h"
#include "repo/repo.h"
#include "sys/self.h"

/* ---- what there is ------------------------------------------------------- */

static const struct gv_registered *
find_here(const struct gv_registry *reg, const struct gv_repo *repo)
{
	const char *top = repo->worktree ? repo->worktree : repo->git_dir;
	size_t i;

	for (i = 0; i < reg->n; i++)
		if (strcmp(reg->items[i].path, top) == 0)
			return &reg->items[i];
	return NULL;
}

int
gv_project_line_open(struct gv_project_line *out, const struct gv_ctx *ctx)
{
	int r;

	memset(out, 0, sizeof(*out));
	if (ctx->repo == NULL || !gv_lineage_is_any(&ctx->repo->config))
		return 0;
	if ((r = gv_registry_load(&out->registry)) < 0 ||
	    (r = gv_lineage_load(&out->lineage, &out->registry)) < 0)
		return r;
	out->here.project = find_here(&out->registry, ctx->repo);
	if (out->here.project && !ctx->is_alone)
		out->n = gv_lineage_back(out->back, &out->lineage, &out->here);
	return 0;
}

void
gv_project_line_close(struct gv_project_line *line)
{
	gv_lineage_release(&line->lineage);
	gv_registry_release(&line->registry);
	memset(line, 0, sizeof(*line));
}

bool
gv_project_line_is_any(const struct gv_project_line *line)
{
	const struct gv_registered *here = line->here.project;
	size_t i;

	for (i = 0; here && i < line->lineage.n; i++)
		if (line->lineage.links[i].old.project == here ||
		    line->lineage.links[i].new.project == here)
			return true;
	return false;
}

/* ---- in the projects before ---------------------------------------------- */

/* Whether the i-th link leads to a project that none before it leads to. */
static bool
is_first(const struct gv_project_line *line, size_t i)
{
	const struct gv_registered *of = line->back[i]->old.project;
	size_t k;

	for (k = 0; k < i && of; k++)
		if (line->back[k]->old.project == of)
			return false;
	return of != line->here.project;
}

bool
gv_project_line_leads_back(const struct gv_project_line *line)
{
	size_t i;

	for (i = 0; i < line->n; i++)
		if (line->back[i]->old.project && is_first(line, i))
			return true;
	return false;
}

static int
tell_unlisted(struct gv_ctx *ctx, const struct gv_lineage_link *link)
{
	struct gv_buf name = GV_BUF_INIT;
	int r;

	gv_shell_word(&name, link->new.project->name);
	if ((r = gv_buf_check(&name)) == 0)
		gv_out_warn(ctx->out,
		    "%s was rewritten from a project that is not listed any "
		    "more; list it again with 'git vault project add', or give "
		    "the link up: git vault project unlink %s --from %.*s",
		    link->new.project->name, name.p, GV_LINEAGE_ID,
		    link->old.id);
	gv_buf_release(&name);
	return r;
}

static int
run_in(const struct gv_registered *const *items, size_t n, struct gv_ctx *ctx,
    int argc, char *const *argv)
{
	struct gv_project_all_words words = *ctx->words;

	words.argc = argc;
	words.argv = argv;
	words.json = ctx->json != NULL;
	words.is_search = strcmp(ctx->cmd->name, "search") == 0;
	words.line = items;
	words.n_line = n;
	words.into = ctx->json;
	return gv_project_all_run(ctx, &words);
}

int
gv_project_line_go_on(const struct gv_project_line *line, struct gv_ctx *ctx)
{
	const struct gv_registered *items[GV_LINEAGE_MOST];
	size_t i, n = 0;
	int r = 0;

	if (ctx->json)
		gv_json_array(ctx->json, "before");
	for (i = 0; r == 0 && i < line->n; i++) {
		if (line->back[i]->old.project == NULL)
			r = tell_unlisted(ctx, line->back[i]);
		else if (is_first(line, i))
			items[n++] = line->back[i]->old.project;
	}
	if (r == 0 && n)
		r = run_in(items, n, ctx, ctx->words->argc, ctx->words->argv);
	if (ctx->json)
		gv_json_end(ctx->json);
	return r;
}

/* The words of the command, but for its arguments. */
int
gv_project_line_go_on_at(const struct gv_project_line *line, struct gv_ctx *ctx,
    const struct gv_lineage_end *end, const char *path)
{
	const struct gv_project_all_words *words = ctx->words;
	char **argv = calloc((size_t)words->argc + 2, sizeof(*argv));
	char dashes[] = "--", *copy = strdup(path);
	int i, n = 0, r;

	(void)line;
	if (argv == NULL || copy == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	for (i = 0; i < words->argc; i++) {
		char *word = words->argv[i];

		if (!gv_cmd_is_argument(ctx, word) && strcmp(word, "--") != 0)
			argv[n++] = word;
	}
	argv[n++] = dashes;
	argv[n++] = copy;
	r = run_in(&end->project, 1, ctx, n, argv);
out:
	free(argv);
	free(copy);
	return r;
}

/* ---- a snapshot of one of them ------------------------------------------- */

struct asking {
	const char *argv[9];
	const char *dir;
	int status;
};

static const char *const *
argv_of(void *ctx, size_t i)
{
	const struct asking *a = ctx;

	(void)i;
	return a->argv;
}

static const char *
dir_of(void *ctx, size_t i)
{
	const struct asking *a = ctx;

	(void)i;
	return a->dir;
}

static int
take(void *ctx, size_t i, struct gv_crew_result *result)
{
	struct asking *a = ctx;

	(void)i;
	a->status = result->status;
	return 0;
}

/* What is before the path of SNAP:PATH. */
static char *
snapshot_of(const char *text)
{
	static const char *const kinds[] = {
		"tag:", "good:", "at:", "host:", "auto:", "any:", NULL
	};
	const char *colon;
	size_t i, begin = 0;

	for (i = 0; kinds[i]; i++)
		if (strncmp(text, kinds[i], strlen(kinds[i])) == 0)
			begin = strlen(kinds[i]);
	colon = strchr(text + begin, ':');
	return colon ? strndup(text, (size_t)(colon - text)) : strdup(text);
}

static int
is_here(struct gv_ctx *ctx, const char *snap)
{
	struct gv_record rec = { 0 };
	char *before = gv_err_save();
	int r = gv_record_resolve(
	    &rec, ctx->repo, &(struct gv_record_query){ .text = snap });

	gv_record_release(&rec);
	gv_err_restore(before);
	return r == GV_ENOMEM ? r : r != GV_ENOTFOUND;
}

int
gv_project_line_has(const struct gv_registered **out,
    const struct gv_project_line *line, struct gv_ctx *ctx, const char *snap)
{
	struct gv_buf self = GV_BUF_INIT;
	char *name = snapshot_of(snap);
	size_t i;
	int r;

	*out = NULL;
	if (name == NULL)
		return gv_err_nomem();
	if ((r = is_here(ctx, name)) != 0 || (r = gv_self_path(&self)) < 0) {
		r = r < 0 ? r : 0;
		goto out;
	}
	for (i = 0; r == 0 && *out == NULL && i < line->n; i++) {
		const struct gv_registered *one = line->back[i]->old.project;
		struct asking a = { .argv = { self.p, "-C",
					one ? one->path : NULL, "--alone",
					"--json", "show", "--", name, NULL },
			.dir = one ? one->path : NULL,
			.status = 128 };

		if (one == NULL || one->is_gone || !is_first(line, i))
			continue;
		r = gv_crew_run(&(struct gv_crew_opts){ .n = 1,
		    .argv = argv_of,
		    .dir = dir_of,
		    .done = take,
		    .ctx = &a });
		if (a.status == 0)
			*out = one;
	}
	r = r < 0 ? r : *out != NULL;
out:
	gv_buf_release(&self);
	free(name);
	return r;
}
