#ifndef GV_APPROVAL_USE_H
#define GV_APPROVAL_USE_H
/*
 * Which approvals were used by a run, and by which: an approval is for one run,
 * and counts for no other. The uses of other clones are known once they were
 * fetched.
 *
 *	r = gv_approval_uses_load(&uses, repo, "prod");
 *	why = gv_approval_uses_get(&uses, &event);
 *	gv_approval_uses_release(&uses);
 */

#include "base/arena.h"
#include "base/map.h"

struct gv_oid;
struct gv_repo;

struct gv_approval_uses {
	/* private: by the digits of an approval, a sentence */
	struct gv_map by;
	struct gv_arena arena;
};

/* Find those of an environment (NULL: of all). 0; as gv_audit_find(). To be
 * released in any case. */
int gv_approval_uses_load(
    struct gv_approval_uses *out, struct gv_repo *repo, const char *env);

/* Which run has used it, as the end of a sentence; NULL: none that is known
 * here. Borrowed. */
const char *gv_approval_uses_get(
    const struct gv_approval_uses *uses, const struct gv_oid *event);

/* Zeroed ok. */
void gv_approval_uses_release(struct gv_approval_uses *uses);

#endif
