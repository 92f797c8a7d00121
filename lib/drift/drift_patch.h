#ifndef GV_DRIFT_PATCH_H
#define GV_DRIFT_PATCH_H
/*
 * A patch that makes the right side of a comparison like the left one, for `git
 * apply`: values are replaced, keys renamed, and missing keys inserted, byte by
 * byte, so that comments and layout stay. No line with a secret is ever in it.
 *
 *	r = gv_drift_patch(&patch, drift, &report);
 *	… patch.text, patch.done, patch.left
 *	gv_drift_patch_release(&patch);
 */

#include <stddef.h>

#include "base/buf.h"
#include "drift/drift.h"

struct gv_drift_patch {
	struct gv_buf text;
	size_t done; /* differences that it removes */
	size_t left; /* and those that a person has to look at */
};

/* Make one of the drift of a report, which gv_drift_compare() made with this
 * drift. 0 or GV_ENOMEM. To be released in any case. */
int gv_drift_patch(struct gv_drift_patch *out, const struct gv_drift *drift,
    const struct gv_drift_report *report);

/* Zeroed ok. */
void gv_drift_patch_release(struct gv_drift_patch *patch);

#endif
