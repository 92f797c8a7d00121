#include "sys/shared.h"

#include <stddef.h>

#include "sys/clock.h"

#define SPINS 1000 /* before the writer sleeps */

/* A reader that loaded the old object has raised `entering` before that, and
 * lowers it once it is counted. So after the exchange, when `entering` was seen
 * at zero, nobody can still count itself in to the old object. */

void
gv_shared_init(struct gv_share *share, void (*drop)(struct gv_share *share))
{
	atomic_init(&share->refs, 1);
	share->drop = drop;
}

void
gv_shared_hold(struct gv_share *share)
{
	atomic_fetch_add(&share->refs, 1);
}

void
gv_shared_put(struct gv_share *share)
{
	if (share && atomic_fetch_sub(&share->refs, 1) == 1)
		share->drop(share);
}

struct gv_share *
gv_shared_get(struct gv_shared *shared)
{
	struct gv_share *share;

	atomic_fetch_add(&shared->entering, 1);
	share = atomic_load(&shared->now);
	if (share)
		atomic_fetch_add(&share->refs, 1);
	atomic_fetch_sub(&shared->entering, 1);
	return share;
}

void
gv_shared_swap(struct gv_shared *shared, struct gv_share *with)
{
	struct gv_share *old = atomic_exchange(&shared->now, with);
	unsigned tries = 0;

	while (atomic_load(&shared->entering))
		if (++tries > SPINS)
			gv_clock_sleep(1);
	gv_shared_put(old);
}
