#include <string.h>

#include "base/err.h"
#include "repo/hash.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "walk/base.h"
#include "walk/census_internal.h"

/*
 * svn and hg call a file unchanged by its size and its time alone, and both can
 * be set. What is left out of a snapshot has to be at the server, so here it is
 * proven: by the SHA-1 of the content, once for each state of a file.
 */

/* Setting the permissions of a file behind its content takes this long. */
#define MOMENT 20000000LL

/* What says what is stored, and how, is stored itself in any case. */
static bool
is_own(const struct gv_census_worker *h, const struct gv_census_at *at)
{
	static const char own[] = ".gitvault";

	return strncmp(h->path.p, own, sizeof(own) - 1) == 0 ||
	    gv_census_is_rules(at->name, at->len);
}

/* As svn has it in its store. */
static int
hash_link(struct gv_oid *out, const struct gv_census_at *at)
{
	struct gv_buf target = GV_BUF_INIT, text = GV_BUF_INIT;
	int r = gv_entry_readlink(&target, at->fd, at->name);

	if (r == 0) {
		gv_buf_addstr(&text, "link ");
		gv_buf_add(&text, target.p, target.len);
		r = gv_buf_check(&text);
	}
	if (r == 0)
		gv_hash_plain(out, text.p, text.len);
	gv_buf_release(&target);
	gv_buf_release(&text);
	return r;
}

static int
hash(struct gv_oid *out, const struct gv_census_at *at, const struct stat *st)
{
	struct stat now;
	int fd, r;

	if (S_ISLNK(st->st_mode))
		return hash_link(out, at);
	if ((fd = gv_dir_open_file(at->fd, at->name, at->len)) < 0)
		return GV_ERROR;
	r = gv_hash_file(out, fd, (uint64_t)st->st_size);
	if (r == 0 &&
	    (gv_dir_stat_fd(fd, &now) < 0 || now.st_size != st->st_size))
		r = GV_ERROR;
	gv_file_close(fd);
	return r;
}

/* Without a sum: the content was written when its time says, since setting a
 * time to an earlier one is a later change. Then its tool has seen it. */
static bool
is_written_last(const struct stat *st)
{
	const int64_t written = gv_census_ns(&st->st_mtim);
	const int64_t changed = gv_census_ns(&st->st_ctim);

	return !gv_census_is_beyond(written) && !gv_census_is_beyond(changed) &&
	    changed >= written && changed - written < MOMENT;
}

/* What the cache knows of this very state: 1 it has that content, 0 it has
 * another, -1 nothing. */
static int
recall(const struct gv_census *c, const struct gv_row *old,
    const struct stat *st, const struct gv_oid *sum)
{
	if (old == NULL || !(old->flags & (GV_ROW_BASE | GV_ROW_UNLIKE)) ||
	    !gv_census_is_same(c, old, st))
		return -1;
	return (old->flags & GV_ROW_BASE) && gv_oid_equal(&old->oid, sum);
}

static bool
is_proven(const struct gv_census *c, const struct gv_census_at *at,
    const struct gv_row *old, const struct stat *st, const struct gv_oid *sum)
{
	int known = recall(c, old, st, sum);
	struct gv_oid is;

	if (known < 0)
		known = hash(&is, at, st) == 0 && gv_oid_equal(&is, sum);
	return known;
}

int
gv_census_leave_to_base(struct gv_census *c, struct gv_census_worker *h,
    struct gv_row *row, const struct gv_census_at *at, const struct gv_row *old,
    const struct stat *st)
{
	const char *toward = c->opts.toward;
	struct gv_oid sum;
	int r;

	if (!(S_ISREG(st->st_mode) || S_ISLNK(st->st_mode)) || is_own(h, at) ||
	    !gv_base_find(&sum, c->opts.base, h->path.p, h->path.len,
		gv_census_ns(&st->st_ctim)))
		return 0;
	/* of others than the one that is asked of nothing is read */
	if (gv_oid_is_zero(&sum)) {
		if (!is_written_last(st))
			return 0;
	} else if ((toward == NULL || strcmp(toward, h->path.p) == 0) &&
	    !is_proven(c, at, old, st, &sum)) {
		row->flags |= GV_ROW_UNLIKE;
		return 0;
	}
	row->flags =
	    (row->flags & GV_ROW_TRACKED) | GV_ROW_SKIPPED | GV_ROW_BASE;
	row->oid = sum;
	r = gv_census_fill(c, h, row, st);
	if (!old || (old->flags & GV_ROW_ABSENT & ~GV_ROW_SKIPPED))
		row->flags |= GV_ROW_NEW;
	else if (!(old->flags & GV_ROW_BASE) || row->mtime != old->mtime ||
	    row->mode != old->mode || row->extra != old->extra)
		row->flags |= GV_ROW_CHANGED;
	return r < 0 ? r : 1;
}
