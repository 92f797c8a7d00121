#ifndef FAULT_LIST_H
#define FAULT_LIST_H
/*
 * Faults for people: an object that many snapshots share is damaged once, so it
 * has one line, with the count of the snapshots and versions that need it.
 *
 *	r = gv_fault_list_add(&list, fault);
 *	gv_fault_list_print(&list, ctx->out);
 *	gv_fault_list_release(&list);
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/map.h"
#include "verify/verify.h"

struct gv_out;

struct gv_fault_line {
	struct gv_verify_fault fault; /* the first of its object */
	const char *last;             /* the snapshot that was counted last */
	uint64_t snapshots, versions;
	uint64_t paths; /* of the first snapshot */
};

struct gv_fault_list {
	struct gv_fault_line **lines; /* in the order of their first faults */
	size_t n, cap;
	/* private */
	struct gv_map by_object;
	struct gv_arena arena;
};

#define GV_FAULT_LIST_INIT                                                     \
	{                                                                      \
		.by_object = GV_MAP_INIT, .arena = GV_ARENA_INIT               \
	}

/* Count a fault with those of the same object and reason; a fault of no object
 * has its own line. The fault is copied. 0 or GV_ENOMEM. */
int
gv_fault_list_add(struct gv_fault_list *list, const struct gv_verify_fault *f);

/* Print the lines. */
void gv_fault_list_print(const struct gv_fault_list *list, struct gv_out *out);

/* Free; NULL-safe, an initialised list ok. */
void gv_fault_list_release(struct gv_fault_list *list);

#endif
