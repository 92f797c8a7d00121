#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/share/replicate.h"
#include "git-vault/upkeep/purge_copies.h"
#include "replica/target.h"
#include "repo/repo.h"

void
gv_replicate_fill(struct gv_target *out, const struct replicate_opts *o)
{
	out->region = o->region;
	out->endpoint = o->endpoint;
	out->ca = o->ca;
	out->profile = o->profile;
	out->encrypts = o->encrypt;
	out->bundles = o->bundles;
	out->sse = o->sse;
	out->sse_key = o->sse_key;
	out->storage_class = o->storage_class;
	out->lock_mode = o->lock_mode;
	out->lock_days = o->lock_days;
	out->rate = (uint64_t)o->rate;
	out->is_auto = o->is_auto;
}

static int
check(const struct replicate_opts *o)
{
	if (o->encrypt && o->bundles)
		return gv_err(GV_EUSAGE,
		    "a bundle for git clone cannot be encrypted: choose "
		    "--encrypt or --bundles");
	if ((o->lock_mode == NULL) != (o->lock_days == 0))
		return gv_err(GV_EUSAGE, "--lock and --lock-days go together");
	if (o->lock_mode && strcmp(o->lock_mode, "GOVERNANCE") != 0 &&
	    strcmp(o->lock_mode, "COMPLIANCE") != 0)
		return gv_err(GV_EUSAGE,
		    "--lock must be GOVERNANCE or COMPLIANCE, not '%s'",
		    o->lock_mode);
	if (o->sse && strcmp(o->sse, "AES256") != 0 &&
	    strcmp(o->sse, "aws:kms") != 0 &&
	    strcmp(o->sse, "aws:kms:dsse") != 0)
		return gv_err(GV_EUSAGE,
		    "--sse must be AES256, aws:kms or aws:kms:dsse, not '%s'",
		    o->sse);
	return 0;
}

static void
put_one(struct gv_json *j, const struct gv_target *t)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "target", t->name);
	gv_json_string(j, "url", t->url);
	gv_json_string(j, "region", t->region);
	gv_json_bool(j, "encrypted", t->encrypts);
	gv_json_bool(j, "bundles", t->bundles);
	gv_json_string(j, "storage_class", t->storage_class);
	gv_json_string(j, "lock", t->lock_mode);
	gv_json_int(j, "lock_days", t->lock_days);
	gv_json_uint(j, "limit", t->limit);
	gv_json_uint(j, "rate", t->rate);
	gv_json_bool(j, "auto", t->is_auto);
	gv_json_bool(j, "policy", t->from != NULL);
	gv_json_string(j, "replaces", t->replaced ? t->replaced->url : NULL);
	gv_json_end(j);
}

static void
put_all(struct gv_json *j, const struct gv_target *all, size_t n)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_array(j, "targets");
	for (i = 0; i < n; i++)
		put_one(j, &all[i]);
	gv_json_end(j);
	gv_json_end(j);
}

int
gv_replicate_add(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct replicate_opts *o = ctx->opts;
	struct gv_target t = { .name = argv[0], .url = argv[1] };
	struct gv_targets all;
	int r;

	(void)argc;
	gv_replicate_fill(&t, o);
	if ((r = check(o)) < 0 ||
	    (o->limit && (r = gv_target_parse_limit(&t.limit, o->limit)) < 0))
		return r;
	r = gv_targets_load(&all, ctx->repo);
	t.policy = &all.policy;
	if (r == 0 && (r = gv_target_check_region(&t)) == 0 &&
	    (r = gv_target_add(&all, &t)) == 0) {
		if (ctx->json)
			put_all(ctx->json, &t, 1);
		gv_out_say(ctx->out,
		    "added the target %s; for the first copy: git vault "
		    "replicate push %s",
		    t.name, t.name);
	}
	gv_targets_release(&all);
	return r;
}

static int
check_own(const struct gv_target *t)
{
	return t->from == NULL
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "the target %s is from the policy (.gitvault.yaml, "
		  "targets). To have nothing pushed there automatically from "
		  "this clone: git config vault.target.%s.auto false",
		  t->name, t->name);
}

int
gv_replicate_remove(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_target *t;
	struct gv_targets all;
	int r;

	(void)argc;
	if ((r = gv_targets_load(&all, ctx->repo)) == 0 &&
	    (r = gv_targets_need(&t, &all, argv[0])) == 0 &&
	    (r = check_own(t)) == 0 &&
	    (r = gv_target_remove(&ctx->repo->config, argv[0])) == 0) {
		if (ctx->json)
			put_all(ctx->json, t, 1);
		gv_out_say(ctx->out,
		    "removed the target %s; what is stored at %s stays there",
		    t->name, t->url);
		if (gv_purge_copies_owed(ctx, t->name))
			gv_out_warn(ctx->out,
			    "files of an earlier purge are still stored there; "
			    "to remove them, add the target again, then: git "
			    "vault purge");
	}
	gv_targets_release(&all);
	return r;
}

static void
add_note(struct gv_ctx *ctx, const struct gv_target *t)
{
	struct gv_buf note = GV_BUF_INIT;

	if (t->from)
		gv_buf_addstr(&note, "policy");
	if (t->replaced)
		gv_buf_addf(&note, "%sinstead of %s of the policy",
		    note.len ? ", " : "", t->replaced->url);
	if (t->encrypts)
		gv_buf_addf(&note, "%sencrypted", note.len ? ", " : "");
	if (t->bundles)
		gv_buf_addf(&note, "%swith bundles", note.len ? ", " : "");
	if (t->is_auto)
		gv_buf_addf(&note, "%sautomatic", note.len ? ", " : "");
	gv_out_cell_buf(ctx->out, GV_OUT_DIM, &note);
	gv_buf_release(&note);
}

int
gv_replicate_list(struct gv_ctx *ctx, int argc, char **argv)
{
	static const struct gv_out_column columns[] = { { .head = "TARGET" },
		{ .head = "ADDRESS" }, { .head = "REGION", .varies = true },
		{ .head = "NOTE", .varies = true } };
	struct gv_targets all;
	size_t i;
	int r = gv_targets_load(&all, ctx->repo);

	(void)argc;
	(void)argv;
	if (r == 0 && ctx->json) {
		put_all(ctx->json, all.all, all.n);
	} else if (r == 0) {
		gv_out_columns(ctx->out, columns, 4);
		for (i = 0; i < all.n; i++) {
			const struct gv_target *t = &all.all[i];

			gv_out_cell_text(ctx->out, GV_OUT_TAG, t->name);
			gv_out_cell_text(ctx->out, GV_OUT_PLAIN, t->url);
			gv_out_cell_text(
			    ctx->out, GV_OUT_PLAIN, t->region ? t->region : "");
			add_note(ctx, t);
		}
		gv_out_columns_end(ctx->out);
	}
	if (r == 0 && all.n == 0)
		gv_out_say(ctx->out,
		    "there is no target for copies; for how to add one: git "
		    "vault help replicate");
	gv_targets_release(&all);
	return r;
}
