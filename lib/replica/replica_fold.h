#ifndef GV_REPLICA_FOLD_H
#define GV_REPLICA_FOLD_H
/*
 * When a push packs everything again, and which packs of a store nothing needs
 * any more. Pure.
 *
 *	if (gv_replica_fold_is_due(&state))
 *		pack everything again
 */

#include <stdbool.h>
#include <stdint.h>

struct gv_replica_manifest;

/* Whether the small packs behind the largest one have grown to be as large as
 * that (and 16 MiB), to a quarter of it in more than 64 packs, or to more than
 * 1,000 packs. So what is sent in all is at most some times what was added. */
bool gv_replica_fold_is_due(const struct gv_replica_manifest *state);

#endif
