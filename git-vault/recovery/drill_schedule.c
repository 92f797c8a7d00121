#include "git-vault/recovery/drill_schedule.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "drill/drill_timer.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "repo/repo.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"

const char *const gv_drill_schedulers[] = { "systemd", "crontab", NULL };

/* Run a scheduler's program with bytes as its input. Its exit status, or
 * negative: it is not there. */
static int
call(struct gv_buf *out, const char *const *argv, const struct gv_buf *in)
{
	struct gv_proc p = GV_PROC_INIT;
	int r = gv_proc_run(&p,
	    &(struct gv_proc_opts){ .argv = argv,
		.in = in && in->len ? in->p : NULL,
		.in_len = in ? in->len : 0 });

	if (r == 0) {
		r = p.status;
		if (out)
			gv_buf_add(out, p.out.p, p.out.len);
	}
	gv_proc_release(&p);
	return r;
}

/* Ask unless --yes; false where nothing is to be written. */
static int
may_write(bool *yes, struct gv_ctx *ctx, const struct gv_drill_schedule *how,
    const char *where)
{
	return gv_ask(yes, ctx, how->yes,
	    "nothing was written; to write it: git vault drill schedule --yes",
	    "write this to %s?", where);
}

static void
show(struct gv_ctx *ctx, const char *where, const struct gv_buf *text)
{
	if (ctx->json)
		return;
	gv_out_printf(ctx->out, "%s:\n", where);
	gv_out_write(ctx->out, text->len ? text->p : "", text->len);
}

static int
conclude(struct gv_ctx *ctx, const struct gv_drill_schedule *how,
    enum gv_drill_scheduler with, bool written)
{
	if (ctx->json == NULL)
		return 0;
	gv_json_object(ctx->json, NULL);
	gv_json_string(ctx->json, "scheduler", gv_drill_schedulers[with]);
	gv_json_string(ctx->json, "environment", how->env);
	gv_json_bool(ctx->json, "removed", how->remove);
	gv_json_bool(ctx->json, "written", written);
	gv_json_end(ctx->json);
	return 0;
}

/* ---- crontab ------------------------------------------------------------- */

static int
write_crontab(struct gv_ctx *ctx, const struct gv_drill_schedule *how,
    const struct gv_drill_timer *timer, const struct gv_buf *old)
{
	static const char *const write[] = { "crontab", "-", NULL };
	struct gv_buf text = GV_BUF_INIT;
	bool yes = false;
	int r = gv_drill_timer_crontab(&text, old->len ? old->p : "", timer);

	if (r == 0) {
		show(ctx, "the crontab", &text);
		r = may_write(&yes, ctx, how, "your crontab");
	}
	if (r == 0 && yes && call(NULL, write, &text) != 0)
		r = gv_err(GV_ERROR, "crontab did not take the new table");
	if (r == 0)
		r = conclude(ctx, how, GV_DRILL_CRONTAB, yes);
	gv_buf_release(&text);
	return r;
}

/* ---- systemd ------------------------------------------------------------- */

static int
systemctl(const char *verb, const char *what, const char *unit)
{
	/* what is NULL ends the list */
	const char *const argv[] = { "systemctl", "--user", verb, what, unit,
		NULL };

	return call(NULL, argv, NULL) == 0
	    ? 0
	    : gv_err(GV_ERROR, "systemctl --user %s failed", verb);
}

static int
unit_path(struct gv_buf *out, const char *name, const char *kind)
{
	int r = gv_env_config_file(out, "systemd/user/");

	gv_buf_addf(out, "%s.%s", name, kind);
	return r < 0 ? r : gv_buf_check(out);
}

static int
write_units(const struct gv_buf *service, const struct gv_buf *timer,
    const char *service_path, const char *timer_path, const char *name)
{
	struct gv_buf unit = GV_BUF_INIT, dir = GV_BUF_INIT;
	int r = gv_env_config_file(&dir, "systemd/user");

	gv_buf_addf(&unit, "%s.timer", name);
	if (r < 0 || (r = gv_buf_check(&unit)) < 0 ||
	    (r = gv_buf_check(&dir)) < 0 ||
	    (r = gv_file_mkdirs(AT_FDCWD, dir.p, 0777)) < 0 ||
	    (r = gv_file_replace(AT_FDCWD, service_path, service->p,
		 service->len, 0666, false)) < 0 ||
	    (r = gv_file_replace(AT_FDCWD, timer_path, timer->p, timer->len,
		 0666, false)) < 0 ||
	    (r = systemctl("daemon-reload", NULL, NULL)) < 0)
		goto out;
	r = systemctl("enable", "--now", unit.p);
out:
	gv_buf_release(&unit);
	gv_buf_release(&dir);
	return r;
}

static int
remove_units(const char *service_path, const char *timer_path, const char *name)
{
	struct gv_buf unit = GV_BUF_INIT;
	int r;

	gv_buf_addf(&unit, "%s.timer", name);
	if ((r = gv_buf_check(&unit)) == 0 &&
	    gv_file_exists(AT_FDCWD, timer_path)) {
		/* one that never ran cannot be stopped: its files go all the
		 * same */
		(void)systemctl("disable", "--now", unit.p);
		if ((r = gv_file_remove_tree(AT_FDCWD, timer_path)) == 0 &&
		    (r = gv_file_remove_tree(AT_FDCWD, service_path)) == 0)
			r = systemctl("daemon-reload", NULL, NULL);
	}
	gv_buf_release(&unit);
	return r;
}

static int
schedule_units(struct gv_ctx *ctx, const struct gv_drill_schedule *how,
    const struct gv_drill_timer *timer)
{
	struct gv_buf name = GV_BUF_INIT, service = GV_BUF_INIT,
		      timer_text = GV_BUF_INIT, at = GV_BUF_INIT,
		      timer_at = GV_BUF_INIT;
	bool yes = false;
	int r;

	if ((r = gv_drill_timer_name(&name, timer)) < 0 ||
	    (r = unit_path(&at, name.p, "service")) < 0 ||
	    (r = unit_path(&timer_at, name.p, "timer")) < 0)
		goto out;
	if (how->remove) {
		r = remove_units(at.p, timer_at.p, name.p);
		if (r == 0)
			r = conclude(ctx, how, GV_DRILL_SYSTEMD, true);
		goto out;
	}
	if ((r = gv_drill_timer_service(&service, timer)) < 0 ||
	    (r = gv_drill_timer_timer(&timer_text, timer)) < 0)
		goto out;
	show(ctx, at.p, &service);
	show(ctx, timer_at.p, &timer_text);
	if ((r = may_write(&yes, ctx, how, "these files")) == 0 && yes)
		r = write_units(
		    &service, &timer_text, at.p, timer_at.p, name.p);
	if (r == 0)
		r = conclude(ctx, how, GV_DRILL_SYSTEMD, yes);
out:
	gv_buf_release(&name);
	gv_buf_release(&service);
	gv_buf_release(&timer_text);
	gv_buf_release(&at);
	gv_buf_release(&timer_at);
	return r;
}

/* ---- which --------------------------------------------------------------- */

static int
schedule_crontab(struct gv_ctx *ctx, const struct gv_drill_schedule *how,
    const struct gv_drill_timer *timer)
{
	static const char *const list[] = { "crontab", "-l", NULL };
	struct gv_buf old = GV_BUF_INIT;
	/* without a table it says so and fails */
	int r = call(&old, list, NULL);

	if (r >= 0 && (r = gv_buf_check(&old)) == 0)
		r = write_crontab(ctx, how, timer, &old);
	gv_buf_release(&old);
	return r;
}

static bool
has_systemd(void)
{
	static const char *const argv[] = { "systemctl", "--user",
		"show-environment", NULL };

	return call(NULL, argv, NULL) == 0;
}

int
gv_drill_schedule(struct gv_ctx *ctx, const struct gv_drill_schedule *how)
{
	const struct gv_drill_timer timer = {
		.dir = ctx->repo->worktree ? ctx->repo->worktree
					   : ctx->repo->common_dir,
		.env = how->env,
		.every = how->remove ? NULL
		    : how->every     ? how->every
				     : "policy",
	};
	int r;

	if (!gv_drill_timer_fits(&timer))
		return gv_err(GV_EREFUSED,
		    "no scheduler can hold the name of this repository; run "
		    "it from another program: git vault drill run --if-due "
		    "policy");
	if (how->with == GV_DRILL_SYSTEMD || (how->with < 0 && has_systemd()))
		return schedule_units(ctx, how, &timer);
	r = schedule_crontab(ctx, how, &timer);
	return r == GV_ENOTFOUND
	    ? gv_err(GV_EREFUSED,
		  "there is no scheduler here: neither systemd of this user "
		  "nor crontab; run it in CI: git vault drill run --if-due "
		  "policy")
	    : r;
}
