#ifndef GV_ARENA_H
#define GV_ARENA_H
/*
 * Many small things that live and die together. Not thread safe: one a thread.
 *
 *	struct gv_arena a = GV_ARENA_INIT;
 *	char *name = gv_arena_copy(&a, p, len);
 *	gv_arena_release(&a);
 */

#include <stddef.h>

struct gv_arena_block;

struct gv_arena {
	struct gv_arena_block *head;
	size_t used; /* bytes taken of the head block */
};

#define GV_ARENA_INIT                                                          \
	{                                                                      \
		NULL, 0                                                        \
	}

/* `size` zeroed bytes aligned for any type, valid until the release; NULL
 * with the message set when out of memory. */
void *gv_arena_alloc(struct gv_arena *a, size_t size);

/* A copy of `len` bytes with a NUL behind it; unaligned; NULL as above. */
char *gv_arena_copy(struct gv_arena *a, const void *data, size_t len);

/* Give `to` what `from` has, which is empty afterwards. */
void gv_arena_join(struct gv_arena *to, struct gv_arena *from);

/* Free everything; NULL-safe; the arena is empty afterwards. */
void gv_arena_release(struct gv_arena *a);

#endif
