#ifndef GV_RETENTION_H
#define GV_RETENTION_H
/*
 * Which snapshots the rules keep, and why: a function of records, rules and
 * the time, which looks at nothing else and changes nothing.
 *
 * Snapshots are judged in groups: by the keys of group-by, and within these by
 * who asked for them, so that what hooks, CI, a schedule or watch take never
 * uses up the places of what a person takes. All ci snapshots of hosts that
 *took none for 30 days are one group.
 *
 * In each group one snapshot of a period stands for it, the newest that has a
 * message or a tag, else the newest. Only periods that have one are counted,
 * from the newest on; while a rule has places left the oldest snapshot is kept
 * too. Each rule is also applied to those with a message or a tag alone, so
 *that none of them goes in favour of one that has neither. Durations count from
 *the newest snapshot of the group that is not from the future. Snapshots from
 *the future are kept and take no place: neither a clock that is off nor a
 *forged time can push others out.
 *
 * A snapshot that this clone took itself is in no group with one that came from
 * elsewhere, and neither are their hosts and branches one: whoever can push can
 * name any host, and must not push this clone's own snapshots out.
 *
 * Always kept are the newest of a group, by time and by id; the newest of every
 * host and branch; and what nothing of its line was taken after according to
 * Vault-Previous, where by that its own time is wrong, the clock having been
 * set back, with what it takes to know that. What a restore or a rollback took
 * first (trigger "safety") is kept for two weeks, and for longer only by
 * keep-within or by limits for safety snapshots.
 *
 * Where a server is known to have had a snapshot at a time, it was taken then
 * at the latest: one that claims to be younger counts as of that time. When it
 * was taken at the earliest nobody can know, so an old one is as old as it
 * says. The newest by what snapshots themselves claim stays all the same.
 *
 *	r = gv_retention_decide(&ret, &records, &rules, &clock);
 *	if (!ret.verdicts[i].keep) …
 *	gv_retention_release(&ret);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"

struct gv_policy_rules;
struct gv_records;

struct gv_retention_clock {
	int64_t now;
	int (*zone)(time_t at); /* minutes that the local time is ahead */
	/* of each record, by when it was surely taken; INT64_MAX where that is
	 * not known; NULL: of none */
	const int64_t *received;
	/* of each record, whether this clone took it; NULL: of none */
	const bool *own;
};

struct gv_retention_verdict {
	bool keep;
	bool is_own;     /* this clone took it, as clock.own says */
	size_t group;    /* from 0, by their newest */
	const char *why; /* reasons, a line each, at least one */
};

struct gv_retention {
	struct gv_retention_verdict *verdicts; /* in the records' order */
	size_t n, n_keep, n_groups;
	bool follows; /* one was taken after another that claims to be younger
		       */
	struct gv_arena arena; /* of the reasons */
};

/* Decide. 0 or GV_ENOMEM. */
int gv_retention_decide(struct gv_retention *out, const struct gv_records *recs,
    const struct gv_policy_rules *rules,
    const struct gv_retention_clock *clock);

/* Free; NULL-safe, zeroed struct ok. */
void gv_retention_release(struct gv_retention *ret);

#endif
