#include "cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "json.h"
#include "out.h"
#include "progress.h"
#include "store/repo.h"
#include "vault/verify.h"

struct verify_opts {
	bool all, deep;
	int64_t threads;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "all",
	    .at = offsetof(struct verify_opts, all),
	    .help = "all snapshots; so it is without SNAP" },
	{ .type = GV_OPT_BOOL,
	    .name = "deep",
	    .at = offsetof(struct verify_opts, deep),
	    .help = "restore every file in memory too, and compare" },
	{ .type = GV_OPT_INT,
	    .name = "threads",
	    .arg = "N",
	    .at = offsetof(struct verify_opts, threads),
	    .help = "work on so many threads; default: one a processor" },
	GV_OPT_LAST
};

struct printing {
	struct gv_ctx *ctx;
	bool begun; /* the document: not before something is known */
};

static void
begin(struct printing *p)
{
	if (!p->begun) {
		gv_json_object(p->ctx->json, NULL);
		gv_json_array(p->ctx->json, "faults");
	}
	p->begun = true;
}

/* Faults are printed as they are found: there may be very many. */
static void
print_text(void *printing, const struct gv_verify_fault *f)
{
	struct gv_ctx *c = ((struct printing *)printing)->ctx;
	char hex[GV_OID_HEX + 1];

	gv_progress_clear(c->progress);
	gv_out_paint(c->out, GV_OUT_REMOVED, "damaged");
	gv_out_printf(c->out, " ");
	gv_out_text(c->out, f->snapshot, strlen(f->snapshot));
	if (f->len) {
		gv_out_printf(c->out, ":");
		gv_out_path(c->out, f->path, f->len);
	}
	gv_out_printf(c->out, ": ");
	gv_out_text(c->out, f->reason, strlen(f->reason));
	gv_oid_format(hex, &f->oid);
	if (!gv_oid_is_zero(&f->oid) && strstr(f->reason, hex) == NULL)
		gv_out_printf(c->out, " (object %s)", hex);
	gv_out_printf(c->out, "\n");
}

static void
print_json(void *printing, const struct gv_verify_fault *f)
{
	struct gv_ctx *c = ((struct printing *)printing)->ctx;

	begin(printing);
	gv_json_object(c->json, NULL);
	gv_json_string(c->json, "snapshot", f->snapshot);
	gv_json_path(c->json, "path", f->path, f->len);
	gv_json_oid(c->json, "object", &f->oid);
	gv_json_string(c->json, "reason", f->reason);
	gv_json_end(c->json);
}

static void
print_summary(struct gv_ctx *ctx, const struct gv_verify_result *res)
{
	char size[GV_OUT_SIZE_MAX], count[GV_OUT_SIZE_MAX];
	char faults[GV_OUT_SIZE_MAX], objects[GV_OUT_SIZE_MAX];

	gv_out_size(size, res->bytes);
	gv_out_count(count, res->snapshots, "snapshot");
	gv_out_count(faults, res->faults, "fault");
	gv_out_count(objects, res->objects, "object");
	if (res->faults)
		gv_out_say(ctx->out,
		    "%s verified, %" PRIu64 " damaged: %s in %s (%s)", count,
		    res->damaged, faults, objects, size);
	else
		gv_out_printf(ctx->out, "%s verified, all whole: %s (%s)\n",
		    count, objects, size);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct verify_opts *o = ctx->opts;
	struct printing printing = { .ctx = ctx };
	struct gv_verify_opts how = { .deep = o->deep,
		.threads = (int)o->threads,
		.fault = ctx->json ? print_json : print_text,
		.fault_ctx = &printing,
		.begin = gv_progress_on_begin,
		.add = gv_progress_on_add,
		.progress_ctx = ctx->progress };
	struct gv_verify_result res;
	int r;

	if (o->all && argc)
		return gv_err(
		    GV_EUSAGE, "--all means every snapshot; name some, or all");
	how.snapshots = (const char *const *)argv;
	how.n_snapshots = (size_t)argc;
	r = gv_verify_run(&res, ctx->repo, &how);
	if (r < 0)
		return r;
	if (ctx->json) {
		begin(&printing);
		gv_json_end(ctx->json);
		gv_json_uint(ctx->json, "snapshots", res.snapshots);
		gv_json_uint(ctx->json, "damaged", res.damaged);
		gv_json_uint(ctx->json, "objects", res.objects);
		gv_json_uint(ctx->json, "bytes", res.bytes);
		gv_json_bool(ctx->json, "deep", o->deep);
		gv_json_end(ctx->json);
	} else {
		print_summary(ctx, &res);
	}
	return res.faults ? 1 : 0;
}

const struct gv_cmd cmd_verify = {
	.name = "verify",
	.summary = "read every object of the snapshots and check it",
	.usage = "[SNAP...] [--all] [--deep]",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct verify_opts),
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT },
	.run = run,
};
