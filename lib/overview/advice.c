#include "overview/advice.h"

#include <string.h>

/* What findings are about. Those that are not here count by their grade. */
static const struct {
	const char *kind;
	enum gv_advice_line line;
	bool is_danger; /* although it is a warning: all is lost at once */
} kinds[] = {
	{ "policy_bad", GV_ADVICE_POLICY, true },
	{ "watch_down", GV_ADVICE_WATCH, true },
	{ "no_snapshot", GV_ADVICE_SNAPSHOT, true },
	{ "snapshot_old", GV_ADVICE_SNAPSHOT, false },
	{ "snapshot_lost", GV_ADVICE_SNAPSHOT, true },
	{ "snapshot_damaged", GV_ADVICE_SNAPSHOT, true },
	{ "clock_behind", GV_ADVICE_SNAPSHOT, false },
	{ "no_key", GV_ADVICE_SECRETS, true },
	{ "one_key", GV_ADVICE_SECRETS, true },
	{ "state_conflict", GV_ADVICE_STATES, false },
	{ "no_remote", GV_ADVICE_REMOTES, true },
	{ "never_synced", GV_ADVICE_REMOTES, true },
	{ "snapshots_unsent", GV_ADVICE_REMOTES, false },
	{ "receipt_signer", GV_ADVICE_REMOTES, false },
	{ "target_invalid", GV_ADVICE_COPIES, false },
	{ "target_damaged", GV_ADVICE_COPIES, true },
	{ "target_refused", GV_ADVICE_COPIES, false },
	{ "target_disputed", GV_ADVICE_COPIES, false },
	{ "target_failing", GV_ADVICE_COPIES, false },
	{ "target_behind", GV_ADVICE_COPIES, false },
	{ "copies_lacking", GV_ADVICE_COPIES, false },
	{ "purge_pending", GV_ADVICE_COPIES, false },
	{ "no_good", GV_ADVICE_GOOD, false },
	{ "good_unread", GV_ADVICE_GOOD, false },
	{ "verified_long_ago", GV_ADVICE_VERIFIED, false },
	{ "drill_overdue", GV_ADVICE_VERIFIED, false },
	{ "drill_failed", GV_ADVICE_VERIFIED, false },
};

static void
assign(struct gv_advice *out, const struct gv_doctor_finding *f)
{
	enum gv_advice_line line = GV_ADVICE_OTHER;
	enum gv_advice_level level =
	    f->grade == GV_DOCTOR_ERROR ? GV_ADVICE_DANGER : GV_ADVICE_CARE;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, f->kind) == 0) {
			line = kinds[i].line;
			level = kinds[i].is_danger ? GV_ADVICE_DANGER : level;
		}
	if (out->lines[line].finding == NULL)
		out->lines[line].finding = f;
	if (level > out->lines[line].level)
		out->lines[line].level = level;
}

/* The command of the first finding of that grade that has one. */
static const char *
command_of(const struct gv_doctor_finding *findings, size_t n,
    enum gv_doctor_grade grade)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (findings[i].grade == grade && findings[i].command)
			return findings[i].command;
	return NULL;
}

void
gv_advice_give(struct gv_advice *out, const struct gv_doctor_finding *findings,
    size_t n, const struct gv_advice_facts *facts)
{
	size_t i;

	memset(out, 0, sizeof(*out));
	for (i = 0; i < n; i++)
		if (findings[i].grade > GV_DOCTOR_NOTE) {
			assign(out, &findings[i]);
			out->findings++;
		}
	if (facts->changes && out->lines[GV_ADVICE_CHANGES].level == 0)
		out->lines[GV_ADVICE_CHANGES].level = GV_ADVICE_CARE;
	out->next = command_of(findings, n, GV_DOCTOR_ERROR);
	/* a snapshot would make the loss the newest state */
	if (out->next == NULL && facts->has_tree && facts->changes)
		out->next = facts->changes == facts->gone
		    ? "git vault restore latest --in-place"
		    : facts->is_loss
		    ? "git vault restore latest --in-place --overwrite never"
		    : "git vault snapshot";
	if (out->next == NULL)
		out->next = command_of(findings, n, GV_DOCTOR_WARNING);
	if (out->next == NULL && facts->unsent)
		out->next = facts->sync;
}
