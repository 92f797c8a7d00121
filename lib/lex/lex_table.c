#include "lex/lex_internal.h"

#include <string.h>
#include <strings.h>

/*
 * Tables, whose names are in their first row: CSV, and Markdown's.
 */

#define ROW_MAX     512 /* longest row of a table before a value */
#define ROWS_MAX    65536
#define COLUMNS_MAX 8

/* Give the cell of one column of the row that begins at `at`. */
static int
read_cell(struct call *call, size_t at, size_t column, char sign)
{
	const char *p = call->lex->text;
	size_t len = call->lex->len, from = at, end;
	bool is_quoted = false;

	if (len - at > ROW_MAX)
		len = at + ROW_MAX;
	for (end = at; end < len && !gv_ascii_is_eol(p[end]); end++) {
		if (p[end] == '"')
			is_quoted = !is_quoted;
		if (is_quoted || p[end] != sign)
			continue;
		if (column-- == 0)
			break;
		from = end + 1;
	}
	if (column != (size_t)-1 && column > 0)
		return 0;
	if (end - from > 1 && p[from] == '"' && p[end - 1] == '"')
		from++, end--;
	return gv_lex_give(call, from, end, GV_LEX_QUOTED);
}

/* Whether the table has two columns, and one is of digests: passwords of
 * nobody, as they are guessed. */
static bool
is_dictionary(const struct gv_lex *lex)
{
	static const char *const words[] = { "hash", "digest", "md5", "sha1",
		"sha256", NULL };
	size_t len = lex->len < ROW_MAX ? lex->len : ROW_MAX, at, i;
	const char *eol = memchr(lex->text, '\n', len), *comma;

	if (eol == NULL)
		return false;
	len = (size_t)(eol - lex->text);
	len -= len && lex->text[len - 1] == '\r';
	comma = memchr(lex->text, ',', len);
	if (comma == NULL || memchr(comma + 1, ',', (size_t)(eol - comma - 1)))
		return false;
	at = (size_t)(comma - lex->text);
	for (i = 0; words[i]; i++)
		if ((strlen(words[i]) == at &&
			strncasecmp(lex->text, words[i], at) == 0) ||
		    (strlen(words[i]) == len - at - 1 &&
			strncasecmp(comma + 1, words[i], len - at - 1) == 0))
			return true;
	return false;
}

/* What all rows of a table have in the column of a name in its first row. The
 * rows are read once for each of a few columns. */
int
gv_lex_read_column(struct call *call)
{
	struct gv_lex *lex = call->lex;
	const char *p = lex->text, *nl;
	size_t i, column = 0, rows;
	char sign = ',';
	int r = 0;

	if (call->pair->name > ROW_MAX || lex->columns == COLUMNS_MAX ||
	    memchr(p, '\n', call->pair->name) || is_dictionary(lex))
		return 0;
	lex->columns++;
	for (i = 0; i < lex->len && i < ROW_MAX && p[i] != '\n'; i++)
		if (p[i] == ';' || p[i] == '\t')
			sign = p[i];
	for (i = 0; i < call->pair->name; i++)
		column += p[i] == sign;
	for (rows = 0; r == 0 && rows < ROWS_MAX; rows++) {
		nl = memchr(p + i, '\n', lex->len - i);
		if (nl == NULL)
			break;
		i = (size_t)(nl - p) + 1;
		r = read_cell(call, i, column, sign);
	}
	return r;
}

/* --- tables of Markdown --- */

static size_t
line_begin(const char *p, size_t at)
{
	const size_t low = at > ROW_MAX ? at - ROW_MAX : 0;

	while (at > low && !gv_ascii_is_eol(p[at - 1]))
		at--;
	return at;
}

/* Where the next line begins, or the end of the text. */
static size_t
next_line(const struct gv_lex *lex, size_t at)
{
	const char *nl = memchr(lex->text + at, '\n', lex->len - at);

	return nl ? (size_t)(nl - lex->text) + 1 : lex->len;
}

/* |---|:---:|, of which at least one dash is needed. */
static bool
is_rule(const struct gv_lex *lex, size_t at)
{
	size_t dashes = 0, from = at;

	for (; at < lex->len && at - from < ROW_MAX &&
	     !gv_ascii_is_eol(lex->text[at]);
	     at++) {
		if (!memchr("|-: \t", lex->text[at], 5))
			return false;
		dashes += lex->text[at] == '-';
	}
	return dashes > 2;
}

/* Give the cell of one column of a row, without blanks and the marks of code.
 */
static int
read_markdown_cell(struct call *call, size_t at, size_t column)
{
	const char *p = call->lex->text;
	size_t from = at, end = at;

	for (; end < call->lex->len && end - at < ROW_MAX &&
	     !gv_ascii_is_eol(p[end]);
	     end++) {
		if (p[end] != '|' || (end > at && p[end - 1] == '\\'))
			continue;
		if (column-- == 0)
			break;
		from = end + 1;
	}
	if (column != (size_t)-1)
		return 0;
	while (from < end && memchr(" \t`*", p[from], 4))
		from++;
	while (end > from && memchr(" \t`*", p[end - 1], 4))
		end--;
	call->pair->is_cell = true;
	return gv_lex_give(call, from, end, GV_LEX_QUOTED);
}

/* Whether the cursor is behind a name in the first row of a table; then its
 * rows have been read. Of one table a few columns are. */
bool
gv_lex_reads_markdown(int *r, struct call *call, const struct cursor *c)
{
	struct gv_lex *lex = call->lex;
	const char *p = lex->text;
	size_t from, at = c->at, column = 0, rows, end;
	const char *eol;

	if (lex->syntax != GV_SYNTAX_TEXT)
		return false;
	while (at < lex->len &&
	    (gv_ascii_is_blank(p[at]) || p[at] == '`' || p[at] == '*'))
		at++;
	if (at == lex->len || p[at] != '|')
		return false;
	from = line_begin(p, call->pair->name);
	if (from > 0 && !gv_ascii_is_eol(p[from - 1]))
		return false;
	while (from < at && gv_ascii_is_blank(p[from]))
		from++;
	/* the end of a long line is not looked for from each of its cells */
	end = lex->len - at > ROW_MAX ? at + ROW_MAX : lex->len;
	eol = memchr(p + at, '\n', end - at);
	if (p[from] != '|' || eol == NULL)
		return false;
	at = (size_t)(eol - p) + 1;
	if (!is_rule(lex, at))
		return false;
	if (lex->table != from + 1) {
		/* a row of a table that was read begins no other one */
		if (from < lex->table_end)
			return false;
		lex->columns = 0;
	}
	lex->table = from + 1;
	*r = 0;
	if (lex->columns++ >= COLUMNS_MAX)
		return true;
	for (; from < call->pair->name; from++)
		column += p[from] == '|';
	for (rows = 0; *r == 0 && rows < ROWS_MAX; rows++) {
		at = next_line(lex, at);
		for (from = at; from < lex->len && gv_ascii_is_blank(p[from]);
		     from++)
			;
		if (from == lex->len || p[from] != '|')
			break;
		*r = read_markdown_cell(call, from, column);
	}
	lex->table_end = at;
	return true;
}
