#include "git-vault/config/config_validate.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "drift/drift_source.h"
#include "drift/drift_when.h"
#include "git-vault/analysis/drift.h"
#include "git-vault/config/access_base.h"
#include "git-vault/config/config_app.h"
#include "git-vault/config/config_before.h"
#include "git-vault/config/config_history.h"
#include "git-vault/config/config_places.h"
#include "git-vault/config/config_report.h"
#include "git-vault/config/config_view.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "record/good.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/outfile.h"

/* ---- drift --------------------------------------------------------------- */

/* What is surely wrong: a key that the environment before this one has, a value
 * of another environment. All other differences are notes. */
static enum gv_param_grade
grade_of(const struct gv_drift_finding *f)
{
	return f->severity == GV_DRIFT_HIGH && f->class != GV_DRIFT_SECRET
	    ? GV_PARAM_WRONG
	    : GV_PARAM_NOTE;
}

static int
add_drift(struct gv_param_report *out, const struct gv_drift_report *report,
    const struct gv_drift_source *source, unsigned env)
{
	const char *name = source->envs[env].name;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < report->n; i++) {
		const struct gv_drift_finding *f = &report->findings[i];
		const struct gv_drift_place *own = &f->right;
		const char *key = strchr(f->key, '#');
		const struct gv_param_problem p = { .grade = grade_of(f),
			.check = "drift",
			.key = key ? key + 1 : "",
			.file = own->path ? own->path : f->left.path,
			.line =
			    (uint32_t)(own->path ? own->line : f->left.line),
			.text = f->says,
			.where = name };

		/* others are held against the first one, which can only have
		 * what is of others */
		if (env == 0 &&
		    !(f->class == GV_DRIFT_CROSS &&
			strncmp(f->says, name, strlen(name)) == 0))
			continue;

		/* other files of the environment are for `drift` */
		if (f->verdict == GV_DRIFT_DRIFT && p.file &&
		    gv_param_report_has(out, p.file))
			r = gv_param_report_add(out, &p);
	}
	return r;
}

/* Compare an environment with the one before it in the order of promotion. */
static int
check_drift(struct gv_param_report *out, struct gv_ctx *ctx, const char *env)
{
	char today[GV_TIME_MAX];
	struct gv_drift_source *source = NULL;
	struct gv_drift_report report = { .n = 0 };
	unsigned at;
	int r = gv_drift_source_open(&source, ctx->repo);

	if (r < 0 || source->n_envs < 2)
		goto out;
	for (at = 0; at < source->n_envs; at++)
		if (strcmp(source->envs[at].name, env) == 0)
			break;
	if (at == source->n_envs)
		goto out;
	gv_drift_cmd_today(today, ctx);
	if ((r = gv_drift_source_compare(
		 &report, source, at ? at - 1 : 1, at, today)) == 0)
		r = add_drift(out, &report, source, at);
out:
	gv_drift_report_release(&report);
	gv_drift_source_close(source);
	return r;
}

/* ---- approvals ----------------------------------------------------------- */

/* Of a snapshot nobody approves anything. */
static int
check_approvals(struct gv_param_report *out, struct gv_ctx *ctx,
    const struct gv_drift_when *when)
{
	struct gv_oid commit;
	int r;

	if (when == NULL)
		return gv_config_check_approvals(out, ctx, NULL);
	if (!when->is_commit)
		return 0;
	r = gv_access_base_commit(&commit, when->name);
	return r < 0 ? r : gv_config_check_approvals(out, ctx, &commit);
}

/* ---- the last good one --------------------------------------------------- */

static int
find_good(struct gv_config_checked *out, struct gv_ctx *ctx)
{
	struct gv_good good = { .time = 0 };
	int r;

	if (out->env == NULL)
		return 0;
	r = gv_good_resolve(&good, NULL, ctx->repo, out->env);
	if (r == GV_ENOTFOUND || r == GV_EUSAGE) {
		out->no_good = "none";
		return 0;
	}
	if (r < 0)
		return r;
	out->has_good = true;
	out->good = good.time;
	gv_good_release(&good);
	return 0;
}

/* ---- printing ------------------------------------------------------------ */

/* Names in a text come from files: a terminal gets no control sequence. */
static void
print_lines(struct gv_ctx *ctx, const struct gv_buf *text)
{
	const char *p = text->p, *end = text->p + text->len, *next;

	for (; p < end; p = next + 1) {
		next = memchr(p, '\n', (size_t)(end - p));
		if (next == NULL)
			next = end;
		gv_out_text(ctx->out, p, (size_t)(next - p));
		gv_out_printf(ctx->out, "\n");
	}
}

static int
show(struct gv_ctx *ctx, const struct gv_config_checked *c)
{
	const struct gv_config_opts *o = ctx->opts;
	const enum gv_config_form form =
	    ctx->json ? GV_CONFIG_JSON : (enum gv_config_form)o->form;
	struct gv_outfile file = {
		.path = o->output, .mode = 0666, .replaces = true
	};
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if ((r = gv_config_report(&text, c, form)) < 0)
		goto out;
	if (!gv_outfile_is_stdout(o->output)) {
		r = gv_outfile_put(&file, text.p, text.len);
		if (r == 0)
			gv_out_say(ctx->out, "%s; wrote the report to %s",
			    gv_config_verdict(c->report), o->output);
	} else if (form == GV_CONFIG_TEXT) {
		print_lines(ctx, &text);
	} else {
		gv_out_write(ctx->out, text.p, text.len);
	}
out:
	gv_buf_release(&text);
	return r;
}

/* ---- what is asked of each configuration --------------------------------- */

struct visitors {
	struct gv_config_app *app;
	struct gv_config_places *places; /* NULL: of the working tree */
};

static int
visit(void *ctx, const struct gv_param *param,
    const struct gv_param_query *query, const char *name, const char *version)
{
	const struct visitors *v = ctx;
	int r = v->places
	    ? gv_config_places_look(v->places, param, query->env, name)
	    : 0;

	return r < 0 ? r
		     : gv_config_app_visit(v->app, param, query, name, version);
}

int
gv_config_validate(struct gv_ctx *ctx)
{
	const struct gv_config_opts *o = ctx->opts;
	const struct gv_param_query query = { .env = o->env,
		.service = o->service,
		.provider = o->provider,
		.region = o->region,
		.host = o->host,
		.layout = o->layout };
	struct gv_param_report report = { .now = ctx->now };
	struct gv_config_checked c = { .report = &report,
		.env = o->all ? NULL : o->env,
		.at = o->at,
		.now = ctx->now };
	struct gv_config_before before = { .ctx = ctx };
	struct visitors to = { .app = NULL };
	struct gv_param_pool *pool = NULL;
	struct gv_drift_when when = { .is_commit = false };
	int r;

	if (o->all == (o->env != NULL))
		return gv_err(GV_EUSAGE,
		    o->all ? "--all and --env exclude each other"
			   : "name an environment, or all of them: git vault "
			     "config validate --all");
	/* a report of before would say something of what could not be read */
	if (!gv_outfile_is_stdout(o->output) &&
	    gv_file_is_regular(AT_FDCWD, o->output))
		(void)gv_entry_unlink(AT_FDCWD, o->output);
	if ((o->at && (r = gv_config_when(&when, ctx, o->at)) < 0) ||
	    (r = gv_param_pool_open(
		 &pool, ctx->repo, o->at ? &when.tree : NULL)) < 0)
		goto out;
	if (o->at)
		gv_param_pool_when(pool, when.time);
	report.before = gv_config_before_of;
	report.before_ctx = &before;
	report.visit = visit;
	report.visit_ctx = &to;
	if ((r = gv_config_app_open(&to.app, ctx, &report, pool)) < 0 ||
	    (o->at &&
		(r = gv_config_places_open(&to.places, ctx, &report)) < 0) ||
	    (r = gv_param_check(&report, pool, &query, o->all)) < 0 ||
	    (r = gv_config_app_run(to.app, o->at ? &when.tree : NULL)) < 0 ||
	    (!o->all && o->at == NULL &&
		(r = check_drift(&report, ctx, o->env)) < 0) ||
	    (r = check_approvals(&report, ctx, o->at ? &when : NULL)) < 0 ||
	    (r = find_good(&c, ctx)) < 0 || (r = show(ctx, &c)) < 0)
		goto out;
	r = gv_param_verdict(&report);
out:
	gv_param_report_release(&report);
	gv_config_before_close(&before);
	gv_config_app_close(to.app);
	gv_config_places_close(to.places);
	gv_param_pool_close(pool);
	return r;
}
