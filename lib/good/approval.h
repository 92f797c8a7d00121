#ifndef GV_APPROVAL_H
#define GV_APPROVAL_H
/*
 * Who agrees to something that others should see before it is done: that an
 * environment goes back to a record, a step of a recovery plan runs, or
 * snapshots are removed. An
 * approval is an event of the audit chain of who gives it, signed as all of
 * them are; it names its subject by an id, and travels as the chains do. How
 * many are wanted for a rollback, of whom, and how long one counts says the
 * policy of HEAD: what stands before the rollback, never what is gone back to.
 * The file of the working tree can want more of it, and never less.
 *
 *	r = gv_approval_open(&a, repo, "prod");
 *	if (r == 0 && a.wanted)
 *		r = gv_approval_count(&a, &what);
 *	if (r == 0 && !gv_approval_is_enough(&a))
 *		…
 *	gv_approval_close(&a);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "config/policy.h"
#include "repo/oid.h"

/* What snapshots that are removed are of, in place of an environment. */
#define GV_APPROVAL_SNAPSHOTS "snapshots"

#define GV_APPROVAL_PASSED 10 /* approvals reported that do not count */

struct gv_repo;
struct gv_safe;

/* One that counts: the newest of who gave it. */
struct gv_approval {
	const char *name;   /* in the keyring */
	const char *host;   /* whose chain it is in */
	const char *reason; /* or NULL, as the next */
	const char *target; /* what the event calls it */
	int64_t time;       /* seconds since 1970 */
	struct gv_oid event;
};

struct gv_approvals {
	struct gv_repo *repo;
	unsigned wanted;         /* 0: nobody is asked */
	int64_t lasts;           /* how long one counts, in seconds */
	const char *self;        /* who asks, in the keyring; NULL: not known */
	struct gv_approval *all; /* the newest first */
	size_t n, cap;
	struct gv_oid *events; /* that count, also others of the same giver */
	size_t n_events, cap_events;
	struct gv_buf passed; /* sentences, a line each: what does not count */
	/* private */
	size_t n_passed;
	struct gv_policy policy;  /* of HEAD */
	struct gv_policy present; /* of the working tree: only tightens */
	struct gv_policy_approval rule;
	struct gv_arena arena;
};

/* What is approved, and who asks. */
struct gv_approval_of {
	const char *kind;      /* of the events: GV_AUDIT_APPROVE … */
	const char *env;       /* the environment that it is about */
	struct gv_oid subject; /* of a rollback, the tag of its record */
	const char *target;    /* what it is called in events: "good/prod/7" */
	struct gv_safe *safe;  /* whose identities are at hand, beside that by
				  which this host signs; or NULL */
	int64_t now;           /* seconds since 1970 */
	bool takes_own;        /* also those of who asks: the caller knows whose
				  change it is */
	/* why one of another subject, by its target, does not count (static),
	 * or NULL: it is of no matter here, and is not named. The function
	 * NULL: each is named */
	const char *(*of_other)(void *ctx, const char *target);
	void *ctx;
};

/* Read what the policy of HEAD wants for this environment. 0; GV_EREFUSED where
 * it cannot be read, with the line; GV_ECORRUPT; GV_ENOMEM. To be closed in any
 * case. */
int gv_approval_open(
    struct gv_approvals *out, struct gv_repo *repo, const char *env);

/* The same for a way to remove snapshots. */
int gv_approval_open_removal(struct gv_approvals *out, struct gv_repo *repo,
    enum gv_policy_removal removal);

/* Whether the environment is frozen, by the policy of HEAD or that of the
 * working tree: 1 with *out and by which of them; 0; GV_ENOMEM. */
int
gv_approval_frozen(struct gv_policy_frozen *out, const struct gv_policy **by,
    const struct gv_approvals *a, const char *env, int64_t now);

/* Want what a rule says, which stays until the close. 0; GV_ENOMEM. */
int gv_approval_open_by(struct gv_approvals *out, struct gv_repo *repo,
    const struct gv_policy_approval *rule);

/* Find those that count: of exactly this subject, not older than they last,
 * each signed by somebody whom the keyring has, of the approvers where some are
 * named, not by who asks, one a name, in chains without a fault that those have
 * begun, and not used by an earlier run. 0, also where there are none;
 * GV_ECANCELED; GV_ERROR; GV_ENOMEM.
 */
int gv_approval_count(struct gv_approvals *a, const struct gv_approval_of *of);

/* Whether it goes on: enough approvals count, and the person who asks is known,
 * since otherwise their own approval could be among them. */
bool gv_approval_is_enough(const struct gv_approvals *a);

/* Count, and use up what counts, for one run, rollback or removal: `by` is
 * what it is called in events, "plan/NAME/RUN". That is a signed event of this
 * host's audit chain, and the next one asks again; clones that have not fetched
 * it do not know. Not to be counted before. 1, also where none is wanted; 0
 * with nothing used where they are not enough; GV_ELOCKED; as
 * gv_approval_count() and gv_audit_tell(). (approval_spend.c) */
int gv_approval_spend(
    struct gv_approvals *a, const struct gv_approval_of *of, const char *by);

/* Give one: told to the audit chain of this host, signed. *who (the
 * approvals') is the name that it counts by. 0; GV_ENOKEY where no identity
 * here signs; GV_EREFUSED where it would count for nothing; else as
 * gv_audit_tell(). */
int gv_approval_give(const char **who, struct gv_approvals *a,
    const struct gv_approval_of *of, const char *reason);

/* Zeroed ok. */
void gv_approval_close(struct gv_approvals *a);

#endif
