#include "git-vault/history/reuse_kin.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/project_line.h"
#include "repo/repo.h"

/* Keep those of one path. */
static void
keep(struct gv_project_kins *kins, const char *path)
{
	size_t i, n = 0;

	for (i = 0; i < kins->n; i++)
		if (strcmp(kins->items[i].here, path) == 0)
			kins->items[n++] = kins->items[i];
	kins->n = n;
}

int
gv_reuse_kin_of_file(
    struct gv_project_kins *out, const struct gv_ctx *ctx, const char *path)
{
	const char *top = ctx->repo ? ctx->repo->worktree : NULL;
	const size_t n = top ? strlen(top) : 0;
	struct gv_project_line line;
	int r = gv_project_line_open(&line, ctx);

	if (r == 0 && n && strncmp(path, top, n) == 0 && path[n] == '/' &&
	    gv_project_line_is_any(&line)) {
		r = gv_project_kin_find(out, &line);
		keep(out, path + n + 1);
	}
	gv_project_line_close(&line);
	return r;
}

static bool
joins(const struct gv_lineage_link *link, const struct gv_registered *a,
    const struct gv_registered *b)
{
	return (link->new.project == a && link->old.project == b) ||
	    (link->new.project == b && link->old.project == a);
}

/* A folder that is no project has no line. */
int
gv_reuse_kin_between(struct gv_project_kins *out, const char *a, const char *b)
{
	const struct gv_registered *one, *other;
	struct gv_registry reg;
	struct gv_lineage lineage = { .links = NULL };
	char *before = gv_err_save();
	size_t i;
	int r = gv_registry_load(&reg);

	if (r < 0 || (r = gv_lineage_load(&lineage, &reg)) < 0 ||
	    gv_registry_find(&one, &reg, a) < 0 ||
	    gv_registry_find(&other, &reg, b) < 0)
		goto out;
	for (i = 0; r == 0 && i < lineage.n; i++)
		if (joins(&lineage.links[i], one, other))
			r = gv_project_kin_of_link(out, &lineage.links[i]);
out:
	gv_lineage_release(&lineage);
	gv_registry_release(&reg);
	return gv_err_settle(r, before);
}

static void
put(struct gv_json *j, const struct gv_project_kins *kins)
{
	size_t i;

	gv_json_array(j, "rewritten");
	for (i = 0; i < kins->n; i++) {
		const struct gv_project_kin *k = &kins->items[i];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", k->here, strlen(k->here));
		gv_json_string(j, "direction", k->is_heir ? "as" : "from");
		gv_json_string(j, "project", k->project);
		gv_json_path(j, "other", k->there, strlen(k->there));
		gv_json_uint(j, "alike", k->alike);
		gv_json_end(j);
	}
	gv_json_end(j);
}

void
gv_reuse_kin_print(struct gv_ctx *ctx, const struct gv_project_kins *kins)
{
	struct gv_out *out = ctx->out;
	size_t i;

	if (ctx->json) {
		put(ctx->json, kins);
		return;
	}
	for (i = 0; i < kins->n && !gv_out_stopped(out); i++) {
		const struct gv_project_kin *k = &kins->items[i];

		gv_out_path(out, k->here, strlen(k->here));
		gv_out_paint(out, GV_OUT_CHANGED, " rewritten %s ",
		    k->is_heir ? "as" : "from");
		gv_out_text(out, k->project, strlen(k->project));
		gv_out_printf(out, " ");
		gv_out_path(out, k->there, strlen(k->there));
		gv_out_paint(out, GV_OUT_DIM, " (%u %% alike)\n", k->alike);
	}
}
