#include "git-vault/front/cmd.h"

#include "audit/audit_check.h"
#include "audit/audit_find.h"
#include "base/err.h"
#include "base/lines.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/verb.h"
#include "git-vault/secret/chain_out.h"
#include "git-vault/secret/event_out.h"
#include "git-vault/secret/evidence_out.h"
#include "good/approval_twice.h"

/* In the order of `formats`. */
enum format { AS_JSON, AS_CSV, AS_CEF };

struct audit_opts {
	const char *since, *until, *actor, *scope, *object, *host, *kind;
	const char *remote;
	const char *control, *from, *to, *into;
	int format; /* -1: none was named */
	int64_t limit;
	bool all_signed;
	struct gv_opt_list signers;
};

#define AT(field) offsetof(struct audit_opts, field)

static const struct audit_opts defaults = { .format = -1, .limit = -1 };

static const char *const formats[] = { "json", "csv", "cef", NULL };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "since",
	    .arg = "TIME",
	    .at = AT(since),
	    .help = "only events at this time or later" },
	{ .type = GV_OPT_STRING,
	    .name = "until",
	    .arg = "TIME",
	    .at = AT(until),
	    .help = "only events at this time or before" },
	{ .type = GV_OPT_STRING,
	    .name = "actor",
	    .arg = "TEXT",
	    .at = AT(actor),
	    .help = "only events whose name, user or pipeline contains "
		    "this" },
	{ .type = GV_OPT_STRING,
	    .name = "scope",
	    .arg = "SCOPE",
	    .at = AT(scope),
	    .help = "only events of this scope or environment" },
	{ .type = GV_OPT_STRING,
	    .name = "object",
	    .arg = "ID",
	    .at = AT(object),
	    .help = "only events of the snapshot or secret with this id "
		    "prefix" },
	{ .type = GV_OPT_STRING,
	    .name = "host",
	    .arg = "HOST",
	    .at = AT(host),
	    .help = "only the chain of this host" },
	{ .type = GV_OPT_STRING,
	    .name = "kind",
	    .arg = "KIND",
	    .at = AT(kind),
	    .help = "only events of this kind: restore, delete, key-add, …" },
	{ .type = GV_OPT_INT,
	    .letter = 'n',
	    .name = "limit",
	    .arg = "N",
	    .at = AT(limit),
	    .help = "show at most the N newest" },
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORMAT",
	    .choices = formats,
	    .at = AT(format),
	    .help = "json, csv or cef" },
	{ .type = GV_OPT_STRING,
	    .name = "control",
	    .arg = "CONTROL",
	    .at = AT(control),
	    .help = "write what proves this control: A1.2, A1.3, CC7.5, "
		    "A.5.30, A.8.13, CP-4, CP-9, DORA-11 or DORA-12" },
	{ .type = GV_OPT_STRING,
	    .name = "from",
	    .arg = "TIME",
	    .at = AT(from),
	    .help = "from this time or day; default: a year before --to" },
	{ .type = GV_OPT_STRING,
	    .name = "to",
	    .arg = "TIME",
	    .at = AT(to),
	    .help = "to this time or the end of this day; default: now" },
	{ .type = GV_OPT_STRING,
	    .name = "into",
	    .arg = "DIR",
	    .kind = GV_OPT_PATH,
	    .at = AT(into),
	    .help = "write to this directory; default: evidence-CONTROL" },
	{ .type = GV_OPT_STRING,
	    .name = "remote",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = AT(remote),
	    .help = "also compare with the copies on this remote" },
	{ .type = GV_OPT_LIST,
	    .name = "signer",
	    .arg = "KEY",
	    .at = AT(signers),
	    .help = "also accept this key: the second line of key "
		    "generate, or a file" },
	{ .type = GV_OPT_BOOL,
	    .name = "signed",
	    .at = AT(all_signed),
	    .help = "report unsigned events as faults" },
	GV_OPT_LAST
};

static int
find(struct gv_audit_found *out, struct gv_ctx *ctx)
{
	const struct audit_opts *o = ctx->opts;
	const struct gv_audit_find_opts how = { .since = o->since,
		.until = o->until,
		.actor = o->actor,
		.scope = o->scope,
		.object = o->object,
		.host = o->host,
		.kind = o->kind,
		.limit = o->limit };

	return gv_audit_find(out, ctx->repo, &how);
}

static int
run_list(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_audit_found found;
	size_t i;
	int r = find(&found, ctx);

	(void)argc;
	(void)argv;
	if (r < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "events");
		for (i = 0; i < found.n; i++)
			gv_event_out_json(ctx->json, &found.events[i]);
		gv_json_end(ctx->json);
	} else {
		gv_event_out_list(ctx, &found);
	}
	r = gv_event_out_damaged(ctx, ctx->json, &found);
	if (ctx->json)
		gv_json_end(ctx->json);
	gv_audit_found_release(&found);
	return r;
}

static int
run_show(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_audit_found found;
	int r = gv_audit_find_one(&found, ctx->repo, argv[0]);

	(void)argc;
	if (r < 0)
		return r;
	if (ctx->json)
		gv_event_out_json(ctx->json, &found.events[0]);
	else
		gv_event_out_show(ctx->out, &found.events[0]);
	gv_audit_found_release(&found);
	return 0;
}

/* The oldest first, as they happened. */
static int
export_json(struct gv_ctx *ctx, const struct gv_audit_found *found)
{
	struct gv_json own = GV_JSON_INIT;
	size_t i;
	int r, status;

	own.out = ctx->out;
	gv_json_object(&own, NULL);
	gv_json_array(&own, "events");
	for (i = found->n; i-- > 0;)
		gv_event_out_json(&own, &found->events[i]);
	gv_json_end(&own);
	status = gv_event_out_damaged(ctx, &own, found);
	gv_json_end(&own);
	r = gv_json_flush(&own);
	gv_json_release(&own);
	return r < 0 ? r : status;
}

static int
run_export(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct audit_opts *o = ctx->opts;
	struct gv_audit_found found;
	int format = o->format, r;

	(void)argc;
	(void)argv;
	if (o->control)
		return gv_evidence_out(ctx,
		    &(struct gv_evidence_ask){ .control = o->control,
			.from = o->from,
			.to = o->to,
			.into = o->into });
	if (format < 0 && !ctx->json)
		return gv_err(GV_EUSAGE,
		    "name a --format, json, csv or cef, or a --control");
	if (ctx->json && format > AS_JSON)
		return gv_err(GV_EUSAGE, "--json goes with --format json only");
	r = find(&found, ctx);
	if (r < 0)
		return r;
	if (format == AS_CSV)
		gv_event_export_csv(ctx->out, &found);
	else if (format == AS_CEF)
		gv_event_export_cef(ctx->out, &found);
	r = format > AS_JSON ? gv_event_out_damaged(ctx, NULL, &found)
			     : export_json(ctx, &found);
	gv_audit_found_release(&found);
	return r;
}

/* Uses that no chain is at fault for: two clones did not know of each other. */
static int
warn_twice(struct gv_ctx *ctx)
{
	struct gv_buf lines = GV_BUF_INIT;
	const char *p, *line;
	size_t n, len;
	int r = gv_approval_twice(&lines, &n, ctx->repo);

	p = lines.p;
	while (
	    r == 0 && n && gv_lines_next(&line, &len, &p, lines.p + lines.len))
		gv_out_warn(ctx->out, "%.*s", (int)len, line);
	gv_buf_release(&lines);
	return r;
}

static int
run_verify(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct audit_opts *o = ctx->opts;
	const struct gv_audit_check_opts how = { .host = o->host,
		.remote = o->remote,
		.signers = o->signers.items,
		.n_signers = o->signers.n,
		.all_signed = o->all_signed };
	struct gv_audit_check check;
	int r = gv_audit_check_run(&check, ctx->repo, &how);

	(void)argc;
	(void)argv;
	if (r < 0)
		return r;
	gv_chain_out(ctx, &check);
	/* a chain at fault has to be mended before what it says counts */
	r = check.n_faults ? 0 : warn_twice(ctx);
	if (r == 0)
		r = check.n_faults ? 1 : 0;
	gv_audit_check_release(&check);
	return r;
}

/* The options that a verb takes. */
enum takes { FILTER = 1, HOST = 2, FORMAT = 4, CHECK = 8, CONTROL = 16 };

static const struct gv_verb verbs[] = {
	{ "list", 0, 0, FILTER | HOST, run_list },
	{ "show", 1, 1, 0, run_show },
	{ "verify", 0, 0, HOST | CHECK, run_verify },
	{ "export", 0, 0, FILTER | HOST | FORMAT | CONTROL, run_export },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct audit_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->since != NULL, FILTER, "since" },
		{ o->until != NULL, FILTER, "until" },
		{ o->actor != NULL, FILTER, "actor" },
		{ o->scope != NULL, FILTER, "scope" },
		{ o->object != NULL, FILTER, "object" },
		{ o->host != NULL, HOST, "host" },
		{ o->kind != NULL, FILTER, "kind" },
		{ o->limit >= 0, FILTER, "limit" },
		{ o->format >= 0, FORMAT, "format" },
		{ o->control != NULL, CONTROL, "control" },
		{ o->from != NULL, CONTROL, "from" },
		{ o->to != NULL, CONTROL, "to" },
		{ o->into != NULL, CONTROL, "into" },
		{ o->remote != NULL, CHECK, "remote" },
		{ o->signers.n > 0, CHECK, "signer" },
		{ o->all_signed, CHECK, "signed" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_audit = {
	.name = "audit",
	.summary = "show who did what with secrets and snapshots",
	.usage = "list [--since TIME] [--until TIME] [--actor TEXT] [--scope "
		 "SCOPE] [--object ID] [--host HOST] [--kind KIND] [-n N]\n"
		 "show EVENT\n"
		 "verify [--host HOST] [--remote REMOTE] [--signer KEY]... "
		 "[--signed]\n"
		 "export --format FORMAT [--since TIME] [--until TIME] "
		 "[--actor TEXT] [--scope SCOPE] [--object ID] [--host HOST] "
		 "[--kind KIND] [-n N]\n"
		 "export --control CONTROL [--from TIME] [--to TIME] [--into "
		 "DIR]",
	.group = GV_CMD_SECRET,
	.flags = GV_CMD_REPO | GV_CMD_PAGER | GV_CMD_FORMAT,
	.opts = opts,
	.opts_size = sizeof(struct audit_opts),
	.defaults = &defaults,
	.verb = "list",
	.max_args = 2,
	.args = { GV_OPT_VERB },
	.run = run,
};
