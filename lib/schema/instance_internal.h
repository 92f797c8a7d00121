#ifndef GV_INSTANCE_INTERNAL_H
#define GV_INSTANCE_INTERNAL_H
/*
 * The parts of an instance: the tree (instance.c), values of documents
 * (instance_doc.c), equality (instance_equal.c).
 */

#include "schema/instance.h"

struct gv_instance_bytes {
	struct gv_instance_bytes *next;
	size_t size, used; /* of all, with this header; of what follows it */
};

/* Room for `len` bytes of text, which gv_instance_keep() then takes as much of
 * as was needed; NULL with the message set without memory. */
char *gv_instance_room(struct gv_instance *in, size_t len);
void gv_instance_keep(struct gv_instance *in, size_t len);

#endif
