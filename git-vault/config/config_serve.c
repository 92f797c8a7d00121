#include "git-vault/config/config_set.h"

#include "git-vault/config/config_view.h"
#include "git-vault/front/cmd.h"
#include "serve/serve.h"

/* The server with nothing but configuration, and how it is. */
int
gv_config_serve(struct gv_ctx *ctx)
{
	const struct gv_config_opts *o = ctx->opts;

	return gv_serve_go(ctx, &o->serve,
	    &(struct gv_serve_what){ .command = "config serve",
		.parts = GV_SERVE_CONFIGS | GV_SERVE_HEALTH,
		.layout = o->layout,
		.provider = o->provider,
		.identities = &o->identities });
}
