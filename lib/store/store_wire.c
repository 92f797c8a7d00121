#include "store/store_wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/err.h"
#include "base/time.h"
#include "net/retry.h"
#include "store/store_form.h"
#include "store/store_xml.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"

#define STALL_S    60 /* without 64 bytes a second */
#define ANSWER_MS  300000
#define GIVE_UP_S  600   /* from the first failure on */
#define AWAY_S     20    /* where nobody answers at all */
#define GOES_ON    65536 /* bytes */
#define MOVES      3
#define SKEW_S     300
#define IDLE_PAGES 100

/* ---- the store ---- */

int
gv_store_wire_open(struct gv_store_wire *w)
{
	struct gv_http_opts opts = GV_HTTP_OPTS_INIT;
	const struct gv_store_opts *o = &w->store->opts;
	int r;

	opts.ca = o->ca;
	opts.answer_ms = o->stall_s ? o->stall_s * 1000 : ANSWER_MS;
	/* a page of a list, a sentence of an error */
	opts.max_body = (size_t)16 << 20;
	while (w->base.len && w->base.p[w->base.len - 1] == '/')
		gv_buf_truncate(&w->base, w->base.len - 1);
	if ((r = gv_buf_check(&w->base)) < 0)
		return r;
	r = gv_http_host(&w->host, w->base.p);
	return r < 0 ? r : gv_http_new(&w->http, &opts);
}

void
gv_store_wire_release(struct gv_store_wire *w)
{
	gv_http_free(w->http);
	gv_buf_release(&w->base);
	gv_buf_release(&w->host);
	gv_buf_release(&w->prefix);
}

static bool
is_prefix(const char *text)
{
	size_t n;

	for (;; text += n + 1) {
		n = strcspn(text, "/");
		/* no part is empty, "." or ".." */
		if (n == 0 || n > 200 || *text == '.' ||
		    strcspn(text, "?#%\\\"'<>& \t\r\n") < n)
			return false;
		if (text[n] == '\0' || text[n + 1] == '\0')
			return true;
	}
}

bool
gv_store_wire_prefix(struct gv_store_wire *w, const char *text)
{
	if (!is_prefix(text))
		return false;
	gv_buf_addstr(&w->prefix, text);
	if (text[strlen(text) - 1] != '/')
		gv_buf_addch(&w->prefix, '/');
	return true;
}

int
gv_store_wire_url(struct gv_store_wire *w, const char *home)
{
	struct gv_buf url = GV_BUF_INIT;

	gv_buf_addf(&url, "%s%s/%s", w->store->kind->scheme, home, w->prefix.p);
	gv_buf_truncate(&url, url.len - 1);
	if (gv_buf_check(&w->prefix) < 0)
		gv_buf_release(&url);
	w->store->url = gv_buf_take(&url);
	return w->store->url ? 0 : GV_ENOMEM;
}

int
gv_store_listing_take(struct gv_store_listing *l, const char *key,
    const struct gv_store_stat *stat)
{
	const struct gv_buf *prefix = &l->wire->prefix;
	const char *name = key + prefix->len;
	int r;

	/* also the end of a list that would go round and round */
	if (l->last.len && strcmp(key, l->last.p) <= 0) {
		l->has_failed = true;
		return gv_err(GV_ECORRUPT,
		    "%s lists its objects in no order, or twice",
		    gv_store_url(l->wire->store));
	}
	l->n++;
	gv_buf_reset(&l->last);
	gv_buf_addstr(&l->last, key);
	if ((r = gv_buf_check(&l->last)) < 0)
		return r;
	if (strncmp(key, prefix->p, prefix->len) != 0 ||
	    strncmp(name, l->prefix, strlen(l->prefix)) != 0 ||
	    strcmp(name, l->after) <= 0 || !gv_store_is_name(name))
		return 0;
	r = l->fn(l->ctx, name, stat);
	l->has_failed = r != 0;
	return r;
}

int
gv_store_listing_page(struct gv_store_listing *l)
{
	l->idle = l->n > l->before ? 0 : l->idle + 1;
	l->before = l->n;
	return l->idle <= IDLE_PAGES
	    ? 0
	    : gv_err(GV_ECORRUPT,
		  "%s lists nothing, and says again and again that there is "
		  "more",
		  gv_store_url(l->wire->store));
}

/* ---- a request ---- */

void
gv_store_ask_init(struct gv_store_ask *ask, struct gv_store_wire *wire,
    const char *method, const char *name)
{
	*ask = (struct gv_store_ask){ .wire = wire,
		.method = method,
		.name = *name ? name : "the list of objects",
		.path = GV_BUF_INIT,
		.query = GV_BUF_INIT,
		.len = UINT64_MAX,
		.reply = GV_HTTP_REPLY_INIT,
		.region = GV_BUF_INIT,
		.hold_text = GV_BUF_INIT,
		.hold = GV_SECRET_INIT,
		.location = GV_BUF_INIT,
		.moved = GV_BUF_INIT };
}

void
gv_store_ask_release(struct gv_store_ask *ask)
{
	gv_buf_release(&ask->path);
	gv_buf_release(&ask->query);
	gv_buf_release(&ask->region);
	gv_buf_release(&ask->hold_text);
	gv_buf_release(&ask->location);
	gv_buf_release(&ask->moved);
	gv_secret_release(&ask->hold);
	gv_http_reply_release(&ask->reply);
}

void
gv_store_ask_field(
    struct gv_store_ask *ask, const char *name, const char *value)
{
	if (ask->n < GV_STORE_FIELDS)
		ask->fields[ask->n++] = (struct gv_http_field){ name, value };
}

/* ---- what libcurl calls ---- */

static bool
is_too_slow(struct gv_store_ask *ask)
{
	const long long now = gv_clock_tick();

	if (ask->given == 0)
		ask->began = now;
	return gv_store_split_pays(
	    ask->given, (now - ask->began) / 1000000, ask->body->len);
}

static int
give(void *ctx, void *data, size_t size, size_t *got)
{
	struct gv_store_ask *ask = ctx;
	const struct gv_store_body *b = ask->body;
	ssize_t n = (ssize_t)size;

	if (ask->may_split && is_too_slow(ask)) {
		ask->must_split = true;
		return gv_err(GV_ERROR, "the connection is slow");
	}
	if (b->fd < 0)
		memcpy(data, (const char *)b->bytes + b->at + ask->given, size);
	else
		n = gv_file_pread_full(
		    b->fd, data, size, (off_t)(b->at + ask->given));
	if (n < 0)
		return gv_err_sys("cannot read what is to be stored");
	if ((size_t)n < size)
		return gv_store_body_changed();
	ask->given += size;
	*got = size;
	return 0;
}

static int
again(void *ctx)
{
	((struct gv_store_ask *)ctx)->given = 0;
	return 0;
}

/* What goes on is of the same object as what came before. */
static int
check_same(struct gv_store_ask *ask)
{
	const char *etag = ask->stat.etag;

	if (ask->taken == 0)
		memcpy(ask->first_etag, etag, sizeof(ask->first_etag));
	if (strcmp(ask->first_etag, etag) == 0)
		return 0;
	return gv_err(
	    GV_EREFUSED, "it was replaced while it was read; try again");
}

/* What is sent twice is dropped; nothing is taken beyond what was asked. */
static int
take(void *ctx, const void *data, size_t len)
{
	struct gv_store_ask *ask = ctx;
	const char *p = data;
	int r = check_same(ask);
	uint64_t want = ask->at + ask->taken, left = ask->len - ask->taken;

	if (r < 0)
		return r;
	if (ask->there < want) {
		uint64_t skip = want - ask->there;

		if (skip > len)
			skip = len;
		ask->there += skip;
		p += skip;
		len -= (size_t)skip;
	}
	if (len > left)
		len = (size_t)left;
	if (len == 0)
		return 0;
	if (ask->there != want)
		return gv_err(
		    GV_ECORRUPT, "it sends another part than was asked for");
	ask->there += len;
	ask->taken += len;
	r = ask->sink->write(ask->sink->ctx, p, len);
	gv_store_pace(ask->wire->store, len);
	return r;
}

static void
take_sum(struct gv_store_stat *stat, const char *value)
{
	unsigned char sum[33];

	/* of several parts it is a sum of sums, "…-3" */
	if (gv_base64_decode(sum, sizeof(sum), value, strlen(value)) != 32)
		return;
	memcpy(stat->sha256, sum, 32);
	stat->has_sha256 = true;
}

/* Whether the field says who may not delete the object; each provider has its
 * own names. */
static bool
take_lock(struct gv_store_stat *stat, const char *name, const char *value)
{
	if (strcmp(name, "x-amz-object-lock-retain-until-date") == 0 ||
	    strcmp(name, "x-goog-object-lock-retain-until-date") == 0)
		return gv_time_parse_rfc3339(&stat->locked_until, value) == 0;
	if (strcmp(name, "x-ms-immutability-policy-until-date") == 0)
		return (stat->locked_until = gv_store_form_time(value)) != 0;
	if (strcmp(name, "x-amz-object-lock-legal-hold") != 0 &&
	    strcmp(name, "x-ms-legal-hold") != 0)
		return false;
	stat->is_held = strcmp(value, "ON") == 0 || strcmp(value, "true") == 0;
	return true;
}

static void
take_field(void *ctx, const char *name, const char *value)
{
	struct gv_store_ask *ask = ctx;
	struct gv_store_stat *stat = &ask->stat;
	char *end;

	if (strcmp(name, "etag") == 0) {
		gv_store_form_etag(stat, value);
	} else if (strcmp(name, "x-goog-generation") == 0) {
		/* the condition that Google has on a replacement */
		gv_store_form_etag(stat, value);
	} else if (strcmp(name, "last-modified") == 0) {
		stat->modified = gv_store_form_time(value);
	} else if (strcmp(name, "date") == 0) {
		ask->date = gv_store_form_time(value);
	} else if (strcmp(name, "x-amz-checksum-sha256") == 0) {
		take_sum(stat, value);
	} else if (strcmp(name, "content-md5") == 0) {
		gv_store_form_md5(stat, value);
	} else if (strcmp(name, "x-goog-hash") == 0) {
		if (strncmp(value, "md5=", 4) == 0)
			gv_store_form_md5(stat, value + 4);
	} else if (take_lock(stat, name, value)) {
		return;
	} else if (strcmp(name, "x-amz-bucket-region") == 0) {
		gv_buf_reset(&ask->region);
		gv_buf_addstr(&ask->region, value);
	} else if (strcmp(name, "location") == 0) {
		gv_buf_reset(&ask->location);
		gv_buf_addstr(&ask->location, value);
	} else if (strcmp(name, "x-ms-error-code") == 0) {
		gv_store_form_word(ask->code, sizeof(ask->code), value);
	} else if (strcmp(name, "content-length") == 0) {
		stat->bytes = strtoull(value, &end, 10);
		ask->has_length = *value >= '0' && *value <= '9' && !*end;
	} else if (strcmp(name, "content-range") == 0 &&
	    strncmp(value, "bytes ", 6) == 0) {
		ask->there = strtoull(value + 6, &end, 10);
		ask->upto = *end == '-' ? strtoull(end + 1, NULL, 10) + 1 : 0;
	}
}

/* ---- an attempt ---- */

/* Its own fields are behind those of the request, and go with it. */
static int
attempt(struct gv_store_ask *ask)
{
	struct gv_store_wire *w = ask->wire;
	struct gv_buf url = GV_BUF_WIPED_INIT, range = GV_BUF_INIT;
	size_t n = ask->n;
	struct gv_http_request request = { .method = ask->method };
	uint64_t from = ask->at + ask->taken;
	int r;

	ask->stream = (struct gv_http_stream){ .field = take_field,
		.ctx = ask,
		.limit = w->store->opts.limit,
		.slow_s =
		    w->store->opts.stall_s ? w->store->opts.stall_s : STALL_S };
	ask->stat = (struct gv_store_stat){ 0 };
	ask->has_length = false;
	ask->there = ask->upto = ask->given = 0;
	*ask->code = '\0';
	gv_buf_reset(&ask->location);
	if (ask->body && ask->body->len) {
		ask->stream.read = give;
		ask->stream.rewind = again;
		ask->stream.len = ask->body->len;
	} else if (ask->body) {
		request.body = "";
	}
	if (ask->sink)
		ask->stream.write = take;
	if (ask->sink && (from || ask->len != UINT64_MAX)) {
		gv_buf_addf(&range, "bytes=%llu-", (unsigned long long)from);
		if (ask->len != UINT64_MAX)
			gv_buf_addf(&range, "%llu",
			    (unsigned long long)(ask->at + ask->len - 1));
		gv_store_ask_field(ask, "range", range.p);
	}
	gv_buf_reset(&ask->hold_text);
	gv_secret_reset(&ask->hold);
	r = w->sign(w->self, ask);
	gv_buf_addf(&url, "%s%s%s%s", ask->moved.len ? ask->moved.p : w->base.p,
	    ask->path.p, ask->query.len ? "?" : "", ask->query.p);
	if (r == 0 && ask->secret_query)
		gv_buf_addf(&url, "%s%s", ask->query.len ? "&" : "?",
		    ask->secret_query);
	if (r == 0 && (r = gv_buf_check(&url)) == 0 &&
	    (r = gv_buf_check(&range)) == 0) {
		request.url = url.p;
		request.fields = ask->fields;
		request.n = ask->n;
		r = gv_http_send_stream(
		    &ask->reply, w->http, &request, &ask->stream);
		w->store->count.requests++;
		w->store->count.bytes_out += ask->stream.sent;
		w->store->count.bytes_in +=
		    ask->stream.received + ask->reply.body.len;
	}
	ask->n = n;
	gv_buf_release(&url);
	gv_buf_release(&range);
	return r;
}

/* ---- what to do about an answer ---- */

/* A redirection of the provider itself, to another of its hosts. */
static int
follow(struct gv_store_ask *ask)
{
	struct gv_store_wire *w = ask->wire;
	struct gv_buf host = GV_BUF_INIT;
	const char *to = ask->location.p;
	size_t scheme;
	bool is_ours;

	if (ask->moves++ >= MOVES || ask->location.len == 0)
		return 0;
	/* from https:// to http:// nothing goes */
	scheme = strncmp(w->base.p, "https://", 8) == 0 ? 8 : 7;
	if (strncmp(to, w->base.p, scheme) != 0 ||
	    gv_http_host(&host, to) < 0) {
		gv_buf_release(&host);
		return 0;
	}
	is_ours = w->is_same(w->self, host.p);
	if (is_ours) {
		gv_buf_reset(&ask->moved);
		gv_buf_add(&ask->moved, to, scheme);
		gv_buf_addstr(&ask->moved, host.p);
	}
	gv_buf_release(&host);
	return is_ours ? 1 : 0;
}

static bool
is_one_of(const char *code, const char *const *codes)
{
	for (; *codes; codes++)
		if (strcmp(code, *codes) == 0)
			return true;
	return false;
}

static bool
is_expired(const struct gv_store_ask *ask)
{
	static const char *const codes[] = { "ExpiredToken", "InvalidToken",
		"ExpiredTokenException", "TokenRefreshRequired", NULL };

	return is_one_of(ask->code, codes);
}

static bool
is_busy(const struct gv_store_ask *ask)
{
	static const char *const codes[] = { "ConditionalRequestConflict",
		"OperationAborted", "RequestTimeout", "SlowDown", "ServerBusy",
		"OperationTimedOut", "InternalError", NULL };
	int status = ask->reply.status;

	if (ask->is_last && strcmp(ask->code, codes[0]) == 0)
		return false;
	return gv_retry_is_status(status) ||
	    (status >= 400 && is_one_of(ask->code, codes));
}

/* All that was asked for came. */
static bool
is_whole(const struct gv_store_ask *ask)
{
	if (ask->sink == NULL || ask->reply.status / 100 != 2)
		return true;
	if (ask->upto)
		return ask->at + ask->taken == ask->upto;
	return !ask->has_length || ask->stream.received == ask->stat.bytes;
}

/* A request that was cut before all of its body was sent: nothing came of it,
 * and in parts only one of them would have to be sent again. */
static bool
is_begun_only(const struct gv_store_ask *ask)
{
	return ask->may_split && ask->stream.is_cut && ask->given > 0 &&
	    ask->given < ask->body->len;
}

/* 1: once more at once; 2: once more later; 0: that is the answer. */
static int
judge(struct gv_store_ask *ask, int r)
{
	struct gv_store_wire *w = ask->wire;
	int status = ask->reply.status;

	if (r < 0) {
		ask->is_unsure |= ask->stream.is_cut && !ask->stream.is_away &&
		    !is_begun_only(ask);
		ask->must_split |= is_begun_only(ask);
		return ask->stream.is_cut && !ask->must_split ? 2 : 0;
	}
	if (status / 100 != 2 && *ask->code == '\0')
		gv_store_xml_code(ask->code, sizeof(ask->code),
		    (const char *)ask->reply.body.p, ask->reply.body.len);
	if (status == 307)
		return follow(ask);
	if (is_expired(ask) && !ask->is_renewed && w->renew) {
		ask->is_renewed = true;
		return w->renew(w->self);
	}
	if (!is_busy(ask))
		return 0;
	/* it may have done it and then failed */
	ask->is_unsure |= status >= 500 && status != 503;
	return 2;
}

/* ---- what a failure says ---- */

static void
add_status(struct gv_buf *b, const struct gv_store_ask *ask)
{
	gv_buf_addf(
	    b, "%d%s%s", ask->reply.status, *ask->code ? " " : "", ask->code);
}

static int
say_skew(const struct gv_store_ask *ask, const char *doing)
{
	char here[GV_TIME_MAX], there[GV_TIME_MAX];

	gv_time_rfc3339(here, gv_clock_now().tv_sec);
	gv_time_rfc3339(there, ask->date);
	return gv_err(GV_EREFUSED,
	    "cannot %s %s in %s: this host's clock says %s and the store's %s; "
	    "set the clock of this host, then try again",
	    doing, ask->name, gv_store_url(ask->wire->store), here, there);
}

static bool
is_skewed(const struct gv_store_ask *ask)
{
	int64_t off = gv_clock_now().tv_sec - ask->date;

	if (strcmp(ask->code, "RequestTimeTooSkewed") == 0 ||
	    strcmp(ask->code, "RequestExpired") == 0)
		return true;
	return ask->reply.status == 403 && ask->date &&
	    (off > SKEW_S || off < -SKEW_S);
}

static int
say_as(const struct gv_store_ask *ask, const char *doing, int code,
    const char *hint)
{
	struct gv_buf status = GV_BUF_INIT;
	int r;

	add_status(&status, ask);
	r = gv_err(code, "cannot %s %s in %s: %s answers %s%s%s", doing,
	    ask->name, gv_store_url(ask->wire->store), ask->wire->host.p,
	    status.p, *hint ? "; " : "", hint);
	gv_buf_release(&status);
	return r;
}

static int
say_moved(const struct gv_store_ask *ask, const char *doing)
{
	struct gv_buf hint = GV_BUF_INIT;
	int r;

	if (ask->region.len && ask->region.len < 32 &&
	    strspn(ask->region.p, "abcdefghijklmnopqrstuvwxyz0123456789-") ==
		ask->region.len)
		gv_buf_addf(
		    &hint, "the bucket is in the region %s", ask->region.p);
	else
		gv_buf_addstr(&hint,
		    "it is elsewhere: check region and "
		    "endpoint of this target");
	r = say_as(ask, doing, GV_EREFUSED, hint.p);
	gv_buf_release(&hint);
	return r;
}

static int
say(struct gv_store_ask *ask, const char *doing)
{
	static const char *const taken[] = { "BlobAlreadyExists",
		"TargetConditionNotMet", "ConditionNotMet",
		"PreconditionFailed", NULL };
	static const char *const locked[] = { "BlobImmutableDueToPolicy",
		"LeaseIdMissing", NULL };
	static const char *const homeless[] = { "NoSuchBucket",
		"ContainerNotFound", "ContainerBeingDeleted", NULL };
	struct gv_store *store = ask->wire->store;
	int status = ask->reply.status;

	if (is_skewed(ask))
		return say_skew(ask, doing);
	if (status / 100 == 3 ||
	    strcmp(ask->code, "AuthorizationHeaderMalformed") == 0)
		return say_moved(ask, doing);
	if (is_expired(ask))
		return say_as(ask, doing, GV_ENOKEY,
		    "the credentials of this session expired; get new ones, "
		    "then try again");
	/* what is to be new is there, then */
	if (is_one_of(ask->code, locked) && !ask->is_conditional)
		return say_as(ask, doing, GV_EREFUSED,
		    "it is locked there until a day, or by a lease");
	if (status == 412 || is_one_of(ask->code, taken) ||
	    is_one_of(ask->code, locked))
		return gv_err(GV_EEXISTS, "%s has another %s already",
		    store->url, ask->name);
	if (is_one_of(ask->code, homeless))
		return say_as(ask, doing, GV_EREFUSED,
		    "it does not exist: make it first");
	if (status == 404)
		return gv_err(
		    GV_ENOTFOUND, "%s does not have %s", store->url, ask->name);
	if (status == 401 || status == 403)
		return say_as(ask, doing, GV_ENOKEY, ask->wire->hint);
	if (status == 501 && ask->is_conditional) {
		/* it knows no conditions: store.c then looks first */
		store->is_probed = true;
		return say_as(ask, doing, GV_EREFUSED,
		    "it cannot create an object only where there is none");
	}
	return say_as(ask, doing, GV_ERROR, "");
}

int
gv_store_ask_odd(const struct gv_store_ask *ask, const char *what)
{
	return gv_err(GV_ECORRUPT, "%s: the answer of %s about %s %s",
	    gv_store_url(ask->wire->store), ask->wire->host.p, ask->name, what);
}

/* ---- all attempts ---- */

static int
say_late(
    const struct gv_store_ask *ask, const char *doing, unsigned tries, int r)
{
	struct gv_buf why = GV_BUF_INIT;

	if (gv_cancel_requested())
		return gv_cancel_error();
	if (r < 0) {
		gv_buf_addstr(&why, gv_err_message());
	} else {
		gv_buf_addf(&why, "%s answers ", ask->wire->host.p);
		add_status(&why, ask);
	}
	r = gv_err(GV_ERROR, "cannot %s %s in %s after %u attempts: %s", doing,
	    ask->name, gv_store_url(ask->wire->store), tries, why.p);
	gv_buf_release(&why);
	return r;
}

int
gv_store_ask_send(struct gv_store_ask *ask, const char *doing)
{
	const struct gv_store_opts *o = &ask->wire->store->opts;
	struct gv_retry retry = {
		.within_ms = (o->give_up_s ? o->give_up_s : GIVE_UP_S) * 1000LL
	};
	unsigned tries = 0;
	uint64_t taken;
	int r, verdict;

	do {
		taken = ask->taken;
		r = attempt(ask);
		tries++;
		if (r == 0 && !is_whole(ask)) {
			ask->stream.is_cut = true;
			r = gv_store_ask_odd(
			    ask, "ended before all of it was there");
		}
		/* a store may send a byte an attempt for ever */
		if (ask->taken - taken >= GOES_ON)
			gv_retry_reset(&retry);
		verdict = judge(ask, r);
		if (verdict < 0)
			return verdict;
		/* who gave a wrong address should not wait */
		if (r < 0 && ask->stream.is_away &&
		    retry.within_ms > AWAY_S * 1000LL)
			retry.within_ms = AWAY_S * 1000LL;
	} while (verdict == 1 ||
	    (verdict == 2 && gv_retry_wait(&retry, ask->reply.retry_after)));
	if (verdict == 2)
		return say_late(ask, doing, tries, r);
	if (r < 0)
		return gv_err_in(r, "cannot %s %s in %s", doing, ask->name,
		    gv_store_url(ask->wire->store));
	/* nothing is behind the end */
	if (ask->reply.status == 416 && ask->sink && ask->taken == 0)
		return 0;
	return ask->reply.status / 100 == 2 ? 0 : say(ask, doing);
}

/* ---- what all kinds ask alike ---- */

int
gv_store_ask_get(struct gv_store_ask *ask, uint64_t at, uint64_t len,
    const struct gv_store_sink *sink)
{
	int r;

	ask->sink = sink;
	ask->at = at;
	ask->len = len;
	r = gv_store_ask_send(ask, "read");
	gv_store_ask_release(ask);
	return r;
}

int
gv_store_ask_stat(struct gv_store_stat *out, struct gv_store_ask *ask)
{
	int r = gv_store_ask_send(ask, "look at");

	if (r == 0 && !ask->has_length)
		r = gv_store_ask_odd(ask, "does not say its size");
	if (r == 0)
		*out = ask->stat;
	gv_store_ask_release(ask);
	return r;
}

int
gv_store_ask_delete(struct gv_store_ask *ask)
{
	int r = gv_store_ask_send(ask, "delete");

	gv_store_ask_release(ask);
	return r == GV_ENOTFOUND ? 0 : r;
}
