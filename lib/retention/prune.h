#ifndef GV_PRUNE_H
#define GV_PRUNE_H
/*
 * Retention put to work: rules from the command line, the policy file or the
 * default, all snapshots judged by them, those that go deleted together.
 *
 *	struct gv_prune_opts opts = { .rules = rules, .n = n, .now = now };
 *	r = gv_prune_run(&prune, repo, &opts);
 *	gv_prune_release(&prune);
 *
 * They go to the trash; what has expired there is gone for good. Sealed values
 * that no snapshot names any more, in the trash or not, go after them, but for
 * those that somebody named, rotated or revoked, and those that their scope has
 * for less than two hours.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "crypto/digest.h"
#include "record/record.h"
#include "retention/removal.h"
#include "retention/retention.h"

struct gv_repo;
struct gv_safe;

/* A rule in the words of the policy file: "keep-daily", "30". */
struct gv_prune_rule {
	const char *name, *value;
};

struct gv_prune_opts {
	const struct gv_prune_rule *rules;
	size_t n;
	bool dry_run;
	bool by_itself; /* nobody has asked: not what its own policy keeps */
	bool by_rules_only; /* a dry run where there are no rules but the
			     * default */
	bool empty_trash;   /* drop what is in the trash, expired or not, and
			     * what this prunes; without rules prune nothing */
	int64_t now;
	struct gv_safe *safe;       /* an identity of it signs the events; NULL:
				     * one of this host */
	gv_removal_agree_fn *agree; /* also asked where nothing is pruned; NULL:
				     * nobody is asked */
	void *data;                 /* for it */
};

/* A sealed value that goes. */
struct gv_prune_value {
	const char *scope;
	struct gv_digest id;
};

struct gv_prune_sealed {
	struct gv_prune_value *values; /* by scope and id */
	size_t n, cap;
	size_t n_kept;
	const char *why; /* no value goes this time, for this reason; NULL */
	bool is_failed;  /* which is a failure */
	struct gv_arena arena;
};

struct gv_prune {
	struct gv_records records;
	struct gv_retention retention; /* one verdict a record */
	const char *source;            /* where the rules come from: static */
	bool is_dry;                   /* nothing was deleted */
	size_t n_dropped;              /* or would be, in a dry run */
	size_t n_again;                /* deleted before, and gone again */
	size_t n_expired;      /* of the trash, that are gone for good */
	struct gv_buf damaged; /* sentences, a line each */
	struct gv_prune_sealed sealed;
};

/* Judge and delete. 0; GV_EUSAGE for an invalid rule, or where nothing
 * would be kept by any; GV_EREFUSED for a bad policy file; GV_ELOCKED;
 * GV_ECORRUPT where pins cannot be read. On failure nothing was deleted. That
 * values could not be deleted is no failure, and said in `sealed`. */
int gv_prune_run(struct gv_prune *out, struct gv_repo *repo,
    const struct gv_prune_opts *opts);

/* Prune after a snapshot, if the policy says so and the last time was more than
 * an hour ago. A snapshot goes only if both this policy and the one in the
 * snapshot's own tree let it go, and only if this clone or a pipeline took it.
 * Never where the policy asks others to approve a prune.
 * 1 with *out set if it was done, 0 if not, negative on failure. */
int gv_prune_auto(struct gv_prune *out, struct gv_repo *repo, int64_t now);

/* Free; NULL-safe, zeroed struct ok. */
void gv_prune_release(struct gv_prune *prune);

#endif
