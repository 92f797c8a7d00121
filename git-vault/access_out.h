#ifndef ACCESS_OUT_H
#define ACCESS_OUT_H
/*
 * Prints what the rules of access say of a step: for `config access explain`
 * and `config approve --verify`.
 */

struct gv_access_result;
struct gv_ctx;

/* As text: the files, and each rule with what it asks and has. */
void
gv_access_out_text(struct gv_ctx *ctx, const struct gv_access_result *result);

/* As an object of the document's array. */
void
gv_access_out_json(struct gv_ctx *ctx, const struct gv_access_result *result);

/* What is missing, a line each, as errors. */
void gv_access_out_missing(
    struct gv_ctx *ctx, const struct gv_access_result *result);

#endif
