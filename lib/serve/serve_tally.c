#include "serve/serve_tally.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/err.h"
#include "repo/repo.h"
#include "sys/clock.h"

#define HOUR   3600
#define READ   "config-read"
#define REVEAL "config-reveal"

static int64_t
now(void)
{
	return (int64_t)gv_clock_now().tv_sec;
}

int
gv_serve_tally_init(
    struct gv_serve_tally *tally, const struct gv_serve_access *access)
{
	memset(tally, 0, sizeof(*tally));
	tally->access = access;
	tally->began = tally->since = now();
	tally->reads = calloc(access->n + 1, sizeof(*tally->reads));
	if (tally->reads == NULL)
		return gv_err_nomem();
	pthread_mutex_init(&tally->lock, NULL);
	return 0;
}

void
gv_serve_tally_release(struct gv_serve_tally *tally)
{
	if (tally == NULL || tally->reads == NULL)
		return;
	free(tally->reads);
	tally->reads = NULL;
	pthread_mutex_destroy(&tally->lock);
}

/* ---- requests ------------------------------------------------------------ */

void
gv_serve_tally_request(struct gv_serve_tally *tally, enum gv_serve_kind kind,
    unsigned status, long long ns)
{
	static const long long steps[GV_SERVE_STEPS] = { 100000, 250000,
		1000000, 2500000, 5000000, 25000000, 100000000, 1000000000,
		10000000000 };
	const unsigned class = status / 100;
	size_t i;

	atomic_fetch_add(
	    &tally->requests[kind][class < GV_SERVE_CLASSES ? class : 0], 1);
	if (ns < 0)
		return;
	for (i = 0; i < GV_SERVE_STEPS && ns > steps[i]; i++)
		;
	atomic_fetch_add(&tally->ns[kind], (unsigned long long)ns);
	atomic_fetch_add(&tally->steps[kind][i], 1);
}

/* ---- the audit chain ----------------------------------------------------- */

/* The watch's repository, which others use as well. */
static int
tell(struct gv_serve_watch *watch, const char *what, const char *env,
    const char *reason, bool is_done)
{
	struct gv_audit_event event = { .what = what,
		.time = now(),
		.scopes = &env,
		.n_scopes = env ? 1 : 0,
		.reason = reason };
	int r;

	pthread_mutex_lock(&watch->repo_lock);
	if ((r = gv_repo_look_again(watch->repo)) == 0)
		r = is_done
		    ? gv_audit_tell_done(watch->repo, watch->safe, &event)
		    : gv_audit_tell(watch->repo, watch->safe, &event);
	pthread_mutex_unlock(&watch->repo_lock);
	return r;
}

static const char *
user_of(const struct gv_serve_tally *tally, size_t i)
{
	return i < tally->access->n ? tally->access->entries[i].user
				    : "somebody on this host";
}

/* The environment of a line; NULL: all. */
static const char *
env_of(const struct gv_serve_tally *tally, size_t i)
{
	return i < tally->access->n &&
		strcmp(tally->access->entries[i].env, "*") != 0
	    ? tally->access->entries[i].env
	    : NULL;
}

/* Once an hour, before the first secret. */
static int
tell_secret(struct gv_serve_tally *tally, struct gv_serve_watch *watch,
    const struct gv_serve_visitor *visitor, struct gv_serve_reads *reads)
{
	const long long hour = now() / HOUR;
	struct gv_buf why = GV_BUF_INIT;
	int r = 0;

	if (atomic_load(&reads->told) == hour)
		return 0;
	pthread_mutex_lock(&tally->lock);
	if (atomic_load(&reads->told) != hour) {
		gv_buf_addf(&why,
		    "secrets of the configuration are read over HTTP by %s",
		    visitor->user);
		if ((r = gv_buf_check(&why)) == 0)
			r = tell(watch, REVEAL, env_of(tally, visitor->entry),
			    why.p, false);
		if (r == 0)
			atomic_store(&reads->told, hour);
	}
	pthread_mutex_unlock(&tally->lock);
	gv_buf_release(&why);
	return r;
}

int
gv_serve_tally_read(struct gv_serve_tally *tally, struct gv_serve_watch *watch,
    const struct gv_serve_visitor *visitor, bool secret)
{
	struct gv_serve_reads *reads = &tally->reads[visitor->entry];
	int r;

	if (secret && (r = tell_secret(tally, watch, visitor, reads)) < 0)
		return r;
	atomic_fetch_add(&reads->n, 1);
	if (secret)
		atomic_fetch_add(&reads->secret, 1);
	return 0;
}

/* What one line has read since the last time. */
static int
tell_reads(struct gv_serve_tally *tally, struct gv_serve_watch *watch, size_t i)
{
	struct gv_serve_reads *reads = &tally->reads[i];
	const unsigned long long n = atomic_exchange(&reads->n, 0);
	const unsigned long long secret = atomic_exchange(&reads->secret, 0);
	const int64_t minutes = (now() - tally->since + 59) / 60;
	struct gv_buf why = GV_BUF_INIT;
	int r;

	if (n == 0)
		return 0;
	gv_buf_addf(&why, "%llu read%s of the configuration over HTTP by %s", n,
	    n == 1 ? "" : "s", user_of(tally, i));
	if (secret)
		gv_buf_addf(&why, ", %llu with secrets", secret);
	gv_buf_addf(&why, ", in %" PRId64 " minute%s", minutes,
	    minutes == 1 ? "" : "s");
	if ((r = gv_buf_check(&why)) == 0)
		r = tell(watch, READ, env_of(tally, i), why.p, true);
	gv_buf_release(&why);
	if (r < 0) {
		atomic_fetch_add(&reads->n, n);
		atomic_fetch_add(&reads->secret, secret);
	}
	return r;
}

int
gv_serve_tally_tell(
    struct gv_serve_tally *tally, struct gv_serve_watch *watch, bool all)
{
	size_t i;
	int r, last = 0;

	if (!all && now() < tally->since + HOUR)
		return 0;
	pthread_mutex_lock(&tally->lock);
	for (i = 0; i <= tally->access->n; i++)
		if ((r = tell_reads(tally, watch, i)) < 0)
			last = r;
	tally->since = now();
	pthread_mutex_unlock(&tally->lock);
	return last;
}
