#ifndef PROJECT_ALL_H
#define PROJECT_ALL_H
/*
 * A command in all projects at once (`git vault -A COMMAND`), a process each;
 * and one in a project that is named (`git vault --project NAME COMMAND`).
 *
 *	r = gv_project_all_run(ctx, &words);
 */

#include <stdbool.h>

#include <stddef.h>

struct gv_buf;
struct gv_cmd;
struct gv_ctx;
struct gv_json;
struct gv_registered;

struct gv_project_all_words {
	int argc; /* the command, its options and arguments */
	char *const *argv;
	bool json;                       /* print JSON lines */
	bool json_first, quiet, is_long; /* these options stood before it */
	int verbose;
	/* 1 is the answer "no", and counts only if all say so */
	bool is_search;
	const char *only; /* the name of the one project to run it in; NULL */
	/* the projects that this one was rewritten from, instead of all */
	const struct gv_registered *const *line;
	size_t n_line;
	struct gv_json *into; /* elements of this list instead of lines */
	/* Whether the command need not be run in the folder of a project, since
	 * it would find nothing there: 1, with what it would print appended to
	 * `out`; 0; a failure. From any thread. NULL: it has to be run. */
	int (*glance)(void *ctx, struct gv_buf *out, const char *path);
	void *ctx; /* of that */
};

/* Run it in each, and print in the registry's order, or of a search as they
 * end: what fits a line behind
 * the project's name, else below it. The worst exit code, 0 to 255; 3 at least
 * where a project is missing; a negative failure. */
int gv_project_all_run(
    struct gv_ctx *ctx, const struct gv_project_all_words *words);

/* Whether a command has an option for all projects itself, which means the same
 * before and behind its name. It is set in `values` (may be NULL). */
bool gv_project_all_own(const struct gv_cmd *cmd, void *values);

/* Go to the project of that name, or to a part of it ("shop/apps/web"), as if
 * started there. 0; GV_ENOTFOUND;
 * GV_EUSAGE; GV_ERROR; GV_ENOMEM. */
int gv_project_all_enter(const char *name);

#endif
