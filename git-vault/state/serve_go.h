#ifndef SERVE_GO_H
#define SERVE_GO_H
/*
 * The server, as `git vault serve`, `git vault state serve` and `git vault
 * config serve` start it, and the options that they share.
 */

#include <stddef.h>
#include <stdint.h>

#include "git-vault/front/opt.h"

struct gv_ctx;

struct gv_serve_args {
	const char *listen, *remote, *credentials, *tls_cert, *tls_key;
	const char *ref;
	int64_t max_body, timeout, refresh; /* negative: not given */
};

#define GV_SERVE_ARGS_INIT                                                     \
	{                                                                      \
		.max_body = -1, .timeout = -1, .refresh = -1                   \
	}

#define GV_SERVE_ARGS_BODY    (INT64_C(100) << 20) /* of a state */
#define GV_SERVE_ARGS_TIMEOUT 60                   /* seconds */
#define GV_SERVE_ARGS_REFRESH 30                   /* seconds */

#define GV_SERVE_ARGS_AT(values, member, field)                                \
	(offsetof(values, member) + offsetof(struct gv_serve_args, field))

/* The lines of a table of options, but --remote. */
#define GV_SERVE_ARGS_OPTS(values, member)                                     \
	{ .type = GV_OPT_STRING,                                               \
		.name = "listen",                                              \
		.arg = "ADDRESS",                                              \
		.at = GV_SERVE_ARGS_AT(values, member, listen),                \
		.help = "ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH; default: " \
			"127.0.0.1:7417" },                                    \
	    { .type = GV_OPT_INT,                                              \
		    .name = "max-body",                                        \
		    .arg = "BYTES",                                            \
		    .at = GV_SERVE_ARGS_AT(values, member, max_body),          \
		    .help = "the largest state to accept; default: 100m" },    \
	    { .type = GV_OPT_INT,                                              \
		    .name = "timeout",                                         \
		    .arg = "SECONDS",                                          \
		    .at = GV_SERVE_ARGS_AT(values, member, timeout),           \
		    .help = "disconnect slower clients; default: 60" },        \
	    { .type = GV_OPT_STRING,                                           \
		    .name = "credentials",                                     \
		    .arg = "FILE",                                             \
		    .kind = GV_OPT_PATH,                                       \
		    .at = GV_SERVE_ARGS_AT(values, member, credentials),       \
		    .help = "accept only the users listed in this file" },     \
	    { .type = GV_OPT_STRING,                                           \
		    .name = "tls-cert",                                        \
		    .arg = "FILE",                                             \
		    .kind = GV_OPT_PATH,                                       \
		    .at = GV_SERVE_ARGS_AT(values, member, tls_cert),          \
		    .help = "use TLS with this certificate" },                 \
	{                                                                      \
		.type = GV_OPT_STRING, .name = "tls-key", .arg = "FILE",       \
		.kind = GV_OPT_PATH,                                           \
		.at = GV_SERVE_ARGS_AT(values, member, tls_key),               \
		.help = "the key of the certificate"                           \
	}

/* The lines that only configuration needs. */
#define GV_SERVE_ARGS_CONFIG_OPTS(values, member)                              \
	{ .type = GV_OPT_STRING,                                               \
		.name = "ref",                                                 \
		.arg = "REF",                                                  \
		.kind = GV_OPT_REF,                                            \
		.at = GV_SERVE_ARGS_AT(values, member, ref),                   \
		.help = "serve the configuration of this branch or tag; "      \
			"default: HEAD" },                                     \
	{                                                                      \
		.type = GV_OPT_INT, .name = "refresh", .arg = "SECONDS",       \
		.at = GV_SERVE_ARGS_AT(values, member, refresh),               \
		.help = "with --remote, fetch this often; default: 30"         \
	}

/* What is served besides what the arguments say. */
struct gv_serve_what {
	const char *command; /* "state serve", for messages */
	unsigned parts;      /* of enum gv_serve_part; 0: those there are */
	const char *layout, *provider;
	const struct gv_opt_list *identities; /* NULL: none can be given */
};

/* Serve until a signal. As run() of a command. */
int gv_serve_go(struct gv_ctx *ctx, const struct gv_serve_args *args,
    const struct gv_serve_what *what);

#endif
