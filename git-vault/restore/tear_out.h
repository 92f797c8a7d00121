#ifndef TEAR_OUT_H
#define TEAR_OUT_H
/*
 * Prints the references that a partial restore or rollback would leave
 * dangling (part/tear.h), and those that dangled before.
 *
 *	gv_tear_out(ctx->out, &tear, &graph);
 */

struct gv_depgraph;
struct gv_json;
struct gv_out;
struct gv_tear;

/* Print them, a line each: "torn: FILE:LINE KIND TARGET". `g` is the graph of
 * the result. */
void gv_tear_out(struct gv_out *out, const struct gv_tear *tear,
    const struct gv_depgraph *g);

/* The same as the members "torn" and "dangling" of a document. */
void gv_tear_out_json(
    struct gv_json *j, const struct gv_tear *tear, const struct gv_depgraph *g);

#endif
