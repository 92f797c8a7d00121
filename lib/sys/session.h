#ifndef GV_SESSION_H
#define GV_SESSION_H
/*
 * Sessions of programs that may outlive the process that started them, as /proc
 * of Linux or ps(1) tells of them. A session is known by more than its number,
 * so one that got the same number later is never meant.
 *
 *	gv_session_of(&s, p.pid);		of one that is_apart
 *	if (gv_session_find(&s))		perhaps by another process
 *		gv_session_end(&s, 10000);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GV_SESSION_HOST 96

struct gv_session {
	long id;                    /* the process that leads it, or led it */
	unsigned long long start;   /* of that, for gv_session_is() alone */
	char host[GV_SESSION_HOST]; /* this boot, and its space of processes;
				       without /proc the name of the host */
};

/* The session that a process leads, which may be over already if nobody has
 * waited for it yet. 0; GV_ENOTFOUND where the system says nothing of it. */
int gv_session_of(struct gv_session *out, long pid);

/* The same of one process, whoever leads its session; to be signalled by
 * gv_session_signal() alone. */
int gv_session_of_process(struct gv_session *out, long pid);

/* Whether both are the same one. */
bool gv_session_is(const struct gv_session *a, const struct gv_session *b);

/* Ask that one process to end. 1; 0 where it is over, or was on another boot or
 * machine; -1 with errno set where it cannot be asked. */
int gv_session_signal(const struct gv_session *s);

/* The same, and then ask all that it has started, and what these have: it waits
 * for them, as a terminal's signal would reach them, too. */
int gv_session_signal_below(const struct gv_session *s);

/* A process of it that is not over; 0: none, or it was on another boot. */
long gv_session_find(const struct gv_session *s);

/* Ask all its processes to end, and kill what is left after `grace_ms`. Whether
 * none is left: those of others are not ours to end. */
bool gv_session_end(const struct gv_session *s, int grace_ms);

/* Milliseconds since it began. */
int64_t gv_session_age(const struct gv_session *s);

/* Call each() for each session whose leader is at work and was started with
 * this variable, NAME=VALUE; `env` has all its variables, a NUL behind each. 0,
 * or what each() returned if that was not 0. None is seen but on Linux. */
int gv_session_each(const char *variable,
    int (*each)(
	void *ctx, const struct gv_session *s, const char *env, size_t len),
    void *ctx);

#endif
