#include "detect/scanned.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "worktree/cache.h"

/*
 * Text, a line a thing, and at last the CRC-32 of all before it:
 *	git-vault scanned 3
 *	rules <digest>
 *	tip <commit>
 *	blob <id>
 *	place <introduced> <removed> <path>
 *	= <crc>
 * Paths are in hexadecimal.
 */
#define MAGIC "git-vault scanned 3\n"
#define PARTS 4 /* of a line */

/* --- made --- */

int
gv_scanned_add_tip(struct gv_scanned *s, const struct gv_oid *tip)
{
	int r = GV_GROW(s->tips, s->n_tips, s->cap_tips);

	if (r == 0)
		s->tips[s->n_tips++] = *tip;
	return r;
}

int
gv_scanned_add_blob(struct gv_scanned *s, const struct gv_oid *oid)
{
	int r = GV_GROW(s->blobs, s->n, s->cap);

	if (r == 0)
		s->blobs[s->n++] = (struct gv_scanned_blob){ .oid = *oid };
	return r;
}

int
gv_scanned_add_place(struct gv_scanned *s, const struct gv_scanned_place *place)
{
	struct gv_scanned_blob *b = &s->blobs[s->n - 1];
	struct gv_scanned_place own = *place;
	int r;

	own.path = gv_arena_copy(&s->arena, place->path, strlen(place->path));
	if ((r = own.path ? 0 : GV_ENOMEM) == 0)
		r = gv_vec_grow((void **)&b->places, &b->cap_places,
		    b->n_places + 1, sizeof(own));
	if (r == 0)
		b->places[b->n_places++] = own;
	return r;
}

void
gv_scanned_release(struct gv_scanned *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < s->n; i++)
		free(s->blobs[i].places);
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

	gv_buf_addch(out, ' ');
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
}

void
gv_scanned_format(struct gv_buf *out, const struct gv_scanned *s)
{
	size_t from = out->len, i;

	gv_buf_addf(out, MAGIC "rules %s\n", s->rules);
	for (i = 0; i < s->n_tips; i++) {
		gv_buf_addstr(out, "tip");
		add_oid(out, &s->tips[i]);
		gv_buf_addch(out, '\n');
	}
	for (i = 0; i < s->n; i++)
		add_blob(out, &s->blobs[i]);
	gv_cache_seal_text(out, from);
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

/* In place, since the text is half as long. */
static bool
read_text(char *text)
{
	size_t n = strlen(text);

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

	if (line->n != 4 || s->n == 0 ||
	    !read_oid(&place.introduced, line->parts[1]) ||
	    !read_oid(&place.removed, line->parts[2]) ||
	    !read_text(line->parts[3]) || *place.path == '\0')
		return GV_ECORRUPT;
	return gv_scanned_add_place(s, &place);
}

/* It stands once, in front. */
static int
read_rules(struct gv_scanned *s, const char *text)
{
	const size_t len = strlen(text);

	if (*s->rules || len != GV_OID_HEX ||
	    strspn(text, "0123456789abcdef") != len)
		return GV_ECORRUPT;
	memcpy(s->rules, text, len + 1);
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
	if (line.n != 2)
		return GV_ECORRUPT;
	if (strcmp(line.parts[0], "rules") == 0)
		return read_rules(s, line.parts[1]);
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
	return r == 0 && *s->rules == '\0' ? GV_ECORRUPT : r;
}

int
gv_scanned_parse(struct gv_scanned *out, const char *text, size_t len)
{
	struct gv_scanned s = GV_SCANNED_INIT;
	const size_t head = strlen(MAGIC);
	size_t end = gv_cache_text_end(text, len, MAGIC);
	char *own;
	int r;

	if (end == 0 || memchr(text, '\0', end))
		return GV_ECORRUPT;
	own = strndup(text + head, end - head);
	if (own == NULL)
		return gv_err_nomem();
	r = read_lines(&s, own);
	free(own);
	if (r < 0)
		gv_scanned_release(&s);
	else
		*out = s;
	return r;
}
