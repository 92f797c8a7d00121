#include "store/fact.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "store/cache.h"
#include "store/deflate.h"

/*
 * Numbers are big-endian:
 *	8 bytes		"GVFACTS1"
 *	20 bytes	the version of who found out
 *	4 bytes		n
 *	n * 36 bytes	a blob's id, its kind, and where its record ends,
 *			counted from where the first one begins; sorted by id
 *			and kind
 *	…		the records, in the same order
 *	4 bytes		CRC-32 of all before
 */
#define MAGIC    "GVFACTS1"
#define MAGIC_N  8
#define HEAD     (MAGIC_N + GV_OID_RAW + 4)
#define KEY      (GV_OID_RAW + 8)
#define ROW      (KEY + 8)
#define TAIL     4
#define MAX_FILE ((size_t)1 << 28)
#define NAME     "facts"

static void
set_key(unsigned char key[KEY], const struct gv_oid *blob, uint64_t kind)
{
	int i;

	memcpy(key, blob->id, GV_OID_RAW);
	for (i = 0; i < 8; i++)
		key[GV_OID_RAW + i] = (unsigned char)(kind >> (56 - 8 * i));
}

static int
compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, KEY);
}

/* --- read --- */

static const char *
row_at(const struct gv_fact_cache *c, size_t i)
{
	return c->file + HEAD + i * ROW;
}

/* Where the record of row i begins; that of row n, where the last ends. */
static uint64_t
begin_of(const struct gv_fact_cache *c, size_t i)
{
	return i ? gv_enc_number(row_at(c, i - 1) + KEY, 8) : 0;
}

/* The rows are in order, and so are their ends, up to that of the file. */
static bool
is_in_order(const struct gv_fact_cache *c)
{
	size_t i, room = c->len - HEAD - TAIL;

	if (c->n > room / ROW || begin_of(c, c->n) != room - c->n * ROW)
		return false;
	for (i = 0; i < c->n; i++)
		if (begin_of(c, i) > begin_of(c, i + 1) ||
		    (i && compare_keys(row_at(c, i - 1), row_at(c, i)) >= 0))
			return false;
	return true;
}

int
gv_fact_parse(struct gv_fact_cache *c, const char *file, size_t len)
{
	struct gv_fact_cache new = *c;

	if (len < HEAD + TAIL || memcmp(file, MAGIC, MAGIC_N) != 0 ||
	    memcmp(file + MAGIC_N, c->version.id, GV_OID_RAW) != 0 ||
	    gv_enc_number(file + len - TAIL, TAIL) !=
		gv_deflate_crc32(0, file, len - TAIL))
		return GV_ECORRUPT;
	new.file = file;
	new.len = len;
	new.n = (size_t)gv_enc_number(file + HEAD - 4, 4);
	if (!is_in_order(&new))
		return GV_ECORRUPT;
	*c = new;
	return 0;
}

bool
gv_fact_get(const struct gv_fact_cache *c, const struct gv_oid *blob,
    uint64_t kind, const char **p, size_t *len)
{
	unsigned char key[KEY];
	const char *row;
	size_t i;

	if (c->n == 0)
		return false;
	set_key(key, blob, kind);
	row = bsearch(key, row_at(c, 0), c->n, ROW, compare_keys);
	if (row == NULL)
		return false;
	i = (size_t)(row - row_at(c, 0)) / ROW;
	*p = row_at(c, c->n) + begin_of(c, i);
	*len = (size_t)(begin_of(c, i + 1) - begin_of(c, i));
	return true;
}

int
gv_fact_load(struct gv_fact_cache *out, const struct gv_repo *repo,
    const struct gv_oid *version)
{
	int r;

	*out = (struct gv_fact_cache)GV_FACT_CACHE_INIT;
	out->version = *version;
	r = gv_cache_load(&out->bytes, repo, NAME);
	if (r == 0)
		(void)gv_fact_parse(out, out->bytes.p, out->bytes.len);
	return r == GV_ENOMEM ? r : 0;
}

/* --- written --- */

int
gv_fact_add(struct gv_fact_cache *c, const struct gv_oid *blob, uint64_t kind,
    const void *p, size_t len)
{
	const struct gv_fact_row row = { *blob, kind, c->added.len, len };
	int r = gv_vec_grow(
	    (void **)&c->rows, &c->cap_rows, c->n_rows + 1, sizeof(*c->rows));

	if (r == 0) {
		gv_buf_add(&c->added, p, len);
		r = gv_buf_check(&c->added);
	}
	if (r == 0)
		c->rows[c->n_rows++] = row;
	return r;
}

/* Of one key the last that was added comes first. */
static int
compare_rows(const void *a, const void *b)
{
	const struct gv_fact_row *x = a, *y = b;
	int r = memcmp(x->blob.id, y->blob.id, GV_OID_RAW);

	if (r == 0)
		r = (x->kind > y->kind) - (x->kind < y->kind);
	return r ? r : (x->at < y->at) - (x->at > y->at);
}

/* One row and record after the other, of both lists. */
struct merging {
	const struct gv_fact_cache *c;
	size_t old, new; /* the next of each */
	unsigned char key[KEY], last[KEY];
	const char *p;
	size_t len;
	bool has_last;
};

/* False at the end. */
static bool
next(struct merging *m)
{
	const struct gv_fact_cache *c = m->c;
	const struct gv_fact_row *row =
	    m->new < c->n_rows ? &c->rows[m->new] : NULL;
	const char *old = m->old < c->n ? row_at(c, m->old) : NULL;

	if (row)
		set_key(m->key, &row->blob, row->kind);
	if (row && (old == NULL || compare_keys(m->key, old) <= 0)) {
		/* a record may be of no bytes, and so may all be */
		m->p = c->added.p ? c->added.p + row->at : "";
		m->len = row->len;
		m->new ++;
		return true;
	}
	if (old == NULL)
		return false;
	memcpy(m->key, old, KEY);
	m->p = row_at(c, c->n) + begin_of(c, m->old);
	m->len = (size_t)(begin_of(c, m->old + 1) - begin_of(c, m->old));
	m->old++;
	return true;
}

/* The next of another key than the one before. */
static bool
next_key(struct merging *m)
{
	do {
		if (!next(m))
			return false;
	} while (m->has_last && compare_keys(m->key, m->last) == 0);
	memcpy(m->last, m->key, KEY);
	m->has_last = true;
	return true;
}

void
gv_fact_format(struct gv_buf *out, struct gv_fact_cache *c)
{
	struct merging rows = { .c = c }, records = { .c = c };
	size_t from = out->len, n = 0;
	uint64_t end = 0;

	if (c->n_rows)
		qsort(c->rows, c->n_rows, sizeof(*c->rows), compare_rows);
	while (next_key(&rows))
		n++;
	gv_buf_add(out, MAGIC, MAGIC_N);
	gv_buf_add(out, c->version.id, GV_OID_RAW);
	gv_enc_add_number(out, n, 4);
	rows = (struct merging){ .c = c };
	while (next_key(&rows)) {
		end += rows.len;
		gv_buf_add(out, rows.key, KEY);
		gv_enc_add_number(out, end, 8);
	}
	while (next_key(&records))
		gv_buf_add(out, records.p, records.len);
	if (gv_buf_check(out) == 0)
		gv_enc_add_number(out,
		    gv_deflate_crc32(0, out->p + from, out->len - from), TAIL);
}

void
gv_fact_save(struct gv_fact_cache *c, const struct gv_repo *repo)
{
	struct gv_buf file = GV_BUF_INIT;

	if (c->n_rows == 0)
		return;
	gv_fact_format(&file, c);
	if (file.len > MAX_FILE) {
		c->n = 0;
		gv_buf_reset(&file);
		gv_fact_format(&file, c);
	}
	if (file.len <= MAX_FILE)
		gv_cache_save(repo, NAME, &file, true);
	c->n_rows = 0;
	gv_buf_release(&file);
}

void
gv_fact_release(struct gv_fact_cache *c)
{
	if (c == NULL)
		return;
	gv_buf_release(&c->bytes);
	gv_buf_release(&c->added);
	free(c->rows);
	memset(c, 0, sizeof(*c));
}
