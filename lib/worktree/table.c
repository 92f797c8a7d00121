#include "worktree/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "repo/ref.h"
#include "worktree/cache.h"

/*
 * Numbers are big-endian:
 *	8 bytes		what it is, in which form
 *	20 bytes	who made it; zeros where that does not matter
 *	4 bytes		n
 *	n rows		a key, and in 4 bytes where its record ends, counted
 *			from where the first one begins; sorted by key
 *	…		the records, in the same order
 *	4 bytes		CRC-32 of all before
 */
#define HEAD     (GV_CACHE_MAGIC + GV_OID_RAW + 4)
#define END      4
#define MAX_FILE ((size_t)1 << 28)

/* --- read --- */

static size_t
row_len(const struct gv_table *t)
{
	return t->key + END;
}

const char *
gv_table_key(const struct gv_table *t, size_t i)
{
	return t->file + HEAD + i * row_len(t);
}

/* Where the record of row i begins; that of row n, where the last ends. */
static size_t
begin_of(const struct gv_table *t, size_t i)
{
	const char *key = i ? gv_table_key(t, i - 1) : NULL;

	return key ? (size_t)gv_enc_number(key + t->key, END) : 0;
}

static const char *
record_of(const struct gv_table *t, size_t *len, size_t i)
{
	size_t begin = begin_of(t, i);

	*len = begin_of(t, i + 1) - begin;
	return gv_table_key(t, t->n) + begin;
}

/* The rows are in order, and so are their ends, up to that of the file. */
static bool
is_in_order(const struct gv_table *t)
{
	size_t i, room = t->len - HEAD - GV_CACHE_SUM;

	if (t->n > room / row_len(t) ||
	    begin_of(t, t->n) != room - t->n * row_len(t))
		return false;
	for (i = 0; i < t->n; i++)
		if (begin_of(t, i) > begin_of(t, i + 1) ||
		    (i &&
			memcmp(gv_table_key(t, i - 1), gv_table_key(t, i),
			    t->key) >= 0))
			return false;
	return true;
}

/* Where the rows of each first byte begin: a search in a few of them guesses
 * less, and a list of a thousand searches a thousand times. */
static void
find_first(struct gv_table *t)
{
	size_t i, byte = 0;

	for (i = 0; i < t->n; i++)
		while (byte <= *(const unsigned char *)gv_table_key(t, i))
			t->first[byte++] = i;
	while (byte <= 256)
		t->first[byte++] = t->n;
}

int
gv_table_parse(struct gv_table *t, const char *file, size_t len)
{
	struct gv_table new = *t;

	if (len < HEAD + GV_CACHE_SUM ||
	    !gv_cache_is_sealed(file, len, t->magic) ||
	    memcmp(file + GV_CACHE_MAGIC, t->stamp.id, GV_OID_RAW) != 0)
		return GV_ECORRUPT;
	new.file = file;
	new.len = len;
	new.n = (size_t)gv_enc_number(file + HEAD - 4, 4);
	if (!is_in_order(&new))
		return GV_ECORRUPT;
	find_first(&new);
	*t = new;
	return 0;
}

int
gv_table_load(struct gv_table *t, const struct gv_repo *repo, const char *name)
{
	int r = gv_cache_map(&t->map, repo, name);

	if (r == 0)
		(void)gv_table_parse(t, t->map.p, t->map.len);
	return r == GV_ENOMEM ? r : 0;
}

const char *
gv_table_get(const struct gv_table *t, const void *key, size_t *len)
{
	const unsigned char byte = *(const unsigned char *)key;
	size_t lo = t->first[byte], hi = t->first[byte + 1];

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = memcmp(key, gv_table_key(t, mid), t->key);

		if (c == 0)
			return record_of(t, len, mid);
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* --- written --- */

int
gv_table_add(struct gv_table *t, const void *key, const void *p, size_t len)
{
	struct gv_table_row row = { .at = t->added.len, .len = len };
	int r = gv_vec_grow(
	    (void **)&t->rows, &t->cap_rows, t->n_rows + 1, sizeof(row));

	memcpy(row.key, key, t->key);
	if (r < 0)
		return r;
	gv_buf_add(&t->added, p, len);
	if ((r = gv_buf_check(&t->added)) < 0)
		return r;
	t->rows[t->n_rows++] = row;
	return 0;
}

/* Of one key the last that was added comes first. */
static int
compare_rows(const void *a, const void *b)
{
	const struct gv_table_row *x = a, *y = b;
	int r = memcmp(x->key, y->key, GV_TABLE_KEY);

	return r ? r : (x->at < y->at) - (x->at > y->at);
}

/* One key after the other of both lists, those that are kept. */
struct merging {
	const struct gv_table *t;
	bool (*keep)(const void *ctx, const void *key);
	const void *ctx;
	size_t old, new; /* the next of each */
	const void *key;
	const char *p;
	size_t len;
};

/* The next one that was added, with which those below the same key are done. */
static void
take_added(struct merging *m)
{
	const struct gv_table *t = m->t;
	const struct gv_table_row *row = &t->rows[m->new];

	m->key = row->key;
	/* a record may be of no bytes, and so may all be */
	m->p = t->added.p ? t->added.p + row->at : "";
	m->len = row->len;
	do
		m->new ++;
	while (m->new < t->n_rows &&
	    memcmp(t->rows[m->new].key, row->key, t->key) == 0);
	if (m->old < t->n &&
	    memcmp(gv_table_key(t, m->old), row->key, t->key) == 0)
		m->old++;
}

/* False at the end. */
static bool
next(struct merging *m)
{
	const struct gv_table *t = m->t;

	do {
		if (m->new < t->n_rows &&
		    (m->old == t->n ||
			memcmp(t->rows[m->new].key, gv_table_key(t, m->old),
			    t->key) <= 0)) {
			take_added(m);
		} else if (m->old < t->n) {
			m->key = gv_table_key(t, m->old);
			m->p = record_of(t, &m->len, m->old++);
		} else {
			return false;
		}
	} while (m->keep && !m->keep(m->ctx, m->key));
	return true;
}

void
gv_table_format(struct gv_buf *out, struct gv_table *t,
    bool (*keep)(const void *ctx, const void *key), const void *ctx)
{
	const struct merging all = { .t = t, .keep = keep, .ctx = ctx };
	struct merging m = all;
	size_t from = out->len, n = 0, end = 0;

	if (t->n_rows)
		qsort(t->rows, t->n_rows, sizeof(*t->rows), compare_rows);
	while (next(&m))
		n++;
	gv_buf_add(out, t->magic, GV_CACHE_MAGIC);
	gv_buf_add(out, t->stamp.id, GV_OID_RAW);
	gv_enc_add_number(out, n, 4);
	for (m = all; next(&m);) {
		end += m.len;
		gv_buf_add(out, m.key, t->key);
		gv_enc_add_number(out, end, END);
	}
	for (m = all; next(&m);)
		gv_buf_add(out, m.p, m.len);
	gv_cache_seal(out, from);
}

bool
gv_table_save(struct gv_table *t, const struct gv_repo *repo, const char *name,
    bool (*keep)(const void *ctx, const void *key), const void *ctx,
    bool makes_dir)
{
	struct gv_buf file = GV_BUF_INIT;
	bool is_saved;

	gv_table_format(&file, t, keep, ctx);
	if (file.len > MAX_FILE) {
		t->n = 0;
		gv_buf_reset(&file);
		gv_table_format(&file, t, keep, ctx);
	}
	is_saved =
	    file.len <= MAX_FILE && gv_cache_save(repo, name, &file, makes_dir);
	t->n_rows = 0;
	gv_buf_release(&file);
	return is_saved;
}

struct commits {
	struct gv_oid *ids; /* sorted */
	size_t n;
};

static int
compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, GV_OID_RAW);
}

static bool
is_named(const void *ctx, const void *key)
{
	const struct commits *commits = ctx;

	return commits->n &&
	    bsearch(key, commits->ids, commits->n, GV_OID_RAW, compare_ids);
}

void
gv_table_save_refs(struct gv_table *t, const struct gv_repo *repo,
    const char *name, const struct gv_refs *refs)
{
	struct commits commits = { .n = refs->n };
	size_t i;

	commits.ids = calloc(refs->n + 1, sizeof(*commits.ids));
	if (commits.ids == NULL)
		return;
	for (i = 0; i < refs->n; i++)
		commits.ids[i] = refs->refs[i].oid;
	qsort(commits.ids, commits.n, sizeof(*commits.ids), compare_ids);
	(void)gv_table_save(t, repo, name, is_named, &commits, false);
	free(commits.ids);
}

void
gv_table_release(struct gv_table *t)
{
	if (t == NULL)
		return;
	gv_file_unmap(&t->map);
	gv_buf_release(&t->added);
	free(t->rows);
	memset(t, 0, sizeof(*t));
}
