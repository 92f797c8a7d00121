#include "verify/verified.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"
#include "worktree/cache.h"

/*
 * Text, a line a snapshot in the order of their ids, and at last the CRC-32
 * of all before it:
 *	git-vault verified 1
 *	<id> <commit> <seconds>
 *	= <crc>
 */
#define MAGIC "git-vault verified 1\n"

#define APART 600 /* what clocks may differ by, in seconds */
#define NAME  "verified"

/* Where the id stands, or belongs. */
static size_t
place_of(const struct gv_verified *v, const char *id, bool *there)
{
	size_t lo = 0, hi = v->n;

	*there = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(v->entries[mid].id, id);

		if (c == 0) {
			*there = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* "<id> <commit> <seconds>", without the newline. */
static int
parse_line(struct gv_verified_entry *e, const char *line, size_t len)
{
	const size_t fixed = GV_RECORD_ID_LEN + 1 + GV_OID_HEX + 1;
	char hex[GV_OID_HEX + 1];
	int64_t time = 0;
	size_t i;

	if (len <= fixed || len > fixed + 18 ||
	    !gv_record_is_id(line, GV_RECORD_ID_LEN) ||
	    line[GV_RECORD_ID_LEN] != ' ' || line[fixed - 1] != ' ' ||
	    gv_oid_parse(&e->commit, line + GV_RECORD_ID_LEN + 1) < 0)
		return GV_ECORRUPT;
	for (i = fixed; i < len; i++) {
		if (line[i] < '0' || line[i] > '9')
			return GV_ECORRUPT;
		time = time * 10 + (line[i] - '0');
	}
	/* the digits are ours, so none is a capital */
	gv_oid_format(hex, &e->commit);
	if (memcmp(hex, line + GV_RECORD_ID_LEN + 1, GV_OID_HEX) != 0)
		return GV_ECORRUPT;
	memcpy(e->id, line, GV_RECORD_ID_LEN);
	e->id[GV_RECORD_ID_LEN] = '\0';
	e->time = time;
	return line[fixed] == '0' ? GV_ECORRUPT : 0;
}

static int
parse_lines(struct gv_verified *out, const char *p, const char *end)
{
	struct gv_verified_entry e;
	const char *lf;
	int r = 0;

	for (; r == 0 && p < end; p = lf + 1) {
		lf = memchr(p, '\n', (size_t)(end - p));
		if (lf == NULL)
			return GV_ECORRUPT;
		if ((r = parse_line(&e, p, (size_t)(lf - p))) == 0 && out->n &&
		    strcmp(out->entries[out->n - 1].id, e.id) >= 0)
			r = GV_ECORRUPT;
		if (r == 0 &&
		    (r = gv_vec_grow((void **)&out->entries, &out->cap,
			 out->n + 1, sizeof(e))) == 0)
			out->entries[out->n++] = e;
	}
	return r;
}

int
gv_verified_parse(struct gv_verified *out, const char *text, size_t len)
{
	size_t end = gv_cache_text_end(text, len, MAGIC);
	int r;

	memset(out, 0, sizeof(*out));
	if (end == 0)
		return GV_ECORRUPT;
	r = parse_lines(out, text + strlen(MAGIC), text + end);
	if (r < 0)
		gv_verified_release(out);
	return r;
}

void
gv_verified_format(struct gv_buf *out, const struct gv_verified *v)
{
	size_t from = out->len, i;
	char hex[GV_OID_HEX + 1];

	gv_buf_addstr(out, MAGIC);
	for (i = 0; i < v->n; i++) {
		gv_oid_format(hex, &v->entries[i].commit);
		gv_buf_addf(out, "%s %s %" PRId64 "\n", v->entries[i].id, hex,
		    v->entries[i].time);
	}
	gv_cache_seal_text(out, from);
}

static void
leave_out_later(struct gv_verified *v, int64_t than)
{
	size_t i, n = 0;

	for (i = 0; i < v->n; i++)
		if (v->entries[i].time <= than)
			v->entries[n++] = v->entries[i];
	v->n = n;
}

int
gv_verified_load(
    struct gv_verified *out, const struct gv_repo *repo, int64_t now)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_cache_load(&text, repo, NAME);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = gv_verified_parse(out, text.p, text.len);
	gv_buf_release(&text);
	leave_out_later(out, now + APART);
	return r == GV_ENOMEM ? r : 0;
}

void
gv_verified_save(const struct gv_verified *v, const struct gv_repo *repo)
{
	struct gv_buf text = GV_BUF_INIT;

	gv_verified_format(&text, v);
	gv_cache_save(repo, NAME, &text, true);
	gv_buf_release(&text);
}

int64_t
gv_verified_get(
    const struct gv_verified *v, const char *id, const struct gv_oid *commit)
{
	bool there;
	size_t i = place_of(v, id, &there);

	return there && gv_oid_equal(&v->entries[i].commit, commit)
	    ? v->entries[i].time
	    : 0;
}

int
gv_verified_put(struct gv_verified *v, const char *id,
    const struct gv_oid *commit, int64_t time)
{
	struct gv_verified_entry *e;
	bool there;
	size_t i = place_of(v, id, &there);

	if (!gv_record_is_id(id, strlen(id)))
		return 0;
	if (time <= 0) {
		if (!there)
			return 0;
		v->n--;
		memmove(&v->entries[i], &v->entries[i + 1],
		    (v->n - i) * sizeof(*v->entries));
		return 0;
	}
	if (!there) {
		if (GV_GROW(v->entries, v->n, v->cap) < 0)
			return GV_ENOMEM;
		memmove(&v->entries[i + 1], &v->entries[i],
		    (v->n - i) * sizeof(*v->entries));
		v->n++;
	}
	e = &v->entries[i];
	snprintf(e->id, sizeof(e->id), "%s", id);
	e->commit = *commit;
	e->time = time;
	return 0;
}

void
gv_verified_release(struct gv_verified *v)
{
	if (v == NULL)
		return;
	free(v->entries);
	memset(v, 0, sizeof(*v));
}
