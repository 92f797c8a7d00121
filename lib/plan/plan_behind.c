#include "plan/plan_behind.h"

#include <inttypes.h>
#include <string.h>

#include "base/buf.h"

static const struct gv_plan_side_state *
find(const struct gv_plan_side *side, const char *stack)
{
	size_t i;

	for (i = 0; i < side->n; i++)
		if (strcmp(side->states[i].stack, stack) == 0)
			return &side->states[i];
	return NULL;
}

/* Serials count the changes of one lineage, whatever clocks say. */
static bool
is_counted(
    const struct gv_plan_side_state *a, const struct gv_plan_side_state *b)
{
	return a->lineage && b->lineage &&
	    strcmp(a->lineage, b->lineage) == 0 && a->has_serial &&
	    b->has_serial;
}

static bool
lacks_state(struct gv_buf *why, const struct gv_plan_side *old,
    const struct gv_plan_side *now, const struct gv_plan_side_state *s,
    int64_t moved)
{
	const struct gv_plan_side_state *was = find(old, s->stack);

	if (was && is_counted(was, s)) {
		if (was->serial >= s->serial)
			return false;
		gv_buf_addf(why,
		    "its state %s has serial %" PRIu64
		    ", and that of %s has %" PRIu64,
		    s->stack, was->serial, now->name, s->serial);
		return true;
	}
	if (s->time <= moved || (was && was->time >= s->time))
		return false;
	gv_buf_addf(why,
	    "state %s of %s was saved after the traffic moved, and %s",
	    s->stack, now->name,
	    was ? "its own was not saved since" : "it has none");
	return true;
}

bool
gv_plan_is_behind(struct gv_buf *why, const struct gv_plan_side *old,
    const struct gv_plan_side *now, int64_t moved)
{
	size_t i;

	for (i = 0; i < now->n; i++)
		if (lacks_state(why, old, now, &now->states[i], moved))
			return true;
	if (now->record == 0 || now->recorded <= moved ||
	    (old->record && old->recorded >= now->recorded))
		return false;
	gv_buf_addf(why,
	    "known-good record %u of %s was made after the traffic moved, and "
	    "its own newest is %s",
	    now->record, now->name, old->record ? "older" : "missing");
	return true;
}
