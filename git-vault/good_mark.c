#include "good.h"

#include "base/err.h"
#include "cmd.h"
#include "good_out.h"
#include "identity_opt.h"
#include "out.h"
#include "vault/good.h"
#include "vault/safe.h"

/* What the pipeline says it builds is not always what is checked out. */
static void
warn(struct gv_ctx *ctx, const struct gv_good *good)
{
	const char *own = good->pipeline.commit;
	char hex[GV_OID_HEX + 1];
	struct gv_oid commit;

	gv_oid_format(hex, &good->code);
	if (own && gv_oid_parse(&commit, own) == 0 &&
	    !gv_oid_equal(&commit, &good->code))
		gv_out_warn(ctx->out,
		    "commit %s was marked, and the pipeline says that it is of "
		    "%.40s; --commit says which is meant",
		    hex, own);
}

int
gv_good_cmd_mark(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_good_opts *o = ctx->opts;
	struct gv_good_what what = {
		.env = argv[0],
		.status = o->status < 0 ? GV_GOOD_VERIFIED
					: (enum gv_good_status)o->status,
		.snapshot = o->snapshot,
		.commit = o->commit,
		.artifacts = o->artifacts.items,
		.n_artifacts = o->artifacts.n,
		.images = o->images,
		.evidence = o->evidence.items,
		.n_evidence = o->evidence.n,
		.approvers = o->approvers.items,
		.n_approvers = o->approvers.n,
		.pipeline_url = o->pipeline_url,
		.reason = gv_good_cmd_reason(o),
		.now = ctx->now,
	};
	struct gv_good good = GV_GOOD_INIT;
	struct gv_safe *safe = NULL;
	int r = gv_identity_opt_open(&safe, ctx, &o->identities);

	(void)argc;
	what.sign = gv_good_cmd_sign(&what.sign_key, o);
	if (r == 0)
		r = gv_good_mark(&good, ctx->repo, safe, &what);
	if (r == 0) {
		gv_good_out_made(ctx, &good, safe);
		if (o->commit == NULL)
			warn(ctx, &good);
	}
	gv_identity_opt_tell(ctx, safe);
	gv_good_release(&good);
	gv_safe_close(safe);
	return r;
}
