#ifndef GV_NOTIFY_SEND_H
#define GV_NOTIFY_SEND_H
/*
 * Sends notifications: what runs and the vault's health give, to the targets of
 * the user's own configuration, never to addresses that a repository brings. A
 * redirection is not followed. What cannot be sent is reported and fails
 * nothing.
 *
 *	r = gv_notify_open(&send, repo);
 *	gv_notify_began(send, &run);
 *	gv_notify_ended(send, &run);
 *	r = gv_notify_close(send, now);
 */

#include <stdint.h>

struct gv_job_run;
struct gv_notify_send;
struct gv_repo;

/* Begin: read the targets. `warn` takes a sentence of each that is wrong or did
 * not answer. 0; GV_ERROR where the configuration cannot be read; GV_ENOMEM. */
int gv_notify_open(struct gv_notify_send **out, struct gv_repo *repo,
    void (*warn)(void *ctx, const char *sentence), void *ctx);

/* A run begins, has ended: ping. */
void gv_notify_began(struct gv_notify_send *send, const struct gv_job_run *run);
void gv_notify_ended(struct gv_notify_send *send, const struct gv_job_run *run);

/* Look how the vault is, and report what has changed of that and of the runs
 * that have ended. */
void gv_notify_report(struct gv_notify_send *send, int64_t now);

/* NULL-safe. */
void gv_notify_close(struct gv_notify_send *send);

#endif
