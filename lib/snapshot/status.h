#ifndef GV_STATUS_H
#define GV_STATUS_H
/*
 * What is not yet safe: how the working tree differs from the last snapshot,
 * and what of it no snapshot will hold. Writes nothing.
 *
 *	r = gv_status_get(&status, repo);
 *	for (i = 0; i < status.n; i++) …
 *	gv_status_release(&status);
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record/record.h"
#include "snapshot/survey.h"
#include "walk/census.h"

struct gv_repo;

enum gv_status_kind {
	GV_STATUS_TRACKED,
	GV_STATUS_UNTRACKED,
	GV_STATUS_PRECIOUS,
	GV_STATUS_IGNORED, /* stored within the bounds, or as the user says */
};

struct gv_status_entry {
	char *path;
	size_t len;
	char change; /* 'A' not in the last snapshot, 'M' other content, 'm'
			only time, mode, owner or attributes, or a note of what
			is not stored, 'D' gone, 'X' cannot be stored, '=' as it
			was (of a path asked for) */
	enum gv_status_kind kind;
	uint64_t size;
	bool is_unheld; /* 'A', and no snapshot of any kind has this path */
	/* with 'm': its content is left out, only that it exists is noted */
	bool is_left;
	/* with 'D': it is here, but no snapshot will store it any more … */
	bool is_out;
	bool is_excluded; /* … since the user says so */
};

struct gv_status {
	struct gv_record last;           /* id "" where there is no snapshot */
	struct gv_status_entry *entries; /* by path */
	size_t n, cap;
	uint64_t files, bytes; /* that a snapshot would hold now */
	uint64_t precious;     /* of them: ignored by git, kept by convention */
	uint64_t others;       /* of them: ignored, kept for other reasons */
	uint64_t unheld;       /* of both: what no snapshot holds */
	struct gv_survey_left left[GV_CENSUS_LEFTS];
	uint64_t products; /* folders left out as build products */
	uint64_t ignored;  /* entries left out as ignored */
	bool is_held;      /* a path asked for, by the last snapshot */
	char *left_why;    /* of one that is left out, why; NULL: ask */
};

/* Compare the working tree with the last snapshot taken in it, as
 * gv_snapshot_last() has it. 0 or a failure. The caller releases *out. */
int gv_status_get(struct gv_status *out, struct gv_repo *repo);

/* The same for one path, of a file mostly without a walk, and whether the last
 * snapshot is known to hold it. `path` is relative to the top.
 * GV_ENOTFOUND where neither the tree nor the last snapshot has it. */
int gv_status_of(
    struct gv_status *out, struct gv_repo *repo, const char *path, size_t len);

/* Why a path is or is not kept: a sentence, and whether it is. The caller frees
 * *out. */
int gv_status_explain(char **out, enum gv_census_kept *kept,
    struct gv_repo *repo, const char *path, size_t len);

void gv_status_release(struct gv_status *status);

/* What Git ignores, and what else is left out of snapshots. */
struct gv_status_item {
	char *path;
	size_t len;
	bool is_dir, is_stored;
	const char *why;          /* of what is stored; static */
	enum gv_census_left left; /* of what is not */
	uint64_t bytes;           /* of a file that was looked at */
	uint64_t entries;         /* that a crowded folder has */
};

struct gv_status_items {
	struct gv_status_item *items; /* by path */
	size_t n, cap;
	struct gv_survey_left left[GV_CENSUS_LEFTS];
};

/* List it. 0 or a failure. The caller releases *out. */
int gv_status_list_ignored(struct gv_status_items *out, struct gv_repo *repo);
void gv_status_release_ignored(struct gv_status_items *ignored);

#endif
