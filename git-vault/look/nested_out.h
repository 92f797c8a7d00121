#ifndef INNER_OUT_H
#define INNER_OUT_H
/*
 * What came of repositories inside the working tree, printed.
 *
 *	gv_nested_out_said(ctx->out, &s.nested[i]);
 *	gv_nested_out_json(ctx->json, s.nested, s.n_nested);
 */

#include <stddef.h>

struct gv_nested;
struct gv_json;
struct gv_out;

/* Each sentence that was said there, as ours, with the path before it: a
 * warning where it is one or where not all went well. */
void gv_nested_out_said(struct gv_out *out, const struct gv_nested *in);

/* A warning of one. */
void gv_nested_out_warn(
    struct gv_out *out, const struct gv_nested *in, const char *text);

/* The list "nested". */
void
gv_nested_out_json(struct gv_json *j, const struct gv_nested *nested, size_t n);

#endif
