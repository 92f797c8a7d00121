#include "vault/scanned.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "store/deflate.h"
#include "vault/finding.h"

/*
 * Text, a line a thing, and at last the CRC-32 of all before it:
 *	git-vault scanned 2
 *	rules <digest>
 *	key <name>
 *	tip <commit>
 *	blob <id>
 *	place <introduced> <removed> <path>
 *	finding <rule> <at> <len> <line> <column> <end line> <grade> <reasons>
 *	    <comment> <its end> <digest> <prefix> <name> <encodings> <key>
 *	    <path in an archive>			(in one line)
 *	= <crc>
 * Paths, prefixes, names and keys are in hexadecimal, "-" for none.
 */
#define MAGIC    "git-vault scanned 2\n"
#define LAST_LEN 11 /* "= 01234567\n" */
#define PARTS    17 /* of a line */

/* --- made --- */

static int
copy(const char **text, struct gv_scanned *s)
{
	*text = gv_arena_copy(&s->arena, *text, strlen(*text));
	return *text ? 0 : GV_ENOMEM;
}

int
gv_scanned_add_tip(struct gv_scanned *s, const struct gv_oid *tip)
{
	int r = gv_vec_grow(
	    (void **)&s->tips, &s->cap_tips, s->n_tips + 1, sizeof(*s->tips));

	if (r == 0)
		s->tips[s->n_tips++] = *tip;
	return r;
}

int
gv_scanned_add_blob(struct gv_scanned *s, const struct gv_oid *oid)
{
	int r = gv_vec_grow(
	    (void **)&s->blobs, &s->cap, s->n + 1, sizeof(*s->blobs));

	if (r == 0)
		s->blobs[s->n++] = (struct gv_scanned_blob){ .oid = *oid };
	return r;
}

int
gv_scanned_add_place(struct gv_scanned *s, const struct gv_scanned_place *place)
{
	struct gv_scanned_blob *b = &s->blobs[s->n - 1];
	struct gv_scanned_place own = *place;
	int r = copy(&own.path, s);

	if (r == 0)
		r = gv_vec_grow((void **)&b->places, &b->cap_places,
		    b->n_places + 1, sizeof(own));
	if (r == 0)
		b->places[b->n_places++] = own;
	return r;
}

int
gv_scanned_add_finding(
    struct gv_scanned *s, const struct gv_scanned_finding *finding)
{
	struct gv_scanned_blob *b = &s->blobs[s->n - 1];
	struct gv_scanned_finding own = *finding;
	int r = copy(&own.rule, s);

	if (r == 0)
		r = copy(&own.prefix, s);
	if (r == 0)
		r = copy(&own.name, s);
	if (r == 0)
		r = copy(&own.key, s);
	if (r == 0)
		r = copy(&own.inner, s);
	if (r == 0)
		r = gv_vec_grow((void **)&b->findings, &b->cap_findings,
		    b->n_findings + 1, sizeof(own));
	if (r == 0)
		b->findings[b->n_findings++] = own;
	return r;
}

void
gv_scanned_release(struct gv_scanned *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++) {
		free(s->blobs[i].places);
		free(s->blobs[i].findings);
	}
	free(s->blobs);
	free(s->tips);
	gv_arena_release(&s->arena);
	memset(s, 0, sizeof(*s));
}

/* --- written --- */

static void
add_text(struct gv_buf *out, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	gv_buf_addstr(out, *p ? " " : " -");
	for (; *p; p++)
		gv_buf_addf(out, "%02x", *p);
}

static void
add_oid(struct gv_buf *out, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_buf_addf(out, " %s", hex);
}

static void
add_finding(struct gv_buf *out, const struct gv_scanned_finding *f)
{
	char digest[2 * GV_IDKEY_DIGEST + 1];

	gv_enc_hex(digest, f->digest.bytes, GV_IDKEY_DIGEST);
	gv_buf_addf(out,
	    "finding %s %" PRIu64 " %" PRIu64 " %u %u %u %u %u %u %" PRId64
	    " %s",
	    f->rule, f->at, f->len, f->line, f->column, f->end_line, f->grade,
	    f->reasons, f->comment, f->comment_ends, digest);
	add_text(out, f->prefix);
	add_text(out, f->name);
	gv_buf_addf(out, " %u", f->encodings);
	add_text(out, f->key);
	add_text(out, f->inner);
	gv_buf_addch(out, '\n');
}

static void
add_blob(struct gv_buf *out, const struct gv_scanned_blob *b)
{
	size_t i;

	gv_buf_addstr(out, "blob");
	add_oid(out, &b->oid);
	gv_buf_addch(out, '\n');
	for (i = 0; i < b->n_places; i++) {
		gv_buf_addstr(out, "place");
		add_oid(out, &b->places[i].introduced);
		add_oid(out, &b->places[i].removed);
		add_text(out, b->places[i].path);
		gv_buf_addch(out, '\n');
	}
	for (i = 0; i < b->n_findings; i++)
		add_finding(out, &b->findings[i]);
}

void
gv_scanned_format(struct gv_buf *out, const struct gv_scanned *s)
{
	size_t from = out->len, i;

	gv_buf_addf(out, MAGIC "rules %s\nkey %s\n", s->rules, s->key);
	for (i = 0; i < s->n_tips; i++) {
		gv_buf_addstr(out, "tip");
		add_oid(out, &s->tips[i]);
		gv_buf_addch(out, '\n');
	}
	for (i = 0; i < s->n; i++)
		add_blob(out, &s->blobs[i]);
	if (gv_buf_check(out) == 0)
		gv_buf_addf(out, "= %08" PRIx32 "\n",
		    gv_deflate_crc32(0, out->p + from, out->len - from));
}

/* --- read --- */

/* A line cut into its parts, in place. */
struct line {
	char *parts[PARTS];
	size_t n;
};

static void
cut(struct line *line, char *p)
{
	for (line->n = 0; line->n < PARTS; p++) {
		line->parts[line->n++] = p;
		p += strcspn(p, " ");
		if (*p == '\0')
			return;
		*p = '\0';
	}
	line->n = 0; /* too many */
}

static bool
read_oid(struct gv_oid *out, const char *text)
{
	return strlen(text) == GV_OID_HEX && gv_oid_parse(out, text) == 0;
}

static bool
read_number(uint64_t *out, const char *text, uint64_t max)
{
	char *end;

	if (*text < '0' || *text > '9' || strlen(text) > 19)
		return false;
	*out = strtoull(text, &end, 10);
	return *end == '\0' && *out <= max;
}

/* In place, since the text is half as long. */
static bool
read_text(char *text)
{
	size_t n = strlen(text);

	if (strcmp(text, "-") == 0) {
		*text = '\0';
		return true;
	}
	if (n == 0 || n % 2 ||
	    gv_enc_unhex((unsigned char *)text, text, n / 2) < 0)
		return false;
	text[n / 2] = '\0';
	return strlen(text) == n / 2;
}

static int
read_place(struct gv_scanned *s, struct line *line)
{
	struct gv_scanned_place place = { .path = line->parts[3] };

	if (line->n != 4 || s->n == 0 || s->blobs[s->n - 1].n_findings ||
	    !read_oid(&place.introduced, line->parts[1]) ||
	    !read_oid(&place.removed, line->parts[2]) ||
	    !read_text(line->parts[3]) || *place.path == '\0')
		return GV_ECORRUPT;
	return gv_scanned_add_place(s, &place);
}

static int
read_finding(struct gv_scanned *s, struct line *line)
{
	static const uint64_t max[9] = { INT64_MAX, INT64_MAX, UINT32_MAX,
		UINT32_MAX, UINT32_MAX, GV_FINDING_GRADES - 1, UINT32_MAX,
		GV_FINDING_NO_REASON, INT64_MAX };
	struct gv_scanned_finding f = { .rule = line->parts[1],
		.prefix = line->parts[12],
		.name = line->parts[13],
		.key = line->parts[15],
		.inner = line->parts[16] };
	uint64_t v[9], codes;
	size_t i;

	if (line->n != PARTS || s->n == 0 || s->blobs[s->n - 1].n_places == 0)
		return GV_ECORRUPT;
	for (i = 0; i < 9; i++)
		if (!read_number(&v[i], line->parts[2 + i], max[i]))
			return GV_ECORRUPT;
	if (strlen(line->parts[11]) != 2 * GV_IDKEY_DIGEST ||
	    gv_enc_unhex(f.digest.bytes, line->parts[11], GV_IDKEY_DIGEST) <
		0 ||
	    !read_text(line->parts[12]) || !read_text(line->parts[13]) ||
	    !read_text(line->parts[15]) || !read_text(line->parts[16]) ||
	    !read_number(&codes, line->parts[14], UINT32_MAX) ||
	    strlen(f.prefix) > GV_FINDING_PREFIX || *f.rule == '\0')
		return GV_ECORRUPT;
	f.at = v[0];
	f.len = v[1];
	f.line = (unsigned)v[2];
	f.column = (unsigned)v[3];
	f.end_line = (unsigned)v[4];
	f.grade = (unsigned)v[5];
	f.reasons = (unsigned)v[6];
	f.comment = (unsigned)v[7];
	f.comment_ends = (int64_t)v[8];
	f.encodings = (unsigned)codes;
	return gv_scanned_add_finding(s, &f);
}

/* "rules" and "key", which stand once, in front. */
static int
read_head(char *out, size_t len, const char *text)
{
	if (*out || strlen(text) != len ||
	    strspn(text, "0123456789abcdef") != len)
		return GV_ECORRUPT;
	memcpy(out, text, len + 1);
	return 0;
}

static int
read_line(struct gv_scanned *s, char *text)
{
	struct gv_oid oid;
	struct line line;

	cut(&line, text);
	if (line.n < 2)
		return GV_ECORRUPT;
	if (strcmp(line.parts[0], "place") == 0)
		return read_place(s, &line);
	if (strcmp(line.parts[0], "finding") == 0)
		return read_finding(s, &line);
	if (line.n != 2)
		return GV_ECORRUPT;
	if (strcmp(line.parts[0], "rules") == 0)
		return read_head(s->rules, GV_OID_HEX, line.parts[1]);
	if (strcmp(line.parts[0], "key") == 0)
		return read_head(s->key, GV_IDKEY_NAME, line.parts[1]);
	if (!read_oid(&oid, line.parts[1]))
		return GV_ECORRUPT;
	if (strcmp(line.parts[0], "blob") == 0)
		return gv_scanned_add_blob(s, &oid);
	return strcmp(line.parts[0], "tip") == 0 ? gv_scanned_add_tip(s, &oid)
						 : GV_ECORRUPT;
}

static int
read_lines(struct gv_scanned *s, char *p)
{
	char *lf;
	int r = 0;

	for (; r == 0 && *p; p = lf + 1) {
		lf = strchr(p, '\n');
		if (lf == NULL)
			return GV_ECORRUPT;
		*lf = '\0';
		r = read_line(s, p);
	}
	return r < 0 || *s->rules == '\0' || *s->key == '\0'
	    ? r ? r : GV_ECORRUPT
	    : 0;
}

int
gv_scanned_parse(struct gv_scanned *out, const char *text, size_t len)
{
	struct gv_scanned s = GV_SCANNED_INIT;
	const size_t head = strlen(MAGIC);
	char last[LAST_LEN + 1], *own;
	size_t body;
	int r;

	if (len < head + LAST_LEN || memcmp(text, MAGIC, head) != 0)
		return GV_ECORRUPT;
	body = len - LAST_LEN;
	snprintf(last, sizeof(last), "= %08" PRIx32 "\n",
	    gv_deflate_crc32(0, text, body));
	if (memcmp(text + body, last, LAST_LEN) != 0 ||
	    memchr(text, '\0', body))
		return GV_ECORRUPT;
	own = malloc(body - head + 1);
	if (own == NULL)
		return gv_err_nomem();
	memcpy(own, text + head, body - head);
	own[body - head] = '\0';
	r = read_lines(&s, own);
	free(own);
	if (r < 0)
		gv_scanned_release(&s);
	else
		*out = s;
	return r;
}
