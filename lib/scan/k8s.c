#include "scan/k8s.h"

#include <string.h>

#include "lex/ascii.h"
#include "lex/seek.h"

struct doc {
	const char *text;
	size_t from, to; /* the document, or what may be seen of it */
	size_t kind;
	size_t end; /* behind what has been read */
	gv_k8s_fn fn;
	void *ctx;
};

static size_t
line_end(const struct doc *d, size_t at)
{
	return at < d->to ? gv_seek(d->text, at, d->to, '\n') : at;
}

static size_t
line_start(const struct doc *d, size_t at)
{
	while (at > d->from && d->text[at - 1] != '\n')
		at--;
	return at;
}

/* --- YAML --- */

static bool
is_separator(const struct doc *d, size_t at)
{
	return d->to - at >= 3 && memcmp(d->text + at, "---", 3) == 0;
}

/* Columns before the first key; the "- " of a list's item counts. */
static size_t
indent_of(const struct doc *d, size_t at)
{
	size_t from = at;

	while (at < d->to && gv_ascii_is_blank(d->text[at]))
		at++;
	if (at + 1 < d->to && d->text[at] == '-' &&
	    gv_ascii_is_blank(d->text[at + 1]))
		at += 2;
	while (at < d->to && gv_ascii_is_blank(d->text[at]))
		at++;
	return at - from;
}

static bool
is_item(const struct doc *d, size_t at)
{
	while (at < d->to && gv_ascii_is_blank(d->text[at]))
		at++;
	return at + 1 < d->to && d->text[at] == '-' &&
	    gv_ascii_is_blank(d->text[at + 1]);
}

static bool
is_empty_line(const struct doc *d, size_t at)
{
	while (at < d->to && gv_ascii_is_blank(d->text[at]))
		at++;
	return at >= d->to || gv_ascii_is_eol(d->text[at]) ||
	    d->text[at] == '#';
}

/* "name: value" at the key that stands at `at`; false for another line. */
static bool
read_line(const struct doc *d, size_t at, struct gv_k8s_value *v)
{
	size_t end = line_end(d, at), i = at;
	char quote = '\0';

	while (i < end && d->text[i] != ':')
		i++;
	if (i == end || i == at)
		return false;
	v->name = at;
	v->name_len = i - at;
	for (i++; i < end && gv_ascii_is_blank(d->text[i]); i++)
		;
	if (i < end && (d->text[i] == '"' || d->text[i] == '\''))
		quote = d->text[i++];
	v->value = i;
	while (i < end && d->text[i] != quote &&
	    !(quote == '\0' &&
		(gv_ascii_is_eol(d->text[i]) ||
		    (d->text[i] == '#' && gv_ascii_is_blank(d->text[i - 1])))))
		i++;
	while (
	    quote == '\0' && i > v->value && gv_ascii_is_blank(d->text[i - 1]))
		i--;
	v->value_len = i - v->value;
	return true;
}

/* A block scalar: its lines; `at` is behind the line of its key. */
static size_t
read_block(
    const struct doc *d, size_t at, size_t indent, struct gv_k8s_value *v)
{
	size_t to = at < d->to ? at : d->to;

	while (
	    at < d->to && (is_empty_line(d, at) || indent_of(d, at) > indent)) {
		size_t end = line_end(d, at);

		if (!is_empty_line(d, at))
			to = end;
		at = end + 1;
	}
	v->value += v->value_len; /* past '|' and its like */
	while (v->value < to &&
	    (gv_ascii_is_blank(d->text[v->value]) ||
		gv_ascii_is_eol(d->text[v->value])))
		v->value++;
	v->value_len = to > v->value ? to - v->value : 0;
	return at;
}

/* The lines under "data:", all that are indented further. */
static int
read_data(const struct doc *d, size_t at, size_t indent, bool is_encoded)
{
	int r = 0;

	while (r == 0 && at < d->to) {
		struct gv_k8s_value v = { .is_encoded = is_encoded };
		const bool is_empty = is_empty_line(d, at);
		size_t in = indent_of(d, at), next;

		if (!is_empty && in <= indent)
			break;
		next = line_end(d, at) + 1;
		if (!is_empty && read_line(d, at + in, &v)) {
			char ch = v.value_len ? d->text[v.value] : '\0';

			if (ch == '|' || ch == '>')
				next = read_block(d, next, in, &v);
			if (v.value_len)
				r = d->fn(d->ctx, &v);
		}
		at = next;
	}
	return r;
}

/* data: {name: value, "name": "value"}, on one line. */
static int
read_flow(const struct doc *d, size_t at, bool is_encoded)
{
	size_t end = line_end(d, at), n;
	int r = 0;

	while (r == 0 && at < end && d->text[at] != '}') {
		struct gv_k8s_value v = { .is_encoded = is_encoded };
		const char *p = d->text;

		if (gv_ascii_is_blank(p[at]) || strchr("{,\"'", p[at])) {
			at++;
			continue;
		}
		for (n = at; n < end && p[n] != ':'; n++)
			;
		v.name = at;
		v.name_len = n - at;
		for (n++; n < end &&
		     (gv_ascii_is_blank(p[n]) || p[n] == '"' || p[n] == '\'');
		     n++)
			;
		v.value = n;
		while (n < end && !strchr(",}\"'", p[n]))
			n++;
		v.value_len = n > v.value ? n - v.value : 0;
		if (v.value_len)
			r = d->fn(d->ctx, &v);
		at = n < end && p[n] != '}' ? n + 1 : n;
	}
	return r;
}

/* What "data:" is given, whose colon is at `at`: a map below or beside it. */
static int
read_map(const struct doc *d, size_t at, size_t indent, bool is_encoded)
{
	size_t end = line_end(d, at);

	for (at++; at < end && gv_ascii_is_blank(d->text[at]); at++)
		;
	return at < end && d->text[at] == '{'
	    ? read_flow(d, at, is_encoded)
	    : read_data(d, end + 1, indent, is_encoded);
}

static bool
is_key(const struct doc *d, size_t at, const char *key)
{
	size_t n;

	/* most begin with another letter */
	if (at == d->to || d->text[at] != *key)
		return false;
	n = strlen(key);
	return d->to - at > n && memcmp(d->text + at, key, n) == 0 &&
	    d->text[at + n] == ':';
}

/* From the first line of the object that "kind" is in to its last. */
static int
read_yaml(struct doc *d)
{
	size_t at = line_start(d, d->kind), indent = indent_of(d, at), prev;
	int r = 0;

	/* up to the separator, the parent, or the item's own first line */
	while (at > d->from && !is_item(d, at)) {
		prev = line_start(d, at - 1);
		if (is_separator(d, prev) ||
		    (!is_empty_line(d, prev) && indent_of(d, prev) < indent))
			break;
		at = prev;
	}
	for (; r == 0 && at < d->to && !is_separator(d, at);
	     at = line_end(d, at) + 1) {
		size_t in = indent_of(d, at);

		if (is_empty_line(d, at) || in > indent)
			continue;
		if (in < indent || (is_item(d, at) && at > d->kind))
			break;
		if (is_key(d, at + in, "data"))
			r = read_map(d, at + in + 4, in, true);
		else if (is_key(d, at + in, "stringData"))
			r = read_map(d, at + in + 10, in, false);
	}
	if (at > d->end)
		d->end = at < d->to ? at : d->to;
	return r;
}

/* --- JSON --- */

static size_t
skip_string(const struct doc *d, size_t at)
{
	for (at++; at < d->to && d->text[at] != '"'; at++)
		if (d->text[at] == '\\')
			at++;
	return at + 1;
}

/* The brace that opens the object around `at`; d->from where it is out of
 * sight. */
static size_t
opening(const struct doc *d, size_t at)
{
	int depth = 0;

	for (; at > d->from; at--) {
		char ch = d->text[at - 1];

		if (ch == '}')
			depth++;
		if (ch == '{' && depth-- == 0)
			return at - 1;
	}
	return d->from;
}

/* Past anything but a string: up to the comma or the brace behind it. */
static size_t
skip_expression(const struct doc *d, size_t at)
{
	while (at < d->to && d->text[at] != ',' && d->text[at] != '}')
		at = d->text[at] == '"' ? skip_string(d, at) : at + 1;
	return at;
}

static int
read_members(const struct doc *d, size_t at, bool is_encoded)
{
	int r = 0;

	while (r == 0 && at < d->to && d->text[at] != '}') {
		struct gv_k8s_value v = { .is_encoded = is_encoded };

		if (d->text[at] != '"') {
			at++;
			continue;
		}
		v.name = at + 1;
		at = skip_string(d, at);
		v.name_len = at - v.name - 1;
		/* what a program puts there instead of a string is skipped */
		while (at < d->to &&
		    (d->text[at] == ':' || gv_ascii_is_space(d->text[at])))
			at++;
		if (at < d->to && d->text[at] != '"')
			at = skip_expression(d, at);
		if (at >= d->to || d->text[at] != '"')
			continue;
		v.value = at + 1;
		at = skip_string(d, at);
		if (at > d->to)
			break;
		v.value_len = at - v.value - 1;
		if (v.value_len)
			r = d->fn(d->ctx, &v);
	}
	return r;
}

static int
read_json(struct doc *d)
{
	static const char data[] = "\"data\"", text[] = "\"stringData\"";
	size_t at = opening(d, d->kind) + 1;
	int depth = 0, r = 0;

	for (; r == 0 && at < d->to && depth >= 0; at++) {
		char ch = d->text[at];
		size_t from = at;

		depth += ch == '{';
		depth -= ch == '}';
		if (ch != '"')
			continue;
		at = skip_string(d, at) - 1;
		if (depth != 0 || at >= d->to)
			continue;
		if (at + 1 - from == sizeof(data) - 1 &&
		    memcmp(d->text + from, data, sizeof(data) - 1) == 0)
			r = read_members(d, at + 1, true);
		else if (at + 1 - from == sizeof(text) - 1 &&
		    memcmp(d->text + from, text, sizeof(text) - 1) == 0)
			r = read_members(d, at + 1, false);
	}
	if (at > d->end)
		d->end = at < d->to ? at : d->to;
	return r;
}

int
gv_k8s_secret(const char *text, size_t len, size_t from, size_t *at,
    gv_k8s_fn fn, void *ctx)
{
	struct doc d = { .text = text,
		.from = *at - from > GV_K8S_MAX ? *at - GV_K8S_MAX : from,
		.to = len - *at > GV_K8S_MAX ? *at + GV_K8S_MAX : len,
		.kind = *at,
		.end = *at + 1,
		.fn = fn,
		.ctx = ctx };
	int r = text[*at] == '"' ? read_json(&d) : read_yaml(&d);

	*at = d.end;
	return r;
}
