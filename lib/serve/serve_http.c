#include "serve/serve_http.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "sys/clock.h"

#define LOCK_MAX   ((uint64_t)64 * 1024)
#define GET_ROOM   ((uint64_t)4 << 20) /* most states are no larger */
#define FIRST      ((size_t)2 << 20)   /* of a body, before it is there */
#define MAX_DIGITS 18                  /* of a length */

/* ---- the answer --------------------------------------------------------- */

/* What is being sent: the library is done with it at some time. */
struct bundle {
	struct gv_serve *serve;
	struct gv_secret bytes;
	uint64_t room;
};

static void
drop(void *cls)
{
	struct bundle *p = cls;

	gv_secret_release(&p->bytes);
	gv_serve_client_give(p->serve, p->room);
	free(p);
}

/* Whether the answer says what its path says. */
static bool
has_name(const struct gv_serve_exchange *x)
{
	const struct gv_serve_target *t = &x->call.target;
	const struct gv_secret *text = &x->call.reply;

	return memmem(text->p, text->len, t->env, strlen(t->env)) ||
	    memmem(text->p, text->len, t->stack, strlen(t->stack));
}

/* The sentence that the client gets, for who looks after us. */
static void
note_why(struct gv_serve_exchange *x)
{
	const struct gv_secret *text = &x->call.reply;
	size_t i, n = text->len < GV_SERVE_WHY ? text->len : GV_SERVE_WHY - 1;

	if (x->call.status == 200)
		memcpy(x->why, x->call.note, sizeof(x->call.note));
	if (x->call.status < 400 || x->call.is_json)
		return;
	/* of a name that is for no log only the refusal speaks without it */
	if (x->call.is_nameless && has_name(x))
		return;
	/* a name in it may be whatever the client made it */
	for (i = 0; i < n && text->p[i] != '\n'; i++)
		x->why[i] = text->p[i] >= ' ' && text->p[i] < 0x7f
		    ? (char)text->p[i]
		    : '?';
	x->why[i] = '\0';
}

static void
add_headers(struct gv_serve_exchange *x, struct MHD_Response *response)
{
	const struct gv_serve_library *h = &x->serve->http;
	const struct gv_serve_call *call = &x->call;

	h->add_response_header(response, "Content-Type",
	    call->is_json ? "application/json" : "text/plain; charset=utf-8");
	h->add_response_header(response, "Cache-Control", "no-store");
	h->add_response_header(response, "X-Content-Type-Options", "nosniff");
	if (*call->reply_md5)
		h->add_response_header(
		    response, "Content-MD5", call->reply_md5);
	if (call->status == 401)
		h->add_response_header(response, "WWW-Authenticate",
		    "Basic realm=\"git vault\", charset=\"UTF-8\"");
	if (call->status == 405)
		h->add_response_header(response, "Allow",
		    x->route.kind == GV_SERVE_AT_STATE
			? gv_serve_target_methods(&call->target)
			: "GET, HEAD");
	if (call->status == 503)
		h->add_response_header(response, "Retry-After", "1");
	if (x->is_misframed || atomic_load(&x->serve->is_stopping))
		h->add_response_header(response, "Connection", "close");
}

/* Change the empty body of a request for that of an earlier one, or what is in
 * it now for none: secret memory is dear to make, and a client comes three
 * times in a row. */
static void
swap_spare(struct gv_serve *s, struct gv_secret *body)
{
	struct gv_secret other;

	gv_secret_reset(body);
	pthread_mutex_lock(&s->lock);
	other = s->spare;
	s->spare = *body;
	pthread_mutex_unlock(&s->lock);
	*body = other;
}

static void
release_body(struct gv_serve_exchange *x)
{
	if (x->call.body.p && x->call.body.cap <= FIRST)
		swap_spare(x->serve, &x->call.body);
	gv_secret_release(&x->call.body);
}

static enum MHD_Result
reply(struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	const struct gv_serve_library *h = &x->serve->http;
	struct bundle *p = calloc(1, sizeof(*p));
	struct MHD_Response *response;
	enum MHD_Result r;

	release_body(x);
	if (p == NULL)
		return MHD_NO;
	note_why(x);
	p->serve = x->serve;
	p->bytes = x->call.reply;
	p->room = x->room;
	x->call.reply = (struct gv_secret)GV_SECRET_INIT;
	x->room = 0;
	response = h->create_response(p->bytes.len, p->bytes.p, drop, p);
	if (response == NULL) {
		drop(p);
		return MHD_NO;
	}
	gv_serve_client_hurry(
	    x->serve, x->client, gv_clock_tick(), p->bytes.len);
	add_headers(x, response);
	r = h->queue_response(connection, x->call.status, response);
	h->destroy_response(response);
	return r;
}

/* ---- a request ---------------------------------------------------------- */

const char *
gv_serve_http_header(const struct gv_serve_exchange *x,
    struct MHD_Connection *connection, const char *name)
{
	return x->serve->http.lookup_connection_value(
	    connection, MHD_HEADER_KIND, name);
}

const char *
gv_serve_http_argument(const struct gv_serve_exchange *x,
    struct MHD_Connection *connection, const char *name)
{
	return x->serve->http.lookup_connection_value(
	    connection, MHD_GET_ARGUMENT_KIND, name);
}

/* A browser tells of each request whether a page of another site makes it, also
 * where the page may not read the answer and no Origin is sent. "none" is an
 * address that somebody typed. */
static bool
is_of_other_site(const char *site)
{
	return site && strcmp(site, "none") != 0 &&
	    strcmp(site, "same-origin") != 0;
}

bool
gv_serve_http_is_page(
    struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	struct gv_serve *s = x->serve;
	const char *host =
	    x->host ? x->host : gv_serve_http_header(x, connection, "Host");

	if (gv_serve_http_header(x, connection, "Origin") == NULL &&
	    (x->route.kind == GV_SERVE_AT_ALIVE ||
		!is_of_other_site(
		    gv_serve_http_header(x, connection, "Sec-Fetch-Site"))) &&
	    (s->access.n || gv_serve_address_is_named(&s->address, host)))
		return false;
	gv_serve_call_say(&x->call, 403,
	    "this is for tools on this host, and not for web pages");
	return true;
}

/* Who asks, and whether they may: 0, or the answer is said. */
static int
admit(struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	struct gv_serve *s = x->serve;
	const char *header =
	    gv_serve_http_header(x, connection, "Authorization");
	unsigned status = 200;

	if (s->access.n)
		status = gv_serve_access_check(
		    &s->access, header, x->call.target.env, x->call.user);
	/* what is not needed any more does not stay in memory that is not
	 * wiped */
	if (header)
		explicit_bzero((char *)(uintptr_t)header, strlen(header));
	if (status == 401)
		gv_serve_call_say(&x->call, 401,
		    "who are you? say it by a "
		    "user and password, or a "
		    "bearer token, of at least 16 characters");
	else if (status == 403)
		gv_serve_call_say(&x->call, 403,
		    "%s may not use the environment %s", x->call.user,
		    x->call.target.env);
	else if (!gv_serve_http_is_page(x, connection)) {
		gv_serve_client_know(s, x->client);
		return 0;
	}
	return GV_EREFUSED;
}

/* How long the body is, as its sender says: *out UINT64_MAX if that is unknown.
 */
static bool
read_length(uint64_t *out, const struct gv_serve_exchange *x,
    struct MHD_Connection *connection)
{
	const char *text =
	    gv_serve_http_header(x, connection, "Content-Length");

	*out = 0;
	if (gv_serve_http_header(x, connection, "Transfer-Encoding"))
		*out = UINT64_MAX;
	else if (text)
		*out = strtoull(text, NULL, 10);
	return *out > 0;
}

/* How a request says where it ends. */
struct framing {
	unsigned lengths, codings, hosts;
	bool is_odd;
};

static bool
is_number(const char *text)
{
	const size_t n = text ? strspn(text, "0123456789") : 0;

	return n > 0 && n <= MAX_DIGITS && text[n] == '\0';
}

static enum MHD_Result
count_header(
    void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct framing *f = cls;

	(void)kind;
	if (strcasecmp(name, "Content-Length") == 0) {
		f->lengths++;
		f->is_odd |= !is_number(value);
	} else if (strcasecmp(name, "Transfer-Encoding") == 0) {
		f->codings++;
		f->is_odd |= !value || strcasecmp(value, "chunked") != 0;
	} else if (strcasecmp(name, "Host") == 0) {
		f->hosts++;
	}
	/* a name with a blank is one to some readers, and another to others;
	 * what was folded over lines is read in two ways as well */
	f->is_odd |= name[strcspn(name, " \t\r\n")] != '\0' ||
	    (value && value[strcspn(value, "\r\n")] != '\0');
	return MHD_YES;
}

/* Whoever stands in front may have read a request of two lengths by the other
 * one, and then what is behind it is somebody else's: RFC 9112, 6.3. 0, or the
 * answer is said, and it is the last one. */
static int
check_framing(struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	struct framing f = { .lengths = 0 };

	(void)x->serve->http.get_connection_values(
	    connection, MHD_HEADER_KIND, count_header, &f);
	x->is_misframed = f.is_odd || f.lengths + f.codings > 1 || f.hosts > 1;
	if (!x->is_misframed)
		return 0;
	gv_serve_call_say(&x->call, 400,
	    "the request has more than one length, encoding or host, or a "
	    "malformed one");
	return GV_EREFUSED;
}

/* 0, or it is too long, and the answer is said. */
static int
limit_body(struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	uint64_t length;

	x->limit =
	    x->route.kind == GV_SERVE_AT_STATE && x->call.verb == GV_SERVE_PUT
	    ? x->serve->opts.max_body
	    : LOCK_MAX;
	if (!read_length(&length, x, connection) || length == UINT64_MAX ||
	    length <= x->limit)
		return 0;
	gv_serve_call_say(&x->call, 413,
	    "the body has more than the %llu bytes that are taken "
	    "(--max-body)",
	    (unsigned long long)x->limit);
	return GV_EREFUSED;
}

/* What is asked for, and whether it can be: 0, or the answer is said. */
static int
understand(struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	struct gv_serve *s = x->serve;
	struct gv_serve_call *call = &x->call;

	if (atomic_load(&s->is_stopping)) {
		gv_serve_call_say(call, 503, "this server is about to end");
		return GV_EREFUSED;
	}
	if (check_framing(x, connection) < 0)
		return GV_EREFUSED;
	if (gv_serve_route_parse(&x->route, x->path) < 0) {
		gv_serve_call_say(call, 404, "%s", gv_err_message());
		return GV_EREFUSED;
	}
	if (x->route.kind != GV_SERVE_AT_STATE)
		return gv_serve_read_understand(x, connection) < 0
		    ? GV_EREFUSED
		    : limit_body(x, connection);
	if (gv_serve_target_parse(&call->target, x->path) < 0) {
		gv_serve_call_say(call, 404, "%s", gv_err_message());
		return GV_EREFUSED;
	}
	if (!(s->opts.parts & GV_SERVE_STATES)) {
		gv_serve_call_say(call, 404,
		    "this server has no states; start it with --state");
		return GV_EREFUSED;
	}
	call->verb = gv_serve_target_verb(&call->target, x->method);
	if (admit(x, connection) < 0)
		return GV_EREFUSED;
	if (call->verb == GV_SERVE_NONE) {
		gv_serve_call_say(call, 405, "this is asked for by %s",
		    gv_serve_target_methods(&call->target));
		return GV_EREFUSED;
	}
	call->id = gv_serve_http_argument(x, connection, "ID");
	call->commit = gv_serve_http_argument(x, connection, "commit");
	if (call->commit == NULL)
		call->commit =
		    gv_serve_http_header(x, connection, "X-Git-Commit");
	call->md5 = gv_serve_http_header(x, connection, "Content-MD5");
	return limit_body(x, connection);
}

static void
take_room(struct gv_serve_exchange *x, uint64_t bytes)
{
	struct gv_serve *s = x->serve;

	gv_serve_client_wait(s, x->client);
	gv_serve_client_give(s, x->room);
	x->room = gv_serve_client_take(s, bytes);
	x->call.room = bytes;
}

/* Room for what is going to be held, before a byte of it is read. */
static void
prepare(struct gv_serve_exchange *x, struct MHD_Connection *connection)
{
	uint64_t length;

	/* what is only read takes no room, and its body is passed over */
	if (x->route.kind != GV_SERVE_AT_STATE)
		return;
	(void)read_length(&length, x, connection);
	if (length > x->limit)
		length = x->limit;
	take_room(x, x->call.verb == GV_SERVE_GET ? GET_ROOM : length);
	if (length)
		swap_spare(x->serve, &x->call.body);
	/* at once, and not by and by; what is larger has to come first */
	if (length &&
	    gv_secret_grow(
		&x->call.body, length < FIRST ? (size_t)length : FIRST) < 0) {
		gv_serve_call_fail(&x->call, GV_ENOMEM);
		x->is_decided = true;
	}
}

/* More of it has come, so it may take longer. */
static void
hurry(struct gv_serve_exchange *x)
{
	const uint64_t most = x->serve->opts.max_body;

	gv_serve_client_hurry(
	    x->serve, x->client, x->since, x->came < most ? x->came : most);
}

static struct gv_serve_exchange *
begin(struct gv_serve *s, struct MHD_Connection *connection, const char *url,
    const char *method)
{
	const union MHD_ConnectionInfo *info = s->http.get_connection_info(
	    connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct gv_serve_exchange *x = calloc(1, sizeof(*x));
	size_t len;

	if (x == NULL || info == NULL || info->socket_context == NULL) {
		free(x);
		return NULL;
	}
	x->serve = s;
	x->client = info->socket_context;
	x->page = (struct gv_serve_page)GV_SERVE_PAGE_INIT;
	x->scope = (struct gv_buf)GV_BUF_INIT;
	x->began = gv_clock_tick();
	x->method = strdup(method);
	x->path = strdup(gv_serve_address_skip(&len, url));
	x->host = len ? strndup(strstr(url, "//") + 2, len) : NULL;
	if (x->method == NULL || x->path == NULL || (len && x->host == NULL)) {
		free(x->method);
		free(x->path);
		free(x->host);
		free(x);
		return NULL;
	}
	pthread_mutex_lock(&s->lock);
	s->busy++;
	pthread_mutex_unlock(&s->lock);
	return x;
}

/* A piece of the body. What is not wanted is read all the same, since who
 * writes does not listen, and would see nothing but that the line is cut. */
static void
take(struct gv_serve_exchange *x, const char *data, size_t len)
{
	struct gv_serve_call *call = &x->call;

	if (!x->is_decided && len > x->limit - x->came) {
		gv_secret_release(&call->body);
		gv_serve_call_say(call, 413,
		    "the body has more than the %llu bytes that are taken "
		    "(--max-body)",
		    (unsigned long long)x->limit);
		x->is_decided = true;
	}
	if (!x->is_decided && x->route.kind == GV_SERVE_AT_STATE &&
	    gv_secret_add(&call->body, data, len) < 0) {
		gv_serve_call_fail(call, GV_ENOMEM);
		x->is_decided = true;
	}
	/* in the memory of the library, which does not wipe it */
	explicit_bzero((char *)(uintptr_t)data, len);
}

/* In the backend; what was too large for its room comes back with more. */
static void
act(struct gv_serve_exchange *x)
{
	struct gv_serve *s = x->serve;

	gv_serve_client_wait(s, x->client);
	for (;;) {
		pthread_mutex_lock(&s->backend_lock);
		gv_serve_backend_do(&s->backend, &x->call);
		pthread_mutex_unlock(&s->backend_lock);
		if (x->call.needs <= x->call.room)
			return;
		take_room(x, x->call.needs);
	}
}

enum MHD_Result
gv_serve_http_request(void *cls, struct MHD_Connection *connection,
    const char *url, const char *method, const char *version, const char *data,
    size_t *len, void **context)
{
	struct gv_serve_exchange *x = *context;

	(void)version;
	if (x == NULL) {
		x = begin(cls, connection, url, method);
		if (x == NULL)
			return MHD_NO;
		*context = x;
		x->is_decided = understand(x, connection) < 0;
		if (!x->is_decided)
			prepare(x, connection);
		x->since = gv_clock_tick();
		hurry(x);
		/* who waits for our leave to send has not begun to */
		return x->is_misframed ||
			(x->is_decided &&
			    gv_serve_http_header(x, connection, "Expect"))
		    ? reply(x, connection)
		    : MHD_YES;
	}
	if (*len) {
		take(x, data, *len);
		x->came += *len;
		hurry(x);
		*len = 0;
		return MHD_YES;
	}
	if (x->is_decided)
		return reply(x, connection);
	if (x->route.kind != GV_SERVE_AT_STATE) {
		gv_serve_read_act(x);
		return gv_serve_read_reply(x, connection);
	}
	act(x);
	return reply(x, connection);
}

/* ---- its end ------------------------------------------------------------ */

static void
tell(struct gv_serve_exchange *x, bool is_whole)
{
	const struct gv_serve_opts *o = &x->serve->opts;
	const struct gv_serve_done done = { .method = x->method,
		.path = x->call.is_nameless ? NULL : x->path,
		.user = x->call.user,
		.status = is_whole ? x->call.status : 0,
		.ms = (gv_clock_tick() - x->began) / 1000000,
		.why = x->why };

	if (o->on_done)
		o->on_done(o->ctx, &done);
}

void
gv_serve_http_done(void *cls, struct MHD_Connection *connection, void **context,
    enum MHD_RequestTerminationCode code)
{
	struct gv_serve *s = cls;
	struct gv_serve_exchange *x = *context;

	(void)connection;
	if (x == NULL)
		return;
	*context = NULL;
	gv_serve_tally_request(&s->tally, x->route.kind, x->call.status,
	    x->ask.polls ? -1 : gv_clock_tick() - x->began);
	gv_serve_page_release(&x->page);
	gv_buf_release(&x->scope);
	if (x->ask.world)
		gv_shared_put(&x->ask.world->share);
	gv_serve_call_release(&x->call);
	if (x->room)
		gv_serve_client_give(s, x->room);
	gv_serve_client_hurry(x->serve, x->client, gv_clock_tick(), 0);
	if (x->route.kind == GV_SERVE_AT_STATE)
		gv_serve_fold_look(s);
	pthread_mutex_lock(&s->lock);
	/* of what is only read, the audit chain gets the number; the log has a
	 * line where it was refused */
	if (x->route.kind == GV_SERVE_AT_STATE || x->call.status >= 400)
		tell(x, code == MHD_REQUEST_TERMINATED_COMPLETED_OK);
	s->busy--;
	pthread_mutex_unlock(&s->lock);
	free(x->method);
	free(x->path);
	free(x->host);
	free(x);
}
