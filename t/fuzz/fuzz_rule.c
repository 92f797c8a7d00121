
#include "fuzz.h"

#include "base/err.h"
#include "scan/rule.h"
#include "scan/ruleset.h"

/* Rules that somebody wrote: refused, or ready to be looked for. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gv_rules rules = GV_RULES_INIT;
	struct gv_ruleset *set;

	if (gv_rule_parse(&rules, "x", (const char *)data, size) == 0 &&
	    gv_ruleset_new(&set, rules.rules, rules.n) == 0) {
		gv_ruleset_check(set, "x");
		gv_ruleset_free(set);
	}
	gv_rule_release(&rules);
	return 0;
}
