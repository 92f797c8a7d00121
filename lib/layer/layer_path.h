#ifndef GV_LAYER_PATH_H
#define GV_LAYER_PATH_H
/*
 * The steps of a path such as a.b[2]["c.d"], for whoever walks values by
 * themselves; gv_layer_find() walks those of layers.
 *
 *	while (*path && gv_layer_next_step(&step, &path, &buf))
 *		…
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;

/* One step of a path: a key, or an element. */
struct gv_layer_step {
	const char *p; /* decoded */
	size_t len;
	bool is_element; /* [2] */
	size_t element;
};

/* Read the step at *path, which is moved behind it; `buf` has its bytes where
 * they have escapes. False: that is no step. */
bool gv_layer_next_step(
    struct gv_layer_step *out, const char **path, struct gv_buf *buf);

/* Which element of a list a step means: [2], or 2. False: none. */
bool gv_layer_step_element(size_t *out, const struct gv_layer_step *step);

#endif
