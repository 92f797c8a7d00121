#include "git-vault/good/rollback_ready.h"

#include <fcntl.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/good/rollback.h"
#include "git-vault/state/state_version.h"
#include "state/track_binding.h"
#include "sys/file.h"
#include "sys/outfile.h"

/* In a folder of states: beside it stand the note and the paths of the rollback
 * (rollback_note.c, rollback_paths.c), and an environment may be called so. */
static int
choose_path(struct gv_rollback_run *w, struct gv_rollback_stack *s)
{
	struct gv_buf path = GV_BUF_INIT;
	int r;

	gv_buf_addf(&path, "%s/states/%s", gv_rollback_dir(w->job), w->env);
	if ((r = gv_buf_check(&path)) == 0)
		r = gv_file_mkdirs(AT_FDCWD, path.p, 0700);
	gv_buf_addf(&path, "/%s.%s", s->to.stack,
	    strcmp(s->to.tool, "terraform") == 0 ? "tfstate" : "state");
	if (r == 0)
		r = gv_buf_check(&path);
	s->path = r == 0 ? gv_buf_take(&path) : NULL;
	gv_buf_release(&path);
	return r;
}

static int
tell_audit(struct gv_rollback_run *w, const struct gv_rollback_stack *s)
{
	struct gv_audit_event event = { .what = "state-restore",
		.time = w->ctx->now,
		.ids = &s->to.digest,
		.n_ids = 1,
		.scopes = &w->env,
		.n_scopes = 1,
		.target = s->path,
		.reason = w->reason };

	return gv_audit_tell_given(
	    w->ctx->repo, w->safe, &event, "states are opened");
}

static int
copy(struct gv_rollback_run *w, struct gv_rollback_stack *s)
{
	struct gv_outfile to = { .path = s->path, .mode = 0600 };
	struct gv_track_reader *reader = NULL;
	struct gv_track_copy how = { .repo = w->ctx->repo,
		.safe = w->safe,
		.v = &s->to,
		.serial = s->has_serial ? &s->serial : NULL,
		.sink = gv_outfile_write,
		.ctx = &to };
	int r = gv_track_reader_new(&reader, w->ctx->repo, w->safe, &s->to);

	if (r == 0 && (r = gv_outfile_open(&to)) == 0)
		r = tell_audit(w, s);
	how.is_hidden = gv_outfile_is_hidden(&to);
	if (r == 0)
		r = gv_track_copy(reader, &how);
	r = gv_outfile_close(&to, r);
	gv_track_reader_free(reader);
	return r;
}

int
gv_rollback_ready(struct gv_rollback_run *w, struct gv_rollback_stack *s)
{
	const struct gv_track_of of = { w->env, s->to.stack };
	int r = gv_state_version_next_serial(&s->serial, w->ctx, &of);

	/* a version that its tool encrypted has none that we could change */
	s->has_serial = r == 0 && s->to.has_serial && !s->to.is_encrypted;
	if (r >= 0)
		r = choose_path(w, s);
	if (r == 0)
		r = copy(w, s);
	return r < 0 ? gv_err_in(r, "state %s/%s", w->env, s->to.stack) : 0;
}
