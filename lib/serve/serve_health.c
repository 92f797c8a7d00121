#include <inttypes.h>
#include <string.h>

#include "health/metrics.h"
#include "layer/layer_emit.h"
#include "serve/serve_scope.h"
#include "serve/serve_tally.h"
#include "sys/clock.h"

#define PROBLEMS 100 /* that are named; all are counted */

/* Whether all that is served is what it should be. */
static const char *
status_of(const struct gv_serve_health *health)
{
	const char *why = NULL;
	struct gv_serve_world *world;
	bool is_whole = true;

	if (health->watch) {
		(void)gv_serve_watch_age(&why, health->watch, NULL);
		world = gv_serve_watch_get(health->watch);
		is_whole = world->image->n_failed == 0;
		gv_shared_put(&world->share);
	}
	return why || !is_whole ? "stale" : "ok";
}

void
gv_serve_health_alive(struct gv_serve_page *page,
    const struct gv_serve_health *health, bool is_json)
{
	const char *status = status_of(health);

	page->status = 200;
	page->type = is_json ? "application/json" : "text/plain";
	gv_buf_addf(
	    &page->text, is_json ? "{\"status\":\"%s\"}\n" : "%s\n", status);
}

/* ---- /v1/health ---------------------------------------------------------- */

static void
add_string(struct gv_buf *out, const char *name, const char *text)
{
	gv_buf_addf(out, ",\"%s\":", name);
	if (text && *text)
		gv_layer_add_string(out, text, strlen(text));
	else
		gv_buf_addstr(out, "null");
}

static void
add_trouble(struct gv_buf *out, const char *name, struct gv_serve_watch *watch,
    const struct gv_serve_trouble *trouble)
{
	struct gv_serve_trouble t;

	pthread_mutex_lock(&watch->lock);
	t = *trouble;
	pthread_mutex_unlock(&watch->lock);
	add_string(out, name, t.why);
	gv_buf_addf(out, ",\"%s_since\":", name);
	if (t.since)
		gv_buf_addf(out, "%" PRId64, t.since);
	else
		gv_buf_addstr(out, "null");
}

static void
add_problems(struct gv_buf *out, const struct gv_image *image,
    const struct gv_buf *scope)
{
	size_t i, n = 0;

	gv_buf_addstr(out, ",\"problems\":[");
	for (i = 0; i < image->n && n < PROBLEMS; i++) {
		const struct gv_image_config *c = &image->configs[i];

		if (c->why == NULL || !gv_serve_scope_has(scope, c->env))
			continue;
		gv_buf_addf(
		    out, "%s{\"since\":%" PRId64, n++ ? "," : "", c->since);
		gv_buf_addf(out, ",\"served\":%s", c->root ? "true" : "false");
		add_string(out, "environment", c->env);
		add_string(out, "service", c->service);
		add_string(out, "why", c->why);
		gv_buf_addch(out, '}');
	}
	gv_buf_addch(out, ']');
}

static void
add_config(struct gv_buf *out, struct gv_serve_watch *watch,
    const struct gv_buf *scope)
{
	struct gv_serve_world *world = gv_serve_watch_get(watch);
	const char *why;
	const int64_t age = gv_serve_watch_age(&why, watch, NULL);
	char hex[GV_OID_HEX + 1];
	int64_t fetched;

	gv_oid_format(hex, &world->image->tree);
	pthread_mutex_lock(&watch->lock);
	fetched = watch->fetched;
	pthread_mutex_unlock(&watch->lock);
	gv_buf_addstr(out, ",\"config\":{\"age\":");
	gv_buf_addf(out, "%" PRId64, age);
	gv_buf_addf(out, ",\"index\":%" PRIu64, world->index);
	gv_buf_addf(out, ",\"configurations\":%zu", world->image->n);
	gv_buf_addf(out, ",\"failed\":%zu", world->image->n_failed);
	add_string(out, "commit", world->commit);
	add_string(out, "tree", hex);
	add_string(out, "branch", world->branch);
	add_string(out, "remote", watch->opts->remote);
	gv_buf_addstr(out, ",\"fetched\":");
	if (fetched)
		gv_buf_addf(out, "%" PRId64, fetched);
	else
		gv_buf_addstr(out, "null");
	add_trouble(out, "fetch_problem", watch, &watch->fetch);
	add_trouble(out, "tree_problem", watch, &watch->tree);
	add_problems(out, world->image, scope);
	gv_buf_addch(out, '}');
	gv_shared_put(&world->share);
}

void
gv_serve_health_answer(
    struct gv_serve_page *page, const struct gv_serve_health *health)
{
	struct gv_buf *out = &page->text;

	page->status = 200;
	page->type = "application/json";
	gv_buf_addf(out, "{\"status\":\"%s\"", status_of(health));
	gv_buf_addf(out, ",\"state\":%s",
	    health->parts & GV_SERVE_STATES ? "true" : "false");
	gv_buf_addf(out, ",\"clients\":%u", health->clients);
	gv_buf_addf(out, ",\"waiting\":%u", atomic_load(&health->tally->polls));
	gv_buf_addf(out, ",\"uptime\":%" PRId64,
	    (int64_t)gv_clock_now().tv_sec - health->tally->began);
	if (health->watch)
		add_config(out, health->watch, health->scope);
	else
		gv_buf_addstr(out, ",\"config\":null");
	gv_buf_addstr(out, "}\n");
}

/* ---- /metrics ------------------------------------------------------------ */

static const char *const kinds[GV_SERVE_KINDS] = { "state", "config", "spring",
	"health", "health", "metrics", "page" };

static void
head(struct gv_buf *out, const char *name, const char *type, const char *help)
{
	gv_buf_addf(out, "# HELP git_vault_%s %s\n# TYPE git_vault_%s %s\n",
	    name, help, name, type);
}

static unsigned long long
sum_of(const struct gv_serve_tally *t, int kind)
{
	unsigned long long sum = 0;
	int i;

	for (i = 0; i <= GV_SERVE_STEPS; i++)
		sum += atomic_load(&t->steps[kind][i]);
	return sum;
}

static void
add_requests(struct gv_buf *out, const struct gv_serve_tally *t)
{
	unsigned long long n;
	int kind, class;

	head(out, "requests_total", "counter", "Requests that were answered.");
	for (kind = 0; kind < GV_SERVE_KINDS; kind++)
		for (class = 1; class < GV_SERVE_CLASSES; class ++) {
			n = atomic_load(&t->requests[kind][class]);
			/* one series of one name: /v1/health is both */
			if (kind == GV_SERVE_AT_HEALTH)
				continue;
			if (kind == GV_SERVE_AT_ALIVE)
				n += atomic_load(
				    &t->requests[GV_SERVE_AT_HEALTH][class]);
			if (n)
				gv_buf_addf(out,
				    "git_vault_requests_total{part=\"%s\","
				    "code=\"%dxx\"} %llu\n",
				    kinds[kind], class, n);
		}
}

static void
add_times(struct gv_buf *out, const struct gv_serve_tally *t)
{
	static const char *const steps[GV_SERVE_STEPS + 1] = { "0.0001",
		"0.00025", "0.001", "0.0025", "0.005", "0.025", "0.1", "1.0",
		"10.0", "+Inf" };
	static const int shown[] = { GV_SERVE_AT_STATE, GV_SERVE_AT_CONFIG,
		GV_SERVE_AT_SPRING };
	unsigned long long n;
	size_t k;
	int i;

	head(out, "request_seconds", "histogram",
	    "Seconds from the head of a request to its answer.");
	for (k = 0; k < sizeof(shown) / sizeof(shown[0]); k++) {
		const int kind = shown[k];

		for (i = 0, n = 0; i <= GV_SERVE_STEPS; i++) {
			n += atomic_load(&t->steps[kind][i]);
			gv_buf_addf(out,
			    "git_vault_request_seconds_bucket{part=\"%s\","
			    "le=\"%s\"} %llu\n",
			    kinds[kind], steps[i], n);
		}
		gv_buf_addf(out,
		    "git_vault_request_seconds_sum{part=\"%s\"} %.6f\n"
		    "git_vault_request_seconds_count{part=\"%s\"} %llu\n",
		    kinds[kind], (double)atomic_load(&t->ns[kind]) / 1e9,
		    kinds[kind], sum_of(t, kind));
	}
}

static void
add_gauge(struct gv_buf *out, const char *name, const char *type,
    const char *help, unsigned long long value)
{
	head(out, name, type, help);
	gv_buf_addf(out, "git_vault_%s %llu\n", name, value);
}

static void
add_watch(struct gv_buf *out, struct gv_serve_watch *watch)
{
	struct gv_serve_world *world = gv_serve_watch_get(watch);
	const char *why;

	add_gauge(out, "config_age_seconds", "gauge",
	    "Since the configuration was known to be current.",
	    (unsigned long long)gv_serve_watch_age(&why, watch, NULL));
	add_gauge(out, "config_failed", "gauge",
	    "Configurations that cannot be read from the newest commit.",
	    world->image->n_failed);
	add_gauge(out, "config_configurations", "gauge",
	    "Environments and services that are served.", world->image->n);
	add_gauge(out, "config_changes_total", "counter",
	    "Commits that were served.", atomic_load(&watch->changes));
	add_gauge(out, "config_fetches_total", "counter",
	    "Fetches from the remote.", atomic_load(&watch->fetches));
	add_gauge(out, "config_fetch_failures_total", "counter",
	    "Fetches that failed.", atomic_load(&watch->fetch_failures));
	head(out, "config_commit", "gauge", "The commit that is served.");
	gv_buf_addf(
	    out, "git_vault_config_commit{commit=\"%s\"} 1\n", world->commit);
	gv_shared_put(&world->share);
}

void
gv_serve_health_metrics(
    struct gv_serve_page *page, const struct gv_serve_health *health)
{
	struct gv_buf *out = &page->text;

	page->status = 200;
	page->type = "text/plain; version=0.0.4; charset=utf-8";
	add_requests(out, health->tally);
	add_times(out, health->tally);
	add_gauge(out, "clients", "gauge", "Clients that are connected.",
	    health->clients);
	add_gauge(out, "waiting", "gauge", "Requests that wait for a change.",
	    atomic_load(&health->tally->polls));
	if (health->watch)
		add_watch(out, health->watch);
}

void
gv_serve_health_open(struct gv_serve_page *page, const char *accept)
{
	struct gv_buf open = GV_BUF_INIT;

	if (!gv_metrics_open_is_wanted(accept))
		return;
	if (gv_metrics_open_text(&open, page->text.p, page->text.len) < 0) {
		gv_buf_release(&open);
		gv_serve_page_say(page, 503, "memory is short");
		return;
	}
	gv_buf_release(&page->text);
	page->text = open;
	page->type = GV_METRICS_OPEN_TYPE;
}
