#include "restore/restore_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "compress/gzip.h"
#include "format/tar.h"
#include "object/chunk.h"
#include "object/repo_odb.h"
#include "object/tree.h"
#include "record/record.h"
#include "repo/repo.h"
#include "restore/restore_holes.h"
#include "sys/cancel.h"
#include "sys/xattr.h"
#include "view/content.h"

#define NOBODY 65534u /* stands for an owner whom this system does not know */

#define NOT_PLACED SIZE_MAX

struct archive {
	struct gv_restore_run *run;
	struct gv_restore_worker worker;
	const struct gv_restore_archive *how;
	struct gv_gzip *gzip;
	uint64_t written;   /* bytes of the archive, before they are packed */
	size_t dir_len;     /* of how->dir */
	size_t *placed;     /* by the first name of a file of several: the name
			       that came first here */
	struct gv_buf head; /* of the next member */
	struct gv_buf path, full, target, extras;
};

static int
put(struct archive *a, const void *data, size_t len)
{
	a->written += len;
	if (gv_cancel_requested())
		return gv_cancel_error();
	return a->gzip ? gv_gzip_write(a->gzip, data, len)
		       : a->how->write(a->how->ctx, data, len);
}

static int
put_head(struct archive *a)
{
	int r = gv_buf_check(&a->head);

	if (r == 0)
		r = put(a, a->head.p, a->head.len);
	gv_buf_reset(&a->head);
	return r;
}

/* --- names --- */

/* Whether a path lies in the part of the snapshot that is asked for. */
static bool
is_inside(const struct archive *a, const struct gv_buf *path)
{
	return gv_path_is_below(path->p, path->len, a->how->dir, a->dir_len);
}

/* The name that a path has in the archive: without the directory that is its
 * top, behind the prefix. False for the top itself where it can have none. */
static bool
name_it(const struct archive *a, struct gv_buf *out, const struct gv_buf *path)
{
	const char *prefix = a->how->prefix ? a->how->prefix : "";
	size_t skip = a->dir_len + (a->dir_len > 0), len = strlen(prefix);

	gv_buf_reset(out);
	if (path->len > a->dir_len) {
		gv_buf_addstr(out, prefix);
		gv_buf_add(out, path->p + skip, path->len - skip);
		return true;
	}
	if (len == 0)
		gv_buf_addch(out, '.');
	else if (prefix[len - 1] == '/')
		gv_buf_add(out, prefix, len - 1);
	return out->len > 0;
}

/* --- metadata --- */

static int
add_xattrs(struct gv_buf *out, const char *text)
{
	struct gv_buf name = GV_BUF_INIT, value = GV_BUF_INIT;
	int r;

	while ((r = gv_xattr_next(&text, &name, &value)) > 0)
		gv_tar_xattr(out, name.p, value.p, value.len);
	gv_buf_release(&name);
	gv_buf_release(&value);
	return r;
}

/* A name, or "" where the manifest holds a number. */
static const char *
owner_name(const char *text)
{
	return text && text[strspn(text, "0123456789")] ? text : "";
}

/* What all kinds have in common. `e` may be NULL: then the record's time and
 * usual rights, as `git archive` does it. */
static int
fill(struct archive *a, struct gv_tar_entry *out,
    const struct gv_manifest_entry *e, uint32_t mode)
{
	uid_t uid = 0;
	gid_t gid = 0;

	out->mode = mode;
	out->mtime_s = a->run->rec->time;
	out->user = out->group = "root";
	gv_buf_reset(&a->extras);
	if (e == NULL)
		return 0;
	if (!a->run->is_foreign) {
		gv_restore_owner_of(&uid, &gid, a->run, e);
		out->uid = uid == (uid_t)-1 ? NOBODY : uid;
		out->gid = gid == (gid_t)-1 ? NOBODY : gid;
		out->user = owner_name(e->user);
		out->group = owner_name(e->group);
	}
	out->mtime_s = e->mtime_s;
	out->mtime_ns = e->mtime_ns;
	out->extras = &a->extras;
	return e->xattrs ? add_xattrs(&a->extras, e->xattrs) : 0;
}

/* --- contents --- */

/* A run of data in a sparse file. */
struct run {
	uint64_t at, len;
};

/* A file on its way, twice where it may be sparse: first to see where there
 * is data, then to write that. A hole is found as a restore finds it:
 * by the reader, or by the manifest's list where the bytes are zero. */
struct flow {
	struct archive *a; /* NULL: only looked at */
	bool is_whole;     /* holes are written too */
	struct gv_restore_holes holes;
	uint64_t at;
	struct run *runs;
	size_t n, cap;
	uint64_t sum; /* of the runs */
};

static int
note_data(struct flow *f, size_t len)
{
	struct run *last = f->n ? &f->runs[f->n - 1] : NULL;
	int r;

	f->sum += len;
	if (last && last->at + last->len == f->at) {
		last->len += len;
		return 0;
	}
	if ((r = GV_GROW(f->runs, f->n, f->cap)) == 0)
		f->runs[f->n++] = (struct run){ f->at, len };
	return r;
}

static int
put_zeros(struct archive *a, size_t len)
{
	static const char zeros[64 * 1024];
	size_t n;
	int r = 0;

	for (; r == 0 && len > 0; len -= n) {
		n = len < sizeof(zeros) ? len : sizeof(zeros);
		r = put(a, zeros, n);
	}
	return r;
}

/* Bytes of one kind; a hole's may be NULL. */
static int
flow_on(struct flow *f, const char *p, size_t len, bool is_hole)
{
	int r = 0;

	if (!is_hole || f->is_whole)
		r = f->a == NULL ? note_data(f, len)
		    : p          ? put(f->a, p, len)
				 : put_zeros(f->a, len);
	f->at += len;
	return r;
}

static int
flow_bytes(void *ctx, const void *data, size_t len)
{
	struct flow *f = ctx;
	const char *p = data;
	bool is_hole;
	size_t n;
	int r = 0;

	if (p == NULL)
		return flow_on(f, NULL, len, true);
	while (r == 0 && len > 0) {
		n = gv_restore_holes_next(&f->holes, f->at, p, len, &is_hole);
		r = flow_on(f, p, n, is_hole);
		p += n;
		len -= n;
	}
	return r;
}

/* Whether a file may have holes: 1, 0, or the failure of finding out. */
static int
may_be_sparse(struct archive *a, const struct gv_restore_file *f)
{
	struct gv_chunk_pointer p;
	int r;

	if (f->given)
		return 0;
	if (f->meta && f->meta->holes)
		return 1;
	if (!f->chunked)
		return 0;
	r = gv_chunk_pointer_load(&p, a->run->odb, &f->oid);
	return r < 0 ? r : p.has_holes;
}

/* Look where the data is. 1 with the map and the sum of the data where there
 * are holes, else 0. */
static int
map_file(struct archive *a, const struct gv_restore_file *f, uint64_t size,
    struct gv_buf *map, uint64_t *sum)
{
	struct flow look = { .holes.list = f->meta ? f->meta->holes : NULL };
	struct gv_revealed_left left = { 0 };
	size_t i;
	int r = may_be_sparse(a, f);

	if (r > 0)
		r = gv_restore_stream(&left, &a->worker, f, flow_bytes, &look);
	else if (r == 0)
		look.sum = size;
	*sum = look.sum;
	if (r == 0 && look.sum < size) {
		bool ends_in_hole = look.n == 0 ||
		    look.runs[look.n - 1].at + look.runs[look.n - 1].len < size;

		gv_tar_begin_map(map, look.n + ends_in_hole);
		for (i = 0; i < look.n; i++)
			gv_tar_add_run(map, look.runs[i].at, look.runs[i].len);
		if (ends_in_hole)
			gv_tar_add_run(map, size, 0);
		gv_tar_pad(map, map->len);
		r = gv_buf_check(map) < 0 ? GV_ENOMEM : 1;
	}
	free(look.runs);
	return r;
}

static int
count_bytes(void *ctx, const void *data, size_t len)
{
	(void)data;
	*(uint64_t *)ctx += len;
	return gv_cancel_requested() ? gv_cancel_error() : 0;
}

/* How many bytes a file will have; of one with values that is known once they
 * were seen. One that is damaged in a value goes as it is stored. */
static int
size_of(uint64_t *size, struct archive *a, struct gv_restore_file *f)
{
	struct gv_revealed_left left = { 0 };
	int r;

	if (f->given == NULL)
		return gv_restore_size(size, a->run->odb, f);
	*size = 0;
	r = gv_restore_stream(&left, &a->worker, f, count_bytes, size);
	if (r < 0 && left.damaged) {
		f->given = NULL;
		r = gv_restore_size(size, a->run->odb, f);
	}
	if (r == 0 && (left.sealed || left.damaged))
		gv_restore_tell_left(
		    a->run, a->full.p, a->full.len, &left, false);
	return r;
}

static int
put_content(
    struct archive *a, struct gv_tar_entry *e, struct gv_restore_file *file)
{
	struct flow f = { .a = a,
		.is_whole = true,
		.holes.list = file->meta ? file->meta->holes : NULL };
	struct gv_buf map = GV_BUF_INIT;
	struct gv_revealed_left left = { 0 };
	uint64_t size, sum = 0;
	int r = size_of(&size, a, file);

	if (r == 0)
		r = map_file(a, file, size, &map, &sum);
	if (r < 0)
		goto out;
	e->size = e->real_size = size;
	if (r > 0) {
		e->is_sparse = true;
		e->size = map.len + sum;
		f.is_whole = false;
	}
	r = gv_tar_header(&a->head, e);
	if (r == 0 && e->is_sparse)
		gv_buf_add(&a->head, map.p, map.len);
	if (r == 0 && (r = put_head(a)) == 0)
		r = gv_restore_stream(&left, &a->worker, file, flow_bytes, &f);
	if (r == 0 && f.at != size)
		r = gv_err(GV_ECORRUPT, "its size is not what it should be");
	gv_tar_pad(&a->head, e->size);
	if (r == 0)
		r = put_head(a);
out:
	gv_buf_release(&map);
	return r;
}

/* --- members --- */

static int
put_dir(struct archive *a, size_t i)
{
	const struct gv_restore_dir *d = &a->run->plan.dirs[i];
	bool known = d->meta && (d->meta->type == GV_MANIFEST_DIR || d->repo);
	struct gv_tar_entry e = { .type = GV_TAR_DIR };
	int r = fill(a, &e, d->meta, known ? d->meta->mode : 0755);

	e.path = a->path.p;
	e.path_len = a->path.len;
	if (r < 0 || (r = gv_tar_header(&a->head, &e)) < 0)
		return r;
	return put_head(a);
}

/* *placed becomes `i` if it is put there. */
static int
put_symlink(struct archive *a, struct gv_tar_entry *e, size_t i, size_t *placed)
{
	const struct gv_oid *oid = &a->run->plan.files[i].oid;
	struct gv_object obj = { 0 };
	int r = gv_odb_read_type(a->run->odb, &obj, oid, GV_OTYPE_BLOB);

	if (r < 0)
		return r;
	gv_buf_reset(&a->target);
	gv_buf_add(&a->target, obj.data, obj.len);
	if (obj.len == 0 || memchr(obj.data, '\0', obj.len)) {
		gv_restore_skip(a->run, a->full.p, a->full.len,
		    "no symbolic link can have its target");
	} else {
		e->type = GV_TAR_SYMLINK;
		e->target = a->target.p;
		if ((r = gv_tar_header(&a->head, e)) == 0)
			r = put_head(a);
		a->run->result->created++;
		*placed = i;
	}
	gv_object_release(&obj);
	return r;
}

/* A file that has several names: its content goes with the one that is first
 * in the archive. */
static int
put_name(struct archive *a, struct gv_tar_entry *e, size_t first)
{
	gv_restore_file_path(&a->full, &a->run->plan, first);
	name_it(a, &a->target, &a->full);
	e->type = GV_TAR_LINK;
	e->target = a->target.p;
	e->extras = NULL;
	if (gv_tar_header(&a->head, e) < 0)
		return GV_ENOMEM;
	return put_head(a);
}

static int
put_file(struct archive *a, size_t i)
{
	struct gv_restore_file *f = &a->run->plan.files[i];
	bool known = f->meta && f->meta->type == GV_MANIFEST_FILE;
	struct gv_tar_entry e = { .type = GV_TAR_FILE };
	size_t group = f->leader ? f->leader - 1 : i;
	int r;

	r = fill(a, &e, f->meta,
	    f->mode == GV_MODE_LINK       ? 0777
		: known                   ? f->meta->mode
		: f->given                ? 0600
		: f->mode == GV_MODE_EXEC ? 0755
					  : 0644);
	e.path = a->path.p;
	e.path_len = a->path.len;
	if (r < 0)
		return r;
	if (f->mode == GV_MODE_LINK && a->placed[group] == NOT_PLACED)
		return put_symlink(a, &e, i, &a->placed[group]);
	a->run->result->created++;
	if (a->placed[group] != NOT_PLACED)
		return put_name(a, &e, a->placed[group]);
	a->placed[group] = i;
	return put_content(a, &e, f);
}

static int
put_files(struct archive *a, const struct gv_restore_dir *d)
{
	const struct gv_restore_plan *plan = &a->run->plan;
	size_t i;
	int r = 0;

	for (i = d->first; r == 0 && i < d->first + d->n; i++) {
		if (plan->files[i].action != GV_RESTORE_CREATE)
			continue;
		gv_restore_file_path(&a->full, plan, i);
		if (!is_inside(a, &a->full) || !name_it(a, &a->path, &a->full))
			continue;
		r = put_file(a, i);
		if (r < 0)
			gv_restore_file_path(&a->full, plan, i);
	}
	return r < 0 ? gv_restore_in(r, &a->full) : 0;
}

static int
put_tree(struct archive *a)
{
	const struct gv_restore_plan *plan = &a->run->plan;
	const struct gv_restore_opts *o = a->run->opts;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < plan->n_dirs; i++) {
		const struct gv_restore_dir *d = &plan->dirs[i];

		if (!d->used || d->skipped)
			continue;
		gv_restore_dir_path(&a->full, plan, i);
		if (!is_inside(a, &a->full))
			continue;
		if (name_it(a, &a->path, &a->full))
			r = put_dir(a, i);
		if (r < 0)
			return gv_restore_in(r, &a->full);
		r = put_files(a, d);
		if (o->add)
			o->add(o->progress_ctx, d->n, 0);
	}
	if (r == 0)
		gv_restore_tell_repos(a->run);
	return r;
}

/* The plan is of the whole snapshot, whatever directory is the top. */
static uint64_t
count_sparse(struct archive *a)
{
	const struct gv_restore_plan *plan = &a->run->plan;
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < plan->n_files; i++) {
		if (plan->files[i].action != GV_RESTORE_ABSENT)
			continue;
		gv_restore_file_path(&a->full, plan, i);
		sum += is_inside(a, &a->full);
	}
	return sum;
}

static int
write_all(struct archive *a)
{
	size_t i, n = a->run->plan.n_files;
	int r = 0;

	a->placed = malloc((n + 1) * sizeof(*a->placed));
	if (a->placed == NULL)
		return gv_err_nomem();
	for (i = 0; i < n; i++)
		a->placed[i] = NOT_PLACED;
	if (a->how->gzip)
		r = gv_gzip_open(&a->gzip, a->how->write, a->how->ctx);
	if (r == 0)
		r = put_tree(a);
	a->run->result->sparse = count_sparse(a);
	if (r < 0)
		goto out;
	gv_tar_end(&a->head, a->written);
	if ((r = put_head(a)) < 0)
		goto out;
	if (a->gzip)
		r = gv_gzip_finish(a->gzip);
out:
	gv_gzip_free(a->gzip);
	free(a->placed);
	return r;
}

static int
check_dir(const struct gv_restore_run *run, const char *dir)
{
	struct gv_content c;
	int r = gv_content_find(&c, run->repo, run->rec, dir);

	if (r == 0 && c.mode != GV_MODE_DIR)
		return gv_err(GV_EREFUSED,
		    "this path of snapshot %s is no directory; 'git vault cat' "
		    "prints a file",
		    run->rec->id);
	return r;
}

int
gv_restore_archive(struct gv_restore_result *out, struct gv_repo *repo,
    const struct gv_record *rec, const struct gv_restore_opts *opts,
    const struct gv_restore_archive *how)
{
	struct gv_restore_run run = {
		.repo = repo, .rec = rec, .opts = opts, .result = out
	};
	struct archive a = { .run = &run,
		.worker.run = &run,
		.how = how,
		.dir_len = strlen(how->dir),
		.head = GV_BUF_INIT,
		.path = GV_BUF_INIT,
		.full = GV_BUF_INIT,
		.target = GV_BUF_INIT,
		.extras = GV_BUF_INIT };
	int r;

	memset(out, 0, sizeof(*out));
	run.mask = 022;
	if ((r = gv_repo_odb(repo, &run.odb)) == 0 &&
	    (r = gv_restore_judge_origin(&run)) == 0)
		r = check_dir(&run, how->dir);
	if (r == 0 && how->clear)
		r = gv_revealed_load(
		    &run.given, run.odb, rec, GV_REVEALED_TREE);
	if (r == 0 && (r = gv_restore_plan_load(&run)) == 0 && opts->begin)
		opts->begin(
		    opts->progress_ctx, "writing files", run.plan.n_files);
	if (r == 0)
		r = write_all(&a);
	if (opts->begin)
		opts->begin(opts->progress_ctx, "", 0);
	gv_buf_release(&a.head);
	gv_buf_release(&a.path);
	gv_buf_release(&a.full);
	gv_buf_release(&a.target);
	gv_buf_release(&a.extras);
	gv_restore_worker_release(&a.worker);
	gv_restore_plan_release(&run.plan);
	gv_revealed_free(run.given);
	gv_map_release(&run.selected);
	gv_buf_release(&run.selected_text);
	gv_owner_release(&run.owner);
	return r;
}
