#ifndef GV_COMPONENT_RESTORE_H
#define GV_COMPONENT_RESTORE_H
/*
 * Gives a stored dump back: to a sink, or to the programs that restore it. And
 * reads one to its end, to see whether it could be.
 *
 *	r = gv_component_restore(repo, safe, component, &ref, "orders");
 *	r = gv_component_stream(&size, repo, safe, &ref, sink, ctx);
 */

#include <stddef.h>
#include <stdint.h>

struct gv_policy_component;
struct gv_ref;
struct gv_repo;
struct gv_safe;

/* Give the bytes of a dump to the sink (0, or negative to stop; NULL: they are
 * only checked). 0; GV_EREFUSED for a dump that the vault's key did not bind;
 * GV_ENOKEY, GV_ECORRUPT, GV_ENOTFOUND with the piece; what the sink returned.
 * What it got before a failure is no whole dump. *size (may be NULL) is the
 * dump's. */
int gv_component_stream(uint64_t *size, struct gv_repo *repo,
    struct gv_safe *safe, const struct gv_ref *ref,
    int (*sink)(void *ctx, const void *data, size_t len), void *ctx);

/* Feed it to the programs of the component, which restore into `target`: a
 * database, an address, a folder or a file, as its type takes it. 0;
 * GV_EREFUSED where the type has none; GV_ERROR with what a program said; as
 * above. */
int gv_component_restore(struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_policy_component *component, const struct gv_ref *ref,
    const char *target);

#endif
