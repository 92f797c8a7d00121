#include "serve/serve_backend.h"

#include <inttypes.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "repo/hash.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "state/track.h"
#include "state/track_binding.h"
#include "statelock/statelock.h"
#include "sys/clock.h"
#include "toolstate/state.h"

#define TRIES 3

static const char *
who(const struct gv_serve_call *call)
{
	return *call->user ? call->user : "somebody on this host";
}

static struct gv_track_of
state_of(const struct gv_serve_call *call)
{
	return (struct gv_track_of){ call->target.env, call->target.stack };
}

/* ---- out ---- */

static void
none(struct gv_serve_call *call)
{
	gv_serve_call_say(call, 404, "%s/%s has no state", call->target.env,
	    call->target.stack);
}

/* What is given out is recorded first. */
static int
tell_audit(struct gv_serve_backend *backend, const struct gv_serve_call *call,
    const struct gv_track_version *v)
{
	struct gv_buf why = GV_BUF_INIT;
	struct gv_audit_event event = { .what = "state-restore",
		.time = (int64_t)gv_clock_now().tv_sec,
		.ids = &v->digest,
		.n_ids = 1,
		.scopes = (const char *const *)&v->env,
		.n_scopes = 1 };
	int r;

	gv_buf_addf(&why, "%s/%s over HTTP, asked for by %s", v->env, v->stack,
	    who(call));
	event.reason = why.p;
	if ((r = gv_buf_check(&why)) == 0)
		r = gv_audit_tell(backend->repo, backend->safe, &event);
	gv_buf_release(&why);
	return r;
}

static int
put_reply(void *ctx, const void *data, size_t len)
{
	return gv_secret_add(ctx, data, len);
}

static int
read_all(struct gv_serve_backend *backend, struct gv_serve_call *call,
    const struct gv_track_version *v)
{
	struct gv_track_reader *reader = NULL;
	struct gv_buf md5 = GV_BUF_INIT;
	unsigned char sum[GV_HASH_MD5];
	int r;

	if ((r = tell_audit(backend, call, v)) < 0)
		goto out;
	r = gv_track_reader_new(&reader, backend->repo, backend->safe, v);
	if (r < 0 || (r = gv_secret_grow(&call->reply, (size_t)v->size)) < 0 ||
	    (r = gv_track_reader_copy(reader, put_reply, &call->reply)) != 0)
		goto out;
	r = gv_track_binding_bytes(v, call->reply.p, call->reply.len);
	if (r < 0)
		goto out;
	gv_hash_md5(sum, call->reply.p, call->reply.len);
	gv_enc_base64(&md5, sum, sizeof(sum));
	if ((r = gv_buf_check(&md5)) < 0)
		goto out;
	memcpy(call->reply_md5, md5.p, md5.len + 1);
out:
	gv_track_reader_free(reader);
	gv_buf_release(&md5);
	return r;
}

/* A version that says it is nothing stands for one that was deleted. */
void
gv_serve_state_get(struct gv_serve_backend *backend, struct gv_serve_call *call)
{
	const struct gv_track_of of = state_of(call);
	struct gv_track_version v;
	int r = gv_track_resolve(&v, backend->repo, &of, "latest");

	if (r == GV_ENOTFOUND || (r == 0 && v.size == 0)) {
		none(call);
	} else if (r < 0) {
		gv_serve_call_fail(call, r);
	} else if (v.size > call->room) {
		call->needs = v.size;
	} else {
		call->status = 200;
		call->is_json = true;
		r = read_all(backend, call, &v);
		if (r < 0)
			gv_serve_call_fail(call, GV_ERROR);
	}
	gv_track_version_release(&v);
}

/* ---- in ---- */

struct source {
	const struct gv_secret *from;
	size_t at;
};

static int64_t
read_body(void *ctx, void *data, size_t len)
{
	struct source *s = ctx;
	size_t left = s->from->len - s->at;

	len = len < left ? len : left;
	if (len)
		memcpy(data, s->from->p + s->at, len);
	s->at += len;
	return (int64_t)len;
}

static int
rewind_body(void *ctx)
{
	struct source *s = ctx;

	s->at = 0;
	return 0;
}

/* What is saved while nobody can take or end the lock. */
struct saving {
	struct gv_serve_backend *backend;
	struct gv_serve_call *call;
	struct gv_track_what what;
	struct gv_secret bytes; /* borrowed */
	struct gv_track_saved saved;
	bool was_begun;
	bool is_untied; /* its commit is not here */
	bool is_gone;   /* what was to be deleted is not there */
};

static int
save_once(struct saving *s)
{
	struct source from = { .from = &s->bytes };
	const struct gv_state_source source = {
		.read = read_body, .rewind = rewind_body, .ctx = &from
	};

	return gv_track_save(
	    &s->saved, s->backend->repo, s->backend->safe, &s->what, &source);
}

/* Whether there is something to be deleted. */
static int
look(struct saving *s)
{
	struct gv_track_version v;
	int r = gv_track_resolve(&v, s->backend->repo, &s->what.of, "latest");

	s->is_gone = r == GV_ENOTFOUND;
	gv_track_version_release(&v);
	return r == GV_ENOTFOUND ? 0 : r;
}

/* A commit that nobody has fetched here yet is no reason to lose the state that
 * an apply has made. Where another program has saved a version meanwhile, the
 * guards look at that one. */
static int
save(void *ctx)
{
	static const struct gv_oid unknown;
	struct saving *s = ctx;
	int i, r;

	s->was_begun = true;
	r = s->what.force ? look(s) : 0;
	if (r < 0 || s->is_gone)
		return r;
	for (i = 0; i < TRIES; i++) {
		r = save_once(s);
		if (r == GV_ENOTFOUND && !gv_oid_is_zero(&s->what.code)) {
			s->what.code = unknown;
			s->is_untied = true;
		} else if (r != GV_ELOCKED) {
			break;
		}
	}
	return r;
}

/* Whose commit it is: 0, or the answer is said. */
static int
choose_commit(struct gv_oid *out, const struct gv_serve_backend *backend,
    struct gv_serve_call *call)
{
	*out = backend->repo->head;
	if (call->commit == NULL)
		return 0;
	if (strlen(call->commit) == GV_OID_HEX &&
	    gv_oid_parse(out, call->commit) == 0)
		return 0;
	gv_serve_call_say(call, 400,
	    "the commit that a state belongs to is said by all 40 digits of "
	    "its id");
	return GV_EUSAGE;
}

static void
tell_saved(struct saving *s)
{
	const struct gv_track_version *v = &s->saved.version;
	char id[GV_OID_HEX + 1];

	if (s->is_gone) {
		gv_serve_call_say(s->call, 200, "%s/%s has no state",
		    s->call->target.env, s->call->target.stack);
		return;
	}
	gv_oid_format(id, &v->commit);
	gv_serve_call_say(s->call, 200, "%s%s%s", id,
	    s->saved.is_new ? "" : " has it already",
	    s->is_untied ? "; the commit that it belongs to is not in this "
			   "repository, so it says none"
			 : "");
}

static void
tell_failed(struct saving *s, int r, const struct gv_statelock *lock)
{
	if (s->was_begun && r == GV_ELOCKED)
		r = GV_EREFUSED;
	if (!s->was_begun && r == GV_ENOTFOUND)
		gv_serve_call_say(s->call, 409,
		    "%s/%s is not locked any more: the lock that this was to be "
		    "saved under was taken away",
		    s->call->target.env, s->call->target.stack);
	else if (!s->was_begun && r == GV_ELOCKED && lock->env)
		gv_serve_call_held(s->call, lock);
	else
		gv_serve_call_fail(s->call, r);
}

static void
save_locked(struct saving *s)
{
	struct gv_serve_call *call = s->call;
	const struct gv_statelock_at at = { .env = call->target.env,
		.stack = call->target.stack,
		.remote = s->backend->remote,
		.now = s->what.now };
	struct gv_statelock lock = { .env = NULL };
	int r =
	    gv_statelock_with(&lock, s->backend->repo, &at, call->id, save, s);

	if (r < 0)
		tell_failed(s, r, &lock);
	else
		tell_saved(s);
	gv_statelock_release(&lock);
	gv_track_saved_release(&s->saved);
}

void
gv_serve_state_put(struct gv_serve_backend *backend, struct gv_serve_call *call)
{
	struct saving s = { .backend = backend,
		.call = call,
		.what = { .of = state_of(call),
		    .now = (int64_t)gv_clock_now().tv_sec,
		    .wants_whole = true },
		.bytes = call->body };

	if (call->body.len == 0)
		gv_serve_call_say(call, 400, "there is no state in the body");
	else if (choose_commit(&s.what.code, backend, call) == 0)
		save_locked(&s);
}

/* History is kept: what is deleted is a version without a byte, which says so,
 * and the one before it can be had back. */
void
gv_serve_state_delete(
    struct gv_serve_backend *backend, struct gv_serve_call *call)
{
	struct gv_buf why = GV_BUF_INIT;
	struct saving s = { .backend = backend,
		.call = call,
		.what = { .of = state_of(call),
		    .now = (int64_t)gv_clock_now().tv_sec } };

	gv_buf_addf(&why, "deleted over HTTP by %s", who(call));
	s.what.force = why.p;
	if (gv_buf_check(&why) < 0)
		gv_serve_call_fail(call, GV_ENOMEM);
	else if (choose_commit(&s.what.code, backend, call) == 0)
		save_locked(&s);
	gv_buf_release(&why);
}
