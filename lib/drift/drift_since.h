#ifndef GV_DRIFT_SINCE_H
#define GV_DRIFT_SINCE_H
/*
 * What became different since an earlier time: of two comparisons of the same
 * environments, now and then.
 *
 *	opts.like = now;
 *	r = gv_drift_new(&then, &opts);
 *	…
 *	r = gv_drift_since(&report, now, &earlier);
 */

struct gv_drift;
struct gv_drift_report;

/* Turn drift that the earlier report has, too, with the same on both sides,
 * into GV_DRIFT_BEFORE. What that one could not compare, or not see, stays
 * drift. The drift that the earlier report is of must have been made with
 * opts.like = `drift`. 0 or GV_ENOMEM. */
int gv_drift_since(struct gv_drift_report *report, const struct gv_drift *drift,
    const struct gv_drift_report *earlier);

#endif
