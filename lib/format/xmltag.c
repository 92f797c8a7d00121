#include "format/xmltag.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/utf8.h"

void
gv_xmltag_init(struct gv_xmltag *x, const char *text, size_t len)
{
	memset(x, 0, sizeof(*x));
	x->p = text;
	x->end = text + len;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool
is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ':' ||
	    c == '.';
}

static size_t
name_len(const char *p, const char *end)
{
	const char *at = p;

	while (at < end && is_name(*at))
		at++;
	return (size_t)(at - p);
}

/* Behind the '>' that ends the tag; one in a quoted value ends nothing. */
static const char *
find_end(const char *p, const char *end)
{
	while (p && p < end && *p != '>') {
		if (*p == '"' || *p == '\'')
			p = memchr(p + 1, *p, (size_t)(end - p) - 1);
		p = p ? p + 1 : NULL;
	}
	return p && p < end ? p + 1 : NULL;
}

/* Behind a comment. */
static const char *
find_comment_end(const char *p, const char *end)
{
	const char *found = memmem(p, (size_t)(end - p), "-->", 3);

	return found ? found + 3 : NULL;
}

static void
take_tag(struct gv_xmltag *x, const char *p, const char *end)
{
	const char *next;

	x->is_end = *p == '/';
	x->name = p + x->is_end;
	x->name_len = name_len(x->name, end);
	x->attributes = x->name + x->name_len;
	x->attributes_len = (size_t)(end - 1 - x->attributes);
	x->p = x->text = end;
	next = end < x->end ? memchr(end, '<', (size_t)(x->end - end)) : NULL;
	x->text_len = (size_t)((next ? next : x->end) - end);
}

int
gv_xmltag_next(struct gv_xmltag *x)
{
	while (x->p < x->end) {
		const char *open = memchr(x->p, '<', (size_t)(x->end - x->p));
		const char *p = open ? open + 1 : x->end, *end;

		if (open == NULL) {
			x->p = x->end;
			break;
		}
		end = x->end - p >= 3 && memcmp(p, "!--", 3) == 0
		    ? find_comment_end(p + 3, x->end)
		    : find_end(p, x->end);
		if (end == NULL)
			return gv_err(GV_ECORRUPT, "an XML text ends early");
		if (*p != '!' && *p != '?') {
			take_tag(x, p, end);
			return x->name_len
			    ? 1
			    : gv_err(GV_ECORRUPT, "an XML tag has no name");
		}
		x->p = end;
	}
	return 0;
}

bool
gv_xmltag_is(const struct gv_xmltag *x, const char *name)
{
	return !x->is_end && x->name_len == strlen(name) &&
	    memcmp(x->name, name, x->name_len) == 0;
}

/* ---- text ---------------------------------------------------------------- */

/* The number of "#38" or "#x26", else 0. */
static uint32_t
number_of(const char *p, size_t len)
{
	const unsigned base = len > 1 && p[1] == 'x' ? 16 : 10;
	size_t i = base == 16 ? 2 : 1;
	uint32_t n = 0;

	for (; i < len; i++) {
		const char c = p[i];
		const unsigned digit = c >= '0' && c <= '9'
		    ? (unsigned)(c - '0')
		    : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
		    : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
					   : 16;

		if (digit >= base || n > 0x10ffff)
			return 0;
		n = n * base + digit;
	}
	return n;
}

static bool
add_entity(struct gv_buf *out, const char *p, size_t len)
{
	static const struct {
		const char *name;
		char c;
	} known[] = { { "amp", '&' }, { "apos", '\'' }, { "gt", '>' },
		{ "lt", '<' }, { "quot", '"' } };
	uint32_t number = len && *p == '#' ? number_of(p, len) : 0;
	char bytes[4];
	size_t i;

	if (number) {
		gv_buf_add(out, bytes, gv_utf8_put(bytes, number));
		return true;
	}
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].name) == len &&
		    memcmp(known[i].name, p, len) == 0) {
			gv_buf_addch(out, known[i].c);
			return true;
		}
	return false;
}

static bool
add_text(struct gv_buf *out, const char *p, size_t len)
{
	const char *end = p + len, *semicolon;

	while (p < end) {
		if (*p != '&') {
			gv_buf_addch(out, *p++);
			continue;
		}
		semicolon = memchr(p, ';', (size_t)(end - p));
		if (semicolon == NULL || semicolon - p > 10 ||
		    !add_entity(out, p + 1, (size_t)(semicolon - p) - 1))
			return false;
		p = semicolon + 1;
	}
	return !out->failed;
}

bool
gv_xmltag_get(struct gv_buf *out, const struct gv_xmltag *x, const char *name)
{
	const char *p = x->attributes, *end = p + x->attributes_len, *close;
	const size_t want = strlen(name);
	size_t n;

	while (p < end) {
		while (p < end && is_blank(*p))
			p++;
		n = name_len(p, end);
		if (n == 0 || end - p - (ptrdiff_t)n < 3 || p[n] != '=' ||
		    (p[n + 1] != '"' && p[n + 1] != '\''))
			return false;
		close = memchr(p + n + 2, p[n + 1], (size_t)(end - p) - n - 2);
		if (close == NULL)
			return false;
		if (n == want && memcmp(p, name, n) == 0)
			return add_text(
			    out, p + n + 2, (size_t)(close - p) - n - 2);
		p = close + 1;
	}
	return false;
}

bool
gv_xmltag_text(struct gv_buf *out, const struct gv_xmltag *x)
{
	return add_text(out, x->text, x->text_len);
}
