#include "restore/restore_internal.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/workers.h"

struct rehearsal {
	struct gv_restore_run *run;
	const struct gv_restore_rehearsal *how;
	atomic_size_t next;
	char **reasons; /* by file */
};

/* What the plan skips is a fault here; what was never stored is not. */
static void
on_change(void *ctx, const struct gv_restore_change *c)
{
	const struct gv_restore_rehearsal *how = ctx;

	if (c->action == GV_RESTORE_SKIP)
		how->fault(how->ctx, c->path, c->len, c->reason);
}

static int
rehearse_one(struct rehearsal *x, size_t i)
{
	const struct gv_restore_file *f = &x->run->plan.files[i];
	int r;

	if (f->action != GV_RESTORE_CREATE)
		return 0;
	r = f->mode == GV_MODE_LINK
	    ? gv_restore_rehearse_link(x->run->odb, &f->oid)
	    : gv_restore_rehearse_file(x->run->odb, f);
	if (x->how->add)
		x->how->add(x->how->progress_ctx, 1, 0);
	if (r == GV_ENOTFOUND || (r == GV_ECORRUPT && !f->chunked))
		return 0;
	/* the objects of a file in chunks may all be whole, and not its own */
	if (r != GV_EREFUSED && r != GV_ECORRUPT)
		return r;
	x->reasons[i] = strdup(gv_err_message());
	return x->reasons[i] ? 0 : gv_err_nomem();
}

static int
rehearse_some(void *ctx, int worker)
{
	struct rehearsal *x = ctx;
	size_t i;
	int r = 0;

	(void)worker;
	while (r == 0) {
		i = atomic_fetch_add(&x->next, 1);
		if (i >= x->run->plan.n_files)
			break;
		r = gv_cancel_requested() ? gv_cancel_error()
					  : rehearse_one(x, i);
	}
	return r;
}

/* What the manifest says of a file must be said, and of a file. */
static const char *
judge_line(const struct gv_restore_file *f)
{
	enum gv_manifest_type type =
	    f->mode == GV_MODE_LINK ? GV_MANIFEST_LINK : GV_MANIFEST_FILE;

	if (f->meta == NULL)
		return "the manifest has no line for it";
	if (f->meta->type != type && f->meta->type != GV_MANIFEST_SPARSE)
		return type == GV_MANIFEST_LINK
		    ? "it is a symbolic link, but the manifest says otherwise"
		    : "it is a file, but the manifest says otherwise";
	return NULL;
}

/* Whether the caller found by itself what is wrong with a file in chunks. */
static bool
judge_chunked(struct rehearsal *x, size_t i, struct gv_buf *path)
{
	const struct gv_restore_plan *plan = &x->run->plan;
	const struct gv_restore_file *f = &plan->files[i];

	if (!f->chunked || f->action == GV_RESTORE_ABSENT ||
	    x->how->chunked == NULL)
		return false;
	gv_restore_file_path(path, plan, i);
	return x->how->chunked(
	    x->how->ctx, path->p, path->len, &f->oid, f->meta->chunked);
}

static void
judge_lines(struct rehearsal *x)
{
	const struct gv_restore_plan *plan = &x->run->plan;
	struct gv_buf path = GV_BUF_INIT;
	const char *reason;
	size_t i;

	for (i = 0; i < plan->n_files; i++) {
		if (plan->files[i].action == GV_RESTORE_ABSENT &&
		    x->how->absent)
			x->how->absent(x->how->ctx, &plan->files[i].oid);
		if (x->how->has_pointers &&
		    gv_manifest_is_pointer(plan->files[i].meta))
			*x->how->has_pointers = true;
		reason = x->reasons[i];
		if (judge_chunked(x, i, &path))
			reason = NULL;
		if (reason == NULL && plan->manifest)
			reason = judge_line(&plan->files[i]);
		if (reason == NULL)
			continue;
		gv_restore_file_path(&path, plan, i);
		x->how->fault(x->how->ctx, path.p, path.len, reason);
	}
	for (i = 0; plan->manifest && i < plan->n_dirs; i++) {
		const struct gv_restore_dir *d = &plan->dirs[i];

		if (d->meta || d->repo || !d->used)
			continue;
		gv_restore_dir_path(&path, plan, i);
		x->how->fault(x->how->ctx, path.p, path.len,
		    "the manifest has no line for this directory");
	}
	gv_buf_release(&path);
}

static int
rehearse(struct rehearsal *x)
{
	struct gv_restore_plan *plan = &x->run->plan;
	size_t i;
	int r = 0;

	x->reasons = calloc(plan->n_files + 1, sizeof(*x->reasons));
	if (x->reasons == NULL)
		return gv_err_nomem();
	if (x->how->deep)
		r = gv_workers_run(
		    gv_workers_count(x->how->threads), rehearse_some, x);
	if (r == 0)
		judge_lines(x);
	for (i = 0; i < plan->n_files; i++)
		free(x->reasons[i]);
	free(x->reasons);
	return r;
}

int
gv_restore_rehearse(struct gv_repo *repo, const struct gv_record *rec,
    const struct gv_restore_rehearsal *how)
{
	struct gv_restore_opts opts = GV_RESTORE_OPTS_INIT;
	struct gv_restore_result result = { 0 };
	struct gv_restore_run run = {
		.repo = repo, .rec = rec, .opts = &opts, .result = &result
	};
	struct rehearsal x = { .run = &run, .how = how };
	int r;

	opts.each = on_change;
	opts.each_ctx = (void *)(uintptr_t)how;
	opts.no_owner = true; /* who there is on this machine is no matter */
	if ((r = gv_repo_odb(repo, &run.odb)) == 0) {
		r = gv_revealed_load(
		    &run.given, run.odb, rec, GV_REVEALED_TREE);
		if (r == GV_ECORRUPT || r == GV_ENOTFOUND)
			r = 0;
	}
	if (r == 0 && (r = gv_restore_plan_load(&run)) == 0)
		r = rehearse(&x);
	gv_restore_plan_release(&run.plan);
	gv_revealed_free(run.given);
	gv_owner_release(&run.owner);
	return r;
}
