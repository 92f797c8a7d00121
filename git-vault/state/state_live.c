#include "git-vault/state/state_live.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "state/track.h"
#include "sys/proc.h"
#include "toolstate/live.h"

#define TIMEOUT_MS (60 * 60 * 1000)
#define MOST       ((size_t)64 * 1024 * 1024)

/* What the command may want to know. */
static int
run(struct gv_proc *p, const struct gv_track_version *v, const char *command)
{
	const char *const argv[] = { "sh", "-c", command, NULL };
	struct gv_buf env = GV_BUF_INIT, stack = GV_BUF_INIT;
	int r;

	gv_buf_addf(&env, "GIT_VAULT_STATE_ENV=%s", v->env);
	gv_buf_addf(&stack, "GIT_VAULT_STATE_STACK=%s", v->stack);
	if (gv_buf_check(&env) < 0 || gv_buf_check(&stack) < 0) {
		r = gv_err_nomem();
	} else {
		const char *const more[] = { env.p, stack.p, NULL };

		/* it may show what is secret in the state */
		p->out.wipes = p->err.wipes = true;
		r = gv_proc_run(p,
		    &(struct gv_proc_opts){ .argv = argv,
			.env = more,
			.timeout_ms = TIMEOUT_MS,
			.most = MOST,
			.is_apart = true });
	}
	gv_buf_release(&env);
	gv_buf_release(&stack);
	return r;
}

/* Its own words may hold a value, so that they are not repeated. */
static int
failed(const struct gv_proc *p, const char *command)
{
	return gv_err(GV_EREFUSED,
	    "the command of --live ended with status %d, so what is there was "
	    "not compared; to see why, run it: %.200s",
	    p->status, command);
}

/* Whether there is a report. kubectl diff prints nothing where nothing differs;
 * what else prints nothing has not looked. */
static int
check_end(const struct gv_proc *p, const char *command)
{
	if (p->status > 2 || (p->out.len == 0 && p->status != 0))
		return failed(p, command);
	if (p->out.len > 0 || strstr(command, "kubectl"))
		return 0;
	return gv_err(GV_EREFUSED,
	    "the command of --live printed nothing, so what is there was not "
	    "compared: %.200s",
	    command);
}

static int
tell_all(const struct gv_live *live,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx)
{
	struct gv_buf sentence = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 0; i < live->n && r == 0; i++) {
		gv_buf_reset(&sentence);
		r = gv_live_sentence(&sentence, live, &live->changes[i]);
		if (r == 0)
			r = tell(ctx, GV_TRACK_LIVE, sentence.p);
	}
	gv_buf_release(&sentence);
	return r;
}

int
gv_state_live(const char **tool, uint64_t *n, const struct gv_track_version *v,
    const char *command,
    int (*tell)(void *ctx, enum gv_track_finding kind, const char *sentence),
    void *ctx)
{
	struct gv_live live = { .text = GV_BUF_INIT };
	struct gv_proc p = GV_PROC_INIT;
	int r;

	if ((r = run(&p, v, command)) < 0 || (r = check_end(&p, command)) < 0)
		goto out;
	r = gv_live_read(&live, p.out.p, p.out.len);
	if (r == 0 && !gv_live_is_success(live.tool, p.status))
		r = failed(&p, command);
	if (r < 0)
		goto out;
	*tool = gv_live_tool_name(live.tool);
	*n = live.n;
	r = tell_all(&live, tell, ctx);
out:
	gv_live_release(&live);
	gv_proc_release(&p);
	return r;
}
