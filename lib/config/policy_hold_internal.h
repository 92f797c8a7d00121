#ifndef GV_POLICY_HOLD_INTERNAL_H
#define GV_POLICY_HOLD_INTERNAL_H
/*
 * What the parts of policy_hold.h share: policy_hold.c has the table and the
 * sections scan, secrets and state, policy_hold_env.c environments,
 * policy_hold_good.c good, rollback, delete and prune,
 * policy_hold_lint.c check, policy_hold_retention.c retention. Include it
 * nowhere else.
 *
 *	if (present is looser)
 *		gv_policy_hold_wait(h, "state.seal");
 */

#include "config/policy_hold.h"

#define GV_POLICY_HOLD_MAX 32

struct gv_policy_hold {
	struct gv_policy *out; /* the accepted one, which becomes the result */
	struct gv_policy *present;             /* what the file says */
	const char *waits[GV_POLICY_HOLD_MAX]; /* keys that do not count */
	size_t n;
};

/* Note that what the file says of a key, or of all that begin so, does not
 * count in full. */
void gv_policy_hold_wait(struct gv_policy_hold *h, const char *key);

/* Each brings its sections of h->out to what counts. 0 or GV_ENOMEM. */
int gv_policy_hold_good(struct gv_policy_hold *h);
int gv_policy_hold_rollback(struct gv_policy_hold *h); /* delete, prune, too */
int gv_policy_hold_retention(struct gv_policy_hold *h);

/* The same for schedules, of which both policies are kept. */
void gv_policy_hold_schedules(struct gv_policy_hold *h);

/* How long keys last: the shorter time. (policy_keys.c) */
void gv_policy_hold_keys(struct gv_policy_hold *h);

/* The same for config: schemas and rules of both count. */
void gv_policy_hold_configs(struct gv_policy_hold *h);

/* The present rules of access, and the accepted commands. */
void gv_policy_hold_access(struct gv_policy_hold *h);

/* Regions that copies may be in: those accepted, and what waits. */
void gv_policy_hold_residency(struct gv_policy_hold *h);

/* The present one, whatever was accepted: it decides nothing. */
void gv_policy_hold_project(struct gv_policy_hold *h);
void gv_policy_hold_vcs(struct gv_policy_hold *h);

/* The more frequent and the longer of both, and lists of both. */
void gv_policy_hold_classes(struct gv_policy_hold *h);

/* The same for check, of which both policies are kept. */
void gv_policy_hold_lint(struct gv_policy_hold *h);

/* The settings in force for each environment that either policy names. They
 * depend on the settings for all environments in both policies, so call this
 * before the sections state and rollback are reduced to those in force. 0 or
 * GV_ENOMEM; the caller releases *out in any case. */
int gv_policy_hold_env(struct gv_policy_envs *out, struct gv_policy_hold *h);

/* What counts of approvals; `key` waits where the present ones are looser. 0 or
 * GV_ENOMEM. */
int gv_policy_hold_approval(struct gv_policy_approval *out,
    struct gv_policy_hold *h, const struct gv_policy_approval *accepted,
    const struct gv_policy_approval *present, const char *key);

/* Raise limits to those of both. Whether the present ones keep less. */
bool gv_policy_hold_limits(
    struct gv_policy_limits *out, const struct gv_policy_limits *present);

#endif
