#include "git-vault/front/cmd.h"

#include "git-vault/front/identity_opt.h"
#include "git-vault/front/reason_opt.h"
#include "git-vault/front/verb.h"
#include "git-vault/secret/sealed.h"

#define AT(field) offsetof(struct gv_sealed_opts, field)

static const char *const formats[] = { "env", "json", "k8s", "age", NULL };

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_LIST,
	    .name = "scope",
	    .arg = "SCOPE",
	    .at = AT(scopes),
	    .help = "only secrets of this scope; for import, the target "
		    "scope" },
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .at = AT(env),
	    .help = "only secrets in files of this environment" },
	{ .type = GV_OPT_BOOL,
	    .name = "reuse",
	    .at = AT(reuse),
	    .help = "decrypt, and show which secrets several scopes share" },
	{ .type = GV_OPT_BOOL,
	    .name = "exposed",
	    .at = AT(exposed),
	    .help = "decrypt, and show which secrets Git's history "
		    "contains" },
	{ .type = GV_OPT_BOOL,
	    .name = "reveal",
	    .at = AT(reveal),
	    .help = "decrypt and print the secret, on a terminal only" },
	{ .type = GV_OPT_STRING,
	    .name = "value-from",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = AT(value_from),
	    .help = "read the new secret from FILE; -: stdin" },
	{ .type = GV_OPT_BOOL,
	    .name = "patch",
	    .at = AT(patch),
	    .help = "replace the old secret in the files that contain it" },
	{ .type = GV_OPT_CHOICE,
	    .name = "format",
	    .arg = "FORMAT",
	    .choices = formats,
	    .at = AT(format),
	    .help = "env, json, k8s or age" },
	{ .type = GV_OPT_STRING,
	    .name = "output",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = AT(output),
	    .help = "write to a new file that only you can read" },
	GV_REASON_OPT(struct gv_sealed_opts, reason),
	{ .type = GV_OPT_BOOL,
	    .name = "stdin",
	    .at = AT(from_stdin),
	    .help = "purge the secret read from standard input" },
	{ .type = GV_OPT_BOOL,
	    .name = "precious",
	    .at = AT(precious),
	    .help = "purge ignored files that old snapshots store as "
		    "plaintext" },
	{ .type = GV_OPT_BOOL,
	    .name = "forget",
	    .at = AT(forget),
	    .help = "also purge the encrypted secret" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = AT(dry_run),
	    .help = "show what would change, change nothing" },
	GV_IDENTITY_OPT(struct gv_sealed_opts, identities), GV_OPT_LAST
};

/* The options that a verb takes; what else was given is refused. */
enum takes {
	SCOPE = 1,
	ENV = 2,
	REUSE = 4,
	REVEAL = 8,
	VALUE = 16,
	PATCH = 32,
	FORMAT = 64,
	OUTPUT = 128,
	REASON = 256,
	PURGE = 512,
	DRY = 1024,
	KEYS = 2048,
};

static const struct gv_verb verbs[] = {
	{ "list", 0, 0, SCOPE | ENV | REUSE | KEYS, gv_sealed_list },
	{ "show", 1, 1, REVEAL | OUTPUT | REASON | KEYS, gv_sealed_show },
	{ "history", 1, 1, 0, gv_sealed_history },
	{ "rotate", 1, 1, VALUE | PATCH | REASON | KEYS, gv_sealed_rotate },
	{ "revoke", 1, -1, REASON | KEYS, gv_sealed_revoke },
	{ "export", 0, -1, FORMAT | SCOPE | OUTPUT | REASON | KEYS,
	    gv_sealed_export },
	{ "import", 1, 1, FORMAT | SCOPE | REASON | KEYS, gv_sealed_import },
	{ "purge", 0, -1, PURGE | DRY | REASON | KEYS, gv_sealed_purge },
	{ "migrate", 0, 0, SCOPE | DRY | REASON | KEYS, gv_sealed_migrate },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_sealed_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->scopes.n > 0, SCOPE, "scope" },
		{ o->env != NULL, ENV, "env" },
		{ o->reuse, REUSE, "reuse" },
		{ o->exposed, REUSE, "exposed" },
		{ o->reveal, REVEAL, "reveal" },
		{ o->value_from != NULL, VALUE, "value-from" },
		{ o->patch, PATCH, "patch" },
		{ o->format != GV_SEALED_ENV, FORMAT, "format" },
		{ o->output != NULL, OUTPUT, "output" },
		{ o->reason != NULL, REASON, "reason" },
		{ o->from_stdin, PURGE, "stdin" },
		{ o->precious, PURGE, "precious" },
		{ o->forget, PURGE, "forget" },
		{ o->dry_run, DRY, "dry-run" },
		{ o->identities.n > 0, KEYS, "identity" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_secret = {
	.name = "secret",
	.summary = "list, show, rotate and revoke secrets",
	.usage = "list [--scope SCOPE]... [--env ENV] [--reuse] "
		 "[--exposed]\n"
		 "show [--reveal [--output FILE] [--reason TEXT]] ID\n"
		 "history ID\n"
		 "rotate [--value-from FILE] [--patch] [--reason TEXT] ID\n"
		 "revoke [--reason TEXT] ID...\n"
		 "export [--format FORMAT] [--scope SCOPE]... [--output FILE] "
		 "[--reason TEXT] [ID]...\n"
		 "import [--format FORMAT] --scope SCOPE [--reason TEXT] FILE\n"
		 "purge [-n] [--forget] [--reason TEXT] [--stdin] [--precious] "
		 "[ID]...\n"
		 "migrate [-n] [--scope SCOPE]... [--reason TEXT]",
	.group = GV_CMD_SECRET,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct gv_sealed_opts),
	.verb = "list",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
