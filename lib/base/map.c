#include "base/map.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

uint64_t
gv_map_hash(const void *key, size_t len)
{
	const unsigned char *p = key;
	uint64_t h = 0x9e3779b97f4a7c15u ^ (len * 0xff51afd7ed558ccdu);
	uint64_t w;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&w, p, 8);
		h = (h ^ w) * 0xff51afd7ed558ccdu;
		h ^= h >> 32;
	}
	w = 0;
	if (len)
		memcpy(&w, p, len);
	h = (h ^ w) * 0xc4ceb9fe1a85ec53u;
	return h ^ (h >> 29);
}

/* What a deleted slot points at: its own key may be freed by now. */
static const char deleted[1];

/* The slot of the key, or the free one where it belongs. */
static struct gv_map_slot *
find(const struct gv_map *m, uint64_t hash, const void *key, size_t len)
{
	size_t i = hash & (m->cap - 1);

	for (;; i = (i + 1) & (m->cap - 1)) {
		struct gv_map_slot *s = &m->slots[i];

		if (s->key == NULL)
			return s;
		if (s->value && s->hash == hash && s->len == len &&
		    memcmp(s->key, key, len) == 0)
			return s;
	}
}

static int
rehash(struct gv_map *m)
{
	struct gv_map next = { NULL, 16, m->n, m->n };
	size_t i;

	while (next.cap < m->n * 4)
		next.cap *= 2;
	next.slots = calloc(next.cap, sizeof(*next.slots));
	if (next.slots == NULL)
		return gv_err_nomem();
	for (i = 0; i < m->cap; i++) {
		struct gv_map_slot *s = &m->slots[i];

		if (s->value)
			*find(&next, s->hash, s->key, s->len) = *s;
	}
	free(m->slots);
	*m = next;
	return 0;
}

int
gv_map_put(struct gv_map *m, const void *key, size_t len, void *value)
{
	uint64_t hash = gv_map_hash(key, len);
	struct gv_map_slot *s;

	if (m->used * 2 >= m->cap && rehash(m) < 0)
		return GV_ENOMEM;
	s = find(m, hash, key, len);
	if (s->key == NULL)
		m->used++;
	if (s->value == NULL)
		m->n++;
	*s = (struct gv_map_slot){ key, len, hash, value };
	return 0;
}

void *
gv_map_get(const struct gv_map *m, const void *key, size_t len)
{
	return m->cap ? find(m, gv_map_hash(key, len), key, len)->value : NULL;
}

void *
gv_map_get_hashed(
    const struct gv_map *m, uint64_t hash, const void *key, size_t len)
{
	return m->cap ? find(m, hash, key, len)->value : NULL;
}

void *
gv_map_del(struct gv_map *m, const void *key, size_t len)
{
	struct gv_map_slot *s;
	void *value;

	if (m->cap == 0)
		return NULL;
	s = find(m, gv_map_hash(key, len), key, len);
	value = s->value;
	if (value) {
		s->key = deleted;
		s->value = NULL;
		m->n--;
	}
	return value;
}

void
gv_map_release(struct gv_map *m)
{
	if (m == NULL)
		return;
	free(m->slots);
	*m = (struct gv_map)GV_MAP_INIT;
}
