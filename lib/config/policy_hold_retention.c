#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/policy_hold_internal.h"

/* More is stricter: a snapshot goes only where both policies let it go. */

static int64_t
longer(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* -1 is all of them. */
static int64_t
more(int64_t a, int64_t b)
{
	return a < 0 || b < 0 ? -1 : longer(a, b);
}

/* Months and days are not all of one length, so that only the longer of each
 * part is known to be at least as long as both. */
static void
hold_span(struct gv_policy_span *out, const struct gv_policy_span *present)
{
	const struct gv_policy_span was = *out;

	out->months = longer(was.months, present->months);
	out->days = longer(was.days, present->days);
	out->seconds = longer(was.seconds, present->seconds);
	if (out->months == was.months && out->days == was.days &&
	    out->seconds == was.seconds)
		return;
	if (out->months == present->months && out->days == present->days &&
	    out->seconds == present->seconds)
		memcpy(out->text, present->text, sizeof(out->text));
	else
		snprintf(out->text, sizeof(out->text),
		    "%" PRId64 "m%" PRId64 "d%" PRId64 "S", out->months,
		    out->days, out->seconds);
}

static bool
is_same_span(const struct gv_policy_span *a, const struct gv_policy_span *b)
{
	return a->months == b->months && a->days == b->days &&
	    a->seconds == b->seconds;
}

static bool
has_tag(const struct gv_policy_rules *rules, const char *tag)
{
	size_t i;

	for (i = 0; i < rules->n_tags; i++)
		if (strcmp(rules->tags[i], tag) == 0)
			return true;
	return false;
}

static int
hold_tags(struct gv_policy_hold *h)
{
	struct gv_policy_rules *out = &h->out->retention;
	const struct gv_policy_rules *present = &h->present->retention;
	size_t i;
	int r = 0;

	for (i = 0; i < out->n_tags; i++)
		if (!has_tag(present, out->tags[i]))
			gv_policy_hold_wait(h, "retention.keep");
	for (i = 0; r == 0 && i < present->n_tags; i++)
		if (!has_tag(out, present->tags[i]))
			r = gv_policy_set(out, "keep-tag", present->tags[i]);
	return r;
}

bool
gv_policy_hold_limits(
    struct gv_policy_limits *out, const struct gv_policy_limits *present)
{
	bool is_less = false;
	int i;

	for (i = 0; i < GV_POLICY_PERIODS; i++) {
		out->keep[i] = more(out->keep[i], present->keep[i]);
		hold_span(&out->within[i], &present->within[i]);
		is_less |= out->keep[i] != present->keep[i] ||
		    !is_same_span(&out->within[i], &present->within[i]);
	}
	return is_less;
}

static unsigned
groups_of(const struct gv_policy_rules *rules)
{
	return rules->has_group_by ? rules->group_by
				   : GV_POLICY_HOST | GV_POLICY_BRANCH;
}

/* For each lane with limits of its own in one of the policies, or in both. */
static void
hold_lanes(struct gv_policy_hold *h)
{
	static const char *const keys[GV_POLICY_LANES] = { "retention.manual",
		"retention.hook", "retention.schedule", "retention.ci",
		"retention.watch", "retention.safety" };
	struct gv_policy_rules was = h->out->retention;
	struct gv_policy_rules now = h->present->retention;
	struct gv_policy_limits present;
	int i;

	(void)gv_policy_complete(&was);
	(void)gv_policy_complete(&now);
	for (i = 0; i < GV_POLICY_OTHER; i++) {
		struct gv_policy_limits *out = &h->out->retention.lanes[i];

		if (!was.lanes[i].is_set && !now.lanes[i].is_set)
			continue;
		gv_policy_limits_of(out, &was, (enum gv_policy_lane)i);
		gv_policy_limits_of(&present, &now, (enum gv_policy_lane)i);
		if (gv_policy_hold_limits(out, &present))
			gv_policy_hold_wait(h, keys[i]);
		out->is_set = true;
	}
}

/* Finer groups keep at least what coarser ones do. */
static void
hold_groups(struct gv_policy_hold *h)
{
	struct gv_policy_rules *out = &h->out->retention;
	const struct gv_policy_rules *present = &h->present->retention;

	if (!out->has_group_by && !present->has_group_by)
		return;
	out->group_by = groups_of(out) | groups_of(present);
	out->has_group_by = true;
	if (out->group_by != groups_of(present))
		gv_policy_hold_wait(h, "retention.group-by");
}

int
gv_policy_hold_retention(struct gv_policy_hold *h)
{
	struct gv_policy_rules *out = &h->out->retention;
	struct gv_policy_rules *present = &h->present->retention;
	bool has_groups;

	if (h->present->automatic && !h->out->automatic)
		gv_policy_hold_wait(h, "retention.auto");
	h->out->automatic = h->out->automatic && h->present->automatic;
	hold_groups(h);
	hold_lanes(h);
	/* leave the default unset: prune asks about it */
	if (!gv_policy_keeps(out) && !gv_policy_keeps(present))
		return 0;
	has_groups = out->has_group_by;
	(void)gv_policy_complete(out);
	(void)gv_policy_complete(present);
	out->has_group_by = has_groups;
	if (gv_policy_hold_limits(&out->all, &present->all))
		gv_policy_hold_wait(h, "retention.keep");
	return hold_tags(h);
}
