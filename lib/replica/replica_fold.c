#include "replica/replica_fold.h"

#include "replica/replica_manifest.h"

#define LEAST ((uint64_t)16 << 20) /* bytes that are worth it in few packs */
#define MANY  64
#define MOST  1000

bool
gv_replica_fold_is_due(const struct gv_replica_manifest *state)
{
	uint64_t base = 0, all = 0, rest;
	size_t i;

	for (i = 0; i < state->n_packs; i++) {
		all += state->packs[i].bytes;
		if (state->packs[i].bytes > base)
			base = state->packs[i].bytes;
	}
	rest = all - base;
	if (state->n_packs > MOST)
		return true;
	if (state->n_packs > MANY && rest >= base / 4)
		return true;
	return rest >= base && rest >= LEAST;
}
