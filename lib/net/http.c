#include "net/http.h"

#include <stdint.h>
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

/* One exchange. */
struct exchange {
	struct gv_http *http;
	const struct gv_http_request *request;
	struct gv_http_reply *reply;
	struct gv_buf host;
	struct gv_secret lines; /* of the header */
	struct curl_slist list[GV_HTTP_FIELDS_MAX + 1];
	char why[CURL_ERROR_SIZE];
	int r; /* of what libcurl called */
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

static bool
is_plain(const char *url)
{
	return strncmp(url, "http://", 7) == 0;
}

static int
host_of(struct gv_buf *out, const char *url, bool is_public)
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
	if (is_plain(url) && !is_public && !is_this_host(host, len))
		return gv_err(GV_EREFUSED,
		    "'%.200s': secrets go to other hosts by https:// only",
		    url);
	gv_buf_add(out, host, (size_t)(end - host));
	return gv_buf_check(out);
}

int
gv_http_host(struct gv_buf *out, const char *url)
{
	return host_of(out, url, false);
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

static size_t
take_body(char *data, size_t size, size_t n, void *ctx)
{
	struct exchange *x = ctx;
	struct gv_secret *body = &x->reply->body;

	n *= size;
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
	/* no question in advance whether a body is welcome */
	if (r == 0)
		r = gv_secret_add(&x->lines, "Expect:", 8);
	for (i = 0; r == 0 && i <= request->n; i++) {
		x->list[i].data = (char *)x->lines.p + at[i];
		x->list[i].next = i < request->n ? &x->list[i + 1] : NULL;
	}
	return r;
}

#define SET(option, value)                                                     \
	(c == CURLE_OK ? (c = curl->easy_setopt(easy, option, value)) : c)

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
	} else {
		SET(CURLOPT_HTTPGET, 1L);
	}
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

int
gv_http_send(struct gv_http_reply *out, struct gv_http *http,
    const struct gv_http_request *request)
{
	struct exchange x = { .http = http,
		.request = request,
		.reply = out,
		.host = GV_BUF_INIT,
		.lines = GV_SECRET_INIT };
	CURLcode c = CURLE_OK;
	int r;

	out->status = out->retry_after = 0;
	gv_secret_reset(&out->body);
	r = host_of(&x.host, request->url, http->opts.is_public);
	if (r == 0)
		r = make_lines(&x);
	if (r < 0)
		goto out;
	c = set_all(&x);
	if (c == CURLE_OK)
		c = http->curl->easy_perform(http->easy);
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
