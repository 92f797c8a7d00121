#ifndef GV_APPROVAL_TWICE_H
#define GV_APPROVAL_TWICE_H
/*
 * Approvals that two clones have used before either knew of the other: each
 * found it unused. Nothing can refuse the second use; once both are in the
 * chains that are here, it is named.
 *
 *	r = gv_approval_twice(&lines, &n, repo);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;
struct gv_repo;

/* Append a sentence for each approval with two uses, an LF behind it, and set
 * *n to how many there are. 0; as gv_audit_find(). */
int gv_approval_twice(struct gv_buf *lines, size_t *n, struct gv_repo *repo);

/* Whether the policy asks for approvals of anything, so that a look is worth
 * its time. 0; as gv_team_load(). */
int gv_approval_are_asked(bool *are, struct gv_repo *repo);

#endif
