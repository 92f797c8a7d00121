#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "code/track_code.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_live.h"
#include "git-vault/state/state_version.h"
#include "safe/safe.h"
#include "state/track_verify.h"
#include "view/content.h"

/* What is looked at, and what came of it. */
struct look {
	struct gv_ctx *ctx;
	const struct gv_track_version *v;
	struct gv_track_code *code;
	struct gv_track_verified done;
	uint64_t uncovered; /* resources without a block */
	const char *tool;   /* whose report of what is there was read; NULL */
	uint64_t differing; /* in it */
	bool in_notes;      /* of the JSON form */
};

static int
tell(void *ctx, enum gv_track_finding kind, const char *sentence)
{
	struct look *l = ctx;
	struct gv_ctx *c = l->ctx;
	const char *name = gv_track_finding_name(kind);
	const bool is_note = kind == GV_TRACK_NOT_IN_STATE;

	if (c->json) {
		if (is_note && !l->in_notes) {
			gv_json_end(c->json);
			gv_json_array(c->json, "notes");
			l->in_notes = true;
		}
		gv_json_object(c->json, NULL);
		gv_json_string(c->json, "kind", name);
		gv_json_string(c->json, "message", sentence);
		gv_json_end(c->json);
	} else {
		gv_out_paint(
		    c->out, is_note ? GV_OUT_DIM : GV_OUT_REMOVED, "%s", name);
		gv_out_printf(c->out, ": ");
		gv_out_prose(
		    c->out, sentence, strlen(sentence), strlen(name) + 2);
	}
	return gv_out_stopped(c->out) ? GV_ECANCELED : 0;
}

static void
conclude_json(const struct look *l)
{
	struct gv_json *j = l->ctx->json;
	const char *dir = gv_track_code_dir(l->code);
	const char *why = gv_track_code_why(l->code);

	gv_json_end(j);
	if (!l->in_notes) {
		gv_json_array(j, "notes");
		gv_json_end(j);
	}
	gv_json_bool(j, "opened", l->done.was_opened);
	gv_json_bool(j, "compared", l->done.was_compared);
	gv_json_string(j, "live", l->tool);
	gv_json_string(j, "code", why ? NULL : *dir ? dir : ".");
	gv_json_string(j, "no_code", why && *why ? why : NULL);
	gv_json_end(j);
}

static uint64_t
found(const struct look *l)
{
	return l->done.findings + l->uncovered + l->differing;
}

static void
conclude(const struct look *l)
{
	const struct gv_track_verified *done = &l->done;
	const char *why = gv_track_code_why(l->code);
	char parts[GV_OUT_SIZE_MAX], resources[GV_OUT_SIZE_MAX];
	char gone[GV_STATE_VERSION_WHY];
	struct gv_ctx *ctx = l->ctx;

	gv_out_count(parts, l->v->parts, "part");
	gv_out_count(resources, done->items, "resource");
	if (ctx->json)
		conclude_json(l);
	else if (gv_state_version_is_gone(gone, l->v))
		gv_out_printf(ctx->out, "%s/%s was deleted: %s\n", l->v->env,
		    l->v->stack, gone);
	else if (found(l) == 0 && done->was_opened)
		gv_out_printf(ctx->out, "%s/%s is intact: %s, %s%s%s%s\n",
		    l->v->env, l->v->stack, parts, resources,
		    l->tool ? "; what is there is the same (" : "",
		    l->tool ? l->tool : "", l->tool ? ")" : "");
	if (done->was_opened && !done->was_compared)
		gv_out_warn(ctx->out,
		    "its index was not compared with its parts: it was made "
		    "with an id key that the keyring no longer has");
	if (why && *why)
		gv_out_warn(ctx->out, "not compared with its code: %s", why);
}

/* Nothing was found, as far as it was looked at. */
static int
not_opened(const struct gv_track_verified *done)
{
	return gv_err(GV_ENOKEY,
	    "the values were not looked at, only the index and the versions "
	    "before: %s",
	    done->shut);
}

/* First of all, since an argument that is not a directory ends the command. */
static int
find_code(struct look *l)
{
	const struct gv_state_opts *o = l->ctx->opts;
	struct gv_buf dir = GV_BUF_INIT;
	int r = o->code ? gv_content_path(&dir, l->ctx->repo, o->code) : 0;

	if (r == 0)
		r = gv_track_code_new(
		    &l->code, l->ctx->repo, l->v, o->code ? dir.p : NULL);
	gv_buf_release(&dir);
	return r;
}

static int
look(struct look *l, struct gv_safe *safe)
{
	struct gv_ctx *ctx = l->ctx;
	const struct gv_state_opts *o = ctx->opts;
	int r;

	if ((r = find_code(l)) < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_state_version_json(ctx->json, "version", l->v);
		gv_json_array(ctx->json, "findings");
	}
	r = gv_track_verify(&l->done, ctx->repo, safe, l->v, tell, l);
	if (r == 0 && o->live)
		r = gv_state_live(
		    &l->tool, &l->differing, l->v, o->live, tell, l);
	if (r < 0 ||
	    (r = gv_track_code_check(l->code, &l->uncovered, tell, l)) < 0)
		return r;
	conclude(l);
	return 0;
}

static int
verify(struct gv_ctx *ctx, const struct gv_track_version *v)
{
	const struct gv_state_opts *o = ctx->opts;
	struct look l = { .ctx = ctx, .v = v };
	struct gv_safe *safe = NULL;
	int r = gv_identity_opt_open(&safe, ctx, &o->identities);
	bool is_no;

	if (r == 0)
		r = look(&l, safe);
	is_no = found(&l) > 0;
	if (r == 0 && is_no && !l.done.was_opened)
		gv_out_warn(
		    ctx->out, "the values were not looked at: %s", l.done.shut);
	gv_identity_opt_tell(ctx, safe);
	gv_track_code_free(l.code);
	gv_safe_close(safe);
	if (r < 0 || (l.done.was_opened && !is_no))
		return r;
	return is_no ? 1 : not_opened(&l.done);
}

int
gv_state_verify(struct gv_ctx *ctx, int argc, char **argv)
{
	return gv_state_with_version(ctx, argc, argv, verify);
}
