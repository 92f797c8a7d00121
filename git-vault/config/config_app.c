#include "git-vault/config/config_app.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/semver.h"
#include "base/vec.h"
#include "drift/drift_when.h"
#include "drill/drill.h"
#include "drill/drill_command.h"
#include "git-vault/config/config_history.h"
#include "git-vault/config/config_view.h"
#include "git-vault/front/cmd.h"
#include "layer/layer_emit.h"
#include "param/param.h"
#include "policy/team.h"
#include "repo/repo.h"
#include "sandbox/sandbox.h"
#include "sys/file.h"
#include "sys/self.h"

/*
 * A command sees a copy of the files that Git has, and each configuration as
 * JSON in which a word stands for a secret: so nothing is written that was not
 * there before.
 */

/* A configuration that commands look at, in the file `number`.json. */
struct item {
	const char *set, *name, *env, *service, *provider, *version;
	size_t number;
};

struct gv_config_app {
	struct gv_ctx *ctx;
	struct gv_param_report *report;
	const struct gv_param_pool *pool;
	struct gv_param_app *given; /* --app */
	size_t n_given;
	struct item *items;
	size_t n, cap;
	struct gv_buf dir, files, tree; /* made with the first item */
	struct gv_arena arena;
};

/* ---- --app --------------------------------------------------------------- */

/* VERSION, or SERVICE=VERSION. */
static int
read_given(struct gv_param_app *out, struct gv_arena *arena, const char *text)
{
	const char *equals = strrchr(text, '=');
	const char *version = equals ? equals + 1 : text;
	struct gv_semver v;

	*out = (struct gv_param_app){ .version = version };
	if (!gv_semver_read(&v, version, strlen(version)) ||
	    (equals && equals == text))
		return gv_err(GV_EUSAGE,
		    "--app takes a version such as 2.3.1, or one of a service "
		    "such as api=2.3.1, not '%.64s'",
		    text);
	if (equals) {
		out->service =
		    gv_arena_copy(arena, text, (size_t)(equals - text));
		return out->service ? 0 : GV_ENOMEM;
	}
	return 0;
}

/* Whether two are of the same service, or of all. */
static bool
are_same(const struct gv_param_app *a, const struct gv_param_app *b)
{
	return a->service && b->service ? strcmp(a->service, b->service) == 0
					: a->service == b->service;
}

static int
check_distinct(const struct gv_config_app *app)
{
	size_t i, k;

	for (i = 0; i < app->n_given; i++)
		for (k = 0; k < i; k++)
			if (are_same(&app->given[i], &app->given[k]))
				return gv_err(GV_EUSAGE,
				    "--app %s and --app %s are of the same "
				    "services: give one, or one for each "
				    "service, such as --app api=%s",
				    app->given[k].version,
				    app->given[i].version,
				    app->given[i].version);
	return 0;
}

static int
read_all(struct gv_config_app *app, const struct gv_opt_list *texts)
{
	size_t i;
	int r = 0;

	if (texts->n == 0)
		return 0;
	app->given = calloc(texts->n, sizeof(*app->given));
	if (app->given == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < texts->n; i++)
		r = read_given(&app->given[i], &app->arena, texts->items[i]);
	app->n_given = texts->n;
	return r < 0 ? r : check_distinct(app);
}

/* What somebody asked for and nothing was checked with would seem checked. */
static int
check_used(const struct gv_config_app *app)
{
	size_t i;

	for (i = 0; i < app->n_given; i++) {
		const struct gv_param_app *given = &app->given[i];

		if (given->is_used)
			continue;
		return given->service
		    ? gv_err(GV_EUSAGE,
			  "--app %s=%s decides nothing: no set with app: "
			  "versions has a service '%s' that was checked",
			  given->service, given->version, given->service)
		    : gv_err(GV_EUSAGE,
			  "--app %s decides nothing: no set that was checked "
			  "has app: versions in .gitvault.yaml",
			  given->version);
	}
	return 0;
}

/* ---- what commands see --------------------------------------------------- */

static int
make_dir(struct gv_config_app *app)
{
	int r;

	if (app->dir.len)
		return 0;
	if ((r = gv_drill_make_dir(&app->dir, app->ctx->repo)) < 0)
		return r;
	gv_buf_addf(&app->files, "%s/configurations", app->dir.p);
	gv_buf_addf(&app->tree, "%s/tree", app->dir.p);
	if ((r = gv_buf_check(&app->files)) < 0 ||
	    (r = gv_buf_check(&app->tree)) < 0)
		return r;
	return gv_file_mkdirs(AT_FDCWD, app->files.p, 0755);
}

static const char *
veil(void *ctx, const struct gv_layer_value *value)
{
	return gv_param_veil(ctx, value);
}

static int
write_item(const struct gv_config_app *app, const struct item *item,
    const struct gv_param *param)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = gv_layer_emit(&text, param->tree.root,
	    &(struct gv_layer_emit_opts){ .form = GV_LAYER_JSON,
		.veil = veil,
		.ctx = (void *)(uintptr_t)param });

	gv_buf_addf(&path, "%s/%zu.json", app->files.p, item->number);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0644, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

static const char *
keep(struct gv_config_app *app, const char *text, int *r)
{
	const char *kept =
	    text ? gv_arena_copy(&app->arena, text, strlen(text)) : NULL;

	if (text && kept == NULL)
		*r = GV_ENOMEM;
	return kept;
}

int
gv_config_app_visit(struct gv_config_app *app, const struct gv_param *param,
    const struct gv_param_query *query, const char *name, const char *version)
{
	struct gv_param_command any;
	struct item *item;
	int r = 0;

	if (!gv_param_command(&any, app->pool, query->layout, 0))
		return 0;
	if (GV_GROW(app->items, app->n, app->cap) < 0)
		return gv_err_nomem();
	item = &app->items[app->n];
	*item = (struct item){ .set = keep(app, query->layout, &r),
		.name = keep(app, name, &r),
		.env = keep(app, query->env, &r),
		.service = keep(app, query->service, &r),
		.provider = keep(app, query->provider, &r),
		.version = keep(app, version, &r),
		.number = ++app->n };
	if (r < 0 || (r = make_dir(app)) < 0)
		return r;
	return write_item(app, item, param);
}

static bool
is_of(const struct item *item, const char *set)
{
	return item->set && set && strcmp(item->set, set) == 0;
}

/* ---- running ------------------------------------------------------------- */

static int
say(struct gv_config_app *app, enum gv_param_grade grade,
    const struct gv_param_command *command, const char *where, const char *text)
{
	struct gv_buf sentence = GV_BUF_INIT;
	int r;

	gv_buf_addf(&sentence, "%.64s: %s", command->name, text);
	if ((r = gv_buf_check(&sentence)) == 0)
		r = gv_param_report_add(app->report,
		    &(struct gv_param_problem){ .grade = grade,
			.check = "command",
			.key = "",
			.file = command->line ? GV_TEAM_POLICY : NULL,
			.line = command->line,
			.text = sentence.p,
			.where = where });
	gv_buf_release(&sentence);
	return r;
}

static int
run_one(struct gv_config_app *app, struct gv_drill_box *box,
    const struct gv_param_command *command, const struct item *item)
{
	char texts[5][600];
	const char *const env[] = { texts[0], texts[1], texts[2], texts[3],
		texts[4], "NO_COLOR=1", NULL };
	struct gv_drill_told told;
	int r;

	snprintf(texts[0], sizeof(texts[0]), "GIT_VAULT_CONFIG=%s/%zu.json",
	    GV_SANDBOX_FOLDER, item->number);
	snprintf(texts[1], sizeof(texts[1]), "GIT_VAULT_ENVIRONMENT=%s",
	    item->env ? item->env : "");
	snprintf(texts[2], sizeof(texts[2]), "GIT_VAULT_SERVICE=%s",
	    item->service ? item->service : "");
	snprintf(texts[3], sizeof(texts[3]), "GIT_VAULT_PROVIDER=%s",
	    item->provider ? item->provider : "");
	snprintf(texts[4], sizeof(texts[4]), "GIT_VAULT_APP_VERSION=%s",
	    item->version ? item->version : "");
	r = gv_drill_box_run(&told, box, app->ctx->repo, command->command, env);
	app->report->at++;
	if (r == 0 && told.verdict != GV_VALIDATOR_PASSED)
		r = say(app,
		    told.verdict == GV_VALIDATOR_FAILED ? GV_PARAM_WRONG
							: GV_PARAM_UNSURE,
		    command, item->name, told.text.p);
	gv_buf_release(&told.text);
	return r;
}

/* In a sandbox of its own: what one command wrote is nothing that another may
 * judge. */
static int
run_command(struct gv_config_app *app, const char *set,
    const struct gv_param_command *command)
{
	struct gv_buf self = GV_BUF_INIT;
	struct gv_drill_box box = { .dir = GV_BUF_INIT };
	size_t i;
	int r = gv_self_path(&self);

	if (r == 0 && (r = gv_buf_check(&self)) == 0)
		r = gv_drill_box_open(&box, self.p, app->tree.p, app->files.p);
	if (r == GV_EREFUSED) {
		struct gv_buf why = GV_BUF_INIT;

		gv_buf_addf(&why, "no sandbox: %s", gv_err_message());
		r = gv_buf_check(&why) < 0
		    ? GV_ENOMEM
		    : say(app, GV_PARAM_UNSURE, command, set, why.p);
		gv_buf_release(&why);
		goto out;
	}
	for (i = 0; r == 0 && i < app->n; i++)
		if (is_of(&app->items[i], set))
			r = run_one(app, &box, command, &app->items[i]);
out:
	gv_drill_box_close(&box);
	gv_buf_release(&self);
	return r;
}

static int
run_set(struct gv_config_app *app, const char *set)
{
	struct gv_param_command command;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && gv_param_command(&command, app->pool, set, i);
	     i++)
		r = command.is_accepted
		    ? run_command(app, set, &command)
		    : say(app, GV_PARAM_UNSURE, &command, set,
			  "it is not accepted here, so it does not run; look "
			  "at it, then accept it: git vault policy diff; git "
			  "vault policy accept");
	return r;
}

/* What Git has: a file of the working tree may hold a secret in clear. */
static int export(struct gv_config_app *app, const struct gv_oid *tree)
{
	struct gv_param_pool *pool = NULL;
	struct gv_drift_when when;
	int r;

	if (tree == NULL && gv_oid_is_zero(&app->ctx->repo->head))
		return gv_file_mkdirs(AT_FDCWD, app->tree.p, 0755);
	if (tree == NULL) {
		if ((r = gv_config_when(&when, app->ctx, "HEAD")) < 0)
			return r;
		tree = &when.tree;
	}
	if ((r = gv_param_pool_open(&pool, app->ctx->repo, tree)) == 0)
		r = gv_param_pool_export(pool, app->tree.p);
	gv_param_pool_close(pool);
	return r;
}

int
gv_config_app_run(struct gv_config_app *app, const struct gv_oid *tree)
{
	const char *set = NULL;
	size_t i;
	int r = check_used(app);

	if (r < 0 || app->n == 0 || (r = export(app, tree)) < 0)
		return r;
	for (i = 0; r == 0 && i < app->n; i++) {
		if (is_of(&app->items[i], set))
			continue;
		set = app->items[i].set;
		r = run_set(app, set);
	}
	return r;
}

/* ---- opening ------------------------------------------------------------- */

int
gv_config_app_open(struct gv_config_app **out, struct gv_ctx *ctx,
    struct gv_param_report *report, const struct gv_param_pool *pool)
{
	const struct gv_config_opts *o = ctx->opts;
	struct gv_config_app *app = calloc(1, sizeof(*app));
	int r;

	*out = app;
	if (app == NULL)
		return gv_err_nomem();
	app->ctx = ctx;
	app->report = report;
	app->pool = pool;
	app->dir = app->files = app->tree = (struct gv_buf)GV_BUF_INIT;
	if ((r = read_all(app, &o->apps)) < 0)
		return r;
	report->apps = app->given;
	report->n_apps = app->n_given;
	return 0;
}

void
gv_config_app_close(struct gv_config_app *app)
{
	char *saved;

	if (app == NULL)
		return;
	saved = gv_err_save();
	if (app->dir.len)
		(void)gv_file_remove_tree(AT_FDCWD, app->dir.p);
	gv_err_restore(saved);
	gv_buf_release(&app->dir);
	gv_buf_release(&app->files);
	gv_buf_release(&app->tree);
	gv_arena_release(&app->arena);
	free(app->items);
	free(app->given);
	free(app);
}
