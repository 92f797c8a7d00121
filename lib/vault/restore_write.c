#include "vault/restore_internal.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/path.h"
#include "store/tree.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/workers.h"

/* Bytes on their way into a file, with its list of data in hand. */
struct sink {
	struct gv_entry_file file;
	const char *holes;          /* what is left of the list, or NULL */
	uint64_t data_at, data_end; /* the present run of data */
	int error;                  /* errno of the failed write */
};

static bool
is_zero(const char *p, size_t len)
{
	return len == 0 || (p[0] == 0 && memcmp(p, p + 1, len - 1) == 0);
}

/* The next run of data; a list that is damaged means: no more holes. */
static void
next_run(struct sink *s)
{
	uint64_t at, len;
	int r = gv_manifest_next_extent(&s->holes, &at, &len);

	s->data_at = r > 0 ? at : UINT64_MAX;
	s->data_end = r > 0 ? at + len : UINT64_MAX;
	if (r < 0)
		s->holes = NULL;
}

static int
put(struct sink *s, const char *p, size_t len)
{
	if (gv_entry_write(&s->file, p, len) == 0)
		return 0;
	s->error = errno;
	return GV_ERROR;
}

/* Blobs come in pieces; a hole of the list stays one only where the bytes
 * are zero, for the content is what counts. */
static int
sink_bytes(void *ctx, const void *data, size_t len)
{
	struct sink *s = ctx;
	const char *p = data;
	size_t n;

	while (len > 0 && s->holes) {
		uint64_t at = s->file.at;

		if (at >= s->data_end) {
			next_run(s);
			continue;
		}
		if (at < s->data_at) {
			n = s->data_at - at < len ? (size_t)(s->data_at - at)
						  : len;
			if (is_zero(p, n))
				gv_entry_skip(&s->file, n);
			else if (put(s, p, n) < 0)
				return GV_ERROR;
		} else {
			n = s->data_end - at < len ? (size_t)(s->data_end - at)
						   : len;
			if (put(s, p, n) < 0)
				return GV_ERROR;
		}
		p += n;
		len -= n;
	}
	return len ? put(s, p, len) : 0;
}

int
gv_restore_write_file(struct gv_restore_run *run, int dirfd, const char *name,
    const struct gv_oid *oid, const struct gv_restore_meta *meta,
    unsigned *refused)
{
	struct sink s = { .holes = meta->holes };
	int r;

	if (gv_entry_create(
		&s.file, dirfd, name, (mode_t)meta->e.mode & ~run->mask) < 0)
		return errno == EEXIST
		    ? gv_err(GV_EREFUSED,
			  "another name of the snapshot is the same on this "
			  "file system")
		    : gv_err_sys("cannot create it");
	r = gv_odb_stream(run->odb, oid, sink_bytes, &s);
	if (r == 0 && gv_entry_finish(&s.file, &meta->e, false, refused) == 0)
		return 0;
	if (r == 0) {
		r = gv_err_sys("cannot write it");
	} else if (s.error) {
		errno = s.error;
		r = gv_err_sys("cannot write it");
	}
	gv_entry_drop(&s.file);
	gv_entry_unlink(dirfd, name);
	return r == GV_ENOTFOUND && s.error ? GV_ERROR : r;
}

int
gv_restore_write_link(struct gv_restore_run *run, int dirfd, const char *name,
    const struct gv_oid *oid, const struct gv_restore_meta *meta,
    unsigned *refused)
{
	struct gv_object obj = { 0 };
	char target[PATH_MAX];
	int r = gv_odb_read_type(run->odb, &obj, oid, GV_OTYPE_BLOB);

	if (r < 0)
		return r;
	if (obj.len == 0 || obj.len >= sizeof(target) ||
	    memchr(obj.data, '\0', obj.len)) {
		r = gv_err(GV_EREFUSED, "no symbolic link can have its target");
	} else {
		memcpy(target, obj.data, obj.len);
		target[obj.len] = '\0';
		if (gv_entry_symlink(dirfd, name, target, &meta->e, refused) <
		    0)
			r = errno == EEXIST
			    ? gv_err(GV_EREFUSED,
				  "another name of the snapshot is the same "
				  "on this file system")
			    : gv_err_sys("cannot create it");
	}
	gv_object_release(&obj);
	return r;
}

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

/* Open a directory that we made, however deep it is. */
static int
open_dir(const struct job *job, size_t dir, struct gv_buf *path)
{
	int fd;

	gv_restore_dir_path(path, &job->run->plan, dir);
	if (gv_buf_check(path) < 0)
		return GV_ENOMEM;
	fd = gv_dir_open(job->root, path->p, path->len);
	return fd < 0 ? gv_err_sys("cannot open directory %s", path->p) : fd;
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
write_one(struct job *job, int dirfd, size_t i, struct gv_buf *path)
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
		    job->run, dirfd, f->name, &f->oid, &meta, &refused);
	if (refused)
		atomic_fetch_add(&job->refused, 1);
	if (r == 0)
		return 0;
	if (is_skippable(job->run, r)) {
		job->reasons[i] = strdup(gv_err_message());
		return job->reasons[i] ? 0 : gv_err_nomem();
	}
	gv_restore_file_path(path, &job->run->plan, i);
	return gv_err_in(r, "%s", path->p);
}

static int
finish_dir(struct job *job, int fd, size_t dir, struct gv_buf *path)
{
	struct gv_restore_dir *d = &job->run->plan.dirs[dir];
	struct gv_restore_meta meta;
	mode_t made;
	unsigned refused = 0;

	gv_restore_dir_meta(&meta, job->run, d);
	made = dir ? (meta.e.mode | 0700u) & 0777u & ~job->run->mask : 0700;
	if (gv_entry_set(fd, &meta.e, made, &refused) < 0) {
		gv_restore_dir_path(path, &job->run->plan, dir);
		return gv_err_sys("cannot finish directory %s", path->p);
	}
	if (refused)
		atomic_fetch_add(&job->refused, 1);
	return 0;
}

static int
write_dir(struct job *job, size_t dir, struct gv_buf *path)
{
	struct gv_restore_run *run = job->run;
	struct gv_restore_dir *d = &run->plan.dirs[dir];
	size_t i, n = 0;
	int fd, r = 0;

	fd = open_dir(job, dir, path);
	if (fd < 0)
		return fd;
	for (i = d->first; r == 0 && i < d->first + d->n; i++) {
		if (run->plan.files[i].action != GV_RESTORE_CREATE ||
		    run->plan.files[i].leader)
			continue;
		r = write_one(job, fd, i, path);
		n++;
		if (r == 0 && atomic_load(&job->stop))
			break;
	}
	if (r == 0 && !job->later[dir])
		r = finish_dir(job, fd, dir, path);
	gv_entry_close(fd);
	if (run->opts->add && n)
		run->opts->add(run->opts->progress_ctx, n, 0);
	return r;
}

static int
write_some(void *ctx, int worker)
{
	struct job *job = ctx;
	struct gv_buf path = GV_BUF_INIT;
	size_t dir;
	int r = 0;

	(void)worker;
	while (r == 0 && !atomic_load(&job->stop)) {
		dir = atomic_fetch_add(&job->next, 1);
		if (dir >= job->run->plan.n_dirs)
			break;
		if (!job->run->plan.dirs[dir].used ||
		    job->run->plan.dirs[dir].skipped)
			continue;
		r = gv_cancel_requested() ? gv_cancel_error()
					  : write_dir(job, dir, &path);
	}
	if (r < 0)
		atomic_store(&job->stop, true);
	gv_buf_release(&path);
	return r;
}

/* Make one directory in its parent; *later where it cannot be finished at
 * once: it takes more names, or would lock us out. */
static int
make_dir(struct job *job, size_t i, struct gv_buf *path)
{
	struct gv_restore_plan *plan = &job->run->plan;
	struct gv_restore_dir *d = &plan->dirs[i];
	struct gv_restore_meta meta;
	const char *name;
	int fd = job->root, r;

	gv_restore_dir_path(path, plan, i);
	if (gv_buf_check(path) < 0)
		return GV_ENOMEM;
	gv_restore_dir_meta(&meta, job->run, d);
	if ((meta.e.mode & 0700) != 0700)
		job->later[i] = true;
	name = path->p;
	if (path->len >= PATH_MAX)
		fd = gv_dir_open_parent(job->root, path->p, path->len, &name);
	r = fd < 0
	    ? -1
	    : gv_entry_mkdir(fd, name, (mode_t)(meta.e.mode | 0700) & 0777);
	if (fd != job->root)
		gv_entry_close(fd);
	if (r == 0)
		return 0;
	if (errno != EEXIST)
		return gv_err_sys("cannot make directory %s", path->p);
	d->skipped = true;
	gv_restore_skip(job->run, path->p, path->len,
	    "another name of the snapshot is the same on this file system");
	return 0;
}

static int
make_dirs(struct job *job)
{
	struct gv_restore_plan *plan = &job->run->plan;
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int r = 0;

	for (i = 1; r == 0 && i < plan->n_dirs; i++) {
		struct gv_restore_dir *d = &plan->dirs[i];

		if (plan->dirs[d->parent].skipped)
			d->skipped = true;
		if (!d->used || d->skipped)
			continue;
		r = make_dir(job, i, &path);
	}
	gv_buf_release(&path);
	return r;
}

/* The other names of files that have several. */
static int
link_one(struct job *job, size_t i, struct gv_buf *path)
{
	struct gv_restore_plan *plan = &job->run->plan;
	struct gv_restore_file *f = &plan->files[i];
	struct gv_restore_file *first = &plan->files[f->leader - 1];
	struct gv_buf other = GV_BUF_INIT;
	int from = -1, to = -1, r = 0;

	from = open_dir(job, first->dir, &other);
	to = from < 0 ? -1 : open_dir(job, f->dir, path);
	if (from < 0 || to < 0)
		r = from < 0 ? from : to;
	else if (job->reasons[f->leader - 1] ||
	    gv_entry_link(from, first->name, to, f->name) < 0)
		/* no such links here, or too many of them: a copy does */
		r = write_one(job, to, i, path);
	gv_entry_close(from);
	gv_entry_close(to);
	gv_buf_release(&other);
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
	struct gv_buf path = GV_BUF_INIT;
	size_t i;
	int fd, r = 0;

	for (i = 0; r == 0 && i < plan->n_files; i++)
		if (plan->files[i].leader &&
		    plan->files[i].action == GV_RESTORE_CREATE &&
		    !plan->dirs[plan->files[i].dir].skipped)
			r = link_one(job, i, &path);
	/* from the deepest up, since one may lock us out of those below */
	for (i = plan->n_dirs; r == 0 && i-- > 0;) {
		if (!job->later[i] || !plan->dirs[i].used ||
		    plan->dirs[i].skipped)
			continue;
		fd = open_dir(job, i, &path);
		r = fd < 0 ? fd : finish_dir(job, fd, i, &path);
		gv_entry_close(fd);
	}
	gv_buf_release(&path);
	return r;
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
		if (job->reasons[i] == NULL && job->run->opts->each == NULL) {
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
	r = make_dirs(&job);
	if (r == 0)
		r = gv_workers_run(
		    gv_workers_count(run->opts->threads), write_some, &job);
	if (r == 0)
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
