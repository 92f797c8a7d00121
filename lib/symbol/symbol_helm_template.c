#include "symbol/symbol_internal.h"

#include <string.h>

/*
 * Templates of Helm as text: which values they read, which named templates they
 * define and include, which files of the chart they take in. Nothing is worked
 * out, so this reads what is no YAML as well.
 *
 * A file is named from the top of its chart, which is not known here:
 * BY_PARENT, "files/a.conf" is looked for in the folder of the template and in
 * those above it. ".Values" as a whole is the name "*".
 */

#define NESTED_MAX 256 /* actions in each other; what is deeper is guarded */

struct scan {
	struct gv_symbols *out;
	const char *text;
	size_t len;
	size_t counted; /* lines are counted up to here */
	uint32_t line;
	/* what `end` closes: whether it decides if its body is written */
	bool decides[NESTED_MAX];
	size_t depth, n_deciding;
	uint32_t in; /* the template that is being defined */
	size_t in_depth;
	/* of one action */
	struct gv_buf value; /* a value that is read, until it is complete */
	bool has_value, may_miss;
	uint32_t value_line;
	size_t word_at, word_len, before_at, before_len; /* last two words */
	size_t path_at, path_len;                        /* last path */
	struct gv_buf name;
};

static uint32_t
line_of(struct scan *s, size_t at)
{
	const char *p = s->text + s->counted, *end = s->text + at;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		s->line++;
		p++;
	}
	s->counted = at;
	return s->line;
}

static bool
is(const struct scan *s, size_t at, size_t len, const char *word)
{
	return strlen(word) == len && memcmp(s->text + at, word, len) == 0;
}

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '_';
}

static bool
is_one_of(const struct scan *s, size_t at, size_t len, const char *const *words)
{
	for (; *words; words++)
		if (is(s, at, len, *words))
			return true;
	return false;
}

/* ---- references ---------------------------------------------------------- */

/* The value that was read is complete. */
static void
end_value(struct scan *s)
{
	unsigned flags =
	    s->may_miss || s->n_deciding > 0 ? GV_SYMBOL_OPTIONAL : 0;

	if (!s->has_value)
		return;
	s->has_value = false;
	if (s->value.len == 0) {
		gv_buf_addch(&s->value, '*');
		flags = GV_SYMBOL_OPTIONAL | GV_SYMBOL_PATTERN;
	}
	gv_symbol_add(s->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = GV_SYMBOL_EDGE_HELM_VALUE,
		.space = GV_SYMBOL_SPACE_HELM_VALUE,
		.flags = (uint16_t)flags,
		.line = s->value_line,
		.in = s->in,
		.name = s->value.p,
		.name_len = s->value.len });
}

/* Replace each "%s" of a format by a '*'. Whether there was one. */
static bool
take_format(struct gv_buf *text)
{
	size_t from, to = 0;
	bool found = false;

	for (from = 0; from < text->len; from++) {
		if (text->p[from] == '%' && from + 1 < text->len) {
			from++;
			found = true;
			text->p[to++] = '*';
		} else {
			text->p[to++] = text->p[from];
		}
	}
	gv_buf_truncate(text, to);
	return found;
}

static void
add_template(struct scan *s, size_t at, bool is_format)
{
	const bool is_pattern = is_format && take_format(&s->name);

	gv_symbol_add(s->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_REFERENCE,
		.how = GV_SYMBOL_BY_NAME,
		.word = GV_SYMBOL_EDGE_HELM_TEMPLATE,
		.space = GV_SYMBOL_SPACE_HELM_TEMPLATE,
		.flags = is_pattern ? GV_SYMBOL_PATTERN : 0,
		.line = line_of(s, at),
		.in = s->in,
		.name = s->name.p,
		.name_len = s->name.len });
}

static void
define(struct scan *s, size_t at)
{
	s->in_depth = s->depth;
	s->in = gv_symbol_add(s->out,
	    &(struct gv_symbol_row){ .kind = GV_SYMBOL_DEFINITION,
		.word = GV_SYMBOL_SPACE_HELM_TEMPLATE,
		.line = line_of(s, at),
		.in = GV_SYMBOL_NONE,
		.name = s->name.p,
		.name_len = s->name.len });
}

/* .Files.Get "a.conf", .Files.Glob "conf/…": a file of the chart. */
static void
add_file(struct scan *s, size_t at, enum gv_symbol_edge edge, bool is_format)
{
	struct gv_symbol_row row = { .how = GV_SYMBOL_BY_PARENT,
		.word = (uint16_t)edge,
		.line = line_of(s, at),
		.in = s->in };

	if (is_format)
		take_format(&s->name);
	if (memchr(s->name.p, '*', s->name.len))
		row.flags |= GV_SYMBOL_PATTERN;
	if (s->name.len)
		gv_symbol_path(s->out, &row, &s->name);
}

/* ---- the parts of an action ---------------------------------------------- */

/* A text, at its opening quote; [at, end) is what is in it. */
static void
of_text(struct scan *s, size_t at, size_t end)
{
	static const char *const steps[] = { "index", "get", "hasKey", NULL };
	static const char *const formats[] = { "printf", "print", NULL };
	static const char *const uses[] = { "include", "template", "block",
		NULL };
	static const char *const files[] = { "Files.Get", "Files.Glob",
		"Files.Lines", NULL };
	const bool is_format = is_one_of(s, s->word_at, s->word_len, formats);
	const size_t word_at = is_format ? s->before_at : s->word_at;
	const size_t word_len = is_format ? s->before_len : s->word_len;

	gv_buf_reset(&s->name);
	gv_buf_add(&s->name, s->text + at, end - at);
	if (s->has_value && is_one_of(s, s->word_at, s->word_len, steps)) {
		if (s->value.len)
			gv_buf_addch(&s->value, '.');
		gv_buf_add(&s->value, s->name.p, s->name.len);
		return;
	}
	end_value(s);
	if (is_one_of(s, s->path_at, s->path_len, files)) {
		add_file(s, at, GV_SYMBOL_EDGE_HELM_FILE, is_format);
	} else if (is(s, s->path_at, s->path_len, "Template.BasePath")) {
		gv_buf_reset(&s->name);
		gv_buf_addstr(&s->name, "templates");
		gv_buf_add(&s->name, s->text + at, end - at);
		add_file(s, at, GV_SYMBOL_EDGE_HELM_TEMPLATE, is_format);
	} else if (is(s, word_at, word_len, "define")) {
		define(s, at);
	} else if (is_one_of(s, word_at, word_len, uses)) {
		if (is(s, word_at, word_len, "block"))
			define(s, at);
		add_template(s, at, is_format);
	} else {
		return;
	}
	/* what follows are arguments */
	s->word_len = s->before_len = s->path_len = 0;
}

/* .Values.a.b, $.Values.a, $root.Values.a; .Files.Get. */
static void
of_path(struct scan *s, size_t at, size_t end)
{
	const char *p = s->text + at, *values;
	const size_t len = end - at;
	size_t i;

	end_value(s);
	for (i = 0; i < len && !(p[i] == '.' && i + 1 < len); i++)
		;
	s->path_at = at + i + 1;
	s->path_len = i < len ? len - i - 1 : 0;
	values = memmem(p, len, ".Values", 7);
	if (values == NULL || (*p != '.' && *p != '$'))
		return;
	values += 7;
	if (values < p + len && *values != '.')
		return;
	s->has_value = true;
	s->value_line = line_of(s, at);
	gv_buf_reset(&s->value);
	if (values < p + len)
		gv_buf_add(
		    &s->value, values + 1, (size_t)(p + len - values - 1));
}

static void
of_word(struct scan *s, size_t at, size_t end)
{
	end_value(s);
	s->before_at = s->word_at;
	s->before_len = s->word_len;
	s->word_at = at;
	s->word_len = end - at;
	s->path_len = 0;
}

/* ---- actions ------------------------------------------------------------- */

static void
open_body(struct scan *s, bool decides)
{
	if (s->depth < NESTED_MAX)
		s->decides[s->depth] = decides;
	if (s->depth >= NESTED_MAX || decides)
		s->n_deciding++;
	s->depth++;
}

static void
close_body(struct scan *s)
{
	if (s->depth == 0)
		return;
	s->depth--;
	if (s->depth >= NESTED_MAX || s->decides[s->depth])
		s->n_deciding--;
	if (s->in != GV_SYMBOL_NONE && s->depth <= s->in_depth)
		s->in = GV_SYMBOL_NONE;
}

/* Whether one of the words of an action says that a value may be missing. */
static bool
has_fallback(const struct scan *s, size_t at, size_t end)
{
	static const char *const words[] = { "if", "else", "with", "range",
		"default", "coalesce", "toYaml", "toJson", "hasKey", "dig",
		"ternary", "empty", "merge", "mergeOverwrite", "not", "and",
		"or", NULL };
	size_t from;

	while (at < end) {
		if (!is_word(s->text[at])) {
			at++;
			continue;
		}
		for (from = at; at < end && is_word(s->text[at]);)
			at++;
		if (is_one_of(s, from, at - from, words))
			return true;
	}
	return false;
}

/* Where a text in quotes ends: at its closing quote. */
static size_t
text_end(const struct scan *s, size_t at, size_t end)
{
	const char quote = s->text[at++];

	for (; at < end && s->text[at] != quote; at++)
		if (s->text[at] == '\\' && quote != '`' && at + 1 < end)
			at++;
	return at < end ? at : end;
}

static bool
is_path(char c)
{
	return is_word(c) || c == '.' || c == '$';
}

static void
read_parts(struct scan *s, size_t at, size_t end)
{
	size_t from;

	while (at < end) {
		const char c = s->text[at];

		from = at;
		if (c == '"' || c == '`') {
			at = text_end(s, at, end);
			of_text(s, from + 1, at);
			at++;
		} else if (c == '.' || c == '$') {
			while (at < end && is_path(s->text[at]))
				at++;
			of_path(s, from, at);
		} else if (is_word(c)) {
			while (at < end && is_word(s->text[at]))
				at++;
			of_word(s, from, at);
		} else {
			if (c != ' ')
				end_value(s);
			at++;
		}
	}
	end_value(s);
}

/* One action, without its braces. */
static void
read_action(struct scan *s, size_t at, size_t end)
{
	static const char *const deciding[] = { "if", "with", "range", NULL };
	static const char *const defining[] = { "define", "block", NULL };
	size_t from, to;

	for (from = at; from < end &&
	     (s->text[from] == '-' || s->text[from] == ' ' ||
		 s->text[from] == '\n' || s->text[from] == '\t');)
		from++;
	if (end - from >= 2 && memcmp(s->text + from, "/*", 2) == 0)
		return;
	for (to = from; to < end && is_word(s->text[to]);)
		to++;
	s->word_len = s->before_len = s->path_len = 0;
	if (is(s, from, to - from, "end")) {
		close_body(s);
		return;
	}
	s->may_miss = has_fallback(s, from, end);
	read_parts(s, from, end);
	if (is_one_of(s, from, to - from, deciding))
		open_body(s, true);
	else if (is_one_of(s, from, to - from, defining))
		open_body(s, false);
}

/* Where an action ends whose "{{" is at `at`: at its "}}"; the end of the text
 * where it does not. */
static size_t
action_end(const struct scan *s, size_t at)
{
	size_t i = at + 2;
	const char *p;

	while (i < s->len && (s->text[i] == '-' || s->text[i] == ' '))
		i++;
	if (s->len - i >= 2 && memcmp(s->text + i, "/*", 2) == 0) {
		p = memmem(s->text + i, s->len - i, "*/", 2);
		i = p ? (size_t)(p - s->text) + 2 : s->len;
	}
	for (; i + 1 < s->len; i++) {
		if (s->text[i] == '}' && s->text[i + 1] == '}')
			return i;
		if (s->text[i] == '"' || s->text[i] == '`')
			i = text_end(s, i, s->len);
	}
	return s->len;
}

void
gv_symbol_helm_template(struct gv_symbols *out, const char *text, size_t len)
{
	struct scan s = { .out = out,
		.text = text,
		.len = len,
		.line = 1,
		.in = GV_SYMBOL_NONE,
		.value = GV_BUF_INIT,
		.name = GV_BUF_INIT };
	size_t at = 0, end;
	const char *p;

	while (at < len && (p = memmem(text + at, len - at, "{{", 2))) {
		at = (size_t)(p - text);
		end = action_end(&s, at);
		if (end == len)
			break;
		read_action(&s, at + 2, end);
		at = end + 2;
	}
	out->failed |= s.value.failed | s.name.failed;
	gv_buf_release(&s.value);
	gv_buf_release(&s.name);
}
