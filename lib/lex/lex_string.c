#include "lex/lex_internal.h"

#include <string.h>

#include "lex/seek.h"

/*
 * Reads values that signs set off from what is around them: strings in quotes,
 * block scalars of YAML and heredocs.
 */

#define WASTE_MAX 65536 /* bytes without the end of a heredoc */

/* The end of a string whose opening quote has been taken, or c->end. A line's
 * end ends those that cannot go over it. */
static size_t
end_of_string(const struct cursor *c, char quote, bool many_lines,
    struct gv_lex_barren *barren)
{
	size_t i;

	for (i = skip_barren(barren, c->at); i < c->end; i++) {
		i = gv_seek_any(
		    c->p, i, c->end, quote, '\\', many_lines ? quote : '\n');
		if (i == c->end)
			break;
		if (c->p[i] == '\\' && i + 1 < c->end)
			i++;
		else if (c->p[i] == quote)
			return i;
		else if (c->p[i] == '\n')
			break;
	}
	note_barren(barren, c->at, i);
	return c->end;
}

/* What stands in three quotes. */
static int
read_triple(struct call *call, struct cursor *c, const char triple[4])
{
	struct gv_lex_barren *barren = &call->lex->triple[*triple == '"'];
	size_t from = c->at, at = skip_barren(barren, from), to;
	const char *stop =
	    at < c->end ? memmem(c->p + at, c->end - at, triple, 3) : NULL;

	if (stop == NULL) {
		/* the last two may begin one */
		if (c->end > from + 2)
			note_barren(barren, from, c->end - 2);
		c->at = c->end;
		return 0;
	}
	to = (size_t)(stop - c->p);
	c->at = to + 3;
	return gv_lex_give(call, from, to, GV_LEX_BLOCK);
}

int
gv_lex_read_quoted(struct call *call, struct cursor *c)
{
	bool yaml = call->lex->syntax == GV_SYNTAX_YAML;
	char quote = c->p[c->at], triple[4] = { quote, quote, quote, '\0' };
	struct gv_lex_barren *barren = &call->lex->strings[quote == '"' ? 0
		: quote == '\''                                         ? 1
									: 2];
	size_t from, to;
	int r;

	if (quote != '`' && takes(c, triple))
		return read_triple(call, c, triple);
	c->at++;
	from = c->at;
	to = end_of_string(c, quote, quote == '`' || yaml, barren);
	if (to >= c->end)
		return 0;
	call->pair->quote = quote;
	r = gv_lex_give(call, from, to, GV_LEX_QUOTED);
	call->pair->quote = '\0';
	c->at = to + 1;
	return r;
}

static bool
is_escaped_quote(const struct cursor *c, size_t at)
{
	return at + 1 < c->end && c->p[at] == '\\' && c->p[at + 1] == '"';
}

/* password=\"x\", \"password\": \"x\", of a string in quotes. Strings of JSON
 * are read as a whole. */
bool
gv_lex_reads_escaped(int *r, struct call *call, struct cursor *c)
{
	const char *stop;
	size_t at = c->at, to;

	if (call->lex->syntax == GV_SYNTAX_JSON)
		return false;
	at += is_escaped_quote(c, at) ? 2 : 0;
	while (at < c->end && gv_ascii_is_blank(c->p[at]))
		at++;
	if (at >= c->end || (c->p[at] != ':' && c->p[at] != '='))
		return false;
	for (at++; at < c->end && gv_ascii_is_blank(c->p[at]); at++)
		;
	if (!is_escaped_quote(c, at))
		return false;
	at += 2;
	stop = memchr(c->p + at, '"', c->end - at);
	to = stop ? (size_t)(stop - c->p) : at;
	if (to < at + 2 || c->p[to - 1] != '\\' ||
	    memchr(c->p + at, '\n', to - at))
		return false;
	call->pair->quote = '"';
	*r = gv_lex_give(call, at, to - 1, GV_LEX_QUOTED);
	call->pair->quote = '\0';
	c->at = to + 1;
	return true;
}

/* The lines of a YAML block scalar, all that are indented further than the
 * name. The cursor stands behind '|' or '>'. */
int
gv_lex_read_block(struct call *call, struct cursor *c)
{
	const char *nl = memchr(c->p + c->at, '\n', c->end - c->at);
	size_t indent = gv_lex_indent(call), from, to, here;

	if (nl == NULL)
		return 0;
	from = to = here = (size_t)(nl - c->p) + 1;
	while (here < c->end) {
		size_t in = indent_of(c, here);
		const char *end = memchr(c->p + here, '\n', c->end - here);
		bool is_empty =
		    here + in < c->end && gv_ascii_is_eol(c->p[here + in]);

		if (!is_empty && in <= indent)
			break;
		here = end ? (size_t)(end - c->p) + 1 : c->end;
		if (!is_empty)
			to = here;
	}
	from += indent_of(c, from);
	while (to > from && gv_ascii_is_eol(c->p[to - 1]))
		to--;
	c->at = here;
	return gv_lex_give(call, from, to, GV_LEX_BLOCK);
}

/* <<WORD, <<-WORD, <<~WORD and <<'WORD' up to a line that is the word. Where
 * many have none, we stop looking. */
int
gv_lex_read_heredoc(struct call *call, struct cursor *c)
{
	size_t word, n = 0, from, line;
	const char *nl;
	int r;

	if (peek(c) == '-' || peek(c) == '~')
		c->at++;
	if (peek(c) == '\'' || peek(c) == '"')
		c->at++;
	word = c->at;
	while (word + n < c->end && gv_ascii_is_name(c->p[word + n]))
		n++;
	nl = n ? memchr(c->p + word, '\n', c->end - word) : NULL;
	if (nl == NULL || call->lex->wasted > WASTE_MAX + 2 * word)
		return 0;
	from = line = (size_t)(nl - c->p) + 1;
	for (; line < c->end; line = (size_t)(nl - c->p) + 1) {
		size_t in = line + indent_of(c, line);

		if (c->end - in >= n && memcmp(c->p + in, c->p + word, n) == 0)
			break;
		nl = memchr(c->p + line, '\n', c->end - line);
		if (nl == NULL) {
			call->lex->wasted += c->end - from;
			return 0;
		}
	}
	r = gv_lex_give(
	    call, from, line > from ? line - 1 : from, GV_LEX_BLOCK);
	c->at = line + n;
	return r;
}
