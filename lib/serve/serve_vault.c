#include <inttypes.h>
#include <string.h>

#include "health/health.h"
#include "health/metrics.h"
#include "health/page.h"
#include "repo/repo.h"
#include "serve/serve_http.h"
#include "sys/clock.h"

/*
 * How the vault is, for /metrics and /health.html. Collecting it takes some
 * time, so what was found is used for a minute, and so is it that nothing could
 * be. The repository is opened for this alone: no state waits for it.
 */

#define MINUTE 60 /* seconds */

static int
collect(struct gv_serve_vault *v, int64_t now)
{
	const struct gv_health_opts opts = { .now = now };
	struct gv_health health = { .now = 0 };
	int r;

	gv_buf_reset(&v->metrics);
	gv_buf_reset(&v->page);
	if ((v->repo == NULL && (r = gv_repo_open(&v->repo, 0)) < 0) ||
	    (r = gv_repo_look_again(v->repo)) < 0 ||
	    (r = gv_health_load(&health, v->repo, &opts)) < 0 ||
	    (r = gv_metrics_text(&v->metrics, &health, PACKAGE_VERSION)) < 0)
		goto out;
	r = gv_page_html(&v->page, &health, PACKAGE_VERSION);
out:
	gv_health_release(&health);
	return r;
}

/* With the lock: whether there is something to show. */
static bool
look(struct gv_serve_vault *v)
{
	const int64_t now = gv_clock_now().tv_sec;

	if (v->looked && now >= v->looked && now - v->looked < MINUTE)
		return v->is_up;
	v->looked = now;
	v->is_up = collect(v, now) == 0;
	if (v->is_up) {
		v->collected = now;
	} else {
		v->failures++;
		gv_buf_reset(&v->metrics);
		gv_buf_reset(&v->page);
	}
	return v->is_up;
}

static void
add_state(struct gv_buf *out, const struct gv_serve_vault *v)
{
	gv_buf_addf(out,
	    "# HELP git_vault_up Whether the figures of the vault could be "
	    "collected.\n# TYPE git_vault_up gauge\ngit_vault_up %d\n"
	    "# HELP git_vault_collected_timestamp_seconds When they were last "
	    "collected; 0: never.\n"
	    "# TYPE git_vault_collected_timestamp_seconds gauge\n"
	    "git_vault_collected_timestamp_seconds %" PRId64 "\n"
	    "# HELP git_vault_collect_failures_total How often they could not "
	    "be; it is tried once a minute.\n"
	    "# TYPE git_vault_collect_failures_total counter\n"
	    "git_vault_collect_failures_total %" PRIu64 "\n",
	    v->is_up, v->collected, v->failures);
}

void
gv_serve_vault_metrics(struct gv_buf *out, struct gv_serve *s)
{
	struct gv_serve_vault *v = &s->vault;

	pthread_mutex_lock(&v->lock);
	if (look(v))
		gv_buf_add(out, v->metrics.p, v->metrics.len);
	add_state(out, v);
	pthread_mutex_unlock(&v->lock);
}

void
gv_serve_vault_page(struct gv_serve_page *page, struct gv_serve *s)
{
	struct gv_serve_vault *v = &s->vault;

	pthread_mutex_lock(&v->lock);
	if (!look(v)) {
		gv_serve_page_say(page, 503,
		    "how the vault is cannot be collected; on this machine, "
		    "git vault health says why");
	} else {
		page->status = 200;
		page->type = "text/html; charset=utf-8";
		gv_buf_add(&page->text, v->page.p, v->page.len);
	}
	pthread_mutex_unlock(&v->lock);
}

void
gv_serve_vault_release(struct gv_serve_vault *v)
{
	gv_repo_close(v->repo);
	gv_buf_release(&v->metrics);
	gv_buf_release(&v->page);
	pthread_mutex_destroy(&v->lock);
}
