#include "git-vault/look/remote_out.h"

#include <string.h>

#include "base/err.h"
#include "base/near.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "record/record.h"
#include "view/whereabouts.h"

int
gv_remote_out_find(const struct gv_whereabouts_remote **out,
    const struct gv_whereabouts *where, const char *name)
{
	struct gv_near near = gv_near_to(name, strlen(name));
	size_t i;

	*out = gv_whereabouts_find(where, name);
	if (*out)
		return 0;
	for (i = 0; i < where->n; i++)
		gv_near_add(&near, where->remotes[i].name,
		    strlen(where->remotes[i].name));
	if (near.name)
		return gv_err(GV_EUSAGE,
		    "there is no remote '%s'; did you mean '%s'?", name,
		    near.name);
	return gv_err(GV_EUSAGE,
	    "there is no remote '%s'; `git remote` lists them", name);
}

/* Whether it has the very snapshot. */
static bool
has(const struct gv_ctx *ctx, const struct gv_whereabouts_remote *remote,
    const struct gv_record *rec)
{
	const struct gv_oid *there = gv_whereabouts_commit(remote, rec->id);
	char hex[GV_OID_HEX + 1];

	if (there == NULL || gv_oid_equal(there, &rec->commit))
		return there != NULL;
	gv_oid_format(hex, there);
	gv_out_warn(ctx->out,
	    "snapshot %s: %s has a different commit for this id, %s; one of "
	    "the two was rewritten, as by `git vault secret purge`",
	    rec->id, remote->name, hex);
	return false;
}

void
gv_remote_out_names(struct gv_buf *out, const struct gv_ctx *ctx,
    const struct gv_whereabouts *where, const struct gv_record *rec)
{
	size_t i, was = out->len;

	for (i = 0; i < where->n; i++)
		if (has(ctx, &where->remotes[i], rec))
			gv_buf_addf(out, "%s%s", out->len > was ? "," : "",
			    where->remotes[i].name);
	if (out->len == was)
		gv_buf_addch(out, '-');
}

static void
put_remote(const struct gv_ctx *ctx, struct gv_whereabouts_remote *remote,
    const struct gv_record *rec)
{
	struct gv_json *j = ctx->json;
	struct gv_whereabouts_word word;
	char hex[GV_OID_HEX + 1];
	bool is_of_it;

	if (gv_whereabouts_ask(&word, remote, rec->id) < 0)
		gv_out_warn(
		    ctx->out, "a receipt is damaged: %s", gv_err_message());
	is_of_it = word.has_receipt &&
	    gv_oid_equal(&word.receipt.commit, &rec->commit);
	if (word.has_receipt && !is_of_it) {
		gv_oid_format(hex, &word.receipt.commit);
		gv_out_warn(ctx->out,
		    "snapshot %s: the receipt of %s on %s names a different "
		    "commit, %s; it is ignored",
		    rec->id, word.server, remote->name, hex);
	}
	gv_json_object(j, NULL);
	gv_json_string(j, "name", remote->name);
	if (is_of_it)
		gv_json_time(j, "time", word.receipt.time);
	else
		gv_json_null(j, "time");
	gv_json_string(j, "server", is_of_it ? word.server : NULL);
	gv_json_string(j, "pusher", is_of_it ? word.receipt.pusher : NULL);
	gv_json_string(
	    j, "signed", is_of_it ? gv_receipt_chain_trusts[word.trust] : NULL);
	gv_json_end(j);
	gv_receipt_release(&word.receipt);
}

void
gv_remote_out_json(const struct gv_ctx *ctx, struct gv_whereabouts *where,
    const struct gv_record *rec)
{
	size_t i;

	gv_json_array(ctx->json, "remotes");
	for (i = 0; i < where->n; i++)
		if (has(ctx, &where->remotes[i], rec))
			put_remote(ctx, &where->remotes[i], rec);
	gv_json_end(ctx->json);
}
