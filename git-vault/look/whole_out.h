#ifndef WHOLE_OUT_H
#define WHOLE_OUT_H
/*
 * Which environments of a snapshot are whole (whole/whole.h), as texts for
 * people and as members of a document.
 *
 *	gv_whole_out_names(&text, &whole);
 */

#include <stddef.h>

struct gv_buf;
struct gv_json;
struct gv_whole;

/* Append those that are whole: "dev, staging". */
void gv_whole_out_names(struct gv_buf *out, const struct gv_whole *whole);

/* Append the i-th, of all, with the reasons, if it is not whole: "prod (state
 * web: it was locked)". */
void
gv_whole_out_broken(struct gv_buf *out, const struct gv_whole *whole, size_t i);

/* The members "whole" and "not_whole"; none without an environment. */
void gv_whole_out_json(struct gv_json *j, const struct gv_whole *whole);

#endif
