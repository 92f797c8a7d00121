#include "git-vault/front/cmd.h"

#include "git-vault/front/identity_opt.h"
#include "git-vault/front/reason_opt.h"
#include "git-vault/front/verb.h"
#include "git-vault/state/state.h"

#define AT(field) offsetof(struct gv_state_opts, field)

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_STRING,
	    .name = "env",
	    .arg = "ENV",
	    .at = AT(env),
	    .help = "the environment; default: from the file or the "
		    "current directory" },
	{ .type = GV_OPT_STRING,
	    .name = "stack",
	    .arg = "STACK",
	    .at = AT(stack),
	    .help = "the stack; default: from the file, or the only one" },
	{ .type = GV_OPT_BOOL,
	    .name = "new",
	    .at = AT(begin),
	    .help = "create a state that does not exist yet" },
	{ .type = GV_OPT_STRING,
	    .name = "commit",
	    .arg = "COMMIT",
	    .at = AT(commit),
	    .help = "the commit it was applied from; default: HEAD" },
	{ .type = GV_OPT_STRING,
	    .name = "live",
	    .arg = "COMMAND",
	    .at = AT(live),
	    .help = "compare with what is there, as this command reports it" },
	{ .type = GV_OPT_STRING,
	    .name = "code",
	    .arg = "DIR",
	    .kind = GV_OPT_PATH,
	    .at = AT(code),
	    .help = "the directory with its code" },
	{ .type = GV_OPT_INT,
	    .letter = 'n',
	    .name = "limit",
	    .arg = "N",
	    .at = AT(limit),
	    .help = "show at most N versions" },
	{ .type = GV_OPT_BOOL,
	    .name = "stat",
	    .at = AT(stat),
	    .help = "show only how many resources changed" },
	{ .type = GV_OPT_BOOL,
	    .letter = 'p',
	    .name = "patch",
	    .at = AT(patch),
	    .help = "show changed values, except sensitive ones" },
	{ .type = GV_OPT_STRING,
	    .name = "to",
	    .arg = "FILE",
	    .kind = GV_OPT_PATH,
	    .at = AT(to),
	    .help = "write to a new file that only you can read" },
	{ .type = GV_OPT_BOOL,
	    .name = "push-ready",
	    .at = AT(push_ready),
	    .help = "raise the serial above that of the newest version" },
	{ .type = GV_OPT_BOOL,
	    .name = "allow-unbound",
	    .at = AT(unbound_too),
	    .help = "restore a version even if it is refused as replayed "
		    "or not bound" },
	{ .type = GV_OPT_STRING,
	    .name = "from",
	    .arg = "VERSION",
	    .at = AT(from),
	    .help = "take missing resources from this version; default: "
		    "the newest intact one" },
	{ .type = GV_OPT_BOOL,
	    .name = "with-lost",
	    .at = AT(with_lost),
	    .help = "add the missing resources" },
	{ .type = GV_OPT_BOOL,
	    .name = "ours",
	    .at = AT(ours),
	    .help = "resolve a merge conflict with our side" },
	{ .type = GV_OPT_BOOL,
	    .name = "theirs",
	    .at = AT(theirs),
	    .help = "resolve a merge conflict with their side" },
	{ .type = GV_OPT_INT,
	    .name = "document",
	    .arg = "N",
	    .at = AT(document),
	    .help = "of several states in one file, use this one" },
	{ .type = GV_OPT_STRING,
	    .name = "operation",
	    .is_kept = true,
	    .arg = "WORD",
	    .at = AT(operation),
	    .help = "why it is locked; default: manual" },
	{ .type = GV_OPT_STRING,
	    .name = "info",
	    .is_kept = true,
	    .arg = "TEXT",
	    .at = AT(info),
	    .help = "a note for others who find it locked" },
	{ .type = GV_OPT_STRING,
	    .name = "remote",
	    .arg = "REMOTE",
	    .at = GV_SERVE_ARGS_AT(struct gv_state_opts, serve, remote),
	    .help = "on this remote, for all its users" },
	{ .type = GV_OPT_STRING,
	    .name = "wait",
	    .arg = "DURATION",
	    .at = AT(wait),
	    .help = "retry for this long: 90s, 10m, 2h" },
	{ .type = GV_OPT_BOOL,
	    .name = "force",
	    .at = AT(force),
	    .help = "break another user's lock; save although a check "
		    "refuses it" },
	GV_REASON_OPT(struct gv_state_opts, reason),
	GV_SERVE_ARGS_OPTS(struct gv_state_opts, serve),
	GV_IDENTITY_OPT(struct gv_state_opts, identities), GV_OPT_LAST
};

/* The options that a verb takes; what else was given is refused. */
enum takes {
	ENV = 1, /* and --stack */
	RECORD = 2,
	REMOTE = 4,
	WAIT = 8,
	FORCE = 16,
	REASON = 32,
	COMMIT = 64,
	LIMIT = 128,
	STAT = 256,
	OUTPUT = 512,
	KEYS = 1024,
	SERVE = 2048,
	TO = 4096,
	REPAIR = 8192,
	CODE = 16384,
	BEGIN = 32768,
	LIVE = 65536,
};

static const struct gv_verb verbs[] = {
	{ "save", 1, 1, ENV | BEGIN | COMMIT | FORCE | REASON | KEYS,
	    gv_state_save },
	{ "list", 0, 0, ENV, gv_state_list },
	{ "show", 0, 1, ENV, gv_state_show },
	{ "log", 0, 0, ENV | LIMIT, gv_state_log },
	{ "diff", 0, 2, ENV | STAT | KEYS, gv_state_diff },
	{ "at", 1, 1, ENV, gv_state_at },
	{ "for-resource", 1, 1, ENV, gv_state_for_resource },
	{ "blame", 1, 1, ENV, gv_state_blame },
	{ "verify", 0, 1, ENV | CODE | LIVE | KEYS, gv_state_verify },
	{ "triage", 1, 1, ENV | KEYS, gv_state_triage },
	{ "repair", 1, 1, ENV | TO | REPAIR | REASON | KEYS, gv_state_repair },
	{ "restore", 0, 1, ENV | TO | OUTPUT | REASON | KEYS,
	    gv_state_restore },
	{ "lock", 0, 0, ENV | BEGIN | RECORD | REMOTE | WAIT | FORCE | REASON,
	    gv_state_lock },
	{ "unlock", 0, 1, ENV | REMOTE | FORCE | REASON, gv_state_unlock },
	{ "locks", 0, 0, REMOTE, gv_state_locks },
	{ "serve", 0, 0, REMOTE | KEYS | SERVE, gv_state_serve },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_state_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->env != NULL, ENV, "env" },
		{ o->stack != NULL, ENV, "stack" },
		{ o->begin, BEGIN, "new" },
		{ o->operation != NULL, RECORD, "operation" },
		{ o->info != NULL, RECORD, "info" },
		{ o->serve.remote != NULL, REMOTE, "remote" },
		{ o->wait != NULL, WAIT, "wait" },
		{ o->force, FORCE, "force" },
		{ o->reason != NULL, REASON, "reason" },
		{ o->commit != NULL, COMMIT, "commit" },
		{ o->code != NULL, CODE, "code" },
		{ o->live != NULL, LIVE, "live" },
		{ o->limit >= 0, LIMIT, "limit" },
		{ o->stat, STAT, "stat" },
		{ o->patch, STAT, "patch" },
		{ o->to != NULL, TO, "to" },
		{ o->from != NULL, REPAIR, "from" },
		{ o->with_lost, REPAIR, "with-lost" },
		{ o->ours, REPAIR, "ours" },
		{ o->theirs, REPAIR, "theirs" },
		{ o->document >= 0, REPAIR, "document" },
		{ o->push_ready, OUTPUT, "push-ready" },
		{ o->unbound_too, OUTPUT, "allow-unbound" },
		{ o->serve.listen != NULL, SERVE, "listen" },
		{ o->serve.max_body >= 0, SERVE, "max-body" },
		{ o->serve.timeout >= 0, SERVE, "timeout" },
		{ o->serve.credentials != NULL, SERVE, "credentials" },
		{ o->serve.tls_cert != NULL, SERVE, "tls-cert" },
		{ o->serve.tls_key != NULL, SERVE, "tls-key" },
		{ o->identities.n > 0, KEYS, "identity" },
		{ .name = NULL },
	};

	return gv_verb_run(ctx, verbs, given, argc, argv);
}

static const struct gv_state_opts defaults = {
	.limit = -1, .document = -1, .serve = GV_SERVE_ARGS_INIT
};

const struct gv_cmd cmd_state = {
	.name = "state",
	.summary = "save, compare, lock and restore states of tools",
	.usage = "save [--env ENV] [--stack STACK] [--new] [--commit COMMIT] "
		 "[--force --reason TEXT] FILE\n"
		 "list [--env ENV] [--stack STACK]\n"
		 "show [--env ENV] [--stack STACK] [VERSION]\n"
		 "log [--env ENV] [--stack STACK] [-n N]\n"
		 "diff [--env ENV] [--stack STACK] [--stat | -p] [VERSION "
		 "[VERSION]]\n"
		 "at [--env ENV] [--stack STACK] COMMIT\n"
		 "for-resource [--env ENV] [--stack STACK] ADDRESS\n"
		 "blame [--env ENV] [--stack STACK] ADDRESS\n"
		 "verify [--env ENV] [--stack STACK] [--code DIR] "
		 "[--live COMMAND] [VERSION]\n"
		 "triage [--env ENV] [--stack STACK] FILE|-|VERSION\n"
		 "repair [--env ENV] [--stack STACK] [--to FILE] "
		 "[--from VERSION] [--with-lost] [--ours | --theirs] "
		 "[--document N] [--reason TEXT] FILE|-|VERSION\n"
		 "restore [--env ENV] [--stack STACK] [--to FILE] "
		 "[--push-ready] [--allow-unbound] [--reason TEXT] [VERSION]\n"
		 "lock [--env ENV] [--stack STACK] [--new] [--operation WORD] "
		 "[--info TEXT] [--remote REMOTE] [--wait DURATION] "
		 "[--force --reason TEXT]\n"
		 "unlock [--env ENV] [--stack STACK] [--remote REMOTE] "
		 "[--force --reason TEXT] [ID]\n"
		 "locks [--remote REMOTE]\n"
		 "serve [--listen ADDRESS] [--remote REMOTE] "
		 "[--max-body BYTES] [--timeout SECONDS] "
		 "[--credentials FILE] [--tls-cert FILE --tls-key FILE]",
	.group = GV_CMD_DEPLOY,
	.flags = GV_CMD_REPO | GV_CMD_PAGER,
	.opts = opts,
	.opts_size = sizeof(struct gv_state_opts),
	.defaults = &defaults,
	.verb = "list",
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
