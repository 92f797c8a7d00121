#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "serve/serve_http.h"
#include "serve/serve_scope.h"
#include "sys/clock.h"

/* Requests for what is only read: configuration, health, metrics. They take no
 * lock that a state holds for long, and no secret memory unless they are given
 * secrets. */

/* ---- who asks ------------------------------------------------------------ */

static int
say(struct gv_serve_exchange *x, unsigned status, const char *text)
{
	gv_serve_call_say(&x->call, status, "%s", text);
	return GV_EREFUSED;
}

/* In one environment; NULL: in any. */
static int
judge(struct gv_serve_exchange *x, const char *header, const char *env)
{
	const struct gv_serve_access *access = &x->serve->access;
	struct gv_serve_visitor one, all;
	unsigned status = gv_serve_access_judge(
	    &one, access, header, env, GV_SERVE_MAY_CONFIG);

	/* health is for everybody who is known */
	if (status == 403 && x->route.kind >= GV_SERVE_AT_ALIVE &&
	    x->route.kind != GV_SERVE_AT_PAGE)
		status = 200;
	memcpy(x->call.user, one.user, sizeof(one.user));
	/* what all environments share has secrets for those who may see those
	 * of all */
	if (status == 200 && env == NULL &&
	    gv_serve_access_judge(
		&all, access, header, "", GV_SERVE_MAY_SECRETS) != 200)
		one.rights &= ~(unsigned)GV_SERVE_MAY_SECRETS;
	one.rights &= x->visitor.rights;
	x->visitor = one;
	if (status == 401)
		return say(x, 401,
		    "who are you? say it by a user and password, or a bearer "
		    "token, of at least 16 characters");
	if (status == 200)
		return 0;
	gv_serve_call_say(&x->call, 403,
	    "%s may not read the configuration%s%s", one.user,
	    env && *env ? " of " : "", env && *env ? env : "");
	return GV_EREFUSED;
}

/* Spring's profiles are environments, or are not: of each that is one, the
 * user needs the right, and what the rights have in common counts. What is
 * answered later is of the same world, since another one may have more
 * environments. */
static int
judge_profiles(struct gv_serve_exchange *x, const char *header)
{
	struct gv_serve_world *world = gv_serve_watch_get(x->serve->watch);
	bool is_judged = false;
	int r = 0;
	size_t i;

	x->ask.world = world;
	for (i = 0; r == 0 && i < x->route.n_profiles; i++)
		if (gv_image_has_env(world->image, x->route.profiles[i])) {
			r = judge(x, header, x->route.profiles[i]);
			is_judged = true;
		}
	return r < 0 || is_judged ? r : judge(x, header, NULL);
}

static int
admit(struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	struct gv_serve *s = x->serve;
	const char *header =
	    gv_serve_http_header(x, connection, "Authorization");
	const char *env = x->route.kind == GV_SERVE_AT_CONFIG && *x->route.env
	    ? x->route.env
	    /* the page is about all environments */
	    : x->route.kind == GV_SERVE_AT_PAGE ? ""
						: NULL;
	int r = 0;

	/* who comes without credentials, where there are none, sees no secret
	 */
	x->visitor.entry = s->access.n;
	if (s->access.n && x->route.kind != GV_SERVE_AT_ALIVE) {
		x->visitor.rights = ~0u;
		r = x->route.kind == GV_SERVE_AT_SPRING
		    ? judge_profiles(x, header)
		    : judge(x, header, env);
	}
	if (r == 0 && s->access.n && x->route.kind > GV_SERVE_AT_ALIVE &&
	    gv_serve_access_envs(&x->scope, &s->access, header) < 0)
		r = say(x, 503, "memory is short");
	if (header)
		explicit_bzero((char *)(uintptr_t)header, strlen(header));
	if (r < 0 || gv_serve_http_is_page(x, connection))
		return GV_EREFUSED;
	gv_serve_client_know(s, x->client);
	return 0;
}

/* ---- what is asked for --------------------------------------------------- */

static int
check_part(struct gv_serve_exchange *x)
{
	const enum gv_serve_kind kind = x->route.kind;

	if (kind >= GV_SERVE_AT_ALIVE)
		return x->serve->opts.parts & GV_SERVE_HEALTH
		    ? 0
		    : say(x, 404,
			  "this server does not say how it is; start it with "
			  "--health");
	return x->serve->watch
	    ? 0
	    : say(x, 404,
		  "this server has no configuration; start it with --config");
}

static int
read_arguments(struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	struct gv_serve_ask *ask = &x->ask;
	const char *index = gv_serve_http_argument(x, connection, "index");
	const char *wait = gv_serve_http_argument(x, connection, "wait");
	const char *raw = gv_serve_http_argument(x, connection, "raw");

	ask->route = &x->route;
	ask->if_none_match =
	    gv_serve_http_header(x, connection, "If-None-Match");
	ask->accept = gv_serve_http_header(x, connection, "Accept");
	ask->reveals = (x->visitor.rights & GV_SERVE_MAY_SECRETS) != 0;
	ask->is_raw = raw != NULL ||
	    (ask->accept && strncmp(ask->accept, "text/plain", 10) == 0);
	ask->polls = index != NULL && x->route.kind == GV_SERVE_AT_CONFIG;
	if ((index && gv_serve_route_index(&ask->index, index) < 0) ||
	    gv_serve_route_wait(&ask->wait, wait) < 0)
		return say(x, 400, gv_err_message());
	return 0;
}

int
gv_serve_read_understand(
    struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	if (check_part(x) < 0 || admit(x, connection) < 0)
		return GV_EREFUSED;
	if (strcmp(x->method, "GET") != 0 && strcmp(x->method, "HEAD") != 0)
		return say(x, 405, "this is asked for by GET");
	return read_arguments(x, connection);
}

/* ---- answering ----------------------------------------------------------- */

static struct gv_serve_health
health_of(struct gv_serve_exchange *x)
{
	struct gv_serve *s = x->serve;
	struct gv_serve_health health = { .tally = &s->tally,
		.watch = s->watch,
		.parts = s->opts.parts,
		.scope = s->access.n ? &x->scope : NULL };

	pthread_mutex_lock(&s->lock);
	health.clients = s->n_clients;
	pthread_mutex_unlock(&s->lock);
	return health;
}

/* Whoever waits takes a thread and a place. */
static bool
is_over(void *ctx)
{
	struct gv_serve_exchange *x = ctx;

	return atomic_load(&x->serve->is_stopping) ||
	    gv_serve_client_is_gone(x->client);
}

static void
act_poll(struct gv_serve_exchange *x)
{
	struct gv_serve *s = x->serve;

	if (atomic_fetch_add(&s->tally.polls, 1) < GV_SERVE_POLLS)
		gv_serve_config_answer(&x->page, s->watch, &x->ask);
	else
		gv_serve_page_say(&x->page, 503,
		    "%u requests wait for a change, and no more may; without "
		    "'index' the answer comes at once",
		    GV_SERVE_POLLS);
	atomic_fetch_sub(&s->tally.polls, 1);
}

static void
act_config(struct gv_serve_exchange *x)
{
	struct gv_serve *s = x->serve;

	x->ask.is_over = is_over;
	x->ask.ctx = x;
	if (x->ask.polls)
		act_poll(x);
	else if (x->route.kind == GV_SERVE_AT_SPRING)
		gv_serve_spring_answer(&x->page, s->watch, &x->ask);
	else
		gv_serve_config_answer(&x->page, s->watch, &x->ask);
	if (x->page.status == 200 &&
	    gv_serve_tally_read(
		&s->tally, s->watch, &x->visitor, x->page.secret.len > 0) < 0)
		gv_serve_page_say(&x->page, 503,
		    "the audit chain cannot be told, so no secret is given: "
		    "%s",
		    gv_err_message());
}

void
gv_serve_read_act(struct gv_serve_exchange *x)
{
	const struct gv_serve_health health = health_of(x);

	/* what takes long now is ours */
	if (x->ask.polls)
		gv_serve_client_wait(x->serve, x->client);
	switch (x->route.kind) {
	case GV_SERVE_AT_ALIVE:
		gv_serve_health_alive(&x->page, &health, x->route.is_json);
		break;
	case GV_SERVE_AT_HEALTH:
		gv_serve_health_answer(&x->page, &health);
		break;
	case GV_SERVE_AT_METRICS:
		gv_serve_health_metrics(&x->page, &health);
		gv_serve_drills_add(&x->page.text, x->serve);
		gv_serve_vault_metrics(&x->page.text, x->serve);
		if (gv_serve_scope_cut(&x->page.text, health.scope) < 0)
			gv_serve_page_say(&x->page, 503, "memory is short");
		else
			gv_serve_health_open(&x->page, x->ask.accept);
		break;
	case GV_SERVE_AT_PAGE:
		gv_serve_vault_page(&x->page, x->serve);
		break;
	default:
		act_config(x);
	}
	x->call.status = x->page.status;
}

/* ---- sending ------------------------------------------------------------- */

/* What is being sent, until the library is done with it. */
static void
drop(void *cls)
{
	struct gv_serve_page *page = cls;

	gv_serve_page_release(page);
	free(page);
}

static void
add_number(const struct gv_serve_library *h, struct MHD_Response *response,
    const char *name, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, n);
	h->add_response_header(response, name, text);
}

static void
add_headers(const struct gv_serve_exchange *x, struct MHD_Response *response,
    const struct gv_serve_page *page)
{
	const struct gv_serve_library *h = &x->serve->http;

	h->add_response_header(response, "Content-Type",
	    page->type ? page->type : "text/plain; charset=utf-8");
	h->add_response_header(response, "Cache-Control",
	    *page->etag && x->serve->access.n == 0 ? "no-cache" : "no-store");
	h->add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (x->route.kind == GV_SERVE_AT_PAGE && page->status == 200) {
		/* its own policy is in it; what only a header can say is here
		 */
		h->add_response_header(response, "Content-Security-Policy",
		    "frame-ancestors 'none'");
		h->add_response_header(
		    response, "Referrer-Policy", "no-referrer");
	}
	if (*page->etag)
		h->add_response_header(response, "ETag", page->etag);
	if (*page->commit)
		h->add_response_header(
		    response, "X-Vault-Commit", page->commit);
	if (page->index)
		add_number(h, response, "X-Vault-Index", page->index);
	if (page->age >= 0)
		add_number(h, response, "Age", (uint64_t)page->age);
	if (page->stale)
		h->add_response_header(response, "X-Vault-Stale", page->stale);
	if (page->hidden)
		add_number(h, response, "X-Vault-Hidden", page->hidden);
	if (page->status == 503)
		h->add_response_header(response, "Retry-After", "1");
	if (atomic_load(&x->serve->is_stopping))
		h->add_response_header(response, "Connection", "close");
}

/* The sentence of a refusal, for the log. */
static void
note_why(struct gv_serve_exchange *x)
{
	size_t i, len;
	const char *bytes = gv_serve_page_bytes(&len, &x->page);

	if (x->page.status < 400)
		return;
	for (i = 0; i < len && i + 1 < sizeof(x->why) && bytes[i] != '\n'; i++)
		x->why[i] = bytes[i] >= ' ' && bytes[i] < 0x7f ? bytes[i] : '?';
	x->why[i] = '\0';
}

enum MHD_Result
gv_serve_read_reply(
    struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	const struct gv_serve_library *h = &x->serve->http;
	struct gv_serve_page *page = malloc(sizeof(*page));
	struct MHD_Response *response;
	const char *bytes;
	enum MHD_Result r;
	size_t len;

	if (page == NULL)
		return MHD_NO;
	note_why(x);
	*page = x->page;
	x->page = (struct gv_serve_page)GV_SERVE_PAGE_INIT;
	bytes = gv_serve_page_bytes(&len, page);
	response =
	    h->create_response(len, (void *)(uintptr_t)bytes, drop, page);
	if (response == NULL) {
		drop(page);
		return MHD_NO;
	}
	gv_serve_client_hurry(x->serve, x->client, gv_clock_tick(), len);
	add_headers(x, response, page);
	r = h->queue_response(connection, page->status, response);
	h->destroy_response(response);
	return r;
}
