#ifndef GV_GOOD_EXPORT_H
#define GV_GOOD_EXPORT_H
/*
 * A known-good record as other tools read it.
 *
 *	r = gv_good_export(&out, &good, GV_GOOD_VSA, …);
 */

#include "record/good.h"

enum gv_good_format {
	GV_GOOD_INTOTO, /* the envelope, or the statement where not signed */
	GV_GOOD_VSA,    /* a verification summary of SLSA */
	GV_GOOD_GITHUB, /* bodies of a deployment and its status */
	GV_GOOD_GITLAB, /* the body of a deployment */
	GV_GOOD_FORMATS
};

/* "intoto", "slsa-vsa" …, NULL behind the last. */
extern const char *const gv_good_formats[GV_GOOD_FORMATS + 1];

/* Append it as one JSON document without a line's end. 0; GV_EREFUSED for a
 * form that has no words for it; GV_ENOMEM. */
int gv_good_export(
    struct gv_buf *out, const struct gv_good *good, enum gv_good_format format);

#endif
