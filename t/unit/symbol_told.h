#ifndef SYMBOL_TOLD_H
#define SYMBOL_TOLD_H
/*
 * What a file says, as lines of text, for tests to compare:
 *
 *	1 tf.resource aws_vpc.main
 *	3 aws_vpc.main> tf.ref tf.variable:cidr
 *	5 net> tf.module ../net FOLDER=1.2
 *	9 =tf.assignment region
 *	9 !what is wrong
 *
 * The line, the definition that it stands in, and what it is: "by name" has its
 * space before the name, "labels" "{…}", EXTERNAL "@", BY_PARENT "^"; "~" is a
 * PATTERN, "?" OPTIONAL, "+" FOLDER, "%" TOP, "d" DEFAULT, "*" LIST, "#"
 * SEALED, "…" ELSEWHERE; "[…]" a scope, "=…" what is extra.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol/symbol.h"

static inline void
symbol_told_flags(struct gv_buf *out, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *sign;
	} signs[] = {
		{ GV_SYMBOL_PATTERN, " ~" },
		{ GV_SYMBOL_OPTIONAL, " ?" },
		{ GV_SYMBOL_FOLDER, " +" },
		{ GV_SYMBOL_TOP, " %" },
		{ GV_SYMBOL_DEFAULT, " d" },
		{ GV_SYMBOL_LIST, " *" },
		{ GV_SYMBOL_SEALED, " #" },
		{ GV_SYMBOL_ELSEWHERE, " ..." },
	};
	size_t i;

	for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
		if (flags & signs[i].flag)
			gv_buf_addstr(out, signs[i].sign);
}

static inline void
symbol_told_one(
    struct gv_buf *out, const struct gv_symbols *all, const struct gv_symbol *s)
{
	gv_buf_addf(out, "%u ", s->line);
	if (s->in != GV_SYMBOL_NONE)
		gv_buf_addf(
		    out, "%s> ", gv_symbol_text(all, &all->items[s->in].name));
	if (s->kind == GV_SYMBOL_DEFINITION)
		gv_buf_addf(out, "%s ", gv_symbol_spaces[s->word]);
	else if (s->kind == GV_SYMBOL_REFERENCE)
		gv_buf_addf(out, "%s ", gv_symbol_edges[s->word]);
	else
		gv_buf_addf(out, "%s", s->kind == GV_SYMBOL_VALUE ? "=" : "!");
	if (s->kind == GV_SYMBOL_VALUE)
		gv_buf_addf(out, "%s ", gv_symbol_values[s->word]);
	if (s->kind == GV_SYMBOL_REFERENCE && s->how == GV_SYMBOL_BY_NAME)
		gv_buf_addf(out, "%s:", gv_symbol_spaces[s->space]);
	if (s->kind == GV_SYMBOL_REFERENCE && s->how == GV_SYMBOL_BY_LABELS)
		gv_buf_addf(out, "%s:{", gv_symbol_spaces[s->space]);
	if (s->kind == GV_SYMBOL_REFERENCE && s->how == GV_SYMBOL_EXTERNAL)
		gv_buf_addch(out, '@');
	if (s->kind == GV_SYMBOL_REFERENCE && s->how == GV_SYMBOL_BY_PARENT)
		gv_buf_addch(out, '^');
	gv_buf_addstr(out, gv_symbol_text(all, &s->name));
	if (s->kind == GV_SYMBOL_REFERENCE && s->how == GV_SYMBOL_BY_LABELS)
		gv_buf_addch(out, '}');
	if (gv_symbol_scope(all, s)->len)
		gv_buf_addf(
		    out, "[%s]", gv_symbol_text(all, gv_symbol_scope(all, s)));
	if (gv_symbol_extra(all, s)->len)
		gv_buf_addf(
		    out, "=%s", gv_symbol_text(all, gv_symbol_extra(all, s)));
	symbol_told_flags(out, s->flags);
	gv_buf_addch(out, '\n');
}

/* All of a file at a path, read, kept as bytes and read again: malloc'd. */
static inline char *
symbol_told(const char *path, const char *text)
{
	struct gv_symbols read, kept = GV_SYMBOLS_INIT;
	struct gv_buf packed = GV_BUF_INIT, out = GV_BUF_INIT;
	/* malloc'd and not terminated, so that a sanitizer sees each byte read
	 * too far */
	const size_t len = strlen(text);
	char *copy = malloc(len ? len : 1);
	size_t i;

	assert_non_null(copy);
	memcpy(copy, text, len);
	assert_int_equal(gv_symbols_read(&read,
			     gv_symbol_dialect(path, strlen(path)), copy, len),
	    0);
	free(copy);
	gv_symbols_pack(&packed, &read);
	assert_int_equal(
	    gv_symbols_unpack(&kept, packed.p, packed.len, NULL), 0);
	assert_int_equal(kept.n, read.n);
	for (i = 0; i < kept.n; i++)
		symbol_told_one(&out, &kept, &kept.items[i]);
	gv_symbols_release(&read);
	gv_symbols_release(&kept);
	gv_buf_release(&packed);
	return gv_buf_take(&out);
}

#define assert_symbols(path, text, want)                                       \
	do {                                                                   \
		char *told = symbol_told(path, text);                          \
		assert_string_equal(told, want);                               \
		free(told);                                                    \
	} while (0)

#endif
