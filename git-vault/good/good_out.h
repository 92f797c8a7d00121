#ifndef GOOD_OUT_H
#define GOOD_OUT_H
/*
 * A known-good record as the verbs of `git vault good` print it.
 */

struct gv_ctx;
struct gv_good;
struct gv_json;
struct gv_safe;

/* One word for what it counts as: verified, candidate (also for want of a
 * signature), revoked (it was), revocation (it does), request (for one),
 * untrusted (by the policy), damaged. */
const char *gv_good_out_word(const struct gv_good *good);

/* All of it as an object, in a list or alone. `safe` (it may be NULL) knows
 * whose the signature is. */
void gv_good_out_json(
    struct gv_json *j, const struct gv_good *good, const struct gv_safe *safe);

/* The same for people. */
void gv_good_out_text(
    struct gv_ctx *ctx, const struct gv_good *good, const struct gv_safe *safe);

/* Warn where git was to sign a record that was made unasked, and did not. */
void gv_good_out_ungit(struct gv_ctx *ctx, const struct gv_good *good);

/* Warn of what comes with a record that was made, and did not. */
void gv_good_out_lacks(
    struct gv_ctx *ctx, const struct gv_good *good, struct gv_safe *safe);

/* What was made: its number, or as JSON all of it. */
void gv_good_out_made(
    struct gv_ctx *ctx, const struct gv_good *good, struct gv_safe *safe);

#endif
