#ifndef GV_MANIFEST_INTERNAL_H
#define GV_MANIFEST_INTERNAL_H
/*
 * What the parts of the manifest share: the layers as they were read. Include
 * it nowhere else.
 *
 *	r = gv_manifest_text_read(&obj, text, 0);	the base
 */

#include "object/odb.h"
#include "record/manifest.h"

struct gv_manifest_text {
	struct gv_odb *odb;
	/* one more than are stored: gv_manifest_text_add() */
	struct gv_manifest_layer layers[GV_MANIFEST_MAX_LAYERS + 1];
	struct gv_object objects[GV_MANIFEST_MAX_LAYERS + 1]; /* those read */
	size_t n;
};

/* The bytes of a layer, which are the text's. 0 or the reading's failure. */
int gv_manifest_text_read(
    const struct gv_object **out, struct gv_manifest_text *text, size_t layer);

#endif
