#include "state.h"

#include <string.h>

#include "base/err.h"
#include "cmd.h"
#include "identity_opt.h"
#include "json.h"
#include "out.h"
#include "safe/safe.h"
#include "serve/serve.h"

#define TIMEOUT_MAX 3600
#define BODY_MAX    (INT64_C(1) << 31)

/* A line of the log; a path is whatever somebody has sent. */
static void
tell(void *arg, const struct gv_serve_done *done)
{
	struct gv_ctx *ctx = arg;
	char path[161] = "(a name that looks like a secret)";
	size_t i;

	for (i = 0; done->path && i + 1 < sizeof(path) && done->path[i]; i++) {
		unsigned char c = (unsigned char)done->path[i];

		path[i] = (char)(c > ' ' && c < 0x7f ? c : '?');
		path[i + 1] = '\0';
	}
	gv_out_say(ctx->out, "%.16s %s %u %lld ms%s%s%s%s%s", done->method,
	    path, done->status, (long long)done->ms, *done->user ? " (" : "",
	    done->user, *done->user ? ")" : "", *done->why ? ": " : "",
	    done->why);
}

static int
check(const struct gv_ctx *ctx)
{
	const struct gv_state_opts *o = ctx->opts;

	if (ctx->json)
		return gv_err(GV_EUSAGE, "'state serve' has no JSON form");
	if (o->max_body == 0 || o->max_body > BODY_MAX)
		return gv_err(GV_EUSAGE,
		    "--max-body takes a size from 1 to 2g, not %lld",
		    (long long)o->max_body);
	if (o->timeout == 0 || o->timeout > TIMEOUT_MAX)
		return gv_err(GV_EUSAGE,
		    "--timeout takes 1 to %d seconds, not %lld", TIMEOUT_MAX,
		    (long long)o->timeout);
	return 0;
}

int
gv_state_serve(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_state_opts *o = ctx->opts;
	const struct gv_serve_opts opts = {
		.listen = o->listen ? o->listen : GV_SERVE_LISTEN,
		.remote = o->remote,
		.credentials = o->credentials,
		.tls_cert = o->tls_cert,
		.tls_key = o->tls_key,
		.max_body =
		    (uint64_t)(o->max_body < 0 ? GV_STATE_BODY : o->max_body),
		.timeout = o->timeout < 0 ? GV_STATE_TIMEOUT : (int)o->timeout,
		.on_done = tell,
		.ctx = ctx
	};
	struct gv_safe_opts safe;
	struct gv_serve *serve = NULL;
	int r = check(ctx);

	(void)argc;
	(void)argv;
	gv_identity_opt_fill(&safe, ctx, &o->identities);
	if (r < 0 || (r = gv_serve_open(&serve, ctx->repo, &safe, &opts)) < 0)
		return r;
	gv_identity_opt_tell(ctx, gv_serve_safe(serve));
	gv_out_printf(ctx->out, "%s\n", gv_serve_url(serve));
	r = gv_out_flush(ctx->out);
	if (gv_serve_is_open(serve))
		gv_out_say(ctx->out,
		    "every user of this host can read and write these states; "
		    "to ask for a password: git vault state serve "
		    "--credentials FILE, or --listen unix:PATH");
	if (r == 0)
		r = gv_serve_run(serve);
	gv_serve_close(serve);
	return r;
}
