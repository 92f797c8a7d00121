#include "symbol/symbol_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/vec.h"

static struct gv_symbol_text
copy_text(struct gv_buf *text, const char *p, size_t len)
{
	struct gv_symbol_text at = { (uint32_t)text->len, (uint32_t)len };

	if (len == 0)
		return (struct gv_symbol_text){ 0, 0 };
	gv_buf_add(text, p, len);
	gv_buf_addch(text, '\0');
	return at;
}

/* Any name may be an address, whatever reads it: a user and a password in one
 * are kept nowhere. */
static struct gv_symbol_text
copy_name(struct gv_buf *text, const char *p, size_t len)
{
	struct gv_symbol_text at;
	size_t from, to;

	if (!gv_symbol_find_user(&from, &to, p, len))
		return copy_text(text, p, len);
	at = (struct gv_symbol_text){ (uint32_t)text->len,
		(uint32_t)(len - (to - from)) };
	gv_buf_add(text, p, from);
	gv_buf_add(text, p + to, len - to);
	gv_buf_addch(text, '\0');
	return at;
}

uint32_t
gv_symbol_add(struct gv_symbols *out, const struct gv_symbol_row *row)
{
	struct gv_symbol *s;

	if (out->failed || GV_GROW(out->items, out->n, out->cap) < 0)
		goto failed;
	s = &out->items[out->n];
	*s = (struct gv_symbol){ .kind = row->kind,
		.how = row->how,
		.word = row->word,
		.space = row->space,
		.flags = row->flags,
		.line = row->line,
		.in = row->in,
		.name = copy_name(&out->text, row->name, row->name_len),
		.scope = copy_text(&out->text, row->scope, row->scope_len),
		.extra = copy_name(&out->text, row->extra, row->extra_len) };
	if (out->text.failed || out->text.len > UINT32_MAX / 2)
		goto failed;
	return (uint32_t)out->n++;
failed:
	out->failed = true;
	return GV_SYMBOL_NONE;
}

void
gv_symbols_release(struct gv_symbols *symbols)
{
	free(symbols->items);
	gv_buf_release(&symbols->text);
	memset(symbols, 0, sizeof(*symbols));
}

const char *
gv_symbol_text(
    const struct gv_symbols *symbols, const struct gv_symbol_text *text)
{
	return text->len ? symbols->text.p + text->at : "";
}
