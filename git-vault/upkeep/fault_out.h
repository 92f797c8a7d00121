#ifndef GV_FAULT_OUT_H
#define GV_FAULT_OUT_H
/*
 * What a fault is of, as verify and repair tell it: a snapshot, a ref, or a
 * version of a state, and a path in it.
 *
 *	gv_fault_out_text(ctx->out, fault);
 */

struct gv_json;
struct gv_out;
struct gv_verify_fault;

/* Print it, and the path behind a colon where there is one; nothing where it is
 * not known what holds the object. */
void gv_fault_out_text(struct gv_out *out, const struct gv_verify_fault *f);

/* "damaged SNAP:PATH: reason (object ID)", without the end of the line. */
void gv_fault_out_line(struct gv_out *out, const struct gv_verify_fault *f);

/* The object of a fault: what it is of, its path, its id and the reason. */
void gv_fault_out_json(struct gv_json *json, const struct gv_verify_fault *f);

#endif
