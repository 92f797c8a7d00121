#ifndef GV_YAMLWALK_H
#define GV_YAMLWALK_H
/*
 * YAML as it stands in a text: what begins and ends where, of all documents,
 * without a copy and without a tree. Scalars are as they are written; an alias
 * is told as such, and not followed. A document as JSON is yamltext.h's, a
 * small one as a tree yaml.h's.
 *
 *	r = gv_yamlwalk(text, len, &gv_secret_memory, on_node, ctx);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_memory;

enum gv_yamlwalk_kind {
	GV_YAMLWALK_DOCUMENT, /* one begins */
	GV_YAMLWALK_SCALAR,
	GV_YAMLWALK_ALIAS,
	GV_YAMLWALK_LIST,
	GV_YAMLWALK_MAP,
	GV_YAMLWALK_END, /* of the list or map that began last */
};

struct gv_yamlwalk_node {
	enum gv_yamlwalk_kind kind;
	/* its bytes, with its anchor and tag, and the quotes of a scalar; of a
	 * list or map that is a block, what it begins and ends with has none */
	size_t at, len;
	bool is_plain; /* a scalar without quotes, and no block */
};

/* Tell fn() of each, in the order of the text; a value but 0 ends it. What
 * libyaml is shown stands in `memory` (NULL: plain). 0; what fn() returned;
 * GV_EREFUSED with a message "line L, column C: " and what is wrong;
 * GV_ENOMEM. */
int gv_yamlwalk(const char *text, size_t len, const struct gv_memory *memory,
    int (*fn)(void *ctx, const struct gv_yamlwalk_node *node), void *ctx);

#endif
