#include "git-vault/upkeep/purge_copies.h"

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/upkeep/purge_rest.h"
#include "replica/replica.h"
#include "replica/replica_owed.h"
#include "replica/target.h"
#include "repo/repo.h"

#define GRACE (7 * INT64_C(86400)) /* as of replicate prune */

int
gv_purge_copies_note(struct gv_ctx *ctx, const struct gv_oid *oids, size_t n,
    const char *command)
{
	struct gv_targets all;
	size_t i;
	int r = gv_targets_load(&all, ctx->repo);

	for (i = 0; r == 0 && i < all.n; i++)
		r = gv_replica_owed_add(
		    ctx->repo, all.all[i].name, oids, n, command);
	gv_targets_release(&all);
	return r < 0 ? gv_err_in(r, "nothing was changed") : 0;
}

int
gv_purge_copies_done(struct gv_ctx *ctx, const char *command)
{
	struct gv_targets all;
	size_t i;
	int r = gv_targets_load(&all, ctx->repo);

	for (i = 0; r == 0 && i < all.n; i++)
		r = gv_replica_owed_done(ctx->repo, all.all[i].name, command);
	gv_targets_release(&all);
	return r;
}

/* ---- output -------------------------------------------------------------- */

static int
put_rest(struct gv_json *j, const struct gv_target *t,
    const struct gv_replica_purged *p)
{
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	gv_json_array(j, "left");
	for (i = 0; r == 0 && i < p->n; i++) {
		const struct gv_replica_purge_rest *rest = &p->rest[i];

		gv_buf_reset(&text);
		r = gv_purge_rest_say(&text, rest, t, p);
		gv_json_object(j, NULL);
		gv_json_string(j, "kind", rest->kind);
		gv_json_string(j, "host", rest->host);
		gv_json_uint(j, "objects", rest->objects);
		gv_json_uint(j, "bytes", rest->bytes);
		if (rest->until)
			gv_json_time(j, "until", rest->until);
		else
			gv_json_null(j, "until");
		gv_json_string(j, "text", r == 0 ? text.p : NULL);
		gv_json_end(j);
	}
	gv_json_end(j);
	gv_buf_release(&text);
	return r;
}

/* `failure` says why the store could not be purged; or NULL. */
static int
put(struct gv_json *j, const struct gv_target *t,
    const struct gv_replica_purged *p, const char *failure)
{
	int r;

	gv_json_object(j, NULL);
	gv_json_string(j, "target", t->name);
	gv_json_uint(j, "owed", p->owed);
	gv_json_uint(j, "manifest", p->seq);
	gv_json_uint(j, "packs", p->packs);
	gv_json_uint(j, "bundles", p->bundles);
	gv_json_uint(j, "bytes", p->bytes);
	gv_json_uint(j, "requests", p->requests);
	r = put_rest(j, t, p);
	gv_json_string(j, "error", failure);
	gv_json_end(j);
	return r;
}

static int
say(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_purged *p, bool dry_run)
{
	char packs[GV_OUT_SIZE_MAX], size[GV_OUT_SIZE_MAX];
	struct gv_buf text = GV_BUF_INIT;
	size_t i;
	int r = 0;

	gv_out_count(packs, p->packs, "pack");
	gv_out_size(size, p->bytes);
	if (dry_run)
		gv_out_printf(ctx->out,
		    "target %s: an earlier purge is not done there\n", t->name);
	else if (p->packs == 0 && p->bundles == 0)
		gv_out_printf(
		    ctx->out, "target %s: no pack removed\n", t->name);
	else
		gv_out_printf(ctx->out, "target %s: removed %s (%s)%s\n",
		    t->name, packs, size,
		    p->bundles ? ", with its bundles" : "");
	for (i = 0; r == 0 && i < p->n; i++) {
		gv_buf_reset(&text);
		if ((r = gv_purge_rest_say(&text, &p->rest[i], t, p)) < 0)
			break;
		gv_out_paint(ctx->out, GV_OUT_REMOVED, "left");
		gv_out_printf(ctx->out, "      ");
		gv_out_prose(ctx->out, text.p, text.len, 10);
	}
	gv_buf_release(&text);
	return r;
}

/* ---- each ---------------------------------------------------------------- */

static int
purge(struct gv_replica_purged *out, struct gv_ctx *ctx,
    const struct gv_target *t, const struct gv_opt_list *identities,
    bool dry_run)
{
	const struct gv_replica_purge_opts how = { .grace = GRACE,
		.dry_run = dry_run };
	struct gv_safe_opts safe;
	struct gv_replica *rep;
	int r;

	gv_identity_opt_fill(&safe, ctx, identities);
	if ((r = gv_replica_open(&rep, ctx->repo, t, &safe)) < 0)
		return r;
	r = gv_replica_purge(out, rep, &how);
	gv_replica_close(rep);
	return r;
}

size_t
gv_purge_copies_owed(struct gv_ctx *ctx, const char *target)
{
	size_t n;

	(void)gv_replica_owed_count(&n, ctx->repo, target);
	return n;
}

void
gv_purge_copies_remind(struct gv_ctx *ctx, const char *target)
{
	if (gv_purge_copies_owed(ctx, target))
		gv_out_say(ctx->out,
		    "%s: still has files of an earlier purge; to go on: git "
		    "vault purge",
		    target);
}

/* The exit status, or a failure that ends all. */
static int
on_one(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_opt_list *identities, bool dry_run)
{
	struct gv_replica_purged p = { .commands = GV_BUF_INIT };
	size_t n;
	char *why;
	int told, r = gv_replica_owed_count(&n, ctx->repo, t->name);

	/* a store that owes nothing need not be reached */
	if (r == 0 && n == 0)
		return 0;
	if (r == 0)
		r = purge(&p, ctx, t, identities, dry_run);
	if (r == GV_ENOMEM || r == GV_ECANCELED) {
		gv_replica_purged_release(&p);
		return r;
	}
	why = r < 0 ? gv_err_save() : NULL;
	if (r < 0)
		gv_out_warn(ctx->out,
		    "the copy in the target %s still has it: %s; to go on: git "
		    "vault purge",
		    t->name, why ? why : "memory is short");
	told = ctx->json ? put(ctx->json, t, &p, why)
	    : r < 0      ? 0
			 : say(ctx, t, &p, dry_run);
	if (why)
		gv_err_restore(why);
	r = told < 0 ? told : r < 0 || p.n ? 3 : 0;
	gv_replica_purged_release(&p);
	return r;
}

int
gv_purge_copies_run(
    struct gv_ctx *ctx, const struct gv_opt_list *identities, bool dry_run)
{
	struct gv_targets all;
	size_t i;
	int worst = 0, r = gv_targets_load(&all, ctx->repo);

	if (ctx->json)
		gv_json_array(ctx->json, "targets");
	for (i = 0; r >= 0 && i < all.n; i++) {
		r = on_one(ctx, &all.all[i], identities, dry_run);
		worst = r > worst ? r : worst;
	}
	if (ctx->json)
		gv_json_end(ctx->json);
	gv_targets_release(&all);
	return r < 0 ? r : worst;
}
