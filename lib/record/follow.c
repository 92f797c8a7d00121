#include "record/follow.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/vec.h"
#include "record/record_walk.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "vault/note.h"

/*
 * What the note of a commit has of a snapshot that was taken on the commit
 * `from`, which this one was written from:
 *
 *	{"from":"40 digits","kind":"snapshot","snapshot":"ID"}
 *
 * Between the quotes of a text of JSON no other quote stands as it is, so that
 * these two can be looked for in any line.
 */
static const char kind[] = "\"kind\":\"snapshot\"";
static const char named[] = "\"snapshot\":\"";

struct pair {
	struct gv_oid was, is;
};

struct pairs {
	struct pair *pairs; /* by `was`, once they are read */
	size_t n, cap;
};

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct gv_oid));
}

/* "<old> <new>", and maybe more behind a blank. */
static int
read_line(struct pairs *out, const char *p, size_t len)
{
	struct pair pair;
	int r;

	if (len < 2 * GV_OID_HEX + 1 || p[GV_OID_HEX] != ' ' ||
	    gv_oid_parse(&pair.was, p) < 0 ||
	    gv_oid_parse(&pair.is, p + GV_OID_HEX + 1) < 0)
		return gv_err(GV_ERROR,
		    "git's report of the rewriting is not as in githooks(5)");
	if ((r = GV_GROW(out->pairs, out->n, out->cap)) == 0)
		out->pairs[out->n++] = pair;
	return r;
}

static int
read_pairs(struct pairs *out, const struct gv_buf *lines)
{
	const char *p = lines->p, *end = p + lines->len, *nl;
	int r = 0;

	for (; r == 0 && p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		r = read_line(out, p, (size_t)(nl - p));
	}
	if (r == 0 && out->n)
		qsort(out->pairs, out->n, sizeof(*out->pairs), compare);
	return r;
}

/* --- written --- */

static int
put(size_t *n, struct gv_repo *repo, const struct gv_oid *commit,
    const struct gv_buf *line, int64_t now)
{
	bool is_there;
	int r;

	if ((r = gv_buf_check(line)) < 0 ||
	    (r = gv_note_has(&is_there, repo, commit, line->p)) < 0)
		return r;
	if (!is_there) {
		r = gv_note_put(repo, commit, line->p, now);
		*n += r == 0;
	}
	return r;
}

/* The snapshots that were taken on the old commits. */
static int
follow_records(
    size_t *n, struct gv_repo *repo, const struct pairs *pairs, int64_t now)
{
	struct gv_record_walk *walk = NULL;
	struct gv_record rec = { 0 };
	struct gv_buf line = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r =
	    gv_record_walk_open(&walk, repo, GV_RECORD_RECALL | GV_RECORD_SKIM);

	while (r == 0 && (r = gv_record_walk_next(walk, &rec)) != 0) {
		const struct pair *pair = NULL;

		if (r < 0 && r != GV_ECORRUPT)
			break;
		if (r > 0 && !gv_oid_is_zero(&rec.base))
			pair = bsearch(&rec.base, pairs->pairs, pairs->n,
			    sizeof(*pairs->pairs), compare);
		r = r == GV_ECORRUPT ? 0 : r;
		if (pair) {
			gv_oid_format(hex, &pair->was);
			gv_buf_reset(&line);
			gv_buf_addf(&line,
			    "{\"from\":\"%s\",\"kind\":\"snapshot\","
			    "\"snapshot\":\"%s\"}",
			    hex, rec.id);
			r = put(n, repo, &pair->is, &line, now);
		}
		gv_record_release(&rec);
		r = r < 0 ? r : 0;
	}
	gv_record_walk_close(walk);
	gv_buf_release(&line);
	return r < 0 ? r : 0;
}

/* What the note of an old commit has of snapshots, since it may have been
 * rewritten itself. */
static int
follow_note(
    size_t *n, struct gv_repo *repo, const struct pair *pair, int64_t now)
{
	struct gv_buf text = GV_BUF_INIT, line = GV_BUF_INIT;
	const char *p, *nl;
	int r = gv_note_read(&text, repo, &pair->was);

	for (p = text.p; r == 0 && *p; p = *nl ? nl + 1 : nl) {
		nl = p + strcspn(p, "\n");
		gv_buf_reset(&line);
		gv_buf_add(&line, p, (size_t)(nl - p));
		if (strstr(line.p, kind))
			r = put(n, repo, &pair->is, &line, now);
	}
	gv_buf_release(&text);
	gv_buf_release(&line);
	return r;
}

int
gv_follow_rewritten(
    size_t *n, struct gv_repo *repo, const struct gv_buf *lines, int64_t now)
{
	struct pairs pairs = { 0 };
	size_t i;
	int r = read_pairs(&pairs, lines);

	*n = 0;
	for (i = 0; r == 0 && i < pairs.n; i++)
		r = follow_note(n, repo, &pairs.pairs[i], now);
	if (r == 0 && pairs.n)
		r = follow_records(n, repo, &pairs, now);
	free(pairs.pairs);
	return r;
}

/* --- read --- */

int
gv_follow_find(
    struct gv_buf *ids, struct gv_repo *repo, const struct gv_oid *commit)
{
	struct gv_buf text = GV_BUF_INIT;
	const char *p, *nl, *id;
	size_t len;
	int r = gv_note_read(&text, repo, commit);

	/* no snapshot is out of reach by what others have noted */
	if (r == GV_EREFUSED || r == GV_ECORRUPT || r == GV_ENOTFOUND)
		r = 0;
	for (p = text.p; r == 0 && *p; p = *nl ? nl + 1 : nl) {
		nl = p + strcspn(p, "\n");
		len = (size_t)(nl - p);
		if (memmem(p, len, kind, strlen(kind)) == NULL)
			continue;
		id = memmem(p, len, named, strlen(named));
		if (id == NULL)
			continue;
		id += strlen(named);
		if (nl - id > GV_RECORD_ID_LEN &&
		    gv_record_is_id(id, GV_RECORD_ID_LEN))
			gv_buf_addf(ids, "%.*s\n", GV_RECORD_ID_LEN, id);
	}
	gv_buf_release(&text);
	return r < 0 ? r : gv_buf_check(ids);
}
