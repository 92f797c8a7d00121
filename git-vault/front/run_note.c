#include "git-vault/front/run_note.h"

#include <fcntl.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "job/job_child.h"
#include "job/job_report.h"
#include "job/job_state.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "sys/clock.h"
#include "sys/env.h"
#include "sys/file.h"
#include "sys/self.h"

/* Looking at a repository without a vault makes no folder in it. */
static bool
has_vault(const struct gv_ctx *ctx)
{
	struct gv_buf path = GV_BUF_INIT;
	bool is;

	gv_buf_addf(&path, "%s/vault", ctx->repo->common_dir);
	is = gv_buf_check(&path) == 0 && gv_file_is_dir(AT_FDCWD, path.p);
	gv_buf_release(&path);
	return is;
}

void
gv_run_note_begin(
    struct gv_run_note *note, struct gv_ctx *ctx, const char *verb)
{
	const char *runs = ctx->cmd->runs;
	char *saved;

	ctx->note = note;
	if (runs == NULL || ctx->repo == NULL ||
	    (*runs && strcmp(runs, verb) != 0) ||
	    gv_env_get(GV_JOB_CHILD_RUN) || !has_vault(ctx))
		return;
	saved = gv_err_save();
	note->run = (struct gv_job_run){ .what = ctx->cmd->name,
		.begun = gv_clock_now().tv_sec,
		.attempts = 1 };
	note->is_on = gv_job_id(note->run.id, note->run.begun) == 0 &&
	    gv_job_running_begin(
		&note->at, ctx->repo, &note->run, gv_self_pid(), false) == 0;
	gv_err_restore(saved);
}

static int
note_state(void *ctx, struct gv_job_state *state)
{
	return gv_job_state_note(state, ctx, 0);
}

/* What cannot be written down is lost, and nothing else. */
static void
report(struct gv_run_note *note, struct gv_ctx *ctx, int exit, const char *why)
{
	struct gv_job_run *run = &note->run;

	run->ended = gv_clock_now().tv_sec;
	run->exit = exit;
	run->status = gv_job_status_of(exit);
	run->is_canceled = exit == 130;
	if (run->status != GV_JOB_SUCCESS)
		run->reason = why && *why ? why
		    : exit == 3           ? "it was done in part"
					  : "it failed";
	if (gv_job_report_hide(run, &note->arena, ctx->repo) == 0)
		(void)gv_job_report_write(ctx->repo, run);
	(void)gv_job_state_change(ctx->repo, note_state, run);
}

void
gv_run_note_end(struct gv_run_note *note, struct gv_ctx *ctx, int exit)
{
	char *saved = gv_err_save();

	if (note->is_on && note->counts && gv_job_state_exists(ctx->repo))
		report(note, ctx, exit, exit > 3 ? saved : NULL);
	gv_job_running_end(&note->at);
	gv_arena_release(&note->arena);
	gv_err_restore(saved);
}

static int
nothing(void *ctx, struct gv_job_state *state)
{
	(void)ctx;
	(void)state;
	return 0;
}

int
gv_run_note_start(struct gv_ctx *ctx)
{
	if (!has_vault(ctx) || gv_job_state_exists(ctx->repo))
		return 0;
	return gv_job_state_change(ctx->repo, nothing, NULL);
}

void
gv_run_note_counts(struct gv_ctx *ctx)
{
	if (ctx->note)
		ctx->note->counts = true;
}

void
gv_run_note_made(struct gv_ctx *ctx, const char *prefix, const char *id,
    const struct gv_oid *oid)
{
	struct gv_run_note *note = ctx->note;
	char hex[GV_OID_HEX + 1];
	struct gv_buf ref = GV_BUF_INIT;

	if (note == NULL || !note->is_on)
		return;
	gv_oid_format(hex, oid);
	gv_buf_addf(&ref, "%s%s", prefix, id);
	if (gv_buf_check(&ref) == 0)
		note->run.location =
		    gv_arena_copy(&note->arena, ref.p, ref.len);
	note->run.checksum = gv_arena_copy(&note->arena, hex, strlen(hex));
	gv_buf_release(&ref);
}

void
gv_run_note_size(struct gv_ctx *ctx, uint64_t bytes, uint64_t stored)
{
	if (ctx->note == NULL)
		return;
	ctx->note->run.bytes = bytes;
	ctx->note->run.stored = stored;
	ctx->note->run.has_size = true;
}
