#ifndef GV_NOTIFY_SEND_H
#define GV_NOTIFY_SEND_H
/*
 * Sends notifications: what runs and the vault's health give, to the targets of
 * the user's own configuration, never to addresses that a repository brings. A
 * redirection is not followed. What cannot be sent is reported and fails
 * nothing.
 *
 *	r = gv_notify_open(&send, repo, &opts);
 *	gv_notify_began(send, &run);
 *	gv_notify_ended(send, &run);
 *	gv_notify_report(send, now);
 *	gv_notify_close(send);
 *
 * An address and a key may be encrypted secrets of the vault, which are opened
 * for each message and by nobody who would have to be asked without a terminal.
 * Of such an address no message has even the host.
 */

#include <stdint.h>

struct gv_job_run;
struct gv_notify_send;
struct gv_repo;
struct gv_safe_opts;

struct gv_notify_opts {
	/* takes a sentence of each target that is wrong or did not answer */
	void (*warn)(void *ctx, const char *sentence);
	void *ctx;
	/* how the safe is opened for a target that is an encrypted secret */
	const struct gv_safe_opts *keys;
	const char *self; /* this program, to ask its other commands */
};

/* Begin: read the targets. The options and what they point to must outlive it.
 * 0; GV_ERROR where the
 * configuration cannot be read; GV_ENOMEM. */
int gv_notify_open(struct gv_notify_send **out, struct gv_repo *repo,
    const struct gv_notify_opts *opts);

/* A run begins, has ended: ping. */
void gv_notify_began(struct gv_notify_send *send, const struct gv_job_run *run);
void gv_notify_ended(struct gv_notify_send *send, const struct gv_job_run *run);

/* Look how the vault is, and report what has changed of that and of the runs
 * that have ended. */
void gv_notify_report(struct gv_notify_send *send, int64_t now);

/* NULL-safe. */
void gv_notify_close(struct gv_notify_send *send);

#endif
