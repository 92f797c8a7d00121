#include "git-vault/front/identity_opt.h"

#include <limits.h>

#include "audit/audit.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "key/adoption.h"
#include "key/prompt.h"
#include "safe/safe.h"
#include "safe/safe_who.h"

void
gv_identity_opt_fill(struct gv_safe_opts *out, struct gv_ctx *ctx,
    const struct gv_opt_list *files)
{
	*out = (struct gv_safe_opts){ .now = ctx->now,
		.made = gv_audit_tell_made };
	if (files) {
		out->identities = files->items;
		out->n_identities = files->n;
	}
	if (gv_ask_may_unlock(ctx))
		out->ask = gv_prompt_passphrase;
}

int
gv_identity_opt_open(
    struct gv_safe **out, struct gv_ctx *ctx, const struct gv_opt_list *files)
{
	struct gv_safe_opts opts;

	gv_identity_opt_fill(&opts, ctx, files);
	return gv_safe_open(out, ctx->repo, &opts);
}

int
gv_identity_opt_check(struct gv_ctx *ctx, const struct gv_opt_list *files)
{
	const struct gv_identity *const *found;
	struct gv_safe *safe = NULL;
	size_t n;
	int r;

	if (files->n == 0)
		return 0;
	if ((r = gv_identity_opt_open(&safe, ctx, files)) == 0)
		r = gv_safe_identities_at_hand(&found, &n, safe);
	gv_safe_close(safe);
	return r;
}

void
gv_identity_opt_tell(struct gv_ctx *ctx, const struct gv_safe *safe)
{
	if (safe)
		gv_identity_opt_tell_news(ctx, gv_safe_news(safe));
}

void
gv_identity_opt_tell_news(struct gv_ctx *ctx, const struct gv_safe_news *news)
{
	if (news->identity)
		gv_out_say(ctx->out,
		    "created the identity %s. Back it up now: without it "
		    "nobody can decrypt this vault. Add a second key by `git "
		    "vault key add`, or print one on paper by `git vault key "
		    "escrow`",
		    news->identity);
	if (news->is_made)
		gv_out_say(
		    ctx->out, "made the keyring, fingerprint %s", news->print);
	/* whoever set vault.keyring has compared it already */
	if (news->is_first_seen &&
	    gv_adoption_judge_by(ctx->repo, news->print, UINT_MAX) !=
		GV_ADOPTION_TAKEN)
		gv_out_say(ctx->out,
		    "the keyring was seen here for the first time: compare its "
		    "fingerprint %s with what an owner sees",
		    news->print);
	if (news->shut)
		gv_out_warn(ctx->out, "%s", news->shut);
	if (news->is_random && news->shut)
		gv_out_warn(ctx->out,
		    "without it the id key cannot be decrypted either, so "
		    "secrets that are stored already are encrypted again");
	else if (news->is_lost)
		gv_out_warn(ctx->out,
		    "your key, which alone opens this vault, is not on this "
		    "machine: until it is back, nobody can decrypt the secrets "
		    "of its snapshots and states, nor what is saved now; to "
		    "recover it from the escrow paper: git vault key recover");
	else if (news->is_random)
		gv_out_warn(ctx->out,
		    "your key is not in the keyring: you cannot decrypt what "
		    "is saved now, and secrets that others have encrypted are "
		    "encrypted again%s%s",
		    news->add ? "; to add your key, an owner runs: " : "",
		    news->add ? news->add : "");
	if (news->unmerged)
		gv_out_warn(ctx->out, "%s", news->unmerged);
	if (news->exposed)
		gv_out_warn(ctx->out,
		    "others can read the identity %s; chmod 600 it",
		    news->exposed);
	if (news->barred)
		gv_out_warn(ctx->out, "%s", news->barred);
	if (news->untold)
		gv_out_warn(ctx->out, "%s", news->untold);
	if (news->unreached)
		gv_out_warn(ctx->out,
		    "%s; it is stored encrypted in git, and `git vault secret "
		    "migrate` copies it to the vault",
		    news->unreached);
}
