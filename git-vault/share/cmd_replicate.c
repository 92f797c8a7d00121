#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/verb.h"
#include "git-vault/share/replicate.h"
#include "replica/replica.h"
#include "replica/replica_auto.h"
#include "repo/repo.h"
#include "sys/clock.h"

enum {
	IDENTITY = 1 << 0,
	STORE = 1 << 1, /* region, endpoint, ca, profile */
	TARGET = 1 << 2,
	DRY = 1 << 3,
	PUSH = 1 << 4,
	VERIFY = 1 << 5,
	RESTORE = 1 << 6,
	PRUNE = 1 << 7,
	STATUS = 1 << 8,
};

#define TRIES 100 /* of a push in turn, where others are faster */

static const struct replicate_opts defaults = { .level = 0 };

#define TEXT(NAME, ARG, MEMBER, HELP)                                          \
	{                                                                      \
		.type = GV_OPT_STRING, .name = (NAME), .arg = (ARG),           \
		.at = offsetof(struct replicate_opts, MEMBER), .help = (HELP)  \
	}
#define FLAG(NAME, MEMBER, HELP)                                               \
	{                                                                      \
		.type = GV_OPT_BOOL, .name = (NAME),                           \
		.at = offsetof(struct replicate_opts, MEMBER), .help = (HELP)  \
	}
#define NUMBER(NAME, ARG, MEMBER, HELP)                                        \
	{                                                                      \
		.type = GV_OPT_INT, .name = (NAME), .arg = (ARG),              \
		.at = offsetof(struct replicate_opts, MEMBER), .help = (HELP)  \
	}
#define HEADING(HELP)                                                          \
	{                                                                      \
		.type = GV_OPT_GROUP, .help = (HELP)                           \
	}

static const char *const levels[] = { "listed", "hashed", "read", NULL };

static const struct gv_opt opts[] = { HEADING("of a store"),
	TEXT("region", "REGION", region, "the region of the store"),
	TEXT("endpoint", "URL", endpoint,
	    "the service's address, if it is not the provider's own"),
	TEXT("ca", "FILE", ca, "trust these certificates"),
	TEXT("profile", "NAME", profile,
	    "the profile of the provider's own tools"),
	FLAG("encrypt", encrypt,
	    "encrypt packs and manifests for the readers of the keyring"),
	FLAG("bundles", bundles,
	    "store a bundle of branches and tags for git clone --bundle-uri"),
	TEXT("sse", "KIND", sse, "have the store encrypt: AES256, aws:kms"),
	TEXT("sse-key", "KEY", sse_key, "with which key of aws:kms"),
	TEXT("storage-class", "CLASS", storage_class,
	    "the store's class of storage"),
	TEXT("lock", "MODE", lock_mode,
	    "lock objects: GOVERNANCE or COMPLIANCE"),
	NUMBER("lock-days", "DAYS", lock_days, "for how many days"),
	TEXT("limit", "SIZE", limit, "store at most this much there: 500GiB"),
	NUMBER("rate", "BYTES", rate, "send at most this much a second"),
	FLAG("auto", is_auto,
	    "push there after each snapshot and sync; with push: only to "
	    "such targets"),
	HEADING("of push and prune"),
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct replicate_opts, dry_run),
	    .help = "only show what would be done" },
	FLAG("whole", whole, "pack everything again"),
	FLAG("verify", verify, "then verify what the store lists"),
	{ .type = GV_OPT_LIST,
	    .name = "allow",
	    .arg = "FINGERPRINT",
	    .at = offsetof(struct replicate_opts, allow),
	    .help = "allow this finding to leave this clone from now on; may "
		    "be repeated" },
	TEXT("grace", "TIME", grace,
	    "keep what was needed within this time (7d)"),
	FLAG("no-fold", no_fold, "do not pack everything again first"),
	HEADING("of status, verify and restore"),
	FLAG("offline", offline, "do not ask the store"),
	{ .type = GV_OPT_CHOICE,
	    .name = "level",
	    .arg = "LEVEL",
	    .choices = levels,
	    .at = offsetof(struct replicate_opts, level),
	    .help = "listed (default), hashed by the store, or read here" },
	NUMBER("share", "PERCENT", share,
	    "read only this share, the longest unread first"),
	TEXT("host", "HOST", host, "whose branches become the new ones"),
	TEXT("at", "TIME", at, "as the store was at this time"),
	{ .type = GV_OPT_LIST,
	    .name = "signer",
	    .arg = "FINGERPRINT",
	    .at = offsetof(struct replicate_opts, signers),
	    .help = "trust what this key signed; may be repeated" },
	FLAG("bare", bare, "make a bare repository"),
	GV_IDENTITY_OPT(struct replicate_opts, identities), GV_OPT_LAST };

/* ---- each target -------------------------------------------------------- */

static int
on_one(struct gv_ctx *ctx, const struct gv_target *t,
    int (*fn)(struct gv_ctx *ctx, struct gv_replica *rep,
	const struct gv_target *target))
{
	const struct replicate_opts *o = ctx->opts;
	struct gv_safe_opts safe;
	struct gv_replica *rep;
	int r;

	gv_identity_opt_fill(&safe, ctx, &o->identities);
	if ((r = gv_replica_open(&rep, ctx->repo, t, &safe)) == 0) {
		r = fn(ctx, rep, t);
		gv_replica_close(rep);
	} else if (fn == gv_replicate_push_one && !o->dry_run) {
		(void)gv_replica_auto_ended(ctx->repo, t, ctx->now, r, NULL);
	}
	return r;
}

/* Nobody would say again what a push that gives up leaves behind: it waits, and
 * then looks at the repository as it is by now. */
static int
push_in_turn(struct gv_ctx *ctx, const struct gv_target *t)
{
	int r = GV_ELOCKED, tries;

	for (tries = 0; r == GV_ELOCKED && tries < TRIES; tries++) {
		if ((r = gv_replica_auto_wait(ctx->repo, t)) != 0)
			return r < 0 ? r : 0;
		ctx->now = gv_clock_now().tv_sec;
		if ((r = gv_repo_look_again(ctx->repo)) < 0)
			return r;
		r = on_one(ctx, t, gv_replicate_push_one);
	}
	return r;
}

/* The targets that are named, else all, or those that are automatic. */
static int
choose(const struct gv_target ***out, size_t *n, const struct gv_targets *all,
    int argc, char **argv, bool only_auto)
{
	size_t i;
	int r = 0;

	*out = calloc((size_t)argc + all->n + 1, sizeof(struct gv_target *));
	if (*out == NULL)
		return gv_err_nomem();
	for (i = 0; r == 0 && i < (size_t)argc; i++)
		r = gv_targets_need(&(*out)[i], all, argv[i]);
	*n = (size_t)argc;
	for (i = 0; argc == 0 && i < all->n; i++)
		if (!only_auto || all->all[i].is_auto)
			(*out)[(*n)++] = &all->all[i];
	return r;
}

/* Those that something works with come last: the others need not wait. */
static int
put_busy_last(
    const struct gv_target **chosen, size_t n, const struct gv_repo *repo)
{
	const struct gv_target **busy = calloc(n + 1, sizeof(*busy));
	size_t i, k = 0, n_busy = 0;

	if (busy == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++)
		if (gv_replica_auto_is_busy(repo, chosen[i]))
			busy[n_busy++] = chosen[i];
		else
			chosen[k++] = chosen[i];
	for (i = 0; i < n_busy; i++)
		chosen[k + i] = busy[i];
	free(busy);
	return 0;
}

/* What went wrong there, in place of what else would be said of it. */
static void
put_failed(struct gv_json *j, const struct gv_target *target)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "target", target->name);
	gv_json_string(j, "status", "failed");
	gv_json_string(j, "error", gv_err_message());
	gv_json_end(j);
}

int
gv_replicate_each(struct gv_ctx *ctx, int argc, char **argv,
    int (*fn)(struct gv_ctx *ctx, struct gv_replica *rep,
	const struct gv_target *target))
{
	const struct replicate_opts *o = ctx->opts;
	const struct gv_target **chosen = NULL;
	struct gv_targets all;
	const bool in_turn =
	    o->is_auto && !o->dry_run && fn == gv_replicate_push_one;
	size_t i, n = 0, failed = 0;
	int r, worst = 0, last = 0;

	if ((r = gv_targets_load(&all, ctx->repo)) < 0 ||
	    (r = choose(&chosen, &n, &all, argc, argv, o->is_auto)) < 0 ||
	    (in_turn && (r = put_busy_last(chosen, n, ctx->repo)) < 0))
		goto out;
	if (n == 0 && fn != gv_replicate_status_one && !o->is_auto) {
		r = gv_err(GV_ENOTFOUND,
		    "there is no target for copies, so nothing was done; for "
		    "how to add one: git vault help replicate");
		goto out;
	}
	if (n == 0 && !o->is_auto)
		gv_out_say(ctx->out,
		    "there is no target for copies; for how to add one: git "
		    "vault help replicate");
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "targets");
	}
	for (i = 0; i < n; i++) {
		r = in_turn ? push_in_turn(ctx, chosen[i])
			    : on_one(ctx, chosen[i], fn);
		worst = r > worst ? r : worst;
		if (r == GV_ENOMEM || r == GV_ECANCELED || (r < 0 && n == 1))
			goto out;
		if (r >= 0)
			continue;
		failed++;
		last = r;
		if (ctx->json)
			put_failed(ctx->json, chosen[i]);
		gv_out_warn(ctx->out, "%s", gv_err_message());
	}
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	}
	r = failed == 0 ? worst : failed < n ? 3 : last;
out:
	free(chosen);
	gv_targets_release(&all);
	return r;
}

/* ---- faults ------------------------------------------------------------- */

void
gv_replicate_faults(struct gv_ctx *ctx, const struct gv_replica_faults *faults)
{
	size_t i;

	for (i = 0; i < faults->n; i++) {
		gv_out_paint(
		    ctx->out, GV_OUT_REMOVED, "  %s", faults->all[i].kind);
		gv_out_printf(ctx->out, "  ");
		gv_out_prose(ctx->out, faults->all[i].text,
		    strlen(faults->all[i].text),
		    strlen(faults->all[i].kind) + 4);
	}
	if (faults->more)
		gv_out_printf(
		    ctx->out, "  and %" PRIu64 " more\n", faults->more);
}

void
gv_replicate_faults_json(
    struct gv_json *j, const struct gv_replica_faults *faults)
{
	size_t i;

	gv_json_array(j, "faults");
	for (i = 0; i < faults->n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "kind", faults->all[i].kind);
		gv_json_string(j, "host", faults->all[i].host);
		gv_json_string(j, "text", faults->all[i].text);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_json_uint(j, "more_faults", faults->more);
}

/* ---- the command -------------------------------------------------------- */

static const struct gv_verb verbs[] = {
	{ "add", 2, 2, STORE | TARGET, gv_replicate_add },
	{ "remove", 1, 1, 0, gv_replicate_remove },
	{ "list", 0, 0, 0, gv_replicate_list },
	{ "status", 0, -1, STATUS | IDENTITY, gv_replicate_status },
	{ "push", 0, -1, DRY | PUSH | IDENTITY, gv_replicate_push },
	{ "verify", 0, -1, VERIFY | IDENTITY, gv_replicate_verify },
	{ "restore", 1, 2, RESTORE | STORE | IDENTITY, gv_replicate_restore },
	{ "prune", 1, 1, PRUNE | DRY | IDENTITY, gv_replicate_prune },
	{ .name = NULL },
};

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct replicate_opts *o = ctx->opts;
	const struct gv_verb_option given[] = {
		{ o->region != NULL, STORE, "region" },
		{ o->endpoint != NULL, STORE, "endpoint" },
		{ o->ca != NULL, STORE, "ca" },
		{ o->profile != NULL, STORE, "profile" },
		{ o->encrypt, TARGET, "encrypt" },
		{ o->bundles, TARGET, "bundles" },
		{ o->sse != NULL, TARGET, "sse" },
		{ o->sse_key != NULL, TARGET, "sse-key" },
		{ o->storage_class != NULL, TARGET, "storage-class" },
		{ o->lock_mode != NULL, TARGET, "lock" },
		{ o->lock_days != 0, TARGET, "lock-days" },
		{ o->limit != NULL, TARGET, "limit" },
		{ o->rate != 0, TARGET, "rate" },
		{ o->is_auto, TARGET | PUSH, "auto" },
		{ o->dry_run, DRY, "dry-run" },
		{ o->whole, PUSH, "whole" },
		{ o->verify, PUSH, "verify" },
		{ o->allow.n > 0, PUSH, "allow" },
		{ o->grace != NULL, PRUNE, "grace" },
		{ o->no_fold, PRUNE, "no-fold" },
		{ o->offline, STATUS, "offline" },
		{ o->level != 0, VERIFY, "level" },
		{ o->share != 0, VERIFY, "share" },
		{ o->host != NULL, RESTORE, "host" },
		{ o->at != NULL, RESTORE, "at" },
		{ o->signers.n > 0, RESTORE, "signer" },
		{ o->bare, RESTORE, "bare" },
		{ o->identities.n > 0, IDENTITY, "identity" },
		{ .name = NULL },
	};

	if (ctx->repo == NULL && (argc == 0 || strcmp(argv[0], "restore") != 0))
		return gv_err(GV_ENOTFOUND,
		    "this is not a git repository; for how to make one of a "
		    "copy: git vault help replicate");
	return gv_verb_run(ctx, verbs, given, argc, argv);
}

const struct gv_cmd cmd_replicate = {
	.name = "replicate",
	.summary = "keep copies in stores elsewhere, and restore from them",
	.usage =
	    "status [--offline] [--identity FILE]... [NAME]...\n"
	    "add [--region REGION] [--endpoint URL] [--ca FILE] "
	    "[--profile NAME] [--encrypt] [--bundles] [--sse KIND] "
	    "[--sse-key KEY] [--storage-class CLASS] [--lock MODE "
	    "--lock-days DAYS] [--limit SIZE] [--rate BYTES] [--auto] "
	    "NAME URL\n"
	    "remove NAME\n"
	    "list\n"
	    "push [--whole] [--verify] [--auto] [--allow FINGERPRINT]... [-n] "
	    "[--identity FILE]... [NAME]...\n"
	    "verify [--level LEVEL] [--share PERCENT] "
	    "[--identity FILE]... [NAME]...\n"
	    "restore [--host HOST] [--at TIME] [--signer FINGERPRINT]... "
	    "[--bare] [--region REGION] [--endpoint URL] [--ca FILE] "
	    "[--profile NAME] [--identity FILE]... SOURCE [DIR]\n"
	    "prune [--grace TIME] [--no-fold] [-n] [--identity FILE]... "
	    "NAME",
	.group = GV_CMD_SHARE,
	.verb = "status",
	.runs = "push",
	.flags = GV_CMD_REPO_IF,
	.opts = opts,
	.opts_size = sizeof(struct replicate_opts),
	.defaults = &defaults,
	.max_args = -1,
	.args = { GV_OPT_VERB },
	.run = run,
};
