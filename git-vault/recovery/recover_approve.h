#ifndef RECOVER_APPROVE_H
#define RECOVER_APPROVE_H
/*
 * Others agree that a known-good record is recovered as another environment:
 * what they agree to, and by which command. In place it is a rollback that they
 * approve (rollback.h).
 *
 *	r = gv_recover_agreed_subject(&of.subject, &agreed);
 *	r = gv_recover_agreed_give(ctx, &agreed, reason);
 */

#include <stdbool.h>

struct gv_buf;
struct gv_ctx;
struct gv_good;
struct gv_oid;

struct gv_recover_agreed {
	const struct gv_good *good; /* the record, of its environment */
	const char *as;             /* the other environment */
	bool replaces, crosses, with_states;
};

/* What an approval is of. 0 or GV_ENOMEM. */
int gv_recover_agreed_subject(
    struct gv_oid *out, const struct gv_recover_agreed *of);

/* Append the command by which others agree. 0 or GV_ENOMEM. */
int gv_recover_agreed_command(
    struct gv_buf *out, const struct gv_recover_agreed *of);

/* Agree, and say so. As gv_approval_give(); GV_EREFUSED where nobody is
 * asked. */
int gv_recover_agreed_give(
    struct gv_ctx *ctx, const struct gv_recover_agreed *of, const char *reason);

#endif
