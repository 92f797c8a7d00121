#include "git-vault/good/rollback.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/good/rollback_ready.h"
#include "record/undo.h"
#include "repo/repo.h"
#include "snapshot/snapshot.h"

int
gv_rollback_take_safety(
    struct gv_rollback_run *w, char id[GV_RECORD_ID_LEN + 1])
{
	/* one of its own, also where nothing changed since the last: its id is
	 * that of the rollback */
	struct gv_snapshot_opts take = { .trigger = GV_RECORD_SAFETY,
		.message = "before a rollback",
		.force = true,
		.on_begin = gv_progress_on_begin,
		.on_size = gv_progress_on_size,
		.on_add = gv_progress_on_add,
		.ctx = w->ctx->progress };
	struct gv_snapshot s;
	int r = gv_snapshot_take(&s, w->ctx->repo, &take);

	if (r < 0)
		return r;
	memcpy(id, s.id, GV_RECORD_ID_LEN + 1);
	gv_snapshot_release(&s);
	return gv_undo_save(w->ctx->repo,
	    &(struct gv_undo){
		.what = GV_UNDO_ROLLBACK, .time = w->ctx->now, .id = id });
}

static int
write_note(struct gv_rollback_run *w)
{
	struct gv_rollback_note note = { .env = w->env,
		.record = w->good.n,
		.n_states = w->n_stacks,
		.reason = w->reason };
	struct gv_rollback_state *states =
	    calloc(w->n_stacks + 1, sizeof(*states));
	size_t i;
	int r;

	if (states == NULL)
		return gv_err_nomem();
	for (i = 0; i < w->n_stacks; i++)
		states[i] = (struct gv_rollback_state){ w->stacks[i].to.stack,
			w->stacks[i].from.commit };
	note.states = states;
	note.good = w->good.tag;
	/* half of an environment is of no record */
	note.is_whole = w->undone.id[0]
	    ? w->undone.is_whole
	    : w->files && !w->leaves && (w->states || w->good.n_states == 0);
	/* nor is what could not go back */
	note.is_part = w->done.skipped > 0 || w->n_elsewhere > 0;
	note.is_whole = note.is_whole && !note.is_part;
	if (w->files)
		memcpy(note.snapshot, w->rec.id, sizeof(note.snapshot));
	memcpy(note.undoes, w->undone.id, sizeof(note.undoes));
	note.scope = w->is_narrow ? gv_rollback_scope_word(w->classes) : NULL;
	r = w->is_narrow
	    ? gv_rollback_paths_save(&w->paths, gv_rollback_dir(w->job))
	    : 0;
	if (r == 0)
		r = gv_rollback_write(w->job, &note);
	free(states);
	return r;
}

/* What was applied since the last snapshot came into a version with the safety
 * snapshot: that is where the states are. */
static int
look_again(struct gv_rollback_run *w)
{
	struct gv_track_version now;
	bool is_moved = false;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < w->n_stacks; i++) {
		struct gv_rollback_stack *s = &w->stacks[i];
		const struct gv_track_of of = { w->env, s->to.stack };

		r = gv_track_resolve(&now, w->ctx->repo, &of, "latest");
		if (r < 0)
			return gv_err_in(r, "state %s/%s", w->env, s->to.stack);
		is_moved |= !gv_oid_equal(&now.commit, &s->from.commit);
		gv_track_version_release(&s->from);
		s->from = now;
		s->is_same = gv_oid_equal(&now.commit, &s->to.commit);
	}
	return is_moved && w->safe == NULL
	    ? gv_identity_opt_open(&w->safe, w->ctx, &w->o->identities)
	    : 0;
}

static int
make_ready(struct gv_rollback_run *w)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < w->n_stacks; i++)
		if (!w->stacks[i].is_same)
			r = gv_rollback_ready(w, &w->stacks[i]);
	return r < 0 ? r : write_note(w);
}

/* Before anything is touched: what stands is kept, and all that could fail for
 * want of a key or room is done. */
static int
prepare(void *run, char id[GV_RECORD_ID_LEN + 1], const struct gv_oid *unless)
{
	struct gv_rollback_run *w = run;
	int r = gv_rollback_take_safety(w, id);

	(void)unless;

	if (r < 0)
		return r;
	if ((r = gv_rollback_begin(w->job, id)) == 0 &&
	    (r = look_again(w)) == 0)
		r = make_ready(w);
	if (r < 0)
		w->failed = strdup(gv_err_message());
	else
		memcpy(w->id, id, GV_RECORD_ID_LEN + 1);
	return r;
}

/* What stays as it is is named, with the reason. */
static void
tell_left(void *ctx, const struct gv_restore_change *c)
{
	gv_rollback_out_left(ctx, c, "did not go back");
}

static int
run_files(struct gv_rollback_run *w)
{
	struct gv_restore_opts opts;
	int r;

	gv_rollback_restore_opts(&opts, w);
	opts.take_safety = prepare;
	opts.safety_ctx = w;
	opts.after = &gv_rollback_after;
	opts.each = tell_left;
	opts.each_ctx = w;
	r = gv_restore_run(&w->done, w->ctx->repo, &w->rec, &opts);
	if (r < 0 && w->failed)
		gv_err_set_message(w->failed);
	return r;
}

int
gv_rollback_carry_out(struct gv_rollback_run *w)
{
	char id[GV_RECORD_ID_LEN + 1];
	int r = gv_rollback_open(&w->job, w->ctx->repo);

	if (r == 0 && w->files)
		r = run_files(w);
	if (r == 0 && !w->id[0])
		r = prepare(w, id, NULL);
	if (r == 0 && w->done.skipped)
		r = write_note(w);
	if (r == 0)
		r = gv_rollback_played(w->ctx->repo, w->id, NULL);
	if (r == 0 &&
	    gv_rollback_end(w->job, w->safe, w->ctx->now, &w->record) < 0)
		gv_out_warn(w->ctx->out, "the rollback is done, but %s",
		    gv_err_message());
	gv_rollback_close(w->job);
	w->job = NULL;
	return r;
}
