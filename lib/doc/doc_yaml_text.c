#include "doc/doc_internal.h"

#include "base/utf8.h"

/*
 * What a scalar of YAML says, by the rules of libyaml, which is not shown the
 * letters of the text and so cannot say it itself.
 */

struct fold {
	char *out;
	size_t n;
	const char *p, *end;
};

static bool
is_break(const struct fold *f)
{
	return f->p < f->end && (*f->p == '\n' || *f->p == '\r');
}

static void
skip_break(struct fold *f)
{
	f->p += f->p[0] == '\r' && f->p + 1 < f->end && f->p[1] == '\n' ? 2 : 1;
}

static void
put_breaks(struct fold *f, size_t n)
{
	for (; n > 0; n--)
		f->out[f->n++] = '\n';
}

/* ---- texts of one or several lines --------------------------------------- */

/* Blanks and ends of lines between words: one end is a blank, each further one
 * a newline; `is_joined`: the first one was escaped. */
static void
fold_blanks(struct fold *f, bool is_joined)
{
	const char *from = f->p;
	size_t breaks = 0;

	while (f->p < f->end && (gv_doc_is_blank(*f->p) || is_break(f))) {
		if (is_break(f)) {
			breaks++;
			skip_break(f);
		} else {
			f->p++;
		}
	}
	if (is_joined) {
		put_breaks(f, breaks);
	} else if (breaks == 0) {
		memcpy(f->out + f->n, from, (size_t)(f->p - from));
		f->n += (size_t)(f->p - from);
	} else if (breaks == 1) {
		f->out[f->n++] = ' ';
	} else {
		put_breaks(f, breaks - 1);
	}
}

static uint32_t
escape_of(char c)
{
	switch (c) {
	case '0':
		return 0;
	case 'a':
		return '\a';
	case 'b':
		return '\b';
	case 't':
		return '\t';
	case 'n':
		return '\n';
	case 'v':
		return '\v';
	case 'f':
		return '\f';
	case 'r':
		return '\r';
	case 'e':
		return 0x1b;
	case 'N':
		return 0x85;
	case '_':
		return 0xa0;
	case 'L':
		return 0x2028;
	case 'P':
		return 0x2029;
	default:
		return (unsigned char)c;
	}
}

static void
put_escape(struct fold *f)
{
	const char c = f->p + 1 < f->end ? f->p[1] : '\0';
	const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
	size_t left, used = 0;
	uint32_t value;

	f->p += 1;
	if (f->p == f->end)
		return;
	if (is_break(f)) {
		skip_break(f);
		fold_blanks(f, true);
		return;
	}
	f->p++;
	left = (size_t)(f->end - f->p);
	if (digits) {
		value = gv_doc_hex(f->p, digits < left ? digits : left, &used);
		f->p += used;
		f->n += gv_utf8_put(f->out + f->n, value);
	} else if ((signed char)c < 0) {
		f->out[f->n++] = c;
	} else {
		f->n += gv_utf8_put(f->out + f->n, escape_of(c));
	}
}

static size_t
decode_flow(char *out, enum gv_doc_style style, const char *p, size_t len)
{
	struct fold f = { .out = out, .p = p, .end = p + len };

	if (style != GV_DOC_STYLE_PLAIN) {
		f.p += len > 0;
		f.end -= len > 1;
	}
	while (f.p < f.end) {
		if (gv_doc_is_blank(*f.p) || is_break(&f))
			fold_blanks(&f, false);
		else if (style == GV_DOC_STYLE_DOUBLE && *f.p == '\\')
			put_escape(&f);
		else {
			if (style == GV_DOC_STYLE_SINGLE && *f.p == '\'' &&
			    f.p + 1 < f.end)
				f.p++;
			f.out[f.n++] = *f.p++;
		}
	}
	return f.n;
}

/* ---- blocks -------------------------------------------------------------- */

struct block {
	struct fold f;
	bool is_folded, strips, keeps;
	size_t indent;
	bool has_break; /* behind the last line */
	size_t breaks;  /* empty lines behind that */
};

/* The column that a block is in whose indentation is a number: of its key, or
 * of the '-' that it is behind. */
static size_t
column_around(const struct gv_doc *doc, const char *p)
{
	const char *line = p, *at;
	size_t dash = 0;
	bool has_dash = false;

	while (line > doc->text && line[-1] != '\n')
		line--;
	for (at = line; at < p; at++) {
		if (*at == '-' && at + 1 < p && gv_doc_is_blank(at[1])) {
			dash = (size_t)(at - line);
			has_dash = true;
		} else if (!gv_doc_is_blank(*at)) {
			break;
		}
	}
	if (at == p || *at == '&' || *at == '!')
		return has_dash ? dash : 0;
	return *at == '-' ? 0 : (size_t)(at - line);
}

/* "|2-  # comment" */
static void
read_header(struct block *k, const struct gv_doc *doc)
{
	struct fold *f = &k->f;
	const char *begin = f->p;
	bool is_comment = false;

	k->is_folded = *f->p == '>';
	for (f->p++; f->p < f->end && !is_break(f); f->p++) {
		is_comment |= *f->p == '#';
		if (is_comment)
			continue;
		k->strips |= *f->p == '-';
		k->keeps |= *f->p == '+';
		if (gv_doc_is_digit(*f->p))
			k->indent =
			    (size_t)(*f->p - '0') + column_around(doc, begin);
	}
	if (is_break(f))
		skip_break(f);
}

/* The indentation of the first line that has something in it. */
static void
find_indent(struct block *k)
{
	struct fold f = k->f;
	size_t column;

	for (;;) {
		for (column = 0; f.p < f.end && *f.p == ' '; f.p++)
			column++;
		if (column > k->indent)
			k->indent = column;
		if (!is_break(&f))
			return;
		skip_break(&f);
	}
}

/* Go to where the text of the next line begins, over lines without any. Whether
 * there is one. */
static bool
begin_line(struct block *k)
{
	struct fold *f = &k->f;
	size_t column;

	for (;;) {
		for (column = 0;
		     column < k->indent && f->p < f->end && *f->p == ' ';
		     column++)
			f->p++;
		if (!is_break(f))
			return f->p < f->end && column == k->indent;
		k->breaks++;
		skip_break(f);
	}
}

static void
put_line(struct block *k, bool *was_indented)
{
	struct fold *f = &k->f;
	const bool is_indented = gv_doc_is_blank(*f->p);

	if (k->is_folded && k->has_break && !*was_indented && !is_indented) {
		if (k->breaks == 0)
			f->out[f->n++] = ' ';
	} else if (k->has_break) {
		f->out[f->n++] = '\n';
	}
	put_breaks(f, k->breaks);
	k->breaks = 0;
	*was_indented = is_indented;
	while (f->p < f->end && !is_break(f))
		f->out[f->n++] = *f->p++;
	k->has_break = is_break(f);
	if (k->has_break)
		skip_break(f);
}

static size_t
decode_block(char *out, const struct gv_doc *doc, const char *p, size_t len)
{
	struct block k = { .f = { .out = out, .p = p, .end = p + len } };
	bool was_indented = false;

	if (len == 0)
		return 0;
	read_header(&k, doc);
	if (k.indent == 0)
		find_indent(&k);
	while (begin_line(&k))
		put_line(&k, &was_indented);
	/* the line end behind the last line is no part of the node */
	if (k.f.n && !k.has_break && k.f.end < doc->text + doc->len)
		k.has_break = true;
	if (!k.strips && k.has_break)
		out[k.f.n++] = '\n';
	if (k.keeps)
		put_breaks(&k.f, k.breaks);
	return k.f.n;
}

size_t
gv_doc_decode_yaml(char *out, const struct gv_doc *doc, enum gv_doc_style style,
    const char *p, size_t len)
{
	if (style == GV_DOC_STYLE_FLOW) {
		memcpy(out, p, len);
		return len;
	}
	return style == GV_DOC_STYLE_LITERAL || style == GV_DOC_STYLE_FOLDED
	    ? decode_block(out, doc, p, len)
	    : decode_flow(out, style, p, len);
}

/* ---- types --------------------------------------------------------------- */

static bool
is_one_of(const char *p, size_t len, const char *const *words, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strlen(words[i]) == len && memcmp(p, words[i], len) == 0)
			return true;
	return false;
}

#define IS(p, len, ...)                                                        \
	is_one_of(p, len, (const char *const[]){ __VA_ARGS__ },                \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static enum gv_doc_type
type_of_word(const char *p, size_t len)
{
	if (len == 0 || IS(p, len, "~", "null", "Null", "NULL"))
		return GV_DOC_TYPE_NULL;
	if (IS(p, len, "true", "True", "TRUE", "false", "False", "FALSE"))
		return GV_DOC_TYPE_BOOL;
	if (IS(p, len, "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON",
		"off", "Off", "OFF", "y", "Y", "n", "N"))
		return GV_DOC_TYPE_WORD_BOOL;
	if (IS(p, len, ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "-.inf",
		"-.Inf", "-.INF", "+.inf", "+.Inf", "+.INF"))
		return GV_DOC_TYPE_FLOAT;
	return GV_DOC_TYPE_TEXT;
}

static bool
are_digits(const char *p, size_t len, const char *of)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr(of, p[i]) == NULL)
			return false;
	return len > 0;
}

/* The number 12, 0x1f, 0o17, -1.5e3 by YAML's core schema. */
static enum gv_doc_type
type_of_number(const char *p, size_t len)
{
	size_t i = 0, digits = 0;
	bool is_float = false;

	if (len > 2 && p[0] == '0' && p[1] == 'x')
		return are_digits(p + 2, len - 2, "0123456789abcdefABCDEF")
		    ? GV_DOC_TYPE_INT
		    : GV_DOC_TYPE_TEXT;
	if (len > 2 && p[0] == '0' && p[1] == 'o')
		return are_digits(p + 2, len - 2, "01234567")
		    ? GV_DOC_TYPE_INT
		    : GV_DOC_TYPE_TEXT;
	i += p[0] == '-' || p[0] == '+';
	for (; i < len && gv_doc_is_digit(p[i]); i++)
		digits++;
	if (i < len && p[i] == '.') {
		is_float = true;
		for (i++; i < len && gv_doc_is_digit(p[i]); i++)
			digits++;
	}
	if (digits && i < len && (p[i] == 'e' || p[i] == 'E')) {
		is_float = true;
		i++;
		i += i < len && (p[i] == '-' || p[i] == '+');
		if (i == len)
			return GV_DOC_TYPE_TEXT;
		while (i < len && gv_doc_is_digit(p[i]))
			i++;
	}
	if (digits == 0 || i < len)
		return GV_DOC_TYPE_TEXT;
	return is_float ? GV_DOC_TYPE_FLOAT : GV_DOC_TYPE_INT;
}

enum gv_doc_type
gv_doc_type_of_yaml(const char *p, size_t len)
{
	if (len == 0)
		return GV_DOC_TYPE_NULL;
	if (gv_doc_is_digit(*p) || *p == '-' || *p == '+' || *p == '.') {
		enum gv_doc_type type = type_of_number(p, len);

		if (type != GV_DOC_TYPE_TEXT || gv_doc_is_digit(*p))
			return type;
	}
	/* the longest of these words */
	return len > strlen("false") ? GV_DOC_TYPE_TEXT : type_of_word(p, len);
}
