#include "git-vault/good/good.h"

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "good/good_export.h"
#include "record/good.h"

/* One document, whatever --json says: it is JSON already. */
int
gv_good_cmd_export(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_good_opts *o = ctx->opts;
	struct gv_good good = GV_GOOD_INIT;
	struct gv_buf text = GV_BUF_INIT;
	unsigned n = 0;
	int r = argc > 1 ? gv_good_cmd_number(&n, argv[1]) : 0;

	if (r < 0)
		goto out;
	r = n ? gv_good_load(&good, ctx->repo, argv[0], n)
	      : gv_good_resolve(&good, NULL, ctx->repo, argv[0]);
	if (r < 0)
		goto out;
	r = gv_good_export(&text, &good,
	    o->format < 0 ? GV_GOOD_INTOTO : (enum gv_good_format)o->format);
	if (r < 0)
		goto out;
	gv_out_write(ctx->out, text.p, text.len);
	gv_out_write(ctx->out, "\n", 1);
out:
	gv_buf_release(&text);
	gv_good_release(&good);
	return r;
}
