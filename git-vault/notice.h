#ifndef NOTICE_H
#define NOTICE_H
/*
 * The line at the end of a command that says what of the policy does not count.
 *
 *	gv_notice_print(ctx);
 */

struct gv_ctx;

/* Print what of the policy does not count, as this command met it, in one line.
 * Hooks print a content at most once an hour, since several run for a commit.
 */
void gv_notice_print(struct gv_ctx *ctx);

#endif
