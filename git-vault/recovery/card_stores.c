#include "git-vault/recovery/card_stores.h"

#include <string.h>

#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "remote/remote.h"
#include "replica/copies.h"
#include "replica/replica_trust.h"
#include "safe/safe.h"

static int
find_signer(struct gv_card_stores *out, struct gv_ctx *ctx)
{
	static const struct gv_opt_list none;
	struct gv_safe *safe = NULL;
	int r = gv_identity_opt_open(&safe, ctx, &none);

	if (r == 0)
		gv_replica_trust_signer(out->signer, safe);
	gv_safe_close(safe);
	if (r == 0 && *out->signer == '\0')
		gv_out_warn(ctx->out,
		    "this host has no key that signs copies, so the card "
		    "cannot say whose copy to trust; to make one: git vault "
		    "key generate");
	return r;
}

/* A card is seen by many. No address of a target has a password; what the path
 * or query of one over HTTP has may open the store. */
static void
add_address(struct gv_buf *out, const char *address)
{
	if (strstr(address, "://") && strncmp(address, "http", 4) == 0)
		gv_remote_add_bare(out, address);
	else if (strncmp(address, "file:", 5) == 0)
		gv_buf_addstr(out, address);
	else
		gv_buf_add(out, address, strcspn(address, "?#"));
}

static void
add_option(struct gv_buf *out, const char *option, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	gv_buf_addf(out, " --%s", option);
	gv_shell_word(out, value);
}

static void
add_command(struct gv_card_stores *out, const struct gv_target *t,
    const struct gv_buf *url, const struct gv_buf *at)
{
	gv_buf_addf(&out->commands,
	    "%sgit vault replicate restore --bare --identity \"$KEY\"",
	    out->n++ ? " ||\n    " : "");
	add_option(&out->commands, "signer", out->signer);
	add_option(&out->commands, "region", t->region);
	add_option(&out->commands, "endpoint", at->p);
	add_option(&out->commands, "ca", t->ca);
	gv_shell_word(&out->commands, url->p);
	gv_buf_addstr(&out->commands, " rescue.git");
}

static void
put_json(struct gv_json *j, const struct gv_copies_target *of,
    const struct gv_buf *url)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "name", of->target->name);
	gv_json_string(j, "address", url->p);
	gv_json_string(j, "region", of->target->region);
	gv_json_bool(j, "encrypted", of->target->encrypts);
	gv_json_bool(j, "pushed", of->is_known);
	gv_json_end(j);
}

/* One that this clone never pushed to is named, and nothing is sought there. */
static int
add(struct gv_card_stores *out, struct gv_ctx *ctx,
    const struct gv_copies_target *of)
{
	const struct gv_target *t = of->target;
	struct gv_buf url = GV_BUF_INIT, at = GV_BUF_INIT;
	int r;

	add_address(&url, t->url);
	add_address(&at, t->endpoint ? t->endpoint : "");
	if ((r = gv_buf_check(&url)) < 0 || (r = gv_buf_check(&at)) < 0)
		goto out;
	gv_buf_addf(&out->lines, "%-12s %s%s%s%s%s\n", t->name, url.p,
	    t->region ? ", " : "", t->region ? t->region : "",
	    t->encrypts ? ", encrypted" : "",
	    of->is_known ? "" : ", never pushed to");
	if (of->is_known)
		add_command(out, t, &url, &at);
	if (ctx->json)
		put_json(ctx->json, of, &url);
out:
	gv_buf_release(&url);
	gv_buf_release(&at);
	return r;
}

static int
add_all(struct gv_card_stores *out, struct gv_ctx *ctx)
{
	struct gv_copies all;
	size_t i;
	int r = gv_copies_open(&all, ctx->repo, ctx->now, 0);

	if (r == GV_EUSAGE || r == GV_EREFUSED) {
		gv_out_warn(ctx->out, "the card names no copy in a store: %s",
		    gv_err_message());
		r = 0;
	} else if (r == 0 && all.n) {
		r = find_signer(out, ctx);
	}
	for (i = 0; r == 0 && i < all.n; i++)
		r = add(out, ctx, &all.targets[i]);
	if (out->n && *out->signer)
		gv_buf_addf(
		    &out->lines, "%-12s %s\n", "signed by", out->signer);
	gv_copies_release(&all);
	return r;
}

int
gv_card_stores_load(struct gv_card_stores *out, struct gv_ctx *ctx)
{
	int r;

	*out = (struct gv_card_stores){ .lines = GV_BUF_INIT,
		.commands = GV_BUF_INIT };
	if (ctx->json)
		gv_json_array(ctx->json, "stores");
	r = add_all(out, ctx);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_string(
		    ctx->json, "signer", *out->signer ? out->signer : NULL);
	}
	if (r == 0 && (r = gv_buf_check(&out->lines)) == 0)
		r = gv_buf_check(&out->commands);
	return r;
}

void
gv_card_stores_release(struct gv_card_stores *stores)
{
	gv_buf_release(&stores->lines);
	gv_buf_release(&stores->commands);
}
