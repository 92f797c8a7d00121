#include "vault/disclosure.h"

#include <string.h>

#include "base/err.h"
#include "scan/scan.h"
#include "vault/team_rules.h"

static int
refuse(const char *what, const struct gv_scan_finding *f)
{
	return gv_err(GV_EREFUSED,
	    "%s has what looks like a secret (%s, byte %u), and all who read "
	    "the repository would read it, for good: say it without; if it is "
	    "a real one, the command line is in the shell's history, too",
	    what, f->rule->id, f->column);
}

int
gv_disclosure_check(struct gv_repo *repo, const char *what, const char *text)
{
	struct gv_team_rules rules = GV_TEAM_RULES_INIT;
	struct gv_scan scan = GV_SCAN_INIT;
	size_t i;
	int r = gv_team_rules_load(&rules, repo);

	/* a policy that is none is told of where it decides */
	if (r == GV_EREFUSED && repo) {
		gv_team_rules_release(&rules);
		rules = (struct gv_team_rules)GV_TEAM_RULES_INIT;
		r = gv_team_rules_load(&rules, NULL);
	}
	if (r == 0)
		r = gv_scan_run(&scan, rules.set, NULL, text, strlen(text));
	for (i = 0; r == 0 && i < scan.n; i++)
		if (scan.findings[i].grade >= GV_SCAN_LIKELY &&
		    scan.findings[i].rule->kind != GV_RULE_PUBLIC)
			r = refuse(what, &scan.findings[i]);
	gv_scan_release(&scan);
	gv_team_rules_release(&rules);
	return r;
}
