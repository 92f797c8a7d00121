#include "schema/schema_internal.h"

#include <string.h>

/*
 * Dates, times and durations by RFC 3339.
 */

struct clock {
	unsigned hour, minute, second;
};

/* `n` digits at *p, which is moved behind them; whether they are there. */
static bool
take(const char **p, const char *end, size_t n, unsigned *out)
{
	*out = 0;
	for (; n; n--, ++*p) {
		if (*p == end || **p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (unsigned)(**p - '0');
	}
	return true;
}

static bool
take_sign(const char **p, const char *end, char sign)
{
	if (*p == end || **p != sign)
		return false;
	++*p;
	return true;
}

static unsigned
days_of(unsigned year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31,
		30, 31, 30, 31 };
	const bool is_leap =
	    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month - 1] + (month == 2 && is_leap);
}

static bool
take_date(const char **p, const char *end)
{
	unsigned year, month, day;

	return take(p, end, 4, &year) && take_sign(p, end, '-') &&
	    take(p, end, 2, &month) && take_sign(p, end, '-') &&
	    take(p, end, 2, &day) && month >= 1 && month <= 12 && day >= 1 &&
	    day <= days_of(year, month);
}

/* Z, or how far from it; minutes to add to *offset. */
static bool
take_zone(const char **p, const char *end, int *offset)
{
	unsigned hour, minute;
	int sign;

	if (*p == end)
		return false;
	if ((**p | 0x20) == 'z') {
		++*p;
		return true;
	}
	sign = **p == '+' ? -1 : 1;
	if (**p != '+' && **p != '-')
		return false;
	++*p;
	if (!take(p, end, 2, &hour) || !take_sign(p, end, ':') ||
	    !take(p, end, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*offset = sign * (int)(hour * 60 + minute);
	return true;
}

static bool
take_time(const char **p, const char *end)
{
	struct clock c;
	unsigned digit;
	int offset = 0;

	if (!take(p, end, 2, &c.hour) || !take_sign(p, end, ':') ||
	    !take(p, end, 2, &c.minute) || !take_sign(p, end, ':') ||
	    !take(p, end, 2, &c.second) || c.hour > 23 || c.minute > 59 ||
	    c.second > 60)
		return false;
	if (take_sign(p, end, '.')) {
		if (!take(p, end, 1, &digit))
			return false;
		while (*p < end && **p >= '0' && **p <= '9')
			++*p;
	}
	if (!take_zone(p, end, &offset))
		return false;
	/* a leap second is the last one of a day in Greenwich */
	return c.second < 60 ||
	    ((int)(c.hour * 60 + c.minute) + offset + 2 * 1440) % 1440 == 1439;
}

bool
gv_schema_is_date(const char *p, size_t len)
{
	const char *const end = p + len;

	return take_date(&p, end) && p == end;
}

bool
gv_schema_is_time(const char *p, size_t len)
{
	const char *const end = p + len;

	return take_time(&p, end) && p == end;
}

bool
gv_schema_is_date_time(const char *p, size_t len)
{
	const char *const end = p + len;

	if (!take_date(&p, end) || p == end || (*p | 0x20) != 't')
		return false;
	p++;
	return take_time(&p, end) && p == end;
}

/* Numbers with units, each unit once, in this order and without a gap. */
static bool
take_units(const char **p, const char *end, const char *units)
{
	const char *unit, *next = NULL;
	const char *from;

	while (*p < end && **p != 'T') {
		for (from = *p; *p < end && **p >= '0' && **p <= '9'; ++*p)
			;
		if (*p == from || *p == end || **p == '\0' ||
		    (unit = strchr(units, **p)) == NULL ||
		    (next && unit != next))
			return false;
		next = unit + 1;
		++*p;
	}
	return next != NULL;
}

bool
gv_schema_is_duration(const char *p, size_t len)
{
	const char *const end = p + len;

	if (!take_sign(&p, end, 'P') || p == end)
		return false;
	if (end[-1] == 'W')
		return take_units(&p, end, "W") && p == end;
	if (*p != 'T' && !take_units(&p, end, "YMD"))
		return false;
	if (p == end)
		return true;
	p++;
	return take_units(&p, end, "HMS") && p == end;
}
