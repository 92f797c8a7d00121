#include "drift/measure.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 64 /* bytes of a text that measures anything */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- numbers ------------------------------------------------------------- */

/* The decimal number that begins at `p`: its length, or 0. */
static size_t
take_number(double *out, const char *p, size_t len)
{
	char text[TEXT_MAX + 1];
	size_t i = 0, digits = 0;

	if (len > TEXT_MAX)
		return 0;
	if (i < len && (p[i] == '-' || p[i] == '+'))
		i++;
	for (; i < len && is_digit(p[i]); i++)
		digits++;
	if (i + 1 < len && p[i] == '.' && is_digit(p[i + 1]))
		for (i++; i < len && is_digit(p[i]); i++)
			digits++;
	if (digits == 0)
		return 0;
	memcpy(text, p, i);
	text[i] = '\0';
	*out = strtod(text, NULL);
	return i;
}

bool
gv_measure_number(double *out, const char *p, size_t len)
{
	return len > 0 && take_number(out, p, len) == len;
}

struct unit {
	const char *name;
	double factor;
};

static bool
is_unit(double *factor, const struct unit *units, const char *p, size_t len)
{
	for (; units->name; units++)
		if (strlen(units->name) == len &&
		    memcmp(units->name, p, len) == 0) {
			*factor = units->factor;
			return true;
		}
	return false;
}

bool
gv_measure_quantity(double *out, bool *has_unit, const char *p, size_t len)
{
	static const struct unit units[] = { { "n", 1e-9 }, { "u", 1e-6 },
		{ "m", 1e-3 }, { "k", 1e3 }, { "K", 1e3 }, { "M", 1e6 },
		{ "G", 1e9 }, { "T", 1e12 }, { "P", 1e15 }, { "E", 1e18 },
		{ "Ki", 1024 }, { "Mi", 1048576 }, { "Gi", 1073741824 },
		{ "Ti", 1099511627776 }, { "Pi", 1125899906842624 },
		{ "KB", 1e3 }, { "kB", 1e3 }, { "MB", 1e6 }, { "GB", 1e9 },
		{ "TB", 1e12 }, { "KiB", 1024 }, { "MiB", 1048576 },
		{ "GiB", 1073741824 }, { "TiB", 1099511627776 }, { NULL, 0 } };
	double number, factor = 1;
	size_t n = take_number(&number, p, len);

	if (n == 0)
		return false;
	*has_unit = n < len;
	while (n < len && p[n] == ' ')
		n++;
	if (n < len && !is_unit(&factor, units, p + n, len - n))
		return false;
	*out = number * factor;
	return true;
}

bool
gv_measure_is_bytes(const char *p, size_t len)
{
	double number;
	bool has_unit;

	return len > 1 && (p[len - 1] == 'B' || p[len - 1] == 'i') &&
	    gv_measure_quantity(&number, &has_unit, p, len);
}

bool
gv_measure_is_network(const char *p, size_t len)
{
	size_t i, dots = 0, digits = 0;

	for (i = 0; i < len && p[i] != '/'; i++) {
		if (p[i] == '.' && digits > 0 && digits <= 3) {
			dots++;
			digits = 0;
		} else if (is_digit(p[i])) {
			digits++;
		} else {
			return false;
		}
	}
	if (dots != 3 || digits == 0 || digits > 3)
		return false;
	if (i == len)
		return true;
	for (digits = len - i - 1; ++i < len;)
		if (!is_digit(p[i]))
			return false;
	return digits == 1 || digits == 2;
}

bool
gv_measure_duration(double *out, const char *p, size_t len)
{
	static const struct unit units[] = { { "ns", 1e-9 }, { "us", 1e-6 },
		{ "ms", 1e-3 }, { "s", 1 }, { "sec", 1 }, { "m", 60 },
		{ "min", 60 }, { "h", 3600 }, { "d", 86400 }, { "w", 604800 },
		{ "second", 1 }, { "seconds", 1 }, { "minute", 60 },
		{ "minutes", 60 }, { "hour", 3600 }, { "hours", 3600 },
		{ "day", 86400 }, { "days", 86400 }, { NULL, 0 } };
	double number, factor, sum = 0;
	size_t at = 0, n, end;

	if (len == 0)
		return false;
	while (at < len) {
		n = take_number(&number, p + at, len - at);
		if (n == 0)
			return false;
		for (at += n; at < len && p[at] == ' ';)
			at++;
		for (end = at; end < len && is_letter(p[end]);)
			end++;
		if (!is_unit(&factor, units, p + at, end - at))
			return false;
		sum += number * factor;
		for (at = end; at < len && p[at] == ' ';)
			at++;
	}
	*out = sum;
	return true;
}

/* ---- machines ------------------------------------------------------------ */

/* "2xlarge" and the words before it. */
static bool
take_size(double *out, const char *p, size_t len)
{
	static const struct unit sizes[] = { { "nano", 1 }, { "micro", 2 },
		{ "small", 4 }, { "medium", 8 }, { "large", 16 },
		{ "xlarge", 32 }, { "metal", 4096 }, { NULL, 0 } };
	double number;
	size_t n;

	if (is_unit(out, sizes, p, len))
		return true;
	n = take_number(&number, p, len);
	if (n == 0 || len - n != 6 || memcmp(p + n, "xlarge", 6) != 0)
		return false;
	*out = 32 * number;
	return true;
}

static bool
begins(const char *p, size_t len, const char *word)
{
	return len > strlen(word) && memcmp(p, word, strlen(word)) == 0;
}

/* t3.small, db.m5.large, cache.r6g.xlarge, ml.m5.large.search */
static bool
is_of_amazon(double *out, const char *p, size_t len)
{
	const char *dot;
	size_t i, n;

	if (begins(p, len, "db.") || begins(p, len, "cache.") ||
	    begins(p, len, "ml.")) {
		n = (size_t)((const char *)memchr(p, '.', len) - p) + 1;
		p += n;
		len -= n;
	}
	dot = memchr(p, '.', len);
	if (dot == NULL || dot == p)
		return false;
	for (i = 0; p + i < dot; i++)
		if (!is_letter(p[i]) && !is_digit(p[i]))
			return false;
	n = len - (size_t)(dot + 1 - p);
	return take_size(out, dot + 1, n);
}

/* The first number behind the prefix. */
static bool
take_cores(double *out, const char *p, size_t len, const char *prefix)
{
	size_t i = strlen(prefix);

	if (!begins(p, len, prefix))
		return false;
	while (i < len && !is_digit(p[i]))
		i++;
	return i < len && take_number(out, p + i, len - i) > 0;
}

/* n1-standard-4, e2-highmem-8: what stands behind the last '-'. */
static bool
is_of_google(double *out, const char *p, size_t len)
{
	size_t i = len;

	if (len < 8 || !is_letter(p[0]) || !is_digit(p[1]) ||
	    memchr(p, '.', len))
		return false;
	while (i > 0 && p[i - 1] != '-')
		i--;
	return i > 3 && memchr(p, '-', i - 1) != NULL &&
	    gv_measure_number(out, p + i, len - i);
}

bool
gv_measure_machine(double *out, const char *p, size_t len)
{
	return is_of_amazon(out, p, len) ||
	    take_cores(out, p, len, "Standard_") ||
	    take_cores(out, p, len, "Basic_") || is_of_google(out, p, len);
}

/* ---- two of them --------------------------------------------------------- */

static int
order_of(double a, double b)
{
	return (a > b) - (a < b);
}

bool
gv_measure_is_same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	bool a_unit, b_unit;
	double x, y;

	if (gv_measure_duration(&x, a, a_len) &&
	    gv_measure_duration(&y, b, b_len))
		return order_of(x, y) == 0;
	return gv_measure_quantity(&x, &a_unit, a, a_len) &&
	    gv_measure_quantity(&y, &b_unit, b, b_len) && (a_unit || b_unit) &&
	    order_of(x, y) == 0;
}

bool
gv_measure_compare(
    int *order, const char *a, size_t a_len, const char *b, size_t b_len)
{
	bool a_unit, b_unit;
	double x, y;

	if ((gv_measure_duration(&x, a, a_len) &&
		gv_measure_duration(&y, b, b_len)) ||
	    (gv_measure_quantity(&x, &a_unit, a, a_len) &&
		gv_measure_quantity(&y, &b_unit, b, b_len)) ||
	    (gv_measure_machine(&x, a, a_len) &&
		gv_measure_machine(&y, b, b_len))) {
		*order = order_of(x, y);
		return true;
	}
	return false;
}
