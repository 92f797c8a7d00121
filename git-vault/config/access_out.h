#ifndef ACCESS_OUT_H
#define ACCESS_OUT_H
/*
 * Prints what the rules of access say of a step: for `config access explain`
 * and `config approve --verify`.
 */

struct gv_access_result;
struct gv_ctx;
struct gv_oid;
struct gv_policy;

/* As text: the files, and each rule with what it asks and has. */
void
gv_access_out_text(struct gv_ctx *ctx, const struct gv_access_result *result);

/* As an object of the document's array. */
void
gv_access_out_json(struct gv_ctx *ctx, const struct gv_access_result *result);

/* What is missing, a line each, as errors. */
void gv_access_out_missing(
    struct gv_ctx *ctx, const struct gv_access_result *result);

/* Warn of rules that protect nothing in the tree of a commit; NULL: in the
 * working tree. 0; failures to read. */
int gv_access_out_doubts(struct gv_ctx *ctx, const struct gv_oid *commit,
    const struct gv_policy *policy);

#endif
