#ifndef GV_INSTANCE_INTERNAL_H
#define GV_INSTANCE_INTERNAL_H
/*
 * The parts of an instance: the tree (instance.c), values of documents
 * (instance_doc.c), equality (instance_equal.c), children by key
 * (instance_index.c).
 */

#include "schema/instance.h"

struct gv_instance_bytes {
	struct gv_instance_bytes *next;
	size_t size, used; /* of all, with this header; of what follows it */
};

struct gv_instance_index {
	uint32_t mask;
	uint32_t slots[]; /* numbers of nodes, or GV_DOC_NONE */
};

/* Whether children of this node are found by gv_instance_child(): the next of
 * those that may have this hash of a key, or this number in a list;
 * GV_DOC_NONE: no other one. *at is GV_DOC_NONE before the first call. */
bool gv_instance_has_index(const struct gv_instance *in, uint32_t node);
uint32_t gv_instance_child(
    const struct gv_instance *in, uint32_t parent, uint32_t key, uint32_t *at);

/* Room for `len` bytes of text, which gv_instance_keep() then takes as much of
 * as was needed; NULL with the message set without memory. */
char *gv_instance_room(struct gv_instance *in, size_t len);
void gv_instance_keep(struct gv_instance *in, size_t len);

#endif
