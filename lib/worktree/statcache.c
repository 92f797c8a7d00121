#include "worktree/statcache.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "compress/deflate.h"
#include "sys/pages.h"
#include "worktree/cache.h"
#include "worktree/statcache_internal.h"

/* Of the head too, but for the sum itself, which stands as 0 in it. */
static uint32_t
head_sum(const struct gv_statcache_head *head)
{
	static const uint32_t zero = 0;
	const size_t at = offsetof(struct gv_statcache_head, crc);
	uint32_t crc = gv_deflate_crc32(0, head, at);

	crc = gv_deflate_crc32(crc, &zero, sizeof(zero));
	return gv_deflate_crc32(crc, (const char *)head + at + sizeof(zero),
	    sizeof(*head) - at - sizeof(zero));
}

/* Names are parts of paths that are opened. */
static bool
is_name(const char *name, size_t len)
{
	return len &&
	    (name[0] != '.' || len > 2 || (len == 2 && name[1] != '.'));
}

/* The rows of one directory: those that are entered stand for the directory
 * rows from *next on, in order, as the writer numbers them: so the rows are a
 * tree, and every walk over them ends. */
static int
check_rows(const struct gv_statcache *c, uint32_t dir, uint32_t *next)
{
	const struct gv_statcache_head *h = c->head;
	const struct gv_dir_row *d = &c->dirs[dir], *child;
	uint32_t i;

	for (i = d->first; i < d->first + d->n; i++) {
		const struct gv_row *e = &c->rows[i];

		if (e->name > h->names || e->name_len > h->names - e->name ||
		    !is_name(c->names + e->name, e->name_len) ||
		    (e->flags & ~GV_ROW_KEPT_FLAGS))
			return GV_ENOTFOUND;
		if (!(e->flags & GV_ROW_DIR) || (e->flags & GV_ROW_ABSENT))
			continue;
		if (*next >= h->dirs || e->size != *next)
			return GV_ENOTFOUND;
		child = &c->dirs[(*next)++];
		if (child->parent != dir || child->name != e->name ||
		    child->name_len != e->name_len)
			return GV_ENOTFOUND;
	}
	return 0;
}

/* Every number that is later used as an index, checked once, so that nobody
 * else need to; the checksum only tells of accidents. */
static int
check(const struct gv_statcache *c)
{
	const struct gv_statcache_head *h = c->head;
	uint32_t i, rows = 0, next = 1;

	if (h->dirs == 0 || h->n_layers > GV_STATCACHE_LAYERS ||
	    h->id[sizeof(h->id) - 1] != '\0' || c->dirs[0].name_len != 0 ||
	    c->dirs[0].name > h->names || c->dirs[0].parent != 0 ||
	    memchr(c->names, '/', h->names) || memchr(c->names, '\0', h->names))
		return GV_ENOTFOUND;
	for (i = 0; i < h->dirs; i++) {
		const struct gv_dir_row *d = &c->dirs[i];

		if (i >= next || d->first != rows || d->n > h->rows - rows ||
		    d->state > GV_DIR_WANTED || d->read_as > GV_DIR_WANTED)
			return GV_ENOTFOUND;
		if (check_rows(c, i, &next) < 0)
			return GV_ENOTFOUND;
		rows += d->n;
	}
	return rows == h->rows && next == h->dirs ? 0 : GV_ENOTFOUND;
}

bool
gv_statcache_is_sound(const struct gv_statcache *c)
{
	return check(c) == 0;
}

/* Bytes of what the sums are of. */
static uint64_t
body_of(const struct gv_statcache_head *h)
{
	return (uint64_t)h->dirs * sizeof(struct gv_dir_row) +
	    (uint64_t)h->rows * sizeof(struct gv_row) + h->names;
}

static uint64_t
blocks_of(uint64_t body)
{
	return (body + GV_STATCACHE_BLOCK - 1) / GV_STATCACHE_BLOCK;
}

void
gv_statcache_point(struct gv_statcache *c, const void *copy)
{
	c->head = copy;
	c->dirs = (const void *)(c->head + 1);
	c->rows = (const void *)(c->dirs + c->head->dirs);
	c->names = (const void *)(c->rows + c->head->rows);
	c->sums = c->names + c->head->names;
}

static int
lay_out(struct gv_statcache *c)
{
	const struct gv_statcache_head *h = (const void *)c->map.p;
	uint64_t body, sums;

	if (c->map.len < sizeof(*h) ||
	    memcmp(h->magic, GV_STATCACHE_MAGIC, sizeof(h->magic)) != 0 ||
	    h->names > c->map.len)
		return GV_ENOTFOUND;
	body = body_of(h);
	sums = blocks_of(body) * sizeof(uint32_t);
	if (sizeof(*h) + body + sums != c->map.len)
		return GV_ENOTFOUND;
	gv_statcache_point(c, h);
	return gv_deflate_crc32(head_sum(h), c->sums, (size_t)sums) == h->crc
	    ? 0
	    : GV_ENOTFOUND;
}

static bool
is_block_intact(const struct gv_statcache *c, uint64_t block)
{
	const uint64_t at = block * GV_STATCACHE_BLOCK;
	const uint64_t left = body_of(c->head) - at;
	uint32_t sum;

	memcpy(&sum, c->sums + block * sizeof(sum), sizeof(sum));
	return gv_deflate_crc32(0, (const char *)(c->head + 1) + at,
		   left < GV_STATCACHE_BLOCK ? (size_t)left
					     : GV_STATCACHE_BLOCK) == sum;
}

bool
gv_statcache_is_intact(const struct gv_statcache *c, const void *p, size_t len)
{
	const char *body = (const char *)(c->head + 1);
	uint64_t at = (uint64_t)((const char *)p - body), i;

	if (c->intact == NULL || len == 0)
		return true;
	for (i = at / GV_STATCACHE_BLOCK;
	     i <= (at + len - 1) / GV_STATCACHE_BLOCK; i++) {
		if (!c->intact[i] && !is_block_intact(c, i))
			return false;
		c->intact[i] = 1;
	}
	return true;
}

/* All of it. */
static int
prove(struct gv_statcache *c, const char *path)
{
	const uint64_t n = blocks_of(body_of(c->head));
	uint64_t i;

	for (i = 0; i < n; i++)
		if (!is_block_intact(c, i))
			return GV_ENOTFOUND;
	return gv_statcache_read_journal(c, path) < 0 ? GV_ENOTFOUND : check(c);
}

/* That nothing but the head was looked at. */
static int
begin_part(struct gv_statcache *c, const char *path)
{
	c->intact = calloc((size_t)blocks_of(body_of(c->head)) + 1, 1);
	return c->intact ? gv_statcache_read_journal(c, path) : GV_ENOTFOUND;
}

typedef int (*mapper)(
    struct gv_file_map *out, int dirfd, const char *path, size_t max);

static int
open_with(struct gv_statcache **out, const char *path, mapper map,
    int (*begin)(struct gv_statcache *c, const char *path))
{
	struct gv_statcache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return gv_err_nomem();
	if (map(&c->map, AT_FDCWD, path, SIZE_MAX / 2) < 0 || lay_out(c) < 0 ||
	    begin(c, path) < 0) {
		gv_statcache_close(c);
		return gv_err(GV_ENOTFOUND, "no usable cache at %s", path);
	}
	*out = c;
	return 0;
}

int
gv_statcache_open(struct gv_statcache **out, const char *path)
{
	return open_with(out, path, gv_file_map, prove);
}

int
gv_statcache_open_part(struct gv_statcache **out, const char *path)
{
	return open_with(out, path, gv_file_map_places, begin_part);
}

void
gv_statcache_close(struct gv_statcache *c)
{
	if (c == NULL)
		return;
	gv_pages_free_huge(c->own, c->map.len);
	gv_file_unmap(&c->map);
	free(c->intact);
	free(c);
}

/* The sums of all parts together, block by block, into room for them. */
static void
sum_up(uint32_t *sums, const struct gv_cache_part *parts, size_t n)
{
	size_t filled = 0, i, at, some;

	*sums = 0;
	for (i = 0; i < n; i++)
		for (at = 0; at < parts[i].len; at += some) {
			if (filled == GV_STATCACHE_BLOCK) {
				*++sums = 0;
				filled = 0;
			}
			some = parts[i].len - at;
			if (some > GV_STATCACHE_BLOCK - filled)
				some = GV_STATCACHE_BLOCK - filled;
			*sums = gv_deflate_crc32(
			    *sums, (const char *)parts[i].p + at, some);
			filled += some;
		}
}

int
gv_statcache_write(const char *path, struct gv_statcache_head *head,
    const struct gv_dir_row *dirs, const struct gv_row *rows,
    const struct gv_buf *names)
{
	struct gv_cache_part parts[] = {
		{ head, sizeof(*head) },
		{ dirs, head->dirs * sizeof(*dirs) },
		{ rows, head->rows * sizeof(*rows) },
		{ names->p, names->len },
		{ NULL, 0 },
	};
	uint32_t *sums;
	size_t n;
	int r;

	memcpy(head->magic, GV_STATCACHE_MAGIC, sizeof(head->magic));
	head->names = names->len;
	n = (size_t)blocks_of(body_of(head));
	sums = calloc(n + 1, sizeof(*sums));
	if (sums == NULL)
		return gv_err_nomem();
	sum_up(sums, parts + 1, 3);
	parts[4] = (struct gv_cache_part){ sums, n * sizeof(*sums) };
	head->crc = gv_deflate_crc32(head_sum(head), sums, parts[4].len);
	r = gv_cache_replace(
	    path, parts, sizeof(parts) / sizeof(parts[0]), NULL, true);
	/* one that stays, because we are killed here, is of another cache */
	if (r == 0)
		gv_statcache_end_journal(path);
	free(sums);
	return r;
}
