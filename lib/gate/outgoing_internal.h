#ifndef GV_OUTGOING_INTERNAL_H
#define GV_OUTGOING_INTERNAL_H
/*
 * Shared by the parts of outgoing.h: outgoing.c gathers what is sent,
 * outgoing_named.c what a snapshot says of its files in clear. Include it
 * nowhere else.
 *
 *	r = gv_outgoing_add_named(&out, repo, &rec);
 */

#include "gate/outgoing.h"

struct gv_record;
struct gv_repo;

/* Add two trees of which the second goes. 0 or GV_ENOMEM. */
int
gv_outgoing_add_pair(struct gv_outgoing *out, const struct gv_sweep_pair *pair);

/* Add the names of a snapshot's files, the targets of its links, and its
 * extended attributes, except names that a parent has. Its message was added
 * before. 0; GV_ENOMEM; GV_ECORRUPT or GV_ENOTFOUND if its manifest cannot be
 * read. */
int gv_outgoing_add_named(
    struct gv_outgoing *out, struct gv_repo *repo, const struct gv_record *rec);

#endif
