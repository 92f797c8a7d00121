#ifndef LOG_SNAPSHOTS_H
#define LOG_SNAPSHOTS_H
/*
 * `log` without a path: each snapshot, the newest first, with its message and
 * what it changed against the one before it.
 *
 *	r = gv_log_snapshots(ctx, &(struct gv_log_snapshots){
 *	    .change = &change, .filter = &filter, .limit = -1 });
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_ctx;
struct gv_log_change;
struct gv_record_filter;

struct gv_log_snapshots {
	const struct gv_log_change *change; /* without a form: a short list */
	const struct gv_record_filter *filter;
	int64_t limit;   /* negative: none */
	bool with_saves; /* automatic ones, too */
};

/* Print them. 0; 3 where something is damaged and left out; a failure. */
int gv_log_snapshots(struct gv_ctx *ctx, const struct gv_log_snapshots *how);

#endif
