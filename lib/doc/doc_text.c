#include "doc/doc_internal.h"

#include "base/utf8.h"
#include "format/jsontext.h"

/*
 * What a text says. YAML's are folded and indented by rules of their own, in
 * doc_yaml_text.c; HCL's are in doc_hcl_text.c.
 */

uint32_t
gv_doc_hex(const char *p, size_t n, size_t *used)
{
	uint32_t value = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		char c = p[i];

		if (gv_doc_is_digit(c))
			value = value << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint32_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			value = value << 4 | (uint32_t)(c - 'A' + 10);
		else
			break;
	}
	*used = i;
	return value;
}

static size_t
copy(char *out, const char *p, size_t len)
{
	memmove(out, p, len);
	return len;
}

/* Remove the quotes of a style, `n` at each end. */
static void
unquote(const char **p, size_t *len, size_t n)
{
	if (*len >= 2 * n) {
		*p += n;
		*len -= 2 * n;
	}
}

/* ---- escapes of env files, TOML and properties --------------------------- */

/* The character of an escape without digits, or 0. */
static char
simple_escape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case '"':
	case '\\':
		return c;
	default:
		return '\0';
	}
}

/* An escape whose backslash is at *i; *i is moved behind it. */
static size_t
decode_escape(char *out, const char *p, size_t len, size_t *i)
{
	const char c = *i + 1 < len ? p[*i + 1] : '\0';
	const size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : c == 'x' ? 2 : 0;
	size_t used = 0;
	uint32_t value = 0;

	if (digits && len - *i - 2 >= digits)
		value = gv_doc_hex(p + *i + 2, digits, &used);
	if (digits && used == digits) {
		*i += 2 + digits;
		return gv_utf8_put(out, value);
	}
	*i += c ? 2 : 1;
	if (simple_escape(c)) {
		*out = simple_escape(c);
		return 1;
	}
	out[0] = '\\';
	out[1] = c;
	return c ? 2 : 1;
}

/* A backslash at the end of a line: the line goes on behind the blanks of the
 * next one. */
static bool
skip_line_end(const char *p, size_t len, size_t *i)
{
	size_t at = *i + 1;

	while (at < len && (gv_doc_is_blank(p[at]) || p[at] == '\r'))
		at++;
	if (at == len || p[at] != '\n')
		return false;
	while (at < len && gv_doc_is_space(p[at]))
		at++;
	*i = at;
	return true;
}

static size_t
decode_escapes(char *out, const char *p, size_t len)
{
	size_t i = 0, n = 0;

	while (i < len) {
		if (p[i] != '\\')
			out[n++] = p[i++];
		else if (!skip_line_end(p, len, &i))
			n += decode_escape(out + n, p, len, &i);
	}
	return n;
}

/* A text of several lines of TOML: a newline right behind the quotes is no part
 * of it. */
static size_t
decode_triple(char *out, const char *p, size_t len, bool has_escapes)
{
	unquote(&p, &len, 3);
	if (len && p[0] == '\r' && len > 1 && p[1] == '\n') {
		p += 2;
		len -= 2;
	} else if (len && p[0] == '\n') {
		p++;
		len--;
	}
	return has_escapes ? decode_escapes(out, p, len) : copy(out, p, len);
}

/* In a properties file any other escaped character stands for itself. */
static size_t
decode_property(char *out, const char *p, size_t len)
{
	size_t i = 0, n = 0, used;

	while (i < len) {
		if (p[i] != '\\' || i + 1 == len) {
			out[n++] = p[i++];
		} else if (skip_line_end(p, len, &i)) {
			;
		} else if (p[i + 1] == 'u' && len - i >= 6) {
			n += gv_utf8_put(
			    out + n, gv_doc_hex(p + i + 2, 4, &used));
			i += 2 + used;
		} else {
			char c = simple_escape(p[i + 1]);

			out[n++] = c && c != '\b' ? c : p[i + 1];
			i += 2;
		}
	}
	return n;
}

/* ---- entities of XML ----------------------------------------------------- */

static uint32_t
read_entity(const char *p, size_t len, size_t *used)
{
	static const struct {
		const char *name;
		uint32_t c;
	} names[] = { { "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' },
		{ "&quot;", '"' }, { "&apos;", '\'' } };
	uint32_t c = 0;
	size_t i, n;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i].name);
		if (len >= n && memcmp(p, names[i].name, n) == 0) {
			*used = n;
			return names[i].c;
		}
	}
	*used = 1;
	if (len < 4 || p[1] != '#')
		return '&';
	if (p[2] == 'x') {
		c = gv_doc_hex(p + 3, len - 3 < 6 ? len - 3 : 6, &n);
		i = 3 + n;
	} else {
		for (i = 2; i < len && i < 9 && gv_doc_is_digit(p[i]); i++)
			c = c * 10 + (uint32_t)(p[i] - '0');
	}
	if (c == 0 || i == len || p[i] != ';')
		return '&';
	*used = i + 1;
	return c;
}

static size_t
decode_xml(char *out, const char *p, size_t len)
{
	static const char cdata[] = "<![CDATA[";
	size_t i = 0, n = 0, used;

	if (len >= 12 && memcmp(p, cdata, 9) == 0)
		return copy(out, p + 9, len - 12);
	while (i < len) {
		if (p[i] != '&') {
			out[n++] = p[i++];
			continue;
		}
		n += gv_utf8_put(out + n, read_entity(p + i, len - i, &used));
		i += used;
	}
	return n;
}

/* ---- by format ----------------------------------------------------------- */

static size_t
decode_quoted(char *out, enum gv_doc_format format, enum gv_doc_style style,
    const char *p, size_t len)
{
	switch (style) {
	case GV_DOC_STYLE_DOUBLE:
		unquote(&p, &len, 1);
		return format == GV_DOC_FORMAT_XML
		    ? decode_xml(out, p, len)
		    : decode_escapes(out, p, len);
	case GV_DOC_STYLE_SINGLE:
		unquote(&p, &len, 1);
		return format == GV_DOC_FORMAT_XML ? decode_xml(out, p, len)
						   : copy(out, p, len);
	case GV_DOC_STYLE_TRIPLE:
		return decode_triple(out, p, len, true);
	case GV_DOC_STYLE_TRIPLE_SINGLE:
		return decode_triple(out, p, len, false);
	default:
		break;
	}
	if (format == GV_DOC_FORMAT_PROPERTIES)
		return decode_property(out, p, len);
	return format == GV_DOC_FORMAT_XML ? decode_xml(out, p, len)
					   : copy(out, p, len);
}

size_t
gv_doc_decode(char *out, const struct gv_doc *doc, enum gv_doc_style style,
    const char *p, size_t len)
{
	switch (doc->format) {
	case GV_DOC_FORMAT_JSON:
	case GV_DOC_FORMAT_HCL_JSON:
		if (style != GV_DOC_STYLE_DOUBLE)
			return copy(out, p, len);
		unquote(&p, &len, 1);
		return gv_jsontext_decode(out, p, len);
	case GV_DOC_FORMAT_YAML:
	case GV_DOC_FORMAT_TEMPLATE:
	case GV_DOC_FORMAT_COMPOSE:
		return gv_doc_decode_yaml(out, doc, style, p, len);
	case GV_DOC_FORMAT_HCL:
		return gv_doc_decode_hcl(out, style, p, len);
	default:
		return decode_quoted(out, doc->format, style, p, len);
	}
}
