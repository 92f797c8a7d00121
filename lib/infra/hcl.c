#include "infra/hcl.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"
#include "infra/hcl_internal.h"

/*
 * Two readers in one. Bodies are a line each: an argument, whose expression
 * ends with its line, or a block, which begins a body within this one. In an
 * expression lines end nothing while something is open, so what is open is kept
 * on a stack: brackets and the templates in texts, where the language is that
 * of expressions, and texts themselves, where only '"', the word of a heredoc
 * and "${" mean anything.
 */

#define BOM "\xef\xbb\xbf"

enum within {
	IN_ROUND,    /* ( */
	IN_SQUARE,   /* [ */
	IN_CURLY,    /* { of an object */
	IN_TEMPLATE, /* ${ or %{, in a text */
	IN_TEXT,     /* " */
	IN_HEREDOC,
};

struct frame {
	enum within kind;
	const char *at;         /* where it begins */
	struct gv_hcl_span end; /* of a heredoc: the word that ends it */
};

struct reader {
	const char *begin, *end, *at;
	const char *line_at; /* a place, and which line that is */
	size_t line;
	gv_hcl_fn *fn;        /* NULL: nobody asks for blocks, */
	gv_hcl_step_fn *step; /* or for all there is */
	void *ctx;
	struct frame open[GV_HCL_MAX_DEPTH];
	size_t n_open;
	size_t depth; /* of bodies */
};

static const struct gv_hcl_span nothing = { NULL, 0 };

static int
refuse(const struct reader *r, const char *at, const char *what)
{
	size_t line = 1, column = 1;
	const char *p;

	for (p = r->begin; p < at; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else {
			column += ((unsigned char)*p & 0xc0) != 0x80;
		}
	}
	return gv_err(
	    GV_EREFUSED, "line %zu, column %zu: %s", line, column, what);
}

/* Places are asked for in order. */
static size_t
line_of(struct reader *r, const char *at)
{
	for (; r->line_at < at; r->line_at++)
		r->line += *r->line_at == '\n';
	return r->line;
}

static int
tell(const struct reader *r, enum gv_hcl_step step, struct gv_hcl_span name,
    struct gv_hcl_span value)
{
	return r->step ? r->step(r->ctx, step, name, value) : 0;
}

/* ---- words, blanks, comments --------------------------------------------- */

static bool
is_next(const struct reader *r, const char *text)
{
	size_t n = strlen(text);

	return (size_t)(r->end - r->at) >= n && memcmp(r->at, text, n) == 0;
}

/* The word that stands here; empty where there is none. */
static struct gv_hcl_span
take_word(struct reader *r)
{
	struct gv_hcl_span word = { r->at, 0 };

	if (r->at < r->end && gv_hcl_begins_word((unsigned char)*r->at))
		while (
		    r->at < r->end && gv_hcl_is_of_word((unsigned char)*r->at))
			r->at++;
	word.len = (size_t)(r->at - word.p);
	return word;
}

static bool
is_word(struct gv_hcl_span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

static bool
is_line_comment(const struct reader *r)
{
	return is_next(r, "#") || is_next(r, "//");
}

static bool
is_line_end(const struct reader *r)
{
	return r->at == r->end || is_next(r, "\n") || is_next(r, "\r\n") ||
	    is_line_comment(r);
}

/* To the end of the line, which stays. */
static void
skip_line(struct reader *r)
{
	const char *nl = memchr(r->at, '\n', (size_t)(r->end - r->at));

	r->at = nl ? nl : r->end;
}

static int
skip_comment(struct reader *r)
{
	const char *from = r->at;

	for (r->at += 2; r->at < r->end; r->at++) {
		if (is_next(r, "*/")) {
			r->at += 2;
			return 0;
		}
	}
	return refuse(r, from, "a comment does not end");
}

/* What parts words in a line. */
static int
skip_blanks(struct reader *r)
{
	int ret = 0;

	while (ret == 0) {
		if (is_next(r, " ") || is_next(r, "\t"))
			r->at++;
		else if (is_next(r, "/*"))
			ret = skip_comment(r);
		else
			break;
	}
	return ret;
}

/* To the next thing, whatever line it stands in. */
static int
skip_to_item(struct reader *r)
{
	int ret = skip_blanks(r);

	while (ret == 0 && r->at < r->end && is_line_end(r)) {
		skip_line(r);
		r->at += r->at < r->end;
		ret = skip_blanks(r);
	}
	return ret;
}

/* ---- expressions --------------------------------------------------------- */

static int
push(struct reader *r, enum within kind, size_t len)
{
	if (r->depth + r->n_open >= GV_HCL_MAX_DEPTH)
		return refuse(r, r->at, "it is nested too deep");
	r->open[r->n_open++] = (struct frame){ .kind = kind, .at = r->at };
	r->at += len;
	return 0;
}

/* The line that begins here ends a heredoc if the word stands alone in it. */
static void
close_heredoc(struct reader *r)
{
	const struct frame *f = &r->open[r->n_open - 1];
	const char *p = r->at, *q;

	while (p < r->end && (*p == ' ' || *p == '\t'))
		p++;
	if ((size_t)(r->end - p) < f->end.len ||
	    memcmp(p, f->end.p, f->end.len) != 0)
		return;
	q = p + f->end.len;
	while (q < r->end && (*q == ' ' || *q == '\t' || *q == '\r'))
		q++;
	if (q < r->end && *q != '\n')
		return;
	/* the line's end is the expression's */
	r->at = q > p + f->end.len && q[-1] == '\r' ? q - 1 : q;
	r->n_open--;
}

static int
open_heredoc(struct reader *r)
{
	const char *from = r->at;
	struct gv_hcl_span word;
	int ret = push(r, IN_HEREDOC, strlen("<<"));

	if (ret < 0)
		return ret;
	r->at += is_next(r, "-");
	word = take_word(r);
	if (word.len == 0 || !(is_next(r, "\n") || is_next(r, "\r\n")))
		return refuse(r, from,
		    "'<<' begins a text, and no word that is to end it stands "
		    "behind it");
	skip_line(r);
	r->at++;
	r->open[r->n_open - 1].end = word;
	close_heredoc(r);
	return 0;
}

/* "${" and "%{"; "$${" is none. Returns 1 where there was something. */
static int
step_template(struct reader *r)
{
	int ret;

	if (is_next(r, "$${") || is_next(r, "%%{")) {
		r->at += strlen("$${");
		return 1;
	}
	if (!is_next(r, "${") && !is_next(r, "%{"))
		return 0;
	ret = push(r, IN_TEMPLATE, strlen("${"));
	if (ret == 0)
		r->at += is_next(r, "~");
	return ret < 0 ? ret : 1;
}

static int
step_text(struct reader *r)
{
	int ret = step_template(r);

	if (ret != 0)
		return ret;
	switch (*r->at) {
	case '"':
		r->at++;
		r->n_open--;
		return 0;
	case '\\':
		if (r->end - r->at < 2 || !memchr("nrt\"\\uU", r->at[1], 7))
			return refuse(r, r->at,
			    "a backslash with what it cannot stand before");
		r->at += 2;
		return 0;
	case '\n':
		return refuse(r, r->open[r->n_open - 1].at,
		    "a text does not end in its line");
	default:
		r->at++;
		return 0;
	}
}

static int
step_heredoc(struct reader *r)
{
	int ret = step_template(r);

	if (ret != 0)
		return ret;
	if (*r->at++ == '\n')
		close_heredoc(r);
	return 0;
}

/* A bracket that closes: 1 where it is that of a body around all this. */
static int
step_close(struct reader *r)
{
	static const char closing[] = {
		[IN_ROUND] = ')',
		[IN_SQUARE] = ']',
		[IN_CURLY] = '}',
		[IN_TEMPLATE] = '}',
	};

	if (r->n_open == 0)
		return *r->at == '}'
		    ? 1
		    : refuse(r, r->at, "a bracket that closes nothing");
	if (closing[r->open[r->n_open - 1].kind] != *r->at)
		return refuse(r, r->at,
		    "a bracket that does not close the one before it");
	r->at++;
	r->n_open--;
	return 0;
}

static bool
is_sign(const struct reader *r)
{
	unsigned char c = (unsigned char)*r->at;

	if (c == '~') /* of a template */
		return r->n_open > 0 && is_next(r, "~}");
	return gv_hcl_is_of_word(c) || (c && strchr(" \t.,:?!=<>+*/%&|", c));
}

/* 1 where the expression ends here. */
static int
step_code(struct reader *r)
{
	if (is_line_end(r)) {
		if (r->n_open == 0)
			return 1;
		skip_line(r);
		r->at += r->at < r->end;
		return 0;
	}
	if (is_next(r, "/*"))
		return skip_comment(r);
	if (is_next(r, "<<"))
		return open_heredoc(r);
	switch (*r->at) {
	case '"':
		return push(r, IN_TEXT, 1);
	case '(':
		return push(r, IN_ROUND, 1);
	case '[':
		return push(r, IN_SQUARE, 1);
	case '{':
		return push(r, IN_CURLY, 1);
	case ')':
	case ']':
	case '}':
		return step_close(r);
	case ',':
		if (r->n_open == 0)
			return refuse(r, r->at, "a comma outside of brackets");
		break;
	default:
		break;
	}
	if (!is_sign(r))
		return refuse(r, r->at, "a sign that the language has not");
	r->at++;
	return 0;
}

static int
refuse_open(struct reader *r)
{
	static const char *const words[] = {
		[IN_ROUND] = "a bracket is not closed",
		[IN_SQUARE] = "a bracket is not closed",
		[IN_CURLY] = "a bracket is not closed",
		[IN_TEMPLATE] = "a template is not closed",
		[IN_TEXT] = "a text does not end in its line",
		[IN_HEREDOC] = "a text whose last line does not come",
	};
	const struct frame *f = &r->open[r->n_open - 1];

	return refuse(r, f->at, words[f->kind]);
}

/* To where an expression ends: with the line, or before the '}' of a block. */
static int
read_expression(struct reader *r, struct gv_hcl_span *out)
{
	int ret = skip_blanks(r);
	const char *from = r->at, *end;

	r->n_open = 0;
	while (ret >= 0 && (r->at < r->end || r->n_open > 0)) {
		enum within in =
		    r->n_open ? r->open[r->n_open - 1].kind : IN_CURLY;

		if (r->at == r->end)
			return refuse_open(r);
		if (in == IN_HEREDOC)
			ret = step_heredoc(r);
		else if (in == IN_TEXT)
			ret = step_text(r);
		else if ((ret = step_code(r)) > 0)
			break;
	}
	for (end = r->at; end > from && (end[-1] == ' ' || end[-1] == '\t');)
		end--;
	if (ret >= 0 && end == from)
		return refuse(r, r->at, "an argument without a value");
	*out = (struct gv_hcl_span){ from, (size_t)(end - from) };
	return ret < 0 ? ret : 0;
}

/* ---- bodies -------------------------------------------------------------- */

/* A text that stands for itself: no template, no escape, one text only. */
static struct gv_hcl_span
plain_text(struct gv_hcl_span s)
{
	size_t i;

	if (s.len < 2 || s.p[0] != '"' || s.p[s.len - 1] != '"')
		return nothing;
	s.p++;
	s.len -= 2;
	for (i = 0; i < s.len; i++) {
		if (s.p[i] == '"' || s.p[i] == '\\')
			return nothing;
		if (s.p[i] == '{' && i &&
		    (s.p[i - 1] == '$' || s.p[i - 1] == '%'))
			return nothing;
	}
	return s;
}

static int
read_argument(
    struct reader *r, struct gv_hcl_opening *own, struct gv_hcl_span name)
{
	struct gv_hcl_span value = nothing;
	int ret;

	r->at++; /* the '=' */
	ret = read_expression(r, &value);
	if (ret == 0)
		ret = tell(r, GV_HCL_ARGUMENT, name, value);
	if (ret < 0 || own == NULL || !own->is_wanted)
		return ret;
	if (own->block.kind == GV_HCL_MODULE && is_word(name, "source"))
		own->block.source = plain_text(value);
	else
		gv_hcl_opening_set(own, name, value);
	return 0;
}

static int
read_label(struct reader *r, struct gv_hcl_opening *own)
{
	struct gv_hcl_span label = { r->at, 0 };
	int ret;

	if (*r->at != '"') {
		label = take_word(r);
		if (label.len == 0)
			return refuse(r, r->at,
			    "neither an argument nor a block begins so");
	} else {
		r->n_open = 0;
		ret = push(r, IN_TEXT, 1);
		while (ret >= 0 && r->n_open == 1 && r->at < r->end)
			ret = step_text(r);
		if (ret < 0)
			return ret;
		label.len = (size_t)(r->at - label.p);
		label = plain_text(label);
		if (r->n_open || label.p == NULL)
			return refuse(r, r->at,
			    "a label that is no plain text in its line");
	}
	if (own->n_labels < 2)
		own->block.labels[own->n_labels] = label;
	own->n_labels++;
	return tell(r, GV_HCL_LABEL, label, nothing);
}

static int
read_labels(struct reader *r, struct gv_hcl_opening *own)
{
	int ret = skip_blanks(r);

	while (ret == 0 && r->at < r->end && *r->at != '{') {
		ret = read_label(r, own);
		if (ret == 0)
			ret = skip_blanks(r);
	}
	if (ret == 0 && r->at == r->end)
		ret = refuse(r, r->at, "the file ends within a block");
	return ret;
}

static int read_block(
    struct reader *r, struct gv_hcl_opening *around, struct gv_hcl_span type);

/* An argument or a block, and that nothing stands behind it in its line. */
static int
read_item(struct reader *r, struct gv_hcl_opening *own)
{
	struct gv_hcl_span name = take_word(r);
	int ret;

	if (name.len == 0)
		return refuse(
		    r, r->at, "neither an argument nor a block begins so");
	ret = skip_blanks(r);
	if (ret < 0)
		return ret;
	if (is_next(r, "=") && !is_next(r, "=="))
		ret = read_argument(r, own, name);
	else
		ret = read_block(r, own, name);
	if (ret == 0)
		ret = skip_blanks(r);
	if (ret == 0 && !is_line_end(r))
		ret = refuse(r, r->at, "something behind what ends here");
	return ret;
}

/* What a block holds that goes on behind its line; the '}' is taken. */
static int
read_lines(struct reader *r, struct gv_hcl_opening *own, const char *from)
{
	int ret = skip_to_item(r);

	while (ret == 0 && r->at < r->end && *r->at != '}') {
		ret = read_item(r, own);
		if (ret == 0)
			ret = skip_to_item(r);
	}
	if (ret == 0 && r->at == r->end)
		ret = refuse(r, from, "a block is not closed");
	if (ret == 0)
		r->at++;
	return ret;
}

/* { }, and { name = value } */
static int
read_one_line(struct reader *r, struct gv_hcl_opening *own)
{
	struct gv_hcl_span name = take_word(r);
	int ret = skip_blanks(r);

	if (ret == 0 && name.len) {
		if (!is_next(r, "=") || is_next(r, "=="))
			return refuse(r, r->at,
			    "in a block of one line one argument may stand");
		ret = read_argument(r, own, name);
		if (ret == 0)
			ret = skip_blanks(r);
	}
	if (ret == 0 && !is_next(r, "}"))
		ret = refuse(r, r->at,
		    "a block that begins in its first line ends there, too");
	if (ret == 0)
		r->at++;
	return ret;
}

static int
read_block(
    struct reader *r, struct gv_hcl_opening *around, struct gv_hcl_span type)
{
	struct gv_hcl_opening own = { .is_wanted = false };
	const char *from = type.p;
	int ret;

	gv_hcl_opening_begin(&own, around, type);
	own.is_wanted = own.is_wanted && r->fn;
	if (own.is_wanted)
		own.block.line = line_of(r, from);
	ret = tell(r, GV_HCL_OPEN, type, nothing);
	if (ret == 0)
		ret = read_labels(r, &own);
	if (ret == 0 && own.is_wanted && own.n_labels != own.n_wanted)
		ret = refuse(
		    r, from, "a block that has not the labels it is to have");
	if (ret == 0 && ++r->depth >= GV_HCL_MAX_DEPTH)
		ret = refuse(r, from, "it is nested too deep");
	if (ret < 0)
		return ret;
	r->at++; /* the '{' */
	ret = skip_blanks(r);
	if (ret == 0)
		ret = is_line_end(r) ? read_lines(r, &own, from)
				     : read_one_line(r, &own);
	r->depth--;
	if (ret == 0 && own.is_wanted)
		ret = r->fn(r->ctx, &own.block);
	return ret != 0 ? ret : tell(r, GV_HCL_CLOSE, nothing, nothing);
}

/* ---- the file ------------------------------------------------------------ */

/* So that nobody behind it has to look at characters. */
static int
check_characters(const struct reader *r)
{
	const char *p = r->at;
	uint32_t c;
	size_t n;

	for (; p < r->end; p += n) {
		n = (unsigned char)*p < 0x80
		    ? 1
		    : gv_utf8_next(&c, p, (size_t)(r->end - p));
		if (n == 0)
			return refuse(r, p, "it is not in UTF-8");
	}
	return 0;
}

static int
read_file(struct reader *r)
{
	int ret;

	if (is_next(r, BOM))
		r->at += strlen(BOM);
	ret = check_characters(r);
	if (ret == 0)
		ret = skip_to_item(r);
	while (ret == 0 && r->at < r->end) {
		ret = read_item(r, NULL);
		if (ret == 0)
			ret = skip_to_item(r);
	}
	return ret;
}

int
gv_hcl_read(const char *text, size_t len, gv_hcl_fn *fn, void *ctx)
{
	struct reader r = { .begin = text,
		.end = len ? text + len : text,
		.at = text,
		.line_at = text,
		.line = 1,
		.fn = fn,
		.ctx = ctx };

	return read_file(&r);
}

int
gv_hcl_walk(const char *text, size_t len, gv_hcl_step_fn *fn, void *ctx)
{
	struct reader r = { .begin = text,
		.end = len ? text + len : text,
		.at = text,
		.line_at = text,
		.line = 1,
		.step = fn,
		.ctx = ctx };

	return read_file(&r);
}
