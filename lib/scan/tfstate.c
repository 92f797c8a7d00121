#include "scan/tfstate.h"

#include <stdbool.h>
#include <string.h>

#include "lex/ascii.h"

#define CANDIDATES 4  /* members of the name that are tried */
#define DEPTH      32 /* of lists and maps in a value */
#define DIGITS_MIN 4  /* of a number that is worth hiding */

struct doc {
	const char *text;
	size_t from, to; /* what may be seen */
	gv_tfstate_fn fn;
	void *ctx;
};

static size_t
skip_blanks(const struct doc *d, size_t at)
{
	while (at < d->to && gv_ascii_is_space(d->text[at]))
		at++;
	return at;
}

/* Behind the string that begins at `at`; d->to where it does not end. */
static size_t
skip_string(const struct doc *d, size_t at)
{
	for (at++; at < d->to && d->text[at] != '"'; at++)
		if (d->text[at] == '\\')
			at++;
	return at < d->to ? at + 1 : d->to;
}

/* Behind a value of any kind. */
static size_t
skip_value(const struct doc *d, size_t at)
{
	size_t depth = 0;

	for (; at < d->to; at++) {
		char ch = d->text[at];

		if (ch == '"') {
			at = skip_string(d, at) - 1;
		} else if (ch == '{' || ch == '[') {
			depth++;
			continue;
		} else if (ch == '}' || ch == ']') {
			if (depth == 0)
				return at;
			depth--;
		} else if (ch == ',' && depth == 0) {
			return at;
		} else {
			continue;
		}
		if (depth == 0)
			return at < d->to ? at + 1 : d->to;
	}
	return d->to;
}

/* One member of an object. */
struct member {
	size_t name, name_len;
	size_t value, end;
};

/* The member at or behind `at`: false where there is none any more. */
static bool
next_member(struct member *m, const struct doc *d, size_t at)
{
	at = skip_blanks(d, at);
	if (at < d->to && d->text[at] == ',')
		at = skip_blanks(d, at + 1);
	if (at >= d->to || d->text[at] != '"')
		return false;
	m->name = at + 1;
	at = skip_string(d, at);
	m->name_len = at - m->name - 1;
	at = skip_blanks(d, at);
	if (at >= d->to || d->text[at] != ':')
		return false;
	m->value = skip_blanks(d, at + 1);
	m->end = skip_value(d, m->value);
	return m->value < d->to;
}

static bool
is_named(
    const struct doc *d, const struct member *m, const char *name, size_t len)
{
	return m->name_len == len && memcmp(d->text + m->name, name, len) == 0;
}

/* Whether the members behind one lead to the mark: then it is beside it. */
static bool
is_beside(const struct doc *d, const struct member *m, size_t mark)
{
	struct member next = *m;

	while (next.end < mark && next_member(&next, d, next.end))
		if (next.name == mark + 1)
			return true;
	return false;
}

/* The member of this name that stands before the mark, beside it. */
static bool
find_before(
    struct member *m, const struct doc *d, size_t mark, const char *quoted)
{
	size_t len = strlen(quoted), at = mark, tries = 0;

	while (at > d->from && tries < CANDIDATES) {
		at--;
		if (d->text[at] != '"' || mark - at < len ||
		    memcmp(d->text + at, quoted, len) != 0)
			continue;
		tries++;
		if (next_member(m, d, at) && is_beside(d, m, mark))
			return true;
	}
	return false;
}

static bool
find_behind(struct member *m, const struct doc *d, size_t at, const char *name)
{
	while (next_member(m, d, at)) {
		if (is_named(d, m, name, strlen(name)))
			return true;
		at = m->end;
	}
	return false;
}

/* --- values --- */

/* Each text in a value, under the nearest name. */
static int
tell(const struct doc *d, const struct member *m, unsigned depth)
{
	struct gv_tfstate_value v = { m->name, m->name_len, m->value + 1, 0 };
	char ch = d->text[m->value];
	struct member in = *m;
	size_t at = m->value + 1;
	int r = 0;

	if (ch == '"') {
		if (m->end < m->value + 2 || d->text[m->end - 1] != '"')
			return 0;
		v.value_len = m->end - m->value - 2;
		return v.value_len ? d->fn(d->ctx, &v) : 0;
	}
	if (gv_ascii_is_digit(ch) || ch == '-') {
		v.value = m->value;
		v.value_len = m->end - m->value;
		while (gv_ascii_is_space(d->text[v.value + v.value_len - 1]))
			v.value_len--;
		return v.value_len >= DIGITS_MIN ? d->fn(d->ctx, &v) : 0;
	}
	if (depth == DEPTH)
		return 0;
	if (ch == '{') {
		while (r == 0 && next_member(&in, d, at)) {
			r = tell(d, &in, depth + 1);
			at = in.end;
		}
	} else if (ch == '[') {
		for (at = skip_blanks(d, at);
		     r == 0 && at < d->to && d->text[at] != ']';
		     at = skip_blanks(d, at + (d->text[at] == ','))) {
			in.value = at;
			in.end = skip_value(d, at);
			if (in.end == at)
				break;
			r = tell(d, &in, depth + 1);
			at = in.end;
			if (at >= d->to)
				break;
		}
	}
	return r;
}

/* --- paths --- */

/* What one step names: a text, or a number in digits. */
static bool
read_step(size_t *name, size_t *len, const struct doc *d, size_t at)
{
	struct member m;

	if (!find_behind(&m, d, at + 1, "value"))
		return false;
	/* {"type": "index", "value": {"value": 0, "type": "number"}} */
	if (d->text[m.value] == '{' &&
	    !find_behind(&m, d, m.value + 1, "value"))
		return false;
	*name = m.value;
	*len = m.end - m.value;
	while (*len && gv_ascii_is_space(d->text[*name + *len - 1]))
		--*len;
	if (*len > 1 && d->text[*name] == '"') {
		++*name;
		*len -= 2;
	}
	return *len > 0;
}

static bool
find_element(
    struct member *m, const struct doc *d, const char *digits, size_t len)
{
	size_t n = 0, at = skip_blanks(d, m->value + 1);

	for (; len && gv_ascii_is_digit(*digits) && n < 100000; len--)
		n = n * 10 + (size_t)(*digits++ - '0');
	for (; len == 0 && at < d->to && d->text[at] != ']'; n--) {
		m->value = at;
		m->end = skip_value(d, at);
		if (n == 0)
			return true;
		at = skip_blanks(d, m->end);
		if (at >= d->to || d->text[at] != ',')
			return false;
		at = skip_blanks(d, at + 1);
	}
	return false;
}

/* From the attributes to where the path at `at` leads; *end is behind it. */
static bool
follow(struct member *m, size_t *end, const struct doc *d, size_t at)
{
	size_t name, len;
	bool is = true;

	*end = skip_value(d, at);
	at = skip_blanks(d, at + 1);
	while (is && at < *end && d->text[at] == '{') {
		struct member in;
		size_t from = m->value + 1;

		is = read_step(&name, &len, d, at);
		if (is && d->text[m->value] == '[') {
			is = find_element(m, d, d->text + name, len);
		} else if (is && d->text[m->value] == '{') {
			is = false;
			while (!is && next_member(&in, d, from)) {
				is = is_named(d, &in, d->text + name, len);
				from = in.end;
			}
			if (is)
				*m = in;
		} else {
			is = false;
		}
		at = skip_blanks(d, skip_value(d, at));
		if (at < *end && d->text[at] == ',')
			at = skip_blanks(d, at + 1);
	}
	return is;
}

static int
read_attributes(struct doc *d, const struct member *list, size_t mark)
{
	struct member all, m;
	size_t at = skip_blanks(d, list->value + 1), end;
	int r = 0;

	if (d->text[list->value] != '[' || at >= list->end ||
	    d->text[at] != '[' || !find_before(&all, d, mark, "\"attributes\""))
		return 0;
	while (r == 0 && at < list->end && d->text[at] == '[') {
		m = all;
		if (follow(&m, &end, d, at))
			r = tell(d, &m, 0);
		at = skip_blanks(d, end);
		if (at < list->end && d->text[at] == ',')
			at = skip_blanks(d, at + 1);
	}
	return r;
}

static int
read_output(struct doc *d, size_t *at, size_t mark)
{
	struct member m;
	bool is = find_before(&m, d, mark, "\"value\"");

	while (!is && next_member(&m, d, *at)) {
		is = is_named(d, &m, "value", 5);
		*at = m.end;
	}
	return is ? tell(d, &m, 0) : 0;
}

int
gv_tfstate_marked(const char *text, size_t len, size_t from, size_t *at,
    gv_tfstate_fn fn, void *ctx)
{
	size_t mark = *at, value;
	struct doc d = { .text = text,
		.from = mark > GV_TFSTATE_MAX ? mark - GV_TFSTATE_MAX : 0,
		.to = len - mark > GV_TFSTATE_MAX ? mark + GV_TFSTATE_MAX : len,
		.fn = fn,
		.ctx = ctx };
	struct member m;

	if (d.from < from)
		d.from = from;
	value = skip_blanks(&d, skip_string(&d, mark));
	*at = mark + 1;
	if (value >= d.to || d.text[value] != ':')
		return 0;
	value = skip_blanks(&d, value + 1);
	if (d.to - value < 4)
		return 0;
	if (memcmp(text + value, "true", 4) == 0) {
		*at = value + 4;
		return read_output(&d, at, mark);
	}
	if (text[value] != '[' || !next_member(&m, &d, mark))
		return 0;
	*at = m.end;
	return read_attributes(&d, &m, mark);
}
