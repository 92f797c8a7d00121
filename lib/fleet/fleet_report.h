#ifndef GV_FLEET_REPORT_H
#define GV_FLEET_REPORT_H
/*
 * A report in a file: a JSON line a repository, appended as they end, so that
 * what was killed goes on where it stood. One process at a time writes it.
 *
 *	r = gv_fleet_report_load(&past, "report.jsonl", GV_FLEET_VERIFY, true);
 *	r = gv_fleet_report_open(&lock, "report.jsonl");
 */

#include <stdbool.h>

#include "fleet/fleet_past.h"

/* Take in all lines of a report (fleet_past.h). 0; GV_ENOTFOUND; GV_EREFUSED
 * where it is no regular file, or has too many repositories; GV_ERROR;
 * GV_ENOMEM. */
int gv_fleet_report_load(struct gv_fleet_past *past, const char *file,
    enum gv_fleet_verb verb, bool is_round);

/* Make it, if it is missing, and keep others from writing it. 0 with *lock, for
 * gv_lock_close(); GV_ELOCKED; GV_EREFUSED where it is no regular file;
 * GV_ERROR. */
int gv_fleet_report_open(int *lock, const char *file);

#endif
