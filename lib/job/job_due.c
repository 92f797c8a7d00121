#include "job/job_due.h"

#include "config/policy.h"
#include "plan/plan.h"
#include "plan/plan_retry.h"

#define DAY      ((int64_t)86400)
#define HOUR     ((int64_t)3600)
#define SLACK    10         /* the part of a period that it may be early */
#define MOST_OFF (HOUR / 2) /* and at most that */

/* Rounded down, also of what is below 0. */
static int64_t
divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t
offset(gv_job_zone *zone, int64_t at)
{
	return 60 * (int64_t)zone((time_t)at);
}

/* The time of that day, in UTC. One that the clocks skip is taken by the offset
 * before the change; of two, always the same one. */
static int64_t
on_day(const struct gv_policy_schedule *s, int64_t day, gv_job_zone *zone)
{
	const int64_t local =
	    day * DAY + s->hour * HOUR + s->minute * (int64_t)60;
	const int64_t guess = local - offset(zone, local);

	return local - offset(zone, guess);
}

/* A day has one time, so counting days goes over any change of the clocks. */
static int64_t
after_days(const struct gv_policy_schedule *s, int64_t last, gv_job_zone *zone)
{
	int64_t day = divide(last + offset(zone, last), DAY) + 1;

	while (on_day(s, day, zone) > last)
		day--;
	return on_day(s, day + s->every / DAY, zone);
}

static int64_t
after_hours(const struct gv_policy_schedule *s, int64_t last, gv_job_zone *zone)
{
	const int64_t local =
	    last + offset(zone, last) - s->minute * (int64_t)60;

	return last - (local - divide(local, HOUR) * HOUR) + s->every;
}

int64_t
gv_job_due_at(const struct gv_policy_schedule *s, int64_t last, int64_t now,
    gv_job_zone *zone)
{
	int64_t early = s->every / SLACK;

	if (last <= 0 || last > now)
		return now;
	if (s->has_at)
		return s->hour >= 0 ? after_days(s, last, zone)
				    : after_hours(s, last, zone);
	if (early > MOST_OFF)
		early = MOST_OFF;
	return last + s->every - early;
}

int64_t
gv_job_due_again(const struct gv_policy_retry *retry, unsigned tries)
{
	const struct gv_plan_retry as = { .attempts = retry->attempts,
		.delay = retry->delay,
		.max_delay = retry->max_delay,
		.backoff = retry->backoff };

	return tries >= retry->attempts ? -1 : gv_plan_retry_delay(&as, tries);
}
