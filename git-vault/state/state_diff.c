#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_binding.h"
#include "git-vault/state/state_change.h"
#include "git-vault/state/state_version.h"
#include "safe/safe.h"
#include "state/track_diff.h"

struct diff {
	struct gv_ctx *ctx;
	const struct gv_state_opts *o;
	const struct gv_track_version *a, *b;
	struct gv_safe *safe; /* NULL: nothing had to be opened */
	bool is_told;         /* to the audit chain */
	struct gv_track_with with;
	uint64_t added, deleted, modified, replaced, moved;
};

/* Whoever has not asked for values is not asked for a passphrase either. */
static int
lend_safe(void *ctx, struct gv_safe **out)
{
	struct diff *d = ctx;
	struct gv_safe_opts opts;
	int r;

	gv_identity_opt_fill(&opts, d->ctx, &d->o->identities);
	if (!d->o->patch && d->o->identities.n == 0)
		opts.ask = NULL;
	r = gv_safe_open(&d->safe, d->ctx->repo, &opts);
	*out = d->safe;
	return r;
}

/* Values are about to be shown. */
static int
tell_audit(struct diff *d)
{
	const struct gv_digest ids[] = { d->a->digest, d->b->digest };
	struct gv_audit_event event = { .what = "state-diff",
		.time = d->ctx->now,
		.ids = ids,
		.n_ids = 2,
		.scopes = (const char *const *)&d->b->env,
		.n_scopes = 1 };

	d->is_told = true;
	return gv_audit_tell(d->ctx->repo, d->safe, &event);
}

static int
on_change(void *ctx, const struct gv_track_change *c)
{
	struct diff *d = ctx;
	int r = 0;

	d->added += c->kind == GV_TRACK_ADDED;
	d->deleted += c->kind == GV_TRACK_DELETED;
	d->modified += c->kind == GV_TRACK_MODIFIED;
	d->replaced += c->kind == GV_TRACK_REPLACED;
	d->moved += c->kind == GV_TRACK_MOVED;
	if (d->o->patch && !d->is_told)
		r = tell_audit(d);
	if (r < 0)
		return r;
	if (d->ctx->json)
		gv_state_change_json(d->ctx->json, NULL, c);
	else if (!d->o->stat)
		gv_state_change_print(d->ctx->out, c);
	return gv_out_stopped(d->ctx->out) ? GV_ECANCELED : 0;
}

/* Without a key nobody can know what was moved, so it is not said. */
static void
print_stat(const struct diff *d)
{
	gv_out_printf(d->ctx->out,
	    "%" PRIu64 " added, %" PRIu64 " removed, %" PRIu64
	    " changed, %" PRIu64 " replaced",
	    d->added, d->deleted, d->modified, d->replaced);
	if (d->moved)
		gv_out_printf(d->ctx->out, ", %" PRIu64 " moved", d->moved);
	gv_out_printf(d->ctx->out, "\n");
}

/* Whether the files are the same, byte for byte. Digests of different keys do
 * not tell. */
static bool
is_same(const struct diff *d)
{
	if (strcmp(d->a->key, d->b->key) != 0)
		return d->with.is_same;
	return memcmp(&d->a->digest, &d->b->digest, sizeof(d->a->digest)) == 0;
}

static int
run(struct diff *d)
{
	struct gv_track_with *with = &d->with;
	struct gv_json *j = d->ctx->json;
	int r;

	*with = (struct gv_track_with){
		.open = lend_safe, .ctx = d, .values = d->o->patch
	};
	if (j) {
		gv_json_object(j, NULL);
		gv_state_version_json(j, "from", d->a);
		gv_state_version_json(j, "to", d->b);
		gv_json_array(j, "changes");
	}
	r = gv_track_diff(d->ctx->repo, d->a, d->b, with, on_change, d);
	if (j) {
		gv_json_end(j);
		gv_json_bool(j, "same_bytes", is_same(d));
		gv_json_end(j);
	}
	if (r < 0)
		return r;
	if (with->shut[0] && !with->is_keyless)
		gv_out_warn(d->ctx->out,
		    "whether something was moved was not looked at: %s",
		    with->shut);
	if (with->opened)
		gv_out_detail(d->ctx->out, "opened %zu of %" PRIu64 " parts",
		    with->opened, d->a->parts + d->b->parts);
	if (!j && d->o->stat)
		print_stat(d);
	if (d->added + d->deleted + d->modified + d->replaced + d->moved)
		return 1;
	if (!is_same(d))
		gv_out_say(d->ctx->out,
		    "the files differ, but in nothing that is known of them as "
		    "a resource");
	return is_same(d) ? 0 : 1;
}

int
gv_state_diff(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_state_binding binding = { .ctx = ctx };
	struct gv_track_version hold = { 0 }, a = { 0 }, b = { 0 };
	struct diff d = { .ctx = ctx, .o = ctx->opts, .a = &a, .b = &b };
	struct gv_track_of of;
	int r = 0;

	if (d.o->stat && d.o->patch)
		r = gv_err(GV_EUSAGE,
		    "--stat counts changes and -p shows them: give one of "
		    "them");
	if (r == 0 && (r = gv_state_version_of(&of, &hold, ctx)) == 0)
		r = gv_track_resolve(
		    &a, ctx->repo, &of, argc > 0 ? argv[0] : "latest~1");
	if (r == 0)
		r = gv_track_resolve(
		    &b, ctx->repo, &of, argc > 1 ? argv[1] : "latest");
	if (r == 0 && (r = gv_state_binding_look(&binding, &a)) >= 0)
		r = gv_state_binding_look(&binding, &b);
	gv_state_binding_close(&binding);
	if (r >= 0)
		r = run(&d);
	gv_identity_opt_tell(ctx, d.safe);
	gv_safe_close(d.safe);
	gv_track_version_release(&a);
	gv_track_version_release(&b);
	gv_track_version_release(&hold);
	return r;
}
