#ifndef GV_LAYER_TEMPLATE_H
#define GV_LAYER_TEMPLATE_H
/*
 * Substitution of names in the values of a merged tree: "db-${size}". For sets
 * that ask for it alone, since other tools read "${…}" in the same files.
 *
 *	r = gv_layer_substitute(&tree, &(struct gv_layer_template){
 *		.open = "${", .close = "}", .provider = "aws" });
 *
 * A name is looked for in the map that has the value, then in those around it.
 * ${map:sizes.${size}} is what the map at that path has for the provider.
 * ${secret:…} stays as it is. A value that is only one name keeps the type of
 * what it names. The sign that begins a name is doubled to mean itself: $${.
 */

#include <stdbool.h>
#include <stddef.h>

#include "layer/layer.h"

#define GV_LAYER_TEMPLATE_DEPTH 32                         /* names in names */
#define GV_LAYER_TEMPLATE_MOST  ((size_t)64 * 1024 * 1024) /* bytes made */

struct gv_layer_template {
	const char *open, *close; /* NULL: "${" and "}" */
	const char *provider;     /* of ${map:…}; NULL: none */
	bool leaves_maps;         /* without one, ${map:…} stays as it is */
	/* the names of the layers, for messages; NULL: none */
	const struct gv_layer *const *layers;
	size_t n;
	/* whether a value must not be shown: a value that it is put into is
	 * then `is_veiled`; NULL: none is */
	bool (*is_veiled)(void *ctx, const struct gv_layer_value *value);
	void *ctx;
};

/* Substitute all names in the tree. 0; GV_EREFUSED, with the path and place of
 * the value, for a name that does not exist, names that go in a circle, a map
 * or list within a text, or too much text; GV_ENOMEM. On failure the tree is
 * as before. */
int gv_layer_substitute(
    struct gv_layer_tree *tree, const struct gv_layer_template *t);

#endif
