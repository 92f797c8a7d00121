#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/place.h"
#include "git-vault/front/progress.h"
#include "git-vault/look/revealed_out.h"
#include "git-vault/restore/restore_out.h"
#include "restore/restore.h"
#include "sys/cancel.h"
#include "sys/outfile.h"
#include "sys/tty.h"
#include "view/content.h"
#include "view/unseal.h"

struct archive_opts {
	const char *output, *prefix;
	int gzip;
	bool secrets, as_stored;
	struct gv_opt_list identities;
	const char *reason;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .letter = 'o',
	    .name = "output",
	    .arg = "FILE",
	    .at = offsetof(struct archive_opts, output),
	    .kind = GV_OPT_PATH,
	    .help = "write to FILE, completely or not at all" },
	{ .type = GV_OPT_STRING,
	    .name = "prefix",
	    .arg = "PREFIX",
	    .at = offsetof(struct archive_opts, prefix),
	    .help = "prefix for every name ('DIR/' for a directory)" },
	{ .type = GV_OPT_TRI,
	    .letter = 'z',
	    .name = "gzip",
	    .at = offsetof(struct archive_opts, gzip),
	    .help = "compress with gzip (automatic for .gz and .tgz)" },
	{ .type = GV_OPT_BOOL,
	    .name = "secrets",
	    .at = offsetof(struct archive_opts, secrets),
	    .help = "with secrets decrypted" },
	{ .type = GV_OPT_BOOL,
	    .name = "as-stored",
	    .at = offsetof(struct archive_opts, as_stored),
	    .help = "restore owners, set-id bits and attributes of other "
		    "clones' snapshots, too" },
	{ .type = GV_OPT_STRING,
	    .name = "reason",
	    .is_kept = true,
	    .arg = "TEXT",
	    .at = offsetof(struct archive_opts, reason),
	    .help = "why secrets are decrypted, for the audit chain" },
	GV_IDENTITY_OPT(struct archive_opts, identities), GV_OPT_LAST
};

static const struct archive_opts defaults = { .gzip = -1 };

/* Where the bytes go: FILE, or stdout. */
struct sink {
	struct gv_ctx *ctx;
	bool is_secret; /* for nobody else to read */
	struct gv_outfile file;
	uint64_t bytes;
	struct gv_json skipped; /* with --json */
};

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), len = strlen(end);

	return n > len && strcmp(text + n - len, end) == 0;
}

static int
write_out(void *ctx, const void *data, size_t len)
{
	struct sink *s = ctx;

	s->bytes += len;
	if (s->file.path)
		return gv_outfile_write(&s->file, data, len);
	if (s->is_secret)
		gv_out_pass(s->ctx->out, data, len);
	else
		gv_out_write(s->ctx->out, data, len);
	return gv_out_stopped(s->ctx->out) ? GV_ECANCELED : 0;
}

static int
sink_open(struct sink *s)
{
	if (s->file.path)
		return gv_outfile_open(&s->file);
	if (s->ctx->json)
		return gv_err(GV_EUSAGE,
		    "stdout is for the archive; with --json, give -o FILE");
	return gv_tty_is(STDOUT_FILENO)
	    ? gv_err(GV_EUSAGE,
		  "an archive is not printed on a terminal; write it with -o "
		  "FILE, or pipe it")
	    : 0;
}

static void
on_change(void *ctx, const struct gv_restore_change *c)
{
	struct sink *s = ctx;
	struct gv_out *out = s->ctx->out;
	struct gv_buf path = GV_BUF_INIT;

	gv_buf_add(&path, c->path, c->len);
	if (c->action == GV_RESTORE_SKIP && s->ctx->json) {
		gv_json_object(&s->skipped, NULL);
		gv_json_path(&s->skipped, "path", c->path, c->len);
		gv_json_string(&s->skipped, "reason", c->reason);
		gv_json_end(&s->skipped);
	}
	if (c->action == GV_RESTORE_SKIP)
		gv_out_warn(out, "left out: %s (%s)", path.p,
		    c->reason ? c->reason : "no reason");
	else if (c->action == GV_RESTORE_ABSENT)
		gv_out_detail(out, "not in the snapshot: %s (%s)", path.p,
		    c->reason ? c->reason : "no reason");
	else if (c->action == GV_RESTORE_SEALED)
		gv_revealed_out_file(s->ctx, c);
	gv_buf_release(&path);
}

static void
print_json(struct sink *s, const struct gv_place *place,
    const struct gv_restore_result *result)
{
	const struct archive_opts *o = s->ctx->opts;
	struct gv_json *j = s->ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "snapshot", place->rec.id);
	gv_json_path(j, "path", place->path.p, place->path.len);
	gv_json_path(j, "file", o->output, strlen(o->output));
	gv_json_uint(j, "bytes", s->bytes);
	gv_json_bool(j, "with_secrets", o->secrets);
	gv_json_uint(j, "sealed", result->sealed);
	gv_json_uint(j, "damaged", result->damaged);
	gv_json_uint(j, "tamed", result->tamed);
	gv_json_uint(j, "unread", result->unread);
	gv_json_uint(j, "sparse", result->sparse);
	gv_json_uint(j, "omitted", result->omitted);
	gv_json_insert(j, "skipped", &s->skipped);
	gv_json_end(j);
}

static const char *
file_of(const struct archive_opts *o)
{
	return gv_outfile_is_stdout(o->output) ? NULL : o->output;
}

static int
archive(struct gv_ctx *ctx, const struct gv_place *place, struct gv_safe *safe,
    char **specs, int n)
{
	const struct archive_opts *o = ctx->opts;
	struct sink s = { .ctx = ctx,
		.is_secret = safe != NULL,
		.file = { .path = file_of(o),
		    .mode = safe ? 0600 : 0666,
		    .replaces = true },
		.skipped = GV_JSON_INIT };
	const struct gv_restore_archive how = { .dir = place->path.p,
		.prefix = o->prefix,
		.gzip = o->gzip > 0 ||
		    (o->gzip < 0 && o->output &&
			(ends_with(o->output, ".gz") ||
			    ends_with(o->output, ".tgz"))),
		.clear = o->secrets,
		.write = write_out,
		.ctx = &s };
	struct gv_restore_opts what = GV_RESTORE_OPTS_INIT;
	struct gv_restore_result result = { 0 };
	struct gv_content c;
	int r = gv_content_find(&c, ctx->repo, &place->rec, place->path.p);

	what.pathspecs = (const char *const *)specs;
	what.n_pathspecs = (size_t)n;
	what.safe = safe;
	what.as_stored = o->as_stored;
	what.each = on_change;
	what.each_ctx = &s;
	what.begin = gv_progress_on_begin;
	what.add = gv_progress_on_add;
	what.progress_ctx = ctx->progress;
	if (r < 0 || (r = sink_open(&s)) < 0)
		return r;
	gv_json_array(&s.skipped, NULL);
	r = gv_restore_archive(&result, ctx->repo, &place->rec, &what, &how);
	if (o->output)
		r = gv_outfile_close(&s.file, r);
	gv_json_end(&s.skipped);
	if (r == 0 && ctx->json)
		print_json(&s, place, &result);
	gv_json_release(&s.skipped);
	/* the frame alone reports a failure of stdout */
	if (r == GV_ECANCELED && !gv_cancel_requested())
		return 0;
	if (r == 0) {
		gv_restore_out_sparse(ctx, &result, place->rec.id);
		gv_restore_out_omitted(ctx, &result, &place->rec, NULL);
		gv_restore_out_unread(ctx, &result, place->rec.id);
	}
	if (r == 0 && result.tamed)
		gv_out_say(ctx->out,
		    "another clone took this snapshot, so %" PRIu64
		    " entr%s without its owner, set-id bits, attributes or "
		    "wider mode; to archive these too, add --as-stored",
		    result.tamed, result.tamed == 1 ? "y is" : "ies are");
	if (r < 0 || result.skipped || result.damaged || result.unread ||
	    result.omitted)
		return r < 0 ? r : 3;
	if (!o->secrets)
		gv_revealed_out_note(ctx, &place->rec);
	return result.sealed ? 5 : 0;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct archive_opts *o = ctx->opts;
	struct gv_place place = GV_PLACE_INIT;
	struct gv_safe *safe = NULL;
	const struct gv_outfile file = { .path = file_of(o), .replaces = true };
	int r;

	if ((r = gv_outfile_check(&file)) < 0 ||
	    (r = gv_place_open(&place, ctx, argv[0], NULL)) < 0)
		goto out;
	if (o->secrets &&
	    (r = gv_revealed_out_open(&safe, ctx, &place.rec, &o->identities)) <
		0)
		goto out;
	if (safe &&
	    (r = gv_unseal_tell_path(
		 ctx->repo, safe, &place.rec, place.path.p, o->reason)) < 0)
		goto out;
	r = archive(ctx, &place, safe, argv + 1, argc - 1);
out:
	gv_revealed_out_close(ctx, safe);
	gv_place_release(&place);
	return r;
}

const struct gv_cmd cmd_archive = {
	.name = "archive",
	.summary = "write a snapshot as a tar archive with all metadata",
	.usage = "[-o FILE] [--prefix PREFIX] [-z] [--secrets] SNAP[:DIR] [--] "
		 "[PATHSPEC...]",
	.group = GV_CMD_BACK,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct archive_opts),
	.defaults = &defaults,
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_INSIDE },
	.run = run,
};
