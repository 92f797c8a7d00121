#ifndef GV_STATUS_INTERNAL_H
#define GV_STATUS_INTERNAL_H
/*
 * What the files of the status share: status.c looks and answers, status_path.c
 * of one path, which status_explain.c judges, status_cache.c compares with what
 * the cache has, status_record.c with the last snapshot itself where there is
 * no cache. Include it nowhere else.
 */

#include "base/map.h"
#include "snapshot/snapshot_internal.h"
#include "snapshot/status.h"

/* One comparison. */
struct gv_status_run {
	struct gv_status *out;
	struct gv_snapshot_run *run;
	struct gv_buf path;
	bool by_cache; /* the cache is of the last snapshot */
};

/* Add a change of a path; `row` (may be NULL) tells of its kind and size. 0 or
 * GV_ENOMEM. */
int gv_status_add(struct gv_status *out, const struct gv_buf *path, char change,
    const struct gv_row *row);

/* The same of a row of the census, whose path is then in cmp->path. */
int gv_status_add_row(struct gv_status_run *cmp, uint32_t dir,
    const struct gv_row *row, char change);

/* Whether something is at the path. */
bool gv_status_stands(const struct gv_repo *repo, const char *path, size_t len);

/* Whether a row is of a file, or a link. */
bool gv_status_is_file(const struct gv_row *row);

/* Whether it is of what should be stored and cannot be, as far as a row
 * tells. */
bool gv_status_is_unreadable(const struct gv_row *row);

/* The directory's own row in its parent's list, or NULL. */
const struct gv_row *gv_status_row_of(const struct gv_census *c, uint32_t dir);

/* Whether a directory that came is a change by itself: a snapshot notes it,
 * and nothing in it. Of an ignored one only what is in it is reported. */
bool gv_status_is_bare(const struct gv_census *c, uint32_t dir);

/* Report each .vaultignore that does not count because it is not a file
 * (gv_repo_note()). 0 or GV_ENOMEM. */
int gv_status_tell_wishes(const struct gv_snapshot_run *run);

/* Set which new precious files are in no snapshot at all, and how many. 0 or a
 * failure; a snapshot that cannot be read holds nothing. */
int gv_status_find_unheld(struct gv_status *out, struct gv_repo *repo);

/* Whether what a snapshot notes of something that it does not store would
 * differ: of a row, which may be of nothing (GV_ROW_IGNORED), from that of the
 * cache, also of what was not stored; NULL: it has none. A pure function. */
bool
gv_status_is_note_changed(const struct gv_row *row, const struct gv_row *old);

/* What the rules say of one path. */
struct gv_status_verdict {
	char *why; /* freed by who has it */
	enum gv_census_kept kept;
	bool has_row; /* else only folders above it have a row */
	struct gv_row row;
};

/* Find out, without a look at files that do not count. 0; GV_ENOTFOUND where
 * there is no such path; other failures. */
int gv_status_judge(struct gv_status_verdict *out, struct gv_repo *repo,
    const char *path, size_t len);

/* Add all that differs from what the cache has. 0 or GV_ENOMEM. */
int gv_status_compare_cache(struct gv_status_run *cmp);

/* Add all that differs from the last snapshot's tree and manifest, or
 * everything where there is no snapshot. 0, or the reading's failure. */
int gv_status_compare_record(struct gv_status_run *cmp);

#endif
