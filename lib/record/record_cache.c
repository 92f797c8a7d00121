#include "record/record_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "record/record.h"
#include "record/record_nested.h"
#include "repo/ref.h"

/*
 * A key is a commit's id. A record, with numbers in big-endian:
 *	5 * 20 bytes	ids: root, tree, index, meta, base
 *	5 * 8 bytes	time, files, bytes, secrets, unread
 *	4 * 4 bytes	format; how many tags, environments, nested
 *	25 bytes	the snapshot's id
 *	…		texts, each ended by a zero byte: author, subject,
 *			body; host, trigger, branch, previous, only, omits,
 *			each behind a byte 1 (or a byte 0 alone where there is
 *			none); tags, environments, nested
 */
#define NAME  "records"
#define FIXED (5 * GV_OID_RAW + 5 * 8 + 4 * 4 + GV_RECORD_ID_LEN)

/* This many commits are read again each time before the file is rewritten. */
#define WORTH_WRITING 32

/* --- written --- */

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
		rec->bytes, rec->secrets, rec->unread };
	const size_t counts[] = { rec->format, rec->n_own_tags,
		rec->n_environments, rec->n_nested };
	const char *const texts[] = { rec->host, rec->trigger, rec->branch,
		rec->previous, rec->only, rec->omits };
	size_t i;

	for (i = 0; i < 5; i++)
		gv_buf_add(out, ids[i]->id, GV_OID_RAW);
	for (i = 0; i < 5; i++)
		gv_enc_add_number(out, numbers[i], 8);
	for (i = 0; i < 4; i++)
		gv_enc_add_number(out, counts[i], 4);
	gv_buf_add(out, rec->id, GV_RECORD_ID_LEN);
	put_text(out, rec->author);
	put_text(out, rec->subject);
	put_text(out, rec->body);
	for (i = 0; i < 6; i++) {
		gv_buf_addch(out, texts[i] != NULL);
		if (texts[i])
			put_text(out, texts[i]);
	}
	put_list(out, rec->tags, rec->n_own_tags);
	put_list(out, rec->environments, rec->n_environments);
	put_list(out, rec->nested, rec->n_nested);
}

/* --- read --- */

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
	rec->unread = take_number(&p, 8);
	rec->format = (unsigned)take_number(&p, 4);
	for (i = 0; i < 3; i++)
		counts[i] = (size_t)take_number(&p, 4);
	take(rec->id, &p, GV_RECORD_ID_LEN);
}

/* What gv_record_parse() promises of its records. An id costs more to look at
 * than to find here: this one must be the ref's, and of the other the length is
 * enough to be safe. The checksum has told that both are what was parsed. */
static int
check(const struct gv_record *rec)
{
	struct gv_record_nested nested;
	size_t i;

	if (strlen(rec->id) != GV_RECORD_ID_LEN ||
	    (rec->previous && strlen(rec->previous) != GV_RECORD_ID_LEN))
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
		&rec->previous, &rec->only, &rec->omits };
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
	for (i = 0; r == 0 && i < 6; i++)
		r = take_optional(more[i], &s);
	if (r == 0 &&
	    (r = take_list(&rec->tags, &rec->n_tags, counts[0], &s)) == 0 &&
	    (r = take_list(
		 &rec->environments, &rec->n_environments, counts[1], &s)) == 0)
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
	size_t len;
	const char *p = gv_table_get(&c->table, commit->id, &len);
	int r;

	if (p == NULL)
		return 0;
	memset(out, 0, sizeof(*out));
	out->commit = *commit;
	out->recalled = true;
	r = take_record(out, p, len);
	if (r < 0) {
		gv_record_release(out);
		return r == GV_ENOMEM ? r : 0;
	}
	return 1;
}

int
gv_record_cache_add(struct gv_record_cache *c, const struct gv_record *rec)
{
	struct gv_buf *bytes = &c->bytes;
	int r;

	gv_buf_reset(bytes);
	put_record(bytes, rec);
	if ((r = gv_buf_check(bytes)) == 0)
		r = gv_table_add(
		    &c->table, rec->commit.id, bytes->p, bytes->len);
	return r;
}

/* --- of all snapshots --- */

int
gv_record_cache_load(struct gv_record_cache *out, const struct gv_repo *repo)
{
	int r;

	*out = (struct gv_record_cache)GV_RECORD_CACHE_INIT;
	r = gv_table_load(&out->table, repo, NAME);
	out->n = out->table.n;
	return r;
}

void
gv_record_cache_save(struct gv_record_cache *c, const struct gv_repo *repo,
    const struct gv_refs *refs)
{
	if (c->table.n_rows >= WORTH_WRITING ||
	    c->n >= 2 * refs->n + WORTH_WRITING)
		gv_table_save_refs(&c->table, repo, NAME, refs);
}

void
gv_record_cache_release(struct gv_record_cache *c)
{
	if (c == NULL)
		return;
	gv_table_release(&c->table);
	gv_buf_release(&c->bytes);
	c->n = 0;
}
