#include "rollback/configkeys_internal.h"

#include <string.h>

#include "base/err.h"
#include "lex/ascii.h"

/*
 * What is a setting a line. A line that is nothing that such a file has makes
 * all of it one that is not known: it may be a piece of a key that somebody
 * pasted, of which the last line, "b2xk==", looks like a setting, too. So names
 * have no blank, no value is of '=' alone, and one of none does not look like
 * such a line.
 */

#define BOM        "\xef\xbb\xbf"
#define WORD_MAX   64 /* of one that stands alone */
#define BASE64_MIN 16

struct cursor {
	const char *text, *p, *end;
};

static struct cursor
begin(const char *text, size_t len)
{
	struct cursor c = { text, text, len ? text + len : text };

	if (len >= strlen(BOM) && memcmp(text, BOM, strlen(BOM)) == 0)
		c.p += strlen(BOM);
	return c;
}

static void
skip_blanks(struct cursor *c)
{
	while (c->p < c->end && gv_ascii_is_blank(*c->p))
		c->p++;
}

static bool
is_line_end(const struct cursor *c)
{
	return c->p == c->end || gv_ascii_is_eol(*c->p);
}

/* To the end of the line; a backslash before that goes on with the next. */
static void
skip_line(struct cursor *c)
{
	for (; !is_line_end(c); c->p++) {
		if (*c->p != '\\' || c->end - c->p < 2)
			continue;
		if (c->end - c->p > 2 && c->p[1] == '\r' && c->p[2] == '\n')
			c->p++;
		c->p++;
	}
}

/* A remark, whatever it ends with. */
static void
skip_remark(struct cursor *c)
{
	while (!is_line_end(c))
		c->p++;
}

static void
skip_line_end(struct cursor *c)
{
	while (c->p < c->end && gv_ascii_is_eol(*c->p))
		c->p++;
}

static const char *
trim(const char *from, const char *to)
{
	while (to > from && gv_ascii_is_blank(to[-1]))
		to--;
	return to;
}

static bool
is_base64(const char *p, size_t len)
{
	bool small = false, large = false, digit = false;
	size_t i;

	for (i = 0; i < len; i++) {
		if (!gv_ascii_is_alnum(p[i]))
			return false;
		small |= gv_ascii_is_lower(p[i]);
		large |= gv_ascii_is_upper(p[i]);
		digit |= gv_ascii_is_digit(p[i]);
	}
	return len >= BASE64_MIN && small && large && digit;
}

/* Add a setting of which the value goes up to here. */
static int
add(struct gv_configkeys_path *path, struct cursor *c, struct cursor name,
    const char *value)
{
	const char *to = trim(value, c->p);
	size_t len = (size_t)(to - value);
	int r;

	if (len ? len <= 2 && value[0] == '=' && value[len - 1] == '='
		: is_base64(name.p, (size_t)(name.end - name.p)))
		return GV_EREFUSED;
	r = gv_configkeys_path_set(path, name.p, (size_t)(name.end - name.p));
	return r < 0
	    ? r
	    : gv_configkeys_path_tell(path, (size_t)(value - c->text), len);
}

/* ---- NAME=value ---------------------------------------------------------- */

/* A text in quotes, to behind it: it may have several lines. */
static bool
skip_quoted(struct cursor *c)
{
	const char quote = *c->p++;

	for (; c->p < c->end && *c->p != quote; c->p++)
		if (*c->p == '\\' && quote == '"' && c->end - c->p > 1)
			c->p++;
	if (c->p == c->end)
		return false;
	c->p++;
	return true;
}

static struct cursor
take_variable(struct cursor *c)
{
	struct cursor name = { c->text, c->p, c->p };

	if (c->p < c->end && gv_ascii_is_digit(*c->p))
		return name;
	while (c->p < c->end && gv_ascii_is_name(*c->p))
		c->p++;
	name.end = c->p;
	return name;
}

static bool
is_word(const struct cursor *name, const char *word)
{
	size_t n = (size_t)(name->end - name->p);

	return n == strlen(word) && memcmp(name->p, word, n) == 0;
}

static int
read_variable(struct gv_configkeys_path *path, struct cursor *c)
{
	struct cursor name = take_variable(c);
	const char *value;

	skip_blanks(c);
	if (is_word(&name, "export") && !is_line_end(c) && *c->p != '=') {
		name = take_variable(c);
		skip_blanks(c);
	}
	if (name.p == name.end || is_line_end(c) || *c->p != '=')
		return GV_EREFUSED;
	c->p++;
	skip_blanks(c);
	value = c->p;
	if (!is_line_end(c) && strchr("\"'`", *c->p) && !skip_quoted(c))
		return GV_EREFUSED;
	skip_line(c);
	return add(path, c, name, value);
}

int
gv_configkeys_read_env(struct gv_configkeys *out, const char *text, size_t len)
{
	struct gv_configkeys_path path = { .out = out };
	struct cursor c = begin(text, len);
	int r = 0;

	while (r == 0 && c.p < c.end) {
		skip_blanks(&c);
		if (c.p < c.end && *c.p == '#')
			skip_remark(&c);
		else if (!is_line_end(&c))
			r = read_variable(&path, &c);
		skip_line_end(&c);
	}
	gv_secret_release(&path.text);
	return r;
}

/* ---- [section] and name = value ------------------------------------------ */

struct ini {
	struct gv_configkeys_path path;
	struct cursor c;
	size_t indent; /* of the last name */
};

static int
read_section(struct ini *s)
{
	struct cursor *c = &s->c;
	const char *from = ++c->p, *to;
	int r;

	skip_remark(c);
	to = memrchr(from, ']', (size_t)(c->p - from));
	if (to == NULL)
		return GV_EREFUSED;
	while (from < to && gv_ascii_is_blank(*from))
		from++;
	to = trim(from, to);
	s->path.depth = 0;
	if (from == to)
		return GV_EREFUSED;
	r = gv_configkeys_path_set(&s->path, from, (size_t)(to - from));
	return r < 0 ? r : gv_configkeys_path_enter(&s->path, 0, true);
}

/* "skip-networking": nothing is shown of it, and nothing secret looks so. */
static bool
is_switch(const struct cursor *name)
{
	const char *p;

	for (p = name->p; p < name->end; p++)
		if (!gv_ascii_is_lower(*p) && !gv_ascii_is_digit(*p) &&
		    *p != '-' && *p != '_')
			return false;
	return name->end - name->p <= WORD_MAX;
}

/* The lines below that are indented further go on with the value. */
static void
skip_value(struct ini *s)
{
	struct cursor *c = &s->c;
	struct cursor next;
	const char *line;

	for (;;) {
		skip_line(c);
		next = *c;
		skip_line_end(&next);
		line = next.p;
		skip_blanks(&next);
		if (is_line_end(&next) || (size_t)(next.p - line) <= s->indent)
			return;
		*c = next;
	}
}

static int
read_setting(struct ini *s, const char *line)
{
	struct cursor *c = &s->c;
	struct cursor name = *c;
	const char *value;

	s->indent = (size_t)(c->p - line);
	while (!is_line_end(c) && !gv_ascii_is_blank(*c->p) && *c->p != '=' &&
	    *c->p != ':') {
		if (strchr("\\\"'`", *c->p))
			return GV_EREFUSED;
		c->p++;
	}
	name.end = c->p;
	skip_blanks(c);
	if (is_line_end(c))
		return is_switch(&name) ? 0 : GV_EREFUSED;
	if (name.p == name.end || (*c->p != '=' && *c->p != ':'))
		return GV_EREFUSED;
	c->p++;
	skip_blanks(c);
	value = c->p;
	skip_value(s);
	return add(&s->path, c, name, value);
}

int
gv_configkeys_read_ini(struct gv_configkeys *out, const char *text, size_t len)
{
	struct ini s = { .path = { .out = out }, .c = begin(text, len) };
	const char *line;
	int r = 0;

	while (r == 0 && s.c.p < s.c.end) {
		line = s.c.p;
		skip_blanks(&s.c);
		if (s.c.p < s.c.end && strchr("#;!", *s.c.p))
			skip_remark(&s.c);
		else if (s.c.p < s.c.end && *s.c.p == '[')
			r = read_section(&s);
		else if (!is_line_end(&s.c))
			r = read_setting(&s, line);
		skip_line_end(&s.c);
	}
	gv_secret_release(&s.path.text);
	return r;
}
