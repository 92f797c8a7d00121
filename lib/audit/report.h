#ifndef GV_REPORT_H
#define GV_REPORT_H
/*
 * Reports: what a drill or another run found, each a commit of its own under
 * GV_REFS_REPORTS KIND/ID. A report is made once and never changes; it goes to
 * the remote with the other vault refs. An id begins with its time.
 *
 *	files[0] = (struct gv_report_file){ "report.json", text, len };
 *	r = gv_report_write(repo, GV_REFS_DRILLS, id, files, 1, now);
 *	r = gv_report_read(&out, repo, GV_REFS_DRILLS, id, "report.json");
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gv_buf;
struct gv_odb;
struct gv_oid;
struct gv_repo;

/* Seconds that a report stays by its age alone: more than a year, so that two
 * yearly ones are there. */
#define GV_REPORT_LASTS ((int64_t)400 * 24 * 60 * 60)

/* The same of runs of jobs, which may be one an hour: success ratios look back
 * 90 days. */
#define GV_REPORT_RUN_LASTS ((int64_t)100 * 24 * 60 * 60)

#define GV_REPORT_FILES 4

struct gv_report_file {
	const char *name; /* in the order of names */
	const void *data;
	size_t len;
};

/* Store a report of at most GV_REPORT_FILES files, durably. 0; GV_EEXISTS where
 * there is one of this id; GV_ERROR; GV_ENOMEM. */
int gv_report_write(struct gv_repo *repo, const char *kind, const char *id,
    const struct gv_report_file *files, size_t n, int64_t now);

/* Append a file of one. 0; GV_ENOTFOUND without a message; GV_ECORRUPT. */
int gv_report_read(struct gv_buf *out, const struct gv_repo *repo,
    const char *kind, const char *id, const char *file);

/* The same of the commit of one, as its ref has it; and GV_ECORRUPT where the
 * file is larger than `most` bytes. */
int gv_report_load(struct gv_buf *out, struct gv_odb *odb,
    const struct gv_oid *commit, const char *file, size_t most);

/* Whether the ref of a report is so old, by its id, that it goes. */
bool gv_report_is_old(const char *ref, int64_t now);

#endif
