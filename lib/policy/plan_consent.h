#ifndef GV_PLAN_CONSENT_H
#define GV_PLAN_CONSENT_H
/*
 * Whether a recovery plan may run: its content is accepted, as that of the
 * policy is (consent.h).
 *
 *	r = gv_plan_consent_has(&is, repo, "lost-prod", text.p, text.len);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_consent;
struct gv_repo;

/* Set *out to whether this content of a plan is accepted. 0; GV_ENOMEM. */
int gv_plan_consent_has(bool *out, struct gv_repo *repo, const char *name,
    const char *text, size_t len);

/* Take the plans out of what is going to be accepted that likely have a secret
 * in clear, with a line in consent->left for each: what an owner signs stays
 * for good, and no gate lets a keyring with a secret out. 0; GV_ERROR;
 * GV_ENOMEM. */
int gv_plan_consent_sift(struct gv_consent *consent, struct gv_repo *repo);

#endif
