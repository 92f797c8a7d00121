#ifndef GV_REPAIR_VERDICT_H
#define GV_REPAIR_VERDICT_H
/*
 * What repair does with a value whose copies are damaged: a pure function of
 * which copies there are. A copy is an entry of the scope, sealed or a
 * reference to a vault of others, or an object that a line of a snapshot names.
 *
 *	verdict = gv_repair_verdict_of(&has);
 *	if (verdict == GV_REPAIR_ASK_LINES) {
 *		has.line = …;
 *		verdict = gv_repair_verdict_of_line(&has);
 *	}
 */

#include <stdbool.h>

enum gv_repair_copy {
	GV_REPAIR_COPY_LOST, /* missing, or not what it should be */
	GV_REPAIR_COPY_SEALED,
	GV_REPAIR_COPY_THERE, /* a reference; the vault has the value */
	GV_REPAIR_COPY_GONE,  /* a reference; the vault does not have it */
	GV_REPAIR_COPY_LEFT,  /* a reference; the vault did not answer */
};

struct gv_repair_has {
	bool has_sealed, has_ref; /* entries of the scope */
	enum gv_repair_copy sealed, ref, line;
	bool is_hurt; /* the scope lost entries: those that are needed return */
};

enum gv_repair_verdict {
	GV_REPAIR_IS_WHOLE, /* nothing has to change */
	GV_REPAIR_DROP_REF, /* the sealed entry is intact, the reference not */
	GV_REPAIR_DROP_SEALED, /* the other way round */
	GV_REPAIR_ASK_LINES,   /* neither: find an object that a line names */
	GV_REPAIR_TAKE_LINE,   /* that becomes the only entry */
	GV_REPAIR_SEEK,        /* no copy is known: look elsewhere */
};

/* Whether a copy leads to the value now. */
bool gv_repair_can_be_had(enum gv_repair_copy copy);

/* By the entries alone. */
enum gv_repair_verdict gv_repair_verdict_of(const struct gv_repair_has *has);

/* After GV_REPAIR_ASK_LINES, with `line` set. */
enum gv_repair_verdict
gv_repair_verdict_of_line(const struct gv_repair_has *has);

/* Whether an entry is damaged, whatever comes of it. */
bool gv_repair_has_gap(const struct gv_repair_has *has);

/* After GV_REPAIR_SEEK: whether the reference is dead, because the vault says
 * so (`says_so`) or its object is damaged. */
bool gv_repair_is_dead(const struct gv_repair_has *has, bool says_so);

#endif
