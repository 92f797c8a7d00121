#ifndef GV_SERVE_TALLY_H
#define GV_SERVE_TALLY_H
/*
 * What is counted of requests: for /metrics, and how much of the configuration
 * each credential has read, which goes to the audit chain once an hour. Where a
 * credential sees secrets, the chain has it before the first of an hour.
 *
 *	gv_serve_tally_request(&tally, kind, status, ns);
 *	r = gv_serve_tally_read(&tally, watch, &visitor, true);
 */

#include <pthread.h>
#include <stdatomic.h>

#include "serve/serve_page.h"
#include "serve/serve_world.h"

#define GV_SERVE_CLASSES 6 /* of statuses, by hundreds */
#define GV_SERVE_STEPS   9 /* of times, and one above them */

/* The reads of one line of the credentials; or of anybody, where there are no
 * credentials. */
struct gv_serve_reads {
	atomic_ullong n, secret;
	atomic_llong told; /* the hour of which the chain knows that secrets are
			      read */
};

struct gv_serve_tally {
	const struct gv_serve_access *access;
	int64_t began;
	atomic_ullong requests[GV_SERVE_KINDS][GV_SERVE_CLASSES];
	atomic_ullong ns[GV_SERVE_KINDS];
	atomic_ullong steps[GV_SERVE_KINDS][GV_SERVE_STEPS + 1];
	atomic_uint polls;            /* that wait now */
	struct gv_serve_reads *reads; /* access->n of them, at least one */
	int64_t since;                /* of the counts of reads */
	pthread_mutex_t lock;         /* of telling */
};

/* 0 or GV_ENOMEM. `access` must outlive it. */
int gv_serve_tally_init(
    struct gv_serve_tally *tally, const struct gv_serve_access *access);

/* NULL-safe, zeroed ok. */
void gv_serve_tally_release(struct gv_serve_tally *tally);

/* A request was answered, in that time; negative: it waited for a change, and
 * its time says nothing. From any thread. */
void gv_serve_tally_request(struct gv_serve_tally *tally,
    enum gv_serve_kind kind, unsigned status, long long ns);

/* A visitor is going to be given configuration; `secret`: also veiled values.
 * 0; a failure to tell the chain of the latter, and then nothing is to be
 * given. From any thread. */
int
gv_serve_tally_read(struct gv_serve_tally *tally, struct gv_serve_watch *watch,
    const struct gv_serve_visitor *visitor, bool secret);

/* Tell the chain what was read, if an hour has passed, or (`all`) at once. What
 * cannot be told is counted on. 0 or a failure. */
int gv_serve_tally_tell(
    struct gv_serve_tally *tally, struct gv_serve_watch *watch, bool all);

/* ---- serve_health.c ------------------------------------------------------ */

/* What of a server the pages are about; `watch` NULL: no configuration. */
struct gv_serve_health {
	struct gv_serve_tally *tally;
	struct gv_serve_watch *watch;
	unsigned parts;
	unsigned clients;
	const struct gv_buf *scope; /* of who asks (serve_scope.h) */
};

/* Answer /health or /healthz: whether it answers at all. */
void gv_serve_health_alive(struct gv_serve_page *page,
    const struct gv_serve_health *health, bool is_json);

/* Answer /v1/health: what is served, how old it is, what fails. */
void gv_serve_health_answer(
    struct gv_serve_page *page, const struct gv_serve_health *health);

/* Answer /metrics, as Prometheus reads it. */
void gv_serve_health_metrics(
    struct gv_serve_page *page, const struct gv_serve_health *health);

/* Make what /metrics has answered OpenMetrics, where the client's header Accept
 * (NULL: none) wants that. */
void gv_serve_health_open(struct gv_serve_page *page, const char *accept);

#endif
