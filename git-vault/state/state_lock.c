#include "git-vault/state/state.h"

#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state_out.h"
#include "git-vault/state/state_stack.h"
#include "statelock/statelock.h"
#include "sys/cancel.h"
#include "sys/clock.h"

/* Between two looks at a lock that somebody has; a remote is not pestered. */
#define PAUSE_MS        100
#define PAUSE_REMOTE_MS 1000

/* Who asks, for what, and when. */
static int
make_record(struct gv_buf *out, const struct gv_state_opts *o,
    const struct gv_track_of *of, int64_t now)
{
	struct gv_buf who = GV_BUF_INIT, path = GV_BUF_INIT;
	char id[GV_STATELOCK_ID], created[GV_TIME_MAX];
	struct gv_statelock_record rec = { .id = id,
		.operation = (char *)(o->operation ? o->operation : "manual"),
		.info = (char *)o->info,
		.version = (char *)"git-vault " PACKAGE_VERSION,
		.created = created };
	int r = gv_statelock_id(id);

	gv_time_rfc3339(created, now);
	gv_statelock_who(&who);
	gv_buf_addf(&path, "%s/%s", of->env, of->stack);
	rec.who = who.p;
	rec.path = path.p;
	gv_statelock_format(out, &rec);
	if (r == 0 && (r = gv_buf_check(&who)) == 0 &&
	    (r = gv_buf_check(&path)) == 0)
		r = gv_buf_check(out);
	gv_buf_release(&who);
	gv_buf_release(&path);
	return r;
}

static int
take_patiently(struct gv_statelock *lock, struct gv_ctx *ctx,
    const struct gv_statelock_at *at, const struct gv_buf *text,
    int64_t seconds)
{
	const struct gv_state_opts *o = ctx->opts;
	const long long until = gv_clock_tick() + seconds * 1000000000LL;
	const char *reason = o->force ? o->reason : NULL;
	int r;

	for (;;) {
		r = gv_statelock_take(
		    lock, ctx->repo, at, text->p, text->len, reason);
		if (r != GV_ELOCKED || gv_clock_tick() >= until)
			return r;
		gv_statelock_release(lock);
		gv_clock_sleep(at->remote ? PAUSE_REMOTE_MS : PAUSE_MS);
		if (gv_cancel_requested())
			return gv_cancel_error();
	}
}

static void
print(struct gv_ctx *ctx, const struct gv_statelock *lock)
{
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_state_out_lock(ctx->json, lock);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_text(ctx->out, lock->record.id, strlen(lock->record.id));
	gv_out_printf(ctx->out, "\n");
}

static int
check(int64_t *seconds, const struct gv_state_opts *o)
{
	if (o->wait && strcmp(o->wait, "0") != 0 &&
	    gv_time_parse_span(seconds, o->wait) < 0)
		return gv_err(GV_EUSAGE,
		    "--wait takes a duration as 90s, 10m or 2h, not '%s'",
		    o->wait);
	return 0;
}

/* Refuse to lock a state that does not exist: the name may be mistyped, and the
 * state that was meant would stay unlocked. */
static int
find_stack(struct gv_state_stack *out, const struct gv_ctx *ctx)
{
	const struct gv_state_opts *o = ctx->opts;
	int r;

	if ((r = gv_state_stack_find(out, ctx, NULL)) < 0)
		return r;
	if (out->is_new && !o->begin && o->serve.remote &&
	    (r = gv_state_stack_ask_remote(out, ctx, o->serve.remote)) < 0)
		return r;
	if (out->is_new && !o->begin)
		return gv_state_stack_refuse(out, "to lock", "lock", "");
	return 0;
}

int
gv_state_lock(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_state_opts *o = ctx->opts;
	struct gv_statelock_at at = { .remote = o->serve.remote,
		.now = ctx->now };
	struct gv_buf text = GV_BUF_INIT;
	struct gv_state_stack stack;
	struct gv_track_of of;
	struct gv_statelock lock = { .env = NULL };
	int64_t seconds = 0;
	int r = gv_state_check_force(ctx, "breaks another user's lock");

	(void)argc;
	(void)argv;
	if (r < 0 || (r = check(&seconds, o)) < 0 ||
	    (r = find_stack(&stack, ctx)) < 0)
		return r;
	of = gv_state_stack_of(&stack);
	at.env = of.env;
	at.stack = of.stack;
	if ((r = make_record(&text, o, &of, ctx->now)) == 0 &&
	    (r = take_patiently(&lock, ctx, &at, &text, seconds)) == 0)
		print(ctx, &lock);
	gv_statelock_release(&lock);
	gv_buf_release(&text);
	return r;
}
