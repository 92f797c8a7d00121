#ifndef RECOVER_AS_H
#define RECOVER_AS_H
/*
 * A recovery of one environment as another: which file goes where, what is in
 * the way, who would read more, and which lines still name the first one. Found
 * by the restore that the plan will run, as a dry run.
 *
 *	r = gv_recover_as_look(&as, &ask);
 *	r = gv_recover_as_check(&as);
 *	gv_recover_as_release(&as);
 */

#include <stdbool.h>
#include <stddef.h>

#include "format/answer.h"
#include "infra/sister.h"

struct gv_ctx;
struct gv_plan_facts;
struct gv_record;

struct gv_recover_as_ask {
	struct gv_ctx *ctx;
	const struct gv_record *rec;
	const struct gv_plan_facts *facts; /* with `as` */
};

/* A line of a file that names the environment, and stays as it is. */
struct gv_recover_as_line {
	const char *path; /* where the file goes */
	size_t line;
};

struct gv_recover_as {
	struct gv_recover_as_ask ask;
	struct gv_answer answer;
	size_t created, replaced, crossed;
	const char *first_replaced, *first_crossed, *reader;
	const char *unknown; /* a file that is of no such environment … */
	struct gv_buf scope; /* … and whose secrets are of this scope */
	struct gv_sister_move move;
	struct gv_recover_as_line *lines;
	size_t n_lines, cap_lines;
	size_t n_unread;          /* files that were not searched … */
	const char *first_unread; /* … encrypted as a whole, or large */
	bool is_open;
};

/* Find out. 0; GV_EREFUSED with what the restore says against it; GV_ERROR;
 * GV_ENOMEM. To be released in any case; zeroed ok. */
int gv_recover_as_look(
    struct gv_recover_as *as, const struct gv_recover_as_ask *ask);
void gv_recover_as_release(struct gv_recover_as *as);

/* Print what goes where: all files with `all`, else how many. */
void gv_recover_as_out(const struct gv_recover_as *as, bool all);
/* The same as members of the object that is open. */
void gv_recover_as_json(const struct gv_recover_as *as);

/* Refuse to replace files, and to show secrets to more people, that was not
 * asked for. 0 or GV_EREFUSED. */
int gv_recover_as_check(const struct gv_recover_as *as);

#endif
