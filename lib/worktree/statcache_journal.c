#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "compress/deflate.h"
#include "sys/entry.h"
#include "sys/pages.h"
#include "worktree/statcache_internal.h"

/* The journal of a cache is a file beside it, NAME.journal, of entries: what
 * each later snapshot changed in it.
 *
 *	entry		struct entry, the head, then what the counts say:
 *	dir, row	its number, 0, and the row as it is now, 4 + 4 + n bytes
 *
 * An entry names the sum of the cache that it belongs to. Its own sum is of the
 * whole entry with 0 in that place, and goes on from the sum before it, so an
 * entry counts only behind those that it was written behind. What a killed
 * writer left at the end does not count, and is written over. */

#define MAGIC "gvjrnl\0\1"

struct entry {
	char magic[8];
	uint32_t base, sum;
	uint32_t dirs, rows;
};

struct dir_item {
	uint32_t number, unused;
	struct gv_dir_row row;
};

struct row_item {
	uint32_t number, unused;
	struct gv_row row;
};

/* ---- read ---------------------------------------------------------------- */

static uint32_t
sum_of(uint32_t before, const char *p, size_t len)
{
	static const uint32_t zero = 0;
	const size_t at = offsetof(struct entry, sum);
	uint32_t sum = gv_deflate_crc32(before, p, at);

	sum = gv_deflate_crc32(sum, &zero, sizeof(zero));
	return gv_deflate_crc32(
	    sum, p + at + sizeof(zero), len - at - sizeof(zero));
}

/* How long the entry at p is; 0: there is none that counts. */
static size_t
measure(const struct gv_statcache *c, const char *p, size_t left)
{
	struct entry e;
	uint64_t len;

	if (left < sizeof(e))
		return 0;
	memcpy(&e, p, sizeof(e));
	if (memcmp(e.magic, MAGIC, sizeof(e.magic)) != 0 || e.base != c->base ||
	    e.dirs > c->head->dirs || e.rows > c->head->rows)
		return 0;
	len = sizeof(e) + sizeof(struct gv_statcache_head) +
	    e.dirs * (uint64_t)sizeof(struct dir_item) +
	    e.rows * (uint64_t)sizeof(struct row_item);
	return len <= left && sum_of(c->sum, p, (size_t)len) == e.sum
	    ? (size_t)len
	    : 0;
}

/* Put some bytes in their place. Of a cache that is looked at in parts, what is
 * around them must be intact first. */
static bool
put(const struct gv_statcache *c, const void *to, const void *from, size_t len)
{
	if (!gv_statcache_is_intact(c, to, len))
		return false;
	memcpy((void *)(uintptr_t)to, from, len);
	return true;
}

static bool
put_dirs(const struct gv_statcache *c, const char *p, uint32_t n)
{
	struct dir_item item;
	uint32_t i;

	for (i = 0; i < n; i++, p += sizeof(item)) {
		memcpy(&item, p, sizeof(item));
		if (item.number >= c->head->dirs ||
		    !put(c, &c->dirs[item.number], &item.row, sizeof(item.row)))
			return false;
	}
	return true;
}

static bool
put_rows(const struct gv_statcache *c, const char *p, uint32_t n)
{
	struct row_item item;
	uint32_t i;

	for (i = 0; i < n; i++, p += sizeof(item)) {
		memcpy(&item, p, sizeof(item));
		if (item.number >= c->head->rows ||
		    !put(c, &c->rows[item.number], &item.row, sizeof(item.row)))
			return false;
	}
	return true;
}

/* What says how the file is laid out stays. */
static void
put_head(const struct gv_statcache *c, const char *p)
{
	struct gv_statcache_head *head = (void *)(uintptr_t)c->head, now;

	memcpy(&now, p, sizeof(now));
	memcpy(now.magic, head->magic, sizeof(now.magic));
	now.dirs = head->dirs;
	now.rows = head->rows;
	now.names = head->names;
	now.crc = head->crc;
	*head = now;
}

static bool
play(struct gv_statcache *c, const char *p, size_t len)
{
	const char *dirs =
	    p + sizeof(struct entry) + sizeof(struct gv_statcache_head);
	struct entry e;

	memcpy(&e, p, sizeof(e));
	if (!put_dirs(c, dirs, e.dirs) ||
	    !put_rows(c, dirs + e.dirs * sizeof(struct dir_item), e.rows))
		return false;
	put_head(c, p + sizeof(e));
	c->sum = e.sum;
	c->played += len;
	return true;
}

/* What a journal changes is all over the file: to copy it as a whole takes less
 * time than to have the system copy page by page what is written to. */
static int
own(struct gv_statcache *c)
{
	if (c->own)
		return 0;
	if (c->intact || c->map.len < GV_PAGES_HUGE ||
	    (c->own = gv_pages_new_huge(c->map.len)) == NULL)
		return gv_file_map_own(&c->map);
	memcpy(c->own, c->map.p, c->map.len);
	gv_statcache_point(c, c->own);
	return 0;
}

int
gv_statcache_replay(struct gv_statcache *c, const void *journal, size_t len)
{
	const char *p = journal;
	size_t n;

	if (own(c) < 0)
		return GV_ENOTFOUND;
	while ((n = measure(c, p + c->played, len - c->played)) > 0)
		if (!play(c, p + c->played, n))
			return GV_ENOTFOUND;
	return 0;
}

static int
path_of(struct gv_buf *out, const char *path)
{
	gv_buf_addf(out, "%s.journal", path);
	return gv_buf_check(out);
}

int
gv_statcache_read_journal(struct gv_statcache *c, const char *path)
{
	struct gv_buf name = GV_BUF_INIT, journal = GV_BUF_INIT;
	char *before = gv_err_save();
	int r = path_of(&name, path);

	c->base = c->head->crc;
	if (r == 0 &&
	    gv_file_read(&journal, AT_FDCWD, name.p, c->map.len) == 0 &&
	    measure(c, journal.p, journal.len) > 0)
		r = gv_statcache_replay(c, journal.p, journal.len);
	gv_err_restore(before);
	gv_buf_release(&journal);
	gv_buf_release(&name);
	return r < 0 ? GV_ENOTFOUND : 0;
}

/* ---- written ------------------------------------------------------------- */

int
gv_statcache_change_dir(struct gv_statcache_change *change, uint32_t number,
    const struct gv_dir_row *row)
{
	const struct dir_item item = { .number = number, .row = *row };

	gv_buf_add(&change->dirs, &item, sizeof(item));
	change->n_dirs++;
	return gv_buf_check(&change->dirs);
}

int
gv_statcache_change_row(struct gv_statcache_change *change, uint32_t number,
    const struct gv_row *row)
{
	const struct row_item item = { .number = number, .row = *row };

	gv_buf_add(&change->rows, &item, sizeof(item));
	change->n_rows++;
	return gv_buf_check(&change->rows);
}

void
gv_statcache_change_release(struct gv_statcache_change *change)
{
	gv_buf_release(&change->dirs);
	gv_buf_release(&change->rows);
}

/* Whether the file there is the one that this cache was read from. */
static bool
is_base(const struct gv_statcache *c, const char *path)
{
	struct gv_statcache_head head;
	struct stat st;
	int fd;
	bool is;

	if (gv_file_open(&fd, &st, AT_FDCWD, path) < 0)
		return false;
	is = (size_t)st.st_size == c->map.len &&
	    gv_file_pread_full(fd, &head, sizeof(head), 0) ==
		(ssize_t)sizeof(head) &&
	    head.crc == c->base;
	gv_file_close(fd);
	return is;
}

int
gv_statcache_append(const struct gv_statcache *c, const char *path,
    const struct gv_statcache_head *head, struct gv_statcache_change *change)
{
	struct entry e = {
		.base = c->base, .dirs = change->n_dirs, .rows = change->n_rows
	};
	struct gv_buf name = GV_BUF_INIT, out = GV_BUF_INIT;
	char *before = gv_err_save();
	int r = GV_ENOTFOUND;

	memcpy(e.magic, MAGIC, sizeof(e.magic));
	gv_buf_add(&out, &e, sizeof(e));
	gv_buf_add(&out, head, sizeof(*head));
	gv_buf_add(&out, change->dirs.p, change->dirs.len);
	gv_buf_add(&out, change->rows.p, change->rows.len);
	if (gv_buf_check(&out) == 0 &&
	    c->played + out.len <= c->map.len / GV_STATCACHE_SHARE &&
	    is_base(c, path) && path_of(&name, path) == 0) {
		e.sum = sum_of(c->sum, out.p, out.len);
		memcpy(out.p, &e, sizeof(e));
		r = gv_file_write_tail(name.p, c->played, out.p, out.len);
	}
	gv_err_restore(before);
	gv_buf_release(&out);
	gv_buf_release(&name);
	return r == 0 ? 0 : GV_ENOTFOUND;
}

void
gv_statcache_end_journal(const char *path)
{
	struct gv_buf name = GV_BUF_INIT;

	if (path_of(&name, path) == 0)
		(void)gv_entry_unlink(AT_FDCWD, name.p);
	gv_buf_release(&name);
}
