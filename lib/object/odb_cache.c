#include "object/odb_internal.h"

#include <stdlib.h>

#include "base/err.h"

/* Each base has one slot that it may stand in; what stood there before goes.
 * The hand goes round and takes out others until the bytes fit. Most commands
 * read few objects, and the pages of a large table would cost them more than
 * the objects do: so it grows, while more than one slot in SPARSE is taken. */
#define BITS_FIRST 9
#define BITS_MAX   16
#define SPARSE     8
#define BYTES_MAX  (32u << 20)

static size_t
n_slots(const struct gv_odb_cache *c)
{
	return (size_t)1 << c->bits;
}

static size_t
slot_of(
    const struct gv_odb_cache *c, const struct gv_odb_pack *pack, uint64_t at)
{
	uint64_t h = (at ^ ((uint64_t)pack->number << 40)) *
	    UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(h >> (64 - c->bits));
}

int
gv_odb_cache_init(struct gv_odb_cache *c)
{
	*c = (struct gv_odb_cache){ .bits = BITS_FIRST };
	c->slots = calloc(n_slots(c), sizeof(*c->slots));
	if (c->slots == NULL)
		return gv_err_nomem();
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
evict(struct gv_odb_cache *c, size_t slot)
{
	if (c->slots[slot] == NULL)
		return;
	c->bytes -= c->slots[slot]->len;
	c->n--;
	gv_odb_cache_drop(c->slots[slot]);
	c->slots[slot] = NULL;
}

/* Where there is no memory for it, it stays as it is. */
static void
grow(struct gv_odb_cache *c)
{
	struct gv_odb_base **old = c->slots, **slots;
	size_t i, n = n_slots(c);

	if (c->bits == BITS_MAX || c->n < n / SPARSE)
		return;
	slots = calloc(2 * n, sizeof(*slots));
	if (slots == NULL)
		return;
	c->bits++;
	for (i = 0; i < n; i++)
		if (old[i])
			slots[slot_of(c, old[i]->pack, old[i]->at)] = old[i];
	c->slots = slots;
	free(old);
}

void
gv_odb_cache_release(struct gv_odb_cache *c)
{
	size_t i;

	if (c->slots == NULL)
		return;
	for (i = 0; i < n_slots(c); i++)
		evict(c, i);
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
	base = c->slots[slot_of(c, pack, at)];
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
	size_t slot;

	if (base->len > BYTES_MAX / 2)
		return;
	pthread_mutex_lock(&c->lock);
	grow(c);
	slot = slot_of(c, base->pack, base->at);
	evict(c, slot);
	while (c->bytes + base->len > BYTES_MAX)
		evict(c, c->hand++ % n_slots(c));
	atomic_fetch_add(&base->refs, 1);
	c->slots[slot] = base;
	c->n++;
	c->bytes += base->len;
	pthread_mutex_unlock(&c->lock);
}
