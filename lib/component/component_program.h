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
	/* the component whose dump is refused if it has a line that begins
	 * with a dot, which the program would run. NULL: no matter */
	const char *dots_of;
	/* private */
	int result;
	bool is_inside; /* the last byte given did not end a line */
	bool is_given;  /* the reader has no more */
	char *message;
};

/* Run it to its end. 0; GV_ENOTFOUND where there is no such program; GV_ERROR
 * with its exit status and its last words, without secrets, or that it took too
 * long and was ended; GV_ECANCELED; GV_EREFUSED for a dot; what take() or the
 * reader returned. */
int gv_component_program_run(struct gv_component_program *program);

#endif
