#include "git-vault/recovery/plan_new.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/recovery/plan_run.h"
#include "git-vault/recovery/plan_stock.h"
#include "plan/plan.h"
#include "policy/plan_file.h"
#include "recover/recover_facts.h"
#include "repo/repo.h"
#include "sys/file.h"

static bool
is_template(const struct gv_plan_stock *s)
{
	return *s->name != '_' && strcmp(s->name, "schema.json") != 0;
}

const char *
gv_plan_new_find(const char *name)
{
	const struct gv_plan_stock *s;

	for (s = gv_plan_stock; s->name; s++)
		if (strcmp(s->name, name) == 0)
			return s->text;
	return NULL;
}

int
gv_plan_schema(struct gv_ctx *ctx, int argc, char **argv)
{
	const char *text = gv_plan_new_find("schema.json");

	(void)argc;
	(void)argv;
	gv_out_write(ctx->out, text, strlen(text));
	return 0;
}

/* ---- templates ----------------------------------------------------------- */

static int
list(struct gv_ctx *ctx)
{
	static const struct gv_out_column columns[] = {
		{ .head = "TEMPLATE", .whole = true },
		{ .head = "FOR", .cut = true },
	};
	const struct gv_plan_stock *s;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "templates");
		for (s = gv_plan_stock; s->name; s++) {
			if (!is_template(s))
				continue;
			gv_json_object(ctx->json, NULL);
			gv_json_string(ctx->json, "name", s->name);
			gv_json_string(ctx->json, "about", s->about);
			gv_json_end(ctx->json);
		}
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
		return 0;
	}
	gv_out_columns(ctx->out, columns, sizeof(columns) / sizeof(*columns));
	for (s = gv_plan_stock; s->name; s++) {
		if (!is_template(s))
			continue;
		gv_out_cell_text(ctx->out, GV_OUT_ID, s->name);
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, s->about);
	}
	gv_out_columns_end(ctx->out);
	return 0;
}

static const struct gv_plan_stock *
find(const char *name)
{
	const struct gv_plan_stock *s;

	for (s = gv_plan_stock; s->name; s++)
		if (is_template(s) && strcmp(s->name, name) == 0)
			return s;
	gv_err(GV_ENOTFOUND,
	    "there is no template '%.64s'; list them: git vault plan new",
	    name);
	return NULL;
}

/* ---- the plan ------------------------------------------------------------ */

/* Beside what is there: a plan that somebody wrote is never replaced. */
static int
save(const struct gv_buf *text, struct gv_ctx *ctx, const char *name)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_buf path = GV_BUF_INIT;
	int r;

	r = gv_file_leads_through_link(ctx->repo->worktree, GV_PLAN_FILE_DIR);
	if (r > 0)
		return gv_err(GV_EREFUSED,
		    GV_PLAN_FILE_DIR " leads through a symbolic link; make it "
				     "a directory");
	if (r < 0)
		return r;
	gv_buf_addf(&path, "%s/" GV_PLAN_FILE_DIR, ctx->repo->worktree);
	if ((r = gv_buf_check(&path)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, path.p, 0777)) < 0)
		goto out;
	gv_buf_addf(&path, "/%s.yaml", name);
	if ((r = gv_buf_check(&path)) < 0)
		goto out;
	if (gv_file_exists(AT_FDCWD, path.p))
		r = gv_err(GV_EEXISTS,
		    "there is a plan %s already; give the new one another "
		    "name: git vault plan new --template %s --env %s %s-2",
		    name, o->template, o->env, name);
	else
		r = gv_file_replace(
		    AT_FDCWD, path.p, text->p, text->len, 0666, true);
out:
	gv_buf_release(&path);
	return r;
}

static void
tell(struct gv_ctx *ctx, const struct gv_plan *plan, const char *template)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "name", plan->name);
		gv_json_string(ctx->json, "template", template);
		gv_json_string(ctx->json, "environment", plan->environment);
		gv_json_uint(ctx->json, "steps", plan->n);
		gv_json_end(ctx->json);
	}
	gv_out_say(ctx->out,
	    "wrote " GV_PLAN_FILE_DIR "/%s.yaml with %zu steps; read it, fit "
	    "it, then accept it",
	    plan->name, plan->n);
	gv_out_say(ctx->out, "hint: git vault plan show %s", plan->name);
	gv_out_say(ctx->out, "hint: git vault policy accept");
}

static int
make(struct gv_ctx *ctx, const struct gv_plan_stock *stock, const char *name)
{
	const struct gv_plan_opts *o = ctx->opts;
	struct gv_recover_facts facts;
	struct gv_plan plan = { .n = 0 };
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_recover_facts_load(&facts, ctx->repo, o->env, NULL);

	facts.plan.find = gv_plan_new_find;
	if (r < 0 || (r = gv_plan_fill(&text, stock->text, &facts.plan)) < 0 ||
	    (r = gv_plan_read(&plan, name, text.p, text.len)) < 0)
		goto out;
	if (plan.n_faults)
		r = gv_err(GV_ERROR,
		    "the template %s gives no plan here: line %u: %s",
		    stock->name, plan.faults[0].line, plan.faults[0].what);
	else if ((r = save(&text, ctx, name)) == 0)
		tell(ctx, &plan, stock->name);
out:
	gv_plan_release(&plan);
	gv_buf_release(&text);
	gv_recover_facts_release(&facts);
	return r;
}

int
gv_plan_new(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_plan_opts *o = ctx->opts;
	const struct gv_plan_stock *stock;
	struct gv_buf name = GV_BUF_INIT;
	int r;

	if (o->template == NULL && argc == 0)
		return list(ctx);
	if (o->template == NULL || o->env == NULL)
		return gv_err(GV_EUSAGE,
		    "'plan new' needs a template and an environment; to list "
		    "templates: git vault plan new");
	if ((stock = find(o->template)) == NULL)
		return GV_ENOTFOUND;
	if (argc)
		gv_buf_addstr(&name, argv[0]);
	else
		gv_buf_addf(&name, "%s-%s", stock->name, o->env);
	r = gv_buf_check(&name);
	if (r == 0 && !gv_plan_is_name(name.p))
		r = gv_err(GV_EUSAGE,
		    "'%.64s' cannot name a plan: at most 64 letters, digits, "
		    "'-' and '_'",
		    name.p);
	if (r == 0)
		r = make(ctx, stock, name.p);
	gv_buf_release(&name);
	return r;
}
