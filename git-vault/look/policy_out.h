#ifndef POLICY_OUT_H
#define POLICY_OUT_H
/*
 * What a command prints of a policy that is not accepted: the differences, and
 * on a terminal a question at its beginning. The line at the end of each
 * command is in notice.h.
 *
 *	r = gv_policy_out_ask(ctx);
 */

struct gv_consent_diff;
struct gv_ctx;

/* Print each key that differs, with its lines. */
void gv_policy_out_diff(struct gv_ctx *ctx, const struct gv_consent_diff *diff);

/* If the program may ask and the user can accept the policy, ask once for each
 * content, and accept it before the command goes on. 0; GV_ECANCELED;
 * GV_ENOMEM; as gv_consent_accept(). */
int gv_policy_out_ask(struct gv_ctx *ctx);

/* Print which folders hold files whose secrets have another scope than the
 * environment that the tree proves; with --json a member "scopes". Nothing
 * where they are the same. 0, also where the policy cannot be read;
 * GV_ECANCELED; GV_ENOMEM. */
int gv_policy_out_scopes(struct gv_ctx *ctx);

#endif
