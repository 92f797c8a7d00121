#ifndef GV_RETENTION_H
#define GV_RETENTION_H
/*
 * Decides which snapshots the rules keep, and why. It is a pure function of the
 * records, the rules and the time.
 *
 * Snapshots are judged in groups: by the keys of group-by, and in these by
 * their trigger. So the snapshots of hooks, CI, a schedule or watch never push
 * out those of people. All ci snapshots of hosts that took none for 30 days are
 * one group.
 *
 * In each group and period one snapshot is kept: the newest with a message or a
 * tag, else the newest. Only periods with snapshots are counted, starting with
 * the newest; if a rule has places left, the oldest snapshot is kept too. Each
 * rule is also applied to the snapshots with a message or a tag alone, so that
 * none of them goes in favour of one without. Durations count from the newest
 * snapshot of the group that is not from the future. Snapshots from the future
 * are kept and take no place: neither a wrong clock nor a forged time can push
 * others out.
 *
 * Snapshots that this clone took are never in one group with others, and their
 * hosts and branches are not compared with those of others. Everybody who can
 * push can name any host, and must not push out this clone's own snapshots.
 *
 * Always kept are the newest of a group, by time and by id, and the newest of
 * every host and branch. If Vault-Previous shows that a clock was set back, the
 * last snapshot of that line is kept as well, with the snapshots that prove it.
 * Safety snapshots, which a restore or a rollback took first, are kept for two
 * weeks, and longer only by keep-within or by limits for safety snapshots.
 *
 * If a server is known to have had a snapshot at some time, that is the latest
 * time at which it can have been taken: it counts as of then if it claims to be
 * younger. Nothing proves the earliest time, so an old snapshot is as old as it
 * says. The newest snapshot by its own claim is kept all the same.
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
	bool is_own;     /* this clone took it, by clock.own */
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
