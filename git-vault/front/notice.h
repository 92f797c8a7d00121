#ifndef NOTICE_H
#define NOTICE_H
/*
 * The line at the end of a command that names the parts of the policy that do
 * not count until they are accepted.
 *
 *	gv_notice_print(ctx);
 */

struct gv_ctx;

/* Print in one line which parts of the policies that this command loaded do not
 * count. Several hooks run for one commit, so hooks print each content at most
 * once an hour. */
void gv_notice_print(struct gv_ctx *ctx);

#endif
