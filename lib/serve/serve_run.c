#include "serve/serve.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "safe/safe.h"
#include "serve/serve_http.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"

#define PATIENCE   100 /* ms between two looks at who is slow */
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

static int
check(const struct gv_serve *s)
{
	const struct gv_serve_opts *o = &s->opts;

	if ((o->tls_cert == NULL) != (o->tls_key == NULL))
		return gv_err(
		    GV_EUSAGE, "a certificate and its key go together");
	if (o->tls_cert && s->address.path)
		return gv_err(
		    GV_EUSAGE, "a socket of this host does not use TLS");
	if (o->tls_cert &&
	    s->http.is_feature_supported(MHD_FEATURE_TLS) != MHD_YES)
		return gv_err(GV_EREFUSED,
		    "libmicrohttpd was built without TLS here; listen on "
		    "127.0.0.1 behind a proxy that speaks it");
	if (!s->address.is_local && o->credentials == NULL)
		return gv_err(GV_EREFUSED,
		    "%s is reachable by others, so credentials are needed; "
		    "name a file with them, or listen on 127.0.0.1, [::1] or "
		    "unix:PATH",
		    o->listen);
	if (!s->address.is_local && o->tls_cert == NULL)
		return gv_err(GV_EREFUSED,
		    "%s is reachable by others, and states and passwords would "
		    "be sent in plaintext; name a certificate and its key, or "
		    "listen on 127.0.0.1 behind a proxy with TLS",
		    o->listen);
	return 0;
}

static int
read_certificate(struct gv_secret *out, const char *path)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_file_read(&text, AT_FDCWD, path, (size_t)1 << 20);

	if (r == 0)
		r = gv_secret_add(out, text.p, text.len + 1);
	gv_buf_release(&text);
	return r;
}

static int
load(struct gv_serve *s)
{
	const struct gv_serve_opts *o = &s->opts;
	int r;

	if ((r = gv_serve_address_parse(&s->address, o->listen)) < 0 ||
	    (r = gv_serve_library_load(&s->http)) < 0 || (r = check(s)) < 0)
		return r;
	if (o->credentials &&
	    (r = gv_serve_access_load(&s->access, o->credentials)) < 0)
		return r;
	if (o->tls_cert && (r = read_certificate(&s->cert, o->tls_cert)) < 0)
		return r;
	if (o->tls_key)
		return gv_serve_access_read(&s->key, o->tls_key);
	return 0;
}

/* A zero byte would end the name in front of it: what is asked for is then
 * something else. In its place comes a byte that no name has. */
static size_t
unescape(void *cls, struct MHD_Connection *connection, char *text)
{
	const struct gv_serve *s = cls;
	const size_t n = s->http.unescape(text);
	size_t i;

	(void)connection;
	for (i = 0; i < n; i++)
		if (text[i] == '\0')
			text[i] = '\1';
	return n;
}

static int
start(struct gv_serve *s)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD |
	    MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL | MHD_USE_ITC;
	struct MHD_OptionItem items[10] = {
		{ MHD_OPTION_LISTEN_SOCKET, s->fd, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, GV_SERVE_CLIENTS, NULL },
		{ MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)gv_serve_http_done,
		    s },
		{ MHD_OPTION_NOTIFY_CONNECTION,
		    (intptr_t)gv_serve_client_notify, s },
		{ MHD_OPTION_UNESCAPE_CALLBACK, (intptr_t)unescape, s },
	};
	size_t n = 6;

	if (s->key.len) {
		flags |= MHD_USE_TLS;
		items[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_CERT,
			0, s->cert.p };
		items[n++] = (struct MHD_OptionItem){ MHD_OPTION_HTTPS_MEM_KEY,
			0, s->key.p };
		items[n++] =
		    (struct MHD_OptionItem){ MHD_OPTION_HTTPS_PRIORITIES, 0,
			    (char *)PRIORITIES };
	}
	items[n] = (struct MHD_OptionItem){ MHD_OPTION_END, 0, NULL };
	s->daemon = s->http.start_daemon(flags, 0, NULL, NULL,
	    gv_serve_http_request, s, MHD_OPTION_ARRAY, items, MHD_OPTION_END);
	return s->daemon
	    ? 0
	    : gv_err(GV_ERROR, "libmicrohttpd cannot begin%s",
		  s->key.len ? ": check that the certificate and its key are "
			       "complete, in PEM, and belong together"
			     : "");
}

/* A sentence of a thread behind requests, among the lines of the log. */
static void
note(void *ctx, const char *sentence)
{
	struct gv_serve *s = ctx;

	if (s->opts.on_note == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	s->opts.on_note(s->opts.ctx, sentence);
	pthread_mutex_unlock(&s->lock);
}

static int
open_parts(
    struct gv_serve *s, struct gv_repo *repo, const struct gv_safe_opts *safe)
{
	const struct gv_serve_opts *o = &s->opts;
	int r = gv_serve_tally_init(&s->tally, &s->access);

	if (r == 0 && o->parts & GV_SERVE_STATES)
		r = gv_serve_backend_open(&s->backend, repo, safe, o->remote);
	if (r < 0 || !(o->parts & GV_SERVE_CONFIGS))
		return r;
	r = gv_serve_watch_open(&s->watch, o, safe,
	    gv_serve_access_has(&s->access, GV_SERVE_MAY_SECRETS));
	if (r == GV_ENOTFOUND && o->may_lack_config) {
		note(s, "no configuration is served: there are no layers");
		return 0;
	}
	if (r < 0)
		return r;
	s->watch->note = note;
	s->watch->note_ctx = s;
	return 0;
}

int
gv_serve_open(struct gv_serve **out, struct gv_repo *repo,
    const struct gv_safe_opts *safe, const struct gv_serve_opts *opts)
{
	struct gv_serve *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return gv_err_nomem();
	s->opts = *opts;
	s->url = s->drills.text = (struct gv_buf)GV_BUF_INIT;
	s->vault.metrics = s->vault.page = (struct gv_buf)GV_BUF_INIT;
	s->fd = -1;
	s->room = gv_serve_client_room(s);
	s->backend.repo = repo;
	pthread_mutex_init(&s->backend_lock, NULL);
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->drills.lock, NULL);
	pthread_mutex_init(&s->vault.lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	if ((r = load(s)) == 0 && (r = open_parts(s, repo, safe)) == 0 &&
	    (r = gv_serve_address_open(&s->fd, &s->address)) == 0) {
		gv_serve_address_format(&s->url, &s->address, s->key.len > 0);
		r = gv_buf_check(&s->url);
	}
	if (r == 0)
		*out = s;
	else
		gv_serve_close(s);
	return r;
}

const char *
gv_serve_url(const struct gv_serve *serve)
{
	return serve->url.p;
}

bool
gv_serve_is_open(const struct gv_serve *serve)
{
	return serve->access.n == 0 && serve->address.path == NULL;
}

const struct gv_safe *
gv_serve_safe(const struct gv_serve *serve)
{
	return serve->backend.safe;
}

static bool
is_idle(struct gv_serve *s)
{
	bool idle;

	pthread_mutex_lock(&s->lock);
	idle = s->busy == 0;
	pthread_mutex_unlock(&s->lock);
	return idle;
}

/* Who is slow is cut off here as well, so it comes to an end. */
static void
stop(struct gv_serve *s)
{
	atomic_store(&s->is_stopping, true);
	if (s->watch)
		gv_serve_watch_end(s->watch);
	(void)s->http.quiesce_daemon(s->daemon);
	gv_serve_address_remove(&s->address);
	while (!is_idle(s)) {
		gv_clock_sleep(PATIENCE / 10);
		gv_serve_client_sweep(s);
	}
	s->http.stop_daemon(s->daemon);
	s->daemon = NULL;
	gv_serve_fold_end(s);
}

static void
rest(struct gv_serve *s)
{
	if (pthread_mutex_trylock(&s->backend_lock))
		return;
	gv_serve_backend_rest(&s->backend);
	pthread_mutex_unlock(&s->backend_lock);
}

static bool
has_states(const struct gv_serve *s)
{
	return s->opts.parts & GV_SERVE_STATES;
}

/* Once an hour, and at the end. */
static void
tell_reads(struct gv_serve *s, bool all)
{
	if (s->watch && gv_serve_tally_tell(&s->tally, s->watch, all) < 0)
		note(s, gv_err_message());
}

int
gv_serve_run(struct gv_serve *serve)
{
	int r;

	gv_cancel_hold();
	if ((r = start(serve)) < 0 ||
	    (serve->watch && (r = gv_serve_watch_start(serve->watch)) < 0))
		return r;
	if (has_states(serve))
		gv_serve_fold_begin(serve);
	while (!gv_cancel_wait(PATIENCE)) {
		gv_serve_client_sweep(serve);
		if (has_states(serve)) {
			gv_serve_fold_tend(serve);
			rest(serve);
		}
		tell_reads(serve, false);
	}
	stop(serve);
	tell_reads(serve, true);
	return 0;
}

void
gv_serve_close(struct gv_serve *serve)
{
	if (serve == NULL)
		return;
	if (serve->fd >= 0)
		gv_serve_address_remove(&serve->address);
	gv_file_close(serve->fd);
	gv_serve_watch_close(serve->watch);
	gv_serve_tally_release(&serve->tally);
	gv_serve_backend_close(&serve->backend);
	gv_serve_access_release(&serve->access);
	gv_secret_release(&serve->cert);
	gv_secret_release(&serve->key);
	gv_secret_release(&serve->spare);
	gv_buf_release(&serve->url);
	pthread_mutex_destroy(&serve->backend_lock);
	pthread_mutex_destroy(&serve->lock);
	pthread_mutex_destroy(&serve->drills.lock);
	gv_buf_release(&serve->drills.text);
	gv_serve_vault_release(&serve->vault);
	pthread_cond_destroy(&serve->changed);
	free(serve);
}
