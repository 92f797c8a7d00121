#ifndef GV_CREW_H
#define GV_CREW_H
/*
 * The same program in many repositories at once, a process each: one that
 * crashes, hangs or floods does no harm to the others. They get no terminal and
 * no input, and none of the variables that name a repository.
 *
 *	r = gv_crew_run(&(struct gv_crew_opts){ .n = n, .argv = words,
 *	    .done = print, .ctx = &all });
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct gv_proc_beside;

/* What is kept of each output. */
#define GV_CREW_OUTPUT ((size_t)16 * 1024 * 1024)

#define GV_CREW_ENV 16

struct gv_crew_result {
	int status;        /* of the process; -1: it could not be run */
	struct gv_buf out; /* what it wrote, */
	struct gv_buf err; /* and why not, if it could not be run */
	bool is_cut;       /* it wrote more */
	size_t most;       /* private */
};

struct gv_crew_opts {
	size_t n;
	/* The words of the i-th, NULL-terminated, [0] a program; to stay until
	 * the end. */
	const char *const *(*argv)(void *ctx, size_t i);
	/* The folder of the i-th, absolute: no repository above it is taken for
	 * one that is not there. */
	const char *(*dir)(void *ctx, size_t i);
	/* Take a result, in the order of the numbers, as soon as all before it
	 * are done; from any thread, one at a time. A negative value ends all
	 * that is not begun. */
	int (*done)(void *ctx, size_t i, struct gv_crew_result *result);
	/* Called before the i-th is run, from any thread, several at a time:
	 * 1 where no process is needed, and done() gets a result without output
	 * and the status 0; 0; a failure ends all that is not begun. NULL. */
	int (*before)(void *ctx, size_t i);
	void *ctx;
	bool as_they_end; /* results are taken in this order instead */
	int jobs;         /* at a time; 0: as many as there are processors */
	int timeout_ms;   /* of each; 0: none */
	size_t most;      /* bytes kept of each output; 0: GV_CREW_OUTPUT */
	/* "NAME=value" for each, NULL behind the last, at most GV_CREW_ENV;
	 * NULL */
	const char *const *env;
	/* what is answered while the first of them runs (proc.h); NULL */
	const struct gv_proc_beside *beside;
};

/* Run them, several at a time: `jobs`, or as many as there are processors, and
 * two at least. 0; the failure of before() or done(); GV_ECANCELED; GV_ENOMEM.
 */
int gv_crew_run(const struct gv_crew_opts *opts);

struct gv_proc;
struct gv_proc_opts;

/* Run git in the repository of a folder, absolute, as the programs above are
 * run: none of this process's variables names another one, and no repository
 * above the folder is taken for it. The vault of a working copy of another tool
 * is found. Nobody is asked, and nothing is fetched that is missing in a
 * partial clone. cwd, env and is_apart of the options do not count. As
 * gv_proc_run(); GV_EREFUSED where such a vault belongs to another user. */
int gv_crew_git(
    struct gv_proc *p, const char *dir, const struct gv_proc_opts *opts);

/* Go to another folder: take the variables that name a repository from this
 * process, and let it find none above the folder. 0; GV_ENOTFOUND; GV_ERROR;
 * GV_ENOMEM. */
int gv_crew_enter(const char *dir);

#endif
