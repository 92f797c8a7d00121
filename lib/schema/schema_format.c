#include "schema/schema_internal.h"

#include <string.h>

#include "base/utf8.h"
#include "schema/uri.h"

/*
 * Texts with a form: names of hosts and mail, addresses, identifiers, pointers.
 * Dates and times are in schema_format_time.c, URIs in uri.c. Punycode is not
 * decoded, and the letters of international names are not looked at one by one.
 */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* ---- hosts and mail ------------------------------------------------------ */

static bool
is_label(const char *p, size_t len, bool is_international)
{
	size_t i;

	if (len == 0 || len > 63 || p[0] == '-' || p[len - 1] == '-')
		return false;
	if (len >= 4 && p[2] == '-' && p[3] == '-' && (p[0] | 0x20) != 'x')
		return false;
	for (i = 0; i < len; i++)
		if (!is_alnum(p[i]) && p[i] != '-' &&
		    !(is_international && (unsigned char)p[i] >= 0x80))
			return false;
	return true;
}

/* The length of a dot: also those of other scripts, which names of hosts may
 * be written with. */
static size_t
dot(const char *p, size_t len, bool is_international)
{
	static const char *const dots[] = { "\xe3\x80\x82", "\xef\xbc\x8e",
		"\xef\xbd\xa1" };
	size_t i;

	if (*p == '.')
		return 1;
	for (i = 0; is_international && len >= 3 && i < 3; i++)
		if (memcmp(p, dots[i], 3) == 0)
			return 3;
	return 0;
}

static bool
is_host(const char *p, size_t len, bool is_international)
{
	size_t from = 0, i = 0, n;

	if (len == 0 || len > 253)
		return false;
	while (i < len) {
		n = dot(p + i, len - i, is_international);
		if (n && !is_label(p + from, i - from, is_international))
			return false;
		i += n ? n : 1;
		if (n)
			from = i;
	}
	return is_label(p + from, len - from, is_international);
}

static bool
is_hostname(const char *p, size_t len)
{
	return is_host(p, len, false);
}

static bool
is_idn_hostname(const char *p, size_t len)
{
	return is_host(p, len, true);
}

static bool
is_local_part(const char *p, size_t len, bool is_international)
{
	size_t i;

	if (len >= 2 && p[0] == '"' && p[len - 1] == '"') {
		for (i = 1; i + 1 < len; i++)
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"' || (unsigned char)p[i] < ' ')
				return false;
		return i + 1 == len;
	}
	if (len == 0 || p[0] == '.' || p[len - 1] == '.')
		return false;
	for (i = 0; i < len; i++)
		if (p[i] == '.' ? p[i + 1] == '.'
				: !is_alnum(p[i]) &&
			    (p[i] == '\0' ||
				strchr("!#$%&'*+-/=?^_`{|}~", p[i]) == NULL) &&
			    !(is_international && (unsigned char)p[i] >= 0x80))
			return false;
	return true;
}

static bool
is_mail(const char *p, size_t len, bool is_international)
{
	size_t at = len, n;

	while (at && p[at - 1] != '@')
		at--;
	if (at == 0 || !is_local_part(p, at - 1, is_international))
		return false;
	n = len - at;
	p += at;
	if (n > 2 && p[0] == '[' && p[n - 1] == ']') {
		if (n > 7 && memcmp(p, "[IPv6:", 6) == 0)
			return gv_uri_is_v6(p + 6, n - 7);
		return gv_uri_is_v4(p + 1, n - 2);
	}
	return is_host(p, n, is_international);
}

static bool
is_email(const char *p, size_t len)
{
	return is_mail(p, len, false);
}

static bool
is_idn_email(const char *p, size_t len)
{
	return is_mail(p, len, true);
}

/* ---- identifiers and pointers -------------------------------------------- */

static bool
is_uuid(const char *p, size_t len)
{
	size_t i;

	if (len != 36)
		return false;
	for (i = 0; i < len; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? p[i] != '-'
							    : !is_hex(p[i]))
			return false;
	return true;
}

static bool
is_pointer(const char *p, size_t len)
{
	size_t i;

	if (len && *p != '/')
		return false;
	for (i = 0; i < len; i++)
		if (p[i] == '~' &&
		    (i + 1 == len || (p[i + 1] != '0' && p[i + 1] != '1')))
			return false;
	return true;
}

static bool
is_relative_pointer(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && is_digit(p[i]); i++)
		;
	if (i == 0 || (i > 1 && *p == '0'))
		return false;
	if (len - i == 1 && p[i] == '#')
		return true;
	return is_pointer(p + i, len - i);
}

static bool
is_uri(const char *p, size_t len)
{
	return gv_uri_is_valid(p, len, false, false);
}

static bool
is_uri_reference(const char *p, size_t len)
{
	return gv_uri_is_valid(p, len, true, false);
}

static bool
is_iri(const char *p, size_t len)
{
	return gv_uri_is_valid(p, len, false, true);
}

static bool
is_iri_reference(const char *p, size_t len)
{
	return gv_uri_is_valid(p, len, true, true);
}

/* ---- templates of URIs --------------------------------------------------- */

/* One variable of an expression of RFC 6570: a name, and how it is cut. */
static bool
is_variable(const char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && p[i] != ':' && p[i] != '*'; i++)
		if (p[i] == '%') {
			if (len - i < 3 || !is_hex(p[i + 1]) ||
			    !is_hex(p[i + 2]))
				return false;
			i += 2;
		} else if (!is_alnum(p[i]) && p[i] != '_' &&
		    (p[i] != '.' || (i && p[i - 1] == '.'))) {
			return false;
		}
	if (i == 0 || p[0] == '.' || p[i - 1] == '.')
		return false;
	if (i == len || (p[i] == '*' && i + 1 == len))
		return true;
	if (p[i] != ':' || len - i < 2 || len - i > 5 || p[i + 1] == '0')
		return false;
	for (i++; i < len; i++)
		if (!is_digit(p[i]))
			return false;
	return true;
}

static bool
is_expression(const char *p, size_t len)
{
	size_t n;

	if (len && strchr("+#./;?&=,!@|", *p)) {
		p++;
		len--;
	}
	for (;;) {
		for (n = 0; n < len && p[n] != ','; n++)
			;
		if (!is_variable(p, n))
			return false;
		if (n == len)
			return true;
		p += n + 1;
		len -= n + 1;
	}
}

static bool
is_uri_template(const char *p, size_t len)
{
	const char *close;
	size_t i;

	for (i = 0; i < len; i++) {
		if (p[i] == '{') {
			close = memchr(p + i, '}', len - i);
			if (close == NULL ||
			    !is_expression(
				p + i + 1, (size_t)(close - p) - i - 1))
				return false;
			i = (size_t)(close - p);
		} else if ((unsigned char)p[i] <= ' ' || p[i] == 0x7f ||
		    strchr("\"<>\\^`|}", p[i])) {
			return false;
		}
	}
	return true;
}

static bool
is_regex(const char *p, size_t len)
{
	struct gv_pattern *pattern;
	enum gv_ecma_result result = GV_ECMA_OK;
	const char *why;

	if (gv_pattern_new(&pattern, p, len, &result, &why) == 0)
		gv_pattern_free(pattern);
	return result != GV_ECMA_INVALID;
}

/* ---- by name ------------------------------------------------------------- */

static const struct {
	const char *name;
	gv_schema_format_fn *is;
	bool is_common;
} formats[] = {
	{ "date", gv_schema_is_date, true },
	{ "date-time", gv_schema_is_date_time, true },
	{ "duration", gv_schema_is_duration, false },
	{ "email", is_email, true },
	{ "hostname", is_hostname, true },
	{ "idn-email", is_idn_email, false },
	{ "idn-hostname", is_idn_hostname, false },
	{ "ipv4", gv_uri_is_v4, true },
	{ "ipv6", gv_uri_is_v6, true },
	{ "iri", is_iri, false },
	{ "iri-reference", is_iri_reference, false },
	{ "json-pointer", is_pointer, false },
	{ "regex", is_regex, true },
	{ "relative-json-pointer", is_relative_pointer, false },
	{ "time", gv_schema_is_time, false },
	{ "uri", is_uri, true },
	{ "uri-reference", is_uri_reference, false },
	{ "uri-template", is_uri_template, false },
	{ "uuid", is_uuid, true },
};

gv_schema_format_fn *
gv_schema_format_of(const char *name, size_t len, enum gv_schema_formats which)
{
	size_t i;

	if (which == GV_SCHEMA_FORMATS_NONE)
		return NULL;
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (strlen(formats[i].name) == len &&
		    memcmp(formats[i].name, name, len) == 0)
			return which == GV_SCHEMA_FORMATS_ALL ||
				formats[i].is_common
			    ? formats[i].is
			    : NULL;
	return NULL;
}
