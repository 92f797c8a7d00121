#include "restore/restore_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "object/tree.h"
#include "record/manifest.h"
#include "repo/hash.h"
#include "restore/large.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/file.h"
#include "sys/xattr.h"

#define PIECE ((size_t)64 * 1024)

#define APART                                                                  \
	"it is below a mount point, and nothing can be moved across; "         \
	"restore it with --to=DIR and copy it"

struct compare {
	struct gv_restore_run *run;
	struct gv_restore_old *old;
	struct gv_restore_worker worker;
	struct gv_entry_cursor cursor;
	struct gv_buf path, text;
	bool *split; /* per first name: its hard link is not one file here */
	int fd;      /* the file that is compared with its blob */
	uint64_t at; /* how far */
	bool differs;
	char piece[PIECE];
};

/* A file beside its blob, piece by piece, so that neither is held whole. */
static int
compare_bytes(struct compare *c, const char *p, size_t len)
{
	size_t n;
	ssize_t got;

	for (; len > 0; p += n, len -= n) {
		n = len < PIECE ? len : PIECE;
		got = gv_file_read_full(c->fd, c->piece, n);
		if (got < 0)
			return gv_err_sys("cannot read it");
		if ((size_t)got != n || memcmp(c->piece, p, n) != 0) {
			c->differs = true;
			return GV_ECANCELED;
		}
		c->at += n;
	}
	return 0;
}

/* The same beside a hole: where the file has one too, nothing is read. */
static int
compare_hole(struct compare *c, size_t len)
{
	static const char zeros[PIECE];
	uint64_t data, end;
	size_t n;
	int r = gv_file_next_data(c->fd, c->at, &data, &end);

	if (r == 0 || (r > 0 && data >= c->at + len)) {
		c->at += len;
		return gv_file_seek(c->fd, c->at) < 0
		    ? gv_err_sys("cannot read it")
		    : 0;
	}
	if (gv_file_seek(c->fd, c->at) < 0)
		return gv_err_sys("cannot read it");
	for (r = 0; r == 0 && len > 0; len -= n) {
		n = len < PIECE ? len : PIECE;
		r = compare_bytes(c, zeros, n);
	}
	return r;
}

static int
compare_piece(void *ctx, const void *data, size_t len)
{
	return data ? compare_bytes(ctx, data, len) : compare_hole(ctx, len);
}

/* Whether a file's bytes, as many as this, are those of the snapshot. */
static int
same_bytes(
    struct compare *c, int dir, const struct gv_restore_file *f, bool *same)
{
	struct gv_revealed_left left = { 0 };
	int r;

	*same = false;
	c->differs = false;
	c->at = 0;
	c->fd = gv_dir_open_file(dir, f->name, f->name_len);
	if (c->fd < 0) {
		/* what cannot be read is not known to be equal */
		if (errno == EACCES || errno == EPERM)
			return 0;
		return gv_err_sys("cannot open it");
	}
	r = gv_restore_stream(&left, &c->worker, f, compare_piece, c);
	gv_entry_close(c->fd);
	if (c->differs)
		return 0;
	*same = r == 0;
	return r;
}

static bool
same_time(const struct gv_restore_old *old, const struct gv_manifest_entry *e)
{
	return e && old->mtime_s == e->mtime_s && old->mtime_ns == e->mtime_ns;
}

static bool
is_newer(const struct gv_manifest_entry *e, const struct gv_restore_old *old)
{
	return e &&
	    (e->mtime_s > old->mtime_s ||
		(e->mtime_s == old->mtime_s && e->mtime_ns > old->mtime_ns));
}

/* Whether what stands there stays, whatever it is. */
static bool
stays(const struct gv_restore_run *run, const struct gv_manifest_entry *e,
    const struct gv_restore_old *old)
{
	enum gv_restore_overwrite mode = run->opts->overwrite;

	return mode == GV_RESTORE_NEVER ||
	    (mode == GV_RESTORE_IF_NEWER && !is_newer(e, old));
}

/* Whether a file's bytes are those of this digest. */
static int
same_digest(struct compare *c, int dir, const struct gv_restore_file *f,
    const unsigned char *digest, bool *same)
{
	struct gv_hash_sha256 h;
	unsigned char is[32];
	ssize_t n;
	int fd = gv_dir_open_file(dir, f->name, f->name_len);

	if (fd < 0)
		return errno == EACCES || errno == EPERM
		    ? 0
		    : gv_err_sys("cannot open it");
	gv_hash_sha256_init(&h);
	while ((n = gv_file_read_full(fd, c->piece, PIECE)) > 0)
		gv_hash_sha256_update(&h, c->piece, (size_t)n);
	gv_entry_close(fd);
	if (n < 0)
		return gv_err_sys("cannot read it");
	gv_hash_sha256_finish(&h, is);
	*same = memcmp(is, digest, sizeof(is)) == 0;
	return 0;
}

/* Whether a file is what the snapshot has a pointer of: 1 with *same set, or 0
 * where it is no pointer. */
static int
same_large(struct compare *c, int dir, size_t i, bool *same)
{
	const struct gv_restore_file *f = &c->run->plan.files[i];
	struct gv_object obj = { 0 };
	struct gv_large large;
	int r;

	if (!gv_manifest_is_pointer(f->meta))
		return 0;
	r = gv_odb_read_type(c->run->odb, &obj, &f->oid, GV_OTYPE_BLOB);
	if (r < 0)
		return r;
	r = gv_large_parse(&large, (const char *)obj.data, obj.len);
	gv_object_release(&obj);
	if (r == 0 || large.size != c->old[i].size)
		return 0;
	*same = same_time(&c->old[i], f->meta) &&
	    (c->run->opts->overwrite != GV_RESTORE_ALWAYS || !large.has_sha256);
	r = *same || !large.has_sha256
	    ? 0
	    : same_digest(c, dir, f, large.sha256, same);
	return r < 0 ? r : 1;
}

/* Whether the safety snapshot tells if a file's bytes are those wanted. What is
 * withheld or in chunks may be the same in two forms. */
static bool
is_known(struct compare *c, size_t i, const struct stat *st, bool *same)
{
	const struct gv_restore_run *run = c->run;

	if (run->narrow == NULL || run->plan.files[i].chunked)
		return false;
	gv_restore_file_path(&c->path, &run->plan, i);
	return gv_buf_check(&c->path) == 0 &&
	    gv_restore_narrow_knows(
		same, run->narrow, c->path.p, c->path.len, st);
}

static int
same_file(
    struct compare *c, int dir, size_t i, const struct stat *st, bool *same)
{
	const struct gv_restore_file *f = &c->run->plan.files[i];
	bool is_same = false;
	uint64_t size;
	int r;

	*same = false;
	r = same_large(c, dir, i, same);
	if (r)
		return r < 0 ? r : 0;
	if (f->given) {
		r = same_bytes(c, dir, f, same);
		*same = *same && c->at == c->old[i].size;
		return r;
	}
	if (is_known(c, i, st, &is_same) && !is_same)
		return 0;
	r = gv_restore_size(&size, c->run->odb, f);
	if (r < 0 || size != c->old[i].size)
		return r;
	*same = is_same ||
	    (c->run->opts->overwrite != GV_RESTORE_ALWAYS &&
		same_time(&c->old[i], f->meta));
	return *same ? 0 : same_bytes(c, dir, f, same);
}

static int
same_link(struct compare *c, int dir, size_t i, bool *same)
{
	const struct gv_restore_file *f = &c->run->plan.files[i];
	struct gv_object obj = { 0 };
	int r;

	*same = false;
	if (gv_entry_readlink(&c->text, dir, f->name) < 0)
		return errno == ENOENT ? 0 : gv_err_sys("cannot read it");
	r = gv_odb_read_type(c->run->odb, &obj, &f->oid, GV_OTYPE_BLOB);
	*same = r == 0 && obj.len == c->text.len &&
	    memcmp(obj.data, c->text.p, obj.len) == 0;
	gv_object_release(&obj);
	return r;
}

/* Only what we could change counts: owners are the superuser's to give. */
static bool
same_owner(const struct gv_restore_run *run, const struct stat *st, uid_t uid,
    gid_t gid)
{
	if (run->uid != 0)
		return true;
	return (uid == (uid_t)-1 || uid == st->st_uid) &&
	    (gid == (gid_t)-1 || gid == st->st_gid);
}

/* What stands with the mode that somebody else's snapshot has was given that by
 * its user. */
static bool
has_mode(const struct gv_restore_run *run, const struct stat *st, uint32_t mode,
    uint32_t stored)
{
	const uint32_t now = st->st_mode & 07777;

	return now == mode || (run->is_foreign && now == stored);
}

static bool
same_meta(struct compare *c, int dir, const struct gv_restore_file *f,
    const struct stat *st)
{
	const struct gv_manifest_entry *e = f->meta;
	struct gv_restore_meta meta;

	if (!same_owner(c->run, st, f->uid, f->gid))
		return false;
	gv_restore_file_meta(&meta, c->run, f);
	if (S_ISREG(st->st_mode)) {
		/* without a manifest only the executable bit is known */
		if (e && e->type == GV_MANIFEST_FILE
			? !has_mode(c->run, st, meta.e.mode, f->stored)
			: !(st->st_mode & 0100) != (f->mode != GV_MODE_EXEC))
			return false;
	}
	if (e == NULL)
		return true;
	if (e->mtime_s != (int64_t)st->st_mtim.tv_sec ||
	    e->mtime_ns != (uint32_t)st->st_mtim.tv_nsec)
		return false;
	return gv_xattr_is(dir, f->name, e->xattrs ? e->xattrs : "");
}

bool
gv_restore_leaves(
    const struct gv_restore_run *run, const struct gv_restore_old *old)
{
	return old->there || run->opts->to == NULL;
}

/* A file with values: one that is not to be whole stays as it is, and none is
 * opened to more people. */
static int
judge_given(struct compare *c, size_t i, const struct stat *st)
{
	struct gv_restore_file *f = &c->run->plan.files[i];
	int r = 0;

	if (f->given == NULL || f->action == GV_RESTORE_ABSENT)
		return 0;
	if (st && S_ISREG(st->st_mode))
		f->closed = ~st->st_mode & 0677;
	r = gv_restore_try(&c->worker, f);
	if (r == 0 && f->left && gv_restore_leaves(c->run, &c->old[i]))
		f->action = GV_RESTORE_SEALED;
	return r;
}

/* Something stands at the path of a file: set what is to be done. */
static int
judge(struct compare *c, int dir, size_t i, const struct stat *st)
{
	struct gv_restore_file *f = &c->run->plan.files[i];
	bool is_link = f->mode == GV_MODE_LINK, same = false;
	int r = 0;

	if (stays(c->run, f->meta, &c->old[i])) {
		f->action = GV_RESTORE_KEEP;
		return 0;
	}
	r = judge_given(c, i, st);
	if (r < 0 || f->action == GV_RESTORE_SEALED)
		return r;
	if (is_link && S_ISLNK(st->st_mode))
		r = same_link(c, dir, i, &same);
	else if (!is_link && S_ISREG(st->st_mode))
		r = same_file(c, dir, i, st, &same);
	if (r < 0)
		return r;
	if (!same)
		f->action = GV_RESTORE_CHANGE;
	else
		f->action = same_meta(c, dir, f, st) ? GV_RESTORE_KEEP
						     : GV_RESTORE_TOUCH;
	return 0;
}

static int
compare_file(struct compare *c, int dir, size_t i)
{
	struct gv_restore_run *run = c->run;
	struct gv_restore_file *f = &run->plan.files[i];
	struct stat st;
	int r = 0;

	if (f->action == GV_RESTORE_ABSENT)
		return 0;
	if (gv_entry_stat(dir, f->name, &st) == 0) {
		gv_restore_old_of(&c->old[i], &st);
		r = judge(c, dir, i, &st);
	} else {
		r = errno == ENOENT ? judge_given(c, i, NULL)
				    : gv_err_sys("cannot look at it");
	}
	if (r == 0)
		return 0;
	gv_restore_file_path(&c->path, &run->plan, i);
	if (run->opts->skip_damaged &&
	    (r == GV_ECORRUPT || r == GV_ENOTFOUND)) {
		f->action = GV_RESTORE_SKIP;
		gv_restore_skip(run, c->path.p, c->path.len, NULL);
		return 0;
	}
	return gv_restore_in(r, &c->path);
}

static void
skip_dir(struct compare *c, size_t i, const char *reason)
{
	struct gv_restore_dir *d = &c->run->plan.dirs[i];

	d->skipped = true;
	gv_restore_skip(c->run, c->path.p, c->path.len, reason);
}

/* A file that is written is made elsewhere and moved into its place: leave out
 * one whose place this cannot reach. */
static void
skip_file(struct compare *c, int dir, size_t i, bool may_write)
{
	struct gv_restore_file *f = &c->run->plan.files[i];
	const char *reason = NULL;

	if (f->action != GV_RESTORE_CREATE && f->action != GV_RESTORE_CHANGE)
		return;
	if (!may_write)
		reason = "its directory may not be written";
	else if (c->run->plan.dirs[f->dir].apart)
		reason = APART;
	else if (c->old[i].there && !gv_entry_may_move(dir, ".", dir, f->name))
		reason = "something is mounted there; unmount it first";
	if (reason == NULL)
		return;
	f->action = GV_RESTORE_SKIP;
	gv_restore_file_path(&c->path, &c->run->plan, i);
	gv_restore_skip(c->run, c->path.p, c->path.len, reason);
}

static int
compare_files(struct compare *c, size_t i)
{
	struct gv_restore_dir *d = &c->run->plan.dirs[i];
	bool may, locked;
	size_t k;
	int dir, r = 0;

	gv_restore_dir_path(&c->path, &c->run->plan, i);
	dir = gv_entry_cursor_go(&c->cursor, c->path.p, c->path.len);
	if (dir < 0 && errno == EACCES) {
		skip_dir(c, i, "nobody but its owner may look into it");
		return 0;
	}
	if (dir < 0)
		return gv_restore_in(
		    gv_err_sys("cannot open the directory"), &c->path);
	for (k = d->first; r == 0 && k < d->first + d->n; k++)
		r = compare_file(c, dir, k);
	d->apart = !gv_entry_may_move(c->cursor.root, ".", dir, ".");
	may = gv_entry_may_write(dir, &locked);
	d->locked = may && locked;
	for (k = d->first; r == 0 && k < d->first + d->n; k++)
		skip_file(c, dir, k, may);
	return r;
}

/* The files of a directory that is not there. */
static int
try_files(struct compare *c, size_t i)
{
	const struct gv_restore_dir *d = &c->run->plan.dirs[i];
	size_t k;
	int r = 0;

	for (k = d->first; r == 0 && k < d->first + d->n; k++) {
		if ((r = judge_given(c, k, NULL)) == 0)
			continue;
		gv_restore_file_path(&c->path, &c->run->plan, k);
		gv_restore_in(r, &c->path);
	}
	return r;
}

/* But for its time. */
static bool
same_dir_meta(const struct gv_restore_run *run, const struct gv_restore_dir *d,
    const struct stat *st, int dir, const char *name)
{
	return same_owner(run, st, d->uid, d->gid) &&
	    gv_xattr_is(dir, name, d->meta->xattrs ? d->meta->xattrs : "") &&
	    has_mode(run, st, d->meta->mode, d->stored);
}

/* What stands where a directory of the snapshot goes. */
static int
compare_dir(struct compare *c, size_t i)
{
	struct gv_restore_dir *dirs = c->run->plan.dirs, *d = &dirs[i];
	struct stat st;
	const char *name;
	int dir;

	if (!dirs[d->parent].there && i)
		return 0;
	gv_restore_dir_path(&c->path, &c->run->plan, i);
	if (gv_buf_check(&c->path) < 0)
		return GV_ENOMEM;
	d->apart = dirs[d->parent].apart;
	dir = gv_entry_cursor_parent(&c->cursor, c->path.p, c->path.len, &name);
	if (dir < 0 || gv_entry_stat(dir, name, &st) < 0) {
		if (dir >= 0 && errno == ENOENT) {
			if (d->apart)
				skip_dir(c, i, APART);
			return 0;
		}
		return gv_restore_in(gv_err_sys("cannot look at it"), &c->path);
	}
	d->there = S_ISDIR(st.st_mode);
	gv_restore_old_of(&d->old, &st);
	if (d->there) {
		d->now_mode = st.st_mode & 07777;
		d->touched = d->meta && !d->repo &&
		    !same_dir_meta(c->run, d, &st, dir, name);
		d->differs = d->touched ||
		    (d->meta && !d->repo && !same_time(&d->old, d->meta));
	} else if (S_ISLNK(st.st_mode) && !c->run->opts->delete) {
		skip_dir(c, i,
		    "it is a symbolic link here, and nothing is written "
		    "through one; remove the link first, or restore with "
		    "--delete");
	} else if (stays(c->run, d->meta, &d->old)) {
		skip_dir(c, i, "a file is there");
	} else if (d->apart) {
		skip_dir(c, i, APART);
	} else {
		d->blocked = true;
	}
	return 0;
}

/* Names of several files must not be one: it would have the time and the mode
 * of the last of them. The first keeps what stands. */
static int
part_links(struct compare *c)
{
	const struct gv_restore_plan *plan = &c->run->plan;
	struct gv_map kept = GV_MAP_INIT; /* inode -> place in c->split */
	const struct gv_restore_file *f;
	struct gv_restore_old *old;
	bool *split, *first;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < plan->n_files; i++) {
		f = &plan->files[i];
		old = &c->old[i];
		if (!old->is_shared ||
		    (f->action != GV_RESTORE_KEEP &&
			f->action != GV_RESTORE_TOUCH))
			continue;
		split = &c->split[f->leader ? f->leader - 1 : i];
		first = gv_map_get(&kept, &old->id, sizeof(old->id));
		if (first == NULL)
			r = gv_map_put(&kept, &old->id, sizeof(old->id), split);
		else if (first != split)
			*split = true;
	}
	gv_map_release(&kept);
	return r;
}

/* Names of one file must be one file afterwards. */
static int
compare_links(struct compare *c)
{
	struct gv_restore_plan *plan = &c->run->plan;
	enum gv_restore_overwrite mode = c->run->opts->overwrite;
	struct gv_restore_file *f, *first;
	size_t i, lead;
	int r = 0;

	for (i = 0; i < plan->n_files; i++) {
		f = &plan->files[i];
		if (f->leader == 0)
			continue;
		lead = f->leader - 1;
		first = &plan->files[lead];
		if (mode == GV_RESTORE_NEVER || mode == GV_RESTORE_IF_NEWER ||
		    first->action == GV_RESTORE_SKIP ||
		    first->action == GV_RESTORE_SEALED ||
		    plan->dirs[first->dir].skipped)
			f->leader = 0; /* each goes its own way */
		else if (!c->old[i].there || !c->old[lead].there ||
		    c->old[i].id.ino != c->old[lead].id.ino ||
		    f->action == GV_RESTORE_CHANGE ||
		    first->action == GV_RESTORE_CHANGE)
			c->split[lead] = true;
	}
	if (mode != GV_RESTORE_NEVER && mode != GV_RESTORE_IF_NEWER)
		r = part_links(c);
	for (i = 0; i < plan->n_files; i++) {
		f = &plan->files[i];
		lead = f->leader ? f->leader - 1 : i;
		if (c->split[lead] &&
		    (f->action == GV_RESTORE_KEEP ||
			f->action == GV_RESTORE_TOUCH))
			f->action = GV_RESTORE_CHANGE;
	}
	return r;
}

int
gv_restore_compare(
    struct gv_restore_run *run, int root, struct gv_restore_old *old)
{
	struct gv_restore_plan *plan = &run->plan;
	struct compare *c = calloc(1, sizeof(*c));
	size_t i;
	int r = 0;

	if (c == NULL)
		return gv_err_nomem();
	c->run = c->worker.run = run;
	c->old = old;
	c->path = c->text = (struct gv_buf)GV_BUF_INIT;
	gv_entry_cursor_init(&c->cursor, root);
	c->split = calloc(plan->n_files + 1, sizeof(*c->split));
	if (c->split == NULL)
		r = gv_err_nomem();
	for (i = 0; r == 0 && i < plan->n_dirs; i++) {
		struct gv_restore_dir *d = &plan->dirs[i];

		if (gv_cancel_requested())
			r = gv_cancel_error();
		if (i && plan->dirs[d->parent].skipped)
			d->skipped = true;
		if (r < 0 || !d->used || d->skipped)
			continue;
		if ((r = compare_dir(c, i)) == 0 && d->there && !d->skipped &&
		    !d->repo)
			r = compare_files(c, i);
		else if (r == 0 && !d->there && !d->skipped)
			r = try_files(c, i);
		if (run->opts->add)
			run->opts->add(run->opts->progress_ctx, d->n, 0);
	}
	if (r == 0)
		r = compare_links(c);
	gv_restore_worker_release(&c->worker);
	gv_entry_cursor_release(&c->cursor);
	gv_buf_release(&c->path);
	gv_buf_release(&c->text);
	free(c->split);
	free(c);
	return r;
}
