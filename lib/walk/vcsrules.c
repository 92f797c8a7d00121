#include "walk/vcsrules.h"

#include "infra/precious.h"

bool
gv_vcsrules_tracks(
    const struct gv_vcsrules *rules, const char *path, size_t len)
{
	return rules && !rules->is_blind &&
	    rules->tracks(rules->ctx, path, len);
}

enum gv_vcsrules_verdict
gv_vcsrules_judge(const struct gv_vcsrules *rules, const char *path, size_t len,
    bool is_dir, struct gv_ignore_why *why)
{
	if (rules == NULL || gv_vcsrules_tracks(rules, path, len))
		return GV_VCSRULES_NONE;
	if (rules->ignores(rules->ctx, path, len, is_dir, why)) {
		if (!rules->is_blind)
			return GV_VCSRULES_IGNORED;
		/* what is in it may be tracked: its files are judged */
		return is_dir ? GV_VCSRULES_NONE : GV_VCSRULES_UNSURE;
	}
	if (is_dir)
		return GV_VCSRULES_NONE;
	return rules->is_strict ||
		(rules->is_blind && gv_precious_rule(path, len))
	    ? GV_VCSRULES_UNSURE
	    : GV_VCSRULES_NONE;
}
