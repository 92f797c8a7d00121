#include "git-vault/front/cmd.h"

#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "gate/outgoing.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/look/autosave_out.h"
#include "record/record.h"
#include "record/record_resolve.h"
#include "safe/safe.h"
#include "sync/bundle.h"
#include "sys/tty.h"

#define AUTO "auto:"

struct export_opts {
	const char *since, *basis;
	struct gv_opt_list envs, allow, identities;
	bool incremental, force, dry_run;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "since",
	    .arg = "TIME",
	    .at = offsetof(struct export_opts, since),
	    .help = "only snapshots taken at this time or later" },
	{ .type = GV_OPT_STRING,
	    .name = "basis",
	    .arg = "BUNDLE",
	    .at = offsetof(struct export_opts, basis),
	    .kind = GV_OPT_PATH,
	    .help = "leave out what this bundle contains" },
	{ .type = GV_OPT_BOOL,
	    .name = "incremental",
	    .at = offsetof(struct export_opts, incremental),
	    .help = "leave out what the last export contains" },
	{ .type = GV_OPT_LIST,
	    .name = "only",
	    .arg = "ENV",
	    .at = offsetof(struct export_opts, envs),
	    .help = "only this environment; may be repeated" },
	{ .type = GV_OPT_BOOL,
	    .name = "force",
	    .at = offsetof(struct export_opts, force),
	    .help = "replace FILE if it exists" },
	{ .type = GV_OPT_LIST,
	    .name = "allow",
	    .arg = "FINGERPRINT",
	    .at = offsetof(struct export_opts, allow),
	    .help = "allow this finding to leave this clone from now on; "
		    "may be repeated" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct export_opts, dry_run),
	    .help = "show what would be exported, write nothing" },
	GV_IDENTITY_OPT(struct export_opts, identities), GV_OPT_LAST
};

static int
check(const struct gv_ctx *ctx, bool is_stdout)
{
	const struct export_opts *o = ctx->opts;

	if (o->basis && o->incremental)
		return gv_err(
		    GV_EUSAGE, "use --basis or --incremental, not both");
	if (o->allow.n && o->dry_run)
		return gv_err(
		    GV_EUSAGE, "--dry-run changes nothing, and --allow does");
	if (is_stdout && ctx->json && !o->dry_run)
		return gv_err(GV_EUSAGE,
		    "--json prints where the bundle is to go: name a FILE");
	if (is_stdout && !o->dry_run && gv_tty_is(STDOUT_FILENO))
		return gv_err(GV_EUSAGE,
		    "a bundle is not printed on a terminal; name a FILE, or "
		    "send it elsewhere");
	return 0;
}

/* Automatic saves stay on this machine. A name of one in the place of FILE
 * would become a file. */
static int
check_saves(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_buf command = GV_BUF_INIT;
	int i, r = 0;

	if (strncmp(argv[0], AUTO, sizeof(AUTO) - 1) == 0)
		return gv_err(GV_EUSAGE,
		    "the name of the bundle comes first, and '%s' names what "
		    "was saved at a time (for a file of that name: ./%s)",
		    argv[0], argv[0]);
	gv_buf_addstr(&command, "git vault export ");
	gv_shell_quote(&command, argv[0]);
	r = gv_buf_check(&command);
	for (i = 1; r == 0 && i < argc; i++) {
		struct gv_record rec = { 0 };

		if (strncmp(argv[i], AUTO, sizeof(AUTO) - 1) != 0)
			continue;
		r = gv_record_resolve(&rec, ctx->repo,
		    &(struct gv_record_query){ .text = argv[i] });
		if (r == 0)
			r = gv_autosave_out_refuse(ctx, rec.id,
			    "which stays on this machine and is in no bundle",
			    command.p);
		gv_record_release(&rec);
	}
	gv_buf_release(&command);
	return r;
}

/* Why it takes no more: to who asks for a bundle a reader that has gone is a
 * failure, as a full disk is. */
static int
stopped(struct gv_out *out)
{
	int r = gv_out_flush(out);

	return r < 0
	    ? r
	    : gv_err(GV_ERROR,
		  "standard output was closed before the whole bundle was "
		  "written; the output is incomplete and cannot be used");
}

static int
write_out(void *ctx, const void *data, size_t len)
{
	struct gv_ctx *c = ctx;

	gv_out_write(c->out, data, len);
	return gv_out_stopped(c->out) ? stopped(c->out) : 0;
}

static int
flush_out(void *ctx)
{
	struct gv_ctx *c = ctx;
	int r = gv_out_flush(c->out);

	return r == 0 && gv_out_stopped(c->out) ? stopped(c->out) : r;
}

static void
print_json(
    struct gv_ctx *ctx, const char *file, const struct gv_bundle_written *done)
{
	const struct export_opts *o = ctx->opts;
	const struct gv_bundle_manifest *m = &done->manifest;
	struct gv_json *j = ctx->json;
	size_t i;

	gv_json_object(j, NULL);
	gv_json_path(j, "file", file, strlen(file));
	gv_json_bool(j, "dry_run", o->dry_run);
	gv_json_uint(j, "bytes", done->bytes);
	gv_json_oid(j, "manifest", &done->id);
	gv_json_bool(j, "signed", done->is_signed);
	gv_json_oid(j, "basis", &m->basis);
	gv_json_uint(j, "snapshots", m->snapshots);
	gv_json_uint(j, "kept_back", done->n_kept_back);
	gv_json_lines(j, "held", done->found.p);
	gv_json_array(j, "needs");
	for (i = 0; i < m->needs.n; i++)
		gv_json_oid(j, NULL, &m->needs.ids[i]);
	gv_json_end(j);
	gv_json_array(j, "refs");
	for (i = 0; i < m->n_refs; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "ref", m->refs[i].name);
		gv_json_oid(j, "id", &m->refs[i].id);
		gv_json_bool(j, "in", m->refs[i].is_in);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_end(j);
}

static void
say(struct gv_ctx *ctx, const char *file, const struct gv_bundle_written *done)
{
	const struct export_opts *o = ctx->opts;
	const struct gv_bundle_manifest *m = &done->manifest;
	char refs[GV_OUT_SIZE_MAX], snapshots[GV_OUT_SIZE_MAX];
	char size[GV_OUT_SIZE_MAX], other[GV_OUT_SIZE_MAX];

	gv_out_count(refs, done->n_in, "ref");
	gv_out_count(snapshots, m->snapshots, "snapshot");
	gv_out_count(other, m->n_refs - done->n_in, "other ref");
	gv_out_size(size, done->bytes);
	if (o->dry_run)
		gv_out_say(ctx->out, "would write %s with %s, of them %s", file,
		    refs, snapshots);
	else
		gv_out_say(ctx->out, "%s: %s, of them %s, in %s%s",
		    strcmp(file, "-") == 0 ? "stdout" : file, refs, snapshots,
		    size, done->is_signed ? "" : "; nobody has signed it");
	if (!gv_oid_is_zero(&m->basis))
		gv_out_say(ctx->out,
		    "it is imported where its basis is only, which has %s",
		    other);
}

static void
add_option(struct gv_buf *out, const char *option, const char *value)
{
	gv_buf_addstr(out, option);
	gv_shell_word(out, value);
}

/* The same export, with what was found in it. An increment is the basis of the
 * next one, which needs another name. */
static void
add_command(struct gv_buf *out, const struct export_opts *o, int argc,
    char **argv, const struct gv_bundle_written *done)
{
	const bool is_file = strcmp(argv[0], "-") != 0;
	size_t i;
	int k;

	gv_buf_addf(out, "git vault export%s", done->allow.p);
	if (o->since)
		add_option(out, " --since", o->since);
	if (o->basis)
		add_option(out, " --basis", o->basis);
	for (i = 0; i < o->envs.n; i++)
		add_option(out, " --only", o->envs.items[i]);
	for (i = 0; i < o->identities.n; i++)
		add_option(out, " --identity", o->identities.items[i]);
	if (o->incremental)
		gv_buf_addstr(out, " --incremental");
	else if (is_file && (o->force || !o->dry_run))
		gv_buf_addstr(out, " --force");
	gv_shell_word(out, argv[0]);
	if (o->incremental && is_file && !o->dry_run)
		gv_buf_addstr(out, ".2");
	for (k = 1; k < argc; k++)
		gv_shell_word(out, argv[k]);
}

/* What the gate keeps here, and the mend. */
static void
say_kept_back(struct gv_ctx *ctx, int argc, char **argv,
    const struct gv_bundle_written *done)
{
	struct gv_buf command = GV_BUF_INIT;
	const char *p = done->found.p, *nl;
	char refs[GV_OUT_SIZE_MAX];

	for (; (nl = strchr(p, '\n')); p = nl + 1)
		gv_out_warn(ctx->out, "%.*s", (int)(nl - p), p);
	gv_out_count(refs, done->n_kept_back, "ref");
	gv_out_say(ctx->out,
	    "%s not exported: a bundle with %s would contain the secrets named "
	    "above",
	    refs, done->n_kept_back == 1 ? "it" : "them");
	add_command(&command, ctx->opts, argc, argv, done);
	if (done->allow.len && gv_buf_check(&command) == 0)
		gv_out_say(
		    ctx->out, "hint: if these are no secrets: %s", command.p);
	gv_out_say(ctx->out,
	    "hint: else take them out of the commits (git rebase -i, git stash "
	    "drop) and run 'git vault snapshot'");
	gv_buf_release(&command);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct export_opts *o = ctx->opts;
	bool is_stdout = strcmp(argv[0], "-") == 0;
	struct gv_bundle_write_opts how = { .file = is_stdout ? NULL : argv[0],
		.write = write_out,
		.flush = flush_out,
		.ctx = ctx,
		.force = o->force,
		.dry_run = o->dry_run,
		.basis = o->basis,
		.is_incremental = o->incremental,
		.since = o->since,
		.envs = o->envs.items,
		.n_envs = o->envs.n,
		.picks = (const char *const *)argv + 1,
		.n_picks = (size_t)argc - 1,
		.now = ctx->now };
	struct gv_bundle_written done = { .n_in = 0 };
	struct gv_safe *safe = NULL;
	int r = check(ctx, is_stdout);

	if (r == 0)
		r = check_saves(ctx, argc, argv);
	if (r == 0 && o->allow.n)
		r = gv_outgoing_allow(ctx->repo, o->allow.items, o->allow.n);
	if (r == 0)
		r = gv_identity_opt_open(&safe, ctx, &o->identities);
	how.safe = safe;
	if (r == 0 && (r = gv_bundle_write(&done, ctx->repo, &how)) == 0) {
		if (ctx->json)
			print_json(ctx, argv[0], &done);
		say(ctx, argv[0], &done);
		if (done.n_kept_back)
			say_kept_back(ctx, argc, argv, &done);
	}
	if (done.unnoted)
		gv_out_warn(ctx->out,
		    "the next --incremental export will repeat what is in this "
		    "one: %s",
		    done.unnoted);
	gv_identity_opt_tell(ctx, safe);
	if (r == 0 && done.n_kept_back)
		r = 3;
	gv_bundle_written_release(&done);
	gv_safe_close(safe);
	return r;
}

const struct gv_cmd cmd_export = {
	.name = "export",
	.summary = "write the vault to one file, a Git bundle",
	.usage = "[--since TIME] [--basis BUNDLE | --incremental] "
		 "[--only ENV]... [--allow FINGERPRINT]... [--force] [-n] "
		 "[--identity FILE]... FILE [SNAP | PATTERN]...",
	.group = GV_CMD_SHARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct export_opts),
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_PATH, GV_OPT_SNAPSHOT },
	.run = run,
};
