#ifndef GV_COMPONENT_PROGRAM_H
#define GV_COMPONENT_PROGRAM_H
/*
 * A program of a component: found outside of the working tree, where nobody who
 * can push could replace it, run with the credentials, fed and read as a
 * stream.
 *
 *	r = gv_component_program_run(&(struct gv_component_program){
 *	    .repo = repo, .argv = &recipe.dump, .env = secret.env,
 *	    .take = take, .ctx = ctx });
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "component/component_guard.h"

struct gv_component_argv;
struct gv_component_reader;
struct gv_repo;

struct gv_component_program {
	struct gv_repo *repo;
	const struct gv_component_argv *argv;
	const char *const *env;             /* NULL: none */
	const char *input;                  /* a text; NULL: none, or */
	struct gv_component_reader *reader; /* a dump; NULL */
	/* gets what it prints; 0, or negative, which ends it. NULL: nobody
	 * looks */
	int (*take)(void *ctx, const void *data, size_t len);
	void *ctx;
	int64_t timeout; /* seconds that it may take; 0: half a day */
	int lets;        /* a second exit status that is as good as 0 */
	bool is_needed;  /* also where the user wishes to stop */
	bool must_read;  /* that it ends before it has read all is a failure */
	/* what the dump must not have, the component that it is of, and the
	 * environment of that, or NULL */
	enum gv_component_guard_kind guards;
	const char *of, *env_of;
	/* private */
	int result;
	struct gv_component_guard guard;
	bool is_begun;        /* the reader was asked */
	bool is_given;        /* … and has no more */
	char restriction[80]; /* what is given before the dump; "" */
	const void *held;     /* the first of the dump, behind that; NULL */
	size_t held_len;
	char *message;
};

/* Run it to its end. 0; GV_ENOTFOUND where there is no such program; GV_ERROR
 * with its exit status and its last words, without secrets, or that it took too
 * long and was ended; GV_ECANCELED; GV_EREFUSED for what it must not be given;
 * what take() or the reader returned. */
int gv_component_program_run(struct gv_component_program *program);

#endif
