#include "symbol/symbol_shell.h"

#include <string.h>

/* A text in quotes that is not closed is no text: the quote is a plain sign.
 * That there is no further one is kept, so that it is looked for once. */

void
gv_symbol_shell_init(struct gv_symbol_shell *s, const char *text, size_t len,
    uint32_t line, bool is_make)
{
	memset(s, 0, sizeof(*s));
	s->text = text;
	s->len = len;
	s->line = line;
	s->is_make = is_make;
	s->words = (struct gv_buf)GV_BUF_INIT;
	s->heredoc = (struct gv_buf)GV_BUF_INIT;
}

void
gv_symbol_shell_release(struct gv_symbol_shell *s)
{
	gv_buf_release(&s->words);
	gv_buf_release(&s->heredoc);
}

const char *
gv_symbol_shell_word(const struct gv_symbol_shell *s, size_t i)
{
	return i < s->n ? s->words.p + s->word[i].at : "";
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
add(struct gv_symbol_shell *s, char c)
{
	if (s->n < GV_SYMBOL_SHELL_WORDS && c != '\0')
		gv_buf_addch(&s->words, c);
}

static size_t
line_end(const struct gv_symbol_shell *s, size_t at)
{
	const char *end = memchr(s->text + at, '\n', s->len - at);

	return end ? (size_t)(end - s->text) : s->len;
}

/* ---- the parts of a word ------------------------------------------------- */

/* Where a text in quotes ends that begins at s->at, or s->at. */
static size_t
quoted_end(struct gv_symbol_shell *s)
{
	const char quote = s->text[s->at];
	const size_t end = s->is_make ? line_end(s, s->at) : s->len;
	bool *none = quote == '"' ? &s->no_double : &s->no_single;
	size_t i;

	if (*none)
		return s->at;
	for (i = s->at + 1; i < end; i++) {
		if (s->text[i] == quote)
			return i;
		if (s->text[i] == '\\' && quote == '"')
			i++;
	}
	*none = !s->is_make;
	return s->at;
}

static void
read_quoted(struct gv_symbol_shell *s, size_t end)
{
	const char quote = s->text[s->at];

	for (s->at++; s->at < end; s->at++) {
		s->line += s->text[s->at] == '\n';
		if (s->text[s->at] == '\\' && quote == '"' && s->at + 1 < end &&
		    strchr("\"\\\n", s->text[s->at + 1]))
			s->at++;
		add(s, s->text[s->at] == '\n' ? ' ' : s->text[s->at]);
	}
	s->at++;
}

/* $( … ), ${ … }, ` … `: to its end, at most to that of the line where it does
 * not close within a few. */
static void
read_nested(struct gv_symbol_shell *s)
{
	const char open = s->text[s->at];
	const char close = open == '(' ? ')' : open == '{' ? '}' : open;
	size_t depth = 0;

	for (; s->at < s->len; s->at++) {
		const char c = s->text[s->at];

		s->line += c == '\n';
		add(s, c == '\n' ? ' ' : c);
		if (c == open && (open != '`' || depth == 0))
			depth++;
		else if (c == close && --depth == 0)
			break;
	}
	s->at += s->at < s->len;
}

static void
read_word(struct gv_symbol_shell *s)
{
	while (s->at < s->len) {
		const char c = s->text[s->at];
		size_t end;

		if (is_blank(c) || strchr("\n;&|()<>", c))
			return;
		if (c == '\\' && s->at + 1 < s->len) {
			if (s->text[s->at + 1] == '\n')
				return;
			add(s, s->text[s->at + 1]);
			s->at += 2;
		} else if ((c == '"' || c == '\'') &&
		    (end = quoted_end(s)) != s->at) {
			read_quoted(s, end);
		} else if (c == '$' && s->at + 1 < s->len &&
		    (s->text[s->at + 1] == '(' || s->text[s->at + 1] == '{')) {
			add(s, '$');
			s->at++;
			read_nested(s);
		} else if (c == '`') {
			read_nested(s);
		} else {
			add(s, c);
			s->at++;
		}
	}
}

/* ---- signs --------------------------------------------------------------- */

static void
take_word(struct gv_symbol_shell *s, char redirect)
{
	const size_t at = s->words.len, from = s->at;
	const uint32_t line = s->line;

	read_word(s);
	if (s->at == from) /* a sign alone, which is no word */
		return;
	if (s->n == GV_SYMBOL_SHELL_WORDS)
		return;
	gv_buf_addch(&s->words, '\0');
	s->word[s->n++] = (struct gv_symbol_shell_word){ at, line, redirect };
}

/* <<WORD, <<-'WORD' */
static void
take_heredoc(struct gv_symbol_shell *s)
{
	s->at += s->at < s->len && s->text[s->at] == '-';
	while (s->at < s->len && is_blank(s->text[s->at]))
		s->at++;
	gv_buf_reset(&s->heredoc);
	for (; s->at < s->len; s->at++) {
		const char c = s->text[s->at];

		if (is_blank(c) || strchr("\n;&|()<>", c))
			break;
		if (c != '"' && c != '\'' && c != '\\')
			gv_buf_addch(&s->heredoc, c);
	}
}

/* Over the lines of a heredoc; s->at is behind the line that has named it. */
static void
skip_heredoc(struct gv_symbol_shell *s)
{
	while (s->heredoc.len && s->at < s->len) {
		const size_t end = line_end(s, s->at);
		size_t from = s->at, to = end;

		while (from < to && is_blank(s->text[from]))
			from++;
		while (to > from && is_blank(s->text[to - 1]))
			to--;
		if (to - from == s->heredoc.len &&
		    memcmp(s->text + from, s->heredoc.p, to - from) == 0)
			gv_buf_reset(&s->heredoc);
		s->at = end + (end < s->len);
		s->line += end < s->len;
	}
	gv_buf_reset(&s->heredoc);
}

/* < file, > file, >> file, 2> file, >&2, <<EOF, <<<text */
static void
take_redirect(struct gv_symbol_shell *s)
{
	const char c = s->text[s->at];
	size_t n = 0;

	while (s->at < s->len && s->text[s->at] == c) {
		s->at++;
		n++;
	}
	if (c == '<' && n == 2) {
		take_heredoc(s);
		return;
	}
	if (s->at < s->len && (s->text[s->at] == '&' || s->text[s->at] == '('))
		s->at++;
	while (s->at < s->len && is_blank(s->text[s->at]))
		s->at++;
	take_word(s, n == 3 ? '\0' : c);
}

static void
end_line(struct gv_symbol_shell *s)
{
	s->at++;
	s->line++;
	skip_heredoc(s);
	s->after = GV_SYMBOL_SHELL_LINE;
}

/* Whether the command ends at this sign, which is taken. */
static bool
take_sign(struct gv_symbol_shell *s)
{
	const char c = s->text[s->at];

	if (c == '<' || c == '>') {
		take_redirect(s);
		return false;
	}
	if (c == '\n') {
		end_line(s);
		return true;
	}
	s->after = c == '(' ? GV_SYMBOL_SHELL_OPEN
	    : c == ')'      ? GV_SYMBOL_SHELL_CLOSE
			    : GV_SYMBOL_SHELL_THEN;
	s->at++;
	return true;
}

bool
gv_symbol_shell_next(struct gv_symbol_shell *s)
{
	s->n = 0;
	gv_buf_reset(&s->words);
	s->before = s->after;
	if (s->at >= s->len)
		return false;
	while (s->at < s->len) {
		const char c = s->text[s->at];

		if (is_blank(c)) {
			s->at++;
		} else if (c == '\\' && s->at + 1 < s->len &&
		    s->text[s->at + 1] == '\n') {
			s->at += 2;
			s->line++;
		} else if (c == '#') {
			s->at = line_end(s, s->at);
		} else if (strchr("\n;&|()<>", c)) {
			if (take_sign(s))
				return true;
		} else {
			take_word(s, '\0');
		}
	}
	s->after = GV_SYMBOL_SHELL_LINE;
	return true;
}
