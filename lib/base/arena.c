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

static void *
take(struct gv_arena *a, size_t size, size_t align)
{
	struct gv_arena_block *b;
	size_t at = (a->used + align - 1) & ~(align - 1);

	if (a->head == NULL || at > a->head->size ||
	    size > a->head->size - at) {
		size_t n = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;

		if (n > SIZE_MAX - sizeof(*b) || !(b = malloc(sizeof(*b) + n)))
			return (void)gv_err_nomem(), NULL;
		b->size = n;
		b->next = a->head;
		a->head = b;
		at = 0;
	}
	a->used = at + size;
	return a->head->data + at;
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
