#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "config/policy_internal.h"

/*
 * A window in which nothing is changed, in UTC:
 *
 *	2026-12-20..2027-01-03		from the start of a day to the end of
 *one fri 16:00..mon 08:00		every week
 */

#define DAY_SECONDS  ((int64_t)24 * 60 * 60)
#define WEEK_SECONDS (7 * DAY_SECONDS)
#define DAY_LEN      10 /* characters of 2026-12-20 */

struct window {
	bool is_weekly;
	int64_t from, to; /* seconds since 1970, or since Monday; `to` is out */
};

static const char *const weekdays[] = { "mon", "tue", "wed", "thu", "fri",
	"sat", "sun" };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "fri 16:00" as seconds since the start of Monday. */
static bool
parse_weekly(int64_t *out, const char *p, size_t len)
{
	int day, hour, minute;

	if (len != 9 || p[3] != ' ' || p[6] != ':' || !is_digit(p[4]) ||
	    !is_digit(p[5]) || !is_digit(p[7]) || !is_digit(p[8]))
		return false;
	for (day = 0; day < 7; day++)
		if (strncasecmp(p, weekdays[day], 3) == 0)
			break;
	hour = (p[4] - '0') * 10 + p[5] - '0';
	minute = (p[7] - '0') * 10 + p[8] - '0';
	if (day == 7 || hour > 24 || minute > 59 || (hour == 24 && minute))
		return false;
	*out = day * DAY_SECONDS + (hour * 60 + minute) * (int64_t)60;
	return true;
}

static bool
parse(struct window *out, const char *text)
{
	const char *dots = strstr(text, ".."), *end;
	int64_t ends;
	size_t len, rest;

	if (dots == NULL)
		return false;
	end = dots + 2;
	len = (size_t)(dots - text);
	rest = strlen(end);
	out->is_weekly = !is_digit(*text);
	if (out->is_weekly)
		return parse_weekly(&out->from, text, len) &&
		    parse_weekly(&out->to, end, rest);
	if (len != DAY_LEN || rest != DAY_LEN ||
	    gv_policy_parse_day(&ends, text, len) < 0 ||
	    gv_policy_parse_day(&out->to, end, rest) < 0)
		return false;
	out->from = ends - DAY_SECONDS;
	return out->from < out->to;
}

bool
gv_policy_is_freeze(const char *text)
{
	struct window w;

	return parse(&w, text);
}

/* A week that ends before it begins goes over Sunday. */
static bool
is_open(const struct window *w, int64_t now)
{
	int64_t at = now;

	if (!w->is_weekly)
		return now >= w->from && now < w->to;
	/* 1970 began on a Thursday */
	at = (now + 3 * DAY_SECONDS) % WEEK_SECONDS;
	if (w->from <= w->to)
		return at >= w->from && at < w->to;
	return at >= w->from || at < w->to;
}

const char *
gv_policy_freeze_at(const struct gv_policy_texts *freeze, int64_t now)
{
	struct window w;
	size_t i;

	for (i = 0; i < freeze->n; i++)
		if (parse(&w, freeze->items[i]) && is_open(&w, now))
			return freeze->items[i];
	return NULL;
}
