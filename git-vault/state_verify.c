#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "cmd.h"
#include "identity_opt.h"
#include "json.h"
#include "out.h"
#include "state.h"
#include "state_version.h"
#include "vault/safe.h"
#include "vault/track_verify.h"

static int
tell(void *ctx, enum gv_track_finding kind, const char *sentence)
{
	struct gv_ctx *c = ctx;
	const char *name = gv_track_finding_name(kind);

	if (c->json) {
		gv_json_object(c->json, NULL);
		gv_json_string(c->json, "kind", name);
		gv_json_string(c->json, "message", sentence);
		gv_json_end(c->json);
	} else {
		gv_out_paint(c->out, GV_OUT_REMOVED, "%s", name);
		gv_out_printf(c->out, ": ");
		gv_out_text(c->out, sentence, strlen(sentence));
		gv_out_printf(c->out, "\n");
	}
	return gv_out_stopped(c->out) ? GV_ECANCELED : 0;
}

static void
conclude(struct gv_ctx *ctx, const struct gv_track_version *v,
    const struct gv_track_verified *done)
{
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_bool(ctx->json, "opened", done->was_opened);
		gv_json_bool(ctx->json, "compared", done->was_compared);
		gv_json_end(ctx->json);
	} else if (done->findings == 0 && done->was_opened) {
		gv_out_printf(ctx->out,
		    "%s/%s is whole: %" PRIu64 " parts, %" PRIu64
		    " resources\n",
		    v->env, v->stack, v->parts, v->items);
	}
	if (done->was_opened && !done->was_compared)
		gv_out_warn(ctx->out,
		    "its index was not compared with its parts: it was made by "
		    "another key of ids than the keyring has now");
}

/* Nothing was found, as far as it was looked at. */
static int
not_opened(const struct gv_track_verified *done)
{
	return gv_err(GV_ENOKEY,
	    "the values were not looked at, only the index and the versions "
	    "before: %s",
	    done->shut);
}

static int
verify(struct gv_ctx *ctx, const struct gv_track_version *v)
{
	const struct gv_state_opts *o = ctx->opts;
	struct gv_track_verified done = { 0 };
	struct gv_safe *safe = NULL;
	int r = gv_identity_opt_open(&safe, ctx, &o->identities);

	if (r == 0 && ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_state_version_json(ctx->json, "version", v);
		gv_json_array(ctx->json, "findings");
	}
	if (r == 0)
		r = gv_track_verify(&done, ctx->repo, safe, v, tell, ctx);
	if (r == 0)
		conclude(ctx, v, &done);
	if (r == 0 && done.findings && !done.was_opened)
		gv_out_warn(
		    ctx->out, "the values were not looked at: %s", done.shut);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	if (r < 0 || (done.was_opened && done.findings == 0))
		return r;
	return done.findings ? 1 : not_opened(&done);
}

int
gv_state_verify(struct gv_ctx *ctx, int argc, char **argv)
{
	return gv_state_with_version(ctx, argc, argv, verify);
}
