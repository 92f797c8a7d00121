#include "cmd.h"

#include "base/err.h"
#include "content_out.h"
#include "given_out.h"
#include "identity_opt.h"
#include "place.h"
#include "view/unseal.h"

struct cat_opts {
	bool secrets;
	struct gv_opt_list identities;
	const char *reason;
};

static const struct gv_opt opts[] = { { .type = GV_OPT_BOOL,
					  .name = "secrets",
					  .at = offsetof(
					      struct cat_opts, secrets),
					  .help = "with secrets decrypted" },
	{ .type = GV_OPT_STRING,
	    .name = "reason",
	    .is_kept = true,
	    .arg = "TEXT",
	    .at = offsetof(struct cat_opts, reason),
	    .help = "why secrets are decrypted, for the audit chain" },
	GV_IDENTITY_OPT(struct cat_opts, identities), GV_OPT_LAST };

static int
print_clear(struct gv_ctx *ctx, const struct gv_place *place)
{
	const struct cat_opts *o = ctx->opts;
	struct gv_safe *safe = NULL;
	int r = gv_given_out_open(&safe, ctx, &place->rec, &o->identities);

	if (r == 0)
		r = gv_unseal_tell_path(
		    ctx->repo, safe, &place->rec, place->path.p, o->reason);
	if (r == 0)
		r = gv_content_out_clear(ctx, &place->rec, place->path.p, safe);
	gv_given_out_close(ctx, safe);
	return r;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct cat_opts *o = ctx->opts;
	struct gv_place place = GV_PLACE_INIT;
	int i, r = gv_place_open(&place, ctx, argv[0], argv[1]);

	if (r == 0 && !place.has_path)
		r = gv_err(GV_EUSAGE,
		    "'cat' needs a path too: SNAP PATH, or SNAP:PATH");
	for (i = 1; r == 0 && (i == 1 || i < argc); i++) {
		if (i > 1)
			r = gv_place_move(&place, ctx, argv[i]);
		if (r == 0)
			r = o->secrets
			    ? print_clear(ctx, &place)
			    : gv_content_out(ctx, &place.rec, place.path.p);
	}
	gv_place_release(&place);
	return r;
}

const struct gv_cmd cmd_cat = {
	.name = "cat",
	.summary = "print files from a snapshot",
	.usage = "[--secrets] SNAP PATH...\n[--secrets] SNAP:PATH\n"
		 "[--secrets] PATH@SNAP",
	.group = GV_CMD_LOOK,
	.flags = GV_CMD_REPO | GV_CMD_NO_JSON,
	.opts = opts,
	.opts_size = sizeof(struct cat_opts),
	.min_args = 1,
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT, GV_OPT_PATH },
	.run = run,
};
