#include <inttypes.h>
#include <string.h>

#include "drill/drill_due.h"
#include "layer/layer_emit.h"
#include "repo/repo.h"
#include "serve/serve_http.h"
#include "sys/clock.h"

/*
 * Recovery drills for /metrics. Reading the audit chain takes some time, so
 * what was found is used for a minute, and longer while a state is at work:
 * nobody waits for the repository here.
 */

#define MINUTE 60 /* seconds */

static void
add_label(struct gv_buf *out, const char *name, const char *env)
{
	gv_buf_addf(out, "git_vault_%s{environment=", name);
	gv_layer_add_string(out, env ? env : "", env ? strlen(env) : 0);
	gv_buf_addstr(out, "}");
}

static void
add_all(struct gv_buf *out, const struct gv_drill_dues *dues,
    const struct gv_drill_log *log, int64_t now)
{
	const struct gv_drill_logged *passed;
	size_t i;

	gv_buf_addstr(out,
	    "# HELP git_vault_drill_overdue Whether a recovery drill is "
	    "overdue; without an environment, one of all.\n"
	    "# TYPE git_vault_drill_overdue gauge\n");
	for (i = 0; i < dues->n; i++) {
		add_label(out, "drill_overdue", dues->items[i].env);
		gv_buf_addf(out, " %d\n",
		    gv_drill_due_is_late(
			&passed, dues, &dues->items[i], log, now));
	}
	gv_buf_addstr(out,
	    "# HELP git_vault_drill_passed_time_seconds When a recovery drill "
	    "last passed, since 1970; 0: never.\n"
	    "# TYPE git_vault_drill_passed_time_seconds gauge\n");
	for (i = 0; i < dues->n; i++) {
		(void)gv_drill_due_is_late(
		    &passed, dues, &dues->items[i], log, now);
		add_label(out, "drill_passed_time_seconds", dues->items[i].env);
		gv_buf_addf(out, " %" PRId64 "\n", passed ? passed->time : 0);
	}
}

/* Whoever has never run a drill is asked for one only if the policy does. 1:
 * drills may be missing. */
static int
read_all(struct gv_buf *out, struct gv_repo *repo, int64_t now)
{
	struct gv_drill_log log = { .n = 0 };
	struct gv_drill_dues dues = { .n = 0 };
	int r;

	if ((r = gv_repo_look_again(repo)) == 0 &&
	    (r = gv_drill_log_load(&log, repo, NULL)) == 0 &&
	    (r = gv_drill_due_load(&dues, repo, &log, now)) == 0 &&
	    (dues.is_said || log.n))
		add_all(out, &dues, &log, now);
	if (r == 0 && (r = gv_buf_check(out)) == 0)
		r = gv_drill_log_is_damaged(&log);
	gv_drill_due_release(&dues);
	gv_drill_log_release(&log);
	return r;
}

static void
look(struct gv_serve *s, int64_t now)
{
	struct gv_serve_drills *d = &s->drills;
	struct gv_buf text = GV_BUF_INIT;
	int r;

	if (pthread_mutex_trylock(&s->backend_lock) != 0)
		return;
	r = read_all(&text, s->backend.repo, now);
	d->is_unread = r != 0;
	if (r >= 0) {
		gv_buf_release(&d->text);
		d->text = text;
		text = (struct gv_buf)GV_BUF_INIT;
	}
	pthread_mutex_unlock(&s->backend_lock);
	d->looked = now;
	gv_buf_release(&text);
}

void
gv_serve_drills_add(struct gv_buf *out, struct gv_serve *s)
{
	struct gv_serve_drills *d = &s->drills;
	const int64_t now = gv_clock_now().tv_sec;

	pthread_mutex_lock(&d->lock);
	if (d->looked == 0 || now < d->looked || now - d->looked >= MINUTE)
		look(s, now);
	if (d->text.len)
		gv_buf_add(out, d->text.p, d->text.len);
	if (d->text.len || d->is_unread)
		gv_buf_addf(out,
		    "# HELP git_vault_drill_unread Whether what is said of "
		    "recovery drills is old or missing, since it cannot be "
		    "read.\n"
		    "# TYPE git_vault_drill_unread gauge\n"
		    "git_vault_drill_unread %d\n",
		    d->is_unread);
	pthread_mutex_unlock(&d->lock);
}
