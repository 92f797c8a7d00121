#ifndef NOTICE_H
#define NOTICE_H
/*
 * The line at the end of a command that names what does not count of the
 * policy.
 *
 *	gv_notice_print(ctx);
 */

struct gv_ctx;

/* Print in one line what does not count of the policies that this command has
 * loaded. Hooks print each content at most once an hour, since several hooks
 * run for one commit. */
void gv_notice_print(struct gv_ctx *ctx);

#endif
