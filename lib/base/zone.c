#include "base/zone.h"

#include <string.h>

#include "base/err.h"

#define DAY      ((int64_t)24 * 60 * 60)
#define HEAD     44  /* bytes of a header */
#define RULE_MAX 100 /* bytes of a rule */

bool
gv_zone_is_name(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++) {
		const char c = name[i];
		const bool is_letter =
		    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		const bool is_first = i == 0 || name[i - 1] == '/';

		if (!is_letter &&
		    (is_first || ((c < '0' || c > '9') && !strchr("_+-/", c))))
			return false;
	}
	return i > 0 && i <= 64 && name[i - 1] != '/';
}

void
gv_zone_fixed(struct gv_zone *out, int32_t seconds)
{
	memset(out, 0, sizeof(*out));
	out->first = seconds;
}

/* ---- the calendar -------------------------------------------------------- */

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days from 1970 to a date. */
static int64_t
days_of(int64_t year, int month, int day)
{
	const int64_t y = month <= 2 ? year - 1 : year;
	const int64_t era = floor_div(y, 400);
	const int64_t of_era = y - era * 400;
	const int64_t of_year =
	    (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	    of_year - 719468;
}

static int64_t
year_of(int64_t seconds)
{
	int64_t year = 1970 + floor_div(seconds, 31556952);

	while (days_of(year, 1, 1) * DAY > seconds)
		year--;
	while (days_of(year + 1, 1, 1) * DAY <= seconds)
		year++;
	return year;
}

static bool
is_leap(int64_t year)
{
	return days_of(year + 1, 1, 1) - days_of(year, 1, 1) == 366;
}

/* The days from 1970 to the day of a rule in a year. */
static int64_t
day_in(const struct gv_zone_day *d, int64_t year)
{
	int64_t first, next;

	if (d->kind == 'N')
		return days_of(year, 1, 1) + d->day;
	if (d->kind == 'J') /* 29 February is never counted */
		return days_of(year, 1, 1) + d->day - 1 +
		    (d->day > 59 && is_leap(year));
	first = days_of(year, d->month, 1);
	next = d->month == 12 ? days_of(year + 1, 1, 1)
			      : days_of(year, d->month + 1, 1);
	/* 1970 began on a Thursday */
	first += (d->day - (first + 4) % 7 + 7) % 7 + (d->week - 1) * 7;
	return first >= next ? first - 7 : first;
}

/* ---- the rule of a zone -------------------------------------------------- */

struct text {
	const char *p, *end;
};

static bool
is_next(struct text *t, char c)
{
	if (t->p == t->end || *t->p != c)
		return false;
	t->p++;
	return true;
}

static bool
take_number(int *out, struct text *t, int most)
{
	const char *from = t->p;

	for (*out = 0; t->p < t->end && *t->p >= '0' && *t->p <= '9'; t->p++)
		if ((*out = *out * 10 + *t->p - '0') > most)
			return false;
	return t->p > from;
}

/* CET, or <+03> */
static bool
take_name(struct text *t)
{
	const char *from = t->p;

	if (is_next(t, '<')) {
		while (t->p < t->end && *t->p != '>')
			t->p++;
		return is_next(t, '>');
	}
	while (t->p < t->end &&
	    ((*t->p >= 'A' && *t->p <= 'Z') || (*t->p >= 'a' && *t->p <= 'z')))
		t->p++;
	return t->p > from;
}

/* [+-]hh[:mm[:ss]] */
static bool
take_time(int32_t *out, struct text *t)
{
	const bool is_negative = is_next(t, '-');
	int hours, minutes = 0, seconds = 0;

	if (!is_negative)
		is_next(t, '+');
	if (!take_number(&hours, t, 167) ||
	    (is_next(t, ':') && !take_number(&minutes, t, 59)) ||
	    (is_next(t, ':') && !take_number(&seconds, t, 59)))
		return false;
	*out = hours * 3600 + minutes * 60 + seconds;
	if (is_negative)
		*out = -*out;
	return true;
}

static bool
take_day(struct gv_zone_day *out, struct text *t)
{
	out->time = 2 * 3600;
	if (!is_next(t, ','))
		return false;
	if (is_next(t, 'M')) {
		out->kind = 'M';
		if (!take_number(&out->month, t, 12) || !is_next(t, '.') ||
		    !take_number(&out->week, t, 5) || !is_next(t, '.') ||
		    !take_number(&out->day, t, 6) || out->month < 1 ||
		    out->week < 1)
			return false;
	} else {
		out->kind = is_next(t, 'J') ? 'J' : 'N';
		if (!take_number(&out->day, t, 365) ||
		    (out->kind == 'J' && out->day < 1))
			return false;
	}
	return !is_next(t, '/') || take_time(&out->time, t);
}

/* CET-1CEST,M3.5.0,M10.5.0/3: offsets are west of UTC. */
static bool
read_rule(struct gv_zone_rule *out, const char *p, size_t len)
{
	struct text t = { p, p + len };
	int32_t west;

	if (!take_name(&t) || !take_time(&west, &t))
		return false;
	out->standard = out->summer = -west;
	out->is_set = true;
	if (t.p == t.end)
		return true;
	out->has_summer = true;
	out->summer = out->standard + 3600;
	if (!take_name(&t))
		return false;
	if (t.p < t.end && *t.p != ',') {
		if (!take_time(&west, &t))
			return false;
		out->summer = -west;
	}
	return take_day(&out->begin, &t) && take_day(&out->end, &t) &&
	    t.p == t.end;
}

static int32_t
rule_offset(const struct gv_zone_rule *rule, int64_t utc)
{
	int64_t year, begin, end;
	bool is_summer;

	if (!rule->has_summer)
		return rule->standard;
	year = year_of(utc + rule->standard);
	begin = day_in(&rule->begin, year) * DAY + rule->begin.time -
	    rule->standard;
	end = day_in(&rule->end, year) * DAY + rule->end.time - rule->summer;
	is_summer =
	    begin < end ? utc >= begin && utc < end : utc >= begin || utc < end;
	return is_summer ? rule->summer : rule->standard;
}

/* ---- files --------------------------------------------------------------- */

struct head {
	uint64_t utc, standard, leaps, times, types, letters;
};

static int64_t
number(const unsigned char *p, size_t bytes)
{
	uint64_t n = p[0] & 0x80 ? UINT64_MAX : 0;
	size_t i;

	for (i = 0; i < bytes; i++)
		n = n << 8 | p[i];
	return (int64_t)n;
}

static uint64_t
count(const unsigned char *p)
{
	return (uint64_t)number(p, 4) & 0xffffffff;
}

static bool
read_head(struct head *out, const unsigned char *p, size_t len)
{
	if (len < HEAD || memcmp(p, "TZif", 4) != 0)
		return false;
	*out = (struct head){ .utc = count(p + 20),
		.standard = count(p + 24),
		.leaps = count(p + 28),
		.times = count(p + 32),
		.types = count(p + 36),
		.letters = count(p + 40) };
	return out->types > 0;
}

/* Bytes behind a header, whose times have this size. */
static uint64_t
body_of(const struct head *h, uint64_t bytes)
{
	return h->times * (bytes + 1) + h->types * 6 + h->letters +
	    h->leaps * (bytes + 4) + h->standard + h->utc;
}

/*
 * TIMES of 8 bytes, an index of a type for each, TYPES of 6 bytes (seconds
 * east, is it summer, a name), names, leap seconds, flags; NL RULE NL
 */
static bool
read_body(struct gv_zone *out, const unsigned char *p, const struct head *h)
{
	const unsigned char *index = p + h->times * 8;
	const unsigned char *types = index + h->times;
	uint64_t i;

	if (h->times > GV_ZONE_CHANGES)
		return false;
	out->first = (int32_t)number(types, 4);
	for (i = 0; i < h->times; i++) {
		if (index[i] >= h->types)
			return false;
		out->at[i] = number(p + i * 8, 8);
		out->offset[i] = (int32_t)number(types + index[i] * 6, 4);
		if (i && out->at[i] <= out->at[i - 1])
			return false;
	}
	out->n = (size_t)h->times;
	return true;
}

/* No clock is further from UTC than a day and a bit. */
static bool
is_sane(const struct gv_zone *zone)
{
	const int32_t most = 26 * 3600;
	size_t i;

	for (i = 0; i < zone->n; i++)
		if (zone->offset[i] > most || zone->offset[i] < -most)
			return false;
	return zone->first <= most && zone->first >= -most &&
	    zone->rule.standard <= most && zone->rule.standard >= -most &&
	    zone->rule.summer <= most && zone->rule.summer >= -most;
}

int
gv_zone_read(struct gv_zone *out, const void *data, size_t len)
{
	const unsigned char *p = data, *end;
	struct head h;
	uint64_t n;

	memset(out, 0, sizeof(*out));
	/* the first part, of 4 bytes a time, is for readers of long ago */
	if (!read_head(&h, p, len) || p[4] < '2' ||
	    (n = HEAD + body_of(&h, 4)) > len || !read_head(&h, p + n, len - n))
		return GV_EREFUSED;
	p += n + HEAD;
	len -= (size_t)n + HEAD;
	if ((n = body_of(&h, 8)) >= len || !read_body(out, p, &h))
		return GV_EREFUSED;
	p += n + 1;
	len -= (size_t)n + 1;
	end = memchr(p, '\n', len < RULE_MAX ? len : RULE_MAX);
	if (p[-1] != '\n' || end == NULL ||
	    (end > p &&
		!read_rule(&out->rule, (const char *)p, (size_t)(end - p))) ||
	    !is_sane(out))
		return GV_EREFUSED;
	return 0;
}

/* ---- the clock ----------------------------------------------------------- */

int32_t
gv_zone_offset(const struct gv_zone *zone, int64_t utc)
{
	size_t from = 0, to = zone->n, i;

	if (zone->rule.is_set && (zone->n == 0 || utc >= zone->at[zone->n - 1]))
		return rule_offset(&zone->rule, utc);
	while (from < to) {
		i = from + (to - from) / 2;
		if (zone->at[i] <= utc)
			from = i + 1;
		else
			to = i;
	}
	return from ? zone->offset[from - 1] : zone->first;
}

void
gv_zone_to_utc(
    int64_t *first, int64_t *last, const struct gv_zone *zone, int64_t local)
{
	/* changes are months apart, so these are the offsets around it */
	const int64_t before = local - gv_zone_offset(zone, local - 2 * DAY);
	const int64_t after = local - gv_zone_offset(zone, local + 2 * DAY);
	const bool is_before = before + gv_zone_offset(zone, before) == local;
	const bool is_after = after + gv_zone_offset(zone, after) == local;

	if (is_before != is_after) {
		*first = *last = is_before ? before : after;
		return;
	}
	*first = before < after ? before : after;
	*last = before < after ? after : before;
}
