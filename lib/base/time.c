#include "base/time.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"

struct civil {
	int64_t year;
	int month, day, hour, minute, second;
};

/* Days since 1970 to a date of the proleptic Gregorian calendar, by counting
 * in eras of 400 years that begin on 1 March. */
static void
to_civil(struct civil *c, int64_t t)
{
	int64_t days = t / 86400, rest = t % 86400, era, doe, yoe, doy, mp;

	if (rest < 0) {
		rest += 86400;
		days--;
	}
	days += 719468;
	era = (days >= 0 ? days : days - 146096) / 146097;
	doe = days - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	c->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	c->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	c->year = yoe + era * 400 + (c->month <= 2);
	c->hour = (int)(rest / 3600);
	c->minute = (int)(rest / 60 % 60);
	c->second = (int)(rest % 60);
}

static int64_t
from_civil(const struct civil *c)
{
	int64_t y = c->year - (c->month <= 2), era, yoe, doy;

	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (c->month > 2 ? c->month - 3 : c->month + 9) + 2) / 5 +
	    c->day - 1;
	return (era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468) *
	    86400 +
	    c->hour * 3600 + c->minute * 60 + c->second;
}

void
gv_time_date(int64_t *year, int *month, int *day, int64_t seconds)
{
	struct civil c;

	to_civil(&c, seconds);
	*year = c.year;
	*month = c.month;
	*day = c.day;
}

int64_t
gv_time_back(int64_t seconds, int64_t months, int64_t days)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	struct civil c;
	int64_t at;
	int length;

	to_civil(&c, seconds);
	at = c.year * 12 + c.month - 1 - months;
	c.year = (at >= 0 ? at : at - 11) / 12;
	c.month = (int)(at - c.year * 12) + 1;
	length = lengths[c.month - 1];
	if (c.month == 2 &&
	    (c.year % 400 == 0 || (c.year % 4 == 0 && c.year % 100 != 0)))
		length++;
	if (c.day > length)
		c.day = length;
	return from_civil(&c) - days * 86400;
}

static char *
put(char *out, int64_t v, int digits)
{
	int i;

	for (i = digits - 1; i >= 0; i--, v /= 10)
		out[i] = (char)('0' + v % 10);
	return out + digits;
}

/* A letter of the form stands for a number, whatever else for itself. */
static void
format(char *out, int64_t t, const char *form)
{
	struct civil c;

	to_civil(&c, t);
	for (; *form; form++)
		switch (*form) {
		case 'y':
			if (c.year < 0 || c.year > 9999)
				out += snprintf(out, GV_TIME_MAX / 2, "%04lld",
				    (long long)c.year);
			else
				out = put(out, c.year, 4);
			break;
		case 'o':
			out = put(out, c.month, 2);
			break;
		case 'd':
			out = put(out, c.day, 2);
			break;
		case 'h':
			out = put(out, c.hour, 2);
			break;
		case 'm':
			out = put(out, c.minute, 2);
			break;
		case 's':
			out = put(out, c.second, 2);
			break;
		default:
			*out++ = *form;
		}
	*out = '\0';
}

void
gv_time_rfc3339(char *out, int64_t seconds)
{
	format(out, seconds, "y-o-dTh:m:sZ");
}

void
gv_time_compact(char *out, int64_t seconds)
{
	format(out, seconds, "yodThmsZ");
}

static int
number(const char *text, int digits)
{
	int v = 0;

	for (; digits > 0; digits--, text++) {
		if (*text < '0' || *text > '9')
			return -1;
		v = v * 10 + *text - '0';
	}
	return v;
}

int
gv_time_parse_compact(int64_t *seconds, const char *text)
{
	struct civil c, back;
	int64_t t;
	int year = number(text, 4);

	if (year < 0 || (c.month = number(text + 4, 2)) < 1 || c.month > 12 ||
	    (c.day = number(text + 6, 2)) < 1 || c.day > 31 || text[8] != 'T' ||
	    (c.hour = number(text + 9, 2)) < 0 || c.hour > 23 ||
	    (c.minute = number(text + 11, 2)) < 0 || c.minute > 59 ||
	    (c.second = number(text + 13, 2)) < 0 || c.second > 59 ||
	    text[15] != 'Z')
		return GV_ERROR;
	c.year = year;
	t = from_civil(&c);
	if (c.day > 28) {
		to_civil(&back, t);
		if (back.day != c.day) /* such as 31 February */
			return GV_ERROR;
	}
	*seconds = t;
	return 0;
}

/* What stands behind the seconds: how far ahead of UTC it was. */
static int
parse_offset(int64_t *seconds, const char *text)
{
	int hours, minutes;

	*seconds = 0;
	if ((*text == 'Z' || *text == 'z') && text[1] == '\0')
		return 0;
	if ((*text != '+' && *text != '-') ||
	    (hours = number(text + 1, 2)) < 0 || hours > 23 || text[3] != ':' ||
	    (minutes = number(text + 4, 2)) < 0 || minutes > 59 ||
	    text[6] != '\0')
		return GV_ERROR;
	*seconds = (hours * 60 + minutes) * (*text == '-' ? -60 : 60);
	return 0;
}

int
gv_time_parse_rfc3339(int64_t *seconds, const char *text)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	char compact[sizeof(form)];
	int64_t t, offset;
	size_t i, n = 0;

	for (i = 0; form[i]; i++) {
		if (form[i] == 'd' || form[i] == 'T')
			compact[n++] = text[i] == 't' ? 'T' : text[i];
		else if (text[i] != form[i])
			return GV_ERROR;
		if (text[i] == '\0')
			return GV_ERROR;
	}
	compact[n] = 'Z';
	text += i;
	if (*text == '.') {
		if (number(++text, 1) < 0)
			return GV_ERROR;
		while (number(text, 1) >= 0)
			text++;
	}
	if (gv_time_parse_compact(&t, compact) < 0 ||
	    parse_offset(&offset, text) < 0)
		return GV_ERROR;
	*seconds = t - offset;
	return 0;
}

void
gv_time_relative(char *out, int64_t seconds, int64_t now)
{
	static const struct {
		const char *unit;
		int64_t length, until;
	} units[] = {
		{ "second", 1, 90 },
		{ "minute", 60, 90 * 60 },
		{ "hour", 3600, 36 * 3600 },
		{ "day", 86400, 14 * 86400 },
		{ "week", 7 * 86400, 70 * 86400 },
		{ "month", 2629746, 365 * 86400 },
		{ "year", 31556952, INT64_MAX },
	};
	int64_t age, n;
	size_t i = 0;

	/* a commit's time may be anything, so may the difference */
	if (__builtin_sub_overflow(now, seconds, &age))
		age = now < seconds ? -1 : INT64_MAX;
	if (age < 0) {
		snprintf(out, GV_TIME_MAX, "in the future");
		return;
	}
	while (age >= units[i].until && units[i].until < INT64_MAX)
		i++;
	n = age / units[i].length +
	    (age % units[i].length >= (units[i].length + 1) / 2);
	out += gv_enc_decimal(out, (uint64_t)n);
	*out++ = ' ';
	out = stpcpy(stpcpy(out, units[i].unit), n == 1 ? "" : "s");
	stpcpy(out, " ago");
}

int
gv_time_parse_span(int64_t *seconds, const char *text)
{
	static const struct {
		char name;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 },
		{ 'w', 604800 } };
	const int64_t max = INT64_C(100) * 365 * 86400;
	int64_t total = 0, n;
	size_t i;

	do {
		if (*text < '0' || *text > '9')
			return GV_ERROR;
		for (n = 0; *text >= '0' && *text <= '9' && n <= max; text++)
			n = n * 10 + (*text - '0');
		for (i = 0; *text && i < sizeof(units) / sizeof(units[0]); i++)
			if (units[i].name == *text)
				break;
		if (i == sizeof(units) / sizeof(units[0]))
			return GV_ERROR;
		if (n > max)
			return GV_ERROR;
		total += n * (*text ? units[i].seconds : 1);
		if (total > max)
			return GV_ERROR;
		text += *text != '\0';
	} while (*text);
	if (total == 0)
		return GV_ERROR;
	*seconds = total;
	return 0;
}

void
gv_time_add_relative(struct gv_buf *out, int64_t seconds, int64_t now)
{
	char age[GV_TIME_MAX];

	gv_time_relative(age, seconds, now);
	gv_buf_addstr(out, age);
}
