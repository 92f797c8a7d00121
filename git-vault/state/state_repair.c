#include "toolstate/state_repair.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_subject.h"
#include "git-vault/state/state_version.h"
#include "state/track_source.h"
#include "sys/outfile.h"

struct repair {
	struct gv_ctx *ctx;
	struct gv_state_subject subject;
	struct gv_track_version from; /* what is lost comes from there */
	struct gv_track_source *source;
	struct gv_state_triage good;
	bool has_from;
	struct gv_state_repair *made;
	struct gv_outfile to;
};

static int
check_options(const struct gv_ctx *ctx)
{
	const struct gv_state_opts *o = ctx->opts;

	if (o->ours && o->theirs)
		return gv_err(GV_EUSAGE, "use --ours or --theirs, not both");
	if (o->document == 0 || o->document < -1)
		return gv_err(GV_EUSAGE, "documents are counted from 1");
	if (ctx->json && o->to == NULL)
		return gv_err(GV_EUSAGE,
		    "stdout is for the state; say --to FILE with --json");
	return 0;
}

/* ---- the whole version -------------------------------------------------- */

static int
read_from(struct repair *w)
{
	int r = gv_state_subject_safe(&w->subject);

	if (r == 0 &&
	    (r = gv_track_source_version(
		 &w->source, w->ctx->repo, w->subject.safe, &w->from)) == 0 &&
	    (r = gv_state_triage_run(
		 &w->good, gv_track_source_get(w->source))) == 0 &&
	    w->good.kind != GV_STATE_WHOLE)
		r = gv_err(GV_EREFUSED,
		    "the version to take resources from is damaged too: %s; "
		    "name another one by --from",
		    w->good.damage);
	if (r == 0 && w->good.n_documents == 0)
		r = gv_err(GV_EREFUSED,
		    "it is YAML, from which nothing can be taken; name another "
		    "one by --from");
	w->has_from = r == 0;
	return r;
}

/* A whole version that nothing is known of but by its index. */
static bool
is_yaml(const struct repair *w)
{
	return !w->has_from && w->good.kind == GV_STATE_WHOLE &&
	    w->good.size > 0 && w->good.n_documents == 0;
}

static int
resolve_good(struct repair *w)
{
	char id[GV_OID_HEX + 1];

	gv_oid_format(id, &w->subject.good.commit);
	return gv_track_resolve(&w->from, w->ctx->repo, &w->subject.of, id);
}

/* Without a key for it, a state that is whole but for its resources can be put
 * together all the same. */
static int
choose_from(struct repair *w)
{
	const struct gv_state_opts *o = w->ctx->opts;
	bool has_one = w->subject.has_good;
	int r = 0;

	if (o->from && !w->subject.has_of)
		return gv_err(GV_EUSAGE,
		    "a version of which state? say it by --env and --stack");
	if (o->from)
		r = gv_track_resolve(
		    &w->from, w->ctx->repo, &w->subject.of, o->from);
	else if (has_one)
		r = resolve_good(w);
	else if (o->with_lost)
		r = gv_err(GV_EREFUSED,
		    "no intact version is stored to take the missing resources "
		    "from; give --env and --stack, or leave out --with-lost");
	if (r < 0 || !(o->from || has_one))
		return r;
	r = read_from(w);
	if ((r == GV_ENOKEY || is_yaml(w)) && !o->from && !o->with_lost) {
		gv_out_warn(w->ctx->out,
		    "the newest intact version was not %s: %s",
		    r == GV_ENOKEY ? "looked at" : "taken from",
		    gv_err_message());
		r = 0;
	}
	return r < 0 && is_yaml(w)
	    ? gv_err_in(r, "nothing can be taken from the intact version")
	    : r;
}

/* ---- putting it together ------------------------------------------------ */

/* The highest serial of a version of it. */
static int
highest(uint64_t *out, struct repair *w)
{
	int r;

	*out = 0;
	if (!w->subject.has_of)
		return 0;
	r = gv_state_version_next_serial(out, w->ctx, &w->subject.of);
	if (r == 0)
		*out -= 1;
	if (r != 0)
		*out = 0;
	return r > 0 || r == GV_ENOTFOUND ? 0 : r;
}

static int
plan(struct repair *w)
{
	const struct gv_state_opts *o = w->ctx->opts;
	struct gv_state_repair_what what = { .bad = &w->subject.triage,
		.bad_source = gv_track_source_get(w->subject.source),
		.good = w->has_from ? &w->good : NULL,
		.good_source =
		    w->has_from ? gv_track_source_get(w->source) : NULL,
		.prefer = o->ours ? GV_STATE_OURS
		    : o->theirs   ? GV_STATE_THEIRS
				  : GV_STATE_BOTH,
		.document = o->document > 0 ? (size_t)o->document : 0,
		.with_lost = o->with_lost };
	int r = highest(&what.above, w);

	return r < 0 ? r : gv_state_repair_new(&w->made, &what);
}

/* A version that is opened for it is given out. */
static int
tell_audit(struct repair *w)
{
	const struct gv_state_opts *o = w->ctx->opts;
	struct gv_digest ids[2];
	struct gv_audit_event event = { .what = "state-restore",
		.time = w->ctx->now,
		.ids = ids,
		.scopes = (const char *const *)&w->subject.of.env,
		.n_scopes = 1,
		.reason = o->reason };

	if (w->subject.is_version)
		ids[event.n_ids++] = w->subject.version.digest;
	if (w->has_from)
		ids[event.n_ids++] = w->from.digest;
	if (event.n_ids == 0)
		return 0;
	return gv_audit_tell_given(
	    w->ctx->repo, w->subject.safe, &event, "the state is opened");
}

static int
give(struct repair *w)
{
	int r = gv_outfile_open(&w->to);

	if (r == 0 && (r = tell_audit(w)) == 0 &&
	    (r = gv_out_flush(w->ctx->out)) == 0)
		r = gv_state_repair_copy(w->made, gv_outfile_write, &w->to);
	return gv_outfile_close(&w->to, r);
}

/* ---- what was done ------------------------------------------------------ */

static const char *
sentence(enum gv_state_note kind)
{
	static const char *const texts[] = {
		[GV_STATE_LOST] = "lost, and not in it",
		[GV_STATE_ADDED] = "missing, and taken from the intact version",
		[GV_STATE_HEAD_FROM] = "header, taken from the intact version",
		[GV_STATE_WRITTEN] =
		    "header, missing, rewritten: the same in all states",
		[GV_STATE_CHOSEN] = "of both sides, taken from the chosen one",
		[GV_STATE_ONE_SIDED] = "of one side only, and in it",
		[GV_STATE_LEFT] =
		    "of another document or lineage, and left out",
		[GV_STATE_UNDECIDED] = "not decided",
		[GV_STATE_TWICE] = "there twice",
		[GV_STATE_UNMET] = "needs a resource that is not before it",
	};

	return texts[kind];
}

/* On stdout, unless the state is there. */
static void
print_note(struct repair *w, const struct gv_state_repair_note *n)
{
	struct gv_out *out = w->ctx->out;

	if (w->to.path == NULL) {
		gv_out_warn(out, "%s: %s%s%s", n->address, sentence(n->kind),
		    n->needs ? ": " : "", n->needs ? n->needs : "");
		return;
	}
	gv_out_paint(out, GV_OUT_CHANGED, "%s", gv_state_note_name(n->kind));
	gv_out_printf(out, ": ");
	gv_out_text(out, n->address, strlen(n->address));
	if (n->needs) {
		gv_out_printf(out, " needs ");
		gv_out_text(out, n->needs, strlen(n->needs));
	}
	gv_out_printf(out, "\n");
}

static void
put_note(struct gv_json *j, const struct gv_state_repair_note *n)
{
	gv_json_object(j, NULL);
	gv_json_string(j, "kind", gv_state_note_name(n->kind));
	gv_json_string(j, "address", n->address);
	if (n->needs)
		gv_json_string(j, "needs", n->needs);
	gv_json_end(j);
}

/* All notes; of a version that was not opened the index tells what is lost. */
static void
each_note(struct repair *w)
{
	struct gv_json *j = w->ctx->json;
	size_t i;

	for (i = 0; i < w->made->n; i++) {
		if (j)
			put_note(j, &w->made->notes[i]);
		else
			print_note(w, &w->made->notes[i]);
	}
	for (i = 0; !w->has_from && i < w->subject.n_lost; i++) {
		const struct gv_state_repair_note lost = {
			.kind = GV_STATE_LOST, .address = w->subject.lost[i]
		};

		if (j)
			put_note(j, &lost);
		else
			print_note(w, &lost);
	}
}

static void
put_notes(struct repair *w)
{
	struct gv_json *j = w->ctx->json;

	gv_json_object(j, NULL);
	gv_json_string(j, "kind", gv_state_damage_name(w->subject.triage.kind));
	gv_json_string(j, "file", w->to.path);
	if (w->made->has_serial)
		gv_json_uint(j, "serial", w->made->serial);
	else
		gv_json_null(j, "serial");
	gv_json_uint(j, "resources", w->made->resources);
	gv_json_uint(j, "outputs", w->made->outputs);
	if (w->has_from)
		gv_state_version_json(j, "from", &w->from);
	else
		gv_json_null(j, "from");
	gv_json_array(j, "notes");
	each_note(w);
	gv_json_end(j);
	gv_json_end(j);
}

static void
print_notes(struct repair *w)
{
	static const char after[] =
	    "it is not saved: look at it, and plan with it first";
	static const char look[] = "it is not saved: look at it first";
	const struct gv_state_repair *made = w->made;
	char resources[GV_OUT_SIZE_MAX], outputs[GV_OUT_SIZE_MAX];

	each_note(w);
	gv_out_count(resources, made->resources, "resource");
	gv_out_count(outputs, made->outputs,
	    made->has_serial ? "output" : "pending operation");
	if (made->has_serial)
		gv_out_say(w->ctx->out,
		    "put together: %s, %s, serial %" PRIu64 "; %s", resources,
		    outputs, made->serial, after);
	else if (made->has_outputs)
		gv_out_say(w->ctx->out, "put together: %s, %s; %s", resources,
		    outputs, after);
	else
		gv_out_say(
		    w->ctx->out, "put together: %s; %s", resources, look);
}

static int
repair(struct repair *w, const char *arg)
{
	int r = gv_state_subject_open(&w->subject, w->ctx, arg);

	if (r == 0 && w->subject.triage.kind == GV_STATE_WHOLE)
		r = gv_err(GV_EREFUSED,
		    "%s is an intact state; there is nothing to repair",
		    strcmp(arg, "-") == 0 ? "stdin" : arg);
	if (r == 0 && (r = choose_from(w)) == 0)
		r = plan(w);
	return r < 0 ? r : give(w);
}

int
gv_state_repair(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_state_opts *o = ctx->opts;
	struct repair w = { .ctx = ctx,
		.subject = { .fd = -1 },
		.to = { .path = o->to, .mode = 0600 } };
	int r = check_options(ctx);

	(void)argc;
	if (r < 0)
		return r;
	if ((r = repair(&w, argv[0])) < 0)
		goto out;
	if (ctx->json)
		put_notes(&w);
	else
		print_notes(&w);
out:
	gv_state_repair_free(w.made);
	gv_track_source_free(w.source);
	gv_state_triage_release(&w.good);
	gv_track_version_release(&w.from);
	gv_state_subject_close(&w.subject);
	return r;
}
