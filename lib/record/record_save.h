#ifndef GV_RECORD_SAVE_H
#define GV_RECORD_SAVE_H
/*
 * Reads automatic saves of this working tree (autosave.h) as records: by a
 * time, by an id, or all of them among the snapshots.
 *
 *	r = gv_record_save_by(&rec, repo, time);
 *	gv_record_release(&rec);
 */

#include <stdbool.h>
#include <stdint.h>

#include "record/record.h"

struct gv_buf;
struct gv_repo;

/* The time that a text means where saves are meant. As gv_record_time(), but m
 * is minutes: saves are made minutes apart, and none is kept for a year. */
int gv_record_save_time(int64_t *out, const char *text);

/* The same of one from which on saves are wanted: GV_EREFUSED also where it is
 * yet to come. */
int gv_record_save_since(int64_t *out, const char *text);

/* Read the newest save that is not after a time. 1; 0 if no save is as old;
 * GV_ECORRUPT, GV_ERROR, GV_ENOMEM. */
int
gv_record_save_by(struct gv_record *out, struct gv_repo *repo, int64_t time);

/* The time of auto:TIME: as gv_record_save_time(), and of "now" the last. */
int gv_record_save_when(int64_t *out, const char *text);

/* The state of a working tree at a time, which `when` names: the newest save
 * that is not after it, or the newest such snapshot `own` (NULL: none), which
 * is taken over, whichever is newer. 0; GV_ENOTFOUND, with a message;
 * as gv_record_save_by(). */
int gv_record_save_then(struct gv_record *out, struct gv_repo *repo,
    const char *when, int64_t time, struct gv_record *own);

/* Whether a save is newer than a snapshot. Within one second, the snapshot is,
 * unless the save names it. */
bool gv_record_save_is_newer(
    const struct gv_record *save, const struct gv_record *rec);

/* Read the save of an id, of the front of one that is longer than its date, or
 * of its last eight digits: 1; 0 if no save has it; GV_EREFUSED if several
 * have it, or a failure. Eight digits may name something else: for them a chain
 * that cannot be read has none. */
int gv_record_save_find(
    struct gv_record *out, struct gv_repo *repo, const char *id);

/* Whether a snapshot's or save's id is one of a save. False also where the
 * chain cannot be read. */
bool gv_record_save_is(struct gv_repo *repo, const char *id);

/* Add all saves to records that are sorted, the newest first, and keep them
 * sorted. What a snapshot is as well is there once. A save that is damaged is
 * left out, and its sentence appended, a line each, to `damaged`; so is that
 * of a chain which ends early. 0 or a failure. */
int gv_record_save_add(
    struct gv_records *records, struct gv_repo *repo, struct gv_buf *damaged);

/* For a repository without a snapshot: append ", only automatic saves: the
 * newest is auto:now (2 minutes ago)". 1; 0 without a change if no save is
 * there either, or none can be read; the message stays. */
int gv_record_save_only(struct gv_buf *out, struct gv_repo *repo, int64_t now);

#endif
