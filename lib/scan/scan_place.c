#include "scan/scan_internal.h"

#include <string.h>

#include "lex/ascii.h"
#include "lex/seek.h"

/*
 * Tells where a pair is: in a setting, a program, a comment, or among the words
 * of a text.
 */

#define LINE_MAX    256 /* bytes from the beginning of a line */
#define EXAMPLE_MAX 24  /* from "Example:" to a name */
#define ABOVE_MAX   6   /* lines of a comment in which that is said */

/* Whether a comment begins in front of it, on its line. */
static bool
is_commented(const char *text, size_t at)
{
	while (at > 0 && !gv_ascii_is_eol(text[at - 1]) &&
	    !gv_ascii_is_alnum(text[at - 1]))
		at--;
	while (gv_ascii_is_blank(text[at]))
		at++;
	return text[at] == '#' || (text[at] == '/' && text[at + 1] == '/');
}

static size_t
line_start(const char *text, size_t low, size_t at)
{
	return gv_seek_back(text, low, at, '\n', '\r');
}

/* Whether a line that begins there, as far as it is looked at, is a comment. */
static bool
begins_comment(const char *text, size_t from, size_t at)
{
	while (from < at && gv_ascii_is_blank(text[from]))
		from++;
	return text[from] == '#' ||
	    (text[from] == '/' && text[from + 1] == '/');
}

/* Whether the line begins as a comment, and where it begins. Several ask the
 * same of names and values, in about the order of the text: what lies between
 * the last who asked and this one is all that is looked at. */
static bool
is_comment_line(struct gv_scan_run *run, size_t at, size_t *from)
{
	const char *text = run->lex.text;
	const size_t low = at > LINE_MAX ? at - LINE_MAX : 0;
	struct gv_scan_line *line = &run->line;

	if (at >= line->to && at - line->to < LINE_MAX) {
		*from = line_start(text, line->to, at);
		if (*from > line->to)
			*line = (struct gv_scan_line){ *from, at, true };
		line->to = at;
	}
	if (at < line->from || at > line->to ||
	    (line->from > low && !line->is_known)) {
		*from = line_start(text, low, at);
		*line = (struct gv_scan_line){ *from, at, *from > low };
	}
	*from = line->from > low ? line->from : low;
	return begins_comment(text, *from, at);
}

bool
gv_scan_is_commented_out(struct gv_scan_run *run, size_t at)
{
	size_t from;

	return is_comment_line(run, at, &from);
}

/* # db: host=x,password=y: a comment that goes on. */
static bool
is_in_comment(struct gv_scan_run *run, size_t at)
{
	const char *text = run->lex.text;
	size_t from;

	if (!is_comment_line(run, at, &from))
		return false;
	while (gv_ascii_is_blank(text[from]))
		from++;
	/* #define of C */
	return text[from] == '/' || !gv_ascii_is_alnum(text[from + 1]);
}

/* Whether the text up to `at` ends with the word. */
static bool
ends_with(const char *text, size_t at, const char *word)
{
	const size_t n = strlen(word);

	return at >= n && memcmp(text + at - n, word, n) == 0;
}

/* Whether a blank may stand behind a colon or a dot in the 32 bytes that end at
 * `at`: mostly none does. */
static bool
may_be_called(const char *text, size_t at)
{
#if defined(__SSE2__)
	const __m128i blank = _mm_set1_epi8(' '), colon = _mm_set1_epi8(':'),
		      dot = _mm_set1_epi8('.');
	size_t i;

	if (at <= 32)
		return true;
	for (i = 0; i < 2; i++, at -= 16) {
		const __m128i v = gv_seek_load(text + at - 15);
		const __m128i before = gv_seek_load(text + at - 16);

		if (_mm_movemask_epi8(_mm_and_si128(_mm_cmpeq_epi8(v, blank),
			_mm_or_si128(_mm_cmpeq_epi8(before, colon),
			    _mm_cmpeq_epi8(before, dot)))))
			return true;
	}
	return false;
#else
	(void)text;
	(void)at;
	return true;
#endif
}

/* Example: <password>x</password>, e.g. password=x: so says the line. memmem()
 * would take a hundred times as long for so short a text. */
static bool
is_called_example(const char *text, size_t at)
{
	const size_t low = at > EXAMPLE_MAX ? at - EXAMPLE_MAX : 0;

	if (!may_be_called(text, at))
		return false;
	for (; at > low && text[at - 1] != '\n'; at--)
		if (text[at] == ' ' &&
		    ((text[at - 1] == ':' &&
			 (ends_with(text, at, "xample:") ||
			     ends_with(text, at, " eg:"))) ||
			(text[at - 1] == '.' && ends_with(text, at, "e.g."))))
			return true;
	return false;
}

/* Whether a line has the word, or e.g.: one look at each byte. */
static bool
says_example(const char *p, size_t len)
{
	size_t i;

	for (i = 0; (i = gv_seek_any(p, i, len, 'x', '.', 'x')) < len; i++) {
		if (p[i] == 'x' && len - i >= 6 &&
		    memcmp(p + i, "xample", 6) == 0)
			return true;
		if (p[i] == '.' && i > 0 && len - i >= 3 &&
		    memcmp(p + i - 1, "e.g.", 4) == 0)
			return true;
	}
	return false;
}

/* Whether the comment in the lines above says that an example follows. Those
 * that were looked at for the line above are not looked at again. */
static bool
is_example_below(struct gv_scan_run *run, size_t at)
{
	const char *text = run->lex.text;
	const struct gv_scan_silent known = run->silent;
	size_t line, to, from, low, lines = 0;

	(void)is_comment_line(run, at, &line);
	for (to = line; lines < ABOVE_MAX && to > 0; to = from) {
		if (known.lines && to == known.to) {
			from = known.from;
			lines += known.lines;
			continue;
		}
		low = to > LINE_MAX ? to - 1 - LINE_MAX : 0;
		from = line_start(text, low, to - 1);
		if (!begins_comment(text, from, to - 1))
			break;
		if (says_example(text + from, to - from))
			return true;
		lines++;
	}
	run->silent = (struct gv_scan_silent){ to, line, lines };
	return false;
}

bool
gv_scan_is_in_example(struct gv_scan_run *run, size_t at)
{
	const char *text = run->lex.text;
	size_t from;

	if (!is_comment_line(run, at, &from))
		return false;
	while (gv_ascii_is_blank(text[from]))
		from++;
	/* //host/:token of npm is no comment */
	while (text[from] == '#' || text[from] == '/')
		from++;
	return gv_ascii_is_blank(text[from]) && is_example_below(run, at);
}

bool
gv_scan_is_remark(struct gv_scan_run *run, size_t at)
{
	const char *text = run->lex.text;
	size_t from;

	gv_scan_look_at_path(run);
	if (run->is_prose || is_comment_line(run, at, &from))
		return true;
	/* memmem() would take a hundred times as long for so short a text */
	for (; (from = gv_seek(text, from, at, 'e')) < at; from++)
		if (at - from >= 4 && memcmp(text + from, "e.g.", 4) == 0)
			return true;
	return false;
}

/* Whether `signs` has it, which is no zero byte: most bytes are no sign. */
static inline bool
is_one_of(char ch, const char *signs)
{
	return !gv_ascii_is_alnum(ch) && ch && strchr(signs, ch);
}

/* Whether name and value are all of a line, but for what marks a list, a prompt
 * or a quotation. */
static bool
is_line(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	const char *text = lex->text;
	size_t from = pair->name, to = pair->value + pair->value_len;

	while (from > 0 && is_one_of(text[from - 1], "\"'`-*>${ \t|"))
		from--;
	if (from >= 6 && memcmp(text + from - 6, "export", 6) == 0)
		from -= 6;
	while (from > 0 && gv_ascii_is_blank(text[from - 1]))
		from--;
	if (from > 0 && !gv_ascii_is_eol(text[from - 1]))
		return false;
	while (to < lex->len && is_one_of(text[to], "\"'`,; \t|\\"))
		to++;
	return to == lex->len || gv_ascii_is_eol(text[to]);
}

/* wifi password = x, root's password: x: a word or two say whose it is, and all
 * that follows is its value. */
static bool
is_labelled(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	const char *text = lex->text;
	size_t from = pair->name, to = pair->value + pair->value_len, words = 0;

	if (memchr(text + pair->value, ' ', pair->value_len))
		return false;
	while (to < lex->len && gv_ascii_is_blank(text[to]))
		to++;
	if (to < lex->len && !gv_ascii_is_eol(text[to]))
		return false;
	while (from > 0 && words < 3 && !gv_ascii_is_eol(text[from - 1])) {
		size_t end = from;

		while (from > 0 && gv_ascii_is_blank(text[from - 1]))
			from--;
		if (from == end && words > 0)
			return false;
		end = from;
		/* and (, of an element: set env(PASSWORD) x */
		while (from > 0 &&
		    (gv_ascii_is_name(text[from - 1]) ||
			text[from - 1] == '\'' || text[from - 1] == '('))
			from--;
		words += from < end;
		if (from == end)
			break;
	}
	return words < 3 && (from == 0 || gv_ascii_is_eol(text[from - 1]));
}

/* user=x password=y: no blank around the sign, as nobody writes a sentence. */
static bool
is_tight(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	size_t end = pair->name + pair->name_len;

	return pair->mark == GV_LEX_PLAIN && pair->value == end + 1 &&
	    lex->text[end] == '=' && pair->name > 0 &&
	    memchr(" \t&?,", lex->text[pair->name - 1], 5);
}

/* "access_token": "x", password => 'x': of a message or a program that a text
 * shows. */
static bool
is_shown(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	const char *text = lex->text;
	size_t at = pair->name + pair->name_len;

	if (pair->mark != GV_LEX_QUOTED)
		return false;
	return text[at] == '"' ||
	    (pair->value > at && memmem(text + at, pair->value - at, "=>", 2));
}

/* -H "X-Token: x", --header "X-Token: x". */
static bool
is_header(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	size_t at = pair->name;
	const char *p = lex->text;

	if (at == 0 || (p[at - 1] != '"' && p[at - 1] != '\''))
		return false;
	for (at--; at > 0 && (gv_ascii_is_blank(p[at - 1]) || p[at - 1] == '=');
	     at--)
		;
	return (at > 2 && memcmp(p + at - 2, "-H", 2) == 0) ||
	    (at > 8 && memcmp(p + at - 8, "--header", 8) == 0);
}

/* PASS: as expected. What a script prints; it assigns with no colon. */
static bool
is_printed(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	return !is_header(lex, pair) && lex->syntax == GV_SYNTAX_SHELL &&
	    pair->mark == GV_LEX_PLAIN &&
	    lex->text[pair->name + pair->name_len] == ':' &&
	    !is_line(lex, pair);
}

/* Whether it is a program that was compiled, or the like. */
static bool
is_binary(struct gv_scan_run *run)
{
	if (run->is_binary < 0)
		run->is_binary = run->lex.syntax == GV_SYNTAX_TEXT &&
		    memchr(run->lex.text, '\0', run->lex.len) != NULL;
	return run->is_binary;
}

/* Unseal Key: x, a label that is no password's. */
static bool
is_label_of_key(const struct gv_scan_run *run, const struct gv_lex_pair *pair)
{
	return run->name->promise < GV_NAME_PASSWORD &&
	    memchr(run->lex.text + pair->name, ' ', pair->name_len);
}

/* --- what a name is a part of --- */

/* Where the name begins that ends at `at`, past blanks, quotes and what joins
 * it to a map. */
static size_t
back_to_name(const char *text, size_t low, size_t *end)
{
	size_t at = *end;

	while (at > low && is_one_of(text[at - 1], " \t:=>\"'[("))
		at--;
	*end = at;
	while (at > low && gv_ascii_is_name(text[at - 1]))
		at--;
	return at;
}

/* The brace, or of PHP the bracket, that is open around `at`, or `low`. */
static size_t
back_to_brace(const char *text, size_t low, size_t at)
{
	size_t depth = 0;

	for (; at > low; at--) {
		if (text[at - 1] == '}' || text[at - 1] == ']')
			depth++;
		else if ((text[at - 1] == '{' || text[at - 1] == '[') &&
		    depth-- == 0)
			return at - 1;
	}
	return low;
}

/* The end of the name in the nearest line above that is indented less. */
static size_t
back_to_parent(const char *text, size_t low, size_t at)
{
	size_t from, own, in;

	for (from = at; from > low && text[from - 1] != '\n'; from--)
		;
	for (own = from; gv_ascii_is_blank(text[own]) || text[own] == '-';)
		own++;
	own -= from;
	while (own > 0 && from > low) {
		at = from - 1;
		for (from = at; from > low && text[from - 1] != '\n'; from--)
			;
		/* "- name: x" is beside what it begins */
		for (in = 0; from + in < at &&
		     (text[from + in] == ' ' || text[from + in] == '-');
		     in++)
			;
		if (in < own && from + in < at && text[from + in] != '#')
			return at;
	}
	return low;
}

/* The head of the section in settings, between its brackets. */
static size_t
back_to_section(const char *text, size_t low, size_t at)
{
	for (; at > low + 1; at--)
		if (text[at - 1] == '[' && text[at - 2] == '\n')
			break;
	if (at == low + 1 && text[low] != '[')
		return low;
	while (gv_ascii_is_name(text[at]))
		at++;
	return at;
}

bool
gv_scan_is_key_of_service(
    const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	static const char *const words[] = { "admin", "aead", "api", "auth",
		"cookie", "credential", "crypt", "encryption", "hmac", "jwt",
		"kms", "license", "secret", "session", "signing", "token",
		"webhook" };
	const char *text = lex->text;
	size_t low = pair->name > LINE_MAX ? pair->name - LINE_MAX : 0, from, i;
	size_t end = low;

	if (lex->syntax == GV_SYNTAX_INI || lex->syntax == GV_SYNTAX_TOML)
		end = back_to_section(text, low, pair->name);
	else if (lex->syntax != GV_SYNTAX_SHELL && lex->syntax != GV_SYNTAX_ENV)
		end = back_to_brace(text, low, pair->name);
	if (end == low && lex->syntax == GV_SYNTAX_YAML)
		end = back_to_parent(text, low, pair->name);
	if (end == low)
		return false;
	from = back_to_name(text, low, &end);
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (gv_name_has(text + from, end - from, words[i]))
			return true;
	return false;
}

/* # it takes the -storepass when -keypass is not given: a flag that a comment
 * tells of, among words. */
static bool
is_told_of(const struct gv_lex *lex, const struct gv_lex_pair *pair)
{
	size_t i = pair->value, end = i + pair->value_len;

	if (!pair->is_flag || pair->mark != GV_LEX_PLAIN)
		return false;
	for (; i < end; i++)
		if (!gv_ascii_is_lower(lex->text[i]))
			return false;
	return end + 1 < lex->len && lex->text[end] == ' ' &&
	    (gv_ascii_is_lower(lex->text[end + 1]) ||
		lex->text[end + 1] == '-');
}

enum gv_score_place
gv_scan_place(struct gv_scan_run *run, const struct gv_lex_pair *pair)
{
	const struct gv_lex *lex = &run->lex;

	gv_scan_look_at_path(run);
	if (run->is_translation)
		return GV_SCORE_TRANSLATION;
	if (pair->is_cell)
		return GV_SCORE_LINE;
	if (run->is_prose ||
	    (lex->syntax == GV_SYNTAX_TEXT && pair->mark == GV_LEX_PLAIN)) {
		if (is_shown(lex, pair) || is_binary(run))
			return GV_SCORE_SENTENCE;
		if (is_line(lex, pair) &&
		    !(run->is_prose && is_label_of_key(run, pair)))
			return run->is_prose || gv_syntax_is_note(run->path)
			    ? GV_SCORE_LINE
			    : GV_SCORE_SETTING;
		/* what programs print in a document has labels, too */
		return (is_labelled(lex, pair) &&
			   (!run->is_prose ||
			       run->name->promise >= GV_NAME_PASSWORD)) ||
			(!run->is_prose &&
			    (pair->is_flag || is_tight(lex, pair)))
		    ? GV_SCORE_LINE
		    : GV_SCORE_SENTENCE;
	}
	if (is_printed(lex, pair) || is_called_example(lex->text, pair->name))
		return GV_SCORE_SENTENCE;
	if (is_commented(lex->text, pair->name) ||
	    is_in_comment(run, pair->name))
		return is_told_of(lex, pair) ||
			is_example_below(run, pair->name)
		    ? GV_SCORE_SENTENCE
		    : GV_SCORE_COMMENT;
	if (pair->is_compared)
		return GV_SCORE_COMPARISON;
	return (lex->syntax == GV_SYNTAX_CODE && !run->is_settings) ||
		is_binary(run)
	    ? GV_SCORE_CODE
	    : GV_SCORE_SETTING;
}
