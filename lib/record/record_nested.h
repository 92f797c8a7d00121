#ifndef GV_RECORD_NESTED_H
#define GV_RECORD_NESTED_H
/*
 * Links from a snapshot to those of repositories inside its working tree.
 *
 *	id = gv_record_nested_at(&nested, &rec, "modules/vpc", 11);
 */

#include <stddef.h>

#include "record/record_id.h"
#include "repo/oid.h"

struct gv_record;

/* A snapshot that was taken, for this one, in a repository inside the working
 * tree. */
struct gv_record_nested {
	char id[GV_RECORD_ID_LEN + 1];
	struct gv_oid commit;
	const char *path; /* of that repository, from the top; borrowed */
};

/* Read one of `nested`; those of a record that was loaded are well-formed. 0,
 * or GV_ECORRUPT. */
int gv_record_read_nested(struct gv_record_nested *out, const char *text);

/* Add one. 0 or GV_ENOMEM. */
int gv_record_add_nested(struct gv_record *rec, const char *id,
    const struct gv_oid *commit, const char *path);

/* The id that is linked at a path, with *out set, or NULL. */
const char *gv_record_nested_at(struct gv_record_nested *out,
    const struct gv_record *rec, const char *path);

#endif
