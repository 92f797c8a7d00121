#include "git-vault/good/good.h"

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/good/good_out.h"
#include "good/good_mark.h"
#include "record/good.h"
#include "safe/safe.h"

int
gv_good_cmd_revoke(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_good_opts *o = ctx->opts;
	struct gv_good good = GV_GOOD_INIT;
	struct gv_safe *safe = NULL;
	struct gv_good_back back = {
		.env = argv[0], .reason = gv_good_cmd_reason(o), .now = ctx->now
	};
	int r = gv_good_cmd_number(&back.n, argv[1]);

	(void)argc;
	back.sign = gv_good_cmd_sign(&back.sign_key, o);
	if (r == 0 && back.reason == NULL)
		r = gv_err(GV_EUSAGE,
		    "a record is revoked for a reason: say it by --reason");
	if (r == 0 &&
	    (r = gv_identity_opt_open(&safe, ctx, &o->identities)) == 0 &&
	    (r = gv_good_revoke(&good, ctx->repo, safe, &back)) == 0)
		gv_good_out_made(ctx, &good, safe);
	gv_identity_opt_tell(ctx, safe);
	gv_good_release(&good);
	gv_safe_close(safe);
	return r;
}
