#ifndef GV_PROC_H
#define GV_PROC_H
/*
 * Another program, mostly git: started, fed, read to the end, waited for.
 * Its standard input is /dev/null unless bytes are given; both of its outputs
 * are collected.
 *
 *	const char *argv[] = { "git", "rev-parse", "HEAD", NULL };
 *	struct gv_proc p = GV_PROC_INIT;
 *	r = gv_proc_start(&p, &(struct gv_proc_opts){ .argv = argv });
 *	r = gv_proc_finish(&p);		p.out, p.err, p.status
 *	gv_proc_release(&p);
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct gv_proc;
struct gv_proc_beside;

struct gv_proc_opts {
	const char *const *argv; /* NULL-terminated; [0] is sought in PATH */
	const char *cwd;         /* directory to run in, or NULL */
	const char *const *env;  /* NULL-terminated "NAME=value" to add, or
				    NULL; "NAME" alone takes one away */
	const void *in;          /* bytes for its standard input */
	size_t in_len;
	int timeout_ms; /* it is ended when it has run this long; 0: never */
	int idle_ms;    /* the same when it read and wrote nothing this long */
	size_t most;    /* bytes that it may write: more is an error, and of
			   standard error the rest is passed over; 0: any */
	/* In a session of its own, without a terminal, so that neither it nor
	 * what it starts asks anybody; what ends it ends those, too. A
	 * terminal's signal does not reach it, so it is ended where we are to
	 * stop. */
	bool is_apart;
	/* It writes many MiB: its pipe holds more, and more is read at once. */
	bool is_stream;
	/* Called each time it has written something, and once more at its end;
	 * takes what it wants out of p->out and p->err. NULL: all is kept. */
	void (*told)(void *ctx, struct gv_proc *p);
	/* Gives its standard input, in place of `in`: sets *data to bytes that
	 * stay until the next call, and returns their number; 0 at the end;
	 * negative to give up, which gv_proc_finish() returns. */
	int64_t (*give)(void *ctx, const void **data);
	void *ctx;
	/* what is answered meanwhile; NULL: nothing */
	const struct gv_proc_beside *beside;
	/* It puts right what was begun, so the user's wish to stop does not end
	 * it: a second signal does. */
	bool is_needed;
};

/* A descriptor, and what to do, by the thread that waits for the program, each
 * time it can be read. */
struct gv_proc_beside {
	int fd;
	void (*ready)(void *ctx);
	void *ctx;
};

struct gv_proc {
	pid_t pid;
	int in_fd, out_fd, err_fd;
	const char *in;
	size_t in_len;
	struct gv_buf out; /* what it wrote */
	struct gv_buf err; /* the same of standard error */
	int status;        /* exit status, or 128 + the signal's number */
	int signal;        /* that ended it; 0: it exited */
	int64_t until;     /* ms of a clock that only goes on; 0: no end */
	int idle_ms;       /* private: by which that moves */
	int64_t look;      /* when it is next asked whether it has ended */
	bool is_asked;     /* its input stays open: gv_proc_ask() */
	bool is_apart;     /* it leads a group of its own */
	bool is_needed;    /* private, as in the options */
	bool is_stream;    /* the same */
	bool is_left;    /* it has ended, and what it started went on and could
			  write; of which nothing else is read */
	bool is_late;    /* it took longer than it may */
	bool is_large;   /* it wrote more than it may */
	size_t most;     /* private */
	bool is_refused; /* told() sets it: nothing more is read of it, and
			    gv_proc_finish() fails without a message */
	void (*told)(void *ctx, struct gv_proc *p); /* private, as ctx */
	int64_t (*give)(void *ctx, const void **data);
	void *ctx;
	const struct gv_proc_beside *beside; /* the same */
};

#define GV_PROC_INIT                                                           \
	{                                                                      \
		.in_fd = -1, .out_fd = -1, .err_fd = -1, .out = GV_BUF_INIT,   \
		.err = GV_BUF_INIT                                             \
	}

/* For a git whose long list is read to its end: it need not write each line by
 * itself (git(1), GIT_FLUSH). */
extern const char *const gv_proc_listing[];

/* A pipe that programs which are started do not get. 0, or -1 with errno. */
int gv_proc_pipe(int fds[2]);

/* Start it; the input must stay until gv_proc_finish(). 0, or GV_ENOTFOUND
 * where there is no such program, or GV_ERROR. */
int gv_proc_start(struct gv_proc *p, const struct gv_proc_opts *opts);

/* Feed and read it to the end and wait, also where it has closed both outputs
 * before, and no longer than that where something that it started has them. 0
 * whatever its exit status; GV_ECANCELED where we are to stop, and a signal
 * ended it, too, or it is apart; GV_ERROR where it could not be read or waited
 * for, took longer than it may or wrote more: it is ended by gv_proc_release()
 * then. */
int gv_proc_finish(struct gv_proc *p);

/* Ask one that answers line by line and goes on, and was started with `in` set
 * (to "", say): feed it these bytes, and read until all that it has written to
 * them ends with `end`. 1; 0 where it has closed its output before that, and
 * gv_proc_finish() tells more; GV_ERROR, GV_ENOMEM. p->out and p->err hold what
 * it wrote since. */
int gv_proc_ask(struct gv_proc *p, const void *in, size_t len, const char *end);

/* Talk to one that answers in bytes and goes on, and was started with `in` set:
 * feed it `len` bytes, and read until p->out has `want` bytes, of which the
 * caller takes what it has understood. 1; 0 where it has closed its output
 * before; GV_ERROR, also after `ms` (0: never); GV_ECANCELED, GV_ENOMEM. */
int gv_proc_talk(
    struct gv_proc *p, const void *in, size_t len, size_t want, int ms);

/* Why it failed: the first line of its standard error, where the rest is cut
 * off, or that it said nothing. Never empty; borrowed. */
const char *gv_proc_why(struct gv_proc *p);

/* Start and finish. */
int gv_proc_run(struct gv_proc *p, const struct gv_proc_opts *opts);

/* Whether no process of this machine has that id, whoever's. */
bool gv_proc_is_gone(long pid);

/* Close and free; a process still running is asked to end, and ended where it
 * does not within a second. */
void gv_proc_release(struct gv_proc *p);

#endif
