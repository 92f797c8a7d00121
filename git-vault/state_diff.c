#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "cmd.h"
#include "json.h"
#include "out.h"
#include "state.h"
#include "state_change.h"
#include "state_version.h"
#include "vault/track_diff.h"

struct diff {
	struct gv_ctx *ctx;
	const struct gv_state_opts *o;
	uint64_t added, deleted, modified, replaced;
};

static int
on_change(void *ctx, const struct gv_track_change *c)
{
	struct diff *d = ctx;

	d->added += c->kind == GV_TRACK_ADDED;
	d->deleted += c->kind == GV_TRACK_DELETED;
	d->modified += c->kind == GV_TRACK_MODIFIED;
	d->replaced += c->kind == GV_TRACK_REPLACED;
	if (d->ctx->json)
		gv_state_change_json(d->ctx->json, NULL, c);
	else if (!d->o->stat)
		gv_state_change_print(d->ctx->out, c);
	return gv_out_stopped(d->ctx->out) ? GV_ECANCELED : 0;
}

static int
run(struct diff *d, const struct gv_track_version *a,
    const struct gv_track_version *b)
{
	struct gv_json *j = d->ctx->json;
	int r;

	if (j) {
		gv_json_object(j, NULL);
		gv_state_version_json(j, "from", a);
		gv_state_version_json(j, "to", b);
		gv_json_array(j, "changes");
	}
	r = gv_track_diff(d->ctx->repo, a, b, on_change, d);
	if (j) {
		gv_json_end(j);
		gv_json_end(j);
	}
	if (r == 0 && !j && d->o->stat)
		gv_out_printf(d->ctx->out,
		    "%" PRIu64 " added, %" PRIu64 " removed, %" PRIu64
		    " changed, %" PRIu64 " replaced\n",
		    d->added, d->deleted, d->modified, d->replaced);
	if (r < 0)
		return r;
	return d->added + d->deleted + d->modified + d->replaced ? 1 : 0;
}

int
gv_state_diff(struct gv_ctx *ctx, int argc, char **argv)
{
	struct diff d = { .ctx = ctx, .o = ctx->opts };
	struct gv_track_version hold, a = { 0 }, b = { 0 };
	struct gv_track_of of;
	int r = gv_state_version_of(&of, &hold, ctx);

	if (r == 0)
		r = gv_track_resolve(
		    &a, ctx->repo, &of, argc > 0 ? argv[0] : "latest~1");
	if (r == 0)
		r = gv_track_resolve(
		    &b, ctx->repo, &of, argc > 1 ? argv[1] : "latest");
	if (r == 0)
		r = run(&d, &a, &b);
	gv_track_version_release(&a);
	gv_track_version_release(&b);
	gv_track_version_release(&hold);
	return r;
}
