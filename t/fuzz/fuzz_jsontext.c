/*
 * Any bytes as JSON, read four ways that have to agree: a token at a time, a
 * value at a time, by a stream that is read in pieces of any size, of which any
 * part is gone into, and as a tree. The tree has rules of its own: no key
 * twice, no half of a character, less deep. The first two bytes say how pieces
 * and parts are taken.
 */
#include "fuzz.h"

#include <stdio.h>

#include "base/err.h"
#include "base/utf8.h"
#include "format/jsonstream.h"
#include "format/unjson.h"

struct trial {
	const uint8_t *data;
	size_t len, at;
	uint32_t chance;
	struct gv_buf told;
	size_t depth;
};

static uint32_t
next_chance(struct trial *t)
{
	t->chance = t->chance * 1664525 + 1013904223;
	return t->chance >> 16;
}

/* ---- tokens ---- */

/* A text as a token has it is UTF-8, decodes to no more than it was, and to
 * what it is compared with. */
static void
must_decode(const char *p, size_t len, bool escaped)
{
	char *out = malloc(len + 1);
	size_t n;

	must(out != NULL);
	must(gv_utf8_is_valid(p, len));
	must(escaped == (len && memchr(p, '\\', len) != NULL));
	n = gv_jsontext_decode(out, p, len);
	must(n <= len && gv_utf8_is_valid(out, n));
	out[n] = '\0';
	if (strlen(out) == n)
		must(gv_jsontext_is(p, len, escaped, out));
	free(out);
}

static void
must_be_within(const struct gv_jsontext *j, const struct gv_jsontext_token *t)
{
	must(t->p >= j->begin && t->p + t->len <= j->at && j->at <= j->end);
	must(j->depth <= GV_JSONTEXT_MAX_DEPTH);
	if (t->has_key) {
		must(t->key > j->begin && t->key + t->key_len < t->p);
		must_decode(t->key, t->key_len, t->key_escaped);
	}
	if (t->kind == GV_JSONTEXT_TEXT)
		must_decode(t->p, t->len, t->escaped);
}

/* How deep it is, or -1; `j` stands at what is wrong. */
static int
read_tokens(struct gv_jsontext *j, const char *text, size_t len, bool whole)
{
	struct gv_jsontext_token t;
	unsigned deepest = 0;
	int r;

	gv_jsontext_init(j, text, len);
	while ((r = whole ? gv_jsontext_value(j, &t)
			  : gv_jsontext_next(j, &t)) > 0) {
		must_be_within(j, &t);
		if (j->depth > deepest)
			deepest = j->depth;
	}
	must(r == 0 || (r == GV_EREFUSED && j->wrong));
	return r == 0 ? (int)deepest : -1;
}

/* ---- the stream ---- */

static int64_t
read_some(void *ctx, void *data, size_t len)
{
	struct trial *t = ctx;
	size_t n = t->len - t->at, some = 1 + next_chance(t) % 40;

	if (n > some)
		n = some;
	if (n > len)
		n = len;
	if (n)
		memcpy(data, t->data + t->at, n);
	t->at += n;
	return (int64_t)n;
}

static bool
enter_some(void *ctx, const struct gv_jsontext_level *levels, size_t n)
{
	struct trial *t = ctx;

	must(n == t->depth + 1 && n <= GV_JSONSTREAM_DEPTH);
	if (levels[n - 1].key)
		must(
		    gv_utf8_is_valid(levels[n - 1].key, levels[n - 1].key_len));
	return next_chance(t) % 3;
}

static void
see_piece(struct trial *t, const struct gv_jsontext_piece *piece)
{
	const struct gv_jsontext_token *token = &piece->token;

	must(piece->at == t->told.len);
	must(piece->n_levels == t->depth);
	gv_buf_add(&t->told, piece->text, piece->len);
	if (piece->kind == GV_JSONTEXT_PIECE_OPEN)
		t->depth++;
	if (piece->kind == GV_JSONTEXT_PIECE_CLOSE)
		t->depth--;
	if (piece->kind == GV_JSONTEXT_PIECE_END)
		return;
	must(token->p > piece->text || token->p == piece->text);
	must(token->p + token->len + (token->kind == GV_JSONTEXT_TEXT) ==
	    piece->text + piece->len);
	if (token->has_key)
		must(token->key > piece->text &&
		    token->key + token->key_len < token->p);
}

/* Whether it is JSON; the message says where it is not. */
static int
read_stream(struct trial *t, size_t max)
{
	struct gv_jsontext_source source = {
		.read = read_some, .enter = enter_some, .ctx = t, .max = max
	};
	struct gv_jsonstream *s = NULL;
	struct gv_jsontext_piece piece;
	int r;

	must(gv_jsonstream_new(&s, &source) == 0);
	while ((r = gv_jsonstream_next(s, &piece)) > 0)
		see_piece(t, &piece);
	if (r < 0) {
		must(r == GV_EREFUSED && piece.at == t->told.len);
		if (piece.len)
			gv_buf_add(&t->told, piece.text, piece.len);
	}
	/* not a byte is lost */
	must(r < 0 || t->told.len == t->len);
	if (t->at < t->len)
		gv_buf_add(&t->told, t->data + t->at, t->len - t->at);
	must_be(&t->told, t->data, t->len);
	gv_jsonstream_free(s);
	return r;
}

static void
must_stream_as(struct gv_jsontext *j, bool good, const uint8_t *data,
    size_t len, uint32_t chance)
{
	struct trial t = { .data = data, .len = len, .chance = chance };
	size_t line, column;
	char want[200];

	must((read_stream(&t, 0) == 0) == good);
	if (!good) {
		gv_jsontext_where(j, &line, &column);
		snprintf(want, sizeof(want), "line %zu, column %zu: %s", line,
		    column, j->wrong);
		must(strcmp(want, gv_err_message()) == 0);
	}
	/* with little room: what is still taken is right */
	t = (struct trial){ .data = data, .len = len, .chance = chance };
	must(read_stream(&t, 1 + chance % 50) < 0 || good);
}

/* ---- the tree ---- */

/* What the tree refuses and the grammar does not. */
static bool
is_of_its_own(const char *message)
{
	return strstr(message, "second time") || strstr(message, "half a") ||
	    strstr(message, "too deep");
}

static void
must_parse_as(bool good, const uint8_t *data, size_t len)
{
	struct gv_unjson *doc = NULL;
	char *copy = malloc(len + 1);
	int r;

	must(copy != NULL);
	if (len)
		memcpy(copy, data, len);
	r = gv_unjson_parse(&doc, "f", copy, len);
	if (r == 0)
		must(good);
	else
		must(!good || is_of_its_own(gv_err_message()));
	gv_unjson_free(doc);
	free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint32_t chance = 0;
	struct gv_jsontext j, whole;
	char *exact;
	int depth;

	if (len < 2)
		return 0;
	chance = (uint32_t)data[0] << 8 | data[1];
	data += 2;
	len -= 2;
	exact = malloc(len ? len : 1);
	must(exact != NULL);
	if (len)
		memcpy(exact, data, len);
	depth = read_tokens(&j, exact, len, false);
	must((read_tokens(&whole, exact, len, true) < 0) == (depth < 0));
	must(j.at == whole.at && j.wrong == whole.wrong);
	must_stream_as(&j, depth >= 0, data, len, chance);
	must_parse_as(depth >= 0, data, len);
	free(exact);
	return 0;
}
