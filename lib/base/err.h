#ifndef GV_ERR_H
#define GV_ERR_H
/*
 * The error object: a code that travels as a return value, and one sentence
 * for a person, set where the fault is first seen. For faults only; a finding
 * or a difference is a result. The sentence is kept per thread.
 *
 *	if (fd < 0)
 *		return gv_err_sys("cannot open %s", path);
 *	...
 *	if (r < 0)
 *		return gv_err_in(r, "snapshot %s", id);
 */

enum gv_err {
	GV_OK = 0,
	GV_ERROR = -1,     /* anything that has no code of its own */
	GV_ENOTFOUND = -2, /* what was asked for does not exist */
	GV_EEXISTS = -3,   /* it exists already, or changed underneath us */
	GV_ELOCKED = -4,   /* someone else holds it */
	GV_ECORRUPT = -5,  /* stored bytes are not what they must be */
	GV_EREFUSED = -6,  /* we will not do that, or not here */
	GV_ENOKEY = -7,    /* no key at hand opens it */
	GV_ECANCELED = -8, /* interrupted by the user */
	GV_ENOMEM = -9,    /* out of memory, or of files to be open */
	GV_EUSAGE = -10,   /* the caller's words are off */
};

/* The name of a code for programs: "not_found", "usage"; "error" for what has
 * no name of its own. */
const char *gv_err_name(int code);

/* Set this thread's message and return `code`, so that it reads
 * `return gv_err(GV_ECORRUPT, …)`. Lower case, no full stop: what failed,
 * on which object, why, what to do next. Never a secret's value. */
int
gv_err(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As gv_err() with GV_ERROR (GV_ENOTFOUND for ENOENT; GV_ENOMEM for ENOMEM,
 * EMFILE and ENFILE: what is wrong is nothing that was read) and ": "
 * strerror(errno) behind the message. */
int gv_err_sys(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Put "context: " before this thread's message; returns `code` unchanged.
 * For a name that the layer below did not know. */
int
gv_err_in(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Set the out-of-memory message; returns GV_ENOMEM. */
int gv_err_nomem(void);

/* This thread's message, "" if none was set. Valid until the next call of
 * this module in this thread. */
const char *gv_err_message(void);

/* Replace this thread's message (to carry one from another thread); NULL
 * clears it. */
void gv_err_set_message(const char *msg);

/* Set this thread's message aside and put it back, around what must not hide
 * it. The second frees what the first returned (NULL without memory). */
char *gv_err_save(void);
void gv_err_restore(char *saved);

/* Ends what gv_err_save() began, after work that may have failed: restores the
 * message unless `code` is a failure, whose own message stays. Returns `code`.
 */
int gv_err_settle(int code, char *saved);

#ifdef __clang_analyzer__
/* The analyzer reads one file at a time, so it has to be told that these give
 * their code back; it took a failure for a possible success otherwise. */
#define gv_err(code, ...)    (gv_err(code, __VA_ARGS__), (code))
#define gv_err_in(code, ...) (gv_err_in(code, __VA_ARGS__), (code))
#define gv_err_sys(...)      (gv_err_sys(__VA_ARGS__), GV_ERROR)
#define gv_err_nomem()       (gv_err_nomem(), GV_ENOMEM)
#endif

#endif
