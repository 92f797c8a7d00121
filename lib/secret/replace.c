#include "secret/replace.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/path.h"
#include "base/vec.h"
#include "crypto/secret.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "repo/repo.h"
#include "safe/inventory.h"
#include "safe/safe_reader.h"
#include "sys/dir.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/xattr.h"
#include "walk/census.h"

#define FILE_MAX (256 * 1024 * 1024)

/* A file: where the value stands in its clear bytes, and what it becomes. */
struct file {
	const char *path;
	size_t *at, n, cap;
	struct gv_secret after;
	struct stat st;
	const char *why; /* it stays as it is */
};

struct run {
	const struct gv_replace_job *job;
	struct gv_safe_reader *reader;
	struct gv_withheld_iter list;
	struct file *files;
	size_t n;
	int top; /* of the working tree */
};

/* ---- where ---- */

static int
add_place(struct file *f, size_t at)
{
	int r = GV_GROW(f->at, f->n, f->cap);

	if (r == 0)
		f->at[f->n++] = at;
	return r;
}

/* How long a value is that stands before ours. */
static int
measure(struct run *run, size_t *len, const struct gv_withheld_entry *e)
{
	struct gv_safe_place place = { e->scope, e->place.id, e->object };
	struct gv_secret value = GV_SECRET_INIT;
	int r = gv_safe_get(run->reader, &value, &place);

	*len = value.len;
	gv_secret_release(&value);
	return r;
}

/* Placeholders and values differ in length, so all that stands before in the
 * file moves ours. */
static int
find_places(struct run *run, struct file *f)
{
	const struct gv_replace_job *job = run->job;
	struct gv_withheld_entry e;
	size_t len, clear = 0, redacted = 0;
	int r;

	assert(f->path);
	r = gv_withheld_find(&run->list, f->path, strlen(f->path));

	while (r == 0 && (r = gv_withheld_next(&run->list, &e)) > 0) {
		if (e.path_len != strlen(f->path) ||
		    memcmp(e.path, f->path, e.path_len) != 0)
			return 0;
		clear += (size_t)e.place.at - redacted;
		redacted = (size_t)(e.place.at + e.place.len);
		if (gv_digest_equal(&e.place.id, &job->value->id)) {
			r = add_place(f, clear);
			len = job->old->len;
		} else {
			r = measure(run, &len, &e);
		}
		clear += len;
	}
	return r;
}

/* ---- what ---- */

/* Read a file, which is nothing but a file, and reached through no link. */
static int
read_file(struct run *run, struct file *f, struct gv_secret *out)
{
	ssize_t n = -1;
	int r = 0, fd;

	/* it comes from a snapshot, and that perhaps from somebody else */
	fd = gv_path_is_all_safe(f->path)
	    ? gv_dir_open_file(run->top, f->path, strlen(f->path))
	    : -1;
	if (fd < 0 || gv_dir_stat_fd(fd, &f->st) < 0 ||
	    f->st.st_size > FILE_MAX) {
		f->why = "it is not there any more, or no file that can be "
			 "read";
	} else {
		if ((r = gv_secret_grow(out, (size_t)f->st.st_size + 1)) == 0)
			n = gv_file_read_full(
			    fd, out->p, (size_t)f->st.st_size + 1);
		if (r == 0 && n != f->st.st_size)
			f->why = "it changes while it is read";
		else if (r == 0)
			out->len = (size_t)n;
	}
	gv_file_close(fd);
	return r;
}

static int
replace(struct run *run, struct file *f, const struct gv_secret *bytes)
{
	const struct gv_secret *old = run->job->old, *new = run->job->new;
	size_t i, from = 0;
	int r = gv_secret_grow(&f->after, bytes->len + f->n * new->len + 1);

	for (i = 0; r == 0 && i < f->n; i++) {
		if (f->at[i] > bytes->len || f->at[i] < from ||
		    bytes->len - f->at[i] < old->len ||
		    !gv_secret_is(old, bytes->p + f->at[i], old->len)) {
			f->why = "it has changed, and does not hold the old "
				 "value there any more";
			return 0;
		}
		if ((r = gv_secret_add(
			 &f->after, bytes->p + from, f->at[i] - from)) == 0)
			r = gv_secret_add(&f->after, new->p, new->len);
		from = f->at[i] + old->len;
	}
	return r < 0
	    ? r
	    : gv_secret_add(&f->after, bytes->p + from, bytes->len - from);
}

static int
look(struct run *run, struct file *f)
{
	struct gv_secret bytes = GV_SECRET_INIT;
	int r = find_places(run, f);

	if (r < 0)
		return gv_err_in(r, "%s", f->path);
	if ((r = read_file(run, f, &bytes)) == 0 && f->why == NULL)
		r = replace(run, f, &bytes);
	gv_secret_release(&bytes);
	return r;
}

/* Beside its place, for its owner alone, and then over it, with the attributes
 * of the old one, and not those that the directory gives to what is new. */
static int
write_new(int dir, const char *name, struct file *f, const char *xattrs)
{
	const struct gv_entry_meta meta = { .mode = f->st.st_mode & 07777,
		.uid = f->st.st_uid,
		.gid = f->st.st_gid,
		.xattrs = xattrs,
		.exact = true };
	struct gv_entry_file file;
	unsigned refused = 0;

	(void)gv_entry_unlink(dir, GV_CENSUS_PATCHING);
	if (gv_entry_create(&file, dir, GV_CENSUS_PATCHING, 0600) < 0)
		return -1;
	if (gv_entry_write(&file, f->after.p, f->after.len) < 0) {
		gv_entry_drop(&file);
		(void)gv_entry_unlink(dir, GV_CENSUS_PATCHING);
		return -1;
	}
	if (gv_entry_finish(&file, &meta, true, &refused) < 0 ||
	    gv_entry_rename(dir, GV_CENSUS_PATCHING, dir, name) < 0) {
		(void)gv_entry_unlink(dir, GV_CENSUS_PATCHING);
		return -1;
	}
	return gv_file_sync_dir(dir, ".");
}

static int
write_at(int dir, const char *name, struct file *f)
{
	struct gv_buf xattrs = GV_BUF_INIT;
	int r = gv_xattr_get(&xattrs, dir, name);

	if (r >= 0 && gv_buf_check(&xattrs) < 0) {
		errno = ENOMEM;
		r = -1;
	}
	if (r >= 0)
		r = write_new(dir, name, f, xattrs.len ? xattrs.p : NULL);
	gv_buf_release(&xattrs);
	return r;
}

static int
write_file(struct run *run, struct file *f)
{
	const char *name;
	int dir = gv_dir_open_parent(run->top, f->path, strlen(f->path), &name);
	int r = dir < 0 ? -1 : write_at(dir, name, f);

	if (r < 0)
		r = gv_err_sys("cannot write %s", f->path);
	gv_file_close(dir);
	return r;
}

/* ---- all of it ---- */

/* The files of the newest snapshot, each once. */
static int
list_files(struct run *run)
{
	const struct gv_inventory_value *v = run->job->value;
	const char *last = NULL;
	size_t i;

	run->files = calloc(v->n_places + 1, sizeof(*run->files));
	if (run->files == NULL)
		return gv_err_nomem();
	for (i = 0; i < v->n_places; i++) {
		if (v->places[i].is_staged || v->places[i].is_meta ||
		    (last && strcmp(last, v->places[i].path) == 0))
			continue;
		last = run->files[run->n++].path = v->places[i].path;
	}
	return 0;
}

static int
work(struct run *run, struct gv_replace *out)
{
	const struct gv_replace_job *job = run->job;
	size_t i;
	int r = list_files(run);

	for (i = 0; r == 0 && i < run->n; i++)
		r = look(run, &run->files[i]);
	for (i = 0; r == 0 && i < run->n; i++) {
		struct file *f = &run->files[i];

		if (f->why == NULL)
			r = write_file(run, f);
		if (r < 0)
			break;
		if (f->why)
			out->refused++;
		else
			out->done++;
		if (job->told)
			job->told(job->ctx, f->path, f->why);
	}
	for (i = 0; i < run->n; i++) {
		free(run->files[i].at);
		gv_secret_release(&run->files[i].after);
	}
	free(run->files);
	return r;
}

int
gv_replace_run(struct gv_replace *out, const struct gv_replace_job *job)
{
	struct run run = { .job = job, .top = -1 };
	struct gv_object list = { 0 };
	struct gv_odb *odb;
	int r = gv_repo_odb(job->repo, &odb);

	memset(out, 0, sizeof(*out));
	if (r < 0 || !job->value->is_used || job->value->n_places == 0)
		return r;
	if (job->repo->worktree == NULL)
		return gv_err(GV_EREFUSED, "there is no working tree here");
	run.top = gv_dir_open_root(job->repo->worktree);
	if (run.top < 0)
		return gv_err_sys("cannot open %s", job->repo->worktree);
	r = gv_odb_read_type(odb, &list,
	    &job->inv->snapshots[job->value->newest].list, GV_OTYPE_BLOB);
	if (r < 0)
		goto out;
	r = gv_withheld_open(&run.list, (const char *)list.data, list.len);
	if (r < 0 || (r = gv_safe_reader_new(&run.reader, job->safe)) < 0)
		goto out;
	r = work(&run, out);
out:
	gv_safe_reader_free(run.reader);
	gv_withheld_close(&run.list);
	gv_object_release(&list);
	gv_file_close(run.top);
	return r;
}
