#include "store/odb_internal.h"

#include <stdlib.h>

#include "base/err.h"

/* Each base has one slot that it may stand in; what stood there before goes.
 * The hand goes round and takes out others until the bytes fit. */
#define SLOTS     65536u
#define BLOCK     (SLOTS / 64) /* slots that one bit of `touched` is of */
#define BYTES_MAX (32u << 20)

static unsigned
slot_of(const struct gv_odb_pack *pack, uint64_t at)
{
	uint64_t h = (at ^ ((uint64_t)pack->number << 40)) *
	    UINT64_C(0x9e3779b97f4a7c15);

	return (unsigned)(h >> 48);
}

int
gv_odb_cache_init(struct gv_odb_cache *c)
{
	c->slots = calloc(SLOTS, sizeof(*c->slots));
	if (c->slots == NULL)
		return gv_err_nomem();
	c->bytes = 0;
	c->touched = 0;
	c->hand = 0;
	pthread_mutex_init(&c->lock, NULL);
	return 0;
}

void
gv_odb_cache_drop(struct gv_odb_base *base)
{
	if (base == NULL || atomic_fetch_sub(&base->refs, 1) > 1)
		return;
	free(base->data);
	free(base);
}

static void
evict(struct gv_odb_cache *c, unsigned slot)
{
	if (c->slots[slot] == NULL)
		return;
	c->bytes -= c->slots[slot]->len;
	gv_odb_cache_drop(c->slots[slot]);
	c->slots[slot] = NULL;
}

void
gv_odb_cache_release(struct gv_odb_cache *c)
{
	unsigned i;

	if (c->slots == NULL)
		return;
	/* most were never touched, nor were their pages */
	for (i = 0; i < SLOTS; i++)
		if (c->touched >> i / BLOCK & 1)
			evict(c, i);
		else
			i += BLOCK - 1;
	free(c->slots);
	c->slots = NULL;
	pthread_mutex_destroy(&c->lock);
}

struct gv_odb_base *
gv_odb_cache_get(
    struct gv_odb_cache *c, const struct gv_odb_pack *pack, uint64_t at)
{
	struct gv_odb_base *base;

	pthread_mutex_lock(&c->lock);
	base = c->slots[slot_of(pack, at)];
	if (base && base->pack == pack && base->at == at)
		atomic_fetch_add(&base->refs, 1);
	else
		base = NULL;
	pthread_mutex_unlock(&c->lock);
	return base;
}

void
gv_odb_cache_put(struct gv_odb_cache *c, struct gv_odb_base *base)
{
	unsigned slot = slot_of(base->pack, base->at);

	if (base->len > BYTES_MAX / 2)
		return;
	pthread_mutex_lock(&c->lock);
	evict(c, slot);
	while (c->bytes + base->len > BYTES_MAX)
		evict(c, c->hand++ % SLOTS);
	atomic_fetch_add(&base->refs, 1);
	c->slots[slot] = base;
	c->touched |= UINT64_C(1) << slot / BLOCK;
	c->bytes += base->len;
	pthread_mutex_unlock(&c->lock);
}
