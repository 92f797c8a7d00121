#include "git-vault/front/cmd.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "drift/drift_when.h"
#include "git-vault/config/config_access.h"
#include "git-vault/config/config_history.h"
#include "git-vault/config/config_merge.h"
#include "git-vault/config/config_out.h"
#include "git-vault/config/config_sealed.h"
#include "git-vault/config/config_set.h"
#include "git-vault/config/config_validate.h"
#include "git-vault/config/config_view.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/out.h"
#include "git-vault/front/verb.h"
#include "param/param.h"
#include "param/param_target.h"

static const char *const forms[] = { "text", "json", "yaml", "tfvars", "env",
	"configmap", "sarif", "junit", "html", NULL };

static const struct gv_opt opts[] = { { .type = GV_OPT_STRING,
					  .name = "env",
					  .arg = "ENV",
					  .kind = GV_OPT_ENV,
					  .at = offsetof(
					      struct gv_config_opts, env),
					  .help = "the environment" },
	{ .type = GV_OPT_STRING,
	    .name = "service",
	    .arg = "SERVICE",
	    .at = offsetof(struct gv_config_opts, service),
	    .help = "the service that has layers of its own" },
	{ .type = GV_OPT_STRING,
	    .name = "provider",
	    .arg = "PROVIDER",
	    .at = offsetof(struct gv_config_opts, provider),
	    .help = "the cloud that has layers of its own: aws, azure, gcp" },
	{ .type = GV_OPT_STRING,
	    .name = "region",
	    .arg = "REGION",
	    .at = offsetof(struct gv_config_opts, region),
	    .help = "the region that has layers of its own" },
	{ .type = GV_OPT_STRING,
	    .name = "host",
	    .arg = "HOST",
	    .at = offsetof(struct gv_config_opts, host),
	    .help = "the host that has layers of its own" },
	{ .type = GV_OPT_STRING,
	    .name = "layout",
	    .arg = "LAYOUT",
	    .at = offsetof(struct gv_config_opts, layout),
	    .help = "which set of the policy, or which layout, where there are "
		    "several: config, values, hiera, group_vars, application, "
		    "tfvars, env, overlays" },
	{ .type = GV_OPT_STRING,
	    .name = "at",
	    .arg = "SNAP",
	    .at = offsetof(struct gv_config_opts, at),
	    .help = "as this snapshot or commit has it" },
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORM",
	    .at = offsetof(struct gv_config_opts, form),
	    .choices = forms,
	    .help = "with get and render, the form: text, json, yaml, tfvars, "
		    "env, configmap; with validate: text, json, sarif, junit, "
		    "html" },
	{ .type = GV_OPT_BOOL,
	    .name = "all",
	    .at = offsetof(struct gv_config_opts, all),
	    .help = "with validate, all environments" },
	{ .type = GV_OPT_LIST,
	    .name = "app",
	    .arg = "VERSION",
	    .at = offsetof(struct gv_config_opts, apps),
	    .help = "with validate, the version of the application to be "
		    "deployed, or SERVICE=VERSION; may be repeated" },
	{ .type = GV_OPT_STRING,
	    .name = "layer",
	    .arg = "PATH",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct gv_config_opts, layer),
	    .help = "with set and unset, the layer to write to" },
	{ .type = GV_OPT_STRING,
	    .name = "like",
	    .arg = "ENV",
	    .kind = GV_OPT_ENV,
	    .at = offsetof(struct gv_config_opts, like),
	    .help = "with new-env, the environment whose layers are copied" },
	{ .type = GV_OPT_BOOL,
	    .name = "stdin",
	    .at = offsetof(struct gv_config_opts, from_stdin),
	    .help = "with set, read the value from stdin" },
	{ .type = GV_OPT_STRING,
	    .name = "output",
	    .letter = 'o',
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = offsetof(struct gv_config_opts, output),
	    .help = "with validate, write the report to this file" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'd',
	    .name = "delete",
	    .at = offsetof(struct gv_config_opts, removes),
	    .help = "with tag, remove the names" },
	{ .type = GV_OPT_STRING,
	    .name = "as",
	    .arg = "NAME",
	    .at = offsetof(struct gv_config_opts, as),
	    .help = "with access explain, who changes it (default: you)" },
	{ .type = GV_OPT_BOOL,
	    .name = "verify",
	    .at = offsetof(struct gv_config_opts, verify),
	    .help = "with approve, check signed commits and approvals" },
	{ .type = GV_OPT_STRING,
	    .name = "reason",
	    .is_kept = true,
	    .arg = "TEXT",
	    .at = offsetof(struct gv_config_opts, reason),
	    .help = "with approve and --in-freeze, why, for the audit" },
	{ .type = GV_OPT_BOOL,
	    .name = "in-freeze",
	    .at = offsetof(struct gv_config_opts, in_freeze),
	    .help = "with set and unset, write although the environment is "
		    "frozen; needs --reason" },
	{ .type = GV_OPT_STRING,
	    .name = "name",
	    .arg = "NAME",
	    .at = offsetof(struct gv_config_opts, name),
	    .help = "with render, the name of the ConfigMap" },
	{ .type = GV_OPT_BOOL,
	    .name = "origin",
	    .at = offsetof(struct gv_config_opts, origin),
	    .help = "with list, also the file and line of each value" },
	{ .type = GV_OPT_BOOL,
	    .name = "secrets",
	    .at = offsetof(struct gv_config_opts, secrets),
	    .help = "also print values that may be secrets" },
	GV_SERVE_ARGS_OPTS(struct gv_config_opts, serve),
	{ .type = GV_OPT_STRING,
	    .name = "remote",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = GV_SERVE_ARGS_AT(struct gv_config_opts, serve, remote),
	    .help = "with serve, fetch from this remote and serve its branch" },
	GV_SERVE_ARGS_CONFIG_OPTS(struct gv_config_opts, serve),
	GV_IDENTITY_OPT(struct gv_config_opts, identities), GV_OPT_LAST };

/* ---- opening ------------------------------------------------------------- */

/* A name that no layer has is likely a typing mistake, and the values are those
 * of none. */
static int
warn_of_name(struct gv_ctx *ctx, const struct gv_config_view *view,
    enum gv_param_target of, const char *what, const char *name)
{
	struct gv_param_targets t = { .n = { 0 } };
	struct gv_near near;
	size_t i;
	int r;

	if (name == NULL || view->param == NULL ||
	    view->param->dialect == GV_PARAM_HIERA)
		return 0;
	for (i = 0; i < view->param->n; i++)
		if (!view->param->layers[i]->is_missing &&
		    strstr(view->param->layers[i]->name, name))
			return 0;
	near = gv_near_to(name, strlen(name));
	r = gv_param_targets(&t, view->pool, view->query.layout);
	for (i = 0; r == 0 && i < t.n[of]; i++) {
		if (strcmp(t.names[of][i], name) == 0)
			goto out;
		gv_near_add(&near, t.names[of][i], strlen(t.names[of][i]));
	}
	if (near.name)
		gv_out_warn(ctx->out,
		    "no layer is of the %s '%s'; did you mean '%.*s'?", what,
		    name, (int)near.name_len, near.name);
	else
		gv_out_warn(ctx->out, "no layer is of the %s '%s'", what, name);
out:
	gv_param_targets_release(&t);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* Read the configuration that the options name, of an environment and time. */
static int
open_at(struct gv_config_view *out, struct gv_ctx *ctx, const char *env,
    const char *at)
{
	const struct gv_config_opts *o = ctx->opts;
	struct gv_drift_when when;
	int r;

	out->env = env;
	out->commit = NULL;
	out->reveals = o->secrets;
	out->query = (struct gv_param_query){ .env = env,
		.service = o->service,
		.provider = o->provider,
		.region = o->region,
		.host = o->host,
		.layout = o->layout };
	if (at) {
		if ((r = gv_config_when(&when, ctx, at)) < 0)
			return r;
		out->tree = when.tree;
		out->has_tree = true;
		if (when.is_commit) {
			memcpy(out->hex, when.name, sizeof(out->hex));
			out->hex[sizeof(out->hex) - 1] = '\0';
			out->commit = out->hex;
		}
	}
	r = gv_param_pool_open(
	    &out->pool, ctx->repo, out->has_tree ? &out->tree : NULL);
	if (r == 0 && at)
		gv_param_pool_when(out->pool, when.time);
	if (r < 0 ||
	    (r = gv_param_open(&out->param, out->pool, &out->query)) < 0 ||
	    (r = warn_of_name(
		 ctx, out, GV_PARAM_SERVICES, "service", o->service)) < 0)
		return r;
	return warn_of_name(
	    ctx, out, GV_PARAM_PROVIDERS, "provider", o->provider);
}

static void
close_view(struct gv_config_view *view)
{
	gv_config_sealed_close(view);
	gv_param_close(view->param);
	gv_param_pool_close(view->pool);
	free(view->label);
}

static int
open_view(struct gv_config_view *out, struct gv_ctx *ctx)
{
	const struct gv_config_opts *o = ctx->opts;
	const struct gv_param *param;
	size_t i;
	int r;

	if ((r = open_at(out, ctx, o->env, o->at)) < 0)
		return r;
	if (out->reveals && (r = gv_config_sealed_open(out)) < 0)
		return r;
	param = out->param;
	for (i = 0; param && i < param->n; i++)
		if (gv_param_is_closed(param, i))
			gv_out_warn(ctx->out,
			    "%s is encrypted as a whole: what it says of keys "
			    "is not known here",
			    param->layers[i]->name);
	for (i = 0; param && i < param->tree.n_clashes && i < GV_LAYER_CLASHES;
	     i++)
		gv_config_out_clash(ctx, param, &param->tree.clashes[i]);
	return 0;
}

/* ---- verbs --------------------------------------------------------------- */

static int
get(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_config_view view = { .param = NULL };
	int r;

	if ((r = open_view(&view, ctx)) == 0)
		r = gv_config_out_get(ctx, &view, argv, argc);
	close_view(&view);
	return r;
}

static int
explain(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_config_view view = { .param = NULL };
	int r;

	(void)argc;
	if ((r = open_view(&view, ctx)) == 0)
		r = gv_config_out_explain(ctx, &view, argv[0]);
	close_view(&view);
	return r;
}

static int
list(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_config_view view = { .param = NULL };
	int r;

	(void)argc;
	(void)argv;
	if ((r = open_view(&view, ctx)) == 0)
		r = gv_config_out_list(ctx, &view);
	close_view(&view);
	return r;
}

static int
render(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_config_view view = { .param = NULL };
	int r;

	(void)argc;
	(void)argv;
	if ((r = open_view(&view, ctx)) == 0)
		r = gv_config_out_render(ctx, &view);
	close_view(&view);
	return r;
}

/* ENV, or ENV@SNAP; "@SNAP" is --env at that time. */
static int
open_side(struct gv_config_view *out, struct gv_ctx *ctx, char *side)
{
	const struct gv_config_opts *o = ctx->opts;
	char *at = strchr(side, '@');

	out->label = strdup(side);
	if (out->label == NULL)
		return gv_err_nomem();
	if (at)
		*at++ = '\0';
	return open_at(out, ctx, *side ? side : o->env, at);
}

static int
diff(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_config_view left = { .param = NULL };
	struct gv_config_view right = { .param = NULL };
	int r;

	(void)argc;
	if ((r = open_side(&left, ctx, argv[0])) == 0 &&
	    (r = open_side(&right, ctx, argv[1])) == 0)
		r = gv_config_out_diff(ctx, &left, &right);
	close_view(&left);
	close_view(&right);
	return r;
}

static int
history(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	return gv_config_history(ctx, argv[0]);
}

static int
tag(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_config_opts *o = ctx->opts;

	if (o->removes)
		return argc ? gv_config_untag(ctx, argv, argc)
			    : gv_err(GV_EUSAGE,
				  "name what to remove; to list the names: git "
				  "vault config tag");
	if (argc > 2)
		return gv_err(GV_EUSAGE,
		    "a name is given to one commit: git vault config tag %s %s",
		    argv[0], argv[1]);
	return argc ? gv_config_tag(ctx, argv[0], argc > 1 ? argv[1] : NULL)
		    : gv_config_tags(ctx);
}

static int
validate(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return gv_config_validate(ctx);
}

static int
set(struct gv_ctx *ctx, int argc, char **argv)
{
	return gv_config_set(ctx, argv, argc, false);
}

static int
unset(struct gv_ctx *ctx, int argc, char **argv)
{
	return gv_config_set(ctx, argv, argc, true);
}

static int
new_env(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	return gv_config_new(ctx, argv[0]);
}

static int
init(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return gv_config_init(ctx);
}

static int
serve(struct gv_ctx *ctx, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return gv_config_serve(ctx);
}

static int
access_of(struct gv_ctx *ctx, int argc, char **argv)
{
	if (strcmp(argv[0], "explain") != 0)
		return gv_err(GV_EUSAGE,
		    "'access' has no verb '%.64s'; there is: git vault config "
		    "access explain",
		    argv[0]);
	return gv_config_access(ctx, argc > 1 ? argv[1] : NULL);
}

static int
approve(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_config_opts *o = ctx->opts;
	const char *what = argc > 0 ? argv[0] : NULL;

	if (o->verify && (o->reason || o->identities.n))
		return gv_err(GV_EUSAGE,
		    "--verify gives no approval, so it takes neither --reason "
		    "nor --identity");
	return o->verify ? gv_config_verify(ctx, what)
			 : gv_config_approve(ctx, what);
}

/* ---- running ------------------------------------------------------------- */

enum {
	ENV = 1 << 0,
	AT = 1 << 1,
	FORMAT = 1 << 2,
	NAME = 1 << 3,
	ORIGIN = 1 << 4,
	ALL = 1 << 5,
	OUTPUT = 1 << 6,
	REPORT = 1 << 7,
	LAYER = 1 << 8,
	FROM_STDIN = 1 << 9,
	SERVE = 1 << 10,
	AS = 1 << 11,
	APPROVE = 1 << 12,
	REMOVES = 1 << 13,
	LIKE = 1 << 14,
	APP = 1 << 15,
	FREEZE = 1 << 16,
	OPENS = 1 << 17,
};

/* The bit that a form of output needs. */
static unsigned
bit_of(int form)
{
	return form >= GV_CONFIG_SARIF ? REPORT
	    : form > GV_CONFIG_JSON    ? FORMAT
				       : FORMAT | REPORT;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	static const struct gv_verb verbs[] = {
		{ "get", 1, -1, ENV | AT | FORMAT | OPENS, get },
		{ "explain", 1, 1, ENV | AT, explain },
		{ "list", 0, 0, ENV | AT | ORIGIN | OPENS, list },
		{ "render", 0, 0, ENV | AT | FORMAT | NAME | OPENS, render },
		{ "diff", 2, 2, ENV, diff },
		{ "history", 1, 1, ENV | AT, history },
		{ "tag", 0, -1, REMOVES, tag },
		{ "validate", 0, 0, ENV | AT | ALL | APP | OUTPUT | REPORT,
		    validate },
		{ "set", 1, -1, ENV | LAYER | FROM_STDIN | FREEZE, set },
		{ "merge-file", 3, 5, 0, gv_config_merge },
		{ "init", 0, 0, 0, init },
		{ "new-env", 1, 1, LIKE, new_env },
		{ "unset", 1, -1, ENV | LAYER | FREEZE, unset },
		{ "serve", 0, 0, SERVE, serve },
		{ "access", 1, 2, ENV | AS, access_of },
		{ "approve", 0, 1, APPROVE, approve },
		{ .name = NULL },
	};
	const struct gv_config_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->env != NULL, ENV, "env" },
		{ o->at != NULL, AT, "at" },
		{ o->form != GV_CONFIG_TEXT, bit_of(o->form), "format" },
		{ o->all, ALL, "all" },
		{ o->apps.n > 0, APP, "app" },
		{ o->output != NULL, OUTPUT, "output" },
		{ o->layer != NULL, LAYER, "layer" },
		{ o->from_stdin, FROM_STDIN, "stdin" },
		{ o->removes, REMOVES, "delete" },
		{ o->like != NULL, LIKE, "like" },
		{ o->name != NULL, NAME, "name" },
		{ o->origin, ORIGIN, "origin" },
		{ o->serve.listen != NULL, SERVE, "listen" },
		{ o->serve.remote != NULL, SERVE, "remote" },
		{ o->serve.ref != NULL, SERVE, "ref" },
		{ o->serve.refresh >= 0, SERVE, "refresh" },
		{ o->serve.max_body >= 0, SERVE, "max-body" },
		{ o->serve.timeout >= 0, SERVE, "timeout" },
		{ o->serve.credentials != NULL, SERVE, "credentials" },
		{ o->serve.tls_cert != NULL, SERVE, "tls-cert" },
		{ o->serve.tls_key != NULL, SERVE, "tls-key" },
		{ o->identities.n > 0, SERVE | APPROVE | OPENS, "identity" },
		{ o->as != NULL, AS, "as" },
		{ o->verify, APPROVE, "verify" },
		{ o->reason != NULL, APPROVE | FREEZE, "reason" },
		{ o->in_freeze, FREEZE, "in-freeze" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

static const struct gv_config_opts defaults = { .serve = GV_SERVE_ARGS_INIT };

const struct gv_cmd cmd_config = {
	.name = "config",
	.summary = "show, check and change the configuration of layers",
	.usage =
	    "get [--env ENV] [--at SNAP] [--format FORM] KEY...\n"
	    "explain [--env ENV] [--at SNAP] KEY\n"
	    "list [--env ENV] [--at SNAP] [--origin]\n"
	    "render [--env ENV] [--at SNAP] [--format FORM] [--name NAME]\n"
	    "diff [--env ENV] ENV[@SNAP] ENV[@SNAP]\n"
	    "history [--env ENV] [--at SNAP] KEY\n"
	    "tag [NAME [COMMIT]]\n"
	    "tag -d NAME...\n"
	    "validate [--env ENV | --all] [--at SNAP] [--app VERSION]... "
	    "[--format FORM] [--output FILE]\n"
	    "set [--env ENV] [--layer PATH] [--in-freeze] [--reason TEXT] KEY "
	    "VALUE [KEY VALUE]...\n"
	    "set [--env ENV] [--layer PATH] [--in-freeze] [--reason TEXT] "
	    "[--stdin] KEY\n"
	    "unset [--env ENV] [--layer PATH] [--in-freeze] [--reason TEXT] "
	    "KEY...\n"
	    "merge-file BASE OURS THEIRS [PATH [SIZE]]\n"
	    "init\n"
	    "new-env --like ENV NAME\n"
	    "serve [--listen ADDRESS] [--credentials FILE] "
	    "[--tls-cert FILE --tls-key FILE] [--timeout SECONDS] "
	    "[--remote REMOTE] [--ref REF] [--refresh SECONDS]\n"
	    "access explain [--env ENV] [--as NAME] [PATH | KEY]\n"
	    "approve [--reason TEXT] [--identity FILE]... [COMMIT | RANGE]\n"
	    "approve --verify [COMMIT | RANGE]",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct gv_config_opts),
	.defaults = &defaults,
	.min_args = 0,
	.max_args = -1,
	.verb = "list",
	.amid = "merge-file",
	.args = { GV_OPT_VERB },
	.run = run,
};
