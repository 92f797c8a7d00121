#include "view/history_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "object/tree.h"
#include "worktree/cache.h"

/*
 * Numbers are big-endian:
 *	8 bytes		"GVPATHS1"
 *	…		a section for each path, the last written first
 *	4 bytes		CRC-32 of all before
 *
 * A section:
 *	2 * 4 bytes	the path's length, n
 *	…		the path
 *	n * 44 bytes	a tree's id; the mode that the path has there, or 0;
 *			its id, or zeros; sorted by tree
 */
#define NAME  "paths"
#define MAGIC "GVPATHS1"
#define ROW   (2 * GV_OID_RAW + 4)

/* Others are kept besides the path as long as there are not more. */
#define MAX_PATHS 16
#define MAX_ROWS  20000

struct section {
	const char *path, *rows;
	size_t path_len, n;
};

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, GV_OID_RAW);
}

/* The section that begins at *p, which moves behind it: 1, 0 at the end, or
 * GV_ECORRUPT. */
static int
next_section(struct section *s, const char **p, const char *end)
{
	size_t left = (size_t)(end - *p);

	if (left == 0)
		return 0;
	if (left < 8)
		return GV_ECORRUPT;
	s->path_len = (size_t)gv_enc_number(*p, 4);
	s->n = (size_t)gv_enc_number(*p + 4, 4);
	s->path = *p + 8;
	left -= 8;
	if (s->path_len == 0 || s->path_len > left ||
	    s->n > (left - s->path_len) / ROW)
		return GV_ECORRUPT;
	s->rows = s->path + s->path_len;
	*p = s->rows + s->n * ROW;
	return 1;
}

static bool
is_of(const struct section *s, const char *path)
{
	return strlen(path) == s->path_len &&
	    memcmp(path, s->path, s->path_len) == 0;
}

static unsigned
mode_of(const char *row)
{
	return (unsigned)gv_enc_number(row + GV_OID_RAW, 4);
}

/* The rows are in order, and say what a tree can. */
static bool
is_good(const struct section *s)
{
	const char *row = s->rows;
	size_t i;

	for (i = 0; i < s->n; i++, row += ROW) {
		if (i && compare(row - ROW, row) >= 0)
			return false;
		switch (mode_of(row)) {
		case 0:
		case GV_MODE_DIR:
		case GV_MODE_FILE:
		case GV_MODE_EXEC:
		case GV_MODE_LINK:
		case GV_MODE_GIT:
			break;
		default:
			return false;
		}
	}
	return true;
}

int
gv_history_cache_parse(
    struct gv_history_cache *c, const char *file, size_t len, const char *path)
{
	struct gv_history_cache new = *c;
	const char *p, *end;
	struct section s;
	bool is_found = false;
	int r;

	if (!gv_cache_is_sealed(file, len, MAGIC))
		return GV_ECORRUPT;
	end = file + len - GV_CACHE_SUM;
	new.sections = p = file + GV_CACHE_MAGIC;
	new.len = (size_t)(end - p);
	new.rows = NULL;
	new.n = 0;
	while ((r = next_section(&s, &p, end)) > 0) {
		if (is_found || !is_of(&s, path))
			continue;
		if (!is_good(&s))
			return GV_ECORRUPT;
		is_found = true;
		new.rows = s.rows;
		new.n = s.n;
	}
	if (r == 0)
		*c = new;
	return r;
}

bool
gv_history_cache_get(
    const struct gv_history_cache *c, struct gv_history_row *row)
{
	const char *p =
	    c->n ? bsearch(row->tree.id, c->rows, c->n, ROW, compare) : NULL;

	if (p == NULL)
		return false;
	row->mode = mode_of(p);
	memcpy(row->oid.id, p + GV_OID_RAW + 4, GV_OID_RAW);
	return true;
}

/* --- writing --- */

/* Leave each tree once; how many are left. */
static size_t
sort(struct gv_history_row *rows, size_t n)
{
	size_t i, kept = 0;

	if (n)
		qsort(rows, n, sizeof(*rows), compare);
	for (i = 0; i < n; i++)
		if (kept == 0 || compare(&rows[kept - 1], &rows[i]) != 0)
			rows[kept++] = rows[i];
	return kept;
}

static void
put_section(struct gv_buf *out, const char *path,
    const struct gv_history_row *rows, size_t n)
{
	size_t i;

	gv_enc_add_number(out, strlen(path), 4);
	gv_enc_add_number(out, n, 4);
	gv_buf_addstr(out, path);
	for (i = 0; i < n; i++) {
		gv_buf_add(out, rows[i].tree.id, GV_OID_RAW);
		gv_enc_add_number(out, rows[i].mode, 4);
		gv_buf_add(out, rows[i].oid.id, GV_OID_RAW);
	}
}

void
gv_history_cache_format(struct gv_buf *out, const struct gv_history_cache *c,
    const char *path, struct gv_history_row *rows, size_t n)
{
	const char *p = c->sections ? c->sections : "", *begin = p;
	const char *end = p + c->len;
	size_t from = out->len, n_paths = 1;
	struct section s;

	gv_buf_addstr(out, MAGIC);
	n = sort(rows, n);
	put_section(out, path, rows, n);
	for (; next_section(&s, &p, end) > 0; begin = p) {
		if (is_of(&s, path))
			continue;
		n += s.n;
		if (++n_paths > MAX_PATHS || n > MAX_ROWS)
			break;
		gv_buf_add(out, begin, (size_t)(p - begin));
	}
	gv_cache_seal(out, from);
}

int
gv_history_cache_load(
    struct gv_history_cache *out, const struct gv_repo *repo, const char *path)
{
	int r;

	*out = (struct gv_history_cache)GV_HISTORY_CACHE_INIT;
	if ((r = gv_cache_load(&out->bytes, repo, NAME)) == 0)
		(void)gv_history_cache_parse(
		    out, out->bytes.p, out->bytes.len, path);
	return r == GV_ENOMEM ? r : 0;
}

void
gv_history_cache_save(const struct gv_history_cache *c,
    const struct gv_repo *repo, const char *path, struct gv_history_row *rows,
    size_t n)
{
	struct gv_buf file = GV_BUF_INIT;

	gv_history_cache_format(&file, c, path, rows, n);
	gv_cache_save(repo, NAME, &file, false);
	gv_buf_release(&file);
}

void
gv_history_cache_release(struct gv_history_cache *c)
{
	if (c == NULL)
		return;
	gv_buf_release(&c->bytes);
	memset(c, 0, sizeof(*c));
}
