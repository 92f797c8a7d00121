#include "restore/restore_apply.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "object/tree.h"
#include "sys/cancel.h"
#include "sys/workers.h"

/* Whether this failure concerns one path alone. */
static bool
is_skippable(const struct gv_restore_run *run, int r)
{
	return r == GV_EREFUSED ||
	    (run->opts->skip_damaged &&
		(r == GV_ECORRUPT || r == GV_ENOTFOUND));
}

/* One that cannot be made is left out, and told later. */
static int
stage_file(struct gv_restore_apply *a, struct gv_restore_worker *worker,
    size_t i, struct gv_buf *path)
{
	struct gv_restore_run *run = a->run;
	struct gv_restore_file *f = &run->plan.files[i];
	struct gv_restore_meta meta;
	char name[GV_RESTORE_NAME_MAX];
	unsigned refused = 0;
	int r;

	snprintf(name, sizeof(name), "%zu", i);
	gv_restore_file_meta(&meta, run, f);
	if (f->mode == GV_MODE_LINK)
		r = gv_restore_write_link(
		    run, a->place->staging_fd, name, &f->oid, &meta, &refused);
	else
		r = gv_restore_write_file(
		    worker, a->place->staging_fd, name, f, &meta, &refused);
	/* what cannot be whole goes over nothing */
	if (r == 0 && f->left && gv_restore_leaves(run, &a->old[i])) {
		gv_entry_unlink(a->place->staging_fd, name);
		f->action = GV_RESTORE_SEALED;
	}
	if (refused)
		atomic_fetch_add(&a->refused, 1);
	if (r < 0 && !is_skippable(run, r)) {
		gv_restore_file_path(path, &run->plan, i);
		return gv_restore_in(gv_restore_lacks(r), path);
	}
	if (r < 0) {
		f->action = GV_RESTORE_FAILED;
		a->reasons[i] = strdup(gv_err_message());
		r = a->reasons[i] ? 0 : gv_err_nomem();
	}
	if (run->opts->add)
		run->opts->add(run->opts->progress_ctx, 1, 0);
	return r;
}

static int
stage_some(void *ctx, int thread)
{
	struct gv_restore_apply *a = ctx;
	struct gv_restore_plan *plan = &a->run->plan;
	struct gv_restore_worker worker = { .run = a->run };
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = 0;

	(void)thread;
	while (r == 0 && !atomic_load(&a->stop)) {
		i = atomic_fetch_add(&a->next, 1);
		if (i >= plan->n_files)
			break;
		if (!gv_restore_is_written(a, &plan->files[i]) ||
		    plan->files[i].leader)
			continue;
		r = gv_cancel_requested() ? gv_cancel_error()
					  : stage_file(a, &worker, i, &path);
	}
	if (r < 0)
		atomic_store(&a->stop, true);
	gv_restore_worker_release(&worker);
	gv_buf_release(&path);
	return r;
}

/* The other names of a file are second names in the staging already. */
static int
stage_links(struct gv_restore_apply *a)
{
	struct gv_restore_plan *plan = &a->run->plan;
	struct gv_restore_worker worker = { .run = a->run };
	char name[GV_RESTORE_NAME_MAX], first[GV_RESTORE_NAME_MAX];
	int fd = a->place->staging_fd, r = 0;
	size_t i;

	for (i = 0; r == 0 && i < plan->n_files; i++) {
		struct gv_restore_file *f = &plan->files[i];

		if (!gv_restore_is_written(a, f) || f->leader == 0)
			continue;
		snprintf(name, sizeof(name), "%zu", i);
		snprintf(first, sizeof(first), "%zu", (size_t)f->leader - 1);
		if (gv_entry_link(fd, first, fd, name) == 0)
			continue;
		if (!gv_restore_is_full(errno)) {
			r = stage_file(a, &worker, i, &a->path);
			continue;
		}
		r = gv_err_sys("cannot link it");
		gv_restore_file_path(&a->path, plan, i);
		gv_restore_in(r, &a->path);
	}
	gv_restore_worker_release(&worker);
	return r;
}

static void
tell_failed(struct gv_restore_apply *a)
{
	struct gv_restore_plan *plan = &a->run->plan;
	size_t i;

	for (i = 0; i < plan->n_files; i++) {
		if (plan->files[i].action != GV_RESTORE_FAILED)
			continue;
		gv_restore_file_path(&a->path, plan, i);
		gv_restore_skip(a->run, a->path.p, a->path.len, a->reasons[i]);
	}
}

int
gv_restore_stage(struct gv_restore_apply *a)
{
	int r;

	if ((r = gv_workers_run(
		 gv_workers_count(a->run->opts->threads), stage_some, a)) == 0)
		r = stage_links(a);
	a->run->result->refused += atomic_load(&a->refused);
	if (r == 0)
		tell_failed(a);
	return r;
}
