#ifndef GV_TEAM_RULES_H
#define GV_TEAM_RULES_H
/*
 * The rules of the scanner as a team has them: those that come with us, and its
 * own of the policy.
 *
 *	struct gv_team_rules rules = GV_TEAM_RULES_INIT;
 *	r = gv_team_rules_load(&rules, repo);
 *	r = gv_scan_run(&scan, rules.set, path, data, len);
 *	gv_team_rules_release(&rules);
 */

#include "config/policy.h"
#include "scan/rule.h"

struct gv_repo;
struct gv_ruleset;

struct gv_team_rules {
	struct gv_policy policy;
	struct gv_rules builtin, own;
	struct gv_rule *all;
	struct gv_ruleset *set;
};

#define GV_TEAM_RULES_INIT                                                     \
	{                                                                      \
		.builtin = GV_RULES_INIT, .own = GV_RULES_INIT                 \
	}

/* Load them; of no repository (NULL) those that come with us alone. 0;
 * GV_EREFUSED where the policy cannot be read, with the line; GV_ENOMEM,
 * GV_ERROR. It is to be released either way. */
int gv_team_rules_load(struct gv_team_rules *out, struct gv_repo *repo);

void gv_team_rules_release(struct gv_team_rules *rules);

#endif
