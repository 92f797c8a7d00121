#include "git-vault/front/cmd.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/verb.h"
#include "good/artifact.h"

#define ABBREV 12

struct artifact_opts {
	const char *env, *snapshot, *commit;
	struct gv_opt_list files;
	int64_t limit;
};

static const struct artifact_opts defaults = { .limit = -1 };

#define AT(field) offsetof(struct artifact_opts, field)

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .at = AT(env),
	    .help = "the environment it was built for" },
	{ .type = GV_OPT_STRING,
	    .name = "snapshot",
	    .arg = "SNAP",
	    .kind = GV_OPT_SNAPSHOT,
	    .at = AT(snapshot),
	    .help = "the snapshot; default: the newest of the commit" },
	{ .type = GV_OPT_STRING,
	    .name = "commit",
	    .arg = "COMMIT",
	    .kind = GV_OPT_REF,
	    .at = AT(commit),
	    .help = "the commit it was built from; default: HEAD" },
	{ .type = GV_OPT_LIST,
	    .name = "from",
	    .is_kept = true,
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = AT(files),
	    .help = "record all digests in a manifest, SBOM or lock "
		    "file; may be repeated" },
	{ .type = GV_OPT_INT,
	    .letter = 'n',
	    .name = "limit",
	    .arg = "N",
	    .at = AT(limit),
	    .help = "show at most the N newest" },
	GV_OPT_LAST
};

/* The first of them by name. */
static void
warn_odd(struct gv_ctx *ctx, const struct gv_artifact_done *done)
{
	const char *p = done->odds.p, *end = p + done->odds.len;
	size_t n = 0;

	for (; p < end; p += strlen(p) + 1, n++)
		gv_out_warn(ctx->out, "%s; it was not recorded", p);
	if (done->odd > n)
		gv_out_warn(ctx->out, "%zu more were left out for such reasons",
		    done->odd - n);
}

static int
record(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct artifact_opts *o = ctx->opts;
	const struct gv_artifact_what what = {
		.items = (const char *const *)argv,
		.n = (size_t)argc,
		.files = o->files.items,
		.n_files = o->files.n,
		.env = o->env,
		.snapshot = o->snapshot,
		.commit = o->commit,
		.now = ctx->now,
	};
	struct gv_artifact_done done = { .odds = GV_BUF_INIT };
	int r;

	if (what.n == 0 && what.n_files == 0)
		return gv_err(GV_EUSAGE,
		    "record takes NAME=sha256:DIGITS one or more times, or "
		    "files by --from");
	if ((r = gv_artifact_record(&done, ctx->repo, &what)) < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_uint(ctx->json, "recorded", done.n);
		gv_json_uint(ctx->json, "without_digest", done.bare);
		gv_json_uint(ctx->json, "no_digest", done.odd);
		gv_json_end(ctx->json);
	} else {
		gv_out_say(ctx->out, "%zu artifact%s recorded", done.n,
		    done.n == 1 ? "" : "s");
	}
	if (done.bare)
		gv_out_warn(ctx->out,
		    "%zu component%s without a digest, and %s not recorded",
		    done.bare, done.bare == 1 ? " is" : "s are",
		    done.bare == 1 ? "was" : "were");
	warn_odd(ctx, &done);
out:
	gv_buf_release(&done.odds);
	return r;
}

/* ---- list and find
 * --------------------------------------------------------------- */

static void
print_json(struct gv_json *j, const struct gv_artifact *one)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "name", one->name);
	gv_json_string(j, "version", one->version);
	gv_json_string(j, "purl", one->purl);
	gv_json_string(j, "digest", one->digest);
	gv_json_string(j, "sha256",
	    strncmp(one->digest, "sha256:", 7) == 0 ? one->digest + 7 : NULL);
	gv_json_string(j, "from", one->from);
	gv_json_time(j, "time", one->time);
	if (gv_oid_is_zero(&one->commit))
		gv_json_null(j, "commit");
	else
		gv_json_oid(j, "commit", &one->commit);
	gv_json_string(j, "snapshot", one->snapshot);
	gv_json_string(j, "environment", one->env);
	if (one->record)
		gv_json_uint(j, "record", one->record);
	else
		gv_json_null(j, "record");
	gv_json_string(j, "status", one->standing);
	gv_json_array(j, "states");
	for (i = 0; i < one->n_states; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "stack", one->states[i].stack);
		gv_json_oid(j, "version", &one->states[i].version);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

/* "good 3, revoked", where it is of a record. */
static void
print_record(struct gv_ctx *ctx, const struct gv_artifact *one)
{
	if (one->record)
		gv_out_cell(ctx->out, GV_OUT_PLAIN, "%u, %s", one->record,
		    one->standing);
	else
		gv_out_cell_text(ctx->out, GV_OUT_PLAIN, "-");
}

static void
print_states(struct gv_ctx *ctx, const struct gv_artifact *one)
{
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	size_t i;

	for (i = 0; i < one->n_states; i++) {
		gv_oid_format(hex, &one->states[i].version);
		gv_buf_addf(&text, "%s%s:%.*s", i ? " " : "",
		    one->states[i].stack, ABBREV, hex);
	}
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, one->n_states ? text.p : "-");
	gv_buf_release(&text);
}

static void
print_name(struct gv_ctx *ctx, const struct gv_artifact *one)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(&text, "%s%s%s", one->name, one->version ? "@" : "",
	    one->version ? one->version : "");
	gv_out_cell_buf(ctx->out, GV_OUT_TAG, &text);
	gv_buf_release(&text);
}

/* SHA-256 is what most are, and goes without saying. */
static void
print_digest(struct gv_ctx *ctx, const struct gv_artifact *one)
{
	const char *digits = strchr(one->digest, ':') + 1;
	size_t n = (size_t)(digits - one->digest);

	if (strncmp(one->digest, "sha256:", n) == 0)
		n = 0;
	gv_out_cell(ctx->out, GV_OUT_ID, "%.*s%.*s", (int)n, one->digest,
	    ABBREV, digits);
}

static void
print_row(struct gv_ctx *ctx, const struct gv_artifact *one)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &one->commit);
	print_name(ctx, one);
	print_digest(ctx, one);
	gv_out_cell(ctx->out, GV_OUT_PLAIN, "%.*s", ABBREV,
	    gv_oid_is_zero(&one->commit) ? "-" : hex);
	gv_out_cell_id(
	    ctx->out, GV_OUT_PLAIN, one->snapshot ? one->snapshot : "-");
	gv_out_cell_text(ctx->out, GV_OUT_PLAIN, one->env ? one->env : "-");
	print_record(ctx, one);
	print_states(ctx, one);
}

static void
print(struct gv_ctx *ctx, const struct gv_artifacts *found, size_t n)
{
	static const struct gv_out_column columns[] = {
		{ .head = "NAME" },
		{ .head = "DIGEST", .whole = true },
		{ .head = "COMMIT", .whole = true, .extra = 2 },
		{ .head = "SNAPSHOT", .whole = true },
		{ .head = "ENVIRONMENT" },
		{ .head = "RECORD", .extra = 1 },
		{ .head = "STATES", .cut = true },
	};
	size_t i;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "artifacts");
		for (i = 0; i < n; i++)
			print_json(ctx->json, &found->all[i]);
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	} else if (n) {
		gv_out_columns(ctx->out, columns, 7);
		for (i = 0; i < n && !gv_out_stopped(ctx->out); i++)
			print_row(ctx, &found->all[i]);
		gv_out_columns_end(ctx->out);
	}
}

static void
warn_unread(struct gv_ctx *ctx, const struct gv_artifacts *found)
{
	if (found->odd)
		gv_out_warn(ctx->out,
		    "notes or records cannot be read and were passed over "
		    "(%zu); 'git vault good list' shows which records are "
		    "damaged",
		    found->odd);
}

static int
list(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct artifact_opts *o = ctx->opts;
	struct gv_artifacts found;
	int r = gv_artifacts_find(&found, ctx->repo, NULL);
	size_t n;

	(void)argc;
	(void)argv;
	if (r < 0)
		return r;
	n = o->limit >= 0 && (uint64_t)o->limit < found.n ? (size_t)o->limit
							  : found.n;
	print(ctx, &found, n);
	warn_unread(ctx, &found);
	if (found.n == 0)
		gv_out_say(ctx->out,
		    "no artifact is recorded yet; how to record one: git vault "
		    "help artifact");
	gv_artifacts_release(&found);
	return 0;
}

static int
find(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_artifacts found;
	int r = gv_artifacts_find(&found, ctx->repo, argv[0]);

	(void)argc;
	if (r < 0)
		return r;
	print(ctx, &found, found.n);
	warn_unread(ctx, &found);
	if (found.n == 0)
		gv_out_say(ctx->out,
		    "no artifact of that name or digest was recorded");
	r = found.n ? 0 : 1;
	gv_artifacts_release(&found);
	return r;
}

#define SUBJECT 1
#define LIMIT   2

static const struct gv_verb verbs[] = {
	{ "record", 0, -1, SUBJECT, record },
	{ "list", 0, 0, LIMIT, list },
	{ "find", 1, 1, 0, find },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct artifact_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->env != NULL, SUBJECT, "env" },
		{ o->snapshot != NULL, SUBJECT, "snapshot" },
		{ o->commit != NULL, SUBJECT, "commit" },
		{ o->files.n > 0, SUBJECT, "from" },
		{ o->limit >= 0, LIMIT, "limit" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_artifact = {
	.name = "artifact",
	.summary = "record build artifacts and find what they were "
		   "built from",
	.usage = "record [--env ENV] [--snapshot SNAP] [--commit COMMIT] "
		 "[--from FILE]... [NAME=sha256:DIGITS]...\n"
		 "list [-n N]\n"
		 "find DIGEST|NAME",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct artifact_opts),
	.defaults = &defaults,
	.verb = "list",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
