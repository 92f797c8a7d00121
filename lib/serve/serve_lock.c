#include "serve/serve_backend.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "statelock/statelock.h"
#include "sys/clock.h"

static struct gv_statelock_at
place_of(
    const struct gv_serve_backend *backend, const struct gv_serve_call *call)
{
	return (struct gv_statelock_at){ .env = call->target.env,
		.stack = call->target.stack,
		.remote = backend->remote,
		.now = (int64_t)gv_clock_now().tv_sec };
}

/* The ID of a record in the body: 0, or the answer is said. */
static int
read_record(struct gv_statelock_record *rec, struct gv_serve_call *call)
{
	int r =
	    gv_statelock_parse(rec, (const char *)call->body.p, call->body.len);

	if (r < 0 && r != GV_ENOMEM) {
		(void)gv_err_in(r, "this is no lock info");
		r = GV_EUSAGE;
	}
	if (r < 0)
		gv_serve_call_fail(call, r);
	return r;
}

/* Held is held, whoever asks again: a client that takes the lock for its own
 * might be another one that was given the same ID. */
void
gv_serve_lock_take(struct gv_serve_backend *backend, struct gv_serve_call *call)
{
	const struct gv_statelock_at at = place_of(backend, call);
	struct gv_statelock_record rec;
	struct gv_statelock lock = { .env = NULL };
	int r;

	if (read_record(&rec, call) < 0)
		return;
	gv_statelock_record_release(&rec);
	r = gv_statelock_take(
	    &lock, backend->repo, &at, call->body.p, call->body.len, NULL);
	if (r == GV_ELOCKED) {
		gv_serve_call_held(call, &lock);
	} else if (r < 0) {
		gv_serve_call_fail(call, r);
	} else {
		gv_serve_call_held(call, &lock);
		call->status = 200;
	}
	gv_statelock_release(&lock);
}

/* By force: nobody says whose it is. */
static int
take_away(struct gv_statelock *lock, struct gv_serve_backend *backend,
    const struct gv_serve_call *call)
{
	const struct gv_statelock_at at = place_of(backend, call);
	struct gv_buf why = GV_BUF_INIT;
	int r;

	gv_buf_addf(&why, "by force over HTTP, asked for by %s",
	    *call->user ? call->user : "somebody on this host");
	if ((r = gv_buf_check(&why)) == 0)
		r = gv_statelock_drop(lock, backend->repo, &at, NULL, why.p);
	gv_buf_release(&why);
	return r;
}

void
gv_serve_lock_drop(struct gv_serve_backend *backend, struct gv_serve_call *call)
{
	const struct gv_statelock_at at = place_of(backend, call);
	struct gv_statelock_record rec = { .id = NULL };
	struct gv_statelock lock = { .env = NULL };
	const char *id = call->id;
	int r;

	if (call->body.len) {
		if (read_record(&rec, call) < 0)
			return;
		id = rec.id;
	}
	r = id ? gv_statelock_drop(&lock, backend->repo, &at, id, NULL)
	       : take_away(&lock, backend, call);
	if (r == 0)
		gv_serve_call_say(call, 200, "%s/%s is unlocked",
		    call->target.env, call->target.stack);
	else if (r == GV_ENOTFOUND)
		gv_serve_call_say(call, 200, "%s/%s was not locked",
		    call->target.env, call->target.stack);
	else if (r == GV_ELOCKED && lock.env)
		gv_serve_call_held(call, &lock);
	else
		gv_serve_call_fail(call, r);
	gv_statelock_release(&lock);
	gv_statelock_record_release(&rec);
}
