#include "git-vault/front/cmd.h"

#include "git-vault/front/identity_opt.h"
#include "git-vault/state/serve_go.h"
#include "serve/serve.h"

struct serve_opts {
	struct gv_serve_args args;
	struct gv_opt_list identities;
	const char *layout, *provider;
	bool state, config, health;
};

#define AT(field) offsetof(struct serve_opts, field)

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "state",
	    .at = AT(state),
	    .help = "serve states of Terraform and OpenTofu" },
	{ .type = GV_OPT_BOOL,
	    .name = "config",
	    .at = AT(config),
	    .help = "serve the configuration of layers" },
	{ .type = GV_OPT_BOOL,
	    .name = "health",
	    .at = AT(health),
	    .help = "serve health and metrics" },
	GV_SERVE_ARGS_OPTS(struct serve_opts, args),
	{ .type = GV_OPT_STRING,
	    .name = "remote",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = GV_SERVE_ARGS_AT(struct serve_opts, args, remote),
	    .help = "share states with this remote, and fetch the "
		    "configuration from it" },
	GV_SERVE_ARGS_CONFIG_OPTS(struct serve_opts, args),
	{ .type = GV_OPT_STRING,
	    .name = "layout",
	    .arg = "LAYOUT",
	    .at = AT(layout),
	    .help = "which set of the policy, or which layout, where there are "
		    "several" },
	{ .type = GV_OPT_STRING,
	    .name = "provider",
	    .arg = "PROVIDER",
	    .at = AT(provider),
	    .help = "the cloud that has layers of its own" },
	GV_IDENTITY_OPT(struct serve_opts, identities), GV_OPT_LAST
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct serve_opts *o = ctx->opts;
	const unsigned parts = (o->state ? GV_SERVE_STATES : 0u) |
	    (o->config ? GV_SERVE_CONFIGS : 0u) |
	    (o->health ? GV_SERVE_HEALTH : 0u);

	(void)argc;
	(void)argv;
	return gv_serve_go(ctx, &o->args,
	    &(struct gv_serve_what){ .command = "serve",
		.parts = parts,
		.layout = o->layout,
		.provider = o->provider,
		.identities = &o->identities });
}

static const struct serve_opts defaults = { .args = GV_SERVE_ARGS_INIT };

const struct gv_cmd cmd_serve = {
	.name = "serve",
	.summary = "serve states, configuration and health over HTTP",
	.usage = "[--state] [--config] [--health] [--listen ADDRESS] "
		 "[--credentials FILE] [--tls-cert FILE --tls-key FILE] "
		 "[--max-body BYTES] [--timeout SECONDS] [--remote REMOTE] "
		 "[--ref REF] [--refresh SECONDS] [--layout LAYOUT] "
		 "[--provider PROVIDER]",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct serve_opts),
	.defaults = &defaults,
	.min_args = 0,
	.max_args = 0,
	.run = run,
};
