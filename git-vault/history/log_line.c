#include "git-vault/history/log_line.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/project_kin.h"
#include "git-vault/front/project_line.h"
#include "repo/repo.h"

struct going {
	struct gv_ctx *ctx;
	struct gv_project_line line;
	struct gv_buf at; /* the path in the project at hand */
	bool is_gone_on[GV_LINEAGE_MOST];
	int worst;
};

int
gv_log_line_path(struct gv_buf *out, const struct gv_ctx *ctx, const char *path)
{
	if (*path == '\0' || *path == ':' || *path == '/' ||
	    strncmp(path, "../", 3) == 0)
		return 0;
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	gv_buf_addf(
	    out, "%s%s", ctx->repo->prefix ? ctx->repo->prefix : "", path);
	return gv_buf_check(out);
}

/* Go over one link: whether it has a predecessor of the file, which is then
 * the one at hand. */
static int
go_over(bool *has, struct going *g, const struct gv_lineage_link *link)
{
	struct gv_project_kins kins = GV_PROJECT_KINS_INIT;
	const struct gv_project_kin *kin;
	int r = gv_project_kin_of_link(&kins, link);

	*has = false;
	kin = r == 0 ? gv_project_kin_of(&kins, g->at.p, NULL) : NULL;
	if (kin == NULL)
		goto out;
	*has = true;
	gv_buf_reset(&g->at);
	gv_buf_addstr(&g->at, kin->there);
	if ((r = gv_buf_check(&g->at)) == 0)
		r = gv_project_line_go_on_at(
		    &g->line, g->ctx, &link->old, g->at.p);
	if (r > g->worst)
		g->worst = r;
out:
	gv_project_kin_release(&kins);
	return r < 0 ? r : 0;
}

static int
go(struct going *g)
{
	const struct gv_registered *project = g->line.here.project;
	bool has = true;
	size_t i;
	int r = 0;

	while (r == 0 && has) {
		has = false;
		for (i = 0; r == 0 && !has && i < g->line.n; i++) {
			const struct gv_lineage_link *link = g->line.back[i];

			if (g->is_gone_on[i] || link->new.project != project)
				continue;
			g->is_gone_on[i] = true;
			r = go_over(&has, g, link);
			if (has)
				project = link->old.project;
		}
	}
	return r;
}

int
gv_log_line(struct gv_ctx *ctx, const char *path, int r)
{
	struct going g = { .ctx = ctx, .at = GV_BUF_INIT };
	int before = gv_project_line_open(&g.line, ctx);

	if (ctx->json)
		gv_json_array(ctx->json, "before");
	if (before == 0 && g.line.n)
		before = gv_log_line_path(&g.at, ctx, path);
	if (before == 0 && g.at.len)
		before = go(&g);
	if (ctx->json)
		gv_json_end(ctx->json);
	gv_project_line_close(&g.line);
	gv_buf_release(&g.at);
	return before < 0 ? before : g.worst ? 3 : r;
}
