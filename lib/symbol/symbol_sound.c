#include "symbol/symbol_internal.h"

/*
 * Whether symbols that were stored as they are in memory can be used: each
 * number of theirs leads to something.
 */

uint32_t
gv_symbol_word_most(enum gv_symbol_kind kind)
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

static bool
is_text(const struct gv_symbols *symbols, const struct gv_symbol_text *text)
{
	return text->len == 0 ||
	    (text->at < symbols->text.len &&
		text->len < symbols->text.len - text->at &&
		symbols->text.p[(size_t)text->at + text->len] == '\0');
}

static bool
is_symbol(const struct gv_symbols *symbols, size_t i)
{
	const struct gv_symbol *s = &symbols->items[i];

	return s->kind <= GV_SYMBOL_ERROR && s->how <= GV_SYMBOL_EXTERNAL &&
	    s->word <= gv_symbol_word_most(s->kind) &&
	    s->space < GV_SYMBOL_N_SPACES && s->more <= symbols->n_more &&
	    (s->in == GV_SYMBOL_NONE || s->in < i) &&
	    is_text(symbols, &s->name);
}

bool
gv_symbols_are_sound(const struct gv_symbols *symbols)
{
	size_t i;

	for (i = 0; i < symbols->n_more; i++)
		if (!is_text(symbols, &symbols->more[i].scope) ||
		    !is_text(symbols, &symbols->more[i].extra))
			return false;
	for (i = 0; i < symbols->n; i++)
		if (!is_symbol(symbols, i))
			return false;
	return true;
}
