#ifndef RUN_NOTE_H
#define RUN_NOTE_H
/*
 * Runs begun by hand, as jobs see them: while one is at work, `schedule list`
 * shows it and `schedule cancel` stops it; where something has been scheduled
 * in the repository, it leaves a report.
 *
 *	gv_run_note_counts(ctx);
 *	gv_run_note_made(ctx, GV_REFS_SNAPSHOTS, id, &commit);
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "job/job_running.h"

struct gv_ctx;
struct gv_oid;

struct gv_run_note {
	struct gv_job_run run;
	struct gv_job_running at;
	struct gv_arena arena;
	bool is_on;  /* of a command that is to be shown */
	bool counts; /* it does its work, and is no dry run */
};

#define GV_RUN_NOTE_INIT                                                       \
	{                                                                      \
		.at = GV_JOB_RUNNING_INIT, .arena = GV_ARENA_INIT              \
	}

/* By the frame, around a command; `verb` is its first argument. Nothing of this
 * makes a command fail. */
void gv_run_note_begin(
    struct gv_run_note *note, struct gv_ctx *ctx, const char *verb);
void gv_run_note_end(struct gv_run_note *note, struct gv_ctx *ctx, int exit);

/* By the command: it does its work now. */
void gv_run_note_counts(struct gv_ctx *ctx);

/* From here on, runs begun by hand are counted in this repository, if it has a
 * vault. 0; as gv_job_state_change(). */
int gv_run_note_start(struct gv_ctx *ctx);

/* By the command: what it made, as a ref and its object; and how much it is,
 * and was added. */
void gv_run_note_made(struct gv_ctx *ctx, const char *prefix, const char *id,
    const struct gv_oid *oid);
void gv_run_note_size(struct gv_ctx *ctx, uint64_t bytes, uint64_t stored);

#endif
