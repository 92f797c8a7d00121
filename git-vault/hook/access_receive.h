#ifndef ACCESS_RECEIVE_H
#define ACCESS_RECEIVE_H
/*
 * Rules of access on a server: a push is judged before its refs move, and the
 * audit gets an event of what it changed afterwards.
 *
 *	r = gv_access_receive(&report, ctx, &push, &settings);
 *	r = gv_access_received(ctx, &push, &settings);
 */

struct gv_ctx;
struct gv_receive;
struct gv_receive_report;
struct gv_receive_settings;

/* Add what the rules refuse to the report, and have the audit know of it. 0; a
 * failure where it could not be judged, and then the push is to be refused. */
int gv_access_receive(struct gv_receive_report *report, struct gv_ctx *ctx,
    const struct gv_receive *push, const struct gv_receive_settings *settings);

/* Tell the audit which files and keys that rules are about a push has changed,
 * who pushed, and who had approved. 0; a failure. */
int gv_access_received(struct gv_ctx *ctx, const struct gv_receive *push,
    const struct gv_receive_settings *settings);

#endif
