#include "toolstate/state_cloudformation.h"

#include <string.h>

#include "base/err.h"
#include "base/memory.h"

/*
 * A template that an answer has as a text, as it does where it was given in
 * YAML. It is decoded and read as a template by itself is; and each resource
 * is given with the bytes of the answer that it comes from, escapes and all, so
 * that it changes when these do. What is decoded lasts as long as the run,
 * since attributes are slices of it.
 */

static bool
is_json(const struct gv_state_yaml *y)
{
	size_t i = 0;

	while (i < y->len && y->text[i] && strchr(" \t\r\n", y->text[i]))
		i++;
	return i < y->len && y->text[i] == '{';
}

static int64_t
give_json(void *ctx, void *data, size_t len)
{
	struct gv_state_yaml *y = ctx;
	size_t n = y->len - y->given;

	if (n > len)
		n = len;
	if (n)
		memcpy(data, y->text + y->given, n);
	y->given += n;
	return (int64_t)n;
}

static bool
enter(void *ctx, const struct gv_jsontext_level *levels, size_t n)
{
	(void)ctx;
	return n == 1 || (n == 2 && levels[0].is_map);
}

int
gv_state_cloudformation_text_open(struct gv_state_cloudformation_text *t,
    const struct gv_jsontext_token *text, const struct gv_memory *memory)
{
	struct gv_state_yaml *y = &t->yaml;
	struct gv_jsontext_source source = {
		.enter = enter, .ctx = y, .memory = memory
	};
	int r = 0;

	t->memory = memory;
	t->raw = text->p;
	t->n_raw = text->len;
	y->cap = text->len + 1;
	y->text = gv_memory_get(memory, y->cap);
	if (y->text == NULL)
		return GV_ENOMEM;
	y->len = gv_jsontext_decode(y->text, text->p, text->len);
	t->is_json = is_json(y);
	source.read = t->is_json ? give_json : gv_state_yaml_give;
	if (!t->is_json)
		r = gv_yamltext_read(&y->yaml, y->text, y->len, memory);
	return r < 0 ? r : gv_jsonstream_new(&t->stream, &source);
}

static bool
is_digit_of(const char *p, const char *digits)
{
	return *p && strchr(digits, *p) != NULL;
}

/* "\ud83d\ude00" */
static bool
is_pair(const char *p, size_t len)
{
	return len >= 12 && is_digit_of(p + 2, "dD") &&
	    is_digit_of(p + 3, "89abAB") && p[6] == '\\' && p[7] == 'u' &&
	    is_digit_of(p + 8, "dD") && is_digit_of(p + 9, "cdefCDEF");
}

/* Where a byte of the decoded text comes from. They are asked for in their
 * order. */
static const char *
origin_of(struct gv_state_cloudformation_text *t, size_t at)
{
	char out[16];

	while (t->plain < at && t->at < t->n_raw) {
		const char *p = t->raw + t->at;
		size_t left = t->n_raw - t->at, n = 1;

		if (*p == '\\' && left > 1)
			n = p[1] != 'u'        ? 2
			    : is_pair(p, left) ? 12
			    : left < 6         ? left
					       : 6;
		t->plain += n > 2 ? gv_jsontext_decode(out, p, n) : 1;
		t->at += n;
	}
	return t->raw + t->at;
}

/* Make a token of the reader's window one of the text that it read. */
static void
keep(struct gv_state_cloudformation_text *t, struct gv_jsontext_piece *piece)
{
	const char *text = t->yaml.text + piece->at;
	struct gv_jsontext_token *token = &piece->token;

	if (piece->kind == GV_JSONTEXT_PIECE_VALUE) {
		token->p = text + (token->p - piece->text);
		if (token->has_key)
			token->key = text + (token->key - piece->text);
	}
	piece->text = text;
}

int
gv_state_cloudformation_text_next(struct gv_state_cloudformation_text *t,
    struct gv_jsontext_piece *piece, struct gv_state_text *from)
{
	struct gv_state_yaml *y = &t->yaml;
	const char *begin, *end;
	int r = gv_jsonstream_next(t->stream, piece);

	if (r <= 0)
		return r;
	if (t->is_json)
		keep(t, piece);
	else
		gv_state_yaml_place(y, piece);
	begin = piece->text;
	end = begin + piece->len;
	if (t->is_json && piece->kind == GV_JSONTEXT_PIECE_VALUE)
		begin = piece->token.p;
	from->p = origin_of(t, (size_t)(begin - y->text));
	from->len = (size_t)(origin_of(t, (size_t)(end - y->text)) - from->p);
	return 1;
}

void
gv_state_cloudformation_text_release(struct gv_state_cloudformation_text *t)
{
	gv_jsonstream_free(t->stream);
	gv_state_yaml_release(&t->yaml, t->memory);
}
