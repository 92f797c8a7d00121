#include "git-vault/state/serve_go.h"

#include <string.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "safe/safe.h"
#include "serve/serve.h"

#define TIMEOUT_MAX 3600
#define REFRESH_MAX 86400
#define ALL         (GV_SERVE_STATES | GV_SERVE_CONFIGS | GV_SERVE_HEALTH)
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

static void
note(void *arg, const char *sentence)
{
	const struct gv_ctx *ctx = arg;

	gv_out_say(ctx->out, "%s", sentence);
}

static int
check(const struct gv_ctx *ctx, const struct gv_serve_args *a,
    const char *command)
{
	if (ctx->json)
		return gv_err(GV_EUSAGE, "'%s' has no JSON form", command);
	if (a->max_body == 0 || a->max_body > BODY_MAX)
		return gv_err(GV_EUSAGE,
		    "--max-body takes a size from 1 to 2g, not %lld",
		    (long long)a->max_body);
	if (a->timeout == 0 || a->timeout > TIMEOUT_MAX)
		return gv_err(GV_EUSAGE,
		    "--timeout takes 1 to %d seconds, not %lld", TIMEOUT_MAX,
		    (long long)a->timeout);
	if (a->refresh == 0 || a->refresh > REFRESH_MAX)
		return gv_err(GV_EUSAGE,
		    "--refresh takes 1 to %d seconds, not %lld", REFRESH_MAX,
		    (long long)a->refresh);
	return 0;
}

/* What everybody on this host may do now. */
static void
warn_open(const struct gv_ctx *ctx, const struct gv_serve_what *what)
{
	if (what->parts == 0 || what->parts & GV_SERVE_STATES)
		gv_out_say(ctx->out,
		    "every user of this host can read and write these states; "
		    "to ask for a password: git vault %s --credentials FILE, "
		    "or --listen unix:PATH",
		    what->command);
	else if (what->parts & GV_SERVE_CONFIGS)
		gv_out_say(ctx->out,
		    "every user of this host can read this configuration, "
		    "without its secrets; to ask for a password: git vault %s "
		    "--credentials FILE, or --listen unix:PATH",
		    what->command);
}

int
gv_serve_go(struct gv_ctx *ctx, const struct gv_serve_args *a,
    const struct gv_serve_what *what)
{
	const struct gv_serve_opts opts = { .parts =
						what->parts ? what->parts : ALL,
		.may_lack_config = what->parts == 0,
		.ref = a->ref,
		.layout = what->layout,
		.provider = what->provider,
		.refresh =
		    a->refresh < 0 ? GV_SERVE_ARGS_REFRESH : (int)a->refresh,
		.listen = a->listen ? a->listen : GV_SERVE_LISTEN,
		.remote = a->remote,
		.credentials = a->credentials,
		.tls_cert = a->tls_cert,
		.tls_key = a->tls_key,
		.max_body = (uint64_t)(a->max_body < 0 ? GV_SERVE_ARGS_BODY
						       : a->max_body),
		.timeout =
		    a->timeout < 0 ? GV_SERVE_ARGS_TIMEOUT : (int)a->timeout,
		.on_done = tell,
		.on_note = note,
		.ctx = ctx };
	struct gv_safe_opts safe;
	struct gv_serve *serve = NULL;
	int r = check(ctx, a, what->command);

	gv_identity_opt_fill(&safe, ctx, what->identities);
	if (r < 0 || (r = gv_identity_opt_check(ctx, what->identities)) < 0 ||
	    (r = gv_serve_open(&serve, ctx->repo, &safe, &opts)) < 0)
		return r;
	gv_identity_opt_tell(ctx, gv_serve_safe(serve));
	gv_out_printf(ctx->out, "%s\n", gv_serve_url(serve));
	r = gv_out_flush(ctx->out);
	if (gv_serve_is_open(serve))
		warn_open(ctx, what);
	if (r == 0)
		r = gv_serve_run(serve);
	gv_serve_close(serve);
	return r;
}
