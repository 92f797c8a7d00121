#include "format/jsonstream.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/memory.h"
#include "format/jsontext_internal.h"

/* A test may want a smaller one, so that its end is everywhere. */
#if !defined(GV_JSONSTREAM_WINDOW)
#define GV_JSONSTREAM_WINDOW (256 * 1024)
#endif

#define WINDOW  ((size_t)GV_JSONSTREAM_WINDOW)
#define LARGEST ((size_t)1024 * 1024 * 1024)

struct gv_jsonstream {
	struct gv_jsontext_source source;
	struct gv_jsontext j; /* over the window */
	char *window;
	size_t cap, have;
	size_t from;      /* where the piece begins that is being read */
	uint64_t dropped; /* bytes of the document before the window */
	bool is_over;     /* it was told whole */
	int failed;
	const char *wrong; /* what it was refused for, and where */
	uint64_t wrong_at;
	size_t n_levels;
	struct gv_jsontext_level levels[GV_JSONSTREAM_DEPTH + 1];
	char *keys[GV_JSONSTREAM_DEPTH];          /* of the levels, their own */
	uint64_t counts[GV_JSONSTREAM_DEPTH + 1]; /* of values, by the number
						      of levels around */
};

static void
give_back(const struct gv_jsonstream *s, char *p, size_t len)
{
	gv_memory_put(s->source.memory, p, len);
}

int
gv_jsonstream_new(
    struct gv_jsonstream **out, const struct gv_jsontext_source *source)
{
	struct gv_jsonstream *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return gv_err_nomem();
	s->source = *source;
	if (s->source.max == 0)
		s->source.max = LARGEST;
	if (s->source.max > SIZE_MAX / 4)
		s->source.max = SIZE_MAX / 4;
	/* what is as large as may be takes a byte more to be known whole */
	s->cap = s->source.max < WINDOW ? s->source.max + 1 : WINDOW;
	s->window = gv_memory_get(s->source.memory, s->cap);
	if (s->window == NULL) {
		free(s);
		return GV_ENOMEM;
	}
	gv_jsontext_init(&s->j, s->window, 0);
	s->j.more = true;
	*out = s;
	return 0;
}

void
gv_jsonstream_free(struct gv_jsonstream *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; i < GV_JSONSTREAM_DEPTH; i++)
		give_back(s, s->keys[i], s->levels[i].key_len + 1);
	give_back(s, s->window, s->cap);
	free(s);
}

/* ---- the window ---- */

/* What is wrong, and at which place of the document. */
static int
refuse(struct gv_jsonstream *s, const char *at, const char *wrong)
{
	size_t line, column;

	s->j.at = at;
	s->wrong = wrong;
	s->wrong_at = s->dropped + (uint64_t)(at - s->window);
	gv_jsontext_where(&s->j, &line, &column);
	return gv_err(
	    GV_EREFUSED, "line %zu, column %zu: %s", line, column, wrong);
}

/* What is read now is larger than may be: told where it begins. */
static int
refuse_size(struct gv_jsonstream *s)
{
	const char *end = s->window + s->have;
	const char *p = gv_jsontext_skip_blanks(s->window + s->from, end);

	if (p < end && *p == ',')
		p = gv_jsontext_skip_blanks(p + 1, end);
	return refuse(s, p, "a value here is too large");
}

/* The cursor stands where it stood, but in other memory. */
static void
move_cursor(struct gv_jsonstream *s, size_t at)
{
	s->j.begin = s->window;
	s->j.at = s->window + at;
	s->j.end = s->window + s->have;
}

/* Let go what was told. */
static void
slide(struct gv_jsonstream *s)
{
	const size_t at = (size_t)(s->j.at - s->window) - s->from;

	s->j.at = s->window + s->from;
	gv_jsontext_forget(&s->j);
	memmove(s->window, s->window + s->from, s->have - s->from);
	s->have -= s->from;
	s->dropped += s->from;
	s->from = 0;
	move_cursor(s, at);
}

static int
grow(struct gv_jsonstream *s)
{
	const size_t at = (size_t)(s->j.at - s->window);
	size_t cap = s->cap;
	char *window;

	if (s->have > s->source.max)
		return refuse_size(s);
	cap = cap < s->source.max / 2 ? cap * 2 : s->source.max + 1;
	window = gv_memory_get(s->source.memory, cap);
	if (window == NULL)
		return GV_ENOMEM;
	memcpy(window, s->window, s->have);
	give_back(s, s->window, s->cap);
	s->window = window;
	s->cap = cap;
	move_cursor(s, at);
	return 0;
}

/* Read until the window is full, so that however little read() gives at a time,
 * what stands at its end is not looked at again for that. */
static int
refill(struct gv_jsonstream *s)
{
	int r = 0;

	if (s->from)
		slide(s);
	if (s->have == s->cap)
		r = grow(s);
	while (r == 0 && s->j.more && s->have < s->cap) {
		int64_t n = s->source.read(
		    s->source.ctx, s->window + s->have, s->cap - s->have);

		if (n < 0)
			r = (int)n;
		else
			s->have += (size_t)n;
		s->j.more = n > 0;
	}
	s->j.end = s->window + s->have;
	return r;
}

/* ---- tokens ---- */

/* After a call on the cursor that gave `r`: whether there are more bytes now to
 * make it again; else *r is what is to be returned. */
static bool
get_more(struct gv_jsonstream *s, int *r)
{
	if (*r >= 0)
		return false;
	if (!gv_jsontext_is_short(&s->j)) {
		*r = refuse(s, s->j.at, s->j.wrong);
		return false;
	}
	*r = refill(s);
	return *r == 0;
}

/* The rest of the list or map that the token begins. */
static int
read_rest(struct gv_jsonstream *s, struct gv_jsontext_token *t)
{
	const unsigned depth = s->j.depth;
	const char *text = s->window + s->from;
	const size_t key = t->has_key ? (size_t)(t->key - text) : 0;
	const size_t p = (size_t)(t->p - text);
	int r;

	do
		r = gv_jsontext_rest(&s->j, depth);
	while (get_more(s, &r));
	if (r < 0)
		return r;
	text = s->window + s->from;
	t->key = t->has_key ? text + key : NULL;
	t->p = text + p;
	t->len = (size_t)(s->j.at - t->p);
	return r;
}

/* ---- levels ---- */

/* Whether to go into what the token begins; then it is a level, whose key has
 * to outlast the window. */
static int
enter(struct gv_jsonstream *s, const struct gv_jsontext_token *t)
{
	const size_t n = s->n_levels;
	struct gv_jsontext_level *level = &s->levels[n];
	char *key = NULL;

	if (n == GV_JSONSTREAM_DEPTH || s->source.enter == NULL)
		return 0;
	give_back(s, s->keys[n], level->key_len + 1);
	s->keys[n] = NULL;
	*level = (struct gv_jsontext_level){ t->key, t->key_len, s->counts[n],
		t->kind == GV_JSONTEXT_MAP };
	if (!s->source.enter(s->source.ctx, s->levels, n + 1)) {
		*level = (struct gv_jsontext_level){ 0 };
		return 0;
	}
	if (t->has_key) {
		key = gv_memory_get(s->source.memory, t->key_len + 1);
		if (key == NULL)
			return GV_ENOMEM;
		memcpy(key, t->key, t->key_len);
		key[t->key_len] = '\0';
	}
	level->key = s->keys[n] = key;
	s->n_levels++;
	s->counts[n + 1] = 0;
	return 1;
}

static int
read_value(struct gv_jsonstream *s, struct gv_jsontext_piece *piece)
{
	struct gv_jsontext_token *t = &piece->token;
	int r = 1;

	piece->kind = GV_JSONTEXT_PIECE_VALUE;
	piece->n_levels = s->n_levels;
	if (t->kind == GV_JSONTEXT_LIST || t->kind == GV_JSONTEXT_MAP) {
		r = enter(s, t);
		if (r > 0)
			piece->kind = GV_JSONTEXT_PIECE_OPEN;
		if (r == 0)
			r = read_rest(s, t);
	}
	s->counts[piece->n_levels]++;
	return r;
}

static int
read_piece(struct gv_jsonstream *s, struct gv_jsontext_piece *piece)
{
	int r;

	do
		r = gv_jsontext_next(&s->j, &piece->token);
	while (get_more(s, &r));
	if (r < 0)
		return r;
	if (r == 0) {
		piece->kind = GV_JSONTEXT_PIECE_END;
		s->is_over = true;
		return 1;
	}
	if (piece->token.kind != GV_JSONTEXT_LIST_END &&
	    piece->token.kind != GV_JSONTEXT_MAP_END)
		return read_value(s, piece);
	piece->kind = GV_JSONTEXT_PIECE_CLOSE;
	piece->n_levels = s->n_levels--;
	return 1;
}

int
gv_jsonstream_next(struct gv_jsonstream *s, struct gv_jsontext_piece *piece)
{
	int r = s->failed;

	*piece = (struct gv_jsontext_piece){ .kind = GV_JSONTEXT_PIECE_END };
	if (s->is_over)
		return 0;
	if (r == 0) {
		s->from = (size_t)(s->j.at - s->window);
		r = read_piece(s, piece);
		if (r > 0 &&
		    (size_t)(s->j.at - s->window) - s->from > s->source.max)
			r = refuse_size(s);
	}
	if (r < 0) {
		s->failed = r;
		s->j.at = s->j.end;
		*piece =
		    (struct gv_jsontext_piece){ .kind = GV_JSONTEXT_PIECE_END };
	}
	piece->text = s->window + s->from;
	piece->len = (size_t)(s->j.at - s->window) - s->from;
	piece->at = s->dropped + s->from;
	piece->levels = s->levels;
	return r;
}

const char *
gv_jsonstream_held(const struct gv_jsonstream *s, size_t *len)
{
	*len = s->have - s->from;
	return s->window + s->from;
}

const char *
gv_jsonstream_wrong(const struct gv_jsonstream *s, uint64_t *at)
{
	*at = s->wrong_at;
	return s->wrong;
}
