#ifndef FLEET_OUT_H
#define FLEET_OUT_H
/*
 * What a fleet's run says: a JSON line a repository, and one at the end.
 *
 *	gv_fleet_out_line(&json, verb, result);
 *	gv_fleet_out_end(&json, verb, &counts, status);
 */

#include "fleet/fleet.h"

struct gv_json;

/* "done", "failed", "unchanged", "skipped", "refused". */
const char *gv_fleet_out_outcome(const struct gv_fleet_result *result);

/* Put the object of a repository; what it printed is changed. */
void gv_fleet_out_line(struct gv_json *j, enum gv_fleet_verb verb,
    const struct gv_fleet_result *result);

/* Put the object of the end. */
void gv_fleet_out_end(struct gv_json *j, enum gv_fleet_verb verb,
    const struct gv_fleet_counts *counts, int status);

#endif
