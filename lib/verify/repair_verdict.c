#include "verify/repair_verdict.h"

bool
gv_repair_can_be_had(enum gv_repair_copy copy)
{
	return copy == GV_REPAIR_COPY_SEALED || copy == GV_REPAIR_COPY_THERE;
}

/* A vault that does not answer today may have the value tomorrow. */
static bool
may_be_had(enum gv_repair_copy copy)
{
	return gv_repair_can_be_had(copy) || copy == GV_REPAIR_COPY_LEFT;
}

enum gv_repair_verdict
gv_repair_verdict_of(const struct gv_repair_has *has)
{
	if (may_be_had(has->sealed))
		return has->has_ref && !may_be_had(has->ref)
		    ? GV_REPAIR_DROP_REF
		    : GV_REPAIR_IS_WHOLE;
	if (!gv_repair_can_be_had(has->ref) &&
	    (has->has_sealed || has->ref != GV_REPAIR_COPY_LEFT))
		return GV_REPAIR_ASK_LINES;
	return has->has_sealed ? GV_REPAIR_DROP_SEALED : GV_REPAIR_IS_WHOLE;
}

/* A reference that nobody confirms replaces no entry. */
enum gv_repair_verdict
gv_repair_verdict_of_line(const struct gv_repair_has *has)
{
	const bool has_any = has->has_sealed || has->has_ref;

	if (!gv_repair_can_be_had(has->line) &&
	    (has_any || has->line != GV_REPAIR_COPY_LEFT))
		return GV_REPAIR_SEEK;
	return has_any || has->is_hurt ? GV_REPAIR_TAKE_LINE
				       : GV_REPAIR_IS_WHOLE;
}

bool
gv_repair_has_gap(const struct gv_repair_has *has)
{
	return (has->has_sealed && has->sealed == GV_REPAIR_COPY_LOST) ||
	    (has->has_ref && has->ref == GV_REPAIR_COPY_LOST);
}

bool
gv_repair_is_dead(const struct gv_repair_has *has, bool says_so)
{
	return has->ref != GV_REPAIR_COPY_LEFT &&
	    (says_so || (has->has_ref && has->ref == GV_REPAIR_COPY_LOST));
}
