#ifndef GV_SANDBOX_H
#define GV_SANDBOX_H
/*
 * Programs that run code of a repository, such as validators, run in here: on a
 * copy of a tree, as an unprivileged user, with a home of its own, without the
 * files, keys, sockets and processes of this host, and without a network.
 *
 *	r = gv_sandbox_start(&box, &(struct gv_sandbox_opts){
 *	    .tree = "/srv/restored", .least = GV_SANDBOX_SPACES });
 *	r = gv_sandbox_run(&result, box, &(struct gv_sandbox_job){
 *	    .argv = argv, .cwd = "stacks/net", .timeout_ms = 60000 });
 *	gv_sandbox_result_release(&result);
 *	gv_sandbox_stop(box);
 *
 * What runs inside can use up what it is given (time, memory, space of its own
 * file system) and can lie about its result. It cannot reach anything else.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* How much is kept apart; each level has all of those below it. */
enum gv_sandbox_level {
	GV_SANDBOX_DIR = 1,  /* a copy, an environment and a process group of
				its own: keeps accidents apart, not attacks */
	GV_SANDBOX_LANDLOCK, /* Landlock: no file of others, no TCP, no signal
				to others; limits; no new privileges */
	GV_SANDBOX_SPACES,   /* namespaces: a root file system of its own, no
				other process, no network */
	GV_SANDBOX_FULL,     /* Landlock inside of that, and no namespaces
				inside */
};

#define GV_SANDBOX_FOLDER ".git-vault-folder"

struct gv_sandbox_opts {
	/* a directory that is copied into the work area, NULL: none. Regular
	 * files, directories and symbolic links; nothing set-id */
	const char *tree;
	/* a directory that is copied to GV_SANDBOX_FOLDER in it; or NULL */
	const char *folder;
	/* a directory for the copy where there are no namespaces: empty, and
	 * removed by the caller */
	const char *dir;
	/* absolute paths that can be read beside the system's own programs,
	 * NULL-terminated; or NULL */
	const char *const *binds;
	uint64_t space; /* bytes that may be written; 0: 1 GiB */
	/* GV_EREFUSED where less than that can be had; 0: GV_SANDBOX_DIR */
	enum gv_sandbox_level least;
	enum gv_sandbox_level most; /* 0: GV_SANDBOX_FULL */
	bool network;               /* the host's network can be used */
};

struct gv_sandbox_job {
	const char *const *argv; /* NULL-terminated; [0] is sought in PATH */
	const char *const *env;  /* "NAME=value" to add; or NULL */
	const char *cwd;         /* below the work area; NULL or "": its top */
	unsigned timeout_ms;     /* 0: five minutes */
	size_t most;             /* bytes of each output; 0: 1 MiB */
};

struct gv_sandbox_result {
	int status;        /* exit status, or 128 + the signal's number */
	bool is_missing;   /* there is no such program, or it cannot be run */
	bool is_timed_out; /* it took longer than it may */
	bool is_cut;       /* it wrote more than it may */
	uint64_t ms;       /* how long it took */
	struct gv_buf out, err;
};

#define GV_SANDBOX_RESULT_INIT                                                 \
	{                                                                      \
		.out = GV_BUF_INIT, .err = GV_BUF_INIT                         \
	}

struct gv_sandbox;

/* Append the path of a new empty directory for `dir`, in TMPDIR or /tmp, since
 * a private one could not be reached by the user of the sandbox. 0; GV_ERROR;
 * GV_ENOMEM. */
int gv_sandbox_make_dir(struct gv_buf *out);

/* Start one, with its copy of the tree. `self` is the path of this program,
 * which serves inside (gv_sandbox_serve()). 0, and the caller stops *out;
 * GV_EREFUSED where the level cannot be had, or the tree does not fit in the
 * space; GV_ECANCELED; GV_ERROR; GV_ENOMEM. */
int gv_sandbox_start(struct gv_sandbox **out, const char *self,
    const struct gv_sandbox_opts *opts);

/* Run a program and wait. What it started is ended as well. 0 whatever it
 * returns, with *out set, to be released by the caller; GV_ECANCELED;
 * GV_ERROR where the sandbox itself has ended. */
int gv_sandbox_run(struct gv_sandbox_result *out, struct gv_sandbox *box,
    const struct gv_sandbox_job *job);

void gv_sandbox_result_release(struct gv_sandbox_result *result);

/* What it is. */
enum gv_sandbox_level gv_sandbox_level(const struct gv_sandbox *box);
const char *gv_sandbox_level_name(enum gv_sandbox_level level);
/* Why the next level could not be had; "" for the highest. Borrowed. */
const char *gv_sandbox_why(const struct gv_sandbox *box);
/* The user that programs run as inside, as this host knows it. */
unsigned gv_sandbox_uid(const struct gv_sandbox *box);

/* End all that runs inside. NULL-safe. */
void gv_sandbox_stop(struct gv_sandbox *box);

/* The other side: what a new process of this program does that was started with
 * GV_SANDBOX_ARG alone. Reads requests from standard input until it ends. The
 * status to exit with. */
#define GV_SANDBOX_ARG "sandbox--serve"
int gv_sandbox_serve(void);

#endif
