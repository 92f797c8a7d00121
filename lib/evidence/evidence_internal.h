#ifndef GV_EVIDENCE_INTERNAL_H
#define GV_EVIDENCE_INTERNAL_H
/*
 * What the parts of an export share.
 *
 *	evidence.c		the directory: reports, sums, their signature
 *	evidence_control.c	which control needs what
 *	evidence_table.c	the tables
 *	evidence_proof.c	events with their signatures, and their signers
 *	evidence_tell.c		the texts: README, manifest
 */

#include "base/buf.h"
#include "base/time.h"
#include "evidence/evidence.h"

#define GV_EVIDENCE_SPACE                                                      \
	"git-vault-evidence" /* what the sums are signed for */

struct gv_drill_log;

struct gv_evidence_run {
	struct gv_evidence *done;
	struct gv_repo *repo;
	const struct gv_evidence_opts *opts;
	struct gv_buf sums; /* of the files so far, as sha256sum prints them */
	bool is_begun;      /* all that is in the directory is of this export */
};

/* Write a file below the directory, and note its sum. 0; GV_ERROR; GV_ENOMEM.
 */
int gv_evidence_add(
    struct gv_evidence_run *run, const char *name, const struct gv_buf *bytes);

/* The tables that the control asks for. 0 or a failure. */
int gv_evidence_table_drills(
    struct gv_evidence_run *run, const struct gv_drill_log *log);
int gv_evidence_table_environments(
    struct gv_evidence_run *run, const struct gv_drill_log *log);
int gv_evidence_table_snapshots(struct gv_evidence_run *run);
int gv_evidence_table_records(struct gv_evidence_run *run);

/* events.csv, the events, their signatures, and who may have made these. */
int gv_evidence_proof(struct gv_evidence_run *run);

/* README and manifest.json: what is in it, and how to check it. */
int gv_evidence_tell(struct gv_evidence_run *run);

#endif
