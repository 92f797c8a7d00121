#include "toolstate/state_triage_internal.h"

#include <string.h>

#include "base/err.h"
#include "base/memory.h"

uint64_t
gv_state_tape_place_of(const struct gv_state_tape *t, const char *p)
{
	return t->base + (uint64_t)(p - t->window);
}

int
gv_state_tape_reserve(struct gv_state_tape *t, size_t cap)
{
	char *window;

	if (cap <= t->cap)
		return 0;
	window = gv_memory_get(t->memory, cap);
	if (window == NULL)
		return GV_ENOMEM;
	if (t->have)
		memcpy(window, t->window, t->have);
	gv_memory_put(t->memory, t->window, t->cap);
	t->window = window;
	t->cap = cap;
	return 0;
}

/* Have more bytes behind `at`, and forget what is well before it. */
int
gv_state_tape_refill(struct gv_state_tape *t, bool grow)
{
	size_t drop =
	    t->at > GV_STATE_LOOK_BACK ? t->at - GV_STATE_LOOK_BACK : 0;
	int64_t n = 1;
	int r = 0;

	if (drop)
		memmove(t->window, t->window + drop, t->have - drop);
	t->have -= drop;
	t->at -= drop;
	t->base += drop;
	if (grow && t->have > t->cap / 2)
		r = gv_state_tape_reserve(t, t->cap * 2);
	while (r == 0 && n > 0 && t->have < t->cap) {
		n = gv_state_part_read(
		    t->part, t->window + t->have, t->cap - t->have);
		if (n > 0)
			t->have += (size_t)n;
	}
	if (n < 0)
		t->failed = (int)n;
	t->is_over |= n <= 0;
	return r < 0 ? r : n < 0 ? (int)n : 0;
}

/* For the reader of a document: what is held, then what comes. */
int64_t
gv_state_tape_read(struct gv_state_tape *t, void *data, size_t len)
{
	size_t n = t->have - t->at;
	int64_t got;

	if (n > len)
		n = len;
	if (n) {
		memcpy(data, t->window + t->at, n);
		t->at += n;
		return (int64_t)n;
	}
	got = t->is_over ? 0 : gv_state_part_read(t->part, data, len);
	if (got < 0)
		t->failed = (int)got;
	t->is_over |= got <= 0;
	t->at = t->have = 0;
	return got;
}

/* Put bytes of this offset before what is held. */
int
gv_state_tape_give_back(
    struct gv_state_tape *t, const char *p, size_t len, uint64_t base)
{
	const size_t left = t->have - t->at;
	int r = gv_state_tape_reserve(
	    t, len + left < GV_STATE_WINDOW ? GV_STATE_WINDOW : len + left);

	if (r < 0)
		return r;
	if (left)
		memmove(t->window + len, t->window + t->at, left);
	memcpy(t->window, p, len);
	t->at = 0;
	t->have = len + left;
	t->base = base;
	return 0;
}
