#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_out.h"
#include "git-vault/state/state_version.h"
#include "safe/safe.h"
#include "state/track_binding.h"
#include "state/track_good.h"
#include "sys/outfile.h"

struct restore {
	struct gv_ctx *ctx;
	struct gv_safe *safe;
	struct gv_track_version v;
	struct gv_outfile to;
	struct gv_track_reader *reader;
	uint64_t serial; /* that it is to have */
};

/* ---- the verb ----------------------------------------------------------- */

static int
tell_audit(struct restore *w)
{
	const struct gv_state_opts *o = w->ctx->opts;
	struct gv_audit_event event = { .what = "state-restore",
		.time = w->ctx->now,
		.ids = &w->v.digest,
		.n_ids = 1,
		.scopes = (const char *const *)&w->v.env,
		.n_scopes = 1,
		.reason = o->reason };

	return gv_audit_tell_given(
	    w->ctx->repo, w->safe, &event, "the state is opened");
}

static int
choose_serial(struct restore *w, const struct gv_track_of *of)
{
	int r = gv_state_version_next_serial(&w->serial, w->ctx, of);

	return r > 0
	    ? gv_err(GV_EREFUSED,
		  "the newest version of %s/%s has no serial to exceed; "
		  "restore without --push-ready",
		  of->env, of->stack)
	    : r;
}

/* An expression means another version once somebody has pushed one. */
static int
check_options(const struct gv_state_opts *o, const char *version)
{
	return o->unbound_too && strspn(version, "0123456789abcdef") < 4
	    ? gv_err(GV_EUSAGE,
		  "--allow-unbound takes the id of a version, which 'git vault "
		  "state log' shows, not '%s'",
		  version)
	    : 0;
}

/* What a person took although it is refused, and what nobody could check. */
static void
warn_binding(const struct restore *w)
{
	struct gv_track_version v = w->v;
	enum gv_track_binding kind;
	int r;

	v.is_taken = false;
	r = gv_track_binding_check(&kind, w->ctx->repo, w->safe, &v);
	if (r == GV_ECORRUPT)
		gv_out_warn(w->ctx->out, "%s", gv_err_message());
	else if (r == 0 && kind == GV_TRACK_BOUND_ELSE)
		gv_out_warn(w->ctx->out,
		    "this version may be a replay: it is bound by an id key "
		    "that the vault does not have");
}

/* A version without a byte says that the state was deleted: there is nothing to
 * restore. */
static int
check_gone(struct restore *w)
{
	const struct gv_track_of of = { w->v.env, w->v.stack };
	char why[GV_STATE_VERSION_WHY], id[GV_STATE_VERSION_ID];
	struct gv_track_version good = { 0 };
	bool found = false;
	int r;

	if (!gv_state_version_is_gone(why, &w->v))
		return 0;
	r = gv_track_good_once(&good, &found, w->ctx->repo, &of);
	gv_state_version_id(id, found ? &good : &w->v);
	if (r == 0 && found)
		r = gv_err(GV_ENOTFOUND,
		    "%s/%s was deleted: %s; to get back what it was: git vault "
		    "state restore --env %s --stack %s %s",
		    of.env, of.stack, why, of.env, of.stack, id);
	else if (r == 0)
		r = gv_err(GV_ENOTFOUND,
		    "%s/%s was deleted: %s; no earlier version is intact; to "
		    "list them: git vault state log --env %s --stack %s",
		    of.env, of.stack, why, of.env, of.stack);
	gv_track_version_release(&good);
	return r;
}

static int
give(struct restore *w)
{
	const struct gv_state_opts *o = w->ctx->opts;
	const struct gv_track_copy how = { .repo = w->ctx->repo,
		.safe = w->safe,
		.v = &w->v,
		.serial = o->push_ready ? &w->serial : NULL,
		.is_hidden = gv_outfile_is_hidden(&w->to),
		.sink = gv_outfile_write,
		.ctx = &w->to };

	return gv_track_copy(w->reader, &how);
}

static int
restore(struct restore *w, const struct gv_track_of *of, const char *version)
{
	const struct gv_state_opts *o = w->ctx->opts;
	int r = check_options(o, version);

	if (r == 0 &&
	    (r = gv_track_resolve(&w->v, w->ctx->repo, of, version)) == 0)
		r = check_gone(w);
	w->v.is_taken = r == 0 && o->unbound_too;
	if (r < 0)
		goto out;
	if (o->push_ready && (r = choose_serial(w, of)) != 0)
		goto out;
	if ((r = gv_identity_opt_open(&w->safe, w->ctx, &o->identities)) < 0)
		goto out;
	r = gv_track_reader_new(&w->reader, w->ctx->repo, w->safe, &w->v);
	if (r < 0 || (r = gv_outfile_open(&w->to)) < 0 ||
	    (r = tell_audit(w)) < 0 || (r = gv_out_flush(w->ctx->out)) < 0)
		goto out;
	r = give(w);
out:
	return gv_outfile_close(&w->to, r);
}

static void
print_json(struct restore *w)
{
	const struct gv_state_opts *o = w->ctx->opts;
	struct gv_json *j = w->ctx->json;

	gv_json_object(j, NULL);
	gv_json_path(j, "file", o->to, strlen(o->to));
	if (o->push_ready)
		gv_json_uint(j, "serial", w->serial);
	else
		gv_json_null(j, "serial");
	gv_state_version_json(j, "version", &w->v);
	gv_json_end(j);
}

int
gv_state_restore(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_state_opts *o = ctx->opts;
	struct restore w = { .ctx = ctx,
		.to = { .path = o->to, .mode = 0600 } };
	struct gv_track_version hold;
	struct gv_track_of of;
	int r = gv_state_version_of(&of, &hold, ctx);

	if (r == 0 && ctx->json && o->to == NULL)
		r = gv_err(GV_EUSAGE,
		    "stdout is for the state; with --json, give --to FILE");
	if (r == 0 && (r = restore(&w, &of, argc ? argv[0] : "latest")) == 0) {
		gv_state_version_warn(ctx, &w.v);
		warn_binding(&w);
		if (ctx->json)
			print_json(&w);
		if (o->push_ready)
			gv_out_say(ctx->out,
			    "raised the serial to %" PRIu64
			    ", above that of the newest version",
			    w.serial);
		if (o->push_ready && o->to)
			gv_state_out_pushable(ctx, o->to, &w.v);
	}
	gv_track_reader_free(w.reader);
	gv_track_version_release(&w.v);
	gv_track_version_release(&hold);
	gv_identity_opt_tell(ctx, w.safe);
	gv_safe_close(w.safe);
	return r;
}
