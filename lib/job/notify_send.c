#include "job/notify_send.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sha.h"
#include "job/job_list.h"
#include "job/notify.h"
#include "job/notify_ask.h"
#include "job/notify_health.h"
#include "job/notify_secret.h"
#include "net/http.h"
#include "project/registry.h"
#include "repo/config.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/proc.h"
#include "sys/program.h"

#define TIMEOUT_MS 10000
#define TRIES      3
#define PAUSE_MS   500 /* before the second try; twice that before the third */
#define ANSWER     ((size_t)64 * 1024)
#define KEY        ((size_t)4096)

struct gv_notify_send {
	struct gv_repo *repo;
	struct gv_notify_opts opts;
	struct gv_notify_secret *secret;
	struct gv_config config;
	struct gv_notify_targets targets;
	struct gv_notify_health health; /* and the runs that have ended */
	char *repository;
};

/* ---- one try ------------------------------------------------------------- */

static int
post(const char *url, const struct gv_buf *body, const char *type,
    const char *signature)
{
	const struct gv_http_field fields[] = { { "Content-Type", type },
		{ "X-Vault-Signature", signature } };
	const struct gv_http_opts opts = { .connect_ms = TIMEOUT_MS,
		.answer_ms = TIMEOUT_MS,
		.max_body = ANSWER };
	const struct gv_http_request request = { .method = "POST",
		.url = url,
		.fields = fields,
		.n = signature ? 2 : 1,
		.body = body->p,
		.len = body->len };
	struct gv_http_reply reply = GV_HTTP_REPLY_INIT;
	struct gv_http *http = NULL;
	struct gv_buf host = GV_BUF_INIT;
	int r = gv_http_host(&host, url);

	/* the usual sentence has all of the address */
	if (r == GV_EREFUSED)
		r = gv_err(r,
		    "its address must begin with https://, or with http:// of "
		    "this host");
	gv_buf_release(&host);
	if (r == 0)
		r = gv_http_new(&http, &opts);
	if (r == 0 && (r = gv_http_send(&reply, http, &request)) == 0)
		r = reply.status;
	gv_http_reply_release(&reply);
	gv_http_free(http);
	return r;
}

/* 0 where it was taken; 1 where another try may help; negative else. */
static int
judge(int status)
{
	if (status < 0)
		return status == GV_ERROR ? 1 : status;
	if (status >= 200 && status < 300)
		return 0;
	if (status >= 300 && status < 400)
		return gv_err(GV_EREFUSED,
		    "it redirects to another address (%d), which is not "
		    "followed",
		    status);
	(void)gv_err(GV_ERROR, "it answered %d", status);
	return status == 429 || status >= 500 ? 1 : GV_ERROR;
}

static int
find_sendmail(struct gv_buf *out, const struct gv_repo *repo)
{
	static const char *const usual[] = { "/usr/sbin/sendmail",
		"/usr/lib/sendmail" };
	const char *const shut[] = { repo->worktree };
	size_t i;

	if (gv_program_find(out, "sendmail", shut, repo->worktree != NULL) == 0)
		return 0;
	for (i = 0; i < 2; i++)
		if (gv_file_is_regular(AT_FDCWD, usual[i])) {
			gv_buf_addstr(out, usual[i]);
			return gv_buf_check(out);
		}
	return gv_err(GV_EREFUSED, "there is no sendmail here");
}

static int
mail(const struct gv_repo *repo, const struct gv_buf *body)
{
	struct gv_proc p = GV_PROC_INIT;
	struct gv_buf path = GV_BUF_INIT;
	int r = find_sendmail(&path, repo);
	const char *const argv[] = { path.p, "-t", "-i", NULL };

	if (r == 0)
		r = gv_proc_run(&p,
		    &(struct gv_proc_opts){ .argv = argv,
			.in = body->p,
			.in_len = body->len,
			.timeout_ms = TIMEOUT_MS,
			.most = ANSWER,
			.is_apart = true });
	if (r == 0 && p.status)
		r = gv_err(GV_ERROR, "sendmail ended with %d", p.status);
	gv_proc_release(&p);
	gv_buf_release(&path);
	return r == GV_ERROR ? 1 : r;
}

/* ---- one target ---------------------------------------------------------- */

/* The file's first line is the key. */
static int
read_key(struct gv_secret *out, const struct gv_notify_target *t)
{
	struct gv_buf path = GV_BUF_INIT, key = GV_BUF_WIPED_INIT;
	int r = gv_env_expand(&path, t->key_file);

	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_file_read(&key, AT_FDCWD, path.p, KEY);
	if (r == GV_ENOTFOUND)
		r = gv_err(GV_EREFUSED, "its key file is missing");
	while (r == 0 && key.len && strchr("\r\n", key.p[key.len - 1]))
		gv_buf_truncate(&key, key.len - 1);
	if (r == 0 && key.len == 0)
		r = gv_err(GV_EREFUSED, "its key file is empty");
	if (r == 0)
		r = gv_secret_add(out, key.p, key.len);
	gv_buf_release(&path);
	gv_buf_release(&key);
	return r;
}

static int
sign(struct gv_buf *out, const struct gv_notify_send *s,
    const struct gv_notify_target *t, const struct gv_buf *body)
{
	unsigned char sum[GV_SHA_BYTES];
	char hex[2 * GV_SHA_BYTES + 1];
	struct gv_secret key = GV_SECRET_INIT;
	int r = t->key_secret
	    ? gv_notify_secret_get(&key, s->secret, t->key_secret)
	    : read_key(&key, t);

	if (r == 0) {
		gv_sha_hmac(sum, key.p, key.len, body->p, body->len);
		gv_enc_hex(hex, sum, sizeof(sum));
		gv_buf_addf(out, "sha256=%s", hex);
		r = gv_buf_check(out);
	}
	gv_secret_release(&key);
	return r;
}

static void
warn(const struct gv_notify_send *s, const struct gv_notify_target *t,
    const char *why)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_buf_addf(&text, "the notification target '%s' got nothing: %s",
	    t->name, why);
	if (gv_buf_check(&text) == 0)
		s->opts.warn(s->opts.ctx, text.p);
	gv_buf_release(&text);
}

static int
try_once(const struct gv_notify_send *s, const struct gv_notify_target *t,
    const char *url, const struct gv_buf *body, const char *signature)
{
	const char *type =
	    t->way == GV_NOTIFY_PING ? "text/plain" : "application/json";
	int status;

	if (t->way == GV_NOTIFY_MAIL)
		return mail(s->repo, body);
	status = post(url, body, type, signature);
	/* what failed there names the host */
	if (status < 0 && status != GV_ENOMEM && t->url_secret)
		status = gv_err(status,
		    "the address in its secret cannot be reached, or does "
		    "not begin with https://");
	return judge(status);
}

/* In at most three tries. An address may have a token in it, so no message has
 * more than its host. */
static void
send_to(const struct gv_notify_send *s, const struct gv_notify_target *t,
    const char *url, const struct gv_buf *body)
{
	struct gv_buf signature = GV_BUF_INIT;
	int i, r = 1;

	if ((t->key_file || t->key_secret) && t->way == GV_NOTIFY_WEBHOOK &&
	    (r = sign(&signature, s, t, body)) == 0)
		r = 1;
	for (i = 0; r == 1 && i < TRIES; i++) {
		if (i)
			gv_clock_sleep(PAUSE_MS << (i - 1));
		r = try_once(
		    s, t, url, body, signature.len ? signature.p : NULL);
	}
	if (r)
		warn(s, t, gv_err_message());
	gv_buf_release(&signature);
}

/* Its address; an encrypted one is in `hold`. False, and a sentence, where it
 * cannot be had. */
static bool
find_url(const char **url, struct gv_secret *hold,
    const struct gv_notify_send *s, const struct gv_notify_target *t)
{
	int r = 0;

	*url = t->url;
	if (t->url_secret == NULL)
		return true;
	if ((r = gv_notify_secret_get(hold, s->secret, t->url_secret)) == 0)
		r = gv_secret_add(hold, "", 1);
	if (r < 0)
		warn(s, t, gv_err_message());
	*url = (const char *)hold->p;
	return r == 0;
}

static void
ping_one(const struct gv_notify_send *s, const struct gv_notify_target *t,
    const struct gv_job_run *run, bool ended, const struct gv_buf *body)
{
	struct gv_secret hold = GV_SECRET_INIT;
	struct gv_buf url = GV_BUF_WIPED_INIT;
	const char *base;

	if (find_url(&base, &hold, s, t) &&
	    gv_notify_ping(&url, base, run, ended) == 0)
		send_to(s, t, url.p, body);
	gv_buf_release(&url);
	gv_secret_release(&hold);
}

/* Another job of the target whose last run was no success; NULL: none. */
static const struct gv_job_listed *
find_bad(const struct gv_job_list *jobs, const struct gv_notify_target *t,
    const struct gv_job_run *but)
{
	size_t i;

	for (i = 0; i < jobs->n; i++) {
		const struct gv_job_listed *job = &jobs->items[i];
		const struct gv_job_run run = { .job = job->name,
			.env = job->env };

		if (job->last && job->last->status != GV_JOB_SUCCESS &&
		    (but->job == NULL || strcmp(job->name, but->job) != 0) &&
		    gv_notify_wants_ping(t, &run))
			return job;
	}
	return NULL;
}

/* A service knows of a target and not of jobs: what succeeds must not hide that
 * another one failed. */
static void
ping_target(const struct gv_notify_send *s, const struct gv_notify_target *t,
    const struct gv_job_run *run, bool ended, const struct gv_job_list *jobs)
{
	struct gv_job_run told = *run;
	struct gv_buf body = GV_BUF_INIT;
	const struct gv_job_listed *bad = NULL;

	if (ended && run->status == GV_JOB_SUCCESS)
		bad = find_bad(jobs, t, run);
	if (bad) {
		told.status = GV_JOB_FAILED;
		told.exit = 1;
	}
	gv_buf_addf(&body, "%s: %s%s%s\n", run->job, run->what,
	    ended ? " " : " begins", ended ? gv_job_statuses[run->status] : "");
	if (bad)
		gv_buf_addf(&body, "%s: %s %s\n", bad->name, bad->what,
		    gv_job_statuses[bad->last->status]);
	if (gv_buf_check(&body) == 0)
		ping_one(s, t, &told, ended, &body);
	gv_buf_release(&body);
}

static void
ping(const struct gv_notify_send *s, const struct gv_job_run *run, bool ended)
{
	struct gv_job_list jobs;
	size_t i;

	memset(&jobs, 0, sizeof(jobs));
	for (i = 0; i < s->targets.n; i++) {
		const struct gv_notify_target *t = &s->targets.items[i];

		if (!gv_notify_wants_ping(t, run))
			continue;
		if (ended && jobs.n == 0) {
			gv_job_list_release(&jobs);
			if (gv_job_list_load(
				&jobs, s->repo, run->ended, gv_clock_zone) < 0)
				jobs.n = 0;
		}
		ping_target(s, t, run, ended, &jobs);
	}
	gv_job_list_release(&jobs);
}

/* ---- all ----------------------------------------------------------------- */

int
gv_notify_open(struct gv_notify_send **out, struct gv_repo *repo,
    const struct gv_notify_opts *opts)
{
	struct gv_notify_send *s = calloc(1, sizeof(*s));
	size_t i;
	int r;

	*out = NULL;
	if (s == NULL)
		return gv_err_nomem();
	s->repo = repo;
	s->opts = *opts;
	s->secret = calloc(1, sizeof(*s->secret));
	s->repository =
	    strdup(repo->worktree ? repo->worktree : repo->common_dir);
	if (s->secret)
		*s->secret = (struct gv_notify_secret){ .repo = repo,
			.keys = opts->keys };
	if (s->repository == NULL || s->secret == NULL)
		r = gv_err_nomem();
	else if ((r = gv_registry_config(&s->config)) == 0)
		r = gv_notify_read(&s->targets, &s->config);
	for (i = 0; r == 0 && i < s->targets.n; i++)
		if (s->targets.items[i].wrong)
			warn(
			    s, &s->targets.items[i], s->targets.items[i].wrong);
	if (r < 0)
		gv_notify_close(s);
	else
		*out = s;
	return r;
}

void
gv_notify_began(struct gv_notify_send *s, const struct gv_job_run *run)
{
	ping(s, run, false);
}

void
gv_notify_ended(struct gv_notify_send *s, const struct gv_job_run *run)
{
	ping(s, run, true);
	(void)gv_notify_health_run(&s->health, run);
}

struct deciding {
	struct gv_notify_send *send;
	struct gv_notify_news *news;
	size_t n;
	int64_t now;
	bool is_whole; /* the look saw everything */
};

static int
decide(void *ctx, struct gv_job_state *state)
{
	struct deciding *d = ctx;
	struct gv_notify_health *h = &d->send->health;
	int r;

	gv_notify_forget_past(state, d->now);
	r = d->is_whole ? gv_notify_health_ended(h, state) : 0;
	if (r < 0 || h->n == 0)
		return r;
	if ((d->news = calloc(h->n, sizeof(*d->news))) == NULL)
		return gv_err_nomem();
	return gv_notify_decide(d->news, &d->n, state, h->items, h->n, d->now);
}

static void
tell(const struct gv_notify_send *s, const struct gv_notify_news *news,
    int64_t now)
{
	struct gv_buf body = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < s->targets.n; i++) {
		const struct gv_notify_target *t = &s->targets.items[i];
		struct gv_secret hold = GV_SECRET_INIT;
		const char *url;

		gv_buf_reset(&body);
		if (gv_notify_wants(t, news->about) &&
		    gv_notify_body(&body, t, news, s->repository, now) == 0 &&
		    find_url(&url, &hold, s, t))
			send_to(s, t, url, &body);
		gv_secret_release(&hold);
	}
	gv_buf_release(&body);
}

/* Whether all that can be found was looked for. */
static bool
look(struct gv_notify_send *s, int64_t now)
{
	const struct gv_notify_ask ask = {
		.self = s->opts.self, .now = now, .targets = &s->targets
	};
	bool is_whole = gv_notify_health_look(&s->health, s->repo, now) == 0;

	if (!is_whole)
		s->opts.warn(s->opts.ctx, gv_err_message());
	if (gv_notify_ask(&s->health, s->repo, &ask) < 0)
		s->opts.warn(s->opts.ctx, gv_err_message());
	return is_whole;
}

void
gv_notify_report(struct gv_notify_send *s, int64_t now)
{
	struct deciding d = { .send = s, .now = now };
	size_t i;

	if (s->targets.n == 0)
		return;
	/* what is known is reported, also where a look failed, or where it
	 * cannot be noted that it was */
	d.is_whole = look(s, now);
	if (gv_job_state_change(s->repo, decide, &d) < 0)
		s->opts.warn(s->opts.ctx, gv_err_message());
	for (i = 0; i < d.n; i++)
		tell(s, &d.news[i], now);
	free(d.news);
}

void
gv_notify_close(struct gv_notify_send *s)
{
	if (s == NULL)
		return;
	gv_notify_release(&s->targets);
	gv_notify_health_release(&s->health);
	gv_config_release(&s->config);
	if (s->secret)
		gv_notify_secret_close(s->secret);
	free(s->secret);
	free(s->repository);
	free(s);
}
