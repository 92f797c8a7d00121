#include "restore/restore_internal.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/tree.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/workers.h"

/* A new tree is written by several threads, a directory at a time. */
struct job {
	struct gv_restore_run *run;
	int root;
	atomic_size_t next;
	atomic_bool stop;
	atomic_ullong files, refused;
	bool *later; /* directories to be finished when all is there */
	/* what a thread skips is said by the first one at the end: enough for
	 * the reason beside the file's place */
	char **reasons;
};

/* Where a thread is. The kernel walks a path in one call, but all of it each
 * time; down a very deep tree it is quicker to go on from the last place. */
struct place {
	struct gv_buf path;
	struct gv_entry_cursor cursor;
	struct gv_restore_worker worker;
};

#define DEEP ((size_t)512)

static void
place_init(struct place *p, const struct job *job)
{
	p->path = (struct gv_buf)GV_BUF_INIT;
	p->worker = (struct gv_restore_worker){ .run = job->run };
	gv_entry_cursor_init(&p->cursor, job->root);
}

static void
place_release(struct place *p)
{
	gv_buf_release(&p->path);
	gv_entry_cursor_release(&p->cursor);
	gv_restore_worker_release(&p->worker);
}

/* Open a directory that we made; its path is left in p->path. */
static int
open_dir(const struct job *job, size_t dir, struct place *p)
{
	int fd;

	gv_restore_dir_path(&p->path, &job->run->plan, dir);
	if (gv_buf_check(&p->path) < 0)
		return GV_ENOMEM;
	if (p->path.len < DEEP) {
		fd = gv_dir_open(job->root, p->path.p, p->path.len);
	} else {
		fd = gv_entry_cursor_go(&p->cursor, p->path.p, p->path.len);
		if (fd >= 0)
			fd = gv_dir_open(fd, "", 0);
	}
	if (fd < 0)
		return gv_restore_in(
		    gv_err_sys("cannot open the directory"), &p->path);
	return fd;
}

/* Whether this failure concerns one path alone, which is left out then. */
static bool
is_skippable(const struct gv_restore_run *run, int r)
{
	return r == GV_EREFUSED ||
	    (run->opts->skip_damaged &&
		(r == GV_ECORRUPT || r == GV_ENOTFOUND));
}

static int
write_one(struct job *job, int dirfd, size_t i, struct place *p)
{
	struct gv_restore_file *f = &job->run->plan.files[i];
	struct gv_restore_meta meta;
	unsigned refused = 0;
	int r;

	gv_restore_file_meta(&meta, job->run, f);
	if (f->mode == GV_MODE_LINK)
		r = gv_restore_write_link(
		    job->run, dirfd, f->name, &f->oid, &meta, &refused);
	else
		r = gv_restore_write_file(
		    &p->worker, dirfd, f->name, f, &meta, &refused);
	if (refused)
		atomic_fetch_add(&job->refused, 1);
	if (r == 0)
		return 0;
	if (is_skippable(job->run, r)) {
		job->reasons[i] = strdup(gv_err_message());
		return job->reasons[i] ? 0 : gv_err_nomem();
	}
	gv_restore_file_path(&p->path, &job->run->plan, i);
	return gv_restore_in(gv_restore_lacks(r), &p->path);
}

static int
finish_dir(struct job *job, int fd, size_t dir, struct place *p)
{
	struct gv_restore_dir *d = &job->run->plan.dirs[dir];
	struct gv_restore_meta meta;
	mode_t made;
	unsigned refused = 0;

	gv_restore_dir_meta(&meta, job->run, d);
	made = dir ? (meta.e.mode | 0700u) & 0777u & ~job->run->mask : 0700;
	if (gv_entry_set(fd, &meta.e, made, &refused) < 0) {
		gv_restore_dir_path(&p->path, &job->run->plan, dir);
		return gv_restore_in(
		    gv_err_sys("cannot finish the directory"), &p->path);
	}
	if (refused)
		atomic_fetch_add(&job->refused, 1);
	return 0;
}

static int
write_dir(struct job *job, size_t dir, struct place *p)
{
	struct gv_restore_run *run = job->run;
	struct gv_restore_dir *d = &run->plan.dirs[dir];
	size_t i, n = 0;
	int fd, r = 0;

	fd = open_dir(job, dir, p);
	if (fd < 0)
		return fd;
	for (i = d->first; r == 0 && i < d->first + d->n; i++) {
		if (run->plan.files[i].action != GV_RESTORE_CREATE ||
		    run->plan.files[i].leader)
			continue;
		r = write_one(job, fd, i, p);
		n++;
		if (r == 0 && atomic_load(&job->stop))
			break;
	}
	if (r == 0 && !job->later[dir])
		r = finish_dir(job, fd, dir, p);
	gv_entry_close(fd);
	if (run->opts->add && n)
		run->opts->add(run->opts->progress_ctx, n, 0);
	return r;
}

static int
write_some(void *ctx, int worker)
{
	struct job *job = ctx;
	struct place p;
	size_t dir;
	int r = 0;

	(void)worker;
	place_init(&p, job);
	while (r == 0 && !atomic_load(&job->stop)) {
		dir = atomic_fetch_add(&job->next, 1);
		if (dir >= job->run->plan.n_dirs)
			break;
		if (!job->run->plan.dirs[dir].used ||
		    job->run->plan.dirs[dir].skipped)
			continue;
		r = gv_cancel_requested() ? gv_cancel_error()
					  : write_dir(job, dir, &p);
	}
	if (r < 0)
		atomic_store(&job->stop, true);
	place_release(&p);
	return r;
}

/* Make one directory in its parent; *later where it cannot be finished at
 * once: it takes more names, or would lock us out. */
static int
make_dir(struct job *job, size_t i, struct place *p)
{
	struct gv_restore_plan *plan = &job->run->plan;
	struct gv_restore_dir *d = &plan->dirs[i];
	struct gv_restore_meta meta;
	const char *name;
	int fd = job->root, r;

	gv_restore_dir_path(&p->path, plan, i);
	if (gv_buf_check(&p->path) < 0)
		return GV_ENOMEM;
	gv_restore_dir_meta(&meta, job->run, d);
	if ((meta.e.mode & 0700) != 0700)
		job->later[i] = true;
	name = p->path.p;
	if (p->path.len >= DEEP)
		fd = gv_entry_cursor_parent(
		    &p->cursor, p->path.p, p->path.len, &name);
	r = fd < 0
	    ? -1
	    : gv_entry_mkdir(fd, name, (mode_t)(meta.e.mode | 0700) & 0777);
	if (r == 0)
		return 0;
	if (errno != EEXIST)
		return gv_restore_in(
		    gv_err_sys("cannot make the directory"), &p->path);
	d->skipped = true;
	gv_restore_skip(job->run, p->path.p, p->path.len,
	    "another name of the snapshot is the same on this file system");
	return 0;
}

static int
make_dirs(struct job *job)
{
	struct gv_restore_plan *plan = &job->run->plan;
	struct place p;
	size_t i;
	int r = 0;

	place_init(&p, job);
	for (i = 1; r == 0 && i < plan->n_dirs; i++) {
		struct gv_restore_dir *d = &plan->dirs[i];

		if (plan->dirs[d->parent].skipped)
			d->skipped = true;
		if (!d->used || d->skipped)
			continue;
		r = make_dir(job, i, &p);
	}
	place_release(&p);
	return r;
}

/* The other names of files that have several. */
static int
link_one(struct job *job, size_t i, struct place *p)
{
	struct gv_restore_plan *plan = &job->run->plan;
	struct gv_restore_file *f = &plan->files[i];
	struct gv_restore_file *first = &plan->files[f->leader - 1];
	int from, to = -1, r = 0;

	from = open_dir(job, first->dir, p);
	if (from >= 0)
		to = open_dir(job, f->dir, p);
	if (from < 0 || to < 0)
		r = from < 0 ? from : to;
	else if (!job->reasons[f->leader - 1] &&
	    gv_entry_link(from, first->name, to, f->name) == 0)
		r = 0;
	else if (job->reasons[f->leader - 1] || !gv_restore_is_full(errno))
		/* no such links here, or too many of them: a copy does */
		r = write_one(job, to, i, p);
	else {
		r = gv_err_sys("cannot link it");
		gv_restore_file_path(&p->path, plan, i);
		gv_restore_in(r, &p->path);
	}
	gv_entry_close(from);
	gv_entry_close(to);
	return r;
}

static void
mark_links(struct job *job)
{
	struct gv_restore_plan *plan = &job->run->plan;
	size_t i;

	for (i = 0; i < plan->n_files; i++)
		if (plan->files[i].leader)
			job->later[plan->files[i].dir] = true;
}

static int
finish_rest(struct job *job)
{
	struct gv_restore_plan *plan = &job->run->plan;
	struct place p;
	size_t i;
	int fd, r = 0;

	place_init(&p, job);
	for (i = 0; r == 0 && i < plan->n_files; i++)
		if (plan->files[i].leader &&
		    plan->files[i].action == GV_RESTORE_CREATE &&
		    !plan->dirs[plan->files[i].dir].skipped)
			r = link_one(job, i, &p);
	/* from the deepest up, since one may lock us out of those below */
	for (i = plan->n_dirs; r == 0 && i-- > 0;) {
		if (!job->later[i] || !plan->dirs[i].used ||
		    plan->dirs[i].skipped)
			continue;
		fd = open_dir(job, i, &p);
		r = fd < 0 ? fd : finish_dir(job, fd, i, &p);
		gv_entry_close(fd);
	}
	place_release(&p);
	return r;
}

/* What a file was left without; a second name, what the first was. */
static const struct gv_revealed_left *
left_of(const struct job *job, const struct gv_restore_file *f)
{
	if (f->left == NULL && f->leader)
		f = &job->run->plan.files[f->leader - 1];
	return f->left;
}

/* What came of each file, in the plan's order. */
static void
tell_files(struct job *job)
{
	struct gv_restore_plan *plan = &job->run->plan;
	struct gv_buf path = GV_BUF_INIT;
	size_t i;

	for (i = 0; i < plan->n_files; i++) {
		struct gv_restore_file *f = &plan->files[i];

		if (f->action != GV_RESTORE_CREATE)
			continue;
		if (plan->dirs[f->dir].skipped && job->reasons[i] == NULL)
			continue;
		if (job->reasons[i] == NULL && job->run->opts->each == NULL &&
		    left_of(job, f) == NULL) {
			job->run->result->created++;
			continue;
		}
		gv_restore_file_path(&path, plan, i);
		if (job->reasons[i])
			gv_restore_skip(
			    job->run, path.p, path.len, job->reasons[i]);
		else
			gv_restore_tell(job->run, GV_RESTORE_CREATE, path.p,
			    path.len, NULL);
		if (job->reasons[i] == NULL)
			gv_restore_tell_left(
			    job->run, path.p, path.len, left_of(job, f), false);
	}
	gv_restore_tell_repos(job->run);
	gv_buf_release(&path);
}

int
gv_restore_write_tree(struct gv_restore_run *run, int root)
{
	struct gv_restore_plan *plan = &run->plan;
	struct job job = { .run = run, .root = root };
	size_t i;
	int r;

	assert(plan->n_dirs > 0);
	job.later = calloc(plan->n_dirs, sizeof(*job.later));
	job.reasons = calloc(plan->n_files + 1, sizeof(*job.reasons));
	if (job.later == NULL || job.reasons == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	/* the top keeps strangers out until it has its name */
	job.later[0] = true;
	mark_links(&job);
	if ((r = make_dirs(&job)) == 0 &&
	    (r = gv_workers_run(
		 gv_workers_count(run->opts->threads), write_some, &job)) == 0)
		r = finish_rest(&job);
	run->result->refused += atomic_load(&job.refused);
	if (r == 0)
		tell_files(&job);
out:
	for (i = 0; job.reasons && i < plan->n_files; i++)
		free(job.reasons[i]);
	free(job.reasons);
	free(job.later);
	return r;
}
