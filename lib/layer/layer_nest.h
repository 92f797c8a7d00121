#ifndef GV_LAYER_NEST_H
#define GV_LAYER_NEST_H
/*
 * Keys with dots as the paths that they spell, as Spring reads them:
 *
 *	server.port: 1		server:
 *	hosts[0]: a		  port: 1
 *				hosts: [a]
 *
 * The later of two values for one path wins, and maps become one.
 */

struct gv_layer_tree;
struct gv_layer_value;

/* Nest what is in *slot, a value that the tree owns as a whole; it may become
 * another one. 0; GV_EREFUSED where that is deeper than GV_LAYER_DEPTH_MAX;
 * GV_ENOMEM. */
int gv_layer_nest(struct gv_layer_tree *tree, struct gv_layer_value **slot);

#endif
