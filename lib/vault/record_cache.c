#include "vault/record_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "store/cache.h"
#include "store/deflate.h"
#include "store/ref.h"
#include "vault/record.h"

/*
 * Numbers are big-endian:
 *	8 bytes		"GVRECOR1"
 *	4 bytes		n
 *	n * 24 bytes	a commit's id, and where its record ends, counted from
 *			where the first one begins; sorted by id
 *	…		the records, in the same order
 *	4 bytes		CRC-32 of all before
 *
 * A record:
 *	5 * 20 bytes	ids: root, tree, index, meta, base
 *	4 * 8 bytes	time, files, bytes, secrets
 *	4 * 4 bytes	format; how many tags, environments, nested
 *	25 bytes	the snapshot's id
 *	…		texts, each ended by a zero byte: author, subject,
 *			body; host, trigger, branch, previous, each behind a
 *			byte 1 (or a byte 0 alone where there is none); tags,
 *			environments, nested
 */
#define NAME     "records"
#define MAGIC    "GVRECOR1"
#define HEAD     12
#define ROW      (GV_OID_RAW + 4)
#define TAIL     4
#define FIXED    (5 * GV_OID_RAW + 4 * 8 + 4 * 4 + GV_RECORD_ID_LEN)
#define MAX_FILE ((size_t)1 << 28)

/* So many commits are read again and again rather than write the file anew. */
#define WORTH_WRITING 32

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, GV_OID_RAW);
}

/* --- the file --- */

static const char *
row_at(const struct gv_record_cache *c, size_t i)
{
	return c->file + HEAD + i * ROW;
}

/* Where the record of row i begins; that of row n, where the last ends. */
static size_t
begin_of(const struct gv_record_cache *c, size_t i)
{
	return i ? (size_t)gv_enc_number(row_at(c, i - 1) + GV_OID_RAW, 4) : 0;
}

/* The rows are in order, and so are their ends, up to that of the file. */
static bool
is_in_order(const struct gv_record_cache *c)
{
	size_t i, room = c->len - HEAD - TAIL;

	if (c->n > room / ROW || begin_of(c, c->n) != room - c->n * ROW)
		return false;
	for (i = 0; i < c->n; i++)
		if (begin_of(c, i) > begin_of(c, i + 1) ||
		    (i && compare(row_at(c, i - 1), row_at(c, i)) >= 0))
			return false;
	return true;
}

int
gv_record_cache_parse(struct gv_record_cache *c, const char *file, size_t len)
{
	struct gv_record_cache new = *c;

	if (len < HEAD + TAIL || memcmp(file, MAGIC, strlen(MAGIC)) != 0 ||
	    gv_enc_number(file + len - TAIL, TAIL) !=
		gv_deflate_crc32(0, file, len - TAIL))
		return GV_ECORRUPT;
	new.file = file;
	new.len = len;
	new.n = (size_t)gv_enc_number(file + strlen(MAGIC), 4);
	if (!is_in_order(&new))
		return GV_ECORRUPT;
	*c = new;
	return 0;
}

/* The bytes of a commit's record in the file, or NULL. */
static const char *
find(const struct gv_record_cache *c, size_t *len, const struct gv_oid *commit)
{
	const char *row =
	    c->n ? bsearch(commit->id, row_at(c, 0), c->n, ROW, compare) : NULL;
	size_t i, begin;

	if (row == NULL)
		return NULL;
	i = (size_t)(row - row_at(c, 0)) / ROW;
	begin = begin_of(c, i);
	*len = begin_of(c, i + 1) - begin;
	return row_at(c, c->n) + begin;
}

/* --- a record --- */

static void
put_text(struct gv_buf *out, const char *text)
{
	gv_buf_add(out, text, strlen(text) + 1);
}

static void
put_list(struct gv_buf *out, char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		put_text(out, list[i]);
}

static void
put_record(struct gv_buf *out, const struct gv_record *rec)
{
	const struct gv_oid *const ids[] = { &rec->root, &rec->tree,
		&rec->index, &rec->meta, &rec->base };
	const uint64_t numbers[] = { (uint64_t)rec->time, rec->files,
		rec->bytes, rec->secrets };
	const size_t counts[] = { rec->format, rec->n_own_tags,
		rec->n_environments, rec->n_nested };
	const char *const texts[] = { rec->host, rec->trigger, rec->branch,
		rec->previous };
	size_t i;

	for (i = 0; i < 5; i++)
		gv_buf_add(out, ids[i]->id, GV_OID_RAW);
	for (i = 0; i < 4; i++)
		gv_enc_add_number(out, numbers[i], 8);
	for (i = 0; i < 4; i++)
		gv_enc_add_number(out, counts[i], 4);
	gv_buf_add(out, rec->id, GV_RECORD_ID_LEN);
	put_text(out, rec->author);
	put_text(out, rec->subject);
	put_text(out, rec->body);
	for (i = 0; i < 4; i++) {
		gv_buf_addch(out, texts[i] != NULL);
		if (texts[i])
			put_text(out, texts[i]);
	}
	put_list(out, rec->tags, rec->n_own_tags);
	put_list(out, rec->environments, rec->n_environments);
	put_list(out, rec->nested, rec->n_nested);
}

/* What is left of a record's bytes. */
struct span {
	char *p;
	size_t len;
};

static void
take(void *out, const char **p, size_t n)
{
	memcpy(out, *p, n);
	*p += n;
}

static uint64_t
take_number(const char **p, size_t n)
{
	uint64_t v = gv_enc_number(*p, n);

	*p += n;
	return v;
}

/* The text where it stands: 0, or GV_ECORRUPT where none is left. */
static int
take_text(char **out, struct span *s)
{
	char *end = s->len ? memchr(s->p, '\0', s->len) : NULL;

	if (end == NULL)
		return GV_ECORRUPT;
	*out = s->p;
	s->len -= (size_t)(end + 1 - s->p);
	s->p = end + 1;
	return 0;
}

static int
take_optional(char **out, struct span *s)
{
	char there;

	if (s->len == 0)
		return GV_ECORRUPT;
	there = *s->p++;
	s->len--;
	if (there == 0)
		return 0;
	return there == 1 ? take_text(out, s) : GV_ECORRUPT;
}

/* Each by itself, since tags may be added. */
static int
take_list(char ***list, size_t *n, size_t want, struct span *s)
{
	char *text;

	if (want == 0)
		return 0;
	if (want > s->len) /* a text has a byte at least */
		return GV_ECORRUPT;
	*list = calloc(want, sizeof(**list));
	if (*list == NULL)
		return gv_err_nomem();
	for (; *n < want; ++*n) {
		if (take_text(&text, s) < 0)
			return GV_ECORRUPT;
		(*list)[*n] = strdup(text);
		if ((*list)[*n] == NULL)
			return gv_err_nomem();
	}
	return 0;
}

static void
take_fixed(struct gv_record *rec, size_t counts[3], const char *p)
{
	struct gv_oid *const ids[] = { &rec->root, &rec->tree, &rec->index,
		&rec->meta, &rec->base };
	size_t i;

	for (i = 0; i < 5; i++)
		take(ids[i]->id, &p, GV_OID_RAW);
	rec->time = (int64_t)take_number(&p, 8);
	rec->files = take_number(&p, 8);
	rec->bytes = take_number(&p, 8);
	rec->secrets = take_number(&p, 8);
	rec->format = (unsigned)take_number(&p, 4);
	for (i = 0; i < 3; i++)
		counts[i] = (size_t)take_number(&p, 4);
	take(rec->id, &p, GV_RECORD_ID_LEN);
}

/* What gv_record_parse() promises of its records. */
static int
check(const struct gv_record *rec)
{
	struct gv_record_nested nested;
	size_t i;

	if (!gv_record_is_id(rec->id, GV_RECORD_ID_LEN) ||
	    (rec->previous &&
		!gv_record_is_id(rec->previous, strlen(rec->previous))))
		return GV_ECORRUPT;
	for (i = 0; i < rec->n_nested; i++)
		if (gv_record_read_nested(&nested, rec->nested[i]) < 0)
			return GV_ECORRUPT;
	return 0;
}

/* The texts are taken of a copy, which is the record's own. */
static int
take_record(struct gv_record *rec, const char *p, size_t len)
{
	char **const texts[] = { &rec->author, &rec->subject, &rec->body };
	char **const more[] = { &rec->host, &rec->trigger, &rec->branch,
		&rec->previous };
	struct span s;
	size_t counts[3], i;
	int r = 0;

	if (len < FIXED)
		return GV_ECORRUPT;
	take_fixed(rec, counts, p);
	s.len = len - FIXED;
	s.p = rec->text = malloc(s.len + 1);
	if (rec->text == NULL)
		return gv_err_nomem();
	memcpy(s.p, p + FIXED, s.len);
	for (i = 0; r == 0 && i < 3; i++)
		r = take_text(texts[i], &s);
	for (i = 0; r == 0 && i < 4; i++)
		r = take_optional(more[i], &s);
	if (r == 0)
		r = take_list(&rec->tags, &rec->n_tags, counts[0], &s);
	if (r == 0)
		r = take_list(
		    &rec->environments, &rec->n_environments, counts[1], &s);
	if (r == 0)
		r = take_list(&rec->nested, &rec->n_nested, counts[2], &s);
	rec->n_own_tags = rec->n_tags;
	if (r == 0 && s.len)
		r = GV_ECORRUPT;
	return r < 0 ? r : check(rec);
}

int
gv_record_cache_get(const struct gv_record_cache *c, struct gv_record *out,
    const struct gv_oid *commit)
{
	struct gv_record rec = { .commit = *commit, .recalled = true };
	size_t len;
	const char *p = find(c, &len, commit);
	int r;

	if (p == NULL)
		return 0;
	r = take_record(&rec, p, len);
	if (r < 0) {
		gv_record_release(&rec);
		return r == GV_ENOMEM ? r : 0;
	}
	*out = rec;
	return 1;
}

int
gv_record_cache_add(struct gv_record_cache *c, const struct gv_record *rec)
{
	struct gv_record_cache_row row = { .commit = rec->commit,
		.at = c->added.len };
	int r = gv_vec_grow(
	    (void **)&c->rows, &c->cap_rows, c->n_rows + 1, sizeof(row));

	if (r == 0) {
		put_record(&c->added, rec);
		r = gv_buf_check(&c->added);
	}
	row.len = c->added.len - row.at;
	if (r == 0)
		c->rows[c->n_rows++] = row;
	return r;
}

/* --- writing --- */

/* The bytes of a commit's record, added (and sorted) or of the file. */
static const char *
find_any(
    const struct gv_record_cache *c, size_t *len, const struct gv_oid *commit)
{
	const struct gv_record_cache_row *row = c->n_rows
	    ? bsearch(commit, c->rows, c->n_rows, sizeof(*row), compare)
	    : NULL;

	if (row == NULL)
		return find(c, len, commit);
	*len = row->len;
	return c->added.p + row->at;
}

void
gv_record_cache_format(struct gv_buf *out, struct gv_record_cache *c,
    struct gv_oid *commits, size_t n)
{
	size_t from = out->len, i, kept = 0, len, end = 0;
	const char *p;

	if (c->n_rows)
		qsort(c->rows, c->n_rows, sizeof(*c->rows), compare);
	qsort(commits, n, sizeof(*commits), compare);
	for (i = 0; i < n; i++)
		if ((kept == 0 ||
			!gv_oid_equal(&commits[kept - 1], &commits[i])) &&
		    find_any(c, &len, &commits[i]))
			commits[kept++] = commits[i];
	gv_buf_addstr(out, MAGIC);
	gv_enc_add_number(out, kept, 4);
	for (i = 0; i < kept; i++) {
		find_any(c, &len, &commits[i]);
		end += len;
		gv_buf_add(out, commits[i].id, GV_OID_RAW);
		gv_enc_add_number(out, end, 4);
	}
	for (i = 0; i < kept; i++) {
		p = find_any(c, &len, &commits[i]);
		gv_buf_add(out, p, len);
	}
	if (gv_buf_check(out) == 0)
		gv_enc_add_number(out,
		    gv_deflate_crc32(0, out->p + from, out->len - from), TAIL);
}

int
gv_record_cache_load(struct gv_record_cache *out, const struct gv_repo *repo)
{
	int r;

	*out = (struct gv_record_cache)GV_RECORD_CACHE_INIT;
	r = gv_cache_load(&out->bytes, repo, NAME);
	if (r == 0)
		(void)gv_record_cache_parse(out, out->bytes.p, out->bytes.len);
	return r == GV_ENOMEM ? r : 0;
}

void
gv_record_cache_save(struct gv_record_cache *c, const struct gv_repo *repo,
    const struct gv_refs *refs)
{
	struct gv_buf file = GV_BUF_INIT;
	struct gv_oid *commits;
	size_t i;

	if (c->n_rows < WORTH_WRITING && c->n < 2 * refs->n + WORTH_WRITING)
		return;
	commits = calloc(refs->n + 1, sizeof(*commits));
	for (i = 0; commits && i < refs->n; i++)
		commits[i] = refs->refs[i].oid;
	if (commits)
		gv_record_cache_format(&file, c, commits, refs->n);
	if (commits && file.len <= MAX_FILE)
		gv_cache_save(repo, NAME, &file, false);
	gv_buf_release(&file);
	free(commits);
}

void
gv_record_cache_release(struct gv_record_cache *c)
{
	if (c == NULL)
		return;
	gv_buf_release(&c->bytes);
	gv_buf_release(&c->added);
	free(c->rows);
	memset(c, 0, sizeof(*c));
}
