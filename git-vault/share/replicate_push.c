#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "gate/outgoing.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/run_note.h"
#include "git-vault/share/replicate.h"
#include "git-vault/upkeep/purge_copies.h"
#include "replica/replica.h"
#include "replica/replica_auto.h"

static void
put_push(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_pushed *p, const struct gv_replica_verified *v,
    int status)
{
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "target", t->name);
	gv_json_string(j, "status",
	    status == 0       ? "success"
		: status == 3 ? "partial"
			      : "failed");
	gv_json_string(j, "host", *p->host ? p->host : NULL);
	gv_json_uint(j, "manifest", p->seq);
	gv_json_bool(j, "whole", p->is_whole);
	gv_json_uint(j, "refs", p->refs);
	gv_json_uint(j, "snapshots", p->snapshots);
	gv_json_uint(j, "objects", p->objects);
	gv_json_uint(j, "pack_bytes", p->pack_bytes);
	gv_json_uint(j, "bytes", p->bytes);
	gv_json_uint(j, "requests", p->requests);
	gv_json_uint(j, "kept_back", p->n_kept_back);
	gv_json_uint(j, "purge_pending", gv_purge_copies_owed(ctx, t->name));
	gv_json_bool(j, "conditional", !p->is_unsafe);
	gv_json_bool(j, "verified",
	    v->packs && !gv_replica_faults_are_grave(&v->faults));
	gv_replicate_faults_json(j, &v->faults);
	gv_json_end(j);
}

static void
warn_lines(struct gv_ctx *ctx, const struct gv_buf *text)
{
	const char *p = text->p, *nl;

	for (; p && (nl = strchr(p, '\n')); p = nl + 1)
		gv_out_warn(ctx->out, "%.*s", (int)(nl - p), p);
}

static void
say_push(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_pushed *p)
{
	const struct replicate_opts *o = ctx->opts;
	char size[GV_OUT_SIZE_MAX], n[GV_OUT_SIZE_MAX];

	if (p->seq == 0 && p->refs == 0) {
		gv_out_say(ctx->out, "%s: up to date", t->name);
		return;
	}
	gv_out_size(size, p->bytes);
	gv_out_count(n, p->snapshots, "new snapshot");
	if (o->dry_run)
		gv_out_say(ctx->out, "%s: would push %s", t->name, n);
	else
		gv_out_say(ctx->out,
		    "%s: pushed %s (%s, manifest %" PRIu64 " of %s)", t->name,
		    n, size, p->seq, p->host);
}

static int
verify(
    struct gv_replica_verified *v, struct gv_ctx *ctx, struct gv_replica *rep)
{
	const struct replicate_opts *o = ctx->opts;
	const struct gv_replica_verify_opts how = { .level =
							GV_REPLICA_LISTED };

	return o->verify && !o->dry_run ? gv_replica_verify(v, rep, &how) : 0;
}

static void
say_verified(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_verified *v)
{
	char n[GV_OUT_SIZE_MAX];

	if (v->packs == 0)
		return;
	gv_out_count(n, v->packs, "pack");
	gv_out_say(ctx->out, "%s: the store lists %s%s", t->name, n,
	    v->faults.n ? ", and this is wrong:" : " as the manifests say");
	gv_replicate_faults(ctx, &v->faults);
	if (v->mend.len && gv_buf_check(&v->mend) == 0)
		gv_out_say(ctx->out, "hint: to mend it: %s", v->mend.p);
}

/* Each clone writes its own chain, so this is a danger to those only that have
 * the same name. */
static void
say_unsafe(struct gv_ctx *ctx, const struct gv_target *t,
    const struct gv_replica_pushed *p)
{
	if (p->is_unsafe && p->seq == 1)
		gv_out_warn(ctx->out,
		    "%s has no compare-and-swap: two clones with one host name "
		    "could overwrite each other's manifests",
		    t->name);
}

/* What the copy lacks, in a sentence; nothing where it is whole. */
static void
add_lacks(struct gv_buf *out, const struct gv_replica_pushed *p,
    const struct gv_replica_verified *v)
{
	if (p->n_kept_back)
		gv_buf_addf(out,
		    p->n_kept_back == 1
			? "%zu ref with a likely secret was kept back"
			: "%zu refs with a likely secret were kept back",
		    p->n_kept_back);
	if (p->left.len)
		gv_buf_addf(out, "%s%.*s", out->len ? "; " : "",
		    (int)strcspn(p->left.p, "\n"), p->left.p);
	if (v->faults.n)
		gv_buf_addf(out, "%sthe store is not as its manifests say: %s",
		    out->len ? "; " : "", v->faults.all[0].text);
}

static int
status_of(
    const struct gv_replica_pushed *p, const struct gv_replica_verified *v)
{
	if (gv_replica_faults_are_grave(&v->faults))
		return 1;
	return p->n_kept_back || p->left.len || v->faults.n ? 3 : 0;
}

/* What was pushed, and what there is to be said of it: the exit status. */
static int
tell(struct gv_ctx *ctx, const struct gv_target *target,
    const struct gv_replica_pushed *pushed, const struct gv_replica_verified *v)
{
	const int status = status_of(pushed, v);

	if (ctx->json) {
		put_push(ctx, target, pushed, v, status);
	} else {
		say_push(ctx, target, pushed);
		gv_purge_copies_remind(ctx, target->name);
		say_verified(ctx, target, v);
	}
	say_unsafe(ctx, target, pushed);
	warn_lines(ctx, &pushed->left);
	warn_lines(ctx, &pushed->warnings);
	return status;
}

int
gv_replicate_push_one(
    struct gv_ctx *ctx, struct gv_replica *rep, const struct gv_target *target)
{
	const struct replicate_opts *o = ctx->opts;
	const struct gv_replica_push_opts how = { .is_whole = o->whole,
		.dry_run = o->dry_run };
	struct gv_replica_verified verified = { .mend = GV_BUF_INIT };
	struct gv_replica_pushed pushed;
	struct gv_buf lacks = GV_BUF_INIT;
	int r = gv_replica_push(&pushed, rep, &how), noted = 0;

	warn_lines(ctx, &pushed.found);
	if (pushed.n_kept_back)
		gv_out_say(ctx->out,
		    "hint: refs with a likely secret were kept back. A new "
		    "snapshot encrypts these commits: git vault snapshot. A "
		    "target with --encrypt takes them as they are. If it is no "
		    "secret, allow it: git vault replicate push%s %s",
		    pushed.allow.p, target->name);
	if (r == 0 && (r = verify(&verified, ctx, rep)) == 0)
		r = tell(ctx, target, &pushed, &verified);
	add_lacks(&lacks, &pushed, &verified);
	if (!o->dry_run && (noted = gv_buf_check(&lacks)) == 0)
		noted = gv_replica_auto_ended(
		    ctx->repo, target, ctx->now, r, lacks.p);
	r = r < 0 ? r : noted < 0 ? noted : r;
	gv_buf_release(&lacks);
	gv_replica_verified_release(&verified);
	gv_replica_pushed_release(&pushed);
	return r;
}

int
gv_replicate_push(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct replicate_opts *o = ctx->opts;
	int r = o->allow.n
	    ? gv_outgoing_allow(ctx->repo, o->allow.items, o->allow.n)
	    : 0;

	if (r < 0)
		return r;
	if (!o->dry_run)
		gv_run_note_counts(ctx);
	return gv_replicate_each(ctx, argc, argv, gv_replicate_push_one);
}
