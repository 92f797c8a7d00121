#include "git-vault/front/cmd.h"

#include "git-vault/component/component.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/reason_opt.h"
#include "git-vault/front/verb.h"

#define AT(field) offsetof(struct gv_component_opts, field)

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .at = AT(env),
	    .help = "only components of this environment" },
	{ .type = GV_OPT_STRING,
	    .name = "label",
	    .is_kept = true,
	    .arg = "LABEL",
	    .at = AT(label),
	    .help = "a label for the dumps; restore: the newest with it" },
	{ .type = GV_OPT_STRING,
	    .name = "point",
	    .arg = "POINT",
	    .at = AT(point),
	    .help = "dump the components of this point, under one label" },
	{ .type = GV_OPT_STRING,
	    .name = "mode",
	    .arg = "MODE",
	    .at = AT(mode),
	    .help = "full, incremental or differential" },
	{ .type = GV_OPT_BOOL,
	    .name = "all",
	    .at = AT(all),
	    .help = "verify every dump, not only the newest" },
	{ .type = GV_OPT_STRING,
	    .name = "to",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = AT(to),
	    .help = "write the dump to this new file; - is stdout" },
	{ .type = GV_OPT_STRING,
	    .name = "into",
	    .arg = "TARGET",
	    .at = AT(into),
	    .help = "restore into this database, file or directory" },
	GV_ASK_OPT(struct gv_component_opts, yes),
	GV_REASON_OPT(struct gv_component_opts, reason),
	GV_IDENTITY_OPT(struct gv_component_opts, identities), GV_OPT_LAST
};

enum takes { ENV = 1, LABEL = 2, RUN = 4, ALL = 8, TARGET = 16, KEYS = 32 };

static const struct gv_verb verbs[] = {
	{ "list", 0, 1, ENV, gv_component_cmd_list },
	{ "run", 0, -1, ENV | LABEL | RUN | KEYS, gv_component_cmd_run },
	{ "verify", 0, 2, ENV | ALL | KEYS, gv_component_cmd_verify },
	{ "restore", 1, 2, ENV | LABEL | TARGET | KEYS,
	    gv_component_cmd_restore },
	{ "drill", 0, 1, ENV | KEYS, gv_component_cmd_drill },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_component_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->env != NULL, ENV, "env" },
		{ o->label != NULL, LABEL, "label" },
		{ o->point != NULL, RUN, "point" },
		{ o->mode != NULL, RUN, "mode" },
		{ o->all, ALL, "all" },
		{ o->to != NULL, TARGET, "to" },
		{ o->into != NULL, TARGET, "into" },
		{ o->yes, TARGET, "yes" },
		{ o->reason != NULL, TARGET, "reason" },
		{ o->identities.n > 0, KEYS, "identity" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_component = {
	.name = "component",
	.summary = "dump, check and restore databases and services",
	.usage = "list [--env ENV] [NAME]\n"
		 "run [--env ENV | NAME...] [--label LABEL] [--mode MODE]\n"
		 "run --point POINT [--label LABEL] [--mode MODE]\n"
		 "verify [--env ENV] [--all] [NAME [ID]]\n"
		 "restore [--env ENV] [--label LABEL] [--reason TEXT] [-y] "
		 "(--to FILE | --into TARGET) NAME [ID]\n"
		 "drill [--env ENV] [NAME]",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct gv_component_opts),
	.verb = "list",
	.runs = "run",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
