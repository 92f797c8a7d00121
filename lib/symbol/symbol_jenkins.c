#include "symbol/symbol_writer.h"

#include <string.h>

/*
 * Jenkinsfiles are programs in Groovy: what is found are words with a text in
 * quotes behind them, outside of comments. In which folder a script runs is
 * known where no dir() is in the file.
 */

struct reading {
	struct gv_symbol_writer w;
	const char *text;
	size_t len, at;
	size_t budget; /* bytes that may be searched for ends of texts */
	uint32_t line;
	unsigned flags; /* of paths */
};

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

static bool
begins(const struct reading *r, size_t at, const char *word)
{
	const size_t n = strlen(word);

	return r->len - at >= n && memcmp(r->text + at, word, n) == 0;
}

static void
skip_to(struct reading *r, size_t end)
{
	for (; r->at < end && r->at < r->len; r->at++)
		r->line += r->text[r->at] == '\n';
}

/* Blanks, and a '(' or '[' that a call may have. */
static size_t
skip_open(const struct reading *r, size_t at)
{
	while (at < r->len && strchr(" \t\r\n([", r->text[at]))
		at++;
	return at;
}

/* The text in quotes at `at`: *from and *end; where what follows begins, or 0
 * where there is none. */
static size_t
quoted(struct reading *r, size_t at, size_t *from, size_t *end)
{
	char quote[4] = "";
	size_t n, i;

	if (at >= r->len || (r->text[at] != '\'' && r->text[at] != '"'))
		return 0;
	memset(quote, r->text[at], 3);
	quote[3] = '\0';
	n = begins(r, at, quote) ? 3 : 1;
	quote[n] = '\0';
	*from = at + n;
	for (i = *from; i < r->len && r->budget > 0; i++) {
		r->budget--;
		if (r->text[i] == '\\') {
			i++;
		} else if (n == 1 && r->text[i] == '\n') {
			return 0;
		} else if (begins(r, i, quote)) {
			*end = i;
			return i + n;
		}
	}
	return 0;
}

static bool
take_quoted(struct reading *r, size_t at, uint32_t *line)
{
	size_t from, end, i;

	at = skip_open(r, at);
	if (quoted(r, at, &from, &end) == 0)
		return false;
	*line = r->line;
	for (i = r->at; i < from; i++)
		*line += r->text[i] == '\n';
	r->w.line = *line;
	gv_symbol_take_bytes(&r->w, r->text + from, end - from);
	return end > from;
}

/* ---- words --------------------------------------------------------------- */

typedef void word_fn(struct reading *r);

/* 'name@version' */
static void
of_library(struct reading *r)
{
	struct gv_symbol_writer *w = &r->w;
	const char *sign = memchr(w->text.p, '@', w->text.len);

	if (sign) {
		const size_t at = (size_t)(sign - w->text.p);

		gv_buf_add(&w->extra, sign + 1, w->text.len - at - 1);
		gv_buf_truncate(&w->text, at);
	}
	gv_symbol_refer_external(
	    w, GV_SYMBOL_EDGE_JENKINS_LIBRARY, "library", 0);
}

static void
of_stage(struct reading *r)
{
	gv_symbol_define(&r->w, GV_SYMBOL_SPACE_JENKINS_STAGE, 0);
}

static void
of_credentials(struct reading *r)
{
	gv_symbol_refer_external(&r->w, GV_SYMBOL_EDGE_JENKINS_CREDENTIALS,
	    "credentials", GV_SYMBOL_ELSEWHERE);
}

static void
of_load(struct reading *r)
{
	if (r->w.text.p[0] != '/')
		gv_symbol_refer_path(
		    &r->w, GV_SYMBOL_EDGE_SCRIPT_FILE, r->flags);
}

static void
of_shell(struct reading *r)
{
	struct gv_buf text = GV_BUF_INIT;
	struct gv_symbol_script script = {
		.line = r->w.line, .in = GV_SYMBOL_NONE, .flags = r->flags
	};

	gv_buf_add(&text, r->w.text.p, r->w.text.len);
	script.text = text.p;
	script.len = text.len;
	gv_symbol_script_read(r->w.out, &script);
	r->w.out->failed |= text.failed;
	gv_buf_release(&text);
}

static const struct {
	const char *word;
	word_fn *fn;
} words[] = {
	{ "@Library", of_library },
	{ "library", of_library },
	{ "identifier:", of_library },
	{ "stage", of_stage },
	{ "credentials", of_credentials },
	{ "credentialsId:", of_credentials },
	{ "load", of_load },
	{ "sh", of_shell },
	{ "script:", of_shell },
};

/* The word at r->at, if it is one of these with a text behind it; what follows
 * it is read on from behind the word, or behind a script. */
static void
read_word(struct reading *r)
{
	uint32_t line;
	size_t i, n, from, end, next;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i].word);
		if (!begins(r, r->at, words[i].word) ||
		    (r->at + n < r->len && is_word(r->text[r->at + n])))
			continue;
		if (!take_quoted(r, r->at + n, &line))
			break;
		next = quoted(r, skip_open(r, r->at + n), &from, &end);
		words[i].fn(r);
		skip_to(r, next);
		/* @Library(['a@1', 'b@2']) */
		while (words[i].fn == of_library && r->at < r->len &&
		    r->text[r->at] == ',' && take_quoted(r, r->at + 1, &line)) {
			next = quoted(r, skip_open(r, r->at + 1), &from, &end);
			words[i].fn(r);
			skip_to(r, next);
		}
		return;
	}
	while (r->at < r->len && is_word(r->text[r->at]))
		r->at++;
	r->at += r->at < r->len && r->text[r->at] == '@';
}

void
gv_symbol_jenkins(struct gv_symbols *out, const char *text, size_t len)
{
	struct reading r = { .budget = len * 8,

		.text = text,
		.len = len,
		.line = 1,
		.flags = GV_SYMBOL_TOP };
	size_t from, end, next;

	if (memmem(text, len, "dir(", 4) || memmem(text, len, "dir (", 5))
		r.flags |= GV_SYMBOL_ELSEWHERE;
	gv_symbol_writer_init(&r.w, out, NULL);
	r.w.is_shell = true;
	while (r.at < len) {
		const char *close;

		if (begins(&r, r.at, "//")) {
			close = memchr(text + r.at, '\n', len - r.at);
			skip_to(&r, close ? (size_t)(close - text) : len);
		} else if (begins(&r, r.at, "/*")) {
			close = memmem(text + r.at, len - r.at, "*/", 2);
			skip_to(&r, close ? (size_t)(close - text) + 2 : len);
		} else if (is_word(text[r.at]) || text[r.at] == '@') {
			read_word(&r);
		} else {
			next = quoted(&r, r.at, &from, &end);
			skip_to(&r, next ? next : r.at + 1);
		}
	}
	gv_symbol_writer_release(&r.w);
}
