/* A leaf of a state's index: read without going astray, what its head says is
 * what is said of it alone, and all that it tells is there. */
#include "fuzz.h"

#include "base/err.h"
#include "state/track_leaf.h"

static size_t
must_be_whole(const struct gv_track_item *item)
{
	size_t i, n;

	must(strlen(item->sum) == GV_TRACK_ITEM_SUM);
	n = strlen(item->address) + strlen(item->type) +
	    strlen(item->provider) + strlen(item->deposed);
	for (i = 0; i < item->n_needs; i++)
		n += strlen(item->needs[i]);
	for (i = 0; i < item->n_has; i++) {
		must(strlen(item->has[i].sum) == GV_TRACK_HAS_SUM);
		n += strlen(item->has[i].name);
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct gv_arena arena = GV_ARENA_INIT;
	struct gv_track_leaf leaf, head;
	int r = gv_track_leaf_read(&leaf, &arena, data, len);
	int e = gv_track_leaf_head(&head, data, len);
	size_t i, n = 0;

	must(r == 0 || (r == GV_ECORRUPT && *gv_err_message()));
	must(e == 0 || e == GV_ECORRUPT);
	must(r < 0 || e == 0);
	if (r == 0) {
		must(leaf.size == head.size);
		must(memcmp(&leaf.id, &head.id, sizeof(head.id)) == 0);
		for (i = 0; i < leaf.n; i++)
			n += must_be_whole(&leaf.items[i]);
		must(n <= len);
	}
	gv_arena_release(&arena);
	return 0;
}
