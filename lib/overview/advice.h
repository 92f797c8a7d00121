#ifndef GV_ADVICE_H
#define GV_ADVICE_H
/*
 * Decides how the lines of an overview are marked, and which command is the
 * next one worth typing. A pure function of the findings of doctor and of a few
 * numbers.
 *
 *	gv_advice_give(&advice, findings, n, &facts);
 *	if (advice.lines[GV_ADVICE_SECRETS].level == GV_ADVICE_DANGER) …
 *	if (advice.next) printf("%s\n", advice.next);
 */

#include <stdbool.h>
#include <stddef.h>

#include "doctor/doctor.h"

enum gv_advice_line {
	GV_ADVICE_POLICY,
	GV_ADVICE_WATCH,
	GV_ADVICE_SNAPSHOT,
	GV_ADVICE_CHANGES,
	GV_ADVICE_SECRETS,
	GV_ADVICE_REMOTES,
	GV_ADVICE_COPIES,
	GV_ADVICE_STATES,
	GV_ADVICE_GOOD,
	GV_ADVICE_VERIFIED,
	GV_ADVICE_OTHER, /* a finding that no line above is about */
	GV_ADVICE_LINES
};

enum gv_advice_level {
	GV_ADVICE_WELL,
	GV_ADVICE_CARE,   /* will do harm one day */
	GV_ADVICE_DANGER, /* does harm now, or loses everything at once */
};

struct gv_advice_facts {
	bool has_tree;    /* there is a working tree */
	size_t changes;   /* of content, since the last snapshot; */
	size_t gone;      /* of them: files that are not here any more, */
	bool is_loss;     /* some of which no commit has */
	size_t unsent;    /* snapshots that are on no remote */
	const char *sync; /* the command that sends them; NULL: no remote */
};

struct gv_advice {
	struct {
		enum gv_advice_level level;
		/* the gravest finding about it, borrowed; NULL: none */
		const struct gv_doctor_finding *finding;
	} lines[GV_ADVICE_LINES];
	size_t findings;  /* errors and warnings */
	const char *next; /* borrowed from a finding, `facts`, or static;
			     NULL: nothing needs to be done */
};

/* Decide. `findings` are as gv_doctor_run() leaves them, the most dangerous
 * first. Next is what ends an error; else a restore, if all that changed is
 * that files are gone; else one of the missing files, if no commit has them;
 * else a snapshot, if files have changed; else what ends
 * the first warning; else a sync, if snapshots are unsent. */
void
gv_advice_give(struct gv_advice *out, const struct gv_doctor_finding *findings,
    size_t n, const struct gv_advice_facts *facts);

#endif
