#ifndef GV_POLICY_LIMITS_H
#define GV_POLICY_LIMITS_H
/*
 * What several sections of the policy are made of: how much is kept, and lists
 * of texts. Readers of a policy include policy.h.
 *
 *	if (limits->keep[GV_POLICY_DAILY] != 0) ...
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Periods that snapshots are counted by; the first is each one of them. */
enum gv_policy_period {
	GV_POLICY_LAST,
	GV_POLICY_SECONDLY,
	GV_POLICY_MINUTELY,
	GV_POLICY_HOURLY,
	GV_POLICY_DAILY,
	GV_POLICY_WEEKLY,
	GV_POLICY_MONTHLY,
	GV_POLICY_YEARLY,
	GV_POLICY_PERIODS
};

/* "last", "secondly" … */
extern const char *const gv_policy_periods[GV_POLICY_PERIODS];

#define GV_POLICY_SPAN_MAX 48 /* characters of a duration */

struct gv_policy_span {
	int64_t months, days, seconds;
	char text[GV_POLICY_SPAN_MAX]; /* as it was given; "": none */
};

struct gv_policy_limits {
	/* for lanes[]: the lane has limits of its own */
	bool is_set;
	int64_t keep[GV_POLICY_PERIODS]; /* 0: no such rule, -1: all */
	struct gv_policy_span within[GV_POLICY_PERIODS]; /* [LAST]: all */
};

struct gv_policy_texts {
	const char **items;
	size_t n, cap;
};

/* Of the automatic saves of a class: all, hourly, daily, weekly. */
#define GV_POLICY_CLASS_PERIODS 4

/* Which files belong to a class, how often they are saved, and how long these
 * saves stay. */
struct gv_policy_class {
	struct gv_policy_texts paths;     /* patterns of gitignore(5) */
	struct gv_policy_texts languages; /* as makeup.h names them */
	int64_t every;                    /* seconds; 0: as by default */
	struct gv_policy_limits retention;
};

#endif
