#ifndef GV_PLAN_JOURNAL_H
#define GV_PLAN_JOURNAL_H
/*
 * What a run of a plan has done, one line of JSON for each thing, as it
 * happens: the text of a file that is only ever appended to. A run that was
 * killed goes on from what its journal says, so what stands there is all that
 * counts: also when the next try is due, and the old value of what was
 * switched. Lines never hold a secret: who makes a record holds its texts
 * against the scanner.
 *
 *	r = gv_plan_record_format(&line, &record);
 *	r = gv_plan_record_parse(&record, line, len, &arena);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_arena;
struct gv_buf;

#define GV_PLAN_JOURNAL_FORMAT 1

enum gv_plan_what {
	GV_PLAN_BEGIN,    /* the run: plan, digest, environment, inputs */
	GV_PLAN_START,    /* a try of a step */
	GV_PLAN_END,      /* of that try: result, outputs */
	GV_PLAN_DUE,      /* the next try is not before `due` */
	GV_PLAN_SKIP,     /* a step is not run, and why */
	GV_PLAN_OLD,      /* the value that a switch is about to replace */
	GV_PLAN_BACK,     /* a step begins to be taken back */
	GV_PLAN_BACK_END, /* of that: result */
	GV_PLAN_DECIDE,   /* a person said what became of an interrupted try */
	GV_PLAN_ABORT,    /* a person ended the run */
	GV_PLAN_UNDO,     /* a person takes back what it did, when it is over */
	GV_PLAN_RESUME,   /* it goes on */
	GV_PLAN_FINISH,   /* nothing is left to do: result */
	GV_PLAN_RETRY,    /* it failed, and its failed steps are tried again */
	GV_PLAN_APPROVED, /* whose approvals the run has used: values */
	GV_PLAN_WHATS
};

enum gv_plan_result {
	GV_PLAN_NO_RESULT,
	GV_PLAN_PASSED,
	GV_PLAN_FAILED,
	GV_PLAN_TIMED_OUT,
	GV_PLAN_ABORTED,
	GV_PLAN_UNDONE, /* a run: all that could be is taken back */
	GV_PLAN_RESULTS
};

/* "passed", "failed", "timed_out", "aborted", "undone"; "" for none. */
const char *gv_plan_result_name(enum gv_plan_result result);

struct gv_plan_record {
	enum gv_plan_what what;
	int64_t at;       /* seconds since 1970 */
	const char *step; /* its id; NULL: of the run */
	unsigned attempt; /* 1 for the first; 0: none */
	enum gv_plan_result result;
	int status; /* of a command */
	int64_t ms;
	int64_t due;
	const char *detail; /* a sentence; or NULL */
	/* of the run: plan, digest, environment */
	const char *plan, *digest, *environment;
	/* names and values in turn, NULL-terminated: inputs, outputs; or NULL
	 */
	const char *const *values;
};

/* Append the line with its LF. 0; GV_ENOMEM. */
int
gv_plan_record_format(struct gv_buf *out, const struct gv_plan_record *record);

/* Read a line (without its LF); texts are of the arena. 0; GV_ECORRUPT;
 * GV_ENOMEM. */
int gv_plan_record_parse(struct gv_plan_record *out, const char *line,
    size_t len, struct gv_arena *arena);

#endif
