#include "worktree/statcache.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "compress/deflate.h"
#include "worktree/cache.h"

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

static int
lay_out(struct gv_statcache *c)
{
	const struct gv_statcache_head *h = (const void *)c->map.p;
	uint64_t want;

	if (c->map.len < sizeof(*h) ||
	    memcmp(h->magic, GV_STATCACHE_MAGIC, sizeof(h->magic)) != 0)
		return GV_ENOTFOUND;
	if (h->names > c->map.len)
		return GV_ENOTFOUND;
	want = sizeof(*h) + (uint64_t)h->dirs * sizeof(*c->dirs) +
	    (uint64_t)h->rows * sizeof(*c->rows) + h->names;
	if (want != c->map.len)
		return GV_ENOTFOUND;
	c->head = h;
	c->dirs = (const void *)(h + 1);
	c->rows = (const void *)(c->dirs + h->dirs);
	c->names = (const void *)(c->rows + h->rows);
	if (gv_deflate_crc32(head_sum(h), h + 1, c->map.len - sizeof(*h)) !=
	    h->crc)
		return GV_ENOTFOUND;
	return check(c);
}

int
gv_statcache_open(struct gv_statcache **out, const char *path)
{
	struct gv_statcache *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return gv_err_nomem();
	if ((r = gv_file_map(&c->map, AT_FDCWD, path, SIZE_MAX / 2)) == 0)
		r = lay_out(c);
	if (r < 0) {
		gv_statcache_close(c);
		return gv_err(GV_ENOTFOUND, "no usable cache at %s", path);
	}
	*out = c;
	return 0;
}

void
gv_statcache_close(struct gv_statcache *c)
{
	if (c == NULL)
		return;
	gv_file_unmap(&c->map);
	free(c);
}

int
gv_statcache_write(const char *path, struct gv_statcache_head *head,
    const struct gv_dir_row *dirs, const struct gv_row *rows,
    const struct gv_buf *names)
{
	const struct gv_cache_part parts[] = {
		{ head, sizeof(*head) },
		{ dirs, head->dirs * sizeof(*dirs) },
		{ rows, head->rows * sizeof(*rows) },
		{ names->p, names->len },
	};
	const size_t n = sizeof(parts) / sizeof(parts[0]);
	uint32_t crc;
	size_t i;

	memcpy(head->magic, GV_STATCACHE_MAGIC, sizeof(head->magic));
	head->names = names->len;
	crc = head_sum(head);
	for (i = 1; i < n; i++)
		crc = gv_deflate_crc32(crc, parts[i].p, parts[i].len);
	head->crc = crc;
	return gv_cache_replace(path, parts, n, NULL, true);
}
