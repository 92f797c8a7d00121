#ifndef GV_GOOD_RULE_H
#define GV_GOOD_RULE_H
/*
 * Whose word the team takes for a known-good record: the keys `signed` and
 * `signers` of the section good of its policy, held against the signature of
 * an identity and that of git's own. A record is judged by gv_good_judge().
 *
 *	r = gv_good_rule_load(&rule, repo);
 *	r = gv_good_judge(&good, rule, repo);
 *	gv_good_rule_free(rule);
 */

#include "vault/good.h"

struct gv_good_rule;
struct gv_repo;

/* Read it from the policy of the working tree. 0, also where nothing is said,
 * and where the policy cannot be read: then no record is trusted, with that for
 * the reason, until it can be. GV_ERROR; GV_ENOMEM. */
int gv_good_rule_load(struct gv_good_rule **out, struct gv_repo *repo);

/* Whether the policy could be read: 0, or GV_EREFUSED with why not. */
int gv_good_rule_check(const struct gv_good_rule *rule);

/* NULL-safe. */
void gv_good_rule_free(struct gv_good_rule *rule);

#endif
