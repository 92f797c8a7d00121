#include <string.h>
#include <strings.h>

#include "base/zone.h"
#include "config/policy_internal.h"

/*
 * A window in which nothing is changed, by the clocks of a time zone:
 *
 *	2026-12-20..2027-01-03			from the start of a day to the
 *						end of one
 *	fri 16:00..mon 08:00			every week
 *	fri 16:00..mon 08:00 Europe/Berlin	by the clocks there, not by UTC
 *	fri 16:00..mon 08:00 +05:30		so far east of UTC
 *
 * Where clocks are set back it begins the first time and ends the last time
 * that they show these hours.
 */

#define DAY_SECONDS  ((int64_t)24 * 60 * 60)
#define WEEK_SECONDS (7 * DAY_SECONDS)
#define DAY_LEN      10 /* characters of 2026-12-20 */
#define WEEKLY_LEN   9  /* of fri 16:00 */

/* What clocks anywhere may differ from UTC by. */
#define MOST_EAST ((int64_t)14 * 60 * 60)
#define MOST_WEST ((int64_t)12 * 60 * 60)

struct window {
	bool is_weekly;
	int64_t from, to; /* seconds since 1970, or since Monday; `to` is out */
	const char *zone; /* its name; NULL: as `offset` says */
	int32_t offset;
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

/* +05:30, UTC, or a name. */
static bool
parse_zone(struct window *out, const char *p)
{
	int sign;

	out->zone = NULL;
	out->offset = 0;
	if (*p == '\0')
		return true;
	if (*p++ != ' ')
		return false;
	sign = *p == '+' ? 1 : -1;
	if (*p != '+' && *p != '-') {
		if (strcmp(p, "UTC") != 0)
			out->zone = p;
		return gv_zone_is_name(p);
	}
	if (strlen(p) != 6 || !is_digit(p[1]) || !is_digit(p[2]) ||
	    p[3] != ':' || !is_digit(p[4]) || !is_digit(p[5]))
		return false;
	out->offset = sign *
	    (((p[1] - '0') * 10 + p[2] - '0') * 3600 +
		((p[4] - '0') * 10 + p[5] - '0') * 60);
	return out->offset <= MOST_EAST && out->offset >= -MOST_WEST;
}

static bool
parse(struct window *out, const char *text)
{
	const char *dots = strstr(text, ".."), *end;
	int64_t ends;
	size_t len;

	if (dots == NULL)
		return false;
	end = dots + 2;
	len = (size_t)(dots - text);
	out->is_weekly = !is_digit(*text);
	if (out->is_weekly)
		return parse_weekly(&out->from, text, len) &&
		    strlen(end) >= WEEKLY_LEN &&
		    parse_weekly(&out->to, end, WEEKLY_LEN) &&
		    parse_zone(out, end + WEEKLY_LEN);
	if (len != DAY_LEN || strlen(end) < DAY_LEN ||
	    gv_policy_parse_day(&ends, text, len) < 0 ||
	    gv_policy_parse_day(&out->to, end, DAY_LEN) < 0)
		return false;
	out->from = ends - DAY_SECONDS;
	return out->from < out->to && parse_zone(out, end + DAY_LEN);
}

bool
gv_policy_is_freeze(const char *text)
{
	struct window w;

	return parse(&w, text);
}

/* ---- what is open -------------------------------------------------------- */

struct looking {
	struct gv_policy_frozen *out;
	int64_t now;
	const struct gv_zone *zone; /* NULL: nobody knows its clocks */
	const char *text;
	bool is_found;
};

/* From one local time to another one. Of clocks that nobody knows it is the
 * longest that it can be. */
static void
look(struct looking *l, int64_t from, int64_t to)
{
	int64_t begins, ends, other;

	if (l->zone) {
		gv_zone_to_utc(&begins, &other, l->zone, from);
		gv_zone_to_utc(&other, &ends, l->zone, to);
	} else {
		begins = from - MOST_EAST;
		ends = to + MOST_WEST;
	}
	if (l->now < begins || l->now >= ends ||
	    (l->is_found && ends <= l->out->ends))
		return;
	l->is_found = true;
	*l->out = (struct gv_policy_frozen){ l->text, ends, l->zone == NULL };
}

/* A week that ends before it begins goes over Sunday. */
static void
look_weekly(struct looking *l, const struct window *w)
{
	const int64_t local =
	    l->now + (l->zone ? gv_zone_offset(l->zone, l->now) : 0);
	/* 1970 began on a Thursday */
	const int64_t since = (local + 3 * DAY_SECONDS) % WEEK_SECONDS;
	const int64_t monday = local - since - (since < 0 ? WEEK_SECONDS : 0);
	int week;

	if (w->from == w->to)
		return;
	for (week = -1; week <= 1; week++) {
		const int64_t start = monday + week * WEEK_SECONDS;

		look(l, start + w->from,
		    start + w->to + (w->to < w->from ? WEEK_SECONDS : 0));
	}
}

bool
gv_policy_freeze_at(struct gv_policy_frozen *out,
    const struct gv_policy_texts *freeze, int64_t now, gv_policy_zone_fn *find,
    void *ctx)
{
	struct looking l = { .out = out, .now = now };
	struct gv_zone fixed;
	struct window w;
	size_t i;

	for (i = 0; i < freeze->n; i++) {
		l.text = freeze->items[i];
		if (!parse(&w, l.text))
			continue;
		if (w.zone == NULL) {
			gv_zone_fixed(&fixed, w.offset);
			l.zone = &fixed;
		} else {
			l.zone = find ? find(ctx, w.zone) : NULL;
		}
		if (w.is_weekly)
			look_weekly(&l, &w);
		else
			look(&l, w.from, w.to);
	}
	return l.is_found;
}

size_t
gv_policy_freeze_of(struct gv_policy_texts *out, const struct gv_policy *policy,
    const char *env)
{
	const struct gv_policy_env *of = gv_policy_env(policy, env);
	size_t steps, i;

	/* one that is made like another one is frozen with it */
	for (steps = 0; of && steps <= policy->envs.n; steps++) {
		const struct gv_policy_texts *own =
		    &of->lists[GV_POLICY_ENV_FREEZE];

		for (i = 0; i < own->n; i++)
			if (gv_policy_add_text(out, own->items[i]) < 0)
				return out->n;
		of = of->extends ? gv_policy_env(policy, of->extends) : NULL;
	}
	return out->n;
}
