#ifndef GV_NOTIFY_H
#define GV_NOTIFY_H
/*
 * What is reported of runs and of the health of a vault, and how it is sent: a
 * ping of a service that misses it, a signed webhook, a line for a chat, a
 * mail. Only changes of a condition are reported, and once a day that it still
 * holds. Pure; notify_send.h sends.
 *
 *	r = gv_notify_read(&targets, &config);
 *	r = gv_notify_decide(&news, &state, conditions, n, now);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "job/job_state.h"

struct gv_buf;
struct gv_config;

enum gv_notify_way {
	GV_NOTIFY_PING,    /* of a run: begun, and how it ended */
	GV_NOTIFY_WEBHOOK, /* JSON, signed where there is a key */
	GV_NOTIFY_CHAT,    /* {"text": …} */
	GV_NOTIFY_MAIL,
	GV_NOTIFY_WAYS
};

/* "ping", "webhook", "chat", "mail"; NULL behind the last. */
extern const char *const gv_notify_ways[GV_NOTIFY_WAYS + 1];

/* What is reported; NULL behind the last. */
extern const char *const gv_notify_events[];

#define GV_NOTIFY_LIST 16 /* values of one key of a target */

struct gv_notify_target {
	const char *name;
	enum gv_notify_way way; /* GV_NOTIFY_WAYS: not said */
	const char *url;        /* or NULL */
	const char *to;         /* of mail; or NULL */
	const char *key_file;   /* that signs a webhook; or NULL */
	/* the same two as "SCOPE/ID" of encrypted secrets; or NULL */
	const char *url_secret, *key_secret;
	/* only these; none: all */
	const char *events[GV_NOTIFY_LIST];
	const char *envs[GV_NOTIFY_LIST];
	const char *jobs[GV_NOTIFY_LIST]; /* of ping */
	size_t n_events, n_envs, n_jobs;
	const char *wrong; /* why it is not used; NULL */
};

struct gv_notify_targets {
	struct gv_notify_target *items; /* in the order of the configuration */
	size_t n, cap;
	struct gv_arena arena;
};

/* Read vault.notify.NAME.* of a configuration, which must be the user's own and
 * live as long. 0 or GV_ENOMEM. To be released in any case. */
int
gv_notify_read(struct gv_notify_targets *out, const struct gv_config *config);
void gv_notify_release(struct gv_notify_targets *targets);

/* Something that does not hold. */
struct gv_notify_condition {
	const char *event;   /* of gv_notify_events */
	const char *subject; /* a word that tells it from others of the event */
	const char *env;     /* or NULL */
	const char *text;    /* the sentence */
	const char *command; /* that helps; or NULL */
	bool is_bad;         /* false: it holds (again) */
	bool is_narrow; /* a part of another condition, for targets that are
				limited to its environment alone */
	bool is_once;   /* it has happened: no reminder, and no end; its
				subject begins with "once:" */
};

enum gv_notify_change {
	GV_NOTIFY_BEGINS, /* it held before */
	GV_NOTIFY_LASTS,  /* the daily reminder */
	GV_NOTIFY_ENDS,
};

struct gv_notify_news {
	enum gv_notify_change change;
	const struct gv_notify_condition *about;
	int64_t since;
};

#define GV_NOTIFY_AGAIN ((int64_t)24 * 60 * 60)

/* What is to be reported of conditions, by what was: `out` has room for `n`;
 * *n_out are used. `state` is changed to what it is then. 0 or GV_ENOMEM. */
int gv_notify_decide(struct gv_notify_news *out, size_t *n_out,
    struct gv_job_state *state, const struct gv_notify_condition *conditions,
    size_t n, int64_t now);

#define GV_NOTIFY_ONCE ((int64_t)7 * 24 * 60 * 60) /* how long it is known */

/* Forget what has happened and was reported longer ago than that, and approvals
 * that nobody waits for any more: that these ended is no news. */
void gv_notify_forget_past(struct gv_job_state *state, int64_t now);

/* Whether some target that reports conditions has the event. */
bool
gv_notify_is_wanted(const struct gv_notify_targets *targets, const char *event);

/* The environments that such targets are limited to, each once, as many as
 * there is room for; how many. */
size_t gv_notify_limited(const char *out[GV_NOTIFY_LIST],
    const struct gv_notify_targets *targets, const char *event);

/* Whether a target is for this. */
bool gv_notify_wants(const struct gv_notify_target *target,
    const struct gv_notify_condition *condition);
bool gv_notify_wants_ping(
    const struct gv_notify_target *target, const struct gv_job_run *run);

/* Append the address of a ping, of a run that begins or, with `ended`, has
 * ended: /start, nothing, /fail or /STATUS, and the run's number as rid. 0 or
 * GV_ENOMEM. */
int gv_notify_ping(struct gv_buf *out, const char *url,
    const struct gv_job_run *run, bool ended);

/* Append what is sent: the body of a webhook or of a chat, or a mail with its
 * head. 0 or GV_ENOMEM. */
int gv_notify_body(struct gv_buf *out, const struct gv_notify_target *target,
    const struct gv_notify_news *news, const char *repository, int64_t now);

#endif
