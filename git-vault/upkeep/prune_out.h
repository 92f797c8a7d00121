#ifndef PRUNE_OUT_H
#define PRUNE_OUT_H
/*
 * What retention decided, as JSON and as warnings.
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_json;
struct gv_out;
struct gv_prune;

/* The verdict on the i-th snapshot as an object. */
void gv_prune_out_json(struct gv_json *j, const struct gv_prune *p, size_t i);

/* The sealed values that go, a line each where `all`, and how many. */
void gv_prune_out_sealed(
    struct gv_out *out, const struct gv_prune *p, bool all, bool dry_run);

/* The same as an object "sealed". */
void gv_prune_out_sealed_json(struct gv_json *j, const struct gv_prune *p);

/* Warn of each damaged one; with `j`, they are its array "damaged" too. */
void gv_prune_out_damaged(
    struct gv_out *out, struct gv_json *j, const struct gv_prune *p);

#endif
