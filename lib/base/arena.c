#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define BLOCK_SIZE ((size_t)64 * 1024)

struct gv_arena_block {
	struct gv_arena_block *next;
	size_t size;
	alignas(max_align_t) char data[];
};

static struct gv_arena_block *
new_block(size_t size)
{
	struct gv_arena_block *b = NULL;

	if (size < SIZE_MAX - sizeof(*b))
		b = malloc(sizeof(*b) + size);
	if (b == NULL)
		(void)gv_err_nomem();
	else
		b->size = size;
	return b;
}

static void *
take(struct gv_arena *a, size_t size, size_t align)
{
	size_t at = (a->used + align - 1) & ~(align - 1);
	struct gv_arena_block *b;

	if (a->head && at <= a->head->size && size <= a->head->size - at) {
		a->used = at + size;
		return a->head->data + at;
	}
	b = new_block(size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE);
	if (b == NULL)
		return NULL;
	if (a->head && size > BLOCK_SIZE / 4) {
		/* a large thing has a block of its own, behind the one that
		 * small things are still taken from */
		b->next = a->head->next;
		a->head->next = b;
		return b->data;
	}
	b->next = a->head;
	a->head = b;
	a->used = size;
	return b->data;
}

void *
gv_arena_alloc(struct gv_arena *a, size_t size)
{
	void *p = take(a, size, alignof(max_align_t));

	return p ? memset(p, 0, size) : NULL;
}

char *
gv_arena_copy(struct gv_arena *a, const void *data, size_t len)
{
	char *p = len < SIZE_MAX ? take(a, len + 1, 1) : NULL;

	if (p == NULL)
		return NULL;
	if (len)
		memcpy(p, data, len);
	p[len] = '\0';
	return p;
}

void
gv_arena_join(struct gv_arena *to, struct gv_arena *from)
{
	struct gv_arena_block *last = from->head;

	if (to->head == NULL) {
		*to = *from;
	} else if (last) {
		/* behind the one that small things are taken from */
		while (last->next)
			last = last->next;
		last->next = to->head->next;
		to->head->next = from->head;
	}
	*from = (struct gv_arena)GV_ARENA_INIT;
}

void
gv_arena_release(struct gv_arena *a)
{
	struct gv_arena_block *b, *next;

	if (a == NULL)
		return;
	for (b = a->head; b; b = next) {
		next = b->next;
		free(b);
	}
	a->head = NULL;
	a->used = 0;
}
