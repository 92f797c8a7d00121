#include <string.h>

#include "base/buf.h"
#include "doc/doc_internal.h"

/*
 * How a new value is written, so that all programs that read such a file take
 * it for the same.
 */

void
gv_doc_add_escaped(struct gv_buf *out, const char *text, bool is_hcl)
{
	const char *p;

	gv_buf_addch(out, '"');
	for (p = text; *p; p++) {
		const unsigned char c = (unsigned char)*p;

		if (c == '"' || c == '\\')
			gv_buf_addf(out, "\\%c", c);
		else if (c == '\n')
			gv_buf_addstr(out, "\\n");
		else if (c == '\t')
			gv_buf_addstr(out, "\\t");
		else if (c < 0x20)
			gv_buf_addf(out, "\\u%04x", c);
		else if (is_hcl && (c == '$' || c == '%') && p[1] == '{')
			gv_buf_addf(out, "%c%c", c, c);
		else
			gv_buf_addch(out, (char)c);
	}
	gv_buf_addch(out, '"');
}

static void
add_single(struct gv_buf *out, const char *text)
{
	gv_buf_addch(out, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			gv_buf_addch(out, '\'');
		gv_buf_addch(out, *text);
	}
	gv_buf_addch(out, '\'');
}

/* ---- .env ---------------------------------------------------------------- */

/* Shells, systemd and docker take single quotes as they are; where the text has
 * one itself, double quotes, with a backslash before what a shell would do. */
static void
add_env(struct gv_buf *out, const char *text, uint8_t style, bool is_quoted)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP"
				    "QRSTUVWXYZ0123456789_./:@%+=,-";
	const bool is_safe = text[strspn(text, plain)] == '\0';

	if (is_safe && !is_quoted && style == GV_DOC_STYLE_PLAIN) {
		gv_buf_addstr(out, text);
	} else if (strchr(text, '\'') == NULL &&
	    !(is_safe && style == GV_DOC_STYLE_DOUBLE)) {
		gv_buf_addf(out, "'%s'", text);
	} else {
		gv_buf_addch(out, '"');
		for (; *text; text++) {
			if (strchr("\"\\$`", *text))
				gv_buf_addch(out, '\\');
			gv_buf_addch(out, *text);
		}
		gv_buf_addch(out, '"');
	}
}

/* ---- YAML ---------------------------------------------------------------- */

static bool
is_date(const char *p)
{
	return strspn(p, "0123456789") == 4 && p[4] == '-' &&
	    strspn(p + 5, "0123456789") > 0;
}

/* Whether readers of YAML 1.1 take a text, without quotes, for something else:
 * a number to the base of 60, or with '_' in it, a date, y and n; or all of
 * them for nothing. */
static bool
is_doubtful(const char *p)
{
	const char *digits = p + strspn(p, "+-");

	if (*p == '\0' || (strchr("yYnN", *p) && p[1] == '\0') || is_date(p))
		return true;
	return *digits >= '0' && *digits <= '9' &&
	    digits[strspn(digits, "0123456789_:.")] == '\0' &&
	    strpbrk(digits, "_:");
}

/* ---- all ----------------------------------------------------------------- */

void
gv_doc_add_value(struct gv_buf *out, const struct gv_doc *doc, uint8_t style,
    const char *text, bool is_quoted)
{
	const bool is_hcl = doc->format == GV_DOC_FORMAT_HCL ||
	    doc->format == GV_DOC_FORMAT_HCL_JSON;
	const bool is_yaml = doc->format == GV_DOC_FORMAT_YAML ||
	    doc->format == GV_DOC_FORMAT_COMPOSE ||
	    doc->format == GV_DOC_FORMAT_TEMPLATE;

	if (doc->format == GV_DOC_FORMAT_ENV)
		add_env(out, text, style, is_quoted);
	else if (is_quoted)
		gv_doc_add_escaped(out, text, is_hcl);
	else if (style == GV_DOC_STYLE_SINGLE)
		add_single(out, text);
	else if (style == GV_DOC_STYLE_DOUBLE || (is_yaml && is_doubtful(text)))
		gv_doc_add_escaped(out, text, is_hcl);
	else
		gv_buf_addstr(out, text);
}

void
gv_doc_add_line_end(struct gv_buf *out, const struct gv_doc *doc)
{
	const char *end = memchr(doc->text, '\n', doc->len);

	gv_buf_addstr(
	    out, end && end > doc->text && end[-1] == '\r' ? "\r\n" : "\n");
}
