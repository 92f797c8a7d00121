#ifndef GV_SYNC_H
#define GV_SYNC_H
/*
 * The records of two clones made one, by a remote between them: what it has is
 * fetched beside ours, merged by the rule of each kind, and what it lacks is
 * pushed, never by force. Transport is git's. Nobody's record is lost by it:
 * what no rule can merge stays as it is on both sides, and is reported.
 *
 *	r = gv_sync_run(&report, repo, &opts);
 *	report.items[i].action == GV_SYNC_CONFLICT …
 *	gv_sync_release(&report);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"
#include "safe/safe.h"

struct gv_refs;
struct gv_repo;

/* What became of a ref. */
enum gv_sync_action {
	GV_SYNC_TAKEN,    /* ours is theirs now */
	GV_SYNC_MERGED,   /* ours has both now */
	GV_SYNC_RESOLVED, /* the same of a conflict, as the user has chosen */
	GV_SYNC_DROPPED,  /* a snapshot that was deleted there is so here; or
			     what is sealed in a scope that is not picked */
	GV_SYNC_SENT,     /* theirs is ours now */
	GV_SYNC_CLEARED,  /* the ref of a deleted snapshot is gone there */
	GV_SYNC_CONFLICT, /* no rule merges them: both are as they were */
	GV_SYNC_REFUSED,  /* the remote does not take it */
	GV_SYNC_HELD,     /* not pushed, since secrets that it names are not */
	GV_SYNC_ACTIONS
};

struct gv_sync_item {
	enum gv_sync_action action;
	char *ref;                  /* of this vault, in full */
	struct gv_oid ours, theirs; /* before; zero: it was not there */
	char *why; /* of a conflict or a refusal, a sentence; else NULL */
};

struct gv_sync_report {
	char *remote;
	struct gv_sync_item *items; /* in the order in which they came about */
	size_t n, cap;
	size_t counts[GV_SYNC_ACTIONS];
	/* a sentence each, with its newline: of environments and patterns that
	 * nothing is of on either side, and of what the remote has lost; also
	 * where it failed */
	struct gv_buf warnings;
	/* how many of the dropped are snapshots, which the trash has now */
	size_t n_trashed;
	/* snapshots of a bundle that are deleted here, and stay so */
	size_t n_deleted;
	unsigned attempts; /* to bring both to the same state */
	bool is_piecemeal; /* the remote has no atomic pushes */
	/* a hook of the remote refuses a snapshot, maybe for a commit that it
	 * stands on */
	bool declines_snapshot;
	/* refs that are no snapshots, and are refused by themselves: where they
	 * are more than it takes, it may be for their names */
	size_t n_declined;
	size_t n_kept_back; /* refused here, since secrets seem to be in them */
	/* what the safe has to tell (gv_safe_news()): lives until the report
	 * is released, and is NULL where none was opened */
	const struct gv_safe_news *news;
	struct gv_safe *safe;
};

/* Which side of states in conflict comes to be the newest version. */
enum gv_sync_side {
	GV_SYNC_NEITHER,
	GV_SYNC_OURS,
	GV_SYNC_THEIRS,
};

struct gv_sync_opts {
	const char *remote; /* NULL: see gv_remote_default() */
	/* What a bundle has, sorted, in place of a remote, which is what the
	 * user calls it then: its objects are here, nothing is to be fetched
	 * or pushed. NULL: none. (bundle.h) */
	const struct gv_refs *given;
	bool is_part; /* of what is given: more than that may be elsewhere */
	bool no_fetch, no_push;
	bool dry_run; /* fetches beside ours, and changes nothing else */
	/* Git asks nobody for a password, and is given up where it takes longer
	 * than ten minutes. */
	bool is_unattended;
	const char *const *patterns; /* of refs, without refs/vault/; none: all
				      */
	size_t n_patterns;
	/* only what belongs to these environments, and snapshots that were
	 * taken at this time (seconds since 1970) or later; none, 0: all */
	const char *const *envs;
	size_t n_envs;
	int64_t since;
	enum gv_sync_side side;
	const char *const *stacks; /* ENV/STACK, that it is for */
	size_t n_stacks;
	struct gv_safe_opts safe; /* how the safe is opened; the time, too */
};

/* Do it, up to some times where the remote moves meanwhile. 0, also where there
 * are conflicts or refusals, which *out tells; GV_EUSAGE for an unknown remote
 * or stack; GV_ELOCKED where somebody else is at work here, or again
 * and again there; GV_EREFUSED where the remote takes nothing of it, shows
 * nobody what it takes, or is of another project; GV_ERROR with git's words;
 * GV_ECANCELED and others. What was done until then stays done, and the next
 * one goes on. *out is set in any case, the caller releases it. */
int gv_sync_run(struct gv_sync_report *out, struct gv_repo *repo,
    const struct gv_sync_opts *opts);

/* Whether a vault ref, by its full name, travels, and the patterns (none:
 * all) pick it; *is_always: whatever they say. */
bool gv_sync_travels(
    bool *is_always, const char *ref, const char *const *patterns, size_t n);

/* NULL-safe, zeroed ok. */
void gv_sync_release(struct gv_sync_report *report);

#endif
