#include "git-vault/good/good.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/out.h"
#include "git-vault/good/good_out.h"
#include "record/good.h"
#include "safe/safe.h"

int
gv_good_cmd_number(unsigned *out, const char *text)
{
	if (*text < '1' || *text > '9' || strlen(text) > 9 ||
	    text[strspn(text, "0123456789")] != '\0')
		return gv_err(GV_EUSAGE,
		    "a record is named by its number, as 'git vault good list' "
		    "has it, not by '%s'",
		    text);
	*out = (unsigned)strtoul(text, NULL, 10);
	return 0;
}

int
gv_good_cmd_show(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_good_opts *o = ctx->opts;
	struct gv_good good = GV_GOOD_INIT;
	struct gv_safe *safe = NULL;
	unsigned n = 0;
	int r = argc > 1 ? gv_good_cmd_number(&n, argv[1]) : 0;

	if (r == 0 &&
	    (r = gv_identity_opt_open(&safe, ctx, &o->identities)) == 0)
		r = n ? gv_good_load(&good, ctx->repo, argv[0], n)
		      : gv_good_resolve(&good, NULL, ctx->repo, argv[0]);
	if (r == 0 && (r = gv_good_look(&good, ctx->repo)) == 0)
		r = gv_good_seek(&good, ctx->repo);
	if (r == 0 && ctx->json)
		gv_good_out_json(ctx->json, &good, safe);
	else if (r == 0)
		gv_good_out_text(ctx, &good, safe);
	gv_identity_opt_tell(ctx, safe);
	gv_good_release(&good);
	gv_safe_close(safe);
	return r;
}
