#ifndef GV_DRILL_DUE_H
#define GV_DRILL_DUE_H
/*
 * Which drills the policy wants, and when: for each environment that has a
 * schedule of its own, and for all; and whether one has passed as a known-good
 * record needs it.
 *
 *	r = gv_drill_due_load(&dues, repo, &log, now);
 *	if (dues.items[i].state.is_overdue) …
 *	gv_drill_due_release(&dues);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "drill/drill_log.h"

struct gv_policy;

struct gv_drill_due {
	const char *env;             /* NULL: of the whole snapshot */
	int64_t every;               /* seconds */
	struct gv_drill_state state; /* texts are borrowed from the log */
};

struct gv_drill_dues {
	struct gv_drill_due *items;
	size_t n, cap;
	bool is_said; /* by the policy; else one for all, each 90 days */
	struct gv_arena arena;
};

/* What is wanted by the policy that counts, judged at a time. 0; as
 * gv_team_load(). The caller releases *out in any case. */
int gv_drill_due_load(struct gv_drill_dues *out, struct gv_repo *repo,
    const struct gv_drill_log *log, int64_t now);

/* The same by a policy. 0 or GV_ENOMEM. */
int gv_drill_due_find(struct gv_drill_dues *out, const struct gv_policy *policy,
    const struct gv_drill_log *log, int64_t now);

/* The newest drill that broke nothing on purpose; with `passed`, that did not
 * fail; or NULL. */
const struct gv_drill_logged *
gv_drill_due_newest(const struct gv_drill_log *log, bool passed);

/* Whether one of these is overdue, and the one that last passed for it, or
 * NULL: without a schedule a drill of any environment counts. */
bool gv_drill_due_is_late(const struct gv_drill_logged **passed,
    const struct gv_drill_dues *dues, const struct gv_drill_due *due,
    const struct gv_drill_log *log, int64_t now);

void gv_drill_due_release(struct gv_drill_dues *dues);

/* The newest drill of an environment, or of the whole, that has passed with
 * nothing left out, within this time before `now`, signed by somebody of
 * the keyring who decides about it. Without a keyring nobody has to sign. NULL
 * with *why set to a constant, what is wrong with the nearest one. */
const struct gv_drill_logged *
gv_drill_due_proof(const char **why, const struct gv_drill_log *log,
    const char *env, int64_t within, int64_t now);

#endif
