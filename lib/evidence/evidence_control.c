#include <strings.h>

#include "evidence/evidence.h"

/*
 * The titles are in our own words: the texts of some frameworks are not public.
 * A row names what this program has that speaks of the control; whether that is
 * enough is for the auditor.
 */

#define DRILLS       GV_EVIDENCE_DRILLS
#define ENVIRONMENTS GV_EVIDENCE_ENVIRONMENTS
#define SNAPSHOTS    GV_EVIDENCE_SNAPSHOTS
#define RECORDS      GV_EVIDENCE_RECORDS

#define BACKUP                                                                 \
	" restore repair prune prune-values prune-approve delete "             \
	"delete-approve approval-use undelete policy-accept key-add "          \
	"key-remove key-escrow "
#define TESTING " drill restore plan plan-approve approval-use policy-accept "

const struct gv_evidence_control gv_evidence_control_all[] = {
	{ "A1.2", "SOC 2",
	    "backups and what is needed to recover are designed, run and "
	    "watched",
	    ENVIRONMENTS | SNAPSHOTS, BACKUP },
	{ "A1.3", "SOC 2", "recovery is tested, and so is what it restores",
	    DRILLS | ENVIRONMENTS, TESTING },
	{ "CC7.5", "SOC 2", "incidents are recovered from", DRILLS | RECORDS,
	    " drill restore rollback rollback-approve plan plan-approve "
	    "approval-use repair good-mark good-promote good-revoke revoke rotate purge " },
	{ "A.5.30", "ISO/IEC 27001:2022",
	    "systems are ready for continuity: targets, plans, exercises",
	    DRILLS | ENVIRONMENTS, TESTING },
	{ "A.8.13", "ISO/IEC 27001:2022",
	    "backups are kept by a policy, and tested",
	    DRILLS | ENVIRONMENTS | SNAPSHOTS, " drill" BACKUP },
	{ "CP-4", "NIST SP 800-53", "the contingency plan is tested",
	    DRILLS | ENVIRONMENTS | RECORDS, TESTING },
	{ "CP-9", "NIST SP 800-53",
	    "backups are made, protected and tested for reliability",
	    DRILLS | ENVIRONMENTS | SNAPSHOTS, " drill" BACKUP },
	{ "DORA-11", "Regulation (EU) 2022/2554",
	    "response and recovery plans are tested",
	    DRILLS | ENVIRONMENTS | RECORDS,
	    TESTING "rollback rollback-approve " },
	{ "DORA-12", "Regulation (EU) 2022/2554",
	    "backup, restoration and recovery: scope, frequency, integrity",
	    DRILLS | ENVIRONMENTS | SNAPSHOTS, " drill" BACKUP },
	{ .name = NULL },
};

const struct gv_evidence_control *
gv_evidence_control_find(const char *name)
{
	const struct gv_evidence_control *c;

	for (c = gv_evidence_control_all; c->name; c++)
		if (strcasecmp(c->name, name) == 0)
			return c;
	return NULL;
}
