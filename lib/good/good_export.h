#ifndef GV_GOOD_EXPORT_H
#define GV_GOOD_EXPORT_H
/*
 * Known-good records in the formats of other tools.
 *
 *	r = gv_good_export(&out, &good, GV_GOOD_VSA, …);
 */

#include "record/good.h"

enum gv_good_format {
	GV_GOOD_INTOTO, /* the signed envelope, or the bare statement */
	GV_GOOD_VSA,    /* a verification summary of SLSA */
	GV_GOOD_GITHUB, /* request bodies: a deployment and its status */
	GV_GOOD_GITLAB, /* request body: a deployment */
	GV_GOOD_FORMATS
};

/* "intoto", "slsa-vsa" …, with NULL at the end. */
extern const char *const gv_good_formats[GV_GOOD_FORMATS + 1];

/* Append the record as one JSON document without a line end. 0; GV_EREFUSED if
 * the format cannot express this record; GV_ENOMEM. */
int gv_good_export(
    struct gv_buf *out, const struct gv_good *good, enum gv_good_format format);

#endif
