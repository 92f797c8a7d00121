#include "serve/serve_backend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "code/stack_choice.h"
#include "remote/remote.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_writer.h"
#include "statelock/statelock.h"
#include "sync/track_share.h"

/* ---- answers ---- */

static void
answer(
    struct gv_serve_call *call, unsigned status, const char *text, size_t len)
{
	gv_secret_reset(&call->reply);
	call->status = status;
	call->reply_md5[0] = '\0';
	/* without memory the status says it all */
	(void)gv_secret_add(&call->reply, text, len);
}

void
gv_serve_call_say(
    struct gv_serve_call *call, unsigned status, const char *fmt, ...)
{
	struct gv_buf text = GV_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	gv_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	gv_buf_addch(&text, '\n');
	call->is_json = false;
	answer(call, status, text.p, text.len);
	gv_buf_release(&text);
}

void
gv_serve_call_fail(struct gv_serve_call *call, int r)
{
	unsigned status = r == GV_EUSAGE ? 400
	    : r == GV_ENOTFOUND          ? 404
	    : r == GV_EREFUSED           ? 409
	    : r == GV_ELOCKED            ? 503
					 : 500;

	gv_serve_call_say(call, status, "%s", gv_err_message());
}

void
gv_serve_call_held(struct gv_serve_call *call, const struct gv_statelock *lock)
{
	struct gv_statelock_record rec = { .info = lock->damage };
	struct gv_buf text = GV_BUF_INIT;

	call->is_json = true;
	if (lock->env && lock->damage == NULL) {
		answer(call, 423, lock->text.p, lock->text.len);
		return;
	}
	/* whose it is nobody knows, and a client wants JSON */
	if (rec.info == NULL)
		rec.info = (char *)gv_err_message();
	gv_statelock_format(&text, &rec);
	answer(call, 423, text.p, text.len);
	gv_buf_release(&text);
}

void
gv_serve_call_release(struct gv_serve_call *call)
{
	gv_secret_release(&call->body);
	gv_secret_release(&call->reply);
}

/* ---- the backend ---- */

static int
open_safe(struct gv_serve_backend *backend)
{
	int r = gv_safe_open(&backend->safe, backend->repo, backend->opts);

	if (r < 0)
		return r;
	r = gv_safe_prepare(backend->safe);
	if (r < 0) {
		gv_safe_close(backend->safe);
		backend->safe = NULL;
	}
	return r;
}

int
gv_serve_backend_open(struct gv_serve_backend *backend, struct gv_repo *repo,
    const struct gv_safe_opts *opts, const char *remote)
{
	int r = gv_repo_check_writable(repo);

	if (r == 0 && remote)
		r = gv_remote_check(&repo->config, remote);
	memset(backend, 0, sizeof(*backend));
	backend->repo = repo;
	backend->opts = opts;
	backend->remote = remote;
	if (r < 0 || (r = gv_repo_stay(repo)) < 0)
		return r;
	return open_safe(backend);
}

void
gv_serve_backend_rest(struct gv_serve_backend *backend)
{
	gv_repo_rest(backend->repo);
}

void
gv_serve_backend_close(struct gv_serve_backend *backend)
{
	if (backend)
		gv_safe_close(backend->safe);
}

/* Others work in the repository as well: commits, packs, who reads what. */
static int
look_again(struct gv_serve_backend *backend)
{
	bool is_outdated = false;
	int r = gv_repo_look_again(backend->repo);

	/* to keep a state, and to give it back, takes no HEAD */
	if (r == GV_ENOMEM)
		return r;
	r = 0;
	if (backend->safe)
		r = gv_safe_look_again(&is_outdated, backend->safe);
	if (r < 0 || (backend->safe && !is_outdated))
		return r;
	gv_safe_close(backend->safe);
	backend->safe = NULL;
	return open_safe(backend);
}

/* That it came as it was sent. */
static bool
is_intact(struct gv_serve_call *call)
{
	unsigned char sum[GV_HASH_MD5];
	struct gv_buf text = GV_BUF_INIT;
	bool ok;

	if (call->md5 == NULL)
		return true;
	gv_hash_md5(sum, call->body.p, call->body.len);
	gv_enc_base64(&text, sum, sizeof(sum));
	ok = gv_buf_check(&text) == 0 && strcmp(text.p, call->md5) == 0;
	gv_buf_release(&text);
	if (!ok)
		gv_serve_call_say(call, 400,
		    "the body does not match Content-MD5: it was damaged on "
		    "the way; send it again");
	return ok;
}

/* An unlock that says no ID. */
static bool
is_forced(const struct gv_serve_call *call)
{
	return call->verb == GV_SERVE_UNLOCK && call->id == NULL &&
	    call->body.len == 0;
}

/* A version, or a line of the audit chain: of unlocks one by force. */
static bool
leaves_pack(const struct gv_serve_call *call)
{
	if (call->status != 200 || call->verb == GV_SERVE_LOCK)
		return false;
	return call->verb != GV_SERVE_UNLOCK || is_forced(call);
}

static int
share(struct gv_serve_backend *backend, const struct gv_serve_call *call,
    int (*fn)(const struct gv_track_peer *, const struct gv_track_of *))
{
	const struct gv_track_peer with = { backend->repo, backend->remote,
		backend->opts };
	const struct gv_track_of of = { call->target.env, call->target.stack };

	return backend->remote ? fn(&with, &of) : 0;
}

/* What others have saved is there before the state is read or goes on, and what
 * was not shared before its lock is let go of; not where that is forced. */
static int
share_before(struct gv_serve_backend *backend, const struct gv_serve_call *call)
{
	if (call->verb == GV_SERVE_LOCK || is_forced(call))
		return 0;
	return share(backend, call,
	    call->verb == GV_SERVE_UNLOCK ? gv_track_share_give
					  : gv_track_share_take);
}

/* What is kept is said to be so once the remote has it. */
static void
share_behind(struct gv_serve_backend *backend, struct gv_serve_call *call)
{
	int r = 0;

	if (call->status == 200 &&
	    (call->verb == GV_SERVE_PUT || call->verb == GV_SERVE_DELETE))
		r = share(backend, call, gv_track_share_give);
	if (r < 0)
		gv_serve_call_fail(call, r);
}

/* What is called so stands in refs by now, and is no secret any more. A name
 * that nothing has may be a value that somebody gave in its place: whoever
 * reads the log is not to have it, whatever the answer was. */
static void
judge_name(const struct gv_serve_backend *backend, struct gv_serve_call *call)
{
	const struct gv_track_of of = { call->target.env, call->target.stack };

	call->is_nameless =
	    gv_track_check_new(backend->repo, &of) == GV_EREFUSED;
}

/* Accept a new state, since a tool must be able to begin one by its lock or its
 * first save. But note in the log the most similar name: if the name was
 * mistyped, the state that was meant is neither locked nor saved. */
static void
judge_new(const struct gv_serve_backend *backend, struct gv_serve_call *call)
{
	const char *env = call->target.env, *stack = call->target.stack;
	const struct gv_stack_name *near = NULL;
	struct gv_stack_names names;

	call->note[0] = '\0';
	if (call->verb != GV_SERVE_LOCK && call->verb != GV_SERVE_PUT)
		return;
	if (gv_stack_names_load(&names, backend->repo) < 0) {
		gv_err_set_message(NULL);
		return;
	}
	if (!gv_stack_names_has(&names, env, stack))
		near = gv_stack_names_nearest(&names, env, stack);
	if (near)
		snprintf(call->note, sizeof(call->note),
		    "a new state, with a name like %s/%s", near->env,
		    near->stack);
	gv_stack_names_release(&names);
}

static void
carry_out(struct gv_serve_backend *backend, struct gv_serve_call *call)
{
	static void (*const verbs[])(
	    struct gv_serve_backend *, struct gv_serve_call *) = {
		[GV_SERVE_GET] = gv_serve_state_get,
		[GV_SERVE_PUT] = gv_serve_state_put,
		[GV_SERVE_DELETE] = gv_serve_state_delete,
		[GV_SERVE_LOCK] = gv_serve_lock_take,
		[GV_SERVE_UNLOCK] = gv_serve_lock_drop,
	};
	int r;

	call->needs = 0;
	if (!is_intact(call))
		return;
	gv_err_set_message(NULL);
	r = share_before(backend, call);
	if (r < 0) {
		gv_serve_call_fail(call, r);
		return;
	}
	r = look_again(backend);
	if (r < 0) {
		gv_serve_call_fail(call, r == GV_ELOCKED ? r : GV_ERROR);
	} else {
		judge_new(backend, call);
		verbs[call->verb](backend, call);
	}
	if (leaves_pack(call))
		atomic_fetch_add(&backend->packs, 1);
	share_behind(backend, call);
}

void
gv_serve_backend_do(
    struct gv_serve_backend *backend, struct gv_serve_call *call)
{
	carry_out(backend, call);
	if (call->status != 200 || call->verb == GV_SERVE_DELETE ||
	    call->verb == GV_SERVE_UNLOCK)
		judge_name(backend, call);
}
