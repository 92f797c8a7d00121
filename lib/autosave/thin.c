#include "autosave/thin.h"

#include <string.h>

#define HOUR 3600
#define DAY  ((int64_t)24 * HOUR)
#define WEEK (7 * DAY)

/* All stay in the first span, in the others the last save of each slot. */
static const int64_t slots[GV_THIN_SPANS] = { 1, HOUR, DAY, WEEK };

/* The number of a slot, also before 1970. */
static int64_t
slot_of(int64_t time, int64_t length)
{
	return time / length - (time % length < 0);
}

/* Whether a rule lets a save stay, of which the next newer one that stays is of
 * the time `newer`. */
static bool
does_stay(
    const struct gv_thin_rule *rule, int64_t now, int64_t time, int64_t newer)
{
	size_t k;

	if (now - time <= rule->keep[0])
		return true;
	for (k = 1; k < GV_THIN_SPANS; k++)
		if (now - time <= rule->keep[k] &&
		    slot_of(time, slots[k]) != slot_of(newer, slots[k]))
			return true;
	return false;
}

size_t
gv_thin_choose(bool *stays, const struct gv_thin_save *saves, size_t n,
    const struct gv_thin_rule rules[GV_CLASSES])
{
	size_t i, newer = 0, gone = 0;

	for (i = 0; i < n; i++) {
		stays[i] = i == 0 || saves[i].time > saves[0].time ||
		    does_stay(&rules[saves[i].class], saves[0].time,
			saves[i].time, saves[newer].time);
		if (stays[i])
			newer = i;
		gone += !stays[i];
	}
	return gone;
}

bool
gv_thin_needs_class(int64_t age, const struct gv_thin_rule rules[GV_CLASSES])
{
	size_t i, k;

	for (i = 1; i < GV_CLASSES; i++)
		for (k = 0; k < GV_THIN_SPANS; k++)
			if ((age <= rules[i].keep[k]) !=
			    (age <= rules[0].keep[k]))
				return true;
	return false;
}
