#include "base/err.h"
#include "replica/replica_push.h"
#include "replica/target.h"

/*
 * A target with a limit is asked what it stores before anything is sent, at a
 * request for each thousand objects. What would pass the limit is not begun.
 */

static int
add(void *ctx, const char *name, const struct gv_store_stat *st)
{
	uint64_t *bytes = ctx;

	(void)name;
	*bytes += st->bytes;
	return 0;
}

static int
ask(struct gv_replica_push *push)
{
	if (push->is_asked)
		return 0;
	push->is_asked = true;
	push->stored = 0;
	return gv_store_list(push->rep->store, "", NULL, add, &push->stored);
}

static bool
fits(const struct gv_replica_push *push, uint64_t bytes)
{
	const uint64_t limit = push->rep->target->limit;

	return push->stored <= limit && bytes <= limit - push->stored;
}

static int
refuse(const struct gv_replica_push *push, uint64_t bytes)
{
	const struct gv_target *t = push->rep->target;

	return gv_err(GV_EREFUSED,
	    "it stores %.1f of at most %.1f MB (limit), and this needs %.1f MB "
	    "more; nothing of it was sent. To free what nobody needs: git "
	    "vault replicate prune %s",
	    (double)push->stored / 1e6, (double)t->limit / 1e6,
	    (double)bytes / 1e6, t->name);
}

int
gv_replica_push_room(struct gv_replica_push *push, uint64_t bytes)
{
	int r;

	if (push->rep->target->limit == 0)
		return 0;
	if ((r = ask(push)) < 0)
		return r;
	if (!fits(push, bytes))
		return refuse(push, bytes);
	push->stored += bytes;
	return 0;
}

int
gv_replica_push_room_for_all(bool *out, struct gv_replica_push *push)
{
	uint64_t bytes = 0;
	size_t i;
	int r;

	*out = true;
	if (push->rep->target->limit == 0)
		return 0;
	if ((r = ask(push)) < 0)
		return r;
	for (i = 0; i < push->before.n_packs; i++)
		bytes += push->before.packs[i].bytes +
		    push->before.packs[i].idx_bytes;
	*out = fits(push, bytes);
	return 0;
}
