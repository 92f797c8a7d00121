#include "git-vault/front/ask.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "sys/env.h"
#include "sys/tty.h"

bool
gv_ask_decide(const struct gv_ask_place *place)
{
	return place->stdin_is_terminal && place->stderr_is_terminal &&
	    !place->is_hook && !place->is_ci;
}

/* Git marks its hooks by no single variable. These are set for hooks of
 * commit, push, receive-pack and rebase; the other hooks have /dev/null as
 * stdin. A user who sets one by hand is asked nothing, which is safe. */
bool
gv_ask_is_hook(const char *(*get)(const char *name))
{
	static const char *const marks[] = { "GIT_VAULT_HOOK", "GIT_INDEX_FILE",
		"GIT_QUARANTINE_PATH", "GIT_PUSH_OPTION_COUNT",
		"GIT_REFLOG_ACTION", NULL };
	size_t i;

	for (i = 0; marks[i]; i++)
		if (get(marks[i]))
			return true;
	return false;
}

void
gv_ask_look(struct gv_ask_place *out, const struct gv_ctx *ctx)
{
	*out = (struct gv_ask_place){ .stdin_is_terminal = gv_tty_is_ours(0),
		.stderr_is_terminal = gv_tty_is(2),
		.is_hook = ctx->is_hook || gv_ask_is_hook(gv_env_get),
		.is_ci = gv_env_is_set("CI") };
}

bool
gv_ask_may(const struct gv_ctx *ctx)
{
	struct gv_ask_place place;

	gv_ask_look(&place, ctx);
	return gv_ask_decide(&place) && gv_tty_can_ask();
}

bool
gv_ask_may_unlock(const struct gv_ctx *ctx)
{
	struct gv_ask_place place;

	gv_ask_look(&place, ctx);
	return !place.is_hook && !place.is_ci && gv_tty_can_ask();
}

/* No answer, and one that is too long, is no. */
static int
put(bool *yes, const struct gv_ctx *ctx, const char *text)
{
	char answer[16];
	size_t len = 0;
	int r;

	gv_progress_clear(ctx->progress);
	r = gv_tty_ask(answer, sizeof(answer) - 1, &len, text, true);
	answer[r == 0 ? len : 0] = '\0';
	*yes = r == 0 &&
	    (strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0);
	return r == GV_ENOTFOUND || r == GV_EREFUSED ? 0 : r;
}

int
gv_ask(bool *yes, const struct gv_ctx *ctx, bool given, const char *otherwise,
    const char *fmt, ...)
{
	struct gv_buf text = GV_BUF_INIT;
	va_list args;
	int r = 0;

	*yes = given;
	if (given)
		return 0;
	if (!gv_ask_may(ctx)) {
		if (otherwise)
			gv_out_warn(ctx->out, "%s", otherwise);
		return 0;
	}
	va_start(args, fmt);
	gv_buf_vaddf(&text, fmt, args);
	va_end(args);
	gv_buf_addstr(&text, " [y/N] ");
	if ((r = gv_buf_check(&text)) < 0)
		goto out;
	r = put(yes, ctx, text.p);
out:
	gv_buf_release(&text);
	return r;
}

int
gv_ask_must(const struct gv_ctx *ctx, bool given, const char *fate,
    const char *const *args)
{
	struct gv_buf again = GV_BUF_INIT;
	int r;

	if (given || gv_ask_may(ctx))
		return 0;
	if ((r = gv_cmd_again(&again, ctx, args)) == 0)
		r = gv_err(GV_EUSAGE,
		    "nobody can be asked here, so %s; to do it: %s", fate,
		    again.p);
	gv_buf_release(&again);
	return r;
}
