#ifndef GV_SURVEY_H
#define GV_SURVEY_H
/*
 * The working tree surveyed: which paths a snapshot would hold now, how many
 * files and bytes they are, what is left out and what is odd. Files are looked
 * at and not read, and nothing is written. What they would be stored as is for
 * preview.h.
 *
 *	r = gv_survey_each_held(repo, fn, ctx);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "repo/oid.h"
#include "walk/census.h"

struct gv_repo;

enum gv_survey_trouble {
	GV_SURVEY_UNREADABLE, /* not stored, for want of permission or I/O */
	GV_SURVEY_VANISHED,   /* went while we looked; not stored */
	GV_SURVEY_UNSTABLE,   /* kept changing: stored as read last */
	GV_SURVEY_SPECIAL,    /* socket, FIFO or device: only noted */
	GV_SURVEY_REPO,       /* nested repository: only its commit */
	GV_SURVEY_UNSEARCHED, /* stored, and not all of it was searched for
				   secrets */
	GV_SURVEY_REFUSED,    /* as a strict fsck refuses its content, it is
				   sealed as a whole */
	GV_SURVEY_UNPORTABLE, /* stored under a name that other systems
				   cannot have */
	/* a .vaultignore that is not a file, so nobody reads it */
	GV_SURVEY_NO_WISH,
};

struct gv_survey_note {
	enum gv_survey_trouble what;
	char *path;
	const char *reason; /* static */
};

/* How much is left out for one reason: files and folders, the bytes of those
 * files that were looked at, what is in crowded folders. */
struct gv_survey_left {
	uint64_t n, bytes, entries;
};

/* What was found. */
struct gv_survey_found {
	uint64_t files, bytes; /* that are stored */
	struct gv_survey_left left[GV_CENSUS_LEFTS];
	bool deferred; /* some ignored file changed, and is as it was stored
			  less than a day ago */
	struct gv_survey_note *notes;
	size_t n_notes, cap_notes;
};

/* Free; zeroed ok. */
void gv_survey_found_release(struct gv_survey_found *found);

/* Append the paths of those directories of the working tree that a snapshot
 * would hold and in which there is nothing but such directories: each with a
 * '/' and a NUL behind it, what is below before what is above. 0 or a failure.
 */
int gv_survey_empty_dirs(struct gv_buf *out, struct gv_repo *repo);

/* Show fn the path of each thing that tree/ of a snapshot would hold now, but
 * directories; `pointer` is NULL, or names what a pointer of git's large-file
 * filter alone would stand for. Nothing is written. 0, fn's first negative
 * value, or a failure as above. */
int gv_survey_each_held(struct gv_repo *repo,
    int (*fn)(
	void *ctx, const char *path, size_t len, const struct gv_oid *pointer),
    void *ctx);

#endif
