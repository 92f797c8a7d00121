#ifndef GV_GOOD_RULE_H
#define GV_GOOD_RULE_H
/*
 * Whose signature the team accepts for a known-good record: members of the
 * keyring, limited by the keys `signed` and `signers` in the policy's section
 * good. This module finds who made the signatures, that of an identity and
 * git's own, and asks gv_good_weigh(). gv_good_judge() judges a record.
 *
 *	r = gv_good_rule_load(&rule, repo);
 *	r = gv_good_judge(&good, rule, repo);
 *	gv_good_rule_free(rule);
 */

#include "record/good.h"

struct gv_good_rule;
struct gv_repo;

/* Read it from the policy of the working tree. 0, also where nothing is said,
 * and where the policy cannot be read: then no record is trusted, with that for
 * the reason, until it can be. GV_ERROR; GV_ENOMEM. */
int gv_good_rule_load(struct gv_good_rule **out, struct gv_repo *repo);

/* Whether the policy could be read: 0, or GV_EREFUSED with why not. */
int gv_good_rule_check(const struct gv_good_rule *rule);

/* Whether a record counts only if one that counts names it: the identity that
 * signed it was a member's who left the keyring since, or it does not say that
 * it is of this vault. Git's own signature is not looked at. 0; GV_ENOMEM; as
 * reading the keyring. */
int gv_good_rule_needs_word(bool *out, struct gv_good_rule *rule,
    struct gv_repo *repo, const struct gv_good *good);

/* NULL-safe. */
void gv_good_rule_free(struct gv_good_rule *rule);

#endif
