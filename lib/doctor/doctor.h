#ifndef GV_DOCTOR_H
#define GV_DOCTOR_H
/*
 * Looks at the set-up around the snapshots: what endangers them, what an
 * interrupted program left, what the next command will stumble over. Each
 * finding is a sentence with the command that mends it. Changes nothing, but
 * where `fix` is set for caches of ours that are damaged, and what an install
 * of hooks left that was killed.
 *
 *	r = gv_doctor_run(&report, repo, &opts);
 *	for (i = 0; i < report.n; i++) …
 *	gv_doctor_release(&report);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/receipt_chain.h"
#include "doctor/probe.h"
#include "record/record.h"

struct gv_repo;

enum gv_doctor_grade {
	GV_DOCTOR_NOTE,    /* good to know */
	GV_DOCTOR_WARNING, /* will do harm one day */
	GV_DOCTOR_ERROR,   /* does harm now */
};

struct gv_doctor_finding {
	enum gv_doctor_grade grade;
	const char *kind; /* a stable name: "stale_lock"; static */
	char *text;       /* the sentence */
	char *command;    /* that mends it; NULL where there is none */
	bool fixed;       /* `fix` did so */
};

#define GV_DOCTOR_VERSIONS 8

struct gv_doctor_version {
	const char *name; /* "git", "libgit2", …; static */
	char text[32];
};

/* What a remote that has a vault has of ours, as it was last seen. */
struct gv_doctor_remote {
	char *name;
	size_t snapshots;                  /* of ours that are there */
	char newest[GV_RECORD_ID_LEN + 1]; /* the last of these; "": none */
	int64_t received; /* that one, by its receipt; 0: it has none */
	enum gv_receipt_trust trust;      /* of the receipt */
	size_t others;                    /* receipts of other commits */
	char other[GV_RECORD_ID_LEN + 1]; /* the last of these */
	size_t damaged;                   /* receipts */
};

struct gv_doctor_report {
	struct gv_doctor_finding *findings;
	size_t n, cap;
	size_t checks;                      /* that were made */
	size_t counts[GV_DOCTOR_ERROR + 1]; /* by grade, without the fixed */
	struct gv_doctor_version versions[GV_DOCTOR_VERSIONS];
	size_t n_versions;
	struct gv_doctor_remote *remotes;
	size_t n_remotes, cap_remotes;
	bool is_probed; /* a remote was asked for, and `probe` tells of it */
	struct gv_probe probe;
};

struct gv_doctor_opts {
	bool fix;
	int64_t now; /* seconds since 1970 */
	/* one that is probed, too, by a ref that comes and goes; NULL: none */
	const char *remote;
};

/* Look. 0, whatever is found; GV_EUSAGE where there is no such remote;
 * GV_ENOMEM, GV_ECANCELED, GV_ERROR where the
 * repository cannot be read at all. The caller releases *out. */
int gv_doctor_run(struct gv_doctor_report *out, struct gv_repo *repo,
    const struct gv_doctor_opts *opts);

/* Free; NULL-safe, zeroed struct ok. */
void gv_doctor_release(struct gv_doctor_report *report);

#endif
