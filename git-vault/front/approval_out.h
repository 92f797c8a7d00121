#ifndef APPROVAL_OUT_H
#define APPROVAL_OUT_H
/*
 * What a user is shown of approvals that others gave: for all commands that
 * need some.
 *
 *	r = gv_approval_count(&a, &of);
 *	gv_approval_out_passed(ctx, &a);
 *	if (r == 0 && !gv_approval_is_enough(&a))
 *		r = gv_approval_out_refuse(&a, &of, "to recover prod", command);
 *
 *	if (gv_approval_spend(&a, &of, "rollback/prod/7") > 0)
 *		r = gv_approval_out_used(&names, ctx, &a, "it", NULL);
 */

struct gv_approval_of;
struct gv_approvals;
struct gv_buf;
struct gv_ctx;

/* Print which approvals do not count, and why, a line each. */
void
gv_approval_out_passed(const struct gv_ctx *ctx, const struct gv_approvals *a);

/* Print how many are wanted and there. */
void
gv_approval_out_count(const struct gv_ctx *ctx, const struct gv_approvals *a);

/* Refuse what lacks approvals, and note that they are wanted
 * (good/approval_want.h): `what` for, such as "to recover prod", and `approve`,
 * the command by which others give one. GV_EREFUSED; GV_ENOMEM. */
int gv_approval_out_refuse(const struct gv_approvals *a,
    const struct gv_approval_of *of, const char *what, const char *approve);

/* Print that these are used up: by `what`, such as "this run", and for which
 * environment (NULL: it is of none). The names of those who gave them are
 * appended to *names, ", " between two. 0 or GV_ENOMEM. */
int gv_approval_out_used(struct gv_buf *names, const struct gv_ctx *ctx,
    const struct gv_approvals *a, const char *what, const char *env);

#endif
