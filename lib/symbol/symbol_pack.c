#include "symbol/symbol_internal.h"

#include "base/err.h"

/*
 * Symbols as bytes: how many there are, then of each one
 *
 *	kind how word space flags line in+1  (of the file: 0)
 *	length bytes   of its name, its scope, and its extra
 *
 * Each number has seven bits a byte, the lowest first, the highest bit set
 * where more follow.
 */

static void
put_number(struct gv_buf *out, uint64_t n)
{
	for (; n > 0x7f; n >>= 7)
		gv_buf_addch(out, (char)(n | 0x80));
	gv_buf_addch(out, (char)n);
}

static void
put_text(struct gv_buf *out, const struct gv_symbols *symbols,
    const struct gv_symbol_text *text)
{
	put_number(out, text->len);
	gv_buf_add(out, gv_symbol_text(symbols, text), text->len);
}

void
gv_symbols_pack(struct gv_buf *out, const struct gv_symbols *symbols)
{
	size_t i;

	put_number(out, symbols->n);
	for (i = 0; i < symbols->n; i++) {
		const struct gv_symbol *s = &symbols->items[i];

		put_number(out, s->kind);
		put_number(out, s->how);
		put_number(out, s->word);
		put_number(out, s->space);
		put_number(out, s->flags);
		put_number(out, s->line);
		put_number(out, s->in == GV_SYMBOL_NONE ? 0 : s->in + 1);
		put_text(out, symbols, &s->name);
		put_text(out, symbols, &s->scope);
		put_text(out, symbols, &s->extra);
	}
}

struct reading {
	const unsigned char *p, *end;
	bool failed; /* sticky */
};

static uint32_t
get_number(struct reading *in, uint32_t most)
{
	uint64_t n = 0;
	unsigned shift;

	for (shift = 0; in->p < in->end && shift < 35; shift += 7) {
		n |= (uint64_t)(*in->p & 0x7f) << shift;
		if (*in->p++ & 0x80)
			continue;
		if (n > most)
			break;
		return (uint32_t)n;
	}
	in->failed = true;
	return 0;
}

static const char *
get_text(struct reading *in, size_t *len)
{
	const char *p;

	*len = get_number(in, UINT32_MAX);
	if (*len > (size_t)(in->end - in->p)) {
		in->failed = true;
		*len = 0;
	}
	p = (const char *)in->p;
	in->p += *len;
	return p;
}

static uint32_t
word_most(enum gv_symbol_kind kind)
{
	switch (kind) {
	case GV_SYMBOL_DEFINITION:
		return GV_SYMBOL_N_SPACES - 1;
	case GV_SYMBOL_REFERENCE:
		return GV_SYMBOL_N_EDGES - 1;
	case GV_SYMBOL_VALUE:
		return GV_SYMBOL_N_VALUES - 1;
	case GV_SYMBOL_ERROR:
		return 0;
	}
	return 0;
}

/* One symbol; `first` is the number that the first of these bytes has got. */
static void
get_symbol(struct gv_symbols *out, struct reading *in, size_t first)
{
	struct gv_symbol_row row = { .kind = (uint8_t)get_number(
					 in, GV_SYMBOL_ERROR) };
	uint32_t inside;

	row.how = (uint8_t)get_number(in, GV_SYMBOL_EXTERNAL);
	row.word = (uint16_t)get_number(in, word_most(row.kind));
	row.space = (uint16_t)get_number(in, GV_SYMBOL_N_SPACES - 1);
	row.flags = (uint16_t)get_number(in, UINT16_MAX);
	row.line = get_number(in, UINT32_MAX);
	inside = get_number(in, (uint32_t)(out->n - first));
	row.in = inside ? (uint32_t)first + inside - 1 : GV_SYMBOL_NONE;
	row.name = get_text(in, &row.name_len);
	row.scope = get_text(in, &row.scope_len);
	row.extra = get_text(in, &row.extra_len);
	if (!in->failed)
		gv_symbol_add(out, &row);
}

int
gv_symbols_unpack(struct gv_symbols *out, const void *p, size_t len)
{
	struct reading in = { p, (const unsigned char *)p + len, false };
	const size_t first = out->n, text = out->text.len;
	uint32_t n = get_number(&in, UINT32_MAX), i;

	for (i = 0; i < n && !in.failed && !out->failed; i++)
		get_symbol(out, &in, first);
	if (out->failed)
		return gv_err_nomem();
	if (!in.failed && in.p == in.end)
		return 0;
	out->n = first;
	gv_buf_truncate(&out->text, text);
	return gv_err(GV_ECORRUPT, "kept symbols of a file are damaged");
}
