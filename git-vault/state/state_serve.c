#include "git-vault/state/state.h"

#include "git-vault/front/cmd.h"
#include "serve/serve.h"

/* The server with nothing but states. */
int
gv_state_serve(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_state_opts *o = ctx->opts;

	(void)argc;
	(void)argv;
	return gv_serve_go(ctx, &o->serve,
	    &(struct gv_serve_what){ .command = "state serve",
		.parts = GV_SERVE_STATES,
		.identities = &o->identities });
}
