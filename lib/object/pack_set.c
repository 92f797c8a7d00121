#include "object/pack_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

/* Object ids are as good as random, so any of their bytes are a hash. */
static uint32_t
slot_of(const struct gv_oid *id, uint32_t cap)
{
	uint32_t h;

	memcpy(&h, id->id + 4, sizeof(h));
	return h & (cap - 1);
}

static int
enlarge(struct gv_pack_stripe *s)
{
	uint32_t cap = s->cap ? s->cap * 2 : 16, i, at;
	struct gv_oid *slots = calloc(cap, sizeof(*slots));

	if (slots == NULL)
		return gv_err_nomem();
	for (i = 0; i < s->cap; i++) {
		if (gv_oid_is_zero(&s->slots[i]))
			continue;
		at = slot_of(&s->slots[i], cap);
		while (!gv_oid_is_zero(&slots[at]))
			at = (at + 1) & (cap - 1);
		slots[at] = s->slots[i];
	}
	free(s->slots);
	s->slots = slots;
	s->cap = cap;
	return 0;
}

int
gv_pack_claim(struct gv_pack *pack, const struct gv_oid *id)
{
	struct gv_pack_stripe *s = &pack->stripes[id->id[0]];
	uint32_t at;
	int r = 0;

	pthread_mutex_lock(&s->lock);
	if (s->n + 1 > s->cap / 4 * 3)
		r = enlarge(s);
	if (r < 0)
		goto out;
	at = slot_of(id, s->cap);
	while (!gv_oid_is_zero(&s->slots[at])) {
		if (gv_oid_equal(&s->slots[at], id))
			goto out;
		at = (at + 1) & (s->cap - 1);
	}
	s->slots[at] = *id;
	s->n++;
	r = 1;
out:
	pthread_mutex_unlock(&s->lock);
	return r;
}

void
gv_pack_forget(struct gv_pack *pack)
{
	int i;

	for (i = 0; i < GV_PACK_STRIPES; i++) {
		free(pack->stripes[i].slots);
		pack->stripes[i].slots = NULL;
		pack->stripes[i].n = pack->stripes[i].cap = 0;
	}
}
