#ifndef GV_SERVE_HTTP_H
#define GV_SERVE_HTTP_H
/*
 * The server, as shared by its parts that know libmicrohttpd: serve_run.c
 * starts and stops it, serve_http.c reads and answers requests, serve_client.c
 * limits slow clients and memory. Include it nowhere else.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "base/buf.h"
#include "serve/serve.h"
#include "serve/serve_backend.h"
#include "serve/serve_config.h"
#include "serve/serve_library.h"
#include "serve/serve_tally.h"

/* How many may be connected at a time, and how many places of these are kept
 * for who comes: it may be one that may ask. */
#define GV_SERVE_CLIENTS  128u
#define GV_SERVE_RESERVED 32u
/* How many may wait for a change: the others are for who asks. */
#define GV_SERVE_POLLS (GV_SERVE_CLIENTS - GV_SERVE_RESERVED)

/* A client, from its coming to its going. */
struct gv_serve_client {
	struct gv_serve_client *next, **at;
	int fd;
	long long until; /* by then it is to have done its part; 0: it waits
			    for us */
	bool is_known;   /* a request of it was let in */
	bool is_ended;   /* it was told to go */
};

/* What is folded in the background. */
struct gv_serve_fold {
	bool is_busy; /* somebody looks, or it is at work */
	pid_t pid;    /* 0: it is not */
};

/* What /metrics says of recovery drills. */
struct gv_serve_drills {
	pthread_mutex_t lock;
	int64_t looked; /* when; 0: not yet */
	bool is_unread; /* then: `text` is of a time before, or not all */
	struct gv_buf text;
};

/* How the vault is, as it was last collected. */
struct gv_serve_vault {
	pthread_mutex_t lock;
	struct gv_repo *repo; /* its own; NULL: not opened yet */
	int64_t looked;       /* when it was last tried; 0: not yet … */
	bool is_up;           /* … and whether that could be done */
	int64_t collected;    /* when it could last be done; 0: never */
	uint64_t failures;    /* how often it could not be */
	struct gv_buf metrics, page;
};

struct gv_serve {
	struct gv_serve_opts opts;
	struct gv_serve_library http;
	struct gv_serve_address address;
	struct gv_serve_access access;
	struct gv_secret cert, key;
	struct gv_buf url;
	struct MHD_Daemon *daemon;
	int fd;
	pthread_mutex_t backend_lock; /* of the backend */
	struct gv_serve_backend backend;
	struct gv_serve_watch *watch; /* NULL: no configuration is served */
	struct gv_serve_tally tally;
	pthread_mutex_t lock; /* of what follows, and of telling */
	pthread_cond_t changed;
	struct gv_serve_client *clients; /* the youngest first */
	unsigned n_clients;
	uint64_t room;          /* bytes of states that may still be held */
	struct gv_secret spare; /* what a body was in; empty */
	unsigned busy;          /* requests that have begun */
	struct gv_serve_fold fold;
	struct gv_serve_drills drills;
	struct gv_serve_vault vault;
	atomic_bool is_stopping;
};

/* ---- serve_client.c ---- */

/* MHD_OPTION_NOTIFY_CONNECTION; `cls` is the server. */
void gv_serve_client_notify(void *cls, struct MHD_Connection *connection,
    void **context, enum MHD_ConnectionNotificationCode code);

/* The deadline for its part, counted from that tick of the clock: the time that
 * it may make us wait, and the time that this many bytes may take. */
void gv_serve_client_hurry(struct gv_serve *s, struct gv_serve_client *c,
    long long since, uint64_t bytes);

/* What takes long now is ours. */
void gv_serve_client_wait(struct gv_serve *s, struct gv_serve_client *c);

/* It is one of those that may ask: it keeps its place when there are too many.
 */
void gv_serve_client_know(struct gv_serve *s, struct gv_serve_client *c);

/* Whether it has closed its end. */
bool gv_serve_client_is_gone(const struct gv_serve_client *c);

/* Cut off who is too slow. */
void gv_serve_client_sweep(struct gv_serve *s);

/* All bytes of states that may be held at a time. */
uint64_t gv_serve_client_room(const struct gv_serve *s);

/* Wait until this many bytes may be held, and take them. A request takes what
 * it needs at once and waits for nothing while it has some, so none waits for
 * another one in a ring. How many it has: what is larger than all has all. */
uint64_t gv_serve_client_take(struct gv_serve *s, uint64_t bytes);
void gv_serve_client_give(struct gv_serve *s, uint64_t bytes);

/* ---- serve_drills.c ---- */

/* Append which drills are overdue, and when one passed. From any thread. */
void gv_serve_drills_add(struct gv_buf *out, struct gv_serve *s);

/* ---- serve_vault.c ---- */

/* Append how the vault is, for Prometheus; answer with it as a page. From any
 * thread. */
void gv_serve_vault_metrics(struct gv_buf *out, struct gv_serve *s);
void gv_serve_vault_page(struct gv_serve_page *page, struct gv_serve *s);

void gv_serve_vault_release(struct gv_serve_vault *vault);

/* ---- serve_fold.c ---- */

/* Start the folding of packs. Each request leaves a pack, and a server runs for
 * long. So now and then a process of its own folds them, as after a command
 * (fold/fold.h). */
void gv_serve_fold_begin(struct gv_serve *s);

/* Behind a request, in its thread: start it where there are too many. */
void gv_serve_fold_look(struct gv_serve *s);

/* Now and then: see whether it has ended, and to what nobody else looks. Waits
 * for nothing. */
void gv_serve_fold_tend(struct gv_serve *s);

/* End it. No request is under way any more. */
void gv_serve_fold_end(struct gv_serve *s);

/* ---- serve_http.c ---- */

#define GV_SERVE_WHY 300

/* A request. */
struct gv_serve_exchange {
	struct gv_serve *serve;
	struct gv_serve_client *client;
	char *method, *path;
	char *host; /* in front of the path; NULL: the header "Host" counts */
	long long began;
	long long since;   /* ticks, that its body may come */
	uint64_t came;     /* bytes of it */
	uint64_t limit;    /* bytes of its body */
	uint64_t room;     /* that were taken for it */
	bool is_decided;   /* the answer is there, the body is not wanted */
	bool is_misframed; /* nobody knows where it ends */
	struct gv_serve_route route;
	struct gv_serve_call call; /* for a state, and for refusals */
	/* for all that is only read */
	struct gv_serve_ask ask;
	struct gv_serve_page page;
	struct gv_serve_visitor visitor;
	struct gv_buf scope; /* environments that it may hear of */
	char why[GV_SERVE_WHY];
};

/* A header, or an argument of the query, of a request; NULL: it has none. */
const char *gv_serve_http_header(const struct gv_serve_exchange *x,
    struct MHD_Connection *connection, const char *name);
const char *gv_serve_http_argument(const struct gv_serve_exchange *x,
    struct MHD_Connection *connection, const char *name);

/* Whether a page in somebody's browser asks, which comes with "Origin", or
 * names another host. Then the refusal is said. */
bool gv_serve_http_is_page(
    struct gv_serve_exchange *x, struct MHD_Connection *connection);

/* MHD_AccessHandlerCallback, and MHD_OPTION_NOTIFY_COMPLETED; `cls` is the
 * server. */
enum MHD_Result gv_serve_http_request(void *cls,
    struct MHD_Connection *connection, const char *url, const char *method,
    const char *version, const char *data, size_t *len, void **context);
void gv_serve_http_done(void *cls, struct MHD_Connection *connection,
    void **context, enum MHD_RequestTerminationCode code);

/* ---- serve_read.c ---- */

/* Who asks for what is only read, and what. 0, or the answer is said. */
int gv_serve_read_understand(
    struct gv_serve_exchange *x, struct MHD_Connection *connection);

/* Answer it, in x->page; may wait. */
void gv_serve_read_act(struct gv_serve_exchange *x);

/* Send the page. */
enum MHD_Result gv_serve_read_reply(
    struct gv_serve_exchange *x, struct MHD_Connection *connection);

#endif
