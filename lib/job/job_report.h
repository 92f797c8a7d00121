#ifndef GV_JOB_REPORT_H
#define GV_JOB_REPORT_H
/*
 * The report that a run leaves: a commit of its own below GV_REFS_RUNS, with
 * report.json. It goes to the remote with the other vault refs, for as long as
 * a success ratio looks back.
 *
 *	r = gv_job_report_write(repo, &run);
 *	git show refs/vault/reports/run/ID:report.json
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "job/job.h"

struct gv_arena;
struct gv_buf;
struct gv_repo;

/* Append the document. Pure. 0 or GV_ENOMEM. */
int gv_job_report_text(
    struct gv_buf *out, const struct gv_job_run *run, const char *host);

/* Read such a document, whoever wrote it: all but its parts, its id and what it
 * made. `data` has one byte behind its `len` and is changed; texts are the
 * arena's, cut to 256 bytes. 0; GV_ECORRUPT for anything else; GV_ENOMEM.
 * (job_report_read.c) */
int gv_job_report_parse(
    struct gv_job_run *out, struct gv_arena *arena, char *data, size_t len);

/* Why the run with this id was no success; NULL where it says nothing. The text
 * is the arena's. 0; GV_ENOTFOUND; GV_ECORRUPT; others.
 * (job_report_read.c) */
int gv_job_report_reason(const char **out, struct gv_arena *arena,
    struct gv_repo *repo, const char *id);

/* Take out of a run's reason what may be a secret: reports are pushed, and
 * notifications sent. The new text is the arena's. 0; GV_ENOMEM; GV_ERROR. */
int gv_job_report_hide(
    struct gv_job_run *run, struct gv_arena *arena, struct gv_repo *repo);

/* Store the report of a run that has ended. 0; GV_ERROR; GV_ENOMEM. */
int gv_job_report_write(struct gv_repo *repo, const struct gv_job_run *run);

/* Delete reports that are old by their ids; with `only_counts`, count them. 0;
 * GV_ERROR; GV_ENOMEM. */
int gv_job_report_prune(
    size_t *gone, struct gv_repo *repo, int64_t now, bool only_counts);

#endif
