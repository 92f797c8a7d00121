#include "net/http.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/http_internal.h"
#include "sys/cancel.h"

struct gv_http {
	const struct gv_http_library *curl;
	struct gv_http_opts opts;
	char *ca;
	CURL *easy;
};

#define SLOW       64L           /* bytes a second */
#define ROOM       (512L * 1024) /* of libcurl, for bodies in pieces */
#define ASKED_FROM ((uint64_t)1 << 20)

/* One exchange. */
struct exchange {
	struct gv_http *http;
	const struct gv_http_request *request;
	struct gv_http_reply *reply;
	struct gv_http_stream *stream; /* or NULL */
	struct gv_buf host;
	struct gv_secret lines; /* of the header */
	struct curl_slist list[GV_HTTP_FIELDS_MAX + 1];
	char why[CURL_ERROR_SIZE];
	uint64_t given; /* bytes of the stream's body, by this attempt */
	int r;          /* of what libcurl called */
};

/* ---- addresses ---- */

static bool
is_this_host(const char *p, size_t len)
{
	static const char *const names[] = { "127.0.0.1", "localhost",
		"[::1]" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == len && memcmp(names[i], p, len) == 0)
			return true;
	return false;
}

/* A name cannot have only digits at its end, so this is an address. */
static bool
is_link_local(const char *p, size_t len)
{
	static const char prefix[] = "169.254.";

	return len > strlen(prefix) && memcmp(p, prefix, strlen(prefix)) == 0 &&
	    strspn(p, "0123456789.") >= len;
}

static bool
is_plain(const char *url)
{
	return strncmp(url, "http://", 7) == 0;
}

static int
host_of(struct gv_buf *out, const char *url, const struct gv_http_opts *opts)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-";
	const char *host = url + (is_plain(url) ? 7 : 8), *end;
	size_t len, port = 0;

	if (!is_plain(url) && strncmp(url, "https://", 8) != 0)
		return gv_err(GV_EREFUSED,
		    "'%.200s' is no address of a service: it begins with "
		    "https://",
		    url);
	if (*host == '[')
		len = strspn(host + 1, "0123456789abcdefABCDEF:.") + 2;
	else
		len = strspn(host, letters);
	/* nothing is read behind the end: a bracket is missing there */
	if (*host == '[' && memchr(host, ']', strlen(host)) != host + len - 1)
		len = 0;
	end = host + len;
	if (len && *end == ':') {
		port = strspn(end + 1, "0123456789");
		end += port + 1;
	}
	if (len == 0 || port > 5 || (*end != '\0' && *end != '/') ||
	    (end > host + len && port == 0))
		return gv_err(GV_EREFUSED,
		    "'%.200s' is not the address of a service: HOST or "
		    "HOST:PORT must follow ://",
		    url);
	if (is_plain(url) && (opts == NULL || !opts->is_public) &&
	    !is_this_host(host, len) &&
	    !(opts && opts->is_link_local && is_link_local(host, len)))
		return gv_err(GV_EREFUSED,
		    "'%.200s': secrets go to other hosts by https:// only",
		    url);
	gv_buf_add(out, host, (size_t)(end - host));
	return gv_buf_check(out);
}

int
gv_http_host(struct gv_buf *out, const char *url)
{
	return host_of(out, url, NULL);
}

void
gv_http_escape(struct gv_buf *out, const char *text, bool slash)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("-._~", c) ||
		    (slash && c == '/'))
			gv_buf_addch(out, (char)c);
		else
			gv_buf_addf(out, "%%%02X", c);
	}
}

/* ---- what libcurl calls ---- */

/* An answer that tells of a failure is read as a whole. */
static bool
takes_pieces(const struct exchange *x)
{
	long status = 0;

	x->http->curl->easy_getinfo(
	    x->http->easy, CURLINFO_RESPONSE_CODE, &status);
	return x->stream->write && (status == 200 || status == 206);
}

static size_t
give_body(char *data, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	struct gv_http_stream *s = x->stream;
	uint64_t left = s->len - x->given;
	size_t got = 0;

	n *= size;
	if (n > left)
		n = (size_t)left;
	if (n && (x->r = s->read(s->ctx, data, n, &got)) < 0)
		return CURL_READFUNC_ABORT;
	x->given += got;
	s->sent += got;
	return got;
}

/* Only to the beginning: a connection broke down, or the proxy asked. */
static int
begin_again(void *ctx, curl_off_t at, int origin)
{
	struct exchange *x = ctx;

	if (at != 0 || origin != SEEK_SET)
		return CURL_SEEKFUNC_CANTSEEK;
	x->given = 0;
	x->r = x->stream->rewind(x->stream->ctx);
	return x->r == 0 ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

/* A line "Name: value" of the header; other lines say nothing. */
static size_t
take_field(char *data, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	const char *colon;
	size_t len = n * size, i;
	struct gv_buf line = GV_BUF_INIT;

	while (len && strchr("\r\n \t", data[len - 1]))
		len--;
	colon = memchr(data, ':', len);
	if (colon && memchr(data, '\0', len) == NULL) {
		gv_buf_add(&line, data, len);
		for (i = 0; i < line.len && line.p[i] != ':'; i++)
			if (line.p[i] >= 'A' && line.p[i] <= 'Z')
				line.p[i] = (char)(line.p[i] - 'A' + 'a');
		if (i < line.len) {
			line.p[i] = '\0';
			i += 1 + strspn(line.p + i + 1, " \t");
			x->stream->field(x->stream->ctx, line.p, line.p + i);
		}
	}
	gv_buf_release(&line);
	return n * size;
}

static size_t
take_body(char *data, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	struct gv_secret *body = &x->reply->body;

	n *= size;
	if (x->stream && takes_pieces(x)) {
		x->stream->received += n;
		x->r = x->stream->write(x->stream->ctx, data, n);
		return x->r == 0 ? n : 0;
	}
	if (n > x->http->opts.max_body - body->len)
		x->r = gv_err(GV_EREFUSED,
		    "%s: the answer is larger than %zu bytes", x->host.p,
		    x->http->opts.max_body);
	/* one byte more, for the NUL */
	if (x->r == 0)
		x->r = gv_secret_grow(body, n + 1);
	if (x->r == 0)
		x->r = gv_secret_add(body, data, n);
	return x->r == 0 ? n : 0;
}

static int
on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t total_up,
    curl_off_t now_up)
{
	struct exchange *x = ctx;

	(void)total;
	(void)now;
	(void)total_up;
	(void)now_up;
	if (!gv_cancel_requested())
		return 0;
	x->r = gv_cancel_error();
	return 1;
}

/* ---- a request ---- */

/* libcurl reads the lines where we have them: they hold tokens. */
static int
make_lines(struct exchange *x)
{
	const struct gv_http_request *request = x->request;
	size_t at[GV_HTTP_FIELDS_MAX + 1], i;
	const char *line;
	bool asks;
	int r = 0;

	if (request->n > GV_HTTP_FIELDS_MAX)
		return gv_err(GV_EREFUSED, "too many fields in a request");
	for (i = 0; r == 0 && i < request->n; i++) {
		const struct gv_http_field *f = &request->fields[i];

		if (strpbrk(f->value, "\r\n"))
			return gv_err(GV_EREFUSED,
			    "the field %s holds the end of a line", f->name);
		at[i] = x->lines.len;
		r = gv_secret_add(&x->lines, f->name, strlen(f->name));
		if (r == 0 && (r = gv_secret_add(&x->lines, ": ", 2)) == 0)
			r = gv_secret_add(
			    &x->lines, f->value, strlen(f->value) + 1);
	}
	at[i] = x->lines.len;
	/* a question in advance whether a body is welcome pays for large ones
	 * only */
	asks = x->stream && x->stream->read && x->stream->len > ASKED_FROM;
	line = asks ? "Expect: 100-continue" : "Expect:";
	if (r == 0)
		r = gv_secret_add(&x->lines, line, strlen(line) + 1);
	for (i = 0; r == 0 && i <= request->n; i++) {
		x->list[i].data = (char *)x->lines.p + at[i];
		x->list[i].next = i < request->n ? &x->list[i + 1] : NULL;
	}
	return r;
}

#define SET(option, value)                                                     \
	(c == CURLE_OK ? (c = curl->easy_setopt(easy, option, value)) : c)

/* Bodies in pieces; the whole answer may take as long as it goes on. */
static CURLcode
set_stream(struct exchange *x)
{
	const struct gv_http_library *curl = x->http->curl;
	const struct gv_http_stream *s = x->stream;
	CURL *easy = x->http->easy;
	CURLcode c = CURLE_OK;

	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	if (s->read || s->write)
		SET(CURLOPT_TIMEOUT_MS, 0L);
	if (s->slow_s) {
		SET(CURLOPT_LOW_SPEED_LIMIT, SLOW);
		SET(CURLOPT_LOW_SPEED_TIME, (long)s->slow_s);
	}
	if (s->field) {
		SET(CURLOPT_HEADERFUNCTION, take_field);
		SET(CURLOPT_HEADERDATA, x);
	}
	if (s->write)
		SET(CURLOPT_BUFFERSIZE, ROOM);
	if (s->read == NULL)
		return c;
	SET(CURLOPT_UPLOAD, 1L);
	SET(CURLOPT_UPLOAD_BUFFERSIZE, ROOM);
	SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->len);
	SET(CURLOPT_READFUNCTION, give_body);
	SET(CURLOPT_READDATA, x);
	SET(CURLOPT_SEEKFUNCTION, begin_again);
	SET(CURLOPT_SEEKDATA, x);
	if (s->limit)
		SET(CURLOPT_MAX_SEND_SPEED_LARGE, (curl_off_t)s->limit);
	return c;
}

static CURLcode
set_method(struct exchange *x)
{
	const struct gv_http_library *curl = x->http->curl;
	CURL *easy = x->http->easy;
	CURLcode c = CURLE_OK;

	if (x->request->body) {
		SET(CURLOPT_POST, 1L);
		SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->request->len);
		SET(CURLOPT_POSTFIELDS, x->request->body);
	} else if (strcmp(x->request->method, "HEAD") == 0) {
		SET(CURLOPT_NOBODY, 1L);
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
	if (x->stream && c == CURLE_OK)
		c = set_stream(x);
	SET(CURLOPT_CUSTOMREQUEST, x->request->method);
	return c;
}

static CURLcode
set_all(struct exchange *x)
{
	const struct gv_http_library *curl = x->http->curl;
	const struct gv_http_opts *opts = &x->http->opts;
	CURL *easy = x->http->easy;
	CURLcode c = CURLE_OK;

	curl->easy_reset(easy);
	SET(CURLOPT_URL, x->request->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	SET(CURLOPT_PATH_AS_IS, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	/* what goes to this host without TLS passes no other one */
	if (is_plain(x->request->url) && !opts->is_public)
		SET(CURLOPT_PROXY, "");
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	if (x->http->ca)
		SET(CURLOPT_CAINFO, x->http->ca);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, (long)opts->connect_ms);
	SET(CURLOPT_TIMEOUT_MS, (long)opts->answer_ms);
	SET(CURLOPT_USERAGENT, "git-vault");
	SET(CURLOPT_HTTPHEADER, x->list);
	SET(CURLOPT_ERRORBUFFER, x->why);
	SET(CURLOPT_WRITEFUNCTION, take_body);
	SET(CURLOPT_WRITEDATA, x);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_XFERINFOFUNCTION, on_progress);
	SET(CURLOPT_XFERINFODATA, x);
	return c == CURLE_OK ? set_method(x) : c;
}

static int
say(const struct exchange *x, CURLcode c)
{
	const char *why = *x->why ? x->why : x->http->curl->easy_strerror(c);

	switch (c) {
	case CURLE_OUT_OF_MEMORY:
		return gv_err_nomem();
	case CURLE_OPERATION_TIMEDOUT:
		return gv_err(GV_ERROR,
		    "%s did not answer completely in time: %s", x->host.p, why);
	case CURLE_PARTIAL_FILE:
		return gv_err(GV_ERROR,
		    "%s ended its answer before all of it was there: %s",
		    x->host.p, why);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return gv_err(GV_ERROR,
		    "%s: its certificate is not trusted: %s", x->host.p, why);
	default:
		return gv_err(GV_ERROR, "cannot reach %s: %s", x->host.p, why);
	}
}

static int
finish(struct exchange *x)
{
	const struct gv_http_library *curl = x->http->curl;
	struct gv_secret *body = &x->reply->body;
	curl_off_t wait = 0;
	long status = 0;
	int r = gv_secret_grow(body, 1);

	if (r < 0)
		return r;
	body->p[body->len] = '\0';
	curl->easy_getinfo(x->http->easy, CURLINFO_RESPONSE_CODE, &status);
	curl->easy_getinfo(x->http->easy, CURLINFO_RETRY_AFTER, &wait);
	x->reply->status = (int)status;
	x->reply->retry_after = wait > 3600 ? 3600 : (int)wait;
	return 0;
}

static bool
is_away(CURLcode c)
{
	return c == CURLE_COULDNT_RESOLVE_HOST ||
	    c == CURLE_COULDNT_RESOLVE_PROXY || c == CURLE_COULDNT_CONNECT;
}

/* Whether the next attempt may fare better. */
static bool
is_cut(CURLcode c)
{
	switch (c) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT:
	case CURLE_OPERATION_TIMEDOUT:
	case CURLE_PARTIAL_FILE:
	case CURLE_GOT_NOTHING:
	case CURLE_SEND_ERROR:
	case CURLE_RECV_ERROR:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_WEIRD_SERVER_REPLY:
		return true;
	default:
		return false;
	}
}

int
gv_http_send(struct gv_http_reply *out, struct gv_http *http,
    const struct gv_http_request *request)
{
	return gv_http_send_stream(out, http, request, NULL);
}

int
gv_http_send_stream(struct gv_http_reply *out, struct gv_http *http,
    const struct gv_http_request *request, struct gv_http_stream *stream)
{
	struct exchange x = { .http = http,
		.request = request,
		.reply = out,
		.stream = stream,
		.host = GV_BUF_INIT,
		.lines = GV_SECRET_INIT };
	CURLcode c = CURLE_OK;
	int r;

	out->status = out->retry_after = 0;
	gv_secret_reset(&out->body);
	if (stream)
		stream->is_cut = stream->is_away = false;
	r = host_of(&x.host, request->url, &http->opts);
	if (r == 0)
		r = make_lines(&x);
	if (r < 0)
		goto out;
	c = set_all(&x);
	if (c == CURLE_OK)
		c = http->curl->easy_perform(http->easy);
	if (stream) {
		stream->is_cut = x.r == 0 && is_cut(c);
		stream->is_away = stream->is_cut && is_away(c);
	}
	if ((r = x.r) == 0 && c != CURLE_OK)
		r = say(&x, c);
	if (r == 0)
		r = finish(&x);
	/* it points to what goes now */
	http->curl->easy_reset(http->easy);
out:
	if (r < 0)
		gv_http_reply_release(out);
	gv_secret_release(&x.lines);
	gv_buf_release(&x.host);
	return r;
}

/* ---- clients ---- */

int
gv_http_new(struct gv_http **out, const struct gv_http_opts *opts)
{
	struct gv_http *http = calloc(1, sizeof(*http));
	int r;

	if (http == NULL)
		return gv_err_nomem();
	http->opts = *opts;
	if ((r = gv_http_library(&http->curl)) < 0)
		goto out;
	if (opts->ca) {
		http->ca = strdup(opts->ca);
		r = http->ca ? 0 : gv_err_nomem();
	}
	if (r < 0)
		goto out;
	http->easy = http->curl->easy_init();
	r = http->easy ? 0 : gv_err_nomem();
out:
	if (r < 0)
		gv_http_free(http);
	else
		*out = http;
	return r;
}

void
gv_http_free(struct gv_http *http)
{
	if (http == NULL)
		return;
	if (http->easy)
		http->curl->easy_cleanup(http->easy);
	free(http->ca);
	free(http);
}

void
gv_http_reply_release(struct gv_http_reply *reply)
{
	if (reply == NULL)
		return;
	gv_secret_release(&reply->body);
	reply->status = reply->retry_after = 0;
}
