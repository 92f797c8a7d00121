#ifndef PURGE_COPIES_H
#define PURGE_COPIES_H
/*
 * A purge goes on in the copies elsewhere: what it takes out here is noted for
 * each target before anything changes, and then taken out of the stores.
 *
 *	r = gv_purge_copies_note(ctx, oids, n, "git vault purge x");
 *	…
 *	r = gv_purge_copies_done(ctx, "git vault purge x");
 *	r = gv_purge_copies_run(ctx, &o->identities, 0);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_ctx;
struct gv_oid;
struct gv_opt_list;

/* Note these objects for all targets; `command` is what purges the same in
 * another clone. 0; as gv_targets_load() and gv_replica_owed_add(). */
int gv_purge_copies_note(struct gv_ctx *ctx, const struct gv_oid *oids,
    size_t n, const char *command);

/* This clone is done with what the command began. The same. */
int gv_purge_copies_done(struct gv_ctx *ctx, const char *command);

/* How many objects a target has to lose yet; 0 also where that cannot be read.
 */
size_t gv_purge_copies_owed(struct gv_ctx *ctx, const char *target);

/* The same for people; nothing is printed if the target has none to lose. */
void gv_purge_copies_remind(struct gv_ctx *ctx, const char *target);

/* Take out of all targets what they owe, and report each: lines, or the list
 * "targets" of the document that is open. A target that fails is reported, and
 * the others go on. `dry_run`: only show what is owed. 0; 3 where something is
 * left; GV_ENOMEM; GV_ECANCELED; as gv_targets_load(). */
int gv_purge_copies_run(
    struct gv_ctx *ctx, const struct gv_opt_list *identities, bool dry_run);

#endif
